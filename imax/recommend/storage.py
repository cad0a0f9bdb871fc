"""A prepared reranker in one file of mapped arrays, as plain state: numbers and arrays.

The file holds the graph, the network on it, and the state of the algorithm. What the state means is up to the
algorithm, which also checks it before it uses it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key
from ..errors import FileFormatError
from ..graph.parts import from_parts, to_parts
from ..io.binary import check_graph, read_arrays, write_arrays
from ..io.text import PathLike, load
from ._network import Network

__all__ = ["SavedReranker", "State", "check_node_values", "check_rows", "read_reranker", "write_reranker"]

MAGIC = b"IMAXRRK1"
_NETWORK = ("ptr", "idx", "by_target", "by_arc", "acceptance")

Made = TypeVar("Made")


@dataclass(frozen=True)
class State:
    """What an algorithm prepared on a graph."""

    numbers: dict[str, int] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class SavedReranker:
    """The content of a file."""

    algorithm: str
    blend: float | None
    rng_key: Key
    network: Network
    state: State


def write_reranker(saved: SavedReranker, path: PathLike) -> None:
    """Write a reranker with its graph to one file, which appears whole or not at all."""
    graph_meta, graph_arrays = to_parts(saved.network.graph)
    arrays: dict[str, NDArray[Any]] = {f"graph.{name}": array for name, array in graph_arrays.items()}
    arrays |= {name: array for name in _NETWORK if (array := getattr(saved.network, name)) is not None}
    arrays |= {f"state.{name}": array for name, array in saved.state.arrays.items()}
    meta = {
        "graph": graph_meta, "algorithm": saved.algorithm, "blend": saved.blend, "rng_key": list(saved.rng_key),
        "state": saved.state.numbers,
    }  # fmt: skip
    write_arrays(path, MAGIC, meta, arrays)


def read_reranker(path: PathLike, restore: Callable[[SavedReranker], Made]) -> Made:
    """Map a file that `write_reranker` wrote, and return what `restore` makes of its content.

    Errors of `restore` that show that the content is inconsistent become `FileFormatError`, with the name of the file.
    """

    def make(meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Made:
        graph = from_parts(meta["graph"], _with_prefix("graph.", arrays))
        check_graph(graph)
        network = Network(
            graph, arrays["ptr"], arrays["idx"], arrays.get("by_target"), arrays.get("by_arc"), arrays["acceptance"]
        )
        check_rows(network.ptr, network.idx, graph.n_nodes)
        check_node_values(graph.n_nodes, network.by_target, network.acceptance)
        first, second = meta["rng_key"]
        state = State({name: int(value) for name, value in meta["state"].items()}, _with_prefix("state.", arrays))
        return restore(SavedReranker(meta["algorithm"], meta["blend"], (int(first), int(second)), network, state))

    return read_arrays(load(path), MAGIC, "reranker", make)


def _with_prefix(prefix: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def check_node_values(n_nodes: int, *arrays: NDArray[Any] | None) -> None:
    """Reject arrays that do not have one value per node."""
    if any(array is not None and array.size != n_nodes for array in arrays):
        raise FileFormatError("its arrays do not fit the graph")


def check_rows(ptr: NDArray[Any], entries: NDArray[Any], n_nodes: int) -> None:
    """Reject row pointers that would lead a kernel out of bounds."""
    if ptr.size != n_nodes + 1 or ptr[0] != 0 or ptr[-1] != entries.size or bool((np.diff(ptr) < 0).any()):
        raise FileFormatError("its rows do not cover their entries")
