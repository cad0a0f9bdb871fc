"""The cascade kernel with its buffers, for RR sets and for forward cascades."""

from copy import copy
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key
from .buffers import Buffered, new_block
from .tables import Diffusion
from .turns import Turns

if TYPE_CHECKING:
    from ..kernels.cascades import Output, Scratch

__all__ = ["MAX_LANES", "Cascades", "default_lanes"]

MAX_LANES = 16  # the bits of a node's mark
_MIN_BLOCK_ARCS = 1024
_MIN_LEVEL = 4096


class Cascades(Buffered):
    """The cascade kernel with its buffers: one set of buffers for each thread.

    Parameters
    ----------
    diffusion : Diffusion
        Tables of the graph's rows.
    key : tuple of int
        The stream's key.
    lanes : int
        Number of cascades that run side by side in a thread, 1 to 16. Changes the speed, never the result.
    roots : numpy.ndarray of uint32, shape (n, 3), optional
        Alias table from which the roots of RR sets are drawn. Default: all nodes are equally likely.
    seeds : numpy.ndarray of int32, optional
        Nodes that forward cascades start from. Default: the cascades are RR sets.
    weights : numpy.ndarray of float64, shape (n,), optional
        Weight of each node that a forward cascade reaches; default 1 each.
    is_sentinel : numpy.ndarray of bool, shape (n,), optional
        Nodes at which an RR set ends: a set that meets one holds that node alone.
    blocked : numpy.ndarray of bool, shape (n,), optional
        Nodes that no cascade enters. The caller ensures that none starts at such a node.
    turns : Turns, optional
        Which node is the root of which RR set. Default: roots are random.
    max_steps : int, optional
        Largest number of steps of a cascade; default no limit.
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
        turns: Turns | None = None,
        max_steps: int | None = None,
    ) -> None:
        self.diffusion = diffusion
        self.key = (np.uint64(key[0]), np.uint64(key[1]))
        self.lanes = lanes
        self.roots = roots
        self.seeds = seeds
        self.weights = weights
        self.is_sentinel = is_sentinel
        self.blocked = blocked
        self.turns = turns
        self.max_steps = max_steps
        self.n_cut = 0  # nodes that RR sets had reached before they met a sentinel
        self._level = _MIN_LEVEL + 2 * diffusion.max_draws + (0 if seeds is None else 2 * lanes * seeds.size)
        super().__init__()

    def run(self, first: int, count: int, output: "Output") -> int:
        """Run cascades number `first` to ``first + count - 1`` on this thread's buffers.

        Returns
        -------
        int
            Number of entries written to ``output.nodes``; negative if that array is too small.
        """
        from ..kernels.cascades import LEVEL_FULL, cascades

        strata = None if self.turns is None else self.turns.roots(first, count)
        # streams compute modulo 2**64; without the compiler NumPy warns about that
        with np.errstate(over="ignore"):
            while True:
                n_entries, n_cut = cascades(
                    first, count, self.key, self.diffusion.tables, self.roots, strata, self.seeds,
                    self.weights, self.is_sentinel, self.max_steps, self._scratch(), output,
                )  # fmt: skip
                if n_entries != LEVEL_FULL:
                    break
                self._local.level *= 2
                del self._local.scratch
        if n_cut:
            with self._lock:
                self.n_cut += int(n_cut)
        return int(n_entries)

    def _scratch(self) -> "Scratch":
        """Return this thread's buffers."""
        scratch: Scratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            level = self._local.__dict__.setdefault("level", self._level)
            scratch = self._local.scratch = self._new_scratch(level)
        return scratch

    def _new_scratch(self, level: int) -> "Scratch":
        from ..kernels.cascades import Lanes, Scratch

        n, lanes, max_draws = self.diffusion.n, self.lanes, self.diffusion.max_draws
        mark = np.zeros(n, dtype=np.uint16)
        if self.blocked is not None:
            mark[self.blocked] = 0xFFFF  # as if every lane had reached them; only nodes that a lane enters are cleared
        max_arcs = max(_MIN_BLOCK_ARCS, max_draws)
        size = max_arcs + max_draws
        state, step = np.empty((2, lanes), dtype=np.uint64)
        number, seen, reached, depth, hit, hit_size = np.empty((6, lanes), dtype=np.int64)
        return Scratch(
            mark=mark,
            now=np.empty(level, dtype=np.int64),
            later=np.empty(level, dtype=np.int64),
            lanes=Lanes(
                queue=np.empty((lanes, n + 1), dtype=np.int32),
                state=state,
                step=step,
                number=number,
                seen=seen,
                size=reached,
                depth=depth,
                hit=hit,
                hit_size=hit_size,
            ),
            block=new_block(size),
            max_arcs=max_arcs,
        )

    def with_key(self, key: Key) -> "Cascades":
        """Return the same cascades under another key, with the same buffers: the first use of new memory is slow."""
        other = copy(self)
        other.key = (np.uint64(key[0]), np.uint64(key[1]))
        other.turns = None if self.turns is None else self.turns.with_key(key)
        other.n_cut = 0
        return other


def default_lanes(diffusion: Diffusion) -> int:
    """Return the number of lanes, from measurements: fewer on large graphs, where the queues take much memory."""
    return 16 if diffusion.n <= 1 << 22 else 8
