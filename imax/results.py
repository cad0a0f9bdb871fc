"""What selections and estimates return."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas

__all__ = ["MaximizeResult", "SpreadEstimate"]


def _plain(value: Any) -> Any:
    """Turn NumPy numbers into Python's, all the way down."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):  # a tuple may be a label, and stays one
        return type(value)(_plain(item) for item in value)
    return value


def _label(value: Any) -> Any:
    """Labels that JSON cannot hold are written as their repr."""
    return repr(value)


@dataclass(frozen=True)
class _Record:
    """Dictionary and JSON views of a result."""

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    def to_json(self, indent: int | None = None) -> str:
        """Return all fields as JSON; labels that JSON cannot hold stand there as their repr."""
        return json.dumps(self.to_dict(), indent=indent, default=_label, ensure_ascii=False)


@dataclass(frozen=True)
class SpreadEstimate(_Record):
    """A spread by forward simulation.

    Attributes
    ----------
    spread : float
        Mean number (or weight) of active nodes.
    std_error : float
        Standard error of that mean.
    interval : tuple of float
        Confidence interval for the spread, at level `confidence`.
    n_simulations : int
        Simulations done.
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

    def __float__(self) -> float:
        return self.spread

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"<SpreadEstimate: {self.spread:.6g} ({self.confidence:.0%} interval {low:.6g} to {high:.6g}, "
            f"{self.n_simulations:,} simulations, {self.model.upper()}, {self.probability})>"
        )


@dataclass(frozen=True)
class MaximizeResult(_Record):
    """Seeds and their certificate.

    Attributes
    ----------
    seeds : list
        The chosen nodes' labels, in the order of choice. Iterating over the result iterates over them.
    gains : list of float
        Each seed's marginal gain in spread when it was chosen, as the selection estimated it.
    spread : float
        Estimate of the seed set's spread, from RR sets that the selection did not see.
    interval : tuple of float
        95 % confidence interval for the spread (Wilson), from the same sets.
    lower_bound : float
        The spread is at least this, except with probability `delta` (which covers both bounds together).
    upper_bound : float
        No set of k seeds has a larger spread, except with probability `delta`.
    ratio : float
        lower_bound / upper_bound: the seeds certainly reach this share of the optimum, except with probability `delta`.
    target_ratio : float
        The share at which the selection would stop: 1 - 1/e - epsilon.
    stop_reason : str
        ``"target ratio reached"``, ``"sample bound reached"`` (the target holds by theory), ``"time limit"``,
        ``"memory limit"`` or ``"interrupted"``.
    n_rr_sets, n_rr_entries : int
        RR sets drawn in all, and the nodes in them.
    rounds : int
        Rounds completed.
    seconds : dict of str to float
        Time by phase.
    rng_key : tuple of int
        The stream's key: the same key gives the same result.
    """

    seeds: list[Any]
    gains: list[float]
    spread: float
    interval: tuple[float, float]
    lower_bound: float
    upper_bound: float
    ratio: float
    target_ratio: float
    algorithm: str
    k: int
    model: str
    probability: str
    epsilon: float
    delta: float
    n_nodes: int
    n_arcs: int
    n_rr_sets: int
    n_rr_entries: int
    rounds: int
    stop_reason: str
    rng_key: tuple[int, int]
    version: str
    seconds: dict[str, float] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.seeds)

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, i: int) -> Any:
        return self.seeds[i]

    def to_frame(self) -> "pandas.DataFrame":
        """Return a pandas DataFrame with columns rank, seed, gain and total (the gains' running sum)."""
        try:
            import pandas as pd
        except ImportError:
            raise MissingDependencyError("to_frame needs pandas: pip install 'imax[frames]'") from None
        ranks = range(1, len(self.seeds) + 1)
        columns = {"rank": ranks, "seed": self.seeds, "gain": self.gains, "total": np.cumsum(self.gains)}
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        first = ", ".join(repr(s) for s in self.seeds[:5]) + (", ..." if len(self.seeds) > 5 else "")
        return (
            f"<MaximizeResult: {len(self.seeds)} seeds [{first}], spread {self.spread:.6g} "
            f"({self.interval[0]:.6g} to {self.interval[1]:.6g}), certified at least {self.ratio:.1%} of the optimum "
            f"({self.stop_reason})>"
        )
