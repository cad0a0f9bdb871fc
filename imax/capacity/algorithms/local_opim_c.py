"""Local OPIM-C: each inviter chooses by OPIM-C separately, all of them on the same RR sets."""

from collections.abc import Generator

from ..._utils.registry import Entry
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...ris.bounds import GREEDY, OpimSchedule, lower_bound, opim_schedule, upper_bound
from ...selection.doubling import doubling_rounds, run_rounds
from ...selection.outcome import REACHED
from ...selection.rounds import CollectionPair
from ..outcome import Algorithm, Invitations
from ..task import Task
from .local_greedy import EPSILON, SOURCE, STREAMS, LocalGreedy, free_inviters

__all__ = ["LOCAL_OPIM_C"]


def _schedule(task: Task, pair: CollectionPair, free: list[tuple[int, float, float]]) -> OpimSchedule:
    """Return a schedule that is long enough for every inviter."""
    problem = task.selection_problem
    schedules = [
        opim_schedule(log_choices, pair.total, min_optimum, problem.epsilon, problem.delta / len(free))
        for _, log_choices, min_optimum in free
    ]
    if not schedules:
        return OpimSchedule(1, 1, 1.0)
    return OpimSchedule(*(max(getattr(s, name) for s in schedules) for name in ("first", "rounds", "a")))


def _rounds(task: Task, pair: CollectionPair) -> Generator[LocalGreedy, None, str]:
    """Yield the choices of each round until that of every inviter is certified; return the stop reason."""
    free = free_inviters(task)
    target = GREEDY - task.selection_problem.epsilon
    schedule = _schedule(task, pair, free)

    def make_round(number: int, count: int) -> LocalGreedy:
        pair.draw(count, count)
        with pair.clock("greedy"):
            best = LocalGreedy(task, pair.selection, pair.check)
        pair.have_result = True
        return best

    def stop(best: LocalGreedy) -> str | None:
        count = pair.selection.n_sets
        with pair.clock("certify"):
            validated = best.covered_in(pair.validation)
        covered = ((int(validated[g]), int(best.covered[g])) for g, *_ in free)
        certified = all(
            lower_bound(low, count, pair.total, schedule.a)
            >= target * upper_bound(high / GREEDY, count, pair.total, schedule.a)
            for low, high in covered
        )
        return REACHED if certified else None

    return doubling_rounds(pair, schedule, make_round, stop)


def _opim_c(task: Task) -> Invitations:
    pair = CollectionPair(task.selection_problem, STREAMS, plain=True)
    best, reason, number = run_rounds(_rounds(task, pair))
    return best.invitations(pair, reason, number)


LOCAL_OPIM_C: Entry[Algorithm] = Entry(
    "opim-c",
    _opim_c,
    "each inviter chooses by OPIM-C separately, all on the same RR sets",
    SOURCE,
    "1 - 1/e - epsilon of the optimum of each inviter",
    DEADLINE_ARGUMENTS,
    epsilon=EPSILON,
)
