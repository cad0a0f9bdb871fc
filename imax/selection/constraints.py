"""From the constraints that a user gives to a checked `Constraint` in internal ids."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from ..diffusion.deadline import ArcDelays
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.node_values import node_costs, node_groups
from ..ris.constraint import Constraint
from ..ris.matroid import PartitionMatroid
from .group_limits import ROUNDING, Quotas, make_limited, quota_ranges

__all__ = ["Constraints", "Groups", "NodeValues", "check_constraint_names", "make_constraint", "node_attribute"]

NodeValues: TypeAlias = ArrayLike | Mapping[Any, float] | str
Groups: TypeAlias = Sequence[Hashable] | NDArray[Any] | Mapping[Any, Hashable] | str


class Constraints(TypedDict, total=False):
    """The constraints that selection functions accept as keyword arguments.

    The same dictionary can be passed to `imax.maximize`, `imax.minimize_seeds`, `imax.curve`, `imax.certify`,
    `imax.compare` and `imax.anytime` as ``**constraints``.

    Attributes
    ----------
    candidates : iterable of labels
        Nodes that may be chosen as seeds; default all. Other nodes still spread influence.
    exclude : iterable of labels
        Nodes that may not be chosen as seeds. They still spread influence.
    include : iterable of labels
        Nodes that are seeds in any case. They come first, and count in `k`, in the quotas and in the budget.
    start : iterable of labels
        Nodes that are already active, such as the seeds of a running campaign. They are not seeds. Gains, spread and
        bounds count only what the seeds add to them.
    costs : array_like of float, shape (n_nodes,), mapping or str
        Cost of each node as a seed, by node index or by label, or the name of a NetworkX node attribute.
    budget : float
        Upper limit of the total cost of all seeds.
    groups : sequence of hashable, length n_nodes, mapping or str
        Group of each node, by node index or by label (None for no group), or the name of a NetworkX node attribute.
    quotas : int, pair of int or mapping
        Maximum number of seeds of each group, or a pair of the minimum and the maximum number such as ``(2, 5)``, where
        None stands for no limit: one for all groups, or one by group. Groups that are not listed have no limit.
    group_budgets : float or mapping
        Upper limit of the total cost of the seeds of each group: one for all groups, or one by group.
    max_steps : int
        Count only nodes that the seeds reach in at most so many steps.
    deadline : float
        Count only nodes that the seeds reach until this time; requires `delay`.
    delay : str, array_like or mapping
        Delays of the live arcs, for `deadline`: ``"exponential:MEAN"``, or the mean delay of each arc; see
        `imax.spread`.

    Examples
    --------
    >>> import imax
    >>> rules: imax.Constraints = {"exclude": [0], "start": [33]}
    >>> imax.maximize(imax.datasets.load("karate"), 1, rng=1, **rules).seeds
    [1]
    """

    candidates: Iterable[Hashable] | None
    exclude: Iterable[Hashable] | None
    include: Iterable[Hashable] | None
    start: Iterable[Hashable] | None
    costs: NodeValues | None
    budget: float | None
    groups: Groups | None
    quotas: Quotas | None
    group_budgets: float | Mapping[Any, float] | None
    max_steps: int | None
    deadline: float | None
    delay: ArcDelays | None


def check_constraint_names(function: str, constraints: Mapping[str, Any]) -> None:
    """Refuse a keyword argument that is not a constraint."""
    for name in constraints:
        if name not in Constraints.__annotations__:
            guess = get_close_matches(name, Constraints.__annotations__, 1)
            hint = (
                f"did you mean {guess[0]!r}?" if guess else f"constraints are {', '.join(Constraints.__annotations__)}"
            )
            raise InvalidArgumentError(f"{name} is not an argument of {function}; {hint}", argument=name)


def node_attribute(graph: Any, value: Any, name: str) -> Any:
    """Return `value`, or the node attribute of a NetworkX graph that it names, by label."""
    if not isinstance(value, str):
        return value
    if not hasattr(graph, "is_multigraph"):
        raise InvalidArgumentError(
            f"{name}={value!r} names a node attribute, but only NetworkX graphs have node attributes", argument=name
        )
    found = dict(graph.nodes(data=value))
    if all(item is None for item in found.values()):
        raise InvalidArgumentError(f"{name}={value!r} names an attribute that no node of the graph has", argument=name)
    if name != "groups":
        found = {node: item for node, item in found.items() if item is not None}
    return found


def make_constraint(
    graph: InfluenceGraph,
    k: int | None,
    *,
    any_size: bool,
    candidates: Iterable[Hashable] | None = None,
    exclude: Iterable[Hashable] | None = None,
    include: Iterable[Hashable] | None = None,
    start: Iterable[Hashable] | None = None,
    costs: "ArrayLike | Mapping[Any, float] | None" = None,
    budget: float | None = None,
    groups: "Groups | None" = None,
    quotas: Quotas | None = None,
    group_budgets: float | Mapping[Any, float] | None = None,
) -> Constraint:
    """Check the constraints against the graph and return them in internal ids."""
    some_budget = budget if group_budgets is None else group_budgets
    some_rule = quotas if group_budgets is None else group_budgets
    for one, other, name, missing in (
        (costs, some_budget, "costs", "budget or group_budgets"), (budget, costs, "budget", "costs"),
        (group_budgets, costs, "group_budgets", "costs"), (group_budgets, groups, "group_budgets", "groups"),
        (groups, some_rule, "groups", "quotas or group_budgets"), (quotas, groups, "quotas", "groups"),
    ):  # fmt: skip
        if one is not None and other is None:
            raise InvalidArgumentError(f"{name} must be given together with {missing}", argument=name)
    if k is None and some_budget is None and quotas is None and not any_size:
        raise InvalidArgumentError("k is missing: give the number of seeds, or budget or quotas", argument="k")
    forced, active, allowed = _nodes(graph, candidates, exclude, include, start)
    max_size = forced.size + int(allowed.sum())
    if max_size == 0:
        raise InvalidArgumentError(
            "candidates leaves no node that may be a seed; see candidates, exclude and start", argument="candidates"
        )
    if k is not None:
        k = check.count(k, "k", high=max_size, high_is="the number of nodes that may be seeds")
        if k < forced.size:
            raise InvalidArgumentError(
                f"k must be at least the number of nodes in include, {forced.size}; got {k}", argument="k"
            )
    cost = None if costs is None else node_costs(graph, costs)
    if budget is not None and cost is not None and groups is None:
        paid = _budgeted(forced, active, allowed, cost, budget)
        if k is None or k >= paid.k:
            return paid
    if cost is None and groups is None:
        return Constraint(max_size if k is None else k, allowed, forced, active)
    none = np.full(graph.n_nodes, -1, dtype=np.int32)
    group, names = (none, []) if groups is None else node_groups(graph, groups)
    if cost is None and quotas is not None:
        ranges = quota_ranges(names, quotas)
        if all(low == 0 for low, _ in ranges.values()):
            limits = {name: high for name, (_, high) in ranges.items() if high is not None}
            return _grouped(k, forced, active, allowed, group, names, limits)
    return make_limited(
        k, forced, active, allowed, group=group, names=names, cost=cost, budget=budget, quotas=quotas,
        group_budgets=group_budgets,
    )  # fmt: skip


def _nodes(
    graph: InfluenceGraph, *lists: Iterable[Hashable] | None
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """Return the required nodes, the nodes active from the start, and a mask of the nodes that may be chosen."""
    names = ("candidates", "exclude", "include", "start")
    ids: dict[str, NDArray[np.int32] | None] = {}
    for labels, name in zip(lists, names, strict=True):
        if isinstance(labels, str):
            raise InvalidArgumentError(f"{name} must be an iterable of labels, got the text {labels!r}", argument=name)
        ids[name] = None if labels is None else graph.internal_of(labels, name)
    none = np.empty(0, dtype=np.int32)
    allowed = np.full(graph.n_nodes, ids["candidates"] is None)
    if ids["candidates"] is not None:
        allowed[ids["candidates"]] = True
    forced, active = (none if ids[name] is None else _distinct(ids[name]) for name in ("include", "start"))
    for name, other in (("exclude", ids["exclude"]), ("start", active)):
        clash = np.intersect1d(forced, none if other is None else other)
        if clash.size:
            raise InvalidArgumentError(
                f"include and {name} both contain {graph.labels_of(clash[:1])[0]!r}; remove it from one of them",
                argument="include",
            )
    if ids["exclude"] is not None:
        allowed[ids["exclude"]] = False
    allowed[active] = False
    allowed[forced] = False
    return forced, active, allowed


def _distinct(ids: "NDArray[np.int32] | None") -> NDArray[np.int32]:
    """Return each id once, in the order of its first occurrence."""
    assert ids is not None
    _, first = np.unique(ids, return_index=True)
    return ids[np.sort(first)]


def _budgeted(
    forced: NDArray[np.int32],
    start: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    cost: NDArray[np.float64],
    budget: float,
) -> Constraint:
    budget = check.positive(budget, "budget")
    remaining_budget = budget * ROUNDING - math.fsum(cost[forced])
    if remaining_budget < 0:
        raise InvalidArgumentError(
            f"budget {budget:g} does not pay for include, which costs {budget - remaining_budget:g}; raise it",
            argument="budget",
        )
    allowed = allowed & (cost <= remaining_budget)
    if not allowed.any() and not forced.size:
        raise InvalidArgumentError(
            f"budget {budget:g} does not pay for any node that may be a seed; raise it", argument="budget"
        )
    total = np.cumsum(np.sort(cost[allowed]))
    k = forced.size + int(np.searchsorted(total, remaining_budget, side="right"))
    return Constraint(k, allowed, forced, start, cost=cost, remaining_budget=remaining_budget)


def _grouped(
    k: int | None,
    forced: NDArray[np.int32],
    start: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    group: NDArray[np.int32],
    names: list[Hashable],
    limits: Mapping[Any, int],
) -> Constraint:
    limited = np.array([name in limits for name in names] + [False])
    group = np.where(limited[group], group, -1).astype(np.int32)
    capacity = np.array([limits.get(name, 0) for name in names], dtype=np.int64)
    used = np.bincount(group[forced][group[forced] >= 0], minlength=capacity.size)
    over = np.flatnonzero(limited[:-1] & (used > capacity))
    if over.size:
        name = names[over[0]]
        raise InvalidArgumentError(
            f"include has {used[over[0]]} nodes of the group {name!r}, whose quota is {limits[name]}",
            argument="include",
        )
    capacity = capacity - np.where(limited[:-1], used, 0)
    of_allowed = group[allowed]
    n_limited = np.bincount(of_allowed[of_allowed >= 0], minlength=capacity.size)
    max_size = forced.size + int(np.minimum(n_limited, capacity).sum()) + int((of_allowed < 0).sum())
    if k is None:
        if (of_allowed < 0).any():
            raise InvalidArgumentError(
                "k is missing: some nodes that may be seeds are in no group with a quota", argument="k"
            )
        k = max_size
        if k == 0:
            raise InvalidArgumentError("quotas leave no node that may be a seed; raise them", argument="quotas")
    elif k > max_size:
        raise InvalidArgumentError(
            f"k must be at most {max_size}, the number of seeds that the quotas allow; got {k}", argument="k"
        )
    allowed = allowed & ((group < 0) | (np.append(capacity, 1)[group] > 0))
    matroid = PartitionMatroid.of_groups(np.where(allowed, group, -1).astype(np.int32), capacity)
    return Constraint(k, allowed, forced, start, matroid=matroid)
