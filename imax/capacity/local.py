"""Local methods: each active participant chooses by itself, as if there were no other. They overlap heavily.

OPIM-C and IMM share one collection of RR sets over all participants, in place of sampling for each: it is as large as
the one that needs most asks for.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.streams import Stream
from ..errors import OutOfMemoryBoundError
from ..ris.bounds import GREEDY, imm_sizes, log_binomial, lower_bound, opim_schedule, upper_bound
from ..ris.collection import RRCollection
from ..selection.algorithms.pagerank import pagerank_of
from ..selection.outcome import ALL_CHOSEN, BOUND, INTERRUPT, MEMORY, REACHED, TIME
from ..selection.rounds import CollectionPair, Stopped
from ._common import Found, Method, Task

__all__ = ["METHODS"]

_STREAMS = (Stream.LOCAL_SELECTION, Stream.LOCAL_VALIDATION)
_EPSILON = 0.1
_PIECES = 16  # of the participants for each thread, between looks at the clock


def _by_score(task: Task, of_passive: NDArray[Any], reason: str) -> Found:
    """Let each take those of the largest score, by index of the passive graph; ties go to the smaller internal id."""
    problem, m = task.problem, task.matroid
    graph = problem.graph
    score = np.zeros(graph.n_nodes)
    # nodes of the passive graph stand in the order of the whole graph's
    score[graph.rank[np.flatnonzero(~problem.blocked[graph.rank])]] = of_passive
    groups = np.repeat(np.arange(m.capacity.size, dtype=np.int32), np.diff(m.ptr))
    order = np.lexsort((m.nodes, -score[m.nodes], groups))
    place = np.arange(m.n_pairs) - m.ptr[groups]
    taken = order[place < m.capacity[groups]]
    return Found(groups[taken], m.nodes[taken], reason)


def _degree(task: Task) -> Found:
    return _by_score(task, task.problem.passive.out_degree(), ALL_CHOSEN)


def _pagerank(task: Task) -> Found:
    q, passive = task.selection_problem, task.problem.passive
    rank, settled = pagerank_of(passive, q.threads, q.limits)
    by_index = np.empty_like(rank)
    by_index[passive.index] = rank
    return _by_score(task, by_index, ALL_CHOSEN if settled else TIME)


class _Alone:
    """Greedy choices of all participants, each by itself, on one collection."""

    def __init__(self, task: Task, collection: RRCollection, check: Callable[[], None]) -> None:
        from ..kernels.matroid import choose_locally

        m = self.matroid = task.matroid
        self.threads, self.check = task.selection_problem.threads, check
        self.parts = parallel.even_parts(m.ptr, _PIECES * self.threads) or [(0, m.capacity.size)]
        self.places = np.concatenate([[0], np.cumsum(m.usable_capacity())])
        self.seeds = np.empty(int(self.places[-1]), dtype=np.int32)
        self.gains = np.empty(self.seeds.size, dtype=np.int64)
        self.size = np.empty(m.capacity.size, dtype=np.int64)
        index = collection.index(parts=1)
        heap = np.empty(m.n_pairs, dtype=np.int64)
        self._run(
            lambda a, b, stamp: choose_locally(
                a, b, m.members(), index.ptr[0], index.sets, stamp, heap, self.places, self.seeds, self.gains, self.size
            ),
            collection,
        )
        self.covered = np.add.reduceat(np.append(self.gains, 0), self.places[:-1]) * (self.size > 0)

    def _run(self, work: Callable[[int, int, NDArray[np.int32]], Any], collection: RRCollection) -> None:
        """Run some participants a thread at a time, and look at the clock in between."""
        stamps = [np.full(collection.n_sets, -1, dtype=np.int32) for _ in range(self.threads)]
        for first in range(0, len(self.parts), self.threads):
            self.check()
            parts = self.parts[first : first + self.threads]
            parallel.run(
                [partial(work, a, b, stamp) for (a, b), stamp in zip(parts, stamps, strict=False)], self.threads
            )

    def judged(self, collection: RRCollection) -> NDArray[np.int64]:
        """Return how many sets of another collection each participant's choice covers."""
        from ..kernels.matroid import cover_locally

        index = collection.index(parts=1)
        found = np.empty(self.size.size, dtype=np.int64)
        self._run(
            lambda a, b, stamp: cover_locally(
                a, b, self.places, self.size, self.seeds, index.ptr[0], index.sets, stamp, found
            ),
            collection,
        )
        return found

    def found(self, task: Task, pair: CollectionPair, reason: str, rounds: int) -> Found:
        """Return the choices as what a method found."""
        inviters = np.repeat(np.arange(self.size.size, dtype=np.int32), self.size)
        return Found(
            inviters, self.seeds, reason, rounds=rounds, n_rr_sets=pair.n_sets, n_rr_entries=pair.n_entries,
            seconds=pair.seconds,
        )  # fmt: skip


def _asking(task: Task) -> list[tuple[int, float, float]]:
    """Return (number, logarithm of its choices, what its best friends are worth themselves) of who has a choice."""
    m, weights = task.matroid, task.selection_problem.weights
    found = []
    for g in np.flatnonzero(np.diff(m.ptr) > m.capacity).tolist():
        row, k = m.nodes[m.ptr[g] : m.ptr[g + 1]], int(m.capacity[g])
        assert weights is not None
        worth = float(np.partition(weights[row], row.size - k)[-k:].sum())
        if worth > 0.0:  # where friends count for nothing themselves there is nothing to be sure of
            found.append((g, log_binomial(row.size, k), worth))
    return found


def _opim_c(task: Task) -> Found:
    """Each by OPIM-C, until every participant's choice is certain to be nearly as good as greedy can be sure of."""
    q = task.selection_problem
    pair = CollectionPair(q, _STREAMS)
    asking = _asking(task)
    target = GREEDY - q.epsilon
    schedules = [opim_schedule(logs, pair.total, least, q.epsilon, q.delta / len(asking)) for _, logs, least in asking]
    first, rounds, a = (
        (max(s.first for s in schedules), max(s.rounds for s in schedules), max(s.a for s in schedules))
        if schedules
        else (1, 1, 1.0)
    )
    best, number, reason = None, 0, BOUND
    try:
        for number in range(1, rounds + 1):
            count = first << (number - 1)
            pair.draw(count, count)
            with pair.clock("greedy"):
                best = _Alone(task, pair.selection, pair.check)
            pair.have_result = True
            with pair.clock("certify"):
                judged = best.judged(pair.validation)
            pairs = ((int(judged[g]), int(best.covered[g])) for g, *_ in asking)
            if all(
                lower_bound(low, count, pair.total, a) >= target * upper_bound(high / GREEDY, count, pair.total, a)
                for low, high in pairs
            ):
                reason = REACHED
                break
    except Stopped as stopped:
        reason = str(stopped)
    except KeyboardInterrupt:
        if best is None:
            raise
        reason = INTERRUPT
    except MemoryError:
        reason = MEMORY
    if best is None:
        raise OutOfMemoryBoundError("there is not enough memory for the first round of RR sets; use a smaller graph")
    return best.found(task, pair, reason, number)


def _imm(task: Task) -> Found:
    """Each by IMM: how many sets the one that needs most needs is estimated first, then as many are drawn afresh."""
    q = task.selection_problem
    pair = CollectionPair(q, _STREAMS)
    asking = _asking(task)
    n, wide = pair.total, math.sqrt(2.0) * q.epsilon
    least = {g: max(own, 1e-9 * n) for g, _, own in asking}
    sizes = {g: imm_sizes(n, logs, q.epsilon, q.delta / len(asking), least=least[g]) for g, logs, _ in asking}
    wanted, waiting, spread = 1.0, set(sizes), n
    best: _Alone | None = None
    reason = BOUND
    try:
        while waiting and spread / 2 >= min(least[g] for g in waiting):
            spread /= 2
            with pair.clock("estimate"):
                # the judgement's stream is free: what estimates must not choose, unless a limit ends it here
                pair.validation.extend(math.ceil(max(sizes[g][0] for g in waiting) / spread), keep_going=_going(pair))
                best = _Alone(task, pair.validation, pair.check)
            pair.have_result = True
            for g in list(waiting):
                found = n * float(best.covered[g]) / pair.validation.n_sets
                if found >= (1.0 + wide) * spread:
                    wanted = max(wanted, sizes[g][1] / max(found / (1.0 + wide), least[g]))
                    waiting.remove(g)
            pair.check()
        wanted = max([wanted, *(sizes[g][1] / least[g] for g in waiting)])
        pair.selection.extend(min(math.ceil(wanted), 1 << 12))
        while pair.selection.n_sets < wanted:
            pair.draw(min(math.ceil(wanted), 2 * pair.selection.n_sets), 0)
        with pair.clock("greedy"):
            best = _Alone(task, pair.selection, _no_check)
    except Stopped as stopped:
        reason = str(stopped)
    except KeyboardInterrupt:
        if best is None:
            raise
        reason = INTERRUPT
    except MemoryError:
        reason = MEMORY
    if best is None:
        raise OutOfMemoryBoundError("there is not enough memory for the first round of RR sets; use a smaller graph")
    return best.found(task, pair, reason, 1)


def _no_check() -> None:
    """Let the last step end: what it needs is drawn."""


def _going(pair: CollectionPair) -> Callable[[], bool]:
    def going() -> bool:
        pair.check()
        return True

    return going


_SOURCE = "a baseline in Zhang et al., KDD 2023"

METHODS = (
    Method("degree", _degree, "each invites its friends of the most out-arcs to passive nodes", _SOURCE),
    Method("pagerank", _pagerank, "each invites its friends of the largest PageRank among the passive", _SOURCE),
    Method(
        "opim-c", _opim_c, "each chooses by OPIM-C as if alone, all on the same RR sets", _SOURCE,
        "1 - 1/e - epsilon of each one's own best", epsilon=_EPSILON,
    ),
    Method(
        "imm", _imm, "each chooses by IMM as if alone, all on the same RR sets", _SOURCE,
        "1 - 1/e - epsilon of each one's own best", epsilon=_EPSILON,
    ),
)  # fmt: skip
