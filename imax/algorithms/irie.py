"""IRIE: rank nodes by a linear system of influence, weaken the ranks by what the seeds already reach, repeat.

Jung, Heo and Chen, "IRIE: Scalable and Robust Influence Maximization in Social Networks", ICDM 2012.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import InfluenceGraph
from ._common import Choice, Question
from ._picks import one_by_one

__all__ = ["irie"]

ALPHA = 0.7
ITERATIONS = 20
LEAST = 1 / 320  # paths less likely than this are left out
SLACK = 1e-6  # what float32 probabilities may miss LEAST by
_TINY = 1e-300  # the length of a sure arc: an explicit zero could be taken for no arc


def _shares(graph: InfluenceGraph) -> Any:
    """Return ALPHA p(u, v) as a sparse array with a row for each source u."""
    from scipy.sparse import csc_array

    values = ALPHA * graph.arc_values().astype(np.float64)
    return csc_array((values, graph.in_idx, graph.in_ptr), shape=(graph.n_nodes,) * 2).tocsr()


class _Paths:
    """The nodes that a node reaches by likely paths, and the probabilities of the likeliest ones."""

    def __init__(self, graph: InfluenceGraph) -> None:
        from scipy.sparse import csc_array

        values = graph.arc_values().astype(np.float64)
        likely = values >= LEAST * (1.0 - SLACK)
        ptr = np.concatenate([[0], np.cumsum(likely)])[graph.in_ptr]
        lengths = np.maximum(-np.log(values[likely]), _TINY)
        self.lengths = csc_array((lengths, graph.in_idx[likely], ptr), shape=(graph.n_nodes,) * 2).tocsr()

    def leave(self, node: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return what a node reaches and how likely, itself included; no later path goes on from this node."""
        from scipy.sparse.csgraph import dijkstra

        far = dijkstra(self.lengths, indices=node, limit=SLACK - math.log(LEAST))
        self.lengths.data[self.lengths.indptr[node] : self.lengths.indptr[node + 1]] = np.inf
        near = np.flatnonzero(np.isfinite(far))
        return near, np.exp(-far[near])


class _Ranks:
    """Ranks, and the probability that the seeds so far miss each node."""

    def __init__(self, question: Question) -> None:
        self.shares = _shares(question.graph)
        self.paths = _Paths(question.graph)
        self.allowed = question.constraint.allowed.copy()
        self.missed = np.ones(question.graph.n_nodes)
        self._ranks: NDArray[np.float64] | None = None

    def ranks(self) -> NDArray[np.float64]:
        """Return r(u) = (1 - AP(u)) (1 + alpha sum p(u, v) r(v)), iterated from 1."""
        if self._ranks is None:
            rank = np.ones(self.missed.size)
            for _ in range(ITERATIONS):
                rank = self.missed * (1.0 + self.shares @ rank)
            self._ranks = rank
        return self._ranks

    def best(self) -> int:
        return int(np.where(self.allowed, self.ranks(), -1.0).argmax())

    def score(self, node: int) -> float:
        return float(self.ranks()[node])

    def take(self, node: int) -> None:
        near, p = self.paths.leave(node)
        self.missed[near] *= 1.0 - p  # as if each seed's likeliest path were a try of its own
        self.allowed[node] = False
        self._ranks = None


def irie(question: Question) -> Choice:
    """Choose by influence rank, weakened by the activation probabilities that the seeds so far give."""
    return one_by_one(question, _Ranks(question))
