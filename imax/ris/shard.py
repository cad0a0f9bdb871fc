"""The part of a distributed collection of RR sets that one worker holds.

Every method takes the numbers of the sets as ranges (start, stop), and is a pure function of its arguments: a shard
draws the sets that it does not have. So a lost shard is made anew, anywhere, by the next call.
"""

import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cluster.worker import Lost
from ..diffusion.sampler import Piece, Sampler
from ..graph.influence_graph import InfluenceGraph
from .collection import RRCollection
from .marks import LocalMarks
from .shard_weights import Answer, Proposal, ShardWeights, Taken

if TYPE_CHECKING:
    from ..kernels.matroid import Members

__all__ = ["Facts", "Picked", "Shard"]

Ranges = tuple[tuple[int, int], ...]
Picked = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]


class Facts(NamedTuple):
    """What a shard holds.

    Attributes
    ----------
    n_sets, n_entries : int
        Number of sets, and of nodes in them.
    n_stored, n_places : int
        The same without the sets of a single node that are only counted.
    n_cut : int
        Number of nodes that sets had reached before they met a sentinel, and that they do not hold.
    """

    n_sets: int = 0
    n_entries: int = 0
    n_stored: int = 0
    n_places: int = 0
    n_cut: int = 0


class Shard:
    """RR sets with some numbers of one stream, and which of them the nodes of a choice cover.

    Parameters
    ----------
    graph : InfluenceGraph
    recipe : dict
        Arguments of the `Sampler`; see `Sampler.recipe`.
    store_singletons : bool
        As for `RRCollection`.
    threads : int
    """

    def __init__(self, graph: InfluenceGraph, recipe: dict[str, Any], store_singletons: bool, *, threads: int) -> None:
        self._graph, self._recipe, self._split, self._threads = graph, recipe, not store_singletons, threads
        self._lock = threading.RLock()
        self._clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, ()  # drawing the sets again is faster than moving them

    def _clear(self) -> None:
        sampler = Sampler(self._graph, threads=self._threads, **self._recipe)
        self._sets = RRCollection(sampler, store_singletons=not self._split)
        self._ranges: Ranges = ()
        self._ends: list[int] = [0]  # stored sets up to the end of each range
        self._forget()

    def _forget(self) -> None:
        """Forget the choice."""
        self._choice = -1
        self._path: list[int] = []
        self._undo: list[NDArray[np.int32]] = []  # sets that each guess at the end of the path covered first
        self._covered: NDArray[np.bool_] | None = None
        self._weights: ShardWeights | None = None

    def draw(self, ranges: Ranges) -> Facts:
        """Draw the sets of the ranges that are not there; return the facts of all of them."""
        with self._lock:
            if self._ranges != ranges[: len(self._ranges)]:
                self._clear()
            for first, stop in ranges[len(self._ranges) :]:
                self._forget()
                self._sets.draw(first, stop - first)
                self._ranges = (*self._ranges, (first, stop))
                self._ends.append(self._sets.n_stored)
            sets = self._sets
            return Facts(sets.n_sets, sets.n_entries, sets.n_stored, sets.nodes.size, sets.n_cut)

    def index(self, ranges: Ranges, parts: int | None) -> None:
        """Build the index of the sets."""
        with self._lock:
            self.draw(ranges)
            self._sets.index(parts)

    def degree(self, ranges: Ranges) -> NDArray[np.int32]:
        """Return the number of sets that hold each node."""
        with self._lock:
            self.draw(ranges)
            return self._sets.degree()

    def piece(self, ranges: Ranges, number: int) -> Piece:
        """Return the stored sets of a range."""
        with self._lock:
            self.draw(ranges)
            a, b = self._ends[number], self._ends[number + 1]
            offsets = self._sets.offsets
            return Piece(self._sets.nodes[offsets[a] : offsets[b]], np.diff(offsets[a : b + 1]))

    def singletons(self, ranges: Ranges) -> NDArray[np.int32]:
        """Return the number of sets that hold each node alone and are not stored."""
        with self._lock:
            self.draw(ranges)
            return self._sets.singletons

    def covered(self, ranges: Ranges, seeds: NDArray[np.int32]) -> int:
        """Return the number of sets that hold a seed."""
        with self._lock:
            self.draw(ranges)
            return self._sets.covered(seeds)

    def first_covered(
        self, ranges: Ranges, seeds: NDArray[np.int32], start: NDArray[np.int32] | None
    ) -> NDArray[np.int64]:
        """Return the number of sets that each seed covers first."""
        with self._lock:
            self.draw(ranges)
            return self._sets.first_covered(seeds, start)

    def add_up(self, ranges: Ranges, function: Callable[..., NDArray[Any]], arguments: tuple[Any, ...]) -> NDArray[Any]:
        """Return what a function returns for the sets."""
        with self._lock:
            self.draw(ranges)
            return function(self._sets, *arguments)

    def shared(self, ranges: Ranges, choice: int, path: list[int], node: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
        """Return the nodes of sets that hold a node and no node of a path, and the number of these sets."""
        with self._lock:
            covered = self._follow(ranges, choice, path)
            count = LocalMarks(self._sets.index(), covered).shared(node)
            touched = np.flatnonzero(count)
            return touched, count[touched]

    def lowered(
        self,
        ranges: Ranges,
        choice: int,
        path: list[int],
        members: "Members",
        places: NDArray[np.int64],
        seeds: NDArray[np.int32],
    ) -> NDArray[np.int32]:
        """Return by how much the last seed of each group lowers the gains of its members; see `Marks.lowered`."""
        with self._lock:
            covered = self._follow(ranges, choice, path)
            return LocalMarks(self._sets.index(), covered).lowered(members, places, seeds, self._threads)

    def pick(self, ranges: Ranges, choice: int, path: list[int], nodes: list[int], guesses: list[int]) -> list[Picked]:
        """Cover the sets of nodes, after those of the nodes of a path; then those of guesses of the next nodes.

        Parameters
        ----------
        ranges : tuple of (int, int)
        choice : int
            Number of the choice that the path belongs to.
        path, nodes, guesses : list of int
            The next path may contain the first guesses or none of them.

        Returns
        -------
        list of tuples of arrays
            For `nodes` together, and then for each guess, covered after all nodes before it: how many sets each node
            adds, the nodes whose gain becomes smaller, and by how much. The covered nodes are not among them: their
            gains are 0 from now on.
        """
        with self._lock:
            self._follow(ranges, choice, path)
            return self._cover_all(nodes, guesses)

    def pick_next(
        self, n_ranges: int, choice: int, n_before: int, nodes: list[int], guesses: list[int]
    ) -> list[Picked] | None:
        """Do the same as `pick` if the shard has the sets and has covered the path; otherwise return None."""
        with self._lock:
            if self._covered is None or (n_ranges, choice) != (len(self._ranges), self._choice):
                return None
            self._go_back(n_before)
            return self._cover_all(nodes, guesses) if len(self._path) == n_before else None

    def weigh(self, ranges: Ranges, choice: int, power: float, taken: Taken, proposal: Proposal) -> Answer:
        """Return values of nodes during invitations that are probably next after others; see `ShardWeights.take`."""
        with self._lock:
            return self._weigh(ranges, choice, power, taken).take(proposal)

    def weigh_next(self, n_ranges: int, choice: int, n_before: int, proposal: Proposal) -> Answer | None:
        """Do the same as `weigh` if the shard has the sets and their weights; otherwise return None."""
        with self._lock:
            if self._weights is None or (n_ranges, choice) != (len(self._ranges), self._choice):
                return None
            return self._weights.take(proposal) if self._weights.go_back(n_before) else None

    def values(self, ranges: Ranges, choice: int, power: float, taken: Taken) -> NDArray[np.float64]:
        """Return the sum of the weights of the stored sets that hold each node, after invitations."""
        with self._lock:
            return self._weigh(ranges, choice, power, taken).values()

    def _weigh(self, ranges: Ranges, choice: int, power: float, taken: Taken) -> ShardWeights:
        """Draw the sets, and lower their weights by invitations."""
        self.draw(ranges)
        if self._weights is None or self._choice != choice or not self._weights.follow(taken):
            self._forget()
            self._choice, self._weights = choice, ShardWeights(self._sets, power)
            self._weights.follow(taken)
        return self._weights

    def _follow(self, ranges: Ranges, choice: int, path: list[int]) -> NDArray[np.bool_]:
        """Draw the sets, and cover those of the nodes of a path; return which are covered."""
        self.draw(ranges)
        same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(self._path, path, strict=False))
        self._go_back(sum(1 for _ in same))
        if self._covered is None or self._choice != choice or self._path != path[: len(self._path)]:
            self._forget()
            self._covered = np.zeros(self._sets.n_stored, dtype=np.bool_)
        self._choice = choice
        if len(self._path) < len(path):
            self._cover(path[len(self._path) :])
        return self._covered

    def _cover_all(self, nodes: list[int], guesses: list[int]) -> list[Picked]:
        """Cover the sets of nodes, and then those of each guess so that it can be taken back."""
        found, undo = [self._cover(nodes)], []
        (ptr, sets, *_), covered = self._sets.index(), self._covered
        assert covered is not None
        for node in guesses:
            rows = np.concatenate([sets[row[node] : row[node + 1]] for row in ptr])
            undo.append(rows[~covered[rows]])
            found.append(self._cover([node]))
        self._undo = undo
        return found

    def _go_back(self, n_before: int) -> None:
        """Take back guesses until so many nodes of the path are left."""
        while self._undo and len(self._path) > n_before:
            assert self._covered is not None
            self._covered[self._undo.pop()] = False
            self._path.pop()

    def _cover(self, nodes: list[int]) -> Picked:
        from ..kernels.inverted_index import Touched, cover_touched

        assert self._covered is not None
        self._undo = []  # what was guessed before is now part of the path
        n = self._graph.n_nodes
        if not hasattr(self, "_touched"):
            self._touched = Touched(np.zeros(n, dtype=np.int32), np.empty(n, dtype=np.int32))
        chosen = np.array(nodes, dtype=np.int32)
        gains = np.zeros(chosen.size, dtype=np.int64)
        size = cover_touched(chosen, self._sets.index(), self._covered, self._touched, gains)
        before, singletons = set(self._path), self._sets.singletons
        for j, node in enumerate(nodes):
            if node not in before:
                gains[j] += singletons[node]
            before.add(node)
        self._path += nodes
        touched = self._touched.nodes[:size].copy()
        counts = self._touched.lowered[touched]
        self._touched.lowered[touched] = 0
        changed = counts > 0
        return gains, touched[changed], counts[changed]
