"""Choosing examples: by influence, and by the rules that it is compared with. All have the same signature."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from .._utils import check
from .._utils.streams import RNG, Key, Stream, key_from, stream_key
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..results import Certificate, MaximizeResult
from ..selection import certify, maximize
from .neighbors import Neighbors, embeddings_of, graph_of, neighbors_of
from .selection import Selection

__all__ = ["METHODS", "facility_location", "graph_degree", "ideal", "k_center", "random", "simulated", "vote_k"]

SIMULATIONS = 10  # of the paper's oracle
EPSILON = 0.025  # by measurement: see docs/explanation/annotate-study


@dataclass(frozen=True)
class _Task:
    """A checked question: items, their graph, and which may be chosen."""

    unit: NDArray[np.float32] | None
    near: Neighbors | None
    graph: InfluenceGraph
    budget: int
    start: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    rules: dict[str, Any]  # for `maximize`
    group: NDArray[np.int64] | None
    room: NDArray[np.int64] | None
    key: Key
    work: dict[str, Any]

    def items(self) -> NDArray[np.float32]:
        """Return the embeddings; a graph alone has none."""
        if self.unit is None:
            raise InvalidArgumentError("this method looks at embeddings; give these in place of a graph")
        return self.unit


@dataclass(frozen=True)
class _Choice:
    """What a method chose; `certified` is the selector's result where it has a certificate of its own."""

    chosen: list[int]
    gains: list[float] | None = None
    reason: str = "all items chosen"
    certified: MaximizeResult | None = None


_Chooser = Callable[[_Task], _Choice]


class Method(Protocol):
    """A method of choosing examples."""

    def __call__(self, embeddings: Any, budget: int, n_neighbors: int = 10, **options: Any) -> Selection:
        """Return the examples."""


def _method(name: str, choose: _Chooser, text: str) -> Method:
    def method(
        embeddings: ArrayLike | InfluenceGraph,
        budget: int,
        n_neighbors: int = 10,
        *,
        neighbors: str = "auto",
        start: Iterable[int] | None = None,
        exclude: Iterable[int] | None = None,
        weights: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        quotas: int | Mapping[Any, int] | None = None,
        rng: RNG = None,
        threads: int | None = None,
        **work: Any,
    ) -> Selection:
        began = time.perf_counter()
        task = _task(
            embeddings, budget, n_neighbors, neighbors=neighbors, start=start, exclude=exclude, weights=weights,
            groups=groups, quotas=quotas, rng=rng, work={"threads": threads, **work},
        )  # fmt: skip
        return _selection(name, task, choose, began)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = text + _ARGUMENTS
    return method


_ARGUMENTS = """

    Parameters
    ----------
    embeddings : array_like of float, shape (n_items, n_dimensions), or InfluenceGraph
        The items; or their graph, as `knn_graph` makes it, where the method needs no more.
    budget : int
        How many items to choose.
    n_neighbors : int, default 10
        For the graph of neighbours.
    neighbors : {"auto", "exact", "approximate"}, default "auto"
        How they are found; see `neighbors_of`.
    start : iterable of int, optional
        Items annotated already: not chosen again, and what they reach counts for nothing.
    exclude : iterable of int, optional
        Items that cannot be chosen.
    weights : array_like of float, shape (n_items,), optional
        What reaching each item is worth, for influence; default 1.
    groups, quotas : array_like, shape (n_items,), and int or dict, optional
        The group of each item, and the most items of each group.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` is.
    threads : int, optional
    **work
        ``epsilon``, ``delta``, ``max_memory``, ``time_limit``, ``progress`` as in `imax.maximize`, for methods that
        draw RR sets.

    Returns
    -------
    Selection

    Raises
    ------
    InvalidArgumentError
        Naming the rows, for embeddings that are not finite or zero; for a budget above the number of items.
    """


def _task(
    embeddings: Any, budget: int, n_neighbors: int, *, neighbors: str, start: Any, exclude: Any, weights: Any,
    groups: Any, quotas: Any, rng: RNG, work: dict[str, Any],
) -> _Task:  # fmt: skip
    unit, near = None, None
    if isinstance(embeddings, InfluenceGraph):
        graph = embeddings
    else:
        unit = embeddings_of(embeddings)
        near = neighbors_of(unit, n_neighbors, method=neighbors, threads=work["threads"])
        graph = graph_of(near)
    n = graph.n_nodes
    begun = _rows(start, n, "start")
    allowed = np.ones(n, dtype=np.bool_)
    allowed[begun] = False
    left_out = _rows(exclude, n, "exclude")
    allowed[left_out] = False
    budget = check.count(budget, "budget", high=int(allowed.sum()), high_is="the number of items that can be chosen")
    group, room = _quotas(groups, quotas, n)
    rules: dict[str, Any] = {"node_weights": weights, "start": begun.tolist() or None}
    rules["exclude"] = left_out.tolist() or None
    if group is not None:
        rules["groups"], rules["quotas"] = np.asarray(groups), quotas
    return _Task(unit, near, graph, budget, begun, allowed, rules, group, room, key_from(rng), work)


def _rows(rows: Any, n: int, name: str) -> NDArray[np.int64]:
    """Return item numbers, each once, or refuse one that is none."""
    if rows is None:
        return np.empty(0, dtype=np.int64)
    numbers = [check.count(row, f"an item of {name}", low=0, high=n - 1, high_is="the last item") for row in rows]
    return np.array(list(dict.fromkeys(numbers)), dtype=np.int64)


def _quotas(groups: Any, quotas: Any, n: int) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return each item's group by number and the room of each group."""
    if groups is None or quotas is None:
        if (groups is None) != (quotas is None):
            raise InvalidArgumentError("groups and quotas go together; give both")
        return None, None
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    if group.shape != (n,):
        raise InvalidArgumentError(f"groups must have one group for each of the {n} items, got shape {group.shape}")
    limits = quotas if isinstance(quotas, Mapping) else dict.fromkeys(names.tolist(), quotas)
    room = [check.count(limits[name], f"quotas[{name!r}]", low=0) if name in limits else n for name in names.tolist()]
    return group, np.array(room, dtype=np.int64)


def _selection(name: str, task: _Task, choose: _Chooser, began: float) -> Selection:
    prepared = time.perf_counter()
    made = choose(task)
    picked = time.perf_counter()
    found: MaximizeResult | Certificate | None = made.certified
    if found is None:
        work = {key: value for key, value in task.work.items() if key in ("threads", "delta", "max_memory")}
        rules = {rule: value for rule, value in task.rules.items() if value is not None}
        found = certify(task.graph, made.chosen, k=task.budget, rng=task.key, **rules, **work)
    now = time.perf_counter()
    assert found.spread is not None
    assert found.interval is not None
    assert found.lower_bound is not None
    assert found.upper_bound is not None
    assert found.ratio is not None
    return Selection(
        indices=made.chosen,
        gains=made.gains,
        influence=found.spread,
        interval=found.interval,
        lower_bound=found.lower_bound,
        upper_bound=found.upper_bound,
        ratio=found.ratio,
        method=name,
        budget=task.budget,
        start=task.start.tolist(),
        n_items=task.graph.n_nodes,
        n_neighbors=None if task.near is None else task.near.index.shape[1],
        neighbors=None if task.near is None else task.near.method,
        recall=None if task.near is None else task.near.recall,
        delta=found.delta,
        stop_reason=made.reason,
        rng_key=task.key,
        version=__version__,
        graph=task.graph,
        seconds={
            "neighbors": prepared - began, "select": picked - prepared, "certify": now - picked, "total": now - began,
        },
    )  # fmt: skip


def _ideal(task: _Task) -> _Choice:
    found = maximize(task.graph, task.budget, rng=task.key, **task.rules, **{"epsilon": EPSILON, **task.work})
    return _Choice(found.seeds, found.gains, found.stop_reason, found)


def _simulated(task: _Task) -> _Choice:
    if task.group is not None:
        raise InvalidArgumentError("quotas are nothing that the simulated oracle's greedy takes; ideal does")
    found = maximize(
        task.graph, task.budget, algorithm="celf", oracle="simulation", n_simulations=SIMULATIONS, rng=task.key,
        **task.rules, **{name: value for name, value in task.work.items() if name in ("threads", "time_limit")},
    )  # fmt: skip
    return _Choice(found.seeds, found.gains, found.stop_reason)


class _Rules:
    """Which items can still be chosen, one by one."""

    def __init__(self, task: _Task) -> None:
        self.free = task.allowed.copy()
        self.group, self.room = task.group, None if task.room is None else task.room.copy()
        self._close()

    def take(self, item: int) -> None:
        """Take an item as chosen."""
        self.free[item] = False
        if self.group is not None and self.room is not None:
            self.room[self.group[item]] -= 1
            self._close()

    def _close(self) -> None:
        if self.group is not None and self.room is not None:
            self.free &= self.room[self.group] > 0


def _one_by_one(task: _Task, score: Callable[[], NDArray[Any]], taken: Callable[[int], None]) -> list[int]:
    """Choose the free item of the largest score, again and again; ties go to the smaller index."""
    rules = _Rules(task)
    chosen: list[int] = []
    for _ in range(task.budget):
        if not rules.free.any():
            raise InvalidArgumentError(f"quotas admit only {len(chosen)} items; raise them or lower the budget")
        now = score()
        item = int(np.argmax(np.where(rules.free, now, -np.inf)))
        rules.take(item)
        taken(item)
        chosen.append(item)
    return chosen


def _random(task: _Task) -> _Choice:
    words = np.random.PCG64(np.random.SeedSequence(list(stream_key(task.key, Stream.RANDOM_ITEMS)))).random_raw(
        task.graph.n_nodes
    )
    drawn = (words >> np.uint64(11)).astype(np.float64)
    return _Choice(_one_by_one(task, lambda: drawn, lambda item: None))


def _degree(task: _Task) -> _Choice:
    degree = task.graph.in_degree().astype(np.float64)
    return _Choice(_one_by_one(task, lambda: degree, lambda item: None))


def _vote_k(task: _Task) -> _Choice:
    """Each item votes for its neighbours, by 10 to minus the number of its neighbours that are chosen."""
    in_ptr, in_idx, rank = task.graph.in_ptr, task.graph.in_idx, task.graph.rank
    n = task.graph.n_nodes
    target = np.repeat(np.arange(n), np.diff(in_ptr))
    served = np.zeros(n, dtype=np.int64)  # by internal id, as the arcs are

    def score() -> NDArray[Any]:
        votes = np.bincount(target, 10.0 ** -served[in_idx].astype(np.float64), minlength=n)
        return votes[rank]

    def taken(item: int) -> None:
        v = int(rank[item])
        served[in_idx[in_ptr[v] : in_ptr[v + 1]]] += 1

    for item in task.start.tolist():
        taken(item)
    return _Choice(_one_by_one(task, score, taken))


def _k_center(task: _Task) -> _Choice:
    """Each time the item that is least similar to its most similar chosen one; first the most central."""
    unit = task.items()
    nearest = np.full(unit.shape[0], -np.inf)

    def taken(item: int) -> None:
        np.maximum(nearest, unit @ unit[item], out=nearest)

    for item in task.start.tolist():
        taken(item)
    central = unit @ unit.mean(axis=0)

    def score() -> NDArray[Any]:
        return central if np.isneginf(nearest).all() else -nearest

    return _Choice(_one_by_one(task, score, taken))


def _facility(task: _Task) -> _Choice:
    """Each time the item that adds most to the sum over all of the similarity to the most similar chosen one."""
    unit = task.items()
    n = unit.shape[0]
    covered = np.zeros(n, dtype=np.float32)
    gains: list[float] = []
    step = max(1, (1 << 24) // n)

    def gain_of(rows: NDArray[Any]) -> NDArray[np.float64]:
        found = np.empty(rows.size)
        for a in range(0, rows.size, step):
            part = rows[a : a + step]
            found[a : a + step] = np.maximum(unit[part] @ unit.T - covered, 0.0).sum(axis=1, dtype=np.float64)
        return found

    def taken(item: int) -> None:
        np.maximum(covered, unit @ unit[item], out=covered)

    for item in task.start.tolist():
        taken(item)
    rules = _Rules(task)
    chosen: list[int] = []
    bound = gain_of(np.arange(n))
    for _ in range(task.budget):
        if not rules.free.any():
            raise InvalidArgumentError(f"quotas admit only {len(chosen)} items; raise them or lower the budget")
        fresh = np.zeros(n, dtype=np.bool_)
        while True:  # old gains are bounds: only the leader is counted anew
            item = int(np.argmax(np.where(rules.free, bound, -np.inf)))
            if fresh[item]:
                break
            bound[item] = gain_of(np.array([item]))[0]
            fresh[item] = True
        gains.append(float(bound[item]))
        rules.take(item)
        taken(item)
        chosen.append(item)
    return _Choice(chosen, gains)


ideal = _method(
    "ideal", _ideal,
    """Choose the items that influence most others by independent cascades on the graph of neighbours (IDEAL).

    Selection is `imax.maximize`, so that the influence comes with its certificate.""",
)  # fmt: skip
simulated = _method(
    "simulated", _simulated,
    """Choose as `ideal` does, by the paper's oracle: each influence is the mean of 10 simulated cascades.""",
)  # fmt: skip
random = _method("random", _random, """Choose items uniformly at random.""")
vote_k = _method(
    "vote_k", _vote_k,
    """Choose by fast vote-k (Su et al., ICLR 2023): items vote for their neighbours, and less once these are chosen.

    An item whose neighbours have s chosen ones among them votes with weight 10 to the power of -s.""",
)  # fmt: skip
k_center = _method(
    "k_center", _k_center,
    """Choose for diversity (Gonzalez 1985): the most central, then each time the least similar to those chosen.""",
)  # fmt: skip
facility_location = _method(
    "facility_location", _facility,
    """Choose for coverage: the largest sum over all items of the similarity to the most similar chosen one, greedily.

    Similarities below 0 count as 0.""",
)  # fmt: skip
graph_degree = _method(
    "graph_degree", _degree, """Choose the items that are neighbours of most others: the largest in-degrees."""
)

METHODS: dict[str, Method] = {
    "ideal": ideal, "simulated": simulated, "vote_k": vote_k, "k_center": k_center,
    "facility_location": facility_location, "graph_degree": graph_degree, "random": random,
}  # fmt: skip
