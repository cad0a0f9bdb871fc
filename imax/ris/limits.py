"""Limits on seeds that hold together: their number, quotas of groups, a budget and budgets of groups."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils.locks import kept_property

if TYPE_CHECKING:
    from ..kernels.limits import Limits

__all__ = ["LimitedChoice", "SeedLimits"]

_HALVINGS = 8  # of the range of the price of the budget


@dataclass(frozen=True)
class SeedLimits:
    """Limits on the nodes that are chosen besides the forced seeds.

    A node belongs to one group at most. The last entry of each array by group is for the nodes without a group.

    Attributes
    ----------
    slots : int
        Largest number of nodes.
    allowed : numpy.ndarray of bool, shape (n_nodes,)
        Nodes that may be chosen.
    group : numpy.ndarray of int32, shape (n_nodes,)
        Group of each node, ``n_groups`` for none.
    capacity, minimum : numpy.ndarray of int64, shape (n_groups + 1,)
        Largest and smallest number of nodes of each group.
    group_budget : numpy.ndarray of float64, shape (n_groups + 1,)
        Largest total cost of the nodes of each group; infinite for no limit.
    cost : numpy.ndarray of float64, shape (n_nodes,)
        Cost of each node; 0 without budgets.
    budget : float
        Largest total cost of all nodes; infinite for no limit.
    names : tuple
        Name of each group, for messages; empty if the groups have none.
    """

    slots: int
    allowed: NDArray[np.bool_]
    group: NDArray[np.int32]
    capacity: NDArray[np.int64]
    minimum: NDArray[np.int64]
    group_budget: NDArray[np.float64]
    cost: NDArray[np.float64]
    budget: float = math.inf
    names: tuple[Any, ...] = ()

    @property
    def n_budgets(self) -> int:
        """Number of budgets: of groups, and that of all nodes."""
        return int(np.isfinite(self.group_budget).sum()) + math.isfinite(self.budget)

    @property
    def has_minimum(self) -> bool:
        """Whether some group must have seeds."""
        return bool(self.minimum.any())

    @property
    def guarantee(self) -> float:
        """Share of the optimum that `imax.ris.coverage.greedy_cover` reaches; 0 if none is proved.

        Without budgets the feasible sets are the independent sets of a matroid, also with minimum numbers, so that
        greedy selection reaches 1/2 (Fisher, Nemhauser, Wolsey 1978). With budgets and without minimum numbers
        thresholds of the gain per cost reach almost 1 / (2 + 2 b) for b budgets (Badanidiyuru, Vondrak, SODA 2014).
        """
        if not self.n_budgets:
            return 0.5
        return 0.0 if self.has_minimum else 1.0 / (1.01 * (2.0 + 2.0 * self.n_budgets))

    @kept_property
    def relative_cost(self) -> NDArray[np.float64]:
        """Return the share of its budgets that each node costs, added up."""
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = self.cost / self.budget + self.cost / self.group_budget[self.group]
        return np.where(self.cost > 0, shares, 0.0)

    @kept_property
    def cheapest(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the allowed nodes of the groups with a minimum, by group and rising cost, and where each begins."""
        n_groups = self.minimum.size
        if not self.n_budgets:  # nothing needs to be kept for them
            return np.zeros(n_groups + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
        nodes = np.flatnonzero(self.allowed & (self.minimum[self.group] > 0))
        nodes = nodes[np.lexsort((nodes, self.cost[nodes], self.group[nodes]))]
        counts = np.bincount(self.group[nodes], minlength=n_groups)
        return np.concatenate([[0], np.cumsum(counts)]), nodes.astype(np.int32)

    def minimum_cost(self) -> NDArray[np.float64]:
        """Return the cost of the cheapest nodes with which each group reaches its minimum."""
        ptr, nodes = self.cheapest
        if not nodes.size:
            return np.zeros(self.minimum.size)
        firsts = [nodes[a : a + need] for a, need in zip(ptr[:-1].tolist(), self.minimum.tolist(), strict=True)]
        return np.array([math.fsum(self.cost[own]) for own in firsts])

    def remaining(self) -> "Limits":
        """Return the arrays for a new choice."""
        from ..kernels.limits import Limits

        ptr, nodes = self.cheapest
        reserve = self.minimum_cost()
        return Limits(
            group=self.group,
            capacity=self.capacity.copy(),
            minimum=self.minimum.copy(),
            group_budget=self.group_budget.copy(),
            reserve=reserve,
            cost=self.cost,
            relative_cost=self.relative_cost,
            cheap_ptr=ptr,
            cheap=nodes,
            taken=np.zeros(self.allowed.size, dtype=np.bool_),
            money=np.array([self.budget, math.fsum(reserve)]),
            slots=np.array([self.slots, self.minimum.sum()], dtype=np.int64),
        )

    def fitting(self) -> NDArray[np.bool_]:
        """Return the allowed nodes that some admissible seed set contains."""
        ptr, nodes = self.cheapest
        reserve = self.minimum_cost()
        kept = np.zeros(self.minimum.size)  # once one node of the group is chosen that is not among the cheapest
        is_reserved = np.zeros(self.allowed.size, dtype=np.bool_)
        if nodes.size:
            for g, (a, need) in enumerate(zip(ptr[:-1].tolist(), self.minimum.tolist(), strict=True)):
                is_reserved[nodes[a : a + need]] = True
                kept[g] = math.fsum(self.cost[nodes[a : a + max(need - 1, 0)]])
        own = self.group
        in_groups = self.cost + kept[own] <= self.group_budget[own]
        in_budget = self.cost + (kept + (math.fsum(reserve) - reserve))[own] <= self.budget
        has_slot = (self.minimum[own] > 0) | (self.slots > self.minimum.sum())
        may: NDArray[np.bool_] = (self.capacity[own] > 0) & has_slot & (is_reserved | (in_groups & in_budget))
        may &= self.allowed
        return may

    def in_order(self, nodes: NDArray[Any]) -> NDArray[np.int32]:
        """Return the nodes that are chosen if each that fits is taken in this order."""
        from ..kernels.limits import take_in_order

        seeds = np.empty(min(self.slots, nodes.size), dtype=np.int32)
        return seeds[: take_in_order(nodes.astype(np.int32), self.remaining(), seeds)]

    def given(self, nodes: NDArray[np.int32]) -> "SeedLimits":
        """Return the limits on further nodes once these, which are feasible together, are chosen."""
        allowed = self.allowed.copy()
        allowed[nodes] = False
        group, cost, n_groups = self.group[nodes], self.cost[nodes], self.minimum.size
        count = np.bincount(group, minlength=n_groups)
        return SeedLimits(
            slots=self.slots - nodes.size,
            allowed=allowed,
            group=self.group,
            capacity=self.capacity - count,
            minimum=np.maximum(self.minimum - count, 0),
            group_budget=self.group_budget - np.bincount(group, weights=cost, minlength=n_groups),
            cost=self.cost,
            budget=self.budget - math.fsum(cost),
        )

    def choice(self) -> "LimitedChoice":
        """Return a choice without nodes."""
        return LimitedChoice(self)

    def max_gain(self, gain: NDArray[Any], k: int | None = None) -> float:
        """Return an upper bound on the sum of gains of any nodes within the limits.

        The bound is the least that was found of the dual of the linear program: with a price y of the budget and a
        price of each group's budget, it is the sum of budgets times prices plus the largest sum of gains minus costs
        times prices that the numbers of seeds allow. It holds for any prices. At a given y the price of a group makes
        its cheapest gains fill its budget.
        """
        nodes = np.flatnonzero(self.allowed & (gain > 0))
        values, cost, group = gain[nodes].astype(np.float64), self.cost[nodes], self.group[nodes]
        slots = self.slots if k is None else min(k, self.slots)
        best = self._max_sum(values, group, slots)
        if not self.n_budgets or not nodes.size:
            return best
        with np.errstate(divide="ignore"):
            order = np.argsort(-(values / cost), kind="stable")
        values, cost, group = values[order], cost[order], group[order]
        none, prices = np.zeros(self.minimum.size), self._group_prices(values, cost, group)
        high = _price(values, cost, self.budget)
        for floor in (none, prices) if prices.any() else (none,):
            low, high_now = 0.0, high
            tried = high
            for _ in range(_HALVINGS):
                price = np.maximum(tried, floor)[group]
                paid = float(np.dot(np.maximum(floor - tried, 0.0), _finite(self.group_budget)))
                if tried > 0.0:
                    paid += tried * self.budget
                left = values - cost * price
                bound = paid + self._max_sum(left, group, slots)
                best = min(best, bound)
                if high == 0.0:
                    break
                spent = self._spent(left, cost, group, slots, floor <= tried)
                due = self.budget - float(self.group_budget[floor > tried].sum())
                low, high_now = (tried, high_now) if spent > due else (low, tried)
                tried = (low + high_now) / 2.0
        return best

    def _max_sum(self, values: NDArray[np.float64], group: NDArray[np.int32], slots: int) -> float:
        """Return the largest sum of values of nodes, as many as the numbers of seeds allow."""
        return float(sum(part.sum() for part in self._largest(values, group, slots)[:2]))

    def _spent(
        self, values: NDArray[np.float64], cost: NDArray[np.float64], group: NDArray[np.int32], slots: int,
        counted: NDArray[np.bool_],
    ) -> float:  # fmt: skip
        """Return the cost of the nodes with the largest sum of values, those in the counted groups."""
        nodes = self._largest(values, group, slots)[2]
        return float(cost[nodes][counted[group[nodes]]].sum())

    def _largest(
        self, values: NDArray[np.float64], group: NDArray[np.int32], slots: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Return the largest positive values that fill minimum numbers, the largest others, and the places of all."""
        at = np.flatnonzero(values > 0)
        values, group = values[at], group[at]
        slots -= int(self.minimum.sum())
        required = at[:0], values[:0]
        if self.has_minimum or (self.capacity < values.size).any():
            order = np.lexsort((-values, group))
            at, values, group = at[order], values[order], group[order]
            rank = np.arange(values.size) - np.searchsorted(group, group)
            first = rank < self.minimum[group]
            required = at[first], values[first]
            rest = ~first & (rank < self.capacity[group])
            at, values = at[rest], values[rest]
        slots = max(slots, 0)
        if values.size > slots:
            top = (
                np.argpartition(values, values.size - slots)[values.size - slots :] if slots else np.empty(0, np.int64)
            )
            at, values = at[top], values[top]
        return required[1], values, np.concatenate([required[0], at])

    def _group_prices(
        self, values: NDArray[np.float64], cost: NDArray[np.float64], group: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Return the gain per cost at which each group's budget is used up; nodes are in the order of that ratio."""
        prices = np.zeros(self.minimum.size)
        for g in np.flatnonzero(np.isfinite(self.group_budget)).tolist():
            own = group == g
            prices[g] = _price(values[own], cost[own], float(self.group_budget[g]))
        return prices


class LimitedChoice:
    """Nodes that are chosen one by one within limits."""

    def __init__(self, limits: SeedLimits) -> None:
        self._left = limits.remaining()
        self._written = np.empty(1, dtype=np.int32)

    def take(self, node: int) -> bool:
        """Choose a node if it fits; return whether it does."""
        from ..kernels.limits import take_in_order

        return bool(take_in_order(np.array([node], dtype=np.int32), self._left, self._written))

    def may_fit(self) -> NDArray[np.bool_]:
        """Return which nodes may still fit: no other node does, although some of these may not."""
        from ..kernels.limits import BUDGET, FREE, REQUIRED

        left = self._left
        in_group = (left.capacity > 0) & ((left.minimum > 0) | (left.slots[FREE] > left.slots[REQUIRED]))
        cost = left.cost * (1.0 - 1e-9)  # nodes that are kept for a group fit whatever the rounding of sums
        may: NDArray[np.bool_] = in_group[left.group] & (cost <= left.money[BUDGET])
        may &= cost <= left.group_budget[left.group]
        return may


def _price(values: NDArray[np.float64], cost: NDArray[np.float64], budget: float) -> float:
    """Return the gain per cost at which a budget is used up, 0 if it pays for all; nodes are ordered by that ratio."""
    whole = int(np.searchsorted(np.cumsum(cost), budget, side="right"))
    return float(values[whole] / cost[whole]) if whole < values.size else 0.0


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with 0 in place of infinity."""
    return np.where(np.isfinite(values), values, 0.0)
