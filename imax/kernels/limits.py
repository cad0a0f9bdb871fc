"""Greedy maximum coverage where several limits hold together: number of seeds, quotas and budgets.

====================== ======= =============== =====================================================================
array                  dtype   shape           meaning
====================== ======= =============== =====================================================================
limits.group           int32   (n,)            group of each node; the number ``n_groups`` stands for no group
limits.capacity        int64   (n_groups + 1,) how many more nodes each group can take
limits.minimum         int64   (n_groups + 1,) how many more nodes each group must take
limits.group_budget    float64 (n_groups + 1,) remaining budget of each group
limits.reserve         float64 (n_groups + 1,) cost of the cheapest nodes with which the group reaches its minimum
limits.cost            float64 (n,)            cost of each node
limits.relative_cost   float64 (n,)            share of its budgets that a node costs, added up
limits.cheap_ptr       int64   (n_groups + 2,) nodes of group g by rising cost are at ``cheap_ptr[g]`` to
                                               ``cheap_ptr[g + 1]`` of `cheap`; only groups with a minimum have any
limits.cheap           int32   (n_cheap,)      those nodes
limits.taken           bool    (n,)            nodes that are chosen
limits.money           float64 (2,)            `BUDGET`: remaining budget; `RESERVED`: sum of the reserves
limits.slots           int64   (2,)            `FREE`: seeds that can still be chosen; `REQUIRED`: sum of the minimums
state, chosen, index                           see `imax.kernels.coverage`; of `state.number` only `HEAP_SIZE`,
                                               `N_CHOSEN` and `N_COVERED` are used
====================== ======= =============== =====================================================================

A set of nodes is feasible if nodes can be added to it such that all limits hold and each group has its minimum. A node
fits if the chosen nodes and this node are feasible. A node that does not fit does not fit later either.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .coverage import HEAP_SIZE, N_CHOSEN, N_COVERED
from .heaps import sift_down
from .inverted_index import cover_sets

__all__ = ["BUDGET", "FREE", "REQUIRED", "RESERVED", "Limits", "greedy_within", "order_within", "take_in_order"]

# Places in `limits.money` and `limits.slots`.
BUDGET = 0
RESERVED = 1
FREE = 0
REQUIRED = 1

_LOW = np.int64(0xFFFFFFFF)
_S32 = np.int64(32)
_INFINITE = np.int64(0x7F800000)  # bits of the float32 infinity
_NOT_FITTING = -1.0


class Limits(NamedTuple):
    """Limits on the seeds, as they are left after the nodes chosen so far."""

    group: NDArray[np.int32]
    capacity: NDArray[np.int64]
    minimum: NDArray[np.int64]
    group_budget: NDArray[np.float64]
    reserve: NDArray[np.float64]
    cost: NDArray[np.float64]
    relative_cost: NDArray[np.float64]
    cheap_ptr: NDArray[np.int64]
    cheap: NDArray[np.int32]
    taken: NDArray[np.bool_]
    money: NDArray[np.float64]
    slots: NDArray[np.int64]


@helper
def _reserve_with(v, limits):
    """Return the reserve of the group of `v` once `v` is chosen; `_NOT_FITTING` if `v` does not fit."""
    g = limits.group[v]
    need = limits.minimum[g]
    if limits.capacity[g] <= 0 or limits.slots[FREE] <= 0:
        return _NOT_FITTING
    if need == 0 and limits.slots[FREE] <= limits.slots[REQUIRED]:
        return _NOT_FITTING
    # the cheapest nodes that are not chosen, as many as the group needs; v takes the place of one of them
    rest = 0.0
    before = 0.0
    found = np.int64(0)
    reserved = False
    for q in range(limits.cheap_ptr[g], limits.cheap_ptr[g + 1]):
        if found == need:
            break
        u = limits.cheap[q]
        if limits.taken[u]:
            continue
        found += 1
        if u == v:
            reserved = True
            continue
        before = rest
        rest += limits.cost[u]
    if reserved:
        return rest  # what the seeds and the reserve cost together stays the same
    cost = limits.cost[v]
    others = limits.money[RESERVED] - limits.reserve[g]
    if cost + before > limits.group_budget[g] or cost + before + others > limits.money[BUDGET]:
        return _NOT_FITTING
    return before


@helper
def _take(v, reserve, limits):
    """Choose a node that fits."""
    g = limits.group[v]
    limits.taken[v] = True
    limits.capacity[g] -= 1
    limits.slots[FREE] -= 1
    if limits.minimum[g] > 0:
        limits.minimum[g] -= 1
        limits.slots[REQUIRED] -= 1
    limits.group_budget[g] -= limits.cost[v]
    limits.money[BUDGET] -= limits.cost[v]
    limits.money[RESERVED] += reserve - limits.reserve[g]
    limits.reserve[g] = reserve


@helper
def _key(v, gain, by_ratio, limits):
    """Return what the heap is ordered by: a gain, or the bits of a gain per relative cost, which order alike."""
    if not by_ratio or gain[v] == 0:
        return np.int64(gain[v])
    if limits.relative_cost[v] == 0.0:
        return _INFINITE
    return np.int64(np.float32(gain[v] / limits.relative_cost[v]).view(np.int32))


@hot
def order_within(by_ratio, state, limits):
    """Build the heap of the allowed nodes that are not chosen."""
    n = state.gain.size
    size = np.int64(0)
    for v in range(n):
        if state.allowed[v] and not limits.taken[v]:
            state.heap[size] = (_key(v, state.gain, by_ratio, limits) << _S32) | (n - 1 - v)
            size += 1
    for at in range(size // 2 - 1, -1, -1):
        sift_down(state.heap, size, at)
    state.number[HEAP_SIZE] = size


@hot
def greedy_within(n_seeds, by_ratio, density, index, state, limits, chosen):
    """Choose nodes that fit by lazy greedy coverage until there are `n_seeds` or none is left.

    With `by_ratio` the next node is the one with the largest gain per relative cost, otherwise the one with the largest
    gain. With a positive `density` nodes are passed over if their gain is 0 or below `density` times their relative
    cost. `order_within` has built the heap. A second call continues where the first ended. Ties go to the smaller node.
    """
    gain = state.gain
    heap = state.heap
    number = state.number
    n = gain.size
    size = number[HEAP_SIZE]
    pick = number[N_CHOSEN]
    total = number[N_COVERED]
    while pick < n_seeds and size > 0:
        v = n - 1 - np.int64(heap[0] & _LOW)
        reserve = _reserve_with(v, limits)
        if reserve != _NOT_FITTING:
            key = _key(v, gain, by_ratio, limits)
            if (heap[0] >> _S32) != key:
                heap[0] = (key << _S32) | (n - 1 - v)
                sift_down(heap, size, np.int64(0))
                continue
        size -= 1
        heap[0] = heap[size]
        sift_down(heap, size, np.int64(0))
        if reserve == _NOT_FITTING:
            continue
        if density > 0.0 and (gain[v] == 0 or gain[v] < density * limits.relative_cost[v]):
            continue
        _take(v, reserve, limits)
        chosen.seeds[pick] = v
        chosen.gains[pick] = gain[v]
        total += gain[v]
        pick += 1
        cover_sets(v, index, state.covered, gain, None, None, 0)
    number[HEAP_SIZE] = size
    number[N_CHOSEN] = pick
    number[N_COVERED] = total


@hot
def take_in_order(nodes, limits, seeds):
    """Choose each node that fits, in the order of `nodes`; write these to `seeds` and return their number."""
    at = np.int64(0)
    for i in range(nodes.size):
        if limits.slots[FREE] == 0:
            break
        v = np.int64(nodes[i])
        reserve = _reserve_with(v, limits)
        if reserve != _NOT_FITTING:
            _take(v, reserve, limits)
            seeds[at] = v
            at += 1
    return at
