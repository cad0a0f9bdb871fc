"""What a node adds to the spread of the seeds so far: by simulation, by RR sets, or exactly."""

from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import _threads
from ._random import Key
from .errors import OutOfMemoryBoundError
from .exact import spread_of
from .graph import LT_SLACK, InfluenceGraph
from .rrsets import RRCollection
from .sampling import Sampler

__all__ = ["ExactOracle", "Oracle", "RRSetOracle", "SimulationOracle"]

_BLOCK = 512  # worlds of one task, whatever the threads, so that sums of weights do not depend on them; a multiple of 8


class Oracle(Protocol):
    """Marginal gains with regard to a growing set of nodes.

    Attributes
    ----------
    n_simulations, n_rr_sets, n_rr_entries : int
        The work so far.
    """

    n_simulations: int
    n_rr_sets: int
    n_rr_entries: int

    def gains(self, nodes: NDArray[Any], before: int = -1) -> NDArray[np.float64]:
        """Return what each node adds to those taken, and to `before` where that is a node."""

    def take(self, node: int) -> None:
        """Add a node to those taken."""


class SimulationOracle:
    """Gains by forward simulation, in the same live-arc worlds for all nodes.

    Parameters
    ----------
    graph : InfluenceGraph
    model : {"ic", "lt"}
    weights : numpy.ndarray of float64 or None
        By internal id.
    key : tuple of int
        World i is a function of this and i alone.
    n_simulations : int
        How many worlds.
    threads : int
    memory : int or None
        Bound on the bytes that tell which nodes are reached in which world.

    Raises
    ------
    OutOfMemoryBoundError
        If that is not enough.
    """

    def __init__(
        self,
        graph: InfluenceGraph,
        model: str,
        weights: NDArray[np.float64] | None,
        key: Key,
        n_simulations: int,
        threads: int,
        memory: int | None,
    ) -> None:
        self.n_worlds, self.n_nodes = n_simulations, graph.n_nodes
        self.n_simulations = self.n_rr_sets = self.n_rr_entries = 0
        self.threads, self.weights = threads, weights
        self.key = np.uint64(key[0]), np.uint64(key[1])
        self.arcs = _live_arcs(graph, model)
        room = graph.n_nodes * ((n_simulations + 7) // 8)
        if memory is not None and room > memory:
            raise OutOfMemoryBoundError(
                f"n_simulations = {n_simulations:,} worlds of {graph.n_nodes:,} nodes need {room >> 20:,} MiB, above "
                "max_memory; ask for fewer, or take oracle='rr'"
            )
        self.covered: NDArray[np.uint8] | None = None  # until a node is taken
        self._shape = graph.n_nodes, (n_simulations + 7) // 8

    def _blocks(self) -> list[tuple[int, int]]:
        return [(a, min(a + _BLOCK, self.n_worlds)) for a in range(0, self.n_worlds, _BLOCK)]

    def gains(self, nodes: NDArray[Any], before: int = -1) -> NDArray[np.float64]:
        """Return what each node adds to those taken, and to `before` where that is a node."""
        from .kernels.worlds import gains

        blocks = self._blocks()
        found = np.empty((len(blocks), nodes.size))
        # tasks of several blocks each, or parts of the nodes: as many as keep the threads busy
        parts = _threads.slices(nodes.size, 4 * self.threads if nodes.size >= 64 else 1)
        shares = _threads.slices(len(blocks), 1 if len(parts) > 1 else self.threads)

        def work(a: int, b: int, first: int, last: int) -> None:
            mark, queue = np.zeros(self.n_nodes, dtype=np.int32), np.empty(self.n_nodes, dtype=np.int32)
            for i in range(first, last):
                with np.errstate(over="ignore"):
                    gains(
                        nodes[a:b], before, *blocks[i], *self.key, *self.arcs, self.weights, self.covered, mark, queue,
                        found[i, a:b],
                    )  # fmt: skip
                mark[:] = 0

        _threads.run([partial(work, *part, *share) for part in parts for share in shares], self.threads)
        self.n_simulations += nodes.size * self.n_worlds
        total: NDArray[np.float64] = found.sum(axis=0)
        return total / self.n_worlds

    def take(self, node: int) -> None:
        """Add a node to those taken."""
        from .kernels.worlds import take

        if self.covered is None:
            self.covered = np.zeros(self._shape, dtype=np.uint8)

        def work(first: int, last: int) -> None:
            mark, queue = np.zeros(self.n_nodes, dtype=np.int32), np.empty(self.n_nodes, dtype=np.int32)
            with np.errstate(over="ignore"):
                take(node, first, last, *self.key, *self.arcs, self.covered, mark, queue)

        shares = _threads.slices(len(self._blocks()), self.threads)
        _threads.run([partial(work, a * _BLOCK, min(b * _BLOCK, self.n_worlds)) for a, b in shares], self.threads)


def _live_arcs(graph: InfluenceGraph, model: str) -> tuple[Any, ...]:
    """Return what the kernels of `worlds` need of the arcs: ptr, idx, kind, none, jump, chance, low."""
    from .kernels.worlds import BY_ARC, BY_TARGET, EQUAL, THRESHOLD

    kind, nothing = graph.probability.kind, np.empty(0)
    if model == "lt":
        ptr, idx, place = graph.forward(places=True)
        low, chance = _intervals(graph)
        return ptr, idx, THRESHOLD, nothing, 0.0, chance[place], low[place]
    if kind == "uniform":
        p = float(graph.probability.value)
        ptr, idx, _ = graph.forward()
        with np.errstate(divide="ignore"):
            jump = float(1.0 / np.log1p(-p)) if p > 0.0 else 0.0
        return ptr, idx, EQUAL, (1.0 - p) ** np.diff(ptr).astype(np.float64), jump, nothing, nothing
    if kind == "weighted_cascade":
        ptr, idx, _ = graph.forward()
        return ptr, idx, BY_TARGET, nothing, 0.0, 1.0 / np.maximum(np.diff(graph.in_ptr), 1), nothing
    ptr, idx, place = graph.forward(places=True)
    return ptr, idx, BY_ARC, nothing, 0.0, graph.arc_values()[place].astype(np.float64), nothing


def _intervals(graph: InfluenceGraph) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where each in-arc's interval of LT weights begins, and its length, those into a node side by side."""
    sums = graph.check_lt()
    chance = graph.arc_values().astype(np.float64)
    degree = np.diff(graph.in_ptr)
    # sums that miss 1 by rounding alone fill the whole interval
    full = np.where(np.abs(1.0 - sums) <= LT_SLACK, sums, 1.0)
    chance /= np.repeat(full, degree)
    upto = np.cumsum(chance)
    before = np.concatenate([[0.0], upto])[graph.in_ptr[:-1]]
    low: NDArray[np.float64] = upto - chance - np.repeat(before, degree)
    return low, chance


class RRSetOracle:
    """Gains by coverage of a fixed number of RR sets.

    Parameters
    ----------
    graph, model, weights, key, threads
        As for `SimulationOracle`.
    n_rr_sets : int
    keep_going : callable, optional
        Asked while sampling; False ends it with the sets drawn.
    """

    def __init__(
        self,
        graph: InfluenceGraph,
        model: str,
        weights: NDArray[np.float64] | None,
        key: Key,
        n_rr_sets: int,
        threads: int,
        keep_going: Any = None,
    ) -> None:
        self.sets = RRCollection(Sampler(graph, model, key, node_weights=weights, threads=threads))
        self.sets.extend(min(n_rr_sets, 1024))
        self.sets.extend(n_rr_sets, keep_going=keep_going)
        self.ptr, self.rows = self.sets.index()
        self.covered = np.zeros(self.sets.n_sets, dtype=np.bool_)
        self.gain = np.diff(self.ptr).astype(np.int32)
        self.n_simulations = 0
        self.n_rr_sets, self.n_rr_entries = self.sets.n_sets, self.sets.n_entries

    def gains(self, nodes: NDArray[Any], before: int = -1) -> NDArray[np.float64]:
        """Return what each node adds to those taken, and to `before` where that is a node."""
        count = self.gain[nodes].astype(np.float64)
        if before >= 0:
            common = self.rows[self.ptr[before] : self.ptr[before + 1]]
            common = common[~self.covered[common]]
            for i, v in enumerate(nodes.tolist()):
                own = self.rows[self.ptr[v] : self.ptr[v + 1]]
                count[i] -= np.isin(own, common, assume_unique=True).sum()
        spread: NDArray[np.float64] = count * (self.sets.total / self.sets.n_sets)
        return spread

    def take(self, node: int) -> None:
        """Add a node to those taken."""
        from .kernels.coverage import cover

        added = np.empty(1, dtype=np.int64)
        cover(
            np.array([node], dtype=np.int32), self.ptr, self.rows, self.sets.offsets, self.sets.nodes, self.covered,
            self.gain, added,
        )  # fmt: skip


class ExactOracle:
    """Exact gains, on graphs small enough for `imax.exact_spread`."""

    def __init__(self, graph: InfluenceGraph, model: str, weights: NDArray[np.float64] | None) -> None:
        self.graph, self.model, self.weights = graph, model, weights
        self.n_simulations = self.n_rr_sets = self.n_rr_entries = 0
        self.taken: list[int] = []

    def _spread(self, nodes: list[int]) -> float:
        if not nodes:
            return 0.0
        return spread_of(self.graph, np.unique(np.array(nodes, dtype=np.int32)), self.model, self.weights)

    def gains(self, nodes: NDArray[Any], before: int = -1) -> NDArray[np.float64]:
        """Return what each node adds to those taken, and to `before` where that is a node."""
        have = [*self.taken, *([before] if before >= 0 else [])]
        base = self._spread(have)
        return np.array([max(0.0, self._spread([*have, v]) - base) for v in nodes.tolist()])

    def take(self, node: int) -> None:
        """Add a node to those taken."""
        self.taken.append(node)
