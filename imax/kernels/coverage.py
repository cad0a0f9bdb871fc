"""Greedy maximum coverage over RR sets: inverted index, selection with its bound, and counting what is covered."""

import numpy as np

from ._jit import helper, hot

__all__ = ["count_covered", "count_first", "cover", "cover_sets", "greedy", "invert", "order", "sift_down"]

_LOW = np.int64(0xFFFFFFFF)
_S32 = np.int64(32)
_MANY = np.int64(1) << 60
_INFINITE = np.int64(0x7F800000)  # the bits of an infinite float32


@hot
def invert(nodes, offsets, first, last, ptr, sets):
    """Write sets first to last into rows by node, which begin where the sets themselves do."""
    n = ptr.size - 1
    ptr[:] = 0
    for e in range(offsets[first], offsets[last]):
        ptr[nodes[e]] += 1
    at = offsets[first]
    for v in range(n):
        size = ptr[v]
        ptr[v] = at
        at += size
    for i in range(first, last):
        for e in range(offsets[i], offsets[i + 1]):
            v = nodes[e]
            sets[ptr[v]] = i
            ptr[v] += 1
    # each cursor now stands where the next row begins
    for v in range(n, 0, -1):
        ptr[v] = ptr[v - 1]
    ptr[0] = offsets[first]


@helper
def sift_down(heap, size, at):
    """Restore a heap whose largest entry is on top, but for the one at `at`."""
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
def _top_sum(tally, top, floor, k):
    """Return the sum of the k largest gains; `tally` counts the nodes of each gain, none has more than `top`.

    -1 where fewer than k gains are above `floor` and not 0: those below are not counted.
    """
    total = np.int64(0)
    left = k
    gain = top
    while gain > max(floor, 0) and left > 0:
        take = min(left, tally[gain])
        total += take * gain
        left -= take
        gain -= 1
    return total if left == 0 or floor <= 0 else np.int64(-1)


@helper
def _bound(tally, top, floor, total, k, most):
    """Lower the bounds by what this prefix says: its coverage plus the k, or each number of, largest gains left.

    Return whether that was possible: the floor may be too high.
    """
    if most.size == 1:
        sum_ = _top_sum(tally, top, floor, k)
        if sum_ < 0:
            return False
        most[0] = min(most[0], total + sum_)
    else:
        gain = top
        left = tally[gain]
        for j in range(most.size):
            while gain > 0 and left == 0:
                gain -= 1
                left = tally[gain]
            if gain > 0:
                total += gain
                left -= 1
            most[j] = min(most[j], total)
    return True


@helper
def _fewest(tally, top, total, need):
    """Return how many allowed nodes at least, by what this prefix says, cover `need` sets; many if none do."""
    count = np.int64(0)
    left = need - total
    gain = top
    while left > 0 and gain > 0:
        take = min(tally[gain], (left + gain - 1) // gain)
        left -= take * gain
        count += take
        gain -= 1
    if left > 0:
        count = np.int64(_MANY)
    return count


@helper
def cover_sets(v, ptr, sets, offsets, nodes, covered, gain, allowed, tally, floor):
    """Mark the sets that hold `v` as covered and take them off the gains of their nodes.

    `tally` is kept up to date for gains above `floor`.
    """
    for part in range(ptr.shape[0]):
        for q in range(ptr[part, v], ptr[part, v + 1]):
            i = sets[q]
            if covered[i]:
                continue
            covered[i] = True
            for e in range(offsets[i], offsets[i + 1]):
                u = nodes[e]
                g = gain[u]
                gain[u] = g - 1
                if tally is not None:
                    if g > floor and allowed[u]:
                        tally[g] -= 1
                        tally[g - 1] += 1


@hot
def cover(chosen, ptr, sets, offsets, nodes, covered, gain, gains):
    """Cover the sets of each of `chosen` in turn; `gains` takes how many were new."""
    for j in range(chosen.size):
        gains[j] = gain[chosen[j]]
        cover_sets(chosen[j], ptr, sets, offsets, nodes, covered, gain, None, None, 0)


@helper
def _key(v, gain, cost, by_ratio):
    """Return what the heap orders by: a gain, or the bits of a gain per cost, which order like the numbers."""
    if cost is None:
        return np.int64(gain[v])
    if not by_ratio:
        return np.int64(gain[v])
    if gain[v] == 0:
        return np.int64(0)
    if cost[v] == 0.0:
        return np.int64(_INFINITE)
    return np.int64(np.float32(gain[v] / cost[v]).view(np.int32))


@helper
def _emptiest_group(v, by_ptr, by_group, capacity):
    """Return the group of `v` with the most room, the first of equals; -1 where it is in none, -2 if all are full."""
    if by_ptr[v] == by_ptr[v + 1]:
        return np.int64(-1)
    best = np.int64(-2)
    most = np.int64(0)
    for q in range(by_ptr[v], by_ptr[v + 1]):
        g = np.int64(by_group[q])
        if capacity[g] > most or (capacity[g] == most and g < best):
            best = g
            most = capacity[g]
    return best


@helper
def _floor(gain, allowed, kept, tally, top):
    """Count the nodes of each gain, none above `top`; return the largest gain, and the floor that `kept` are above."""
    for g in range(top + 1):
        tally[g] = 0
    for v in range(gain.size):
        if allowed[v]:
            tally[gain[v]] += 1
    while top > 0 and tally[top] == 0:
        top -= 1
    floor = top
    count = np.int64(0)
    while floor >= 0 and count < kept:
        count += tally[floor]
        floor -= 1
    return top, floor


@helper
def _fill(gain, allowed, cost, by_ratio, floor, heap):
    """Build the heap of the allowed nodes whose gain is above the floor; return its size."""
    n = gain.size
    size = np.int64(0)
    for v in range(n):
        if gain[v] > floor and allowed[v]:
            heap[size] = (_key(v, gain, cost, by_ratio) << _S32) | (n - 1 - v)
            size += 1
    for at in range(size // 2 - 1, -1, -1):
        sift_down(heap, size, at)
    return size


@hot
def order(gain, allowed, cost, by_ratio, kept, tally, heap, state):
    """Build the heap of the allowed nodes; `state`, and what is `kept` where there is a tally, as for `greedy`."""
    floor = np.int64(-1)
    if tally is not None:
        state[1], floor = _floor(gain, allowed, kept, tally, np.int64(tally.size - 1))
    state[0] = _fill(gain, allowed, cost, by_ratio, floor, heap)
    state[5] = floor


@hot
def greedy(
    picks, goal, need, k, kept, ptr, sets, offsets, nodes, covered, gain, allowed, by_ptr, by_group, capacity,
    seed_groups, cost, by_ratio, remaining_budget, tally, heap, state, seeds, gains, most,
):  # fmt: skip
    """Choose nodes by lazy greedy coverage until there are `picks`, or they cover `goal` sets, or none is left.

    On entry `covered` and `gain` say what is covered and what each node would add, and `order` has built `heap`;
    `state` holds the heap's size, the largest gain, the number of nodes chosen and the sets they cover, so that a
    second call goes on where the first ended. Ties go to the smaller node. With `room` a node is passed over once all
    groups in its row of `by_ptr` and `by_group` are full, those without a row have no limit; of several groups the one
    with the most room takes it, and `takers` tells which (-1: none). With `cost` a node is passed over once it costs
    more than is left in `purse`, and `by_ratio` orders by gain per cost.

    With `tally`, which has room for the largest gain, only the nodes above a floor are in the heap and counted there:
    the `kept` with the largest gains, at least k, and those equal to them. Most nodes never come near. Once too few are
    left the floor is lowered; `state[5]` is where it is. Nodes that are chosen are allowed no longer then.

    With `tally`, `most` takes bounds on what any allowed nodes cover: the least, over the greedy prefixes, of the
    prefix's coverage plus the largest gains left (Tang et al. 2018). Its one entry is for k nodes; of several, entry j
    is for j + 1 nodes. Turned about, that says how many nodes are needed at least to cover `need` sets: `state[4]`
    takes it.
    """
    n = gain.size
    size = state[0]
    top = state[1]
    pick = state[2]
    total = state[3]
    floor = state[5]
    if tally is not None:
        if pick == 0:
            _bound(tally, top, floor, total, k, most)  # always possible: k are above the floor
            state[4] = _fewest(tally, top, total, need)
    while pick < picks and total < goal:
        if tally is not None:
            if floor >= 0 and (size == 0 or (heap[0] >> _S32) <= floor):
                top, floor = _floor(gain, allowed, kept, tally, top)
                size = _fill(gain, allowed, cost, by_ratio, floor, heap)
        if size == 0:
            break
        v = n - 1 - np.int64(heap[0] & _LOW)
        fits = True
        group = np.int64(-1)
        if capacity is not None:
            group = _emptiest_group(v, by_ptr, by_group, capacity)
            fits = group != -2
        if cost is not None:
            fits = cost[v] <= remaining_budget[0]
        if fits:
            key = _key(v, gain, cost, by_ratio)
            if (heap[0] >> _S32) != key:
                heap[0] = (key << _S32) | (n - 1 - v)
                sift_down(heap, size, np.int64(0))
                continue
        size -= 1
        heap[0] = heap[size]
        sift_down(heap, size, np.int64(0))
        if not fits:
            continue
        if capacity is not None:
            seed_groups[pick] = group
            if group >= 0:
                capacity[group] -= 1
        if cost is not None:
            remaining_budget[0] -= cost[v]
        seeds[pick] = v
        gains[pick] = gain[v]
        total += gain[v]
        pick += 1
        if tally is not None:
            tally[gain[v]] -= 1
            allowed[v] = False
        cover_sets(v, ptr, sets, offsets, nodes, covered, gain, allowed, tally, floor)
        if tally is not None:
            while top > 0 and tally[top] == 0:
                top -= 1
            if not _bound(tally, top, floor, total, k, most):
                top, floor = _floor(gain, allowed, kept, tally, top)
                size = _fill(gain, allowed, cost, by_ratio, floor, heap)
                _bound(tally, top, floor, total, k, most)
            if need > 0:
                state[4] = max(state[4], _fewest(tally, top, total, need))
    state[0] = size
    state[1] = top
    state[2] = pick
    state[3] = total
    state[5] = floor


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


@hot
def count_first(nodes, offsets, first, last, rank, count):
    """Count the sets first to last by the least rank among their nodes; rank 0 is that of nodes with none."""
    none = count.size
    for i in range(first, last):
        least = none
        for e in range(offsets[i], offsets[i + 1]):
            r = rank[nodes[e]]
            if r > 0:
                least = min(least, np.int64(r))
        if least < none:
            count[least] += 1
