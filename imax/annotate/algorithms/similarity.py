"""Algorithms that compare embeddings: k-center for diversity, facility location for coverage."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._checks import Vectors, is_sparse
from ..neighbors import similarities
from ..problem import Outcome, Problem
from ._greedy import AvailableItems, select_by_score

__all__ = ["facility_location", "k_center"]

_BLOCK = 1 << 24  # similarities computed at once


def k_center(problem: Problem) -> Outcome:
    """Select the most central item, then again and again the item least similar to those selected (Gonzalez 1985)."""
    unit = problem.unit_vectors()
    nearest = np.full(unit.shape[0], -np.inf)  # similarity to the most similar selected item
    central = unit @ np.asarray(unit.mean(axis=0)).ravel()

    def score() -> NDArray[Any]:
        return central if np.isneginf(nearest).all() else -nearest

    def update(item: int) -> None:
        np.maximum(nearest, _similarity(unit, item), out=nearest)

    for item in problem.start.tolist():
        update(item)
    return Outcome(select_by_score(problem, score, update))


def facility_location(problem: Problem) -> Outcome:
    """Maximize greedily the sum over all items of the similarity to the most similar selected item.

    Negative similarities count as 0. Gains only decrease, so an old gain is an upper bound: only the item with the
    largest bound is evaluated again (lazy greedy).
    """
    unit = problem.unit_vectors()
    n = unit.shape[0]
    similarity = np.zeros(n, dtype=np.float32)  # of each item to the most similar selected item
    step = max(1, _BLOCK // n)

    def gain_of(items: NDArray[Any]) -> NDArray[np.float64]:
        gain = np.empty(items.size)
        for a in range(0, items.size, step):
            block = items[a : a + step]
            gain[a : a + step] = np.maximum(similarities(unit, block) - similarity, 0.0).sum(axis=1, dtype=np.float64)
        return gain

    def update(item: int) -> None:
        np.maximum(similarity, _similarity(unit, item), out=similarity)

    for item in problem.start.tolist():
        update(item)
    available = AvailableItems(problem)
    gains: list[float] = []
    bound = gain_of(np.arange(n))
    for _ in range(problem.budget):
        exact = np.zeros(n, dtype=np.bool_)
        while not exact[item := available.best(bound)]:
            bound[item] = gain_of(np.array([item]))[0]
            exact[item] = True
        gains.append(float(bound[item]))
        available.select(item)
        update(item)
    return Outcome(available.selected, gains)


def _similarity(unit: Vectors, item: int) -> NDArray[Any]:
    """Return the cosines of one item and all items."""
    found: NDArray[Any] = similarities(unit, np.array([item]))[0] if is_sparse(unit) else unit @ unit[item]
    return found
