"""What a node adds to the spread of the seeds so far: by simulation or by RR sets."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.arrays import read_only
from .._utils.streams import Key
from ..cluster.session import Session
from ..diffusion.sampler import Sampler
from ..diffusion.tables import forward_ic
from ..errors import OutOfMemoryBoundError
from ..graph.influence_graph import InfluenceGraph
from ..graph.lt_weights import lt_normalizers
from ..ris.remote import new_collection

if TYPE_CHECKING:
    from ..kernels.worlds import LiveArcs

__all__ = [
    "BLOCK",
    "STEP",
    "Oracle",
    "OutOfTime",
    "RRSetOracle",
    "SimulationOracle",
    "check_memory",
]

BLOCK = 512  # worlds of one task, whatever the threads, so that sums of weights do not depend on them; a multiple of 8
STEP = 8  # the fewest worlds between two looks at the clock
_FIRST_SETS = 1024  # RR sets that show how much memory all of them need
_LAST_STAMP = 2**31 - 1
_TASK_SECONDS = 0.05  # how long a task may take: what an interrupt waits for


class OutOfTime(Exception):
    """The time limit ended the work."""


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
    keep_going : callable, optional
        Called before each block of worlds. If it returns False, `gains` raises `OutOfTime`.
    blocked : numpy.ndarray of bool, shape (n_nodes,), optional
        Nodes that take no part, by internal id.

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
        keep_going: Callable[[], bool] | None = None,
        blocked: NDArray[np.bool_] | None = None,
    ) -> None:
        self.keep_going = keep_going
        self._pace = 1.0  # seconds that a node and block take
        self.n_worlds, self.n_nodes = n_simulations, graph.n_nodes
        self.n_simulations = self.n_rr_sets = self.n_rr_entries = 0
        self.threads, self.weights = threads, weights
        self.key = np.uint64(key[0]), np.uint64(key[1])
        self.arcs = _live_arcs(graph, model, threads)
        self._local = threading.local()
        check_memory(graph.n_nodes, n_simulations, memory)
        self.covered: NDArray[np.uint8] | None = None  # until a node is taken
        self._shape = graph.n_nodes, (n_simulations + 7) // 8
        if blocked is not None:
            self.covered = np.zeros(self._shape, dtype=np.uint8)
            self.covered[blocked] = 0xFF  # reached in every world, so that no cascade goes there

    @property
    def n_blocks(self) -> int:
        """Number of blocks of worlds."""
        return len(self._blocks())

    def _blocks(self) -> list[tuple[int, int]]:
        return [(a, min(a + BLOCK, self.n_worlds)) for a in range(0, self.n_worlds, BLOCK)]

    def first_estimate(self, node: int) -> float:
        """Return a rough estimate of the gain of a node, from a few worlds, without a look at the clock."""
        from ..kernels.worlds import gains

        found, n = np.zeros(1), min(STEP, self.n_worlds)
        marks = self._marks(n)
        with np.errstate(over="ignore"):
            marks.stamp = gains(
                np.array([node]), -1, 0, n, self.key, self.arcs, self.weights, self.covered, marks.visited,
                marks.stamp, found,
            )  # fmt: skip
        self.n_simulations += n
        return float(found[0]) / n

    def _steps(self, first: int, last: int, n_nodes: int) -> Iterator[tuple[int, int]]:
        """Cut worlds into steps that take about `_TASK_SECONDS` each, and look at the clock before each.

        Raises
        ------
        OutOfTime
            If `keep_going` returns False.
        """
        size = max(STEP, int(_TASK_SECONDS / max(self._pace * n_nodes, 1e-9) * BLOCK) // STEP * STEP)
        while first < last:
            if self.keep_going is not None and not self.keep_going():
                raise OutOfTime
            began = time.perf_counter()
            end = min(first + size, last)
            yield first, end
            first = end
            spent = time.perf_counter() - began
            size = min(max(STEP, int(size * _TASK_SECONDS / max(spent, 1e-6)) // STEP * STEP), 4 * size)

    def _n_tasks(self, size: int) -> int:
        """Return how many tasks to make of that many pairs of a node and a block."""
        return max(self.threads, int(min(self._pace * size / _TASK_SECONDS, size)))

    def gains(self, nodes: NDArray[Any], before: int = -1) -> NDArray[np.float64]:
        """Return what each node adds to those taken, and to `before` where that is a node."""
        total: NDArray[np.float64] = self.block_gains(nodes, before, 0, self.n_blocks).sum(axis=0)
        return total / self.n_worlds

    def block_gains(self, nodes: NDArray[Any], before: int, first_block: int, last_block: int) -> NDArray[np.float64]:
        """Return the sum of the gains over the worlds of each block: shape (n_blocks, n_nodes)."""
        from ..kernels.worlds import gains

        blocks = self._blocks()[first_block:last_block]
        found = np.zeros((len(blocks), nodes.size))
        # parts of many nodes, or of a few nodes' worlds: as many as keep the threads busy, and none too long
        n_tasks = self._n_tasks(found.size)
        if nodes.size >= 64:
            parts = parallel.slices(nodes.size, max(4 * self.threads, n_tasks))
        else:
            parts = parallel.slices(nodes.size, math.ceil(n_tasks / len(blocks)))
        shares = parallel.slices(len(blocks), math.ceil(n_tasks / len(parts)))

        def work(a: int, b: int, first: int, last: int) -> None:
            part = nodes[a:b]
            for start, end in blocks[first:last]:
                for low, high in self._steps(start, end, part.size):
                    marks = self._marks(part.size * BLOCK)
                    with np.errstate(over="ignore"):
                        marks.stamp = gains(
                            part, before, low, high, self.key, self.arcs, self.weights, self.covered, marks.visited,
                            marks.stamp, found[start // BLOCK - first_block, a:b],
                        )  # fmt: skip

        began = time.perf_counter()
        parallel.run([partial(work, *part, *share) for part in parts for share in shares], self.threads)
        self._pace = (time.perf_counter() - began) * self.threads / max(found.size, 1)
        self.n_simulations += nodes.size * self.n_worlds
        return found

    def take(self, node: int) -> None:
        """Add a node to those taken."""
        self.take_in(node, 0, self.n_blocks)

    def take_in(self, node: int, first_block: int, last_block: int) -> None:
        """Add a node to those taken, in the worlds of some blocks."""
        from ..kernels.worlds import take

        if self.covered is None:
            self.covered = np.zeros(self._shape, dtype=np.uint8)

        def work(first: int, last: int) -> None:
            for low, high in self._steps(first, last, 1):
                marks = self._marks(high - low)
                with np.errstate(over="ignore"):
                    marks.stamp = take(node, low, high, self.key, self.arcs, self.covered, marks.visited, marks.stamp)

        n_blocks = last_block - first_block
        shares = [(first_block + a, first_block + b) for a, b in parallel.slices(n_blocks, self._n_tasks(n_blocks))]
        parallel.run([partial(work, a * BLOCK, min(b * BLOCK, self.n_worlds)) for a, b in shares], self.threads)

    def _marks(self, stamps: int) -> "_Marks":
        """Return this thread's marks, with at least `stamps` unused stamps."""
        marks: _Marks | None = getattr(self._local, "marks", None)
        if marks is None or marks.stamp + stamps > _LAST_STAMP:
            marks = self._local.marks = _Marks(self.n_nodes)
        return marks


class _Marks:
    """Marks of the nodes that a kernel has met in a world. Each world has its own stamp, so marks are never cleared."""

    def __init__(self, n: int) -> None:
        from ..kernels.worlds import Visited

        self.visited = Visited(mark=np.zeros(n, dtype=np.int32), queue=np.empty(n, dtype=np.int32))
        self.stamp = 0


def check_memory(n_nodes: int, n_worlds: int, memory: int | None) -> None:
    """Raise `OutOfMemoryBoundError` if marks for so many worlds take more than a limit."""
    needed = n_nodes * ((n_worlds + 7) // 8)
    if memory is not None and needed > memory:
        raise OutOfMemoryBoundError(
            f"n_simulations is too large: {n_worlds:,} worlds of {n_nodes:,} nodes need {needed >> 20:,} MiB, above "
            "{max_memory}; use fewer, or {oracle=rr}",
            argument="n_simulations",
            others=("max_memory", "oracle"),
        )


def _live_arcs(graph: InfluenceGraph, model: str, threads: int) -> "LiveArcs":
    """Return the graph's out-arcs for the kernels of `worlds`."""
    from ..kernels.worlds import HITS, INTERVALS, JUMPS, LiveArcs

    ptr, idx, place = graph.forward(places=model == "lt")
    nothing = np.empty(0)
    arcs = LiveArcs(
        ptr,
        idx,
        kind=JUMPS,
        none=nothing,
        jump=0.0,
        low=nothing,
        high=nothing,
        alias=np.empty((0, 3), dtype=np.uint32),
        record=np.empty((0, 4), dtype=np.uint64),
    )
    if model == "lt":
        low, high = _intervals(graph)
        arcs = arcs._replace(kind=INTERVALS, low=low[place], high=high[place])
    elif graph.probability.kind == "uniform":
        p = float(graph.probability.value)
        with np.errstate(divide="ignore"):
            jump = float(1.0 / np.log1p(-p)) if p > 0.0 else 0.0
        arcs = arcs._replace(none=(1.0 - p) ** np.diff(ptr).astype(np.float64), jump=jump)
    else:
        tables: Any = forward_ic(graph, threads).tables
        arcs = arcs._replace(kind=HITS, alias=tables.alias, record=tables.record)
    arrays: Any = {name: read_only(part) for name, part in arcs._asdict().items() if isinstance(part, np.ndarray)}
    return arcs._replace(**arrays)  # those of tables are read-only, so all are


def _intervals(graph: InfluenceGraph) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where each in-arc's interval of LT weights begins and ends, those into a node side by side."""
    chance = graph.arc_values().astype(np.float64)
    degree = np.diff(graph.in_ptr)
    chance /= np.repeat(lt_normalizers(graph.check_lt()), degree)
    upto = np.cumsum(chance)
    before = np.concatenate([[0.0], upto])[graph.in_ptr[:-1]]
    high: NDArray[np.float64] = upto - np.repeat(before, degree)
    return high - chance, high


class RRSetOracle:
    """Gains by coverage of a fixed number of RR sets.

    Parameters
    ----------
    graph, model, weights, key, threads
        As for `SimulationOracle`.
    n_rr_sets : int
    memory : int or None
        Bound on the bytes of the RR sets and their index.
    keep_going : callable, optional
        Called while sampling; if it returns False, sampling ends with the sets drawn.
    session : Session, optional
        The cluster that draws the RR sets and keeps them.

    Raises
    ------
    OutOfMemoryBoundError
        If the RR sets need more memory.
    """

    def __init__(
        self,
        graph: InfluenceGraph,
        model: str,
        weights: NDArray[np.float64] | None,
        key: Key,
        n_rr_sets: int,
        threads: int,
        memory: int | None = None,
        keep_going: Callable[[], bool] | None = None,
        session: Session | None = None,
    ) -> None:
        sets = new_collection(session, Sampler(graph, model, key, node_weights=weights, threads=threads))
        first = min(n_rr_sets, _FIRST_SETS)
        sets.extend(1)
        in_time = sets.extend(first, keep_going=keep_going) == first
        needed = sets.expected_nbytes(n_rr_sets)
        if memory is not None and needed > memory and in_time:
            raise OutOfMemoryBoundError(
                f"n_rr_sets is too large: {n_rr_sets:,} RR sets need about {needed >> 20:,} MiB, above {{max_memory}}; "
                "use fewer, or an algorithm that draws as many as it needs, such as opim-c",
                argument="n_rr_sets",
                others=("max_memory",),
            )
        sets.extend(n_rr_sets, keep_going=keep_going)
        self.marks, self.gain = sets.marks(), sets.degree()
        self.spread_of_set = sets.total / sets.n_sets
        self.n_simulations = 0
        self.n_rr_sets, self.n_rr_entries = sets.n_sets, sets.n_entries
        self._before = -1  # the last node `before` other nodes
        self._shared = np.empty(0, dtype=np.int32)

    def gains(self, nodes: NDArray[Any], before: int = -1) -> NDArray[np.float64]:
        """Return what each node adds to those taken, and to `before` where that is a node."""
        count = self.gain[nodes].astype(np.float64)
        if before >= 0:
            if before != self._before:
                self._before, self._shared = before, self.marks.shared(before)
            count -= self._shared[nodes]
        spread: NDArray[np.float64] = count * self.spread_of_set
        return spread

    def take(self, node: int) -> None:
        """Add a node to those taken."""
        self.marks.cover(np.array([node], dtype=np.int32), self.gain, np.empty(1, dtype=np.int64))
        self._before = -1
