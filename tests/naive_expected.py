"""Slow reference implementations of invitations that may be declined: expected spreads, greedy choice, optimum."""

import itertools
import math

from .naive_constraints import mask


def accepted(picks):
    """Return the probability of each invited node that it accepts an invitation of (group, node, probability)."""
    nodes = {v for _, v, _ in picks}
    return {v: 1.0 - math.prod(1.0 - q for _, w, q in picks if w == v) for v in nodes}


def expected_spread(spreads, picks):
    """Return the mean spread over all decisions; `spreads` has the spread of every set of nodes by bit mask."""
    chances = accepted(picks)
    total = 0.0
    for decisions in itertools.product((False, True), repeat=len(chances)):
        chance = math.prod(p if yes else 1.0 - p for yes, p in zip(decisions, chances.values(), strict=True))
        total += chance * spreads[mask([v for v, yes in zip(chances, decisions, strict=True) if yes])]
    return total


def expected_coverage(sets, picks):
    """Return the expected number of sets that contain a node which accepts."""
    chances = accepted(picks)
    return sum(1.0 - math.prod(1.0 - chances.get(v, 0.0) for v in s) for s in sets)


def greedy(value_of, rows, accept, capacity, discount=None, blend=None):
    """Let the groups choose in turn: return (group, node, probability, gain) in order.

    `value_of` returns the objective of picks (group, node, probability), `accept` the probability of each pair. With
    `blend`, a pair scores (1 - blend) times its probability plus blend times its gain divided by the largest gain of
    its group at the beginning.
    """
    picks, gains = [], []
    rounds = max(min(k, len(row)) for k, row in zip(capacity, rows, strict=True)) if rows else 0
    factors = list(discount or [1.0])
    factors += [factors[-1]] * rounds
    first = [max((value_of([(g, v, accept[g, v])]) for v in row), default=0.0) for g, row in enumerate(rows)]
    for r in range(rounds):
        for g, row in enumerate(rows):
            options = [v for v in row if v not in [w for h, w, _ in picks if h == g]]
            if sum(h == g for h, _, _ in picks) == capacity[g]:
                continue
            before = value_of(picks)
            best = None
            for v in options:
                q = accept[g, v] * factors[r]
                gain = value_of([*picks, (g, v, q)]) - before
                score = gain
                if blend is not None:
                    score = (1.0 - blend) * q + blend * gain / (first[g] or 1.0)
                if score > 1e-12 and (best is None or score > best[0] + 1e-12):
                    best = (score, v, q, gain)
            if best is not None:
                picks.append((g, best[1], best[2]))
                gains.append(best[3])
    return [(*pick, gain) for pick, gain in zip(picks, gains, strict=True)]


def optimum(value_of, rows, accept, capacity, discount=None):
    """Return the largest value of any lists within the capacities, in any order."""
    factors = list(discount or [1.0])
    factors += [factors[-1]] * max(capacity, default=0)
    choices = []
    for row, k in zip(rows, capacity, strict=True):
        choices.append(list(itertools.permutations(row, min(k, len(row)))))
    best = 0.0
    for lists in itertools.product(*choices):
        picks = [(g, v, accept[g, v] * factors[place]) for g, own in enumerate(lists) for place, v in enumerate(own)]
        best = max(best, value_of(picks))
    return best
