"""The immutable graph that everything in imax works on."""

import dataclasses
import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.streams import RNG
from ..errors import InvalidArgumentError, InvalidGraphError
from . import probabilities
from .labels import Labels
from .probabilities import ArcProbability

if TYPE_CHECKING:
    import networkx
    import scipy.sparse

__all__ = ["BuildReport", "InfluenceGraph"]

MULTI_EDGES = ("merge", "combine", "error")
MAX_NODES = 2**31 - 2


@dataclass(frozen=True)
class BuildReport:
    """What was read, and what became of it.

    Attributes
    ----------
    arcs_given : int
        Arcs (or undirected edges) in the input.
    directed : bool
        Whether they were read as directed; each undirected edge became two arcs.
    self_loops : int
        Self-loops dropped: they change no cascade.
    parallel_arcs : int
        Arcs merged into an equal one.
    bad_lines : int
        Malformed lines skipped, where that was asked for.
    notes : tuple of str
        What else the reader of a file should know.
    """

    arcs_given: int
    directed: bool
    self_loops: int
    parallel_arcs: int
    bad_lines: int = 0
    notes: tuple[str, ...] = ()


class InfluenceGraph:
    """A directed graph with a probability on each arc.

    Make one with `from_arrays`, `from_edges`, `from_networkx`, `from_scipy`, or `imax.read_graph`. It never changes;
    `with_probability` returns another that shares its arcs.

    Attributes
    ----------
    n_nodes, n_arcs : int
        Counts, after self-loops were dropped and parallel arcs merged.
    labels : Labels
        The nodes' names, in the order of their indices 0 to n_nodes - 1.
    probability : ArcProbability
        The arcs' probabilities.
    report : BuildReport
        What the input held.
    in_ptr : numpy.ndarray of int64, shape (n_nodes + 1,)
        Where each node's in-arcs stand in `in_idx`. Rows stand in internal order: nodes by falling out-degree, so
        that those met most share cache lines.
    in_idx : numpy.ndarray of int32, shape (n_arcs,)
        Internal ids of in-neighbours, rising within a row.
    index : numpy.ndarray of int32, shape (n_nodes,)
        The node index of each internal id.

    Examples
    --------
    >>> import imax
    >>> graph = imax.InfluenceGraph.from_edges([("ann", "bob"), ("ann", "cid"), ("bob", "cid")])
    >>> graph
    <InfluenceGraph: 3 nodes, 3 arcs, weighted_cascade>
    >>> sorted(graph.arcs(), key=str)[:1]
    [('ann', 'bob', 1.0)]
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
        column: NDArray[np.float32] | None = None,
        copies: NDArray[np.int32] | None = None,
    ) -> None:
        self.in_ptr = in_ptr
        self.in_idx = in_idx
        self.index = index
        self.labels = labels
        self.probability = probability
        self.report = report
        self.column = column
        self.copies = copies
        self.n_nodes = int(in_ptr.size - 1)
        self.n_arcs = int(in_idx.size)
        self._lock = threading.RLock()
        self._forward: dict[bool, tuple[Any, ...]] = {}
        self._kept: dict[Hashable, Any] = {}

    # -- making ------------------------------------------------------------------------------------------------

    @classmethod
    def from_arrays(
        cls,
        src: ArrayLike,
        dst: ArrayLike,
        p: ArrayLike | None = None,
        *,
        n_nodes: int | None = None,
        labels: Sequence[Hashable] | NDArray[Any] | None = None,
        directed: bool = True,
        multi_edges: str = "merge",
        probability: str | None = None,
        threads: int | None = None,
        rng: RNG = None,
    ) -> "InfluenceGraph":
        """Build a graph from arrays of node indices.

        Parameters
        ----------
        src, dst : array_like of int, shape (n_given,)
            Source and target of each arc, as indices from 0.
        p : array_like of float, shape (n_given,), optional
            A value per arc: its probability, or a weight that `probability` makes one from.
        n_nodes : int, optional
            Number of nodes; default the number of labels, or the largest index plus 1. Nodes without arcs stay.
        labels : sequence of hashable, optional
            The nodes' names, all different; default the indices themselves.
        directed : bool, default True
            False makes two arcs of each.
        multi_edges : {"merge", "combine", "error"}, default "merge"
            What becomes of arcs given more than once. ``merge``: they count once, with the largest `p`.
            ``combine``: each is a try of its own, 1 - prod(1 - p). ``error``: they are refused.
        probability : str, optional
            A scheme (see `imax.probabilities`); default ``"column"`` where `p` is given, else ``"weighted_cascade"``.
        threads : int, optional
            Default ``IMAX_NUM_THREADS``, else all cores. The graph does not depend on it.
        rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
            For schemes that draw.

        Returns
        -------
        InfluenceGraph

        Raises
        ------
        InvalidArgumentError
            For arrays of unequal length, of other than whole numbers, or for an unknown option.
        InvalidGraphError
            For indices out of range, probabilities outside [0, 1], or parallel arcs with ``multi_edges="error"``.

        Examples
        --------
        >>> import imax
        >>> imax.InfluenceGraph.from_arrays([0, 0, 1], [1, 2, 2], n_nodes=4)
        <InfluenceGraph: 4 nodes, 3 arcs, weighted_cascade>
        """
        from .build import build

        check.one_of(multi_edges, "multi_edges", MULTI_EDGES)
        n_threads = check.threads(threads)
        sources, targets = _ends(src, "src"), _ends(dst, "dst")
        if sources.size != targets.size:
            raise InvalidArgumentError(f"src and dst must have one length, got {sources.size} and {targets.size}")
        column = None if p is None else _column(p, sources.size)
        names = Labels.of(labels, _node_count(sources, targets, n_nodes, labels))
        built = build(
            sources, targets, column, len(names),
            both=not directed, multi_edges=multi_edges, threads=n_threads, label=names.__getitem__,
        )  # fmt: skip
        report = BuildReport(int(sources.size), directed, built.self_loops, built.parallel_arcs)
        graph = cls(
            in_ptr=built.in_ptr, in_idx=built.in_idx, index=built.index, labels=names,
            probability=ArcProbability("weighted_cascade", "weighted_cascade"), report=report,
            column=built.column, copies=built.copies,
        )  # fmt: skip
        spec = probability or ("weighted_cascade" if column is None else "column")
        return graph.with_probability(spec, rng=rng)

    @classmethod
    def from_edges(cls, edges: Iterable[tuple[Any, ...]], **options: Any) -> "InfluenceGraph":
        """Build a graph from (source, target) or (source, target, p) tuples; see `imax.convert.from_edges`."""
        from .convert import from_edges

        return from_edges(edges, **options)

    @classmethod
    def from_networkx(cls, graph: "networkx.Graph[Any]", **options: Any) -> "InfluenceGraph":
        """Build a graph from a NetworkX graph of any kind; see `imax.convert.from_networkx`."""
        from .convert import from_networkx

        return from_networkx(graph, **options)

    @classmethod
    def from_scipy(cls, matrix: "scipy.sparse.sparray | scipy.sparse.spmatrix", **options: Any) -> "InfluenceGraph":
        """Build a graph from a SciPy sparse adjacency matrix or array; see `imax.convert.from_scipy`."""
        from .convert import from_scipy

        return from_scipy(matrix, **options)

    def to_networkx(self, attribute: str = "p") -> "networkx.DiGraph[Any]":
        """Return a NetworkX DiGraph; see `imax.convert.to_networkx`."""
        from .convert import to_networkx

        return to_networkx(self, attribute)

    def to_scipy(self) -> "scipy.sparse.csr_array":
        """Return a SciPy sparse array of probabilities; see `imax.convert.to_scipy`."""
        from .convert import to_scipy

        return to_scipy(self)

    def with_probability(self, spec: str, *, rng: RNG = None) -> "InfluenceGraph":
        """Return a graph of the same arcs with probabilities by another scheme.

        Parameters
        ----------
        spec : str
            A scheme, such as ``"uniform:0.1"``; see `imax.probabilities`.
        rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
            For schemes that draw.

        Examples
        --------
        >>> import imax
        >>> imax.datasets.load("karate").with_probability("uniform:0.1")
        <InfluenceGraph: 34 nodes, 156 arcs, uniform:0.1>
        """
        rows = probabilities.Rows(self.in_ptr, self.column, self.copies, self._describe)
        return self._replace(probability=probabilities.assign(spec, rows, rng))

    def with_values(self, probability: ArcProbability) -> "InfluenceGraph":
        """Return a graph of the same arcs with these probabilities."""
        return self._replace(probability=probability)

    def with_report(self, **changes: Any) -> "InfluenceGraph":
        """Return the same graph with a changed report."""
        return self._replace(report=dataclasses.replace(self.report, **changes))

    def _replace(self, **changes: Any) -> "InfluenceGraph":
        fields: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("in_ptr", "in_idx", "index", "labels", "probability", "report", "column", "copies")
        }
        other = InfluenceGraph(**(fields | changes))
        other._forward = self._forward
        return other

    def _describe(self, arc: int) -> str:
        target = int(np.searchsorted(self.in_ptr, arc, side="right")) - 1
        source, target_label = self.labels_of([int(self.in_idx[arc]), target])
        return f"the arc {source!r} -> {target_label!r}"

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return a description that JSON can hold, and the arrays: what a file needs to keep this graph."""
        from .parts import to_parts

        return to_parts(self)

    @classmethod
    def from_parts(cls, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "InfluenceGraph":
        """Return the graph that `to_parts` took apart; arrays may be memory-mapped."""
        from .parts import from_parts

        return from_parts(meta, arrays)

    # -- looking -----------------------------------------------------------------------------------------------

    @cached_property
    def rank(self) -> NDArray[np.int32]:
        """Internal id of each node index: int32, shape (n_nodes,)."""
        rank = np.empty(self.n_nodes, dtype=np.int32)
        rank[self.index] = np.arange(self.n_nodes, dtype=np.int32)
        return rank

    def labels_of(self, internal: ArrayLike) -> list[Any]:
        """Return the labels of internal ids."""
        return self.labels.take(self.index[np.asarray(internal, dtype=np.int64)])

    def internal_of(self, labels: Iterable[Hashable], what: str = "node") -> NDArray[np.int32]:
        """Return the internal ids of labels; an unknown one raises `UnknownNodeError`."""
        return self.rank[self.labels.find(labels, what)]

    def nodes(self) -> list[Any]:
        """Return all labels, in index order."""
        return self.labels.take(np.arange(self.n_nodes))

    def in_degree(self) -> NDArray[np.int64]:
        """Return the number of in-arcs of each node, by node index: int64, shape (n_nodes,)."""
        degree = np.empty(self.n_nodes, dtype=np.int64)
        degree[self.index] = np.diff(self.in_ptr)
        return degree

    def out_degree(self) -> NDArray[np.int64]:
        """Return the number of out-arcs of each node, by node index: int64, shape (n_nodes,)."""
        degree = np.empty(self.n_nodes, dtype=np.int64)
        degree[self.index] = np.diff(self.forward()[0])
        return degree

    def arc_values(self) -> NDArray[np.float32]:
        """Return each arc's probability, in the order of `in_idx`: float32, shape (n_arcs,)."""
        kept = self.probability
        if kept.values is not None:
            return kept.values
        if kept.kind == "uniform":
            return np.full(self.n_arcs, kept.value, dtype=np.float32)
        degree = np.diff(self.in_ptr)
        return np.repeat(1.0 / np.maximum(degree, 1), degree).astype(np.float32)

    def arc_arrays(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        """Return (source index, target index, probability) of all arcs, as arrays of shape (n_arcs,)."""
        targets = np.repeat(np.arange(self.n_nodes), np.diff(self.in_ptr))
        return self.index[self.in_idx], self.index[targets], self.arc_values()

    def arcs(self) -> list[tuple[Any, Any, float]]:
        """Return (source, target, probability) of all arcs, as labels and floats."""
        sources, targets, p = self.arc_arrays()
        return list(zip(self.labels.take(sources), self.labels.take(targets), p.tolist(), strict=True))

    def forward(self, *, places: bool = False) -> tuple[Any, ...]:
        """Return the forward rows (out_ptr, out_idx, place), in internal ids; built at first use and kept.

        `place` tells where each out-arc stands in `in_idx`; it is None unless `places` is asked for.
        """
        from .build import transpose

        with self._lock:
            rows = self._forward.get(places) or self._forward.get(True)
            if rows is None:
                rows = transpose(self.in_ptr, self.in_idx, check.threads(), places=places)
                self._forward[places] = rows
            return rows

    def keep(self, what: Hashable, make: Callable[[], Any]) -> Any:
        """Return what is derived from this graph alone, made at the first call."""
        with self._lock:
            if what not in self._kept:
                self._kept[what] = make()
            return self._kept[what]

    def check_lt(self) -> NDArray[np.float64]:
        """Return each node's sum of LT weights, by internal id; refuse a graph where one exceeds 1.

        Raises
        ------
        InvalidGraphError
            Naming the node and its sum. Sums that exceed 1 by float32 rounding alone pass.
        """
        from ..kernels.rows import fold_rows

        if self.probability.kind == "weighted_cascade":
            return (np.diff(self.in_ptr) > 0).astype(np.float64)
        sums = np.zeros(self.n_nodes)
        if self.probability.values is None:
            sums[:] = np.diff(self.in_ptr) * self.probability.value
        else:
            fold_rows(self.in_ptr, self.probability.values, 0, self.n_nodes, sums)
        above = np.flatnonzero(sums > 1.0 + LT_SLACK)
        if above.size:
            raise InvalidGraphError(
                f"the LT weights into node {self.labels_of([above[0]])[0]!r} sum to {sums[above[0]]:.6g}, above 1; use "
                "probability='lt_normalized' (scaled from a column) or probability='lt_uniform' (1/in-degree)"
            )
        return sums

    @cached_property
    def fingerprint(self) -> str:
        """A hex digest of arcs and probabilities, for caches."""
        from hashlib import blake2b

        digest = blake2b(digest_size=16)
        p = self.probability
        digest.update(f"{self.n_nodes},{self.n_arcs},{p.kind},{p.value!r}".encode())
        for array in (self.in_ptr, self.in_idx, self.index, p.values):
            if array is not None:
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def __repr__(self) -> str:
        return f"<InfluenceGraph: {self.n_nodes:,} nodes, {self.n_arcs:,} arcs, {self.probability.spec}>"

    def __len__(self) -> int:
        return self.n_nodes

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_lock", "_forward", "_kept")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()
        self._forward = {}
        self._kept = {}


LT_SLACK = 1e-5  # what float32 weights may miss a sum of 1 by


def _ends(values: ArrayLike, name: str) -> NDArray[np.int32]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise InvalidArgumentError(f"{name} must have one dimension, got shape {array.shape}")
    if array.size == 0:
        return np.empty(0, dtype=np.int32)
    if array.dtype.kind not in "iu":
        raise InvalidArgumentError(
            f"{name} must hold whole numbers (node indices), got {array.dtype}; for other labels use from_edges"
        )
    if array.dtype != np.int32:
        low, high = array.min(), array.max()
        if low < 0 or high > MAX_NODES:
            worst = low if low < 0 else high
            raise InvalidGraphError(f"{name} holds the node index {worst}; indices must lie in [0, {MAX_NODES}]")
        array = array.astype(np.int32)
    return np.ascontiguousarray(array)


def _column(values: ArrayLike, size: int) -> NDArray[np.float32]:
    try:
        column = np.ascontiguousarray(values, dtype=np.float32)
    except (TypeError, ValueError):
        raise InvalidArgumentError("p must hold numbers") from None
    if column.shape != (size,):
        raise InvalidArgumentError(f"p must have one value per arc, shape ({size},), got shape {column.shape}")
    wrong = np.flatnonzero(~((column >= 0.0) & np.isfinite(column)))
    if wrong.size:
        raise InvalidGraphError(
            f"p[{wrong[0]}] is {column[wrong[0]]}; values must be finite and not negative (probabilities lie in [0, 1])"
        )
    # a negative zero would sort behind every other value
    return column + np.float32(0.0)


def _node_count(src: NDArray[np.int32], dst: NDArray[np.int32], n_nodes: int | None, labels: Any) -> int:
    if n_nodes is not None:
        n = check.count(n_nodes, "n_nodes", low=1, high=MAX_NODES)
        if labels is not None and len(labels) != n:
            raise InvalidArgumentError(f"labels has {len(labels)} entries but n_nodes is {n}")
        return n
    if labels is not None:
        return check.count(len(labels), "the number of labels", high=MAX_NODES)
    if not src.size:
        raise InvalidGraphError("the graph has no arcs and no nodes; give n_nodes for a graph of isolated nodes")
    return int(max(src.max(), dst.max(), -1)) + 1
