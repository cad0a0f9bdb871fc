"""
Which digits to label
=====================

There are 1,797 images of handwritten digits, and only a few can be labeled. The algorithms differ
in what they regard as a good choice. Which of them makes labels useful depends on the data. Here it
is the algorithm that covers the images themselves.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from imax.annotate import ideal, retrieve, select

digits = load_digits()
chosen = select(digits.data, 30, algorithm="facility-location")

# %%
# The thirty chosen images on a map of all images. The axes are the first two principal components.
flat = PCA(2, random_state=0).fit_transform(digits.data)
colors = {"cmap": "tab10", "vmin": 0, "vmax": 9}
figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
dots = ax.scatter(*flat.T, c=digits.target, s=6, alpha=0.5, **colors)
ax.scatter(*flat[chosen.indices].T, c=digits.target[chosen.indices], s=70, edgecolors="black", **colors)
ax.set_axis_off()
figure.colorbar(dots, ax=ax, ticks=range(10), label="digit", shrink=0.8)
plt.show()


# %%
# The accuracy is the share of images whose nearest labeled image shows the same digit. The plot
# shows it against the budget. Random choice and IDEAL use random numbers, so each of them runs with
# five keys.
def accuracy(selection):
    nearest = retrieve(digits.data, digits.data, selection, 1)[:, 0]
    return np.mean(digits.target[nearest] == digits.target)


figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
budgets = [10, 20, 40, 80, 160]
for name in ("facility-location", "vote-k", "ideal", "random"):
    keys = 5 if name in ("ideal", "random") else 1
    scores = [
        [accuracy(select(digits.data, budget, algorithm=name, rng=key)) for key in range(keys)] for budget in budgets
    ]
    ax.errorbar(budgets, np.mean(scores, axis=1), np.std(scores, axis=1), marker=".", capsize=2, label=name)
    print(f"{name:17}", *(f"{np.mean(row):.3f}" for row in scores))
ax.set_xscale("log")
ax.set_xticks(budgets, budgets)
ax.minorticks_off()
ax.set_xlabel("labeled digits")
ax.set_ylabel("accuracy of the nearest labeled digit")
ax.legend()
plt.show()

# %%
# IDEAL finds the images with the largest influence, as its certificate shows. On these data, this
# does not help: these images are in dense regions, and rare ways to write a digit are left out. Try
# several algorithms on a pilot, as in :doc:`/tutorials/annotation`.
print(f"The influence of IDEAL's 30 images is at least {ideal(digits.data, 30, rng=1).ratio:.0%} of the optimum")
