"""Choice of some groups, and of the nodes that each of them takes: who should invite, and whom.

A group and the nodes that it takes are one list. The number of RR sets that lists cover is monotone and submodular in
the lists, and at most so many lists are chosen, one of each group.
"""

import dataclasses
import math
from dataclasses import dataclass
from functools import partial
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.arrays import read_only
from .bounds import GREEDY, log_binomial
from .constraint import Constraint
from .coverage import Cover
from .marks import Collection
from .matroid import PartitionMatroid
from .round_robin import round_robin_cover

if TYPE_CHECKING:
    from ..kernels.matroid import Members

__all__ = ["ListCover", "ListLimit", "chosen_groups", "list_cover"]

_STAGES = 8  # numbers of chosen groups at which the upper bound is computed
_STEPS, _FEW_STEPS = 60, 4  # of a long and a short search for good prices
_CHECK, _LITTLE = 10, 1e-3  # the search ends if so many steps lower the bound by less than this share
_PATIENCE = 4  # steps without a better bound after which steps become smaller
_NEXT = 7  # groups at the top of the heap: their lists may be wanted next
_FEW_PAIRS = 1 << 14  # one thread is enough
_ROUNDING = 1.0 + 1e-12  # of sums of costs


@dataclass(frozen=True)
class ListLimit(Constraint):
    """A limit on the number of groups, or on their total cost, besides the capacity of each group.

    Attributes
    ----------
    n_groups : int
        Largest number of groups.
    group_cost : numpy.ndarray of float64, shape (n_groups,), or None
        Positive cost of each group; None if only their number is limited.
    group_budget : float
        Largest total cost.
    """

    n_groups: int = 0
    group_cost: NDArray[np.float64] | None = None
    group_budget: float = math.inf

    @classmethod
    def of(  # type: ignore[override]
        cls,
        matroid: PartitionMatroid,
        n_groups: int,
        group_cost: NDArray[np.float64] | None = None,
        group_budget: float = math.inf,
    ) -> "ListLimit":
        """Return the limit for these groups."""
        none = np.empty(0, dtype=np.int32)
        largest = np.sort(matroid.usable_capacity())[::-1][:n_groups]
        allowed = np.diff(matroid.by_ptr) > 0
        return cls(
            int(largest.sum()), allowed, none, none, matroid=matroid, n_groups=n_groups, group_cost=group_cost,
            group_budget=group_budget,
        )  # fmt: skip

    @property
    def guarantee(self) -> float:
        """Share of the optimum that `list_cover` reaches if spreads are known exactly; 0 with costs.

        A list is chosen greedily, so it adds at least 1 - 1/e of the best list of its group. Greedy choice under a
        matroid with such lists reaches a / (1 + a) of the optimum, where a = 1 - 1/e (Calinescu et al. 2011).
        """
        return GREEDY / (1.0 + GREEDY) if self.group_cost is None else 0.0

    @property
    def affordable(self) -> NDArray[np.bool_]:
        """Groups that can be chosen at all."""
        assert self.matroid is not None
        some = np.diff(self.matroid.ptr) > 0
        return some if self.group_cost is None else some & (self.group_cost <= self.group_budget)

    def log_choices(self) -> float:
        """Return the logarithm of an upper bound on the number of choices in which lists are as long as possible."""
        m = self.matroid
        assert m is not None
        ways = [log_binomial(int(n), int(k)) for n, k in zip(np.diff(m.ptr), m.usable_capacity(), strict=True)]
        largest = np.sort(ways)[::-1][: self.n_groups]
        return float(largest.sum()) + log_binomial(len(ways), min(self.n_groups, len(ways) // 2)) + math.log(len(ways))

    def min_spread(self, weights: NDArray[np.float64] | None) -> float:
        """Return a lower bound on the optimal spread: the largest weight of the nodes of one list."""
        assert self.matroid is not None
        worth = np.ones(self.allowed.size) if weights is None else weights
        return float(
            _Largest(self.matroid.members(self.matroid.usable_capacity())).sums(worth)[self.affordable].max(initial=0.0)
        )

    def best_sum(self, values: NDArray[np.float64]) -> tuple[float, NDArray[np.int32]]:
        """Return an upper bound on the sum of the values of groups within the limits, and the groups that it is from.

        With costs, a part of the last group may count.
        """
        groups = np.flatnonzero(self.affordable & (values > 0.0))
        if self.group_cost is None:
            order = groups[np.argsort(-values[groups], kind="stable")][: self.n_groups]
            return float(values[order].sum()), order.astype(np.int32)
        cost = self.group_cost[groups]
        order = np.argsort(-values[groups] / cost, kind="stable")
        before = np.concatenate([[0.0], np.cumsum(cost[order])[:-1]])
        share = np.clip((self.group_budget - before) / cost[order], 0.0, 1.0)
        by_cost = float((share * values[groups][order]).sum()) * _ROUNDING
        by_number = float(np.sort(values[groups])[::-1][: self.n_groups].sum())
        return min(by_cost, by_number), groups[order][share > 0.0].astype(np.int32)


@dataclass(frozen=True)
class ListCover(Cover):
    """A greedy choice of lists.

    Attributes
    ----------
    groups : tuple of int
        The chosen groups, in the order of choice. `seed_groups` has numbers of groups, too.
    """

    groups: tuple[int, ...] = ()


class _Largest:
    """Sums of the largest values of the nodes that each group may take."""

    def __init__(self, members: "Members", threads: int = 1) -> None:
        self.members, self.threads = members, threads if members.nodes.size > _FEW_PAIRS else 1
        n_groups = members.capacity.size
        self.threshold, self._total = np.zeros(n_groups), np.zeros(n_groups)
        self._parts = parallel.even_parts(members.ptr, self.threads) or [(0, n_groups)]
        self._scratch = [np.empty(int(members.capacity.max(initial=0))) for _ in self._parts]

    def sums(self, worth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of each group, for this value of each node."""
        from ..kernels.lists import largest_sums

        tasks = [
            partial(largest_sums, a, b, self.members, worth, scratch, self._total, self.threshold)
            for (a, b), scratch in zip(self._parts, self._scratch, strict=True)
        ]
        parallel.run(tasks, self.threads)
        return self._total

    def counts(self, groups: NDArray[np.int32], worth: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many of these groups take each node, right after `sums`."""
        from ..kernels.lists import count_largest

        count = np.empty(worth.size, dtype=np.int64)
        count_largest(groups, self.members, worth, self.threshold, count)
        return count


class _Prices:
    """Upper bounds on the sum of gains of all nodes that chosen groups take, each node counted once.

    For any prices of nodes, such a bound is the sum of the prices plus the largest sum that groups within the limits
    reach by gains minus prices: a Lagrangian bound. Without prices, a node counts once for each group that takes it. A
    subgradient search raises the prices of such nodes. It begins at the prices of the bound before.
    """

    def __init__(self, limit: ListLimit, threads: int) -> None:
        from ..kernels.matroid import Members

        m = limit.matroid
        assert m is not None
        self.limit, self.nodes = limit, np.flatnonzero(limit.allowed)
        number = np.cumsum(limit.allowed, dtype=np.int32) - 1  # arrays of candidates are shorter than those of nodes
        self.largest = _Largest(Members(m.ptr, read_only(number[m.nodes]), read_only(m.usable_capacity())), threads)
        self.prices = np.zeros(self.nodes.size)

    def bound(self, gain: NDArray[np.float64], reached: float, steps: int) -> float:
        """Return an upper bound on gains of candidates, which the search lowers toward a sum known to be `reached`."""
        best, prices = float(gain.sum()), np.minimum(self.prices, gain)
        step, worse, last = 1.0, 0, math.inf
        for number in range(1, steps + 1):
            worth = gain - prices
            whole, groups = self.limit.best_sum(self.largest.sums(worth))
            value = whole + float(prices.sum())
            if value < best:
                best, self.prices, worse = value, prices, 0
            else:
                worse += 1
                if worse == _PATIENCE:
                    step, worse = step / 2.0, 0
            slope = self.largest.counts(groups, worth) - 1.0  # prices of nodes in several lists rise
            slope[((prices <= 0.0) & (slope < 0.0)) | ((prices >= gain) & (slope > 0.0))] = 0.0
            square = float(np.square(slope).sum())
            if square == 0.0 or best - reached < 0.5:
                break
            if number % _CHECK == 0:
                if last - best < _LITTLE * best:
                    break
                last = best
            prices = np.clip(prices + step * max(value - reached, 0.0) / square * slope, 0.0, gain)
        return best

    def best_bound(self, stages: list[tuple[int, NDArray[np.int32]]], covered: int) -> float:
        """Return the best bound over stages: sets covered so far, and the gains that are left.

        A short search at each stage shows where the bound is lowest; a long one follows there.
        """
        gains = [gain[self.nodes].astype(np.float64) for _, gain in stages]
        found = [
            before + self.bound(gain, covered - before, _FEW_STEPS)
            for (before, _), gain in zip(stages, gains, strict=True)
        ]
        at = int(np.argmin(found))
        before = stages[at][0]
        return min(found[at], before + self.bound(gains[at], covered - before, _STEPS))


class _Lists:
    """Greedy choice of lists on one collection."""

    def __init__(self, collection: Collection, limit: ListLimit) -> None:
        m = limit.matroid
        assert m is not None
        self.limit = limit
        self.lists = collection.group_lists(m.members(m.usable_capacity()))
        self.first_value = self.lists.values(np.flatnonzero(limit.affordable).astype(np.int32))

    def choose(self, prices: _Prices, by_cost: bool) -> ListCover:
        """Choose the list that adds most, or most per cost, until the limit is reached.

        Values become smaller as other lists are chosen, so an old one is an upper bound, up to the factor 1 - 1/e of
        the greedy lists; only values on top are computed anew.
        """
        limit, cost, lists, value = self.limit, self.limit.group_cost, self.lists, self.first_value
        lists.restart()
        weight = np.ones(value.size) if cost is None or not by_cost else 1.0 / cost
        heap = [(-float(value[g]) * float(weight[g]), int(g), 0) for g in np.flatnonzero(value)]
        heapify(heap)
        chosen: list[int] = []
        seeds, gains, groups = [], [], []
        stages = {math.ceil(limit.n_groups * i / _STAGES) for i in range(1, _STAGES)}
        gains_at = [(0, lists.gain.copy())]
        spent = covered = 0.0
        while heap and len(chosen) < limit.n_groups:
            _, g, seen = heap[0]
            if cost is not None and spent + cost[g] > limit.group_budget * _ROUNDING:
                heappop(heap)
                continue
            own, worth = lists.of(g, [group for _, group, _ in heap[:_NEXT]])
            if seen < len(chosen) and worth > 0:
                heapreplace(heap, (-float(worth) * float(weight[g]), g, len(chosen)))
                continue
            heappop(heap)
            if worth == 0:
                continue
            added = lists.take(own)
            seeds.append(own)
            gains.append(added)
            groups.append(np.full(own.size, g, dtype=np.int32))
            chosen.append(g)
            spent += 0.0 if cost is None else float(cost[g])
            covered += float(added.sum())
            if len(chosen) in stages:
                gains_at.append((int(covered), lists.gain.copy()))
        gains_at.append((int(covered), lists.gain.copy()))
        bound = prices.best_bound(gains_at, int(covered))
        empty = np.empty(0, dtype=np.int32)
        return ListCover(
            np.concatenate([empty, *seeds]), np.concatenate([empty.astype(np.int64), *gains]), int(covered), bound,
            seed_groups=np.concatenate([empty, *groups]), groups=tuple(chosen),
        )  # fmt: skip


def list_cover(collection: Collection, limit: ListLimit) -> ListCover:
    """Choose groups and their nodes greedily.

    With costs, the better of two choices counts, by value and by value per cost. The chosen groups then choose their
    nodes again in turn, by round robin, and the better of both results counts.

    The upper bound is the minimum over some numbers of chosen groups of their coverage plus a bound on what any groups
    within the limits can add, see `_Prices`.

    Parameters
    ----------
    collection : RRCollection or RemoteCollection
    limit : ListLimit

    Returns
    -------
    ListCover
    """
    lists, prices = _Lists(collection, limit), _Prices(limit, collection.sampler.threads)
    best = lists.choose(prices, by_cost=False)
    bound = best.upper_bound
    if limit.group_cost is not None:
        other = lists.choose(prices, by_cost=True)
        bound = min(bound, other.upper_bound)
        best = other if other.covered >= best.covered else best
    else:
        bound = min(bound, best.covered / limit.guarantee)
    if best.groups:
        again = round_robin_cover(collection, chosen_groups(limit, best.groups), prefixes=False)
        if again.covered > best.covered:
            assert again.seed_groups is not None
            groups = np.array(best.groups, dtype=np.int32)[again.seed_groups]
            best = dataclasses.replace(
                best, seeds=again.seeds, gains=again.gains, covered=again.covered, seed_groups=groups
            )
    return dataclasses.replace(best, upper_bound=math.floor(bound + 1e-6))


def chosen_groups(limit: ListLimit, chosen: tuple[int, ...]) -> Constraint:
    """Return the constraint by which chosen groups take nodes, numbered in the order of choice."""
    m = limit.matroid
    assert m is not None
    number = np.full(m.capacity.size, -1, dtype=np.int32)
    number[np.array(chosen)] = np.arange(len(chosen), dtype=np.int32)
    of_pair = number[m.by_group]
    rows = np.repeat(np.arange(m.by_ptr.size - 1), np.diff(m.by_ptr))[of_pair >= 0]
    counts = np.bincount(rows, minlength=m.by_ptr.size - 1)
    own = PartitionMatroid.of_rows(
        np.concatenate([[0], np.cumsum(counts)]), of_pair[of_pair >= 0], m.capacity[np.array(chosen)]
    )
    none = np.empty(0, dtype=np.int32)
    return Constraint(int(own.usable_capacity().sum()), counts > 0, none, none, matroid=own)
