"""Greedy lists of groups: the nodes that one group would take, given the RR sets that are covered already.

================ ======= =============== ==============================================================================
array            dtype   shape           meaning
================ ======= =============== ==============================================================================
members                                  which nodes each group may take, see `imax.kernels.matroid`
groups           int32   (n_asked,)      groups whose lists are made
index                                    inverted index, see `imax.kernels.inverted_index`
covered          bool    (n_sets,)       RR sets that are covered already
gain             int32   (n,)            sets not yet covered that hold the node
stamp            int64   (n_sets,)       number of the last list that holds a node of the set
number           int64   (1,)            number of lists so far: `stamp` is at most this
heap             int64   (max_row,)      gain << 32 | n - 1 - node, the largest on top; a gain may be too large
seeds, gains     int32,  int64           written: nodes of the list of the last group, and the sets that each adds
value            int64   (n_groups,)     written: sets that the list of each asked group adds
size             int64   (n_groups,)     written: number of nodes of each list
worth            float64 (n,)            value of each node, not negative
smallest         float64 (max_capacity,) scratch: heap with the smallest entry on top
total            float64 (n_groups,)     written: sum of the largest worths of the nodes of each group
threshold        float64 (n_groups,)     written: the smallest of these worths; 0 if the group has fewer nodes
count            int64   (n,)            written: how many of the asked groups take the node by its worth
================ ======= =============== ==============================================================================
"""

import numpy as np

from ._jit import hot
from .heaps import keep_largest, sift_down

__all__ = ["count_largest", "greedy_lists", "largest_sums"]

_LOW = np.int64(0xFFFFFFFF)
_S32 = np.int64(32)


@hot
def greedy_lists(groups, members, index, covered, gain, stamp, number, heap, seeds, gains, value, size):
    """Make the greedy list of each group as if no other group were left to choose.

    Nodes that add nothing are not taken. Ties go to the smaller node.
    """
    n = gain.size
    for place in range(groups.size):
        g = groups[place]
        number[0] += 1
        own_number = number[0]
        count = np.int64(0)
        for q in range(members.ptr[g], members.ptr[g + 1]):
            v = np.int64(members.nodes[q])
            if gain[v] > 0:
                heap[count] = (np.int64(gain[v]) << _S32) | (n - 1 - v)
                count += 1
        for at in range(count // 2 - 1, -1, -1):
            sift_down(heap, count, at)
        taken = np.int64(0)
        total = np.int64(0)
        while taken < members.capacity[g] and count > 0:
            v = n - 1 - (heap[0] & _LOW)
            now = np.int64(gain[v])
            for part in range(index.ptr.shape[0]):
                for q in range(index.ptr[part, v], index.ptr[part, v + 1]):
                    i = index.sets[q]
                    now -= np.int64(stamp[i] == own_number and not covered[i])
            if now == 0:
                count -= 1
                heap[0] = heap[count]
                sift_down(heap, count, np.int64(0))
                continue
            if (heap[0] >> _S32) != now:
                heap[0] = (now << _S32) | (n - 1 - v)
                sift_down(heap, count, np.int64(0))
                continue
            for part in range(index.ptr.shape[0]):
                for q in range(index.ptr[part, v], index.ptr[part, v + 1]):
                    stamp[index.sets[q]] = own_number
            seeds[taken] = v
            gains[taken] = now
            taken += 1
            total += now
            count -= 1
            heap[0] = heap[count]
            sift_down(heap, count, np.int64(0))
        value[g] = total
        size[g] = taken


@hot
def largest_sums(first, last, members, worth, smallest, total, threshold):
    """Write, for each group from first to last, the sum of the largest worths of as many nodes as it can take."""
    for g in range(first, last):
        k = members.capacity[g]
        kept = np.int64(0)
        for q in range(members.ptr[g], members.ptr[g + 1]):
            now = worth[members.nodes[q]]
            if now > 0.0:
                kept = keep_largest(smallest, kept, k, now)
        threshold[g] = smallest[0] if 0 < k == kept else 0.0
        total[g] = 0.0
        for at in range(kept):
            total[g] += smallest[at]


@hot
def count_largest(groups, members, worth, threshold, count):
    """Count, for each node, the asked groups among whose largest worths it is; ties go to the first nodes of a row."""
    count[:] = 0
    for place in range(groups.size):
        g = groups[place]
        left = members.capacity[g]
        for turn in range(2):
            for q in range(members.ptr[g], members.ptr[g + 1]):
                v = members.nodes[q]
                if left == 0 or worth[v] <= 0.0:
                    continue
                if (turn == 0 and worth[v] > threshold[g]) or (turn == 1 and worth[v] == threshold[g]):
                    count[v] += 1
                    left -= 1
