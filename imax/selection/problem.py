"""From what a caller passes to a checked `Question`."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.memory import free_memory
from .._utils.streams import RNG, key_from
from ..diffusion.tables import check_model
from ..errors import InvalidArgumentError
from ..graph.accept import as_graph
from ..graph.influence_graph import InfluenceGraph
from ..graph.node_values import node_costs, node_groups
from ..graph.node_values import node_weights as check_node_weights
from ..ris.constraint import Constraint
from ..ris.matroid import PartitionMatroid
from .base import DEFAULT_EPSILON, Limits, Problem, Progress

__all__ = ["Groups", "NodeValues", "attribute", "checked_work", "make_problem"]

_ROUNDING = 1.0 + 1e-12  # of sums of costs

NodeValues = ArrayLike | dict[Any, float] | str
Groups = Sequence[Hashable] | NDArray[Any] | dict[Any, Hashable] | str


def make_problem(
    graph: Any,
    k: int | None,
    *,
    model: str = "ic",
    probability: str | None = None,
    epsilon: float = DEFAULT_EPSILON,
    delta: float | None = None,
    node_weights: NodeValues | None = None,
    rng: RNG = None,
    threads: int | None = None,
    lanes: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], Any] | None = None,
    n_rr_sets: int | None = None,
    n_simulations: int | None = None,
    oracle: str | None = None,
    any_size: bool = False,
    costs: NodeValues | None = None,
    groups: Groups | None = None,
    **limits_on_seeds: Any,
) -> Problem:
    """Check everything and return the question; `any_size` says that the number of seeds is not given."""
    work = checked_work(
        model=model, epsilon=epsilon, delta=delta, threads=threads, max_memory=max_memory, time_limit=time_limit,
        n_rr_sets=n_rr_sets, n_simulations=n_simulations,
    )  # fmt: skip
    network = as_graph(graph, probability=probability, rng=rng)
    if work["model"] == "lt":
        network.check_lt()
    node_weights, costs, groups = (
        attribute(graph, value, name)
        for value, name in ((node_weights, "node_weights"), (costs, "costs"), (groups, "groups"))
    )
    return Problem(
        graph=network,
        constraint=_constraint(network, k, any_size=any_size, costs=costs, groups=groups, **limits_on_seeds),
        weights=check_node_weights(network, node_weights),
        key=key_from(rng),
        lanes=lanes,
        progress=progress,
        oracle=oracle,
        **{"delta": 1.0 / max(network.n_nodes, 2), **work},
    )


def checked_work(
    *,
    model: str,
    epsilon: float,
    delta: float | None,
    threads: int | None,
    max_memory: int | str | None,
    time_limit: float | None,
    n_rr_sets: int | None,
    n_simulations: int | None,
) -> dict[str, Any]:
    """Return the fields of a question that do not depend on the graph, checked; no delta where none is given."""
    limits = Limits(
        None if time_limit is None else check.positive(time_limit, "time_limit"),
        free_memory() if max_memory is None else check.memory_bytes(max_memory),
    )
    given = {} if delta is None else {"delta": check.open_unit(delta, "delta")}
    return {
        "model": check_model(model),
        "epsilon": check.open_unit(epsilon, "epsilon"),
        "threads": check.threads(threads),
        "limits": limits,
        "n_rr_sets": None if n_rr_sets is None else check.count(n_rr_sets, "n_rr_sets"),
        "n_simulations": None if n_simulations is None else check.count(n_simulations, "n_simulations", low=2),
        **given,
    }


def attribute(graph: Any, value: Any, name: str) -> Any:
    """Return a node attribute of a NetworkX graph by label where `value` names one, else `value`."""
    if not isinstance(value, str):
        return value
    if not hasattr(graph, "is_multigraph"):
        raise InvalidArgumentError(f"{name}={value!r} names a node attribute, which only NetworkX graphs have")
    found = dict(graph.nodes(data=value))
    if all(item is None for item in found.values()):
        raise InvalidArgumentError(f"{name}={value!r} names an attribute that no node of the graph has")
    if name != "groups":
        found = {node: item for node, item in found.items() if item is not None}
    return found


def _constraint(
    graph: InfluenceGraph,
    k: int | None,
    *,
    any_size: bool,
    candidates: Iterable[Hashable] | None = None,
    exclude: Iterable[Hashable] | None = None,
    include: Iterable[Hashable] | None = None,
    start: Iterable[Hashable] | None = None,
    costs: ArrayLike | dict[Any, float] | None = None,
    budget: float | None = None,
    groups: Groups | None = None,
    quotas: int | dict[Any, int] | None = None,
) -> Constraint:
    for one, other, name, missing in (
        (costs, budget, "costs", "budget"), (budget, costs, "budget", "costs"),
        (groups, quotas, "groups", "quotas"), (quotas, groups, "quotas", "groups"),
    ):  # fmt: skip
        if one is not None and other is None:
            raise InvalidArgumentError(f"{name} needs {missing} too")
    if budget is not None and (k is not None or quotas is not None):
        raise InvalidArgumentError("budget cannot be combined with k or quotas; give one of them")
    if k is None and budget is None and quotas is None and not any_size:
        raise InvalidArgumentError("k is missing: say how many seeds (or give budget, quotas or target_spread)")
    forced, active, allowed = _nodes(graph, candidates, exclude, include, start)
    most = forced.size + int(allowed.sum())
    if most == 0:
        raise InvalidArgumentError("no node is left that may be a seed: see candidates, exclude and start")
    if k is not None:
        k = check.count(k, "k", high=most, high_is="the number of nodes that may be seeds")
        if k < forced.size:
            raise InvalidArgumentError(f"k must be at least the number of nodes in include, {forced.size}; got {k}")
    if budget is not None:
        assert costs is not None
        return _budgeted(graph, forced, active, allowed, node_costs(graph, costs), budget)
    if quotas is not None:
        assert groups is not None
        return _grouped(graph, k, forced, active, allowed, groups, quotas)
    return Constraint(most if k is None else k, allowed, forced, active)


def _nodes(
    graph: InfluenceGraph, *lists: Iterable[Hashable] | None
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """Return the forced nodes, the start nodes, and a mark on those that may be chosen."""
    names = ("candidates", "exclude", "include", "start")
    ids: dict[str, NDArray[np.int32] | None] = {}
    for labels, name in zip(lists, names, strict=True):
        if isinstance(labels, str):
            raise InvalidArgumentError(f"{name} must be an iterable of labels, got the text {labels!r}")
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
                f"include and {name} both name {graph.labels_of(clash[:1])[0]!r}; take it out of one of them"
            )
    if ids["exclude"] is not None:
        allowed[ids["exclude"]] = False
    allowed[active] = False
    allowed[forced] = False
    return forced, active, allowed


def _distinct(ids: "NDArray[np.int32] | None") -> NDArray[np.int32]:
    """Return each once, in the order of first mention."""
    assert ids is not None
    _, first = np.unique(ids, return_index=True)
    return ids[np.sort(first)]


def _budgeted(
    graph: InfluenceGraph,
    forced: NDArray[np.int32],
    start: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    cost: NDArray[np.float64],
    budget: float,
) -> Constraint:
    budget = check.positive(budget, "budget")
    remaining_budget = budget * _ROUNDING - math.fsum(cost[forced])
    if remaining_budget < 0:
        raise InvalidArgumentError(
            f"budget {budget:g} does not pay for include, which costs {budget - remaining_budget:g}"
        )
    allowed = allowed & (cost <= remaining_budget)
    if not allowed.any() and not forced.size:
        raise InvalidArgumentError(f"budget {budget:g} pays for no node that may be a seed; raise it")
    total = np.cumsum(np.sort(cost[allowed]))
    k = forced.size + int(np.searchsorted(total, remaining_budget, side="right"))
    return Constraint(k, allowed, forced, start, cost=cost, remaining_budget=remaining_budget)


def _grouped(
    graph: InfluenceGraph,
    k: int | None,
    forced: NDArray[np.int32],
    start: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    groups: Groups,
    quotas: int | dict[Any, int],
) -> Constraint:
    group, names = node_groups(graph, groups)
    if isinstance(quotas, dict):
        unknown = [name for name in quotas if name not in names]
        if unknown:
            raise InvalidArgumentError(f"quotas names the group {unknown[0]!r}, which no node has")
        limits = {name: check.count(q, f"quotas[{name!r}]", low=0) for name, q in quotas.items()}
    else:
        limits = dict.fromkeys(names, check.count(quotas, "quotas", low=0))
    bounded = np.array([name in limits for name in names] + [False])
    group = np.where(bounded[group], group, -1).astype(np.int32)
    room = np.array([limits.get(name, 0) for name in names], dtype=np.int64)
    taken = np.bincount(group[forced][group[forced] >= 0], minlength=room.size)
    over = np.flatnonzero(bounded[:-1] & (taken > room))
    if over.size:
        name = names[over[0]]
        raise InvalidArgumentError(
            f"include has {taken[over[0]]} nodes of the group {name!r}, whose quota is {limits[name]}"
        )
    room = room - np.where(bounded[:-1], taken, 0)
    free = group[allowed]
    most = int(np.minimum(np.bincount(free[free >= 0], minlength=room.size), room).sum()) + int((free < 0).sum())
    if k is None:
        if (free < 0).any():
            raise InvalidArgumentError("k is missing: some nodes that may be seeds are in no group with a quota")
        k = forced.size + most
        if k == 0:
            raise InvalidArgumentError("quotas leave no node that may be a seed")
    elif k > forced.size + most:
        raise InvalidArgumentError(f"k must be at most {forced.size + most}, which is what the quotas admit; got {k}")
    allowed = allowed & ((group < 0) | (np.append(room, 1)[group] > 0))
    matroid = PartitionMatroid.of_groups(np.where(allowed, group, -1).astype(np.int32), room)
    return Constraint(k, allowed, forced, start, matroid=matroid)
