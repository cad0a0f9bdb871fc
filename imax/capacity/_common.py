"""What all methods share: the registry's entry, what a method finds, and its certificate."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..ris.coverage import Cover, round_robin_cover
from ..ris.matroid import PartitionMatroid
from ..selection.certification import DEFAULT_PRECISION, validate_seeds
from ..selection.outcome import INTERRUPT, Bounds
from ..selection.problem import Limits, Problem
from ..selection.rounds import CollectionPair, Round
from .problem import CapacityProblem

__all__ = ["DEFAULT_EPSILON", "Found", "Method", "Task", "certified", "finish", "of_round", "with_spare"]

DEFAULT_EPSILON = 0.02  # by measurement: see docs/how-to/capacities


@dataclass(frozen=True)
class Task:
    """A problem and a checked question about it."""

    problem: CapacityProblem
    selection_problem: Problem
    spare: str

    @property
    def matroid(self) -> PartitionMatroid:
        """Whom each active participant may invite, and how many."""
        return self.problem.matroid


@dataclass(frozen=True)
class Found:
    """What a method found.

    Attributes
    ----------
    inviters : numpy.ndarray of int32
        Numbers of the active participants, in the order of choice.
    seeds : numpy.ndarray of int32
        Internal ids of the friends they invite.
    gains : numpy.ndarray of float64 or None
        Marginal gains in spread; None where `certified` is to estimate them.
    stop_reason : str
    bounds : Bounds or None
        None where `certified` is to find them.
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


@dataclass(frozen=True)
class Method:
    """An entry of the registry.

    Attributes
    ----------
    name : str
        As `assign` and ``--algorithm`` take it.
    solve : callable
        From a `Task` to what it `Found`.
    summary : str
        One line on how it chooses.
    source : str
        The paper.
    guarantee : str
        What it promises; empty for a heuristic.
    takes : frozenset of str
        Of ``"oracle"``, ``"n_rr_sets"``, ``"n_simulations"``, ``"spare"``.
    epsilon : float
        Its default.
    """

    name: str
    solve: Callable[[Task], Found]
    summary: str
    source: str
    guarantee: str = ""
    accepts: frozenset[str] = frozenset()
    epsilon: float = DEFAULT_EPSILON


def finish(cover: Cover, task: Task) -> Cover:
    """Return a choice without those that add nothing, and with the spare invitations used as the task says."""
    assert cover.seed_groups is not None
    useful = cover.gains > 0
    inviters, seeds = with_spare(task, cover.seed_groups[useful], cover.seeds[useful])
    gains = np.zeros(seeds.size, dtype=np.int64)
    gains[: int(useful.sum())] = cover.gains[useful]
    return dataclasses.replace(cover, seed_groups=inviters, seeds=seeds, gains=gains)


def with_spare(
    task: Task, inviters: NDArray[np.int32], seeds: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return takers and seeds with those added who use what room is left."""
    from ..kernels.matroid import fill_up

    if task.spare == "empty":
        return inviters, seeds
    matroid = task.matroid
    n_groups, n = matroid.capacity.size, matroid.by_ptr.size - 1
    taken = np.bincount(inviters, minlength=n_groups)
    own_ptr = np.concatenate([[0], np.cumsum(taken)])
    own = seeds[np.argsort(inviters, kind="stable")]
    invited = np.zeros(n, dtype=np.bool_)
    invited[seeds] = True
    left = matroid.usable_capacity() - taken
    more = np.empty((2, int(left.sum())), dtype=np.int32)
    size = fill_up(
        matroid.members(left), own_ptr, own, invited, task.spare == "all", np.full(n, -1, dtype=np.int32), *more
    )
    return np.concatenate([inviters, more[0, :size]]), np.concatenate([seeds, more[1, :size]])


def of_round(pair: CollectionPair, best: Round, reason: str, number: int, target: float | None) -> Found:
    """Return a round's choice as what a method found."""
    choice = pair.result(best, reason, number, target)
    assert best.cover.seed_groups is not None
    return Found(
        best.cover.seed_groups, choice.seeds, reason, choice.gains, choice.bounds, choice.target_ratio, number,
        choice.n_rr_sets, choice.n_rr_entries, seconds=choice.seconds,
    )  # fmt: skip


def certified(task: Task, found: Found) -> Found:
    """Add bounds, and gains where they are missing, by RR sets that no method has seen."""
    if found.bounds is not None:
        return found
    selection_problem = task.selection_problem
    if found.stop_reason == INTERRUPT:  # whoever wants to leave waits for the first round alone
        selection_problem = dataclasses.replace(selection_problem, limits=Limits(1e-9, selection_problem.limits.memory))
    try:
        pair, best, reason, number = validate_seeds(
            selection_problem, found.seeds, DEFAULT_PRECISION, round_robin_cover
        )
    except KeyboardInterrupt:
        return _unjudged(task, found)
    gains = found.gains
    if gains is None:
        seeds, first = np.unique(found.seeds, return_index=True)
        order = np.argsort(first)
        gains = np.zeros(found.seeds.size)
        # a friend invited again adds nothing
        gains[first[order]] = pair.validation.first_covered(seeds[order]) * (pair.total / pair.validation.n_sets)
    return dataclasses.replace(
        found, gains=gains, bounds=best.bounds, rounds=number,
        stop_reason=INTERRUPT if reason == INTERRUPT else found.stop_reason, n_rr_sets=found.n_rr_sets + best.n_sets,
        n_rr_entries=found.n_rr_entries + best.n_entries,
        seconds={**found.seconds, "judge": sum(pair.seconds.values())},
    )  # fmt: skip


def _unjudged(task: Task, found: Found) -> Found:
    """Return a choice whose judgement was interrupted at once: the friends reach themselves, and at most all."""
    weights = task.selection_problem.weights
    assert weights is not None
    own, total = float(weights[np.unique(found.seeds)].sum()), task.selection_problem.total
    gains = np.zeros(found.seeds.size) if found.gains is None else found.gains
    return dataclasses.replace(found, gains=gains, bounds=Bounds(own, (own, total), own, total), stop_reason=INTERRUPT)
