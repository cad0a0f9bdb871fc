"""Steps that all comparisons of algorithms share."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..results import SpreadEstimate
from .outcome import INTERRUPT, MEMORY, TIME

__all__ = [
    "CUT_SHORT", "DEFAULT_SECONDS", "Bounded", "Row", "estimates", "graph_like", "measure_each", "name_list",
    "ranks_by_spread",
]  # fmt: skip

CUT_SHORT = frozenset({TIME, MEMORY, INTERRUPT})  # stop reasons of incomplete rows
DEFAULT_SECONDS = 60.0  # default time limit of each algorithm


class Row(Protocol):
    """The result of one algorithm in a comparison."""

    @property
    def stop_reason(self) -> str:
        """Why the algorithm stopped."""


class Bounded(Protocol):
    """A result with a certificate."""

    @property
    def lower_bound(self) -> float:
        """Lower bound of the spread."""

    @property
    def upper_bound(self) -> float:
        """Upper bound of the optimum."""

    @property
    def ratio(self) -> float:
        """Certified ratio."""


R = TypeVar("R", bound=Row)


def name_list(algorithms: Any) -> list[str]:
    """Return the names in a comma-separated string or an iterable, each once and in order; they are not looked up."""
    if not isinstance(algorithms, (str, Iterable)):
        raise InvalidArgumentError(
            f"algorithms must be a comma-separated string or a list of names, got {algorithms!r}", argument="algorithms"
        )
    names = algorithms.split(",") if isinstance(algorithms, str) else list(algorithms)
    names = list(dict.fromkeys(name.strip() if isinstance(name, str) else name for name in names))
    if not names:
        raise InvalidArgumentError("algorithms is empty; name at least one, or use 'all'", argument="algorithms")
    return names


def ranks_by_spread(spreads: Iterable[float | None]) -> list[int | None]:
    """Return the rank of each row, from 1 for the largest spread; None for rows without a spread to compare.

    >>> ranks_by_spread([5.0, None, 7.0])
    [2, None, 1]
    """
    given = list(spreads)
    order = sorted((-spread, i) for i, spread in enumerate(given) if spread is not None)
    ranks = {i: rank for rank, (_, i) in enumerate(order, start=1)}
    return [ranks.get(i) for i in range(len(given))]


def measure_each(
    names: list[str],
    warm_up: Callable[[str], Any],
    measure: Callable[[str], R],
    progress: Callable[[str, int, int], Any] | None,
) -> tuple[list[R], str]:
    """Run algorithms one by one.

    Parameters
    ----------
    names : list of str
    warm_up : callable
        Called with each name before the algorithm is measured, to compile or load its kernels.
    measure : callable
        Runs the algorithm of a name and returns its row.
    progress : callable or None
        Called before each algorithm with its name, the number of finished algorithms, and the number of all.

    Returns
    -------
    tuple of (list, str)
        The rows until the end or an interrupt, and the stop reason. An interrupt before the first row is raised.
    """
    rows: list[R] = []
    try:
        for name in names:
            warm_up(name)
            if progress is not None:
                progress(name, len(rows), len(names))
            rows.append(measure(name))
            if rows[-1].stop_reason == "interrupted":
                return rows, "interrupted"
    except KeyboardInterrupt:
        if not rows:
            raise
        return rows, "interrupted"
    return rows, "all algorithms done"


def graph_like(graph: InfluenceGraph, sources: list[int], targets: list[int]) -> InfluenceGraph:
    """Return a small graph that stores its probabilities like another graph, so that it runs the same kernels."""
    p = graph.probability
    values = None if p.values is None else [0.5] * len(sources)
    spec = "uniform:0.5" if p.kind == "uniform" else None
    return InfluenceGraph.from_arrays(sources, targets, values, probability=spec)


def estimates(simulated: SpreadEstimate, certificate: Bounded) -> dict[str, Any]:
    """Return the fields of a row that come from simulations and from a certificate."""
    return {
        "spread": simulated.spread,
        "std_error": simulated.std_error,
        "interval": simulated.interval,
        "n_validations": simulated.n_simulations,
        "lower_bound": certificate.lower_bound,
        "upper_bound": certificate.upper_bound,
        "ratio": certificate.ratio,
    }
