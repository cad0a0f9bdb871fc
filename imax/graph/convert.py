"""Graphs of other libraries to `InfluenceGraph` and back: NetworkX, SciPy, data frames, plain pairs."""

from collections.abc import Hashable, Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import RNG
from ..errors import InvalidArgumentError, InvalidGraphError
from . import numbering

if TYPE_CHECKING:
    import networkx as nx
    from scipy.sparse import csr_array

    from .influence_graph import InfluenceGraph

__all__ = ["from_edges", "from_frame", "from_networkx", "from_scipy", "to_networkx", "to_scipy"]


def from_networkx(
    G: "nx.Graph[Any]",
    *,
    attribute: str | None = None,
    probability: Any = None,
    multi_edges: str = "merge",
    threads: int | None = None,
    rng: RNG = None,
) -> "InfluenceGraph":
    """Build a graph from a NetworkX graph of any of the four classes.

    Parameters
    ----------
    G : networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
        An undirected edge becomes two arcs. Nodes may be any hashable, and keep their order.
    attribute : str, optional
        Edge attribute that holds a number for each arc; every edge must have it. Without it only the
        structure is taken.
    probability : str, optional
        Edge-probability scheme; the column where `attribute` is given, else weighted cascade.
    multi_edges : {"merge", "combine", "error"}
        What to do with parallel arcs (of a multigraph).
    threads : int, optional
        How many threads to use.
    rng : int, SeedSequence, Generator or None
        For schemes that draw probabilities.

    Returns
    -------
    InfluenceGraph

    Raises
    ------
    InvalidGraphError
        If an edge lacks the attribute, or its value is no number.

    Examples
    --------
    >>> import networkx as nx
    >>> from imax.convert import from_networkx
    >>> graph = from_networkx(nx.path_graph(["a", "b", "c"]))
    >>> graph.n_nodes, graph.n_arcs
    (3, 4)
    """
    from .influence_graph import InfluenceGraph

    if not (hasattr(G, "adjacency") and hasattr(G, "is_multigraph")):
        raise InvalidArgumentError(
            f"G must be a NetworkX graph, got {type(G).__name__}; see from_scipy, from_edges and from_frame"
        )
    nodes = list(G)
    n = len(nodes)
    if n == 0:
        raise InvalidGraphError("G has no nodes; a graph needs at least one")
    labels = numbering.compact(nodes)
    rows = [neighbours for _, neighbours in G.adjacency()]
    degrees = np.fromiter(map(len, rows), np.int64, n)
    ends: Any = chain.from_iterable(rows)
    if labels is not None:
        ends = map(dict(zip(nodes, range(n), strict=True)).__getitem__, ends)
    dst = np.fromiter(ends, np.int32, int(degrees.sum()))
    src = np.repeat(np.arange(n, dtype=np.int32), degrees)
    data: Any = chain.from_iterable(neighbours.values() for neighbours in rows)
    if G.is_multigraph():
        copies = list(data)
        counts = np.fromiter(map(len, copies), np.int64, len(copies))
        src, dst = np.repeat(src, counts), np.repeat(dst, counts)
        data = chain.from_iterable(keys.values() for keys in copies)
    p = None if attribute is None else _attribute_column(G, attribute, data, src.size)
    if not G.is_directed():  # both ends list an edge (a self-loop stands once): take it where the smaller end does
        once = src <= dst
        src, dst = src[once], dst[once]
        p = None if p is None else p[once]
    return InfluenceGraph.from_arrays(
        src,
        dst,
        p,
        n_nodes=n,
        labels=labels,
        directed=bool(G.is_directed()),
        multi_edges=multi_edges,
        probability=probability,
        threads=threads,
        rng=rng,
    )


def to_networkx(graph: "InfluenceGraph", attribute: str | None = "p") -> "nx.DiGraph[Any]":
    """Return the graph as a NetworkX DiGraph with the same labels, in the same order.

    Parameters
    ----------
    graph : InfluenceGraph
        The graph to convert.
    attribute : str or None
        Edge attribute for the arc's probability, a float; None leaves the edges bare.

    Examples
    --------
    >>> from imax.convert import from_edges, to_networkx
    >>> to_networkx(from_edges([("a", "b"), ("c", "b")])).edges["a", "b"]
    {'p': 0.5}
    """
    import networkx as nx

    nodes = graph.nodes()
    src, dst, p = graph.arc_arrays()
    sources: Iterable[Any] = src.tolist()
    targets: Iterable[Any] = dst.tolist()
    if graph.labels.kind != "range":
        sources = map(nodes.__getitem__, sources)
        targets = map(nodes.__getitem__, targets)
    result = nx.DiGraph()
    result.add_nodes_from(nodes)
    if attribute is None:
        result.add_edges_from(zip(sources, targets, strict=True))
    else:
        result.add_weighted_edges_from(zip(sources, targets, p.tolist(), strict=True), weight=attribute)
    return result


def from_scipy(
    matrix: Any,
    *,
    values: bool | None = None,
    directed: bool = True,
    probability: Any = None,
    multi_edges: str = "merge",
    threads: int | None = None,
    rng: RNG = None,
) -> "InfluenceGraph":
    """Build a graph from a square SciPy sparse matrix or array of any format.

    Every stored entry (u, v) is an arc u -> v, one whose stored value is 0 too: such an arc has probability 0
    (call ``eliminate_zeros()`` first where it should go). Only the zeros that fill the blocks of BSR and the
    diagonals of DIA are no arcs. Repeated entries of COO are parallel arcs. The labels are 0 … n-1.

    Parameters
    ----------
    matrix : scipy.sparse array or matrix, shape (n, n)
        Adjacency.
    values : bool, optional
        Whether the stored values are the column of numbers that schemes such as "column" read. By default
        they are where they are floats, and are not where they are integers or booleans.
    directed : bool
        False: an entry (u, v) stands for arcs in both directions. Leave it True for a symmetric matrix.
    probability : str, optional
        Edge-probability scheme; the column where there is one, else weighted cascade.
    multi_edges : {"merge", "combine", "error"}
        What to do with parallel arcs.
    threads : int, optional
        How many threads to use.
    rng : int, SeedSequence, Generator or None
        For schemes that draw probabilities.

    Returns
    -------
    InfluenceGraph

    Examples
    --------
    >>> from scipy.sparse import coo_array
    >>> from imax.convert import from_scipy
    >>> matrix = coo_array(([0.5, 0.2], ([0, 1], [1, 2])), shape=(3, 3))
    >>> from_scipy(matrix).n_arcs
    2
    """
    from scipy.sparse import issparse

    from .influence_graph import InfluenceGraph

    if not issparse(matrix):
        raise InvalidArgumentError(
            f"matrix must be a SciPy sparse array, got {type(matrix).__name__}; coo_array(matrix) is one"
        )
    matrix = cast("Any", matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise InvalidArgumentError(f"matrix must be square and not empty, got shape {matrix.shape}")
    entries = matrix.tocoo(copy=False)
    src, dst, data = entries.row, entries.col, entries.data
    if data.dtype.kind not in "biuf":
        raise InvalidArgumentError(f"matrix must hold real numbers, got dtype {data.dtype}")
    if matrix.format in ("bsr", "dia"):
        kept = data != 0
        src, dst, data = src[kept], dst[kept], data[kept]
    if values is None:
        values = data.dtype.kind == "f"
    return InfluenceGraph.from_arrays(
        src,
        dst,
        data.astype(np.float64) if values else None,
        n_nodes=matrix.shape[0],
        directed=directed,
        multi_edges=multi_edges,
        probability=probability,
        threads=threads,
        rng=rng,
    )


def to_scipy(graph: "InfluenceGraph") -> "csr_array":
    """Return the probabilities as a SciPy CSR array: row u, column v is arc u -> v, both by node index.

    An arc of probability 0 is stored as an explicit zero.

    Examples
    --------
    >>> from imax.convert import from_edges, to_scipy
    >>> to_scipy(from_edges([(0, 1), (2, 1)])).toarray().tolist()
    [[0.0, 0.5, 0.0], [0.0, 0.0, 0.0], [0.0, 0.5, 0.0]]
    """
    from scipy.sparse import coo_array

    src, dst, p = graph.arc_arrays()
    matrix = coo_array((p, (src, dst)), shape=(graph.n_nodes, graph.n_nodes)).tocsr()
    matrix.sort_indices()
    return matrix


def from_edges(
    edges: Iterable[Sequence[Any]] | NDArray[Any],
    *,
    nodes: Iterable[Hashable] | None = None,
    directed: bool = True,
    probability: Any = None,
    multi_edges: str = "merge",
    threads: int | None = None,
    rng: RNG = None,
) -> "InfluenceGraph":
    """Build a graph from pairs (u, v) or triples (u, v, number) of labels.

    Parameters
    ----------
    edges : iterable of tuples, or integer ndarray of shape (m, 2)
        All pairs or all triples; the labels may be any hashables.
    nodes : iterable of hashables, optional
        Nodes that stand before all others, in this order: the way to have nodes without arcs. Without it
        integer labels are put in rising order, others in order of appearance.
    directed : bool
        False: every pair stands for arcs in both directions.
    probability : str, optional
        Edge-probability scheme; the column for triples, else weighted cascade.
    multi_edges : {"merge", "combine", "error"}
        What to do with parallel arcs.
    threads : int, optional
        How many threads to use.
    rng : int, SeedSequence, Generator or None
        For schemes that draw probabilities.

    Returns
    -------
    InfluenceGraph

    Examples
    --------
    >>> from imax.convert import from_edges
    >>> from_edges([("ann", "bob", 0.5), ("bob", "eve", 0.1)]).nodes()
    ['ann', 'bob', 'eve']
    """
    from .influence_graph import InfluenceGraph

    p: NDArray[np.float64] | None = None
    if isinstance(edges, np.ndarray) and edges.ndim == 2 and edges.shape[1] == 2 and edges.dtype.kind in "iu":
        ends = numbering.number(edges[:, 0], edges[:, 1], nodes)
    else:
        rows = list(edges)
        width = numbering.row_width(rows)
        ends = numbering.number([row[0] for row in rows], [row[1] for row in rows], nodes)
        if width == 3:
            p = numbering.numbers([row[2] for row in rows], lambda i: f"edge number {i}, {rows[i]!r}")
    return InfluenceGraph.from_arrays(
        ends.src,
        ends.dst,
        p,
        n_nodes=ends.n_nodes,
        labels=ends.labels,
        directed=directed,
        multi_edges=multi_edges,
        probability=probability,
        threads=threads,
        rng=rng,
    )


def from_frame(
    df: Any,
    source: int | str = 0,
    target: int | str = 1,
    column: int | str | None = None,
    *,
    nodes: Iterable[Hashable] | None = None,
    directed: bool = True,
    probability: Any = None,
    multi_edges: str = "merge",
    threads: int | None = None,
    rng: RNG = None,
) -> "InfluenceGraph":
    """Build a graph from two or three columns of a pandas or Polars data frame, one row per arc.

    Parameters
    ----------
    df : pandas.DataFrame or polars.DataFrame
        One row per arc.
    source, target : int or str
        Columns with the labels of the arc's ends, by name or, where no column has the name, by position.
    column : int or str, optional
        Column with a number for each arc.
    nodes : iterable of hashables, optional
        Nodes that stand before all others, in this order: the way to have nodes without arcs.
    directed : bool
        False: every row stands for arcs in both directions.
    probability : str, optional
        Edge-probability scheme; the column where there is one, else weighted cascade.
    multi_edges : {"merge", "combine", "error"}
        What to do with parallel arcs.
    threads : int, optional
        How many threads to use.
    rng : int, SeedSequence, Generator or None
        For schemes that draw probabilities.

    Returns
    -------
    InfluenceGraph

    Examples
    --------
    >>> import pandas as pd
    >>> from imax.convert import from_frame
    >>> from_frame(pd.DataFrame({"who": ["a", "b"], "whom": ["b", "c"]})).nodes()
    ['a', 'b', 'c']
    """
    from .influence_graph import InfluenceGraph

    if not (hasattr(df, "columns") and hasattr(df, "__getitem__")):
        raise InvalidArgumentError(f"df must be a pandas or Polars data frame, got {type(df).__name__}")
    ends = numbering.number(
        numbering.frame_column(df, source, "source"), numbering.frame_column(df, target, "target"), nodes
    )
    p = None
    if column is not None:
        cells = numbering.frame_column(df, column, "column")
        p = numbering.numbers(cells, lambda i: f"row {i} of column {column!r}")
    return InfluenceGraph.from_arrays(
        ends.src,
        ends.dst,
        p,
        n_nodes=ends.n_nodes,
        labels=ends.labels,
        directed=directed,
        multi_edges=multi_edges,
        probability=probability,
        threads=threads,
        rng=rng,
    )


def _attribute_column(G: Any, attribute: str, data: Iterable[Any], size: int) -> NDArray[np.float64]:
    try:
        column = np.fromiter(map(itemgetter(attribute), data), np.float64, size)
        if not np.isnan(column).any():
            return column
    except (KeyError, TypeError, ValueError):
        pass
    values = []
    edges = list(G.edges(data=True))
    for u, v, edge in edges:
        if attribute not in edge:
            raise InvalidGraphError(f"edge ({u!r}, {v!r}) has no attribute {attribute!r}; give every edge one")
        values.append(edge[attribute])
    return numbering.numbers(values, lambda i: f"attribute {attribute!r} of edge {edges[i][:2]!r}")
