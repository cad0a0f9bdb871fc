"""From arcs to compressed rows, in threads."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import InvalidGraphError

__all__ = ["Built", "build", "transpose"]


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


def _pointers(counts: NDArray[Any]) -> NDArray[np.int64]:
    ptr = np.zeros(counts.size + 1, dtype=np.int64)
    np.cumsum(counts, out=ptr[1:])
    return ptr


def _check_ends(src: NDArray[np.int32], dst: NDArray[np.int32], n: int) -> None:
    from ..kernels.rows import first_bad

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
    multi_edges: str,
    threads: int,
    label: Callable[[int], Any],
) -> Built:
    """Sort arcs into reverse rows, merge repeated ones, and renumber nodes by falling out-degree.

    The result depends on the set of arcs alone, not on their order or the number of threads.
    """
    from ..kernels import rows as k

    _check_ends(src, dst, n)
    threads = threads if src.size > SOLO_ARCS else 1
    spans = parallel.slices(src.size, threads) if src.size else []
    outs = np.zeros((max(len(spans), 1), n), dtype=np.int64)
    ins = None if column is None else np.zeros_like(outs)
    loops = parallel.run(
        [
            partial(k.count_arcs, src[a:b], dst[a:b], both, outs[t], None if ins is None else ins[t])
            for t, (a, b) in enumerate(spans)
        ],
        threads,
    )
    index, rank = _by_falling(outs.sum(axis=0), np.arange(n, dtype=np.int32))
    if ins is None:
        # a counting sort by source, then one by target, leaves each row sorted
        out_ptr, out_rows = _scatter(dst, src, None, outs, index, rank, both, threads)
        ptr, keys, _ = transpose(out_ptr, out_rows, threads, places=False)
        del out_rows
    else:
        bits = None if column is None else column.view(np.uint32)
        ptr, keys = _scatter(src, dst, bits, ins, index, rank, both, threads)
    del outs, ins
    new_ptr, idx, values, copies = _merge(ptr, keys, multi_edges, threads, lambda v: label(int(index[v])))
    merged = int(ptr[-1] - new_ptr[-1])
    if merged:
        index, rank, new_ptr, idx, values, copies = _renumber(index, new_ptr, idx, values, copies, threads)
    return Built(new_ptr, idx, index, rank, values, copies, int(sum(loops)), merged)


SOLO_ARCS = 1 << 18  # fewer arcs are sorted before other threads wake up


def _by_falling(degree: NDArray[np.int64], index: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return (index, rank) of nodes by falling degree, then by node index; `degree` stands in the order of `index`."""
    by_index = np.empty_like(degree)
    by_index[index] = degree
    order = np.argsort(-by_index, kind="stable").astype(np.int32)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size, dtype=np.int32)
    return order, rank


def _scatter(
    src: NDArray[np.int32],
    dst: NDArray[np.int32],
    bits: NDArray[np.uint32] | None,
    counts: NDArray[np.int64],
    index: NDArray[np.int32],
    rank: NDArray[np.int32],
    both: bool,
    threads: int,
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Put each arc's renumbered `src` into the row of its `dst`; `counts` holds each part's arcs by `dst`."""
    from ..kernels import rows as k

    ptr = _pointers(counts.sum(axis=0)[index])
    start = ptr[rank]
    parallel.run([partial(k.cursors, start, counts, a, b) for a, b in parallel.slices(rank.size, threads)], threads)
    keys = np.empty(int(ptr[-1]), dtype=np.int32 if bits is None else np.uint64)
    tasks = [
        partial(k.scatter_rows, src[a:b], dst[a:b], None if bits is None else bits[a:b], both, rank, counts[t], keys)
        for t, (a, b) in enumerate(parallel.slices(src.size, threads) if src.size else [])
    ]
    parallel.run(tasks, threads)
    return ptr, keys


def _merge(
    ptr: NDArray[np.int64], keys: NDArray[Any], multi_edges: str, threads: int, label: Callable[[int], Any]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32] | None, NDArray[np.int32] | None]:
    """Merge repeated arcs; rows of words are sorted first, rows of ids must be."""
    from ..kernels import rows as k

    unique = np.zeros(ptr.size - 1, dtype=np.int64)
    parts = parallel.even_parts(ptr, 4 * threads if threads > 1 else 1)
    weighted = keys.dtype == np.uint64
    parallel.run(
        [partial(k.sort_keys if weighted else k.count_distinct, ptr, keys, unique, a, b) for a, b in parts], threads
    )
    new_ptr = _pointers(unique)
    m = int(new_ptr[-1])
    repeated = m < keys.size
    if repeated and multi_edges == "error":
        row = int(np.flatnonzero(np.diff(ptr) != unique)[0])
        raise InvalidGraphError(
            f"{keys.size - m} arcs are repeated, the first of them into node {label(row)!r}; "
            "use multi_edges='merge' or multi_edges='combine', or remove them"
        )
    if not repeated and not weighted:
        return ptr, keys, None, None
    idx = np.empty(m, dtype=np.int32)
    tasks: list[Callable[[], Any]]
    if weighted:
        values = np.empty(m, dtype=np.float32)
        floats = keys.view(np.float32)
        combine = multi_edges == "combine"
        tasks = [partial(k.compact_keys, ptr, keys, floats, combine, new_ptr, idx, values, a, b) for a, b in parts]
        parallel.run(tasks, threads)
        return new_ptr, idx, values, None
    copies = np.empty(m, dtype=np.int32) if multi_edges == "combine" else None
    tasks = [partial(k.compact_rows, ptr, keys, new_ptr, idx, copies, a, b) for a, b in parts]
    parallel.run(tasks, threads)
    return new_ptr, idx, None, copies


def _renumber(
    index: NDArray[np.int32],
    ptr: NDArray[np.int64],
    idx: NDArray[np.int32],
    values: NDArray[np.float32] | None,
    copies: NDArray[np.int32] | None,
    threads: int,
) -> tuple[Any, ...]:
    """Renumber rows by the out-degrees that merging has left."""
    from ..kernels import rows as k

    parts = parallel.even_parts(ptr, threads)
    counts = np.zeros((max(len(parts), 1), index.size), dtype=np.int64)
    parallel.run(
        [partial(k.transpose_counts, idx[ptr[a] : ptr[b]], counts[t]) for t, (a, b) in enumerate(parts)], threads
    )
    new_index, new_rank = _by_falling(counts.sum(axis=0), index)
    if np.array_equal(new_index, index):
        return index, new_rank, ptr, idx, values, copies
    places = values is not None or copies is not None
    name = new_rank[index]
    order = np.empty_like(name)
    order[name] = np.arange(name.size, dtype=np.int32)
    out_ptr, out_idx, first = transpose(ptr, idx, threads, places=places, order=order, name=name)
    ptr, idx, second = transpose(out_ptr, out_idx, threads, places=places)
    if first is not None and second is not None:
        place = first[second]
        values = None if values is None else values[place]
        copies = None if copies is None else copies[place]
    return new_index, new_rank, ptr, idx, values, copies


def transpose(
    ptr: NDArray[np.int64],
    idx: NDArray[np.int32],
    threads: int,
    *,
    places: bool,
    order: NDArray[np.int32] | None = None,
    name: NDArray[np.int32] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64] | None]:
    """Return the rows of the opposite direction, sorted, and for each of their arcs its place in `idx`.

    With `order` and `name` nodes are renumbered on the way: old row ``order[v]`` is new row v, old node u is
    ``name[u]``.
    """
    from ..kernels import rows as k

    n = ptr.size - 1
    lengths = None if order is None else np.diff(ptr)[order]
    parts = parallel.even_parts(ptr if lengths is None else _pointers(lengths), threads)
    cursor = np.zeros((max(len(parts), 1), n), dtype=np.int64)
    parallel.run(
        [partial(k.count_rows, ptr, idx, a, b, order, name, cursor[t]) for t, (a, b) in enumerate(parts)], threads
    )
    out_ptr = _pointers(cursor.sum(axis=0))
    parallel.run([partial(k.cursors, out_ptr[:-1], cursor, a, b) for a, b in parallel.slices(n, threads)], threads)
    out_idx = np.empty(idx.size, dtype=np.int32)
    place = np.empty(idx.size, dtype=np.int64) if places else None
    parallel.run(
        [
            partial(k.spread_rows, ptr, idx, a, b, order, name, cursor[t], out_idx, place)
            for t, (a, b) in enumerate(parts)
        ],
        threads,
    )
    return out_ptr, out_idx, place
