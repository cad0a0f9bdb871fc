"""What an algorithm returns to `assign`, and its certificate."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..ris.round_robin import round_robin_cover
from ..selection.certification import DEFAULT_PRECISION, validate_seeds
from ..selection.outcome import INTERRUPT, Bounds, Outcome
from ..selection.problem import Limits
from ..selection.rounds import CollectionPair
from ..selection.settling import Round
from .task import Task

__all__ = ["Algorithm", "Invitations", "certified", "from_round"]


@dataclass(frozen=True)
class Invitations(Outcome):
    """The invitations that an algorithm chose: an outcome of a selection, and the inviter of each seed.

    A node that several inviters invite is listed several times in `seeds`. The fields `gains` and `bounds` are None if
    `certified` has to estimate them.

    Attributes
    ----------
    inviters : numpy.ndarray of int32, shape (n_seeds,)
        Number of the inviter of each seed.
    """

    inviters: NDArray[np.int32] = field(kw_only=True)


Algorithm: TypeAlias = Callable[[Task], Invitations]


def from_round(pair: CollectionPair, best: Round, reason: str, number: int, target: float | None) -> Invitations:
    """Return the choice of a round as invitations."""
    assert best.cover.seed_groups is not None
    return Invitations(**vars(pair.result(best, reason, number, target)), inviters=best.cover.seed_groups)


def certified(task: Task, found: Invitations) -> Invitations:
    """Return invitations with bounds and gains, estimated on fresh RR sets if the algorithm did not give them."""
    if found.bounds is not None:
        return found
    problem = task.selection_problem
    if found.stop_reason == INTERRUPT:  # one round is enough after an interrupt
        problem = dataclasses.replace(problem, limits=Limits(1e-9, problem.limits.memory))
    try:
        pair, best, reason, number = validate_seeds(problem, found.seeds, DEFAULT_PRECISION, round_robin_cover)
    except KeyboardInterrupt:
        return _with_trivial_bounds(task, found)
    gains = found.gains
    if gains is None:
        seeds, first = np.unique(found.seeds, return_index=True)
        order = np.argsort(first)
        gains = np.zeros(found.seeds.size)  # a second invitation of the same node adds nothing
        gains[first[order]] = pair.validation.first_covered(seeds[order]) * (pair.total / pair.validation.n_sets)
    return dataclasses.replace(
        found, gains=gains, bounds=best.bounds, rounds=number,
        stop_reason=INTERRUPT if reason == INTERRUPT else found.stop_reason, n_rr_sets=found.n_rr_sets + best.n_sets,
        n_rr_entries=found.n_rr_entries + best.n_entries,
        seconds={**found.seconds, "validate": sum(pair.seconds.values())},
    )  # fmt: skip


def _with_trivial_bounds(task: Task, found: Invitations) -> Invitations:
    """Return invitations with bounds that need no samples: the weight of the invited nodes, and of all nodes."""
    problem = task.selection_problem
    assert problem.weights is not None
    own, total = float(problem.weights[np.unique(found.seeds)].sum()), problem.total
    gains = np.zeros(found.seeds.size) if found.gains is None else found.gains
    return dataclasses.replace(found, gains=gains, bounds=Bounds(own, (own, total), own, total), stop_reason=INTERRUPT)
