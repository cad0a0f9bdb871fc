"""
The effect of the probabilities
===============================

The best seeds depend on how likely people influence each other, which is rarely known well. Before
you rely on a seed set, choose seeds under other assumptions and compare.
"""

from matplotlib import pyplot as plt

import imax

graph = imax.datasets.load("lesmis")
assumptions = {
    "1/in-degree": ("weighted_cascade", "ic"),
    "uniform 0.02": ("uniform:0.02", "ic"),
    "uniform 0.1": ("uniform:0.1", "ic"),
    "trivalency": ("trivalency", "ic"),
    "linear threshold": ("lt_uniform", "lt"),
}
worlds = {name: (graph.with_probability(scheme, rng=1), model) for name, (scheme, model) in assumptions.items()}
seeds = {name: imax.maximize(world, 5, model=model, rng=1).seeds for name, (world, model) in worlds.items()}
for name, chosen in seeds.items():
    print(f"{name:17} {', '.join(chosen)}")

# %%
# Each row has the seeds that were chosen under one assumption, and each column evaluates them under
# one assumption. The values are shares of the spread of the seeds that were chosen under the
# assumption of the column.
share = [
    [
        imax.spread(world, chosen, model=model, rng=2).spread
        / imax.spread(world, seeds[there], model=model, rng=2).spread
        for there, (world, model) in worlds.items()
    ]
    for chosen in seeds.values()
]
figure, ax = plt.subplots(figsize=(7, 4.6), layout="constrained")
image = ax.imshow(share, cmap="viridis", vmin=0.6, vmax=1)
ax.set_xticks(range(len(worlds)), worlds, rotation=30, ha="right")
ax.set_yticks(range(len(worlds)), worlds)
for i, row in enumerate(share):
    for j, value in enumerate(row):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", color="white" if value < 0.9 else "black", fontsize=9)
ax.set_xlabel("evaluated under")
ax.set_ylabel("chosen under")
figure.colorbar(image, ax=ax, shrink=0.8, label="share of the best")
plt.show()

# %%
# Prefer a seed set that has a large share in every column.
