"""`minimize_seeds`: choose as few seeds as possible whose spread reaches a target.

Greedy selection on one collection of RR sets gives an order. The answer is the shortest prefix that the validation
collection certifies to reach the target. Greedy needs at most about ln(target) times as many seeds as the optimum
(Wolsey, Combinatorica 1982), usually far fewer. The bound of the coverage that certifies OPIM-C also gives a lower
bound of the number of seeds that any seed set needs.

Sampling ends when the two numbers are equal. Otherwise it ends when the estimates are precise. That the answer is
certified is not a reason to stop: any target_spread nodes reach themselves. The certificate itself holds in every
round, so the stopping rule does not affect the failure probability.
"""

import dataclasses
import math
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.progress import Switch, followed
from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from ..results import SelectionResult
from ..ris.bounds import MAX_ROUNDS, OpimSchedule, level_of_look, log_binomial, lower_bound, opim_schedule, upper_bound
from ..ris.coverage import Cover, greedy_cover
from .common_seed import CommonSeed, find_common_seed
from .constraints import Constraints, NodeValues
from .doubling import doubling_rounds, run_rounds
from .group_limits import ROUNDING
from .make_result import make_result
from .outcome import BOUND, Outcome
from .problem import DEFAULT_EPSILON, Problem, make_problem, on_cluster, selecting
from .rounds import CollectionPair
from .settling import Round

__all__ = ["minimize_seeds"]

CERTIFIED = "target spread certified"
UNCERTAIN = "target spread not certified"


@followed(selecting)
def minimize_seeds(
    graph: Any,
    target_spread: float,
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
    progress: Switch = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> SelectionResult:
    """Choose as few seeds as possible whose spread certainly reaches a target.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    target_spread : float
        Spread to reach, at most the number (or total weight) of all nodes.
    model, probability, node_weights, rng, threads, max_memory, time_limit, progress
        As in `maximize`.
    epsilon : float, default 0.01
        Precision of the estimates at which sampling stops if the number of seeds is not proved to be the smallest.
    delta : float, optional
        Probability that the certificate is wrong; default 1 / n_nodes.
    client : distributed.Client, optional
        Draw and hold the RR sets on the workers of a Dask cluster; the result is the same. See :doc:`/how-to/cluster`.
    **constraints
        `candidates`, `exclude`, `include`, `start`, `max_steps`, `deadline` and `delay` as in `maximize`.

    Returns
    -------
    SelectionResult
        With ``min_seeds``: no smaller seed set reaches the target, except with probability `delta`.

    Raises
    ------
    InvalidArgumentError
        Also if all candidates together do not reach the target.
    InvalidGraphError, UnknownNodeError

    References
    ----------
    Wolsey: An Analysis of the Greedy Algorithm for the Submodular Set Covering Problem. Combinatorica 1982.

    Examples
    --------
    >>> import imax
    >>> found = imax.minimize_seeds(imax.datasets.load("karate"), 20, rng=1)
    >>> found.lower_bound >= 20, found.min_seeds <= len(found)
    (True, True)
    """
    for name in ("costs", "budget", "groups", "quotas", "group_budgets"):
        if constraints.get(name) is not None:
            raise InvalidArgumentError(
                f"{name} is not supported by minimize_seeds, which decides the number of seeds by the target spread",
                argument=name,
            )
    target = check.positive(target_spread, "target_spread")
    problem = make_problem(
        graph, None, constraints, function="minimize_seeds", probability=probability, node_weights=node_weights,
        rng=rng, progress=progress, any_size=True, model=model, epsilon=epsilon, delta=delta, threads=threads,
        max_memory=max_memory, time_limit=time_limit,
    )  # fmt: skip
    with on_cluster(problem, client) as placed:
        return make_result(placed, _reach(placed, target), "opim-c", target_spread=target)


@dataclass(frozen=True)
class _Prefix(Round):
    """A round on the shortest prefixes of the greedy order that reach the target.

    Attributes
    ----------
    certified, estimated : int
        Number of seeds whose lower bound, or whose estimate, reaches the target; 0 if there is none.
    min_seeds : int
        Lower bound of the number of seeds of any seed set that reaches the target.
    close : bool
        Whether the lower bound of the estimated prefix, by RR sets alone, is within a share epsilon of its
        estimate.
    """

    certified: int
    estimated: int
    min_seeds: int
    close: bool

    def precise(self, epsilon: float) -> bool:
        """Whether more RR sets would hardly change the number of seeds.

        The own weight of the seeds is a lower bound of their spread for any choice, also for an arbitrary one on few RR
        sets. Therefore a certified prefix is not enough.
        """
        return self.settled(epsilon) and (self.certified == self.estimated or self.close)


def _reach(problem: Problem, target: float) -> Outcome:
    """Select the fewest seeds whose spread certainly is at least `target`."""
    if target > problem.total * ROUNDING:
        measure = "number" if problem.weights is None else "weight"
        raise InvalidArgumentError(
            f"target_spread must be at most {problem.total:g}, the {measure} of all nodes, got {target:g}",
            argument="target_spread",
        )
    target = min(target, problem.total)
    began = time.perf_counter()
    common = find_common_seed(problem, tight=False) if problem.constraint.free > 1 else CommonSeed.none()
    seconds = {"pilot": time.perf_counter() - began}
    pair = CollectionPair(problem, sentinels=(common.ends, common.ends), why=common.why)
    best, reason, number = run_rounds(_rounds(pair, target, common))
    assert isinstance(best, _Prefix)
    if reason == BOUND:
        reason = CERTIFIED if best.certified else UNCERTAIN
    outcome = pair.result(best, reason, number, None)
    return dataclasses.replace(outcome, min_seeds=best.min_seeds, seconds=seconds | outcome.seconds)


def _rounds(pair: CollectionPair, target: float, common: CommonSeed) -> Generator[Round, None, str]:
    q = pair.problem
    schedule = _schedule(q, target)
    # one lower bound per prefix: that of j seeds fails with a share 1 / (j * (1 + 1/2 + ... + 1/k)) of exp(-a)
    sizes = np.arange(1.0, q.constraint.k + 1.0)
    a = schedule.a + np.log(sizes) + math.log(float((1.0 / sizes).sum()))

    def make_round(number: int, count: int) -> Round:
        pair.draw(count, count)
        n_sets = pair.selection.n_sets
        share = target / pair.total * n_sets
        with pair.clock("index"):
            pair.selection.build_index()
        with pair.clock("greedy"):
            # beyond the target by what chance and optimism may take away
            goal = math.ceil(share * (1.0 + 4.0 * q.epsilon) + 4.0 * math.sqrt(a[-1] * share) + 4.0 * a[-1])
            cover = greedy_cover(
                pair.selection,
                common.constraint(q.constraint),
                goal=goal,
                need=_need(target, pair, schedule.a + pair.extra),
            )
        if cover.min_seeds > q.constraint.k:
            reached = upper_bound(cover.covered, n_sets, pair.total, schedule.a + pair.extra)
            raise InvalidArgumentError(
                f"target_spread {target:g} cannot be reached: all {q.constraint.k} nodes that may be seeds reach at "
                f"most {reached:.6g} together; lower it",
                argument="target_spread",
            )
        # a first seed that sets end at may be one seed more than needed
        cover = dataclasses.replace(cover, min_seeds=cover.min_seeds - common.seeds.size)
        pair.have_result = True
        return _prefix(pair, cover, target, a, number)

    def stop(best: Round) -> str | None:
        assert isinstance(best, _Prefix)
        optimal = best.certified <= best.min_seeds
        return CERTIFIED if best.certified and (optimal or best.precise(q.epsilon)) else None

    return doubling_rounds(pair, schedule, make_round, stop, target=1.0)


def _schedule(problem: Problem, target: float) -> OpimSchedule:
    """Return the schedule of OPIM-C for an optimum that is the target, starting from few RR sets.

    Many seeds may be needed only if the spread of each is small, so the first round does not wait for them. The bounds
    hold for any number of RR sets; the last round has as many as OPIM-C needs to choose among all seed sets.
    """
    c = problem.constraint
    options = problem.total, min(target, problem.total), problem.epsilon, problem.delta, c.guarantee
    n, needed = int(c.allowed.sum()), _enough(problem, target)
    largest, smallest = (opim_schedule(log_binomial(n, size), *options) for size in (min(needed, n // 2), 0))
    more = math.ceil(math.log2(largest.first / smallest.first))
    rounds = min(largest.rounds + more, MAX_ROUNDS)
    return OpimSchedule(smallest.first, rounds, math.log(3.0 * rounds / problem.delta))


def _enough(problem: Problem, target: float) -> int:
    """Return a number of seeds whose own weight reaches the target for some seed set; all of them if none is known."""
    c = problem.constraint
    n = int(c.allowed.sum())
    if c.start.size:
        return n
    weights = np.ones(c.allowed.size) if problem.weights is None else problem.weights
    own = float(weights[c.forced].sum()) + np.cumsum(-np.sort(-weights[c.allowed]))
    return min(int(np.searchsorted(own, target / ROUNDING)) + 1, n)


def _need(target: float, pair: CollectionPair, a: float) -> int:
    """Return how many sets any seed set with the target spread covers at least, except with probability exp(-a)."""
    n_sets = pair.selection.n_sets
    low, high = 0, n_sets
    while low < high:
        middle = (low + high) // 2
        if upper_bound(middle, n_sets, pair.total, a) >= target:
            high = middle
        else:
            low = middle + 1
    return low


def _prefix(pair: CollectionPair, cover: Cover, target: float, a: NDArray[np.float64], number: int) -> _Prefix:
    """Find the shortest prefixes whose lower bound, and whose estimate, reach the target; bound the former."""
    q, n_sets, total = pair.problem, pair.validation.n_sets, pair.total
    with pair.clock("certify"):
        covered = np.cumsum(pair.validation.first_covered(cover.seeds, q.constraint.start))
    own = np.cumsum(pair.own_weights(cover.seeds))
    target /= ROUNDING  # the total is a sum of the same weights in another order
    enough = int(np.searchsorted(own, target)) + 1  # seeds whose own weight reaches the target
    covered, own = covered[:enough], own[:enough]
    known = [pair.known(weight) for weight in own.tolist()]
    numbers = list(zip(covered.tolist(), (a + pair.extra).tolist(), known, strict=False))
    by_sets = np.array([lower_bound(c, n_sets, total, level) for c, level, _ in numbers])
    lower = np.maximum([lower_bound(c, n_sets, total, level, sure) for c, level, sure in numbers], own)
    estimate = np.maximum(covered * (total / n_sets), own)
    certified = int(np.argmax(lower >= target)) + 1 if (lower >= target).any() else 0
    estimated = int(np.argmax(estimate >= target)) + 1 if (estimate >= target).any() else 0
    close = estimated > 0 and bool(by_sets[estimated - 1] >= (1.0 - q.epsilon) * estimate[estimated - 1])
    size = certified or estimated or cover.seeds.size
    have = int(covered[size - 1])
    at = size - 1
    # the validation collection also decides the size: see docs/explanation/algorithms
    level = level_of_look(number)
    bounds = pair.bounds(have, 0, float(a[at]), level, own=float(own[at]), min_spread=math.inf)
    gains = cover.gains[:size]
    shorter = Cover(cover.seeds[:size], gains, int(gains.sum()), cover.upper_bound)
    return _Prefix(
        shorter, have, 0, bounds, pair.selection.n_sets, pair.n_sets, pair.n_entries, certified, estimated,
        max(cover.min_seeds, q.constraint.forced.size, 1), close,
    )  # fmt: skip
