"""
A certificate improves over time
================================

Results are available at any time while sampling continues. Each result uses twice as many RR sets
as the one before. The validation collection, which has no influence on the choice, certifies its
seeds.
"""

from matplotlib import pyplot as plt

import imax

graph = imax.datasets.load("chung-lu-1k")
rounds = []
for result in imax.anytime(graph, 10, rng=1):
    rounds.append(result)
    if len(rounds) == 11:
        break

sets = [r.n_rr_sets for r in rounds]
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
lower, upper = [r.lower_bound for r in rounds], [r.upper_bound for r in rounds]
left.fill_between(sets, lower, upper, alpha=0.2, label="between the bounds")
left.plot(sets, [r.spread for r in rounds], marker=".", label="estimated spread of the seeds")
left.set_xscale("log")
left.set_xlabel("RR sets")
left.set_ylabel("spread")
left.legend()
right.plot(sets, [r.ratio for r in rounds], marker=".")
right.axhline(1 - 1 / 2.718281828, color="0.5", linewidth=1, linestyle="--", label="1 - 1/e")
right.set_xscale("log")
right.set_xlabel("RR sets")
right.set_ylabel("certified ratio")
right.legend()
plt.show()

# %%
# The estimate is stable long before the bounds are: the seeds are good early, and it is the proof
# that needs samples. The upper bound depends on the gains that greedy selection leaves, so on most
# graphs the certified ratio stays below 1.
