"""Slow reference implementations of capacity-constrained selection: greedy choice pair by pair, all assignments."""

import itertools

from .naive_constraints import all_spreads, mask


def friends_of(arcs, active):
    """Return, for each active node in order, the passive nodes that it has an arc to, in ascending order."""
    return [sorted({v for u, v, _ in arcs if u == a and v not in active}) for a in active]


def passive_arcs(arcs, active):
    """Return the arcs between nodes that are not active."""
    return [(u, v, p) for u, v, p in arcs if u not in active and v not in active]


def passive_spreads(n, arcs, active, model="ic", weights=None):
    """Return the exact spread of every set of passive nodes, by bit mask; active nodes have weight 0."""
    values = [0.0 if v in active else 1.0 if weights is None else weights[v] for v in range(n)]
    return all_spreads(n, passive_arcs(arcs, active), model, values)


def round_robin(gain_of, rows, capacity):
    """RR-Greedy: return (group, node, gain) in order; `gain_of(node, chosen)` is a marginal gain."""
    picks = []
    left = list(capacity)
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


def best_of_all(gain_of, rows, capacity):
    """MG-Greedy: return (group, node, gain) in order; of several groups, the one with the largest
    remaining capacity invites.
    """
    picks = []
    left = list(capacity)
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


def with_spare(picks, rows, capacity, *, again):
    """Add, for each group, the first nodes that nobody has invited, then with `again` those that others invited."""
    found = [(g, v) for g, v, _ in picks]
    for g, row in enumerate(rows):
        for invited_too in (False, True) if again else (False,):
            for v in row:
                if sum(h == g for h, _ in found) == capacity[g] or (g, v) in found:
                    continue
                if invited_too or v not in [w for _, w in found]:
                    found.append((g, v))
    return found


def coverage_gain(sets):
    """Return a gain function: the number of sets that contain a node and no chosen node."""
    return lambda v, chosen: sum(v in s and not set(s) & set(chosen) for s in sets)


def spread_gain(spreads):
    """Return a gain function on exact spreads by bit mask; rounding errors count as 0."""

    def gain_of(v, chosen):
        gain = spreads[mask([*chosen, v])] - spreads[mask(chosen)]
        return 0.0 if gain < 1e-12 else gain

    return gain_of


def assignments(rows, capacity):
    """Yield the set of nodes of every maximal feasible assignment."""
    choices = [list(itertools.combinations(row, min(k, len(row)))) for row, k in zip(rows, capacity, strict=True)]
    for lists in itertools.product(*choices):
        yield set(itertools.chain.from_iterable(lists))


def best_sum(values, rows, capacity):
    """Return the largest total value of the distinct nodes of a feasible assignment."""
    return max(sum(values[v] for v in nodes) for nodes in assignments(rows, capacity))


def choose_locally(sets, rows, capacity):
    """Return, for each group, its separate greedy choice with gains; nodes that add nothing come last."""
    found = []
    for row, k in zip(rows, capacity, strict=True):
        own, gains = [], []
        for _ in range(min(k, len(row))):
            gain_of = coverage_gain(sets)
            best = max((v for v in row if v not in own), key=lambda v: (gain_of(v, own), -v))
            gains.append(gain_of(best, own))
            own.append(best)
        found.append((own, gains))
    return found


def list_choices(rows, capacity, n_groups, cost=None, budget=None):
    """Yield the nodes of every choice of at most `n_groups` groups, within a budget, that take as many as they can."""
    groups = range(len(rows))
    for count in range(n_groups + 1):
        for chosen in itertools.combinations(groups, count):
            if cost is None or sum(cost[g] for g in chosen) <= budget:
                yield from assignments([rows[g] for g in chosen], [capacity[g] for g in chosen])


def greedy_list(gain_of, row, k, before):
    """Return the nodes and the gains of the greedy list of one group, after other nodes."""
    own, gains = [], []
    while len(own) < min(k, len(row)):
        best = max((v for v in row if v not in own), key=lambda v: (gain_of(v, [*before, *own]), -v))
        gain = gain_of(best, [*before, *own])
        if gain <= 0:
            break
        own.append(best)
        gains.append(gain)
    return own, gains
