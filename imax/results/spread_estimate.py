"""The result of an estimate by simulation."""

from dataclasses import dataclass, field

from .record import Record

__all__ = ["SpreadEstimate"]


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
    confidence : float
        Level of the interval.
    n_simulations : int
        Number of simulations.
    n_seeds : int
        Number of distinct seeds.
    seconds : float
        Time of the call.
    model, probability, stop_reason, rng_key, version, notes
        As in `SelectionResult`.
    max_steps, deadline, delay
        The limit on the time at which a node counts; all None without a limit. `delay` is the law of the delays.

    Examples
    --------
    >>> import imax
    >>> estimate = imax.spread(imax.datasets.load("karate"), [0, 33], rng=1)
    >>> low, high = estimate.interval
    >>> low < float(estimate) < high
    True
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
