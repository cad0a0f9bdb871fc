"""Mean delays of the arcs of a graph, learned from a log."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.arrays import read_only
from .._utils.durations import SECONDS, duration_text

__all__ = ["LearnedDelays"]


@dataclass(frozen=True, eq=False)
class LearnedDelays:
    """Mean delay of each arc; see `imax.learn.from_actions`.

    Attributes
    ----------
    mean : numpy.ndarray of float32, shape (n_arcs,)
        Mean delay of each arc, in the order of ``graph.arcs()``. Arcs without an observed delay have the mean of all
        observed delays.
    overall : float
        Mean of all observed delays.
    unit : "s" or None
        ``"s"``: the delays are in seconds, because the times of the log were dates. None: they are in the unit of the
        times of the log.
    n_observed : int
        Number of arcs with an observed delay.

    Examples
    --------
    >>> import imax
    >>> follows = imax.InfluenceGraph.from_edges([("ann", "bob"), ("bob", "cid")])
    >>> log = [("ann", "app", 0), ("bob", "app", 2), ("cid", "app", 6)]
    >>> print(imax.learn.from_actions(follows, log, prior=(1, 1)).graph.delays)
    mean 3 in the unit of the times of the log; 2 of 2 arcs have delays of their own
    """

    mean: NDArray[np.float32]
    overall: float
    unit: str | None
    n_observed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", read_only(self.mean))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.mean, self.overall, self.unit, self.n_observed)

    def text(self, time: float) -> str:
        """Return a time in the unit of the delays as text."""
        return duration_text(time) if self.unit == SECONDS else f"{time:.4g}"

    def note(self, deadline: float) -> str:
        """Return a note on a deadline that uses these delays."""
        return f"deadline {self.text(deadline)} uses the delays that were learned with the graph: {self}"

    def __str__(self) -> str:
        unit = "" if self.unit == SECONDS else " in the unit of the times of the log"
        own = f"{self.n_observed:,} of {self.mean.size:,} arcs have delays of their own"
        others = ", the others get the mean" if self.n_observed < self.mean.size else ""
        return f"mean {self.text(self.overall)}{unit}; {own}{others}"
