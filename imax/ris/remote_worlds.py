"""World sketches on a cluster: each worker draws a part of the worlds and counts gains on them."""

import threading
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key
from ..cluster.held import Held
from ..cluster.session import Session
from ..cluster.worker import Lost
from ..diffusion.undirected import undirected_edges
from ..graph.influence_graph import InfluenceGraph
from .worlds import WorldCollection, Worlds, unit_of

if TYPE_CHECKING:
    from ..kernels.components import Lazy

__all__ = ["RemoteWorlds"]

Ranges = tuple[tuple[int, int], ...]

_FIRST_STEP = 4  # worlds drawn at first by each thread, to know their speed
_STEP_SECONDS = 1.0  # target for one step of drawing
_BATCH = 32  # nodes whose gains are counted in one round trip


class WorldShard:
    """The worlds with some numbers on one worker. Covered components follow from the list of covered nodes."""

    def __init__(self, graph: InfluenceGraph, key: Key, weights: NDArray[np.float64] | None, *, threads: int) -> None:
        edges = undirected_edges(graph)
        assert edges is not None  # the caller has checked it
        self._edges, self._n_nodes = edges, graph.n_nodes
        self._key, self._weights, self._threads = key, weights, threads
        self._lock = threading.RLock()  # a call that seemed lost may still be running
        self._clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, ()

    def _clear(self) -> None:
        self._ranges: Ranges = ()
        self._parts: list[WorldCollection] = []
        self._path: list[int] = []
        self._values: list[list[NDArray[np.float64]]] = []  # by node of the path, then by range

    def _uncover(self) -> None:
        for number, part in enumerate(self._parts):
            part.uncover(self._path, [values[number] for values in self._values])
        self._path, self._values = [], []

    def draw(self, ranges: Ranges) -> int:
        """Draw the worlds of the ranges that are not there; return the number of all of them."""
        with self._lock:
            return self._draw(ranges)

    def _draw(self, ranges: Ranges) -> int:
        if ranges[: len(self._ranges)] != self._ranges:
            self._clear()
        for first, stop in ranges[len(self._ranges) :]:
            self._uncover()
            part = WorldCollection(self._edges, self._n_nodes, self._key, self._threads, self._weights, first=first)
            part.extend(stop - first)
            self._parts.append(part)
            self._ranges = (*self._ranges, (first, stop))
        return sum(part.n_worlds for part in self._parts)

    def _follow(self, ranges: Ranges, path: list[int]) -> None:
        """Cover the nodes of a path, and no others."""
        self._draw(ranges)
        if path[: len(self._path)] != self._path:
            self._uncover()
        for node in path[len(self._path) :]:
            seed = np.array([node], dtype=np.int32)
            self._values.append([part.cover(seed) for part in self._parts])
            self._path.append(node)

    def cover(self, ranges: Ranges, path: list[int]) -> list[NDArray[np.float64]]:
        """Cover the nodes of a path; return what its last node adds, for each range and world."""
        with self._lock:
            self._follow(ranges, path)
            return self._values[-1]

    def gains(self, ranges: Ranges, path: list[int]) -> NDArray[np.int64]:
        """Return the total size of each node's components that are not covered."""
        with self._lock:
            self._follow(ranges, path)
            total, gain = np.zeros((2, self._n_nodes), dtype=np.int64)
            for part in self._parts:
                part.gains(gain)
                total += gain
            return total

    def gains_of(self, ranges: Ranges, path: list[int], nodes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the same for a few nodes."""
        with self._lock:
            self._follow(ranges, path)
            total = np.zeros(nodes.size, dtype=np.int64)
            for part in self._parts:
                labels = part.labels[:, nodes]
                root = np.where(labels < 0, nodes, labels)
                total += (~np.take_along_axis(part.labels, root, axis=1)).sum(axis=0, dtype=np.int64)
            return total


class RemoteWorlds(Worlds):
    """Worlds on the workers of a session, with the same choices and gains as `WorldCollection`.

    Parameters
    ----------
    session : Session
        Its graph is undirected.
    key : tuple of int
        Key of the stream.
    weights : numpy.ndarray of float64, shape (n_nodes,), optional
        Weight of each node; default 1 each.
    """

    def __init__(self, session: Session, key: Key, weights: NDArray[np.float64] | None) -> None:
        self.unit = unit_of(weights)
        self._session = session
        self._shards = Held(session, WorldShard, key, weights)
        self._ranges: list[Ranges] = [()] * session.n_slots
        self._n_worlds = 0
        self._path: list[int] = []

    @property
    def n_worlds(self) -> int:
        """Number of worlds on all workers."""
        return self._n_worlds

    def _call(self, name: str, method: str, *arguments: Any, quick: bool = False) -> list[Any]:
        return self._shards.call(name, method, [(own, *arguments) for own in self._ranges], quick=quick)

    def extend(self, count: int, keep_going: Callable[[], bool] | None = None) -> int:
        """Draw worlds on all workers, in steps of about a second; return how many there are."""
        rate = 0.0
        while self._n_worlds < count and (keep_going is None or keep_going()):
            began, first = perf_counter(), self._n_worlds
            step = min(count - first, int(rate * _STEP_SECONDS) or _FIRST_STEP * sum(self._session.threads))
            shares = self._session.shares(first, step)
            before = self._ranges
            self._ranges = [(*own, share) for own, share in zip(before, shares, strict=True)]
            try:
                self._n_worlds = sum(self._call("draw-worlds", "draw"))
            except BaseException:
                self._ranges = before  # worlds that nobody has counted must not count later
                raise
            rate = max(step / (perf_counter() - began), 1.0)
        return self._n_worlds

    def gains(self, gain: NDArray[np.int64]) -> None:
        """Write the sum of what the workers count."""
        gain[:] = self._shards.total("count", "gains", [(own, self._path) for own in self._ranges])

    def cover(self, seeds: NDArray[np.int32]) -> NDArray[np.float64]:
        """Cover the components of seeds on all workers; return what they add in each world."""
        total = np.zeros(self._n_worlds)
        for node in seeds.tolist():
            self._path.append(node)
            parts = self._call("cover", "cover", self._path, quick=True)
            # one range of all workers after the other, so that the worlds are in the order of their numbers
            total += np.concatenate([own[i] for i in range(len(self._ranges[0])) for own in parts])
        return total

    def uncover(self, seeds: list[int], values: list[NDArray[np.float64]]) -> None:
        """Forget the seeds that were covered last; the workers do so at the next request."""
        del self._path[len(self._path) - len(seeds) :]

    def raise_best(
        self, lazy: "Lazy", size: int, number: int, cost: NDArray[np.float64] | None, gain: NDArray[np.int64]
    ) -> None:
        """Count the nodes near the top of the heap again, many in each round trip, until the top is up to date."""
        from ..kernels.components import restore_first

        while lazy.fresh[lazy.heap[0]] != number:
            count = min(_BATCH, size)
            places = lazy.heap[:count][lazy.fresh[lazy.heap[:count]] != number]
            nodes = lazy.nodes[places]
            gain[nodes] = np.sum(self._call("count", "gains_of", self._path, nodes, quick=True), axis=0)
            key = gain[nodes].astype(np.float64)
            if cost is not None:
                with np.errstate(divide="ignore", invalid="ignore"):
                    key = np.where(key > 0.0, key / cost[nodes], 0.0)
            lazy.key_of[places], lazy.fresh[places] = key, number
            restore_first(lazy, size, count)
