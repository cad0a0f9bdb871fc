"""Fast vote-k: items that are not selected vote for their neighbors.

Su et al., "Selective Annotation Makes Language Models Better Few-Shot Learners", ICLR 2023.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..problem import Outcome, Problem
from ._greedy import select_by_score

__all__ = ["vote_k"]


def vote_k(problem: Problem) -> Outcome:
    """Select by votes of the items not selected: each votes for its neighbors with weight 10**-s, s of them selected.

    Selected items, and those selected before the start, do not vote.
    """
    graph, n = problem.graph, problem.graph.n_nodes
    in_ptr, in_idx, rank = graph.in_ptr, graph.in_idx, graph.rank
    target = np.repeat(np.arange(n), np.diff(in_ptr))
    n_selected = np.zeros(n, dtype=np.int64)  # among the neighbors of each item, by internal id
    votes = np.ones(n, dtype=np.bool_)  # whether each item is not selected

    def score() -> NDArray[Any]:
        weight = np.where(votes, 10.0 ** -n_selected.astype(np.float64), 0.0)
        return np.bincount(target, weight[in_idx], minlength=n)[rank]

    def update(item: int) -> None:
        v = int(rank[item])
        votes[v] = False
        n_selected[in_idx[in_ptr[v] : in_ptr[v + 1]]] += 1

    for item in problem.start.tolist():
        update(item)
    return Outcome(select_by_score(problem, score, update))
