"""`maximize`: checks the question, hands it to an algorithm and returns the result."""

import math
from collections.abc import Callable, Generator, Hashable, Iterable
from dataclasses import replace
from typing import Any

from .. import __version__
from .._utils import check
from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from ..results import MaximizeResult
from .algorithms.opimc import endless
from .base import Algorithm, Outcome, Problem, Progress
from .certification import DEFAULT_PRECISION, validate
from .minimization import reach_target
from .problem import Groups, NodeValues, make_problem
from .registry import ALGORITHMS
from .rounds import INTERRUPT

__all__ = ["anytime", "maximize"]


def maximize(
    graph: Any,
    k: int | None = None,
    *,
    model: str = "ic",
    algorithm: str = "opim-c",
    probability: str | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    candidates: Iterable[Hashable] | None = None,
    exclude: Iterable[Hashable] | None = None,
    include: Iterable[Hashable] | None = None,
    start: Iterable[Hashable] | None = None,
    costs: NodeValues | None = None,
    budget: float | None = None,
    groups: Groups | None = None,
    quotas: int | dict[Any, int] | None = None,
    target_spread: float | None = None,
    node_weights: NodeValues | None = None,
    certify: bool = False,
    n_rr_sets: int | None = None,
    n_simulations: int | None = None,
    oracle: str | None = None,
    rng: RNG = None,
    threads: int | None = None,
    lanes: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], Any] | None = None,
) -> MaximizeResult:
    """Choose seeds that reach the most nodes, with a certificate of how good they are.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    k : int, optional
        How many seeds. Not with `budget` or `target_spread`; with `quotas` the most in all.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold. Heuristics choose the same seeds under both.
    algorithm : str, default "opim-c"
        A name of the table in docs/reference/algorithms. OPIM-C takes all the arguments below; another refuses those
        that it does not know what to do with.
    probability : str, optional
        A scheme of arc probabilities in place of the graph's own, such as ``"uniform:0.1"``; see `imax.probabilities`.
    epsilon : float, optional
        Default 0.01, for IMM 0.1. The seeds reach at least 1 - 1/e - epsilon of the optimum. With OPIM-C the choice has
        also settled: the spread's standard error is at most a share epsilon of it, and the seeds look at most 2 epsilon
        better on the RR sets that chose them than on fresh ones. Smaller is better and slower.
    delta : float, optional
        Probability with which the certificate may fail; default 1 / number of nodes.
    candidates, exclude : iterable of labels, optional
        Nodes that alone may, and that may not, be seeds. Both still spread.
    include : iterable of labels, optional
        Nodes that are seeds in any case; they count in `k`, in quotas and in the budget, and come first.
    start : iterable of labels, optional
        Nodes that are active already, such as the seeds of a running campaign. They are no seeds, and gains, spread and
        bounds are of what the seeds add to them.
    costs : array_like of float, shape (n_nodes,), dict or str, optional
        What each node costs as a seed, by node index or label; or the name of a NetworkX graph's node attribute.
    budget : float, optional
        What all seeds may cost together.
    groups : sequence of hashable, length n_nodes, dict or str, optional
        The group of each node, by node index or label, None for no group; or the name of a NetworkX graph's node
        attribute.
    quotas : int or dict, optional
        The most seeds of each group: one number for all, or by group; a group left out has no limit.
    target_spread : float, optional
        Choose as few seeds as certainly have this spread.
    node_weights : array_like of float, shape (n_nodes,), dict or str, optional
        What reaching each node is worth, given as costs are; default 1 each.
    certify : bool, default False
        Add a certificate to the seeds of an algorithm that has none; see `imax.certify`.
    n_rr_sets : int, optional
        How many RR sets ``"ris"`` and ``oracle="rr"`` draw; default 100,000.
    n_simulations : int, optional
        How many forward simulations ``oracle="simulation"`` makes for each spread; default 10,000.
    oracle : {"simulation", "rr", "exact"}, optional
        What tells the spreads to ``"greedy"``, ``"celf"`` and ``"celf++"``; default simulation.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` and `lanes` are.
    threads, lanes : int, optional
        Threads (default ``IMAX_NUM_THREADS``, else all cores), and RR sets side by side in each (1 to 16).
    max_memory : int or str, optional
        Bound on the bytes of RR sets, such as ``"2GiB"``; default three quarters of the memory that is free. When
        it is met, the last round's result is returned.
    time_limit : float, optional
        Seconds after which the best result so far is returned.
    progress : callable, optional
        Called now and then with a `Progress`.

    Returns
    -------
    MaximizeResult
        On Ctrl-C too, once there is one: its ``stop_reason`` then says ``"interrupted"``.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    References
    ----------
    Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018. Leskovec, Krause,
    Guestrin, Faloutsos, VanBriesen, Glance: Cost-effective Outbreak Detection in Networks. KDD 2007 (budgets). Fisher,
    Nemhauser, Wolsey: An Analysis of Approximations for Maximizing Submodular Set Functions II. 1978 (quotas).

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> result = imax.maximize(graph, 2, rng=1)
    >>> sorted(result.seeds)
    [0, 33]
    >>> result.lower_bound <= result.spread <= result.upper_bound
    True

    One more seed for a campaign that has begun with node 33:

    >>> imax.maximize(graph, 1, start=[33], rng=1).seeds
    [0]

    What a budget of 3 buys where a node costs a fifth of its degree:

    >>> bought = imax.maximize(graph, costs=graph.out_degree() / 5, budget=3, rng=1)
    >>> bought.total_cost <= 3
    True
    """
    entry = ALGORITHMS[check.one_of(algorithm, "algorithm", tuple(ALGORITHMS))]
    _fits(
        entry, node_weights=node_weights, start=start, quotas=quotas, budget=budget, n_rr_sets=n_rr_sets,
        n_simulations=n_simulations, oracle=oracle,
    )  # fmt: skip
    if target_spread is not None:
        target_spread = _target(target_spread, algorithm, k=k, budget=budget, quotas=quotas)
    if oracle is not None:
        check.one_of(oracle, "oracle", ("simulation", "rr", "exact"))
    problem = make_problem(
        graph, k, model=model, probability=probability, epsilon=entry.epsilon if epsilon is None else epsilon,
        delta=delta, node_weights=node_weights, rng=rng, threads=threads, lanes=lanes, max_memory=max_memory,
        time_limit=time_limit, progress=progress, n_rr_sets=n_rr_sets, n_simulations=n_simulations, oracle=oracle,
        any_size=target_spread is not None, candidates=candidates, exclude=exclude, include=include, start=start,
        costs=costs, budget=budget, groups=groups, quotas=quotas,
    )  # fmt: skip
    choice = entry.select(problem) if target_spread is None else reach_target(problem, target_spread)
    return _result(problem, choice, algorithm, certify=certify, budget=budget, target_spread=target_spread)


def anytime(
    graph: Any,
    k: int,
    *,
    model: str = "ic",
    probability: str | None = None,
    delta: float | None = None,
    rng: RNG = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    **constraints: Any,
) -> Generator[MaximizeResult, None, None]:
    """Give better and better results, each with its certificate, until the caller has enough (OPIM).

    Each result is from twice as many RR sets as the one before. All their certificates hold together, except with
    probability `delta`: one may stop at whichever one likes, for whatever reason.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    k : int
        How many seeds.
    model, probability, delta, rng, max_memory
        As in `maximize`.
    time_limit : float, optional
        Seconds after which no further result is begun.
    **constraints
        `candidates`, `exclude`, `include`, `start`, `node_weights`, `costs`, `budget`, `groups`, `quotas`, `threads`,
        `lanes` as in `maximize`.

    Yields
    ------
    MaximizeResult

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    References
    ----------
    Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018.

    Examples
    --------
    >>> import imax
    >>> for result in imax.anytime(imax.datasets.load("karate"), 2, rng=1):
    ...     if result.ratio > 0.75:
    ...         break
    >>> sorted(result.seeds)
    [0, 33]
    """
    problem = make_problem(
        graph, k, model=model, probability=probability, delta=delta, rng=rng, max_memory=max_memory,
        time_limit=time_limit, **constraints,
    )  # fmt: skip
    budget = constraints.get("budget")
    return (_result(problem, choice, "opim", budget=budget) for choice in endless(problem))


def _fits(entry: Algorithm, **given: Any) -> None:
    """Refuse arguments that an algorithm does not take."""
    for name, value in given.items():
        if value is not None and name not in entry.accepts:
            others = ", ".join(other.name for other in ALGORITHMS.values() if name in other.accepts)
            raise InvalidArgumentError(f"{name} is nothing that algorithm {entry.name!r} takes; these do: {others}")


def _target(value: float, algorithm: str, **sizes: Any) -> float:
    for name, size in sizes.items():
        if size is not None:
            raise InvalidArgumentError(f"target_spread asks for as few seeds as possible; it cannot go with {name}")
    if algorithm != "opim-c":
        raise InvalidArgumentError(f"target_spread goes with algorithm 'opim-c' alone, got {algorithm!r}")
    return check.positive(value, "target_spread")


def _result(
    problem: Problem,
    choice: Outcome,
    algorithm: str,
    *,
    certify: bool = False,
    budget: float | None = None,
    target_spread: float | None = None,
) -> MaximizeResult:
    q, c, bounds = problem, problem.constraint, choice.bounds
    n_rr_sets, n_rr_entries, rounds = choice.n_rr_sets, choice.n_rr_entries, choice.rounds
    seconds = dict(choice.seconds)
    start_spread = choice.start_spread
    if bounds is None and certify:
        pair, best, reason, rounds = validate(problem, choice.seeds, DEFAULT_PRECISION)
        if reason == INTERRUPT:
            choice = replace(choice, stop_reason=INTERRUPT)
        bounds = best.bounds
        n_rr_sets, n_rr_entries = n_rr_sets + best.n_sets, n_rr_entries + best.n_entries
        seconds["certify"] = sum(pair.seconds.values())
        start_spread = pair.spread_of_start()
    known = bounds is not None and math.isfinite(bounds.upper)
    return MaximizeResult(
        seeds=q.graph.labels_of(choice.seeds),
        gains=None if choice.gains is None else choice.gains.tolist(),
        scores=None if choice.scores is None else choice.scores.tolist(),
        spread=None if bounds is None else bounds.spread,
        interval=None if bounds is None else bounds.interval,
        lower_bound=None if bounds is None else bounds.lower,
        upper_bound=bounds.upper if bounds is not None and known else None,
        ratio=bounds.ratio if bounds is not None and known else None,
        target_ratio=choice.target_ratio,
        algorithm=algorithm,
        k=c.k,
        model=q.model,
        probability=q.graph.probability.spec,
        epsilon=q.epsilon,
        delta=q.delta,
        budget=budget,
        total_cost=None if c.cost is None else math.fsum(c.cost[choice.seeds]),
        target_spread=target_spread,
        min_seeds=choice.min_seeds,
        n_start=int(c.start.size),
        start_spread=start_spread,
        n_nodes=q.graph.n_nodes,
        n_arcs=q.graph.n_arcs,
        n_rr_sets=n_rr_sets,
        n_rr_entries=n_rr_entries,
        n_simulations=choice.n_simulations,
        rounds=rounds,
        stop_reason=choice.stop_reason,
        rng_key=q.key,
        version=__version__,
        seconds={phase: round(s, 6) for phase, s in seconds.items()} | {"total": round(q.limits.elapsed(), 6)},
    )
