"""Several selectors on one graph, each with its spread, certificate, time and memory, and how alike their seeds are."""

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from .. import __version__
from .._utils import check
from .._utils.memory import peak_rise
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..diffusion.simulation import spread
from ..graph.accept import as_graph
from ..graph.influence_graph import InfluenceGraph
from ..results import Compared, Comparison, MaximizeResult
from .certification import certify
from .comparing_rows import DEFAULT_SECONDS, estimates, graph_like, measure_each, name_list
from .maximization import maximize
from .problem import NodeValues, attribute
from .registry import ALGORITHMS

__all__ = ["compare"]


def compare(
    graph: Any,
    k: int,
    algorithms: str | Iterable[str] = "all",
    *,
    model: str = "ic",
    probability: str | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    candidates: Iterable[Hashable] | None = None,
    exclude: Iterable[Hashable] | None = None,
    include: Iterable[Hashable] | None = None,
    node_weights: NodeValues | None = None,
    n_simulations: int = 10_000,
    rng: RNG = None,
    threads: int | None = None,
    time_limit: float | None = DEFAULT_SECONDS,
    progress: Callable[[str, int, int], Any] | None = None,
) -> Comparison:
    """Run several algorithms on the same question and measure what each one's seeds are worth and what they cost.

    All seeds are judged alike: their spread by the same forward simulations, their certificate by fresh RR sets that
    none of the algorithms saw. Times are without compilation: each algorithm runs on a graph of two nodes first.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    k : int
        How many seeds.
    algorithms : str or iterable of str, default "all"
        Names as `maximize` takes them; a text may hold several, apart by commas. ``"all"`` are those that understand
        the other arguments.
    model, probability, delta, candidates, exclude, include, node_weights, rng, threads
        As in `maximize`.
    epsilon : float, optional
        As in `maximize`, for the algorithms that promise something.
    n_simulations : int, default 10000
        For the spread of each seed set.
    time_limit : float, optional
        Seconds for each algorithm, default 60; it then shows the seeds that it had. Judging them comes on top. None
        for no limit.
    progress : callable, optional
        Called with the algorithm's name, the number of those done and of all.

    Returns
    -------
    Comparison
        On Ctrl-C, of the algorithms done, once there is one.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    Examples
    --------
    >>> import imax
    >>> found = imax.compare(imax.datasets.load("karate"), 2, ["opim-c", "degree", "random"], rng=1)
    >>> [row.algorithm for row in found.rows]
    ['opim-c', 'degree', 'random']
    >>> found.rows[0].spread > found.rows[2].spread
    True
    >>> found.overlap[0][0]
    1.0
    """
    chosen = _chosen(algorithms, node_weights)
    key = key_from(rng)
    network = as_graph(graph, probability=probability, rng=key)
    options: dict[str, Any] = {
        "model": model, "delta": delta, "candidates": _kept(candidates), "exclude": _kept(exclude),
        "include": _kept(include), "node_weights": attribute(graph, node_weights, "node_weights"), "threads": threads,
    }  # fmt: skip
    own = options if epsilon is None else options | {"epsilon": epsilon}

    def measure(name: str) -> Compared:
        with peak_rise() as rise:
            began = time.perf_counter()
            result = maximize(network, k, algorithm=name, rng=key, time_limit=time_limit, **own)
            seconds, memory = time.perf_counter() - began, rise()
        return _validated(network, result, seconds, memory, n_simulations, options)

    rows, reason = measure_each(chosen, lambda name: _warm_up(network, name, own), measure, progress)
    seeds = [set(row.seeds) for row in rows]
    return Comparison(
        rows=rows,
        overlap=[[len(a & b) / len(a | b) for b in seeds] for a in seeds],
        k=k,
        model=rows[0].model,
        probability=network.probability.spec,
        delta=rows[0].delta,
        n_nodes=network.n_nodes,
        n_arcs=network.n_arcs,
        n_simulations=n_simulations,
        stop_reason=reason,
        rng_key=key,
        version=__version__,
    )


def _warm_up(network: InfluenceGraph, name: str, options: dict[str, Any]) -> None:
    """Run an algorithm on two nodes, so that compiling or loading its kernels does not count."""
    weights = None if options["node_weights"] is None else [1.0, 1.0]
    pair = graph_like(network, [0, 1], [1, 0])
    maximize(
        pair, 1, algorithm=name, model=options["model"], epsilon=0.5, node_weights=weights, threads=options["threads"],
        include=None if options["include"] is None else [0], rng=0,
    )  # fmt: skip


def _kept(labels: Iterable[Hashable] | None) -> Any:
    """Return labels as a list, which can be gone through again; a text is left for `maximize` to refuse."""
    return labels if labels is None or isinstance(labels, str) or not isinstance(labels, Iterable) else list(labels)


def _chosen(algorithms: str | Iterable[str], node_weights: Any) -> list[str]:
    names = name_list(algorithms)
    if names == ["all"]:
        return [a.name for a in ALGORITHMS.values() if node_weights is None or "node_weights" in a.accepts]
    for name in names:
        check.one_of(name, "algorithms", ("all", *ALGORITHMS))
    return names


def _validated(
    network: InfluenceGraph,
    result: MaximizeResult,
    seconds: float,
    memory: int | None,
    n_simulations: int,
    options: dict[str, Any],
) -> Compared:
    """Estimate the spread of the seeds by simulations and RR sets that no algorithm used."""
    key = result.rng_key
    found = certify(network, result.seeds, k=result.k, rng=key, **options)
    estimate = spread(
        network, result.seeds, n_simulations=n_simulations, rng=stream_key(key, Stream.VERIFICATION),
        **{name: options[name] for name in ("model", "node_weights", "threads")},
    )  # fmt: skip
    return Compared(
        algorithm=result.algorithm,
        seeds=result.seeds,
        **estimates(estimate, found),
        delta=found.delta,
        model=result.model,
        seconds=seconds,
        memory=memory,
        stop_reason=result.stop_reason,
    )
