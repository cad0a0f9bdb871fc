"""Arcs of graphs that do not fit into memory: into buckets by target, sorted and merged there, and into ranges of rows.

A bucket holds the arcs into the nodes whose mixed ids have the same upper bits. The mixed id of node v is
``v * multiplier & mask``: a permutation of the ids, which spreads the arcs evenly. The lower bits of the mixed id are
the number of the node within the bucket.

=================== ====== ============ ============================================================================
array               dtype  shape        meaning
=================== ====== ============ ============================================================================
src, dst            int32  (size,)      ends of each arc
bits                uint32 (size,)      the bits of each arc's float32 value; None: arcs without values
counts, cursor      int64  (n_buckets,) number of arcs of each bucket, added up; next free place of each bucket
words               uint64 (size,)      node within the bucket, or row, << 32 | source
out_words, out_bits uint64, (size,)     written: the words and the bits of all buckets, one after the other
                    uint32
out_count           int32  (n,)         out-degree of each node, added up; may be None
in_count            int32  (space,)     in-degree of each node of the bucket, added up; may be None
rank                int32  (n,)         internal id of each node
in_ptr              int64  (n + 1,)     first place of each row
number              uint16 (size,)      written: the range of rows that each arc belongs to
=================== ====== ============ ============================================================================
"""

import numpy as np

from ._jit import hot

__all__ = ["count_buckets", "fill_buckets", "fill_ranges", "merge_words", "renumber"]

_LOW = np.uint64(0xFFFFFFFF)
_S32 = np.uint64(32)
_U = np.uint64


@hot
def count_buckets(src, dst, both, multiplier, mask, shift, counts):
    """Count the arcs of each bucket, with `both` in both directions, without self-loops; return their number."""
    loops = np.int64(0)
    for e in range(src.size):
        if src[e] == dst[e]:
            loops += 1
            continue
        counts[((_U(dst[e]) * multiplier) & mask) >> shift] += 1
        if both:
            counts[((_U(src[e]) * multiplier) & mask) >> shift] += 1
    return loops


@hot
def fill_buckets(src, dst, bits, both, multiplier, mask, shift, cursor, out_words, out_bits):
    """Write the arcs, without self-loops, into their buckets."""
    local = (_U(1) << shift) - _U(1)
    for e in range(src.size):
        u = _U(src[e])
        v = _U(dst[e])
        if u == v:
            continue
        mixed = (v * multiplier) & mask
        at = cursor[mixed >> shift]
        cursor[mixed >> shift] = at + 1
        out_words[at] = ((mixed & local) << _S32) | u
        if bits is not None:
            out_bits[at] = bits[e]
        if both:
            mixed = (u * multiplier) & mask
            at = cursor[mixed >> shift]
            cursor[mixed >> shift] = at + 1
            out_words[at] = ((mixed & local) << _S32) | v
            if bits is not None:
                out_bits[at] = bits[e]


@hot
def merge_words(words, bits, values, combine, out_count, in_count):
    """Merge equal words in place, count the degrees of what is left, and return its number.

    The words are sorted, equal ones by their bits. `values` is a view of `bits` as float32, or None. A merged arc keeps
    the largest value, or with `combine` 1 - prod(1 - p).
    """
    kept = np.int64(-1)
    last = ~_U(0)
    fail = 1.0
    for i in range(words.size):
        word = words[i]
        if word != last:
            kept += 1
            words[kept] = word
            last = word
            if bits is not None:
                bits[kept] = bits[i]
                fail = 1.0 - np.float64(values[kept])
            if out_count is not None:
                out_count[np.int64(word & _LOW)] += 1
            if in_count is not None:
                in_count[np.int64(word >> _S32)] += 1
        elif bits is not None:
            if combine:
                fail *= 1.0 - np.float64(values[i])
                values[kept] = 1.0 - fail
            else:
                bits[kept] = bits[i]
    return kept + 1


@hot
def renumber(words, base, inverse, mask, rank, in_ptr, n_ranges, number, counts):
    """Turn each word of a bucket into row << 32 | source in internal ids, and count the arcs of each range of rows.

    The mixed ids of the bucket's nodes begin with `base`, and `inverse` undoes the multiplication.
    """
    n_arcs = in_ptr[in_ptr.size - 1]
    for i in range(words.size):
        node = ((base | (words[i] >> _S32)) * inverse) & mask
        row = np.int64(rank[node])
        words[i] = (_U(row) << _S32) | _U(rank[words[i] & _LOW])
        at = in_ptr[row] * n_ranges // n_arcs
        number[i] = at
        counts[at] += 1


@hot
def fill_ranges(words, bits, number, cursor, out_words, out_bits):
    """Write the arcs into the ranges of rows that `number` names."""
    for i in range(words.size):
        at = cursor[number[i]]
        cursor[number[i]] = at + 1
        out_words[at] = words[i]
        if bits is not None:
            out_bits[at] = bits[i]
