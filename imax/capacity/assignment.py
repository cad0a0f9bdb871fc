"""What an assignment of friends, and a comparison of several, return."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..results import Record, as_frame

if TYPE_CHECKING:
    import pandas

__all__ = ["Assignment", "CapacityComparison", "ComparedMethod"]


@dataclass(frozen=True)
class Assignment(Record):
    """Whom each active participant (AP) invites, and what that is sure to reach.

    Spread is the expected number (or weight) of passive nodes reached, the invited ones included. It and all bounds are
    about the graph without the APs.

    Attributes
    ----------
    friends : dict of lists
        By the label of each AP, in their order, the labels of those it invites, in the order of choice. Iterating over
        the result iterates over the APs.
    gains : dict of lists of float
        What each of these adds to the spread of those chosen before it, whoever invites them, as the selection
        estimated it: 0 for those who were given a spare invitation. For the local methods, what it adds to those named
        before it, AP by AP.
    seeds : list
        All who are invited, each once, in the order of choice.
    unused : dict of int
        How many invitations an AP has left, of those that have some: it has nobody else to invite, or nobody who would
        add anything.
    without_friends : list
        The APs who have nobody to invite at all.
    spread, interval : float, tuple of float
        Estimate from RR sets that the choice did not see, and its 95 % confidence interval (Wilson).
    lower_bound : float
        The spread is at least this, except with probability `delta` (which covers both bounds together).
    upper_bound : float
        No assignment within the capacities has a larger spread, except with probability `delta`.
    ratio : float
        lower_bound / upper_bound: the share of the optimum that is certain.
    target_ratio : float or None
        The share at which the selection would stop; None where it does not look at it.
    n_active, n_passive, n_pairs, n_slots : int
        APs, nodes that are not, pairs of an AP and a friend, and the sum of all capacities.
    n_rr_sets, n_rr_entries, n_simulations, rounds, stop_reason, rng_key, seconds
        As in `imax.MaximizeResult`.
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
    seconds: dict[str, float] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.friends)

    def __len__(self) -> int:
        return len(self.friends)

    def __getitem__(self, ap: Any) -> list[Any]:
        return self.friends[ap]

    @property
    def unused_slots(self) -> int:
        """Invitations left, of all APs together."""
        return sum(self.unused.values())

    def rows(self) -> list[tuple[Any, Any, int, float]]:
        """Return (ap, friend, rank, gain) of each invitation; ranks count from 1 within an AP."""
        return [
            (ap, friend, rank, gain)
            for ap, chosen in self.friends.items()
            for rank, (friend, gain) in enumerate(zip(chosen, self.gains[ap], strict=True), 1)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain Python values; the assignment as a list, so that JSON can hold any label."""
        found = super().to_dict()
        del found["friends"], found["gains"], found["unused"]
        each = [
            {"ap": ap, "friends": chosen, "gains": self.gains[ap], "unused": self.unused.get(ap, 0)}
            for ap, chosen in self.friends.items()
        ]
        return {"assignments": each, "unused_slots": self.unused_slots, **found}

    def to_frame(self) -> "pandas.DataFrame":
        """Return a pandas DataFrame: ap, friend, rank, gain."""
        rows = self.rows()
        return as_frame({name: [row[i] for row in rows] for i, name in enumerate(("ap", "friend", "rank", "gain"))})

    def __repr__(self) -> str:
        return (
            f"<Assignment: {len(self.seeds):,} friends of {self.n_active:,} active, by {self.algorithm}, spread "
            f"{self.spread:.6g} ({self.interval[0]:.6g} to {self.interval[1]:.6g}), certified at least "
            f"{self.ratio:.1%} of the optimum ({self.stop_reason})>"
        )


@dataclass(frozen=True)
class ComparedMethod(Record):
    """One method of a `CapacityComparison`.

    Attributes
    ----------
    seeds : list
        All who are invited, each once.
    spread, std_error, interval : float, float, tuple of float
        By forward simulation on the graph of the passive nodes, with the 95 % confidence interval.
    lower_bound, upper_bound, ratio : float
        The certificate, as in `Assignment`.
    unused_slots : int
        Invitations left.
    seconds : float
        For the choice; judging it, where that was done after it, is left out. Methods on RR sets include the sets that
        judge them.
    """

    method: str
    algorithm: str
    oracle: str | None
    seeds: list[Any]
    spread: float
    std_error: float
    interval: tuple[float, float]
    lower_bound: float
    upper_bound: float
    ratio: float
    unused_slots: int
    n_rr_sets: int
    n_simulations: int
    seconds: float
    stop_reason: str


@dataclass(frozen=True)
class CapacityComparison(Record):
    """Several methods on one problem; see `imax.capacity.compare`.

    Attributes
    ----------
    methods : list of ComparedMethod
        In the order asked for.
    """

    methods: list[ComparedMethod]
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

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return super().to_dict() | {"methods": [method.to_dict() for method in self.methods]}

    def to_frame(self) -> "pandas.DataFrame":
        """Return a pandas DataFrame with a row for each method."""
        records = [method.to_dict() for method in self.methods]
        columns = {name: [record[name] for record in records] for name in records[0] if name != "interval"}
        columns["low"], columns["high"] = ([method.interval[end] for method in self.methods] for end in (0, 1))
        return as_frame(columns)

    def __repr__(self) -> str:
        each = ", ".join(f"{method.method} {method.spread:.6g}" for method in self.methods)
        return f"<CapacityComparison: {self.n_active:,} active, {self.model.upper()}, {self.probability}: {each}>"
