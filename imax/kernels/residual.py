"""Greedy choice of pairs of a group and a node that accepts with a probability, on the residual weights of RR sets.

The residual weight of an RR set is the probability that no invited node in it has accepted: the product of one minus
the acceptance probability over the chosen pairs whose node is in the set. After each choice it is rounded to a whole
multiple of a unit, 2**-52 times a power of 2 above the number of sets. All sums of weights are below 2**53 units, so
float64 numbers hold them exactly: they do not depend on the order in which the sets are added, nor on the process that
adds them.

=============== ======= ============= ==============================================================================
array           dtype   shape         meaning
=============== ======= ============= ==============================================================================
ptr, sets       int64,  int32         inverted index: sets that hold node v are at ``ptr[part, v]`` to
                                      ``ptr[part, v + 1]`` of `sets`, part after part
weights.stored  float64 (n_sets,)     residual weight of each stored set
weights.alone   float64 (n,)          sum of the residual weights of the sets that hold a node alone
weights.value   float64 (n,)          sum of the residual weights of all sets that hold a node; may be too large
weights.fresh   int64   (n,)          number of the choice after which `value` was computed
weights.seen    float64 (n,)          `gone` when `value` was computed
weights.clock   int64   (1,)          number of choices so far
weights.gone    float64 (1,)          by how much all choices lowered the sum of the weights
weights.power   float64 (1,)          a power of 2 above the number of sets, or 0: weights are not rounded
pairs.ptr       int64   (n_groups+1,) pairs of group g are at ``ptr[g]`` to ``ptr[g + 1]``
pairs.nodes     int32   (n_pairs,)    node of each pair
pairs.accept    float64 (n_pairs,)    acceptance probability of each pair
pairs.fixed     float64 (n_groups,)   score of a pair: `accept` * (`fixed` + `scale` * `value`)
pairs.scale     float64 (n_groups,)
pairs.left      int64   (n_groups,)   how many more nodes each group can take
heaps.key       float64 (n_pairs,)    last known score of each pair
heaps.place     int32   (n_pairs,)    the heap of group g from ``pairs.ptr[g]`` on: places in its row, the largest score
                                      on top
heaps.size      int64   (n_groups,)   number of entries of each heap
discount        float64 (n_rounds,)   factor on the acceptance probabilities of each round
groups, places  int32,  int64         written: group and place in `pairs.nodes` of each chosen pair
gains, scores   float64               written: gain of each pair in residual weight, and its score
nodes, factor   int32,  float64       nodes whose sets are multiplied by a factor
thresholds      float64 (n_groups,)   written: value of the last pair that the group on its own would take
smallest        float64 (capacity,)   scratch: heap with the smallest entry on top
by_ptr, by_pair int64,  int64         pairs of node v are at ``by_ptr[v]`` to ``by_ptr[v + 1]`` of `by_pair`
group           int32   (n_pairs,)    group of each pair
survival        float64 (n,)          probability that no invitation of the node is accepted
offsets, set_nodes int64, int32       RR sets: nodes of set i are at ``offsets[i]`` to ``offsets[i + 1]``
=============== ======= ============= ==============================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .heaps import keep_largest
from .stream import as_index

__all__ = [
    "MIN_FACTOR",
    "Heaps",
    "Pairs",
    "Weights",
    "build_heaps",
    "choose_rounds",
    "drop_top",
    "evaluate",
    "excess",
    "lowered",
    "multiply",
    "put_back",
    "renew_top",
    "sum_accepted",
    "thresholds_of",
    "update_values",
    "value_of",
]

_SLACK = 1e-6  # more than the rounding errors of sums of weights
MIN_FACTOR = 2.0**-40  # of a certain acceptance that `multiply` can take back: a power of 2, so that this is exact


class Weights(NamedTuple):
    """What is left of the RR sets, and of the nodes' shares in them."""

    stored: NDArray[np.float64]
    alone: NDArray[np.float64]
    value: NDArray[np.float64]
    fresh: NDArray[np.int64]
    seen: NDArray[np.float64]
    clock: NDArray[np.int64]
    gone: NDArray[np.float64]
    power: NDArray[np.float64]


class Pairs(NamedTuple):
    """The nodes that each group may take, with acceptance probabilities."""

    ptr: NDArray[np.int64]
    nodes: NDArray[np.int32]
    accept: NDArray[np.float64]
    fixed: NDArray[np.float64]
    scale: NDArray[np.float64]
    left: NDArray[np.int64]


class Heaps(NamedTuple):
    """The pairs of each group by score, kept lazily."""

    key: NDArray[np.float64]
    place: NDArray[np.int32]
    size: NDArray[np.int64]


@helper
def value_of(v, ptr, sets, weights):
    """Return the residual weight of all sets that hold node `v`."""
    total = weights.alone[v]
    for part in range(ptr.shape[0]):
        for q in range(ptr[part, v], ptr[part, v + 1]):
            total += weights.stored[as_index(sets[q])]
    return total


@helper
def lowered(weight, factor, power):
    """Return a weight times a factor, rounded to a whole multiple of 2**-52 times `power`; 0 rounds nothing.

    The sum of `power` and a number below it is between `power` and its double, where the distance of float64 numbers is
    2**-52 times `power`.
    """
    return (weight * factor + power) - power


@helper
def sift(heap, key, size, at):
    """Restore a heap of places by key, the largest on top, where only the entry at `at` may be out of order.

    Of equal keys, the smaller place is above.
    """
    item = heap[at]
    own = key[item]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        p = heap[child]
        k = key[p]
        if child + 1 < size:
            other = heap[child + 1]
            if key[other] > k or (key[other] == k and other < p):
                child += 1
                p = other
                k = key[p]
        if k < own or (k == own and p > item):
            break
        heap[at] = p
        at = child
    heap[at] = item


@helper
def drop_top(heap, key, size):
    """Remove the entry at the top of a heap; return the size."""
    heap[0] = heap[size - 1]
    sift(heap, key, size - 1, 0)
    return size - 1


@helper
def renew_top(heap, key, size, now):
    """Give the entry at the top of a heap a lower key, or remove it if the key is not positive; return the size."""
    key[heap[0]] = now
    if now <= 0.0:
        return drop_top(heap, key, size)
    sift(heap, key, size, 0)
    return size


@hot
def update_values(first, last, ptr, sets, weights):
    """Compute the values of the nodes first to last."""
    for v in range(first, last):
        weights.value[v] = value_of(v, ptr, sets, weights)
        weights.fresh[v] = weights.clock[0]
        weights.seen[v] = weights.gone[0]


@hot
def evaluate(nodes, ptr, sets, weights):
    """Compute the values of some nodes."""
    for j in range(nodes.size):
        v = nodes[j]
        weights.value[v] = value_of(v, ptr, sets, weights)
        weights.fresh[v] = weights.clock[0]
        weights.seen[v] = weights.gone[0]


@hot
def build_heaps(first, last, pairs, weights, heaps):
    """Build the heaps of the groups first to last from the pairs with a positive score."""
    for g in range(first, last):
        begin = pairs.ptr[g]
        n = pairs.ptr[g + 1] - begin
        key = heaps.key[begin : begin + n]
        heap = heaps.place[begin : begin + n]
        size = 0
        for j in range(n):
            v = pairs.nodes[begin + j]
            key[j] = pairs.accept[begin + j] * (pairs.fixed[g] + pairs.scale[g] * weights.value[v])
            if key[j] > 0.0:
                heap[size] = j
                size += 1
        for at in range(size // 2 - 1, -1, -1):
            sift(heap, key, size, at)
        heaps.size[g] = size


@hot
def choose_rounds(first, last, discount, ptr, sets, weights, pairs, heaps, groups, places, gains, scores, at):
    """Let each group with capacity left take its pair of the largest positive score, in rounds first to last.

    Return the number of choices so far; `at` is that number before. Rounds end if no group has chosen. Ties go to the
    smaller node. Without rounding, a factor below `MIN_FACTOR` counts as `MIN_FACTOR`, so that it can be taken back.
    """
    power = weights.power[0]
    smallest = 0.0 if power > 0.0 else MIN_FACTOR
    for r in range(first, last):
        before = at
        for g in range(pairs.left.size):
            if pairs.left[g] == 0:
                continue
            begin = pairs.ptr[g]
            end = pairs.ptr[g + 1]
            key = heaps.key[begin:end]
            heap = heaps.place[begin:end]
            size = heaps.size[g]
            while size > 0:
                j = heap[0]
                v = pairs.nodes[begin + j]
                now = pairs.accept[begin + j] * (pairs.fixed[g] + pairs.scale[g] * weights.value[v])
                if now == key[j]:
                    if weights.fresh[v] == weights.clock[0]:
                        break
                    # choices since then took at most what all of them gained
                    low = max(weights.value[v] - (weights.gone[0] - weights.seen[v]) - _SLACK, 0.0)
                    low = pairs.accept[begin + j] * (pairs.fixed[g] + pairs.scale[g] * low)
                    other = key[heap[1]] if size > 1 else 0.0
                    if size > 2:
                        other = max(other, key[heap[2]])
                    if low > other:
                        break
                    weights.value[v] = value_of(v, ptr, sets, weights)
                    weights.fresh[v] = weights.clock[0]
                    weights.seen[v] = weights.gone[0]
                    now = pairs.accept[begin + j] * (pairs.fixed[g] + pairs.scale[g] * weights.value[v])
                    if now == key[j]:
                        break
                size = renew_top(heap, key, size, now)
            if size > 0:
                j = heap[0]
                v = pairs.nodes[begin + j]
                accept = pairs.accept[begin + j] * discount[r]
                factor = max(1.0 - accept, smallest)
                value = weights.alone[v]
                left = lowered(value, factor, power)
                weights.alone[v] = left
                for part in range(ptr.shape[0]):
                    for q in range(ptr[part, v], ptr[part, v + 1]):
                        i = as_index(sets[q])
                        whole = weights.stored[i]
                        after = lowered(whole, factor, power)
                        value += whole
                        left += after
                        weights.stored[i] = after
                weights.gone[0] += value - left
                weights.clock[0] += 1
                weights.value[v] = left
                weights.fresh[v] = weights.clock[0]
                weights.seen[v] = weights.gone[0]
                groups[at] = g
                places[at] = begin + j
                gains[at] = accept * value
                scores[at] = pairs.accept[begin + j] * (pairs.fixed[g] + pairs.scale[g] * value) * discount[r]
                at += 1
                pairs.left[g] -= 1
                size = drop_top(heap, key, size)
            heaps.size[g] = size
        if at == before:
            break
    return at


@hot
def multiply(nodes, accept, back, ptr, sets, weights):
    """Multiply the sets of nodes by one minus the acceptance probabilities, or divide if `back`.

    Return by how much that raises the sum of the weights. A factor below `MIN_FACTOR` counts as `MIN_FACTOR`.
    """
    rise = 0.0
    for j in range(nodes.size):
        v = nodes[j]
        factor = max(1.0 - accept[j], MIN_FACTOR)
        if back:
            factor = 1.0 / factor
        rise += (factor - 1.0) * weights.alone[v]
        weights.alone[v] *= factor
        for part in range(ptr.shape[0]):
            for q in range(ptr[part, v], ptr[part, v + 1]):
                i = as_index(sets[q])
                rise += (factor - 1.0) * weights.stored[i]
                weights.stored[i] *= factor
    return rise


@hot
def put_back(nodes, ptr, sets, weights, original):
    """Copy the weights of nodes, and those of all sets that hold them, from the original weights."""
    for j in range(nodes.size):
        v = nodes[j]
        weights.alone[v] = original.alone[v]
        weights.value[v] = original.value[v]
        weights.fresh[v] = 0
        for part in range(ptr.shape[0]):
            for q in range(ptr[part, v], ptr[part, v + 1]):
                i = as_index(sets[q])
                weights.stored[i] = original.stored[i]


@hot
def thresholds_of(first, last, pairs, rank, weights, smallest, thresholds):
    """Write for each group the `rank`-th largest product of acceptance probability and value, 0 if there are fewer."""
    for g in range(first, last):
        k = rank[g]
        kept = np.int64(0)
        for q in range(pairs.ptr[g], pairs.ptr[g + 1]):
            now = pairs.accept[q] * weights.value[pairs.nodes[q]]
            if now > 0.0:
                kept = keep_largest(smallest, kept, k, now)
        thresholds[g] = smallest[0] if kept == k and k > 0 else 0.0


@hot
def excess(first, last, by_ptr, by_pair, group, pairs, weights, thresholds, sums):
    """Write for each node two bounds on what it adds: whole, and above the thresholds of its groups.

    However many groups invite a node, it adds at most its value. Invited with certainty by one group it takes one slot,
    which is worth the threshold; a probability below 1 takes proportionally more slots.
    """
    for v in range(first, last):
        value = weights.value[v]
        lowest = value
        probable = 0.0
        over = 0.0
        for q in range(by_ptr[v], by_ptr[v + 1]):
            at = by_pair[q]
            accept = pairs.accept[at]
            if accept <= 0.0:
                continue
            y = thresholds[group[at]]
            probable += accept
            over += max(accept * value - y, 0.0)
            lowest = min(lowest, y / accept)
        sums[0, v] = value * min(probable, 1.0)
        sums[1, v] = min(over, value - lowest) if probable > 0.0 else 0.0


@hot
def sum_accepted(first, last, offsets, set_nodes, survival):
    """Return the sum over the sets first to last of the probability that a node has accepted.

    One minus a number between 0 and 1 is a whole multiple of 2**-53, so the sum is exact: its unit is 2**-53, and it is
    returned in two parts, of which the first counts 2**26 times as much.
    """
    high = np.int64(0)
    low = np.int64(0)
    for i in range(first, last):
        left = 1.0
        for e in range(offsets[i], offsets[i + 1]):
            left *= survival[as_index(set_nodes[e])]
        units = np.int64((1.0 - left) * 2.0**53)
        high += units >> np.int64(26)
        low += units & np.int64(0x3FFFFFF)
    return high, low
