"""PageRank on the reversed graph: a node ranks high if it influences nodes that rank high."""

from typing import Any

import numpy as np

from ...graph.influence_graph import InfluenceGraph
from ..outcome import ALL_CHOSEN, TIME, Outcome
from ..problem import Limits, Problem
from .flow import Flow, by_source
from .ranking import heuristic, select_by_rank

__all__ = ["PAGERANK", "pagerank", "pagerank_of"]

DAMPING = 0.85
TOLERANCE = 1e-10  # PageRank stops when the sum of all changes is smaller
MAX_ITERATIONS = 200  # 0.85**200 is below the tolerance


def pagerank_of(graph: InfluenceGraph, threads: int = 1, limits: Limits | None = None) -> tuple[Any, bool]:
    """Return the PageRank of each node on the reversed graph, by internal id, and whether it converged in time.

    A walker at v moves to the source u of an in-arc with probability proportional to p(u, v). Without in-arcs it moves
    to any node.
    """
    n = graph.n_nodes
    arcs = by_source(graph)
    total = arcs.T @ np.ones(n)
    lost = total == 0.0
    total[lost] = 1.0
    flow = Flow(arcs, threads)
    rank = np.full(n, 1.0 / n)
    for _ in range(MAX_ITERATIONS):
        before = rank
        rank = DAMPING * (flow(before / total) + before[lost].sum() / n) + (1.0 - DAMPING) / n
        if np.abs(rank - before).sum() < TOLERANCE:
            break
        if limits is not None and not limits.in_time():
            return rank, False
    return rank, True


def pagerank(problem: Problem) -> Outcome:
    """Choose the nodes with the largest PageRank on the reversed graph."""
    rank, settled = pagerank_of(problem.graph, problem.threads, problem.limits)
    return select_by_rank(problem, rank, ALL_CHOSEN if settled else TIME)


PAGERANK = heuristic(
    "pagerank", pagerank, "PageRank on the reversed graph, arcs weighted by probability", "Brin, Page, WWW 1998"
)
