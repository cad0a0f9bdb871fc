"""The result of a selection of seeds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._utils.frames import frame_of
from .._utils.views import load_report
from .record import Record

__all__ = ["SelectionResult"]


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
        95 % confidence interval for the spread, from the same sets: Wilson's, or the exact one if few sets are covered.
        It holds whatever decides which round is the last one, because the rounds share the miss probability 0.05. Most
        of it goes to the rounds that are likely to be the last ones; see :doc:`/concepts/certificate`. With a fixed
        number of sets (`ris`, `imm`) it is the usual interval.
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
    algorithm : str
        Name of the algorithm that ran.
    k : int
        Maximum number of seeds that the constraints allow.
    model : {"ic", "lt"}
        The diffusion model.
    probability : str
        The scheme of the arc probabilities.
    epsilon : float
        The requested precision, or the default. Algorithms that do not use it ignore it.
    delta : float
        Failure probability of both bounds together.
    budget, total_cost : float or None
        The budget and the total cost of the seeds, if there is a budget.
    target_spread : float or None
        The target of `imax.minimize_seeds`.
    n_start : int
        Number of nodes in `start`.
    start_spread : float or None
        Estimated spread of `start` alone, if it is given and there is a certificate.
    min_seeds : int or None
        With a target spread: no smaller seed set reaches it, except with probability `delta`.
    n_nodes, n_arcs : int
        Size of the graph.
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
    version : str
        Version of imax.
    auto : str or None
        With ``algorithm="auto"``: why the algorithm that `algorithm` names was chosen.
    max_steps, deadline, delay
        The limit on the time at which a node counts; all None without a limit. `delay` is the law of the delays.

    Examples
    --------
    >>> import imax
    >>> result = imax.maximize(imax.datasets.load("karate"), 2, rng=1)
    >>> sorted(result), len(result.gains)
    ([0, 33], 2)
    >>> result.lower_bound < result.spread < result.upper_bound
    True
    >>> result.to_dict()["algorithm"]
    'opim-c'
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
        some = "1 seed" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        return f"<SelectionResult: {some} [{first}], {known} ({self.stop_reason})>"
