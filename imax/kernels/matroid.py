"""Groups with capacities: which group may take which node, lazy heaps for each group, and bounds on gains.

=================== ===== =============== ============================================================================
array               dtype shape           meaning
=================== ===== =============== ============================================================================
in_ptr, in_idx      int64, int32          in-neighbors of node v are ``in_idx[in_ptr[v]:in_ptr[v + 1]]``
active              bool  (n,)            nodes that invite others
number              int32 (n,)            group number of each active node
counts              int64 (n,)            written: number of groups that may take each node
by_ptr              int64 (n + 1,)        groups of node v are at ``by_ptr[v]`` to ``by_ptr[v + 1]`` of `by_group`
by_group            int32 (n_pairs,)      groups that may take each node
members.ptr         int64 (n_groups + 1,) nodes of group g are at ``ptr[g]`` to ``ptr[g + 1]`` of `members.nodes`
members.nodes       int32 (n_pairs,)      nodes that each group may take
members.capacity    int64 (n_groups,)     how many (more) nodes each group can take
gain                int32 (n,)            sets not yet covered that hold the node
heap                int64 (n_pairs,)      gain << 32 | n - 1 - node, of the nodes of group g from ``members.ptr[g]`` on,
                                          the largest on top; a gain in the heap may be too large
size                int64 (n_groups,)     number of entries in each group's heap, or of each group's seeds
threshold           int64 (n_groups,)     written: gain of the last node that the group on its own would take
smallest            int64 (max_capacity,) scratch: heap with the smallest entry on top
set_ptr, sets       int64, int32          inverted index of one part: sets that hold node v are at ``set_ptr[v]`` to
                                          ``set_ptr[v + 1]`` of `sets`
index                                     inverted index, see `imax.kernels.inverted_index`
stamp               int32 (n_sets,)       last group that covered each set; for `fill_up` (n,), last group that took it
places              int64 (n_groups,)     where each group writes its seeds, or (n_groups + 1,) where its seeds begin
pair                int64 (n,)            scratch: place of each node among the members of a group, -1 for no member
lowered             int32 (n_pairs,)      written: by how much the gain of each member becomes smaller
covered             int64 (n_groups,)     written: sets that the seeds of each group cover; elsewhere bool (n_sets,), RR
                                          sets that are covered already
seeds, gains        int32, int64          written: chosen nodes, and the sets that each of them covers first
seed_groups         int32                 written: group of each seed
turn                int64 (2,)            changed: the group whose turn is next, and the number of seeds so far
nodes, counts       int32                 nodes whose gains become smaller, and by how much
=================== ===== =============== ============================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import hot
from .heaps import keep_largest, sift_down
from .inverted_index import cover_sets
from .stream import as_index

__all__ = [
    "Members",
    "choose_locally",
    "count_members",
    "cover_locally",
    "excess",
    "fill_members",
    "fill_up",
    "first_fit",
    "lower_locally",
    "refresh",
    "round_robin",
    "subtract_gains",
]

_LOW = np.int64(0xFFFFFFFF)
_S32 = np.int64(32)


class Members(NamedTuple):
    """The nodes that each group may take, and how many."""

    ptr: NDArray[np.int64]
    nodes: NDArray[np.int32]
    capacity: NDArray[np.int64]


@hot
def count_members(in_ptr, in_idx, active, first, last, counts):
    """Count the active in-neighbors of each node from first to last that is not active itself."""
    for v in range(first, last):
        found = 0
        if not active[v]:
            for a in range(in_ptr[v], in_ptr[v + 1]):
                found += np.int64(active[in_idx[a]])
        counts[v] = found


@hot
def fill_members(in_ptr, in_idx, active, number, first, last, by_ptr, by_group):
    """Write the group numbers of the in-neighbors that `count_members` counts into the rows of their targets."""
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
def first_fit(members, taken, weights):
    """Let each group in turn take its first nodes that no group has taken; return their total weight."""
    total = 0.0
    for g in range(members.capacity.size):
        left = members.capacity[g]
        for q in range(members.ptr[g], members.ptr[g + 1]):
            if left == 0:
                break
            v = members.nodes[q]
            if not taken[v]:
                taken[v] = True
                total += 1.0 if weights is None else weights[v]
                left -= 1
    return total


@hot
def refresh(first, last, members, gain, heap, size, smallest, threshold):
    """Bring the heaps of groups first to last up to date, and write their thresholds.

    The threshold of a group of capacity c is its c-th largest gain, or 0 if it has fewer nodes with a positive gain. A
    `size` of -1 says that the heap is not built yet.
    """
    n = gain.size
    for g in range(first, last):
        begin = members.ptr[g]
        count = size[g]
        kept = np.int64(0)
        k = members.capacity[g]
        for q in range(begin, members.ptr[g + 1] if count < 0 else begin + count):
            v = np.int64(members.nodes[q]) if count < 0 else n - 1 - (heap[q] & _LOW)
            now = np.int64(gain[v])
            if now <= 0:
                continue
            heap[begin + kept] = (now << _S32) | (n - 1 - v)
            keep_largest(smallest, min(kept, k), k, now)
            kept += 1
        threshold[g] = smallest[0] if kept >= k else 0
        size[g] = kept
        own = heap[begin : begin + kept]
        for at in range(kept // 2 - 1, -1, -1):
            sift_down(own, kept, at)


@hot
def excess(first, last, by_ptr, by_group, allowed, gain, threshold):
    """Return two sums over the allowed nodes first to last: of gains, and of gains above the lowest threshold.

    The lowest threshold is that among the node's groups, 0 if the node is in no group.
    """
    whole = np.int64(0)
    above = np.int64(0)
    for v in range(first, last):
        now = np.int64(gain[v])
        if now == 0 or not allowed[v]:
            continue
        low = now
        for q in range(by_ptr[v], by_ptr[v + 1]):
            low = min(low, threshold[by_group[q]])
        whole += now
        above += now - low
    return whole, above


@hot
def round_robin(n_seeds, turn, members, heap, size, index, covered, gain, seed_groups, seeds, gains):
    """Let each group with capacity left, from group ``turn[0]`` on, take its node of the largest positive gain.

    Stop after the last group, or when there are `n_seeds` seeds. Ties go to the smaller node.
    """
    n = gain.size
    at = turn[1]
    while turn[0] < members.capacity.size and at < n_seeds:
        g = turn[0]
        turn[0] += 1
        if members.capacity[g] == 0:
            continue
        begin = members.ptr[g]
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
            members.capacity[g] -= 1
            count -= 1
            own[0] = own[count]
            sift_down(own, count, np.int64(0))
            cover_sets(v, index, covered, gain, None, None, 0)
        size[g] = count
    turn[1] = at


@hot
def subtract_gains(nodes, counts, gain):
    """Lower the gains of nodes, if the RR sets that a chosen node covers are elsewhere."""
    for j in range(nodes.size):
        gain[nodes[j]] -= counts[j]


@hot
def choose_locally(first, last, members, set_ptr, sets, stamp, heap, places, seeds, gains, size):
    """Let each group from first to last choose greedily as if it were alone, as many nodes as it can take.

    Group g writes its seeds from ``places[g]`` on and their number to ``size[g]``. At first `stamp` is below all group
    numbers. Gains are counted anew when they are on top, as in CELF. Nodes that add nothing are chosen last.
    """
    n = set_ptr.size - 1
    for g in range(first, last):
        begin = members.ptr[g]
        count = members.ptr[g + 1] - begin
        own = heap[begin : begin + count]
        for q in range(count):
            v = np.int64(members.nodes[begin + q])
            own[q] = ((set_ptr[v + 1] - set_ptr[v]) << _S32) | (n - 1 - v)
        for at in range(count // 2 - 1, -1, -1):
            sift_down(own, count, at)
        at = places[g]
        end = at + min(members.capacity[g], count)
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
def cover_locally(first, last, places, seeds, index, stamp, covered):
    """Count the sets that the seeds of each group from first to last cover on their own.

    Those of group g are at ``places[g]`` to ``places[g + 1]``. `stamp` is below all group numbers at first.
    """
    ptr = index.ptr
    for g in range(first, last):
        count = 0
        for at in range(places[g], places[g + 1]):
            v = np.int64(seeds[at])
            for part in range(ptr.shape[0]):
                for q in range(ptr[part, v], ptr[part, v + 1]):
                    i = as_index(index.sets[q])
                    count += np.int64(stamp[i] != g)
                    stamp[i] = g
        covered[g] = count


@hot
def lower_locally(first, last, members, places, seeds, index, covered, stamp, pair, lowered):
    """Write by how much the last seed of each group from first to last lowers the gains of the group's nodes.

    The seeds of group g are at ``places[g]`` to ``places[g + 1]``. `stamp` is below all group numbers at first, and
    `pair` is -1; `lowered` is 0.
    """
    ptr = index.ptr
    offsets = index.offsets
    for g in range(first, last):
        begin = members.ptr[g]
        end = members.ptr[g + 1]
        for q in range(begin, end):
            pair[members.nodes[q]] = q
        newest = places[g + 1] - 1
        for at in range(places[g], newest + 1):
            v = np.int64(seeds[at])
            for part in range(ptr.shape[0]):
                for q in range(ptr[part, v], ptr[part, v + 1]):
                    i = as_index(index.sets[q])
                    if stamp[i] == g or covered[i]:
                        continue
                    stamp[i] = g
                    if at < newest:
                        continue
                    for e in range(offsets[i], offsets[i + 1]):
                        p = pair[as_index(index.nodes[e])]
                        if p >= 0:
                            lowered[p] += 1
        for q in range(begin, end):
            pair[members.nodes[q]] = -1


@hot
def fill_up(members, own_ptr, own, invited, again, stamp, seed_groups, seeds):
    """Let each group take its first nodes that no group has taken, as many as it can; return how many these are.

    With `again` groups that have capacity left then take nodes that other groups have taken. Row g of `own_ptr` and
    `own` holds the nodes that group g has taken already. `invited` marks the nodes that any group has taken. `stamp` is
    below all group numbers at first.
    """
    at = np.int64(0)
    for g in range(members.capacity.size):
        left = members.capacity[g]
        if left == 0:
            continue
        for q in range(own_ptr[g], own_ptr[g + 1]):
            stamp[own[q]] = g
        for turn in range(2 if again else 1):
            for q in range(members.ptr[g], members.ptr[g + 1]):
                v = members.nodes[q]
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
