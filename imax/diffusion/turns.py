"""Nodes that take turns as the roots of RR sets."""

import math
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key, Stream, stream_key

if TYPE_CHECKING:
    from ..kernels.draws import Strata

__all__ = ["Turns"]


class Turns:
    """The order in which nodes are the roots of RR sets.

    Parameters
    ----------
    n : int
        Number of nodes that take turns.
    nodes : numpy.ndarray of int32, shape (n,), or None
        These nodes; None stands for 0 to ``n - 1``.
    n_shuffled : int
        Number of RR sets whose roots are in random order; later roots are in the order of `nodes`.
    key : tuple of int
        The key of the RR sets.
    """

    def __init__(self, n: int, nodes: NDArray[np.int32] | None, n_shuffled: int, key: Key) -> None:
        self.n = n
        self.nodes = nodes
        self.n_shuffled = n_shuffled
        self._key = np.uint64(stream_key(key, Stream.ROOTS)[0])
        self._rounds: NDArray[np.uint32] | None = None

    @classmethod
    def of(cls, n: int, weights: NDArray[np.float64] | None, after: int, key: Key) -> Self | None:
        """Return the turns of the nodes of positive weight, or None if their weights differ.

        `after` is the number of turns in random order.
        """
        if weights is None:
            return cls(n, None, after * n, key)
        nodes = np.flatnonzero(weights).astype(np.int32)
        if (weights[nodes] != weights[nodes[0]]).any():
            return None
        return cls(nodes.size, nodes, after * nodes.size, key)

    def with_key(self, key: Key) -> "Turns":
        """Return the same turns under another key."""
        return Turns(self.n, self.nodes, self.n_shuffled, key)

    def roots(self, first: int, count: int) -> "Strata":
        """Return the roots of RR sets number `first` to ``first + count - 1``."""
        from ..kernels.draws import Strata
        from ..kernels.roots import fill_roots, fill_rounds

        out = np.empty(count, dtype=np.int32)
        with np.errstate(over="ignore"):  # streams compute modulo 2**64
            rounds = self._rounds
            if rounds is None:
                width = math.isqrt(self.n - 1) + 1
                n_rounds = 4 + 2 * (32 // width)  # few digits need more rounds to become random
                rounds = np.empty((n_rounds, width), dtype=np.uint32)
                fill_rounds(self._key, rounds)
                self._rounds = rounds
            fill_roots(first, count, self.n, self.nodes, self.n_shuffled, rounds, out)
        return Strata(out, np.int64(first))

    def complete(self, count: int) -> int:
        """Return the smallest number of RR sets, at least `count`, whose coverage estimates spread without bias.

        Where the roots are in a fixed order, these are multiples of the number of nodes.
        """
        if count <= self.n_shuffled:
            return count
        return -(-count // self.n) * self.n
