"""The compressed rows of a graph, and the operations on them that the rest of imax needs.

This layer is internal: algorithms and kernels work on it. Users work on `InfluenceGraph`, which adds the constructors
and the methods to inspect a graph.

A node has three names. Its *label* is the user's. Its *index*, 0 to n_nodes - 1, is its position in ``graph.nodes()``
and in every array by node that users see. Its *internal id* is the number of its row: ids sort nodes by falling
out-degree, so that the nodes that cascades reach most often share cache lines.
"""

import dataclasses
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.arrays import read_only
from .._utils.locks import kept_property, new_lock
from ..errors import InvalidGraphError
from .delays import LearnedDelays
from .labels import Labels
from .lt_weights import lt_weight_sums, sums_above_one
from .probabilities import ArcProbability
from .report import BuildReport

__all__ = ["CompressedGraph"]

_FIELDS = ("in_ptr", "in_idx", "index", "labels", "probability", "report", "weight", "multiplicity", "delays")


class CompressedGraph:
    """Reverse rows, labels and probabilities of a directed graph. Nothing in it changes after construction.

    All arrays that it holds or returns are read-only, except results that are computed anew at each call.

    Attributes
    ----------
    n_nodes, n_arcs : int
    in_ptr : numpy.ndarray of int64, shape (n_nodes + 1,)
        Row v of `in_idx` is ``in_idx[in_ptr[v]:in_ptr[v + 1]]``, where v is an internal id.
    in_idx : numpy.ndarray of int32, shape (n_arcs,)
        Internal ids of in-neighbors, ascending within a row.
    index : numpy.ndarray of int32, shape (n_nodes,)
        Node index of each internal id.
    rank : numpy.ndarray of int32, shape (n_nodes,)
        Internal id of each node index.
    labels : Labels
        Labels by node index.
    probability : ArcProbability
    report : BuildReport
    weight : numpy.ndarray of float32, shape (n_arcs,), or None
        The numbers that came with the arcs, in the order of `in_idx`. Schemes make probabilities from them.
    multiplicity : numpy.ndarray of int32, shape (n_arcs,), or None
        Number of parallel arcs that each arc stands for, in the order of `in_idx` (only for ``multi_edges="combine"``
        without weights).
    delays : LearnedDelays or None
        Mean delay of each arc, if they were learned from a log.
    path : str or None
        The binary file that has these arcs, and these probabilities if they are stored per arc.
    """

    def __init__(
        self,
        *,
        in_ptr: NDArray[np.int64],
        in_idx: NDArray[np.int32],
        index: NDArray[np.int32],
        labels: Labels,
        probability: ArcProbability,
        report: BuildReport,
        weight: NDArray[np.float32] | None = None,
        multiplicity: NDArray[np.int32] | None = None,
        delays: LearnedDelays | None = None,
    ) -> None:
        self.in_ptr = read_only(in_ptr)
        self.in_idx = read_only(in_idx)
        self.index = read_only(index)
        self.labels = labels
        self.probability = probability
        self.report = report
        self.weight = read_only(weight)
        self.multiplicity = read_only(multiplicity)
        self.delays = delays
        self.n_nodes = int(in_ptr.size - 1)
        self.n_arcs = int(in_idx.size)
        self.path: str | None = None
        self._lock = new_lock(self)
        self._forward: dict[bool, tuple[Any, ...]] = {}
        self._cache: dict[Hashable, Any] = {}

    # -- copies that share the arcs ----------------------------------------------------------------------------

    def with_arc_probability(self, probability: ArcProbability) -> Self:
        """Return a graph with the same arcs and these probabilities."""
        return self._replace(probability=probability)

    def with_delays(self, delays: LearnedDelays | None) -> Self:
        """Return the same graph with these delays."""
        return self._replace(delays=delays)

    def with_report(self, **changes: Any) -> Self:
        """Return the same graph with some fields of its report changed."""
        return self._replace(report=dataclasses.replace(self.report, **changes))

    def _replace(self, **changes: Any) -> Self:
        other = type(self)(**(self.__getstate__() | changes))
        other._forward = self._forward
        stored = changes.get("probability")
        if stored is None or stored.values is None:  # other values are not in the file
            other.path = self.path
        return other

    # -- the three names of a node -----------------------------------------------------------------------------

    @kept_property
    def rank(self) -> NDArray[np.int32]:
        """Internal id of each node index: int32, shape (n_nodes,)."""
        rank = np.empty(self.n_nodes, dtype=np.int32)
        rank[self.index] = np.arange(self.n_nodes, dtype=np.int32)
        return read_only(rank)

    def labels_of(self, internal: ArrayLike) -> list[Any]:
        """Return the labels of internal ids."""
        return self.labels.take(self.index[np.asarray(internal, dtype=np.int64)])

    def internal_of(self, labels: Iterable[Hashable], argument: str = "nodes") -> NDArray[np.int32]:
        """Return the internal ids of labels.

        Parameters
        ----------
        labels : iterable of hashable
        argument : str, default "nodes"
            Name of the argument that holds the labels, for error messages.

        Raises
        ------
        UnknownNodeError
            If a label names no node.
        """
        return self.rank[self.labels.find(labels, argument)]

    # -- rows --------------------------------------------------------------------------------------------------

    def arc_values(self) -> NDArray[np.float32]:
        """Return the probability of each arc, in the order of `in_idx`: float32, shape (n_arcs,)."""
        stored = self.probability
        if stored.values is not None:
            return stored.values
        if stored.kind == "uniform":
            return read_only(np.full(self.n_arcs, stored.value, dtype=np.float32))
        degree = np.diff(self.in_ptr)
        return read_only(np.repeat(1.0 / np.maximum(degree, 1), degree).astype(np.float32))

    def forward(self, *, places: bool = False) -> tuple[Any, ...]:
        """Return the forward rows (out_ptr, out_idx, place) by internal id. They are built once and kept.

        ``place[a]`` is the position of out-arc `a` in `in_idx`; it is None unless `places` is true.
        """
        from .build import transpose

        with self._lock:
            rows = self._forward.get(places) or self._forward.get(True)
            if rows is None:
                made = transpose(self.in_ptr, self.in_idx, check.threads(), places=places)
                rows = tuple(read_only(array) for array in made)
                self._forward[places] = rows
            return rows

    def cached(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return what `make` returned at the first call with this key. It may depend on this graph only."""
        with self._lock:
            if key not in self._cache:
                self._cache[key] = make()
            return self._cache[key]

    def check_lt(self) -> NDArray[np.float64]:
        """Return the sum of the LT weights into each node, by internal id, after a check that none exceeds 1.

        Raises
        ------
        InvalidGraphError
            If a sum exceeds 1 by more than float32 rounding. The message names the node and its sum.
        """
        sums = lt_weight_sums(self.in_ptr, self.probability)
        above = sums_above_one(sums)
        if above.size:
            raise InvalidGraphError(
                f"the LT weights into node {self.labels_of([above[0]])[0]!r} sum to {sums[above[0]]:.6g}, above 1; use "
                "{probability=lt_normalized} (scaled from the weights) or {probability=lt_uniform} (1/in-degree)",
                others=("probability",),
            )
        return sums

    @kept_property
    def fingerprint(self) -> str:
        """Hexadecimal digest of the arcs and their probabilities. Equal graphs have equal fingerprints."""
        from hashlib import blake2b

        digest = blake2b(digest_size=16)
        p = self.probability
        digest.update(f"{self.n_nodes},{self.n_arcs},{p.kind},{p.value!r}".encode())
        for array in (self.in_ptr, self.in_idx, self.index, p.values):
            if array is not None:
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def _describe_arc(self, arc: int) -> str:
        target = int(np.searchsorted(self.in_ptr, arc, side="right")) - 1
        source, target_label = self.labels_of([int(self.in_idx[arc]), target])
        return f"the arc {source!r} -> {target_label!r}"

    def __len__(self) -> int:
        return self.n_nodes

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        CompressedGraph.__init__(self, **state)
