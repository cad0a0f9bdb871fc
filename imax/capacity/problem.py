"""The problem: a graph, its active participants, whom each of them can invite, and how many."""

from collections.abc import Hashable, Iterable, Mapping
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check, parallel
from .._utils.locks import kept_property
from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from ..graph.accept import as_graph
from ..graph.influence_graph import InfluenceGraph
from ..ris.constraint import Constraint
from ..ris.matroid import PartitionMatroid

__all__ = ["CapacityProblem"]


class CapacityProblem:
    """Active participants (APs), each of whom can invite a few passive friends.

    Everyone who is not active is passive. Invited friends become active and the cascade runs on among the passive:
    paths through an AP do not count, and APs are never invited. Arcs keep the probabilities that they have in the whole
    graph, so that APs need not be cut out of it; what many problems need of one graph is prepared once.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    active : iterable of labels
        The APs, each once. Where order matters, as in round robin, it is this one.
    capacity : int, dict, or array_like of int, shape (n_active,)
        How many friends an AP can invite, at least 1: one number for all, by label, or in the order of `active`.
    candidates : dict of iterables, optional
        Whom each AP may invite: passive nodes, whether or not there is an arc to them. Every AP must be named, if only
        with an empty list. By default the passive nodes that it has an arc to.
    probability : str, optional
        A scheme of arc probabilities in place of the graph's own; see `imax.probabilities`.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        For schemes that draw.
    threads : int, optional

    Attributes
    ----------
    graph : InfluenceGraph
        The whole graph.
    active : list
        Labels of the APs.
    capacity : numpy.ndarray of int64, shape (n_active,)
        In the order of `active`.
    n_passive : int
        Number of nodes that are not active.
    n_pairs : int
        Number of pairs of an AP and a friend whom it may invite.
    blocked : numpy.ndarray of bool, shape (n_nodes,)
        The APs, by internal id.
    matroid : PartitionMatroid
        Whom each may invite, in internal ids.

    Raises
    ------
    InvalidArgumentError
        If `active` is empty, repeats a node or leaves no passive one; for a capacity that is missing or below 1; if no
        AP has a friend to invite, or a candidate is active itself.
    UnknownNodeError
        For a label that is no node of the graph.

    References
    ----------
    Zhang, Huang, Sun, Lin, Xiao, Tang: Capacity Constrained Influence Maximization in Social Networks. KDD 2023.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem
    >>> problem = CapacityProblem(imax.datasets.load("lesmis"), ["Myriel", "Marius"], 2)
    >>> problem
    <CapacityProblem: 2 active of 77 nodes, 29 pairs, 4 slots>
    >>> problem.friends("Myriel")[:2]
    ['Valjean', 'MlleBaptistine']
    """

    def __init__(
        self,
        graph: Any,
        active: Iterable[Hashable],
        capacity: int | Mapping[Any, int] | ArrayLike,
        *,
        candidates: Mapping[Any, Iterable[Hashable]] | None = None,
        probability: str | None = None,
        rng: RNG = None,
        threads: int | None = None,
    ) -> None:
        self.graph = as_graph(graph, probability=probability, rng=rng)
        if isinstance(active, str):
            raise InvalidArgumentError(f"active must be an iterable of labels, got the text {active!r}")
        ids = self.graph.internal_of(active, "active")
        self.active = self.graph.labels_of(ids)
        self.blocked = self._mark(ids)
        self.n_passive = self.graph.n_nodes - ids.size
        self.capacity = self._capacities(capacity)
        n_threads = check.threads(threads)
        rows = self._arcs(ids, n_threads) if candidates is None else self._given(candidates)
        self.matroid = PartitionMatroid.of_rows(*rows, self.capacity)
        self.n_pairs = self.matroid.n_pairs
        for array in (self.capacity, self.blocked):
            array.setflags(write=False)
        if not self.n_pairs:
            raise InvalidArgumentError("no active participant has a passive friend to invite; name others in active")

    def _mark(self, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return a mark on the active nodes, by internal id."""
        if not ids.size:
            raise InvalidArgumentError("active is empty; name at least one active participant")
        blocked = np.zeros(self.graph.n_nodes, dtype=np.bool_)
        blocked[ids] = True
        if int(blocked.sum()) < ids.size:
            values, counts = np.unique(ids, return_counts=True)
            twice = self.graph.labels_of(values[counts > 1][:1])[0]
            raise InvalidArgumentError(f"active names {twice!r} more than once; name each active participant once")
        if blocked.all():
            raise InvalidArgumentError("active names every node of the graph; somebody must be passive to be invited")
        return blocked

    def _capacities(self, given: Any) -> NDArray[np.int64]:
        if isinstance(given, Mapping):
            missing = next((ap for ap in self.active if ap not in given), None)
            if missing is not None:
                raise InvalidArgumentError(f"capacity is missing for {missing!r}; give one to every active participant")
            known = set(self.active)
            other = next((label for label in given if label not in known), None)
            if other is not None:
                raise InvalidArgumentError(f"capacity names {other!r}, which is not in active; leave it out")
            values = [given[ap] for ap in self.active]
        elif isinstance(given, (int, np.integer)):
            values = [check.count(given, "capacity", high=2**31 - 1)] * len(self.active)
        else:
            values = np.asarray(given).tolist()
            if not isinstance(values, list):
                raise InvalidArgumentError(
                    f"capacity must be a whole number, a mapping of labels, or a list of numbers, got {values!r}"
                )
            if len(values) != len(self.active):
                raise InvalidArgumentError(
                    f"capacity must have one number for each of the {len(self.active)} active, got {len(values)}"
                )
        each = zip(self.active, values, strict=True)
        return np.array([check.count(k, f"capacity of {ap!r}", high=2**31 - 1) for ap, k in each], dtype=np.int64)

    def _arcs(self, ids: NDArray[np.int32], threads: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return each passive node's row of APs that have an arc to it."""
        from ..kernels.matroid import count_members, fill_members

        graph, n = self.graph, self.graph.n_nodes
        number = np.zeros(n, dtype=np.int32)
        number[ids] = np.arange(ids.size, dtype=np.int32)
        counts = np.empty(n, dtype=np.int64)
        parts = parallel.even_parts(graph.in_ptr, threads if graph.n_arcs > 1 << 16 else 1) or [(0, n)]
        rows = graph.in_ptr, graph.in_idx, self.blocked
        parallel.run([partial(count_members, *rows, a, b, counts) for a, b in parts], threads)
        by_ptr = np.concatenate([[0], np.cumsum(counts)])
        by_group = np.empty(int(by_ptr[-1]), dtype=np.int32)
        parallel.run([partial(fill_members, *rows, number, a, b, by_ptr, by_group) for a, b in parts], threads)
        return by_ptr, by_group

    def _given(self, candidates: Mapping[Any, Iterable[Hashable]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return each passive node's row of APs that name it as a candidate."""
        if not isinstance(candidates, Mapping):
            raise InvalidArgumentError(f"candidates must be a mapping from active participants, got {candidates!r}")
        missing = next((ap for ap in self.active if ap not in candidates), None)
        if missing is not None:
            raise InvalidArgumentError(f"candidates is missing for {missing!r}; give an empty list if it has none")
        known = set(self.active)
        other = next((label for label in candidates if label not in known), None)
        if other is not None:
            raise InvalidArgumentError(f"candidates names {other!r}, which is not in active; leave it out")
        lists = [list(candidates[ap]) for ap in self.active]
        groups = np.repeat(np.arange(len(lists), dtype=np.int64), [len(friends) for friends in lists])
        friends = self.graph.internal_of(chain.from_iterable(lists), "candidates")
        wrong = np.flatnonzero(self.blocked[friends])
        if wrong.size:
            ap, label = self.active[groups[wrong[0]]], self.graph.labels_of(friends[wrong[:1]])[0]
            raise InvalidArgumentError(f"candidates of {ap!r} names {label!r}, which is active itself; leave it out")
        order = np.lexsort((groups, friends))
        groups, friends = groups[order], friends[order]
        twice = np.flatnonzero((np.diff(groups) == 0) & (np.diff(friends) == 0))
        if twice.size:
            ap, label = self.active[groups[twice[0]]], self.graph.labels_of(friends[twice[:1]])[0]
            raise InvalidArgumentError(f"candidates of {ap!r} names {label!r} more than once; name it once")
        counts = np.bincount(friends, minlength=self.graph.n_nodes)
        return np.concatenate([[0], np.cumsum(counts)]), groups.astype(np.int32)

    # -- looking -----------------------------------------------------------------------------------------------

    def friends(self, ap: Hashable) -> list[Any]:
        """Return the labels of those whom an AP may invite, those with the most out-arcs first."""
        try:
            number = self._numbers[ap]
        except (KeyError, TypeError):
            raise InvalidArgumentError(f"{ap!r} is not an active participant of this problem") from None
        m = self.matroid
        return self.graph.labels_of(m.nodes[m.ptr[number] : m.ptr[number + 1]])

    @kept_property
    def _numbers(self) -> dict[Any, int]:
        return {ap: number for number, ap in enumerate(self.active)}

    @property
    def n_slots(self) -> int:
        """The sum of all capacities."""
        return int(self.capacity.sum())

    @property
    def without_friends(self) -> list[Any]:
        """The APs who have nobody to invite."""
        return [ap for ap, size in zip(self.active, np.diff(self.matroid.ptr), strict=True) if size == 0]

    @kept_property
    def passive(self) -> InfluenceGraph:
        """The graph of the passive nodes alone, with the arcs among them and their probabilities; made at first use."""
        graph = self.graph
        sources, targets, values = graph.arc_arrays()
        stays = np.ones(graph.n_nodes, dtype=np.bool_)
        stays[graph.index[self.blocked]] = False
        number = (np.cumsum(stays) - 1).astype(np.int32)
        kept = stays[sources] & stays[targets]
        return InfluenceGraph.from_arrays(
            number[sources[kept]], number[targets[kept]], values[kept], labels=graph.labels.take(np.flatnonzero(stays))
        )

    @kept_property
    def constraint(self) -> Constraint:
        """What the selectors need to know, in internal ids."""
        none = np.empty(0, dtype=np.int32)
        allowed = np.diff(self.matroid.by_ptr) > 0
        return Constraint(int(self.matroid.usable_capacity().sum()), allowed, none, none, matroid=self.matroid)

    def __repr__(self) -> str:
        return (
            f"<CapacityProblem: {len(self.active):,} active of {self.graph.n_nodes:,} nodes, {self.n_pairs:,} pairs, "
            f"{self.n_slots:,} slots>"
        )
