"""Logs of actions: which in-neighbors of a user acted before it on the same item, and counts per arc.

Actions are sorted by item, then by time. A *pair* is an arc u -> v and an item on which u precedes v: v acts after u,
by at most `window`. All nodes are internal ids. Arcs are places in `in_idx`. The arcs with pairs are numbered: these
numbers are their *slots*.

================== ============= ============== ==================================================================
array              dtype         shape          meaning
================== ============= ============== ==================================================================
item_ptr           int64         (n_items + 1,) actions of each item
user               int32         (n_actions,)   user of each action
time               float64       (n_actions,)   time of each action
in_ptr, in_idx     int64, int32  graph          reverse rows
out_ptr, out_idx   int64, int32  graph          forward rows, and the place in `in_idx` of each out-arc:
place              int64         (n_arcs,)
stamp              int64         (n,)           mark of the last item on which the user acted; scratch
at                 float64       (n,)           its time on that item; scratch
arc                int64         any            arcs, shifted left
counts             int32         (n_arcs,)      written: number of occurrences of each arc
ptr                int64         (n_actions + 1,) pairs of each action
slot               int32         (n_pairs,)     slot of each pair, action after action
slot_ptr           int64         (n_slots + 1,) pairs of each slot
cursor             int64         (n_slots,)     next place of each slot
action             int32         (n_pairs,)     action of each pair, slot after slot
p                  float64       (n_slots,)     probability of each slot's arc
reached            float64       (n_actions,)   1 - product of 1 - p over the pairs of an action
shares             float64       (n_slots,)     expected number of successes of each slot's arc
trials, n_pairs    float64       (n_slots,)     number of trials and of pairs of each slot's arc
successes,         float64       (n_slots,)     written: counts of a binomial with the same information
effective
value, sums        float64       (n_pairs,), (n_slots,) a number per pair; its sum over the pairs of each slot
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
    "Exposed", "add_by_slot", "count_by_arc", "credit_of", "draw_causes", "effective_counts", "exposures",
    "fill_by_slot", "log_failed", "maximize", "reach", "sum_shares",
]  # fmt: skip


class Exposed(NamedTuple):
    """Arrays that `exposures` fills."""

    item: np.ndarray
    who: np.ndarray
    acted: np.ndarray
    total: np.ndarray


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
def fill_by_slot(ptr, slot, cursor, action):
    """Write the action of each pair, slot after slot; `cursor` begins as the first place of each slot."""
    for a in range(ptr.size - 1):
        for i in range(ptr[a], ptr[a + 1]):
            place = cursor[slot[i]]
            action[place] = a
            cursor[slot[i]] = place + 1


@hot
def add_by_slot(slot, value, sums):
    """Add a value per pair to the sum of its slot."""
    for i in range(slot.size):
        sums[slot[i]] += value[i]


@hot
def reach(first, last, ptr, slot, p, reached):
    """Write the probability that at least one parent succeeds, for actions first to last - 1; return their log sum."""
    total = 0.0
    for a in range(first, last):
        if ptr[a] < ptr[a + 1]:
            fail = 1.0
            for i in range(ptr[a], ptr[a + 1]):
                fail *= 1.0 - p[slot[i]]
            reached[a] = max(1.0 - fail, 1e-300)
            total += math.log(reached[a])
    return total


@hot
def sum_shares(first, last, slot_ptr, action, p, reached, shares):
    """Write the sum of p / reached over the pairs of slots first to last - 1."""
    for s in range(first, last):
        share = 0.0
        for i in range(slot_ptr[s], slot_ptr[s + 1]):
            share += p[s] / reached[action[i]]
        shares[s] = share


@hot
def maximize(first, last, shares, trials, prior, p):
    """Write the most likely probability, with the prior, of slots first to last - 1."""
    a, b = prior
    for s in range(first, last):
        p[s] = min((shares[s] + a) / (trials[s] + a + b), 1.0)


@hot
def log_failed(first, last, trials, n_pairs, prior, p):
    """Return the sum over slots first to last - 1 of the logs of the chance of their failures and of the prior."""
    a, b = prior
    total = 0.0
    for s in range(first, last):
        failures = trials[s] - n_pairs[s] + b
        if failures > 0.0:
            total += failures * math.log1p(-min(p[s], 1.0 - 1e-16))
        if a > 0.0:
            total += a * math.log(max(p[s], 1e-300))
    return total


@hot
def effective_counts(first, last, slot_ptr, action, p, reached, trials, successes, effective):
    """Write successes and trials of a binomial whose log-likelihood has the same first two derivatives at p.

    With the probability q that all other parents fail, the sums over the pairs of q / reached and (q / reached)**2 are
    the derivative of the log-likelihood of the arc's successes by its probability, and minus the second derivative.
    """
    for s in range(first, last):
        slope = 0.0
        curvature = 0.0
        fail = max(1.0 - p[s], 1e-300)
        for i in range(slot_ptr[s], slot_ptr[s + 1]):
            r = reached[action[i]]
            ratio = (1.0 - r) / fail / r
            slope += ratio
            curvature += ratio * ratio
        n_pairs = float(slot_ptr[s + 1] - slot_ptr[s])
        less = (slope - p[s] * curvature) * (1.0 - p[s]) ** 2
        found = p[s] * (slope - less / (1.0 - p[s])) if p[s] < 1.0 else n_pairs
        successes[s] = min(max(found, 0.0), n_pairs)
        effective[s] = successes[s] + max(trials[s] - n_pairs - less, 0.0)


@hot
def draw_causes(first, last, number, key, ptr, slot, p, won):
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
            fail *= 1.0 - p[slot[i]]
            won[i] = 0.0
        state, step = stream(key[0], key[1], np.uint64(number + a))
        u = unit(mix(state)) * (1.0 - fail)
        fail = 1.0
        at = begin
        while at < end - 1:
            u -= fail * p[slot[at]]
            if u < 0.0:
                break
            fail *= 1.0 - p[slot[at]]
            at += 1
        won[at] = 1.0
        for i in range(at + 1, end):
            state += step
            if unit(mix(state)) < p[slot[i]]:
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
