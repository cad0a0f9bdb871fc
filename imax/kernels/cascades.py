"""The cascade kernel: RR sets, and forward cascades from seeds, under the IC and LT models.

Several cascades ("lanes") advance side by side, so that the memory waits of one are filled with the work of the others.
They advance by levels of a breadth-first search. A block of the level's nodes, of any lanes, takes three passes, each a
loop over independent items: draw the live arcs of the nodes, load the nodes at the ends of these arcs, append the new
nodes to their lane and to the next level. Every pass prefetches the cache lines of the next one. A cascade reads its
own random stream only, so the number of lanes does not change the result.

`imax.kernels.draws` has the tables of the graph and the arrays of a block.

=================== ======= ============= ============================================================================
array               dtype   shape         meaning
=================== ======= ============= ============================================================================
roots               uint32  (n, 3)        alias table over the nodes, by node weight; None: all nodes equally likely
seeds               int32   (n_seeds,)    nodes that a forward cascade starts from; None: RR sets
weights             float64 (n,)          weight of each node that a forward cascade reaches; None: 1
is_sentinel         bool    (n,)          nodes at which an RR set ends; None: no such nodes
scratch.mark        uint16  (n,)          bit i: lane i has reached the node; 0 between calls, except that all bits of
                                          blocked nodes are set
scratch.now, later  int64   (level,)      lane << 32 | node, for the nodes of the current level and of the next one
lanes.queue         int32   (lanes, n+1)  nodes that each lane has reached, in order; the last place takes writes of
                                          nodes that are already known
lanes.state, step   uint64  (lanes,)      the cascade's random stream
lanes.number        int64   (lanes,)      number of the cascade within this call, -1 for none
lanes.seen, size    int64   (lanes,)      nodes reached before the current level, and up to now
lanes.depth         int64   (lanes,)      with `max_steps`: steps from the root to the nodes of the next level
lanes.hit           int64   (lanes,)      first sentinel that the cascade met, -1 for none
lanes.hit_size      int64   (lanes,)      size of the cascade with that sentinel
output.nodes        int32   (space,)      nodes of the finished RR sets, in the order in which they end
output.start        int64   (count,)      first place of each RR set in `output.nodes`
output.length       int64   (count,)      size of each RR set
output.total        float64 (count,)      weight of the nodes that each forward cascade reached
=================== ======= ============= ============================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .draws import NONE, Block, draw, load, may_miss, root_of
from .stream import as_index, mix, prefetch, stream

__all__ = ["BLOCK", "BUFFER_FULL", "LEVEL_FULL", "PAD", "Lanes", "Output", "Scratch", "cascades", "gather"]

BLOCK = 64  # nodes that one round of the three passes takes
PAD = 8
BUFFER_FULL = np.int64(-1)  # `output.nodes` is too small
LEVEL_FULL = np.int64(-2)  # `scratch.now` and `scratch.later` are too small
_LANE = np.int64(0xFF)  # a mask that tells Numba that the index is not negative
_NO_LANE = np.int64(-1)
_NODE = np.int64(0xFFFFFFFF)
_U = np.uint64
_ONE16 = np.uint16(1)


class Lanes(NamedTuple):
    """The cascades that run side by side."""

    queue: NDArray[np.int32]
    state: NDArray[np.uint64]
    step: NDArray[np.uint64]
    number: NDArray[np.int64]
    seen: NDArray[np.int64]
    size: NDArray[np.int64]
    depth: NDArray[np.int64]
    hit: NDArray[np.int64]
    hit_size: NDArray[np.int64]


class Scratch(NamedTuple):
    """The buffers of one thread; nodes join a block while it has fewer than `max_arcs` arcs."""

    mark: NDArray[np.uint16]
    now: NDArray[np.int64]
    later: NDArray[np.int64]
    lanes: Lanes
    block: Block
    max_arcs: int


class Output(NamedTuple):
    """Where the results go: `total` for forward cascades, the other arrays for RR sets."""

    nodes: NDArray[np.int32]
    start: NDArray[np.int64]
    length: NDArray[np.int64]
    total: NDArray[np.float64]


@helper
def _begin(i, lane, key, roots, strata, seeds, is_sentinel, max_steps, record, mark, lanes, items, n_items):
    """Start cascade `i` in a lane, from the seeds or a root; return the number of items with those of its own added."""
    n = mark.size
    state, step = stream(key[0], key[1], _U(i))
    bit = _ONE16 << np.uint16(lane)
    size = np.int64(1)
    if seeds is None:
        state += step
        v = root_of(i, mix(state), n, roots, strata)
        lanes.queue[lane, 0] = v
        mark[v] |= bit
        prefetch(record, v)
        items[n_items] = (lane << 32) | v
        if is_sentinel is not None:
            lanes.hit[lane] = v if is_sentinel[v] else -1
            lanes.hit_size[lane] = 1
    else:
        size = seeds.size
        for q in range(size):
            v = np.int64(seeds[q])
            lanes.queue[lane, q] = v
            mark[v] |= bit
            items[n_items + q] = (lane << 32) | v
    lanes.state[lane] = state
    lanes.step[lane] = step
    if max_steps is not None:
        lanes.depth[lane] = 1
    lanes.seen[lane] = size
    lanes.size[lane] = size
    return n_items + size


@helper
def _append(tables, block, n_arcs, mark, lanes, items, n_items, is_sentinel, max_steps):
    """Add each new node to its lane and to the items of the next level; return the number of items.

    A node that takes the last of `max_steps` steps is no item of the next level.
    """
    for j in range(n_arcs):
        if may_miss(tables):  # a constant of the compiled code
            if block.ends[j] == NONE:
                continue
        u = as_index(block.ends[j])
        lane = np.int64(block.lane[j])
        bit = _ONE16 << np.uint16(lane)
        old = mark[u]
        mark[u] = old | bit
        at = lanes.size[lane]
        new = np.int64((old & bit) == 0)
        lanes.queue[lane, _U(at)] = u  # Numba adds no code for negative indices where they are unsigned
        items[_U(n_items)] = (lane << 32) | u
        lanes.size[lane] = at + new
        if max_steps is None:
            n_items += new
        else:
            n_items += new & np.int64(lanes.depth[lane] < max_steps)
        if is_sentinel is not None:
            if is_sentinel[u] and lanes.hit[lane] < 0:
                lanes.hit[lane] = u
                lanes.hit_size[lane] = at + 1
    return n_items


@helper
def _goes_on(lane, is_sentinel, max_steps, lanes):
    """Return whether a cascade that has reached new nodes may reach more, and count the step."""
    more = True
    if is_sentinel is not None:
        more = lanes.hit[lane] < 0
    if max_steps is not None:
        lanes.depth[lane] += 1
        more &= lanes.depth[lane] <= max_steps
    return more


@helper
def _drop_ended(items, n_items, hit):
    """Remove from a level the items of cascades that have met a sentinel; return the number of items left."""
    kept = np.int64(0)
    for j in range(n_items):
        item = items[j]
        items[kept] = item
        kept += np.int64(hit[(item >> 32) & _LANE] < 0)
    return kept


@helper
def _finish(lane, seeds, weights, is_sentinel, mark, lanes, output, out):
    """Write a finished cascade to the output and clear its marks; return its size, or `BUFFER_FULL`.

    A cascade that met a sentinel is written as that sentinel alone.
    """
    size = lanes.size[lane]
    off = ~(_ONE16 << np.uint16(lane))
    if is_sentinel is not None:
        if lanes.hit[lane] >= 0:
            if out + 1 > output.nodes.size:
                return BUFFER_FULL
            output.nodes[out] = lanes.hit[lane]
            for q in range(size):
                mark[lanes.queue[lane, q]] &= off
            return np.int64(1)
    if seeds is None:
        if out + size > output.nodes.size:
            return BUFFER_FULL
        for q in range(size):
            u = lanes.queue[lane, q]
            output.nodes[out + q] = u
            mark[u] &= off
    else:
        total = 0.0
        for q in range(size):
            u = lanes.queue[lane, q]
            total += 1.0 if weights is None else weights[u]
            mark[u] &= off
        output.total[lanes.number[lane]] = total
    return size


@helper
def _reach(tables, now, n_now, is_sentinel, max_steps, mark, lanes, block, later, max_arcs):
    """Draw the live arcs of the nodes of a level, and write the new nodes to the next level.

    Return the number of nodes of the next level, or `LEVEL_FULL`.
    """
    n_later = np.int64(0)
    done = np.int64(0)
    while done < n_now:
        n_arcs = np.int64(0)
        stop = min(n_now, done + BLOCK)
        while done < stop and n_arcs < max_arcs:
            v = now[done] & _NODE
            lane = (now[done] >> 32) & _LANE
            if is_sentinel is not None:
                if lanes.hit[lane] >= 0:
                    done += 1
                    continue
            n_arcs, state = draw(tables, v, lane, block, n_arcs, lanes.state[lane], lanes.step[lane])
            lanes.state[lane] = state
            done += 1
        if n_later + n_arcs >= later.size:
            return LEVEL_FULL
        load(tables, block, n_arcs, mark)
        n_later = _append(tables, block, n_arcs, mark, lanes, later, n_later, is_sentinel, max_steps)
    if is_sentinel is not None:
        n_later = _drop_ended(later, n_later, lanes.hit)
    return n_later


@hot
def cascades(first, count, key, tables, roots, strata, seeds, weights, is_sentinel, max_steps, scratch, output):
    """Run cascades number `first` to ``first + count - 1`` of the stream `key`; return (n_entries, n_cut).

    Without `seeds` these are RR sets. `n_entries` is the number of entries of `output.nodes` in use. `strata` has
    the roots, if they are not random. An RR set that meets a sentinel is written as that sentinel alone;
    `n_cut` counts the other nodes that such sets had reached. With `max_steps` (int64 or None) a cascade holds the
    nodes in at most that many steps.

    With `seeds` these are forward cascades, and both numbers are 0.

    `n_entries` is `BUFFER_FULL` or `LEVEL_FULL` if a buffer was too small: no node is left marked then, and the caller
    starts over with a larger buffer.
    """
    mark = scratch.mark
    lanes = scratch.lanes
    block = scratch.block
    now = scratch.now
    later = scratch.later
    # typed from the start: Numba would compile each helper once for the literal 0 and once more for int64
    begun = np.int64(0)
    live = np.int64(0)
    out = np.int64(0)
    n_cut = np.int64(0)
    status = np.int64(0)
    n_now = np.int64(0)
    while live < lanes.queue.shape[0] and begun < count:
        lanes.number[live] = begun
        n_now = _begin(
            first + begun, live, key, roots, strata, seeds, is_sentinel, max_steps, tables.record, mark, lanes, now,
            n_now,
        )  # fmt: skip
        live += 1
        begun += 1
    used = live
    while live > 0 and status == 0:
        n_later = _reach(tables, now, n_now, is_sentinel, max_steps, mark, lanes, block, later, scratch.max_arcs)
        if n_later < 0:
            status = LEVEL_FULL
        for lane in range(used):
            if lanes.seen[lane] < lanes.size[lane]:
                lanes.seen[lane] = lanes.size[lane]
                # a cascade that has ended has none of its nodes in the next level
                if _goes_on(lane, is_sentinel, max_steps, lanes):
                    continue
            if lanes.number[lane] < 0 or status < 0:
                continue
            size = _finish(lane, seeds, weights, is_sentinel, mark, lanes, output, out)
            if size < 0:
                status = BUFFER_FULL
                continue
            if is_sentinel is not None:
                n_cut += lanes.hit_size[lane] - 1 if lanes.hit[lane] >= 0 else 0
            if seeds is None:
                output.start[lanes.number[lane]] = out
                output.length[lanes.number[lane]] = size
                out += size
            if begun < count and n_later + (1 if seeds is None else seeds.size) < later.size:
                lanes.number[lane] = begun
                n_later = _begin(
                    first + begun, lane, key, roots, strata, seeds, is_sentinel, max_steps, tables.record, mark,
                    lanes, later, n_later,
                )  # fmt: skip
                begun += 1
            elif begun < count:
                status = LEVEL_FULL
                lanes.size[lane] = 0
            else:
                lanes.number[lane] = _NO_LANE
                lanes.size[lane] = 0
                lanes.seen[lane] = 0
                live -= 1
        swap = now
        now = later
        later = swap
        n_now = n_later
    if status < 0:
        for lane in range(used):
            for q in range(lanes.size[lane]):
                mark[lanes.queue[lane, q]] = 0
        return status, np.int64(0)
    return out, n_cut


@hot
def gather(nodes, start, length, count, out):
    """Copy the RR sets from `nodes` to `out` in order of their numbers.

    It copies `PAD` entries at once, also beyond the end of a set, where the next set overwrites them: most sets are
    short, and a loop of unpredictable length costs more than the copy. Both arrays need `PAD` entries to spare.
    """
    at = 0
    for i in range(count):
        s = start[i]
        size = length[i]
        q = np.int64(0)
        while q < size:
            for j in range(PAD):
                out[at + q + j] = nodes[s + q + j]
            q += PAD
        at += size
