"""MG-Greedy and RR-Greedy over any spread oracle, asking again only for friends that may lead (CELF)."""

from collections.abc import Callable
from heapq import heapify, heappop, heapreplace

import numpy as np

from ..selection.algorithms.greedy import Search
from ..selection.oracles import OutOfTime
from ..selection.outcome import ALL_CHOSEN, INTERRUPT, TIME
from ._common import Found, Task, with_spare

__all__ = ["by_oracle"]


class _Gains:
    """What each friend added when it was last asked for, and how many were chosen then; one table for all heaps."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.last = dict(zip(search.candidates.tolist(), search.evaluate(search.candidates).tolist(), strict=True))
        self.size = dict.fromkeys(self.last, 0)

    def lead(
        self, heap: list[tuple[float, int]], fits: Callable[[int], bool] | None = None
    ) -> tuple[float, int] | None:
        """Return the gain and the node of a heap's true leader, which stays on top; None where nobody adds anything.

        Nodes that do not fit any more leave the heap unasked.
        """
        now = len(self.search.seeds)
        while heap:
            bound, node = heap[0]
            if self.last[node] <= 0.0 or not (fits is None or fits(node)):
                heappop(heap)
                continue
            if -bound != self.last[node]:
                heapreplace(heap, (-self.last[node], node))
                continue
            if self.size[node] == now:
                return -bound, node
            self.last[node] = self.search.evaluate_one(node)
            self.size[node] = now
        return None

    def take(self, node: int, gain: float) -> None:
        """Take a node as chosen: it adds nothing any more."""
        self.last[node] = 0.0
        self.search.add(node, gain)


def _in_turn(task: Task, gains: _Gains, inviters: list[int]) -> None:
    """RR-Greedy."""
    m = task.matroid
    rows = [m.nodes[m.ptr[g] : m.ptr[g + 1]].tolist() for g in range(m.capacity.size)]
    heaps = [[(-gains.last[v], v) for v in row] for row in rows]
    for heap in heaps:
        heapify(heap)
    capacity = m.capacity.tolist()
    waiting = list(range(m.capacity.size))
    while waiting:
        still = []
        for g in waiting:
            found = gains.lead(heaps[g])
            if found is None:
                continue
            heappop(heaps[g])
            inviters.append(g)
            gains.take(found[1], found[0])
            capacity[g] -= 1
            if capacity[g]:
                still.append(g)
        waiting = still


def _best_of_all(task: Task, gains: _Gains, inviters: list[int]) -> None:
    """MG-Greedy; of several who could invite a friend, the one with the most invitations left does."""
    m = task.matroid
    heap = [(-gain, v) for v, gain in gains.last.items()]
    heapify(heap)
    capacity = m.capacity.copy()

    def fits(node: int) -> bool:
        return bool((capacity[m.by_group[m.by_ptr[node] : m.by_ptr[node + 1]]] > 0).any())

    while (found := gains.lead(heap, fits)) is not None:
        gain, node = found
        heappop(heap)
        groups = np.sort(m.by_group[m.by_ptr[node] : m.by_ptr[node + 1]])
        g = int(groups[np.argmax(capacity[groups])])
        capacity[g] -= 1
        inviters.append(g)
        gains.take(node, gain)


def by_oracle(task: Task, *, in_turn: bool) -> Found:
    """Choose by RR-Greedy or MG-Greedy over the question's oracle; stop in time, and on Ctrl-C."""
    search = Search(task.selection_problem)
    inviters: list[int] = []
    reason = ALL_CHOSEN
    try:
        (_in_turn if in_turn else _best_of_all)(task, _Gains(search), inviters)
    except OutOfTime:
        reason = TIME
    except KeyboardInterrupt:
        if not search.seeds and search.best is None:
            raise
        reason = INTERRUPT
    m = task.matroid
    if not search.seeds and search.best is not None:
        gain, node = search.best
        search.seeds, search.gains, inviters = [node], [gain], [int(m.by_group[m.by_ptr[node]])]
    size = min(len(inviters), len(search.gains))  # an interrupt may come between
    chosen = np.array(inviters[:size], dtype=np.int32), np.array(search.seeds[:size], dtype=np.int32)
    gains = np.array(search.gains[:size])
    if task.spare == "all" or task.selection_problem.oracle != "exact":  # what adds nothing exactly is nothing to try
        chosen = with_spare(task, *chosen)
        gains = np.concatenate([gains, np.zeros(chosen[0].size - gains.size)])
    return Found(
        *chosen, reason, gains=gains, n_rr_sets=search.oracle.n_rr_sets, n_rr_entries=search.oracle.n_rr_entries,
        n_simulations=search.oracle.n_simulations, seconds=search.seconds,
    )  # fmt: skip
