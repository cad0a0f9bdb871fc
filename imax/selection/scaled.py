"""`sensitivity`: whether the seeds stay the same if the probabilities are wrong by a factor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Unpack

import numpy as np

from .. import __version__
from .._utils import check
from .._utils.frames import frame_of
from .._utils.steps import finished
from .._utils.streams import RNG, Stream, key_from
from ..cluster.session import open_session
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.probabilities import ArcProbability
from ..io.accept import as_graph
from ..results import Record
from .certification import certify
from .constraints import Constraints, NodeValues
from .maximization import maximize

__all__ = ["Sensitivity", "SensitivityRow", "sensitivity"]


@dataclass(frozen=True)
class SensitivityRow(Record):
    """The seeds under probabilities that are scaled by one factor.

    Attributes
    ----------
    factor : float
    spread, interval : float, tuple of float
        Spread of the seeds under the scaled probabilities, and its 95 % confidence interval.
    best_spread : float
        Spread of the seeds that are chosen anew under the scaled probabilities.
    ratio : float
        Certified ratio of the original seeds under the scaled probabilities.
    overlap : float
        Share of the original seeds that are chosen again.
    n_clipped : int
        Number of arcs whose scaled probability exceeds 1 and counts as 1.
    """

    factor: float
    spread: float
    interval: tuple[float, float]
    best_spread: float
    ratio: float
    overlap: float
    n_clipped: int


@dataclass(frozen=True)
class Sensitivity(Record):
    """The result of `imax.sensitivity`.

    Attributes
    ----------
    seeds : list
        The seeds for the given probabilities.
    rows : list of SensitivityRow
        One for each factor, in ascending order; factor 1 is among them.
    k, model, probability, rng_key, version, notes
        As in `SelectionResult`.
    max_steps, deadline, delay
        As in `SelectionResult`.

    Examples
    --------
    >>> import imax
    >>> found = imax.sensitivity(imax.datasets.load("karate"), 2, factors=[0.5, 2], rng=1)
    >>> found.to_frame()["factor"].tolist()
    [0.5, 1.0, 2.0]
    """

    seeds: list[Any]
    rows: list[SensitivityRow]
    k: int
    model: str
    probability: str
    rng_key: tuple[int, int]
    version: str
    notes: list[str] = field(default_factory=list)
    max_steps: int | None = None
    deadline: float | None = None
    delay: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return super().to_dict() | {"rows": [row.to_dict() for row in self.rows]}

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with a row for each factor.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        names = ("factor", "spread", "best_spread", "ratio", "overlap", "n_clipped")
        return frame_of({name: [getattr(row, name) for row in self.rows] for name in names}, backend)

    def __repr__(self) -> str:
        lines = [f"{'factor':>7}{'spread':>12}{'best':>12}{'certified':>11}{'same seeds':>12}"]
        lines += [
            f"{row.factor:>7.3g}{row.spread:>12.6g}{row.best_spread:>12.6g}{row.ratio:>11.1%}{row.overlap:>12.0%}"
            for row in self.rows
        ]
        return "\n".join(lines)


def sensitivity(
    graph: Any,
    k: int,
    *,
    factors: Sequence[float] = (0.5, 0.8, 1.25, 2.0),
    seeds: "Sequence[Any] | None" = None,
    model: str = "ic",
    probability: str | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> Sensitivity:
    """Return how spread, choice and certified ratio change if all probabilities are scaled by a factor.

    Parameters
    ----------
    graph : InfluenceGraph, or any graph that `imax.maximize` accepts
    k : int
        Number of seeds.
    factors : sequence of float, default (0.5, 0.8, 1.25, 2)
        Factors above 0. Scaled probabilities above 1 count as 1.
    seeds : list of nodes, optional
        Seeds to examine. Default: those that `imax.maximize` chooses for the given probabilities.
    time_limit : float, optional
        Seconds for each selection and each certificate; there are two for each factor. One that reaches the limit uses
        the RR sets drawn so far.
    model, probability, epsilon, delta, node_weights, rng, threads, max_memory, client, **constraints
        As in `imax.maximize`. With the linear threshold model factors above 1 often make the weights into a node sum to
        more than 1, which is an error.

    Returns
    -------
    Sensitivity

    Raises
    ------
    InvalidArgumentError
        For a factor that is not a positive number.

    Examples
    --------
    >>> import imax
    >>> found = imax.sensitivity(imax.datasets.load("karate"), 2, factors=[0.5, 2], rng=1)
    >>> [row.factor for row in found.rows]
    [0.5, 1.0, 2.0]
    """
    network = as_graph(graph, probability=probability, rng=rng, max_memory=max_memory)
    checked = sorted({1.0, *(check.positive(factor, "factors") for factor in factors)})
    if len(checked) < 2:
        raise InvalidArgumentError("factors must have a number other than 1", argument="factors")
    key = key_from(rng)
    work: dict[str, Any] = {
        "model": model,
        "delta": delta,
        "node_weights": node_weights,
        "threads": threads,
        "max_memory": max_memory,
        "time_limit": time_limit,
        **constraints,
    }
    precision: dict[str, Any] = {} if epsilon is None else {"epsilon": epsilon}
    first = finished(maximize(network, k, epsilon=epsilon, rng=key, client=client, **work))
    chosen = first.seeds if seeds is None else list(seeds)
    rows = []
    for place, factor in enumerate(checked):
        scaled, n_clipped = _scaled(network, factor)
        own = key_from(np.random.SeedSequence(list(key), spawn_key=(Stream.SENSITIVITY, place)))
        with open_session(client, scaled) as placed:
            best = first
            if factor != 1.0:
                best = finished(maximize(scaled, k, epsilon=epsilon, rng=own, client=placed, **work))
            found = finished(certify(scaled, chosen, k=k, rng=own, client=placed, **precision, **work))
        rows.append(
            SensitivityRow(
                factor=factor,
                spread=found.spread,
                interval=found.interval,
                best_spread=found.spread if best.spread is None else best.spread,
                ratio=found.ratio,
                overlap=len(set(best.seeds) & set(chosen)) / max(len(chosen), 1),
                n_clipped=n_clipped,
            )
        )
    return Sensitivity(
        chosen, rows, first.k, first.model, network.probability.spec, key, __version__, list(first.notes),
        max_steps=first.max_steps, deadline=first.deadline, delay=first.delay,
    )  # fmt: skip


def _scaled(graph: InfluenceGraph, factor: float) -> tuple[InfluenceGraph, int]:
    """Return the graph with scaled probabilities, and the number of arcs that were clipped at 1."""
    if factor == 1.0:
        return graph, 0
    stored = graph.probability
    spec = f"{stored.spec} * {factor:.3g}"
    if stored.kind == "uniform":
        value = stored.value * factor
        clipped = graph.n_arcs if value > 1.0 else 0
        return graph.with_arc_probability(ArcProbability(spec, "uniform", min(value, 1.0))), clipped
    values = graph.arc_values().astype(np.float64) * factor
    clipped = int(np.count_nonzero(values > 1.0))
    scaled = np.minimum(values, 1.0).astype(np.float32)
    return graph.with_arc_probability(ArcProbability(spec, "arcs", 0.0, scaled)), clipped
