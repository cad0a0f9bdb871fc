"""Inviting within capacities, spelled out: who may be invited, greedy choice pair by pair, and all assignments."""

import itertools

from .naive_constraints import all_spreads, mask


def friends_of(arcs, active):
    """Return, for each active node in order, the passive nodes that it has an arc to, rising."""
    return [sorted({v for u, v, _ in arcs if u == a and v not in active}) for a in active]


def passive_arcs(arcs, active):
    """Return the arcs between nodes that are not active."""
    return [(u, v, p) for u, v, p in arcs if u not in active and v not in active]


def passive_spreads(n, arcs, active, model="ic", weights=None):
    """Return the exact spread of every set of passive nodes, by its bits: active nodes count for nothing."""
    worth = [0.0 if v in active else 1.0 if weights is None else weights[v] for v in range(n)]
    return all_spreads(n, passive_arcs(arcs, active), model, worth)


def round_robin(gain_of, rows, room):
    """RR-Greedy: return (group, node, gain) in order; `gain_of(node, chosen)` is a marginal gain."""
    picks = []
    left = list(room)
    while True:
        before = len(picks)
        for g, row in enumerate(rows):
            chosen = [v for _, v, _ in picks]
            options = [v for v in row if v not in [w for h, w, _ in picks if h == g]]
            if not left[g] or not options:
                continue
            best = max(options, key=lambda v: (gain_of(v, chosen), -v))
            gain = gain_of(best, chosen)
            if gain <= 0:
                continue
            picks.append((g, best, gain))
            left[g] -= 1
        if len(picks) == before:
            return picks


def best_of_all(gain_of, rows, room):
    """MG-Greedy: return (group, node, gain) in order; of several groups the one with the most room left invites."""
    picks = []
    left = list(room)
    while True:
        chosen = [v for _, v, _ in picks]
        pairs = [(g, v) for g, row in enumerate(rows) for v in row if left[g] and v not in chosen]
        if not pairs:
            return picks
        g, v = max(pairs, key=lambda pair: (gain_of(pair[1], chosen), -pair[1], left[pair[0]], -pair[0]))
        gain = gain_of(v, chosen)
        if gain <= 0:
            return picks
        picks.append((g, v, gain))
        left[g] -= 1


def with_spare(picks, rows, room, *, again):
    """Add, group after group, the first nodes that nobody has invited, then with `again` those that others have."""
    found = [(g, v) for g, v, _ in picks]
    for g, row in enumerate(rows):
        for turn in (False, True) if again else (False,):
            for v in row:
                if sum(h == g for h, _ in found) == room[g] or (g, v) in found:
                    continue
                if turn or v not in [w for _, w in found]:
                    found.append((g, v))
    return found


def coverage_gain(sets):
    """Return a gain function: how many sets hold a node and none of those chosen."""
    return lambda v, chosen: sum(v in s and not set(s) & set(chosen) for s in sets)


def spread_gain(spreads):
    """Return a gain function on exact spreads by bits, with rounding taken off."""

    def gain_of(v, chosen):
        gain = spreads[mask([*chosen, v])] - spreads[mask(chosen)]
        return 0.0 if gain < 1e-12 else gain

    return gain_of


def assignments(rows, room):
    """Yield the set of nodes of every feasible assignment, as large as it can be."""
    choices = [list(itertools.combinations(row, min(k, len(row)))) for row, k in zip(rows, room, strict=True)]
    for each in itertools.product(*choices):
        yield set(itertools.chain.from_iterable(each))


def best_sum(values, rows, room):
    """Return the largest sum of values of different nodes that a feasible assignment can invite."""
    return max(sum(values[v] for v in nodes) for nodes in assignments(rows, room))


def choose_locally(sets, rows, room):
    """Return, for each group, its greedy choice as if it were alone, with gains; those that add nothing come last."""
    found = []
    for row, k in zip(rows, room, strict=True):
        own, gains = [], []
        for _ in range(min(k, len(row))):
            gain_of = coverage_gain(sets)
            best = max((v for v in row if v not in own), key=lambda v: (gain_of(v, own), -v))
            gains.append(gain_of(best, own))
            own.append(best)
        found.append((own, gains))
    return found
