"""What a log says about the arcs of a graph: pairs, counts and delays."""

import re
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from .actions import Actions

if TYPE_CHECKING:
    from ..kernels.logs import Log, Rows

__all__ = ["Evidence", "Placed", "find_evidence", "place"]

_CAPACITY = 1 << 20  # pairs that a thread finds before they are copied
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")  # as Python writes integers; longer numbers are not nodes


@dataclass(frozen=True)
class Placed:
    """The first action of each user of the graph on each item, sorted by item, time and user.

    Attributes
    ----------
    log : Log
        Arrays for kernels.
    items : numpy.ndarray of int32, shape (n_items,)
        Items with actions, as places in ``Actions.items``.
    counts : dict of str to int
        What was dropped.
    """

    log: "Log"
    items: NDArray[np.int32]
    counts: dict[str, int]

    @property
    def n_actions(self) -> int:
        """Number of actions."""
        return self.log.user.size


@dataclass(frozen=True)
class Evidence:
    """The pairs of a log: an arc u -> v, and an item on which v acted after u, within the window.

    Arcs with pairs are numbered in the order of ``graph.in_idx``; these numbers are their slots.

    Attributes
    ----------
    graph : InfluenceGraph
    placed : Placed
    threads : int
    arcs : numpy.ndarray of int64, shape (n_slots,)
        Arc of each slot, as a place in ``graph.in_idx``.
    ptr : numpy.ndarray of int64, shape (n_actions + 1,)
        Pairs of each action.
    slot, delay : numpy.ndarray of int32 and float32, shape (n_pairs,)
        Slot of each pair, and the time between the actions.
    n_not_after, n_late : numpy.ndarray of int32, shape (n_arcs,)
        Items on which v acted before u or at the same time, and items on which v acted more than the window after u.
    """

    graph: InfluenceGraph
    placed: Placed
    threads: int
    arcs: NDArray[np.int64]
    ptr: NDArray[np.int64]
    slot: NDArray[np.int32]
    delay: NDArray[np.float32]
    n_not_after: NDArray[np.int32]
    n_late: NDArray[np.int32]

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return self.slot.size

    @cached_property
    def n_actions_of(self) -> NDArray[np.int32]:
        """Number of items of each user, by internal id."""
        return np.bincount(self.placed.log.user, minlength=self.graph.n_nodes).astype(np.int32)

    @property
    def target(self) -> NDArray[np.int32]:
        """Internal id of the target of each arc."""
        return np.repeat(np.arange(self.graph.n_nodes, dtype=np.int32), np.diff(self.graph.in_ptr))

    @cached_property
    def slot_ptr(self) -> NDArray[np.int64]:
        """Pairs of each slot, for arrays that are ordered by slots: int64, shape (n_slots + 1,)."""
        ptr = np.zeros(self.arcs.size + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.slot, minlength=self.arcs.size), out=ptr[1:])
        return ptr

    @property
    def n_pairs_of(self) -> NDArray[np.float64]:
        """Number of pairs of each arc."""
        return self.spread(np.diff(self.slot_ptr))

    @property
    def n_source(self) -> NDArray[np.int32]:
        """Number of items of the source of each arc."""
        return self.n_actions_of[self.graph.in_idx]

    @property
    def n_trials(self) -> NDArray[np.int32]:
        """Number of items on which the source of each arc acted before its target, or its target never acted."""
        return self.n_source - self.n_not_after

    def actions_by_slot(self) -> NDArray[np.int32]:
        """Return the action of each pair, slot after slot."""
        from ..kernels.actions import fill_by_slot

        action = np.empty(self.n_pairs, dtype=np.int32)
        fill_by_slot(self.ptr, self.slot, self.slot_ptr[:-1].copy(), action)
        return action

    @cached_property
    def slot_delay(self) -> NDArray[np.float64]:
        """Mean delay of each slot."""
        return self.sum(self.delay) / np.diff(self.slot_ptr)

    def sum(self, value: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sum of a value per pair over the pairs of each slot."""
        from ..kernels.actions import add_by_slot

        sums = np.zeros(self.arcs.size)
        add_by_slot(self.slot, value, sums)
        return sums

    def spread(self, value: NDArray[Any], otherwise: float = 0.0) -> NDArray[np.float64]:
        """Return an array by arc with a value for each slot, and another one for arcs without pairs."""
        spread = np.full(self.graph.n_arcs, otherwise)
        spread[self.arcs] = value
        return spread


def place(graph: InfluenceGraph, actions: Actions, threads: int) -> Placed:
    """Return the actions of users that are nodes of the graph, the first on each item, sorted.

    Raises
    ------
    InvalidArgumentError
        If no user of the log is a node of the graph.
    """
    from ..kernels.logs import Log, keep_first

    internal = _internal(graph, actions.users)
    user = internal[actions.user]
    known = user >= 0
    n_unknown = int(np.count_nonzero(~known))
    item, time = actions.item, actions.time
    if n_unknown:
        user, item, time = user[known], item[known], time[known]
    if not user.size:
        nodes = graph.labels.take(np.arange(min(3, graph.n_nodes)))
        raise InvalidArgumentError(
            f"actions must have users that are nodes of the graph; none of {len(actions.users):,} users (such as "
            f"{_first(actions.users)}) is one of {graph.n_nodes:,} nodes (such as {_first(nodes)})",
            argument="actions",
        )
    items, item_ptr, user, time = _by_item(user, item, time, threads)
    first = np.empty(user.size, dtype=np.bool_)
    keep_first(item_ptr, user, np.full(graph.n_nodes, -1, dtype=np.int64), first)
    n_repeated = user.size - int(np.count_nonzero(first))
    if n_repeated:
        item_ptr = np.concatenate([[0], np.cumsum(first)])[item_ptr]
        user, time = user[first], time[first]
    counts = {
        "actions": len(actions),
        "missing": actions.n_missing,
        "unknown_users": int(np.unique(actions.user[~known]).size),
        "unknown_actions": n_unknown,
        "repeated": n_repeated,
        "used": int(user.size),
    }
    return Placed(Log(item_ptr, user, time), items, counts)


def _by_item(
    user: NDArray[np.int32], item: NDArray[np.int32], time: NDArray[np.float64], threads: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return the items, their pointers, and users and times sorted by item, time and user."""
    from ..kernels.logs import group_by_item, sort_items

    sizes = np.bincount(item)
    ptr = np.concatenate([[0], np.cumsum(sizes)])
    new_user, new_time = np.empty_like(user), np.empty_like(time)
    group_by_item(item, user, time, ptr[:-1].copy(), new_user, new_time)
    items = np.flatnonzero(sizes)
    ptr = np.concatenate([ptr[items], ptr[-1:]])
    parts = parallel.even_parts(ptr, 4 * threads)
    parallel.run([partial(sort_items, a, b, ptr, new_user, new_time) for a, b in parts], threads)
    return items.astype(np.int32), ptr, new_user, new_time


def find_evidence(graph: InfluenceGraph, placed: Placed, window: float | None, threads: int) -> Evidence:
    """Return all pairs of a log."""
    from ..kernels.actions import count_by_arc
    from ..kernels.logs import Rows

    rows = Rows(graph.in_ptr, graph.in_idx, *graph.forward(places=True))
    parts = parallel.even_parts(_work(rows, placed), 4 * threads)
    limit = np.inf if window is None else window
    n_pairs = np.zeros(placed.n_actions + 1, dtype=np.int64)
    scratch = n_pairs[1:], np.empty(placed.n_actions, dtype=np.int64)
    found = parallel.run([partial(_pairs_of, rows, placed, a, b, limit, scratch) for a, b in parts], threads)
    pieces = [piece for pieces in found for piece in pieces]
    del found, scratch
    twice = np.zeros((2, graph.n_arcs), dtype=np.int32)
    for _, _, other in pieces:
        for late in (0, 1):
            count_by_arc(other[other & 1 == late], 1, twice[late])
    n_of = np.zeros(graph.n_arcs, dtype=np.int32)
    for arc, _, _ in pieces:
        count_by_arc(arc, 0, n_of)
    arcs = np.flatnonzero(n_of)
    slot_of = n_of  # its counts are no longer used
    slot_of[arcs] = np.arange(arcs.size, dtype=np.int32)
    np.cumsum(n_pairs, out=n_pairs)
    slot, delay = np.empty(n_pairs[-1], dtype=np.int32), np.empty(n_pairs[-1], dtype=np.float32)
    end = 0
    pieces.reverse()
    while pieces:
        arc, gap, _ = pieces.pop()  # each piece is freed after it was copied
        begin, end = end, end + arc.size
        slot[begin:end], delay[begin:end] = slot_of[arc], gap
    return Evidence(graph, placed, threads, arcs, n_pairs, slot, delay, twice[0], twice[1])


def _pairs_of(
    rows: "Rows", placed: Placed, first: int, last: int, window: float, scratch: tuple[NDArray[np.int64], ...]
) -> list[tuple[NDArray[Any], ...]]:
    """Return the arcs, the delays and the other arcs of the items first to last - 1, in pieces."""
    from ..kernels.logs import Found, find_pairs

    at = np.full(rows.in_ptr.size - 1, -1, dtype=np.int32)
    capacity = _CAPACITY
    pieces: list[tuple[NDArray[Any], ...]] = []
    while first < last:
        arc, other, found_arc = (np.empty(capacity, dtype=np.int64) for _ in range(3))
        delay, found_delay = (np.empty(capacity, dtype=np.float32) for _ in range(2))
        action = np.empty(capacity, dtype=np.int32)
        found = Found(scratch[0], scratch[1], arc, delay, other, action, found_arc, found_delay)
        after, size, others = find_pairs(first, last, placed.log, rows, window, at, found)
        if after == first:
            capacity *= 2
            continue
        pieces.append((arc[:size].copy(), delay[:size].copy(), other[:others].copy()))
        first = after
    return pieces


def _work(rows: "Rows", placed: Placed) -> NDArray[np.int64]:
    """Return pointers that divide the items by the degrees of their users."""
    degree = np.diff(rows.in_ptr) + np.diff(rows.out_ptr) + 1
    work: NDArray[np.int64] = np.concatenate([[0], np.cumsum(degree[placed.log.user])])[placed.log.item_ptr]
    return work


def _internal(graph: InfluenceGraph, users: "list[Any] | NDArray[Any]") -> NDArray[np.int32]:
    """Return the internal id of each user, -1 for a user that is not a node.

    Users that are strings match nodes that are whole numbers, since text files have no types.
    """
    if isinstance(users, list) and graph.labels.kind != "object" and all(isinstance(user, str) for user in users):
        users = [int(user) if _INTEGER.fullmatch(user) else user for user in users]
    index = graph.labels.places(users)
    return np.where(index >= 0, graph.rank[np.maximum(index, 0)], -1).astype(np.int32)


def _first(labels: "list[Any] | NDArray[Any]") -> str:
    return ", ".join(repr(x.item() if isinstance(x, np.generic) else x) for x in labels[:3])
