"""IRIE: rank nodes by a linear system of influence, reduce the ranks by what the seeds already reach, and repeat.

Jung, Heo and Chen, "IRIE: Scalable and Robust Influence Maximization in Social Networks", ICDM 2012.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..oracles import OutOfTime
from ..outcome import Outcome
from ..problem import Problem
from .flow import Flow, by_source
from .ranking import heuristic, select_one_by_one

__all__ = ["IRIE", "irie"]

ALPHA = 0.7
ITERATIONS = 20
MIN_PATH_PROBABILITY = 1 / 320  # less likely paths are ignored
SLACK = 1e-6  # tolerance for float32 rounding of MIN_PATH_PROBABILITY
_TINY = 1e-300  # length of an arc with probability 1: SciPy would read 0 as no arc


class _Paths:
    """The nodes that a node reaches by likely paths, with the probability of the likeliest path to each."""

    def __init__(self, arcs: Any) -> None:
        from scipy.sparse import csr_array

        with np.errstate(divide="ignore"):
            lengths = np.log(arcs.data)
        np.maximum(np.negative(lengths, out=lengths), _TINY, out=lengths)
        self.lengths = csr_array((lengths, arcs.indices, arcs.indptr), shape=arcs.shape)

    def leave(self, node: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the nodes that a node reaches, itself included, with probabilities; later paths avoid this node."""
        from scipy.sparse.csgraph import dijkstra

        far = dijkstra(self.lengths, indices=node, limit=SLACK - math.log(MIN_PATH_PROBABILITY))
        self.lengths.data[self.lengths.indptr[node] : self.lengths.indptr[node + 1]] = np.inf
        near = np.flatnonzero(np.isfinite(far))
        return near, np.exp(-far[near])


class _Ranks:
    """Ranks, and the probability that no seed so far activates each node."""

    def __init__(self, problem: Problem) -> None:
        arcs = by_source(problem.graph)
        self.flow = Flow(arcs, problem.threads)
        self.paths = _Paths(arcs)
        self.limits = problem.limits
        self.first = True
        self.allowed = problem.constraint.allowed.copy()
        self.missed = np.ones(problem.graph.n_nodes)
        self._ranks: NDArray[np.float64] | None = None

    def ranks(self) -> NDArray[np.float64]:
        """Return r(u) = (1 - AP(u)) (1 + alpha sum p(u, v) r(v)), iterated from 1.

        With large probabilities the system has no finite solution; the order after ITERATIONS steps is used.
        """
        if self._ranks is None:
            rank = np.ones(self.missed.size)
            for _ in range(ITERATIONS):
                if not (self.first or self.limits.in_time()):
                    raise OutOfTime
                rank = self.missed * (1.0 + ALPHA * self.flow(rank))
            self._ranks = rank
            self.first = False
        return self._ranks

    def best(self) -> int:
        return int(np.where(self.allowed, self.ranks(), -1.0).argmax())

    def score(self, node: int) -> float:
        return float(self.ranks()[node])

    def drop(self, node: int) -> None:
        self.allowed[node] = False

    def take(self, node: int) -> None:
        near, p = self.paths.leave(node)
        self.missed[near] *= 1.0 - p  # as if the likeliest paths of the seeds were independent
        self.allowed[node] = False
        self._ranks = None


def irie(problem: Problem) -> Outcome:
    """Choose the nodes with the largest influence rank, updated after each seed."""
    return select_one_by_one(problem, _Ranks(problem))


IRIE = heuristic("irie", irie, "influence ranks, reduced by what the seeds so far reach", "Jung, Heo, Chen, ICDM 2012")
