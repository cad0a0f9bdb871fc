"""
Spending a budget
=================

Fame is expensive: the price of a post grows faster than the number of followers. Are the stars still worth it, or many
small accounts?
"""

import numpy as np
from matplotlib import pyplot as plt

import imax

graph = imax.datasets.load("chung-lu-1k")
followers = graph.out_degree()
cost = 50 + followers**1.5

budgets = [500, 1000, 2000, 4000, 8000]
greedy = [imax.maximize(graph, costs=cost, budget=budget, rng=1) for budget in budgets]


# %%
# Beside it the two rules of thumb: the most followers first, and the cheapest first, as long as money lasts.
def in_order(order, budget):
    chosen = []
    for node in order:
        if cost[node] <= budget:
            chosen.append(node)
            budget -= cost[node]
    return imax.spread(graph, [graph.nodes()[v] for v in chosen], rng=2).spread


famous = [in_order(np.argsort(-followers, kind="stable"), budget) for budget in budgets]
cheap = [in_order(np.argsort(cost, kind="stable"), budget) for budget in budgets]

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for name, spreads in (("chosen by imax", [r.spread for r in greedy]), ("most followers", famous), ("cheapest", cheap)):
    left.plot(budgets, spreads, marker=".", label=name)
left.set_xscale("log")
left.set_xticks(budgets, budgets)
left.minorticks_off()
left.set_xlabel("budget")
left.set_ylabel("people reached")
left.legend()
for result, budget in zip(greedy, budgets):
    right.scatter(
        [budget] * len(result.seeds), [followers[graph.nodes().index(v)] for v in result.seeds], s=12, color="C0"
    )
right.set_xscale("log")
right.set_xticks(budgets, budgets)
right.minorticks_off()
right.set_xlabel("budget")
right.set_ylabel("followers of those chosen")
plt.show()
