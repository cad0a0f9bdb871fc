"""Certificates for seed sets from anywhere."""

from collections.abc import Callable, Generator, Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils.streams import RNG, Stream
from ..errors import InvalidArgumentError
from ..results import Certificate
from ..ris.coverage import CoverAlgorithm, greedy_cover
from .algorithms.opimc import GIVE_UP, schedule_of
from .base import Problem, Progress
from .problem import Groups, NodeValues, make_problem
from .rounds import BOUND, NOTHING, CollectionPair, Round, run_rounds

__all__ = ["DEFAULT_PRECISION", "certify", "validate"]

DEFAULT_PRECISION = 0.02
_STREAMS = (Stream.CERTIFICATE_SELECTION, Stream.CERTIFICATE_VALIDATION)
CLOSE = "bounds are close"


def certify(
    graph: Any,
    seeds: Iterable[Hashable],
    *,
    k: int | None = None,
    model: str = "ic",
    probability: str | None = None,
    epsilon: float = DEFAULT_PRECISION,
    delta: float | None = None,
    candidates: Iterable[Hashable] | None = None,
    exclude: Iterable[Hashable] | None = None,
    include: Iterable[Hashable] | None = None,
    start: Iterable[Hashable] | None = None,
    costs: NodeValues | None = None,
    budget: float | None = None,
    groups: Groups | None = None,
    quotas: int | dict[Any, int] | None = None,
    node_weights: NodeValues | None = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], Any] | None = None,
) -> Certificate:
    """Bound the spread of given seeds from below and that of the best seeds from above, by fresh RR sets.

    The seeds may come from anywhere: a heuristic, another program, a person. The bounds are those of OPIM-C, which do
    not ask how the seeds were found, only that it was not by looking at these RR sets.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    seeds : iterable of labels
        Repeated ones count once.
    k : int, optional
        Compare with the best k seeds; default as many as are given.
    model : {"ic", "lt"}, default "ic"
    probability : str, optional
        A scheme of arc probabilities in place of the graph's own; see `imax.probabilities`.
    epsilon : float, default 0.02
        Sampling ends when both bounds are within about this share of the optimum of what an endless sample would say:
        the lower bound of the estimate, the upper bound of what greedy choice says without a margin for chance.
    delta : float, optional
        Probability with which a bound may fail; default 1 / number of nodes.
    candidates, exclude, include, start, costs, budget, groups, quotas, node_weights
        As in `maximize`: what the best seeds, with which these are compared, have to respect, and what counts.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
    threads, max_memory, time_limit, progress
        As in `maximize`.

    Returns
    -------
    Certificate

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    References
    ----------
    Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018.

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> found = imax.certify(graph, [0, 33], rng=1)
    >>> found.lower_bound <= found.spread <= found.upper_bound
    True
    >>> imax.certify(graph, [11, 12], rng=1).ratio < 0.5 < found.ratio
    True
    """
    if isinstance(seeds, str):
        raise InvalidArgumentError(f"seeds must be an iterable of labels, got the text {seeds!r}")
    labels = list(dict.fromkeys(seeds))
    if not labels:
        raise InvalidArgumentError("seeds is empty; give at least one node")
    if k is None and budget is None and quotas is None:
        k = len(labels)
    problem = make_problem(
        graph, k, model=model, probability=probability, epsilon=epsilon, delta=delta,
        candidates=candidates, exclude=exclude, include=include, start=start, costs=costs, budget=budget, groups=groups,
        quotas=quotas, node_weights=node_weights, rng=rng, threads=threads, max_memory=max_memory,
        time_limit=time_limit, progress=progress,
    )  # fmt: skip
    ids = problem.graph.internal_of(labels, "seeds")
    pair, best, reason, number = validate(problem, ids, problem.epsilon)
    return Certificate(
        spread=best.bounds.spread,
        interval=best.bounds.interval,
        lower_bound=best.bounds.lower,
        upper_bound=best.bounds.upper,
        ratio=best.bounds.ratio,
        n_seeds=len(labels),
        k=problem.constraint.k,
        model=problem.model,
        probability=problem.graph.probability.spec,
        epsilon=problem.epsilon,
        delta=problem.delta,
        start_spread=pair.spread_of_start(),
        n_rr_sets=best.n_sets,
        n_rr_entries=best.n_entries,
        rounds=number,
        stop_reason=reason,
        rng_key=problem.key,
        version=__version__,
        seconds=pair.seconds | {"total": problem.limits.elapsed()},
    )


def validate(
    problem: Problem,
    seeds: NDArray[np.int32],
    precision: float,
    select: CoverAlgorithm = greedy_cover,
) -> tuple[CollectionPair, Round, str, int]:
    """Bound the spread of seeds, and of the question's best, on fresh sets until the bounds are close."""
    pair = CollectionPair(problem, _STREAMS)
    best, reason, number = run_rounds(_rounds(pair, seeds, precision, select))
    return pair, best, reason, number


def _rounds(
    pair: CollectionPair,
    seeds: NDArray[np.int32],
    precision: float,
    select: CoverAlgorithm,
) -> Generator[Round, None, str]:
    q = pair.problem
    schedule = schedule_of(q, q.delta)
    for number in range(1, schedule.rounds + 1):
        count = schedule.first << (number - 1)
        best = pair.round(count, count, q.constraint, schedule.a, seeds=seeds, choice=select)
        yield best
        pair.report(best, number, schedule.rounds, 1.0)
        most = pair.total * best.cover.upper_bound / best.n_selecting
        low = best.bounds.lower >= best.bounds.spread - precision * best.bounds.upper
        if best.cover.upper_bound == 0 and best.covered == 0 and count >= GIVE_UP:
            return NOTHING
        if low and best.bounds.upper * (1.0 - precision) <= most:
            return CLOSE
        pair.check()
    return BOUND
