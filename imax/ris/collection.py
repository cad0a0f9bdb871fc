"""A growing collection of RR sets, flat in memory, and its inverted index."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check, parallel
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..diffusion.sampler import Sampler
from ..errors import OutOfMemoryBoundError
from ..graph.node_values import node_weights

if TYPE_CHECKING:
    from ..kernels.coverage import InvertedIndex

__all__ = ["RRCollection", "sample_rr_sets"]

_ENTRY_BYTES = 4
_SET_BYTES = 8
_FEW = 16  # pieces that one thread places sooner than two


class RRCollection:
    """RR sets number 0 to ``len(collection) - 1`` of one stream.

    Extending from 1,000 to 2,000 sets gives what drawing 2,000 gives, whatever the number of threads or lanes.

    Parameters
    ----------
    sampler : Sampler
        Where the sets come from.

    Attributes
    ----------
    nodes : numpy.ndarray of int32, shape (n_entries,)
        The sets' nodes one after the other, in internal ids; a set's root comes first.
    offsets : numpy.ndarray of int64, shape (n_sets + 1,)
        Where each set begins.
    total : float
        Number of nodes, or sum of node weights: ``total`` times the covered share estimates a spread.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.graph = sampler.graph
        self.total = sampler.total
        self._nodes = np.empty(1024, dtype=np.int32)
        self._offsets = np.zeros(1025, dtype=np.int64)
        self.n_sets = 0
        self.n_entries = 0
        self._index: InvertedIndex | None = None

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name != "_index"}  # made again when needed
        return state | {"_nodes": self.nodes.copy(), "_offsets": self.offsets.copy()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _index=None)

    @property
    def nodes(self) -> NDArray[np.int32]:
        """The sets' nodes, one set after the other."""
        return self._nodes[: self.n_entries]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each set begins, and the end."""
        return self._offsets[: self.n_sets + 1]

    @property
    def nbytes(self) -> int:
        """Bytes that the sets take, without their index."""
        return self.n_entries * _ENTRY_BYTES + self.n_sets * _SET_BYTES

    def extend(
        self,
        count: int,
        *,
        keep_going: Callable[[], bool] | None = None,
        alongside: Callable[[], None] | None = None,
    ) -> int:
        """Draw sets until there are `count`; return how many there are.

        There can be fewer if `keep_going`, asked now and then, says False. `alongside` is done meanwhile, in any case.
        """
        missing = max(0, count - self.n_sets)
        pieces = self.sampler.sample(self.n_sets, missing, keep_going=keep_going, alongside=alongside)
        if pieces:
            self._append(pieces)
        return self.n_sets

    def _append(self, pieces: list[tuple[NDArray[np.int32], NDArray[np.int64]]]) -> None:
        entries = self.n_entries + sum(nodes.size for nodes, _ in pieces)
        sets = self.n_sets + sum(lengths.size for _, lengths in pieces)
        self._nodes = _grown(self._nodes, self.n_entries, entries)
        self._offsets = _grown(self._offsets, self.n_sets + 1, sets + 1)
        tasks = []
        for nodes, lengths in pieces:
            tasks.append(partial(self._place, nodes, lengths, self.n_entries, self.n_sets))
            self.n_entries += nodes.size
            self.n_sets += lengths.size
        parallel.run(tasks, self.sampler.threads if len(tasks) > _FEW else 1)
        self._index = None

    def _place(self, nodes: NDArray[np.int32], lengths: NDArray[np.int64], entry: int, number: int) -> None:
        """Write sets to where they belong."""
        self._nodes[entry : entry + nodes.size] = nodes
        ends = self._offsets[number + 1 : number + 1 + lengths.size]
        np.cumsum(lengths, out=ends)
        ends += entry

    def index(self, parts: int | None = None) -> "InvertedIndex":
        """Return the inverted index: ``sets[ptr[part, v]:ptr[part, v + 1]]``, part after part, are the sets of node v.

        The numbers of the sets rise. It also has the arrays `offsets` and `nodes` of the collection. The parts are
        inverted independently: no two threads write to the same cache line, and random writes stay within a part, near
        the size of the cache.

        Parameters
        ----------
        parts : int, optional
            Number of parts; the default suits the size of the collection.
        """
        if self._index is None or self._index.ptr.shape[0] != (parts or self._index.ptr.shape[0]):
            self._index = self._invert(parts or self._parts(self.n_entries))
        return self._index

    def _parts(self, n_entries: int) -> int:
        """How many parts of the index are best; each repeats a pointer per node, so that small ones do not pay."""
        n = self.graph.n_nodes
        shared = min(self.sampler.threads, n_entries // max(n, 1 << 15))
        return max(1, shared, n_entries // max(4 * n, 1 << 21))

    def _index_nbytes(self, n_entries: int) -> int:
        return n_entries * _ENTRY_BYTES + self._parts(n_entries) * (self.graph.n_nodes + 1) * 8

    @property
    def index_nbytes(self) -> int:
        """Bytes that the sets' index takes, once it is made."""
        return self._index_nbytes(self.n_entries)

    def foresee(self, count: int) -> int:
        """Return the bytes that so many sets will take with their index, by those drawn; 0 where there are none."""
        share = count / max(self.n_sets, 1)
        return int(self.nbytes * share) + self._index_nbytes(int(self.n_entries * share)) if self.n_sets else 0

    def degree(self) -> NDArray[np.int32]:
        """Return how many sets hold each node."""
        counts: NDArray[np.int32] = np.diff(self.index().ptr, axis=1).sum(axis=0, dtype=np.int32)
        return counts

    def _invert(self, parts: int) -> "InvertedIndex":
        from ..kernels.coverage import InvertedIndex, invert

        nodes, offsets, n = self.nodes, self.offsets, self.graph.n_nodes
        cuts = np.searchsorted(offsets, self.n_entries * np.arange(1, parts) / parts)
        edges = [0, *(min(int(c), self.n_sets) for c in cuts), self.n_sets]
        ptr = np.empty((parts, n + 1), dtype=np.int64)
        sets = np.empty(self.n_entries, dtype=np.int32)
        tasks = [partial(invert, nodes, offsets, a, b, ptr[t], sets) for t, (a, b) in enumerate(pairwise(edges))]
        parallel.run(tasks, self.sampler.threads)
        return InvertedIndex(ptr, sets, offsets, nodes)

    def covered(self, seeds: NDArray[np.int32]) -> int:
        """Return how many sets hold one of the seeds, given as internal ids."""
        from ..kernels.coverage import count_covered

        chosen = np.zeros(self.graph.n_nodes, dtype=np.bool_)
        chosen[seeds] = True
        threads = self.sampler.threads if self.n_entries > 1 << 16 else 1
        spans = parallel.slices(self.n_sets, threads)
        tasks = [partial(count_covered, self.nodes, self.offsets, a, b, chosen) for a, b in spans]
        return int(sum(parallel.run(tasks, threads)))

    def first_covered(self, seeds: NDArray[np.int32], start: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Return how many sets hold each seed, in internal ids, but none before it; nor one of `start`, where given."""
        from ..kernels.coverage import count_first

        rank = np.zeros(self.graph.n_nodes, dtype=np.int32)
        rank[seeds] = np.arange(2, seeds.size + 2)
        if start is not None:
            rank[start] = 1
        spans = parallel.slices(self.n_sets, self.sampler.threads if self.n_entries > 1 << 16 else 1)
        counts = np.zeros((len(spans), seeds.size + 2), dtype=np.int64)
        tasks = [
            partial(count_first, self.nodes, self.offsets, a, b, rank, counts[t]) for t, (a, b) in enumerate(spans)
        ]
        parallel.run(tasks, self.sampler.threads)
        total: NDArray[np.int64] = counts.sum(axis=0)[2:]
        return total

    def estimate(self, seeds: list[Any]) -> float:
        """Return the estimated spread of seeds, given as labels."""
        return self.total * self.covered(self.graph.internal_of(seeds, "seeds")) / self.n_sets

    def __len__(self) -> int:
        return self.n_sets

    def __getitem__(self, i: int) -> list[Any]:
        """Return the labels of set number `i`, root first."""
        i = range(self.n_sets)[i]
        return self.graph.labels_of(self._nodes[self._offsets[i] : self._offsets[i + 1]])

    def __iter__(self) -> Iterator[list[Any]]:
        return (self[i] for i in range(self.n_sets))

    def __repr__(self) -> str:
        mean = self.n_entries / max(self.n_sets, 1)
        return f"<RRCollection: {self.n_sets:,} RR sets of {mean:.3g} nodes on average, {self.sampler.model.upper()}>"


def _grown(array: NDArray[Any], used: int, needed: int) -> NDArray[Any]:
    """Return an array with room for `needed`, doubling."""
    if needed <= array.size:
        return array
    larger = np.empty(max(needed, 2 * array.size if array.size < 1 << 28 else needed), dtype=array.dtype)
    larger[:used] = array[:used]
    return larger


def sample_rr_sets(
    graph: Any,
    count: int,
    *,
    model: str = "ic",
    node_weights: ArrayLike | dict[Any, float] | None = None,
    rng: RNG = None,
    lanes: int | None = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
) -> RRCollection:
    """Draw random reverse-reachable sets.

    An RR set is the set of nodes that reach a random root through live arcs; a seed set's spread is the number of nodes
    times the probability that it meets a random RR set (Borgs et al., SODA 2014).

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    count : int
        How many.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    node_weights : array_like of float, shape (n_nodes,), or dict, optional
        What each node counts; roots are drawn in proportion. In the order of node indices, or by label.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
    lanes : int, optional
        RR sets that run side by side in a thread, 1 to 16. Changes the speed, never the result.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores. Changes the speed, never the result.
    max_memory : int or str, optional
        Bound on the sets' bytes, such as ``"2GiB"``.

    Returns
    -------
    RRCollection

    Raises
    ------
    InvalidArgumentError, InvalidGraphError
    OutOfMemoryBoundError
        If the sets asked for do not fit into `max_memory`.

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> sets = imax.sample_rr_sets(graph, 1000, rng=1)
    >>> len(sets), sets.estimate([33, 0]) > sets.estimate([11])
    (1000, True)
    """
    from ..graph.accept import as_graph

    count = check.count(count, "count")
    limit = check.memory_bytes(max_memory)
    network = as_graph(graph)
    weights = _weights(network, node_weights)
    collection = RRCollection(
        Sampler(
            network,
            model,
            stream_key(key_from(rng), Stream.RR_SETS),
            node_weights=weights,
            lanes=lanes,
            threads=threads,
        )
    )
    step = count if limit is None else 1 << 14
    while len(collection) < count:
        collection.extend(min(count, len(collection) + step))
        if limit is not None and collection.nbytes > limit:
            raise OutOfMemoryBoundError(
                f"{len(collection):,} of {count:,} RR sets already take {collection.nbytes:,} bytes, more than "
                f"max_memory = {limit:,}; ask for fewer sets or raise the bound"
            )
    return collection


_weights = node_weights
