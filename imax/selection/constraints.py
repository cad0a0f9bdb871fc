"""From the constraints that a user gives to a checked `Constraint` in internal ids."""

import inspect
import math
import sys
from collections.abc import Hashable, Mapping
from difflib import get_close_matches
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.durations import Duration
from ..diffusion.deadline import ArcDelays
from ..errors import InvalidArgumentError
from ..io.node_reader import Groups, NodeList, NodeReader, NodeValues
from ..ris.constraint import Constraint
from ..ris.matroid import PartitionMatroid
from .group_limits import ROUNDING, Quotas, make_limited, quota_ranges

__all__ = ["Constraints", "Groups", "NodeValues", "aligned_rules", "check_constraint_names", "make_constraint"]

_ELSEWHERE = {"seed": "rng", "random_state": "rng", "n_jobs": "threads", "eps": "epsilon"}  # names in other packages
_NODE_LISTS = ("candidates", "exclude", "include", "start")


class Constraints(TypedDict, total=False):
    """The constraints that selection functions accept as keyword arguments.

    The same dictionary can be passed to `imax.maximize`, `imax.minimize_seeds`, `imax.curve`, `imax.certify`,
    `imax.compare` and `imax.anytime` as ``**constraints``.

    Attributes
    ----------
    candidates : list of nodes
        Nodes that may be chosen as seeds; default all. Other nodes still spread influence.
    exclude : list of nodes
        Nodes that may not be chosen as seeds. They still spread influence.
    include : list of nodes
        Nodes that are seeds in any case. They come first, and count in `k`, in the quotas and in the budget.
    start : list of nodes
        Nodes that are already active, such as the seeds of a running campaign. They are not seeds. Gains, spread and
        bounds count only what the seeds add to them.
    costs : node values
        Cost of each node as a seed.
    budget : float
        Upper limit of the total cost of all seeds.
    groups : node values
        Group of each node; None for no group.
    quotas : int, pair of int, mapping, pandas Series or table
        Maximum number of seeds of each group, or a pair of the minimum and the maximum number such as ``(2, 5)``, where
        None stands for no limit: one for all groups, or one by group. Groups that are not listed have no limit.
    group_budgets : float, mapping, pandas Series or table
        Upper limit of the total cost of the seeds of each group: one for all groups, or one by group.
    on_missing : {"error", "drop", "default"}
        What to do with nodes that have no value and with labels that are not in the graph; default ``"error"``.
        ``"drop"``: nodes without a cost or a group cannot be chosen, nodes without a weight count 0. ``"default"``:
        nodes without a group have no group, nodes without a weight count 1; there is no default cost. Both ignore
        labels that are not in the graph. The result's ``notes`` have the counts. It applies to `node_weights`, too.
    max_steps : int
        Count only nodes that the seeds reach in at most so many steps.
    deadline : float, str or datetime.timedelta
        Count only nodes that the seeds reach until this time: with a unit, such as ``"7d"``, if the delays have one.
    delay : str, array_like or mapping
        Delays of the live arcs, for `deadline`: ``"exponential:MEAN"``, or the mean delay of each arc; see
        `imax.spread`. Default: the delays that `imax.learn` stored in the graph.

    Notes
    -----
    *Node values* are one of: a mapping by label; a pandas Series, whose index has the labels; a table (pandas, Polars,
    pyarrow, DuckDB, or any object with the Arrow C stream interface) with a column of labels and a column of values, or
    ``(table, "NODE", "VALUE")`` if it has more columns; a file, as ``Path("users.csv")`` or ``"users.csv:NODE:VALUE"``;
    the name of a NetworkX node attribute; an array or a sequence with one value per node in the order of
    ``graph.nodes()``. Only the last is by position.

    A *list of nodes* is an iterable of labels; a pandas Series, whose values are the labels; a table with a column of
    labels, or ``(table, "NODE")``; or a file, as ``Path("users.csv")`` or ``"users.csv:NODE"``.

    Examples
    --------
    >>> import imax
    >>> rules: imax.Constraints = {"exclude": [0], "start": [33]}
    >>> imax.maximize(imax.datasets.load("karate"), 1, rng=1, **rules).seeds
    [1]
    """

    candidates: NodeList | None
    exclude: NodeList | None
    include: NodeList | None
    start: NodeList | None
    costs: NodeValues | None
    budget: float | None
    groups: Groups | None
    quotas: Quotas | None
    group_budgets: float | Mapping[Any, float] | None
    on_missing: str | None
    max_steps: int | None
    deadline: Duration | None
    delay: ArcDelays | None


def check_constraint_names(function: str, constraints: Mapping[str, Any]) -> None:
    """Refuse a keyword argument of a public function that is not a constraint; suggest an argument that it has."""
    for name in constraints:
        if name in Constraints.__annotations__:
            continue
        own = inspect.signature(getattr(sys.modules[__name__.partition(".")[0]], function)).parameters
        wanted = _ELSEWHERE.get(name, name)
        guess = get_close_matches(wanted, [*own, *Constraints.__annotations__], 1)
        hint = f"did you mean {guess[0]!r}?" if guess else f"constraints are {', '.join(Constraints.__annotations__)}"
        raise InvalidArgumentError(f"{name} is not an argument of {function}; {hint}", argument=name)


def aligned_rules(reader: NodeReader, constraints: Constraints) -> dict[str, Any]:
    """Return the constraints in a form that several calls can use, and that has no missing values.

    Lists of nodes become lists of labels, and values become arrays and lists by node index. Nodes that cannot be
    chosen, because they have no cost or group, are added to `exclude`. The notes of `reader` say so.
    """
    graph = reader.graph
    rules: dict[str, Any] = {name: value for name, value in constraints.items() if value is not None}
    rules.pop("on_missing", None)
    for name in _NODE_LISTS:
        ids = reader.nodes(rules.get(name), name)
        if ids is not None:
            rules[name] = graph.labels_of(ids)
    if "costs" in rules:
        rules["costs"] = reader.costs(rules["costs"])[graph.rank]
    if "groups" in rules:
        numbers, names = reader.groups(rules["groups"])
        rules["groups"] = [None if number < 0 else names[number] for number in numbers[graph.rank].tolist()]
    for name in ("quotas", "group_budgets"):
        rules |= {name: reader.by_name(rules[name], name)} if name in rules else {}
    if reader.dropped.any():
        include = reader.nodes(rules.get("include"), "include")
        if include is not None:
            reader.check_not_dropped(include, "include")
        dropped = graph.labels_of(np.flatnonzero(reader.dropped))
        rules["exclude"] = list(dict.fromkeys([*rules.get("exclude", ()), *dropped]))
    return rules


def make_constraint(
    reader: NodeReader,
    k: int | None,
    *,
    any_size: bool,
    candidates: NodeList | None = None,
    exclude: NodeList | None = None,
    include: NodeList | None = None,
    start: NodeList | None = None,
    costs: NodeValues | None = None,
    budget: float | None = None,
    groups: Groups | None = None,
    quotas: Quotas | None = None,
    group_budgets: float | Mapping[Any, float] | None = None,
) -> Constraint:
    """Check the constraints against the graph of the reader and return them in internal ids."""
    some_budget = budget if group_budgets is None else group_budgets
    some_rule = quotas if group_budgets is None else group_budgets
    for one, other, name, missing in (
        (costs, some_budget, "costs", ("budget", "group_budgets")), (budget, costs, "budget", ("costs",)),
        (group_budgets, costs, "group_budgets", ("costs",)), (group_budgets, groups, "group_budgets", ("groups",)),
        (groups, some_rule, "groups", ("quotas", "group_budgets")), (quotas, groups, "quotas", ("groups",)),
    ):  # fmt: skip
        if one is not None and other is None:
            marked = " or ".join(f"{{{other_name}}}" for other_name in missing)
            raise InvalidArgumentError(f"{name} must be given together with {marked}", argument=name, others=missing)
    if k is None and some_budget is None and quotas is None and not any_size:
        raise InvalidArgumentError(
            "k is missing: give the number of seeds, or {budget} or {quotas}", argument="k", others=("budget", "quotas")
        )
    cost = None if costs is None else reader.costs(costs)
    group, names = (None, []) if groups is None else reader.groups(groups)
    quotas, group_budgets = reader.by_name(quotas, "quotas"), reader.by_name(group_budgets, "group_budgets")
    forced, active, allowed = _nodes(reader, candidates, exclude, include, start)
    max_size = forced.size + int(allowed.sum())
    if max_size == 0:
        raise InvalidArgumentError(
            "candidates leaves no node that may be a seed; see {candidates}, {exclude}, {start} and {on_missing}",
            argument="candidates",
            others=("candidates", "exclude", "start", "on_missing"),
        )
    if k is not None:
        k = check.count(k, "k", high=max_size, high_is="the number of nodes that may be seeds")
        if k < forced.size:
            raise InvalidArgumentError(
                f"k must be at least the number of nodes in {{include}}, {forced.size}; got {k}",
                argument="k",
                others=("include",),
            )
    if budget is not None and cost is not None and group is None:
        paid = _budgeted(forced, active, allowed, cost, budget)
        if k is None or k >= paid.k:
            return paid
    if cost is None and group is None:
        return Constraint(max_size if k is None else k, allowed, forced, active)
    if group is None:
        group = np.full(reader.graph.n_nodes, -1, dtype=np.int32)
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
    reader: NodeReader, *lists: NodeList | None
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """Return the required nodes, the nodes active from the start, and a mask of the nodes that may be chosen."""
    graph = reader.graph
    ids = {name: reader.nodes(labels, name) for labels, name in zip(lists, _NODE_LISTS, strict=True)}
    none = np.empty(0, dtype=np.int32)
    allowed = np.full(graph.n_nodes, ids["candidates"] is None)
    if ids["candidates"] is not None:
        allowed[ids["candidates"]] = True
    forced, active = (none if ids[name] is None else _distinct(ids[name]) for name in ("include", "start"))
    reader.check_not_dropped(forced, "include")
    for name, other in (("exclude", ids["exclude"]), ("start", active)):
        clash = np.intersect1d(forced, none if other is None else other)
        if clash.size:
            raise InvalidArgumentError(
                f"include and {{{name}}} both contain {graph.labels_of(clash[:1])[0]!r}; remove it from one of them",
                argument="include",
                others=(name,),
            )
    if ids["exclude"] is not None:
        allowed[ids["exclude"]] = False
    allowed[reader.dropped] = False
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
            f"budget {budget:g} does not pay for {{include}}, which costs {budget - remaining_budget:g}; raise it",
            argument="budget",
            others=("include",),
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
