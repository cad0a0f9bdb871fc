"""Values of nodes that users give as arrays by node index or as dicts by label: weights, costs, groups."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidArgumentError
from .influence_graph import InfluenceGraph

__all__ = ["node_costs", "node_groups", "node_weights"]


def node_weights(graph: InfluenceGraph, weights: ArrayLike | Mapping[Any, float] | None) -> NDArray[np.float64] | None:
    """Return checked node weights by internal id: float64, shape (n_nodes,); None if none are given."""
    if weights is None:
        return None
    values = _numbers(graph, weights, "node_weights")
    if not values.sum() > 0:
        raise InvalidArgumentError("node_weights are all 0; at least one node must count", argument="node_weights")
    return values


def node_costs(graph: InfluenceGraph, costs: ArrayLike | Mapping[Any, float]) -> NDArray[np.float64]:
    """Return checked node costs by internal id: float64, shape (n_nodes,)."""
    return _numbers(graph, costs, "costs")


def node_groups(
    graph: InfluenceGraph, groups: Sequence[Hashable] | NDArray[Any] | Mapping[Any, Hashable]
) -> tuple[NDArray[np.int32], list[Hashable]]:
    """Return the group number of each node by internal id (-1: no group), and the names of the groups."""
    by_node: list[Hashable]
    if isinstance(groups, Mapping):
        by_node = [None] * graph.n_nodes
        for node, group in zip(graph.labels.find(groups, "groups"), groups.values(), strict=True):
            by_node[node] = group
    else:
        by_node = groups.tolist() if isinstance(groups, np.ndarray) else list(groups)
        if len(by_node) != graph.n_nodes:
            raise InvalidArgumentError(
                f"groups must have one group per node ({graph.n_nodes}), or be a dict by label; got {len(by_node)}",
                argument="groups",
            )
    names: dict[Hashable, int] = {}
    try:
        numbers = [-1 if g is None else names.setdefault(g, len(names)) for g in by_node]
    except TypeError as error:
        raise InvalidArgumentError(f"groups must be hashable: {error}", argument="groups") from None
    return np.array(numbers, dtype=np.int32)[graph.index], list(names)


def _numbers(graph: InfluenceGraph, given: ArrayLike | Mapping[Any, float], name: str) -> NDArray[np.float64]:
    """Return numbers that are finite and not negative, one per node, by internal id."""
    try:
        values = np.array(list(given.values()) if isinstance(given, Mapping) else given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError(f"{name} must be numbers, one for each node", argument=name) from None
    if isinstance(given, Mapping):
        nodes = graph.labels.find(given, name)
        missing = graph.n_nodes - len(given)
        if missing:
            raise InvalidArgumentError(
                f"{name} lacks {missing} of {graph.n_nodes} nodes; give each a value", argument=name
            )
        values[nodes] = values.copy()
    if values.shape != (graph.n_nodes,):
        raise InvalidArgumentError(
            f"{name} must have one value per node, shape ({graph.n_nodes},), got shape {values.shape}", argument=name
        )
    wrong = np.flatnonzero(~((values >= 0) & np.isfinite(values)))
    if wrong.size:
        raise InvalidArgumentError(
            f"{name} of node {graph.labels[int(wrong[0])]!r} is {values[wrong[0]]}; "
            f"{name.removeprefix('node_')} must be finite and not negative",
            argument=name,
        )
    with np.errstate(over="ignore"):
        total = values.sum()
    if not np.isfinite(total):
        raise InvalidArgumentError(
            f"{name} have a sum beyond the largest number, {np.finfo(np.float64).max:.2g}; divide all by a constant",
            argument=name,
        )
    return np.ascontiguousarray(values[graph.index])
