"""
Whom each player invites
========================

Each of three players may invite three friends. If the friends are chosen together, no invitation is
wasted on a person whom another invitation reaches anyway.
"""

import networkx as nx
from matplotlib import pyplot as plt

import imax
from imax.capacity import CapacityProblem, assign, compare

graph = imax.datasets.load("lesmis")
players = ["Valjean", "Marius", "Myriel"]
problem = CapacityProblem(graph, players, capacity=3)
invited = assign(problem, rng=1)
for player in players:
    print(f"{player:8} invites {', '.join(invited[player])}")

# %%
network = nx.les_miserables_graph()
positions = nx.spring_layout(network, seed=7, k=0.35, iterations=300)
color = dict(zip(players, ["C0", "C1", "C2"]))
figure, ax = plt.subplots(figsize=(8.5, 5.6), layout="constrained")
nx.draw_networkx_edges(network, positions, ax=ax, edge_color="0.9")
nx.draw_networkx_nodes(network, positions, ax=ax, node_size=25, node_color="0.7")
for player in players:
    friends = invited[player]
    nx.draw_networkx_nodes(network, positions, [player], ax=ax, node_size=260, node_color=color[player], node_shape="s")
    nx.draw_networkx_nodes(network, positions, friends, ax=ax, node_size=140, node_color=color[player])
    arrows = nx.DiGraph([(player, friend) for friend in friends])
    nx.draw_networkx_edges(arrows, positions, ax=ax, edge_color=color[player], width=2, arrowsize=14, node_size=260)
names = {v: v for v in [*players, *invited.seeds]}
above = {v: xy + [0, 0.045] for v, xy in positions.items()}
nx.draw_networkx_labels(network, above, names, ax=ax, font_size=8)
ax.set_axis_off()
plt.show()

# %%
# For comparison, algorithms that choose for each player separately (all but ``rr-opim+``):
for row in compare(problem, "rr-opim+,degree,pagerank,imm", rng=1).rows:
    print(f"{row.algorithm:9} {row.spread:5.1f} people, {len(row.seeds)} distinct friends")
