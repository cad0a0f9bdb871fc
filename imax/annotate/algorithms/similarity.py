"""Algorithms that compare embeddings: k-center for diversity, facility location for coverage."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils import check, parallel
from .._checks import Vectors, is_sparse
from ..neighbors import similarities
from ..problem import Outcome, Problem
from ._greedy import AvailableItems, select_by_score

__all__ = ["ALL_UP_TO", "facility_location", "k_center", "sparse_facility_location"]

_BLOCK = 1 << 24  # similarities computed at once
ALL_UP_TO = 10_000  # items of which facility location compares all pairs
_DIGITS = 5  # gains are rounded to so many digits before they are compared
_AT_ONCE = 32  # gains computed at once: one product of matrices is much faster than many of a vector and a matrix


def k_center(problem: Problem) -> Outcome:
    """Select the most central item, then repeatedly the item least similar to the selected ones (Gonzalez 1985)."""
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
    """Maximize greedily the (weighted) sum over all items of the similarity to the most similar selected item.

    Of more than 10,000 items, only the nearest neighbors count, as in `sparse_facility_location`; a note says so.

    Negative similarities count as 0. Gains only decrease, so an old gain is an upper bound: only the items with the
    largest bounds are evaluated again (lazy greedy).
    """
    unit = problem.unit_vectors()
    n = unit.shape[0]
    if n > ALL_UP_TO:
        note = (
            f"facility-location: more than {ALL_UP_TO:,} items, so that each item is similar to its nearest neighbors "
            "only (n_neighbors), as in sparse-facility-location"
        )
        return replace(sparse_facility_location(problem), notes=(note,))
    similarity = np.zeros(n, dtype=np.float32)  # similarity of each item to the most similar selected item
    weights = problem.weights
    step = max(1, _BLOCK // n)

    def gain_of(items: NDArray[Any]) -> NDArray[np.float64]:
        gain = np.empty(items.size)
        for a in range(0, items.size, step):
            block = items[a : a + step]
            added = np.maximum(similarities(unit, block) - similarity, 0.0)
            gain[a : a + step] = added.sum(axis=1, dtype=np.float64) if weights is None else added @ weights
        # the last digits of a sum depend on the shape of the matrices: equal gains must stay equal
        return gain.round(_DIGITS)

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
            stale = np.where(exact, -np.inf, bound)
            stale[item] = np.inf
            largest = np.argpartition(stale, n - min(_AT_ONCE, n))[-_AT_ONCE:]
            largest = largest[~exact[largest]]
            bound[largest] = gain_of(largest)
            exact[largest] = True
        gains.append(float(bound[item]))
        available.select(item)
        update(item)
    return Outcome(available.selected, gains)


def sparse_facility_location(problem: Problem) -> Outcome:
    """Maximize the same sum where only nearest neighbors have a similarity, 1 to the item itself; negative ones are 0.

    Ties go to the smaller number.
    """
    from ...kernels.facility import LocationState, Served, location_gains, select_locations, serve

    problem.unit_vectors()
    assert problem.neighbors is not None
    n, k = problem.neighbors.index.shape
    neighbor = problem.neighbors.index.reshape(-1)
    by_neighbor = np.argsort(neighbor, kind="stable")
    served = Served(
        ptr=np.concatenate([[0], np.cumsum(np.bincount(neighbor, minlength=n))]).astype(np.int64),
        item=(by_neighbor // k).astype(np.int32),
        similarity=np.maximum(problem.neighbors.similarity.reshape(-1)[by_neighbor], np.float32(0.0)),
        weight=np.ones(n) if problem.weights is None else problem.weights,
    )
    nearest = np.zeros(n)
    serve(served, nearest, problem.start)
    gain = np.empty(n)
    threads = check.threads(problem.work.threads)
    parallel.run(
        [partial(location_gains, served, nearest, a, b, gain) for a, b in parallel.slices(n, threads)], threads
    )  # fmt: skip
    key = gain.astype(np.float32).view(np.int32).astype(np.int64) << 32 | np.arange(n - 1, -1, -1)
    state = LocationState(
        nearest=nearest,
        allowed=problem.allowed.copy(),
        group=np.zeros(n, dtype=np.int64) if problem.group is None else problem.group,
        left=np.array([n]) if problem.quota is None else problem.quota.copy(),
        heap=np.sort(key)[::-1].copy(),
    )
    selected, gains = np.empty(problem.budget, dtype=np.int64), np.empty(problem.budget)
    select_locations(served, state, n, selected, gains)
    return Outcome(selected.tolist(), gains.tolist())


def _similarity(unit: Vectors, item: int) -> NDArray[Any]:
    """Return the cosines of one item and all items."""
    found: NDArray[Any] = similarities(unit, np.array([item]))[0] if is_sparse(unit) else unit @ unit[item]
    return found
