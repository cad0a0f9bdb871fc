"""World sketches: the components of live-edge worlds of an undirected graph, and greedy choice on them.

One world has every node as a root: the number of nodes that a seed set reaches in it is the total size of the
components that hold a seed. Goektuerk and Kaya, "Fast and Error-Adaptive Influence Maximization Based on Count-Distinct
Sketches", 2021, and Wang et al., "Fast and Space-Efficient Parallel Algorithms for Influence Maximization" (PaC-IM),
VLDB 2023, select on such worlds.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.streams import Key
from ..diffusion.undirected import UndirectedEdges
from .constraint import Constraint

if TYPE_CHECKING:
    from ..kernels.components import Lazy

__all__ = ["WorldCollection", "WorldCover", "Worlds", "greedy_worlds", "unit_of"]

_TASKS_PER_THREAD = 4
_KEPT, _KEPT_PER_SEED = 1024, 4  # nodes in the heap: so many, and so many more for each seed to choose
_LARGEST_TOTAL = 2.0**30  # of the integers that stand for node weights


class Worlds(ABC):
    """Live-edge worlds of one stream, in this process or on a cluster, and which of their components are covered.

    Attributes
    ----------
    unit : float
        Weight for which an integer size of 1 stands.
    """

    unit: float

    @property
    @abstractmethod
    def n_worlds(self) -> int:
        """Number of worlds."""

    @abstractmethod
    def extend(self, count: int, keep_going: Callable[[], bool] | None = None) -> int:
        """Draw worlds until there are `count`; return how many there are.

        Parameters
        ----------
        count : int
        keep_going : callable, optional
            Called between worlds; if it returns False, the first worlds are kept that are drawn without a gap.
        """

    @abstractmethod
    def gains(self, gain: NDArray[np.int64]) -> None:
        """Write the total size of each node's components that are not covered."""

    @abstractmethod
    def cover(self, seeds: NDArray[np.int32]) -> NDArray[np.float64]:
        """Cover the components of seeds; return the total size, for each world, of those that were not covered."""

    @abstractmethod
    def uncover(self, seeds: list[int], values: list[NDArray[np.float64]]) -> None:
        """Undo calls of `cover` for single seeds, given in the same order with what the calls returned."""

    @abstractmethod
    def raise_best(
        self, lazy: "Lazy", size: int, number: int, cost: NDArray[np.float64] | None, gain: NDArray[np.int64]
    ) -> None:
        """Bring the node of the largest current key to the top of a heap; see `imax.kernels.components`."""


class WorldCollection(Worlds):
    """Worlds of one stream, with consecutive numbers. World i does not depend on how many there are.

    Parameters
    ----------
    edges : UndirectedEdges
    n_nodes : int
    key : tuple of int
        Key of the stream.
    threads : int
    weights : numpy.ndarray of float64, shape (n_nodes,), optional
        Weight of each node; default 1 each. The sizes of components are integers: weights are rounded to multiples of
        their sum divided by 2**30.
    first : int, default 0
        Number of the first world.

    Attributes
    ----------
    labels : numpy.ndarray of int32, shape (n_worlds, n_nodes)
        See `imax.kernels.components`.
    unit : float
        Weight for which an integer size of 1 stands.
    """

    def __init__(
        self,
        edges: UndirectedEdges,
        n_nodes: int,
        key: Key,
        threads: int,
        weights: NDArray[np.float64] | None = None,
        first: int = 0,
    ) -> None:
        self.edges = edges
        self._first = first
        self.threads = threads
        self.labels = np.empty((0, n_nodes), dtype=np.int32)
        self.unit = 1.0
        self._key = (np.uint64(key[0]), np.uint64(key[1]))
        self._size: NDArray[np.int32] | None = None
        if weights is not None:
            self.unit = unit_of(weights)
            self._size = np.rint(weights / self.unit).astype(np.int32)

    @property
    def n_worlds(self) -> int:
        """Number of worlds."""
        return self.labels.shape[0]

    @property
    def nbytes(self) -> int:
        """Bytes of the worlds."""
        return self.labels.nbytes

    def extend(self, count: int, keep_going: Callable[[], bool] | None = None) -> int:
        """Draw worlds by all threads until there are `count`; return how many there are."""
        from ..kernels.components import components

        old, n = self.labels, self.labels.shape[1]
        if count <= old.shape[0]:
            return old.shape[0]
        labels = np.empty((count, n), dtype=np.int32)
        labels[: old.shape[0]] = old

        def draw(first: int, last: int) -> int:
            for world in range(first, last):
                if keep_going is not None and not keep_going():
                    return world
                # streams compute modulo 2**64; without the compiler NumPy warns about that
                with np.errstate(over="ignore"):
                    components(
                        self._first + world, self._key, self.edges.edges, self.edges.p, self._size,
                        labels[world : world + 1],
                    )  # fmt: skip
            return last

        spans = parallel.slices(count - old.shape[0], self.threads * _TASKS_PER_THREAD)
        spans = [(old.shape[0] + a, old.shape[0] + b) for a, b in spans]
        ends = parallel.run([partial(draw, a, b) for a, b in spans], self.threads)
        done = old.shape[0]
        for (_, last), end in zip(spans, ends, strict=True):
            done = end
            if end < last:
                break
        self.labels = labels[:done]
        return done

    def gains(self, gain: NDArray[np.int64]) -> None:
        """Write the total size of each node's components that are not covered."""
        from ..kernels.components import node_gains

        spans = parallel.slices(
            gain.size, self.threads * _TASKS_PER_THREAD if gain.size * self.n_worlds > 1 << 16 else 1
        )
        parallel.run([partial(node_gains, self.labels, a, b, gain) for a, b in spans], self.threads)

    def cover(self, seeds: NDArray[np.int32]) -> NDArray[np.float64]:
        """Cover the components of seeds; return the total size, for each world, of those that were not covered."""
        from ..kernels.components import cover

        value = np.zeros(self.n_worlds)
        cover(self.labels, seeds, value)
        return value

    def uncover(self, seeds: list[int], values: list[NDArray[np.float64]]) -> None:
        """Undo calls of `cover` for single seeds, given in the same order with what the calls returned."""
        rows = np.arange(self.n_worlds)
        for seed, value in zip(reversed(seeds), reversed(values), strict=True):
            label = self.labels[:, seed]
            root = np.where(label < 0, seed, label)
            taken = value > 0
            self.labels[rows[taken], root[taken]] = ~value[taken].astype(np.int32)

    def raise_best(
        self, lazy: "Lazy", size: int, number: int, cost: NDArray[np.float64] | None, gain: NDArray[np.int64]
    ) -> None:
        """Count nodes again, one after the other, until the top is up to date."""
        from ..kernels.components import raise_best

        raise_best(self.labels, lazy, size, number, cost, gain)


def unit_of(weights: NDArray[np.float64] | None) -> float:
    """Return the weight for which an integer size of 1 stands."""
    return 1.0 if weights is None else float(weights.sum()) / _LARGEST_TOTAL


@dataclass(frozen=True)
class WorldCover:
    """A greedy choice on worlds.

    Attributes
    ----------
    seeds : numpy.ndarray of int32
        Internal ids: forced seeds first, then the others in the order of choice.
    gains : numpy.ndarray of float64
        Mean weight over the worlds that each seed adds.
    in_time : bool
        Whether every seed has the largest gain. Seeds that were chosen after the time limit have large gains by an
        earlier count.
    """

    seeds: NDArray[np.int32]
    gains: NDArray[np.float64]
    in_time: bool = True


class _Choice:
    """A greedy choice in progress: what is covered, and what the constraint still allows.

    Attributes
    ----------
    seeds, taken
        Covered nodes in order, start nodes first, and the size that each covered in each world.
    """

    def __init__(
        self, worlds: Worlds, constraint: Constraint, keep_going: Callable[[], bool] | None, *, by_ratio: bool
    ) -> None:
        self.worlds = worlds
        self.keep_going = keep_going
        self.in_time = True
        self.constraint = constraint
        self.cost = constraint.seed_limits.relative_cost if by_ratio else None
        self.seeds: list[int] = []
        self.taken: list[NDArray[np.float64]] = []
        self.gain = np.empty(constraint.allowed.size, dtype=np.int64)
        self.allowed = constraint.allowed.copy()
        self.limited = None if constraint.is_plain else constraint.seed_limits.choice()
        for node in (*constraint.start.tolist(), *constraint.forced.tolist()):
            self._cover(node)

    def _cover(self, node: int) -> None:
        self.taken.append(self.worlds.cover(np.array([node], dtype=np.int32)))
        self.seeds.append(node)

    def run(self, n_seeds: int) -> None:
        """Choose nodes greedily until there are `n_seeds` of them or no more are allowed."""
        from ..kernels.components import drop_top

        chosen = 0
        while chosen < n_seeds:
            kept = self._keep(n_seeds - chosen)
            if kept is None:
                return
            lazy, floor = kept
            size, before = lazy.heap.size, chosen
            while chosen < n_seeds and size > 0:
                if self.in_time and self.keep_going is not None:
                    self.in_time = self.keep_going()
                if self.in_time:
                    self.worlds.raise_best(lazy, size, chosen - before, self.cost, self.gain)
                place = int(lazy.heap[0])
                node = int(lazy.nodes[place])
                if self.in_time and (float(lazy.key_of[place]), -node) < floor:
                    break
                self.allowed[node] = False
                if self.limited is None or self.limited.take(node):
                    self._cover(node)
                    chosen += 1
                size = drop_top(lazy, size)

    def _keep(self, n_seeds: int) -> "tuple[Lazy, tuple[float, int]] | None":
        """Return a heap of the nodes with the largest keys, and (key, -node) of the first node that is not in it."""
        from ..kernels.components import Lazy, push_all

        nodes = np.flatnonzero(self.allowed if self.limited is None else self.allowed & self.limited.may_fit())
        if not nodes.size:
            return None
        self.worlds.gains(self.gain)
        key = self.gain[nodes].astype(np.float64)
        if self.cost is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                key = np.where(key > 0, key / self.cost[nodes], 0.0)
        n_kept, floor = _KEPT_PER_SEED * n_seeds + _KEPT, (-1.0, 0)
        if nodes.size > n_kept:
            limit = np.partition(key, nodes.size - n_kept)[nodes.size - n_kept]
            kept = key > limit
            equal = np.flatnonzero(key == limit)
            kept[equal[: n_kept - int(kept.sum())]] = True
            left = np.flatnonzero(~kept)
            rest = left[np.argmax(key[left])]
            floor = (float(key[rest]), -int(nodes[rest]))
            nodes, key = nodes[kept], key[kept]
        places, fresh = np.zeros((2, nodes.size), dtype=np.int32)
        lazy = Lazy(nodes.astype(np.int32), key, places, fresh)
        push_all(lazy)
        return lazy, floor


def greedy_worlds(worlds: Worlds, constraint: Constraint, keep_going: Callable[[], bool] | None = None) -> WorldCover:
    """Choose seeds greedily: each adds the largest weight over all worlds. Ties go to the smaller internal id.

    With budgets the choice is the better of two, by gain and by gain per cost. The worlds are unchanged afterwards.
    `keep_going` is called before each seed; once it returns False, no gain is counted again.
    """
    c, best = constraint, None
    for by_ratio in (False, True) if not c.is_plain and c.seed_limits.n_budgets else (False,):
        choice = _Choice(worlds, c, keep_going, by_ratio=by_ratio)
        choice.run(c.free)
        worlds.uncover(choice.seeds, choice.taken)
        n_start = c.start.size
        gains = np.array([taken.mean() for taken in choice.taken[n_start:]]) * worlds.unit
        found = WorldCover(np.array(choice.seeds[n_start:], dtype=np.int32), gains, choice.in_time)
        if best is None or found.gains.sum() > best.gains.sum():
            best = found
    assert best is not None
    return best
