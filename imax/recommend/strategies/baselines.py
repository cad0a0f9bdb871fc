"""Baselines: the probability of an accepted invitation, degree, PageRank and random order."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..._utils.streams import Stream, stream_key
from ...selection.algorithms.pagerank import pagerank_of
from .._candidates import CandidateLists
from ..ranking import Scores
from ..storage import State
from .base import Context, NodeValues, Options, Strategy, value_scores

__all__ = ["Degree", "PageRank", "Probability", "Random"]


class Degree(NodeValues):
    """Scores by the number of out-arcs."""

    @classmethod
    def values(cls, context: Context, options: Options) -> NDArray[np.float64]:
        """Return the out-degree of each node."""
        return np.diff(context.network.ptr).astype(np.float64)


class PageRank(NodeValues):
    """Scores by PageRank on the reversed graph."""

    @classmethod
    def values(cls, context: Context, options: Options) -> NDArray[np.float64]:
        """Return the PageRank of each node."""
        rank: NDArray[Any] = pagerank_of(context.network.graph, context.threads)[0]
        return rank


class Probability(Strategy):
    """Scores by willingness: the probability that the candidate is invited and accepts."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @classmethod
    def prepare(cls, context: Context, options: Options) -> Self:
        """Return the strategy; there is nothing to compute."""
        return cls(context)

    def scores(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None, threads: int) -> Scores:
        """Return the willingness."""
        return value_scores(lists, willingness)

    def state(self) -> State:
        """Return an empty state."""
        return State()

    @classmethod
    def restore(cls, context: Context, state: State) -> Self:
        """Return the strategy."""
        return cls(context)


class Random(Probability):
    """Scores at random; the same key gives the same scores to lists of the same total length."""

    def scores(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None, threads: int) -> Scores:
        """Return random numbers in [0, 1)."""
        sequence = np.random.SeedSequence(list(stream_key(self.context.key, Stream.RANDOM_RANKING)))
        words = np.random.PCG64(sequence).random_raw(lists.candidates.size)
        return value_scores(lists, (words >> np.uint64(11)).astype(np.float64) * 2.0**-53)
