"""
Which digits to label
=====================

1,797 handwritten digits, and the means to label a few of them. Methods differ in what they call a good choice, and
which of them makes labels useful is a matter of the data: here the one that covers the images themselves.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from imax.annotate import facility_location, ideal, random, retrieve, vote_k

digits = load_digits()
chosen = facility_location(digits.data, 30)

# %%
# The thirty on a map of all, the first two principal components:
flat = PCA(2, random_state=0).fit_transform(digits.data)
shades = {"cmap": "tab10", "vmin": 0, "vmax": 9}
figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
dots = ax.scatter(*flat.T, c=digits.target, s=6, alpha=0.5, **shades)
ax.scatter(*flat[chosen.indices].T, c=digits.target[chosen.indices], s=70, edgecolors="black", **shades)
ax.set_axis_off()
figure.colorbar(dots, ax=ax, ticks=range(10), label="digit", shrink=0.8)
plt.show()


# %%
# How often the nearest labelled digit is the same digit, over budgets. Random choice and IDEAL draw, so they run with
# five keys each.
def accuracy(found):
    nearest = retrieve(digits.data, digits.data, found, 1)[:, 0]
    return np.mean(digits.target[nearest] == digits.target)


figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
budgets = [10, 20, 40, 80, 160]
for method in (facility_location, vote_k, ideal, random):
    keys = 5 if method in (ideal, random) else 1
    scores = [[accuracy(method(digits.data, budget, rng=key)) for key in range(keys)] for budget in budgets]
    name = method.__name__.replace("_", " ")
    ax.errorbar(budgets, np.mean(scores, axis=1), np.std(scores, axis=1), marker=".", capsize=2, label=name)
    print(f"{name:17}", *(f"{np.mean(row):.3f}" for row in scores))
ax.set_xscale("log")
ax.set_xticks(budgets, budgets)
ax.minorticks_off()
ax.set_xlabel("digits labelled")
ax.set_ylabel("accuracy of the nearest labelled digit")
ax.legend()
plt.show()

# %%
# IDEAL finds the images of most influence, as its certificate shows, and on these data that does not help: they stand
# where images crowd, and rare ways to write a digit are left out. Try methods on a pilot, as in
# :doc:`/tutorials/annotation`.
print(f"IDEAL's 30 are certified for {ideal(digits.data, 30, rng=1).ratio:.0%} of the largest influence of any 30")
