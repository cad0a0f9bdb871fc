"""Selection one item at a time, within quotas."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..problem import Problem

__all__ = ["AvailableItems", "select_by_score"]


class AvailableItems:
    """Items that may still be selected: allowed, not selected yet, and in a group whose quota is not used up."""

    def __init__(self, problem: Problem) -> None:
        self.selected: list[int] = []
        self._available = problem.allowed.copy()
        self._group = problem.group
        self._left = None if problem.quota is None else problem.quota.copy()  # how many more of each group
        self._close_groups()

    def best(self, score: NDArray[Any], among: NDArray[np.int64] | None = None) -> int:
        """Return the available item with the largest score; ties go to the smaller number.

        With `among`, only these items count, and ties go to the one that comes first there.
        """
        if among is not None:
            among = among[self._available[among]]
            if among.size:
                return int(among[np.argmax(score[among])])
        return int(np.argmax(np.where(self._available, score, -np.inf)))

    def any_of(self, items: NDArray[np.int64]) -> bool:
        """Return whether any of some items is available."""
        return bool(self._available[items].any())

    def select(self, item: int) -> None:
        """Mark an item as selected."""
        self.selected.append(item)
        self._available[item] = False
        if self._group is not None and self._left is not None:
            self._left[self._group[item]] -= 1
            self._close_groups()

    def _close_groups(self) -> None:
        if self._group is not None and self._left is not None:
            self._available &= self._left[self._group] > 0


def select_by_score(
    problem: Problem,
    score: Callable[[], NDArray[Any]],
    update: Callable[[int], None] | None = None,
    among: NDArray[np.int64] | None = None,
) -> list[int]:
    """Select the available item with the largest score until the budget is used up.

    Parameters
    ----------
    problem : Problem
    score : callable
        Returns the current score of every item.
    update : callable, optional
        Called with every selected item, so that `score` can change.
    among : numpy.ndarray of int64, optional
        All items, in the order in which ties are broken; default by number.
    """
    items = AvailableItems(problem)
    for _ in range(problem.budget):
        item = items.best(score(), among)
        items.select(item)
        if update is not None:
            update(item)
    return items.selected
