"""Forward cascades under the linear threshold model: a node becomes active when its active in-arcs meet its threshold.

================== ======= ========= ===============================================================================
array              dtype   shape     meaning
================== ======= ========= ===============================================================================
seeds              int32   (k,)      nodes that are active from the start
weights            float64 (n,)      weight of each node that a cascade reaches; None: 1
arcs.ptr           int64   (n + 1,)  out-arcs of node v are at ``ptr[v]`` to ``ptr[v + 1]``
arcs.idx           int32   (n_arcs,) node at each arc's end
arcs.weight        float64 (n_arcs,) LT weight of each arc; with `arcs.by_target` (n,): one for each target
arcs.max_threshold float64 (n,)      thresholds are uniform on (0, max_threshold]: 1, or the sum of the node's weights
                                     if only rounding keeps it from 1
scratch.state      int8    (n,)      `UNTOUCHED`, `TOUCHED` or `ACTIVE`; all `UNTOUCHED` between calls
scratch.missing    float64 (n,)      of touched nodes: weight that is still missing to the threshold
scratch.touched    int32   (n,)      nodes that have drawn their threshold
scratch.queue      int32   (n,)      active nodes, in order
total              float64 (count,)  written: weight of the nodes that each cascade reached
================== ======= ========= ===============================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import hot
from .stream import as_index, mix, stream, unit

__all__ = ["ROUNDING", "ThresholdArcs", "ThresholdScratch", "lt_cascades"]

UNTOUCHED, TOUCHED, ACTIVE = 0, 1, 2
ROUNDING = 1e-12  # tolerance for the rounding of float64 sums


class ThresholdArcs(NamedTuple):
    """The out-arcs of a graph with their LT weights."""

    ptr: NDArray[np.int64]
    idx: NDArray[np.int32]
    weight: NDArray[np.float64]
    by_target: bool
    max_threshold: NDArray[np.float64]


class ThresholdScratch(NamedTuple):
    """The buffers of one thread."""

    state: NDArray[np.int8]
    missing: NDArray[np.float64]
    touched: NDArray[np.int32]
    queue: NDArray[np.int32]


@hot
def lt_cascades(first, count, key, seeds, weights, arcs, max_steps, scratch, total):
    """Run LT cascades number `first` to ``first + count - 1`` of the stream `key` from the seeds.

    A cascade ends after `max_steps` steps. Nodes become active in the order of their steps: the nodes before place
    ``level_end`` of the queue are active when the current step begins.
    """
    ptr = arcs.ptr
    idx = arcs.idx
    state = scratch.state
    missing = scratch.missing
    touched = scratch.touched
    queue = scratch.queue
    for i in range(count):
        word, step = stream(key[0], key[1], np.uint64(first + i))
        tail = 0
        n_touched = 0
        for q in range(seeds.size):
            queue[tail] = seeds[q]
            state[seeds[q]] = ACTIVE
            tail += 1
        head = 0
        steps = 0
        level_end = tail
        while head < tail:
            if head == level_end:
                steps += 1
                level_end = tail
            if steps >= max_steps:
                break
            v = as_index(queue[head])
            head += 1
            for a in range(ptr[v], ptr[v + 1]):
                u = as_index(idx[a])
                if state[u] == ACTIVE:
                    continue
                if state[u] == UNTOUCHED:
                    word += step
                    missing[u] = arcs.max_threshold[u] * (1.0 - unit(mix(word)))
                    state[u] = TOUCHED
                    touched[n_touched] = u
                    n_touched += 1
                missing[u] -= np.float64(arcs.weight[u] if arcs.by_target else arcs.weight[a])
                if missing[u] <= ROUNDING:
                    state[u] = ACTIVE
                    queue[tail] = u
                    tail += 1
        reached = 0.0
        for q in range(tail):
            reached += 1.0 if weights is None else weights[queue[q]]
            state[queue[q]] = UNTOUCHED
        for q in range(n_touched):
            state[touched[q]] = UNTOUCHED
        total[i] = reached
