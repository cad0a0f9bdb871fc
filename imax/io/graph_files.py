"""GraphML, GEXF, GML, Pajek and node-link JSON, read by NetworkX."""

import io
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileFormatError, ImaxError, InvalidArgumentError
from ..graph.convert import arcs_of_networkx
from ..graph.edge_columns import choose_weight
from .edge_list import EdgeList
from .read_options import ReadOptions
from .text import Content, quoted

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["read_graph_file", "read_node_table"]

_TREE = 60  # times the size of a text: the objects of its nodes and edges while it is read
_DECLARED = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)[\"'][^>]*\?>", re.I)
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1"}
_GENERIC = re.compile(r"n?(0|[1-9]\d{0,17})")
_NAMES = ("name", "label")


def read_graph_file(content: Content, kind: str, options: ReadOptions) -> tuple[EdgeList, bool]:
    """Return the arcs of a file in one of `imax.io.formats.GRAPH_FORMATS`, and whether they are directed."""
    graph = _read(content, kind)
    arcs = arcs_of_networkx(graph, _weight_name(graph, options, content.name))
    notes = [f"the file is {kind}, {'directed' if arcs.directed else 'undirected: each edge became two arcs'}"]
    labels, note = _labels(graph)
    weight = None if arcs.weight is None else _checked(np.asarray(arcs.weight), options, content.name)
    edge_list = EdgeList(
        np.asarray(arcs.source, np.int32),
        np.asarray(arcs.target, np.int32),
        weight,
        labels,
        len(labels),
        notes=(*notes, *note),
    )
    return edge_list, arcs.directed


def read_node_table(content: Content, kind: str) -> tuple[list[str], list[list[Any]]]:
    """Return the nodes of a graph file as a table: names of the columns, and rows of ids and attributes.

    The ids are in the column ``id``, unless the nodes have an attribute of this name.
    """
    nodes = list(_read(content, kind).nodes(data=True))
    attributes = list(dict.fromkeys(str(name) for _, data in nodes for name in data))
    names = attributes if "id" in attributes else ["id", *attributes]
    return names, [[({"id": node} | data).get(name) for name in names] for node, data in nodes]


def _read(content: Content, kind: str) -> "nx.Graph[Any]":
    content.require_memory(_TREE * int(content.data.size), f"the objects of its {kind} data take")
    read = {"GraphML": _graphml, "GEXF": _gexf, "GML": _gml, "Pajek": _pajek, "node-link JSON": _node_link}[kind]
    try:
        graph = read(content)
    except ImaxError:
        raise
    except RecursionError:
        raise FileFormatError(f"{content.name}: the {kind} data is nested too deeply") from None
    except Exception as error:  # the readers of NetworkX raise errors of many types for malformed files
        problem = " ".join(str(error).split()) or type(error).__name__
        raise FileFormatError(f"{content.name}: the {kind} data is malformed ({quoted(problem, 200)})") from None
    if len(graph) == 0:
        raise FileFormatError(f"{content.name}: the {kind} data holds no nodes")
    return graph


def _weight_name(graph: "nx.Graph[Any]", options: ReadOptions, source: str) -> str | None:
    """Return the edge attribute with the weights; None if none is needed."""
    wanted = options.columns.weight
    if wanted is None and options.third is None:
        return None
    names = list(dict.fromkeys(str(name) for _, _, data in graph.edges(data=True) for name in data))
    if wanted is None:
        return names[choose_weight(names, (), f"{source} (edges)")]
    if wanted not in names:
        raise InvalidArgumentError(
            f"weight must be an attribute of the edges ({', '.join(map(repr, names[:10])) or 'none'}), got {wanted!r}",
            argument="weight",
        )
    return str(wanted)


def _checked(weight: Any, options: ReadOptions, source: str) -> Any:
    with np.errstate(over="ignore"):
        weight = weight.astype(np.float32)
    third = options.third
    if third is not None and not ((weight >= third.low) & (weight <= third.high)).all():
        bad = weight[~((weight >= third.low) & (weight <= third.high))][0]
        raise FileFormatError(f"{source}: the weights must be {third.description}, got {bad}")
    return weight


def _labels(graph: "nx.Graph[Any]") -> tuple[list[Any], tuple[str, ...]]:
    """Return the labels of nodes: integers if all ids are; names if the ids are only numbers such as n7."""
    ids = list(graph)
    if not all(type(label) is str and _GENERIC.fullmatch(label) for label in ids):
        return ids, ()
    for attribute in _NAMES:
        names = [data.get(attribute) for _, data in graph.nodes(data=True)]
        if all(type(name) is str and name for name in names) and len(set(names)) == len(names) and names != ids:
            return names, (f"the labels are the attribute {attribute!r} of the nodes; their ids are only numbers",)
    if all(label[0] != "n" for label in ids):
        return [int(label) for label in ids], ()
    return ids, ()


def _xml(content: Content) -> io.BytesIO:
    """Return an XML document in UTF-8. Entities are refused: a few of them can stand for gigabytes of text."""
    raw = content.data[content.text_start() :].tobytes()
    declared = _DECLARED.match(raw[:200].decode("ascii", "replace").lstrip())
    encoding = declared[1].lower() if declared else "utf-8"
    if encoding not in _ENCODINGS:
        raise FileFormatError(f"{content.name}: the encoding is {quoted(encoding, 30)}; save the file as UTF-8")
    try:
        text = raw.decode(_ENCODINGS[encoding])
    except UnicodeDecodeError:
        raise FileFormatError(f"{content.name}: the text is not in {encoding}; save the file as UTF-8") from None
    if "<!ENTITY" in text or re.search(r"<!DOCTYPE[^>]*\[", text):
        raise FileFormatError(f"{content.name}: the document declares entities, which imax does not read; remove them")
    return io.BytesIO(_DECLARED.sub("", text, count=1).lstrip().encode())


def _graphml(content: Content) -> "nx.Graph[Any]":
    import networkx as nx

    return nx.read_graphml(_xml(content))


def _gexf(content: Content) -> "nx.Graph[Any]":
    import networkx as nx

    return nx.read_gexf(_xml(content))


def _lines(content: Content) -> list[str]:
    return [line.rstrip("\r") for line in content.text_lines()]


def _gml(content: Content) -> "nx.Graph[Any]":
    import networkx as nx

    lines = _lines(content)
    try:
        return nx.parse_gml(lines)
    except nx.NetworkXError as error:
        if "label" not in str(error):
            raise
        return nx.parse_gml(lines, label="id")  # without labels, or with labels that occur twice


def _pajek(content: Content) -> "nx.Graph[Any]":
    import networkx as nx

    return nx.parse_pajek(line for line in _lines(content) if line.strip() and not line.lstrip().startswith("%"))


def _node_link(content: Content) -> "nx.Graph[Any]":
    import networkx as nx

    content.require_text()
    data = json.loads(content.data[content.text_start() :].tobytes())
    edges = next((name for name in ("links", "edges") if isinstance(data, dict) and name in data), None)
    if edges is None or not isinstance(data.get("nodes"), list):
        raise ValueError("an object with the lists nodes and links (or edges) is expected")
    return nx.node_link_graph(data, edges=edges)
