"""A reranker in one file of mapped arrays."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError
from ..graph.influence_graph import InfluenceGraph
from ..graph.parts import from_parts, to_parts
from ..io.binary import check_graph, read_arrays, write_arrays
from ..io.text import PathLike, load
from ._network import Network
from .heteroim import Choice, Shared

if TYPE_CHECKING:
    from .reranker import Reranker

__all__ = ["read_reranker", "write_reranker"]

MAGIC = b"IMAXRRK1"


def write_reranker(reranker: "Reranker", path: PathLike) -> None:
    """Write a reranker with its graph."""
    meta, arrays = to_parts(reranker.graph)
    network = reranker.network
    found: dict[str, NDArray[Any] | None] = {f"graph.{name}": array for name, array in arrays.items()}
    found |= {
        "ptr": network.ptr, "idx": network.idx, "by_target": network.by_target, "by_arc": network.by_arc,
        "accept": network.accept, "value": reranker.value,
    }  # fmt: skip
    most = 0
    if reranker.choice is not None and reranker.shared is not None:
        choice, shared = reranker.choice, reranker.shared
        most = choice.most
        found |= {
            "order": choice.order, "cover": choice.cover, "shared.ptr": shared.ptr, "shared.friend": shared.friend,
            "shared.count": shared.count,
        }  # fmt: skip
    about = {
        "graph": meta, "method": reranker.method, "blend": reranker.blend, "most": most,
        "n_rr_sets": reranker.n_rr_sets, "rng_key": list(reranker.rng_key),
    }  # fmt: skip
    write_arrays(path, MAGIC, about, {name: array for name, array in found.items() if array is not None})


def read_reranker(path: PathLike, threads: int) -> "Reranker":
    """Map a reranker that `write_reranker` wrote."""
    from .reranker import METHODS, Reranker

    def make(meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Reranker:
        inside = {name.removeprefix("graph."): array for name, array in arrays.items() if name.startswith("graph.")}
        graph = from_parts(meta["graph"], inside)
        check_graph(graph)
        made = object.__new__(Reranker)
        made.method, made.blend, made.threads = meta["method"], meta["blend"], threads
        if made.method not in METHODS:
            raise FileFormatError(f"it has the unknown method {made.method!r}")
        made.rng_key = (int(meta["rng_key"][0]), int(meta["rng_key"][1]))
        made.n_rr_sets = int(meta["n_rr_sets"])
        made.graph = graph
        made.network = Network(
            graph, arrays["ptr"], arrays["idx"], arrays.get("by_target"), arrays.get("by_arc"), arrays["accept"]
        )
        made.value, made.choice, made.shared = arrays.get("value"), None, None
        if "order" in arrays:
            made.choice = Choice(arrays["order"], arrays["cover"], int(meta["most"]))
            made.shared = Shared(arrays["shared.ptr"], arrays["shared.friend"], arrays["shared.count"])
        _check_rows(graph, made)
        return made

    return read_arrays(load(path), MAGIC, "reranker", make)


def _check_rows(graph: InfluenceGraph, made: "Reranker") -> None:
    """Refuse arrays that would lead a kernel out of bounds."""
    n, network = graph.n_nodes, made.network
    rows = [(network.ptr, network.idx)]
    by_node: list[NDArray[Any] | None] = [network.by_target, network.accept, made.value]
    if made.choice is not None and made.shared is not None:
        rows.append((made.shared.ptr, made.shared.friend))
        by_node += [made.choice.order, made.choice.cover]
        if made.shared.friend.size != made.shared.count.size:
            raise FileFormatError("its arrays have different lengths")
    if any(array is not None and array.size != n for array in by_node):
        raise FileFormatError("its arrays do not fit the graph")
    for ptr, idx in rows:
        if ptr.size != n + 1 or ptr[0] != 0 or ptr[-1] != idx.size or bool((np.diff(ptr) < 0).any()):
            raise FileFormatError("its rows do not cover their entries")
