"""How heuristics choose: all seeds by a fixed ranking, or one by one by scores that each choice changes."""

import math
from collections.abc import Callable, Iterator
from heapq import heappop, heappush, heapreplace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..._utils.registry import Entry
from ..oracles import OutOfTime
from ..outcome import ALL_CHOSEN, INTERRUPT, TIME, Outcome
from ..problem import Problem, Progress

__all__ = ["DecreasingScores", "Scores", "gather", "heuristic", "pieces", "select_by_rank", "select_one_by_one"]

_CHUNK = 1 << 22


def heuristic(
    name: str, run: Callable[[Problem], Outcome], summary: str, source: str
) -> Entry[Callable[[Problem], Outcome]]:
    """Return the registry entry of a heuristic: it gives no guarantee, and accepts all constraints."""
    accepts = frozenset({"start", "quotas", "budget", "group_budgets"})
    return Entry(name, run, summary, source, accepts=accepts)


def select_by_rank(problem: Problem, score: NDArray[Any], reason: str = ALL_CHOSEN) -> Outcome:
    """Choose the candidates with the largest scores that fit the limits; ties go to the smaller id."""
    c = problem.constraint
    candidates = np.flatnonzero(c.allowed)
    order = candidates[np.argsort(-score[candidates], kind="stable")]
    chosen = order[: c.free] if c.is_plain else c.seed_limits.in_order(order)
    seeds = np.concatenate([c.forced, chosen]).astype(np.int32)
    return Outcome(seeds, reason, scores=score[seeds].astype(np.float64))


class Scores(Protocol):
    """Scores that depend on the seeds chosen so far."""

    def best(self) -> int:
        """Return the remaining candidate with the largest score; ties go to the smaller id."""

    def score(self, node: int) -> float:
        """Return the current score of a node."""

    def take(self, node: int) -> None:
        """Update the scores for a node that is chosen, or active from the start."""

    def drop(self, node: int) -> None:
        """Remove the node that `best` returned from the candidates."""


def select_one_by_one(problem: Problem, scores: Scores) -> Outcome:
    """Choose by scores that are updated after each seed, passing over nodes that do not fit the limits.

    Stop at the time limit and on Ctrl-C. Required seeds are in the result in any case. The scores of those that the
    time limit leaves out are NaN.
    """
    c = problem.constraint
    n_forced = c.forced.size
    left = int(c.allowed.sum())  # candidates that are neither chosen nor passed over
    k = n_forced + min(c.free, left)
    choice = None if c.is_plain else c.seed_limits.choice()
    min_size = max(n_forced, 1)
    report_every = max(1, k // 100)
    seeds: list[int] = []
    values: list[float] = []
    reason = ALL_CHOSEN
    try:
        for node in c.start.tolist():
            if not problem.limits.in_time():
                break
            scores.take(node)
        while len(seeds) < k:
            if not problem.limits.in_time() and (seeds or n_forced):
                raise OutOfTime
            if len(seeds) < n_forced:
                node = int(c.forced[len(seeds)])
            else:
                if left == 0:
                    break
                node = scores.best()
                left -= 1
                if choice is not None and not choice.take(node):
                    scores.drop(node)
                    continue
            values.append(scores.score(node))
            scores.take(node)
            seeds.append(node)
            if problem.progress is not None and (len(seeds) % report_every == 0 or len(seeds) == k):
                problem.progress(Progress(len(seeds), k, 0, 0.0, 0.0, problem.limits.elapsed()))
    except KeyboardInterrupt:
        if len(seeds) < min_size:
            raise
        reason = INTERRUPT
    except OutOfTime:
        reason = TIME
        seeds += c.forced[len(seeds) :].tolist()
        values += [math.nan] * (len(seeds) - len(values))
    return Outcome(np.array(seeds, dtype=np.int32), reason, scores=np.array(values[: len(seeds)]))


class DecreasingScores:
    """The candidates in order of scores that never increase.

    An old score is an upper bound. Nodes are visited in the order of their first scores. A node whose score has
    decreased goes to a heap of old scores, and is returned once its score in the heap is up to date. A pick therefore
    costs a few comparisons, not a pass over all nodes (Leskovec et al., KDD 2007).

    Parameters
    ----------
    score : numpy.ndarray, shape (n_nodes,)
        The scores, which the caller decreases in place.
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
        """Remove and return the node with the largest score; ties go to the smaller id."""
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
    """Return the entries of some rows, one row after another."""
    lengths = ptr[rows + 1] - ptr[rows]
    shift = ptr[rows] - (np.cumsum(lengths) - lengths)
    return idx[np.repeat(shift, lengths) + np.arange(int(lengths.sum()))]


def pieces(ptr: NDArray[np.int64], rows: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Cut a list of rows into ranges with a bounded number of entries, or of one row, for `gather`."""
    ends = np.cumsum(ptr[rows + 1] - ptr[rows])
    at = 0
    while at < rows.size:
        before = int(ends[at - 1]) if at else 0
        stop = max(at + 1, int(np.searchsorted(ends, before + _CHUNK, side="right")))
        yield at, stop
        at = stop
