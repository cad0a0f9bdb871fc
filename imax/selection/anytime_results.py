"""`anytime`: better and better seeds until the caller stops."""

import dataclasses
import math
import time
from collections.abc import Generator
from functools import partial
from typing import Any, Unpack

from .._utils.streams import RNG
from ..cluster.client import check_client
from ..results import SelectionResult
from ..ris.bounds import MAX_ROUNDS, level_of_look
from ..ris.coverage import greedy_cover
from .algorithms.hist import cover_after
from .algorithms.opim_c import schedule_of
from .common_seed import find_common_seed
from .constraints import Constraints, NodeValues
from .doubling import doubling_rounds
from .make_result import make_result
from .outcome import Outcome
from .problem import Problem, make_problem, on_cluster
from .rounds import CollectionPair, Stopped
from .settling import Round

__all__ = ["anytime"]

_STOPPED_BY_CALLER = "stopped by the caller"


def anytime(
    graph: Any,
    k: int,
    *,
    model: str = "ic",
    probability: str | None = None,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> Generator[SelectionResult, None, None]:
    """Yield better and better seed sets, each with its certificate, until the caller stops (OPIM).

    Each result uses twice as many RR sets as the one before. All certificates hold together, except with probability
    `delta`, so the caller may stop at any result for any reason. A pilot sample decides whether RR sets end at a first
    seed that is in nearly all large ones; the results' ``auto`` says so.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    k : int
        Number of seeds.
    model, probability, delta, node_weights, rng, threads, max_memory
        As in `maximize`.
    time_limit : float, optional
        Seconds after which no further result is started. A first result that takes longer is cut short; its
        ``stop_reason`` says so.
    client : distributed.Client, optional
        Draw and hold the RR sets on the workers of a Dask cluster until the generator ends or is closed; the
        results are the same. See :doc:`/how-to/cluster`.
    **constraints
        `candidates`, `exclude`, `include`, `start`, `costs`, `budget`, `groups`, `quotas`,
        `group_budgets`, `max_steps`, `deadline`, `delay` as in `maximize`.

    Yields
    ------
    SelectionResult

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
        graph, k, constraints, function="anytime", probability=probability, node_weights=node_weights, rng=rng,
        model=model, delta=delta, threads=threads, max_memory=max_memory, time_limit=time_limit,
    )  # fmt: skip
    budget = constraints.get("budget")
    if client is not None:
        check_client(client)
    return _anytime_results(problem, budget, client)


def _anytime_results(problem: Problem, budget: float | None, client: Any) -> Generator[SelectionResult, None, None]:
    with on_cluster(problem, client) as placed:
        for outcome in _outcomes(placed):
            yield make_result(placed, outcome, "opim", budget=budget)


def _outcomes(problem: Problem) -> Generator[Outcome, None, None]:
    """Yield an outcome after each doubling until a limit is reached; all bounds hold together.

    Round i may fail with probability delta * 6 / (pi i)**2. The sum of these over all rounds is delta.
    """
    began = time.perf_counter()
    common = find_common_seed(problem)
    seconds = {"pilot": time.perf_counter() - began}
    c = problem.constraint
    given = common.constraint(c)
    select = partial(cover_after, whole=c) if common.seeds.size else greedy_cover
    pair = CollectionPair(problem, sentinels=(common.ends, common.ends), why=common.why)
    schedule = dataclasses.replace(schedule_of(problem, problem.delta), rounds=MAX_ROUNDS)

    def make_round(number: int, count: int) -> Round:
        a = math.log((math.pi * number) ** 2 / (3.0 * problem.delta))
        return pair.round(count, count, given, a, select=select, level=level_of_look(number))

    try:
        rounds = doubling_rounds(pair, schedule, make_round, lambda best: None)
        for number, best in enumerate(rounds, start=1):
            outcome = pair.result(best, pair.cut or _STOPPED_BY_CALLER, number, None)
            yield dataclasses.replace(outcome, seconds=seconds | outcome.seconds)
    except (Stopped, MemoryError):
        return
