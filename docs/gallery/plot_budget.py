"""
Spend a budget
==============

Popular accounts are expensive: the price of a post grows faster than the number of followers.
Should a campaign pay for a few popular accounts, or for many small ones?
"""

import numpy as np
from matplotlib import pyplot as plt

import imax

graph = imax.datasets.load("chung-lu-1k")
followers = graph.out_degree()
costs = 50 + followers**1.5

budgets = [500, 1000, 2000, 4000, 8000]
results = [imax.maximize(graph, costs=costs, budget=budget, rng=1) for budget in budgets]


# %%
# For comparison, two simple rules: the most followers first, and the cheapest first, until the
# budget is spent.
def in_order(order, budget):
    chosen = []
    for node in order:
        if costs[node] <= budget:
            chosen.append(node)
            budget -= costs[node]
    return imax.spread(graph, [graph.nodes()[v] for v in chosen], rng=2).spread


popular = [in_order(np.argsort(-followers, kind="stable"), budget) for budget in budgets]
cheap = [in_order(np.argsort(costs, kind="stable"), budget) for budget in budgets]
chosen = [result.spread for result in results]

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for name, spreads in (("imax", chosen), ("most followers first", popular), ("cheapest first", cheap)):
    left.plot(budgets, spreads, marker=".", label=name)
left.set_xscale("log")
left.set_xticks(budgets, budgets)
left.minorticks_off()
left.set_xlabel("budget")
left.set_ylabel("people reached")
left.legend()
for result, budget in zip(results, budgets):
    right.scatter(
        [budget] * len(result.seeds), [followers[graph.nodes().index(v)] for v in result.seeds], s=12, color="C0"
    )
right.set_xscale("log")
right.set_xticks(budgets, budgets)
right.minorticks_off()
right.set_xlabel("budget")
right.set_ylabel("followers of the chosen accounts")
plt.show()
