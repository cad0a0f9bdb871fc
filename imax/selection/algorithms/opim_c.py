"""OPIM-C: greedy selection on one collection of RR sets, certified on another; both double until the certificate holds.

Tang, Tang, Xiao and Yuan, "Online Processing Algorithms for Influence Maximization", SIGMOD 2018. One rule is added to
the paper: sampling continues until the choice has settled. For a small epsilon this takes longer than the certificate;
see `Round.settled` and docs/explanation/engine.
"""

from collections.abc import Callable, Generator
from functools import partial

from ..._utils.registry import Entry
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...ris.bounds import GREEDY, OpimSchedule, opim_schedule
from ...ris.constraint import Constraint
from ...ris.coverage import CoverAlgorithm, greedy_cover
from ..doubling import doubling_rounds, run_rounds
from ..forecast import Forecast
from ..outcome import NOT_SETTLED, NOTHING, REACHED, SETTLED, UNSETTLED, Outcome
from ..problem import DEFAULT_EPSILON, Problem
from ..rounds import CollectionPair
from ..settling import Round, Settling

__all__ = [
    "OPIM_C",
    "certified_rounds",
    "nothing_reached",
    "schedule_of",
    "stop_rule",
    "target_ratio",
]

_ASSUMED = 0.5  # guarantee from which the numbers of RR sets follow if no guarantee is proved
_GIVE_UP = 1 << 20  # sampling ends if none of so many RR sets contains a candidate


def schedule_of(problem: Problem, delta: float, *, epsilon: float | None = None) -> OpimSchedule:
    """Return the numbers of RR sets of the rounds, for the epsilon of the problem or another one."""
    c = problem.constraint
    return opim_schedule(
        c.log_choices(),
        problem.total,
        c.min_spread(problem.weights),
        problem.epsilon if epsilon is None else epsilon,
        delta,
        c.guarantee or _ASSUMED,
    )


def target_ratio(problem: Problem) -> float | None:
    """Return the certified ratio at which sampling may stop; None if no guarantee is proved."""
    guarantee = problem.constraint.guarantee
    return max(guarantee - problem.epsilon, 0.0) if guarantee > 0.0 else None


def nothing_reached(best: Round) -> bool:
    """Whether so many RR sets contain no candidate that more would not help."""
    return best.cover.upper_bound == 0 and best.n_selecting >= _GIVE_UP


def certified_rounds(
    pair: CollectionPair,
    schedule: OpimSchedule,
    select: CoverAlgorithm = greedy_cover,
    constraint: Constraint | None = None,
) -> Generator[Round, None, str]:
    """Yield rounds until the certified ratio reaches the target and the choice has settled.

    Parameters
    ----------
    constraint : Constraint, optional
        Constraint of the selection; default that of the problem.
    """
    problem = pair.problem
    c = problem.constraint if constraint is None else constraint
    forecast = Forecast(partial(stop_rule, problem), schedule.rounds)

    def make_round(number: int, count: int) -> Round:
        return pair.round(count, count, c, schedule.a, select=select, level=forecast)

    return doubling_rounds(pair, schedule, make_round, stop_rule(problem), target=target_ratio(problem) or 0.0)


def stop_rule(problem: Problem) -> Callable[[Round], str | None]:
    """Return a function that returns the reason to stop after a round, or None to continue."""
    target = target_ratio(problem)
    reasons = (REACHED, UNSETTLED) if target is not None else (SETTLED, NOT_SETTLED)
    settling = Settling(problem.graph.n_nodes)

    def stop(best: Round) -> str | None:
        if best.bounds.ratio < (target or 0.0):
            return NOTHING if nothing_reached(best) else None
        settled = best.settled(problem.epsilon)
        # a low target is reached long before the choice is any good
        good = best.bounds.ratio >= GREEDY - problem.epsilon or best.covered * problem.epsilon**2 >= 1.0
        if settled or good:
            return settling.stop(best, settled, *reasons)
        return NOTHING if nothing_reached(best) else None

    return stop


def opim_c(problem: Problem) -> Outcome:
    """Select seeds that reach (guarantee - epsilon) of the optimum with probability at least 1 - delta."""
    pair = CollectionPair(problem)
    best, reason, number = run_rounds(certified_rounds(pair, schedule_of(problem, problem.delta)))
    return pair.result(best, reason, number, target_ratio(problem))


OPIM_C = Entry(
    "opim-c", opim_c, "greedy on RR sets, doubled until the certificate holds and the choice has settled",
    "Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018",
    "1 - 1/e - epsilon (quotas: 1/2 - epsilon; budget: (1 - 1/e)/2 - epsilon; several budgets or a budget and other "
    "limits: see the table in the page on constraints)",
    frozenset({"client", "node_weights", "start", "quotas", "budget", "group_budgets"}) | DEADLINE_ARGUMENTS,
    epsilon=DEFAULT_EPSILON, decreasing_gains=True,
)  # fmt: skip
