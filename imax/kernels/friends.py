"""Scores of friends to invite: sums over out-arcs, owners of RR sets, shared sets, and ranked rows.

=============== ======= ============= ==============================================================================
array           dtype   shape         meaning
=============== ======= ============= ==============================================================================
ptr             int64   (n + 1,)      out-arcs of node v are at ``ptr[v]`` to ``ptr[v + 1]``
idx             int32   (n_arcs,)     node at each arc's end
by_target       float64 (n,)          probability of the arcs into each node; None if `by_arc` is given
by_arc          float32 (n_arcs,)     probability of each arc; None if `by_target` is given
accept          float64 (n,)          probability that the node accepts an invitation
sums, reach     float64 (n,)          of each node: sum of its largest products of probability and `accept`
rows            int32   (n_rows,)     node of each row, -1 for none
starts          int64   (n_rows + 1,) candidates of row r are at ``starts[r]`` to ``starts[r + 1]``
friends         int32   (n_pairs,)    candidates of all rows
score           float64 (n_pairs,)    score of each pair
tie             int     (n_pairs,)    order of pairs with equal scores
places          int64   (n_rows + 1,) ranked candidates of row r go to ``places[r]`` to ``places[r + 1]``
best            int64   (n_ranked,)   written: places of the ranked candidates in `friends`
offsets, nodes  int64,  int32         RR sets: nodes of set i are at ``offsets[i]`` to ``offsets[i + 1]``
set_ptr, sets   int64,  int32         inverted index of one part: sets that hold node v are at ``set_ptr[v]`` to
                                      ``set_ptr[v + 1]`` of `sets`
order           int32   (n,)          position of each node in a greedy cover, -1 for none
owner           int32   (n_sets,)     node that covers each set first, -1 for none
friend, count   int32   (n_shared,)   rows of owners, and how many sets the row's node shares with each of them
size            int64   (n_rows,)     written: number of entries in each row of `friend`
shared          int32   (n_pairs,)    written: how many sets the row's node shares with each candidate
chance          float64 (n_pairs,)    written: probability of the arc to each candidate
heap            float64 (k,)          scratch: heap with the smallest entry on top
=============== ======= ============= ==============================================================================
"""

import numpy as np

from ._jit import helper, hot, kernel
from .heaps import keep_largest, sift_smallest

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
def top_sums(first, last, ptr, idx, by_target, by_arc, accept, k, heap, sums):
    """Sum, for each node from first to last, the k largest products of probability and `accept` over its out-arcs."""
    for v in range(first, last):
        size = np.int64(0)
        for a in range(ptr[v], ptr[v + 1]):
            w = idx[a]
            chance = _probability(a, w, by_target, by_arc) * accept[w]
            size = keep_largest(heap, size, k, chance)
        if size < k:
            for at in range(size // 2 - 1, -1, -1):
                sift_smallest(heap, size, at)
        total = 0.0
        while size > 0:  # smallest first, so that the sum does not depend on the order of the arcs
            total += heap[0]
            size -= 1
            heap[0] = heap[size]
            sift_smallest(heap, size, np.int64(0))
        sums[v] = total


@hot
def pair_scores(first, last, rows, starts, ptr, idx, by_target, by_arc, accept, reach, weight, friends, score):
    """Write the candidates of rows first to last, and the score probability * accept * (1 + weight * reach) of each."""
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
    """Return whether item `a` ranks below item `b`."""
    if score[a] != score[b]:
        return score[a] < score[b]
    return tie[a] > tie[b]


@helper
def _sift_worst(heap, size, at, score, tie):
    """Restore a heap with the worst item on top, where only the item at `at` may be out of order."""
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
    """Write the best items of rows first to last by falling score, then rising `tie`: as many as `places` allows."""
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
    """Write for each set from first to last the node that is first in `order`; -1 if no node has a position."""
    for i in range(first, last):
        lowest = np.int64(-1)
        first_node = np.int64(-1)
        for e in range(offsets[i], offsets[i + 1]):
            v = nodes[e]
            if order[v] >= 0:
                if lowest < 0 or order[v] < lowest:
                    lowest = np.int64(order[v])
                    first_node = np.int64(v)
        owner[i] = first_node


@kernel
def shared_rows(first, last, rows, starts, set_ptr, sets, owner, friend, count, size):
    """Write for rows first to last the owners of the sets that hold the row's node, and how many sets each one owns.

    Owners rise within a row, each of them once. Row r starts at ``starts[r]``, with space for one entry per set.
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
    """Return the place of `item` among the rising values at low to high, or -1."""
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
    """Look up the counts of `shared_rows` for the candidates of rows first to last, in its row ``rows[r]``."""
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
    """Write the probability of the arc from each row's node to each of its candidates; 0 if there is no arc."""
    for r in range(first, last):
        u = rows[r]
        for q in range(starts[r], starts[r + 1]):
            v = friends[q]
            place = _find(idx, ptr[u], ptr[u + 1], v)
            chance[q] = _probability(place, v, by_target, by_arc) if place >= 0 else 0.0
