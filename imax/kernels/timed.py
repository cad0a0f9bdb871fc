"""Cascades until a deadline, where each live arc has an exponential delay: Dijkstra's algorithm on live arcs.

The delay of an arc is a function of the cascade and the arc: an arc that is drawn twice (see `HitTables`) has one
delay. `imax.kernels.cascades` has the meaning of the other arguments.

================== ======= ========= ===================================================================================
array              dtype   shape     meaning
================== ======= ========= ===================================================================================
delays.deadline    float64           largest arrival time of a node that counts
delays.mean        float64           mean delay of every arc, if `delays.means` is empty
delays.ptr         int64   (n + 1,)  with `means`: arcs of node v are at ``ptr[v]`` to ``ptr[v + 1]``, sorted by `idx`
delays.idx         int32   (n_arcs,) with `means`: node at each arc's end
delays.means       float64 (n_arcs,) mean delay of each arc; empty: `mean`
scratch.place      int32   (n,)      of waiting nodes: place in the heap; `UNREACHED`, `SETTLED` or `BLOCKED` for other
                                     nodes, between calls `UNREACHED` or `BLOCKED`
scratch.heap_time  float64 (n,)      heap of arrival times: entry i is not later than entries 2 i + 1 and 2 i + 2
scratch.heap_node  int32   (n,)      the waiting node that arrives at each of these times
scratch.order      int32   (n,)      settled nodes by arrival time
scratch.block                        see `imax.kernels.draws`
missing            float64 (n,)      LT: weight that is still missing to the node's threshold, NaN: not drawn; all NaN
                                     between calls
drawn              int32   (n,)      LT: nodes that have drawn their threshold
total              float64 (count,)  written: weight of the nodes that each cascade reached
================== ======= ========= ===================================================================================
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .cascades import BUFFER_FULL
from .draws import NONE, Block, draw, load, root_of
from .lt_cascades import ROUNDING
from .stream import GOLDEN, as_index, mix, stream, unit

__all__ = ["BLOCKED", "UNREACHED", "Delays", "TimedScratch", "timed_cascades", "timed_lt_cascades"]

UNREACHED, SETTLED, BLOCKED = -1, -2, -3  # instead of a place in the heap
_U = np.uint64
_ONE = np.uint64(1)
_S32 = np.uint64(32)


class Delays(NamedTuple):
    """The deadline and the delays of arcs."""

    deadline: float
    mean: float
    ptr: NDArray[np.int64]
    idx: NDArray[np.int32]
    means: NDArray[np.float64]


class TimedScratch(NamedTuple):
    """The buffers of one thread."""

    heap_time: NDArray[np.float64]
    heap_node: NDArray[np.int32]
    place: NDArray[np.int32]
    order: NDArray[np.int32]
    block: Block


@helper
def _mean_delay(v, u, delays):
    """Return the mean delay of the arc between `v` and `u` in the row of `v`."""
    if delays.means.size == 0:
        return delays.mean
    low = delays.ptr[v]
    high = delays.ptr[v + 1] - 1
    while low < high:
        middle = (low + high) >> 1
        if delays.idx[middle] < u:
            low = middle + 1
        else:
            high = middle
    return delays.means[low]


@helper
def _delay_of(v, u, start, step, delays):
    """Return the delay of the arc between `v` and `u`; start and step are of the cascade's stream of delays."""
    word = mix(mix(start + GOLDEN * (((_U(v) << _S32) | _U(u)) + _ONE)) ^ step)
    return -_mean_delay(v, u, delays) * math.log(1.0 - unit(word))


@helper
def _rise(at, u, time, scratch):
    """Put the arrival of a node into the heap, at place `at` or above."""
    times = scratch.heap_time
    nodes = scratch.heap_node
    while at > 0:
        above = (at - 1) >> 1
        if times[above] <= time:
            break
        times[at] = times[above]
        nodes[at] = nodes[above]
        scratch.place[as_index(nodes[at])] = at
        at = above
    times[at] = time
    nodes[at] = u
    scratch.place[u] = at


@helper
def _reach(u, time, size, scratch):
    """Let a node arrive at a time, if it has no earlier arrival; return the size of the heap."""
    at = np.int64(scratch.place[u])
    if at == UNREACHED:
        _rise(size, u, time, scratch)
        return size + 1
    if at >= 0 and time < scratch.heap_time[at]:
        _rise(at, u, time, scratch)
    return size


@helper
def _settle_next(size, scratch):
    """Remove the node with the earliest arrival from a heap of `size` nodes; return (node, time of its arrival)."""
    times = scratch.heap_time
    nodes = scratch.heap_node
    first = as_index(nodes[0])
    arrival = times[0]
    size -= 1
    node = as_index(nodes[size])
    time = times[size]
    at = np.int64(0)
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size:
            child += np.int64(times[child + 1] < times[child])
        if times[child] >= time:
            break
        times[at] = times[child]
        nodes[at] = nodes[child]
        scratch.place[as_index(nodes[at])] = at
        at = child
    times[at] = time
    nodes[at] = node
    scratch.place[node] = at
    scratch.place[first] = SETTLED
    return first, arrival


@helper
def _begin(i, key, roots, strata, seeds, scratch):
    """Let the seeds or the root of cascade `i` arrive at time 0; return (size of the heap, state, step)."""
    state, step = stream(key[0], key[1], _U(i))
    if seeds is None:
        state += step
        v = root_of(i, mix(state), scratch.place.size, roots, strata)
        size = _reach(v, 0.0, np.int64(0), scratch)
    else:
        size = _reach_seeds(seeds, scratch)
    return size, state, step


@helper
def _reach_seeds(seeds, scratch):
    """Let the seeds arrive at time 0; return the size of the heap."""
    size = np.int64(0)
    for q in range(seeds.size):
        size = _reach(as_index(seeds[q]), 0.0, size, scratch)
    return size


@helper
def _clear(n_settled, size, scratch):
    for q in range(n_settled):
        scratch.place[scratch.order[q]] = UNREACHED
    for q in range(size):
        scratch.place[scratch.heap_node[q]] = UNREACHED


@hot
def timed_cascades(
    first, count, key, delay_key, tables, roots, strata, seeds, weights, is_sentinel, delays, scratch, output
):
    """Run cascades number `first` to ``first + count - 1`` of the stream `key`; return (n_entries, n_cut).

    `delay_key` is the key of the delays. All else is as for `imax.kernels.cascades.cascades`; nodes of RR sets are in
    the order of their arrival.
    """
    block = scratch.block
    out = np.int64(0)
    n_cut = np.int64(0)
    for i in range(count):
        size, state, step = _begin(first + i, key, roots, strata, seeds, scratch)
        delay_start, delay_step = stream(delay_key[0], delay_key[1], _U(first + i))
        settled = np.int64(0)
        hit = np.int64(-1)
        while size > 0:
            v, arrival = _settle_next(size, scratch)
            size -= 1
            scratch.order[settled] = v
            settled += 1
            if is_sentinel is not None:
                if is_sentinel[v]:
                    hit = v
                    break
            n_arcs, state = draw(tables, v, np.int64(0), block, np.int64(0), state, step)
            load(tables, block, n_arcs, scratch.place)
            for j in range(n_arcs):
                if block.ends[j] == NONE:
                    continue
                u = as_index(block.ends[j])
                if scratch.place[u] <= SETTLED:
                    continue
                time = arrival + _delay_of(v, u, delay_start, delay_step, delays)
                if time <= delays.deadline:
                    size = _reach(u, time, size, scratch)
        _clear(settled, size, scratch)
        if seeds is not None:
            total = 0.0
            for q in range(settled):
                total += 1.0 if weights is None else weights[scratch.order[q]]
            output.total[i] = total
            continue
        if hit >= 0:
            n_cut += settled - 1
            scratch.order[0] = hit
            settled = np.int64(1)
        if out + settled > output.nodes.size:
            return BUFFER_FULL, np.int64(0)
        for q in range(settled):
            output.nodes[out + q] = scratch.order[q]
        output.start[i] = out
        output.length[i] = settled
        out += settled
    return out, n_cut


@hot
def timed_lt_cascades(first, count, key, seeds, weights, arcs, delays, scratch, missing, drawn, total):
    """Run LT cascades number `first` to ``first + count - 1`` of the stream `key` from the seeds, until the deadline.

    The live in-arc of a node is the one whose weight completes the node's threshold, with the in-arcs in the order in
    which their sources become active. The node becomes active when the delay of that arc ends. `arcs` and `weights` are
    as for `imax.kernels.lt_cascades.lt_cascades`.
    """
    for i in range(count):
        size = _reach_seeds(seeds, scratch)
        word, step = stream(key[0], key[1], _U(first + i))
        settled = np.int64(0)
        n_drawn = np.int64(0)
        while size > 0:
            v, arrival = _settle_next(size, scratch)
            size -= 1
            scratch.order[settled] = v
            settled += 1
            for a in range(arcs.ptr[v], arcs.ptr[v + 1]):
                u = as_index(arcs.idx[a])
                if scratch.place[u] != UNREACHED:
                    continue
                if math.isnan(missing[u]):
                    word += step
                    missing[u] = arcs.max_threshold[u] * (1.0 - unit(mix(word)))
                    drawn[n_drawn] = u
                    n_drawn += 1
                if missing[u] <= ROUNDING:
                    continue  # its live arc is another one, and is too late
                missing[u] -= np.float64(arcs.weight[u] if arcs.by_target else arcs.weight[a])
                if missing[u] <= ROUNDING:
                    word += step
                    time = arrival - _mean_delay(v, u, delays) * math.log(1.0 - unit(mix(word)))
                    if time <= delays.deadline:
                        size = _reach(u, time, size, scratch)
        reached = 0.0
        for q in range(settled):
            reached += 1.0 if weights is None else weights[scratch.order[q]]
        _clear(settled, size, scratch)
        for q in range(n_drawn):
            missing[drawn[q]] = np.nan
        total[i] = reached
