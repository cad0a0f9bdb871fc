"""Groups that each may take so many of their nodes: a partition matroid on (group, node) pairs."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .bounds import log_binomial

__all__ = ["Heaps", "PartitionMatroid"]

_SMALL = 1 << 14  # pairs below which one thread is enough


@dataclass(frozen=True)
class PartitionMatroid:
    """Which nodes each group may take, and how many.

    A pair (g, v) stands for group g taking node v; a choice of pairs is feasible while no group has more than it has
    room for. Groups may share nodes: taken by one or by several, a node counts once. A node without a group is not
    limited.

    Attributes
    ----------
    by_ptr : numpy.ndarray of int64, shape (n_nodes + 1,)
        Where each node's row stands in `by_group`.
    by_group : numpy.ndarray of int32, shape (n_pairs,)
        The groups that may take each node.
    room : numpy.ndarray of int64, shape (n_groups,)
        How many nodes each group may take.
    ptr, nodes : numpy.ndarray of int64, shape (n_groups + 1,), and of int32, shape (n_pairs,)
        The same pairs by group; nodes rise within a row.
    """

    by_ptr: NDArray[np.int64]
    by_group: NDArray[np.int32]
    capacity: NDArray[np.int64]
    ptr: NDArray[np.int64] = field(repr=False)
    nodes: NDArray[np.int32] = field(repr=False)

    @classmethod
    def of_rows(
        cls, by_ptr: NDArray[np.int64], by_group: NDArray[np.int32], capacity: NDArray[np.int64]
    ) -> "PartitionMatroid":
        """Return the matroid of the groups in each node's row."""
        from scipy.sparse import csr_array

        pairs = csr_array(
            (np.ones(by_group.size, dtype=np.int8), by_group, by_ptr), shape=(by_ptr.size - 1, capacity.size)
        )
        turned = pairs.tocsc()
        return cls(by_ptr, by_group, capacity, turned.indptr.astype(np.int64), turned.indices.astype(np.int32))

    @classmethod
    def of_groups(cls, group: NDArray[np.int32], capacity: NDArray[np.int64]) -> "PartitionMatroid":
        """Return the matroid of one group for each node; -1 for none."""
        by_ptr = np.concatenate([[0], np.cumsum(group >= 0)])
        order = np.argsort(group, kind="stable")[int((group < 0).sum()) :]
        ptr = np.concatenate([[0], np.cumsum(np.bincount(group[order], minlength=capacity.size))])
        return cls(by_ptr, group[group >= 0], capacity, ptr, order.astype(np.int32))

    @property
    def n_pairs(self) -> int:
        """How many pairs there are."""
        return int(self.by_group.size)

    @property
    def group(self) -> NDArray[np.int32]:
        """Each node's first group, -1 where it is in none: int32, shape (n_nodes,)."""
        found = np.full(self.by_ptr.size - 1, -1, dtype=np.int32)
        some = np.diff(self.by_ptr) > 0
        found[some] = self.by_group[self.by_ptr[:-1][some]]
        return found

    def usable_capacity(self) -> NDArray[np.int64]:
        """Return the most nodes that each group can take: no more than it has."""
        return np.minimum(self.capacity, np.diff(self.ptr))

    def log_choices(self) -> float:
        """Return the logarithm of the number of ways in which each group takes as many nodes as it can."""
        sizes, counts = np.unique(np.stack([np.diff(self.ptr), self.usable_capacity()]), axis=1, return_counts=True)
        return float(sum(log_binomial(int(n), int(k)) * int(c) for n, k, c in zip(*sizes, counts, strict=True)))

    def first_fit(self, worth: NDArray[np.float64] | None = None) -> float:
        """Return what the different nodes of one feasible choice are worth: no optimum is worth less."""
        from ..kernels.matroid import first_fit

        return float(
            first_fit(self.ptr, self.nodes, self.capacity, np.zeros(self.by_ptr.size - 1, dtype=np.bool_), worth)
        )


class Heaps:
    """The nodes of each group by what they add, lazily: a gain in the heap is a bound on the one that holds now.

    Parameters
    ----------
    matroid : PartitionMatroid
    gain : numpy.ndarray of int32, shape (n_nodes,)
        What each node adds, which the caller lets fall in place.
    threads : int, default 1
    """

    def __init__(self, matroid: PartitionMatroid, gain: NDArray[np.int32], threads: int = 1) -> None:
        self.matroid, self.gain = matroid, gain
        self.heap = np.empty(matroid.n_pairs, dtype=np.int64)
        self.size = np.full(matroid.capacity.size, -1, dtype=np.int64)
        self.thresholds = np.zeros(matroid.capacity.size, dtype=np.int64)
        self.threads = threads if matroid.n_pairs > _SMALL else 1
        self._capacity = np.minimum(matroid.capacity, np.diff(matroid.ptr) + 1)  # more is as good as that
        self._groups = parallel.even_parts(matroid.ptr, self.threads) or [(0, matroid.capacity.size)]
        self._small = [np.empty(int(self._capacity.max(initial=0)), dtype=np.int64) for _ in self._groups]

    def refresh(self) -> None:
        """Bring all heaps up to date."""
        from ..kernels.matroid import refresh

        m = self.matroid
        tasks = [
            partial(refresh, a, b, self.gain.size, m.ptr, m.nodes, self._capacity, self.gain, self.heap, self.size,
                    small, self.thresholds)
            for (a, b), small in zip(self._groups, self._small, strict=True)
        ]  # fmt: skip
        parallel.run(tasks, self.threads)

    def upper_bound(self, allowed: NDArray[np.bool_]) -> int:
        """Return a bound on the sum of gains of any feasible choice, right after `refresh`.

        The sum over groups of room times y, and over nodes of what their gain exceeds the least y among their groups
        by, is such a bound for any y (it is a solution of the assignment's dual). With y the gain of the last node that
        a group on its own has room for, it is never above the sum of all groups' best; with y = 0 it is the sum of all
        gains. The smaller of the two is returned.
        """
        from ..kernels.matroid import excess

        m = self.matroid
        parts = parallel.slices(self.gain.size, self.threads)
        tasks: list[Any] = [
            partial(excess, a, b, m.by_ptr, m.by_group, allowed, self.gain, self.thresholds) for a, b in parts
        ]
        whole, above = (int(sum(part)) for part in zip(*parallel.run(tasks, self.threads), strict=True))
        return min(whole, int(np.dot(self._capacity, self.thresholds)) + above)
