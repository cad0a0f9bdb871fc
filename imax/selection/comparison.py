"""`compare`: several algorithms on one problem, with spread, certificate, time, memory and overlap of the seeds."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Unpack

from .. import __version__
from .._utils.memory import peak_rise
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..diffusion.deadline import DEADLINE_ARGUMENTS, Deadline, check_deadline
from ..diffusion.simulation import spread
from ..diffusion.undirected import undirected_edges
from ..errors import InvalidArgumentError
from ..graph.accept import as_graph
from ..graph.influence_graph import InfluenceGraph
from ..io.node_reader import NodeReader
from ..results import Compared, Comparison, SelectionResult, overlap_of
from .certification import certify
from .comparing_rows import DEFAULT_SECONDS, estimates, graph_like, measure_each, name_list
from .constraints import Constraints, NodeValues, aligned_rules, check_constraint_names
from .maximization import maximize
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
    node_weights: "NodeValues | None" = None,
    n_simulations: int = 10_000,
    rng: RNG = None,
    threads: int | None = None,
    time_limit: float | None = DEFAULT_SECONDS,
    progress: Callable[[str, int, int], Any] | None = None,
    **constraints: Unpack[Constraints],
) -> Comparison:
    """Run several algorithms on the same problem, and measure the spread of their seeds, their time and their memory.

    Each row has its own certificate, which fails with probability `delta`. A statement about the best of m rows, chosen
    by what they show, can fail with probability m * delta: give delta / m for a statement about all rows together.

    All seed sets are evaluated in the same way: the spread by the same forward simulations, the certificate by fresh RR
    sets that no algorithm used. Times do not include compilation: each algorithm runs on a graph of two nodes first.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    k : int
        Number of seeds.
    algorithms : str or iterable of str, default "all"
        Names as in `maximize`, also as one comma-separated string. ``"all"`` stands for all algorithms that support
        the other arguments.
    model, probability, delta, node_weights, rng, threads
        As in `maximize`.
    epsilon : float, optional
        As in `maximize`, for the algorithms with a guarantee.
    n_simulations : int, default 10000
        Number of forward simulations for the spread of each seed set.
    time_limit : float, optional
        Seconds for each algorithm, default 60; an algorithm that reaches it shows the seeds chosen so far. The
        simulations and the certificate that evaluate it are each limited to as many seconds. None for no limit.
    progress : callable, optional
        Function that is called with the name of the algorithm, the number of finished algorithms and the total number.
    **constraints
        `candidates`, `exclude`, `include`, `on_missing`, `max_steps`, `deadline` and `delay` as in `maximize`.
        Algorithms that do not support a deadline choose without it; the spread and the certificate of every row observe
        it.

    Returns
    -------
    Comparison
        After Ctrl-C, the rows of the algorithms that are finished, if there are any.

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
    check_constraint_names("compare", constraints)
    for name in ("start", "costs", "budget", "groups", "quotas"):
        if constraints.get(name) is not None:
            raise InvalidArgumentError(
                f"{name} is not supported by compare; it supports candidates, exclude, include and deadlines",
                argument=name,
            )
    key = key_from(rng)
    network = as_graph(graph, probability=probability, rng=key)
    reader = NodeReader(network, constraints.get("on_missing"), source=graph)
    weights = reader.node_weights(node_weights)
    chosen = _chosen(algorithms, node_weights, network, model)
    options: dict[str, Any] = {
        "model": model, "delta": delta, "threads": threads,
        "node_weights": None if weights is None else weights[network.rank], **aligned_rules(reader, constraints),
    }  # fmt: skip
    options |= {name: constraints.get(name) for name in DEADLINE_ARGUMENTS}
    until = check_deadline(network, **{name: options[name] for name in DEADLINE_ARGUMENTS})
    own = options if epsilon is None else options | {"epsilon": epsilon}

    def measure(name: str) -> Compared:
        with peak_rise() as rise:
            began = time.perf_counter()
            result = maximize(network, k, algorithm=name, rng=key, time_limit=time_limit, **_supported(name, own))
            seconds, memory = time.perf_counter() - began, rise()
        return _evaluated(network, result, seconds, memory, n_simulations, options | {"time_limit": time_limit})

    rows, reason = measure_each(chosen, lambda name: _warm_up(network, name, own), measure, progress)
    return Comparison(
        rows=rows,
        overlap=overlap_of([row.seeds for row in rows]),
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
        notes=reader.notes,
        **Deadline.facts(until),
    )


def _supported(algorithm: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options without a deadline, if the algorithm does not support one."""
    accepts = ALGORITHMS[algorithm].accepts
    return {name: value for name, value in options.items() if name not in DEADLINE_ARGUMENTS or name in accepts}


def _warm_up(network: InfluenceGraph, name: str, options: dict[str, Any]) -> None:
    """Run an algorithm on two nodes, so that its time does not include compiling or loading kernels."""
    weights = None if options["node_weights"] is None else [1.0, 1.0]
    pair = graph_like(network, [0, 1], [1, 0])
    until = {option: options[option] for option in ("max_steps", "deadline")}
    maximize(
        pair, 1, algorithm=name, model=options["model"], epsilon=0.5, node_weights=weights, threads=options["threads"],
        include=[0] if "include" in options else None, rng=0,
        **_supported(name, until | {"delay": None if until["deadline"] is None else "exponential:1"}),
    )  # fmt: skip


def _chosen(algorithms: str | Iterable[str], node_weights: Any, network: InfluenceGraph, model: str) -> list[str]:
    names = name_list(algorithms)
    if names == ["all"]:
        symmetric = model == "ic" and undirected_edges(network) is not None
        return [
            entry.name
            for entry in ALGORITHMS.values()
            if (node_weights is None or "node_weights" in entry.accepts) and (symmetric or not entry.symmetric)
        ]
    return [ALGORITHMS.find(name, argument="algorithms").name for name in names]


def _evaluated(
    network: InfluenceGraph,
    result: SelectionResult,
    seconds: float,
    memory: int | None,
    n_simulations: int,
    options: dict[str, Any],
) -> Compared:
    """Evaluate the seeds of one algorithm with simulations and RR sets that no algorithm used."""
    key = result.rng_key
    found = certify(network, result.seeds, k=result.k, rng=key, **options)
    estimate = spread(
        network, result.seeds, n_simulations=n_simulations, rng=stream_key(key, Stream.VERIFICATION),
        **{name: options[name] for name in ("model", "node_weights", "threads", "time_limit", *DEADLINE_ARGUMENTS)},
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
