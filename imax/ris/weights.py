"""Residual weights of RR sets: the probability that no invited node of a set has accepted."""

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel

if TYPE_CHECKING:
    from ..kernels.residual import Heaps, Pairs, Weights

__all__ = ["Choice", "Residual", "ResidualSets", "rounding_power"]

_FEW = 1 << 14  # entries for which one thread is enough


class Choice(NamedTuple):
    """Chosen invitations, in order.

    Attributes
    ----------
    groups : numpy.ndarray of int32
        The group of each invitation.
    places : numpy.ndarray of int64
        Its place among the pairs.
    gains : numpy.ndarray of float64
        The expected number of RR sets that it adds.
    scores : numpy.ndarray of float64
        The score by which it was chosen.
    """

    groups: NDArray[np.int32]
    places: NDArray[np.int64]
    gains: NDArray[np.float64]
    scores: NDArray[np.float64]


class Residual(ABC):
    """Residual weights of RR sets, in this process or on a cluster.

    Attributes
    ----------
    weights : Weights
        The value of each node is up to date after `update`, and may be too large after choices.
    threads : int
    """

    weights: "Weights"
    threads: int

    @property
    def unit(self) -> float:
        """The unit of which all weights are whole multiples; 0 if they are not rounded."""
        return float(self.weights.power[0]) * 2.0**-52

    @abstractmethod
    def update(self) -> None:
        """Compute the values of all nodes anew."""

    @abstractmethod
    def choose(
        self,
        first: int,
        last: int,
        discount: NDArray[np.float64],
        pairs: "Pairs",
        heaps: "Heaps",
        found: Choice,
        n: int,
    ) -> int:
        """Let the groups choose in the rounds first to last, after n choices; write them; return their number."""


def rounding_power(n_sets: int) -> float:
    """Return a power of 2 above a number of sets: sums of their weights, rounded with it, are exact."""
    return 2.0 ** int(n_sets).bit_length()


class ResidualSets(Residual):
    """Residual weights of RR sets in this process, with their inverted index.

    Parameters
    ----------
    ptr, sets : numpy.ndarray of int64, shape (n_parts, n_nodes + 1), and of int32
        The inverted index of the stored sets.
    stored, alone, value : numpy.ndarray of float64
        Residual weight of each stored set; of the sets that hold only a node; and of all sets that hold a node.
    threads : int
    power : float
        See `rounding_power`; 0 for weights that are not rounded, so that invitations can be taken back.
    """

    def __init__(
        self,
        ptr: NDArray[np.int64],
        sets: NDArray[np.int32],
        stored: NDArray[np.float64],
        alone: NDArray[np.float64],
        value: NDArray[np.float64],
        threads: int,
        power: float = 0.0,
    ) -> None:
        from ..kernels.residual import Weights

        self.ptr, self.sets, self.threads = ptr, sets, threads
        self.weights: Weights = Weights(
            stored, alone, value, np.zeros(value.size, dtype=np.int64), np.zeros(value.size),
            np.zeros(1, dtype=np.int64), np.zeros(1), np.full(1, power),
        )  # fmt: skip

    def copy(self) -> "ResidualSets":
        """Return sets with weights of their own, and the same index."""
        w = self.weights
        return ResidualSets(
            self.ptr, self.sets, w.stored.copy(), w.alone.copy(), w.value.copy(), self.threads, float(w.power[0])
        )  # fmt: skip

    def update(self) -> None:
        """Compute the values of all nodes anew."""
        from ..kernels.residual import update_values

        n = self.weights.value.size
        entries = self.ptr.sum(axis=0)
        parts = parallel.even_parts(entries - entries[0], self.threads) if self.sets.size > _FEW else []
        tasks = [partial(update_values, a, b, self.ptr, self.sets, self.weights) for a, b in parts or [(0, n)]]
        parallel.run(tasks, self.threads)

    def choose(
        self,
        first: int,
        last: int,
        discount: NDArray[np.float64],
        pairs: "Pairs",
        heaps: "Heaps",
        found: Choice,
        n: int,
    ) -> int:
        """Choose by a kernel."""
        from ..kernels.residual import choose_rounds

        return int(
            choose_rounds(first, last, discount, self.ptr, self.sets, self.weights, pairs, heaps, *found, n)
        )  # fmt: skip

    def expect(self, nodes: NDArray[np.int32], rise: float | None) -> None:
        """Set the values of some nodes after weights have risen: computed anew, or an upper bound for a total rise."""
        from ..kernels.residual import evaluate

        w = self.weights
        if rise is None:
            evaluate(nodes, self.ptr, self.sets, w)
        else:
            w.clock[0] += 1
            w.value[nodes] += rise * (1.0 + 1e-9) + 1e-9
            w.seen[nodes] = -1.0 - 2.0 * rise  # these values are bounds, and not what they were at any time

    def restore(self, changed: NDArray[np.int32], valued: NDArray[np.int32], original: "ResidualSets") -> None:
        """Copy back the weights of the sets that hold changed nodes, and the values of other nodes."""
        from ..kernels.residual import put_back

        w, o = self.weights, original.weights
        put_back(changed, self.ptr, self.sets, w, o)
        w.value[valued], w.fresh[valued], w.seen[valued] = o.value[valued], 0, 0.0
        w.clock[0], w.gone[0] = 0, 0.0

    def multiply(self, nodes: NDArray[np.int32], accept: NDArray[np.float64], *, back: bool) -> float:
        """Apply invitations of nodes to the weights, or take them back; return by how much the weights rise."""
        from ..kernels.residual import multiply

        return float(multiply(nodes, accept, back, self.ptr, self.sets, self.weights))
