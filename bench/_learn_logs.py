"""Logs for the benchmarks of learning: simulated cascades and retweets; and a greedy selection to compare with."""

import gzip
import heapq
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

import imax
from imax.learn import CreditGraph

__all__ = ["cascades", "greedy_credit", "higgs_retweets", "large_log"]


def cascades(graph: imax.InfluenceGraph, p: np.ndarray, n_items: int, rng: int) -> dict[str, Any]:
    """Return the log of independent cascades from random users, one for each item; times count steps.

    `p` has the probability of each arc, in the order of ``graph.arc_arrays()``.
    """
    out_ptr, out_idx, place = graph.forward(places=True)
    capacity = 1 << 16
    while True:
        arrays = np.empty(capacity, np.int32), np.empty(capacity, np.int32), np.empty(capacity, np.int32)
        size = _cascades(
            out_ptr, out_idx, p[place], n_items, np.random.default_rng(rng), np.full(graph.n_nodes, -1), *arrays
        )
        if size >= 0:
            break
        capacity *= 4
    user, item, step = (array[:size] for array in arrays)
    return {"user": np.array(graph.nodes())[graph.index[user]], "item": item, "time": step}


@njit(cache=True)
def _cascades(
    out_ptr: Any, out_idx: Any, p: Any, n_items: int, generator: Any, seen: Any, user: Any, item: Any, step: Any
) -> int:
    end = 0
    for i in range(n_items):
        head = end
        root = generator.integers(0, out_ptr.size - 1)
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
                if seen[v] != i and (o < 0 or generator.random() < p[o]):
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
    generator = np.random.default_rng(rng)
    _fill(out_ptr, out_idx, np.diff(graph.in_ptr), size, generator, np.full(graph.n_nodes, -1), user, time)
    labels = np.array(graph.nodes())[graph.index]
    order = generator.permutation(user.size)  # a log is seldom sorted by item
    item = np.repeat(np.arange(n_items), size)
    return {"user": labels[user[order]], "item": item[order], "time": time[order]}


@njit(cache=True)
def _fill(
    out_ptr: Any, out_idx: Any, in_degree: Any, size: int, generator: Any, seen: Any, user: Any, time: Any
) -> None:
    for i in range(user.size // size):
        begin, end = i * size, i * size
        at = begin
        while end < begin + size:
            if at == end:
                v = generator.integers(0, out_ptr.size - 1)
                while seen[v] == i:
                    v = generator.integers(0, out_ptr.size - 1)
                seen[v] = i
                user[end], time[end] = v, generator.random() * 10.0
                end += 1
            for o in range(out_ptr[user[at]], out_ptr[user[at] + 1]):
                v = out_idx[o]
                if end < begin + size and seen[v] != i and generator.random() < 1.0 / in_degree[v]:
                    seen[v] = i
                    user[end], time[end] = v, time[at] + generator.exponential()
                    end += 1
            at += 1


def higgs_retweets(path: Path, hours: int = 1) -> tuple[imax.InfluenceGraph, dict[str, Any]]:
    """Return a graph and a log of the retweets around the discovery of the Higgs boson.

    The data does not say which tweet was retweeted, nor who follows whom. The first half of the events gives the graph:
    an arc from a user to each one who retweeted, mentioned or answered this user. The second half gives the log: an
    item is an author during `hours` hours, and its actions are the author, at the beginning, and the users who
    retweeted the author then.
    """
    with gzip.open(path, "rt") as file:
        rows = [line.split() for line in file]
    who, whom, when = np.array([row[:3] for row in rows], dtype=np.int64).T
    retweet = np.array([row[3] == "RT" for row in rows])
    other = who != whom
    order = np.argsort(when, kind="stable")
    past, rest = order[: order.size // 2], order[order.size // 2 :]
    past, rest = past[other[past]], rest[other[rest] & retweet[rest]]
    pairs = np.unique(np.stack([whom[past], who[past]]), axis=1)
    graph = imax.InfluenceGraph.from_edges(list(zip(*pairs.tolist(), strict=True)))
    period = when[rest] // (3600 * hours)
    item = whom[rest] * (int(period.max()) + 1) + period
    _, first = np.unique(item, return_index=True)
    return graph, {
        "user": np.concatenate([whom[rest][first], who[rest]]),
        "item": np.concatenate([item[first], item]),
        "time": np.concatenate([period[first] * 3600 * hours - 1, when[rest]]),
    }


def greedy_credit(model: CreditGraph, k: int) -> tuple[list[Any], float]:
    """Return the seeds of a lazy greedy selection on the exact credited spread, and their spread."""
    seeds: list[Any] = []
    current = 0.0
    heap = [(-model.spread_of([v]), v, 0) for v in model.nodes()]
    heapq.heapify(heap)
    while len(seeds) < k:
        gain, v, size = heapq.heappop(heap)
        if size == len(seeds):
            seeds.append(v)
            current -= gain
        else:
            heapq.heappush(heap, (current - model.spread_of([*seeds, v]), v, len(seeds)))
    return seeds, current
