"""`maximize_robust`: seeds that are good whatever the probabilities are, within intervals."""

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from .._utils import check
from .._utils.progress import Switch, followed
from .._utils.steps import finished
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..cluster.session import open_session
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.probabilities import ArcProbability
from ..io.accept import as_graph
from ..results import Certificate, Record, SelectionResult
from .certification import certify
from .constraints import Constraints, NodeValues
from .maximization import maximize
from .problem import selecting

__all__ = ["RobustResult", "maximize_robust"]

_RUNS = 3  # two selections and a certificate share delta


@dataclass(frozen=True)
class RobustResult(Record):
    """Seeds for probabilities that are known as intervals; see `imax.maximize_robust`.

    Attributes
    ----------
    seeds : list
        Labels, in the order of choice.
    robust_ratio : float
        Whatever the probabilities are within their intervals, the seeds reach at least this share of the optimum under
        the same probabilities, except with probability `delta`.
    lower_bound : float
        The spread is at least this under all probabilities in the intervals, except with probability `delta`.
    upper_bound : float
        No admissible seed set has a larger spread under any probabilities in the intervals, except with probability
        `delta`.
    spread_lower, spread_upper : float
        Estimated spread of the seeds if all probabilities are at their lower, or at their upper ends.
    interval_lower : tuple of float
        95 % confidence interval of `spread_lower`.
    chosen_on : {"lower", "upper"}
        The probabilities on which the seeds were chosen: the candidate with the larger spread under the lower ones.
    overlap : int
        Number of seeds that both candidates have in common.
    uncertainty : str
        Where the intervals come from.
    on_lower, on_upper : SelectionResult
        Both candidates.
    k, model, rng_key, version, notes, seconds
        As in `SelectionResult`.
    delta : float
        Failure probability of all bounds together.
    max_steps, deadline, delay
        As in `SelectionResult`. All spreads and bounds are for this limit.

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate", probability="uniform:0.1")
    >>> found = imax.maximize_robust(graph, 2, uncertainty=0.2, rng=1)
    >>> found.spread_lower <= found.spread_upper, 0 < found.robust_ratio <= 1
    (True, True)
    """

    seeds: list[Any]
    robust_ratio: float
    lower_bound: float
    upper_bound: float
    spread_lower: float
    spread_upper: float
    interval_lower: tuple[float, float]
    chosen_on: str
    overlap: int
    uncertainty: str
    k: int
    model: str
    delta: float
    on_lower: SelectionResult
    on_upper: SelectionResult
    rng_key: tuple[int, int]
    version: str
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    max_steps: int | None = None
    deadline: float | None = None
    delay: str | None = None

    def __iter__(self) -> Any:
        return iter(self.seeds)

    def __len__(self) -> int:
        return len(self.seeds)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return super().to_dict() | {"on_lower": self.on_lower.to_dict(), "on_upper": self.on_upper.to_dict()}

    def __repr__(self) -> str:
        first = ", ".join(repr(s) for s in self.seeds[:5]) + (", ..." if len(self.seeds) > 5 else "")
        some = "1 seed" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        return (
            f"<RobustResult: {some} [{first}], spread {self.spread_lower:.6g} to "
            f"{self.spread_upper:.6g}, certified at least {self.robust_ratio:.1%} of the optimum for all probabilities "
            f"in the intervals ({self.uncertainty})>"
        )


@followed(selecting)
def maximize_robust(
    graph: Any,
    k: int | None = None,
    *,
    uncertainty: "float | tuple[ArrayLike, ArrayLike] | None" = None,
    model: str = "ic",
    epsilon: float | None = None,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> RobustResult:
    """Choose seeds for probabilities that are known as intervals, and certify the worst case (LUGreedy).

    One candidate is chosen under the lower, one under the upper ends of the intervals; the one with the larger spread
    under the lower ends is returned. Spread grows with every probability. So for all probabilities in the intervals,
    the spread of the seeds is at least that under the lower ends, and the optimum is at most that under the upper ends.
    `robust_ratio` is the quotient of a certified lower bound of the first and a certified upper bound of the second.

    Parameters
    ----------
    graph : InfluenceGraph, or any graph that `imax.maximize` accepts
    k : int, optional
        Number of seeds.
    uncertainty : float or (array_like, array_like), optional
        A share s in (0, 1]: the intervals are p (1 - s) to min(1, p (1 + s)). Or two arrays, the lower and the upper
        probability of each arc in the order of ``graph.arc_arrays()``. Default: the intervals that the graph holds,
        which `imax.learn` makes and ``.imax`` files keep.
    model, epsilon, node_weights, rng, threads, max_memory, progress, client
        As in `imax.maximize`. With the linear threshold model the upper weights into each node must not sum to more
        than 1.
    delta : float, optional
        Probability that a bound is wrong; default 1 / n_nodes.
    time_limit : float, optional
        Seconds for all three computations together.
    **constraints
        As in `imax.maximize`.

    Returns
    -------
    RobustResult

    Raises
    ------
    InvalidArgumentError
        If there are no intervals, or an interval is not within [0, 1] or does not contain the probability of its arc.

    References
    ----------
    Chen, Lin, Tan, Zhao, Zhou: Robust Influence Maximization. KDD 2016.

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> result = imax.maximize_robust(graph, 2, uncertainty=0.2, rng=1)
    >>> result.lower_bound <= result.spread_lower <= result.spread_upper <= result.upper_bound
    True
    """
    began = perf_counter()
    network = as_graph(graph, max_memory=max_memory)
    limit = None if time_limit is None else check.positive(time_limit, "time_limit")
    low, high, origin = _ends(network, uncertainty)
    failure = 1.0 / max(network.n_nodes, 2) if delta is None else check.open_unit(delta, "delta")
    key = key_from(rng)

    def left() -> float | None:
        return None if limit is None else max(limit - (perf_counter() - began), 1e-3)

    work: dict[str, Any] = {
        "model": model,
        "delta": failure / _RUNS,
        "node_weights": node_weights,
        "threads": threads,
        "max_memory": max_memory,
        **constraints,
    }
    with open_session(client, low) as at_low, open_session(client, high) as at_high:
        shown: dict[str, Any] = {"epsilon": epsilon, "progress": progress}
        on_lower = finished(maximize(low, k, rng=key, client=at_low, time_limit=left(), **shown, **work))
        upper_key = stream_key(key, Stream.ROBUST_UPPER)
        on_upper = finished(maximize(high, k, rng=upper_key, client=at_high, time_limit=left(), **shown, **work))
        # the spread of the second candidate under the lower probabilities
        checked = finished(certify(low, on_upper.seeds, k=k, rng=key, client=at_low, time_limit=left(), **work))
        best = on_lower if (on_lower.lower_bound or 0.0) >= checked.lower_bound else on_upper
        known: SelectionResult | Certificate = on_lower if best is on_lower else checked
        # the upper ends for the seeds chosen on the lower ones: an estimate, no part of the certificate
        spread_upper = on_upper.spread
        if best is on_lower and on_lower.seeds != on_upper.seeds:
            again = certify(high, on_lower.seeds, k=k, rng=upper_key, client=at_high, time_limit=left(), **work)
            spread_upper = finished(again).spread
    assert known.lower_bound is not None
    assert known.spread is not None
    assert known.interval is not None
    assert spread_upper is not None
    upper = on_upper.upper_bound
    return RobustResult(
        seeds=best.seeds,
        robust_ratio=min(1.0, known.lower_bound / upper) if upper else 0.0,
        lower_bound=known.lower_bound,
        upper_bound=float("inf") if upper is None else upper,
        spread_lower=known.spread,
        spread_upper=max(spread_upper, known.spread),
        interval_lower=known.interval,
        chosen_on="lower" if best is on_lower else "upper",
        overlap=len(set(on_lower.seeds) & set(on_upper.seeds)),
        uncertainty=origin,
        k=on_lower.k,
        model=on_lower.model,
        delta=failure,
        on_lower=on_lower,
        on_upper=on_upper,
        rng_key=key,
        version=__version__,
        notes=list(on_lower.notes),
        seconds={"total": round(perf_counter() - began, 6)},
        max_steps=on_lower.max_steps,
        deadline=on_lower.deadline,
        delay=on_lower.delay,
    )


def _ends(graph: InfluenceGraph, uncertainty: Any) -> tuple[InfluenceGraph, InfluenceGraph, str]:
    """Return the graph with the lower and with the upper probabilities, and where they come from."""
    p = graph.arc_values().astype(np.float64)
    stored = graph.probability
    low: NDArray[Any]
    high: NDArray[Any]
    if uncertainty is None:
        if stored.lower is None or stored.upper is None:
            raise InvalidArgumentError(
                "uncertainty must be given: the graph holds no intervals; give a share such as {uncertainty=0.2}, "
                "or a graph with probabilities that were learned from a log",
                argument="uncertainty",
                others=("uncertainty",),
            )
        low, high = stored.lower, stored.upper
        origin = f"intervals of {stored.spec}"
    elif isinstance(uncertainty, (int, float, np.number)) and not isinstance(uncertainty, bool):
        if not 0.0 < uncertainty <= 1.0:
            raise InvalidArgumentError(
                f"uncertainty must be a share in (0, 1], or two arrays, got {uncertainty!r}", argument="uncertainty"
            )
        low, high = p * (1.0 - float(uncertainty)), np.minimum(p * (1.0 + float(uncertainty)), 1.0)
        origin = f"{stored.spec} +- {float(uncertainty):.3g}"
    else:
        low, high = _two_arrays(graph, uncertainty)
        origin = "given intervals"
    return _with(graph, low, f"{origin}, lower"), _with(graph, high, f"{origin}, upper"), origin


def _two_arrays(graph: InfluenceGraph, uncertainty: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        low, high = (np.asarray(x, dtype=np.float64) for x in uncertainty)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"uncertainty must be a share in (0, 1], or two arrays (lower, upper), got {type(uncertainty).__name__}",
            argument="uncertainty",
        ) from None
    for name, ends in (("lower", low), ("upper", high)):
        if ends.shape != (graph.n_arcs,):
            raise InvalidArgumentError(
                f"uncertainty: the {name} probabilities must have shape ({graph.n_arcs},), one per arc in the order of "
                f"graph.arc_arrays(), got {ends.shape}",
                argument="uncertainty",
            )
    bad = np.flatnonzero(~((low >= 0.0) & (low <= high) & (high <= 1.0)))
    if bad.size:
        source, target, _ = graph.arc_arrays()
        named = graph.labels.take(np.array([source[bad[0]], target[bad[0]]]))
        raise InvalidArgumentError(
            f"uncertainty: 0 <= lower <= upper <= 1 must hold for each arc; the arc {named[0]!r} -> {named[1]!r} has "
            f"{low[bad[0]]:g} and {high[bad[0]]:g}",
            argument="uncertainty",
        )
    return low, high


def _with(graph: InfluenceGraph, values: NDArray[Any], spec: str) -> InfluenceGraph:
    return graph.with_arc_probability(ArcProbability(spec, "arcs", 0.0, values.astype(np.float32)))
