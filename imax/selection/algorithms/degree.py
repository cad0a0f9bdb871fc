"""Heuristics that count what a node's own arcs reach: degree, and degree with a discount for seeds beside it."""

import numpy as np
from numpy.typing import NDArray

from ...graph.influence_graph import InfluenceGraph
from ..base import Outcome, Problem
from ..picks import Falling, by_rank, one_by_one

__all__ = ["degree", "degree_discount", "out_degree", "single_discount"]

USUAL = 0.01  # the probability that the literature gives to degree discount, also where those of arcs differ
_CHUNK = 1 << 22


def out_degree(graph: InfluenceGraph) -> NDArray[np.int64]:
    """Return each node's number of out-arcs, by internal id."""
    counts = np.zeros(graph.n_nodes, dtype=np.int64)
    size = max(_CHUNK, graph.n_nodes)  # a piece at a time: bincount makes int64 of what it is given
    for a in range(0, graph.n_arcs, size):
        counts += np.bincount(graph.in_idx[a : a + size], minlength=graph.n_nodes)
    return counts


def degree(problem: Problem) -> Outcome:
    """Choose the nodes of the largest out-degree."""
    return by_rank(problem, out_degree(problem.graph))


class _SingleDiscount:
    """Each node's out-arcs that lead to nodes not yet chosen."""

    def __init__(self, problem: Problem) -> None:
        self.graph = problem.graph
        self.scores = out_degree(self.graph)
        self.decreasing_gains = Falling(self.scores, problem.constraint.allowed)

    def best(self) -> int:
        return self.decreasing_gains.pop()

    def score(self, node: int) -> float:
        return float(self.scores[node])

    def take(self, node: int) -> None:
        ptr = self.graph.in_ptr
        self.scores[self.graph.in_idx[ptr[node] : ptr[node + 1]]] -= 1


def single_discount(problem: Problem) -> Outcome:
    """Choose by out-degree, where arcs to nodes already chosen no longer count."""
    return one_by_one(problem, _SingleDiscount(problem))


class _DegreeDiscount:
    """The nodes of each node's star that it is expected to activate, if all arcs have one probability.

    A node is not yet active, as far as its chosen in-neighbours go, with probability `missed`, (1 - p) to the power of
    their number. Then it counts itself and p for each of its `left` out-arcs to nodes not chosen.
    """

    def __init__(self, problem: Problem) -> None:
        self.graph = graph = problem.graph
        self.out_ptr, self.out_idx, _ = graph.forward()
        p = graph.probability
        self.p = float(p.value) if p.kind == "uniform" else USUAL
        self.missed = np.ones(graph.n_nodes)
        self.left = np.diff(self.out_ptr)
        self.scores = 1.0 + self.p * self.left
        self.decreasing_gains = Falling(self.scores, problem.constraint.allowed)

    def best(self) -> int:
        return self.decreasing_gains.pop()

    def score(self, node: int) -> float:
        return float(self.scores[node])

    def take(self, node: int) -> None:
        targets = self.out_idx[self.out_ptr[node] : self.out_ptr[node + 1]]
        sources = self.graph.in_idx[self.graph.in_ptr[node] : self.graph.in_ptr[node + 1]]
        self.missed[targets] *= 1.0 - self.p
        self.left[sources] -= 1
        for touched in (targets, sources):
            self.scores[touched] = self.missed[touched] * (1.0 + self.p * self.left[touched])


def degree_discount(problem: Problem) -> Outcome:
    """Choose by the number of nodes of its star that a node is expected to activate under independent cascade."""
    return one_by_one(problem, _DegreeDiscount(problem))
