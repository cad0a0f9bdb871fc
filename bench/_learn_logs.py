"""Logs of simulated cascades for the benchmarks of learning."""

from typing import Any

import numpy as np
from numba import njit

import imax

__all__ = ["cascades", "large_log"]


def cascades(graph: imax.InfluenceGraph, p: np.ndarray, n_items: int, rng: int) -> dict[str, Any]:
    """Return the log of independent cascades from random users, one for each item; times count steps.

    `p` has the probability of each arc, in the order of ``graph.arc_arrays()``.
    """
    out_ptr, out_idx, place = graph.forward(places=True)
    capacity = 1 << 16
    while True:
        arrays = np.empty(capacity, np.int32), np.empty(capacity, np.int32), np.empty(capacity, np.int32)
        size = _cascades(out_ptr, out_idx, p[place], n_items, rng, np.full(graph.n_nodes, -1), *arrays)
        if size >= 0:
            break
        capacity *= 4
    user, item, step = (array[:size] for array in arrays)
    return {"user": np.array(graph.nodes())[graph.index[user]], "item": item, "time": step}


@njit(cache=True)
def _cascades(
    out_ptr: Any, out_idx: Any, p: Any, n_items: int, rng: int, seen: Any, user: Any, item: Any, step: Any
) -> int:
    np.random.seed(rng)
    end = 0
    for i in range(n_items):
        head = end
        root = np.random.randint(0, out_ptr.size - 1)
        for at in range(-1, user.size):
            if at >= 0:
                if head + at == end:
                    break
                source = user[head + at]
                first, last, time = out_ptr[source], out_ptr[source + 1], step[head + at] + 1
            else:
                first, last, time = -1, 0, 0
            for o in range(first, last):
                v = root if o < 0 else out_idx[o]
                if seen[v] != i and (o < 0 or np.random.random() < p[o]):
                    if end == user.size:
                        return -1
                    seen[v] = i
                    user[end], item[end], step[end] = v, i, time
                    end += 1
    return end


def large_log(graph: imax.InfluenceGraph, n_actions: int, n_items: int, rng: int = 0) -> dict[str, Any]:
    """Return a log whose items have about the same number of actions, for measurements of speed.

    Cascades go along arcs with probability 1/in-degree and exponential delays. If a cascade ends before its item has
    enough actions, another one begins at a random user.
    """
    out_ptr, out_idx, _ = graph.forward()
    size = n_actions // n_items
    user, time = np.empty(n_items * size, np.int32), np.empty(n_items * size)
    _fill(out_ptr, out_idx, np.diff(graph.in_ptr), size, rng, np.full(graph.n_nodes, -1), user, time)
    labels = np.array(graph.nodes())[graph.index]
    order = np.random.default_rng(rng).permutation(user.size)  # a log is seldom sorted by item
    item = np.repeat(np.arange(n_items), size)
    return {"user": labels[user[order]], "item": item[order], "time": time[order]}


@njit(cache=True)
def _fill(out_ptr: Any, out_idx: Any, in_degree: Any, size: int, rng: int, seen: Any, user: Any, time: Any) -> None:
    np.random.seed(rng)
    for i in range(user.size // size):
        begin, end = i * size, i * size
        at = begin
        while end < begin + size:
            if at == end:
                v = np.random.randint(0, out_ptr.size - 1)
                while seen[v] == i:
                    v = np.random.randint(0, out_ptr.size - 1)
                seen[v] = i
                user[end], time[end] = v, np.random.random() * 10.0
                end += 1
            for o in range(out_ptr[user[at]], out_ptr[user[at] + 1]):
                v = out_idx[o]
                if end < begin + size and seen[v] != i and np.random.random() < 1.0 / in_degree[v]:
                    seen[v] = i
                    user[end], time[end] = v, time[at] + np.random.exponential()
                    end += 1
            at += 1
