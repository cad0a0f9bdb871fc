"""Greedy maximum coverage over a collection of RR sets, under any constraint."""

import copy
import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .bounds import whole_bound
from .constraint import Constraint
from .marks import Collection, Marks, Steps

if TYPE_CHECKING:
    from ..kernels.coverage import Chosen, State

__all__ = ["NO_BOUND", "Cover", "CoverAlgorithm", "GreedyState", "greedy_cover", "greedy_steps", "likely_next"]

NO_BOUND = 2**62
_EXPENSIVE = 1 / 8
_N_STARTS = 8  # expensive nodes to try as the first seed
_NEAR_TOP = 255  # entries of a heap among which the next seed is looked for: eight levels
_STAGES = 8  # parts of the choice after which the bound under quotas or a budget is computed
_STEP = 1.01  # between two thresholds of the gain per cost; see `SeedLimits.guarantee`

Seeds: TypeAlias = NDArray[np.int32]
Gains: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Cover:
    """A greedy choice.

    Attributes
    ----------
    seeds : numpy.ndarray of int32
        Internal ids: forced seeds first, then the others in the order of choice.
    gains : numpy.ndarray of int64
        RR sets newly covered by each seed, not counting those that start nodes cover. float64 if seeds may decline: the
        numbers of RR sets are expected ones then.
    covered : int or float
        Sum of the gains.
    upper_bound : int or float
        Upper bound on the RR sets that any seed set covers which the constraint admits.
    upper_bounds : numpy.ndarray of int64 or None
        With `per_size`: entry j is the upper bound for the forced seeds and j + 1 others.
    min_seeds : int
        Lower bound on the number of seeds that cover `need` RR sets.
    seed_groups : numpy.ndarray of int32 or None
        With groups: the group that takes each seed after the forced ones, -1 for none.
    """

    seeds: Seeds
    gains: NDArray[Any]
    covered: float
    upper_bound: float
    upper_bounds: NDArray[np.int64] | None = None
    min_seeds: int = 0
    seed_groups: NDArray[np.int32] | None = None


CoverAlgorithm: TypeAlias = Callable[[Collection, Constraint], Cover]


def _n_kept(k: int) -> int:
    """Return how many nodes of the largest gains greedy keeps in its heap: at least k; found by measurement."""
    return 4 * k + 1024


class GreedyState:
    """Greedy choices on one collection, each from the state in which start nodes and forced seeds are covered.

    Attributes
    ----------
    marks, gain
        That state; see `imax.ris.marks` and `imax.kernels.coverage`.
    forced_gains : numpy.ndarray of int64
        Gains of the forced seeds.
    min_seeds, seed_groups
        Of the last choice, as for `Cover`, without the forced seeds.
    """

    def __init__(self, collection: Collection, constraint: Constraint) -> None:
        self.constraint = constraint
        self.marks: Marks = collection.marks()
        self.gain = collection.degree()
        self.forced_gains = np.empty(constraint.forced.size, dtype=np.int64)
        self.min_seeds = 0
        self.seed_groups: NDArray[np.int32] | None = None
        start_gains = np.empty(constraint.start.size, dtype=np.int64)
        for chosen, gains in ((constraint.start, start_gains), (constraint.forced, self.forced_gains)):
            if chosen.size:
                self.marks.cover(chosen, self.gain, gains)

    def choose(self, n_seeds: int, k: int, bounds: NDArray[np.int64], *, goal: int, need: int) -> tuple[Seeds, Gains]:
        """Choose up to `n_seeds` allowed nodes where only their number is limited; return seeds and gains.

        The kernel lowers `bounds`, a single one for k seeds, or one for each number of seeds.
        """
        from ..kernels import coverage as kernels

        # bounds for each number of seeds, and the number of seeds for a need, may depend on any gain: keep all nodes
        n_kept = self.gain.size + 1 if bounds.size > 1 or need > 0 else _n_kept(max(k, n_seeds))
        tally = np.empty(int(self.gain.max(initial=0)) + 1, dtype=np.int64)
        marks, state = self._state(self.constraint.allowed.copy())
        chosen = kernels.Chosen(np.empty(n_seeds, dtype=np.int32), np.empty(n_seeds, dtype=np.int64))
        kernels.order(n_kept, state, tally, None)

        def step(n: int) -> None:
            kernels.greedy(n, goal, need, k, n_kept, marks.index, state, tally, None, None, chosen, bounds)

        marks.choose(greedy_steps(step, state, chosen, tally), n_seeds)
        self.min_seeds = int(state.number[kernels.MIN_SEEDS])
        n = int(state.number[kernels.N_CHOSEN])
        return chosen.seeds[:n], chosen.gains[:n]

    def choose_in_stages(
        self, stages: list[int], bounds: NDArray[np.int64], *, by_ratio: bool = False, bounded: bool = True
    ) -> tuple[Seeds, Gains]:
        """Choose up to each number of `stages` in turn, under quotas or a budget; return seeds and gains.

        If `bounded`, the single entry of `bounds` is lowered before the first stage and after each one.
        """
        from ..kernels import coverage as kernels

        c = self.constraint
        groups = costs = None
        if c.matroid is not None:
            of_seed = np.empty(stages[-1], dtype=np.int32)
            groups = kernels.Groups(c.matroid.by_ptr, c.matroid.by_group, c.matroid.capacity.copy(), of_seed)
        if c.cost is not None:
            costs = kernels.Costs(c.cost, np.array([c.remaining_budget]), by_ratio)
        marks, state = self._state(c.allowed)
        chosen = kernels.Chosen(np.empty(stages[-1], dtype=np.int32), np.empty(stages[-1], dtype=np.int64))

        def step(n: int) -> None:
            kernels.greedy(n, NO_BOUND, 0, stages[-1], 0, marks.index, state, None, groups, costs, chosen, bounds)

        kernels.order(0, state, None, costs)
        if bounded:
            bounds[0] = min(bounds[0], whole_bound(c.max_gain(state.gain)))
        for stage in stages:
            marks.choose(greedy_steps(step, state, chosen), stage)
            if bounded:
                bounds[0] = min(bounds[0], state.number[kernels.N_COVERED] + whole_bound(c.max_gain(state.gain)))
        n = int(state.number[kernels.N_CHOSEN])
        self.seed_groups = None if groups is None else groups.of_seed[:n]
        return chosen.seeds[:n], chosen.gains[:n]

    def choose_within(
        self, stages: list[int], bounds: NDArray[np.int64], *, by_ratio: bool = False, density: float = 0.0
    ) -> tuple[Seeds, Gains]:
        """Choose up to each number of `stages` in turn, under several limits; return seeds and gains.

        Nodes whose gain is below `density` times their relative cost are chosen last. Without a density the single
        entry of `bounds` is lowered before the first stage and after each one.
        """
        from ..kernels import coverage as kernels
        from ..kernels import limits as within

        c = self.constraint
        assert c.limits is not None
        limits = c.limits.remaining()
        marks, state = self._state(c.allowed)
        chosen = kernels.Chosen(np.empty(stages[-1], dtype=np.int32), np.empty(stages[-1], dtype=np.int64))

        def step(n: int, least: float = 0.0) -> None:
            within.greedy_within(n, by_ratio, least, marks.index, state, limits, chosen)

        if density > 0.0:
            for least in (density, 0.0):
                within.order_within(False, state, limits)
                marks.choose(greedy_steps(partial(step, least=least), state, chosen), stages[-1])
        else:
            bounds[0] = min(bounds[0], whole_bound(c.limits.max_gain(state.gain)))
            within.order_within(by_ratio, state, limits)
            for stage in stages:
                marks.choose(greedy_steps(step, state, chosen), stage)
                bound = state.number[kernels.N_COVERED] + whole_bound(c.limits.max_gain(state.gain))
                bounds[0] = min(bounds[0], bound)
        n = int(state.number[kernels.N_CHOSEN])
        return chosen.seeds[:n], chosen.gains[:n]

    def starting_with(self, seed: int) -> "tuple[GreedyState, int]":
        """Return the choices that follow a seed, within the budget that is left, and the gain of the seed."""
        c = self.constraint
        assert c.cost is not None
        after = copy.copy(self)
        allowed = c.allowed.copy()
        allowed[seed] = False
        left = c.remaining_budget - float(c.cost[seed])
        after.constraint = dataclasses.replace(c, k=c.k - 1, allowed=allowed, remaining_budget=left)
        after.marks, after.gain = self.marks.copy(), self.gain.copy()
        gain = np.empty(1, dtype=np.int64)
        after.marks.cover(np.array([seed], dtype=np.int32), after.gain, gain)
        return after, int(gain[0])

    def _state(self, allowed: NDArray[np.bool_]) -> "tuple[Marks, State]":
        """Return marks and a state for a choice."""
        from ..kernels.coverage import N_NUMBERS, State

        marks = self.marks.copy()
        return marks, State(
            covered=marks.covered,
            gain=self.gain.copy(),
            allowed=allowed,
            heap=np.empty(self.gain.size, dtype=np.int64),
            number=np.zeros(N_NUMBERS, dtype=np.int64),
        )


def greedy_steps(
    run: Callable[[int], Any], state: "State", chosen: "Chosen", tally: NDArray[np.int64] | None = None
) -> Steps:
    """Return the steps of a greedy kernel."""
    from ..kernels.coverage import HEAP_SIZE, N_CHOSEN, subtract

    return Steps(
        run,
        chosen.seeds,
        chosen.gains,
        lambda: int(state.number[N_CHOSEN]),
        lambda nodes, counts: subtract(nodes, counts, state, tally),
        lambda n: likely_next(state.heap[: min(_NEAR_TOP + 16 * n, int(state.number[HEAP_SIZE]))], state.gain, n),
    )


def likely_next(heap: NDArray[np.int64], gain: NDArray[np.int32], n: int) -> list[int]:
    """Return up to n nodes with large gains, among the entries at the top of a heap."""
    nodes = gain.size - 1 - (heap & 0xFFFFFFFF)
    best = nodes[np.lexsort((nodes, -gain[nodes]))]
    return [int(node) for node in best[:n] if gain[node] > 0]


def _start_with_each(state: GreedyState, seeds: Seeds, gains: Gains) -> tuple[Seeds, Gains]:
    """Return a better choice than these seeds that starts with one of the expensive nodes, if there is any.

    Greedy choice can be far from the optimum if a node uses up much of the budget and blocks a better combination. So
    each of the `_N_STARTS` nodes with the largest gains among those that cost more than a share `_EXPENSIVE` of the
    budget is tried as the first seed, followed by both greedy orders.
    """
    c = state.constraint
    assert c.cost is not None
    expensive = c.allowed & (c.cost > _EXPENSIVE * c.remaining_budget) & (c.cost <= c.remaining_budget)
    nodes = np.flatnonzero(expensive & (state.gain > 0))
    nodes = nodes[np.argsort(-state.gain[nodes], kind="stable")][:_N_STARTS]
    for node in nodes.tolist():
        after, gain = state.starting_with(node)
        rest = after.constraint
        if gain + rest.max_gain(after.gain) <= gains.sum():
            continue
        free = min(rest.free, int(rest.allowed.sum()))
        nothing = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
        for by_ratio in (False, True):
            more = after.choose_in_stages([free], _unused(), by_ratio=by_ratio, bounded=False) if free else nothing
            if gain + more[1].sum() > gains.sum():
                seeds = np.concatenate([np.array([node], dtype=np.int32), more[0]])
                gains = np.concatenate([np.array([gain], dtype=np.int64), more[1]])
    return seeds, gains


def _choose_within(state: GreedyState, stages: list[int], bounds: NDArray[np.int64], base: int) -> tuple[Seeds, Gains]:
    """Return the best choice found under several limits: by gain, by gain per cost, and above thresholds.

    The thresholds of the gain per relative cost are those of Badanidiyuru and Vondrak, between those of the coverage
    found and of its upper bound. They are tried only if the other choices are not known to reach the guarantee.
    """
    limits = state.constraint.limits
    assert limits is not None
    seeds, gains = state.choose_within(stages, bounds)
    if not limits.n_budgets:
        return seeds, gains
    seeds, gains = _better((seeds, gains), state.choose_within(stages, bounds, by_ratio=True))
    if limits.guarantee == 0.0 or base + gains.sum() >= limits.guarantee * (base + bounds[0]):
        return seeds, gains
    share = 2.0 / (2.0 + 2.0 * limits.n_budgets)
    density, last = share * max(float(gains.sum()), 1.0) / _STEP, share * float(bounds[0])
    while density <= last:
        seeds, gains = _better((seeds, gains), state.choose_within(stages, bounds, density=density))
        density *= _STEP
    return seeds, gains


def _better(one: tuple[Seeds, Gains], other: tuple[Seeds, Gains]) -> tuple[Seeds, Gains]:
    """Return the choice that covers more, the first of equals."""
    return other if other[1].sum() > one[1].sum() else one


def _unused() -> NDArray[np.int64]:
    """Return the argument for bounds that are not computed."""
    return np.full(1, NO_BOUND, dtype=np.int64)


def greedy_cover(
    collection: Collection,
    constraint: Constraint,
    *,
    k: int | None = None,
    per_size: bool = False,
    goal: int = NO_BOUND,
    need: int = 0,
    prefixes: bool = True,
) -> Cover:
    """Choose seeds greedily: each covers the largest number of RR sets not yet covered.

    Ties go to the smaller internal id. With a budget the choice is the better of two, by gain and by gain per cost
    (Leskovec et al., KDD 2007), or a still better one that starts with one of a few expensive nodes. Under several
    limits together it is the better of the two, or a still better one if they do not reach the guarantee. The upper
    bound is the minimum, over the greedy prefixes, of the prefix's coverage plus a bound on what the remaining gains
    can add (Tang et al., SIGMOD 2018). It is never above greedy coverage divided by the guarantee of greedy.

    Parameters
    ----------
    collection : RRCollection or RemoteCollection
    constraint : Constraint
    k : int, optional
        Number of allowed nodes, besides the forced seeds, that the upper bound is for. Default: as many as are chosen.
    per_size : bool, default False
        Whether to compute upper bounds for each number of allowed nodes, up to the number of chosen ones.
    goal : int, optional
        Stop once this many RR sets are covered.
    need : int, optional
        Compute a lower bound on the number of seeds that cover this many RR sets.
    prefixes : bool, default True
        With groups or a budget: False computes the upper bound from the guarantee of greedy alone.

    Returns
    -------
    Cover
    """
    c = constraint
    state = GreedyState(collection, c)
    base = int(state.forced_gains.sum())
    greedy_covered = None  # with a budget: what the two greedy choices cover, which their guarantee is about
    free = min(c.free, int(c.allowed.sum()))
    bounds = np.full(max(free, 1) if per_size else 1, NO_BOUND, dtype=np.int64)
    if free == 0:
        bounds[0] = 0 if k is None else whole_bound(c.max_gain(state.gain, k))
        state.seed_groups = None if c.matroid is None else np.empty(0, dtype=np.int32)
        seeds, gains = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
    elif c.limits is not None:
        stages = sorted({math.ceil(free * part / _STAGES) for part in range(1, _STAGES + 1)})
        seeds, gains = _choose_within(state, stages, bounds, base)
    elif c.cost is None and c.matroid is None:
        seeds, gains = state.choose(free, free if k is None else k, bounds, goal=goal - base, need=need - base)
    else:
        stages = sorted({math.ceil(free * part / _STAGES) for part in range(1, _STAGES + 1)})
        seeds, gains = state.choose_in_stages(stages, bounds, bounded=prefixes)
        if c.cost is not None:
            other = state.choose_in_stages(stages, bounds, by_ratio=True)
            if other[1].sum() > gains.sum():
                seeds, gains = other
            greedy_covered = base + int(gains.sum())
            if c.matroid is None:
                seeds, gains = _start_with_each(state, seeds, gains)
    covered = base + int(gains.sum())
    bound = base + int(bounds[-1])
    if k is None and goal == NO_BOUND and c.guarantee > 0.0:
        bound = min(bound, whole_bound((greedy_covered if greedy_covered is not None else covered) / c.guarantee))
    return Cover(
        np.concatenate([c.forced, seeds]),
        np.concatenate([state.forced_gains, gains]),
        covered,
        bound,
        base + bounds[: seeds.size] if per_size else None,
        c.forced.size + state.min_seeds,
        state.seed_groups,
    )
