"""Local IMM: each inviter chooses by IMM separately, all of them on the same RR sets.

A first phase estimates how many RR sets the most demanding inviter needs; a second draws as many fresh ones.
"""

import math
from collections.abc import Generator

from ..._utils.registry import Entry
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...ris.bounds import imm_sizes
from ...selection.doubling import run_rounds
from ...selection.outcome import BOUND
from ...selection.rounds import CollectionPair, Stopped
from ..outcome import Algorithm, Invitations
from ..task import Task
from .local_greedy import EPSILON, SOURCE, STREAMS, LocalGreedy, free_inviters

__all__ = ["LOCAL_IMM"]


def _rounds(task: Task, pair: CollectionPair) -> Generator[LocalGreedy, None, str]:
    """Yield the choices on the RR sets of each estimate, then those on the final RR sets; return the stop reason."""
    n_sets = math.ceil((yield from _estimate(task, pair)))
    pair.draw(min(n_sets, 1 << 12), 0)
    while pair.selection.n_sets < n_sets:
        pair.draw(min(n_sets, 2 * pair.selection.n_sets), 0)
    with pair.clock("greedy"):
        best = LocalGreedy(task, pair.selection, _no_check)  # the RR sets are drawn: finish whatever the limits
    yield best
    return BOUND


def _estimate(task: Task, pair: CollectionPair) -> Generator[LocalGreedy, None, float]:
    """Yield the choices for smaller and smaller spreads; return the number of RR sets that all inviters need.

    The estimates use the validation collection: it must not share RR sets with the selection, and the certificate
    draws fresh ones anyway.
    """
    problem, free = task.selection_problem, free_inviters(task)
    total, width = pair.total, math.sqrt(2.0) * problem.epsilon
    min_optimum = {g: max(own, 1e-9 * total) for g, _, own in free}
    delta = problem.delta / max(len(free), 1)
    sizes = {g: imm_sizes(total, logs, problem.epsilon, delta, min_spread=min_optimum[g]) for g, logs, _ in free}
    n_sets, waiting, spread = 1.0, set(sizes), total
    while waiting and spread / 2 >= min(min_optimum[g] for g in waiting):
        spread /= 2
        with pair.clock("estimate"):
            count = math.ceil(max(sizes[g][0] for g in waiting) / spread)
            pair.draw(0, count)
            best = LocalGreedy(task, pair.validation, pair.check)
        pair.have_result = True
        yield best
        if pair.cut is not None:
            raise Stopped(pair.cut)
        for g in list(waiting):
            found = total * float(best.covered[g]) / pair.validation.n_sets
            if found >= (1.0 + width) * spread:
                n_sets = max(n_sets, sizes[g][1] / max(found / (1.0 + width), min_optimum[g]))
                waiting.remove(g)
        pair.check()
    return max([n_sets, *(sizes[g][1] / min_optimum[g] for g in waiting)])


def _imm(task: Task) -> Invitations:
    pair = CollectionPair(task.selection_problem, STREAMS, plain=True)
    best, reason, _ = run_rounds(_rounds(task, pair))
    return best.invitations(pair, reason, 1)


def _no_check() -> None:
    """Do not stop."""


LOCAL_IMM: Entry[Algorithm] = Entry(
    "imm",
    _imm,
    "each inviter chooses by IMM separately, all on the same RR sets",
    SOURCE,
    "1 - 1/e - epsilon of the optimum of each inviter",
    DEADLINE_ARGUMENTS,
    epsilon=EPSILON,
)
