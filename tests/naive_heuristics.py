"""Slow, obvious references for the heuristics, written without imax.

Nodes are 0 to n - 1, `arcs` is {(u, v): p} without self-loops or parallel arcs. Of equal nodes the one that stands
first in `order` is meant.
"""

import heapq
import math
from fractions import Fraction

import networkx as nx


def internal_order(n, arcs):
    """Return the nodes by falling out-degree, then by number."""
    degree = out_degree(n, arcs)
    return sorted(range(n), key=lambda v: (-degree[v], v))


def out_degree(n, arcs):
    return [sum(u == v for u, _ in arcs) for v in range(n)]


def choose(order, score, k, allowed, forced=(), start=()):
    """Choose one by one: `score(v, active)` tells what v is worth beside those active; return (seeds, scores)."""
    active, seeds, scores = list(start), [], []
    for i in range(k):
        free = [v for v in order if v in allowed and v not in active]
        node = forced[i] if i < len(forced) else max(free, key=lambda v: score(v, active))
        seeds.append(node)
        scores.append(score(node, active))
        active.append(node)
    return seeds, scores


def single_discount(n, arcs):
    return lambda v, active: sum(u == v and w not in active for u, w in arcs)


def degree_discount(n, arcs, p):
    """Return the expected number of nodes of a node's star that it activates, where all arcs have probability p."""

    def score(v, active):
        missed = (1 - p) ** sum((u, v) in arcs for u in active)
        return missed * (1 + p * sum(u == v and w not in active for u, w in arcs))

    return score


def chen_discount(d, t, p):
    """Return Chen, Wang and Yang's formula: a node of degree d with t chosen neighbors."""
    return d - 2 * t - (d - t) * t * p


def voterank(n, arcs):
    """Return each node's votes in exact fractions: ability falls by n / m with each elected in-neighbor."""

    def ability(v, active):
        tired = sum((u, v) in arcs for u in active) * Fraction(n, max(len(arcs), 1))
        return 0 if v in active else max(Fraction(0), 1 - tired)

    return lambda v, active: sum((ability(w, active) for u, w in arcs if u == v), Fraction(0))


def networkx_voterank(n, arcs, order):
    """Return NetworkX's election; it ends when nobody has votes."""
    return nx.voterank(digraph(order, arcs))


def pagerank(n, arcs):
    """Return NetworkX's PageRank on the reversed graph."""
    reverse = digraph(range(n), {(v, u): p for (u, v), p in arcs.items() if p > 0})
    rank = nx.pagerank(reverse, alpha=0.85, max_iter=1000, tol=1e-13, weight="p")
    return [rank[v] for v in range(n)]


def core_numbers(n, arcs):
    core = nx.core_number(nx.Graph(digraph(range(n), arcs)))
    return [core[v] for v in range(n)]


def digraph(order, arcs):
    graph = nx.DiGraph()
    graph.add_nodes_from(order)
    graph.add_weighted_edges_from([(u, v, p) for (u, v), p in arcs.items()], weight="p")
    return graph


def likeliest_paths(n, arcs, node, shut, least):
    """Return {v: probability of the likeliest path to v} where it is at least `least`; nobody leaves `shut` nodes."""
    found, heap = {}, [(-1.0, node)]
    while heap:
        p, u = heapq.heappop(heap)
        if u in found:
            continue
        found[u] = -p
        if u not in shut:
            for (a, v), q in arcs.items():
                if a == u and -p * q >= least:
                    heapq.heappush(heap, (p * q, v))
    return found


def irie(n, arcs, alpha=0.7, rounds=20, least=1 / 320 * (1 - 1e-6)):
    """Return the rank beside active nodes: r(u) = (1 - AP(u)) (1 + alpha sum p(u, v) r(v)), iterated from 1."""

    def ranks(active):
        missed = [1.0] * n
        for i, s in enumerate(active):
            for v, p in likeliest_paths(n, arcs, s, active[:i], least).items():
                missed[v] *= 1 - p
        r = [1.0] * n
        for _ in range(rounds):
            sums = [0.0] * n
            for (u, v), p in arcs.items():
                sums[u] += p * r[v]
            r = [missed[u] * (1 + alpha * sums[u]) for u in range(n)]
        return r

    known = {}

    def score(v, active):
        if tuple(active) not in known:
            known[tuple(active)] = ranks(active)
        return known[tuple(active)][v]

    return score


def is_greedy(seeds, order, score, allowed, forced=(), start=(), slack=1e-9):
    """Whether each chosen node's score is the largest there was, up to rounding."""
    active = list(start)
    for i, node in enumerate(seeds):
        if i >= len(forced):
            best = max(score(v, active) for v in order if v in allowed and v not in active)
            if score(node, active) < best - slack * max(1.0, math.fabs(best)):
                return False
        active.append(node)
    return True
