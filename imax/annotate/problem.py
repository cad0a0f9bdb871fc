"""The checked problem that an annotation algorithm solves, and what the algorithm returns."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.streams import RNG, Key, key_from
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..io.node_reader import NodeReader
from ._checks import Vectors, is_blank, item_rows, unit_embeddings
from .neighbors import Neighbors, graph_of, ids_of, neighbors_of

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
    budget : int
        Number of items to select.
    start : numpy.ndarray of int64
        Rows of the items that are annotated already.
    allowed : numpy.ndarray of bool, shape (n_items,)
        Items that may be selected.
    constraints : dict
        Node weights, start, exclude, groups and quotas, as keyword arguments of `imax.maximize` and `imax.certify`.
    group : numpy.ndarray of int64, shape (n_items,), or None
        The number of each item's group.
    quota : numpy.ndarray of int64, shape (n_groups,), or None
        How many items of each group may be selected.
    key : tuple of int
        The key of the random streams.
    work : Work
    notes : list of str
        What was ignored or filled in when the arguments were read.
    """

    embeddings: Vectors | None
    neighbors: Neighbors | None
    graph: InfluenceGraph
    budget: int
    start: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    constraints: dict[str, Any]
    group: NDArray[np.int64] | None
    quota: NDArray[np.int64] | None
    key: Key
    work: Work
    notes: list[str]

    def unit_vectors(self) -> Vectors:
        """Return the embeddings, scaled to length 1; raise `InvalidArgumentError` if there is only a graph."""
        if self.embeddings is None:
            raise InvalidArgumentError(
                "embeddings must be an array for this algorithm, which compares vectors; got a graph",
                argument="embeddings",
            )
        return self.embeddings


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
    """

    indices: list[int]
    gains: list[float] | None = None
    stop_reason: str = "all items chosen"
    influence: CertifiedInfluence | None = None


def make_problem(
    embeddings: "ArrayLike | InfluenceGraph",
    budget: int,
    n_neighbors: int = 10,
    *,
    neighbor_search: str = "auto",
    ids: "ArrayLike | None" = None,
    start: Iterable[Any] | None = None,
    exclude: Iterable[Any] | None = None,
    node_weights: "ArrayLike | None" = None,
    groups: "ArrayLike | None" = None,
    quotas: int | Mapping[Any, int] | None = None,
    on_missing: str = "error",
    rng: RNG = None,
    work: Work = Work(),
) -> Problem:
    """Check the arguments of `select`, find the neighbors and return the problem."""
    unit, neighbors = None, None
    if isinstance(embeddings, InfluenceGraph):
        if ids is not None:
            raise InvalidArgumentError("ids must be None for a graph, which has labels of its own", argument="ids")
        graph = embeddings
    else:
        unit = unit_embeddings(embeddings)
        neighbors = neighbors_of(unit, n_neighbors, neighbor_search=neighbor_search, threads=work.threads)
        graph = graph_of(neighbors, ids_of(embeddings, ids, unit.shape[0]))
    reader, labels = NodeReader(graph, on_missing), graph.labels
    annotated, excluded = _distinct(start, reader, "start"), _distinct(exclude, reader, "exclude")
    weights = reader.node_weights(node_weights)
    aligned, group, quota = _quotas(groups, quotas, reader)
    allowed = ~reader.dropped[graph.rank]
    excluded = np.union1d(excluded, np.flatnonzero(~allowed))
    allowed[annotated] = False
    allowed[excluded] = False
    budget = check.count(budget, "budget", high=int(allowed.sum()), high_is="the number of items that can be chosen")
    if group is not None and quota is not None:
        fitting = int(np.minimum(np.bincount(group[allowed], minlength=quota.size), quota).sum())
        check.count(budget, "budget", high=fitting, high_is="the number of items that the quotas allow")
    constraints = {
        "node_weights": None if weights is None else weights[graph.rank],
        "start": labels.take(annotated) or None,
        "exclude": labels.take(excluded) or None,
        "groups": aligned,
        "quotas": quotas,
    }
    return Problem(
        embeddings=unit,
        neighbors=neighbors,
        graph=graph,
        budget=budget,
        start=annotated,
        allowed=allowed,
        constraints={name: value for name, value in constraints.items() if value is not None},
        group=group,
        quota=quota,
        key=key_from(rng),
        work=work,
        notes=reader.notes,
    )


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
            raise InvalidArgumentError("quotas must be given when groups is given", argument="quotas")
        if quotas is not None:
            raise InvalidArgumentError("groups must be given when quotas is given", argument="groups")
        return None, None, None
    n_items = reader.graph.n_nodes
    place, names = reader.groups(groups)
    named = [None if is_blank(name) else name for name in names] + [None]  # the last is for -1, no group
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
