"""What all selectors share: the checked question, limits, and progress."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key
from ..graph.influence_graph import InfluenceGraph
from ..ris.constraint import Constraint

__all__ = ["DEFAULT_EPSILON", "Algorithm", "Bounds", "Limits", "Outcome", "Problem", "Progress"]

DEFAULT_EPSILON = 0.01  # by measurement: see docs/explanation/engine


@dataclass(frozen=True)
class Progress:
    """How far a selection is.

    Attributes
    ----------
    round, rounds : int
        Rounds completed, and at most to come.
    n_rr_sets : int
        RR sets drawn.
    ratio, target_ratio : float
        The certified share of the optimum, and where the selection stops.
    seconds : float
        Since the start.
    """

    round: int
    rounds: int
    n_rr_sets: int
    ratio: float
    target_ratio: float
    seconds: float


@dataclass(frozen=True)
class Limits:
    """When to stop early.

    Attributes
    ----------
    seconds : float or None
        Time for the whole selection.
    memory : int or None
        Bytes for RR sets and their index.
    """

    seconds: float | None = None
    memory: int | None = None
    began: float = field(default_factory=time.perf_counter)

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.began

    def in_time(self, share: float = 1.0) -> bool:
        """Whether the time limit, or a share of it, still holds."""
        return self.seconds is None or self.elapsed() < self.seconds * share


@dataclass(frozen=True)
class Problem:
    """A checked selection problem, in internal ids."""

    graph: InfluenceGraph
    constraint: Constraint
    model: str
    weights: NDArray[np.float64] | None
    epsilon: float
    delta: float
    key: Key
    threads: int
    lanes: int | None
    limits: Limits
    progress: Callable[[Progress], Any] | None
    n_rr_sets: int | None = None
    n_simulations: int | None = None
    oracle: str | None = None
    blocked: NDArray[np.bool_] | None = None  # nodes that take no part; their weight is 0

    @property
    def total(self) -> float:
        """The number of nodes, or their total weight."""
        return float(self.graph.n_nodes) if self.weights is None else float(self.weights.sum())


@dataclass(frozen=True)
class Bounds:
    """What is known of a seed set's spread, and of the optimum's.

    Attributes
    ----------
    spread : float
        Estimate, from RR sets that had no part in the choice.
    interval : tuple of float
        95 % confidence interval for it.
    lower, upper : float
        The spread is at least, and the optimum at most this, except with the probability asked for.
    """

    spread: float
    interval: tuple[float, float]
    lower: float
    upper: float

    @property
    def ratio(self) -> float:
        """The certified share of the optimum."""
        return min(1.0, self.lower / self.upper) if self.upper > 0.0 else 1.0


@dataclass(frozen=True)
class Outcome:
    """What a selector found.

    Attributes
    ----------
    seeds : numpy.ndarray of int32
        Internal ids in the order of choice, forced ones first.
    stop_reason : str
    gains : numpy.ndarray of float64 or None
        Each seed's marginal gain in spread, where the selector estimates spreads.
    scores : numpy.ndarray of float64 or None
        Each seed's score when it was chosen, where the selector ranks nodes by something else.
    bounds : Bounds or None
        None where the selector has no certificate.
    target_ratio : float or None
        The certified share at which the selector would stop.
    fewest : int or None
        With a target spread: at least this many seeds are needed.
    start_spread : float or None
        What the start nodes reach by themselves.
    """

    seeds: NDArray[np.int32]
    stop_reason: str
    gains: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None
    bounds: Bounds | None = None
    target_ratio: float | None = None
    rounds: int = 0
    n_rr_sets: int = 0
    n_rr_entries: int = 0
    n_simulations: int = 0
    min_seeds: int | None = None
    start_spread: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Algorithm:
    """An entry of the registry.

    Attributes
    ----------
    name : str
        As `maximize` and ``--algorithm`` take it.
    select : callable
        From a `Question` to a `Choice`.
    summary : str
        One line on how it chooses.
    source : str
        The paper.
    guarantee : str
        What it promises; empty for a heuristic.
    takes : frozenset of str
        What it understands beyond k, candidates and forced nodes: of ``"node_weights"``, ``"start"``,
        ``"quotas"``, ``"budget"``, ``"n_rr_sets"``, ``"n_simulations"``, ``"oracle"``.
    epsilon : float
        Its default.
    falling : bool
        Whether the gains never rise from one seed to the next, forced ones aside.
    """

    name: str
    select: Callable[[Problem], Outcome]
    summary: str
    source: str
    guarantee: str = ""
    accepts: frozenset[str] = frozenset()
    decreasing_gains: bool = False
    epsilon: float = DEFAULT_EPSILON
