"""Seed sets under constraints, by trying them all, and greedy choice that looks at every node each time."""

import itertools
import math

import numpy as np

from .naive import WORLDS, reaching, rr_distribution


def all_spreads(n, arcs, model="ic", weights=None):
    """Return the exact spread of every seed set, by its bits."""
    total = n if weights is None else float(np.sum(weights))
    sets = rr_distribution(n, arcs, model, weights).sum(axis=0)
    masks = np.arange(1 << n)
    return np.array([total * float(sets[masks & chosen != 0].sum()) for chosen in range(1 << n)])


def exact_greedy(n, arcs, order, k, model="ic"):
    """Return (seeds, gains) of greedy selection by exact spreads; ties go to the node that is first in `order`.

    Sums have no rounding errors if all probabilities are multiples of a power of two.
    """
    probability, live = WORLDS[model](n, arcs)
    reach = reaching(n, arcs, live)

    def spread(seeds):
        return float(probability @ (reach & mask(seeds) != 0).sum(axis=1))

    seeds, gains = [], []
    for _ in range(k):
        gain = {v: spread([*seeds, v]) - spread(seeds) for v in order if v not in seeds}
        seeds.append(max(gain, key=gain.get))  # the first of equals
        gains.append(gain[seeds[-1]])
    return seeds, gains


def mask(nodes):
    return sum(1 << v for v in set(nodes))


def admitted(
    allowed, *, k=None, forced=(), group=None, quotas=None, minimum=None, cost=None, budget=None, group_budgets=None
):  # fmt: skip
    """Yield the seed sets that a constraint admits: the forced nodes and any number of allowed ones.

    `quotas` and `minimum` are the largest and the smallest number of seeds of each group, `group_budgets` the largest
    total cost of the seeds of each group.
    """
    rest = sorted(set(allowed) - set(forced))
    for size in range(len(rest) + 1):
        for free in itertools.combinations(rest, size):
            seeds = [*forced, *free]

            def own(name, seeds=seeds):
                return [v for v in seeds if group[v] == name]

            if k is not None and len(seeds) > k:
                continue
            if budget is not None and sum(cost[v] for v in seeds) > budget * (1 + 1e-9):
                continue
            if any(len(own(name)) > high for name, high in (quotas or {}).items()):
                continue
            if any(len(own(name)) < low for name, low in (minimum or {}).items()):
                continue
            if any(sum(cost[v] for v in own(name)) > most * (1 + 1e-9) for name, most in (group_budgets or {}).items()):
                continue
            yield seeds


def greedy_within(sets, order, admitted_sets, *, worth, forced=(), start=(), least=0.0):
    """Choose the best node among those with which the seeds are a part of an admitted set, until there is none.

    `worth` returns what a node of a gain is ordered by; ties go to the node that stands first in `order`. Nodes worth
    less than `least` wait until no other node is left. Returns the seeds and their gains.
    """
    admitted_sets = [frozenset(s) for s in admitted_sets]
    left = [set(s) for s in sets if not set(s) & set(start)]
    seeds, gains = [], []

    def take(v):
        nonlocal left
        seeds.append(v)
        gains.append(sum(v in s for s in left))
        left = [s for s in left if v not in s]

    for v in forced:
        take(v)
    for floor in (least, 0.0):
        while True:
            gain = {v: sum(v in s for s in left) for v in order if v not in seeds}
            fitting = [v for v in gain if any(frozenset([*seeds, v]) <= s for s in admitted_sets)]
            fitting = [v for v in fitting if worth(v, gain[v])[1] >= floor]
            if not fitting:
                break
            take(max(fitting, key=lambda v: worth(v, gain[v])[0]))
    return seeds, gains


def greedy(sets, order, allowed, *, k=math.inf, forced=(), start=(), group=None, quotas=None, cost=None,
           remaining_budget=None, by_ratio=False):  # fmt: skip
    """Choose nodes that cover the most sets that are left, or the most per cost; return the seeds and their gains.

    A node that no longer fits is passed over for good. Ties go to the node that stands first in `order`.
    """
    left = [set(s) for s in sets if not set(s) & set(start)]
    seeds, gains = [], []
    room = dict(quotas or {})

    def take(v):
        nonlocal left
        seeds.append(v)
        gains.append(sum(v in s for s in left))
        left = [s for s in left if v not in s]
        if group is not None and group[v] in room:
            room[group[v]] -= 1

    for v in forced:
        take(v)
    rest = [v for v in order if v in allowed and v not in forced and v not in start]
    while rest and len(seeds) < k:

        def worth(v):
            gain = sum(v in s for s in left)
            if not by_ratio:
                return gain
            if gain == 0:
                return 0.0
            return math.inf if cost[v] == 0 else float(np.float32(gain / cost[v]))

        best = max(rest, key=worth)
        rest.remove(best)
        if cost is not None and cost[best] > remaining_budget:
            continue
        if group is not None and room.get(group[best], 1) <= 0:
            continue
        if cost is not None:
            remaining_budget -= cost[best]
        take(best)
    return seeds, gains


def budget_starts(sets, order, allowed, *, k, forced, start, cost, remaining_budget):
    """Return the greedy choices, by gain and by gain per cost, after each expensive node; the best node first."""
    _, gains = greedy(sets, order, set(), forced=forced, start=start)
    gain = {v: sum(greedy(sets, order, set(), forced=[*forced, v], start=start)[1]) - sum(gains) for v in allowed}
    firsts = [v for v in sorted(allowed, key=lambda v: (-gain[v], v)) if gain[v] > 0]
    firsts = [v for v in firsts if remaining_budget / 8 < cost[v] <= remaining_budget][:8]
    return [
        greedy(sets, order, allowed, k=k, forced=[*forced, v], start=start, cost=cost,
               remaining_budget=remaining_budget - cost[v], by_ratio=by_ratio)
        for v in firsts for by_ratio in (False, True)
    ]  # fmt: skip


def covered(sets, seeds, start=()):
    """Return how many sets seeds cover that start nodes do not."""
    return sum(bool(set(s) & set(seeds)) and not set(s) & set(start) for s in sets)
