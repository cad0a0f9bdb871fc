"""Graphs as text: edge lists and Matrix Market, in pieces of some thousand lines."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from ..errors import InvalidGraphError
from ..graph.influence_graph import InfluenceGraph

__all__ = ["edge_list", "matrix_market"]

_CHUNK = 1 << 16


def edge_list(graph: InfluenceGraph, separator: str) -> Iterator[bytes]:
    """Return lines of source, target and probability under a header; refuse labels before the first."""
    names = [str(label) for label in graph.nodes()]
    if graph.labels.kind == "object":
        _check_names(names)
    header = separator.join(("source", "target", "probability")).encode() + b"\n"
    return chain([header], _lines(graph, lambda ids: [names[i] for i in ids.tolist()], separator))


def matrix_market(graph: InfluenceGraph) -> Iterator[bytes]:
    """Yield lines of Matrix Market, with nodes from 1 in their order."""
    n = graph.n_nodes
    yield f"%%MatrixMarket matrix coordinate real general\n{n} {n} {graph.n_arcs}\n".encode()
    yield from _lines(graph, lambda ids: [str(i + 1) for i in ids.tolist()], " ")


def _lines(graph: InfluenceGraph, name: Callable[[Any], list[str]], separator: str) -> Iterator[bytes]:
    sources, targets, p = graph.arc_arrays()
    for a in range(0, graph.n_arcs, _CHUNK):
        part = slice(a, a + _CHUNK)
        rows = zip(name(sources[part]), name(targets[part]), p[part].tolist(), strict=True)
        yield "".join(f"{u}{separator}{v}{separator}{x:.9g}\n" for u, v, x in rows).encode()


def _check_names(names: list[str]) -> None:
    """Refuse names that an edge list would not give back."""
    for name in names:
        if not name or name != name.strip() or name[0] in "#%" or any(mark in name for mark in '",;\t\r\n'):
            raise InvalidGraphError(f"the label {name!r} cannot stand in an edge list; write a .imax file instead")
