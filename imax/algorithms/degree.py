"""Heuristics that count what a node's own arcs reach: degree, and degree with a discount for seeds beside it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import InfluenceGraph
from ._common import Choice, Question
from ._picks import Falling, by_rank, one_by_one

__all__ = ["degree", "degree_discount", "out_degree", "single_discount"]


def out_degree(graph: InfluenceGraph) -> NDArray[np.int64]:
    """Return each node's number of out-arcs, by internal id."""
    return np.bincount(graph.in_idx, minlength=graph.n_nodes)


def degree(question: Question) -> Choice:
    """Choose the nodes of the largest out-degree."""
    return by_rank(question, out_degree(question.graph))


class _SingleDiscount:
    """Each node's out-arcs that lead to nodes not yet chosen."""

    def __init__(self, question: Question) -> None:
        self.graph = question.graph
        self.scores = out_degree(self.graph)
        self.falling = Falling(self.scores, question.constraint.allowed)

    def best(self) -> int:
        return self.falling.pop()

    def score(self, node: int) -> float:
        return float(self.scores[node])

    def take(self, node: int) -> None:
        ptr = self.graph.in_ptr
        self.scores[self.graph.in_idx[ptr[node] : ptr[node + 1]]] -= 1


def single_discount(question: Question) -> Choice:
    """Choose by out-degree, where arcs to nodes already chosen no longer count."""
    return one_by_one(question, _SingleDiscount(question))


class _Arcs:
    """The arcs from and to one node with their probabilities, which need no array of arcs where a node's are equal."""

    def __init__(self, graph: InfluenceGraph) -> None:
        p = graph.probability
        self.in_ptr, self.in_idx, self.values = graph.in_ptr, graph.in_idx, p.values
        self.out_ptr, self.out_idx, self.place = graph.forward(places=p.values is not None)
        degree = np.diff(graph.in_ptr)
        into = np.full(degree.size, p.value) if p.kind == "uniform" else 1.0 / np.maximum(degree, 1)
        self.into = into.astype(np.float32).astype(np.float64)  # as `arc_values` has them

    def from_node(self, node: int) -> tuple[NDArray[np.int32], Any]:
        """Return the targets of a node's out-arcs and the arcs' probabilities."""
        a, b = self.out_ptr[node], self.out_ptr[node + 1]
        targets = self.out_idx[a:b]
        return targets, self.into[targets] if self.values is None else self._exact(self.place[a:b])

    def to_node(self, node: int) -> tuple[NDArray[np.int32], Any]:
        """Return the sources of a node's in-arcs and the arcs' probabilities."""
        a, b = self.in_ptr[node], self.in_ptr[node + 1]
        return self.in_idx[a:b], self.into[node] if self.values is None else self._exact(slice(a, b))

    def _exact(self, where: Any) -> NDArray[np.float64]:
        assert self.values is not None
        exact: NDArray[np.float64] = self.values[where].astype(np.float64)
        return exact


class _DegreeDiscount:
    """The nodes of each node's star that it is expected to activate.

    A node v is not yet active, as far as its chosen neighbours go, with probability `missed`, the product of
    1 - p(u, v) over chosen u. Then it counts itself and `reach`, the sum of p(v, w) over its targets w not chosen.
    """

    def __init__(self, question: Question) -> None:
        graph = question.graph
        self.arcs = _Arcs(graph)
        self.missed = np.ones(graph.n_nodes)
        self.reach = np.bincount(graph.in_idx, weights=graph.arc_values(), minlength=graph.n_nodes)
        self.scores = 1.0 + self.reach
        self.falling = Falling(self.scores, question.constraint.allowed)

    def best(self) -> int:
        return self.falling.pop()

    def score(self, node: int) -> float:
        return float(self.scores[node])

    def take(self, node: int) -> None:
        targets, p = self.arcs.from_node(node)
        self.missed[targets] *= 1.0 - p
        sources, p = self.arcs.to_node(node)
        self.reach[sources] -= p
        for touched in (targets, sources):
            self.scores[touched] = self.missed[touched] * (1.0 + self.reach[touched])


def degree_discount(question: Question) -> Choice:
    """Choose by the number of nodes of its star that a node is expected to activate under independent cascade."""
    return one_by_one(question, _DegreeDiscount(question))
