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
    nodes : numpy.ndarray of int32
        The nodes that take turns.
    n_shuffled : int
        Number of RR sets whose roots are in random order; later roots are in the order of `nodes`.
    key : tuple of int
        The key of the RR sets.
    """

    def __init__(self, nodes: NDArray[np.int32], n_shuffled: int, key: Key) -> None:
        self.nodes = nodes
        self.n_shuffled = n_shuffled
        self.width = math.isqrt(nodes.size - 1) + 1
        self._key = np.uint64(stream_key(key, Stream.ROOTS)[0])

    @classmethod
    def of(cls, n: int, weights: NDArray[np.float64] | None, after: int, key: Key) -> Self | None:
        """Return the turns of the nodes of positive weight, or None if their weights differ.

        `after` is the number of turns in random order.
        """
        nodes = np.arange(n, dtype=np.int32) if weights is None else np.flatnonzero(weights)
        if weights is not None and (weights[nodes] != weights[nodes[0]]).any():
            return None
        return cls(nodes.astype(np.int32, copy=False), after * nodes.size, key)

    def with_key(self, key: Key) -> "Turns":
        """Return the same turns under another key."""
        return Turns(self.nodes, self.n_shuffled, key)

    def roots(self, first: int, count: int) -> "Strata":
        """Return the roots of RR sets number `first` to ``first + count - 1``."""
        from ..kernels.draws import Strata
        from ..kernels.roots import fill_roots

        out = np.empty(count, dtype=np.int32)
        with np.errstate(over="ignore"):  # streams compute modulo 2**64
            fill_roots(first, count, self.nodes, self.n_shuffled, self.width, self._key, out)
        return Strata(out, np.int64(first))

    def complete(self, count: int) -> int:
        """Return the smallest number of RR sets, at least `count`, whose coverage estimates spread without bias.

        Where the roots are in a fixed order, these are multiples of the number of nodes.
        """
        if count <= self.n_shuffled:
            return count
        return -(-count // self.nodes.size) * self.nodes.size
