"""What an algorithm returns to `assign`, and its certificate."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..ris.coverage import round_robin_cover
from ..selection.base import Bounds, Limits
from ..selection.certification import DEFAULT_PRECISION, validate
from ..selection.rounds import INTERRUPT, CollectionPair, Round
from .task import Task

__all__ = ["Algorithm", "Invitations", "certified", "from_round"]


@dataclass(frozen=True)
class Invitations:
    """The invitations that an algorithm chose.

    Attributes
    ----------
    inviters : numpy.ndarray of int32, shape (n_invitations,)
        Number of the inviter of each invitation, in the order of choice.
    seeds : numpy.ndarray of int32, shape (n_invitations,)
        Internal id of the invited node.
    stop_reason : str
    gains : numpy.ndarray of float64, shape (n_invitations,), or None
        Marginal gains in spread; None if `certified` estimates them.
    bounds : Bounds or None
        None if `certified` computes them.
    target_ratio : float or None
        Certified ratio at which the algorithm stops; None if it does not use one.
    """

    inviters: NDArray[np.int32]
    seeds: NDArray[np.int32]
    stop_reason: str
    gains: NDArray[np.float64] | None = None
    bounds: Bounds | None = None
    target_ratio: float | None = None
    rounds: int = 0
    n_rr_sets: int = 0
    n_rr_entries: int = 0
    n_simulations: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


Algorithm: TypeAlias = Callable[[Task], Invitations]


def from_round(pair: CollectionPair, best: Round, reason: str, number: int, target: float | None) -> Invitations:
    """Return the choice of a round as invitations."""
    outcome = pair.result(best, reason, number, target)
    assert best.cover.seed_groups is not None
    return Invitations(
        best.cover.seed_groups, outcome.seeds, reason, outcome.gains, outcome.bounds, outcome.target_ratio, number,
        outcome.n_rr_sets, outcome.n_rr_entries, seconds=outcome.seconds,
    )  # fmt: skip


def certified(task: Task, found: Invitations) -> Invitations:
    """Return invitations with bounds and gains, estimated on fresh RR sets if the algorithm did not give them."""
    if found.bounds is not None:
        return found
    problem = task.selection_problem
    if found.stop_reason == INTERRUPT:  # one round is enough after an interrupt
        problem = dataclasses.replace(problem, limits=Limits(1e-9, problem.limits.memory))
    try:
        pair, best, reason, number = validate(problem, found.seeds, DEFAULT_PRECISION, round_robin_cover)
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
