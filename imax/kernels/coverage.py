"""Greedy maximum coverage over RR sets: lazy selection under constraints, with bounds.

================ ======= ================= ==========================================================================
array            dtype   shape             meaning
================ ======= ================= ==========================================================================
state.covered    bool    (n_sets,)         RR sets that a chosen node covers
state.gain       int32   (n,)              sets not yet covered that hold the node
state.allowed    bool    (n,)              nodes that may be chosen; with `tally` chosen nodes are no longer allowed
state.heap       int64   (n,)              key << 32 | n - 1 - node, the largest on top, so ties go to the smaller node
state.number     int64   (N_NUMBERS,)      `HEAP_SIZE`, `TOP_GAIN`, `N_CHOSEN`, `N_COVERED`, `MIN_SEEDS`, `FLOOR`
groups.by_ptr    int64   (n + 1,)          groups of node v are at ``by_ptr[v]`` to ``by_ptr[v + 1]`` of `by_group`
groups.by_group  int32   (n_pairs,)        group numbers
groups.capacity  int64   (n_groups,)       how many more nodes each group can take
groups.of_seed   int32   (n_seeds,)        written: group that takes each seed, -1 for none
costs.cost       float64 (n,)              cost of each node
costs.remaining  float64 (1,)              remaining budget
chosen.seeds     int32   (n_seeds,)        written: chosen nodes in order
chosen.gains     int64   (n_seeds,)        written: sets that each chosen node covers first
tally            int64   (max_gain + 1,)   number of allowed nodes of each gain above the floor; None: no bounds
nodes, counts    int32   (n_touched,)      for `subtract`: nodes, and by how much their gains become smaller
bounds           int64   (1 or k,)         lowered: upper bounds on the number of sets that allowed nodes cover
================ ======= ================= ==========================================================================

`groups` and `costs` are None where the constraint has none. Bounds need `tally`, which excludes both. For `index` see
`imax.kernels.inverted_index`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .heaps import sift_down
from .inverted_index import cover_sets

__all__ = [
    "FLOOR",
    "HEAP_SIZE",
    "MIN_SEEDS",
    "NO_FLOOR",
    "N_CHOSEN",
    "N_COVERED",
    "N_NUMBERS",
    "TOP_GAIN",
    "Chosen",
    "Costs",
    "Groups",
    "State",
    "greedy",
    "order",
    "subtract",
]

# Places in `state.number`.
HEAP_SIZE = 0
TOP_GAIN = 1  # no allowed node has a larger gain; kept with `tally` only
N_CHOSEN = 2
N_COVERED = 3  # sets that the chosen nodes cover
MIN_SEEDS = 4  # lower bound on the number of nodes that cover `need` sets; kept with `tally` only
FLOOR = 5  # nodes of this gain or less are neither in the heap nor in the tally; `NO_FLOOR` if all nodes are
N_NUMBERS = 6

NO_FLOOR = np.int64(-1)
_NO_GROUP = np.int64(-1)
_ALL_FULL = np.int64(-2)
_TOO_FEW = np.int64(-1)
_LOW = np.int64(0xFFFFFFFF)
_S32 = np.int64(32)
_MANY = np.int64(1) << 60
_INFINITE = np.int64(0x7F800000)  # the bits of an infinite float32


class State(NamedTuple):
    """What a greedy choice knows between two steps."""

    covered: NDArray[np.bool_]
    gain: NDArray[np.int32]
    allowed: NDArray[np.bool_]
    heap: NDArray[np.int64]
    number: NDArray[np.int64]


class Groups(NamedTuple):
    """Groups with capacities."""

    by_ptr: NDArray[np.int64]
    by_group: NDArray[np.int32]
    capacity: NDArray[np.int64]
    of_seed: NDArray[np.int32]


class Costs(NamedTuple):
    """Costs and the remaining budget; `by_ratio` orders nodes by gain per cost instead of by gain."""

    cost: NDArray[np.float64]
    remaining: NDArray[np.float64]
    by_ratio: bool


class Chosen(NamedTuple):
    """The chosen nodes and their gains."""

    seeds: NDArray[np.int32]
    gains: NDArray[np.int64]


@helper
def _top_sum(tally, top, floor, k):
    """Return the sum of the k largest gains, none of which is above `top`.

    Return `_TOO_FEW` if fewer than k positive gains are above the floor: those below are not counted.
    """
    total = np.int64(0)
    left = k
    gain = top
    while gain > max(floor, 0) and left > 0:
        count = min(left, tally[gain])
        total += count * gain
        left -= count
        gain -= 1
    return total if left == 0 or floor <= 0 else _TOO_FEW


@helper
def _lower_bounds(tally, top, floor, total, k, bounds):
    """Lower the bounds by those of this prefix: its coverage plus the largest gains that are left.

    Return whether that was possible: the floor may be too high.
    """
    if bounds.size == 1:
        top_sum = _top_sum(tally, top, floor, k)
        if top_sum < 0:
            return False
        bounds[0] = min(bounds[0], total + top_sum)
    else:
        gain = top
        left = tally[gain]
        for j in range(bounds.size):
            while gain > 0 and left == 0:
                gain -= 1
                left = tally[gain]
            if gain > 0:
                total += gain
                left -= 1
            bounds[j] = min(bounds[j], total)
    return True


@helper
def _min_seeds(tally, top, total, need):
    """Return a lower bound on the number of allowed nodes that cover `need` sets; `_MANY` if none do.

    It follows from this prefix: so many of the largest gains that are left reach `need`.
    """
    count = np.int64(0)
    left = need - total
    gain = top
    while left > 0 and gain > 0:
        number = min(tally[gain], (left + gain - 1) // gain)
        left -= number * gain
        count += number
        gain -= 1
    if left > 0:
        count = np.int64(_MANY)
    return count


@helper
def _key(v, gain, costs):
    """Return what the heap is ordered by: a gain, or the bits of a gain per cost, which order like the numbers."""
    if costs is None:
        return np.int64(gain[v])
    if not costs.by_ratio:
        return np.int64(gain[v])
    if gain[v] == 0:
        return np.int64(0)
    if costs.cost[v] == 0.0:
        return np.int64(_INFINITE)
    return np.int64(np.float32(gain[v] / costs.cost[v]).view(np.int32))


@helper
def _emptiest_group(v, groups):
    """Return the group of `v` with the largest capacity left, the first of equals.

    Return `_NO_GROUP` if the node is in no group, `_ALL_FULL` if all its groups are full.
    """
    if groups.by_ptr[v] == groups.by_ptr[v + 1]:
        return _NO_GROUP
    best = _ALL_FULL
    largest = np.int64(0)
    for q in range(groups.by_ptr[v], groups.by_ptr[v + 1]):
        g = np.int64(groups.by_group[q])
        left = groups.capacity[g]
        if left > largest or (left == largest and g < best):
            best = g
            largest = left
    return best


@helper
def _set_floor(gain, allowed, n_kept, tally, top):
    """Count the nodes of each gain, none above `top`; return the largest gain, and the floor below `n_kept` nodes."""
    for g in range(top + 1):
        tally[g] = 0
    for v in range(gain.size):
        if allowed[v]:
            tally[gain[v]] += 1
    while top > 0 and tally[top] == 0:
        top -= 1
    floor = top
    count = np.int64(0)
    while floor >= 0 and count < n_kept:
        count += tally[floor]
        floor -= 1
    return top, floor


@helper
def _fill(state, costs, floor):
    """Build the heap of the allowed nodes whose gain is above the floor; return its size."""
    gain = state.gain
    heap = state.heap
    n = gain.size
    size = np.int64(0)
    for v in range(n):
        if gain[v] > floor and state.allowed[v]:
            heap[size] = (_key(v, gain, costs) << _S32) | (n - 1 - v)
            size += 1
    for at in range(size // 2 - 1, -1, -1):
        sift_down(heap, size, at)
    return size


@hot
def order(n_kept, state, tally, costs):
    """Build the heap of the allowed nodes; with `tally` of the `n_kept` with the largest gains and their equals."""
    floor = NO_FLOOR
    if tally is not None:
        state.number[TOP_GAIN], floor = _set_floor(state.gain, state.allowed, n_kept, tally, np.int64(tally.size - 1))
    state.number[HEAP_SIZE] = _fill(state, costs, floor)
    state.number[FLOOR] = floor


@hot
def greedy(n_seeds, goal, need, k, n_kept, index, state, tally, groups, costs, chosen, bounds):
    """Choose nodes by lazy greedy coverage until there are `n_seeds`, or they cover `goal` sets, or none is left.

    On entry `state.covered` and `state.gain` hold what is covered and what each node would add, and `order` has built
    the heap. A second call continues where the first ended. Ties go to the smaller node.

    With `groups` a node is passed over if all groups in its row are full; nodes without a row have no limit. The group
    with the largest capacity left takes the node. With `costs` a node is passed over if it costs more than the
    remaining budget.

    With `tally` only nodes above a floor are in the heap and in the tally: the `n_kept` nodes with the largest gains,
    at least k, and their equals. Most nodes never come near the top. The floor is lowered when too few nodes are left.

    With `tally`, `bounds` takes upper bounds on what any allowed nodes cover: the minimum, over the greedy prefixes, of
    the prefix's coverage plus the largest gains that are left (Tang et al. 2018). A single entry is for k nodes; entry
    j of several is for j + 1 nodes. The same argument bounds from below how many nodes cover `need` sets: `MIN_SEEDS`.
    """
    gain = state.gain
    allowed = state.allowed
    heap = state.heap
    number = state.number
    n = gain.size
    size = number[HEAP_SIZE]
    top = number[TOP_GAIN]
    pick = number[N_CHOSEN]
    total = number[N_COVERED]
    floor = number[FLOOR]
    if tally is not None:
        if not _lower_bounds(tally, top, floor, total, k, bounds):  # only after `subtract`
            top, floor = _set_floor(gain, allowed, n_kept, tally, top)
            size = _fill(state, costs, floor)
            _lower_bounds(tally, top, floor, total, k, bounds)
        if need > 0 or pick == 0:
            number[MIN_SEEDS] = max(number[MIN_SEEDS], _min_seeds(tally, top, total, need))
    while pick < n_seeds and total < goal:
        if tally is not None:
            if floor >= 0 and (size == 0 or (heap[0] >> _S32) <= floor):
                top, floor = _set_floor(gain, allowed, n_kept, tally, top)
                size = _fill(state, costs, floor)
        if size == 0:
            break
        v = n - 1 - np.int64(heap[0] & _LOW)
        fits = True
        group = _NO_GROUP
        if groups is not None:
            group = _emptiest_group(v, groups)
            fits = group != _ALL_FULL
        if costs is not None:
            fits = fits and costs.cost[v] <= costs.remaining[0]
        if fits:
            key = _key(v, gain, costs)
            if (heap[0] >> _S32) != key:
                heap[0] = (key << _S32) | (n - 1 - v)
                sift_down(heap, size, np.int64(0))
                continue
        size -= 1
        heap[0] = heap[size]
        sift_down(heap, size, np.int64(0))
        if not fits:
            continue
        if groups is not None:
            groups.of_seed[pick] = group
            if group >= 0:
                groups.capacity[group] -= 1
        if costs is not None:
            costs.remaining[0] -= costs.cost[v]
        chosen.seeds[pick] = v
        chosen.gains[pick] = gain[v]
        total += gain[v]
        pick += 1
        if tally is not None:
            tally[gain[v]] -= 1
            allowed[v] = False
        cover_sets(v, index, state.covered, gain, allowed, tally, floor)
        if tally is not None:
            while top > 0 and tally[top] == 0:
                top -= 1
            if not _lower_bounds(tally, top, floor, total, k, bounds):
                top, floor = _set_floor(gain, allowed, n_kept, tally, top)
                size = _fill(state, costs, floor)
                _lower_bounds(tally, top, floor, total, k, bounds)
            if need > 0:
                number[MIN_SEEDS] = max(number[MIN_SEEDS], _min_seeds(tally, top, total, need))
    number[HEAP_SIZE] = size
    number[TOP_GAIN] = top
    number[N_CHOSEN] = pick
    number[N_COVERED] = total
    number[FLOOR] = floor


@hot
def subtract(nodes, counts, state, tally):
    """Lower the gains of nodes, if the RR sets that a chosen node covers are elsewhere."""
    gain = state.gain
    floor = state.number[FLOOR]
    for j in range(nodes.size):
        u = nodes[j]
        g = gain[u]
        left = g - counts[j]
        gain[u] = left
        if tally is not None:
            if g > floor and state.allowed[u]:
                tally[g] -= 1
                tally[max(np.int64(left), floor)] += 1
