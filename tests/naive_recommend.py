"""HeteroIR, HeteroIM and the metrics of recommended lists in plain Python. Nodes are 0 to n - 1, arcs {(u, v): p}."""

import itertools
import math


def friends_of(arcs, u):
    return sorted(v for w, v in arcs if w == u)


def influence(arcs, accept, v, interactions):
    """Return the sum of the largest products P(v, w) U(w)."""
    return sum(sorted((p * accept[w] for (u, w), p in arcs.items() if u == v), reverse=True)[:interactions])


def heteroir(arcs, accept, inviters, interactions):
    """Return each inviter's (friend, score) by decreasing score, then increasing node."""
    found = {}
    for u in inviters:
        scored = [
            (v, arcs[u, v] * accept[v] * (1 + influence(arcs, accept, v, interactions))) for v in friends_of(arcs, u)
        ]
        found[u] = sorted(scored, key=lambda pair: (-pair[1], pair[0]))
    return found


def take_all(sets, candidates, order):
    """Take candidates, each time the one in most sets not covered yet; ties go to the first in `order`.

    Return [(node, number of sets newly covered, these sets)].
    """
    uncovered = [set(s) for s in sets]
    rest = [v for v in order if v in candidates]
    taken = []
    while rest:
        best = max(rest, key=lambda v: (sum(v in s for s in uncovered), -order.index(v)))
        own = [s for s in uncovered if best in s]
        uncovered = [s for s in uncovered if best not in s]
        rest.remove(best)
        taken.append((best, len(own), own))
    return taken


def heteroim(sets, arcs, inviters, order):
    """Return each inviter's (friend, score, shared) by decreasing score; ties go to the friend taken first."""
    candidates = {v for u in inviters for v in friends_of(arcs, u)}
    taken = take_all(sets, candidates, order)
    max_cover = max(taken[0][1], 1)
    found = {u: [] for u in inviters}
    for place, (v, cover, own) in enumerate(taken):
        for u in inviters:
            if (u, v) in arcs:
                shared = sum(u in s for s in own)
                found[u].append((v, 1.0 + shared if shared else cover / max_cover, shared, place))
    return {u: [row[:3] for row in sorted(rows, key=lambda row: (-row[1], row[3]))] for u, rows in found.items()}


# -- metrics -------------------------------------------------------------------------------------------------------


def recall(lists, truth, k):
    return sum(sum(v in truth[u] for v in own[:k]) / len(truth[u]) for u, own in lists.items()) / len(lists)


def ndcg(lists, truth, k):
    total = 0.0
    for u, own in lists.items():
        gained = sum(1 / math.log2(rank + 1) for rank, v in enumerate(own[:k], 1) if v in truth[u])
        total += gained / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(truth[u])) + 1))
    return total / len(lists)


def spread(lists, truth, k):
    reached = set()
    for u, own in lists.items():
        for v in own[:k]:
            if v in truth[u]:
                reached |= {v} | truth.get(v, set())
    return len(reached)


def best_reach(u, truth, k):
    """Return the maximum number of people other than u that k members of D(u) reach."""
    choices = itertools.combinations(sorted(truth[u]), min(k, len(truth[u])))
    return max(len(set().union(*({v} | truth.get(v, set()) for v in chosen)) - {u}) for chosen in choices)
