"""Scores of friends to invite: sums over out-arcs, who covers which RR set, what an inviter shares, and ranked rows."""

import numpy as np

from ._jit import helper, hot, kernel
from .matroid import sift_smallest

__all__ = ["find_arcs", "find_shared", "own_sets", "pair_scores", "rank_rows", "shared_rows", "top_sums"]


@helper
def _probability(a, v, by_target, by_arc):
    """Return the probability of out-arc `a`, which leads to node `v`."""
    chance = 0.0
    if by_target is not None:
        chance = np.float64(by_target[v])
    if by_arc is not None:
        chance = np.float64(by_arc[a])
    return chance


@hot
def top_sums(first, last, ptr, idx, by_target, by_arc, accept, most, heap, sums):
    """Sum, for each node from first to last, the `most` largest chances over its out-arcs: probability times accept."""
    for v in range(first, last):
        size = np.int64(0)
        for a in range(ptr[v], ptr[v + 1]):
            w = idx[a]
            chance = _probability(a, w, by_target, by_arc) * accept[w]
            if size < most:
                heap[size] = chance
                size += 1
                if size == most:
                    for at in range(most // 2 - 1, -1, -1):
                        sift_smallest(heap, most, at)
            elif chance > heap[0]:
                heap[0] = chance
                sift_smallest(heap, most, np.int64(0))
        if size < most:
            for at in range(size // 2 - 1, -1, -1):
                sift_smallest(heap, size, at)
        total = 0.0
        while size > 0:  # in rising order, so that the sum does not depend on the order of arcs
            total += heap[0]
            size -= 1
            heap[0] = heap[size]
            sift_smallest(heap, size, np.int64(0))
        sums[v] = total


@hot
def pair_scores(first, last, rows, starts, ptr, idx, by_target, by_arc, accept, reach, weight, friends, score):
    """Write the friends of rows first to last, and probability times accept times 1 + weight times reach of each."""
    for r in range(first, last):
        u = rows[r]
        at = starts[r]
        for a in range(ptr[u], ptr[u + 1]):
            v = idx[a]
            friends[at] = v
            score[at] = _probability(a, v, by_target, by_arc) * accept[v] * (1.0 + weight * reach[v])
            at += 1


@helper
def _worse(a, b, score, tie):
    """Whether item `a` ranks behind item `b`."""
    if score[a] != score[b]:
        return score[a] < score[b]
    return tie[a] > tie[b]


@helper
def _sift_worst(heap, size, at, score, tie):
    """Restore a heap whose worst item is on top."""
    item = heap[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _worse(heap[child + 1], heap[child], score, tie):
            child += 1
        if not _worse(heap[child], item, score, tie):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item


@hot
def rank_rows(first, last, starts, score, tie, places, best):
    """Write the items of rows first to last by falling score, then rising tie: as many as `places` has room for."""
    for r in range(first, last):
        begin = starts[r]
        end = starts[r + 1]
        own = best[places[r] : places[r + 1]]
        k = own.size
        if k == 0:
            continue
        for q in range(k):
            own[q] = begin + q
        for at in range(k // 2 - 1, -1, -1):
            _sift_worst(own, k, at, score, tie)
        for q in range(begin + k, end):
            if _worse(own[0], q, score, tie):
                own[0] = q
                _sift_worst(own, k, np.int64(0), score, tie)
        for size in range(k - 1, 0, -1):
            worst = own[0]
            own[0] = own[size]
            own[size] = worst
            _sift_worst(own, size, np.int64(0), score, tie)


@hot
def own_sets(first, last, offsets, nodes, order, owner):
    """Write for each set from first to last the node of the smallest `order` in it; -1 where none has one."""
    for i in range(first, last):
        least = np.int64(-1)
        who = np.int64(-1)
        for e in range(offsets[i], offsets[i + 1]):
            v = nodes[e]
            if order[v] >= 0:
                if least < 0 or order[v] < least:
                    least = np.int64(order[v])
                    who = np.int64(v)
        owner[i] = who


@kernel
def shared_rows(first, last, rows, starts, set_ptr, sets, owner, friend, count, size):
    """Write for rows first to last who owns the sets that hold their node, each owner once, rising, with how many.

    Row r begins at ``starts[r]`` and has ``size[r]`` entries; there is room for one for each set.
    """
    for r in range(first, last):
        u = rows[r]
        begin = starts[r]
        at = begin
        for q in range(set_ptr[u], set_ptr[u + 1]):
            v = owner[sets[q]]
            if v >= 0 and v != u:
                friend[at] = v
                at += 1
        friend[begin:at].sort()
        kept = begin
        for q in range(begin, at):
            if kept > begin and friend[kept - 1] == friend[q]:
                count[kept - 1] += 1
            else:
                friend[kept] = friend[q]
                count[kept] = 1
                kept += 1
        size[r] = kept - begin


@helper
def _find(values, low, high, item):
    """Return the place of `item` among the rising values low to high, or -1."""
    end = high
    while low < high:
        middle = (low + high) // 2
        if values[middle] < item:
            low = middle + 1
        else:
            high = middle
    if low < end and values[low] == item:
        return np.int64(low)
    return np.int64(-1)


@hot
def find_shared(first, last, rows, starts, friends, ptr, friend, count, shared):
    """Look up what `shared_rows` found for the friends of rows first to last, in its row ``rows[r]``; -1 for none."""
    for r in range(first, last):
        u = rows[r]
        for q in range(starts[r], starts[r + 1]):
            shared[q] = 0
            if u >= 0:
                place = _find(friend, ptr[u], ptr[u + 1], friends[q])
                if place >= 0:
                    shared[q] = count[place]


@hot
def find_arcs(first, last, rows, starts, friends, ptr, idx, by_target, by_arc, chance):
    """Write the probability of the arc from each row's node to each of its friends; 0 where there is none."""
    for r in range(first, last):
        u = rows[r]
        for q in range(starts[r], starts[r + 1]):
            v = friends[q]
            place = _find(idx, ptr[u], ptr[u + 1], v)
            chance[q] = _probability(place, v, by_target, by_arc) if place >= 0 else 0.0
