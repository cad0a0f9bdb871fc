"""Constraints on a seed set: number of seeds, allowed nodes, quotas of groups, costs and a budget."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.locks import kept_property
from .bounds import GREEDY, log_binomial
from .limits import SeedLimits
from .matroid import Heaps, PartitionMatroid

__all__ = ["Constraint"]


@dataclass(frozen=True)
class Constraint:
    """A checked constraint, in internal ids.

    Attributes
    ----------
    k : int
        Largest number of seeds, forced seeds included.
    allowed : numpy.ndarray of bool, shape (n_nodes,)
        Nodes that may be chosen; forced seeds and start nodes are not among them.
    forced : numpy.ndarray of int32
        Nodes that are seeds in any case, in the order given.
    start : numpy.ndarray of int32
        Nodes that are already active: what they reach does not count.
    matroid : PartitionMatroid or None
        With quotas or capacities: which of the allowed nodes each group may take, and how many. If groups share nodes,
        nothing else may limit the seeds.
    cost : numpy.ndarray of float64, shape (n_nodes,), or None
        With a budget: cost of each node.
    remaining_budget : float
        The budget minus the costs of the forced seeds.
    limits : SeedLimits or None
        Several limits that hold together, or smallest numbers of seeds of groups. Then there is no matroid.
    """

    k: int
    allowed: NDArray[np.bool_]
    forced: NDArray[np.int32]
    start: NDArray[np.int32]
    matroid: PartitionMatroid | None = None
    cost: NDArray[np.float64] | None = None
    remaining_budget: float = math.inf
    limits: SeedLimits | None = None

    @classmethod
    def of(cls, k: int, allowed: NDArray[np.bool_]) -> "Constraint":
        """Return the constraint to at most k of the allowed nodes."""
        none = np.empty(0, dtype=np.int32)
        return cls(k, allowed, none, none)

    @property
    def free(self) -> int:
        """Number of seeds to choose besides the forced seeds."""
        return self.k - self.forced.size

    @property
    def guarantee(self) -> float:
        """Share of the optimum that greedy selection reaches if spreads are known exactly; 0 if none is proved."""
        if self.limits is not None:
            return self.limits.guarantee
        if self.cost is not None:
            return GREEDY / 2  # the better of two greedy orders: Leskovec et al. 2007
        return GREEDY if self.matroid is None else 0.5

    @kept_property
    def groups_alone(self) -> bool:
        """Whether the capacities of the groups are the only limit on the number of allowed nodes that are chosen."""
        m = self.matroid
        return (
            m is not None
            and self.free >= m.usable_capacity().sum()
            and bool((np.diff(m.by_ptr)[self.allowed] > 0).all())
        )

    @kept_property
    def seed_limits(self) -> SeedLimits:
        """Return all limits on the nodes besides the forced seeds; a node in several groups counts for the first."""
        if self.limits is not None:
            return self.limits
        n = self.allowed.size
        capacity = np.empty(0, dtype=np.int64) if self.matroid is None else self.matroid.capacity
        group = np.full(n, -1, dtype=np.int32) if self.matroid is None else self.matroid.group
        n_groups = capacity.size
        return SeedLimits(
            slots=self.free,
            allowed=self.allowed,
            group=np.where(group < 0, n_groups, group).astype(np.int32),
            capacity=np.append(capacity, n),
            minimum=np.zeros(n_groups + 1, dtype=np.int64),
            group_budget=np.full(n_groups + 1, math.inf),
            cost=np.zeros(n) if self.cost is None else self.cost,
            budget=self.remaining_budget,
        )

    @property
    def is_plain(self) -> bool:
        """Whether only the number of seeds is limited."""
        return self.limits is None and self.matroid is None and self.cost is None

    def given(self, seeds: NDArray[np.int32]) -> "Constraint":
        """Return the constraint with admissible seeds required, besides those that are required already."""
        allowed = self.allowed.copy()
        allowed[seeds] = False
        rest = dataclasses.replace(self, allowed=allowed, forced=np.concatenate([self.forced, seeds]))
        if self.matroid is not None:
            taken = np.bincount(self.matroid.group[seeds] + 1, minlength=self.matroid.capacity.size + 1)[1:]
            matroid = dataclasses.replace(self.matroid, capacity=self.matroid.capacity - taken)
            rest = dataclasses.replace(rest, matroid=matroid)
        if self.cost is not None:
            spent = math.fsum(self.cost[seeds])
            rest = dataclasses.replace(rest, remaining_budget=self.remaining_budget - spent)
        if self.limits is not None:
            rest = dataclasses.replace(rest, limits=self.limits.given(seeds))
        return rest

    def log_choices(self) -> float:
        """Return the logarithm of an upper bound on the number of seed sets to choose from."""
        if self.matroid is not None and self.groups_alone:
            return self.matroid.log_choices()
        n = int(self.allowed.sum())
        if self.cost is None and self.limits is None:
            return log_binomial(n, min(self.free, n))
        # sets of any size up to k: at most (k + 1) times the largest binomial among them
        return log_binomial(n, min(self.free, n // 2)) + math.log(self.free + 1)

    def min_spread(self, weights: NDArray[np.float64] | None) -> float:
        """Return a lower bound on the optimal spread: the weight of the seeds; 0 if start nodes may reach them."""
        if self.start.size or (weights is None and self.is_plain):  # without arrays of all nodes
            n_seeds = self.forced.size + max(0, min(self.free, int(self.allowed.sum())))
            return 0.0 if self.start.size else float(n_seeds)
        node_weight = np.ones(self.allowed.size) if weights is None else weights
        own = float(node_weight[self.forced].sum())
        if self.limits is not None and not self.limits.n_budgets:
            return own + self.limits.max_gain(node_weight)
        if self.matroid is not None and self.groups_alone and (np.diff(self.matroid.by_ptr) > 1).any():
            single = float(node_weight[self.allowed].max(initial=0.0))
            return own + max(self.matroid.first_fit(node_weight), single)
        if self.matroid is not None:
            return own + self._max_gain_by_group(node_weight, self.free)
        if self.cost is None and self.limits is None:
            return own + self.max_gain(node_weight)
        affordable = self.allowed if self.cost is None else self.allowed & (self.cost <= self.remaining_budget)
        return own + float(node_weight[affordable].max(initial=0.0))

    def max_gain(self, gain: NDArray[Any], k: int | None = None) -> float:
        """Return an upper bound on the sum of gains of the free seeds; with a budget a part of the last seed may count.

        Parameters
        ----------
        gain : numpy.ndarray of int32, shape (n_nodes,)
            Gains that are not negative; float64 is allowed without groups.
        k : int, optional
            Number of seeds; default `free`.
        """
        k = self.free if k is None else k
        if self.limits is not None:
            return self.limits.max_gain(gain, k)
        if self.matroid is not None and self.groups_alone:
            heaps = Heaps(self.matroid, gain)
            heaps.refresh()
            return heaps.upper_bound(self.allowed)
        if self.cost is not None:
            nodes = np.flatnonzero(self.allowed & (gain > 0))
            return self._max_gain_for_budget(nodes, gain[nodes])
        return self._max_gain_by_group(gain, k)

    def _max_gain_by_group(self, gain: NDArray[Any], k: int) -> float:
        """Return the sum of the k largest gains under the capacities of groups that share no node."""
        nodes = np.flatnonzero(self.allowed & (gain > 0))
        gain = gain[nodes]
        if self.matroid is not None:
            group = self.matroid.group[nodes]
            order = np.lexsort((-gain, group))
            gain, group = gain[order], group[order]
            begin = np.searchsorted(group, group)  # first place of each node's group
            limit = np.append(self.matroid.capacity, len(gain))[group]  # the last is for group -1: no limit
            gain = gain[np.arange(gain.size) - begin < limit]
        if k == 0:
            return 0.0
        if gain.size > k:
            gain = np.partition(gain, gain.size - k)[gain.size - k :]
        return float(gain.sum())

    def _max_gain_for_budget(self, nodes: NDArray[np.int64], gain: NDArray[Any]) -> float:
        """Return the value of the fractional knapsack: nodes by falling gain per cost, and a part of the last one."""
        assert self.cost is not None
        cost = self.cost[nodes]
        fits = cost <= self.remaining_budget
        gain, cost = gain[fits], cost[fits]
        with np.errstate(divide="ignore"):
            order = np.argsort(-(gain / cost), kind="stable")
        gain, cost = gain[order], cost[order]
        whole = int(np.searchsorted(np.cumsum(cost), self.remaining_budget, side="right"))
        total = float(gain[:whole].sum())
        if whole < gain.size:
            total += float(gain[whole] * (self.remaining_budget - cost[:whole].sum()) / cost[whole])
        return total
