"""The checked problem that an annotation algorithm solves, and what the algorithm returns."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.streams import RNG, Key, key_from
from ..diffusion.tables import check_model
from ..errors import InvalidArgumentError
from ..graph.alignment import Aligner
from ..graph.influence_graph import InfluenceGraph
from ..graph.node_values import node_column
from ..io.node_reader import NodeReader
from ._checks import Vectors, is_blank, item_rows, unit_embeddings
from .decided import decided_items
from .knn import SHARPNESS, check_direction, graph_of, ids_of
from .neighbors import Neighbors, neighbors_of

__all__ = ["CertifiedInfluence", "Outcome", "Problem", "Work", "make_problem"]


@dataclass(frozen=True)
class Work:
    """How precisely and with which resources to work; None stands for the default of `imax.maximize`."""

    threads: int | None = None
    epsilon: float | None = None
    delta: float | None = None
    max_memory: int | str | None = None
    time_limit: float | None = None
    progress: Callable[[Any], Any] | None = None
    client: Any = None

    def given(self, *names: str) -> dict[str, Any]:
        """Return the named values that are not None, as keyword arguments."""
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class Problem:
    """Which items there are, how they influence each other, and which may be selected.

    Attributes
    ----------
    embeddings : array of float32, dense or sparse, shape (n_items, n_dimensions), or None
        Scaled to length 1; None if the user passed a graph.
    neighbors : Neighbors or None
        None if the user passed a graph.
    graph : InfluenceGraph
        The nearest-neighbor graph.
    direction : {"in", "out"}
        Which way its arcs go; see `knn_graph`.
    model : {"ic", "lt"}
        How influence spreads on it.
    budget : int
        Number of items to select.
    start : numpy.ndarray of int64
        Rows of the items that are annotated already.
    allowed : numpy.ndarray of bool, shape (n_items,)
        Items that may be selected.
    constraints : dict
        Node weights, start, exclude, groups and quotas, as keyword arguments of `imax.maximize` and `imax.certify`.
    weights : numpy.ndarray of float64, shape (n_items,), or None
        Weight of each item, by row; None if all are 1.
    confidence : numpy.ndarray of float64, shape (n_items,), or None
        How sure a model is of each item, by row.
    group : numpy.ndarray of int64, shape (n_items,), or None
        The number of each item's group.
    quota : numpy.ndarray of int64, shape (n_groups,), or None
        How many items of each group may be selected.
    key : tuple of int
        The key of the random streams.
    work : Work
    notes : tuple of str
        What was skipped.
    """

    embeddings: Vectors | None
    neighbors: Neighbors | None
    graph: InfluenceGraph
    direction: str
    model: str
    budget: int
    start: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    constraints: dict[str, Any]
    weights: NDArray[np.float64] | None
    confidence: NDArray[np.float64] | None
    group: NDArray[np.int64] | None
    quota: NDArray[np.int64] | None
    key: Key
    work: Work
    notes: tuple[str, ...] = ()

    def unit_vectors(self) -> Vectors:
        """Return the embeddings, scaled to length 1; raise `InvalidArgumentError` if there is only a graph."""
        if self.embeddings is None:
            raise InvalidArgumentError(
                "embeddings must be an array for this algorithm, which compares vectors; got a graph",
                argument="embeddings",
            )
        return self.embeddings

    def neighbor_pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return items and their neighbors, one entry for each pair: by item, the nearest neighbor first.

        If there is only a graph, the neighbors of an item are by number, and its `direction` tells them from the items.
        """
        if self.neighbors is not None:
            n, k = self.neighbors.index.shape
            return np.repeat(np.arange(n), k), self.neighbors.index.reshape(-1).astype(np.int64)
        graph = self.graph
        source = graph.index[graph.in_idx].astype(np.int64)
        target = np.repeat(graph.index, np.diff(graph.in_ptr)).astype(np.int64)
        item, neighbor = (target, source) if self.direction == "in" else (source, target)
        order = np.lexsort((neighbor, item))
        return item[order], neighbor[order]


@dataclass(frozen=True)
class CertifiedInfluence:
    """The influence of a selection with its interval and its certificate."""

    influence: float
    interval: tuple[float, float]
    lower_bound: float
    upper_bound: float
    ratio: float
    delta: float

    @classmethod
    def of(cls, result: Any) -> "CertifiedInfluence":
        """Return the influence that a result of `imax.maximize` or `imax.certify` reports."""
        return cls(
            result.spread, result.interval, result.lower_bound, result.upper_bound, result.ratio, result.delta
        )  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What an algorithm selected.

    Attributes
    ----------
    indices : list of int
        In the order of selection.
    gains : list of float or None
        The gain of each item where the algorithm computes one.
    stop_reason : str
    influence : CertifiedInfluence or None
        None if the algorithm does not certify what it selects.
    notes : tuple of str
        What the user should know about the selection.
    auto : str or None
        Which algorithm of `imax.maximize` a pilot sample chose, and why.
    epsilon : float or None
        The precision of the algorithm, if it has one.
    """

    indices: list[int]
    gains: list[float] | None = None
    stop_reason: str = "all items chosen"
    influence: CertifiedInfluence | None = None
    notes: tuple[str, ...] = ()
    auto: str | None = None
    epsilon: float | None = None


def make_problem(
    embeddings: "ArrayLike | InfluenceGraph",
    budget: int,
    n_neighbors: int = 10,
    *,
    direction: str = "in",
    sharpness: float = SHARPNESS,
    model: str = "ic",
    neighbor_search: str = "auto",
    ids: "ArrayLike | None" = None,
    start: Iterable[Any] | None = None,
    exclude: Iterable[Any] | None = None,
    labels: Any = None,
    decided_above: float | None = None,
    confidence: Any = None,
    node_weights: "ArrayLike | None" = None,
    groups: "ArrayLike | None" = None,
    quotas: int | Mapping[Any, int] | None = None,
    on_missing: str = "error",
    rng: RNG = None,
    work: Work = Work(),
) -> Problem:
    """Check the arguments of `select`, find the neighbors and return the problem."""
    direction, model, key = check_direction(direction), check_model(model), key_from(rng)
    sharpness = check.not_negative(sharpness, "sharpness")
    if model == "lt" and direction == "out":
        raise InvalidArgumentError(
            "model must be 'ic' for direction 'out', where the probabilities into an item can sum to more than 1; got "
            "'lt'; use {direction=in}",
            argument="model",
            others=("direction",),
        )
    unit, neighbors, graph = _items(
        embeddings, ids, n_neighbors, neighbor_search, direction=direction, sharpness=sharpness, threads=work.threads
    )
    reader = NodeReader(graph, on_missing, max_memory=work.max_memory)
    known, decided, notes = decided_items(
        graph, labels, decided_above, aligner=reader.aligner, model=model, key=key, threads=work.threads,
        client=work.client,
    )  # fmt: skip
    annotated = np.array(list(dict.fromkeys([*_distinct(start, reader, "start").tolist(), *known.tolist()])))
    annotated = annotated.astype(np.int64)
    decided = np.setdiff1d(decided, annotated)
    excluded = np.union1d(_distinct(exclude, reader, "exclude"), decided)
    weights = _weights(reader, node_weights, decided)
    aligned, group, quota = _quotas(groups, quotas, reader)
    allowed = ~reader.dropped[graph.rank]
    excluded = np.union1d(excluded, np.flatnonzero(~allowed))
    allowed[annotated] = False
    allowed[excluded] = False
    budget = _budget(budget, allowed, group, quota)
    constraints = {
        "node_weights": weights,
        "start": graph.labels.take(annotated) or None,
        "exclude": graph.labels.take(excluded) or None,
        "groups": aligned,
        "quotas": quotas,
    }
    return Problem(
        embeddings=unit,
        neighbors=neighbors,
        graph=graph,
        direction=direction,
        model=model,
        budget=budget,
        start=annotated,
        allowed=allowed,
        constraints={name: value for name, value in constraints.items() if value is not None},
        weights=weights,
        confidence=_confidence(graph, confidence, allowed),
        group=group,
        quota=quota,
        key=key,
        work=work,
        notes=(*notes, *reader.notes),
    )


def _items(
    embeddings: Any,
    ids: Any,
    n_neighbors: int,
    neighbor_search: str,
    *,
    direction: str,
    sharpness: float,
    threads: int | None,
) -> tuple[Vectors | None, Neighbors | None, InfluenceGraph]:
    """Return the unit vectors of the items and their neighbors, which a graph does not have, and their graph."""
    if isinstance(embeddings, InfluenceGraph):
        if ids is not None:
            raise InvalidArgumentError("ids must be None for a graph, which has labels of its own", argument="ids")
        return None, None, embeddings
    unit = unit_embeddings(embeddings)
    neighbors = neighbors_of(unit, n_neighbors, neighbor_search=neighbor_search, threads=threads)
    names = ids_of(embeddings, ids, unit.shape[0])
    return unit, neighbors, graph_of(neighbors, names, direction=direction, sharpness=sharpness)


def _budget(
    budget: int, allowed: NDArray[np.bool_], group: NDArray[np.int64] | None, quota: NDArray[np.int64] | None
) -> int:
    """Return the checked budget, which the allowed items and the quotas must admit."""
    budget = check.count(budget, "budget", high=int(allowed.sum()), high_is="the number of items that can be chosen")
    if group is not None and quota is not None:
        fitting = int(np.minimum(np.bincount(group[allowed], minlength=quota.size), quota).sum())
        if fitting < budget:
            raise InvalidArgumentError(
                f"quotas allow only {fitting} items; raise them or lower the budget", argument="quotas"
            )
    return budget


def _weights(reader: NodeReader, node_weights: Any, decided: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the weight of each item by row, 0 for items whose labels are decided; None if all weights are 1."""
    graph, by_id = reader.graph, reader.node_weights(node_weights)
    if by_id is None and decided.size == 0:
        return None
    weights = np.ones(graph.n_nodes) if by_id is None else by_id[graph.rank]
    weights[decided] = 0.0
    return weights


def _confidence(graph: InfluenceGraph, confidence: Any, allowed: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return how sure a model is of each item, by row; every item that may be selected must have a number."""
    if confidence is None:
        return None
    column = node_column(confidence, "confidence")
    values = Aligner(graph.labels, option=None).numbers(column)
    missing = np.flatnonzero(np.isnan(values) & allowed)
    if missing.size:
        item = graph.labels.take(missing[:1])[0]
        raise InvalidArgumentError(
            f"confidence must have a number for each item that may be selected, but {missing.size} have none, such as "
            f"{item!r}; exclude these items or give their confidence",
            argument="confidence",
        )
    return values


def _distinct(items: Iterable[Any] | None, reader: NodeReader, argument: str) -> NDArray[np.int64]:
    """Return the rows of items without repetition, in the order of first mention."""
    rows = item_rows(items, reader.graph.labels, argument, reader.aligner)
    return np.array(list(dict.fromkeys(rows[rows >= 0].tolist())), dtype=np.int64)


def _quotas(
    groups: Any, quotas: int | Mapping[Any, int] | None, reader: NodeReader
) -> tuple[list[Any] | None, NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return the group of each item, its number, and the quota of each group."""
    if groups is None or quotas is None:
        if groups is not None:
            raise InvalidArgumentError(
                "quotas are missing: {groups} requires them", argument="quotas", others=("groups",)
            )
        if quotas is not None:
            raise InvalidArgumentError(
                "groups are missing: {quotas} requires them", argument="groups", others=("quotas",)
            )
        return None, None, None
    n_items = reader.graph.n_nodes
    place, names = reader.groups(groups)
    named = [*(None if is_blank(name) else name for name in names), None]  # the last is for -1, no group
    aligned = [named[g] for g in place[reader.graph.rank].tolist()]
    numbers: dict[Any, int] = {}
    group = np.array([numbers.setdefault(name, len(numbers)) for name in aligned], dtype=np.int64)
    quota = np.full(len(numbers), n_items, dtype=np.int64)  # a group without a quota is not limited
    for name, number in numbers.items():
        if name is None:  # items without a group are not limited
            continue
        if not isinstance(quotas, Mapping):
            quota[number] = check.count(quotas, "quotas", low=0)
        elif name in quotas:
            try:
                quota[number] = check.count(quotas[name], f"quotas[{name!r}]", low=0)
            except InvalidArgumentError as error:
                raise InvalidArgumentError(str(error), argument="quotas") from None
    return aligned, group, quota
