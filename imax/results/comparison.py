"""The comparison of several algorithms and seed sets."""

from dataclasses import dataclass, field
from typing import Any

from .record import ComparisonRecord, Record

__all__ = ["Compared", "Comparison", "overlap_of"]


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
    n_validations : int
        Number of these simulations; fewer than requested if they reached the time limit.
    lower_bound, upper_bound, ratio, delta, model
        The certificate, as in `Certificate`.
    seconds : float
        Time of the selection alone.
    memory : int or None
        Maximum increase of the resident memory of the process during the selection, in bytes; None if the system is not
        Linux.
    stop_reason : str
        As in `SelectionResult`; ``"own function"`` or ``"given seeds"`` for seeds of the caller, with the
        number of those that are used if there are more than k.
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
    n_validations: int
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
    delta : float
        Failure probability of the certificate of each row.
    n_simulations : int
        Number of simulations of each row.
    model, probability, n_nodes, n_arcs, stop_reason, rng_key, version, notes, max_steps, deadline, delay
        As in `SelectionResult`.

    Examples
    --------
    >>> import imax
    >>> table = imax.compare(imax.datasets.load("karate"), 2, ["opim-c", "random"], n_simulations=1000, rng=1)
    >>> [row.algorithm for row in table.rows], table.best().algorithm
    (['opim-c', 'random'], 'opim-c')
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
