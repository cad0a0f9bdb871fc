"""A partition matroid on pairs of a group and a node: which nodes each group may take, and how many."""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.arrays import read_only
from .bounds import log_binomial

if TYPE_CHECKING:
    from ..kernels.matroid import Members

__all__ = ["Heaps", "PartitionMatroid"]

_FEW_PAIRS = 1 << 14  # one thread is enough
_ARRAYS = ("by_ptr", "by_group", "capacity", "ptr", "nodes")


@dataclass(frozen=True)
class PartitionMatroid:
    """Which nodes each group may take, and how many.

    A pair (g, v) stands for group g taking node v. A set of pairs is feasible if no group has more pairs than its
    capacity. Groups may share nodes; a node that several groups take counts once. A node in no group has no limit.

    Attributes
    ----------
    by_ptr : numpy.ndarray of int64, shape (n_nodes + 1,)
        Groups of node v are at ``by_ptr[v]`` to ``by_ptr[v + 1]`` of `by_group`.
    by_group : numpy.ndarray of int32, shape (n_pairs,)
        Groups that may take each node.
    capacity : numpy.ndarray of int64, shape (n_groups,)
        How many nodes each group may take.
    ptr, nodes : numpy.ndarray of int64, shape (n_groups + 1,), and of int32, shape (n_pairs,)
        The same pairs by group; nodes rise within a row.
    """

    by_ptr: NDArray[np.int64]
    by_group: NDArray[np.int32]
    capacity: NDArray[np.int64]
    ptr: NDArray[np.int64] = field(repr=False)
    nodes: NDArray[np.int32] = field(repr=False)

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in _ARRAYS)

    @classmethod
    def of_rows(
        cls, by_ptr: NDArray[np.int64], by_group: NDArray[np.int32], capacity: NDArray[np.int64]
    ) -> "PartitionMatroid":
        """Return the matroid with the given groups in each node's row."""
        from scipy.sparse import csr_array

        pairs = csr_array(
            (np.ones(by_group.size, dtype=np.int8), by_group, by_ptr), shape=(by_ptr.size - 1, capacity.size)
        )
        by_column = pairs.tocsc()
        return cls(by_ptr, by_group, capacity, by_column.indptr.astype(np.int64), by_column.indices.astype(np.int32))

    @classmethod
    def of_groups(cls, group: NDArray[np.int32], capacity: NDArray[np.int64]) -> "PartitionMatroid":
        """Return the matroid with one group for each node; -1 for none."""
        by_ptr = np.concatenate([[0], np.cumsum(group >= 0)])
        order = np.argsort(group, kind="stable")[int((group < 0).sum()) :]
        ptr = np.concatenate([[0], np.cumsum(np.bincount(group[order], minlength=capacity.size))])
        return cls(by_ptr, group[group >= 0], capacity, ptr, order.astype(np.int32))

    @property
    def n_pairs(self) -> int:
        """Number of pairs of a group and a node that it may take."""
        return int(self.by_group.size)

    @property
    def group(self) -> NDArray[np.int32]:
        """Each node's first group, -1 for nodes in no group: int32, shape (n_nodes,)."""
        found = np.full(self.by_ptr.size - 1, -1, dtype=np.int32)
        has_group = np.diff(self.by_ptr) > 0
        found[has_group] = self.by_group[self.by_ptr[:-1][has_group]]
        return found

    def members(self, capacity: NDArray[np.int64] | None = None) -> "Members":
        """Return the arrays by group for kernels, with other capacities where given."""
        from ..kernels.matroid import Members

        return Members(self.ptr, self.nodes, self.capacity if capacity is None else capacity)

    def usable_capacity(self) -> NDArray[np.int64]:
        """Return how many nodes each group can take: its capacity, or the number of its nodes if that is smaller."""
        return np.minimum(self.capacity, np.diff(self.ptr))

    def log_choices(self) -> float:
        """Return the logarithm of the number of ways in which each group takes as many nodes as it can."""
        sizes, counts = np.unique(np.stack([np.diff(self.ptr), self.usable_capacity()]), axis=1, return_counts=True)
        return float(sum(log_binomial(int(n), int(k)) * int(c) for n, k, c in zip(*sizes, counts, strict=True)))

    def first_fit(self, weights: NDArray[np.float64] | None = None) -> float:
        """Return the total weight of the nodes of one feasible choice: a lower bound on the optimal spread."""
        from ..kernels.matroid import first_fit

        taken = np.zeros(self.by_ptr.size - 1, dtype=np.bool_)
        return float(first_fit(self.members(), taken, weights))


class Heaps:
    """The nodes of each group by their gains, kept lazily: a gain in a heap is an upper bound on the current gain.

    Parameters
    ----------
    matroid : PartitionMatroid
    gain : numpy.ndarray of int32, shape (n_nodes,)
        Gain of each node; the caller lowers it in place.
    threads : int, default 1

    Attributes
    ----------
    heap : numpy.ndarray of int64, shape (n_pairs,)
        The heap of group g starts at ``matroid.ptr[g]``.
    size : numpy.ndarray of int64, shape (n_groups,)
        Number of entries of each heap.
    thresholds : numpy.ndarray of int64, shape (n_groups,)
        Gain of the last node that each group on its own would take, 0 if fewer nodes have a positive gain.
    """

    def __init__(self, matroid: PartitionMatroid, gain: NDArray[np.int32], threads: int = 1) -> None:
        self.matroid, self.gain = matroid, gain
        self.heap = np.empty(matroid.n_pairs, dtype=np.int64)
        self.size = np.full(matroid.capacity.size, -1, dtype=np.int64)
        self.thresholds = np.zeros(matroid.capacity.size, dtype=np.int64)
        self.threads = threads if matroid.n_pairs > _FEW_PAIRS else 1
        self._capacity = np.minimum(matroid.capacity, np.diff(matroid.ptr) + 1)  # more changes no threshold
        self._parts = parallel.even_parts(matroid.ptr, self.threads) or [(0, matroid.capacity.size)]
        self._scratch = [np.empty(int(self._capacity.max(initial=0)), dtype=np.int64) for _ in self._parts]

    def refresh(self) -> None:
        """Bring all heaps and thresholds up to date."""
        from ..kernels.matroid import refresh

        members = self.matroid.members(self._capacity)
        tasks = [
            partial(refresh, a, b, members, self.gain, self.heap, self.size, scratch, self.thresholds)
            for (a, b), scratch in zip(self._parts, self._scratch, strict=True)
        ]
        parallel.run(tasks, self.threads)

    def upper_bound(self, allowed: NDArray[np.bool_]) -> int:
        """Return an upper bound on the sum of gains of any feasible choice, right after `refresh`.

        For any numbers y, one for each group, such a bound is the sum over groups of capacity times y plus the sum over
        nodes of the part of their gain above the lowest y among their groups: y is a solution of the dual of the
        assignment problem. With the thresholds as y the bound is at most the sum of what each group would take on its
        own. With y = 0 it is the sum of all gains. The smaller of the two is returned.
        """
        from ..kernels.matroid import excess

        m = self.matroid
        parts = parallel.slices(self.gain.size, self.threads)
        tasks: list[Any] = [
            partial(excess, a, b, m.by_ptr, m.by_group, allowed, self.gain, self.thresholds) for a, b in parts
        ]
        whole, above = (int(sum(part)) for part in zip(*parallel.run(tasks, self.threads), strict=True))
        return min(whole, int(np.dot(self._capacity, self.thresholds)) + above)
