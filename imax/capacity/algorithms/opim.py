"""RR-OPIM+, RR-OPIM and MG-OPIM: greedy selection on RR sets that are doubled until the result is certified.

Zhang, Huang, Sun, Lin, Xiao and Tang, "Capacity Constrained Influence Maximization in Social Networks", KDD 2023. There
are two differences from the paper. The upper bound of RR-OPIM+ counts each candidate once, however many inviters share
it; the paper adds up what each inviter could gain separately. The bound is never above that of the paper. As in
`imax.maximize`, sampling also continues until the choice has settled.
"""

from functools import partial

from ..._utils.registry import Entry
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...ris.constraint import Constraint
from ...ris.coverage import Cover, CoverAlgorithm, greedy_cover
from ...ris.marks import Collection
from ...ris.round_robin import round_robin_cover
from ...selection.algorithms.opim_c import certified_rounds, schedule_of
from ...selection.rounds import CollectionPair, run_rounds
from ..expected import ExpectedPair
from ..outcome import Algorithm, Invitations, from_round
from ..spare import replace_spare
from ..task import DEFAULT_EPSILON, Task

__all__ = ["ACCEPTANCE_ARGUMENTS", "MG_OPIM", "PAPER", "RR_OPIM", "RR_OPIM_PLUS", "with_spare"]

PAPER = "Zhang, Huang, Sun, Lin, Xiao, Tang: Capacity Constrained Influence Maximization. KDD 2023"


def with_spare(choose: CoverAlgorithm, task: Task) -> CoverAlgorithm:
    """Return a cover algorithm that uses the spare invitations too."""

    def select(collection: Collection, constraint: Constraint) -> Cover:
        return replace_spare(choose(collection, constraint), task)

    return select


def _opim(choose: CoverAlgorithm, task: Task) -> Invitations:
    """Double two collections until the certified ratio reaches the target and the choice has settled."""
    problem = task.selection_problem
    pair = CollectionPair(problem)
    rounds = certified_rounds(pair, schedule_of(problem, problem.delta), with_spare(choose, task))
    best, reason, number = run_rounds(rounds)
    return from_round(pair, best, reason, number, problem.constraint.guarantee - problem.epsilon)


def _rr_opim_plus(task: Task) -> Invitations:
    """Run RR-OPIM+, on residual weights if invitations may be declined."""
    if task.acceptance is None:
        return _opim(round_robin_cover, task)
    problem, pair = task.selection_problem, ExpectedPair(task, task.acceptance)
    best, reason, number = run_rounds(certified_rounds(pair, pair.schedule(), pair.select))
    return from_round(pair, best, reason, number, problem.constraint.guarantee - problem.epsilon)


_GUARANTEE = "1/2 - epsilon"
_ACCEPTS = frozenset({"spare"}) | DEADLINE_ARGUMENTS
ACCEPTANCE_ARGUMENTS = frozenset({"acceptance", "discount"})

RR_OPIM_PLUS: Entry[Algorithm] = Entry(
    "rr-opim+",
    _rr_opim_plus,
    "RR-Greedy on RR sets that are doubled until a certificate over its rounds holds and the choice has settled",
    PAPER,
    _GUARANTEE,
    _ACCEPTS | ACCEPTANCE_ARGUMENTS,
    DEFAULT_EPSILON,
)
RR_OPIM: Entry[Algorithm] = Entry(
    "rr-opim",
    partial(_opim, partial(round_robin_cover, prefixes=False)),
    "as rr-opim+, but the upper bound of the optimum is twice the coverage",
    PAPER,
    _GUARANTEE,
    _ACCEPTS,
    DEFAULT_EPSILON,
)
MG_OPIM: Entry[Algorithm] = Entry(
    "mg-opim",
    partial(_opim, partial(greedy_cover, prefixes=False)),
    "as rr-opim, with MG-Greedy instead of RR-Greedy",
    PAPER,
    _GUARANTEE,
    _ACCEPTS,
    DEFAULT_EPSILON,
)
