"""Graphs of igraph, rustworkx, networkit, graph-tool, PyTorch Geometric and DGL as arrays.

Nothing here imports these libraries: their objects are known by the attributes that they have. Each function
``arcs_of_...`` takes a graph and the name of the edge attribute with the weights, or None.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.tables import library_of
from ..errors import InvalidArgumentError
from .arcs import ArcArrays
from .labelled_arcs import as_numbers, as_values, compact_labels, python_labels

__all__ = [
    "arcs_of_dgl", "arcs_of_geometric", "arcs_of_graph_tool", "arcs_of_igraph", "arcs_of_networkit",
    "arcs_of_rustworkx", "edge_attributes",
]  # fmt: skip


def edge_attributes(graph: Any) -> list[str]:
    """Return the names of the attributes of the edges of a graph of NetworkX or of a library of this module."""
    read: Any = {
        "igraph": lambda: [*graph.es.attributes()],
        "rustworkx": lambda: _payload_keys(graph.edges()),
        "networkit": lambda: ["weight"] * bool(graph.isWeighted()),
        "graph_tool": lambda: graph.edge_properties,
        "dgl": lambda: graph.edata,
    }.get(library_of(graph))
    if read is not None:
        return list(read())
    if hasattr(graph, "edge_index"):
        return [name for name in ("edge_weight", "edge_attr") if getattr(graph, name, None) is not None]
    return list(dict.fromkeys(str(name) for _, _, data in graph.edges(data=True) for name in data))


def _payload_keys(payloads: Any) -> list[str]:
    """Return the names of numbers in the payloads of edges: keys of dicts, or ``weight`` for numbers."""
    keys = [str(key) for payload in payloads if isinstance(payload, dict) for key in payload]
    return list(dict.fromkeys(keys)) if keys else ["weight"] * bool(payloads)


def arcs_of_igraph(graph: Any, weight: Any) -> ArcArrays:
    """Return the arcs of an igraph graph. Labels are the vertex attribute ``name``, if there is one."""
    source, target = _ends(graph.get_edgelist())
    labels = None
    if "name" in graph.vs.attributes():
        names = graph.vs["name"]
        labels = _different(names) if None not in names else None
    numbers = None if weight is None else _numbers(_attribute(graph.es.attributes(), weight, graph.es), weight)
    return ArcArrays(source, target, numbers, labels, graph.vcount(), bool(graph.is_directed()))


def arcs_of_rustworkx(graph: Any, weight: Any) -> ArcArrays:
    """Return the arcs of a rustworkx graph. Labels are the payloads of the nodes, if they can be."""
    nodes = np.fromiter(graph.node_indices(), np.int64, graph.num_nodes())
    place = np.zeros(int(nodes.max(initial=-1)) + 1, np.int64)
    place[nodes] = np.arange(nodes.size)
    source, target = _ends(graph.edge_list())
    payloads = list(graph.nodes())
    plain = set(map(type, payloads)) in ({str}, {int}) and len(set(payloads)) == len(payloads)
    labels = compact_labels(payloads if plain else nodes.tolist())
    numbers = None
    if weight is not None:
        values = graph.edges()
        if any(isinstance(value, dict) for value in values):
            values = [value.get(weight) if isinstance(value, dict) else None for value in values]
        elif weight != "weight":
            raise _unknown(weight, ["weight"])
        numbers = _numbers(values, weight)
    directed = type(graph).__name__ == "PyDiGraph" or hasattr(graph, "in_degree")
    return ArcArrays(place[source], place[target], numbers, labels, int(nodes.size), directed)


def arcs_of_networkit(graph: Any, weight: Any) -> ArcArrays:
    """Return the arcs of a networkit graph. Labels are the node ids."""
    nodes = np.fromiter(graph.iterNodes(), np.int64, graph.numberOfNodes())
    place = np.zeros(int(nodes.max(initial=-1)) + 1, np.int64)
    place[nodes] = np.arange(nodes.size)
    rows = list(graph.iterEdgesWeights() if weight is not None else graph.iterEdges())
    source, target = _ends([row[:2] for row in rows])
    numbers = None
    if weight is not None:
        if weight != "weight" or not graph.isWeighted():
            raise _unknown(weight, edge_attributes(graph))
        numbers = _numbers([row[2] for row in rows], weight)
    labels = compact_labels(nodes.tolist())
    return ArcArrays(place[source], place[target], numbers, labels, int(nodes.size), bool(graph.isDirected()))


def arcs_of_graph_tool(graph: Any, weight: Any) -> ArcArrays:
    """Return the arcs of a graph-tool graph. Labels are the vertex indices."""
    properties = [] if weight is None else [_attribute(graph.edge_properties, weight, graph.edge_properties)]
    rows = np.asarray(graph.get_edges(properties))
    nodes = np.asarray(graph.get_vertices(), np.int64)
    place = np.zeros(int(nodes.max(initial=-1)) + 1, np.int64)
    place[nodes] = np.arange(nodes.size)
    source, target = (place[rows[:, side].astype(np.int64)] for side in (0, 1))
    numbers = None if weight is None else rows[:, 2].astype(np.float64)
    return ArcArrays(source, target, numbers, compact_labels(nodes.tolist()), nodes.size, bool(graph.is_directed()))


def arcs_of_geometric(data: Any, weight: Any) -> ArcArrays:
    """Return the arcs of a ``Data`` of PyTorch Geometric; it lists both directions of an undirected edge."""
    index = as_values(data.edge_index)
    if index.ndim != 2 or index.shape[0] != 2:
        raise InvalidArgumentError(
            f"graph: edge_index must have the shape (2, n_arcs), got {index.shape}; transpose it", argument="graph"
        )
    tensors = {name: getattr(data, name) for name in edge_attributes(data)}
    numbers = None if weight is None else _numbers(as_values(_attribute(tensors, weight, tensors)), weight)
    n_nodes = getattr(data, "num_nodes", None)
    return ArcArrays(index[0], index[1], numbers, None, None if n_nodes is None else int(n_nodes), True)


def arcs_of_dgl(graph: Any, weight: Any) -> ArcArrays:
    """Return the arcs of a DGL graph with one type of nodes; labels are the node ids."""
    source, target = (as_values(ends) for ends in graph.edges())
    numbers = None if weight is None else _numbers(as_values(_attribute(graph.edata, weight, graph.edata)), weight)
    return ArcArrays(source, target, numbers, None, int(graph.num_nodes()), True)


def _ends(pairs: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    array = np.array(list(pairs), np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def _attribute(names: Any, weight: Any, values: Any) -> Any:
    if weight not in names:
        raise _unknown(weight, list(names))
    return values[weight]


def _unknown(weight: Any, names: list[str]) -> InvalidArgumentError:
    shown = ", ".join(map(repr, names[:10])) or "none"
    return InvalidArgumentError(
        f"weight must be an attribute of the edges ({shown}), got {weight!r}", argument="weight"
    )


def _numbers(values: Any, name: Any) -> NDArray[np.float64]:
    array = values.reshape(-1) if isinstance(values, np.ndarray) else values
    return as_numbers(array, lambda i: f"weight: attribute {name!r} of edge number {i}", "weight")


def _different(names: list[Any]) -> Any:
    labels = python_labels(names)
    if len(set(labels)) < len(labels):
        raise InvalidArgumentError(
            "graph: the vertex attribute 'name' must be different for all vertices; make the names different, or "
            "delete the attribute to use the indices",
            argument="graph",
        )
    return compact_labels(labels)
