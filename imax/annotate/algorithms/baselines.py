"""Baselines: the items that are neighbors of the most others, and a random selection."""

import numpy as np

from ..._utils.streams import Stream, stream_key
from ..problem import Outcome, Problem
from ._greedy import select_by_score

__all__ = ["graph_degree", "random"]


def graph_degree(problem: Problem) -> Outcome:
    """Select the items that are neighbors of the most other items."""
    _, neighbor = problem.neighbor_pairs()
    degree = np.bincount(neighbor, minlength=problem.graph.n_nodes).astype(np.float64)
    return Outcome(select_by_score(problem, lambda: degree))


def random(problem: Problem) -> Outcome:
    """Select uniformly at random."""
    sequence = np.random.SeedSequence(list(stream_key(problem.key, Stream.RANDOM_ITEMS)))
    words = np.random.PCG64(sequence).random_raw(problem.graph.n_nodes)
    score = (words >> np.uint64(11)).astype(np.float64)
    return Outcome(select_by_score(problem, lambda: score))
