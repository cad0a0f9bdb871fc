"""Greedy maximum coverage over RR sets: inverted index, selection with its bound, and counting what is covered."""

import numpy as np

from ._jit import helper, hot

__all__ = ["count_covered", "greedy", "invert"]

_LOW = np.int64(0xFFFFFFFF)
_S32 = np.int64(32)


@hot
def invert(nodes, offsets, first, last, cursor, sets):
    """Write sets first to last into the rows of their nodes."""
    for i in range(first, last):
        for e in range(offsets[i], offsets[i + 1]):
            v = nodes[e]
            sets[cursor[v]] = i
            cursor[v] += 1


@helper
def _sift_down(heap, size, at):
    item = heap[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= item:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item


@helper
def _top_sum(tally, top, k):
    """Return the sum of the k largest gains; `tally` counts the nodes of each gain, none has more than `top`."""
    total = np.int64(0)
    left = k
    gain = top
    while gain > 0 and left > 0:
        take = min(left, tally[gain])
        total += take * gain
        left -= take
        gain -= 1
    return total


@helper
def _cover(v, ptr, sets, offsets, nodes, covered, gain, allowed, tally):
    """Mark the sets that hold `v` as covered and take them off the gains of their nodes."""
    for q in range(ptr[v], ptr[v + 1]):
        i = sets[q]
        if covered[i]:
            continue
        covered[i] = True
        for e in range(offsets[i], offsets[i + 1]):
            u = nodes[e]
            g = gain[u]
            gain[u] = g - 1
            if allowed[u]:
                tally[g] -= 1
                tally[g - 1] += 1


@hot
def greedy(k, ptr, sets, offsets, nodes, covered, gain, allowed, tally, heap, seeds, gains):
    """Choose k allowed nodes by lazy greedy coverage.

    On entry `covered` is all False, `gain` holds each node's number of sets. Ties go to the smaller node. Returns
    the bound on what any k allowed nodes cover: the least, over the greedy prefixes, of the prefix's coverage plus
    the k largest gains that are left (Tang et al. 2018).
    """
    n = gain.size
    size = np.int64(0)
    top = np.int64(0)
    for v in range(n):
        if allowed[v]:
            tally[gain[v]] += 1
            top = max(top, np.int64(gain[v]))
            heap[size] = (np.int64(gain[v]) << _S32) | (n - 1 - v)
            size += 1
    for at in range(size // 2 - 1, -1, -1):
        _sift_down(heap, size, at)
    bound = _top_sum(tally, top, k)
    total = np.int64(0)
    for pick in range(k):
        while True:
            v = n - 1 - np.int64(heap[0] & _LOW)
            if (heap[0] >> _S32) == gain[v]:
                break
            heap[0] = (np.int64(gain[v]) << _S32) | (n - 1 - v)
            _sift_down(heap, size, np.int64(0))
        seeds[pick] = v
        gains[pick] = gain[v]
        total += gain[v]
        size -= 1
        heap[0] = heap[size]
        _sift_down(heap, size, np.int64(0))
        _cover(v, ptr, sets, offsets, nodes, covered, gain, allowed, tally)
        while top > 0 and tally[top] == 0:
            top -= 1
        bound = min(bound, total + _top_sum(tally, top, k))
    return bound


@hot
def count_covered(nodes, offsets, first, last, chosen):
    """Return how many of the sets first to last hold a chosen node."""
    count = 0
    for i in range(first, last):
        for e in range(offsets[i], offsets[i + 1]):
            if chosen[nodes[e]]:
                count += 1
                break
    return count
