"""
A certificate closes
====================

Results can be had at any time while sampling goes on. Each is from twice as many RR sets as the one before, its seeds
certified by sets that had no part in their choice.
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
left.fill_between(sets, [r.lower_bound for r in rounds], [r.upper_bound for r in rounds], alpha=0.2, label="certified")
left.plot(sets, [r.spread for r in rounds], marker=".", label="estimate of the seeds' spread")
left.set_xscale("log")
left.set_xlabel("RR sets")
left.set_ylabel("spread")
left.legend()
right.plot(sets, [r.ratio for r in rounds], marker=".")
right.axhline(1 - 1 / 2.718281828, color="0.5", linewidth=1, linestyle="--", label="1 - 1/e")
right.set_xscale("log")
right.set_xlabel("RR sets")
right.set_ylabel("certified share of the optimum")
right.legend()
plt.show()

# %%
# The estimate settles long before the bounds do: the seeds are good early, and it is the proof that takes samples. The
# upper bound rests on what greedy choice leaves over, so the share that can be proved ends below 1 for most graphs.
