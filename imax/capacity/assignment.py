"""Results of `assign` and `compare`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .._utils.frames import frame_of
from .._utils.views import ReportView
from ..results import ComparisonRecord, Record

__all__ = ["Assignment", "CapacityComparison", "ComparedAssignment"]


@dataclass(frozen=True)
class Assignment(Record, ReportView):
    """The friends whom each inviter invites, with a certificate of their spread.

    The spread is the expected number (or total weight) of passive nodes that are reached, invited friends included. The
    spread and all bounds are those on the graph without the inviters.

    Attributes
    ----------
    friends : dict of lists
        For the label of each inviter, in the order of `CapacityProblem.active`, the labels of the friends in the order
        of choice. Iterating over the result iterates over the inviters; ``result[inviter]`` is the list of friends.
    gains : dict of lists of float
        Marginal gain of each of these friends over all friends chosen earlier by any inviter, as the selection
        estimated it; 0 for spare invitations. For local algorithms, the order is inviter by inviter.
    seeds : list
        All invited friends, each once, in the order of choice.
    unused : dict of int
        Number of unused invitations of each inviter that has some: no candidate is left, or none that adds anything.
    without_friends : list
        Inviters without any candidate.
    spread, interval : float, tuple of float
        Estimate from RR sets that the selection did not use, and its 95 % confidence interval (Wilson).
    lower_bound : float
        The spread is at least this, except with probability `delta` (which covers both bounds together).
    upper_bound : float
        No assignment within the capacities has a larger spread, except with probability `delta`.
    ratio : float
        Certified ratio lower_bound / upper_bound: the spread is at least this share of the optimum.
    target_ratio : float or None
        Certified ratio at which the selection stops; None if the algorithm does not use one.
    auto : str or None
        With ``algorithm="auto"``: whether RR sets end at a first friend, as a pilot sample decided, and why.
    acceptance : str or None
        Where acceptance probabilities come from: ``"arcs"``, ``"by pair"``, ``"by friend"`` or a number; None if all
        invitations are accepted. Then the spread and its bounds are expected values over the decisions of the invited.
    n_active, n_passive, n_pairs, n_slots : int
        Numbers of inviters, of passive nodes, and of pairs of an inviter and a candidate; sum of all capacities.
    algorithm, oracle : str, str or None
        Names of the algorithm and of its oracle; None if it uses no oracle.
    model, probability, epsilon, delta, n_rr_sets, n_rr_entries, n_simulations, rounds, stop_reason, rng_key, version
        As in the result of `imax.maximize`.
    notes, seconds, max_steps, deadline, delay
        As in the result of `imax.maximize`.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem, assign
    >>> found = assign(CapacityProblem(imax.datasets.load("karate"), [0, 33], 2), rng=1)
    >>> list(found), len(found[33]), found.n_slots
    ([0, 33], 2, 4)
    """

    friends: dict[Any, list[Any]]
    gains: dict[Any, list[float]]
    seeds: list[Any]
    unused: dict[Any, int]
    without_friends: list[Any]
    spread: float
    interval: tuple[float, float]
    lower_bound: float
    upper_bound: float
    ratio: float
    target_ratio: float | None
    algorithm: str
    oracle: str | None
    acceptance: str | None
    model: str
    probability: str
    epsilon: float
    delta: float
    n_active: int
    n_passive: int
    n_pairs: int
    n_slots: int
    n_rr_sets: int
    n_rr_entries: int
    n_simulations: int
    rounds: int
    stop_reason: str
    rng_key: tuple[int, int]
    version: str
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    max_steps: int | None = None
    deadline: float | None = None
    delay: str | None = None
    auto: str | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter(self.friends)

    def __len__(self) -> int:
        return len(self.friends)

    def __getitem__(self, inviter: Any) -> list[Any]:
        return self.friends[inviter]

    @property
    def unused_slots(self) -> int:
        """Number of unused invitations of all inviters together."""
        return sum(self.unused.values())

    def rows(self) -> list[tuple[Any, Any, int, float]]:
        """Return (inviter, friend, rank, gain) of each invitation; ranks count from 1 for each inviter."""
        return [
            (inviter, friend, rank, gain)
            for inviter, friends in self.friends.items()
            for rank, (friend, gain) in enumerate(zip(friends, self.gains[inviter], strict=True), 1)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain Python values, with the assignment as a list, so that JSON can hold any label."""
        found = super().to_dict()
        del found["friends"], found["gains"], found["unused"]
        assignments = [
            {"ap": inviter, "friends": friends, "gains": self.gains[inviter], "unused": self.unused.get(inviter, 0)}
            for inviter, friends in self.friends.items()
        ]
        return {"assignments": assignments, "unused_slots": self.unused_slots, **found}

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with a row for each invitation: ap (the inviter), friend, rank, gain.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        rows = self.rows()
        return frame_of(
            {name: [row[i] for row in rows] for i, name in enumerate(("ap", "friend", "rank", "gain"))}, backend
        )

    def __repr__(self) -> str:
        return (
            f"<Assignment: {len(self.seeds):,} friends of {self.n_active:,} active, by {self.algorithm}, spread "
            f"{self.spread:.6g} ({self.interval[0]:.6g} to {self.interval[1]:.6g}), certified at least "
            f"{self.ratio:.1%} of the optimum ({self.stop_reason})>"
        )


@dataclass(frozen=True)
class ComparedAssignment(Record):
    """The assignment of one algorithm in a `CapacityComparison`.

    Attributes
    ----------
    algorithm : str
        Name as given to `imax.capacity.compare`, with an oracle as in ``"rr-greedy:rr"``.
    oracle : str or None
        Oracle of the algorithm, if it uses one.
    complete : bool
        Whether the algorithm finished. False: a limit or an interrupt cut it short.
    rank : int or None
        Place among the complete rows, by spread, from 1. None for incomplete rows.
    seeds : list
        All invited friends, each once.
    spread, std_error, interval : float, float, tuple of float
        Estimate by forward simulation on the graph of the passive nodes, with its 95 % confidence interval.
    n_validations : int
        Number of these simulations; fewer than requested if they reached the time limit.
    lower_bound, upper_bound, ratio : float
        The certificate, as in `Assignment`.
    unused_slots : int
        Number of unused invitations.
    n_rr_sets, n_simulations, stop_reason
        As in `Assignment`.
    seconds : float
        Time of the selection, without a separate validation. Algorithms that validate on RR sets themselves include it.
    """

    algorithm: str
    oracle: str | None
    complete: bool
    rank: int | None
    seeds: list[Any]
    spread: float
    std_error: float
    interval: tuple[float, float]
    n_validations: int
    lower_bound: float
    upper_bound: float
    ratio: float
    unused_slots: int
    n_rr_sets: int
    n_simulations: int
    seconds: float
    stop_reason: str


@dataclass(frozen=True)
class CapacityComparison(ComparisonRecord[ComparedAssignment]):
    """Several algorithms on one problem; see `imax.capacity.compare`.

    Attributes
    ----------
    rows : list of ComparedAssignment
        One per algorithm, in the order of the argument.
    n_active, n_passive, n_pairs, n_slots : int
        As in `Assignment`.
    delta : float
        Failure probability of the certificate of each row.
    n_simulations : int
        Number of simulations of each row.
    model, probability, stop_reason, rng_key, version, notes, max_steps, deadline, delay
        As in the result of `imax.compare`.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem, compare
    >>> problem = CapacityProblem(imax.datasets.load("karate"), [0, 33], 2)
    >>> table = compare(problem, "rr-opim+,degree", n_simulations=1000, rng=1)
    >>> [row.algorithm for row in table.rows], table.best().algorithm
    (['rr-opim+', 'degree'], 'rr-opim+')
    """

    model: str
    probability: str
    delta: float
    n_active: int
    n_passive: int
    n_pairs: int
    n_slots: int
    n_simulations: int
    stop_reason: str
    rng_key: tuple[int, int]
    version: str
    notes: list[str] = field(default_factory=list)
    max_steps: int | None = None
    deadline: float | None = None
    delay: str | None = None

    def best(self) -> ComparedAssignment | None:
        """Return the row with the largest spread, or None if all rows are incomplete."""
        return next((row for row in self.rows if row.rank == 1), None)

    def __repr__(self) -> str:
        marks = ["" if row.complete else " (incomplete)" for row in self.rows]
        spreads = ", ".join(
            f"{row.algorithm} {row.spread:.6g}{mark}" for row, mark in zip(self.rows, marks, strict=True)
        )
        return f"<CapacityComparison: {self.n_active:,} active, {self.model.upper()}, {self.probability}: {spreads}>"
