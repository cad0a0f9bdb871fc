"""What users pass as a graph becomes an InfluenceGraph: files, tables, arrays, and graphs of other libraries."""

import os
from typing import TYPE_CHECKING, Any

from .._utils.streams import RNG
from .._utils.tables import is_table, library_of
from ..errors import InvalidArgumentError, NoSuchFileError
from ..graph.influence_graph import InfluenceGraph
from ..graph.probabilities import needs_weights

if TYPE_CHECKING:
    from ..graph.arcs import ArcArrays

__all__ = ["as_graph"]


def as_graph(
    graph: Any,
    *,
    source: int | str | None = None,
    target: int | str | None = None,
    weight: int | str | None = None,
    directed: bool | None = None,
    multi_edges: str = "merge",
    probability: str | None = None,
    threads: int | None = None,
    rng: RNG = None,
    max_memory: int | str | None = None,
) -> InfluenceGraph:
    """Return an InfluenceGraph for any object that describes a graph.

    Every function of imax that takes a graph calls it with the arguments `probability` and `rng`. Call it yourself to
    choose columns or an attribute, or to use the graph several times.

    Parameters
    ----------
    graph : object
        - an `InfluenceGraph`;
        - a file: str or path, see `imax.read_graph`;
        - a graph of NetworkX, igraph, rustworkx, networkit, graph-tool, PyTorch Geometric (``Data``) or DGL;
        - a SciPy sparse array, see `InfluenceGraph.from_scipy`;
        - a table of pandas, Polars, pyarrow or DuckDB, or with the Arrow C stream interface, see
          `InfluenceGraph.from_frame`;
        - a list of dicts with the same keys, one for each arc, with the same rules as a table;
        - pairs or triples of labels, or an integer array of shape (n_arcs, 2), see `InfluenceGraph.from_edges`;
        - a tensor of PyTorch of shape (2, n_arcs), as in ``edge_index``.
    source, target : int or str, optional
        Columns of a file or table.
    weight : int or str, optional
        Column of a file or table, or attribute of the edges of a graph. Default: none, or that with a usual name
        (weight, probability, p, ...) if the scheme needs weights.
    directed : bool, optional
        Whether an entry of a file, table, array or list is one arc (the default). Graphs say themselves whether they
        are directed.
    multi_edges : {"merge", "combine", "error"}, default "merge"
        How to treat parallel arcs, see `InfluenceGraph.from_arrays`.
    probability : str, optional
        Scheme of the arc probabilities. Default: those of the graph, ``"column"`` if it has weights, otherwise
        ``"weighted_cascade"``.
    threads : int, optional
        Number of threads. Default: ``IMAX_NUM_THREADS``, otherwise all cores.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness of schemes that draw probabilities.
    max_memory : int or str, optional
        Limit for reading a file, in bytes or as ``"4G"``; default three quarters of the free memory. It has no effect
        on other objects.

    Returns
    -------
    InfluenceGraph

    Raises
    ------
    InvalidArgumentError
        If the object is of another type, or an argument does not apply to it.

    Notes
    -----
    Nodes keep their order. The labels are: of igraph the vertex attribute ``name`` if it exists, otherwise the indices;
    of rustworkx the payloads of the nodes if all are different texts or integers, otherwise the indices; of other
    libraries their indices.

    Examples
    --------
    >>> import imax
    >>> imax.as_graph([("ann", "bob"), ("bob", "cid")])
    <InfluenceGraph: 3 nodes, 2 arcs, weighted_cascade>
    >>> imax.as_graph({"who": ["a", "b"], "whom": ["b", "c"], "p": [0.5, 1.0]}, weight="p").arcs()
    [('a', 'b', 0.5), ('b', 'c', 1.0)]
    """
    build: dict[str, Any] = {"probability": probability, "multi_edges": multi_edges, "threads": threads, "rng": rng}
    columns: dict[str, Any] = {"source": source, "target": target}
    if isinstance(graph, InfluenceGraph):
        _refuse(graph, **columns, weight=weight, directed=directed)
        return graph if probability is None else graph.with_probability(probability, rng=rng)
    directions: dict[str, Any] = {} if directed is None else {"directed": directed}
    if isinstance(graph, (str, os.PathLike)):
        from .reading import read_graph

        try:
            return read_graph(
                graph, source=source, target=target, weight=weight, max_memory=max_memory, **directions, **build
            )
        except NoSuchFileError as error:
            raise NoSuchFileError(f"{error}; imax.datasets.load returns graphs by name") from None
    if isinstance(graph, list) and graph and all(isinstance(row, dict) for row in graph):
        graph = {name: [row.get(name) for row in graph] for name in graph[0]}
    grouped = library_of(graph) == "pandas" and getattr(getattr(graph, "index", None), "nlevels", 1) > 1
    if is_table(graph) or isinstance(graph, dict) or grouped:
        return InfluenceGraph.from_frame(graph, **columns, weight=weight, **directions, **build)
    _refuse(graph, **columns)
    if library_of(graph) == "scipy" and hasattr(graph, "tocsr"):
        _refuse(graph, weight=weight)
        weighted = True if needs_weights(probability) else None
        return InfluenceGraph.from_scipy(graph, weighted=weighted, **directions, **build)
    arcs = _arcs_of_graph(graph, weight, needs_weights(probability))
    if arcs is not None:
        _refuse(graph, directed=directed)
        given = arcs._asdict()
        notes = {name: given.pop(name) for name in ("notes", "doubts")}
        return InfluenceGraph.from_arrays(**given, **build).with_report(**notes)
    _refuse(graph, weight=weight)
    return InfluenceGraph.from_edges(_edges(graph), **directions, **build)


def _arcs_of_graph(graph: Any, weight: Any, wants_weight: bool) -> "ArcArrays | None":
    """Return the arcs of a graph of another library; None if the object is none."""
    from ..graph import other_libraries as other
    from ..graph.convert import arcs_of_networkx
    from ..graph.edge_columns import choose_weight

    library = library_of(graph)
    read: Any = None
    by_library: dict[str, Any] = {
        "igraph": other.arcs_of_igraph,
        "rustworkx": other.arcs_of_rustworkx,
        "networkit": other.arcs_of_networkit,
        "graph_tool": other.arcs_of_graph_tool,
        "dgl": other.arcs_of_dgl,
    }
    if library == "networkx" or (hasattr(graph, "is_multigraph") and hasattr(graph, "adjacency")):
        read = arcs_of_networkx
    elif library in by_library:
        read = by_library[library]
    elif getattr(graph, "edge_index", None) is not None:
        read = other.arcs_of_geometric
    else:
        return None
    if weight is None and wants_weight:
        names = other.edge_attributes(graph)
        weight = names[choose_weight(names, (), "graph (edges)")]
    arcs: ArcArrays = read(graph, weight)
    return arcs


def _edges(graph: Any) -> Any:
    """Return pairs of labels, or an array with one row per arc."""
    from ..graph.labelled_arcs import as_values

    if hasattr(graph, "__array__"):
        array = as_values(graph)
        if library_of(graph) == "torch" and array.ndim == 2 and array.shape[0] == 2 != array.shape[1]:
            return array.T
        if array.ndim == 2 and array.shape[1] in (2, 3):
            return array
        raise InvalidArgumentError(
            f"graph must be an array with one row (source, target) per arc, got the shape {array.shape}; for an "
            "adjacency matrix use scipy.sparse.csr_array(graph), for an edge index edge_index.T",
            argument="graph",
        )
    if isinstance(graph, (list, tuple, set, frozenset)) or hasattr(graph, "__next__"):
        return graph
    raise InvalidArgumentError(
        "graph must be an InfluenceGraph, a file, a table, a list of pairs, an array, a SciPy sparse array, or a graph "
        f"of NetworkX, igraph, rustworkx, networkit, graph-tool, PyTorch Geometric or DGL; got {type(graph).__name__}",
        argument="graph",
    )


def _refuse(graph: Any, **given: Any) -> None:
    """Refuse arguments that do not apply to the type of a graph."""
    for argument, value in given.items():
        if value is not None:
            raise InvalidArgumentError(
                f"{argument} does not apply to a graph of the type {type(graph).__name__}, got {value!r}; leave it out",
                argument=argument,
            )
