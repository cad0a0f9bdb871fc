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
from ._checks import item_numbers, unit_embeddings
from .neighbors import Neighbors, graph_of, neighbors_of

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
    embeddings : numpy.ndarray of float32, shape (n_items, n_dimensions), or None
        Scaled to length 1; None if the user passed a graph.
    neighbors : Neighbors or None
        None if the user passed a graph.
    graph : InfluenceGraph
        The nearest-neighbor graph.
    budget : int
        Number of items to select.
    start : numpy.ndarray of int64
        Items that are annotated already.
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
    """

    embeddings: NDArray[np.float32] | None
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

    def unit_vectors(self) -> NDArray[np.float32]:
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
    start: Iterable[int] | None = None,
    exclude: Iterable[int] | None = None,
    node_weights: "ArrayLike | None" = None,
    groups: "ArrayLike | None" = None,
    quotas: int | Mapping[Any, int] | None = None,
    rng: RNG = None,
    work: Work = Work(),
) -> Problem:
    """Check the arguments of `select`, find the neighbors and return the problem."""
    unit, neighbors = None, None
    if isinstance(embeddings, InfluenceGraph):
        graph = embeddings
    else:
        unit = unit_embeddings(embeddings)
        neighbors = neighbors_of(unit, n_neighbors, neighbor_search=neighbor_search, threads=work.threads)
        graph = graph_of(neighbors)
    n = graph.n_nodes
    annotated, excluded = _distinct(start, n, "start"), _distinct(exclude, n, "exclude")
    allowed = np.ones(n, dtype=np.bool_)
    allowed[annotated] = False
    allowed[excluded] = False
    budget = check.count(budget, "budget", high=int(allowed.sum()), high_is="the number of items that can be chosen")
    group, quota = _quotas(groups, quotas, n)
    constraints = {
        "node_weights": node_weights,
        "start": annotated.tolist() or None,
        "exclude": excluded.tolist() or None,
        "groups": None if group is None else np.asarray(groups),
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
    )


def _distinct(items: Iterable[int] | None, n_items: int, argument: str) -> NDArray[np.int64]:
    """Return item numbers without repetition, in the order of first mention."""
    numbers = item_numbers(() if items is None else items, n_items, argument)
    return np.array(list(dict.fromkeys(numbers.tolist())), dtype=np.int64)


def _quotas(
    groups: ArrayLike | None, quotas: int | Mapping[Any, int] | None, n_items: int
) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return the number of each item's group, and the quota of each group."""
    if groups is None or quotas is None:
        if groups is not None:
            raise InvalidArgumentError("quotas must be given when groups is given", argument="quotas")
        if quotas is not None:
            raise InvalidArgumentError("groups must be given when quotas is given", argument="groups")
        return None, None
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    if group.shape != (n_items,):
        raise InvalidArgumentError(
            f"groups must have one group for each of the {n_items} items, got shape {group.shape}", argument="groups"
        )
    quota = np.full(names.size, n_items, dtype=np.int64)  # a group without a quota is not limited
    for number, name in enumerate(names.tolist()):
        if not isinstance(quotas, Mapping):
            quota[number] = check.count(quotas, "quotas", low=0)
        elif name in quotas:
            try:
                quota[number] = check.count(quotas[name], f"quotas[{name!r}]", low=0)
            except InvalidArgumentError as error:
                raise InvalidArgumentError(str(error), argument="quotas") from None
    return group, quota
