"""What all selectors share: the checked question, limits, and progress."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._random import Key
from ..graph import InfluenceGraph

__all__ = ["Limits", "Progress", "Question"]


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

    def in_time(self) -> bool:
        """Whether the time limit still holds."""
        return self.seconds is None or self.elapsed() < self.seconds


@dataclass(frozen=True)
class Question:
    """A checked selection problem, in internal ids."""

    graph: InfluenceGraph
    k: int
    model: str
    allowed: NDArray[np.bool_]
    n_allowed: int
    weights: NDArray[np.float64] | None
    epsilon: float
    delta: float
    key: Key
    threads: int
    lanes: int | None
    limits: Limits
    progress: Callable[[Progress], Any] | None
