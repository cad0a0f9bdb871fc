"""Heuristics that count the out-arcs of a node: degree, and degree with a discount for neighboring seeds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...graph.influence_graph import InfluenceGraph
from ..outcome import Outcome
from ..problem import Problem
from .ranking import DecreasingScores, heuristic, select_by_rank, select_one_by_one

__all__ = ["DEGREE", "DEGREE_DISCOUNT", "SINGLE_DISCOUNT", "degree", "degree_discount", "out_degree", "single_discount"]

USUAL_PROBABILITY = 0.01  # used by the literature for degree discount, also where the probabilities of arcs differ
_CHUNK = 1 << 22


def out_degree(graph: InfluenceGraph) -> NDArray[np.int64]:
    """Return the out-degree of each node, by internal id."""
    counts = np.zeros(graph.n_nodes, dtype=np.int64)
    size = max(_CHUNK, graph.n_nodes)  # in pieces: bincount converts its input to int64
    for a in range(0, graph.n_arcs, size):
        counts += np.bincount(graph.in_idx[a : a + size], minlength=graph.n_nodes)
    return counts


def degree(problem: Problem) -> Outcome:
    """Choose the nodes with the largest out-degree."""
    return select_by_rank(problem, out_degree(problem.graph))


class _Discount:
    """Scores that never increase, and the candidates in their order."""

    scores: NDArray[Any]
    candidates: DecreasingScores

    def best(self) -> int:
        return self.candidates.pop()

    def score(self, node: int) -> float:
        return float(self.scores[node])

    def drop(self, node: int) -> None:
        """Do nothing: `best` has removed the node."""


class _SingleDiscount(_Discount):
    """Number of out-arcs of each node to nodes that are not chosen."""

    def __init__(self, problem: Problem) -> None:
        self.graph = problem.graph
        self.scores = out_degree(self.graph)
        self.candidates = DecreasingScores(self.scores, problem.constraint.allowed)

    def take(self, node: int) -> None:
        ptr = self.graph.in_ptr
        self.scores[self.graph.in_idx[ptr[node] : ptr[node + 1]]] -= 1


def single_discount(problem: Problem) -> Outcome:
    """Choose by out-degree without arcs to nodes already chosen."""
    return select_one_by_one(problem, _SingleDiscount(problem))


class _DegreeDiscount(_Discount):
    """Expected number of nodes that each node activates in its star, if all arcs have probability p.

    The star is the node with its out-neighbors. `missed` is the probability that no chosen in-neighbor activates the
    node: (1 - p) to the power of their number. In that case the node counts itself, and p for each of its `left`
    out-arcs to nodes that are not chosen.
    """

    def __init__(self, problem: Problem) -> None:
        self.graph = graph = problem.graph
        self.out_ptr, self.out_idx, _ = graph.forward()
        p = graph.probability
        self.p = float(p.value) if p.kind == "uniform" else USUAL_PROBABILITY
        self.missed = np.ones(graph.n_nodes)
        self.left = np.diff(self.out_ptr)
        self.scores = 1.0 + self.p * self.left
        self.candidates = DecreasingScores(self.scores, problem.constraint.allowed)

    def take(self, node: int) -> None:
        targets = self.out_idx[self.out_ptr[node] : self.out_ptr[node + 1]]
        sources = self.graph.in_idx[self.graph.in_ptr[node] : self.graph.in_ptr[node + 1]]
        self.missed[targets] *= 1.0 - self.p
        self.left[sources] -= 1
        for touched in (targets, sources):
            self.scores[touched] = self.missed[touched] * (1.0 + self.p * self.left[touched])


def degree_discount(problem: Problem) -> Outcome:
    """Choose by the expected number of nodes that a node activates among itself and its out-neighbors."""
    return select_one_by_one(problem, _DegreeDiscount(problem))


DEGREE = heuristic("degree", degree, "the largest out-degrees", "Kempe, Kleinberg, Tardos, KDD 2003")
SINGLE_DISCOUNT = heuristic(
    "single-discount", single_discount, "out-degree without arcs to nodes already chosen", "Chen, Wang, Yang, KDD 2009"
)
DEGREE_DISCOUNT = heuristic(
    "degree-discount",
    degree_discount,
    "the expected number of nodes that a node activates among itself and its out-neighbors",
    "Chen, Wang, Yang, KDD 2009",
)
