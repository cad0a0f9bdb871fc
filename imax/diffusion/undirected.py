"""Undirected edges of graphs in which each arc has an opposite arc with the same probability.

On such a graph a seed set reaches the same number of nodes, in distribution, as its connected components hold if each
edge is live with its probability, once for both directions: a cascade tries each edge at most once.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..graph.influence_graph import InfluenceGraph

if TYPE_CHECKING:
    from ..kernels.components import Edges

__all__ = ["UndirectedEdges", "undirected_edges"]

_SLICE = 1 << 16  # nodes that one task takes


@dataclass(frozen=True)
class UndirectedEdges:
    """The edges of a graph, each once, as the kernels of `imax.kernels.components` take them.

    Attributes
    ----------
    edges : Edges
    p : numpy.ndarray of float32, shape (n_edges,), or None
        Probability of each edge; None if all are equal.
    """

    edges: "Edges"
    p: NDArray[np.float32] | None

    @property
    def mean_live(self) -> float:
        """Expected number of live edges of a world."""
        if self.p is None:
            return float(self.edges.low.size * self.edges.largest.sum())
        return float(self.p.sum(dtype=np.float64))


def undirected_edges(graph: InfluenceGraph) -> UndirectedEdges | None:
    """Return the edges of a graph; None if an arc has no opposite arc with the same probability.

    They are built once for a graph. Edges with probability 0 are left out.
    """
    found: UndirectedEdges | None = graph.cached("undirected edges", lambda: _edges(graph))
    return found


def _edges(graph: InfluenceGraph) -> UndirectedEdges | None:
    from ..kernels.components import edge_ends, is_symmetric

    if graph.probability.kind == "weighted_cascade" and not _same_degrees(graph):
        return None  # the usual case, without an array of all probabilities
    values = None if graph.probability.kind == "uniform" else graph.arc_values()
    if not is_symmetric(graph.in_ptr, graph.in_idx, values, np.empty(graph.n_nodes, dtype=np.int64)):
        return None
    n_edges = graph.n_arcs // 2
    low, high = np.empty((2, n_edges), dtype=np.int32)
    p = None if values is None else np.empty(n_edges, dtype=np.float32)
    edge_ends(graph.in_ptr, graph.in_idx, values, low, high, p)
    if p is None:
        return _one_class(low, high, graph.probability.value)
    return _classes(low, high, p)


def _same_degrees(graph: InfluenceGraph) -> bool:
    """Return whether the first arc of each node comes from a node of the same in-degree.

    The first nodes are compared first: they usually decide, and most arcs of a mapped file are not read then.
    """
    ptr = graph.in_ptr
    for a in range(0, graph.n_nodes, _SLICE):
        begin, end = ptr[a : a + _SLICE][: graph.n_nodes - a], ptr[a + 1 : a + 1 + _SLICE]
        filled = end > begin
        source = graph.in_idx[begin[filled]]
        if (ptr[source + 1] - ptr[source] != (end - begin)[filled]).any():
            return False
    return True


def _one_class(low: NDArray[np.int32], high: NDArray[np.int32], p: float) -> UndirectedEdges:
    from ..kernels.components import Edges

    if p == 0.0:
        return UndirectedEdges(Edges(low[:0], high[:0], np.zeros(1, dtype=np.int64), np.zeros(0)), None)
    return UndirectedEdges(Edges(low, high, np.array([0, low.size]), np.array([p])), None)


def _classes(low: NDArray[np.int32], high: NDArray[np.int32], p: NDArray[np.float32]) -> UndirectedEdges:
    """Sort edges into classes of similar probability: the largest is at most twice the smallest, and 1 is alone."""
    from ..kernels.components import Edges

    kept = p > 0
    low, high, p = low[kept], high[kept], p[kept]
    exponent = np.frexp(p)[1]
    order = np.argsort(-exponent, kind="stable")
    low, high, p, exponent = low[order], high[order], p[order], exponent[order]
    begin = np.flatnonzero(np.diff(exponent, prepend=2))
    largest = np.maximum.reduceat(p, begin).astype(np.float64) if p.size else np.zeros(0)
    return UndirectedEdges(Edges(low, high, np.append(begin, p.size), largest), p)
