"""Sampling of RR sets: RR set number i of a stream is a pure function of the graph, the model, the key and i."""

import math
import time
from collections.abc import Callable
from copy import copy
from functools import partial
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils import check, parallel
from .._utils.streams import Key
from ..graph.influence_graph import InfluenceGraph
from .buffers import Buffered
from .cascade_kernel import CascadeKernel
from .cascades import MAX_LANES, Cascades, default_lanes
from .deadline import Deadline
from .tables import CREDIT, Diffusion, check_model, prepare
from .timed import TimedCascades
from .turns import Turns

__all__ = ["Piece", "Sampler"]

_ROUND_SECONDS = 0.1  # target for one round of all threads: an interrupt waits for the end of a round
_LONGEST_SECONDS = 1.0  # for a round if RR sets are so large that few of them take longer than that
_SOLO_SECONDS = 1.5e-3  # less work than this is done by one thread
_TASK_SECONDS = 4e-3  # target for one task if the calling thread does other work first
_FIRST_SETS = MAX_LANES  # while it is unknown how long a set takes: a set may hold nearly all nodes
_CHUNK_ENTRIES = 1 << 16
_MAX_ENTRIES = 1 << 24

_NO_NODES = np.empty(0, dtype=np.int32)


class Piece(NamedTuple):
    """Consecutive RR sets of a stream.

    Attributes
    ----------
    nodes : numpy.ndarray of int32
        The nodes of the sets, one set after the other, by internal id; the root comes first.
    lengths : numpy.ndarray of int64
        Number of nodes of each set.
    singletons : numpy.ndarray of int32
        If sets of one node are kept apart, the node of each such set. The other two arrays do not include them.
    """

    nodes: NDArray[np.int32]
    lengths: NDArray[np.int64]
    singletons: NDArray[np.int32] = _NO_NODES


class Sampler(Buffered):
    """Draws the RR sets of one stream.

    Parameters
    ----------
    graph : InfluenceGraph
    model : {"ic", "lt"}
        Independent cascade or linear threshold.
    key : tuple of int
        From `imax._utils.streams.key_from`.
    node_weights : numpy.ndarray of float64, shape (n_nodes,), optional
        By internal id; roots are drawn in proportion to them. Default: all nodes are equally likely.
    lanes : int, optional
        Number of RR sets that run side by side in a thread, 1 to 16. Changes the speed, never the result.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores. Changes the speed, never the result.
    diffusion : Diffusion, optional
        Tables of the graph's rows; default those of `prepare`.
    is_sentinel : numpy.ndarray of bool, shape (n_nodes,), optional
        By internal id. An RR set that meets a sentinel holds that node alone. Seed sets that contain all sentinels have
        the same coverage as with whole RR sets.
    blocked : numpy.ndarray of bool, shape (n_nodes,), optional
        By internal id: nodes that no RR set enters. Their node weight must be 0.
    stratify_after : int, optional
        If all positive weights are equal, the nodes take turns as roots: in a random order for so many RR sets per
        node, then in a fixed order, see `complete`. Default: all roots are drawn independently.
    deadline : Deadline, optional
        RR sets hold the nodes that reach the root until then. Default: no deadline.

    Attributes
    ----------
    total : float
        Number of nodes, or sum of the node weights. ``total`` times the share of RR sets that a seed set covers
        estimates its spread.
    recipe : dict
        Arguments, besides the graph, of a sampler that draws the same RR sets elsewhere.
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
        stratify_after: int | None = None,
        deadline: Deadline | None = None,
    ) -> None:
        self.graph = graph
        walks = graph.walks
        self.model = check_model(model) if walks is None else CREDIT
        self.threads = check.threads(threads)
        self.diffusion = diffusion or prepare(graph, self.model, self.threads)
        self.lanes = default_lanes(self.diffusion) if lanes is None else check.count(lanes, "lanes", high=MAX_LANES)
        if walks is not None:
            is_sentinel, blocked = (None if x is None else x[walks.user] for x in (is_sentinel, blocked))
            node_weights = walks.weight if node_weights is None else walks.weight * node_weights[walks.user]
        self._user = None if walks is None else walks.user  # RR sets of actions become RR sets of their users
        self.total = float(graph.n_nodes) if node_weights is None else float(node_weights.sum())
        self.deadline = deadline
        self.recipe: dict[str, Any] = {
            "model": model, "key": key, "is_sentinel": is_sentinel, "blocked": blocked, "node_weights": node_weights,
            "stratify_after": stratify_after, "deadline": deadline,
        }  # fmt: skip
        turns = None if stratify_after is None else Turns.of(graph.n_nodes, node_weights, stratify_after, key)
        options: dict[str, Any] = {
            "roots": None if node_weights is None or turns is not None else _root_table(node_weights),
            "is_sentinel": is_sentinel,
            "blocked": blocked,
            "turns": turns,
        }
        self._cascades: CascadeKernel
        if deadline is not None and deadline.time is not None:
            delays = deadline.delays(graph, forward=False)
            self._cascades = TimedCascades(self.diffusion, key, delays, **options)
        else:
            max_steps = None if deadline is None else deadline.max_steps
            self._cascades = Cascades(self.diffusion, key, self.lanes, max_steps=max_steps, **options)
        super().__init__()
        self._rate = 0.0  # RR sets per second and thread; unknown at first, so the first round is small
        self._n_drawn = 0  # RR sets that have shown the rate
        self.n_underway = 0  # RR sets that the running call of `sample` has drawn

    def complete(self, count: int) -> int:
        """Return the smallest number of RR sets, at least `count`, whose coverage estimates spread without bias."""
        turns = self._cascades.turns
        return count if turns is None else turns.complete(count)

    def n_known(self, n_sets: int, weight: float) -> int:
        """Return how many of the RR sets 0 to ``n_sets - 1`` certainly have their root in a seed set of this weight.

        Each seed of positive weight is the root of one set in each complete turn of the roots.
        """
        turns = self._cascades.turns
        if turns is None:
            return 0
        return n_sets // turns.n * int(weight * turns.n / self.total + 1e-6)

    def with_key(self, key: Key) -> "Sampler":
        """Return the same sampler under another key, with the same buffers."""
        other = copy(self)
        other._cascades = self._cascades.with_key(key)
        other.recipe = self.recipe | {"key": key}
        return other

    def ending_at(self, is_sentinel: NDArray[np.bool_] | None) -> "Sampler":
        """Return the same sampler with RR sets that end at other nodes, with the same buffers; None: whole sets."""
        other = copy(self)
        other._cascades = copy(self._cascades)
        other.recipe = self.recipe | {"is_sentinel": is_sentinel}
        if is_sentinel is not None and self._user is not None:
            is_sentinel = is_sentinel[self._user]
        other._cascades.is_sentinel = is_sentinel
        return other

    @property
    def n_cut(self) -> int:
        """Number of nodes that RR sets had reached before they met a sentinel, and that they do not hold."""
        return self._cascades.n_cut

    def sample(
        self,
        first: int,
        count: int,
        *,
        split: bool = False,
        keep_going: Callable[[], bool] | None = None,
        alongside: Callable[[], None] | None = None,
    ) -> list[Piece]:
        """Draw RR sets number `first` to ``first + count - 1``.

        Parameters
        ----------
        first, count : int
        split : bool, default False
            Whether sets of one node are kept apart.
        keep_going : callable, optional
            Called between chunks. If it returns False, the RR sets drawn so far are returned: the first ones, without
            gaps.
        alongside : callable, optional
            Other work, which the calling thread does first while the other threads begin to draw.

        Returns
        -------
        list of Piece
            Consecutive pieces.
        """
        pieces: list[Piece] = []
        if alongside is not None:
            if self.threads > 1 and count > self._rate * _SOLO_SECONDS > 0.0:
                return self._sample_alongside(first, count, split, keep_going, alongside)
            alongside()
        done = 0
        while done < count and (keep_going is None or keep_going()):
            self.n_underway = done
            span = min(count - done, self._limited(self._rate * _ROUND_SECONDS * self.threads))
            parts = self.threads if span > self._rate * _SOLO_SECONDS > 0.0 else 1
            began = time.perf_counter()
            tasks = [partial(self._share, first + done + a, b - a, split) for a, b in parallel.slices(span, parts)]
            for share in parallel.run(tasks, self.threads):
                pieces += share
            self._rate = span / max(time.perf_counter() - began, 1e-6) / parts
            done += span
            self._n_drawn += span
        self.n_underway = 0
        return pieces

    def _limited(self, n_sets: float) -> int:
        """Return a number of sets that takes about the expected time even if a few of the sets are large."""
        few = _FIRST_SETS
        if self._rate:
            few = min(few, max(self.threads, int(self._rate * _LONGEST_SECONDS * self.threads)))
        return few + int(min(n_sets, 2 * self._n_drawn))

    def _sample_alongside(
        self, first: int, count: int, split: bool, keep_going: Callable[[], bool] | None, alongside: Callable[[], None]
    ) -> list[Piece]:
        """Draw RR sets in small tasks, so that a thread that starts late still finds some."""

        def task(a: int, b: int) -> Any:
            if keep_going is not None and not keep_going():
                return None
            share = self._share(first + a, b - a, split)
            self.n_underway += b - a  # not exact if two threads write at once; that is good enough for a progress bar
            return share

        parts = math.ceil(count / self._limited(self._rate * _TASK_SECONDS))
        cuts = parallel.slices(count, max(parts, self.threads))
        tasks: list[Callable[[], Any]] = [alongside, *(partial(task, a, b) for a, b in cuts)]
        shares = parallel.run(tasks, self.threads)[1:]
        self._n_drawn += count
        self.n_underway = 0
        return [piece for share in takewhile(lambda share: share is not None, shares) for piece in share]

    def _share(self, first: int, count: int, split: bool) -> list[Piece]:
        """Draw one thread's share, in chunks whose RR sets stay in cache until they are put in order."""
        from ..kernels.cascades import PAD, Output, gather
        from ..kernels.singletons import split_singletons

        kept = self._local.__dict__
        unused = np.empty(0)
        pieces = []
        done = 0
        while done < count:
            mean = kept.get("mean", 64.0)
            # large sets leave the cache in any case; then every lane needs enough sets
            span = min(count - done, int(max(_CHUNK_ENTRIES, min(4 * MAX_LANES * mean, _MAX_ENTRIES)) / mean) + 1)
            if "buffer" not in kept:
                kept["buffer"] = np.empty(2 * _CHUNK_ENTRIES, dtype=np.int32)
            if "places" not in kept or kept["places"].shape[1] < span:
                kept["places"] = np.empty((2, span), dtype=np.int64)
            buffer, (start, length) = kept["buffer"], kept["places"]
            size = self._cascades.run(first + done, span, Output(buffer[:-PAD], start, length, unused))
            if size < 0:
                kept["buffer"] = np.empty(2 * buffer.size, dtype=np.int32)
                continue
            kept["mean"] = size / span
            nodes = np.empty(size + PAD, dtype=np.int32)
            if split:
                alone = np.empty(span + 1, dtype=np.int32)
                n_entries, n_larger = split_singletons(buffer, start, length, span, nodes, alone)
                singletons = alone[: span - n_larger]
                if n_entries < size // 2:  # most of the array is not needed
                    nodes = nodes[:n_entries].copy()
                elif singletons.size < span // 2:
                    singletons = singletons.copy()
                pieces.append(Piece(nodes[:n_entries], length[:n_larger].copy(), singletons))
            else:
                gather(buffer, start, length, span, nodes)
                pieces.append(Piece(nodes[:size], length[:span].copy()))
            done += span
        if self._user is not None:
            return [Piece(self._user[nodes], lengths, self._user[alone]) for nodes, lengths, alone in pieces]
        return pieces


def _root_table(weights: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return the alias table from which roots are drawn in proportion to the weights."""
    from ..kernels.alias import alias_table

    n = weights.size
    alias = np.empty((n, 3), dtype=np.uint32)
    alias_table(weights, weights.sum(), alias, np.empty(n), np.empty(n, dtype=np.int64))
    return alias
