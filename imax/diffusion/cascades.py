"""The cascade kernel with its buffers, for RR sets and for forward cascades."""

from typing import TYPE_CHECKING, Unpack

import numpy as np

from .._utils.streams import Key
from .buffers import new_block
from .cascade_kernel import CascadeKernel, Ends
from .tables import Diffusion

if TYPE_CHECKING:
    from ..kernels.cascades import Output, Scratch
    from ..kernels.draws import Strata

__all__ = ["MAX_LANES", "Cascades", "default_lanes"]

MAX_LANES = 16  # the bits of a node's mark
_MIN_BLOCK_ARCS = 1024
_MIN_LEVEL = 4096


class Cascades(CascadeKernel):
    """The cascade kernel with its buffers: one set of buffers for each thread.

    Parameters
    ----------
    diffusion, key, **ends
        See `CascadeKernel`.
    lanes : int
        Number of cascades that run side by side in a thread, 1 to 16. Changes the speed, never the result.
    max_steps : int, optional
        Largest number of steps of a cascade; default no limit.
    """

    def __init__(
        self, diffusion: Diffusion, key: Key, lanes: int, *, max_steps: int | None = None, **ends: Unpack[Ends]
    ) -> None:
        super().__init__(diffusion, key, **ends)
        self.lanes = lanes
        self.max_steps = max_steps
        self._level = _MIN_LEVEL + 2 * diffusion.max_draws + (0 if self.seeds is None else 2 * lanes * self.seeds.size)

    def _run(self, first: int, count: int, strata: "Strata", output: "Output") -> tuple[int, int]:
        from ..kernels.cascades import LEVEL_FULL, cascades

        while True:
            n_entries, n_cut = cascades(
                first, count, self.key, self.diffusion.tables, self.roots, strata, self.seeds,
                self.weights, self.is_sentinel, self.max_steps, self._scratch(), output,
            )  # fmt: skip
            if n_entries != LEVEL_FULL:
                return n_entries, n_cut
            self._local.level *= 2
            del self._local.scratch

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


def default_lanes(diffusion: Diffusion) -> int:
    """Return the number of lanes, from measurements: fewer on large graphs, where the queues take much memory."""
    return 16 if diffusion.n <= 1 << 22 else 8
