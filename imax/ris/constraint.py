"""What a seed set may be: how many seeds, which nodes, quotas of groups, costs and a budget."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.locks import kept_property
from .bounds import GREEDY, log_binomial
from .matroid import Heaps, PartitionMatroid

__all__ = ["Constraint"]


@dataclass(frozen=True)
class Constraint:
    """A checked constraint, in internal ids.

    Attributes
    ----------
    k : int
        The most seeds, forced ones included.
    allowed : numpy.ndarray of bool, shape (n_nodes,)
        The nodes that may be chosen: neither forced nor active from the start.
    forced : numpy.ndarray of int32
        Nodes that are seeds in any case, in the order given.
    start : numpy.ndarray of int32
        Nodes that are active already: what they reach counts for nothing.
    matroid : PartitionMatroid or None
        Where groups have quotas or capacities: which of the allowed nodes each may take, and how many. Groups that
        share nodes must be all that limits the seeds.
    cost : numpy.ndarray of float64, shape (n_nodes,), or None
        What each node costs, where there is a budget.
    purse : float
        The budget left when the forced ones are paid.
    """

    k: int
    allowed: NDArray[np.bool_]
    forced: NDArray[np.int32]
    start: NDArray[np.int32]
    matroid: PartitionMatroid | None = None
    cost: NDArray[np.float64] | None = None
    remaining_budget: float = math.inf

    @classmethod
    def of(cls, k: int, allowed: NDArray[np.bool_]) -> "Constraint":
        """Return the plain constraint: k of the allowed nodes."""
        none = np.empty(0, dtype=np.int32)
        return cls(k, allowed, none, none)

    @property
    def free(self) -> int:
        """How many seeds are left to choose."""
        return self.k - self.forced.size

    @property
    def guarantee(self) -> float:
        """The share of the optimum that greedy choice reaches on known spreads."""
        if self.cost is not None:
            return GREEDY / 2  # the better of two greedy orders: Leskovec et al. 2007
        return GREEDY if self.matroid is None else 0.5

    @kept_property
    def groups_alone(self) -> bool:
        """Whether nothing but the groups' room limits how many of the allowed nodes are chosen."""
        m = self.matroid
        return (
            m is not None
            and self.free >= m.usable_capacity().sum()
            and bool((np.diff(m.by_ptr)[self.allowed] > 0).all())
        )

    def log_choices(self) -> float:
        """Return the logarithm of a bound on the number of seed sets to choose among."""
        if self.matroid is not None and self.groups_alone:
            return self.matroid.log_choices()
        n = int(self.allowed.sum())
        if self.cost is None:
            return log_binomial(n, min(self.free, n))
        # sets of any size up to k: at most (k + 1) times the largest binomial among them
        return log_binomial(n, min(self.free, n // 2)) + math.log(self.free + 1)

    def min_spread(self, weights: NDArray[np.float64] | None) -> float:
        """Return a spread that the best seeds surely have, their own weight; 0 where start nodes may reach them."""
        if self.start.size:
            return 0.0
        worth = np.ones(self.allowed.size) if weights is None else weights
        own = float(worth[self.forced].sum())
        if self.matroid is not None and self.groups_alone and (np.diff(self.matroid.by_ptr) > 1).any():
            single = float(worth[self.allowed].max(initial=0.0))
            return own + max(self.matroid.first_fit(worth), single)
        if self.matroid is not None:
            return own + self._max_gain_by_group(worth, self.free)
        if self.cost is None:
            return own + self.max_gain(worth)
        affordable = self.allowed & (self.cost <= self.remaining_budget)
        return own + float(worth[affordable].max(initial=0.0))

    def max_gain(self, gain: NDArray[Any], k: int | None = None) -> float:
        """Return a bound on the sum of gains that the free seeds can have; with a budget the last one may be cut.

        Parameters
        ----------
        gain : numpy.ndarray of int32, shape (n_nodes,)
            Not negative; floats where there are no groups.
        k : int, optional
            In place of `free`.
        """
        k = self.free if k is None else k
        if self.matroid is not None and self.groups_alone:
            heaps = Heaps(self.matroid, gain)
            heaps.refresh()
            return heaps.upper_bound(self.allowed)
        if self.cost is not None:
            nodes = np.flatnonzero(self.allowed & (gain > 0))
            return self._max_gain_for_budget(nodes, gain[nodes])
        return self._max_gain_by_group(gain, k)

    def _max_gain_by_group(self, gain: NDArray[Any], k: int) -> float:
        """Return the sum of the k largest gains that groups without a common node admit."""
        nodes = np.flatnonzero(self.allowed & (gain > 0))
        worth = gain[nodes]
        if self.matroid is not None:
            of = self.matroid.group[nodes]
            order = np.lexsort((-worth, of))
            worth, of = worth[order], of[order]
            begin = np.searchsorted(of, of)  # where each one's group begins
            limit = np.append(self.matroid.capacity, len(worth))[of]  # group -1 has none
            worth = worth[np.arange(worth.size) - begin < limit]
        if k == 0:
            return 0.0
        if worth.size > k:
            worth = np.partition(worth, worth.size - k)[worth.size - k :]
        return float(worth.sum())

    def _max_gain_for_budget(self, nodes: NDArray[np.int64], worth: NDArray[Any]) -> float:
        """Solve the fractional knapsack: nodes by falling gain per cost, the last one cut."""
        assert self.cost is not None
        cost = self.cost[nodes]
        fits = cost <= self.remaining_budget
        worth, cost = worth[fits], cost[fits]
        with np.errstate(divide="ignore"):
            order = np.argsort(-(worth / cost), kind="stable")
        worth, cost = worth[order], cost[order]
        whole = int(np.searchsorted(np.cumsum(cost), self.remaining_budget, side="right"))
        total = float(worth[:whole].sum())
        if whole < worth.size:
            total += float(worth[whole] * (self.remaining_budget - cost[:whole].sum()) / cost[whole])
        return total
