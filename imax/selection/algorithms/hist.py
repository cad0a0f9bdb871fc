"""HIST: a few seeds that meet most RR sets are found first; from then on a set ends where it meets one of them.

Guo, Wang, Wei and Chen, "Influence Maximization Revisited: Efficient Reverse Reachable Set Generation with Bound
Tightened", SIGMOD 2020. Where influence is high an RR set holds a large share of all nodes, and nearly all of that is
not needed once the seeds that cover it are known. Two things differ from the paper. Only seeds that meet a large share
of the sets become sentinels: the later ones end few sets, and a choice among them on the few sets of the first phase
would be mostly accident. And the bound on the optimum is one on the sentinels together with k more nodes, so that the
certificate of the second phase stands by itself.
"""

import dataclasses
from collections.abc import Generator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..._utils.streams import Stream
from ...ris.bounds import OpimSchedule, opim_schedule
from ...ris.constraint import Constraint
from ...ris.coverage import Cover, greedy_cover
from ..base import Algorithm, Outcome, Problem
from ..rounds import BOUND, REACHED, CollectionPair, Round, Stopped, run_rounds

__all__ = ["ALGORITHMS", "hist"]

SHARE = 1 / 32  # of the sets that a sentinel must meet that those before it do not
_STREAMS = (Stream.SENTINEL_SELECTION, Stream.SENTINEL_VALIDATION)


def _worthwhile(cover: Cover, n_sets: int, least: int) -> int:
    """Return how many of the first seeds each meet enough sets, at least those that are forced."""
    few = np.flatnonzero(cover.gains[least:] < SHARE * n_sets)
    return least + (int(few[0]) if few.size else cover.gains.size - least)


def _holding(constraint: Constraint, seeds: NDArray[np.int32]) -> Constraint:
    """Return the constraint with these seeds forced."""
    allowed = constraint.allowed.copy()
    allowed[seeds] = False
    return dataclasses.replace(constraint, allowed=allowed, forced=seeds)


def _sentinels(problem: Problem, pair: CollectionPair) -> tuple[Constraint, Cover | None]:
    """Find sentinels that certainly have their share of the optimum; return the constraint that holds them.

    With it comes the choice on whole sets, None where there are no sentinels.
    """
    c = problem.constraint
    epsilon = problem.epsilon / 2
    schedule = _schedule(problem)
    for number in range(schedule.rounds):
        count = schedule.first << number
        try:
            found = pair.round(count, count, c, schedule.a)
        except Stopped:
            break
        b = _worthwhile(found.cover, count, c.forced.size)
        if b == c.forced.size:
            break
        # as good as the first b steps of greedy have to be
        share = 1.0 - (1.0 - 1.0 / c.k) ** b - epsilon
        judged = pair.validate(found.cover, found.cover.seeds[:b], c.start, schedule.a)
        if judged.bounds.lower >= share * judged.bounds.upper:
            return _holding(c, found.cover.seeds[:b]), found.cover
    return c, None


def _schedule(problem: Problem) -> OpimSchedule:
    """Return the sizes of a phase's rounds: each has half of epsilon and of delta."""
    c = problem.constraint
    return opim_schedule(
        c.log_choices(), problem.total, c.min_spread(problem.weights), problem.epsilon / 2, problem.delta / 2
    )


def _rounds(pair: CollectionPair, constraint: Constraint) -> Generator[Round, None, str]:
    q = pair.problem
    schedule = _schedule(q)
    target = q.constraint.guarantee - q.epsilon
    for number in range(1, schedule.rounds + 1):
        count = schedule.first << (number - 1)
        best = pair.round(count, count, constraint, schedule.a, choice=partial(greedy_cover, k=q.constraint.free))
        yield best
        pair.report(best, number, schedule.rounds, target)
        if best.bounds.ratio >= target and best.settled(q.epsilon):
            return REACHED
        pair.check()
    return BOUND


def hist(problem: Problem) -> Outcome:
    """Select seeds that reach (1 - 1/e - epsilon) of the optimum with probability at least 1 - delta."""
    first = CollectionPair(problem, _STREAMS)
    constraint, found = _sentinels(problem, first)
    n_sets, n_entries, spent = first.n_sets, first.n_entries, sum(first.seconds.values())
    del first
    is_sentinel = None
    if found is not None:
        is_sentinel = np.zeros(problem.graph.n_nodes, dtype=np.bool_)
        is_sentinel[constraint.forced] = True
    pair = CollectionPair(problem, is_sentinel=is_sentinel)
    best, reason, number = run_rounds(_rounds(pair, constraint))
    choice = pair.result(best, reason, number, problem.constraint.guarantee - problem.epsilon)
    gains = choice.gains
    if found is not None and gains is not None:
        # a set tells only which sentinel it met first: what they cover is shared out as on the whole sets
        b = constraint.forced.size
        gains[:b] = found.gains[:b] * (gains[:b].sum() / max(found.gains[:b].sum(), 1))
    return dataclasses.replace(
        choice,
        n_rr_sets=choice.n_rr_sets + n_sets,
        n_rr_entries=choice.n_rr_entries + n_entries + sum(s.sampler.n_cut for s in (pair.selection, pair.validation)),
        seconds={"sentinels": spent, **choice.seconds},
    )


ALGORITHMS = (
    Algorithm(
        name="hist",
        select=hist,
        summary="OPIM-C whose RR sets end at a few seeds found first; for graphs where influence is high",
        source="Guo, Wang, Wei, Chen: Influence Maximization Revisited. SIGMOD 2020",
        guarantee="1 - 1/e - epsilon",
        accepts=frozenset({"node_weights"}),
    ),
)
