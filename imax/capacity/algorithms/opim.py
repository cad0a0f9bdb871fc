"""RR-OPIM+, RR-OPIM and MG-OPIM: greedy selection on RR sets that are doubled until the result is certified.

Zhang, Huang, Sun, Lin, Xiao and Tang, "Capacity Constrained Influence Maximization in Social Networks", KDD 2023. There
are two differences from the paper. The upper bound of RR-OPIM+ counts each candidate once, however many inviters share
it; the paper adds up what each inviter could gain separately. The bound is never above that of the paper. As in
`imax.maximize`, sampling also continues until the choice has settled.
"""

import dataclasses
import time
from functools import partial

import numpy as np

from ..._utils.registry import Entry
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...ris.constraint import Constraint
from ...ris.coverage import Cover, CoverAlgorithm, greedy_cover
from ...ris.marks import Collection
from ...ris.matroid import PartitionMatroid
from ...ris.round_robin import round_robin_cover
from ...selection.algorithms.opim_c import certified_rounds, schedule_of
from ...selection.common_seed import find_common_seed
from ...selection.doubling import run_rounds
from ...selection.rounds import CollectionPair
from ..expected import ExpectedPair
from ..outcome import Algorithm, Invitations, from_round
from ..spare import replace_spare
from ..task import DEFAULT_EPSILON, Task

__all__ = ["ACCEPTANCE_ARGUMENTS", "AUTO", "MG_OPIM", "PAPER", "RR_OPIM", "RR_OPIM_PLUS", "with_spare"]

PAPER = "Zhang, Huang, Sun, Lin, Xiao, Tang: Capacity Constrained Influence Maximization. KDD 2023"


def with_spare(choose: CoverAlgorithm, task: Task) -> CoverAlgorithm:
    """Return a cover algorithm that uses the spare invitations too."""

    def select(collection: Collection, constraint: Constraint) -> Cover:
        return replace_spare(choose(collection, constraint), task)

    return select


def _opim(choose: CoverAlgorithm, task: Task) -> Invitations:
    """Double two collections until the certified ratio reaches the target and the choice has settled."""
    return _rounds(CollectionPair(task.selection_problem), choose, task)


def _rounds(pair: CollectionPair, choose: CoverAlgorithm, task: Task) -> Invitations:
    problem = pair.problem
    rounds = certified_rounds(pair, schedule_of(problem, problem.delta), with_spare(choose, task))
    best, reason, number = run_rounds(rounds)
    return from_round(pair, best, reason, number, problem.constraint.guarantee - problem.epsilon)


def _auto(task: Task) -> Invitations:
    """Run RR-OPIM+ on RR sets that end at a first friend, if a pilot sample shows that this saves much."""
    if task.acceptance is not None:
        why = "invitations may be declined, so that RR sets are complete"
        return dataclasses.replace(_rr_opim_plus(task), algorithm=RR_OPIM_PLUS.name, auto=why)
    began = time.perf_counter()
    problem = task.selection_problem
    common = find_common_seed(problem)
    choose: CoverAlgorithm = round_robin_cover
    if common.seeds.size:
        choose = partial(round_robin_cover, first=_first_invitation(task.matroid, int(common.seeds[0])))
    seconds = {"pilot": time.perf_counter() - began}
    pair = CollectionPair(problem, sentinels=(common.ends, common.ends), why=common.why)
    found = _rounds(pair, choose, task)
    return dataclasses.replace(found, algorithm=RR_OPIM_PLUS.name, seconds=seconds | found.seconds)


def _first_invitation(matroid: PartitionMatroid, friend: int) -> tuple[int, int]:
    """Return the inviter that should invite a friend, and the friend: the inviter with the fewest other candidates."""
    inviters = matroid.by_group[matroid.by_ptr[friend] : matroid.by_ptr[friend + 1]]
    inviters = inviters[matroid.capacity[inviters] > 0]
    candidates = np.diff(matroid.ptr)[inviters] / matroid.capacity[inviters]
    return int(inviters[np.argmin(candidates)]), friend


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

AUTO: Entry[Algorithm] = Entry(
    "auto",
    _auto,
    "rr-opim+; a pilot sample decides whether RR sets end at a first friend; the default",
    PAPER,
    _GUARANTEE,
    _ACCEPTS | ACCEPTANCE_ARGUMENTS,
    DEFAULT_EPSILON,
)
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
