"""The smallest seed set that reaches a given spread.

Greedy choice on one half of the RR sets gives an order; the shortest prefix that the other half certifies to reach the
target is the answer. Greedy needs at most about ln(target) times as many seeds as the best (Wolsey, Combinatorica
1982), as a rule far fewer; the bound on coverage that certifies OPIM-C, turned about, says how many seeds any set
needs at least.
"""

import dataclasses
import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from ..errors import InvalidArgumentError
from ..ris.bounds import lower_bound, upper_bound, wilson
from ..ris.coverage import Cover, greedy_cover
from .algorithms.opimc import schedule_of
from .base import Bounds, Outcome, Problem
from .rounds import CollectionPair, Round, run_rounds

__all__ = ["reach_target"]

CERTIFIED = "target spread certified"
UNCERTAIN = "target spread not certified"


@dataclass(frozen=True)
class _Prefix(Round):
    """A round, with the number of seeds whose lower bound, and whose estimate, reaches the target; 0 if there is none.

    `close` says that the lower bound of the latter is within a share epsilon of its estimate.
    """

    certified: int
    estimated: int
    close: bool


def reach_target(problem: Problem, target: float) -> Outcome:
    """Select the fewest seeds whose spread certainly is at least `target`."""
    if target > problem.total:
        measure = "number" if problem.weights is None else "weight"
        raise InvalidArgumentError(
            f"target_spread must be at most {problem.total:g}, the {measure} of all nodes, got {target:g}"
        )
    pair = CollectionPair(problem)
    best, reason, number = run_rounds(_rounds(pair, target))
    assert isinstance(best, _Prefix)
    choice = pair.result(best, reason, number, None)
    return dataclasses.replace(choice, min_seeds=best.cover.min_seeds)


def _rounds(pair: CollectionPair, target: float) -> Generator[Round, None, str]:
    q = pair.problem
    schedule = schedule_of(q, q.delta)
    a = schedule.a + math.log(q.constraint.k)  # a lower bound for each prefix
    for number in range(1, schedule.rounds + 1):
        count = schedule.first << (number - 1)
        pair.draw(count, count)
        share = target / pair.total * count
        with pair.clock("index"):
            pair.selection.index()
        with pair.clock("greedy"):
            # beyond the target by what chance and optimism may take away
            goal = math.ceil(share * (1.0 + 4.0 * q.epsilon) + 4.0 * math.sqrt(a * share) + 4.0 * a)
            cover = greedy_cover(pair.selection, q.constraint, goal=goal, need=_need(target, pair, schedule.a))
        if cover.min_seeds > q.constraint.k:
            most = upper_bound(cover.covered, count, pair.total, schedule.a)
            raise InvalidArgumentError(
                f"target_spread {target:g} is out of reach: all {q.constraint.k} nodes that may be seeds reach at most "
                f"{most:.6g} together"
            )
        best = _prefix(pair, cover, target, a)
        pair.have_result = True
        yield best
        pair.report(best, number, schedule.rounds, 1.0)
        if best.certified and (best.certified == best.estimated or best.close):
            return CERTIFIED
        pair.check()
    return CERTIFIED if best.certified else UNCERTAIN


def _need(target: float, pair: CollectionPair, a: float) -> int:
    """Return how many sets, at least, a seed set covers that reaches the target; fails with probability exp(-a)."""
    n_sets = pair.selection.n_sets
    low, high = 0, n_sets
    while low < high:
        middle = (low + high) // 2
        if upper_bound(middle, n_sets, pair.total, a) >= target:
            high = middle
        else:
            low = middle + 1
    return low


def _prefix(pair: CollectionPair, cover: Cover, target: float, a: float) -> _Prefix:
    """Find the first prefixes whose lower bound, and whose estimate, reach the target; judge the former."""
    q, n_sets, total = pair.problem, pair.validation.n_sets, pair.total
    with pair.clock("certify"):
        covered = np.cumsum(pair.validation.first_covered(cover.seeds, q.constraint.start))
    # seeds count themselves, whatever chance does
    own = np.zeros(cover.seeds.size)
    if not q.constraint.start.size:
        own = np.cumsum(np.ones(cover.seeds.size) if q.weights is None else q.weights[cover.seeds])
    lower = np.array([max(lower_bound(int(c), n_sets, total, a), o) for c, o in zip(covered, own, strict=True)])
    estimate = np.maximum(covered * (total / n_sets), own)
    certified = int(np.argmax(lower >= target)) + 1 if (lower >= target).any() else 0
    estimated = int(np.argmax(estimate >= target)) + 1 if (estimate >= target).any() else 0
    close = estimated > 0 and bool(lower[estimated - 1] >= (1.0 - q.epsilon) * estimate[estimated - 1])
    size = certified or estimated or cover.seeds.size
    have = int(covered[size - 1])
    least = float(own[size - 1])
    low, high = wilson(have, n_sets, total)
    interval = max(low, least), max(high, least)
    bounds = Bounds(max(total * have / n_sets, least), interval, float(lower[size - 1]), math.inf)
    gains = cover.gains[:size]
    shorter = Cover(cover.seeds[:size], gains, int(gains.sum()), cover.upper_bound, None, cover.min_seeds)
    return _Prefix(
        shorter, have, bounds, pair.selection.n_sets, pair.n_sets, pair.n_entries, certified, estimated, close
    )
