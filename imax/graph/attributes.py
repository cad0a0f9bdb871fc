"""Results as attributes of the nodes of a NetworkX or igraph graph."""

from typing import Any

from .._utils.tables import library_of
from ..errors import InvalidArgumentError, UnknownNodeError
from ..results import SelectionResult

__all__ = ["set_attributes"]


def set_attributes(graph: Any, result: SelectionResult, *, prefix: str = "imax_") -> None:
    """Write a selection onto the nodes of a NetworkX or igraph graph, for example to save or draw it.

    All nodes get three attributes, so that files such as GraphML can hold them: ``imax_seed`` (whether the node is a
    seed), ``imax_rank`` (1 for the first seed, 0 for other nodes) and, if the algorithm estimates gains, ``imax_gain``
    (0.0 for other nodes).

    Parameters
    ----------
    graph : networkx.Graph or igraph.Graph
        The graph that was passed to the selection. It is changed. Vertices of igraph are known by their attribute
        ``name``, otherwise by their index.
    result : SelectionResult
    prefix : str, default ``"imax_"``
        Beginning of the names of the attributes.

    Raises
    ------
    InvalidArgumentError
        If `graph` is of another type.
    UnknownNodeError
        If a seed is not a node of the graph.

    Examples
    --------
    >>> import imax
    >>> import networkx as nx
    >>> graph = nx.star_graph(5)
    >>> imax.set_attributes(graph, imax.maximize(graph, 1, algorithm="degree"))
    >>> graph.nodes[0]
    {'imax_seed': True, 'imax_rank': 1}
    """
    ranks = {seed: rank for rank, seed in enumerate(result.seeds, 1)}
    gains = None if result.gains is None else dict(zip(result.seeds, result.gains, strict=True))
    if hasattr(graph, "is_multigraph") and hasattr(graph, "nodes"):
        nodes = list(graph)
    elif library_of(graph) == "igraph":
        nodes = graph.vs["name"] if "name" in graph.vs.attributes() else list(range(graph.vcount()))
    else:
        raise InvalidArgumentError(
            f"graph must be a NetworkX or igraph graph, got {type(graph).__name__}; to_frame returns a table",
            argument="graph",
        )
    unknown = ranks.keys() - set(nodes)
    if unknown:
        raise UnknownNodeError(
            f"graph has no node {min(unknown, key=ranks.__getitem__)!r}; pass the graph of the selection",
            argument="graph",
        )
    values: dict[str, list[Any]] = {
        "seed": [node in ranks for node in nodes],
        "rank": [ranks.get(node, 0) for node in nodes],
    }
    if gains is not None:
        values["gain"] = [float(gains.get(node, 0.0)) for node in nodes]
    for name, column in values.items():
        if library_of(graph) == "igraph":
            graph.vs[prefix + name] = column
        else:
            for node, value in zip(nodes, column, strict=True):
                graph.nodes[node][prefix + name] = value
