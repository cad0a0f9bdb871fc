"""Graphs to files: edge lists and Matrix Market as text, written in chunks, or the binary format."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidGraphError
from .binary import write_binary
from .text import PathLike, write_bytes

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["write_graph"]

_SEPARATORS = {".txt": "\t", ".csv": ","}
_ARCS_PER_CHUNK = 1 << 16


def write_graph(graph: "InfluenceGraph", path: PathLike) -> None:
    """Write a graph to a file in the format that its suffix names. The file appears complete or not at all.

    A file that exists is replaced by a rename, and keeps its permissions: graphs that are mapped from the old file stay
    valid, and `graph` itself may come from it.

    ``.txt`` (tab-separated) and ``.csv`` are edge lists with the columns source, target and probability; nodes without
    arcs are left out. ``.mtx`` is Matrix Market, with nodes numbered from 1. Any other suffix, by convention ``.imax``,
    is the binary format with labels, probabilities and weights, which `read_graph` opens in milliseconds (see
    `imax.io.write_binary`).

    Parameters
    ----------
    graph : InfluenceGraph
    path : str or os.PathLike

    Raises
    ------
    InvalidGraphError
        If an edge list cannot hold a label.
    InvalidArgumentError
        If the file cannot be written, or the binary format cannot hold a label.

    Examples
    --------
    >>> import tempfile
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     imax.write_graph(graph, f"{folder}/karate.csv")
    ...     imax.read_graph(f"{folder}/karate.csv").n_arcs == graph.n_arcs
    True
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".mtx":
        write_bytes(path, _matrix_market(graph))
    elif suffix in _SEPARATORS:
        write_bytes(path, _edge_list(graph, _SEPARATORS[suffix]))
    else:
        write_binary(graph, path)


def _edge_list(graph: "InfluenceGraph", separator: str) -> Iterator[bytes]:
    """Return chunks of an edge list with a header, after a check of all labels."""
    names = [str(label) for label in graph.nodes()]
    if graph.labels.kind == "object":
        _check_names(names)
    header = separator.join(("source", "target", "probability")).encode() + b"\n"
    return chain([header], _lines(graph, lambda indices: [names[i] for i in indices.tolist()], separator))


def _matrix_market(graph: "InfluenceGraph") -> Iterator[bytes]:
    n = graph.n_nodes
    yield f"%%MatrixMarket matrix coordinate real general\n{n} {n} {graph.n_arcs}\n".encode()
    yield from _lines(graph, lambda indices: [str(i + 1) for i in indices.tolist()], " ")


def _lines(graph: "InfluenceGraph", name: Callable[[Any], list[str]], separator: str) -> Iterator[bytes]:
    source, target, p = graph.arc_arrays()
    for start in range(0, graph.n_arcs, _ARCS_PER_CHUNK):
        part = slice(start, start + _ARCS_PER_CHUNK)
        rows = zip(name(source[part]), name(target[part]), p[part].tolist(), strict=True)
        yield "".join(f"{u}{separator}{v}{separator}{x:.9g}\n" for u, v, x in rows).encode()


def _check_names(names: list[str]) -> None:
    """Refuse labels that a reader of the edge list would read as something else."""
    for name in names:
        if not name or name != name.strip() or name[0] in "#%" or any(mark in name for mark in '",;\t\r\n'):
            raise InvalidGraphError(
                f"graph: an edge list cannot hold the label {name!r}; write a .imax file instead", argument="graph"
            )
