"""Compressed rows: from arcs to sorted, merged rows, and from rows to their transpose.

Each function works on one range of a partition, so that threads can share the work; what they write never overlaps.
Rows hold either int32 node ids, or uint64 words with the node id above and a float32's bits below: non-negative floats
sort as their bits do.
"""

import numpy as np

from ._jit import helper, hot, kernel

__all__ = [
    "compact_keys",
    "compact_rows",
    "count_arcs",
    "count_distinct",
    "count_rows",
    "cursors",
    "first_bad",
    "fold_rows",
    "scatter_rows",
    "sort_keys",
    "spread_rows",
    "transpose_counts",
]

_S32 = np.uint64(32)


@hot
def first_bad(src, dst, n):
    """Return the place of the first arc with an end outside [0, n), or -1."""
    for e in range(src.size):
        if src[e] < 0 or src[e] >= n or dst[e] < 0 or dst[e] >= n:
            return e
    return -1


@hot
def count_arcs(src, dst, both, out_count, in_count):
    """Add each arc's ends to the counts; both ways if `both`; return the number of self-loops, which do not count."""
    loops = 0
    for e in range(src.size):
        s = src[e]
        d = dst[e]
        if s == d:
            loops += 1
            continue
        out_count[s] += 1
        if both:
            out_count[d] += 1
        if in_count is not None:
            in_count[d] += 1
            if both:
                in_count[s] += 1
    return loops


@hot
def cursors(start, counts, v0, v1):
    """Turn each part's counts per row into its first place in that row, for rows v0 to v1."""
    for v in range(v0, v1):
        at = start[v]
        for part in range(counts.shape[0]):
            here = counts[part, v]
            counts[part, v] = at
            at += here


@hot
def scatter_rows(src, dst, bits, both, rank, cursor, rows):
    """Write the renumbered source of each arc into the row of its target; with `bits`, the float's bits below it."""
    for e in range(src.size):
        s = src[e]
        d = dst[e]
        if s == d:
            continue
        if bits is None:
            rows[cursor[d]] = rank[s]
        else:
            rows[cursor[d]] = (np.uint64(rank[s]) << _S32) | np.uint64(bits[e])
        cursor[d] += 1
        if both:
            if bits is None:
                rows[cursor[s]] = rank[d]
            else:
                rows[cursor[s]] = (np.uint64(rank[d]) << _S32) | np.uint64(bits[e])
            cursor[s] += 1


@helper
def _insertion(rows, low, high):
    for i in range(low + 1, high):
        x = rows[i]
        j = i - 1
        while j >= low and rows[j] > x:
            rows[j + 1] = rows[j]
            j -= 1
        rows[j + 1] = x


@kernel
def sort_keys(ptr, rows, unique, v0, v1):
    """Sort the words of rows v0 to v1 and write the number of distinct nodes of each to `unique`."""
    for v in range(v0, v1):
        low = ptr[v]
        high = ptr[v + 1]
        if high - low <= 24:
            _insertion(rows, low, high)
        else:
            rows[low:high].sort()
        distinct = 0
        last = np.int64(-1)
        for i in range(low, high):
            u = np.int64(rows[i] >> _S32)
            distinct += np.int64(u != last)
            last = u
        unique[v] = distinct


@hot
def count_distinct(ptr, rows, unique, v0, v1):
    """Write the number of distinct nodes of the sorted rows v0 to v1 to `unique`."""
    for v in range(v0, v1):
        distinct = 0
        last = np.int32(-1)
        for i in range(ptr[v], ptr[v + 1]):
            distinct += np.int64(rows[i] != last)
            last = rows[i]
        unique[v] = distinct


@hot
def compact_rows(ptr, rows, new_ptr, new_rows, copies, v0, v1):
    """Copy the distinct nodes of rows v0 to v1; `copies`, if given, takes how often each stood there."""
    for v in range(v0, v1):
        at = new_ptr[v] - 1
        last = np.int32(-1)
        for i in range(ptr[v], ptr[v + 1]):
            u = rows[i]
            if u != last:
                at += 1
                new_rows[at] = u
                last = u
                if copies is not None:
                    copies[at] = 0
            if copies is not None:
                copies[at] += 1


@hot
def compact_keys(ptr, rows, floats, combine, new_ptr, new_rows, values, v0, v1):
    """Split the words of rows v0 to v1 into nodes and floats, merging repeated nodes.

    `floats` is `rows` seen as float32, two a word (the lower half first). Merged arcs keep the largest value, or
    1 - prod(1 - p) with `combine`.
    """
    for v in range(v0, v1):
        at = new_ptr[v] - 1
        last = np.int64(-1)
        fail = 1.0
        for i in range(ptr[v], ptr[v + 1]):
            u = np.int64(rows[i] >> _S32)
            x = np.float64(floats[2 * i])
            if u != last:
                at += 1
                new_rows[at] = u
                last = u
                values[at] = x
                fail = 1.0 - x
            elif combine:
                fail *= 1.0 - x
                values[at] = 1.0 - fail
            else:
                values[at] = max(values[at], np.float32(x))


@hot
def transpose_counts(idx, counts):
    """Add how often each node stands in `idx`."""
    for a in range(idx.size):
        counts[idx[a]] += 1


@hot
def count_rows(ptr, idx, v0, v1, order, name, counts):
    """Count what `spread_rows` will write into each row."""
    for v in range(v0, v1):
        row = v
        if order is not None:
            row = np.int64(order[v])
        for a in range(ptr[row], ptr[row + 1]):
            u = np.int64(idx[a])
            if name is not None:
                u = np.int64(name[u])
            counts[u] += 1


@hot
def spread_rows(ptr, idx, v0, v1, order, name, cursor, out_idx, out_place):
    """Write rows v0 to v1 into their transpose; `out_place`, if given, takes each arc's place in `idx`.

    With `order` and `name`, row v is what stands in row ``order[v]``, and a node u is called ``name[u]``.
    """
    for v in range(v0, v1):
        row = v
        if order is not None:
            row = np.int64(order[v])
        for a in range(ptr[row], ptr[row + 1]):
            u = np.int64(idx[a])
            if name is not None:
                u = np.int64(name[u])
            at = cursor[u]
            out_idx[at] = v
            if out_place is not None:
                out_place[at] = a
            cursor[u] = at + 1


@hot
def fold_rows(ptr, values, v0, v1, sums):
    """Write the sum of each row's values for rows v0 to v1."""
    for v in range(v0, v1):
        total = 0.0
        for a in range(ptr[v], ptr[v + 1]):
            total += values[a]
        sums[v] = total
