"""Slow and obvious references for spread until a deadline, written without imax.

Nodes are 0 to n - 1, arcs are (source, target, probability) triples, sets of nodes are bit masks. With a number of
steps, a node counts if a path of at most so many live arcs leads to it. With delays, each live arc has an exponential
delay, and a node counts if the path of the smallest total delay takes no longer than the deadline.
"""

import heapq
import math

import numpy as np

from .naive import WORLDS


def masks_within(n, arcs, live, steps):
    """Return, for each world and node, the mask of the nodes that reach it in at most so many steps."""
    masks = np.tile(1 << np.arange(n, dtype=np.int64), (len(live), 1))
    for _ in range(steps):
        before = masks.copy()
        for a, (u, v, _) in enumerate(arcs):
            masks[:, v] |= np.where(live[:, a], before[:, u], 0)
    return masks


def rr_distribution(n, arcs, steps, model="ic", weights=None):
    """Return the probability of each (root, set) with RR sets that are cut at a depth: shape (n, 2**n)."""
    probability, live = WORLDS[model](n, arcs)
    masks = masks_within(n, arcs, live, steps)
    roots = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    roots = roots / roots.sum()
    return np.array([roots[v] * np.bincount(masks[:, v], probability, minlength=1 << n) for v in range(n)])


def reached_distribution(n, arcs, seeds, steps, model="ic"):
    """Return the probability of each set of nodes that are active after so many steps: shape (2**n,)."""
    probability, live = WORLDS[model](n, arcs)
    masks = masks_within(n, arcs, live, steps)
    chosen = sum(1 << s for s in set(seeds))
    active = ((masks & chosen != 0) << np.arange(n)).sum(axis=1)
    return np.bincount(active, probability, minlength=1 << n)


def spread_of_masks(distribution, weights):
    """Return the expected weight of a random set of nodes."""
    n = len(weights)
    bits = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
    return float(distribution @ (bits @ np.asarray(weights, dtype=float)))


def grown(n, rates, start, deadline):
    """Return the probability of each set that a growing set can be at the deadline: shape (2**n,).

    `rates` are the live arcs: (source, target, 1 / mean delay). A delay that has not ended forgets its past, so the set
    is a Markov chain that gains node v at the sum of the rates of the arcs from the set to v. The distribution follows
    from jumps at the times of a Poisson process (uniformization).
    """
    fastest = sum(rate for _, _, rate in rates)
    now = {start: 1.0}
    total = np.zeros(1 << n)
    mean = fastest * deadline
    term, jumps, left = math.exp(-mean), 0, 1.0
    while left > 1e-13:
        for mask, p in now.items():
            total[mask] += term * p
        left -= term
        if fastest == 0:
            break
        later = {}
        for mask, p in now.items():
            stay = 1.0
            for u, v, rate in rates:
                if mask >> u & 1 and not mask >> v & 1:
                    later[mask | 1 << v] = later.get(mask | 1 << v, 0.0) + p * rate / fastest
                    stay -= rate / fastest
            later[mask] = later.get(mask, 0.0) + p * stay
        now = later
        jumps += 1
        term *= mean / jumps
    return total


def grown_in_all_worlds(n, arcs, start, deadline, means, model, reverse):
    """Return the distribution of the set that `start` grows to until the deadline; `reverse` follows arcs backwards."""
    total = np.zeros(1 << n)
    for probability, live in zip(*WORLDS[model](n, arcs), strict=True):
        if probability > 0:
            rates = [
                ((v, u) if reverse else (u, v)) + (1 / mean,)
                for (u, v, _), mean, on in zip(arcs, means, live, strict=True)
                if on
            ]
            total += probability * grown(n, rates, start, deadline)
    return total


def timed_rr_distribution(n, arcs, deadline, means, model="ic", weights=None):
    """Return the probability of each (root, set) with RR sets that are cut at the deadline: shape (n, 2**n)."""
    roots = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    roots = roots / roots.sum()
    return np.array(
        [roots[v] * grown_in_all_worlds(n, arcs, 1 << v, deadline, means, model, reverse=True) for v in range(n)]
    )


def timed_reached_distribution(n, arcs, seeds, deadline, means, model="ic"):
    """Return the probability of each set of nodes that are active at the deadline: shape (2**n,)."""
    start = sum(1 << s for s in set(seeds))
    return grown_in_all_worlds(n, arcs, start, deadline, means, model, reverse=False)


def simulated(n, arcs, seeds, deadline, means, generator):
    """Return the mask of the nodes that an independent cascade activates until the deadline (Dijkstra)."""
    arrival = {}
    heap = [(0.0, s) for s in seeds]
    while heap:
        time, v = heapq.heappop(heap)
        if v in arrival:
            continue
        arrival[v] = time
        for (source, target, p), mean in zip(arcs, means, strict=True):
            if source == v and generator.random() < p:
                later = time + generator.exponential(mean)
                if later <= deadline:
                    heapq.heappush(heap, (later, target))
    return sum(1 << v for v in arrival)
