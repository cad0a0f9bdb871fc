"""Lists of friends chosen for expected spread, given the lists of all others, on residual weights of RR sets."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from ..ris.residual import Greedy, discount_factors, list_places, make_pairs
from ..ris.weights import Residual

__all__ = ["Lists", "Taste", "choose_lists"]


@dataclass(frozen=True)
class Taste:
    """How a list weighs expected spread against what the user likes.

    Attributes
    ----------
    blend : float or None
        Weight of the gain, divided by the largest gain of the list, compared with willingness; None for the gain alone.
    min_willingness : float
        Candidates below it are placed after the others.
    discount : numpy.ndarray of float64
        Factor on willingness by place; the last one holds for all later places.
    """

    blend: float | None = None
    min_willingness: float = 0.0
    discount: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, blend: Any, min_willingness: Any, discount: Any) -> "Taste":
        """Return checked preferences."""
        return cls(
            None if blend is None else check.probability(blend, "blend"),
            0.0 if min_willingness is None else check.probability(min_willingness, "min_willingness"),
            None if discount is None else discount_factors(discount),
        )


@dataclass(frozen=True)
class Lists:
    """Chosen lists.

    Attributes
    ----------
    score : numpy.ndarray of float64, shape (n_rows,)
        Score of each candidate when it was chosen; 0 for the others.
    order : numpy.ndarray of int64, shape (n_rows,)
        Position of each candidate among all choices; others keep the given order behind them.
    gain : numpy.ndarray of float64, shape (n_rows,)
        Expected number of nodes that each choice adds.
    chosen : numpy.ndarray of int64
        The rows of the chosen candidates in order of choice.
    accept : numpy.ndarray of float64
        The probability that each of them accepts, with the discount of its place.
    """

    score: NDArray[np.float64]
    order: NDArray[np.int64]
    gain: NDArray[np.float64]
    chosen: NDArray[np.int64]
    accept: NDArray[np.float64]


def choose_lists(
    sets: Residual,
    offsets: NDArray[np.int64],
    candidates: NDArray[np.int32],
    willingness: NDArray[np.float64],
    k: int | None,
    taste: Taste,
    weight: float,
) -> Lists:
    """Choose the lists of users in turn, and lower the weights of the sets.

    Parameters
    ----------
    sets : Residual
        The value of each candidate must be exact, or, without a blend, not too small.
    offsets, candidates, willingness
        The candidates of each user, and the probability that each is invited and accepts.
    k : int or None
        Maximum length of a list.
    taste : Taste
    weight : float
        The number of nodes that an RR set stands for.
    """
    lengths = np.diff(offsets)
    left = lengths if k is None else np.minimum(lengths, k)
    accept = willingness
    if taste.min_willingness > 0.0:
        accept = np.where(willingness >= taste.min_willingness, willingness, 0.0)
    fixed, scale = np.zeros(lengths.size), np.full(lengths.size, weight)
    if taste.blend is not None:
        fixed[:] = 1.0 - taste.blend
        first = np.maximum.reduceat(np.append(accept * sets.weights.value[candidates], 0.0), offsets[:-1])
        first[lengths == 0] = 0.0
        scale = taste.blend / np.where(first > 0.0, first, 1.0)
    rounds = int(left.max(initial=0))
    discount = discount_factors(taste.discount, rounds)
    greedy = Greedy(sets, make_pairs(offsets, candidates, accept, left, fixed, scale), discount)
    greedy.run(0, rounds)
    found = greedy.choice()
    score, gain = np.zeros(candidates.size), np.zeros(candidates.size)
    order = found.places.size + np.arange(candidates.size)
    score[found.places], gain[found.places] = found.scores, found.gains * weight
    order[found.places] = np.arange(found.places.size)
    by_place = discount[list_places(found.groups)]
    return Lists(score, order, gain, found.places, accept[found.places] * by_place)
