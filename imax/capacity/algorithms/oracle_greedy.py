"""MG-Greedy and RR-Greedy with any spread oracle, evaluated lazily (CELF).

Zhang, Huang, Sun, Lin, Xiao and Tang, "Capacity Constrained Influence Maximization in Social Networks", KDD 2023.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heapreplace

import numpy as np

from ..._utils.registry import Entry
from ...ris.coverage import CoverAlgorithm, greedy_cover
from ...ris.round_robin import round_robin_cover
from ...selection.algorithms.greedy import Search
from ...selection.algorithms.ris import fixed_rounds
from ...selection.doubling import run_rounds
from ...selection.oracles import OutOfTime
from ...selection.outcome import ALL_CHOSEN, INTERRUPT, TIME
from ...selection.rounds import CollectionPair
from ..expected import ExpectedPair
from ..outcome import Algorithm, Invitations, from_round
from ..spare import add_spare
from ..task import Task
from .opim import ACCEPTANCE_ARGUMENTS, PAPER, with_spare

__all__ = ["MG_GREEDY", "RR_GREEDY"]


class _Gains:
    """The last known gain of each candidate, and the number of seeds when it was computed; shared by all heaps."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.last = dict(zip(search.candidates.tolist(), search.evaluate(search.candidates).tolist(), strict=True))
        self.size = dict.fromkeys(self.last, 0)

    def lead(
        self, heap: list[tuple[float, int]], fits: Callable[[int], bool] | None = None
    ) -> tuple[float, int] | None:
        """Return the gain and the node of the largest current gain, which stays on top; None if all gains are 0.

        Nodes that do not fit any more leave the heap without being evaluated.
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

    def choose(self, node: int, gain: float) -> None:
        """Add a node to the seeds; its gain is 0 from now on."""
        self.last[node] = 0.0
        self.search.add(node, gain)


def _round_robin(task: Task, gains: _Gains, inviters: list[int]) -> None:
    """Choose by RR-Greedy: in each round, each inviter in turn invites its candidate of the largest gain."""
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
            gains.choose(found[1], found[0])
            capacity[g] -= 1
            if capacity[g]:
                still.append(g)
        waiting = still


def _largest_gain(task: Task, gains: _Gains, inviters: list[int]) -> None:
    """Choose by MG-Greedy; of several possible inviters, the one with the largest remaining capacity invites."""
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
        gains.choose(node, gain)


def _with_oracle(choose: Callable[[Task, _Gains, list[int]], None], task: Task) -> Invitations:
    """Choose with the oracle of the task, until the end, a time limit or an interrupt."""
    search = Search(task.selection_problem)
    inviters: list[int] = []
    reason = ALL_CHOSEN
    try:
        choose(task, _Gains(search), inviters)
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
    size = min(len(inviters), len(search.gains))  # an interrupt between two appends leaves different lengths
    groups, seeds = np.array(inviters[:size], dtype=np.int32), np.array(search.seeds[:size], dtype=np.int32)
    gains = np.array(search.gains[:size])
    if task.spare == "all" or task.selection_problem.oracle != "exact":  # an exact gain of 0 is certain
        groups, seeds = add_spare(task, groups, seeds)
        gains = np.concatenate([gains, np.zeros(seeds.size - gains.size)])
    return Invitations(
        seeds, reason, inviters=groups, gains=gains, n_rr_sets=search.oracle.n_rr_sets,
        n_rr_entries=search.oracle.n_rr_entries, n_simulations=search.oracle.n_simulations, seconds=search.seconds,
    )  # fmt: skip


def _on_rr_sets(choose: CoverAlgorithm, task: Task) -> Invitations:
    """Choose on a fixed number of RR sets; kernels do the whole selection."""
    pair = CollectionPair(task.selection_problem)
    best, reason, _ = run_rounds(fixed_rounds(pair, with_spare(choose, task)))
    return from_round(pair, best, reason, 1, None)


def _rr_greedy(task: Task) -> Invitations:
    if task.acceptance is not None:
        pair = ExpectedPair(task, task.acceptance)
        best, reason, _ = run_rounds(fixed_rounds(pair, pair.select))
        return from_round(pair, best, reason, 1, None)
    if task.selection_problem.oracle == "rr":
        return _on_rr_sets(round_robin_cover, task)
    return _with_oracle(_round_robin, task)


def _mg_greedy(task: Task) -> Invitations:
    if task.selection_problem.oracle == "rr":
        return _on_rr_sets(greedy_cover, task)
    return _with_oracle(_largest_gain, task)


_GUARANTEE = "1/2 for the spreads that the oracle estimates"
_ACCEPTS = frozenset({"oracle", "n_rr_sets", "n_simulations", "spare"})

RR_GREEDY: Entry[Algorithm] = Entry(
    "rr-greedy",
    _rr_greedy,
    "in each round, each inviter in turn invites its candidate of the largest marginal gain",
    PAPER,
    _GUARANTEE,
    _ACCEPTS | ACCEPTANCE_ARGUMENTS,
)
MG_GREEDY: Entry[Algorithm] = Entry(
    "mg-greedy",
    _mg_greedy,
    "the candidate of the largest marginal gain, as long as some inviter can still invite it",
    PAPER,
    _GUARANTEE,
    _ACCEPTS,
)
