"""Facility location on the nearest neighbors: lazy greedy selection under group limits.

The gain of item v is the sum, over itself and the items that have v among their neighbors, of the weight times what the
similarity to v adds to the similarity to the most similar selected item.

================= ======= ============ ==============================================================================
array             dtype   shape        meaning
================= ======= ============ ==============================================================================
served.ptr        int64   (n + 1,)     items that have v among their neighbors are at ``ptr[v]`` to ``ptr[v + 1]``
served.item       int32   (n_pairs,)   these items
served.similarity float32 (n_pairs,)   similarity of each of them to v, from 0 to 1
served.weight     float64 (n,)         weight of each item
state.nearest     float64 (n,)         similarity of each item to the most similar selected item
state.allowed     bool    (n,)         items that may be selected; lowered when an item is selected
state.group       int64   (n,)         group of each item
state.left        int64   (n_groups,)  how many more items of each group may be selected
state.heap        int64   (n,)         bits of the gain as float32 << 32 | n - 1 - v, the largest on top
items             int64   (n_items,)   items that are selected already
gain              float64 (n,)         written: gain of each item
selected          int64   (budget,)    written: selected items in order
gains             float64 (budget,)    written: their gains
================= ======= ============ ==============================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .heaps import sift_down

__all__ = ["LocationState", "Served", "location_gains", "select_locations", "serve"]

_LOW = np.int64(0xFFFFFFFF)
_S32 = np.int64(32)


class Served(NamedTuple):
    """The items that each item is a neighbor of."""

    ptr: NDArray[np.int64]
    item: NDArray[np.int32]
    similarity: NDArray[np.float32]
    weight: NDArray[np.float64]


class LocationState(NamedTuple):
    """What the selection knows between two steps."""

    nearest: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    group: NDArray[np.int64]
    left: NDArray[np.int64]
    heap: NDArray[np.int64]


@helper
def _gain(served, nearest, v):
    """Return the gain of item `v`."""
    total = served.weight[v] * max(1.0 - nearest[v], 0.0)
    for a in range(served.ptr[v], served.ptr[v + 1]):
        i = served.item[a]
        total += served.weight[i] * max(np.float64(served.similarity[a]) - nearest[i], 0.0)
    return total


@helper
def _raise_nearest(served, nearest, v):
    """Raise the similarities to the most similar selected item after `v` was selected."""
    nearest[v] = max(nearest[v], 1.0)
    for a in range(served.ptr[v], served.ptr[v + 1]):
        i = served.item[a]
        nearest[i] = max(nearest[i], np.float64(served.similarity[a]))


@hot
def serve(served, nearest, items):
    """Raise the similarities to the most similar selected item by `items`, an int64 array."""
    for place in range(items.size):
        _raise_nearest(served, nearest, items[place])


@hot
def location_gains(served, nearest, first, last, gain):
    """Write the gains of items `first` to `last` - 1."""
    for v in range(first, last):
        gain[v] = _gain(served, nearest, v)


@hot
def select_locations(served, state, size, selected, gains):
    """Select items until `selected` is full or no item is available; return the number of selected items.

    The heap holds `size` items. Their gains may be too large, never too small: gains only decrease.
    """
    heap = state.heap
    n = state.allowed.size
    count = np.int64(0)
    while count < selected.size and size > 0:
        v = n - 1 - (heap[0] & _LOW)
        available = state.allowed[v] and state.left[state.group[v]] > 0
        if available:
            gain = _gain(served, state.nearest, v)
            key = (np.int64(np.float32(gain).view(np.int32)) << _S32) | (n - 1 - v)
            if key < heap[0]:
                heap[0] = key
                sift_down(heap, size, np.int64(0))
                continue
            selected[count] = v
            gains[count] = gain
            count += 1
            state.allowed[v] = False
            state.left[state.group[v]] -= 1
            _raise_nearest(served, state.nearest, v)
        size -= 1
        heap[0] = heap[size]
        sift_down(heap, size, np.int64(0))
    return count
