"""From arcs to compressed rows, in threads."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _threads
from .errors import InvalidGraphError

__all__ = ["Built", "build", "even_parts", "transpose"]


@dataclass(frozen=True)
class Built:
    """Reverse rows in internal ids, and how internal ids stand for node indices."""

    in_ptr: NDArray[np.int64]
    in_idx: NDArray[np.int32]
    index: NDArray[np.int32]
    rank: NDArray[np.int32]
    column: NDArray[np.float32] | None
    copies: NDArray[np.int32] | None
    self_loops: int
    parallel_arcs: int


def even_parts(ptr: NDArray[np.int64], parts: int) -> list[tuple[int, int]]:
    """Cut the rows into ranges of about the same number of arcs."""
    n = ptr.size - 1
    marks = np.searchsorted(ptr, ptr[-1] * np.arange(1, parts) / parts)
    edges = [0, *sorted(min(int(x), n) for x in marks), n]
    return [(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True) if a < b]


def _pointers(counts: NDArray[Any]) -> NDArray[np.int64]:
    ptr = np.zeros(counts.size + 1, dtype=np.int64)
    np.cumsum(counts, out=ptr[1:])
    return ptr


def _check_ends(src: NDArray[np.int32], dst: NDArray[np.int32], n: int) -> None:
    from .kernels.rows import first_bad

    bad = first_bad(src, dst, n)
    if bad >= 0:
        raise InvalidGraphError(
            f"arc number {bad} is ({src[bad]}, {dst[bad]}), but node indices must lie in [0, {n - 1}]; "
            "give a larger n_nodes, or labels through from_edges"
        )


def build(
    src: NDArray[np.int32],
    dst: NDArray[np.int32],
    column: NDArray[np.float32] | None,
    n: int,
    *,
    both: bool,
    parallel: str,
    threads: int,
    label: Callable[[int], Any],
) -> Built:
    """Sort arcs into reverse rows, renumbering nodes by falling out-degree.

    The result depends on the set of arcs alone, not on their order or the number of threads.
    """
    from .kernels import rows as k

    _check_ends(src, dst, n)
    spans = _threads.slices(src.size, threads) if src.size else []
    outs = np.zeros((max(len(spans), 1), n), dtype=np.int32)
    places = np.zeros((max(len(spans), 1), n), dtype=np.int64)
    loops = _threads.run(
        [
            partial(k.count_arcs, src[a:b], dst[a:b], both, outs[t], places[t])
            for t, (a, b) in enumerate(spans)
        ],
        threads,
    )
    out_degree = outs.sum(axis=0, dtype=np.int64)
    index = np.argsort(-out_degree, kind="stable").astype(np.int32)
    rank = np.empty(n, dtype=np.int32)
    rank[index] = np.arange(n, dtype=np.int32)
    in_degree = places.sum(axis=0)
    ptr = _pointers(in_degree[index])
    _threads.run([partial(k.cursors, ptr[rank], places, a, b) for a, b in _threads.slices(n, threads)], threads)
    bits = None if column is None else column.view(np.uint32)
    keys = np.empty(int(ptr[-1]), dtype=np.int32 if bits is None else np.uint64)
    _threads.run(
        [
            partial(
                k.scatter_rows, src[a:b], dst[a:b], None if bits is None else bits[a:b], both, rank, places[t], keys
            )
            for t, (a, b) in enumerate(spans)
        ],
        threads,
    )
    del places, outs
    new_ptr, idx, values, copies = _merge(ptr, keys, parallel, threads, lambda v: label(int(index[v])))
    return Built(new_ptr, idx, index, rank, values, copies, int(sum(loops)), int(ptr[-1] - new_ptr[-1]))


def _merge(
    ptr: NDArray[np.int64], keys: NDArray[Any], parallel: str, threads: int, label: Callable[[int], Any]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32] | None, NDArray[np.int32] | None]:
    """Sort each row and merge repeated arcs."""
    from .kernels import rows as k

    unique = np.zeros(ptr.size - 1, dtype=np.int64)
    parts = even_parts(ptr, 4 * threads if threads > 1 else 1)
    _threads.run([partial(k.sort_rows, ptr, keys, unique, a, b) for a, b in parts], threads)
    new_ptr = _pointers(unique)
    m = int(new_ptr[-1])
    repeated = m < keys.size
    if repeated and parallel == "error":
        row = int(np.flatnonzero(np.diff(ptr) != unique)[0])
        raise InvalidGraphError(
            f"{keys.size - m} arcs are repeated, the first of them into node {label(row)!r}; "
            "use parallel='merge' or parallel='combine', or remove them"
        )
    weighted = keys.dtype == np.uint64
    if not repeated and not weighted:
        return ptr, keys, None, None
    idx = np.empty(m, dtype=np.int32)
    tasks: list[Callable[[], Any]]
    if weighted:
        values = np.empty(m, dtype=np.float32)
        floats = keys.view(np.float32)
        combine = parallel == "combine"
        tasks = [partial(k.compact_keys, ptr, keys, floats, combine, new_ptr, idx, values, a, b) for a, b in parts]
        _threads.run(tasks, threads)
        return new_ptr, idx, values, None
    copies = np.empty(m, dtype=np.int32) if parallel == "combine" else None
    tasks = [partial(k.compact_rows, ptr, keys, new_ptr, idx, copies, a, b) for a, b in parts]
    _threads.run(tasks, threads)
    return new_ptr, idx, None, copies


def transpose(
    ptr: NDArray[np.int64], idx: NDArray[np.int32], threads: int, *, places: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64] | None]:
    """Return the rows of the opposite direction, sorted, and for each of their arcs its place in `idx`."""
    from .kernels import rows as k

    n = ptr.size - 1
    parts = even_parts(ptr, threads)
    cursor = np.zeros((max(len(parts), 1), n), dtype=np.int64)
    _threads.run(
        [partial(k.transpose_counts, idx[ptr[a] : ptr[b]], cursor[t]) for t, (a, b) in enumerate(parts)], threads
    )
    out_ptr = _pointers(cursor.sum(axis=0))
    _threads.run([partial(k.cursors, out_ptr, cursor, a, b) for a, b in _threads.slices(n, threads)], threads)
    out_idx = np.empty(idx.size, dtype=np.int32)
    place = np.empty(idx.size, dtype=np.int64) if places else None
    _threads.run(
        [partial(k.spread_rows, ptr, idx, a, b, cursor[t], out_idx, place) for t, (a, b) in enumerate(parts)],
        threads,
    )
    return out_ptr, out_idx, place
