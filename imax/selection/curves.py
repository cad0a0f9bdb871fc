"""`curve`: spread and bounds for every number of seeds up to a maximum, from one selection."""

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils.streams import RNG
from ..diffusion.deadline import Deadline
from ..errors import InvalidArgumentError
from ..results import CurveResult
from ..ris.bounds import GREEDY
from ..ris.coverage import Cover, greedy_cover
from .algorithms.opim_c import schedule_of
from .constraints import Constraints, NodeValues
from .outcome import REACHED, UNSETTLED, Bounds
from .problem import DEFAULT_EPSILON, ProgressFunction, make_problem
from .rounds import CollectionPair, Round, Settling, doubling_rounds, run_rounds

__all__ = ["curve"]


@dataclass(frozen=True)
class _PrefixRound(Round):
    """A round with the bounds of every prefix of the seeds."""

    prefix_bounds: list[Bounds]


def curve(
    graph: Any,
    k_max: int,
    *,
    model: str = "ic",
    probability: str | None = None,
    epsilon: float = DEFAULT_EPSILON,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: ProgressFunction | None = None,
    **constraints: Unpack[Constraints],
) -> CurveResult:
    """Choose seeds once, and give the spread and bounds of the first k of them for every k up to `k_max`.

    Greedy selection gives an order: its first k seeds are the greedy choice for k. The bounds are those of OPIM-C, with
    the failure probability divided among all k, so that the whole curve holds.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    k_max : int
        Maximum number of seeds.
    model, probability, node_weights, rng, threads, max_memory, time_limit, progress
        As in `maximize`.
    epsilon : float, default 0.01
        As in `maximize`, for `k_max` seeds.
    delta : float, optional
        Probability that any of the bounds is wrong; default 1 / n_nodes.
    **constraints
        `candidates`, `exclude`, `start`, `max_steps`, `deadline` and `delay` as in `maximize`.

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
        raise InvalidArgumentError("k_max is missing: give the maximum number of seeds", argument="k_max")
    for name in ("include", "costs", "budget", "groups", "quotas"):
        if constraints.get(name) is not None:
            raise InvalidArgumentError(
                f"{name} is not supported by curve; it supports candidates, exclude and start", argument=name
            )
    problem = make_problem(
        graph, k_max, constraints, function="curve", probability=probability, node_weights=node_weights, rng=rng,
        progress=progress, model=model, epsilon=epsilon, delta=delta, threads=threads, max_memory=max_memory,
        time_limit=time_limit,
    )  # fmt: skip
    pair = CollectionPair(problem)
    best, reason, number = run_rounds(_rounds(pair))
    assert isinstance(best, _PrefixRound)
    prefixes = best.prefix_bounds
    return CurveResult(
        seeds=problem.graph.labels_of(best.cover.seeds),
        gains=(best.cover.gains * (pair.total / best.n_selecting)).tolist(),
        spread=[b.spread for b in prefixes],
        low=[b.interval[0] for b in prefixes],
        high=[b.interval[1] for b in prefixes],
        lower_bound=[b.lower for b in prefixes],
        upper_bound=[b.upper for b in prefixes],
        ratio=[b.ratio for b in prefixes],
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
        notes=list(problem.notes),
        seconds=pair.seconds | {"total": problem.limits.elapsed()},
        **Deadline.facts(problem.deadline),
    )


def _rounds(pair: CollectionPair) -> Generator[Round, None, str]:
    q = pair.problem
    target = GREEDY - q.epsilon
    schedule = schedule_of(q, q.delta)
    a = schedule.a + math.log(q.constraint.k)
    settling = Settling()

    def make_round(number: int, count: int) -> Round:
        pair.draw(count, count)
        with pair.clock("index"):
            pair.selection.index()
        with pair.clock("greedy"):
            cover = greedy_cover(pair.selection, q.constraint, per_size=True)
        with pair.clock("certify"):
            covered = np.cumsum(pair.validation.first_covered(cover.seeds, q.constraint.start))
        prefixes = _bounds(pair, cover, covered, a, number)
        pair.have_result = True
        known = pair.known(float(pair.own_weights(cover.seeds).sum()))
        n_selecting = pair.selection.n_sets
        return _PrefixRound(
            cover, int(covered[-1]), known, prefixes[-1], n_selecting, pair.n_sets, pair.n_entries, prefixes
        )

    def stop(best: Round) -> str | None:
        if best.bounds.ratio < target:
            return None
        return settling.stop(best, best.settled(q.epsilon), REACHED, UNSETTLED)

    return doubling_rounds(pair, schedule, make_round, stop, target=target)


def _bounds(pair: CollectionPair, cover: Cover, covered: NDArray[np.int64], a: float, look: int) -> list[Bounds]:
    """Return the bounds of every prefix."""
    assert cover.upper_bounds is not None
    own = np.cumsum(pair.own_weights(cover.seeds))
    candidates = np.flatnonzero(pair.problem.constraint.allowed).astype(np.int32)
    min_spread = np.cumsum(-np.sort(-pair.own_weights(candidates)))[: own.size]  # of the best seeds of each number
    limits = np.minimum(cover.upper_bounds, (np.cumsum(cover.gains) / GREEDY).astype(np.int64))
    optimum_own = pair.optimum_own_weights()[1 : own.size + 1]
    numbers = zip(
        covered.tolist(), limits.tolist(), own.tolist(), min_spread.tolist(), optimum_own.tolist(), strict=True
    )
    return [
        pair.bounds(have, limit, a, look, own=weight, min_spread=min(best, pair.total), optimum_own=least)
        for have, limit, weight, best, least in numbers
    ]
