"""The choice of `imax.kernels.residual.choose_rounds` in steps, where the RR sets are in other processes.

The caller has the pairs in heaps and an upper bound on the value of every node. It proposes steps: for each of the
next groups the node that it will probably choose, and the nodes whose values show whether it does. The processes with
the sets add up the weights of the wanted nodes, and lower the weights of the sets of the proposed node, step after
step. The caller adds up their numbers and follows its choice as long as the proposals are right. The other steps are
taken back.

================= ======= =========== ===========================================================================
array             dtype   shape       meaning
================= ======= =========== ===========================================================================
weights, pairs, heaps                 as in `imax.kernels.residual`; the caller has no stored sets: ``weights.value`` of
                                      a node is its value or larger
degree            float64 (n,)        number of stored sets that hold each node
turn              int64   (2,)        the next group of the round, and the number of choices so far
steps.group       int32   (n_steps,)  written: group of each step
steps.place       int64   (n_steps,)  written: place in `pairs.nodes` of the proposed pair
steps.node        int32   (n_steps,)  written: its node
steps.factor      float64 (n_steps,)  written: one minus its acceptance probability with the discount
steps.ptr         int64   (n_steps+2,) written: wanted nodes of step s are at ``ptr[s]`` to ``ptr[s + 1]`` of `wanted`
steps.wanted      int32   (space,)    written: nodes whose values are wanted before each step, and after the last one
steps.sums        float64 (space,)    sum of the stored weights of each wanted node
steps.left        float64 (n_steps,)  sum of the stored weights of the proposed node after the step
steps.drop        float64 (n,)        scratch: ones; factor by which the steps before probably lower each value
steps.stamp       int64   (n,)        scratch: number of the last search that found the node
groups, places, gains, scores         written: as in `choose_rounds`
ptr, sets, stored                     inverted index and weights of the sets in one process
changed           int32   (n_entries,) written: sets of the proposed nodes, step after step
before            float64 (n_entries,) written: their weights before the step
================= ======= =========== ===========================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .residual import drop_top, lowered, renew_top
from .stream import as_index

__all__ = ["Steps", "find_stale", "follow", "propose", "take_back", "take_steps"]

_CLOSE = 0.9  # a pair is close to the proposed one if its score may be above this share of that one's


class Steps(NamedTuple):
    """Proposed choices, and what the processes with the sets answer."""

    group: NDArray[np.int32]
    place: NDArray[np.int64]
    node: NDArray[np.int32]
    factor: NDArray[np.float64]
    ptr: NDArray[np.int64]
    wanted: NDArray[np.int32]
    sums: NDArray[np.float64]
    left: NDArray[np.float64]
    drop: NDArray[np.float64]
    stamp: NDArray[np.int64]


@helper
def _score(at, g, value, pairs):
    """Return the score of the pair at a place for a value of its node."""
    return pairs.accept[at] * (pairs.fixed[g] + pairs.scale[g] * value)


@helper
def _renew(g, weights, pairs, heaps):
    """Lower the keys at the top of a heap until the key on top belongs to the value of its node; return the size."""
    begin = pairs.ptr[g]
    key = heaps.key[begin : pairs.ptr[g + 1]]
    heap = heaps.place[begin : pairs.ptr[g + 1]]
    size = heaps.size[g]
    while size > 0:
        j = heap[0]
        now = _score(begin + j, g, weights.value[pairs.nodes[begin + j]], pairs)
        if now == key[j]:
            break
        size = renew_top(heap, key, size, now)
    heaps.size[g] = size
    return size


@hot
def propose(n_near, max_entries, discount, weights, pairs, heaps, degree, turn, steps):
    """Propose a step for each of the next groups with capacity left; return their number.

    Parameters
    ----------
    n_near : int
        Entries at the top of a heap that are looked at.
    max_entries : float
        Steps end before the proposed nodes are in more stored sets than this, counted again for each step.
    discount : float
        Factor on the acceptance probabilities.
    """
    n_steps = 0
    size_wanted = 0
    entries = 0.0
    steps.ptr[0] = 0
    for g in range(turn[0], pairs.left.size):
        if n_steps == steps.group.size or size_wanted + n_near > steps.wanted.size:
            break
        if pairs.left[g] == 0:
            continue
        size = _renew(g, weights, pairs, heaps)
        if size == 0:
            continue
        begin = pairs.ptr[g]
        best = -1.0
        chosen = np.int64(-1)
        for i in range(min(n_near, size)):
            at = begin + heaps.place[begin + i]
            v = pairs.nodes[at]
            score = _score(at, g, weights.value[v] * steps.drop[v], pairs)
            if score > best or (score == best and at < chosen):
                best = score
                chosen = at
        node = pairs.nodes[chosen]
        entries += degree[node]
        if n_steps > 0 and entries > max_entries:
            break
        for i in range(min(n_near, size)):
            at = begin + heaps.place[begin + i]
            v = pairs.nodes[at]
            if at == chosen or _score(at, g, weights.value[v], pairs) >= _CLOSE * best:
                steps.wanted[size_wanted] = v
                size_wanted += 1
        steps.group[n_steps] = g
        steps.place[n_steps] = chosen
        steps.node[n_steps] = node
        steps.factor[n_steps] = 1.0 - pairs.accept[chosen] * discount
        steps.drop[node] *= steps.factor[n_steps]
        n_steps += 1
        steps.ptr[n_steps] = size_wanted
    for s in range(n_steps):
        steps.drop[steps.node[s]] = 1.0
    steps.ptr[n_steps + 1] = size_wanted
    return n_steps


@hot
def find_stale(first, n_groups, n_near, clock, mark, n_steps, weights, pairs, heaps, steps):
    """Want the values of nodes at the top of the heaps of the next groups, after proposed steps; return their number.

    Parameters
    ----------
    first : int
        The first of the groups.
    n_groups : int
        Groups that are looked at, of those that can choose.
    n_near : int
        How many nodes at the top of each heap are wanted.
    clock : int
        Number of the last choice. A heap is passed over if the value on its top was computed after this choice.
    mark : int
        A number that no search before had.
    n_steps : int
    """
    at = steps.ptr[n_steps]
    seen = 0
    for g in range(first, pairs.left.size):
        if seen == n_groups or at + n_near > steps.wanted.size:
            break
        size = _renew(g, weights, pairs, heaps) if pairs.left[g] > 0 else 0
        if size == 0:
            continue
        seen += 1
        begin = pairs.ptr[g]
        if weights.fresh[pairs.nodes[begin + heaps.place[begin]]] == clock:
            continue
        for i in range(min(n_near, size)):
            v = pairs.nodes[begin + heaps.place[begin + i]]
            if weights.fresh[v] != clock and steps.stamp[v] != mark:
                steps.stamp[v] = mark
                steps.wanted[at] = v
                at += 1
    steps.ptr[n_steps + 1] = at
    return at - steps.ptr[n_steps]


@helper
def _learn(first, last, weights, steps):
    """Set the values of wanted nodes."""
    for e in range(first, last):
        v = steps.wanted[e]
        weights.value[v] = weights.alone[v] + steps.sums[e]
        weights.fresh[v] = weights.clock[0]


@hot
def follow(n_steps, discount, weights, pairs, heaps, turn, steps, groups, places, gains, scores):
    """Make the choices that the answers to proposed steps settle; return the number of steps that were right.

    After a step that was not right, the values of its wanted nodes are known.
    """
    for s in range(n_steps):
        g = steps.group[s]
        turn[0] = g
        _learn(steps.ptr[s], steps.ptr[s + 1], weights, steps)
        size = _renew(g, weights, pairs, heaps)
        if size == 0:
            return s
        begin = pairs.ptr[g]
        at = begin + heaps.place[begin]
        v = pairs.nodes[at]
        if at != steps.place[s] or weights.fresh[v] != weights.clock[0]:
            return s
        value = weights.value[v]
        weights.alone[v] = lowered(weights.alone[v], steps.factor[s], weights.power[0])
        weights.value[v] = weights.alone[v] + steps.left[s]
        weights.clock[0] += 1
        weights.fresh[v] = weights.clock[0]
        n = turn[1]
        groups[n], places[n] = g, at
        gains[n] = pairs.accept[at] * discount * value
        scores[n] = _score(at, g, value, pairs) * discount
        turn[1] = n + 1
        turn[0] = g + 1
        pairs.left[g] -= 1
        end = pairs.ptr[g + 1]
        heaps.size[g] = drop_top(heaps.place[begin:end], heaps.key[begin:end], size)
    _learn(steps.ptr[n_steps], steps.ptr[n_steps + 1], weights, steps)
    return n_steps


@helper
def _add_up(first, last, steps, ptr, sets, stored):
    """Add up the weights of wanted nodes."""
    for e in range(first, last):
        w = steps.wanted[e]
        total = 0.0
        for part in range(ptr.shape[0]):
            for q in range(ptr[part, w], ptr[part, w + 1]):
                total += stored[as_index(sets[q])]
        steps.sums[e] = total


@hot
def take_steps(steps, ptr, sets, stored, power, changed, before):
    """Add up the weights of the wanted nodes and lower those of the sets of the proposed nodes, step after step."""
    n = 0
    for s in range(steps.node.size):
        _add_up(steps.ptr[s], steps.ptr[s + 1], steps, ptr, sets, stored)
        v = steps.node[s]
        left = 0.0
        for part in range(ptr.shape[0]):
            for q in range(ptr[part, v], ptr[part, v + 1]):
                i = as_index(sets[q])
                whole = stored[i]
                changed[n] = sets[q]
                before[n] = whole
                n += 1
                after = lowered(whole, steps.factor[s], power)
                stored[i] = after
                left += after
        steps.left[s] = left
    _add_up(steps.ptr[steps.node.size], steps.ptr[steps.node.size + 1], steps, ptr, sets, stored)


@hot
def take_back(changed, before, stored):
    """Set the weights of the sets of one step back to what they were before it."""
    for n in range(changed.size):
        stored[as_index(changed[n])] = before[n]
