"""What the kernels of cascades have in common: what cascades start from, where they end, and their buffers."""

from abc import ABC, abstractmethod
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key
from .buffers import Buffered
from .tables import Diffusion
from .turns import Turns

if TYPE_CHECKING:
    from ..kernels.cascades import Output
    from ..kernels.draws import Strata

__all__ = ["CascadeKernel", "Ends"]


class Ends(TypedDict, total=False):
    """What cascades start from, and where they end.

    Attributes
    ----------
    roots : numpy.ndarray of uint32, shape (n, 3), or None
        Alias table from which the roots of RR sets are drawn. Default: all nodes are equally likely.
    seeds : numpy.ndarray of int32, or None
        Nodes that forward cascades start from. Default: the cascades are RR sets.
    weights : numpy.ndarray of float64, shape (n,), or None
        Weight of each node that a forward cascade reaches; default 1 each.
    is_sentinel : numpy.ndarray of bool, shape (n,), or None
        Nodes at which an RR set ends: a set that meets one holds that node alone.
    blocked : numpy.ndarray of bool, shape (n,), or None
        Nodes that no cascade enters. The caller ensures that none starts at such a node.
    turns : Turns or None
        Which node is the root of which RR set. Default: roots are random.
    """

    roots: NDArray[np.uint32] | None
    seeds: NDArray[np.int32] | None
    weights: NDArray[np.float64] | None
    is_sentinel: NDArray[np.bool_] | None
    blocked: NDArray[np.bool_] | None
    turns: Turns | None


class CascadeKernel(Buffered, ABC):
    """Base class of the kernels of cascades, with one set of buffers for each thread.

    Parameters
    ----------
    diffusion : Diffusion
        Tables of the graph's rows.
    key : tuple of int
        The stream's key.
    **ends
        See `Ends`.

    Attributes
    ----------
    n_cut : int
        Number of nodes that RR sets had reached before they met a sentinel.
    """

    def __init__(self, diffusion: Diffusion, key: Key, **ends: Unpack[Ends]) -> None:
        self.diffusion = diffusion
        self.roots = ends.get("roots")
        self.seeds = ends.get("seeds")
        self.weights = ends.get("weights")
        self.is_sentinel = ends.get("is_sentinel")
        self.blocked = ends.get("blocked")
        self.turns = ends.get("turns")
        self._set_key(key)
        super().__init__()

    def _set_key(self, key: Key) -> None:
        self.key = (np.uint64(key[0]), np.uint64(key[1]))
        self.n_cut = 0

    def with_key(self, key: Key) -> Self:
        """Return the same cascades under another key, with the same buffers: the first use of new memory is slow."""
        other = copy(self)
        other._set_key(key)
        other.turns = None if self.turns is None else self.turns.with_key(key)
        return other

    def run(self, first: int, count: int, output: "Output") -> int:
        """Run cascades number `first` to ``first + count - 1`` on this thread's buffers.

        Returns
        -------
        int
            Number of entries written to ``output.nodes``; negative if that array is too small.
        """
        strata = _no_strata() if self.turns is None else self.turns.roots(first, count)
        # streams compute modulo 2**64; without the compiler NumPy warns about that
        with np.errstate(over="ignore"):
            n_entries, n_cut = self._run(first, count, strata, output)
        if n_cut:
            with self._lock:
                self.n_cut += int(n_cut)
        return int(n_entries)

    @abstractmethod
    def _run(self, first: int, count: int, strata: "Strata", output: "Output") -> tuple[int, int]:
        """Call the kernel; return the number of entries and of nodes of sets that met a sentinel."""


@cache
def _no_strata() -> "Strata":
    """Return the roots for sets whose roots are random. The kernels are compiled once for both kinds of roots."""
    from ..kernels.draws import Strata

    return Strata(np.empty(0, dtype=np.int32), np.int64(0))
