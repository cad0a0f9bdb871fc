"""The results of selections and estimates."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from ._utils import jsons
from ._utils.frames import frame_of
from ._utils.views import PlotView, load_report
from .errors import InvalidArgumentError

__all__ = [
    "Certificate",
    "Compared",
    "Comparison",
    "CurveResult",
    "Record",
    "SelectionResult",
    "SpreadEstimate",
    "overlap_of",
]


def _plain(value: Any) -> Any:
    """Convert NumPy scalars to Python numbers, recursively."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):  # a tuple may be a label, so it stays a tuple
        return type(value)(_plain(item) for item in value)
    return value


@dataclass(frozen=True)
class Record(PlotView):
    """Base class of the results: dictionary and JSON views."""

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    def to_json(self, indent: int | None = None) -> str:
        """Return all fields as JSON. Labels that JSON cannot represent become their repr, NaN and infinity null."""
        return jsons.dumps(self.to_dict(), indent)


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class ComparisonRecord(Record, Generic[R]):
    """Dictionary and data frame views of a comparison.

    Attributes
    ----------
    rows : list of Record
        One per algorithm, each with a field `interval`.
    """

    rows: list[R]

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return super().to_dict() | {"rows": [row.to_dict() for row in self.rows]}

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with a row for each algorithm; `low` and `high` are the ends of `interval`.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        records = [row.to_dict() for row in self.rows]
        columns = {name: [record[name] for record in records] for name in records[0] if name != "interval"}
        columns["low"], columns["high"] = ([record["interval"][end] for record in records] for end in (0, 1))
        return frame_of(columns, backend)


@dataclass(frozen=True)
class SpreadEstimate(Record):
    """A spread estimated by forward simulation; see `imax.spread`.

    Attributes
    ----------
    spread : float
        Mean number (or weight) of active nodes.
    std_error : float
        Standard error of that mean.
    interval : tuple of float
        Confidence interval for the spread, at level `confidence`.
    n_simulations : int
        Number of simulations.
    notes : list of str
        As in `SelectionResult`.
    max_steps, deadline, delay
        Until when a node counts; all None without a limit. `delay` is the law of the delays.
    """

    spread: float
    std_error: float
    interval: tuple[float, float]
    confidence: float
    n_simulations: int
    n_seeds: int
    model: str
    probability: str
    stop_reason: str
    seconds: float
    rng_key: tuple[int, int]
    version: str
    notes: list[str] = field(default_factory=list)
    max_steps: int | None = None
    deadline: float | None = None
    delay: str | None = None

    def __float__(self) -> float:
        return self.spread

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"<SpreadEstimate: {self.spread:.6g} ({self.confidence:.0%} interval {low:.6g} to {high:.6g}, "
            f"{self.n_simulations:,} simulations, {self.model.upper()}, {self.probability})>"
        )


@dataclass(frozen=True)
class SelectionResult(Record):
    """The seeds of a selection and their certificate, if there is one.

    With `start`, all spreads and bounds count only what the seeds add to it.

    Attributes
    ----------
    seeds : list
        Labels of the seeds: those of `include` first, then in the order of choice. Iterating over the result iterates
        over them.
    gains : list of float or None
        Marginal gain in spread of each seed, as the selection estimated it; None for heuristics.
    scores : list of float or None
        Score of each seed when it was chosen; only for heuristics.
    spread : float or None
        Estimate of the spread of the seed set, from RR sets that the selection did not use. None without a certificate,
        like the next four.
    interval : tuple of float or None
        95 % confidence interval for the spread (Wilson), from the same sets. If sampling stops by itself after some
        round, the interval holds for whatever round that is: the miss probability 0.05 is divided among all rounds,
        with the share 6 / (pi i)**2 for round i. With a fixed number of sets (`ris`, `imm`) it is the usual interval.
    lower_bound : float or None
        The spread is at least this, except with probability `delta` (which covers both bounds together).
    upper_bound : float or None
        No admissible seed set has a larger spread, except with probability `delta`.
    ratio : float or None
        Certified ratio lower_bound / upper_bound: the seeds reach at least this share of the optimum, except with
        probability `delta`.
    target_ratio : float or None
        The certified ratio at which the selection stops, such as 1 - 1/e - epsilon; None if the algorithm does not use
        one.
    k : int
        Maximum number of seeds that the constraints allow.
    total_cost : float or None
        Total cost of the seeds, if there is a budget.
    start_spread : float or None
        Estimated spread of `start` alone, if it is given and there is a certificate.
    min_seeds : int or None
        With a target spread: no smaller seed set reaches it, except with probability `delta`.
    stop_reason : str
        Such as ``"target ratio reached"``, the same with ``", choice not settled"`` (see `imax.maximize`), ``"sample
        bound reached"`` (the target holds by theory), ``"time limit"``,
        ``"memory limit"`` or ``"interrupted"``.
    n_rr_sets, n_rr_entries : int
        Number of RR sets drawn, and of the nodes in them.
    n_simulations : int
        Number of forward simulations.
    rounds : int
        Number of completed rounds.
    notes : list of str
        What was ignored, dropped or filled in: labels that are not in the graph, nodes without a value.
    seconds : dict of str to float
        Time by phase.
    rng_key : tuple of int
        Key of the random streams: `rng` set to this key gives the same result.
    auto : str or None
        With ``algorithm="auto"``: why the algorithm that `algorithm` names was chosen.
    max_steps, deadline, delay
        Until when a node counts; all None without a limit. `delay` is the law of the delays.
    """

    seeds: list[Any]
    gains: list[float] | None
    scores: list[float] | None
    spread: float | None
    interval: tuple[float, float] | None
    lower_bound: float | None
    upper_bound: float | None
    ratio: float | None
    target_ratio: float | None
    algorithm: str
    k: int
    model: str
    probability: str
    epsilon: float
    delta: float
    budget: float | None
    total_cost: float | None
    target_spread: float | None
    min_seeds: int | None
    n_start: int
    start_spread: float | None
    n_nodes: int
    n_arcs: int
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
        return iter(self.seeds)

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, i: int) -> Any:
        return self.seeds[i]

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with the columns rank, seed, and gain and total (cumulative gain) or score.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        columns: dict[str, Any] = {"rank": range(1, len(self.seeds) + 1), "seed": self.seeds}
        if self.gains is not None:
            columns |= {"gain": self.gains, "total": np.cumsum(self.gains)}
        if self.scores is not None:
            columns["score"] = self.scores
        return frame_of(columns, backend)

    def report(self, graph: Any, **options: Any) -> Any:
        """Return a report on the seeds, for readers who did not run the program.

        Parameters
        ----------
        graph : InfluenceGraph, or any graph that `imax.maximize` accepts
            The graph on which the seeds were chosen.
        **options
            As in `imax.make_report`; give the same constraints as in the selection.

        Returns
        -------
        Report
            Call its method `save` with a file name.
        """
        return load_report("selection").make_report(graph, result=self, **options)

    def __repr__(self) -> str:
        first = ", ".join(repr(s) for s in self.seeds[:5]) + (", ..." if len(self.seeds) > 5 else "")
        known = f"by {self.algorithm}, no certificate"
        if self.spread is not None and self.interval is not None and self.ratio is not None:
            known = (
                f"spread {self.spread:.6g} ({self.interval[0]:.6g} to {self.interval[1]:.6g}), certified at least "
                f"{self.ratio:.1%} of the optimum"
            )
        elif self.spread is not None and self.lower_bound is not None:
            known = f"spread {self.spread:.6g}, certified to be at least {self.lower_bound:.6g}"
        return f"<SelectionResult: {len(self.seeds)} seeds [{first}], {known} ({self.stop_reason})>"


@dataclass(frozen=True)
class Certificate(Record):
    """Bounds of the spread of a seed set and of the optimum; see `imax.certify`.

    Attributes
    ----------
    spread, interval, lower_bound, upper_bound, ratio, delta
        As in `SelectionResult`.
    epsilon : float
        Requested precision: how close the bounds should be to the bounds of an endless sample.
    start_spread : float or None
        Estimated spread of `start` alone, if it is given.
    notes : list of str
        As in `SelectionResult`.
    """

    spread: float
    interval: tuple[float, float]
    lower_bound: float
    upper_bound: float
    ratio: float
    n_seeds: int
    k: int
    model: str
    probability: str
    epsilon: float
    delta: float
    start_spread: float | None
    n_rr_sets: int
    n_rr_entries: int
    rounds: int
    stop_reason: str
    rng_key: tuple[int, int]
    version: str
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    max_steps: int | None = None
    deadline: float | None = None
    delay: str | None = None

    def __repr__(self) -> str:
        return (
            f"<Certificate: {self.n_seeds} seeds, spread {self.spread:.6g} ({self.interval[0]:.6g} to "
            f"{self.interval[1]:.6g}), at least {self.ratio:.1%} of the optimum ({self.stop_reason})>"
        )


@dataclass(frozen=True)
class CurveResult(Record):
    """Spread against the number of seeds; see `imax.curve`.

    All lists except `seeds` and `gains` have one entry for each number of seeds in `k`.

    Attributes
    ----------
    k : list of int
        Numbers of seeds, in rising order.
    seeds : list
        Labels of the seeds for the largest number, in the order of choice.
    gains : list of float or None
        Marginal gains of `seeds`, as the selection estimated them; None if the first k of `seeds` need not be the seeds
        for k.
    seed_sets : list of list, or None
        Seeds for each number. None if they are the first k of `seeds`; see `seeds_of`.
    complete : list of bool
        False where a limit of time or memory cut the selection short.
    algorithm : str
        Name of the algorithm; ``"own"`` for seeds of the caller.
    spread : list of float
        Estimates from RR sets that the selection did not use.
    low, high : list of float
        95 % confidence interval of each, as in `SelectionResult`.
    lower_bound, upper_bound, ratio : list of float
        Certificates: all of them hold together, except with probability `delta`.
    """

    k: list[int]
    seeds: list[Any]
    gains: list[float] | None
    seed_sets: list[list[Any]] | None
    complete: list[bool]
    algorithm: str
    spread: list[float]
    low: list[float]
    high: list[float]
    lower_bound: list[float]
    upper_bound: list[float]
    ratio: list[float]
    k_max: int
    model: str
    probability: str
    epsilon: float
    delta: float
    n_nodes: int
    n_rr_sets: int
    n_rr_entries: int
    rounds: int
    stop_reason: str
    rng_key: tuple[int, int]
    version: str
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    max_steps: int | None = None
    deadline: float | None = None
    delay: str | None = None

    def __len__(self) -> int:
        return len(self.k)

    def seeds_of(self, k: int) -> list[Any]:
        """Return the seeds for one of the numbers in `k`."""
        if k not in self.k:
            raise InvalidArgumentError(f"k must be one of {self.k}, got {k}", argument="k")
        return self.seeds[:k] if self.seed_sets is None else self.seed_sets[self.k.index(k)]

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with a row for each k.

        The columns `seed` and `gain` are there if each number adds one seed; otherwise the column `seeds` has lists.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        first: dict[str, Any] = {"seeds": [self.seeds_of(k) for k in self.k]}
        if self.gains is not None:
            first = {"seed": self.seeds, "gain": self.gains}
        lists = ("spread", "low", "high", "lower_bound", "upper_bound", "ratio", "complete")
        return frame_of({"k": self.k, **first, **{name: getattr(self, name) for name in lists}}, backend)

    def __repr__(self) -> str:
        cut = "" if all(self.complete) else ", incomplete"
        return (
            f"<CurveResult: {self.k[0]} to {self.k[-1]} seeds by {self.algorithm}, "
            f"spread {self.spread[0]:.6g} to {self.spread[-1]:.6g}{cut}>"
        )


@dataclass(frozen=True)
class Compared(Record):
    """One row of a `Comparison`.

    Attributes
    ----------
    algorithm : str
        Name of the algorithm, of the function or of the given seeds.
    k : int or None
        Number of seeds that the row is for; None if only a budget or quotas limit it.
    seeds : list
        Fewer than k if a limit of time or memory was reached.
    complete : bool
        False if a limit of time or memory, or an interrupt, cut the selection short.
    broken_rules : list of str
        Constraints that the seeds break, in words. Only seeds of the caller and incomplete ones can break constraints.
    rank : int or None
        Place among the rows with the same k, by spread, from 1. None for rows that are incomplete or break a rule.
    spread, std_error, interval : float, float, tuple of float
        By forward simulation, with the 95 % confidence interval. With `start` it is what the seeds add.
    lower_bound, upper_bound, ratio, delta
        The certificate, as in `Certificate`.
    seconds : float
        Time of the selection alone.
    memory : int or None
        Maximum increase of the resident memory of the process during the selection, in bytes; None if the system is not
        Linux.
    stop_reason : str
        As in `SelectionResult`; ``"own function"`` or ``"given seeds"`` for seeds of the caller.
    """

    algorithm: str
    k: int | None
    seeds: list[Any]
    complete: bool
    broken_rules: list[str]
    rank: int | None
    spread: float
    std_error: float
    interval: tuple[float, float]
    lower_bound: float
    upper_bound: float
    ratio: float
    delta: float
    model: str
    seconds: float
    memory: int | None
    stop_reason: str


@dataclass(frozen=True)
class Comparison(ComparisonRecord[Compared]):
    """Several algorithms and seed sets on one problem; see `imax.compare`.

    Attributes
    ----------
    rows : list of Compared
        In the requested order; with several numbers of seeds all rows of the first number, then those of the next.
    overlap : list of list of float
        Jaccard index of each pair of seed sets: size of the intersection / size of the union.
    k : int, list of int or None
        Number or numbers of seeds.
    """

    overlap: list[list[float]]
    k: int | list[int] | None
    model: str
    probability: str
    delta: float
    n_nodes: int
    n_arcs: int
    n_simulations: int
    stop_reason: str
    rng_key: tuple[int, int]
    version: str
    notes: list[str] = field(default_factory=list)
    max_steps: int | None = None
    deadline: float | None = None
    delay: str | None = None

    def best(self, k: int | None = None) -> Compared | None:
        """Return the row with the largest spread, or None if all rows are incomplete or break a rule.

        Parameters
        ----------
        k : int, optional
            Number of seeds; default the largest.
        """
        k = self.rows[-1].k if k is None else k
        return next((row for row in self.rows if row.k == k and row.rank == 1), None)

    def __repr__(self) -> str:
        several = isinstance(self.k, list)
        names = [f"{row.algorithm} (k = {row.k})" if several else row.algorithm for row in self.rows]
        marks = ["" if row.complete else " (incomplete)" for row in self.rows]
        spreads = ", ".join(
            f"{name} {row.spread:.6g}{mark}" for name, row, mark in zip(names, self.rows, marks, strict=True)
        )
        return f"<Comparison: k = {self.k}, {self.model.upper()}, {self.probability}: {spreads}>"


def overlap_of(seed_sets: list[list[Any]]) -> list[list[float]]:
    """Return the Jaccard index of each pair of seed sets.

    >>> overlap_of([[1, 2], [2, 3]])
    [[1.0, 0.3333333333333333], [0.3333333333333333, 1.0]]
    """
    sets = [set(seeds) for seeds in seed_sets]
    return [[len(a & b) / len(a | b) for b in sets] for a in sets]
