"""
Which digits to label
=====================

1,797 handwritten digits, and the means to label a few of them. IDEAL chooses those that influence most others on the
graph of nearest neighbours. Are their labels worth more than those of random digits?
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from imax.annotate import facility_location, ideal, random, retrieve

digits = load_digits()
chosen = ideal(digits.data, 30, rng=1)

# %%
# The thirty on a map of all, the first two principal components:
flat = PCA(2, random_state=0).fit_transform(digits.data)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
left.scatter(*flat.T, c=digits.target, cmap="tab10", s=5, alpha=0.5)
left.scatter(
    *flat[chosen.indices].T, c=digits.target[chosen.indices], cmap="tab10", s=70, edgecolors="black", vmin=0, vmax=9
)
left.set_axis_off()
left.set_title("chosen by IDEAL (ringed); colour is the digit")


# %%
# How often the nearest labelled digit is the same digit, over budgets. Random choice and IDEAL with five keys each.
def accuracy(found):
    nearest = retrieve(digits.data, digits.data, found, 1)[:, 0]
    return np.mean(digits.target[nearest] == digits.target)


budgets = [10, 20, 40, 80, 160]
for name, method, keys in (("IDEAL", ideal, 5), ("random", random, 5), ("facility location", facility_location, 1)):
    scores = [[accuracy(method(digits.data, budget, rng=key)) for key in range(keys)] for budget in budgets]
    right.errorbar(budgets, np.mean(scores, axis=1), np.std(scores, axis=1), marker=".", capsize=2, label=name)
    print(f"{name:17}", *(f"{np.mean(row):.3f}" for row in scores))
right.set_xscale("log")
right.set_xticks(budgets, budgets)
right.set_xlabel("digits labelled")
right.set_ylabel("accuracy of the nearest labelled digit")
right.legend()
plt.show()
