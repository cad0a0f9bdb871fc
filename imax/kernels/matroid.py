"""Groups that each may take so many of their nodes: who may take whom, lazy heaps per group, and the bound on gains.

Row g of `ptr` and `nodes` has the nodes of group g; row v of `by_ptr` and `by_group` the groups that may take node v.
The heap of a group stands where its row stands, and holds its nodes with a gain above 0.
"""

import numpy as np

from ._jit import helper, hot
from .coverage import cover_sets, sift_down

__all__ = [
    "choose_locally",
    "count_members",
    "cover_locally",
    "excess",
    "fill_members",
    "fill_up",
    "first_fit",
    "refresh",
    "round_robin",
    "sift_small",
]

_LOW = np.int64(0xFFFFFFFF)
_S32 = np.int64(32)


@hot
def count_members(in_ptr, in_idx, active, first, last, counts):
    """Count the active in-neighbours of each node from first to last that is not active itself."""
    for v in range(first, last):
        found = 0
        if not active[v]:
            for a in range(in_ptr[v], in_ptr[v + 1]):
                found += np.int64(active[in_idx[a]])
        counts[v] = found


@hot
def fill_members(in_ptr, in_idx, active, number, first, last, by_ptr, by_group):
    """Write the numbers of those in-neighbours into the rows of their targets."""
    for v in range(first, last):
        at = by_ptr[v]
        if by_ptr[v + 1] == at:
            continue
        for a in range(in_ptr[v], in_ptr[v + 1]):
            u = in_idx[a]
            if active[u]:
                by_group[at] = number[u]
                at += 1


@hot
def first_fit(ptr, nodes, capacity, taken, worth):
    """Let each group in turn take its first nodes that none has taken; return what these are worth together."""
    total = 0.0
    for g in range(capacity.size):
        left = capacity[g]
        for q in range(ptr[g], ptr[g + 1]):
            if left == 0:
                break
            v = nodes[q]
            if not taken[v]:
                taken[v] = True
                total += 1.0 if worth is None else worth[v]
                left -= 1
    return total


@helper
def sift_small(small, size, at):
    """Restore a heap whose least entry is on top."""
    item = small[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and small[child + 1] < small[child]:
            child += 1
        if small[child] >= item:
            break
        small[at] = small[child]
        at = child
    small[at] = item


@hot
def refresh(first, last, n, ptr, nodes, capacity, gain, heap, size, small, least):
    """Bring the heaps of groups first to last up to date; `least` takes the gain of each one's last node that has room.

    That is the largest gain but ``room - 1``, or 0 where there are not so many. A `size` of -1 says that the heap is
    not yet built. `small` has space for the largest room.
    """
    for g in range(first, last):
        begin = ptr[g]
        count = size[g]
        kept = np.int64(0)
        k = capacity[g]
        for q in range(begin, ptr[g + 1] if count < 0 else begin + count):
            v = np.int64(nodes[q]) if count < 0 else n - 1 - (heap[q] & _LOW)
            now = np.int64(gain[v])
            if now <= 0:
                continue
            heap[begin + kept] = (now << _S32) | (n - 1 - v)
            if kept < k:
                small[kept] = now
                kept += 1
                if kept == k:
                    for at in range(k // 2 - 1, -1, -1):
                        sift_small(small, k, at)
                continue
            kept += 1
            if now > small[0]:
                small[0] = now
                sift_small(small, k, np.int64(0))
        least[g] = small[0] if kept >= k else 0
        size[g] = kept
        own = heap[begin : begin + kept]
        for at in range(kept // 2 - 1, -1, -1):
            sift_down(own, kept, at)


@hot
def excess(first, last, by_ptr, by_group, allowed, gain, least):
    """Return the sum, over nodes first to last, of gains, and of what they exceed their groups' smallest `least` by."""
    whole = np.int64(0)
    above = np.int64(0)
    for v in range(first, last):
        now = np.int64(gain[v])
        if now == 0 or not allowed[v]:
            continue
        low = now
        for q in range(by_ptr[v], by_ptr[v + 1]):
            low = min(low, least[by_group[q]])
        whole += now
        above += now - low
    return whole, above


@hot
def round_robin(
    n, ptr, heap, size, capacity, set_ptr, sets, offsets, members, covered, gain, seed_groups, seeds, gains, at
):
    """Let each group with room take its node of the largest gain, if that is not 0; return the picks so far.

    Ties go to the smaller node. `set_ptr` and `sets` are the index of the RR sets, `offsets` and `members` these.
    """
    for g in range(capacity.size):
        if capacity[g] == 0:
            continue
        begin = ptr[g]
        count = size[g]
        own = heap[begin : begin + count]
        while count > 0:
            v = n - 1 - (own[0] & _LOW)
            now = np.int64(gain[v])
            if (own[0] >> _S32) == now:
                break
            if now == 0:
                count -= 1
                own[0] = own[count]
            else:
                own[0] = (now << _S32) | (n - 1 - v)
            sift_down(own, count, np.int64(0))
        if count > 0:
            v = n - 1 - (own[0] & _LOW)
            seed_groups[at] = g
            seeds[at] = v
            gains[at] = gain[v]
            at += 1
            capacity[g] -= 1
            count -= 1
            own[0] = own[count]
            sift_down(own, count, np.int64(0))
            cover_sets(v, set_ptr, sets, offsets, members, covered, gain, None, None, 0)
        size[g] = count
    return at


@hot
def choose_locally(first, last, n, ptr, nodes, capacity, set_ptr, sets, stamp, heap, places, seeds, gains, size):
    """Let each group from first to last choose greedily as if it were alone, at most as many nodes as it has room for.

    Group g writes its choice from ``places[g]`` on and its number to ``size[g]``. Sets that it has covered bear its
    number in `stamp`, which starts below all numbers; gains are counted anew where they lead, as in CELF. Nodes that
    add nothing are chosen last.
    """
    for g in range(first, last):
        begin = ptr[g]
        count = ptr[g + 1] - begin
        own = heap[begin : begin + count]
        for q in range(count):
            v = np.int64(nodes[begin + q])
            own[q] = ((set_ptr[v + 1] - set_ptr[v]) << _S32) | (n - 1 - v)
        for at in range(count // 2 - 1, -1, -1):
            sift_down(own, count, at)
        at = places[g]
        end = at + min(capacity[g], count)
        while at < end:
            v = n - 1 - (own[0] & _LOW)
            now = np.int64(0)
            for q in range(set_ptr[v], set_ptr[v + 1]):
                now += np.int64(stamp[sets[q]] != g)
            if (own[0] >> _S32) != now:
                own[0] = (now << _S32) | (n - 1 - v)
                sift_down(own, count, np.int64(0))
                continue
            for q in range(set_ptr[v], set_ptr[v + 1]):
                stamp[sets[q]] = g
            seeds[at] = v
            gains[at] = now
            at += 1
            count -= 1
            own[0] = own[count]
            sift_down(own, count, np.int64(0))
        size[g] = at - places[g]


@hot
def cover_locally(first, last, places, size, seeds, set_ptr, sets, stamp, covered):
    """Count the sets that the choice of each group from first to last covers by itself; `stamp` as above."""
    for g in range(first, last):
        count = 0
        for at in range(places[g], places[g] + size[g]):
            v = np.int64(seeds[at])
            for q in range(set_ptr[v], set_ptr[v + 1]):
                i = sets[q]
                count += np.int64(stamp[i] != g)
                stamp[i] = g
        covered[g] = count


@hot
def fill_up(ptr, nodes, capacity, own_ptr, own, invited, again, stamp, seed_groups, seeds):
    """Let each group take its first nodes that none has taken until its room is used; return how many these are.

    With `again` those that others have taken come after. Row g of `own_ptr` and `own` has what group g has taken
    already; `room` is what is left. `invited` marks what any has taken, `stamp` starts below all groups' numbers.
    """
    at = np.int64(0)
    for g in range(capacity.size):
        left = capacity[g]
        if left == 0:
            continue
        for q in range(own_ptr[g], own_ptr[g + 1]):
            stamp[own[q]] = g
        for turn in range(2 if again else 1):
            for q in range(ptr[g], ptr[g + 1]):
                v = nodes[q]
                if left == 0:
                    break
                if stamp[v] == g or (turn == 0 and invited[v]):
                    continue
                stamp[v] = g
                invited[v] = True
                seed_groups[at] = g
                seeds[at] = v
                at += 1
                left -= 1
    return at
