"""How heuristics pick: all at once by a fixed ranking, or one by one by scores that change as seeds are chosen."""

from collections.abc import Iterator
from heapq import heappop, heappush, heapreplace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .base import Outcome, Problem, Progress

__all__ = ["ALL", "INTERRUPT", "TIME", "Falling", "Scores", "by_rank", "gather", "one_by_one", "pieces"]

ALL = "all seeds chosen"
TIME = "time limit"
INTERRUPT = "interrupted"
_CHUNK = 1 << 22


def by_rank(problem: Problem, score: NDArray[Any], reason: str = ALL) -> Outcome:
    """Choose the allowed nodes of the largest scores, which no choice changes; ties go to the smaller id."""
    limits = problem.constraint
    pool = np.flatnonzero(limits.allowed)
    order = pool[np.argsort(-score[pool], kind="stable")[: limits.free]]
    seeds = np.concatenate([limits.forced, order]).astype(np.int32)
    return Outcome(seeds, reason, scores=score[seeds].astype(np.float64))


class Scores(Protocol):
    """Scores that depend on the seeds so far."""

    def best(self) -> int:
        """Return the allowed node of the largest score that is left; ties go to the smaller id."""

    def score(self, node: int) -> float:
        """Return a node's score as it is now."""

    def take(self, node: int) -> None:
        """Take a node as chosen, or as active from the start."""


def one_by_one(problem: Problem, scores: Scores) -> Outcome:
    """Choose by scores that are brought up to date after each seed; stop in time, and on Ctrl-C."""
    limits = problem.constraint
    n_forced = limits.forced.size
    k = n_forced + min(limits.free, int(limits.allowed.sum()))
    least = max(n_forced, 1)
    every = max(1, k // 100)
    seeds: list[int] = []
    values: list[float] = []
    reason = ALL
    try:
        for node in limits.start.tolist():
            scores.take(node)
        while len(seeds) < k:
            if len(seeds) >= least and not problem.limits.in_time():
                reason = TIME
                break
            node = int(limits.forced[len(seeds)]) if len(seeds) < n_forced else scores.best()
            values.append(scores.score(node))
            scores.take(node)
            seeds.append(node)
            if problem.progress is not None and (len(seeds) % every == 0 or len(seeds) == k):
                problem.progress(Progress(len(seeds), k, 0, 0.0, 0.0, problem.limits.elapsed()))
    except KeyboardInterrupt:
        if len(seeds) < least:
            raise
        reason = INTERRUPT
    return Outcome(np.array(seeds, dtype=np.int32), reason, scores=np.array(values[: len(seeds)]))


class Falling:
    """The allowed nodes in order of scores that never rise.

    An old score is a bound. The nodes stand in the order of their first scores; one whose score has fallen when its
    turn comes goes to a heap of old scores, and is chosen once the score there is the true one. So a pick costs a few
    comparisons, not a pass over all nodes (Leskovec et al., KDD 2007).

    Parameters
    ----------
    score : numpy.ndarray, shape (n_nodes,)
        The scores, which the caller lets fall in place.
    allowed : numpy.ndarray of bool, shape (n_nodes,)
    """

    def __init__(self, score: NDArray[Any], allowed: NDArray[np.bool_]) -> None:
        pool = np.flatnonzero(allowed)
        self.score = score
        self.order = pool[np.argsort(-score[pool], kind="stable")]
        self.first = score[self.order]
        self.at = 0
        self.heap: list[tuple[Any, int]] = []

    def pop(self) -> int:
        """Return the node of the largest score, and leave it out from now on; ties go to the smaller id."""
        while True:
            fresh = (-self.first[self.at], int(self.order[self.at])) if self.at < self.order.size else None
            if self.heap and (fresh is None or self.heap[0] < fresh):
                bound, node = self.heap[0]
                now = -self.score[node]
                if now == bound:
                    heappop(self.heap)
                    return node
                heapreplace(self.heap, (now, node))
            else:
                assert fresh is not None
                bound, node = fresh
                self.at += 1
                now = -self.score[node]
                if now == bound:
                    return node
                heappush(self.heap, (now, node))


def gather(ptr: NDArray[np.int64], idx: NDArray[np.int32], rows: NDArray[Any]) -> NDArray[np.int32]:
    """Return the entries of some rows, one row after the other."""
    lengths = ptr[rows + 1] - ptr[rows]
    shift = ptr[rows] - (np.cumsum(lengths) - lengths)
    return idx[np.repeat(shift, lengths) + np.arange(int(lengths.sum()))]


def pieces(ptr: NDArray[np.int64], rows: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Cut a list of rows into ranges of a bounded number of entries, beyond one row's, for `gather` to take."""
    ends = np.cumsum(ptr[rows + 1] - ptr[rows])
    at = 0
    while at < rows.size:
        before = int(ends[at - 1]) if at else 0
        stop = max(at + 1, int(np.searchsorted(ends, before + _CHUNK, side="right")))
        yield at, stop
        at = stop
