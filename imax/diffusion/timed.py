"""Cascades until a deadline, with exponential delays of the arcs: the kernels with their buffers."""

from copy import copy
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key, Stream, stream_key
from .buffers import Buffered, new_block
from .tables import Diffusion
from .turns import Turns

if TYPE_CHECKING:
    from ..kernels.cascades import Output
    from ..kernels.timed import Delays, TimedScratch

__all__ = ["TimedCascades", "new_timed_scratch"]


class TimedCascades(Buffered):
    """The kernel of cascades with delays, with one set of buffers for each thread.

    Parameters
    ----------
    delays : Delays
        The deadline and the delays of the arcs, in the direction of the rows.
    diffusion, key, roots, seeds, weights, is_sentinel, blocked, turns
        As for `imax.diffusion.cascades.Cascades`.
    """

    def __init__(
        self,
        diffusion: Diffusion,
        key: Key,
        delays: "Delays",
        *,
        roots: NDArray[np.uint32] | None = None,
        seeds: NDArray[np.int32] | None = None,
        weights: NDArray[np.float64] | None = None,
        is_sentinel: NDArray[np.bool_] | None = None,
        blocked: NDArray[np.bool_] | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.diffusion = diffusion
        self.delays = delays
        self.roots = roots
        self.seeds = seeds
        self.weights = weights
        self.is_sentinel = is_sentinel
        self.blocked = blocked
        self.turns = turns
        self._set_key(key)
        super().__init__()

    def _set_key(self, key: Key) -> None:
        delays = stream_key(key, Stream.DELAYS)
        self.key = (np.uint64(key[0]), np.uint64(key[1]))
        self.delay_key = (np.uint64(delays[0]), np.uint64(delays[1]))
        self.n_cut = 0  # nodes that RR sets had reached before they met a sentinel

    def run(self, first: int, count: int, output: "Output") -> int:
        """Run cascades number `first` to ``first + count - 1`` on this thread's buffers.

        Returns
        -------
        int
            Number of entries written to ``output.nodes``; negative if that array is too small.
        """
        from ..kernels.timed import timed_cascades

        scratch: TimedScratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = new_timed_scratch(self.diffusion.n, self.diffusion.max_draws, self.blocked)
        strata = None if self.turns is None else self.turns.roots(first, count)
        # streams compute modulo 2**64; without the compiler NumPy warns about that
        with np.errstate(over="ignore"):
            n_entries, n_cut = timed_cascades(
                first, count, self.key, self.delay_key, self.diffusion.tables, self.roots, strata, self.seeds,
                self.weights, self.is_sentinel, self.delays, scratch, output,
            )  # fmt: skip
        if n_cut:
            with self._lock:
                self.n_cut += int(n_cut)
        return int(n_entries)

    def with_key(self, key: Key) -> "TimedCascades":
        """Return the same cascades under another key, with the same buffers."""
        other = copy(self)
        other._set_key(key)
        other.turns = None if self.turns is None else self.turns.with_key(key)
        return other


def new_timed_scratch(n: int, max_draws: int, blocked: NDArray[np.bool_] | None = None) -> "TimedScratch":
    """Return the buffers of one thread for cascades with delays; no cascade enters `blocked` nodes."""
    from ..kernels.timed import BLOCKED, TimedScratch

    state = np.zeros(n, dtype=np.int8)
    if blocked is not None:
        state[blocked] = BLOCKED
    heap, place, order = (np.empty(n, dtype=np.int32) for _ in range(3))
    return TimedScratch(
        state=state, arrival=np.empty(n), heap=heap, place=place, order=order, block=new_block(max_draws + 1)
    )
