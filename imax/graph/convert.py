"""Graphs of other libraries as arrays, and back.

The functions ``arcs_of_...`` return `ArcArrays`, which `InfluenceGraph` builds a graph from. For SciPy's matrices see
`imax.graph.sparse`.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError, InvalidGraphError
from .arcs import ArcArrays
from .labelled_arcs import as_numbers, compact_labels, frame_column, index_arcs, row_width

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["arcs_of_edges", "arcs_of_frame", "arcs_of_networkx", "networkx_graph"]


def arcs_of_edges(
    edges: Iterable[Sequence[Any]] | NDArray[Any], nodes: Iterable[Hashable] | None, directed: bool
) -> ArcArrays:
    """Return the arcs of pairs or triples of labels; see `InfluenceGraph.from_edges`."""
    if isinstance(edges, np.ndarray) and edges.ndim == 2 and edges.shape[1] == 2 and edges.dtype.kind in "iu":
        return index_arcs(edges[:, 0], edges[:, 1], nodes, "edges")._replace(directed=directed)
    rows = list(edges)
    width = row_width(rows)
    arcs = index_arcs([row[0] for row in rows], [row[1] for row in rows], nodes, "edges")
    weight = None
    if width == 3:
        weight = as_numbers([row[2] for row in rows], lambda i: f"edges: edge number {i}, {rows[i]!r}", "edges")
    return arcs._replace(weight=weight, directed=directed)


def arcs_of_frame(
    frame: Any,
    source: int | str,
    target: int | str,
    weight: int | str | None,
    nodes: Iterable[Hashable] | None,
    directed: bool,
) -> ArcArrays:
    """Return the arcs of the rows of a data frame; see `InfluenceGraph.from_frame`."""
    if not (hasattr(frame, "columns") and hasattr(frame, "__getitem__")):
        raise InvalidArgumentError(
            f"frame must be a pandas or Polars data frame, got {type(frame).__name__}", argument="frame"
        )
    arcs = index_arcs(frame_column(frame, source, "source"), frame_column(frame, target, "target"), nodes, "frame")
    numbers = None
    if weight is not None:
        cells = frame_column(frame, weight, "weight")
        numbers = as_numbers(cells, lambda i: f"weight: row {i} of column {weight!r}", "weight")
    return arcs._replace(weight=numbers, directed=directed)


def arcs_of_networkx(graph: "nx.Graph[Any]", weight: str | None) -> ArcArrays:
    """Return the arcs of a NetworkX graph; see `InfluenceGraph.from_networkx`."""
    if not (hasattr(graph, "adjacency") and hasattr(graph, "is_multigraph")):
        raise InvalidArgumentError(
            f"graph must be a NetworkX graph, got {type(graph).__name__}; see from_scipy, from_edges and from_frame",
            argument="graph",
        )
    nodes = list(graph)
    n = len(nodes)
    if n == 0:
        raise InvalidGraphError("graph has no nodes; a graph needs at least one", argument="graph")
    labels = compact_labels(nodes)
    rows = [neighbours for _, neighbours in graph.adjacency()]
    degrees = np.fromiter(map(len, rows), np.int64, n)
    ends: Any = chain.from_iterable(rows)
    if labels is not None:
        ends = map(dict(zip(nodes, range(n), strict=True)).__getitem__, ends)
    target = np.fromiter(ends, np.int32, int(degrees.sum()))
    source = np.repeat(np.arange(n, dtype=np.int32), degrees)
    attributes: Any = chain.from_iterable(neighbours.values() for neighbours in rows)
    if graph.is_multigraph():
        parallel = list(attributes)
        counts = np.fromiter(map(len, parallel), np.int64, len(parallel))
        source, target = np.repeat(source, counts), np.repeat(target, counts)
        attributes = chain.from_iterable(keys.values() for keys in parallel)
    numbers = None if weight is None else _edge_attribute(graph, weight, attributes, source.size)
    if not graph.is_directed():
        # the adjacency of both ends lists an edge (that of a self-loop lists it once): keep the smaller end's entry
        once = source <= target
        source, target = source[once], target[once]
        numbers = None if numbers is None else numbers[once]
    return ArcArrays(source, target, numbers, labels, n, bool(graph.is_directed()))


def networkx_graph(
    nodes: list[Any],
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    probability: NDArray[np.float32],
    weight: str | None,
) -> "nx.DiGraph[Any]":
    """Return a NetworkX graph of arcs between node indices; see `InfluenceGraph.to_networkx`."""
    import networkx as nx

    sources = map(nodes.__getitem__, source.tolist())
    targets = map(nodes.__getitem__, target.tolist())
    result = nx.DiGraph()
    if None in nodes:
        raise InvalidGraphError("the graph has the label None, which NetworkX does not accept; relabel the nodes first")
    result.add_nodes_from(nodes)
    if weight is None:
        result.add_edges_from(zip(sources, targets, strict=True))
    else:
        result.add_weighted_edges_from(zip(sources, targets, probability.tolist(), strict=True), weight=weight)
    return result


def _edge_attribute(graph: Any, name: str, attributes: Iterable[Any], size: int) -> NDArray[np.float64]:
    """Return an edge attribute as numbers, in the order of the adjacency."""
    try:
        numbers = np.fromiter(map(itemgetter(name), attributes), np.float64, size)
        if not np.isnan(numbers).any():
            return numbers
    except (KeyError, TypeError, ValueError):
        pass  # the slow way below finds the edge to name
    values = []
    edges = list(graph.edges(data=True))
    for u, v, edge in edges:
        if name not in edge:
            raise InvalidGraphError(
                f"weight: edge ({u!r}, {v!r}) has no attribute {name!r}; give every edge one", argument="weight"
            )
        values.append(edge[name])
    return as_numbers(values, lambda i: f"weight: attribute {name!r} of edge {edges[i][:2]!r}", "weight")
