"""The spread of a seed set by forward simulation, with its standard error."""

import math
import time
from collections.abc import Callable
from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils import check, parallel
from .._utils.durations import Duration
from .._utils.memory import default_memory
from .._utils.progress import Switch, followed, function_of, simulating
from .._utils.streams import RNG, Key, Stream, key_from, stream_key
from ..cluster.held import Held
from ..cluster.session import Session, open_session
from ..cluster.worker import Lost
from ..graph.influence_graph import InfluenceGraph
from ..graph.lt_weights import lt_normalizers
from ..io.node_reader import NodeList, NodeValues
from ..results import SpreadEstimate
from .cascade_kernel import CascadeKernel
from .cascades import Cascades, default_lanes
from .deadline import ArcDelays, Deadline, check_deadline
from .inputs import check_inputs
from .tables import forward_ic, reject_walks
from .timed import TimedCascades, new_timed_scratch

if TYPE_CHECKING:
    from ..kernels.lt_cascades import ThresholdArcs

__all__ = ["simulate", "spread"]

_ROUND_SECONDS = 0.1
_CLUSTER_SECONDS = 1.0  # the same on a cluster, where each round takes some milliseconds more
_QUICK = 64  # simulations that are run without a task
_FIRST_VALUES = 1 << 16  # results to make space for; simulations that a time limit prevents need none
_TIME = "time limit"

Simulate: TypeAlias = Callable[[int, NDArray[np.float64]], None]


@followed(simulating)
def spread(
    graph: Any,
    seeds: NodeList,
    *,
    model: str = "ic",
    probability: str | None = None,
    n_simulations: int = 10_000,
    confidence: float = 0.95,
    node_weights: NodeValues | None = None,
    on_missing: str | None = None,
    max_steps: int | None = None,
    deadline: Duration | None = None,
    delay: "ArcDelays | None" = None,
    rng: RNG = None,
    threads: int | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
) -> SpreadEstimate:
    """Estimate the expected number of nodes that seeds activate, by forward simulation.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    seeds : list of nodes
        Repeated labels count once.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    probability : str, optional
        Scheme of arc probabilities, see `imax.probabilities`. Default: the graph's own probabilities.
    n_simulations : int, default 10000
        At least 2.
    confidence : float, default 0.95
        Level of the confidence interval, which follows from the central limit theorem.
    node_weights : node values, optional
        Weight of each node, see `imax.Constraints`: the spread is the total weight of the reached nodes. Default 1
        each.
    on_missing : {"error", "drop", "default"}, optional
        What to do with seeds that are not in the graph and nodes without a weight, see `imax.Constraints`; default
        ``"error"``.
    max_steps : int, optional
        Count only nodes that the seeds reach in at most so many steps. Default: no limit.
    deadline : float, str or datetime.timedelta, optional
        Count only nodes that the seeds reach until this time: with a unit, such as ``"7d"``, if the delays have one;
        otherwise a number in the unit of the delays. Default: no limit.
    delay : str, array_like or mapping, optional
        Delays of the live arcs, for `deadline`: ``"exponential:MEAN"``, or the mean delay of each arc, as an array in
        the order of ``graph.arcs()`` or as a mapping from (source, target) to a number. Default: the delays that
        `imax.learn` stored in the graph; a graph without delays requires `delay`.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The result of simulation i depends on `rng` and i alone, not on `threads`.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores. Changes the speed, never the result.
    time_limit : float, optional
        Time in seconds after which the estimate uses the simulations done so far.
    progress : bool or callable, default False
        True shows a bar, as in `imax.maximize`. A function is called after each round with the number of simulations
        done and the number to do.
    client : distributed.Client, optional
        Run the simulations on the workers of a Dask cluster; the result is the same. See :doc:`/how-to/cluster`.

    Returns
    -------
    SpreadEstimate

    Raises
    ------
    InvalidArgumentError
        If an argument is wrong.
    InvalidGraphError
        If the LT weights of a node sum to more than 1.
    UnknownNodeError
        If a seed is not in the graph.

    See Also
    --------
    exact_spread : The exact value, on tiny graphs.

    References
    ----------
    Kempe, Kleinberg, Tardos: Maximizing the Spread of Influence through a Social Network. KDD 2003.

    Examples
    --------
    >>> import imax
    >>> path = imax.InfluenceGraph.from_arrays([0, 1], [1, 2], [0.5, 0.5])
    >>> estimate = imax.spread(path, [0], n_simulations=40_000, rng=1)
    >>> abs(estimate.spread - 1.75) < 0.03
    True
    """
    from ..kernels.compiling import n_compiled, notes_on_compiling

    began, compiled = time.perf_counter(), n_compiled()
    total = check.count(n_simulations, "n_simulations", low=2)
    level = check.open_unit(confidence, "confidence")
    limit = math.inf if time_limit is None else check.positive(time_limit, "time_limit")
    checked = check_inputs(graph, seeds, model, probability, node_weights, rng, on_missing)
    until = check_deadline(checked.graph, max_steps=max_steps, deadline=deadline, delay=delay)
    key = key_from(rng)
    n_threads = check.threads(threads)
    arguments = checked.seeds, checked.model, stream_key(key, Stream.SPREAD), checked.weights
    with open_session(client, checked.graph) as session:
        if session is None:
            run = simulate(checked.graph, *arguments, n_threads, until)
            values, stop_reason = _simulate_all(run, total, n_threads, began + limit, function_of(progress))
        else:
            run = _on_cluster(session, *arguments, until)
            values, stop_reason = _simulate_all(run, total, 1, began + limit, function_of(progress), _CLUSTER_SECONDS)
    mean, error = float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size))
    late = notes_on_compiling(n_compiled() - compiled) if stop_reason == _TIME else []
    half = NormalDist().inv_cdf(0.5 + level / 2) * error
    return SpreadEstimate(
        spread=mean,
        std_error=error,
        interval=(mean - half, mean + half),
        confidence=level,
        n_simulations=values.size,
        n_seeds=int(checked.seeds.size),
        model=checked.model,
        probability=checked.graph.probability.spec,
        stop_reason=stop_reason,
        seconds=time.perf_counter() - began,
        rng_key=key,
        version=__version__,
        notes=[*checked.notes, *Deadline.notes_of(until), *late],
        **Deadline.facts(until),
    )


def _simulate_all(
    run: Simulate,
    total: int,
    threads: int,
    stop_at: float,
    progress: Callable[[int, int], Any] | None,
    round_seconds: float = _ROUND_SECONDS,
) -> tuple[NDArray[np.float64], str]:
    """Return the results of the simulations done until a point in time or an interrupt, and why they ended."""
    values, memory = np.empty(min(total, _FIRST_VALUES)), default_memory()
    done, stop_reason, rate = 0, "all simulations done", 10.0
    try:
        while done < total:
            span = min(total - done, int(rate * round_seconds) * threads + 2)
            if memory is not None:
                span = min(span, memory // values.itemsize - done)
            if span <= 0:
                stop_reason = "memory limit"
                break
            if done + span > values.size:
                values.resize(min(total, max(done + span, 2 * values.size)), refcheck=False)
            began = time.perf_counter()
            parts = parallel.slices(span, threads)
            parallel.run([partial(run, done + a, values[done + a : done + b]) for a, b in parts], threads)
            done += span
            rate = span / threads / max(time.perf_counter() - began, 1e-6)
            if progress is not None:
                progress(done, total)
            if time.perf_counter() > stop_at and done < total:
                stop_reason = _TIME
                break
    except KeyboardInterrupt:
        if done < 2:
            raise
        stop_reason = "interrupted"
    return values[:done], stop_reason


def simulate(
    graph: InfluenceGraph,
    seeds: NDArray[np.int32],
    model: str,
    key: Key,
    weights: NDArray[np.float64] | None,
    threads: int,
    deadline: Deadline | None = None,
) -> Simulate:
    """Return a function that fills an array with the results of the simulations from a given number on."""
    if model == "lt":
        return _simulate_lt(graph, seeds, key, weights, deadline)
    from ..kernels.cascades import Output

    diffusion = forward_ic(graph, threads)
    cascades: CascadeKernel
    if deadline is not None and deadline.time is not None:
        delays = deadline.delays(graph, forward=True)
        cascades = TimedCascades(diffusion, key, delays, seeds=seeds, weights=weights)
    else:
        lanes = 4 if seeds.size * 4 > graph.n_nodes else min(8, default_lanes(diffusion))
        max_steps = None if deadline is None else deadline.max_steps
        cascades = Cascades(diffusion, key, lanes, seeds=seeds, weights=weights, max_steps=max_steps)
    no_nodes, no_sets = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)

    def run(first: int, values: NDArray[np.float64]) -> None:
        cascades.run(first, values.size, Output(no_nodes, no_sets, no_sets, values))

    return run


class Simulations:
    """The simulations of a seed set on one worker of a cluster."""

    def __init__(
        self,
        graph: InfluenceGraph,
        seeds: NDArray[np.int32],
        model: str,
        key: Key,
        weights: NDArray[np.float64] | None,
        deadline: Deadline | None,
        *,
        threads: int,
    ) -> None:
        self._run, self._threads = simulate(graph, seeds, model, key, weights, threads, deadline), threads

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, ()

    def values(self, first: int, stop: int) -> NDArray[np.float64]:
        """Return the results of simulations number `first` to ``stop - 1``."""
        values = np.empty(stop - first)
        parts = parallel.slices(values.size, self._threads)
        parallel.run([partial(self._run, first + a, values[a:b]) for a, b in parts], self._threads)
        return values


def _on_cluster(session: Session, *arguments: Any) -> Simulate:
    """Return a function as `simulate` does whose simulations run on a cluster."""
    held = Held(session, Simulations, *arguments)

    def run(first: int, values: NDArray[np.float64]) -> None:
        shares = session.shares(first, values.size)
        quick = values.size <= _QUICK
        np.concatenate(held.call("simulate", "values", shares, quick=quick), out=values)

    return run


def _simulate_lt(
    graph: InfluenceGraph,
    seeds: NDArray[np.int32],
    key: Key,
    weights: NDArray[np.float64] | None,
    deadline: Deadline | None,
) -> Simulate:
    from ..kernels.lt_cascades import ThresholdScratch, lt_cascades
    from ..kernels.timed import timed_lt_cascades

    arcs = _threshold_arcs(graph)
    words = (np.uint64(key[0]), np.uint64(key[1]))
    n = graph.n_nodes
    max_steps = n if deadline is None or deadline.max_steps is None else deadline.max_steps
    delays = None if deadline is None or deadline.time is None else deadline.delays(graph, forward=True)

    def run(first: int, values: NDArray[np.float64]) -> None:
        missing, touched = np.empty(n), np.empty(n, dtype=np.int32)
        # streams compute modulo 2**64; without the compiler NumPy warns about that
        with np.errstate(over="ignore"):
            if delays is not None:
                missing[:] = np.nan
                timed = new_timed_scratch(n, 0)
                timed_lt_cascades(
                    first, values.size, words, seeds, weights, arcs, delays, timed, missing, touched, values
                )
                return
            scratch = ThresholdScratch(
                state=np.zeros(n, dtype=np.int8), missing=missing, touched=touched, queue=np.empty(n, dtype=np.int32)
            )
            lt_cascades(first, values.size, words, seeds, weights, arcs, max_steps, scratch, values)

    return run


def _threshold_arcs(graph: InfluenceGraph) -> "ThresholdArcs":
    """Return a graph's out-arcs with their LT weights."""
    from ..kernels.lt_cascades import ThresholdArcs

    reject_walks(graph)
    max_threshold = lt_normalizers(graph.check_lt())
    if graph.probability.kind == "weighted_cascade":
        ptr, idx, _ = graph.forward()
        weight = 1.0 / np.maximum(np.diff(graph.in_ptr), 1)
        return ThresholdArcs(ptr, idx, weight, by_target=True, max_threshold=max_threshold)
    ptr, idx, place = graph.forward(places=True)
    weight = graph.arc_values()[place].astype(np.float64)
    return ThresholdArcs(ptr, idx, weight, by_target=False, max_threshold=max_threshold)
