"""Reach in live-arc worlds: in random ones for marginal gains, in all of them for the exact spread.

World i of a key is the same for every query: the out-arcs of a node that are live there are a function of key, i and
node alone. So gains of different nodes are measured in the same worlds and are exactly submodular, and a world takes no
memory.

=============== ======= =============== ===========================================================================
array           dtype   shape           meaning
=============== ======= =============== ===========================================================================
nodes           int32   (n_queries,)    nodes whose gains are computed
gain            float64 (n_queries,)    written: total weight over the worlds of what each node adds
weights         float64 (n,)            weight of each node; None: 1
covered         uint8   (n, worlds / 8) bit ``world & 7`` of byte ``world >> 3``: the node is reached in that world
                                        already; None: no node is
arcs.ptr        int64   (n + 1,)        out-arcs of node v are at ``ptr[v]`` to ``ptr[v + 1]``
arcs.idx        int32   (n_arcs,)       node at each arc's end
arcs.kind       int                     how live arcs are drawn: `JUMPS`, `HITS` or `INTERVALS`
arcs.none       float64 (n,)            JUMPS: probability that no out-arc of the node is live, (1 - p)**degree
arcs.jump       float                   JUMPS: 1 / log(1 - p)
arcs.alias      uint32  (n_rows, 3)     HITS: alias tables of the forward rows; see `imax.kernels.draws`
arcs.record     uint64  (n, 4)          HITS: records of the forward rows
arcs.low, high  float64 (n_arcs,)       INTERVALS: the arc is live if the number that its target draws is in [low, high)
visited.mark    int32   (n,)            stamp of the last search that met the node; no mark is above the last stamp
visited.queue   int32   (n,)            scratch: nodes of the current search, in order
choice          int64   (n_choices+1,)  options of choice c are at ``choice[c]`` to ``choice[c + 1]``
p               float64 (n_options,)    probability of each option
src, dst        int64   (n_options,)    arc that the option makes live; -1: none
active          bool    (n,)            nodes that are active from the start
steps           int32   (n,)            scratch: steps in which each node is reached in the current world, -1: it is not
=============== ======= =============== ===========================================================================

Arrays of another kind of `arcs` are empty.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .draws import HEAVY_LIGHT, NO_HIT, NONE, OTHER, OWN, RATE, ROW, THRESHOLD, poisson_hits
from .stream import GOLDEN, as_float, as_index, mix, mulhi, unit

__all__ = ["HITS", "INTERVALS", "JUMPS", "LiveArcs", "Visited", "enumerate_worlds", "gains", "take"]

# How the live arcs of a node are drawn.
JUMPS = 0  # IC, all probabilities equal: jumps from one live arc to the next
HITS = 1  # IC, any probabilities: a coin for each heavy arc, hits on the others
INTERVALS = 2  # LT: each node draws a number, which lies in the interval of one of its in-arcs, or of none

_ONE = np.uint64(1)
_S32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class LiveArcs(NamedTuple):
    """The out-arcs of a graph, and how it is drawn which of them are live."""

    ptr: NDArray[np.int64]
    idx: NDArray[np.int32]
    kind: int
    none: NDArray[np.float64]
    jump: float
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    alias: NDArray[np.uint32]
    record: NDArray[np.uint64]


class Visited(NamedTuple):
    """The buffers of one thread."""

    mark: NDArray[np.int32]
    queue: NDArray[np.int32]


@helper
def _word(key, world, node, n):
    """Return the state of a node's stream in a world; its words are mix(state), mix(state + GOLDEN), ..."""
    i = np.uint64(world) * np.uint64(n) + np.uint64(node)
    return mix(key[0] + GOLDEN * (i + _ONE)) ^ key[1]


@helper
def _is_covered(u, world, covered):
    if covered is None:
        return False
    return ((covered[u, world >> 3] >> (world & 7)) & 1) != 0


@helper
def _push(u, world, covered, visited, stamp, tail):
    """Append a node to the queue if this search meets it for the first time and it is not covered."""
    if visited.mark[u] == stamp:
        return tail
    if _is_covered(u, world, covered):
        return tail
    visited.mark[u] = stamp
    visited.queue[tail] = u
    return tail + 1


@helper
def _picked(row, word, alias):
    """Return the node that a word picks from a row of an alias table; `NONE` for none."""
    return alias[row, OWN] if np.uint32(word) <= alias[row, THRESHOLD] else alias[row, OTHER]


@helper
def _reach(root, world, key, arcs, covered, visited, stamp):
    """Fill the queue with the nodes that `root` reaches beyond marked and covered ones; return how many."""
    n = visited.mark.size
    idx = arcs.idx
    record = arcs.record
    tail = _push(root, world, covered, visited, stamp, np.int64(0))
    head = np.int64(0)
    while head < tail:
        v = as_index(visited.queue[head])
        head += 1
        begin = arcs.ptr[v]
        end = arcs.ptr[v + 1]
        if begin == end:
            continue
        if arcs.kind == JUMPS:
            state = _word(key, world, v, n)
            u = 1.0 - unit(mix(state))
            if u <= arcs.none[v]:
                continue
            a = begin + np.int64(math.log(u) * arcs.jump)
            while a < end:
                tail = _push(as_index(idx[a]), world, covered, visited, stamp, tail)
                state += GOLDEN
                ahead = math.log(1.0 - unit(mix(state))) * arcs.jump
                a += 1 + np.int64(min(ahead, np.float64(end - begin)))
        elif arcs.kind == HITS:
            state = _word(key, world, v, n)
            row = np.int64(record[v, ROW])
            heavy = row + np.int64(record[v, HEAVY_LIGHT] >> _S32)
            while row < heavy:
                state += GOLDEN
                w = _picked(row, mix(state) >> _S32, arcs.alias)
                if w != NONE:
                    tail = _push(np.int64(w), world, covered, visited, stamp, tail)
                row += 1
            light = record[v, HEAVY_LIGHT] & _LOW
            if light > 0:
                count, state = poisson_hits(as_float(record[v, RATE]), as_float(record[v, NO_HIT]), state, GOLDEN)
                for _ in range(count):
                    state += GOLDEN
                    word = mix(state)
                    w = _picked(row + np.int64(mulhi(word, light)), (word * light) >> _S32, arcs.alias)
                    tail = _push(np.int64(w), world, covered, visited, stamp, tail)
        else:
            for a in range(begin, end):
                w = as_index(idx[a])
                u = unit(_word(key, world, w, n))
                if (u >= arcs.low[a]) & (u < arcs.high[a]):
                    tail = _push(w, world, covered, visited, stamp, tail)
    return tail


@hot
def gains(nodes, before, first, last, key, arcs, weights, covered, visited, stamp, gain):
    """Add the total weight that each node adds to `covered`, and to the reach of `before`, in worlds first to last.

    `before` is a node, or -1 for none. Return the last stamp in use.
    """
    n = visited.mark.size
    for c in range(nodes.size):
        total = gain[c]
        root = np.int64(nodes[c])
        weight = 1.0 if weights is None else weights[root]
        for world in range(first, last):
            if _is_covered(root, world, covered):
                continue
            if before < 0 and arcs.kind == JUMPS:
                # where cascades are small, most of them end here
                if 1.0 - unit(mix(_word(key, world, root, n))) <= arcs.none[root]:
                    total += weight
                    continue
            stamp += 1
            if before >= 0:
                _reach(before, world, key, arcs, covered, visited, stamp)
            tail = _reach(root, world, key, arcs, covered, visited, stamp)
            if weights is None:
                total += tail
            else:
                for q in range(tail):
                    total += weights[visited.queue[q]]
        gain[c] = total
    return stamp


@hot
def take(root, first, last, key, arcs, covered, visited, stamp):
    """Set the bits of `covered` for what a node reaches in worlds first to last; return the last stamp in use.

    `first` is a multiple of 8, so that two threads never write to the same byte.
    """
    for world in range(first, last):
        stamp += 1
        tail = _reach(root, world, key, arcs, covered, visited, stamp)
        for q in range(tail):
            covered[visited.queue[q], world >> 3] |= 1 << (world & 7)
    return stamp


@hot
def enumerate_worlds(first, last, choice, p, src, dst, active, weights, max_steps, steps):
    """Return the sum of the weight reached in at most `max_steps` steps, times probability, over worlds first to last.

    A world takes one option of each choice. Worlds are numbered in mixed radix, the first choice fastest.
    """
    expected = 0.0
    n_choices = choice.size - 1
    for world in range(first, last):
        for v in range(active.size):
            steps[v] = 0 if active[v] else -1
        probability = 1.0
        rest = world
        for c in range(n_choices):
            radix = choice[c + 1] - choice[c]
            probability *= p[choice[c] + rest % radix]
            rest //= radix
        step = 0
        changed = True
        while changed and step < max_steps:
            changed = False
            rest = world
            for c in range(n_choices):
                radix = choice[c + 1] - choice[c]
                o = choice[c] + rest % radix
                rest //= radix
                if src[o] >= 0:
                    if steps[src[o]] == step and steps[dst[o]] < 0:
                        steps[dst[o]] = step + 1
                        changed = True
            step += 1
        total = 0.0
        for v in range(active.size):
            if steps[v] >= 0:
                total += weights[v]
        expected += probability * total
    return expected
