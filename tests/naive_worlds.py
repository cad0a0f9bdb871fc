"""Slow and obvious references for world sketches: components of given live edges, greedy over worlds, walks."""

import itertools


def components(n, live):
    """Return the components of nodes 0 to n - 1 under live edges (u, v), as a list of the component of each node."""
    of = [{v} for v in range(n)]
    for u, v in live:
        if of[u] is not of[v]:
            joined = of[u] | of[v]
            for w in joined:
                of[w] = joined
    return of


def component_law(n, edges):
    """Return {tuple of the smallest node of each node's component: probability} over all subsets of (u, v, p) edges."""
    law = {}
    for choice in itertools.product((False, True), repeat=len(edges)):
        probability = 1.0
        for live, (_, _, p) in zip(choice, edges, strict=True):
            probability *= p if live else 1 - p
        live = [(u, v) for taken, (u, v, _) in zip(choice, edges, strict=True) if taken]
        key = tuple(min(part) for part in components(n, live))
        law[key] = law.get(key, 0.0) + probability
    return law


def influence(n, edges, seeds, weights=None):
    """Return the expected weight of the components that hold a seed."""
    weights = [1.0] * n if weights is None else weights
    total = 0.0
    for key, probability in component_law(n, edges).items():
        hit = {key[s] for s in seeds}
        total += probability * sum(w for root, w in zip(key, weights, strict=True) if root in hit)
    return total


def value(worlds, seeds, weights):
    """Return the total weight, over worlds, of the nodes in the components of seeds."""
    return sum(sum(weights[v] for v in set().union(*(of[s] for s in seeds))) if seeds else 0 for of in worlds)


def greedy(worlds, weights, k, allowed, *, start=(), forced=(), cost=None, budget=None, group=None, quota=None,
           by_ratio=False):  # fmt: skip
    """Return greedy's seeds over given worlds and their gains; ties go to the smaller node."""
    taken, seeds, gains = list(start), [], []

    def add(v):
        before = value(worlds, taken, weights)
        taken.append(v)
        seeds.append(v)
        gains.append((value(worlds, taken, weights) - before) / len(worlds))

    for v in forced:
        add(v)
    left, quota = budget, dict(quota or {})
    while len(seeds) < k:
        best = None
        for v in allowed:
            if v in seeds or v in start:
                continue
            if cost is not None and cost[v] > left:
                continue
            if group is not None and quota.get(group[v], 1) <= 0:
                continue
            gain = value(worlds, [*taken, v], weights) - value(worlds, taken, weights)
            key = gain if not by_ratio or gain == 0 else (gain / cost[v] if cost[v] > 0 else float("inf"))
            if best is None or key > best[0]:
                best = key, v
        if best is None:
            break
        v = best[1]
        add(v)
        if cost is not None:
            left -= cost[v]
        if group is not None and group[v] in quota:
            quota[group[v]] -= 1
    return seeds, gains


def walk_weight(n, edges, source, length, weights=None):
    """Return the expected weight of the ends of live walks of at most `length` edges that never turn back."""
    weights = [1.0] * n if weights is None else weights
    near = {v: [] for v in range(n)}
    for u, v, p in edges:
        near[u].append((v, p))
        near[v].append((u, p))
    total = weights[source]
    level = {(None, source): 1.0}
    for _ in range(length):
        following = {}
        for (before, v), chance in level.items():
            for u, p in near[v]:
                if u != before:
                    following[v, u] = following.get((v, u), 0.0) + chance * p
        total += sum(chance * weights[u] for (_, u), chance in following.items())
        level = following
    return total
