"""
Which digits to label
=====================

There are 1,797 images of handwritten digits, and only a few can be labeled. The algorithms differ
in what they regard as a good choice. The default is facility location: every image shall be similar
to a chosen one.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from imax.annotate import ideal, retrieve, select

digits = load_digits()
chosen = select(digits.data, 30)

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
# IDEAL chooses the images with the largest influence on the graph of nearest neighbors, and its
# certificate says how close that is to the optimum. The graph of its paper has the arcs the other way
# round. Try several algorithms on a pilot, as in :doc:`/tutorials/annotation`.
paper = ideal(digits.data, 40, direction="out", sharpness=1, rng=1)
found = ideal(digits.data, 40, rng=1)
print(f"40 images: {accuracy(found):.3f}, with the graph of the paper {accuracy(paper):.3f}")
print(f"The influence of IDEAL's 40 images is at least {found.ratio:.0%} of the optimum")
