"""The problem: a graph, its inviters, and the candidates and the capacity of each inviter."""

from collections.abc import Hashable, Iterable, Mapping
from functools import partial
from itertools import chain
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check, parallel
from .._utils.arrays import read_only
from .._utils.locks import kept_property
from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.node_values import examples
from ..io.accept import as_graph
from ..io.node_reader import NodeList, NodeReader
from ..ris.constraint import Constraint
from ..ris.matroid import PartitionMatroid

__all__ = ["CapacityProblem"]


class CapacityProblem:
    """Active participants, the inviters, each of whom may invite a limited number of passive nodes.

    All nodes that are not active are passive. Invited nodes become active, and the cascade continues among passive
    nodes only: paths through an inviter do not count, and inviters are never invited. Arcs keep the probabilities that
    they have in the whole graph, so do not remove the inviters from it. Tables of the graph are computed once and used
    by all problems on it.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    active : list of nodes
        The inviters, each once, see `imax.Constraints`. Algorithms that let the inviters choose in turn use this order.
    capacity : int, mapping, pandas Series, table, or array_like of int, shape (n_active,)
        Number of nodes that each inviter may invite, at least 1: one number for all; by label; or, for a sequence, in
        the order of `active`.
    candidates : dict of iterables, optional
        For each inviter, the passive nodes that it may invite, with or without an arc to them. All inviters must be
        keys; an empty list means no candidates. By default the passive nodes that the inviter has an arc to.
    on_missing : {"error", "drop", "default"}, default "error"
        Whether labels in `active` that are not in the graph, and labels in `capacity` that are not in `active`, are
        errors. Otherwise they are ignored, and ``notes`` have the counts. Every inviter needs a capacity in any case.
    probability : str, optional
        Scheme of arc probabilities that replaces that of the graph; see `imax.probabilities`.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        For random schemes.
    threads : int, optional
        Number of threads; default all cores.

    Attributes
    ----------
    graph : InfluenceGraph
        The whole graph.
    active : list
        Labels of the inviters.
    capacity : numpy.ndarray of int64, shape (n_active,)
        In the order of `active`.
    n_passive : int
        Number of passive nodes.
    n_pairs : int
        Number of pairs of an inviter and one of its candidates.
    blocked : numpy.ndarray of bool, shape (n_nodes,)
        Marks the inviters, by internal id.
    matroid : PartitionMatroid
        The candidates and the capacity of each inviter, by internal id.
    notes : list of str
        What was ignored.

    Raises
    ------
    InvalidArgumentError
        If `active` is empty, repeats a node or contains all nodes; if a capacity is missing or below 1; if a candidate
        is active; or if no inviter has a candidate.
    UnknownNodeError
        If a label is not a node of the graph.

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
        active: NodeList,
        capacity: "int | Mapping[Any, int] | ArrayLike",
        *,
        candidates: Mapping[Any, Iterable[Hashable]] | None = None,
        on_missing: str = "error",
        probability: str | None = None,
        rng: RNG = None,
        threads: int | None = None,
    ) -> None:
        self.graph = as_graph(graph, probability=probability, rng=rng)
        reader = NodeReader(self.graph, on_missing, source=graph)
        self.notes = reader.notes
        ids = reader.nodes(active, "active")
        if ids is None:
            raise InvalidArgumentError("active must be an iterable of labels, got None", argument="active")
        self.active = self.graph.labels_of(ids)
        self.blocked = self._mark(ids)
        self.n_passive = self.graph.n_nodes - ids.size
        self.capacity = self._checked_capacity(reader.by_name(capacity, "capacity"), reader.on_missing)
        n_threads = check.threads(threads)
        rows = self._arc_rows(ids, n_threads) if candidates is None else self._candidate_rows(candidates)
        self.matroid = PartitionMatroid.of_rows(*rows, self.capacity)
        self.n_pairs = self.matroid.n_pairs
        self.capacity, self.blocked = read_only(self.capacity), read_only(self.blocked)
        if not self.n_pairs:
            raise InvalidArgumentError(
                "active has no inviter with a passive node to invite; add other inviters, or give candidates",
                argument="active",
            )

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.capacity, self.blocked = read_only(self.capacity), read_only(self.blocked)

    def _mark(self, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return a mark on the inviters, by internal id."""
        if not ids.size:
            raise InvalidArgumentError("active is empty; give at least one inviter", argument="active")
        blocked = np.zeros(self.graph.n_nodes, dtype=np.bool_)
        blocked[ids] = True
        if int(blocked.sum()) < ids.size:
            values, counts = np.unique(ids, return_counts=True)
            twice = self.graph.labels_of(values[counts > 1][:1])[0]
            raise InvalidArgumentError(
                f"active contains {twice!r} more than once; list each inviter once", argument="active"
            )
        if blocked.all():
            raise InvalidArgumentError(
                "active contains every node of the graph; leave out the nodes that may be invited", argument="active"
            )
        return blocked

    def _check_keys(self, given: Mapping[Any, Any], name: str, remedy: str) -> None:
        """Check that the keys of a mapping are the inviters."""
        missing = next((inviter for inviter in self.active if inviter not in given), None)
        if missing is not None:
            raise InvalidArgumentError(f"{name} has no entry for {missing!r}; {remedy}", argument=name)
        known = set(self.active)
        others = [label for label in given if label not in known]
        if others:
            more = f" ({len(others):,} such entries)" if len(others) > 1 else ""
            ignore = ', or use on_missing="drop" to ignore such entries' if name == "capacity" else ""
            raise InvalidArgumentError(
                f"{name} has an entry for {others[0]!r}, which is not in active{more}; remove it{ignore}", argument=name
            )

    def _of_active(self, given: Mapping[Any, Any], name: str) -> dict[Any, Any]:
        """Return the entries of the inviters; a note says how many others there are."""
        known = set(self.active)
        others = [label for label in given if label not in known]
        if others:
            self.notes.append(
                f"{name}: {len(others):,} of {len(given):,} labels are not in active and are ignored "
                f"({examples(others, len(others))})"
            )
        return {label: value for label, value in given.items() if label in known}

    def _checked_capacity(self, given: Any, on_missing: str) -> NDArray[np.int64]:
        """Return the capacity of each inviter."""
        if isinstance(given, Mapping):
            if on_missing != "error":
                given = self._of_active(given, "capacity")
            self._check_keys(given, "capacity", "give each inviter a capacity")
            values = [given[inviter] for inviter in self.active]
        elif isinstance(given, (int, np.integer)):
            values = [check.count(given, "capacity", high=2**31 - 1)] * len(self.active)
        else:
            values = np.asarray(given).tolist()
            if not isinstance(values, list):
                raise InvalidArgumentError(
                    f"capacity must be a whole number, a mapping of labels, or a list of numbers, got {values!r}",
                    argument="capacity",
                )
            if len(values) != len(self.active):
                raise InvalidArgumentError(
                    f"capacity must have one number for each of the {len(self.active)} inviters, got {len(values)}",
                    argument="capacity",
                )
        try:
            pairs = zip(self.active, values, strict=True)
            counts = [check.count(k, f"capacity of {inviter!r}", high=2**31 - 1) for inviter, k in pairs]
        except InvalidArgumentError as error:
            raise InvalidArgumentError(str(error), argument="capacity") from None
        return np.array(counts, dtype=np.int64)

    def _arc_rows(self, ids: NDArray[np.int32], threads: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return, as compressed rows by passive node, the inviters that have an arc to it."""
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

    def _candidate_rows(
        self, candidates: Mapping[Any, Iterable[Hashable]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return, as compressed rows by passive node, the inviters whose candidate it is."""
        if not isinstance(candidates, Mapping):
            raise InvalidArgumentError(
                f"candidates must be a mapping of the labels of inviters, got {candidates!r}", argument="candidates"
            )
        self._check_keys(candidates, "candidates", "give an empty list if there are none")
        lists = [list(candidates[inviter]) for inviter in self.active]
        groups = np.repeat(np.arange(len(lists), dtype=np.int64), [len(friends) for friends in lists])
        friends = self.graph.internal_of(chain.from_iterable(lists), "candidates")
        wrong = np.flatnonzero(self.blocked[friends])
        if wrong.size:
            self._raise_for_candidate(groups, friends, wrong[0], ", which is active; remove it")
        order = np.lexsort((groups, friends))
        groups, friends = groups[order], friends[order]
        twice = np.flatnonzero((np.diff(groups) == 0) & (np.diff(friends) == 0))
        if twice.size:
            self._raise_for_candidate(groups, friends, twice[0], " more than once; list it once")
        counts = np.bincount(friends, minlength=self.graph.n_nodes)
        return np.concatenate([[0], np.cumsum(counts)]), groups.astype(np.int32)

    def _raise_for_candidate(self, groups: NDArray[Any], friends: NDArray[Any], at: int, fault: str) -> NoReturn:
        inviter, label = self.active[groups[at]], self.graph.labels_of(friends[at : at + 1])[0]
        raise InvalidArgumentError(f"candidates of {inviter!r} contains {label!r}{fault}", argument="candidates")

    def friends(self, inviter: Hashable) -> list[Any]:
        """Return the labels of the candidates of an inviter, in decreasing order of out-degree."""
        try:
            number = self.numbers[inviter]
        except (KeyError, TypeError):
            raise InvalidArgumentError(
                f"inviter must be an active participant of this problem, got {inviter!r}", argument="inviter"
            ) from None
        m = self.matroid
        return self.graph.labels_of(m.nodes[m.ptr[number] : m.ptr[number + 1]])

    @kept_property
    def numbers(self) -> dict[Any, int]:
        """Number of each inviter, in the order of `active`."""
        return {inviter: number for number, inviter in enumerate(self.active)}

    @property
    def n_slots(self) -> int:
        """Sum of all capacities."""
        return int(self.capacity.sum())

    @property
    def without_friends(self) -> list[Any]:
        """Inviters without any candidate."""
        return [inviter for inviter, size in zip(self.active, np.diff(self.matroid.ptr), strict=True) if size == 0]

    @kept_property
    def passive(self) -> InfluenceGraph:
        """Graph of the passive nodes, with the arcs between them and their probabilities; built at first use."""
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
        """The constraint of the selection, by internal id."""
        none = np.empty(0, dtype=np.int32)
        allowed = np.diff(self.matroid.by_ptr) > 0
        return Constraint(int(self.matroid.usable_capacity().sum()), allowed, none, none, matroid=self.matroid)

    def __repr__(self) -> str:
        return (
            f"<CapacityProblem: {len(self.active):,} active of {self.graph.n_nodes:,} nodes, {self.n_pairs:,} pairs, "
            f"{self.n_slots:,} slots>"
        )
