"""Quotas and budgets of groups, alone or together with a number of seeds and a budget."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from ..errors import InvalidArgumentError
from ..graph.node_values import examples
from ..ris.constraint import Constraint
from ..ris.limits import SeedLimits

__all__ = ["ROUNDING", "Quota", "Quotas", "make_limited", "quota_ranges"]

ROUNDING = 1.0 + 1e-12  # tolerance for the rounding of sums of costs
Quota: TypeAlias = int | tuple[int | None, int | None]
Quotas: TypeAlias = Quota | Mapping[Any, Quota]


def quota_ranges(names: Sequence[Hashable], quotas: Quotas) -> dict[Any, tuple[int, int | None]]:
    """Return the checked smallest and largest number of seeds of each group with a quota; None for no largest."""
    if not isinstance(quotas, Mapping):
        return dict.fromkeys(names, _quota_range(quotas, "quotas"))
    check_groups(names, quotas, "quotas")
    return {name: _quota_range(quota, f"quotas[{name!r}]") for name, quota in quotas.items()}


def check_groups(names: Sequence[Hashable], given: Mapping[Any, Any], argument: str) -> None:
    """Refuse a group that no node belongs to."""
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InvalidArgumentError(
            f"{argument} contains the group {unknown[0]!r}, which no node belongs to; the groups are "
            f"{examples(names, len(names))}",
            argument=argument,
        )


def _quota_range(quota: Any, name: str) -> tuple[int, int | None]:
    if not isinstance(quota, (tuple, list)):
        return 0, check.count(quota, name, low=0)
    if len(quota) != 2:
        raise InvalidArgumentError(
            f"{name} must be a number, or a pair of a smallest and a largest number such as (2, 5), got {quota!r}",
            argument="quotas",
        )
    low, high = (None if end is None else check.count(end, name, low=0) for end in quota)
    if low is not None and high is not None and low > high:
        raise InvalidArgumentError(
            f"{name} is {quota!r}, whose smallest number is above the largest; swap them", argument="quotas"
        )
    return low or 0, high


def _budgets_of_groups(names: Sequence[Hashable], given: float | Mapping[Any, float]) -> dict[Any, float]:
    """Return the checked budget of each group that has one."""
    if not isinstance(given, Mapping):
        return dict.fromkeys(names, check.positive(given, "group_budgets"))
    check_groups(names, given, "group_budgets")
    return {name: check.positive(budget, f"group_budgets[{name!r}]") for name, budget in given.items()}


def make_limited(
    k: int | None,
    forced: NDArray[np.int32],
    start: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    *,
    group: NDArray[np.int32],
    names: Sequence[Hashable],
    cost: NDArray[np.float64] | None = None,
    budget: float | None = None,
    quotas: Quotas | None = None,
    group_budgets: float | Mapping[Any, float] | None = None,
) -> Constraint:
    """Return the constraint of several limits that hold together, after a check that some seed set keeps them all."""
    n_groups = len(names)
    ranges = {} if quotas is None else quota_ranges(names, quotas)
    money = {} if group_budgets is None else _budgets_of_groups(names, group_budgets)
    group = np.where(group < 0, n_groups, group).astype(np.int32)
    prices = np.zeros(allowed.size) if cost is None else cost
    used = np.bincount(group[forced], minlength=n_groups + 1)
    paid = np.bincount(group[forced], prices[forced], minlength=n_groups + 1).astype(np.float64)
    none = (0, None)
    lows = np.array([*(ranges.get(name, none)[0] for name in names), 0], dtype=np.int64)
    highs = [*(ranges.get(name, none)[1] for name in names), None]
    high = np.array([allowed.size if h is None else h for h in highs], dtype=np.int64)
    limit = np.array([*(money.get(name, math.inf) for name in names), math.inf])
    _check_forced(names, used, paid, high, limit)
    remaining_budget = math.inf
    if budget is not None:
        remaining_budget = check.positive(budget, "budget") * ROUNDING - math.fsum(prices[forced])
        if remaining_budget < 0:
            raise InvalidArgumentError(
                f"budget {budget:g} does not pay for {{include}}, which costs {math.fsum(prices[forced]):g}; raise it",
                argument="budget",
                others=("include",),
            )
    has_limit = np.array([h is not None for h in highs])[group] | np.isfinite(limit)[group]
    if k is None and budget is None and (allowed & ~has_limit).any():
        kinds = "a largest quota or a budget"
        raise InvalidArgumentError(
            f"k is missing: some nodes that may be seeds are in no group with {kinds}", argument="k"
        )
    limits = SeedLimits(
        slots=0,
        allowed=allowed & (prices <= np.minimum(remaining_budget, (limit * ROUNDING - paid)[group])),
        group=group,
        capacity=high - used,
        minimum=np.maximum(lows - used, 0),
        group_budget=limit * ROUNDING - paid,
        cost=prices,
        budget=remaining_budget,
        names=tuple(names),
    )
    limits = _with_slots(limits, k, forced.size, allowed, names)
    _check_minimums(limits, names, lows, k, forced.size, budget, money)
    may = limits.fitting()
    if not may.any() and not forced.size:
        if budget is not None:
            raise InvalidArgumentError(
                f"budget {budget:g} does not pay for any node that may be a seed; raise it", argument="budget"
            )
        what = "quotas" if group_budgets is None else "group_budgets"
        raise InvalidArgumentError(f"{what} leave no node that may be a seed; raise them", argument=what)
    limits = _replace(limits, allowed=may)
    return Constraint(
        forced.size + limits.slots, may, forced, start, cost=cost, remaining_budget=remaining_budget, limits=limits
    )


def _replace(limits: SeedLimits, **changes: Any) -> SeedLimits:
    """Return the limits with other values; kept properties are computed anew."""
    names = ("slots", "allowed", "group", "capacity", "minimum", "group_budget", "cost", "budget", "names")
    return SeedLimits(**{name: getattr(limits, name) for name in names} | changes)


def _check_forced(
    names: Sequence[Hashable],
    used: NDArray[np.int64],
    paid: NDArray[np.float64],
    high: NDArray[np.int64],
    limit: NDArray[np.float64],
) -> None:
    """Refuse required nodes that break a quota or the budget of a group."""
    for g, name in enumerate(names):
        if used[g] > high[g]:
            raise InvalidArgumentError(
                f"include has {used[g]} nodes of the group {name!r}, whose quota is {high[g]}", argument="include"
            )
        if paid[g] > limit[g] * ROUNDING:
            raise InvalidArgumentError(
                f"include costs {paid[g]:g} in the group {name!r}, whose budget is {limit[g]:g}", argument="include"
            )


def _with_slots(
    limits: SeedLimits, k: int | None, n_forced: int, allowed: NDArray[np.bool_], names: Sequence[Hashable]
) -> SeedLimits:
    """Return the limits with the largest number of nodes that they allow, at most k with the forced nodes."""
    group = limits.group
    n_allowed = np.bincount(group[allowed], minlength=len(names) + 1)
    by_quotas = n_forced + int(np.minimum(n_allowed, limits.capacity).sum())
    if k is not None and k > by_quotas:
        raise InvalidArgumentError(
            f"k must be at most {by_quotas}, the number of seeds that the quotas allow; got {k}", argument="k"
        )
    capacity = limits.capacity.copy()
    for g in range(capacity.size):
        own = np.sort(limits.cost[limits.allowed & (group == g)])
        pays = int(np.searchsorted(np.cumsum(own), limits.group_budget[g], side="right"))
        capacity[g] = min(capacity[g], pays)
    costs = np.sort(limits.cost[limits.allowed])
    slots = min(int(capacity.sum()), int(np.searchsorted(np.cumsum(costs), limits.budget, side="right")))
    return _replace(limits, capacity=capacity, slots=slots if k is None else min(slots, k - n_forced))


def _check_minimums(
    limits: SeedLimits,
    names: Sequence[Hashable],
    lows: NDArray[np.int64],
    k: int | None,
    n_forced: int,
    budget: float | None,
    money: Mapping[Any, float],
) -> None:
    """Refuse smallest numbers of seeds that no seed set reaches."""
    if not limits.has_minimum:
        return
    least = limits.minimum
    if k is not None and least.sum() > k - n_forced:
        also = " with the nodes of {include}" if n_forced else ""
        raise InvalidArgumentError(
            f"quotas require at least {least.sum() + n_forced} seeds{also}, but {{k}} is {k}; raise it, or lower the "
            "smallest numbers",
            argument="quotas",
            others=("include", "k"),
        )
    reserve = limits.minimum_cost()
    counts = np.bincount(limits.group[limits.allowed], minlength=least.size)
    for g, name in enumerate(names):
        if least[g] > counts[g]:
            raise InvalidArgumentError(
                f"quotas require at least {lows[g]} seeds of the group {name!r}, but only "
                f"{lows[g] - least[g] + counts[g]} of its nodes may be seeds; lower the smallest number",
                argument="quotas",
            )
        if reserve[g] > limits.group_budget[g]:
            raise InvalidArgumentError(
                f"group_budgets[{name!r}] is {money[name]:g}, but the {lows[g]} seeds that {{quotas}} require of "
                f"this group cost at least {money[name] - limits.group_budget[g] + reserve[g]:g}; raise it",
                argument="group_budgets",
                others=("quotas",),
            )
    if reserve.sum() > limits.budget:
        assert budget is not None
        raise InvalidArgumentError(
            f"budget is {budget:g}, but {{include}} and the seeds that {{quotas}} require cost at least "
            f"{budget - limits.budget + reserve.sum():g}; raise it",
            argument="budget",
            others=("include", "quotas"),
        )
