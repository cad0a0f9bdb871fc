"""Binary heaps in arrays.

===== ============== ======== ===================================================================================
array dtype          shape    meaning
===== ============== ======== ===================================================================================
heap  int64, float64 (space,) entries 0 to size - 1 are the heap: entry i is above entries 2 i + 1 and 2 i + 2
===== ============== ======== ===================================================================================
"""

from ._jit import helper

__all__ = ["sift_down", "sift_smallest"]


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
