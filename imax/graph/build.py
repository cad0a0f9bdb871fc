"""Build compressed rows from arcs, with several threads."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.arrays import read_only
from ..errors import InvalidGraphError
from .arcs import ArcArrays, CheckedArcs
from .report import BuildReport

__all__ = ["Built", "Rows", "build", "transpose"]

_ARCS_FOR_THREADS = 1 << 18  # fewer arcs are sorted faster than other threads wake up


@dataclass(frozen=True)
class Rows:
    """Reverse rows by internal id; `CompressedGraph` says what each array holds."""

    in_ptr: NDArray[np.int64]
    in_idx: NDArray[np.int32]
    index: NDArray[np.int32]
    weight: NDArray[np.float32] | None
    multiplicity: NDArray[np.int32] | None


@dataclass(frozen=True)
class Built:
    """The rows of a graph, and how many arcs the builder dropped or merged."""

    rows: Rows
    self_loops: int
    parallel_arcs: int

    def report(self, arcs: ArcArrays, n_given: int) -> BuildReport:
        """Return the report of a graph that was built from `n_given` arcs."""
        return BuildReport(
            n_given, arcs.directed, self.self_loops, self.parallel_arcs, notes=arcs.notes, doubts=arcs.doubts
        )


def _pointers(counts: NDArray[Any]) -> NDArray[np.int64]:
    ptr = np.zeros(counts.size + 1, dtype=np.int64)
    np.cumsum(counts, out=ptr[1:])
    return ptr


def _check_range(source: NDArray[np.int32], target: NDArray[np.int32], n: int) -> None:
    from ..kernels.rows import first_bad

    bad = first_bad(source, target, n)
    if bad >= 0:
        raise InvalidGraphError(
            f"arc number {bad} is ({source[bad]}, {target[bad]}), but node indices must lie in [0, {n - 1}]; "
            "give a larger n_nodes, or labels through from_edges"
        )


def build(arcs: CheckedArcs, *, directed: bool, multi_edges: str, threads: int) -> Built:
    """Sort arcs into reverse rows, merge parallel arcs, and number nodes by falling out-degree.

    The result depends on the set of arcs only, not on their order or the number of threads.
    """
    from ..kernels import rows as k

    source, target, weight, n = arcs.source, arcs.target, arcs.weight, len(arcs.labels)
    _check_range(source, target, n)
    both = not directed
    threads = threads if source.size > _ARCS_FOR_THREADS else 1
    spans = parallel.slices(source.size, threads) if source.size else []
    out_counts = np.zeros((max(len(spans), 1), n), dtype=np.int64)
    in_counts = None if weight is None else np.zeros_like(out_counts)
    loops = parallel.run(
        [
            partial(
                k.count_arcs, source[a:b], target[a:b], both, out_counts[t], None if in_counts is None else in_counts[t]
            )
            for t, (a, b) in enumerate(spans)
        ],
        threads,
    )
    index, rank = _by_falling(out_counts.sum(axis=0), np.arange(n, dtype=np.int32))
    if weight is None or in_counts is None:
        # a counting sort by source, then one by target, leaves each row sorted
        out_ptr, out_rows = _scatter(target, source, None, out_counts, index, rank, both, threads)
        ptr, keys, _ = transpose(out_ptr, out_rows, threads, places=False)
        del out_rows
    else:
        ptr, keys = _scatter(source, target, weight.view(np.uint32), in_counts, index, rank, both, threads)
    del out_counts, in_counts
    merged = _merge(ptr, keys, multi_edges, threads, lambda v: arcs.labels[int(index[v])])
    n_merged = int(ptr[-1] - merged[0][-1])
    rows = Rows(merged[0], merged[1], index, merged[2], merged[3])
    return Built(_renumber(rows, threads) if n_merged else rows, int(sum(loops)), n_merged)


def _by_falling(degree: NDArray[np.int64], index: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Sort nodes by falling degree, then by node index, and return (index, rank); `degree[i]` is of node `index[i]`."""
    by_index = np.empty_like(degree)
    by_index[index] = degree
    order = np.argsort(-by_index, kind="stable").astype(np.int32)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size, dtype=np.int32)
    return order, rank


def _scatter(
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    bits: NDArray[np.uint32] | None,
    counts: NDArray[np.int64],
    index: NDArray[np.int32],
    rank: NDArray[np.int32],
    both: bool,
    threads: int,
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Put the internal id of each source into the row of its target; `counts[t]` counts the arcs of span t by target.

    `bits` are the bits of the weights. With them a row holds 64-bit words, id above and bits below; else ids.
    """
    from ..kernels import rows as k

    ptr = _pointers(counts.sum(axis=0)[index])
    start = ptr[rank]
    parallel.run([partial(k.cursors, start, counts, a, b) for a, b in parallel.slices(rank.size, threads)], threads)
    keys = np.empty(int(ptr[-1]), dtype=np.int32 if bits is None else np.uint64)
    tasks = [
        partial(
            k.scatter_rows, source[a:b], target[a:b], None if bits is None else bits[a:b], both, rank, counts[t], keys
        )
        for t, (a, b) in enumerate(parallel.slices(source.size, threads) if source.size else [])
    ]
    parallel.run(tasks, threads)
    return ptr, keys


def _merge(
    ptr: NDArray[np.int64], keys: NDArray[Any], multi_edges: str, threads: int, label: Callable[[int], Any]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32] | None, NDArray[np.int32] | None]:
    """Merge parallel arcs and return (ptr, idx, weight, multiplicity). Rows of ids must be sorted already."""
    from ..kernels import rows as k

    unique = np.zeros(ptr.size - 1, dtype=np.int64)
    parts = parallel.even_parts(ptr, 4 * threads if threads > 1 else 1)
    tasks: list[Callable[[], Any]]
    weighted = keys.dtype == np.uint64
    tasks = [partial(k.sort_keys if weighted else k.count_distinct, ptr, keys, unique, a, b) for a, b in parts]
    parallel.run(tasks, threads)
    new_ptr = _pointers(unique)
    m = int(new_ptr[-1])
    repeated = m < keys.size
    if repeated and multi_edges == "error":
        row = int(np.flatnonzero(np.diff(ptr) != unique)[0])
        raise InvalidGraphError(
            f"{keys.size - m} arcs are repeated, the first of them into node {label(row)!r}; "
            "remove them, or use {multi_edges=merge} or {multi_edges=combine}",
            others=("multi_edges",),
        )
    if not repeated and not weighted:
        return ptr, keys, None, None
    idx = np.empty(m, dtype=np.int32)
    if weighted:
        weight = np.empty(m, dtype=np.float32)
        floats = keys.view(np.float32)
        combine = multi_edges == "combine"
        tasks = [partial(k.compact_keys, ptr, keys, floats, combine, new_ptr, idx, weight, a, b) for a, b in parts]
        parallel.run(tasks, threads)
        return new_ptr, idx, weight, None
    multiplicity = np.empty(m, dtype=np.int32) if multi_edges == "combine" else None
    tasks = [partial(k.compact_rows, ptr, keys, new_ptr, idx, multiplicity, a, b) for a, b in parts]
    parallel.run(tasks, threads)
    return new_ptr, idx, None, multiplicity


def _renumber(rows: Rows, threads: int) -> Rows:
    """Renumber nodes by the out-degrees after merging."""
    from ..kernels import rows as k

    ptr, idx, index, weight, multiplicity = rows.in_ptr, rows.in_idx, rows.index, rows.weight, rows.multiplicity
    parts = parallel.even_parts(ptr, threads)
    counts = np.zeros((max(len(parts), 1), index.size), dtype=np.int64)
    parallel.run(
        [partial(k.transpose_counts, idx[ptr[a] : ptr[b]], counts[t]) for t, (a, b) in enumerate(parts)], threads
    )
    new_index, new_rank = _by_falling(counts.sum(axis=0), index)
    if np.array_equal(new_index, index):
        return rows
    places = weight is not None or multiplicity is not None
    new_id = new_rank[index]
    old_id = np.empty_like(new_id)
    old_id[new_id] = np.arange(new_id.size, dtype=np.int32)
    out_ptr, out_idx, first = transpose(ptr, idx, threads, places=places, old_id=old_id, new_id=new_id)
    ptr, idx, second = transpose(out_ptr, out_idx, threads, places=places)
    if first is not None and second is not None:
        place = first[second]
        weight = None if weight is None else weight[place]
        multiplicity = None if multiplicity is None else multiplicity[place]
    return Rows(ptr, idx, new_index, weight, multiplicity)


def transpose(
    ptr: NDArray[np.int64],
    idx: NDArray[np.int32],
    threads: int,
    *,
    places: bool,
    old_id: NDArray[np.int32] | None = None,
    new_id: NDArray[np.int32] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64] | None]:
    """Return the rows of the opposite direction, sorted, and the position of each of their arcs in `idx`.

    `old_id` and `new_id` renumber nodes on the way: new node v was ``old_id[v]``, old node u becomes ``new_id[u]``.
    """
    from ..kernels import rows as k

    ptr, idx = read_only(ptr), read_only(idx)  # those of a finished graph are, too
    n = ptr.size - 1
    lengths = None if old_id is None else np.diff(ptr)[old_id]
    parts = parallel.even_parts(ptr if lengths is None else _pointers(lengths), threads)
    cursor = np.zeros((max(len(parts), 1), n), dtype=np.int64)
    parallel.run(
        [partial(k.count_rows, ptr, idx, a, b, old_id, new_id, cursor[t]) for t, (a, b) in enumerate(parts)], threads
    )
    out_ptr = _pointers(cursor.sum(axis=0))
    parallel.run([partial(k.cursors, out_ptr[:-1], cursor, a, b) for a, b in parallel.slices(n, threads)], threads)
    out_idx = np.empty(idx.size, dtype=np.int32)
    place = np.empty(idx.size, dtype=np.int64) if places else None
    parallel.run(
        [
            partial(k.spread_rows, ptr, idx, a, b, old_id, new_id, cursor[t], out_idx, place)
            for t, (a, b) in enumerate(parts)
        ],
        threads,
    )
    return out_ptr, out_idx, place
