"""The inverted index of RR sets: its construction, and the sets that nodes cover.

============= ===== ============== ===================================================================================
array         dtype shape          meaning
============= ===== ============== ===================================================================================
index.ptr     int64 (parts, n + 1) ``sets[ptr[part, v]:ptr[part, v + 1]]``, part after part, are the sets that hold v
index.sets    int32 (n_entries,)   numbers of RR sets, rising in each row
index.offsets int64 (n_sets + 1,)  nodes of set i are at ``offsets[i]`` to ``offsets[i + 1]``
index.nodes   int32 (n_entries,)   the nodes of the RR sets, one set after the other
covered       bool  (n_sets,)      RR sets that are covered already
gain          int32 (n,)           sets not yet covered that hold the node
gains         int64 (n_chosen,)    written: sets that each chosen node covers first
allowed       bool  (n,)           nodes that `tally` counts
tally         int64 (max_gain+1,)  number of allowed nodes of each gain above the floor; None: not kept
chosen        bool  (n,)           for `count_covered`: nodes whose coverage is counted
rank          int32 (n,)           for `count_first`: place of each node in an order, 0 for none
count         int64 (max_rank+1,)  written: number of sets with each lowest rank; for `count_shared` int32 (n,), raised
lowered       int32 (n,)           of `touched`: zeros; written: by how much the gain of each node becomes smaller
touched.nodes int32 (n,)           written: the nodes whose gain becomes smaller
============= ===== ============== ===================================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .stream import as_index

__all__ = [
    "InvertedIndex", "Touched", "count_covered", "count_first", "count_shared", "cover", "cover_sets", "cover_touched",
    "invert",
]  # fmt: skip


class InvertedIndex(NamedTuple):
    """RR sets by node, and by number."""

    ptr: NDArray[np.int64]
    sets: NDArray[np.int32]
    offsets: NDArray[np.int64]
    nodes: NDArray[np.int32]


class Touched(NamedTuple):
    """Nodes whose gain becomes smaller, and by how much."""

    lowered: NDArray[np.int32]
    nodes: NDArray[np.int32]


@hot
def invert(nodes, offsets, first, last, ptr, sets):
    """Write sets first to last into rows by node: one part of the index, in the same places as the sets themselves."""
    n = ptr.size - 1
    ptr[:] = 0
    for e in range(offsets[first], offsets[last]):
        ptr[as_index(nodes[e])] += 1
    at = offsets[first]
    for v in range(n):
        size = ptr[v]
        ptr[v] = at
        at += size
    for i in range(first, last):
        for e in range(offsets[i], offsets[i + 1]):
            v = as_index(nodes[e])
            sets[ptr[v]] = i
            ptr[v] += 1
    # each cursor is now at the start of the next row
    for v in range(n, 0, -1):
        ptr[v] = ptr[v - 1]
    ptr[0] = offsets[first]


@helper
def cover_sets(v, index, covered, gain, allowed, tally, floor):
    """Mark the sets that hold `v` as covered and subtract them from the gains of their nodes.

    `tally` is kept up to date for gains above `floor`. The gain of `v` becomes 0; it may include sets that hold `v`
    alone, which are not in the index.
    """
    ptr = index.ptr
    offsets = index.offsets
    for part in range(ptr.shape[0]):
        for q in range(ptr[part, v], ptr[part, v + 1]):
            i = as_index(index.sets[q])
            if covered[i]:
                continue
            covered[i] = True
            for e in range(offsets[i], offsets[i + 1]):
                u = as_index(index.nodes[e])
                g = gain[u]
                gain[u] = g - 1
                if tally is not None:
                    if g > floor and allowed[u]:
                        tally[g] -= 1
                        tally[g - 1] += 1
    gain[v] = 0


@hot
def cover(chosen, index, covered, gain, gains):
    """Cover the sets of the chosen nodes, one node after the other; `gains` takes the number of new sets of each."""
    for j in range(chosen.size):
        gains[j] = gain[chosen[j]]
        cover_sets(chosen[j], index, covered, gain, None, None, 0)


@hot
def cover_touched(chosen, index, covered, touched, gains):
    """Cover the sets of the chosen nodes, one node after the other, without gains; return the number of touched nodes.

    `gains` takes the number of new sets of each chosen node. The counts of the chosen nodes themselves are set to 0.
    """
    ptr = index.ptr
    offsets = index.offsets
    lowered = touched.lowered
    size = 0
    for j in range(chosen.size):
        v = chosen[j]
        new = 0
        for part in range(ptr.shape[0]):
            for q in range(ptr[part, v], ptr[part, v + 1]):
                i = as_index(index.sets[q])
                if covered[i]:
                    continue
                covered[i] = True
                new += 1
                for e in range(offsets[i], offsets[i + 1]):
                    u = as_index(index.nodes[e])
                    if lowered[u] == 0:
                        touched.nodes[size] = u
                        size += 1
                    lowered[u] += 1
        gains[j] = new
    for j in range(chosen.size):
        lowered[chosen[j]] = 0
    return size


@hot
def count_shared(v, index, covered, count):
    """Add to `count` how many of the sets that hold `v` and are not covered hold each node."""
    ptr = index.ptr
    offsets = index.offsets
    for part in range(ptr.shape[0]):
        for q in range(ptr[part, v], ptr[part, v + 1]):
            i = as_index(index.sets[q])
            if covered[i]:
                continue
            for e in range(offsets[i], offsets[i + 1]):
                count[as_index(index.nodes[e])] += 1


@hot
def count_covered(nodes, offsets, first, last, chosen):
    """Return how many of the sets first to last hold a chosen node."""
    count = 0
    for i in range(first, last):
        for e in range(offsets[i], offsets[i + 1]):
            if chosen[as_index(nodes[e])]:
                count += 1
                break
    return count


@hot
def count_first(nodes, offsets, first, last, rank, count):
    """Count the sets first to last by the lowest rank among their nodes; nodes of rank 0 are left out."""
    none = count.size
    for i in range(first, last):
        lowest = none
        for e in range(offsets[i], offsets[i + 1]):
            r = rank[as_index(nodes[e])]
            if r > 0:
                lowest = min(lowest, np.int64(r))
        if lowest < none:
            count[lowest] += 1
