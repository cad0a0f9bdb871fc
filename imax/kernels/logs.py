"""Logs of actions: their order, and the pairs of an arc u -> v and an item on which v acted after u.

Actions are sorted by item, then by time, then by user. All nodes are internal ids. Arcs are places in `in_idx`. An item
is searched along the arcs from each of its users to users with a smaller id, in both directions. Small ids are those
of large in-degrees, so few arcs of the largest rows are read.

================== ============= ============== ==================================================================
array              dtype         shape          meaning
================== ============= ============== ==================================================================
item, user         int32         (n_rows,)      item and user of each row of a log
time               float64       (n_rows,)      time of each row
cursor             int64         (n_items,)     next place of each item; begins as its first place
new_user, new_time int32, float64 (n_rows,)     written: the rows, item after item
item_ptr           int64         (n_items + 1,) actions of each item
first              bool          (n_actions,)   written: whether the action is the first of its user on its item
stamp              int64         (n,)           last item of each user; scratch
in_ptr, in_idx     int64, int32  graph          reverse rows
out_ptr, out_idx   int64, int32  graph          forward rows, and the place in `in_idx` of each out-arc:
place              int64         (n_arcs,)
at                 int32         (n,)           last action of each user; begins as -1; scratch
n_pairs            int64         (n_actions,)   written: number of pairs of each action
place_of           int64         (n_actions,)   next place of the pairs of each action; scratch
arc, delay         int64, float32 (capacity,)   written: arc and delay of each pair, action after action; the arcs of an
                                                action ascend
other              int64         (capacity,)    written: arcs u -> v of items on which both acted without a pair; twice
                                                the arc, plus 1 if u acted first (more than `window` before v)
found_action,      int32,        (capacity,)    pairs of an item in the order in which they are found; scratch
found_arc,         int64,        (capacity,)
found_delay        float32       (capacity,)
key, payload       any           (n,)           keys to sort, and what is sorted along with them
================== ============= ============== ==================================================================
"""

from typing import NamedTuple

import numpy as np

from ._jit import helper, hot

__all__ = ["Found", "Log", "Rows", "find_pairs", "group_by_item", "keep_first", "sort_items"]

_SHORT = 24  # keys that are sorted by insertion


class Log(NamedTuple):
    """Actions, sorted by item and time."""

    item_ptr: np.ndarray
    user: np.ndarray
    time: np.ndarray


class Rows(NamedTuple):
    """Reverse and forward rows of a graph."""

    in_ptr: np.ndarray
    in_idx: np.ndarray
    out_ptr: np.ndarray
    out_idx: np.ndarray
    place: np.ndarray


class Found(NamedTuple):
    """Arrays that `find_pairs` fills."""

    n_pairs: np.ndarray
    place_of: np.ndarray
    arc: np.ndarray
    delay: np.ndarray
    other: np.ndarray
    found_action: np.ndarray
    found_arc: np.ndarray
    found_delay: np.ndarray


@hot
def group_by_item(item, user, time, cursor, new_user, new_time):
    """Copy the rows of a log, item after item."""
    for i in range(item.size):
        place = cursor[item[i]]
        new_user[place] = user[i]
        new_time[place] = time[i]
        cursor[item[i]] = place + 1


@helper
def _before(key, payload, i, x, y):
    """Return whether entry i comes before the entry with key x and payload y."""
    return key[i] < x or (key[i] == x and payload[i] < y)


@helper
def _sift(key, payload, low, root, size):
    """Restore the heap of the `size` entries from `low` below `root`; the largest entry is at the top."""
    x = key[low + root]
    y = payload[low + root]
    child = 2 * root + 1
    while child < size:
        last = low + child
        if child + 1 < size and _before(key, payload, last, key[last + 1], payload[last + 1]):
            child += 1
            last += 1
        if _before(key, payload, last, x, y) or (key[last] == x and payload[last] == y):
            break
        key[low + root] = key[last]
        payload[low + root] = payload[last]
        root = child
        child = 2 * root + 1
    key[low + root] = x
    payload[low + root] = y


@helper
def _sort(key, payload, low, high):
    """Sort the entries low to high - 1 by key and payload, in place."""
    if high - low <= _SHORT:
        for i in range(low + 1, high):
            x = key[i]
            y = payload[i]
            j = i - 1
            while j >= low and not (_before(key, payload, j, x, y) or (key[j] == x and payload[j] == y)):
                key[j + 1] = key[j]
                payload[j + 1] = payload[j]
                j -= 1
            key[j + 1] = x
            payload[j + 1] = y
        return
    i = low + 1
    while i < high and not _before(key, payload, i, key[i - 1], payload[i - 1]):
        i += 1
    if i == high:  # sorted already
        return
    size = high - low
    for root in range(size // 2 - 1, -1, -1):
        _sift(key, payload, low, root, size)
    for end in range(size - 1, 0, -1):
        x = key[low]
        y = payload[low]
        key[low] = key[low + end]
        payload[low] = payload[low + end]
        key[low + end] = x
        payload[low + end] = y
        _sift(key, payload, low, 0, end)


@hot
def sort_items(first, last, item_ptr, user, time):
    """Sort the actions of items first to last - 1 by time and user."""
    for i in range(first, last):
        _sort(time, user, item_ptr[i], item_ptr[i + 1])


@hot
def keep_first(item_ptr, user, stamp, first):
    """Write whether each action is the first of its user on its item; `stamp` begins with -1."""
    for i in range(item_ptr.size - 1):
        for a in range(item_ptr[i], item_ptr[i + 1]):
            first[a] = stamp[user[a]] != i
            stamp[user[a]] = i


@helper
def _record(arc, source, target, log, window, size, others, found):
    """Record an arc between the users of two actions on an item; return the new numbers of entries."""
    gap = log.time[target] - log.time[source]
    if gap > 0.0 and gap <= window:
        found.found_action[size] = target
        found.found_arc[size] = arc
        found.found_delay[size] = gap
        found.n_pairs[target] += 1
        return size + 1, others
    found.other[others] = 2 * arc + (1 if gap > 0.0 else 0)
    return size, others + 1


@hot
def find_pairs(first, last, log, rows, window, at, found):
    """Find the pairs of items first to last - 1, until an array is full.

    Returns
    -------
    tuple
        The next item, the number of pairs, and the number of entries of ``found.other``.
    """
    done = 0
    others = 0
    for i in range(first, last):
        begin = log.item_ptr[i]
        end = log.item_ptr[i + 1]
        for a in range(begin, end):
            at[log.user[a]] = a
            found.n_pairs[a] = 0
        size = done
        start_other = others
        for a in range(begin, end):
            v = log.user[a]
            degree = rows.in_ptr[v + 1] - rows.in_ptr[v] + rows.out_ptr[v + 1] - rows.out_ptr[v]
            if size + degree > found.arc.size or others + degree > found.other.size:
                return i, done, start_other
            for e in range(rows.in_ptr[v], rows.in_ptr[v + 1]):
                w = rows.in_idx[e]
                if w > v:
                    break
                if at[w] >= begin:
                    size, others = _record(e, at[w], a, log, window, size, others, found)
            for o in range(rows.out_ptr[v], rows.out_ptr[v + 1]):
                w = rows.out_idx[o]
                if w > v:
                    break
                if at[w] >= begin:
                    size, others = _record(rows.place[o], a, at[w], log, window, size, others, found)
        here = done
        for a in range(begin, end):
            found.place_of[a] = here
            here += found.n_pairs[a]
        for j in range(done, size):
            target = found.found_action[j]
            here = found.place_of[target]
            found.arc[here] = found.found_arc[j]
            found.delay[here] = found.found_delay[j]
            found.place_of[target] = here + 1
        for a in range(begin, end):
            _sort(found.arc, found.delay, found.place_of[a] - found.n_pairs[a], found.place_of[a])
        done = size
    return last, done, others
