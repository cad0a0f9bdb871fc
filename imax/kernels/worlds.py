"""Reach in live-arc worlds: in fixed ones, drawn by hashing, for marginal gains; in all of them for the exact spread.

World i of a key is the same whoever asks: what a node's out-arcs do there is a function of key, i and node alone. So
gains of different nodes are measured in the same worlds and are exactly submodular, and a world costs no memory.
"""

import math

import numpy as np

from ._jit import helper, hot
from .draws import NONE, poisson_hits
from .stream import GOLDEN, as_float, mix, mulhi, unit

__all__ = ["EQUAL", "HITS", "THRESHOLD", "enumerate_worlds", "gains", "take"]

EQUAL, HITS, THRESHOLD = 0, 1, 2  # how live arcs are drawn

_ONE = np.uint64(1)
_S32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@helper
def _word(key0, key1, world, node, n):
    """Return the state of a node's stream in a world; the words are mix(state), mix(state + GOLDEN), ..."""
    i = np.uint64(world) * np.uint64(n) + np.uint64(node)
    return mix(key0 + GOLDEN * (i + _ONE)) ^ key1


@helper
def _is_covered(u, world, covered):
    if covered is None:
        return False
    return ((covered[u, world >> 3] >> (world & 7)) & 1) != 0


@helper
def _push(u, world, covered, mark, stamp, queue, tail):
    """Put a node met for the first time, and not covered, into the queue."""
    if mark[u] == stamp:
        return tail
    if _is_covered(u, world, covered):
        return tail
    mark[u] = stamp
    queue[tail] = u
    return tail + 1


@helper
def _picked(row, word, pick):
    """Return the node that a word picks from a row of an alias table; `NONE` for none."""
    return pick[row, 1] if np.uint32(word) <= pick[row, 0] else pick[row, 2]


@helper
def _reach(
    root, world, n, key0, key1, ptr, idx, kind, none, jump, low, high, pick, rec, covered, mark, stamp, queue
):  # fmt: skip
    """Fill the queue with the nodes that `root` reaches beyond marked and covered ones; return how many."""
    tail = _push(root, world, covered, mark, stamp, queue, np.int64(0))
    head = np.int64(0)
    while head < tail:
        v = np.int64(queue[head])
        head += 1
        begin = ptr[v]
        end = ptr[v + 1]
        if begin == end:
            continue
        if kind == EQUAL:
            # equal probabilities: from one live arc to the next
            state = _word(key0, key1, world, v, n)
            u = 1.0 - unit(mix(state))
            if u <= none[v]:
                continue
            a = begin + np.int64(math.log(u) * jump)
            while a < end:
                tail = _push(np.int64(idx[a]), world, covered, mark, stamp, queue, tail)
                state += GOLDEN
                ahead = math.log(1.0 - unit(mix(state))) * jump
                a += 1 + np.int64(min(ahead, np.float64(end - begin)))
        elif kind == HITS:
            # any probabilities: a coin for each heavy arc, then hits on the others, as in `sample`
            state = _word(key0, key1, world, v, n)
            row = np.int64(rec[v, 0])
            heavy = row + np.int64(rec[v, 1] >> _S32)
            while row < heavy:
                state += GOLDEN
                w = _picked(row, mix(state) >> _S32, pick)
                if w != NONE:
                    tail = _push(np.int64(w), world, covered, mark, stamp, queue, tail)
                row += 1
            light = rec[v, 1] & _LOW
            if light > 0:
                count, state = poisson_hits(as_float(rec[v, 2]), as_float(rec[v, 3]), state, GOLDEN)
                for _ in range(count):
                    state += GOLDEN
                    word = mix(state)
                    w = _picked(row + np.int64(mulhi(word, light)), (word * light) >> _S32, pick)
                    tail = _push(np.int64(w), world, covered, mark, stamp, queue, tail)
        else:
            # linear threshold: each node has at most one live in-arc, whose interval holds the node's number
            for a in range(begin, end):
                w = np.int64(idx[a])
                u = unit(_word(key0, key1, world, w, n))
                if (u >= low[a]) & (u < high[a]):
                    tail = _push(w, world, covered, mark, stamp, queue, tail)
    return tail


@hot
def gains(
    nodes, before, first, last, key0, key1, ptr, idx, kind, none, jump, low, high, pick, rec, weights, covered, mark,
    stamp, queue, gain,
):  # fmt: skip
    """Add up over the worlds first to last what each of `nodes` reaches beyond `covered` (and what `before` reaches).

    `before` is a node, or -1. Out-arcs of node v are at ptr[v] to ptr[v + 1]. With kind EQUAL all have the same
    probability p: ``none[v]`` is that of no live arc, (1 - p)**degree, and `jump` is 1 / log(1 - p). With HITS `pick`
    and `rec` are the tables of the forward rows; see `sample`. With THRESHOLD arc a is live where the number that its
    target has drawn is in [low[a], high[a]). `covered` is None or has a bit for each node and world. All of `mark`
    is at most `stamp`; return the last stamp in use.
    """
    n = mark.size
    for c in range(nodes.size):
        total = 0.0
        root = np.int64(nodes[c])
        worth = 1.0 if weights is None else weights[root]
        for world in range(first, last):
            if _is_covered(root, world, covered):
                continue
            if before < 0 and kind == EQUAL:
                # where cascades are small, most end here
                if 1.0 - unit(mix(_word(key0, key1, world, root, n))) <= none[root]:
                    total += worth
                    continue
            stamp += 1
            if before >= 0:
                _reach(
                    before, world, n, key0, key1, ptr, idx, kind, none, jump, low, high, pick, rec, covered, mark,
                    stamp, queue,
                )  # fmt: skip
            tail = _reach(
                root, world, n, key0, key1, ptr, idx, kind, none, jump, low, high, pick, rec, covered, mark, stamp,
                queue,
            )  # fmt: skip
            if weights is None:
                total += tail
            else:
                for q in range(tail):
                    total += weights[queue[q]]
        gain[c] = total
    return stamp


@hot
def take(
    root, first, last, key0, key1, ptr, idx, kind, none, jump, low, high, pick, rec, covered, mark, stamp, queue
):  # fmt: skip
    """Set the bits of what a node reaches in the worlds first to last; return the last stamp in use.

    `first` is a multiple of 8. For the other arguments see `gains`.
    """
    n = mark.size
    for world in range(first, last):
        stamp += 1
        tail = _reach(
            root, world, n, key0, key1, ptr, idx, kind, none, jump, low, high, pick, rec, covered, mark, stamp, queue
        )  # fmt: skip
        for q in range(tail):
            covered[queue[q], world >> 3] |= 1 << (world & 7)
    return stamp


@hot
def enumerate_worlds(first, last, choice, p, src, dst, active, weights, reached):
    """Return the probability-weighted reach of the active nodes, summed over the worlds first to last.

    A world takes one option for each choice: option o is at ``choice[c] <= o < choice[c + 1]``, has probability p[o],
    and makes the arc from src[o] to dst[o] live (none where src is -1). Worlds are numbered in mixed radix, the first
    choice fastest. `reached` is room for the nodes' state.
    """
    sum_of_all = 0.0
    n_choices = choice.size - 1
    for world in range(first, last):
        for v in range(active.size):
            reached[v] = active[v]
        probability = 1.0
        rest = world
        for c in range(n_choices):
            radix = choice[c + 1] - choice[c]
            probability *= p[choice[c] + rest % radix]
            rest //= radix
        changed = True
        while changed:
            changed = False
            rest = world
            for c in range(n_choices):
                radix = choice[c + 1] - choice[c]
                o = choice[c] + rest % radix
                rest //= radix
                if src[o] >= 0:
                    if reached[src[o]] and not reached[dst[o]]:
                        reached[dst[o]] = True
                        changed = True
        total = 0.0
        for v in range(active.size):
            if reached[v]:
                total += weights[v]
        sum_of_all += probability * total
    return sum_of_all
