"""
How many seeds are worth it?
============================

One selection gives the spread, and bounds on it, for every number of seeds. The tenth seed adds
much less than the first one. The curve shows from which seed on the gain is too small.
"""

from matplotlib import pyplot as plt

import imax

graph = imax.datasets.load("chung-lu-1k")
curve = imax.curve(graph, 40, rng=1)

imax.plot(curve)
plt.show()

# %%
# Suppose that a seed costs as much as reaching four people is worth. The last seed to pay for is
# then the last one that adds at least four people.
worth = 4.0
gains = [curve.spread[0], *(b - a for a, b in zip(curve.spread, curve.spread[1:]))]
enough = sum(gain >= worth for gain in gains)

figure, axes = plt.subplots(layout="constrained")
axes.bar(range(1, len(gains) + 1), gains, color=["C0" if j < enough else "0.8" for j in range(len(gains))])
axes.axhline(worth, color="crimson", linewidth=1)
axes.set_xlabel("seed number")
axes.set_ylabel("marginal gain, people")
axes.set_title(f"{enough} seeds add at least {worth:.0f} people each")
plt.show()
