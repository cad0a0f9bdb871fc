"""The immutable graph that everything in imax works on."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.streams import RNG
from .._utils.views import HtmlView
from . import probabilities
from .arcs import ArcArrays, check_arcs
from .compressed import CompressedGraph
from .edge_columns import EdgeColumns
from .probabilities import ArcProbability
from .walks import Walks

if TYPE_CHECKING:
    import networkx
    import scipy.sparse

__all__ = ["MULTI_EDGES", "InfluenceGraph"]

MULTI_EDGES = ("merge", "combine", "error")


class InfluenceGraph(CompressedGraph, HtmlView):
    """A directed graph with a probability on each arc.

    Build one with `from_arrays`, `from_edges`, `from_frame`, `from_networkx`, `from_scipy` or `imax.read_graph`.
    A graph never changes; `with_probability` returns another graph that shares its arcs.

    Attributes
    ----------
    n_nodes, n_arcs : int
        Counts, after self-loops are dropped and parallel arcs are merged.
    labels : Labels
        Labels of the nodes, in the order of their indices 0 to n_nodes - 1.
    probability : ArcProbability
        Probabilities of the arcs, and the scheme that made them (``graph.probability.spec``).
    report : BuildReport
        Counts of what the input held.

    Examples
    --------
    >>> import imax
    >>> graph = imax.InfluenceGraph.from_edges([("ann", "bob"), ("ann", "cid"), ("bob", "cid")])
    >>> graph
    <InfluenceGraph: 3 nodes, 3 arcs, weighted_cascade>
    >>> graph.arcs()
    [('ann', 'bob', 1.0), ('ann', 'cid', 0.5), ('bob', 'cid', 0.5)]
    """

    walks: Walks | None = None  # only in the graphs of `imax.learn.credit_model`

    # -- construction ------------------------------------------------------------------------------------------

    @classmethod
    def from_arrays(
        cls,
        source: "ArrayLike",
        target: "ArrayLike",
        weight: "ArrayLike | None" = None,
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
        source, target : array_like of int, shape (n_given,)
            Source and target of each arc, as indices from 0.
        weight : array_like of float, shape (n_given,), optional
            A number per arc: its probability, or a weight that a scheme turns into a probability.
        n_nodes : int, optional
            Number of nodes, with or without arcs. Default: the number of labels, or the largest index plus 1.
        labels : sequence of hashable, shape (n_nodes,), optional
            Labels of the nodes, all different. Default: the indices.
        directed : bool, default True
            Whether each entry is one arc. False: each entry is an edge, that is, two arcs.
        multi_edges : {"merge", "combine", "error"}, default "merge"
            How to treat parallel arcs. ``merge``: keep one, with the largest weight. ``combine``: count each as an
            attempt of its own, 1 - prod(1 - p). ``error``: raise an error.
        probability : str, optional
            Scheme of the arc probabilities, see `imax.probabilities`. Default: ``"column"`` (the weights) if `weight`
            is given, otherwise ``"weighted_cascade"``.
        threads : int, optional
            Number of threads. Default: ``IMAX_NUM_THREADS``, otherwise all cores. The graph does not depend on it.
        rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
            Source of randomness of schemes that draw probabilities.

        Returns
        -------
        InfluenceGraph

        Raises
        ------
        InvalidArgumentError
            For arrays of unequal length, arrays that do not hold whole numbers, or an unknown option.
        InvalidGraphError
            For indices out of range, probabilities outside [0, 1], or parallel arcs with ``multi_edges="error"``.

        Examples
        --------
        >>> import imax
        >>> imax.InfluenceGraph.from_arrays([0, 0, 1], [1, 2, 2], n_nodes=4)
        <InfluenceGraph: 4 nodes, 3 arcs, weighted_cascade>
        """
        arcs = ArcArrays(source, target, weight, labels, n_nodes, directed)
        return cls._build(arcs, multi_edges, probability, threads, rng)

    @classmethod
    def from_edges(
        cls,
        edges: Iterable[Sequence[Any]] | NDArray[Any],
        *,
        nodes: Iterable[Hashable] | None = None,
        directed: bool = True,
        multi_edges: str = "merge",
        probability: str | None = None,
        threads: int | None = None,
        rng: RNG = None,
    ) -> "InfluenceGraph":
        """Build a graph from pairs (source, target) or triples (source, target, weight) of labels.

        Parameters
        ----------
        edges : iterable of tuple, or numpy.ndarray of int, shape (n_given, 2)
            All pairs or all triples. A label is any hashable object except None and NaN; labels must not mix integers
            and texts. Scalars of NumPy and other libraries become Python numbers.
        nodes : iterable of hashable, optional
            Nodes that come first, in this order. Use it for nodes without arcs. Without it, integer labels are in
            ascending order, other labels in order of appearance.
        directed, multi_edges, probability, threads, rng
            As for `from_arrays`.

        Raises
        ------
        InvalidArgumentError, InvalidGraphError
            For pairs mixed with triples, an unhashable or missing label, a weight that is not a number, a graph without
            nodes, and as for `from_arrays`.

        Examples
        --------
        >>> import imax
        >>> imax.InfluenceGraph.from_edges([("ann", "bob", 0.5), ("bob", "eve", 0.1)]).nodes()
        ['ann', 'bob', 'eve']
        """
        from .convert import arcs_of_edges

        return cls._build(arcs_of_edges(edges, nodes, directed), multi_edges, probability, threads, rng)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        source: int | str | None = None,
        target: int | str | None = None,
        weight: int | str | None = None,
        *,
        nodes: Iterable[Hashable] | None = None,
        directed: bool = True,
        multi_edges: str = "merge",
        probability: str | None = None,
        threads: int | None = None,
        rng: RNG = None,
    ) -> "InfluenceGraph":
        """Build a graph from two or three columns of a table, one row per arc.

        Parameters
        ----------
        frame : table
            Of pandas, Polars, pyarrow or DuckDB, an object with the Arrow C stream interface, or a dict of columns.
        source, target : int or str, optional
            Columns with the ends of the arcs: names, or positions if no column has that name. Default: those with usual
            names (source and target, from and to, ...), or the only two; see `imax.read_edgelist`.
        weight : int or str, optional
            Column with a number per arc. Default: the one with a usual name, if `probability` needs weights.
        nodes : iterable of hashable, optional
            Nodes that come first, in this order. Use it for nodes without arcs.
        directed, multi_edges, probability, threads, rng
            As for `from_arrays`.

        Raises
        ------
        InvalidArgumentError, InvalidGraphError
            For an unknown or unclear column, a missing cell, a weight that is not a number, and as for `from_edges`.

        Examples
        --------
        >>> import imax
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"who": ["a", "b"], "whom": ["b", "c"], "calls": [3, 1]})
        >>> imax.InfluenceGraph.from_frame(frame, "who", "whom", "calls", probability="lt_normalized").arcs()
        [('a', 'b', 1.0), ('b', 'c', 1.0)]
        """
        from .convert import arcs_of_frame

        wanted = probabilities.needs_weights(probability)
        arcs = arcs_of_frame(frame, EdgeColumns(source, target, weight), nodes, directed, wants_weight=wanted)
        return cls._build(arcs, multi_edges, probability, threads, rng)

    @classmethod
    def from_networkx(
        cls,
        graph: "networkx.Graph[Any]",
        *,
        weight: str | None = None,
        multi_edges: str = "merge",
        probability: str | None = None,
        threads: int | None = None,
        rng: RNG = None,
    ) -> "InfluenceGraph":
        """Build a graph from a NetworkX graph.

        Parameters
        ----------
        graph : networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
            An undirected edge becomes two arcs. Nodes keep their order.
        weight : str, optional
            Edge attribute that holds a number; every edge must have it. Default: read no attribute.
        multi_edges, probability, threads, rng
            As for `from_arrays`.

        Raises
        ------
        InvalidArgumentError, InvalidGraphError
            For an edge without the attribute, a weight that is not a number, a graph without nodes, and as for
            `from_arrays`.

        Examples
        --------
        >>> import imax
        >>> import networkx as nx
        >>> imax.InfluenceGraph.from_networkx(nx.path_graph(["a", "b", "c"]))
        <InfluenceGraph: 3 nodes, 4 arcs, weighted_cascade>
        """
        from .convert import arcs_of_networkx

        return cls._build(arcs_of_networkx(graph, weight), multi_edges, probability, threads, rng)

    @classmethod
    def from_scipy(
        cls,
        matrix: "scipy.sparse.sparray | scipy.sparse.spmatrix",
        *,
        weighted: bool | None = None,
        directed: bool = True,
        multi_edges: str = "merge",
        probability: str | None = None,
        threads: int | None = None,
        rng: RNG = None,
    ) -> "InfluenceGraph":
        """Build a graph from a square SciPy sparse matrix or array of any format.

        Each stored entry (u, v) is an arc u -> v, even if its value is 0: such an arc has probability 0. Call
        ``matrix.eliminate_zeros()`` first to drop these arcs. The zeros that pad the blocks of BSR and the diagonals of
        DIA are not arcs. Repeated entries of COO are parallel arcs. The labels are 0 to n - 1.

        Parameters
        ----------
        matrix : scipy.sparse array or matrix, shape (n, n)
            Adjacency matrix.
        weighted : bool, optional
            Whether the stored values are the weights of the arcs. Default: True for floats, False for integers and
            booleans.
        directed : bool, default True
            Whether entry (u, v) is one arc. False: it is two arcs. Leave it True for a symmetric matrix.
        multi_edges, probability, threads, rng
            As for `from_arrays`.

        Raises
        ------
        InvalidArgumentError, InvalidGraphError
            For a matrix that is not sparse, not square, empty or complex, whose arrays do not fit each other, and as
            for `from_arrays`.

        Examples
        --------
        >>> import imax
        >>> from scipy.sparse import coo_array
        >>> matrix = coo_array(([0.5, 0.2], ([0, 1], [1, 2])), shape=(3, 3))
        >>> imax.InfluenceGraph.from_scipy(matrix)
        <InfluenceGraph: 3 nodes, 2 arcs, column>
        """
        from .sparse import arcs_of_scipy

        return cls._build(arcs_of_scipy(matrix, weighted, directed), multi_edges, probability, threads, rng)

    @classmethod
    def _build(
        cls, arcs: ArcArrays, multi_edges: str, probability: str | None, threads: int | None, rng: RNG
    ) -> "InfluenceGraph":
        from .build import build

        check.one_of(multi_edges, "multi_edges", MULTI_EDGES)
        n_threads = check.threads(threads)
        checked = check_arcs(arcs)
        built = build(checked, directed=arcs.directed, multi_edges=multi_edges, threads=n_threads)
        graph = cls(
            **vars(built.rows),
            labels=checked.labels,
            probability=ArcProbability("weighted_cascade", "weighted_cascade"),
            report=built.report(arcs, int(checked.source.size)),
        )
        scheme = probability or ("weighted_cascade" if checked.weight is None else "column")
        return graph.with_probability(scheme, rng=rng)

    def with_probability(self, spec: str, *, rng: RNG = None) -> "InfluenceGraph":
        """Return a graph with the same arcs and the probabilities of another scheme.

        Parameters
        ----------
        spec : str
            Scheme of the arc probabilities, such as ``"uniform:0.1"``; see `imax.probabilities`.
        rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
            Source of randomness of schemes that draw probabilities.

        Examples
        --------
        >>> import imax
        >>> imax.datasets.load("karate").with_probability("uniform:0.1")
        <InfluenceGraph: 34 nodes, 156 arcs, uniform:0.1>
        """
        given = probabilities.SchemeInput(self.in_ptr, self.weight, self.multiplicity, self._describe_arc)
        return self.with_arc_probability(probabilities.assign(spec, given, rng))

    # -- inspection and export --------------------------------------------------------------------------------

    def nodes(self) -> list[Any]:
        """Return all labels, in the order of the node indices."""
        return self.labels.take(np.arange(self.n_nodes))

    def in_degree(self) -> NDArray[np.int64]:
        """Return the number of in-arcs of each node, by node index: int64, shape (n_nodes,)."""
        return np.diff(self.in_ptr)[self.rank]

    def out_degree(self) -> NDArray[np.int64]:
        """Return the number of out-arcs of each node, by node index: int64, shape (n_nodes,)."""
        degree: NDArray[np.int64] = np.diff(self.forward()[0])[self.rank]
        return degree

    def arc_arrays(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        """Return (source index, target index, probability) of all arcs, as arrays of shape (n_arcs,)."""
        targets = np.repeat(np.arange(self.n_nodes), np.diff(self.in_ptr))
        return self.index[self.in_idx], self.index[targets], self.arc_values()

    def arcs(self) -> list[tuple[Any, Any, float]]:
        """Return (source, target, probability) of all arcs, as labels and floats, in the order of `arc_arrays`."""
        source, target, p = self.arc_arrays()
        return list(zip(self.labels.take(source), self.labels.take(target), p.tolist(), strict=True))

    def __repr__(self) -> str:
        return f"<InfluenceGraph: {self.n_nodes:,} nodes, {self.n_arcs:,} arcs, {self.probability.spec}>"

    def to_networkx(self, weight: str | None = "p") -> "networkx.DiGraph[Any]":
        """Return a NetworkX DiGraph with the same labels, in the same order.

        Parameters
        ----------
        weight : str or None, default "p"
            Edge attribute for the probability of each arc. None: edges get no attribute.

        Examples
        --------
        >>> import imax
        >>> imax.InfluenceGraph.from_edges([("a", "b"), ("c", "b")]).to_networkx().edges["a", "b"]
        {'p': 0.5}
        """
        from .convert import networkx_graph

        return networkx_graph(self.nodes(), *self.arc_arrays(), weight)

    def to_scipy(self) -> "scipy.sparse.csr_array":
        """Return the probabilities as a SciPy CSR array. Row u, column v is the arc u -> v, both by node index.

        An arc of probability 0 is stored as an explicit zero.

        Returns
        -------
        scipy.sparse.csr_array of float32, shape (n_nodes, n_nodes)

        Examples
        --------
        >>> import imax
        >>> imax.InfluenceGraph.from_edges([(0, 1), (2, 1)]).to_scipy().toarray().tolist()
        [[0.0, 0.5, 0.0], [0.0, 0.0, 0.0], [0.0, 0.5, 0.0]]
        """
        from .sparse import scipy_array

        return scipy_array(self.n_nodes, *self.arc_arrays())
