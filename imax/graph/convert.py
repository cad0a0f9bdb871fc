"""Graphs of other libraries as arrays, and back.

The functions ``arcs_of_...`` return `ArcArrays`, which `InfluenceGraph` builds a graph from. For SciPy's matrices see
`imax.graph.sparse`.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils.tables import column_names, columns_of, has_missing, is_table, library_of
from ..errors import InvalidArgumentError, InvalidGraphError
from .arcs import ArcArrays
from .edge_columns import COLUMNS, EdgeColumns, choose_columns, ends_of_names, list_columns, undirected_doubt
from .labelled_arcs import Column, as_numbers, as_values, compact_labels, index_arcs, row_width, shown
from .look_alikes import look_alikes

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["arcs_of_edges", "arcs_of_frame", "arcs_of_networkx", "networkx_graph"]


def arcs_of_edges(
    edges: Iterable[Sequence[Any]] | NDArray[Any], nodes: Iterable[Hashable] | None, directed: bool
) -> ArcArrays:
    """Return the arcs of pairs or triples of labels; see `InfluenceGraph.from_edges`."""
    if hasattr(edges, "__array__") and not isinstance(edges, np.ndarray):
        edges = as_values(edges)
    if isinstance(edges, np.ndarray):
        _check_shape(as_values(edges))
        if edges.ndim == 2 and edges.shape[1] in (2, 3) and edges.dtype.kind in "iuf" and not np.isnan(edges).any():
            ends = _whole_ends(edges)
            weight = edges[:, 2].astype(np.float64) if edges.shape[1] == 3 else None
            return index_arcs(ends[:, 0], ends[:, 1], nodes, "edges")._replace(weight=weight, directed=directed)
    rows = list(edges)
    width = row_width(rows)
    arcs = index_arcs([row[0] for row in rows], [row[1] for row in rows], nodes, "edges")
    weight = None
    if width == 3:
        weight = as_numbers([row[2] for row in rows], lambda i: f"edges: edge number {i}, {shown(rows[i])}", "edges")
    return arcs._replace(weight=weight, directed=directed)


def _check_shape(edges: NDArray[Any]) -> None:
    """Refuse an array with one column per arc, which other libraries call an edge index."""
    if edges.ndim == 2 and edges.shape[0] in (2, 3) and edges.shape[1] not in (2, 3):
        raise InvalidArgumentError(
            f"edges must have one row per arc, got the shape {edges.shape}; transpose it (edges.T)", argument="edges"
        )
    if edges.shape == (3, 3) and edges.dtype.kind in "iuf" and ((edges >= 0) & (edges <= 1)).all():
        raise _matrix("all numbers of a square array lie between 0 and 1")


def _whole_ends(edges: NDArray[Any]) -> NDArray[Any]:
    """Return the columns with the ends of arcs as integers."""
    ends = edges[:, :2]
    if ends.dtype.kind != "f":
        return ends
    whole = (np.abs(ends) < 2**53) & (ends == np.floor(ends))
    if not whole.all():
        raise _matrix(f"the array has the label {ends[~whole][0]}")
    return ends.astype(np.int64)


def _matrix(why: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"edges must have whole numbers as labels and one row per arc, but {why}; for an adjacency matrix use "
        "scipy.sparse.csr_array(edges), for labels that are floats a list of pairs",
        argument="edges",
    )


def arcs_of_frame(
    frame: Any,
    columns: EdgeColumns,
    nodes: Iterable[Hashable] | None,
    directed: bool,
    *,
    wants_weight: bool,
) -> ArcArrays:
    """Return the arcs of the rows of a table; see `InfluenceGraph.from_frame`."""
    if is_table(frame) and library_of(frame) not in ("pandas", "polars", "duckdb", "pyarrow", "numpy"):
        frame = _arrow_table(frame)
    if library_of(frame) == "pandas" and getattr(frame.index, "nlevels", 1) > 1:  # as groupby returns them
        frame = frame.reset_index()
    names = column_names(frame) if is_table(frame) or isinstance(frame, Mapping) else []
    if not names:
        columns_of(frame, {}, argument="frame")  # raises an error unless it is a table
    if isinstance(frame, Mapping) and columns.source is None and columns.target is None and not ends_of_names(names):
        raise InvalidArgumentError(
            "source and {target} must name the columns of a dict, because no names are clear; for a dict of neighbors "
            f"pass networkx.DiGraph(graph); {list_columns(names, 'frame')}",
            argument="source",
            others=COLUMNS,
        )
    choice = choose_columns(names, columns, wants_weight=wants_weight, table="frame")
    places = {"source": choice.source, "target": choice.target}
    if choice.weight is not None:
        places["weight"] = choice.weight
    kinds = [place for place, name in enumerate(names) if str(name).lower() == "type" and place not in choice[:3]]
    if directed and len(kinds) == 1:
        places["type"] = kinds[0]
    found = columns_of(
        frame, {key: names[place] if names.count(names[place]) == 1 else place for key, place in places.items()}
    )
    undirected = undirected_doubt(names[places["type"]], found.pop("type")) if "type" in found else ()
    for argument, cells in found.items():
        missing = has_missing(cells)
        blank = _blank(cells)
        if missing.any() or blank is not None:
            row, what = (int(np.argmax(missing)), "missing") if missing.any() else (blank, "blank")
            raise InvalidArgumentError(
                f"{argument}: row {row} of column {names[places[argument]]!r} is {what}; drop such rows first",
                argument=argument,
            )
    arcs = index_arcs(_whole(found["source"]), _whole(found["target"]), nodes, "frame")
    numbers = None
    if choice.weight is not None:
        name = names[choice.weight]
        numbers = as_numbers(found["weight"], lambda i: f"weight: row {i} of column {name!r}", "weight")
    doubts = undirected + choice.doubts + look_alikes(arcs.labels)
    return arcs._replace(weight=numbers, directed=directed, notes=choice.notes + doubts, doubts=doubts)


def _blank(cells: Column) -> int | None:
    """Return the first row with a text of white space only; None if there is none."""
    if isinstance(cells, np.ndarray):
        return None
    return next((row for row, cell in enumerate(cells) if type(cell) is str and (not cell or cell.isspace())), None)


def _arrow_table(frame: Any) -> Any:
    """Return a table of pyarrow, because some objects hand out their Arrow stream only once."""
    try:
        import pyarrow as pa
    except ImportError:
        return frame  # `columns_of` raises the error
    return pa.table(frame)


def _whole(labels: Column) -> Column:
    """Return labels that are floats as integers if all are whole: tables store integers as floats if some are missing.

    >>> _whole(np.array([1.0, 3.0])), _whole(np.array([0.5]))
    (array([1, 3]), array([0.5]))
    """
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f":
        whole = labels.size > 0 and bool((np.abs(labels) < 2**53).all() and (labels == np.floor(labels)).all())
        return labels.astype(np.int64) if whole else labels
    return labels


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
    rows = [neighbors for _, neighbors in graph.adjacency()]
    degrees = np.fromiter(map(len, rows), np.int64, n)
    ends: Any = chain.from_iterable(rows)
    if labels is not None:
        ends = map(dict(zip(nodes, range(n), strict=True)).__getitem__, ends)
    target = np.fromiter(ends, np.int32, int(degrees.sum()))
    source = np.repeat(np.arange(n, dtype=np.int32), degrees)
    attributes: Any = chain.from_iterable(neighbors.values() for neighbors in rows)
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
    except (KeyError, TypeError, ValueError, OverflowError):
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
