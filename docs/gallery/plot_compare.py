"""
Compare algorithms
==================

The same simulations evaluate algorithms with a guarantee and heuristics, which use the arcs only.
"""

from matplotlib import pyplot as plt

import imax

graph = imax.datasets.load("chung-lu-1k")
names = ["opim-c", "imm", "irie", "degree-discount", "pagerank", "degree", "voterank", "k-core", "random"]
table = imax.compare(graph, 20, names, rng=1)
rows = sorted(table.rows, key=lambda row: row.spread)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained", sharey=True)
labels = [row.algorithm for row in rows]
left.barh(labels, [row.spread for row in rows], xerr=[1.96 * row.std_error for row in rows])
left.set_xlabel("spread, with 95 % interval")
right.barh(labels, [1e3 * row.seconds for row in rows], color="C1")
right.set_xscale("log")
right.set_xlabel("time, ms")
plt.show()

# %%
# Heuristics are fast and often good, but they do not say how good. A certificate from separate RR
# sets does.
for row in reversed(rows):
    print(f"{row.algorithm:15} at least {row.ratio:.0%} of the spread of the best 20 seeds")
