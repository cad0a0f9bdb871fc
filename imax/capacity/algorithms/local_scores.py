"""Local heuristics: each inviter invites its candidates of the largest scores, whatever the others do."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils.registry import Entry
from ...selection.algorithms.pagerank import pagerank_of
from ...selection.outcome import ALL_CHOSEN, TIME
from ..outcome import Algorithm, Invitations
from ..task import Task
from .local_greedy import SOURCE

__all__ = ["LOCAL_DEGREE", "LOCAL_PAGERANK"]


def _by_score(task: Task, passive_score: NDArray[Any], reason: str) -> Invitations:
    """Choose by a score of each node of the passive graph, in its order; ties go to the smaller internal id."""
    problem, m = task.problem, task.matroid
    graph = problem.graph
    score = np.zeros(graph.n_nodes)
    # the passive graph has its nodes in the same order as the whole graph
    score[graph.rank[np.flatnonzero(~problem.blocked[graph.rank])]] = passive_score
    groups = np.repeat(np.arange(m.capacity.size, dtype=np.int32), np.diff(m.ptr))
    order = np.lexsort((m.nodes, -score[m.nodes], groups))
    place = np.arange(m.n_pairs) - m.ptr[groups]
    chosen = order[place < m.capacity[groups]]
    return Invitations(m.nodes[chosen], reason, inviters=groups[chosen])


def _degree(task: Task) -> Invitations:
    return _by_score(task, task.problem.passive.out_degree(), ALL_CHOSEN)


def _pagerank(task: Task) -> Invitations:
    problem, passive = task.selection_problem, task.problem.passive
    rank, converged = pagerank_of(passive, problem.threads, problem.limits)
    by_index = np.empty_like(rank)
    by_index[passive.index] = rank
    return _by_score(task, by_index, ALL_CHOSEN if converged else TIME)


LOCAL_DEGREE: Entry[Algorithm] = Entry(
    "degree", _degree, "each inviter invites its candidates with the most out-arcs to passive nodes", SOURCE
)
LOCAL_PAGERANK: Entry[Algorithm] = Entry(
    "pagerank", _pagerank, "each inviter invites its candidates of the largest PageRank among passive nodes", SOURCE
)
