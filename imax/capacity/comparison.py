"""Several methods on one problem, each with its spread, certificate and time."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from numpy.typing import ArrayLike

from .. import __version__
from .._utils import check
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..diffusion.simulation import spread
from ..diffusion.tables import check_model, prepare
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from .assignment import Assignment, CapacityComparison, ComparedMethod
from .front import METHODS, ORACLES, assign, check_problem
from .problem import CapacityProblem

__all__ = ["compare", "method_names"]

DEFAULT_SECONDS = 60.0


def method_names() -> list[str]:
    """Return what `compare` runs by default: every algorithm, those over an oracle with RR sets and by simulation."""
    names = []
    for method in METHODS.values():
        names += [f"{method.name}:{o}" for o in ("rr", "simulation")] if "oracle" in method.accepts else [method.name]
    return names


def compare(
    problem: CapacityProblem,
    methods: str | Iterable[str] = "all",
    *,
    model: str = "ic",
    epsilon: float | None = None,
    delta: float | None = None,
    node_weights: ArrayLike | dict[Any, float] | None = None,
    n_simulations: int = 10_000,
    rng: RNG = None,
    threads: int | None = None,
    time_limit: float | None = DEFAULT_SECONDS,
    progress: Callable[[str, int, int], Any] | None = None,
) -> CapacityComparison:
    """Run several methods on the same problem and measure what each one's invitations are worth.

    All are judged alike, by the same forward simulations on the graph of the passive nodes. Times are without
    compilation: each method runs on a problem of three nodes first.

    Parameters
    ----------
    problem : CapacityProblem
    methods : str or iterable of str, default "all"
        Algorithms as `assign` takes them, those over an oracle with its name behind a colon, as in
        ``"rr-greedy:simulation"``; a text may hold several, apart by commas.
    model, delta, node_weights, rng, threads
        As in `assign`.
    epsilon : float, optional
        As in `assign`, for the methods that promise something.
    n_simulations : int, default 10000
        For the spread of each method's friends; methods that simulate make as many for each spread.
    time_limit : float, optional
        Seconds for each method, default 60; it then shows what it had. Judging comes on top. None for no limit.
    progress : callable, optional
        Called with the method's name, the number of those done and of all.

    Returns
    -------
    CapacityComparison
        On Ctrl-C, of the methods done, once there is one.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem, compare
    >>> problem = CapacityProblem(imax.datasets.load("lesmis"), ["Myriel", "Marius"], 2)
    >>> found = compare(problem, ["rr-opim+", "mg-greedy:rr", "degree"], rng=1)
    >>> [row.method for row in found.methods]
    ['rr-opim+', 'mg-greedy:rr', 'degree']
    >>> found.methods[0].spread > found.methods[2].spread - 0.5
    True
    """
    check_problem(problem)
    chosen = _chosen(methods)
    n_simulations = check.count(n_simulations, "n_simulations", low=2)
    key = key_from(rng)
    options: dict[str, Any] = {"model": model, "delta": delta, "threads": threads}
    # what all share is made before the clock runs
    passive = problem.passive
    prepare(problem.graph, check_model(model), check.threads(threads))
    rows: list[ComparedMethod] = []
    first: Assignment | None = None
    reason = "all methods done"
    try:
        for name in chosen:
            algorithm, _, oracle = name.partition(":")
            own = {**options, "oracle": oracle or None}
            if oracle == "simulation":
                own["n_simulations"] = n_simulations
            if epsilon is not None:
                own["epsilon"] = epsilon
            _warm_up(problem, algorithm, own)
            if progress is not None:
                progress(name, len(rows), len(chosen))
            began = time.perf_counter()
            found = assign(problem, algorithm, node_weights=node_weights, rng=key, time_limit=time_limit, **own)
            seconds = time.perf_counter() - began
            rows.append(_judged(problem, passive, name, found, seconds, n_simulations, node_weights, threads))
            first = first or found
            if found.stop_reason == "interrupted":
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        if not rows:
            raise
        reason = "interrupted"
    assert first is not None
    return CapacityComparison(
        methods=rows,
        model=first.model,
        probability=first.probability,
        delta=first.delta,
        n_active=first.n_active,
        n_passive=first.n_passive,
        n_pairs=first.n_pairs,
        n_slots=first.n_slots,
        n_simulations=n_simulations,
        stop_reason=reason,
        rng_key=key,
        version=__version__,
    )


def _chosen(methods: str | Iterable[str]) -> list[str]:
    if not isinstance(methods, (str, Iterable)):
        raise InvalidArgumentError(f"methods must be names, got {methods!r}")
    names = methods.split(",") if isinstance(methods, str) else list(methods)
    names = list(dict.fromkeys(name.strip() if isinstance(name, str) else name for name in names))
    if names == ["all"]:
        return method_names()
    if not names:
        raise InvalidArgumentError("methods is empty; name at least one, or say 'all'")
    for name in names:
        algorithm, colon, oracle = str(name).partition(":")
        if algorithm not in METHODS:
            raise InvalidArgumentError(f"methods must be 'all', or of {', '.join(METHODS)}; got {name!r}")
        if colon and (oracle not in ORACLES or "oracle" not in METHODS[algorithm].accepts):
            raise InvalidArgumentError(
                f"methods names {name!r}; behind a colon stands the oracle of rr-greedy or mg-greedy: "
                f"{', '.join(ORACLES)}"
            )
    return names


def _warm_up(problem: CapacityProblem, algorithm: str, options: dict[str, Any]) -> None:
    """Run a method on three nodes, so that compiling or loading its kernels does not count."""
    p = problem.graph.probability
    values = None if p.values is None else [0.5, 0.5, 0.5]
    spec = "uniform:0.5" if p.kind == "uniform" else None
    three = InfluenceGraph.from_arrays([0, 0, 1], [1, 2, 2], values, probability=spec)
    assign(CapacityProblem(three, [0], 1), algorithm, rng=0, **{**options, "epsilon": 0.4})


def _judged(
    problem: CapacityProblem,
    passive: InfluenceGraph,
    name: str,
    found: Assignment,
    seconds: float,
    n_simulations: int,
    node_weights: Any,
    threads: int | None,
) -> ComparedMethod:
    """Judge one method's friends by simulations that it did not see."""
    weights = node_weights
    if weights is not None:
        whole = dict(zip(problem.graph.nodes(), weights, strict=True)) if not isinstance(weights, dict) else weights
        weights = {label: whole[label] for label in passive.nodes()}
    estimate = spread(
        passive, found.seeds, model=found.model, n_simulations=n_simulations, node_weights=weights,
        rng=stream_key(found.rng_key, Stream.VERIFICATION), threads=threads,
    )  # fmt: skip
    return ComparedMethod(
        method=name,
        algorithm=found.algorithm,
        oracle=found.oracle,
        seeds=found.seeds,
        spread=estimate.spread,
        std_error=estimate.std_error,
        interval=estimate.interval,
        lower_bound=found.lower_bound,
        upper_bound=found.upper_bound,
        ratio=found.ratio,
        unused_slots=found.unused_slots,
        n_rr_sets=found.n_rr_sets,
        n_simulations=found.n_simulations,
        seconds=seconds - found.seconds.get("judge", 0.0),
        stop_reason=found.stop_reason,
    )
