"""Sampling RR sets: number i of a stream is a pure function of graph, model, key and i."""

import math
import threading
import time
from collections.abc import Callable
from copy import copy
from functools import partial
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check, parallel
from .._utils.streams import Key
from ..graph.influence_graph import InfluenceGraph
from .tables import Diffusion, check_model, prepare

__all__ = ["MAX_LANES", "Cascades", "Sampler"]

MAX_LANES = 16
_ROUND_SECONDS = 0.1  # how long a round of all threads should take: what an interrupt waits for
_SOLO_SECONDS = 1.5e-3  # work below this is done before other threads wake up
_TASK_SECONDS = 4e-3  # of the tasks that threads share while one of them does something else first
_CHUNK_ENTRIES = 1 << 16
_MOST_ENTRIES = 1 << 24
_REGISTERS = 9  # where they stand among the buffers
_LEVEL_FULL = -2  # the kernel's word for it


class Cascades:
    """The cascade kernel with its buffers: one set of buffers for each thread.

    Parameters
    ----------
    diffusion : Diffusion
        Rows and tables.
    key : tuple of int
        The stream's key.
    lanes : int
        How many cascades run side by side in a thread, 1 to 16. Changes the speed, never the result.
    blocked : numpy.ndarray of bool, shape (n,), optional
        Nodes that no cascade enters; none begins at one.
    stratified : bool, default False
        Whether RR set i has node i modulo n for its root, in place of a random one.
    """

    def __init__(
        self,
        diffusion: Diffusion,
        key: Key,
        lanes: int,
        *,
        roots: NDArray[np.uint32] | None = None,
        seeds: NDArray[np.int32] | None = None,
        weights: NDArray[np.float64] | None = None,
        is_sentinel: NDArray[np.bool_] | None = None,
        blocked: NDArray[np.bool_] | None = None,
        stratified: bool = False,
    ) -> None:
        self.diffusion = diffusion
        self.key = (np.uint64(key[0]), np.uint64(key[1]))
        self.lanes = lanes
        self.roots = roots
        self.seeds = seeds
        self.weights = weights
        self.is_sentinel = is_sentinel
        self.blocked = blocked
        self.strata = True if stratified else None  # None leaves the branch out of the compiled kernel
        self.cut = 0  # nodes that sets had met before they met an end
        self._level = 4096 + 2 * diffusion.most + (0 if seeds is None else 2 * lanes * seeds.size)
        self._local = threading.local()
        self._lock = threading.Lock()

    def _buffers(self) -> tuple[Any, ...]:
        kept: tuple[Any, ...] | None = getattr(self._local, "buffers", None)
        if kept is None:
            d = self.diffusion
            level = self._local.__dict__.setdefault("level", self._level)
            size = d.most + max(1024, d.most)
            mark = np.zeros(d.n, dtype=np.uint16)
            if self.blocked is not None:
                mark[self.blocked] = 0xFFFF  # as if every lane had been there; only what a cascade enters is cleared
            kept = (
                mark,
                np.empty((self.lanes, d.n + 1), dtype=np.int32),  # an arc to a known node writes beyond the end
                np.empty(level, dtype=np.int64),
                np.empty(level, dtype=np.int64),
                np.empty(size, dtype=np.int64),
                np.empty(size if d.pick is not None else 1, dtype=np.uint32),
                np.empty(size, dtype=np.int8),
                np.empty(size, dtype=np.int32),
                size - d.most,
                np.empty((6, MAX_LANES), dtype=np.int64),
                np.empty((2, MAX_LANES), dtype=np.uint64),
            )
            self._local.buffers = kept
        return kept

    def run(
        self, first: int, count: int, buf: NDArray[np.int32], start: NDArray[np.int64], length: NDArray[np.int64],
        value: NDArray[np.float64],
    ) -> int:  # fmt: skip
        """Call the kernel on this thread's buffers."""
        from ..kernels.sample import cascades

        d = self.diffusion
        # streams are arithmetic modulo 2**64, which NumPy's scalars remark on where the compiler is off
        with np.errstate(over="ignore"):
            while True:
                buffers = self._buffers()
                size = cascades(
                    first, count, self.key[0], self.key[1], d.n, self.lanes,
                    d.idx, d.pick, d.rec, d.cum, d.par, d.deg, d.mode,
                    self.roots, self.strata, self.seeds, self.weights, self.is_sentinel, *buffers, buf, start, length,
                    value,
                )  # fmt: skip
                if size != _LEVEL_FULL:
                    if self.is_sentinel is not None and size >= 0:
                        with self._lock:
                            self.cut += int(buffers[_REGISTERS][5, 0])
                    return int(size)
                self._local.level *= 2
                del self._local.buffers

    def with_key(self, key: Key) -> "Cascades":
        """Return the same for another key, with the same buffers: the first touch of memory takes time too."""
        other = copy(self)
        other.key = (np.uint64(key[0]), np.uint64(key[1]))
        other.cut = 0
        return other


class Sampler:
    """Draws the RR sets of one stream.

    Parameters
    ----------
    graph : InfluenceGraph
    model : {"ic", "lt"}
    key : tuple of int
        From `imax._utils.streams.key_from`.
    node_weights : numpy.ndarray of float64, shape (n_nodes,), optional
        By internal id; roots are drawn in proportion to them. Default: all equal.
    lanes : int, optional
        RR sets that run side by side in a thread, 1 to 16; default by measurement.
    threads : int, optional
    ending : numpy.ndarray of bool, shape (n_nodes,), optional
        Nodes at which an RR set ends, by internal id: a set that meets one is that node alone. For seed sets that hold
        all of these nodes, coverage is what it would be with whole sets.

    Attributes
    ----------
    total : float
        What an RR set stands for: ``total`` times the share of sets that a seed set covers estimates its spread.
        The number of nodes, or the sum of the node weights.
    """

    def __init__(
        self,
        graph: InfluenceGraph,
        model: str,
        key: Key,
        *,
        node_weights: NDArray[np.float64] | None = None,
        lanes: int | None = None,
        threads: int | None = None,
        diffusion: Diffusion | None = None,
        is_sentinel: NDArray[np.bool_] | None = None,
        blocked: NDArray[np.bool_] | None = None,
        stratified: bool = False,
    ) -> None:
        self.graph = graph
        self.model = check_model(model)
        self.threads = check.threads(threads)
        self.diffusion = diffusion or prepare(graph, self.model, self.threads)
        self.lanes = default_lanes(self.diffusion) if lanes is None else check.count(lanes, "lanes", high=MAX_LANES)
        self.total = float(graph.n_nodes) if node_weights is None else float(node_weights.sum())
        roots = None if node_weights is None else _root_table(node_weights)
        self._cascades = Cascades(
            self.diffusion,
            key,
            self.lanes,
            roots=roots,
            is_sentinel=is_sentinel,
            blocked=blocked,
            stratified=stratified,
        )
        self._local = threading.local()
        self._rate = 0.0  # unknown: the first round is a small one

    def with_key(self, key: Key) -> "Sampler":
        """Return the same for another key, with the same buffers."""
        other = copy(self)
        other._cascades = self._cascades.with_key(key)
        return other

    @property
    def n_cut(self) -> int:
        """Nodes that sets had met before they met an end, and that they do not hold."""
        return self._cascades.cut

    def sample(
        self,
        first: int,
        count: int,
        *,
        keep_going: Callable[[], bool] | None = None,
        alongside: Callable[[], None] | None = None,
    ) -> list[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """Draw sets number `first` to ``first + count - 1``.

        Parameters
        ----------
        first, count : int
        keep_going : callable, optional
            Asked between chunks; when it says False the sets drawn so far, a prefix, are returned.
        alongside : callable, optional
            Other work, which the calling thread does first while the other threads begin to draw.

        Returns
        -------
        list of (nodes, lengths)
            Consecutive pieces: int32 nodes, in internal ids, and the int64 length of each set.
        """
        pieces: list[tuple[NDArray[np.int32], NDArray[np.int64]]] = []
        if alongside is not None:
            if self.threads > 1 and count > self._rate * _SOLO_SECONDS > 0.0:
                return self._sample_alongside(first, count, keep_going, alongside)
            alongside()
        done = 0
        while done < count and (keep_going is None or keep_going()):
            span = min(count - done, int(self._rate * _ROUND_SECONDS) * self.threads + 256)
            parts = self.threads if span > self._rate * _SOLO_SECONDS > 0.0 else 1
            began = time.perf_counter()
            tasks = [partial(self._share, first + done + a, b - a) for a, b in parallel.slices(span, parts)]
            for share in parallel.run(tasks, self.threads):
                pieces += share
            self._rate = span / max(time.perf_counter() - began, 1e-6) / parts
            done += span
        return pieces

    def _sample_alongside(
        self, first: int, count: int, keep_going: Callable[[], bool] | None, alongside: Callable[[], None]
    ) -> list[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """Draw sets in small tasks, so that a thread that comes late finds some left."""

        def task(a: int, b: int) -> Any:
            return self._share(first + a, b - a) if keep_going is None or keep_going() else None

        parts = math.ceil(count / max(self._rate * _TASK_SECONDS, 256.0))
        cuts = parallel.slices(count, max(parts, self.threads))
        tasks: list[Callable[[], Any]] = [alongside, *(partial(task, a, b) for a, b in cuts)]
        shares = parallel.run(tasks, self.threads)[1:]
        return [piece for share in takewhile(lambda share: share is not None, shares) for piece in share]

    def _share(self, first: int, count: int) -> list[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """Draw one thread's share, in chunks whose sets stay in cache until they are put in order."""
        from ..kernels.sample import PAD, gather

        kept = self._local.__dict__
        value = np.empty(0)
        pieces = []
        done = 0
        while done < count:
            mean = kept.get("mean", 64.0)
            # large sets leave the cache anyway; then it is the lanes that must have enough to do
            span = min(count - done, int(max(_CHUNK_ENTRIES, min(4 * MAX_LANES * mean, _MOST_ENTRIES)) / mean) + 1)
            start, length = np.empty((2, span), dtype=np.int64)
            if "buf" not in kept:
                kept["buf"] = np.empty(2 * _CHUNK_ENTRIES, dtype=np.int32)
            size = self._cascades.run(first + done, span, kept["buf"][:-PAD], start, length, value)
            if size < 0:
                kept["buf"] = np.empty(2 * kept["buf"].size, dtype=np.int32)
                continue
            kept["mean"] = size / span
            nodes = np.empty(size + PAD, dtype=np.int32)
            gather(kept["buf"], start, length, span, nodes)
            pieces.append((nodes[:size], length))
            done += span
        return pieces


def default_lanes(diffusion: Diffusion) -> int:
    """Choose the number of lanes: fewer where the queues of all lanes would fill the memory."""
    return 16 if diffusion.n <= 1 << 22 else 8


def _root_table(weights: NDArray[np.float64]) -> NDArray[np.uint32]:
    from ..kernels.tables import alias_rows

    n = weights.size
    pick = np.empty((n, 3), dtype=np.uint32)
    alias_rows(weights, weights.sum(), pick, np.empty(n), np.empty(n, dtype=np.int64))
    return pick
