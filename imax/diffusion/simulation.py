"""Spread by forward simulation, with its error."""

import math
import time
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from .._utils import check, parallel
from .._utils.streams import RNG, Key, Stream, key_from, stream_key
from ..errors import InvalidArgumentError
from ..graph.influence_graph import LT_SLACK, InfluenceGraph
from ..graph.node_values import node_weights as check_node_weights
from ..results import SpreadEstimate
from .sampler import Cascades, default_lanes
from .tables import check_model, forward_ic

__all__ = ["simulate", "spread"]

_STEP_SECONDS = 0.1


def spread(
    graph: Any,
    seeds: Iterable[Hashable],
    *,
    model: str = "ic",
    probability: str | None = None,
    n_simulations: int = 10_000,
    confidence: float = 0.95,
    node_weights: ArrayLike | dict[Any, float] | None = None,
    rng: RNG = None,
    threads: int | None = None,
    time_limit: float | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> SpreadEstimate:
    """Estimate the expected number of nodes that seeds activate, by forward Monte Carlo.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    seeds : iterable of labels
        Repeated ones count once.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    probability : str, optional
        A scheme of arc probabilities in place of the graph's own; see `imax.probabilities`.
    n_simulations : int, default 10000
        At least 2.
    confidence : float, default 0.95
        Level of the interval, by the central limit theorem.
    node_weights : array_like of float, shape (n_nodes,), or dict, optional
        What reaching each node is worth; default 1 each.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Simulation i is a function of this and i alone, whatever `threads` is.
    threads : int, optional
    time_limit : float, optional
        Seconds after which the simulations done so far are the estimate.
    progress : callable, optional
        Called now and then with the simulations done and to do.

    Returns
    -------
    SpreadEstimate

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    Examples
    --------
    >>> import imax
    >>> path = imax.InfluenceGraph.from_arrays([0, 1], [1, 2], [0.5, 0.5])
    >>> estimate = imax.spread(path, [0], n_simulations=40_000, rng=1)
    >>> abs(estimate.spread - 1.75) < 0.03
    True
    """
    from ..graph.accept import as_graph

    began = time.perf_counter()
    model = check_model(model)
    total = check.count(n_simulations, "n_simulations", low=2)
    level = check.open_unit(confidence, "confidence")
    limit = None if time_limit is None else check.positive(time_limit, "time_limit")
    network = as_graph(graph, probability=probability, rng=rng)
    if isinstance(seeds, str):
        raise InvalidArgumentError(f"seeds must be an iterable of labels, got the text {seeds!r}")
    chosen = np.unique(network.internal_of(seeds, "seed"))
    if not chosen.size:
        raise InvalidArgumentError("seeds is empty; give at least one node")
    weights = check_node_weights(network, node_weights)
    key = key_from(rng)
    n_threads = check.threads(threads)
    run = simulate(network, chosen, model, stream_key(key, Stream.SPREAD), weights, n_threads)
    values = np.empty(total)
    done, stop, rate = 0, "all simulations done", 1000.0
    try:
        while done < total:
            span = min(total - done, int(rate * _STEP_SECONDS) * n_threads + 2)
            step = time.perf_counter()
            spans = parallel.slices(span, n_threads)
            parallel.run([partial(run, done + a, values[done + a : done + b]) for a, b in spans], n_threads)
            done += span
            rate = span / n_threads / max(time.perf_counter() - step, 1e-6)
            if progress is not None:
                progress(done, total)
            if limit is not None and time.perf_counter() - began > limit and done < total:
                stop = "time limit"
                break
    except KeyboardInterrupt:
        if done < 2:
            raise
        stop = "interrupted"
    mean, error = float(values[:done].mean()), float(values[:done].std(ddof=1) / math.sqrt(done))
    half = NormalDist().inv_cdf(0.5 + level / 2) * error
    return SpreadEstimate(
        spread=mean,
        std_error=error,
        interval=(mean - half, mean + half),
        confidence=level,
        n_simulations=done,
        n_seeds=int(chosen.size),
        model=model,
        probability=network.probability.spec,
        stop_reason=stop,
        seconds=time.perf_counter() - began,
        rng_key=key,
        version=__version__,
    )


def simulate(
    graph: InfluenceGraph,
    seeds: NDArray[np.int32],
    model: str,
    key: Key,
    weights: NDArray[np.float64] | None,
    threads: int,
) -> Callable[[int, NDArray[np.float64]], None]:
    """Return a function that fills an array with the outcomes of simulations from number `first` on."""
    if model == "lt":
        return _simulate_lt(graph, seeds, key, weights)
    diffusion = forward_ic(graph, threads)
    lanes = 4 if seeds.size * 4 > graph.n_nodes else min(8, default_lanes(diffusion))
    from ..kernels.cascades import Output

    cascades = Cascades(diffusion, key, lanes, seeds=seeds, weights=weights)
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)

    def run(first: int, values: NDArray[np.float64]) -> None:
        cascades.run(first, values.size, Output(nothing, none, none, values))

    return run


def _simulate_lt(
    graph: InfluenceGraph, seeds: NDArray[np.int32], key: Key, weights: NDArray[np.float64] | None
) -> Callable[[int, NDArray[np.float64]], None]:
    from ..kernels.lt_cascades import lt_cascades

    sums = graph.check_lt()
    cap = np.where(1.0 - sums <= LT_SLACK, sums, 1.0)
    if graph.probability.kind == "weighted_cascade":
        ptr, idx, _ = graph.forward()
        weight: NDArray[Any] = 1.0 / np.maximum(np.diff(graph.in_ptr), 1)
        by_target = True
    else:
        ptr, idx, place = graph.forward(places=True)
        weight = graph.arc_values()[place].astype(np.float64)
        by_target = False
    words = (np.uint64(key[0]), np.uint64(key[1]))

    def run(first: int, values: NDArray[np.float64]) -> None:
        n = graph.n_nodes
        with np.errstate(over="ignore"):
            lt_cascades(
                first, values.size, *words, seeds, weights, ptr, idx, weight, by_target, cap,
                np.zeros(n, dtype=np.int8), np.empty(n), np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32),
                values,
            )  # fmt: skip

    return run
