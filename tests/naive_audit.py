"""Exact spreads and optima of graphs whose components are small, and coverage of every seed set, written without imax.

A spread is the sum over weakly connected components, so that enumeration is possible although the graph is large.
"""

import itertools
import math

import numpy as np

from .naive import reaching
from .naive_capacity import assignments
from .naive_constraints import admitted, mask


def components(n, arcs):
    """Return the weakly connected components as lists of nodes, in increasing order."""
    root = list(range(n))

    def find(v):
        while root[v] != v:
            v = root[v]
        return v

    for u, v, _ in arcs:
        root[find(u)] = find(v)
    found = {}
    for v in range(n):
        found.setdefault(find(v), []).append(v)
    return sorted(found.values())


def possible_worlds(arcs, model="ic"):
    """Return (probability of each world, which arcs are live in it), without worlds that cannot occur."""
    if model == "ic":
        choices = [[(p, a), (1.0 - p, None)] for a, (_, _, p) in enumerate(arcs)]
    else:
        into = {}
        for a, (_, v, p) in enumerate(arcs):
            into.setdefault(v, []).append((p, a))
        choices = [[*options, (1.0 - sum(p for p, _ in options), None)] for options in into.values()]
    choices = [[option for option in options if option[0] > 1e-9] for options in choices]
    worlds = list(itertools.product(*choices))
    live = np.zeros((len(worlds), len(arcs)), dtype=bool)
    for row, world in zip(live, worlds, strict=True):
        row[[a for _, a in world if a is not None]] = True
    return np.array([math.prod(p for p, _ in world) for world in worlds]), live


class Spreads:
    """The exact spread of any seed set, by enumeration within each component (at most 62 nodes)."""

    def __init__(self, n, arcs, model="ic", weights=None):
        self.weights = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
        self.arcs, self.model = arcs, model
        self.components = components(n, arcs)
        self.component_of = {v: c for c, nodes in enumerate(self.components) for v in nodes}
        self.worlds, self.known = {}, {}

    def __call__(self, seeds):
        """Return the expected weight of the nodes that the seeds reach, themselves included."""
        by_component = {}
        for v in set(seeds):
            by_component.setdefault(self.component_of[v], set()).add(v)
        return sum(self.within(c, frozenset(chosen)) for c, chosen in by_component.items())

    def within(self, c, seeds):
        """Return the spread of seeds of one component."""
        if seeds not in self.known:
            nodes = self.components[c]
            if c not in self.worlds:
                place = {v: i for i, v in enumerate(nodes)}
                arcs = [(place[u], place[v], p) for u, v, p in self.arcs if u in place]
                probability, live = possible_worlds(arcs, self.model)
                self.worlds[c] = probability, reaching(len(nodes), arcs, live)
            probability, masks = self.worlds[c]
            chosen = sum(1 << i for i, v in enumerate(nodes) if v in seeds)
            self.known[seeds] = float(probability @ ((masks & chosen) != 0) @ self.weights[nodes])
        return self.known[seeds]

    def best_of_each_size(self, k, allowed=None):
        """Return the largest spreads of 0, 1, ..., k seeds: the best of each component, combined."""
        best = [0.0] + [-math.inf] * k
        shapes = {}
        for c, nodes in enumerate(self.components):
            free = [v for v in nodes if allowed is None or v in allowed]
            # equal components, such as many equal stars, are enumerated once
            place = {v: i for i, v in enumerate(nodes)}
            shape = (
                tuple(self.weights[nodes]), tuple(place[v] for v in free),
                tuple((place[u], place[v], p) for u, v, p in self.arcs if u in place),
            )  # fmt: skip
            if shape not in shapes:
                shapes[shape] = [
                    max((self.within(c, frozenset(s)) if s else 0.0) for s in itertools.combinations(free, size))
                    for size in range(min(k, len(free)) + 1)
                ]
            own = shapes[shape]
            best = [max(best[j - i] + own[i] for i in range(min(j + 1, len(own)))) for j in range(k + 1)]
        return best


def optimum(spreads, n, *, k=None, candidates=None, include=(), start=(), costs=None, budget=None, groups=None,
            quotas=None):  # fmt: skip
    """Return the largest spread that any admissible seed set adds to that of the start nodes."""
    if not include and not start and costs is None and groups is None:
        return max(spreads.best_of_each_size(k, None if candidates is None else set(candidates)))
    allowed = set(range(n) if candidates is None else candidates) - set(start)
    choices = admitted(allowed, k=k, forced=include, group=groups, quotas=quotas, cost=costs, budget=budget)
    return max(spreads([*seeds, *start]) for seeds in choices) - spreads(start)


def best_assignment(spreads, rows, capacity):
    """Return the largest spread of the nodes of any assignment within the capacities."""
    return max(spreads(nodes) for nodes in assignments(rows, capacity))


def coverage_of_all(n, sets):
    """Return how many of the sets each seed set covers, by the bits of its nodes: int64, shape (2**n,)."""
    inside = np.bincount([mask(s) for s in sets], minlength=1 << n)
    for v in range(n):  # from "equal to this mask" to "a subset of this mask"
        pairs = inside.reshape(-1, 2, 1 << v)
        pairs[:, 1] += pairs[:, 0]
    return len(sets) - inside[::-1]
