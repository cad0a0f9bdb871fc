"""Logs of actions: which in-neighbors of a user acted before it on the same item, and counts per arc.

Actions are sorted by item, then by time. A *pair* is an arc u -> v and an item on which u precedes v: v acts after u,
by at most `window`. All nodes are internal ids. Arcs are places in `in_idx`.

================== ============= ============== ==================================================================
array              dtype         shape          meaning
================== ============= ============== ==================================================================
item_ptr           int64         (n_items + 1,) actions of each item
user               int32         (n_actions,)   user of each action
time               float64       (n_actions,)   time of each action
in_ptr, in_idx     int64, int32  graph          reverse rows
out_ptr, out_idx   int64, int32  graph          forward rows, and the place in `in_idx` of each out-arc:
place              int64         (n_arcs,)
first              bool          (n_actions,)   written: whether the action is the first of its user on its item
stamp              int64         (n,)           mark of the last item on which the user acted; scratch
at                 float64       (n,)           its time on that item; scratch
n_pairs            int64         (n_actions,)   written: number of pairs of each action
arc, delay         int64, float32 (capacity,)   written: arc and delay of each pair, action after action
other              int64         (capacity,)    written: arcs u -> v of items on which both acted without a pair; twice
                                                the arc, plus 1 if u acted first (more than `window` before v)
counts             int64         (n_arcs,)      written: number of occurrences of each arc
ptr                int64         (n_rows + 1,)  pairs of each action
arc_ptr            int64         (n_arcs + 1,)  pairs of each arc
action             int64         (n_pairs,)     action of each pair, arc after arc
pair               int64         (n_pairs,)     number of each pair in the order of actions, arc after arc
p                  float64       (n_arcs,)      probability of each arc
reached            float64       (n_actions,)   1 - product of 1 - p over the pairs of an action
value, sums        float64       (n_pairs,)     a number per pair; its sum over the pairs of each arc
order              int32         (n_actions,)   actions in an order in which parents come first
weight             float32       (n_arcs,)      LT weight of each in-arc of an action
is_seed            bool          (n_actions,)   whether the user of the action is a seed
credit             float64       (n_actions,)   written: share of each action that is credited to the seeds
won                float64       (n_pairs,)     written: 1 if the parent succeeded, otherwise 0
log_q              float64       (models, m)    log(1 - p) of each arc under each model
sums               float64       (n, models)    sums of log(1 - p) per user; scratch of `exposures`
touched            int32         (n,)           users with an active in-neighbor; scratch
item, who, acted   int32, bool   (capacity,)    written: item, user and outcome of each exposure
total              float64       (capacity, models) written: sum of log(1 - p) of each exposure
================== ============= ============== ==================================================================
"""

import math
from typing import NamedTuple

import numpy as np

from ._jit import hot
from .stream import mix, stream, unit

__all__ = [
    "Exposed", "Found", "Log", "count_by_arc", "credit_of", "draw_causes", "exposures", "fill_by_arc", "find_pairs",
    "keep_first", "reach", "sum_by_arc", "sum_shares",
]  # fmt: skip


class Log(NamedTuple):
    """Actions, sorted by item and time."""

    item_ptr: np.ndarray
    user: np.ndarray
    time: np.ndarray


class Found(NamedTuple):
    """Arrays that `find_pairs` fills."""

    n_pairs: np.ndarray
    arc: np.ndarray
    delay: np.ndarray
    other: np.ndarray


class Exposed(NamedTuple):
    """Arrays that `exposures` fills."""

    item: np.ndarray
    who: np.ndarray
    acted: np.ndarray
    total: np.ndarray


@hot
def keep_first(item, user, stamp, first):
    """Write whether each action is the first of its user on its item; `item` is sorted, `stamp` begins with -1."""
    for a in range(item.size):
        first[a] = stamp[user[a]] != item[a]
        stamp[user[a]] = item[a]


@hot
def find_pairs(first, last, log, in_ptr, in_idx, window, stamp, at, found):
    """Find the pairs of items first to last - 1, until an array is full.

    Returns
    -------
    tuple
        The next item, the number of pairs, and the number of entries of ``found.other``.
    """
    size = 0
    others = 0
    for i in range(first, last):
        start = size
        start_other = others
        for a in range(log.item_ptr[i], log.item_ptr[i + 1]):
            stamp[log.user[a]] = i + 1
            at[log.user[a]] = log.time[a]
        for a in range(log.item_ptr[i], log.item_ptr[i + 1]):
            v = log.user[a]
            degree = in_ptr[v + 1] - in_ptr[v]
            if size + degree > found.arc.size or others + degree > found.other.size:
                return i, start, start_other
            before = size
            for e in range(in_ptr[v], in_ptr[v + 1]):
                u = in_idx[e]
                if stamp[u] == i + 1:
                    gap = log.time[a] - at[u]
                    if gap > 0.0 and gap <= window:
                        found.arc[size] = e
                        found.delay[size] = gap
                        size += 1
                    else:
                        found.other[others] = 2 * e + (1 if gap > 0.0 else 0)
                        others += 1
            found.n_pairs[a] = size - before
    return last, size, others


@hot
def exposures(first, last, log, in_ptr, in_idx, forward, window, log_q, stamp, at, sums, touched, out):
    """Write the exposures of items first to last - 1, until the arrays are full.

    A user that acts is exposed if an in-neighbor precedes it, to the in-neighbors that precede it. A user that does not
    act is exposed to all in-neighbors that act.

    Returns
    -------
    tuple
        The next item, and the number of exposures.
    """
    out_ptr, out_idx, place = forward
    models = log_q.shape[0]
    size = 0
    for i in range(first, last):
        start = size
        n_touched = 0
        for a in range(log.item_ptr[i], log.item_ptr[i + 1]):
            stamp[log.user[a]] = 2 * i + 2
            at[log.user[a]] = log.time[a]
        for a in range(log.item_ptr[i], log.item_ptr[i + 1]):
            u = log.user[a]
            for o in range(out_ptr[u], out_ptr[u + 1]):
                w = out_idx[o]
                if stamp[w] == 2 * i + 2:
                    continue
                if stamp[w] != 2 * i + 1:
                    stamp[w] = 2 * i + 1
                    touched[n_touched] = w
                    n_touched += 1
                    for j in range(models):
                        sums[w, j] = 0.0
                for j in range(models):
                    sums[w, j] += log_q[j, place[o]]
        n_actions = log.item_ptr[i + 1] - log.item_ptr[i]
        if size + n_touched + n_actions > out.item.size:
            return i, start
        for a in range(log.item_ptr[i], log.item_ptr[i + 1]):
            v = log.user[a]
            any_before = False
            for j in range(models):
                sums[v, j] = 0.0
            for e in range(in_ptr[v], in_ptr[v + 1]):
                u = in_idx[e]
                if stamp[u] == 2 * i + 2:
                    gap = log.time[a] - at[u]
                    if gap > 0.0 and gap <= window:
                        any_before = True
                        for j in range(models):
                            sums[v, j] += log_q[j, e]
            if any_before:
                touched[n_touched] = v
                n_touched += 1
        for t in range(n_touched):
            w = touched[t]
            out.item[size] = i
            out.who[size] = w
            out.acted[size] = stamp[w] == 2 * i + 2
            for j in range(models):
                out.total[size, j] = sums[w, j]
            size += 1
    return last, size


@hot
def count_by_arc(arc, shift, counts):
    """Count the occurrences of each arc; entries are shifted right first."""
    for i in range(arc.size):
        counts[arc[i] >> shift] += 1


@hot
def fill_by_arc(ptr, arc, cursor, action, pair):
    """Write the action and the number of each pair, arc after arc; `cursor` begins as the first place of each arc."""
    for a in range(ptr.size - 1):
        for i in range(ptr[a], ptr[a + 1]):
            place = cursor[arc[i]]
            action[place] = a
            pair[place] = i
            cursor[arc[i]] = place + 1


@hot
def reach(first, last, ptr, arc, p, reached):
    """Write the probability that at least one parent succeeds, for actions first to last - 1; return their log sum."""
    total = 0.0
    for a in range(first, last):
        if ptr[a] < ptr[a + 1]:
            fail = 1.0
            for i in range(ptr[a], ptr[a + 1]):
                fail *= 1.0 - p[arc[i]]
            reached[a] = max(1.0 - fail, 1e-300)
            total += math.log(reached[a])
    return total


@hot
def sum_shares(first, last, arc_ptr, action, p, reached, shares, slope, curvature):
    """Write sums over the pairs of arcs first to last - 1: of p / reached, q / reached and (q / reached)**2.

    q is the probability that all other parents fail. The last two are the derivative of the log-likelihood of the
    arc's successes by its probability, and minus the second derivative.
    """
    for e in range(first, last):
        share = 0.0
        slope_sum = 0.0
        curvature_sum = 0.0
        for i in range(arc_ptr[e], arc_ptr[e + 1]):
            r = reached[action[i]]
            share += p[e] / r
            ratio = (1.0 - r) / max(1.0 - p[e], 1e-300) / r
            slope_sum += ratio
            curvature_sum += ratio * ratio
        shares[e] = share
        slope[e] = slope_sum
        curvature[e] = curvature_sum


@hot
def sum_by_arc(first, last, arc_ptr, pair, value, sums):
    """Write the sum of a value over the pairs of each arc, for arcs first to last - 1."""
    for e in range(first, last):
        total = 0.0
        for i in range(arc_ptr[e], arc_ptr[e + 1]):
            total += value[pair[i]]
        sums[e] = total


@hot
def draw_causes(first, last, number, key, ptr, arc, p, won):
    """Draw which parents succeeded at each action first to last - 1, given that at least one did.

    Action a uses stream ``number + a`` under the key. The first success is drawn by the inverse of its distribution;
    the parents after it succeed independently.
    """
    for a in range(first, last):
        begin = ptr[a]
        end = ptr[a + 1]
        if begin == end:
            continue
        fail = 1.0
        for i in range(begin, end):
            fail *= 1.0 - p[arc[i]]
            won[i] = 0.0
        state, step = stream(key[0], key[1], np.uint64(number + a))
        u = unit(mix(state)) * (1.0 - fail)
        fail = 1.0
        at = begin
        while at < end - 1:
            u -= fail * p[arc[at]]
            if u < 0.0:
                break
            fail *= 1.0 - p[arc[at]]
            at += 1
        won[at] = 1.0
        for i in range(at + 1, end):
            state += step
            if unit(mix(state)) < p[arc[i]]:
                won[i] = 1.0


@hot
def credit_of(order, in_ptr, in_idx, weight, is_seed, credit):
    """Write the share of each action that is credited to the seeds; `order` lists parents first."""
    for i in range(order.size):
        a = order[i]
        if is_seed[a]:
            credit[a] = 1.0
            continue
        total = 0.0
        for e in range(in_ptr[a], in_ptr[a + 1]):
            total += weight[e] * credit[in_idx[e]]
        credit[a] = total
