"""The spread against the number of seeds."""

from dataclasses import dataclass, field
from typing import Any

from .._utils.frames import frame_of
from ..errors import InvalidArgumentError
from .record import Record

__all__ = ["CurveResult"]


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
    k_max : int
        The largest number in `k`.
    model, probability, epsilon, delta, n_nodes, n_rr_sets, n_rr_entries, rounds, stop_reason, rng_key, version
        As in `SelectionResult`.
    notes, seconds, max_steps, deadline, delay
        As in `SelectionResult`.
    auto : str or None
        With ``algorithm="auto"``: what a pilot sample decided, and why.

    Examples
    --------
    >>> import imax
    >>> found = imax.curve(imax.datasets.load("karate"), [1, 2], rng=1)
    >>> found.k, len(found.seeds_of(1)), found.spread[0] < found.spread[1]
    ([1, 2], 1, True)
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
    auto: str | None = None

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
