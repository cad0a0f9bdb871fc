"""OPIM-C: greedy on one half of the RR sets, certified on the other, doubling until the certificate is good enough.

Tang, Tang, Xiao and Yuan, "Online Processing Algorithms for Influence Maximization", SIGMOD 2018. One rule is added
to the paper's: sampling goes on until the choice has settled, which for a small epsilon is long after the
certificate's target is met; see `Round.settled` and docs/explanation/engine.
"""

import math
from collections.abc import Generator

from ...ris.bounds import MAX_ROUNDS, OpimSchedule, opim_schedule
from ...ris.coverage import CoverAlgorithm, greedy_cover
from ..base import Algorithm, Outcome, Problem
from ..rounds import BOUND, NOTHING, REACHED, CollectionPair, Round, Stopped, run_rounds

__all__ = ["ALGORITHMS", "GIVE_UP", "doubling", "endless", "opim_c", "schedule_of"]

GIVE_UP = 1 << 20  # sets among which not one holds a node that may be chosen


def schedule_of(problem: Problem, delta: float) -> OpimSchedule:
    """Return the sizes of the rounds of a question."""
    c = problem.constraint
    return opim_schedule(
        c.log_choices(), problem.total, c.min_spread(problem.weights), problem.epsilon, delta, c.guarantee
    )


def doubling(
    pair: CollectionPair, schedule: OpimSchedule, select: CoverAlgorithm = greedy_cover
) -> Generator[Round, None, str]:
    """Yield a round for each doubling, until the certificate holds and the choice has settled; return why it ended."""
    q = pair.problem
    target = q.constraint.guarantee - q.epsilon
    for number in range(1, schedule.rounds + 1):
        count = schedule.first << (number - 1)
        best = pair.round(count, count, q.constraint, schedule.a, choice=select)
        yield best
        pair.report(best, number, schedule.rounds, target)
        if best.bounds.ratio >= target and best.settled(q.epsilon):
            return REACHED
        if best.cover.upper_bound == 0 and count >= GIVE_UP:
            return NOTHING
        pair.check()
    return BOUND


def opim_c(problem: Problem) -> Outcome:
    """Select seeds that reach (guarantee - epsilon) of the optimum with probability at least 1 - delta."""
    pair = CollectionPair(problem)
    schedule = schedule_of(problem, problem.delta)
    best, reason, number = run_rounds(doubling(pair, schedule))
    return pair.result(best, reason, number, problem.constraint.guarantee - problem.epsilon)


def endless(problem: Problem) -> Generator[Outcome, None, None]:
    """Give a choice after each doubling, all of whose bounds hold together, until a limit is met.

    Round i may fail with probability delta * 6 / (pi i)**2, which sums to delta.
    """
    pair = CollectionPair(problem)
    first = schedule_of(problem, problem.delta).first
    for number in range(1, MAX_ROUNDS + 1):
        count = first << (number - 1)
        a = math.log((math.pi * number) ** 2 / (3.0 * problem.delta))
        try:
            best = pair.round(count, count, problem.constraint, a)
        except (Stopped, MemoryError):
            return
        yield pair.result(best, "stopped by the caller", number, None)


ALGORITHMS = (
    Algorithm(
        name="opim-c",
        select=opim_c,
        summary="greedy on RR sets, doubled until the certificate holds and the choice has settled",
        source="Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018",
        guarantee="1 - 1/e - epsilon (quotas: 1/2 - epsilon; budget: (1 - 1/e)/2 - epsilon)",
        accepts=frozenset({"node_weights", "start", "quotas", "budget"}),
        decreasing_gains=True,
    ),
)
