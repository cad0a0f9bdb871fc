"""Cascades until a deadline, with exponential delays of the arcs: the kernels with their buffers."""

from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key, Stream, stream_key
from .buffers import new_block
from .cascade_kernel import CascadeKernel, Ends
from .tables import Diffusion

if TYPE_CHECKING:
    from ..kernels.cascades import Output
    from ..kernels.draws import Strata
    from ..kernels.timed import Delays, TimedScratch

__all__ = ["TimedCascades", "new_timed_scratch"]


class TimedCascades(CascadeKernel):
    """The kernel of cascades with delays, with one set of buffers for each thread.

    Parameters
    ----------
    diffusion, key, **ends
        See `CascadeKernel`.
    delays : Delays
        The deadline and the delays of the arcs, in the direction of the rows.
    """

    def __init__(self, diffusion: Diffusion, key: Key, delays: "Delays", **ends: Unpack[Ends]) -> None:
        super().__init__(diffusion, key, **ends)
        self.delays = delays

    def _set_key(self, key: Key) -> None:
        super()._set_key(key)
        delays = stream_key(key, Stream.DELAYS)
        self.delay_key = (np.uint64(delays[0]), np.uint64(delays[1]))

    def _run(self, first: int, count: int, strata: "Strata", output: "Output") -> tuple[int, int]:
        from ..kernels.timed import timed_cascades

        scratch: TimedScratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = new_timed_scratch(self.diffusion.n, self.diffusion.max_draws, self.blocked)
        n_entries, n_cut = timed_cascades(
            first, count, self.key, self.delay_key, self.diffusion.tables, self.roots, strata, self.seeds,
            self.weights, self.is_sentinel, self.delays, scratch, output,
        )  # fmt: skip
        return n_entries, n_cut


def new_timed_scratch(n: int, max_draws: int, blocked: NDArray[np.bool_] | None = None) -> "TimedScratch":
    """Return the buffers of one thread for cascades with delays; no cascade enters `blocked` nodes."""
    from ..kernels.timed import BLOCKED, UNREACHED, TimedScratch

    place = np.full(n, UNREACHED, dtype=np.int32)
    if blocked is not None:
        place[blocked] = BLOCKED
    heap_node, order = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    return TimedScratch(
        place=place, heap_time=np.empty(n), heap_node=heap_node, order=order, block=new_block(max_draws + 1)
    )
