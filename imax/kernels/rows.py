"""Compressed rows: from arcs to sorted, merged rows, and from rows to their transpose.

Each function works on one range, so that threads can share the work; they never write to the same place.

=================== ============= ============= ====================================================================
array               dtype         shape         meaning
=================== ============= ============= ====================================================================
src, dst            int           (n_arcs,)     ends of each arc
bits                uint32        (n_arcs,)     the bits of each arc's float32 value; None: arcs without values
rank                int32         (n,)          new number of each node
out_count, in_count int64         (n,)          numbers of arcs of each node, added up; `in_count` may be None
start               int64         (n + 1,)      first place of each row
counts              int64         (parts, n)    number of entries of each part in each row, then their first places
cursor              int64         (n,)          next place of each row
ptr, new_ptr        int64         (n + 1,)      row v is at ``ptr[v]`` to ``ptr[v + 1]``
rows                int32, uint64 (n_arcs,)     nodes of all rows; or words node << 32 | bits: non-negative floats sort
                                                like their bits
floats              float32       (2 * n_arcs,) view of the words in `rows`; entry 2 i is the value of word i
unique              int64         (n,)          written: number of distinct nodes of each row
new_rows, values    int32, float32 (n_merged,)  written: merged rows and their values
copies              int32         (n_merged,)   written: how many arcs each merged arc replaces; may be None
idx                 int32         (n_arcs,)     nodes of the rows to transpose
order, name         int32         (n,)          row v is what is in row ``order[v]``, node u is called ``name[u]``; or
                                                None
out_idx, out_place  int32, int64  (n_arcs,)     written: transposed rows, and each arc's place in `idx` (may be None)
=================== ============= ============= ====================================================================
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
    """Return the number of the first arc with an end outside [0, n), or -1."""
    for e in range(src.size):
        if src[e] < 0 or src[e] >= n or dst[e] < 0 or dst[e] >= n:
            return e
    return -1


@hot
def count_arcs(src, dst, both, out_count, in_count):
    """Count the arcs at each node, with `both` in both directions, and return the number of self-loops.

    Self-loops are not counted at their node.
    """
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
    """Replace each part's counts by its first places, for rows v0 to v1."""
    for v in range(v0, v1):
        at = start[v]
        for part in range(counts.shape[0]):
            here = counts[part, v]
            counts[part, v] = at
            at += here


@hot
def scatter_rows(src, dst, bits, both, rank, cursor, rows):
    """Write the new number of each arc's source into the row of its target; with `bits` as a word."""
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
    """Copy the distinct nodes of rows v0 to v1."""
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
    """Split the words of rows v0 to v1 into nodes and values, and merge repeated nodes.

    A merged arc keeps the largest value, or with `combine` 1 - prod(1 - p).
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
    """Add to `counts` how often each node occurs in `idx`."""
    for a in range(idx.size):
        counts[idx[a]] += 1


@hot
def count_rows(ptr, idx, v0, v1, order, name, counts):
    """Count the entries that `spread_rows` will write into each row."""
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
    """Write rows v0 to v1 into their transpose."""
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
