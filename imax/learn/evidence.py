"""What a log says about the arcs of a graph: pairs, counts and delays."""

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
    from ..kernels.actions import Log

__all__ = ["Evidence", "Placed", "find_evidence", "place"]

_CAPACITY = 1 << 20  # pairs that a thread finds before they are copied


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

    Attributes
    ----------
    graph : InfluenceGraph
    placed : Placed
    threads : int
    ptr : numpy.ndarray of int64, shape (n_actions + 1,)
        Pairs of each action.
    arc, delay : numpy.ndarray of int64 and float32, shape (n_pairs,)
        Arc of each pair, as a place in ``graph.in_idx``, and the time between the actions.
    n_not_after, n_late : numpy.ndarray of int64, shape (n_arcs,)
        Items on which v acted before u or at the same time, and items on which v acted more than the window after u.
    """

    graph: InfluenceGraph
    placed: Placed
    threads: int
    ptr: NDArray[np.int64]
    arc: NDArray[np.int64]
    delay: NDArray[np.float32]
    n_not_after: NDArray[np.int64]
    n_late: NDArray[np.int64]

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return self.arc.size

    @cached_property
    def n_actions_of(self) -> NDArray[np.int64]:
        """Number of items of each user, by internal id."""
        return np.bincount(self.placed.log.user, minlength=self.graph.n_nodes)

    @cached_property
    def target(self) -> NDArray[np.int32]:
        """Internal id of the target of each arc."""
        return np.repeat(np.arange(self.graph.n_nodes, dtype=np.int32), np.diff(self.graph.in_ptr))

    @cached_property
    def n_pairs_of(self) -> NDArray[np.int64]:
        """Number of pairs of each arc."""
        return np.diff(self.by_arc[0])

    @cached_property
    def n_source(self) -> NDArray[np.int64]:
        """Number of items of the source of each arc."""
        return self.n_actions_of[self.graph.in_idx]

    @cached_property
    def n_trials(self) -> NDArray[np.int64]:
        """Number of items on which the source of each arc acted before its target, or its target never acted."""
        return self.n_source - self.n_not_after

    @cached_property
    def by_arc(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The pairs of each arc: pointers, and the action and the number of each pair."""
        from ..kernels.actions import count_by_arc, fill_by_arc

        counts = np.zeros(self.graph.n_arcs, dtype=np.int64)
        count_by_arc(self.arc, 0, counts)
        ptr = np.zeros(self.graph.n_arcs + 1, dtype=np.int64)
        np.cumsum(counts, out=ptr[1:])
        action, pair = np.empty((2, self.n_pairs), dtype=np.int64)
        fill_by_arc(self.ptr, self.arc, ptr[:-1].copy(), action, pair)
        return ptr, action, pair

    @cached_property
    def delay_of(self) -> NDArray[np.float64]:
        """Mean delay of each arc; NaN for arcs without pairs."""
        total = self.sum(self.delay.astype(np.float64))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.n_pairs_of > 0, total / self.n_pairs_of, np.nan)

    def sum(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of a value per pair over the pairs of each arc, in an order that threads do not change."""
        from ..kernels.actions import sum_by_arc

        ptr, _, pair = self.by_arc
        sums = np.empty(self.graph.n_arcs)
        parts = parallel.even_parts(ptr, self.threads)
        parallel.run([partial(sum_by_arc, a, b, ptr, pair, value, sums) for a, b in parts], self.threads)
        return sums


def place(graph: InfluenceGraph, actions: Actions) -> Placed:
    """Return the actions of users that are nodes of the graph, the first on each item, sorted.

    Raises
    ------
    InvalidArgumentError
        If no user of the log is a node of the graph.
    """
    from ..kernels.actions import Log, keep_first

    internal = _internal(graph, actions.users)
    user = internal[actions.user]
    known = user >= 0
    n_unknown = int(np.count_nonzero(~known))
    user, item, time = user[known], actions.item[known], actions.time[known]
    if not user.size:
        nodes = graph.labels.take(np.arange(min(3, graph.n_nodes)))
        raise InvalidArgumentError(
            f"actions must have users that are nodes of the graph; none of {len(actions.users):,} users (such as "
            f"{_first(actions.users)}) is one of {graph.n_nodes:,} nodes (such as {_first(nodes)})",
            argument="actions",
        )
    order = np.lexsort((user, time, item))
    user, item, time = user[order], item[order], time[order]
    first = np.empty(user.size, dtype=np.bool_)
    keep_first(item, user, np.full(graph.n_nodes, -1, dtype=np.int64), first)
    user, item, time = user[first], item[first], time[first]
    items, sizes = np.unique(item, return_counts=True)
    item_ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    counts = {
        "actions": len(actions),
        "missing": actions.n_missing,
        "unknown_users": int(np.count_nonzero(internal < 0)),
        "unknown_actions": n_unknown,
        "repeated": int(first.size - np.count_nonzero(first)),
        "used": int(user.size),
    }
    return Placed(Log(item_ptr, user.astype(np.int32), time), items.astype(np.int32), counts)


def find_evidence(graph: InfluenceGraph, placed: Placed, window: float | None, threads: int) -> Evidence:
    """Return all pairs of a log."""
    from ..kernels.actions import count_by_arc

    parts = parallel.even_parts(_work(graph, placed), 4 * threads)
    n_pairs = np.zeros(placed.n_actions + 1, dtype=np.int64)
    limit = np.inf if window is None else window
    found = parallel.run([partial(_pairs_of, graph, placed, a, b, limit, n_pairs[1:]) for a, b in parts], threads)
    arc = np.concatenate([piece[0] for pieces in found for piece in pieces] or [np.empty(0, np.int64)])
    delay = np.concatenate([piece[1] for pieces in found for piece in pieces] or [np.empty(0, np.float32)])
    twice = np.zeros((2, graph.n_arcs), dtype=np.int64)
    for pieces in found:
        for _, _, other in pieces:
            for late in (0, 1):
                count_by_arc(other[other & 1 == late], 1, twice[late])
    return Evidence(graph, placed, threads, np.cumsum(n_pairs), arc, delay, twice[0], twice[1])


def _pairs_of(
    graph: InfluenceGraph, placed: Placed, first: int, last: int, window: float, n_pairs: NDArray[np.int64]
) -> list[tuple[NDArray[Any], ...]]:
    """Return the arcs, the delays and the other items of the items first to last - 1, in pieces."""
    from ..kernels.actions import Found, find_pairs

    stamp, at = np.zeros(graph.n_nodes, dtype=np.int64), np.empty(graph.n_nodes)
    capacity = _CAPACITY
    pieces: list[tuple[NDArray[Any], ...]] = []
    while first < last:
        found = Found(
            n_pairs, np.empty(capacity, np.int64), np.empty(capacity, np.float32), np.empty(capacity, np.int64)
        )
        after, size, others = find_pairs(first, last, placed.log, graph.in_ptr, graph.in_idx, window, stamp, at, found)
        if after == first:
            capacity *= 2
            continue
        pieces.append((found.arc[:size].copy(), found.delay[:size].copy(), found.other[:others].copy()))
        first = after
    return pieces


def _work(graph: InfluenceGraph, placed: Placed) -> NDArray[np.int64]:
    """Return pointers that divide the items by the in-degrees of their users."""
    degree = np.diff(graph.in_ptr)[placed.log.user] + 1
    work: NDArray[np.int64] = np.concatenate([[0], np.cumsum(degree)])[placed.log.item_ptr]
    return work


def _internal(graph: InfluenceGraph, users: "list[Any] | NDArray[Any]") -> NDArray[np.int32]:
    """Return the internal id of each user, -1 for a user that is not a node.

    Users that are strings match nodes that are whole numbers, since text files have no types.
    """
    if isinstance(users, list) and graph.labels.kind != "object" and all(isinstance(user, str) for user in users):
        users = [int(user) if user.lstrip("-").isdecimal() and str(int(user)) == user else user for user in users]
    index = graph.labels.places(users)
    return np.where(index >= 0, graph.rank[np.maximum(index, 0)], -1).astype(np.int32)


def _first(labels: "list[Any] | NDArray[Any]") -> str:
    return ", ".join(repr(x.item() if isinstance(x, np.generic) else x) for x in labels[:3])
