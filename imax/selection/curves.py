"""Spread and bounds for every number of seeds up to the largest, from one selection."""

import math
from collections.abc import Callable, Generator, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from ..results import CurveResult
from ..ris.bounds import GREEDY, lower_bound, upper_bound, wilson
from ..ris.coverage import Cover, greedy_cover
from .algorithms.opimc import schedule_of
from .base import DEFAULT_EPSILON, Bounds, Problem, Progress
from .problem import NodeValues, make_problem
from .rounds import BOUND, REACHED, CollectionPair, Round, run_rounds

__all__ = ["curve"]


@dataclass(frozen=True)
class _Whole(Round):
    """A round with the bounds of every prefix."""

    prefix_bounds: list[Bounds]


def curve(
    graph: Any,
    k_max: int,
    *,
    model: str = "ic",
    probability: str | None = None,
    epsilon: float = DEFAULT_EPSILON,
    delta: float | None = None,
    candidates: Iterable[Hashable] | None = None,
    exclude: Iterable[Hashable] | None = None,
    start: Iterable[Hashable] | None = None,
    node_weights: NodeValues | None = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], Any] | None = None,
) -> CurveResult:
    """Choose seeds once, and tell the spread of the first k and its bounds for every k up to `k_max`.

    Greedy choice gives an order: its first k seeds are what it would give for k. The bounds are OPIM-C's with the
    failure probability shared out over all k, so that the whole curve holds.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    k_max : int
        The most seeds.
    model, probability, candidates, exclude, start, node_weights, rng, threads, max_memory, time_limit, progress
        As in `maximize`.
    epsilon : float, default 0.01
        As in `maximize`, for `k_max` seeds.
    delta : float, optional
        Probability with which any of the bounds may fail; default 1 / number of nodes.

    Returns
    -------
    CurveResult

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    References
    ----------
    Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018.

    Examples
    --------
    >>> import imax
    >>> found = imax.curve(imax.datasets.load("karate"), 5, rng=1)
    >>> len(found), found.spread == sorted(found.spread)
    (5, True)
    >>> all(low <= high for low, high in zip(found.lower_bound, found.upper_bound))
    True
    """
    if k_max is None:
        raise InvalidArgumentError("k_max is missing: say how many seeds at most")
    problem = make_problem(
        graph, k_max, model=model, probability=probability, epsilon=epsilon, delta=delta, candidates=candidates,
        exclude=exclude, start=start, node_weights=node_weights, rng=rng, threads=threads, max_memory=max_memory,
        time_limit=time_limit, progress=progress,
    )  # fmt: skip
    pair = CollectionPair(problem)
    best, reason, number = run_rounds(_rounds(pair))
    assert isinstance(best, _Whole)
    each = best.prefix_bounds
    return CurveResult(
        seeds=problem.graph.labels_of(best.cover.seeds),
        gains=(best.cover.gains * (pair.total / best.n_selecting)).tolist(),
        spread=[b.spread for b in each],
        low=[b.interval[0] for b in each],
        high=[b.interval[1] for b in each],
        lower_bound=[b.lower for b in each],
        upper_bound=[b.upper for b in each],
        ratio=[b.ratio for b in each],
        k_max=problem.constraint.k,
        model=problem.model,
        probability=problem.graph.probability.spec,
        epsilon=problem.epsilon,
        delta=problem.delta,
        n_nodes=problem.graph.n_nodes,
        n_rr_sets=best.n_sets,
        n_rr_entries=best.n_entries,
        rounds=number,
        stop_reason=reason,
        rng_key=problem.key,
        version=__version__,
        seconds=pair.seconds | {"total": problem.limits.elapsed()},
    )


def _rounds(pair: CollectionPair) -> Generator[Round, None, str]:
    q: Problem = pair.problem
    target = GREEDY - q.epsilon
    schedule = schedule_of(q, q.delta)
    a = schedule.a + math.log(q.constraint.k)
    for number in range(1, schedule.rounds + 1):
        count = schedule.first << (number - 1)
        pair.draw(count, count)
        with pair.clock("index"):
            pair.selection.index()
        with pair.clock("greedy"):
            cover = greedy_cover(pair.selection, q.constraint, per_size=True)
        with pair.clock("certify"):
            covered = np.cumsum(pair.validation.first_covered(cover.seeds, q.constraint.start))
        each = _bounds(pair, cover, covered, a)
        pair.have_result = True
        best = _Whole(cover, int(covered[-1]), each[-1], count, pair.n_sets, pair.n_entries, each)
        yield best
        pair.report(best, number, schedule.rounds, target)
        if best.bounds.ratio >= target and best.settled(q.epsilon):
            return REACHED
        pair.check()
    return BOUND


def _bounds(pair: CollectionPair, cover: Cover, covered: NDArray[np.int64], a: float) -> list[Bounds]:
    """Return the bounds of every prefix."""
    assert cover.upper_bounds is not None
    found = []
    n_sets, total = pair.validation.n_sets, pair.total
    reached = np.cumsum(cover.gains)
    for have, most, own in zip(covered.tolist(), cover.upper_bounds.tolist(), reached.tolist(), strict=True):
        found.append(
            Bounds(
                spread=total * have / n_sets,
                interval=wilson(have, n_sets, total),
                lower=lower_bound(have, n_sets, total, a),
                upper=upper_bound(min(most, int(own / GREEDY)), pair.selection.n_sets, total, a),
            )
        )
    return found
