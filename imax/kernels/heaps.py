"""Binary heaps in arrays.

===== ============== ======== ===================================================================================
array dtype          shape    meaning
===== ============== ======== ===================================================================================
heap  int64, float64 (space,) entries 0 to size - 1 are the heap: entry i is above entries 2 i + 1 and 2 i + 2
===== ============== ======== ===================================================================================
"""

import numpy as np

from ._jit import helper

__all__ = ["keep_largest", "sift_down", "sift_smallest"]


@helper
def sift_down(heap, size, at):
    """Restore a heap with its largest entry on top, where only the entry at `at` may be out of order."""
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
def sift_smallest(heap, size, at):
    """Restore a heap with its smallest entry on top, where only the entry at `at` may be out of order."""
    item = heap[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= item:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item


@helper
def keep_largest(heap, size, space, value):
    """Add a value to the largest ones seen so far, `space` of them at most; return their number.

    The values are a heap with its smallest entry on top once there are `space` of them.
    """
    if size < space:
        heap[size] = value
        size += 1
        if size == space:
            for at in range(space // 2 - 1, -1, -1):
                sift_smallest(heap, space, at)
    elif space > 0 and value > heap[0]:
        heap[0] = value
        sift_smallest(heap, space, np.int64(0))
    return size
