"""Greedy maximum coverage over a collection of RR sets, under any constraint, and round robin over groups."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .collection import RRCollection
from .constraint import Constraint
from .matroid import Heaps

__all__ = ["Cover", "CoverAlgorithm", "greedy_cover", "round_robin_cover"]

_ALL = 2**62
_STAGES = 8  # after how many parts of the choice the bound under quotas or a budget is computed


@dataclass(frozen=True)
class Cover:
    """A greedy choice.

    Attributes
    ----------
    seeds : numpy.ndarray of int32
        Internal ids, forced ones first, then in the order of choice.
    gains : numpy.ndarray of int64
        Sets newly covered by each, after those that start nodes cover.
    covered : int
        The sum of the gains.
    upper_bound : int
        No seeds that the constraint admits cover more sets than this.
    upper_bounds : numpy.ndarray of int64 or None
        Entry j: no forced seeds and j + 1 allowed ones cover more sets than this. Where it was asked for.
    min_seeds : int
        At least this many seeds are needed to cover what `need` asked for.
    seed_groups : numpy.ndarray of int32 or None
        The group that took each seed after the forced ones, where there are groups; -1 for none.
    """

    seeds: NDArray[np.int32]
    gains: NDArray[np.int64]
    covered: int
    upper_bound: int
    upper_bounds: NDArray[np.int64] | None = None
    min_seeds: int = 0
    seed_groups: NDArray[np.int32] | None = None


CoverAlgorithm: TypeAlias = Callable[[RRCollection, Constraint], Cover]


def _kept(k: int) -> int:
    """Return how many nodes of large gains greedy looks at first: at least k; by measurement."""
    return 4 * k + 1024


class _Greedy:
    """The kernels' arguments on one collection, from a state in which start and forced nodes are covered."""

    def __init__(self, collection: RRCollection, constraint: Constraint) -> None:
        from ..kernels.coverage import cover

        self.constraint = constraint
        self.ptr, self.sets = collection.index()
        self.offsets, self.nodes = collection.offsets, collection.nodes
        self.covered = np.zeros(collection.n_sets, dtype=np.bool_)
        self.gain = collection.degree()
        self.min_seeds = 0
        self.seed_groups: NDArray[np.int32] | None = None
        self.forced = np.empty(constraint.forced.size, dtype=np.int64)
        for chosen, gains in ((constraint.start, np.empty_like(constraint.start, dtype=np.int64)),
                              (constraint.forced, self.forced)):  # fmt: skip
            if chosen.size:
                cover(chosen, self.ptr, self.sets, self.offsets, self.nodes, self.covered, self.gain, gains)

    def run(
        self,
        stages: list[int],
        k: int,
        bounds: NDArray[np.int64],
        *,
        goal: int = _ALL,
        need: int = 0,
        by_ratio: bool = False,
        bounded: bool = True,
    ) -> Any:
        """Choose up to each number of `stages` in turn; return the seeds and their gains.

        Where the kernel cannot tell the bound, it is computed before the first stage and after each, if `bounded`.
        """
        from ..kernels.coverage import greedy, order

        c = self.constraint
        covered, gain = self.covered.copy(), self.gain.copy()
        plain = c.cost is None and c.matroid is None
        allowed, kept, tally = c.allowed, 0, None
        if plain:
            allowed = allowed.copy()
            tally = np.empty(int(gain.max(initial=0)) + 1, dtype=np.int64)
            # each number of nodes, or the fewest for a need, may ask for any gain: more than there are is all
            kept = gain.size + 1 if bounds.size > 1 or need > 0 else _kept(max(k, stages[-1]))
        by_ptr = by_group = capacity = seed_groups = None
        if c.matroid is not None:
            by_ptr, by_group, capacity = c.matroid.by_ptr, c.matroid.by_group, c.matroid.capacity.copy()
            seed_groups = np.empty(stages[-1], dtype=np.int32)
        remaining_budget = None if c.cost is None else np.array([c.remaining_budget])
        heap = np.empty(gain.size, dtype=np.int64)
        state = np.zeros(6, dtype=np.int64)
        picks = stages[-1]
        seeds, gains = np.empty(picks, dtype=np.int32), np.empty(picks, dtype=np.int64)
        order(gain, allowed, c.cost, by_ratio, kept, tally, heap, state)
        bounded &= not plain
        if bounded:
            bounds[0] = min(bounds[0], c.max_gain(gain))
        for stage in stages:
            greedy(
                stage, goal, need, k, kept, self.ptr, self.sets, self.offsets, self.nodes, covered, gain, allowed,
                by_ptr, by_group, capacity, seed_groups, c.cost, by_ratio, remaining_budget, tally, heap,
                state, seeds, gains, bounds,
            )  # fmt: skip
            if bounded:
                bounds[0] = min(bounds[0], state[3] + c.max_gain(gain))
        self.min_seeds = int(state[4])
        self.seed_groups = None if seed_groups is None else seed_groups[: state[2]]
        return seeds[: state[2]], gains[: state[2]]


def greedy_cover(
    collection: RRCollection,
    constraint: Constraint,
    *,
    k: int | None = None,
    per_size: bool = False,
    goal: int = _ALL,
    need: int = 0,
    prefixes: bool = True,
) -> Cover:
    """Choose seeds, each covering the most sets that are left; ties go to the smaller internal id.

    With a budget it is the better of two such choices, by gain and by gain per cost (Leskovec et al., KDD 2007). The
    bound `most` is the least, over the greedy prefixes, of the prefix's coverage plus the most that gains left could
    add (Tang et al., SIGMOD 2018), and never above coverage divided by what greedy guarantees.

    Parameters
    ----------
    collection : RRCollection
    constraint : Constraint
    k : int, optional
        Bound what forced nodes and this many allowed ones cover, in place of as many as are chosen.
    per_size : bool, default False
        Bound it for each number of allowed nodes up to those chosen too.
    goal : int, optional
        Stop once this many sets are covered.
    need : int, optional
        Say how many seeds at least it takes to cover this many sets.
    prefixes : bool, default True
        With groups: False bounds by what greedy guarantees alone.
    """
    c = constraint
    state = _Greedy(collection, c)
    base = int(state.forced.sum())
    free = min(c.free, int(c.allowed.sum()))
    bounds = np.full(max(free, 1) if per_size else 1, _ALL, dtype=np.int64)
    if free == 0:
        bounds[0] = 0 if k is None else int(c.max_gain(state.gain, k))
        state.seed_groups = None if c.matroid is None else np.empty(0, dtype=np.int32)
        seeds, gains = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
    elif c.cost is None and c.matroid is None:
        seeds, gains = state.run([free], free if k is None else k, bounds, goal=goal - base, need=need - base)
    else:
        stages = sorted({math.ceil(free * part / _STAGES) for part in range(1, _STAGES + 1)})
        seeds, gains = state.run(stages, free, bounds, bounded=prefixes)
        if c.cost is not None:
            other = state.run(stages, free, bounds, by_ratio=True)
            if other[1].sum() > gains.sum():
                seeds, gains = other
    covered = base + int(gains.sum())
    bound = base + int(bounds[-1])
    if k is None and goal == _ALL:
        bound = min(bound, int(covered / c.guarantee))
    return Cover(
        np.concatenate([c.forced, seeds]), np.concatenate([state.forced, gains]), covered, bound,
        base + bounds[: seeds.size] if per_size else None, c.forced.size + state.min_seeds, state.seed_groups,
    )  # fmt: skip


def round_robin_cover(collection: RRCollection, constraint: Constraint, *, prefixes: bool = True) -> Cover:
    """Let the groups choose in turn, in rounds: each the node of its own that covers the most sets that are left.

    Ties go to the smaller internal id. A group whose nodes all add nothing chooses no more. This is RR-Greedy (Zhang et
    al., KDD 2023), sure of half of the optimum. The bound is as for `greedy_cover`, over the prefixes of whole rounds;
    gains left are bounded with each node counted once, however many groups share it.

    Parameters
    ----------
    collection : RRCollection
    constraint : Constraint
        With groups that alone limit the choice, nothing forced and nothing active from the start.
    prefixes : bool, default True
        False bounds by what the choice is sure of alone.
    """
    from ..kernels.matroid import round_robin

    m = constraint.matroid
    assert m is not None
    state = _Greedy(collection, constraint)
    heaps = Heaps(m, state.gain, collection.sampler.threads)
    heaps.refresh()
    capacity, picks = m.capacity.copy(), int(m.usable_capacity().sum())
    seed_groups, seeds = np.empty(picks, dtype=np.int32), np.empty(picks, dtype=np.int32)
    gains = np.empty(picks, dtype=np.int64)
    covered, limit, at = 0, _ALL, -1
    size = 0
    while size > at:
        if prefixes:
            if size:
                heaps.refresh()
            limit = min(limit, covered + heaps.upper_bound(constraint.allowed))
        at = size
        size = round_robin(
            state.gain.size, m.ptr, heaps.heap, heaps.size, capacity, state.ptr, state.sets, state.offsets, state.nodes,
            state.covered, state.gain, seed_groups, seeds, gains, at,
        )  # fmt: skip
        covered += int(gains[at:size].sum())
    bound = min(limit, int(covered / constraint.guarantee))
    return Cover(seeds[:size], gains[:size], covered, bound, seed_groups=seed_groups[:size])
