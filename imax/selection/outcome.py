"""What an algorithm returns to `maximize`, and the reasons for which it stops."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .._utils.steps import INTERRUPTED

__all__ = [
    "ALL_CHOSEN",
    "BOUND",
    "INTERRUPT",
    "MEMORY",
    "NOTHING",
    "NOT_SETTLED",
    "REACHED",
    "SETTLED",
    "TIME",
    "TOO_MANY",
    "UNSETTLED",
    "Bounds",
    "Outcome",
]

REACHED = "target ratio reached"
SETTLED = "choice settled"
NOT_SETTLED = "choice not settled"
UNSETTLED = "target ratio reached, choice not settled"
BOUND = "sample bound reached"
NOTHING = "nothing within reach"
ALL_CHOSEN = "all seeds chosen"
TOO_MANY = "more RR sets needed than can be numbered"
TIME = "time limit"
MEMORY = "memory limit"
INTERRUPT = INTERRUPTED


@dataclass(frozen=True)
class Bounds:
    """Estimates and bounds of the spread of a seed set and of the optimum.

    Attributes
    ----------
    spread : float
        Estimate from the validation collection, which the choice did not use.
    interval : tuple of float
        95 % confidence interval of the spread, also if sampling stopped by itself.
    lower : float
        Lower bound of the spread of the seeds.
    upper : float
        Upper bound of the optimum.
    """

    spread: float
    interval: tuple[float, float]
    lower: float
    upper: float

    @property
    def ratio(self) -> float:
        """The certified ratio: lower bound / upper bound."""
        return min(1.0, self.lower / self.upper) if self.upper > 0.0 else 1.0


@dataclass(frozen=True)
class Outcome:
    """The seeds that an algorithm chose, in internal ids.

    Attributes
    ----------
    seeds : numpy.ndarray of int32
        Internal ids in the order of choice; required seeds come first.
    stop_reason : str
    gains : numpy.ndarray of float64 or None
        Marginal gain in spread of each seed; None if the algorithm does not estimate spreads.
    scores : numpy.ndarray of float64 or None
        Score of each seed when it was chosen; None if the algorithm is not a heuristic.
    bounds : Bounds or None
        None if the algorithm gives no certificate.
    target_ratio : float or None
        The certified ratio at which the algorithm stops.
    rounds, n_rr_sets, n_rr_entries, n_simulations : int
        The work done.
    min_seeds : int or None
        Lower bound of the number of seeds that reach a target spread.
    start_spread : float or None
        Spread of the nodes that are active from the start.
    seconds : dict of str to float
        Time by phase.
    algorithm, auto : str or None
        With `auto`: the algorithm that ran, and why.
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
    algorithm: str | None = None
    auto: str | None = None
