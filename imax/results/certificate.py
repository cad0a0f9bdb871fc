"""The bounds of a given seed set."""

from dataclasses import dataclass, field

from .record import Record

__all__ = ["Certificate"]


@dataclass(frozen=True)
class Certificate(Record):
    """Bounds of the spread of a seed set and of the optimum; see `imax.certify`.

    Attributes
    ----------
    spread, interval, lower_bound, upper_bound, ratio, delta
        As in `SelectionResult`.
    n_seeds : int
        Number of the given seeds.
    k : int
        Maximum number of seeds of the sets that they are compared with.
    model, probability : str
        As in `SelectionResult`.
    epsilon : float
        Requested precision: how close the bounds should be to the bounds of an endless sample.
    start_spread : float or None
        Estimated spread of `start` alone, if it is given.
    n_rr_sets, n_rr_entries, rounds, stop_reason, rng_key, version, notes, seconds, max_steps, deadline, delay
        As in `SelectionResult`.
    auto : str
        Whether the RR sets end at sentinels, as a pilot sample decided, and why.

    Examples
    --------
    >>> import imax
    >>> found = imax.certify(imax.datasets.load("karate"), [0, 33], rng=1)
    >>> found.ratio == found.lower_bound / found.upper_bound
    True
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
    auto: str | None = None

    def __repr__(self) -> str:
        some = "1 seed" if self.n_seeds == 1 else f"{self.n_seeds} seeds"
        return (
            f"<Certificate: {some}, spread {self.spread:.6g} ({self.interval[0]:.6g} to "
            f"{self.interval[1]:.6g}), at least {self.ratio:.1%} of the optimum ({self.stop_reason})>"
        )
