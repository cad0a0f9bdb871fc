"""Greedy on a fixed number of RR sets, judged by as many others: a plain budget instead of a promise."""

import math
from collections.abc import Generator

from ...ris.coverage import CoverAlgorithm, greedy_cover
from ..base import Algorithm, Outcome, Problem
from ..rounds import CollectionPair, Round, run_rounds

__all__ = ["ALGORITHMS", "DEFAULT_SETS", "fixed", "ris"]

DEFAULT_SETS = 100_000
DONE = "all RR sets drawn"


def fixed(pair: CollectionPair, select: CoverAlgorithm = greedy_cover) -> Generator[Round, None, str]:
    """Yield a round on few sets and one on as many as were asked for; return why it ended."""
    q = pair.problem
    count = q.n_rr_sets or DEFAULT_SETS
    first = min(count, 1 << 12)  # so that a limit met later finds a result
    a = math.log(4.0 / q.delta)  # two bounds, looked at twice
    if first < count:
        yield pair.round(first, first, q.constraint, a, choice=select)
    yield pair.round(count, count, q.constraint, a, choice=select)
    return DONE


def ris(problem: Problem) -> Outcome:
    """Select seeds by greedy coverage of `n_rr_sets` RR sets, and judge them by as many."""
    pair = CollectionPair(problem)
    best, reason, _ = run_rounds(fixed(pair))
    return pair.result(best, reason, 1, None)


ALGORITHMS = (
    Algorithm(
        name="ris",
        select=ris,
        summary="greedy on a fixed number of RR sets",
        source="Borgs, Brautbar, Chayes, Lucier: Maximizing Social Influence in Nearly Optimal Time. SODA 2014",
        guarantee="what its certificate says",
        accepts=frozenset({"node_weights", "start", "quotas", "budget", "n_rr_sets"}),
        decreasing_gains=True,
    ),
)
