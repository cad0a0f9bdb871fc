"""
Whom two seeds reach
====================

A karate club split in two after a conflict. Which two members should hear a rumor first, so that
the most members hear it in the end?
"""

# %%
# The seeds are the leaders of the two factions. The certificate proves that no other two members
# can be much better.
import imax

graph = imax.datasets.load("karate")
result = imax.maximize(graph, k=2, rng=1)
print(result)

# %%
# The probability that a member hears the rumor is the share of the RR sets with this root that
# contain a seed.
from collections import Counter

sets = imax.sample_rr_sets(graph, 50_000, rng=2)
drawn, reached = Counter(), Counter()
for members in sets:
    drawn[members[0]] += 1
    reached[members[0]] += not set(result.seeds).isdisjoint(members)
probability = {node: reached[node] / drawn[node] for node in graph.nodes()}
print(f"{sum(probability.values()):.1f} members hear it on average; the result says {result.spread:.1f}")

# %%
# The same on a map of the network:
import networkx as nx
from matplotlib import pyplot as plt

network = nx.karate_club_graph()
positions = nx.spring_layout(network, seed=4, iterations=200)
figure, ax = plt.subplots(figsize=(8, 4.6), layout="constrained")
nx.draw_networkx_edges(network, positions, ax=ax, edge_color="0.82")
dots = nx.draw_networkx_nodes(
    network,
    positions,
    ax=ax,
    node_color=[probability[v] for v in network],
    cmap="viridis",
    vmin=0,
    vmax=1,
    node_size=[420 if v in result.seeds else 150 for v in network],
    edgecolors=["crimson" if v in result.seeds else "white" for v in network],
    linewidths=[3 if v in result.seeds else 1 for v in network],
)
nx.draw_networkx_labels(network, positions, {v: v for v in result.seeds}, ax=ax, font_size=9)
ax.set_axis_off()
ax.set_title("Two seeds (circled) and the probability that each member is reached")
figure.colorbar(dots, ax=ax, shrink=0.8, label="probability")
plt.show()
