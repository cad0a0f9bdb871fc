"""Choose seeds uniformly at random."""

import numpy as np

from ..._utils.registry import Entry
from ..._utils.streams import Stream, stream_key
from ..outcome import Outcome
from ..problem import DEFAULT_EPSILON, Problem
from .ranking import select_by_rank

__all__ = ["RANDOM", "random"]


def random(problem: Problem) -> Outcome:
    """Choose the nodes that draw the largest random numbers."""
    sequence = np.random.SeedSequence(list(stream_key(problem.key, Stream.RANDOM_SEEDS)))
    # raw words are the same in every NumPy release; draws of a Generator may change
    words = np.random.PCG64(sequence).random_raw(problem.graph.n_nodes)
    return select_by_rank(problem, (words >> np.uint64(11)) * 2.0**-53)


RANDOM = Entry(
    name="random",
    run=random,
    summary="uniformly at random",
    source="Kempe, Kleinberg, Tardos, KDD 2003",
    accepts=frozenset({"start"}),
    epsilon=DEFAULT_EPSILON,
)
