"""IRIE: rank nodes by a linear system of influence, weaken the ranks by what the seeds already reach, repeat.

Jung, Heo and Chen, "IRIE: Scalable and Robust Influence Maximization in Social Networks", ICDM 2012.
"""

import math
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils import parallel
from ...graph.influence_graph import InfluenceGraph
from ..base import Outcome, Problem
from ..picks import one_by_one

__all__ = ["Flow", "by_source", "irie", "narrow"]

ALPHA = 0.7
ITERATIONS = 20
LEAST = 1 / 320  # paths less likely than this are left out
SLACK = 1e-6  # what float32 probabilities may miss LEAST by
SOLO_ARCS = 1 << 21  # fewer arcs are summed before another thread wakes up
_TINY = 1e-300  # the length of a sure arc: an explicit zero could be taken for no arc


def narrow(ptr: NDArray[np.int64]) -> NDArray[Any]:
    """Return offsets as int32 where they fit: with wider ones SciPy copies the ids too."""
    return ptr.astype(np.int32) if ptr[-1] <= np.iinfo(np.int32).max else ptr


def by_source(graph: InfluenceGraph) -> Any:
    """Return the probabilities as a sparse array with a row for each source."""
    from scipy.sparse import csr_array

    p = graph.probability
    ptr, idx, place = graph.forward(places=p.values is not None)
    if p.values is not None:
        values = p.values[place].astype(np.float64)
    elif p.kind == "uniform":
        values = np.full(idx.size, np.float32(p.value), dtype=np.float64)
    else:
        into = 1.0 / np.maximum(np.diff(graph.in_ptr), 1)
        values = into.astype(np.float32).astype(np.float64)[idx]  # as `arc_values` has them
    return csr_array((values, idx, narrow(ptr)), shape=(graph.n_nodes,) * 2)


class Flow:
    """From values x per node to the sums of p(u, v) x(v) over the out-arcs of each node u."""

    def __init__(self, arcs: Any, threads: int) -> None:
        from scipy.sparse import csr_array

        p, idx, ptr, n = arcs.data, arcs.indices, arcs.indptr, arcs.shape[1]
        self.threads = threads
        self.parts = [
            csr_array((p[ptr[a] : ptr[b]], idx[ptr[a] : ptr[b]], ptr[a : b + 1] - ptr[a]), shape=(b - a, n))
            for a, b in parallel.even_parts(ptr.astype(np.int64), threads if p.size > SOLO_ARCS else 1)
        ]

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums."""
        # SciPy lets go of the GIL here; each row is one thread's, so that threads change nothing
        return np.concatenate(parallel.run([partial(part.__matmul__, x) for part in self.parts], self.threads))


class _Paths:
    """The nodes that a node reaches by likely paths, and the probabilities of the likeliest ones."""

    def __init__(self, arcs: Any) -> None:
        from scipy.sparse import csr_array

        with np.errstate(divide="ignore"):
            lengths = np.log(arcs.data)
        np.maximum(np.negative(lengths, out=lengths), _TINY, out=lengths)
        self.lengths = csr_array((lengths, arcs.indices, arcs.indptr), shape=arcs.shape)

    def leave(self, node: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return what a node reaches and how likely, itself included; no later path goes on from this node."""
        from scipy.sparse.csgraph import dijkstra

        far = dijkstra(self.lengths, indices=node, limit=SLACK - math.log(LEAST))
        self.lengths.data[self.lengths.indptr[node] : self.lengths.indptr[node + 1]] = np.inf
        near = np.flatnonzero(np.isfinite(far))
        return near, np.exp(-far[near])


class _Ranks:
    """Ranks, and the probability that the seeds so far miss each node."""

    def __init__(self, problem: Problem) -> None:
        arcs = by_source(problem.graph)
        self.flow = Flow(arcs, problem.threads)
        self.paths = _Paths(arcs)
        self.allowed = problem.constraint.allowed.copy()
        self.missed = np.ones(problem.graph.n_nodes)
        self._ranks: NDArray[np.float64] | None = None

    def ranks(self) -> NDArray[np.float64]:
        """Return r(u) = (1 - AP(u)) (1 + alpha sum p(u, v) r(v)), iterated from 1.

        Where probabilities are large the system has no finite solution, and the order after so many steps must do.
        """
        if self._ranks is None:
            rank = np.ones(self.missed.size)
            for _ in range(ITERATIONS):
                rank = self.missed * (1.0 + ALPHA * self.flow(rank))
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


def irie(problem: Problem) -> Outcome:
    """Choose by influence rank, weakened by the activation probabilities that the seeds so far give."""
    return one_by_one(problem, _Ranks(problem))
