"""VoteRank: nodes vote for their in-neighbors, and can vote less once they have elected one.

Zhang, Chen, Dong and Zhao, "Identifying a set of influential spreaders in complex networks", Scientific Reports 2016.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..outcome import Outcome
from ..problem import Problem
from .ranking import DecreasingScores, gather, heuristic, pieces, select_one_by_one

__all__ = ["VOTERANK", "voterank"]


class _Votes:
    """The votes that each node receives from its out-neighbors.

    The voting ability of a node starts at 1. Each elected in-neighbor reduces it by n_nodes / n_arcs, the inverse of
    the average degree. It is counted in units of 1 / n_arcs, so that all sums are exact.
    """

    def __init__(self, problem: Problem) -> None:
        graph = problem.graph
        self.graph = graph
        self.out_ptr, self.out_idx, _ = graph.forward()
        self.ability = np.full(graph.n_nodes, graph.n_arcs, dtype=np.int64)
        self.votes = np.diff(self.out_ptr) * graph.n_arcs
        self.candidates = DecreasingScores(self.votes, problem.constraint.allowed)

    def best(self) -> int:
        return self.candidates.pop()

    def score(self, node: int) -> float:
        return float(self.votes[node]) / max(self.graph.n_arcs, 1)

    def drop(self, node: int) -> None:
        """Do nothing: `best` has removed the node."""

    def take(self, node: int) -> None:
        self._weaken(np.array([node]), self.graph.n_arcs)
        self._weaken(self.out_idx[self.out_ptr[node] : self.out_ptr[node + 1]], self.graph.n_nodes)

    def _weaken(self, voters: NDArray[Any], by: int) -> None:
        drop = np.minimum(self.ability[voters], by)
        voters, drop = voters[drop > 0], drop[drop > 0]
        self.ability[voters] -= drop
        ptr = self.graph.in_ptr
        lengths = ptr[voters + 1] - ptr[voters]
        for a, b in pieces(ptr, voters):
            sources = gather(ptr, self.graph.in_idx, voters[a:b])
            np.subtract.at(self.votes, sources, np.repeat(drop[a:b], lengths[a:b]))


def voterank(problem: Problem) -> Outcome:
    """Choose the nodes that are elected one after another."""
    return select_one_by_one(problem, _Votes(problem))


VOTERANK = heuristic(
    "voterank",
    voterank,
    "elections in which the out-neighbors of a node vote for it, with less weight after each success",
    "Zhang et al., Scientific Reports 2016",
)
