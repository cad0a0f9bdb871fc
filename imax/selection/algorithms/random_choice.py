"""Choose seeds uniformly at random."""

import numpy as np

from ..._utils.streams import Stream, stream_key
from ..outcome import Outcome
from ..problem import Problem
from .ranking import heuristic, select_by_rank

__all__ = ["RANDOM", "random"]


def random(problem: Problem) -> Outcome:
    """Choose the nodes that draw the largest random numbers."""
    sequence = np.random.SeedSequence(list(stream_key(problem.key, Stream.RANDOM_SEEDS)))
    # raw words are the same in every NumPy release; draws of a Generator may change
    words = np.random.PCG64(sequence).random_raw(problem.graph.n_nodes)
    return select_by_rank(problem, (words >> np.uint64(11)) * 2.0**-53)


RANDOM = heuristic("random", random, "uniformly at random", "Kempe, Kleinberg, Tardos, KDD 2003")
