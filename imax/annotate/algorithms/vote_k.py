"""Vote-k: items that are not selected vote for their neighbors.

Su et al., "Selective Annotation Makes Language Models Better Few-Shot Learners", ICLR 2023, and the program of its
authors, from which the order of ties comes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..problem import Outcome, Problem
from ._greedy import AvailableItems, select_by_score

__all__ = ["vote_k"]

_COUNTED = 0.9  # share of the items, from the least confident one, that the second stage considers


def vote_k(problem: Problem) -> Outcome:
    """Select by votes of the items that are not selected.

    Each item votes for its neighbors with weight 10**-s, where s is the number of its neighbors that are selected.

    Selected items, and those selected before the start, do not vote. If a model's confidence is given, each item is
    selected from another range of confidence, from the least confident items up; the most confident tenth is left out.
    """
    votes = _Votes(problem)
    for item in problem.start.tolist():
        votes.select(item)
    if problem.confidence is None:
        return Outcome(select_by_score(problem, lambda: votes.score, votes.select, votes.order))
    return Outcome(_by_confidence(problem, votes, problem.confidence))


def _by_confidence(problem: Problem, votes: "_Votes", confidence: NDArray[np.float64]) -> list[int]:
    """Return the item with the most votes of each range of confidence; if ranges lack items, fill up by votes."""
    known = np.zeros(confidence.size, dtype=np.bool_)
    known[problem.start] = True
    order = np.lexsort((confidence, known))
    size = max(int(confidence.size * _COUNTED / problem.budget), 1)
    items = AvailableItems(problem)
    for first in range(0, size * problem.budget, size):
        bucket = order[first : first + size]
        if items.any_of(bucket):
            item = items.best(votes.score, bucket)
            items.select(item)
            votes.select(item)
    while len(items.selected) < problem.budget:
        item = items.best(votes.score, votes.order)
        items.select(item)
        votes.select(item)
    return items.selected


class _Votes:
    """The votes for each item.

    Attributes
    ----------
    score : numpy.ndarray of float64, shape (n_items,)
        Sum of the votes for each item.
    order : numpy.ndarray of int64, shape (n_items,)
        Items in the order in which ties are broken, as in the program of the authors: by the number of items that have
        them as a neighbor, the largest first, then by the number of the first such item, then the less similar first.
    """

    def __init__(self, problem: Problem) -> None:
        n = problem.graph.n_nodes
        voter, votee = problem.neighbor_pairs()
        by_votee = np.argsort(votee, kind="stable")
        self._ptr = np.concatenate([[0], np.cumsum(np.bincount(votee, minlength=n))])
        self._voter = voter[by_votee]
        self._votee_ptr = np.concatenate([[0], np.cumsum(np.bincount(voter, minlength=n))])
        self._votee = votee
        self._weight = np.ones(n)  # weight of the vote of each item
        self._n_selected = np.zeros(n, dtype=np.int64)  # among the neighbors of each item
        self.score: NDArray[Any] = np.diff(self._ptr).astype(np.float64)
        self.order = np.lexsort((_first_mention(voter, votee, self._votee_ptr, n), -self.score))

    def select(self, item: int) -> None:
        """Mark an item as selected: it does not vote any more, and the votes of those that voted for it lose weight."""
        voters = self._voter[self._ptr[item] : self._ptr[item + 1]]
        self._n_selected[voters] += 1
        still = voters[self._weight[voters] > 0.0]
        self._weight[still] = [10.0**-count for count in self._n_selected[still].tolist()]
        self._weight[item] = 0.0
        changed = np.append(voters, item)
        votees = np.unique(self._votee[_ranges(self._votee_ptr, changed)])
        count = self._ptr[votees + 1] - self._ptr[votees]
        # sums in the order of the voters, from the beginning: the same votes give the same score
        self.score[votees] = np.bincount(
            np.repeat(np.arange(votees.size), count), self._weight[self._voter[_ranges(self._ptr, votees)]],
            minlength=votees.size,
        )  # fmt: skip


def _ranges(ptr: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of the entries of some rows, one row after the other."""
    count = ptr[rows + 1] - ptr[rows]
    first = np.repeat(ptr[rows] - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    places: NDArray[np.int64] = first + np.arange(count.sum())
    return places


def _first_mention(
    voter: NDArray[np.int64], votee: NDArray[np.int64], votee_ptr: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Return the place of the first vote for each item, where a voter names its least similar neighbor first."""
    place = votee_ptr[voter] + votee_ptr[voter + 1] - 1 - np.arange(voter.size)
    first = np.full(n, voter.size, dtype=np.int64)
    np.minimum.at(first, votee, place)
    return first
