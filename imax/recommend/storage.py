"""A prepared reranker in one file of mapped arrays, as plain state: numbers and arrays.

The file holds the graph, the network on it, and the state of the algorithm. Tables of rules say what each array must
hold; the reader checks all arrays against them before anything uses them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from numpy.typing import NDArray

from .._utils.streams import Key
from ..errors import FileFormatError
from ..graph.parts import from_parts, to_parts
from ..io.binary import FileKind, read_arrays, write_arrays
from ..io.layout import GRAPH_ARRAYS, ArrayRule, Layout, with_prefix
from ..io.text import PathLike, load
from ._network import Network

__all__ = ["RERANKER", "STATE_ARRAYS", "SavedReranker", "State", "read_reranker", "write_reranker"]

_NETWORK_ARRAYS = (
    ArrayRule("ptr", "<i8", "n_nodes + 1", "pointers", into="idx"),
    ArrayRule("idx", "<i4", "n_arcs", "ids"),
    ArrayRule("by_target", "<f8", "n_nodes", "unit", optional=True),
    ArrayRule("by_arc", "<f4", "n_arcs", "unit", optional=True),
    ArrayRule("acceptance", "<f8", "n_nodes", "unit"),
)
_VALUE = (ArrayRule("value", "<f8", "n_nodes", "weights"),)
STATE_ARRAYS: dict[str, tuple[ArrayRule, ...]] = {
    "heteroim": (
        ArrayRule("order", "<i4", "n_nodes", "places"),
        ArrayRule("cover", "<i8", "n_nodes", "counts"),
        ArrayRule("shared.ptr", "<i8", "n_nodes + 1", "pointers", into="shared.friend"),
        ArrayRule("shared.friend", "<i4", "any", "ids"),
        ArrayRule("shared.count", "<i4", "shared.friend", "counts"),
    ),
    "expected-spread": (
        ArrayRule("set.ptr", "<i8", "n_nodes + 1", "pointers", into="set.sets"),
        ArrayRule("set.sets", "<i4", "any", "counts"),
        ArrayRule("stored", "<f8", "any", "unit"),
        ArrayRule("alone", "<f8", "n_nodes", "weights"),
        ArrayRule("value", "<f8", "n_nodes", "weights"),
        ArrayRule("own.ptr", "<i8", "n_nodes + 1", "pointers", into="own.friend"),
        ArrayRule("own.friend", "<i4", "any", "ids"),
        ArrayRule("own.accept", "<f8", "own.friend", "unit"),
        ArrayRule("floor", "<f8", "any", "unit"),
        ArrayRule("blend", "<f8", "any", "unit"),
        ArrayRule("discount", "<f8", "any", "unit"),
    ),
    "heteroir": _VALUE,
    "degree": _VALUE,
    "pagerank": _VALUE,
    "cim": (),
    "probability": (),
    "random": (),
}

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


def _layout(meta: dict[str, Any]) -> Layout:
    """Return the rules for the arrays of a file with this description."""
    algorithm = meta["algorithm"]
    if algorithm not in STATE_ARRAYS:
        raise FileFormatError(f"it has the unknown algorithm {algorithm!r}")
    state = with_prefix("state.", STATE_ARRAYS[algorithm])
    return Layout.of((*with_prefix("graph.", GRAPH_ARRAYS), *_NETWORK_ARRAYS, *state), meta["graph"])


RERANKER = FileKind(b"IMAXRRK", "reranker", _layout)


def write_reranker(saved: SavedReranker, path: PathLike) -> None:
    """Write a reranker with its graph to one file, which appears whole or not at all."""
    graph_meta, graph_arrays = to_parts(saved.network.graph)
    arrays: dict[str, NDArray[Any]] = {f"graph.{name}": array for name, array in graph_arrays.items()}
    names = [rule.name for rule in _NETWORK_ARRAYS]
    arrays |= {name: array for name in names if (array := getattr(saved.network, name)) is not None}
    arrays |= {f"state.{name}": array for name, array in saved.state.arrays.items()}
    meta = {
        "graph": graph_meta, "algorithm": saved.algorithm, "blend": saved.blend, "rng_key": list(saved.rng_key),
        "state": saved.state.numbers,
    }  # fmt: skip
    write_arrays(path, RERANKER, meta, arrays)


def read_reranker(path: PathLike, restore: Callable[[SavedReranker], Made], *, verify: str = "fast") -> Made:
    """Map a file that `write_reranker` wrote, and return what `restore` makes of its content.

    Errors of `restore` that show that the content is inconsistent become `FileFormatError`, with the name of the file.
    """

    def make(meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Made:
        graph = from_parts(meta["graph"], _with_prefix("graph.", arrays))
        network = Network(
            graph, arrays["ptr"], arrays["idx"], arrays.get("by_target"), arrays.get("by_arc"), arrays["acceptance"]
        )
        if (network.by_target is None) == (network.by_arc is None):
            raise FileFormatError("it must have one of the arrays 'by_target' and 'by_arc'")
        blend = meta["blend"]
        if blend is not None and not 0.0 <= float(blend) <= 1.0:
            raise FileFormatError(f"its blend is {blend!r}, which is not in [0, 1]")
        first, second = (_number(value, "rng_key") for value in meta["rng_key"])
        numbers = {name: _number(value, name) for name, value in meta["state"].items()}
        state = State(numbers, _with_prefix("state.", arrays))
        return restore(SavedReranker(meta["algorithm"], blend, (first, second), network, state))

    return read_arrays(load(path), RERANKER, make, verify=verify)


def _number(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value < 2**64:
        raise FileFormatError(f"its number {name!r} is {value!r}")
    return value


def _with_prefix(prefix: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
