"""Sums over the out-arcs of each node, for the heuristics that iterate a linear system."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils import parallel
from ...graph.influence_graph import InfluenceGraph

__all__ = ["Flow", "by_source", "narrow"]

SOLO_ARCS = 1 << 21  # for fewer arcs, one thread is enough


def narrow(ptr: NDArray[np.int64]) -> NDArray[Any]:
    """Return offsets as int32 if they fit: with int64 offsets SciPy copies the ids too."""
    return ptr.astype(np.int32) if ptr[-1] <= np.iinfo(np.int32).max else ptr


def by_source(graph: InfluenceGraph) -> Any:
    """Return the arc probabilities as a sparse array with one row per source."""
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
    """Maps values x of the nodes to the sums of p(u, v) x(v) over the out-arcs of each node u."""

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
        # SciPy releases the GIL here; one thread sums a row, so the result does not depend on the threads
        return np.concatenate(parallel.run([partial(part.__matmul__, x) for part in self.parts], self.threads))
