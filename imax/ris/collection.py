"""Growing collections of RR sets in flat arrays, with an inverted index."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.arrays import read_only
from ..diffusion.sampler import Piece, Sampler
from ..errors import FileFormatError
from .kernel_lists import KernelLists
from .marks import Collection, LocalMarks, SeparateChoices
from .weights import ResidualSets, rounding_power

if TYPE_CHECKING:
    from ..kernels.inverted_index import InvertedIndex
    from ..kernels.matroid import Members

__all__ = ["CHUNK", "RRCollection", "index_nbytes", "most_nbytes", "sets_nbytes"]

_ENTRY_BYTES = 4
_SET_BYTES = 8
_FEW_PIECES = 16  # one thread copies them faster than two
_SLICE = 1 << 20  # nodes
_GROUP_PARTS = 16  # parts of groups for each thread; limits are checked between parts
CHUNK = 1 << 22  # sets drawn at once: until they are counted, singletons take 4 bytes each


class RRCollection(Collection):
    """RR sets number 0 to ``len(collection) - 1`` of one stream.

    An extension from 1,000 to 2,000 sets gives the same sets as drawing 2,000 at once, for any number of threads and
    lanes.

    Parameters
    ----------
    sampler : Sampler
        Draws the sets.
    store_singletons : bool, default True
        Whether sets of a single node are stored like the others. If not, they are counted for each node; coverage,
        gains and bounds are exactly the same, but the sets cannot be listed.

    Attributes
    ----------
    nodes : numpy.ndarray of int32
        The nodes of the stored sets, one set after the other, by internal id; the root comes first.
    offsets : numpy.ndarray of int64, shape (n_stored + 1,)
        Nodes of stored set i are at ``offsets[i]`` to ``offsets[i + 1]``.
    singletons : numpy.ndarray of int32, shape (n_nodes,)
        Number of sets that hold a node alone and are not stored.
    total : float
        Number of nodes, or sum of node weights. ``total`` times the share of sets that a seed set covers estimates its
        spread.
    n_sets, n_entries : int
        Number of sets, and of nodes in them.
    n_stored : int
        Number of stored sets.

    Examples
    --------
    >>> import imax
    >>> sets = imax.sample_rr_sets(imax.datasets.load("karate"), 1000, rng=1)
    >>> len(sets), int(sets.offsets[-1]) == sets.nodes.size
    (1000, True)
    """

    def __init__(self, sampler: Sampler, *, store_singletons: bool = True) -> None:
        self.sampler = sampler
        self.graph = sampler.graph
        self.total = sampler.total
        self.store_singletons = store_singletons
        self._singletons = np.zeros(self.graph.n_nodes, dtype=np.int32)
        self._nodes = np.empty(1024, dtype=np.int32)
        self._offsets = np.zeros(1025, dtype=np.int64)
        self.n_sets = 0
        self.n_entries = 0
        self.n_stored = 0
        self._n_places = 0  # entries of `nodes`
        self._index: InvertedIndex | None = None
        self._ranges: list[tuple[int, int]] = []  # of numbers, if the sets are not the first ones of their stream

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name != "_index"}  # made again when needed
        return state | {"_nodes": self.nodes.copy(), "_offsets": self.offsets.copy()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _index=None)
        _check_arrays(self._nodes, self._offsets, self._singletons, self.graph.n_nodes)
        self._n_places, self.n_stored = self._nodes.size, self._offsets.size - 1

    @property
    def nodes(self) -> NDArray[np.int32]:
        """The nodes of the stored sets, one set after the other."""
        return read_only(self._nodes[: self._n_places])

    @property
    def offsets(self) -> NDArray[np.int64]:
        """The first place of each stored set in `nodes`, and the end of the last set."""
        return read_only(self._offsets[: self.n_stored + 1])

    @property
    def singletons(self) -> NDArray[np.int32]:
        """The number of sets that hold a node alone and are not stored, by internal id."""
        return read_only(self._singletons)

    @property
    def nbytes(self) -> int:
        """Bytes of the sets without their index."""
        return self._counts_nbytes + sets_nbytes(self._n_places, self.n_stored)

    @property
    def _counts_nbytes(self) -> int:
        return 0 if self.store_singletons else self.singletons.nbytes

    def extend(
        self,
        count: int,
        *,
        keep_going: Callable[[], bool] | None = None,
        alongside: Callable[[], None] | None = None,
    ) -> int:
        """Draw sets until there are `count`, with all threads; return how many there are."""
        split = not self.store_singletons
        while True:
            missing = max(0, min(count - self.n_sets, CHUNK))
            pieces = self.sampler.sample(self.n_sets, missing, split=split, keep_going=keep_going, alongside=alongside)
            drawn = self.append(pieces)
            alongside = None
            if drawn < missing or self.n_sets >= count:
                return self.n_sets

    def draw(self, first: int, count: int) -> None:
        """Draw sets number `first` to ``first + count - 1`` and add them, whatever sets there are already."""
        self._ranges.append((first, first + count))
        for a in range(first, first + count, CHUNK):
            self.append(self.sampler.sample(a, min(CHUNK, first + count - a), split=not self.store_singletons))

    def numbers(self) -> NDArray[np.int64]:
        """Return the number of each set in its stream, if all sets are stored."""
        assert self.store_singletons
        return np.concatenate([np.arange(a, b) for a, b in self._ranges or [(0, self.n_sets)]])

    def append(self, pieces: list[Piece]) -> int:
        """Add drawn sets to the end; return their number."""
        from ..kernels.singletons import count_singletons

        if not pieces:
            return 0
        places = self._n_places + sum(piece.nodes.size for piece in pieces)
        stored = self.n_stored + sum(piece.lengths.size for piece in pieces)
        alone = sum(piece.singletons.size for piece in pieces)
        drawn = stored - self.n_stored + alone
        self.n_sets += drawn
        self.n_entries += places - self._n_places + alone
        self._nodes = _grown(self._nodes, self._n_places, places)
        self._offsets = _grown(self._offsets, self.n_stored + 1, stored + 1)
        tasks = []
        for piece in pieces:
            tasks.append(partial(self._place, piece.nodes, piece.lengths, self._n_places, self.n_stored))
            self._n_places += piece.nodes.size
            self.n_stored += piece.lengths.size
        parallel.run(tasks, self.sampler.threads if len(tasks) > _FEW_PIECES else 1)
        for piece in pieces:
            if piece.singletons.size:
                count_singletons(piece.singletons, self._singletons)
        self._index = None
        return drawn

    def set_singletons(self, counts: NDArray[np.int32]) -> None:
        """Replace the numbers of sets that hold a node alone and are not stored."""
        added = int(counts.sum(dtype=np.int64)) - int(self.singletons.sum(dtype=np.int64))
        self._singletons = counts
        self.n_sets += added
        self.n_entries += added

    def _place(self, nodes: NDArray[np.int32], lengths: NDArray[np.int64], entry: int, number: int) -> None:
        """Copy sets to their place: from an entry and a number of a set on."""
        self._nodes[entry : entry + nodes.size] = nodes
        ends = self._offsets[number + 1 : number + 1 + lengths.size]
        np.cumsum(lengths, out=ends)
        ends += entry

    def index(self, parts: int | None = None) -> "InvertedIndex":
        """Return the index of the stored sets: ``sets[ptr[part, v]:ptr[part, v + 1]]``, part after part, hold node v.

        The numbers of the sets rise. It also has the arrays `offsets` and `nodes` of the collection. The parts are
        inverted independently: no two threads write to the same cache line, and random writes stay within a part, near
        the size of the cache.

        Parameters
        ----------
        parts : int, optional
            Number of parts; the default suits the size of the collection.
        """
        if self._index is None or self._index.ptr.shape[0] != (parts or self._index.ptr.shape[0]):
            self._index = self._invert(parts or self._parts(self._n_places))
        return self._index

    def build_index(self, parts: int | None = None) -> None:
        """Build the index, which is kept until the collection grows."""
        self.index(parts)

    def marks(self) -> LocalMarks:
        """Return marks by which no set is covered."""
        return LocalMarks(self.index(), np.zeros(self.n_stored, dtype=np.bool_))

    @property
    def n_cut(self) -> int:
        """Number of nodes that sets had reached before they met a sentinel, and that they do not hold."""
        return self.sampler.n_cut

    def _parts(self, n_entries: int) -> int:
        return _index_parts(self.graph.n_nodes, n_entries, self.sampler.threads)

    @property
    def index_nbytes(self) -> int:
        """Bytes of the index of the sets, whether it is built or not."""
        return index_nbytes(self.graph.n_nodes, self._n_places, self.sampler.threads)

    def expected_nbytes(self, count: int) -> int:
        """Return the expected bytes of so many sets with their index, from the sets so far; 0 if there are none."""
        if not self.n_sets:
            return 0
        n_entries, n_stored = (int(number * count / self.n_sets) for number in (self._n_places, self.n_stored))
        sets = self._counts_nbytes + sets_nbytes(n_entries, n_stored)
        return sets + index_nbytes(self.graph.n_nodes, n_entries, self.sampler.threads)

    def degree(self) -> NDArray[np.int32]:
        """Return the number of sets that hold each node: int32, shape (n_nodes,)."""
        counts = self.singletons.copy()
        for ptr in self.index().ptr:
            for a in range(0, counts.size, _SLICE):  # large temporary arrays cost more than the sums
                part = counts[a : a + _SLICE]
                part += (ptr[a + 1 : a + 1 + part.size] - ptr[a : a + part.size]).astype(np.int32)
        return counts

    def _invert(self, parts: int) -> "InvertedIndex":
        """Build the index: its parts have about the same number of entries."""
        from ..kernels.inverted_index import InvertedIndex, invert

        nodes, offsets, n = self.nodes, self.offsets, self.graph.n_nodes
        cuts = np.searchsorted(offsets, nodes.size * np.arange(1, parts) / parts)
        edges = [0, *(min(int(c), self.n_stored) for c in cuts), self.n_stored]
        ptr = np.empty((parts, n + 1), dtype=np.int64)
        sets = np.empty(nodes.size, dtype=np.int32)
        tasks = [partial(invert, nodes, offsets, a, b, ptr[t], sets) for t, (a, b) in enumerate(pairwise(edges))]
        parallel.run(tasks, self.sampler.threads)
        return InvertedIndex(read_only(ptr), read_only(sets), offsets, nodes)

    def covered(self, seeds: NDArray[np.int32]) -> int:
        """Return the number of sets that hold a seed; seeds are internal ids."""
        from ..kernels.inverted_index import count_covered

        chosen = np.zeros(self.graph.n_nodes, dtype=np.bool_)
        chosen[seeds] = True
        threads = self.sampler.threads if self._n_places > 1 << 16 else 1
        spans = parallel.slices(self.n_stored, threads)
        tasks = [partial(count_covered, self.nodes, self.offsets, a, b, chosen) for a, b in spans]
        return int(self.singletons[chosen].sum()) + int(sum(parallel.run(tasks, threads)))

    def first_covered(self, seeds: NDArray[np.int32], start: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Return the number of sets that each seed covers first, counted in one pass over all sets."""
        from ..kernels.inverted_index import count_first

        rank = np.zeros(self.graph.n_nodes, dtype=np.int32)
        rank[seeds] = np.arange(2, seeds.size + 2)
        if start is not None:
            rank[start] = 1
        spans = parallel.slices(self.n_stored, self.sampler.threads if self._n_places > 1 << 16 else 1)
        counts = np.zeros((len(spans), seeds.size + 2), dtype=np.int64)
        tasks = [
            partial(count_first, self.nodes, self.offsets, a, b, rank, counts[t]) for t, (a, b) in enumerate(spans)
        ]
        parallel.run(tasks, self.sampler.threads)
        total: NDArray[np.int64] = counts.sum(axis=0)
        ranked = np.flatnonzero(rank)
        np.add.at(total, rank[ranked], self.singletons[ranked])
        return total[2:]

    def add_up(self, function: Callable[..., NDArray[Any]], *arguments: Any) -> NDArray[Any]:
        """Return what the function returns for this collection."""
        return function(self, *arguments)

    def choose_separately(self, members: "Members", check: Callable[[], Any]) -> SeparateChoices:
        """Let each group choose by a kernel: gains are counted anew when they are on top."""
        from ..kernels.matroid import choose_locally

        threads, found = self.sampler.threads, SeparateChoices.of_size(members)
        index = self.index(parts=1)
        heap, size = np.empty(members.nodes.size, dtype=np.int64), np.empty(members.capacity.size, dtype=np.int64)
        stamps = [np.full(self.n_stored, -1, dtype=np.int32) for _ in range(threads)]
        parts = parallel.even_parts(members.ptr, _GROUP_PARTS * threads) or [(0, members.capacity.size)]
        for first in range(0, len(parts), threads):
            check()
            tasks = [
                partial(choose_locally, a, b, members, index.ptr[0], index.sets, stamp, heap, *found, size)
                for (a, b), stamp in zip(parts[first : first + threads], stamps, strict=False)
            ]
            parallel.run(tasks, threads)
        return found

    def group_lists(self, members: "Members") -> KernelLists:
        """Return lists of groups that a kernel makes."""
        return KernelLists(self.marks(), self.degree(), members, self.sampler.threads)

    def residual_sets(self, parts: int | None = None, *, rounded: bool = True) -> ResidualSets:
        """Return the sets with weight 1 each, and an index of so many parts.

        Weights that are not rounded can be divided again; their sums depend on the order of the sets.
        """
        index = self.index(parts)
        alone, value = (counts.astype(np.float64) for counts in (self.singletons, self.degree()))
        power = rounding_power(self.n_sets) if rounded else 0.0
        return ResidualSets(index.ptr, index.sets, np.ones(self.n_stored), alone, value, self.sampler.threads, power)

    def gathered(self) -> "RRCollection":
        """Return the collection itself."""
        return self

    def __getitem__(self, i: int) -> list[Any]:
        """Return the labels of set number `i`, root first."""
        if not self.store_singletons:
            raise TypeError("the RR sets cannot be listed, because sets of one node are counted and not stored")
        i = range(self.n_sets)[i]
        return self.graph.labels_of(self._nodes[self._offsets[i] : self._offsets[i + 1]])

    def __iter__(self) -> Iterator[list[Any]]:
        return (self[i] for i in range(self.n_sets))


def sets_nbytes(n_entries: int, n_stored: int) -> int:
    """Return the bytes of so many stored sets with so many nodes in total."""
    return n_entries * _ENTRY_BYTES + n_stored * _SET_BYTES


def index_nbytes(n_nodes: int, n_entries: int, threads: int) -> int:
    """Return the bytes of the index of sets with so many nodes in total."""
    return n_entries * _ENTRY_BYTES + _index_parts(n_nodes, n_entries, threads) * (n_nodes + 1) * 8


def most_nbytes(n_nodes: int, count: int, threads: int) -> int:
    """Return the bytes of a collection of so many sets with its index, if each set holds all nodes."""
    return 4 * n_nodes + sets_nbytes(count * n_nodes, count) + index_nbytes(n_nodes, count * n_nodes, threads)


def _index_parts(n_nodes: int, n_entries: int, threads: int) -> int:
    """Return the best number of parts of the index: each part has a pointer per node, so small parts do not pay."""
    shared = min(threads, n_entries // max(n_nodes, 1 << 15))
    return max(1, shared, n_entries // max(4 * n_nodes, 1 << 21))


def _check_arrays(
    nodes: NDArray[np.int32], offsets: NDArray[np.int64], singletons: NDArray[np.int32], n_nodes: int
) -> None:
    """Raise an error unless kernels can use the arrays of a collection from a pickle without a check of their own."""
    kinds = [(array.dtype, array.ndim) for array in (nodes, offsets, singletons)]
    valid = kinds == [(np.dtype(np.int32), 1), (np.dtype(np.int64), 1), (np.dtype(np.int32), 1)]
    valid = valid and singletons.size == n_nodes and offsets.size > 0 and offsets[0] == 0 and offsets[-1] == nodes.size
    valid = valid and bool((offsets[1:] >= offsets[:-1]).all())
    if not valid or (nodes.size and not 0 <= int(nodes.min()) <= int(nodes.max()) < n_nodes):
        raise FileFormatError("the RR sets of the pickle are damaged or of another graph; sample them again")


def _grown(array: NDArray[Any], used: int, needed: int) -> NDArray[Any]:
    """Return an array with space for `needed` entries; its size at least doubles while it is below 2**28."""
    if needed <= array.size:
        return array
    larger = np.empty(max(needed, 2 * array.size if array.size < 1 << 28 else needed), dtype=array.dtype)
    larger[:used] = array[:used]
    return larger
