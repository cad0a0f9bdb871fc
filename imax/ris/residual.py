"""Greedy choice of invitations that may be declined, on the residual weights of RR sets.

Group u invites node v, which accepts with probability q(u, v), independently of all others. The expected number of RR
sets that hold an accepted node is the sum over sets R of 1 - product of (1 - q(u, v)) over the invitations with v in R.
This is monotone and submodular in the set of invitations.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.arrays import read_only
from ..errors import InvalidArgumentError
from .collection import RRCollection
from .coverage import Cover
from .marks import Collection
from .matroid import PartitionMatroid
from .weights import Choice, Residual

if TYPE_CHECKING:
    from ..kernels.residual import Pairs

__all__ = [
    "Greedy",
    "accepted_sum",
    "discount_factors",
    "list_places",
    "make_pairs",
    "pair_places",
    "residual_cover",
]

_FEW = 1 << 14  # pairs for which one thread is enough


class Greedy:
    """A round-robin choice that continues where the last one stopped.

    Parameters
    ----------
    sets : Residual
        Its weights are lowered by the choices.
    pairs : Pairs
    discount : numpy.ndarray of float64, shape (n_rounds,)
        Factor on the acceptance probabilities of each round: the first invitation of each group is chosen in round 0.
    """

    def __init__(self, sets: Residual, pairs: "Pairs", discount: NDArray[np.float64]) -> None:
        from ..kernels.residual import Heaps, build_heaps

        self.sets, self.pairs, self.discount = sets, pairs, discount
        n_pairs, n_groups = pairs.nodes.size, pairs.left.size
        self.heaps: Heaps = Heaps(
            np.empty(n_pairs), np.empty(n_pairs, dtype=np.int32), np.empty(n_groups, dtype=np.int64)
        )
        n = int(pairs.left.sum())
        self.found = Choice(np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64), np.empty(n), np.empty(n))
        self.size = 0
        threads = sets.threads if n_pairs > _FEW else 1
        parts = parallel.even_parts(pairs.ptr, threads) or [(0, n_groups)]
        parallel.run([partial(build_heaps, a, b, pairs, sets.weights, self.heaps) for a, b in parts], threads)

    def run(self, first: int, last: int) -> float:
        """Choose in the rounds first to last; return the sum of the gains."""
        before = self.size
        self.size = self.sets.choose(first, last, self.discount, self.pairs, self.heaps, self.found, before)
        return float(self.found.gains[before : self.size].sum())

    def choice(self) -> Choice:
        """Return all choices so far."""
        n, found = self.size, self.found
        return Choice(found.groups[:n], found.places[:n], found.gains[:n], found.scores[:n])


def make_pairs(
    ptr: NDArray[np.int64],
    nodes: NDArray[np.int32],
    accept: NDArray[np.float64],
    left: NDArray[np.int64],
    fixed: NDArray[np.float64] | None = None,
    scale: NDArray[np.float64] | None = None,
) -> "Pairs":
    """Return pairs for a choice by expected spread alone, or with a fixed part of the score."""
    from ..kernels.residual import Pairs

    n_groups = left.size
    usable = np.minimum(left, np.diff(ptr))
    zeros = np.zeros(n_groups) if fixed is None else fixed
    return Pairs(read_only(ptr), read_only(nodes), accept, zeros, np.ones(n_groups) if scale is None else scale, usable)


class _Bound:
    """Upper bound on the expected number of RR sets that any feasible invitations add."""

    def __init__(self, sets: Residual, matroid: PartitionMatroid, pairs: "Pairs", discount: Any) -> None:
        self.sets, self.matroid, self.pairs = sets, matroid, pairs
        total = np.concatenate([[0.0], np.cumsum(discount)])
        capacity = np.minimum(matroid.capacity, np.diff(matroid.ptr) + 1)  # more changes no threshold
        self.slots = total[np.minimum(capacity, discount.size)]  # worth of the slots of each group
        self.rank = np.ceil(self.slots).astype(np.int64)
        self.group = np.repeat(np.arange(pairs.left.size, dtype=np.int32), np.diff(matroid.ptr))
        self.by_pair = np.argsort(matroid.nodes, kind="stable")  # pairs by node
        n = matroid.by_ptr.size - 1
        self.by_ptr = np.concatenate([[0], np.cumsum(np.bincount(matroid.nodes, minlength=n))])
        self.thresholds = np.zeros(pairs.left.size)
        self.sums = np.zeros((2, n))

    def value(self) -> float:
        """Return the bound for the present weights.

        It is the value of a solution of the dual of a linear program: see `imax.ris.matroid.Heaps.upper_bound`. With
        probabilities below 1 a node is worth at most its value, however many groups invite it, and at most the sum of
        what each invitation adds on its own.
        """
        from ..kernels.residual import excess, thresholds_of

        w, threads = self.sets.weights, self.sets.threads if self.pairs.nodes.size > _FEW else 1
        self.sets.update()
        size = int(self.rank.max(initial=0))
        parts = parallel.even_parts(self.pairs.ptr, threads) or [(0, self.rank.size)]
        parallel.run(
            [partial(thresholds_of, a, b, self.pairs, self.rank, w, np.empty(size), self.thresholds) for a, b in parts],
            threads,
        )
        slices = parallel.slices(w.value.size, threads)
        parallel.run(
            [
                partial(excess, a, b, self.by_ptr, self.by_pair, self.group, self.pairs, w, self.thresholds, self.sums)
                for a, b in slices
            ],
            threads,
        )
        whole, above = self.sums.sum(axis=1)
        return min(float(whole), float(self.slots @ self.thresholds) + float(above))


def residual_cover(
    collection: Collection, matroid: PartitionMatroid, accept: NDArray[np.float64], discount: NDArray[np.float64]
) -> Cover:
    """Let the groups choose in turn, in rounds: each takes the invitation that adds the most expected RR sets.

    Parameters
    ----------
    collection : Collection
    matroid : PartitionMatroid
        Which nodes each group may invite, and how many.
    accept : numpy.ndarray of float64, shape (n_pairs,)
        Acceptance probability of each pair, in the order of ``matroid.nodes``.
    discount : numpy.ndarray of float64, shape (max_capacity,)
        Factor on the probabilities by place in the list of a group; it falls from 1.

    Returns
    -------
    Cover
        Its numbers of RR sets are expected ones. The choice reaches at least half of the optimum, also with falling
        discounts. The upper bound is the minimum over prefixes of whole rounds, and contains the rounding errors.
    """
    sets = collection.residual_sets()
    pairs = make_pairs(matroid.ptr, matroid.nodes, accept, matroid.capacity)
    errors = _Errors(sets, pairs, discount)
    greedy = Greedy(sets, pairs, discount)
    bound = _Bound(sets, matroid, pairs, discount)
    limit, covered, before = np.inf, 0.0, -1
    for number in range(discount.size + 1):
        if greedy.size == before:
            break
        before = greedy.size
        limit = min(limit, errors.above(covered + bound.value()))
        covered += greedy.run(number, min(number + 1, discount.size))
        errors.add(greedy.choice().places[before:], number)
    found = greedy.choice()
    upper = min(limit, errors.above(2.0 * covered))
    return Cover(matroid.nodes[found.places], found.gains, covered, upper, seed_groups=found.groups)


class _Errors:
    """Bound on the rounding errors of a choice.

    An invitation changes the weight of each set that holds the node by at most one unit by rounding. So after all
    invitations the sum of the weights, the sum of the gains, and what any further invitations add, are each wrong by at
    most one unit for each of these sets and invitations. The other term bounds the errors of the sums of products.
    """

    def __init__(self, sets: Residual, pairs: "Pairs", discount: NDArray[np.float64]) -> None:
        self._unit, self._pairs, self._discount = sets.unit, pairs, discount
        self._degree = sets.weights.value.copy()
        self._n_rounded = 0.0  # sets, counted again for each invitation
        self._n_terms = self._degree.size + pairs.left.size + int(pairs.left.sum()) + 8
        # with certain acceptance all numbers are whole ones
        self._exact = bool(np.isin(pairs.accept, (0.0, 1.0)).all() and (discount == 1.0).all())

    def add(self, places: NDArray[np.int64], number: int) -> None:
        """Add the invitations of a round."""
        if not self._exact:
            self._n_rounded += float(self._degree[self._pairs.nodes[places]].sum())

    def above(self, bound: float) -> float:
        """Return an upper bound that holds with rounding errors, too."""
        return bound if self._exact else bound + 2.0 * self._unit * self._n_rounded + bound * self._n_terms * 2.0**-52


def discount_factors(discount: Any, size: int | None = None) -> NDArray[np.float64]:
    """Return the checked factors on probabilities by place in a list, or `size` of them.

    The last factor holds for all later places; None stands for factors of 1.
    """
    try:
        values = np.ones(1) if discount is None else np.asarray(discount, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 1 or not values.size:
        raise InvalidArgumentError(
            f"discount must be a list of numbers, one for each place of a list, got {discount!r}", argument="discount"
        )
    if values[0] != 1.0 or not bool((np.diff(values) <= 0.0).all()) or not values[-1] > 0.0:
        raise InvalidArgumentError(
            f"discount must begin with 1, never rise and stay above 0, got {values.tolist()}; divide all by the first",
            argument="discount",
        )
    return values if size is None else values[np.minimum(np.arange(size), values.size - 1)]


def list_places(groups: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the place of each choice in the list of its group, from 0, for the groups of choices in order."""
    order = np.argsort(groups, kind="stable")
    begin = np.searchsorted(groups[order], groups[order])
    place = np.empty(groups.size, dtype=np.int64)
    place[order] = np.arange(groups.size) - begin
    return place


def pair_places(
    ptr: NDArray[np.int64], nodes: NDArray[np.int32], groups: NDArray[np.int32], chosen: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return the place of each chosen pair of a group and a node among the pairs; nodes rise within a row."""
    row = np.repeat(np.arange(ptr.size - 1), np.diff(ptr))
    size = int(nodes.max(initial=0)) + 1
    return np.searchsorted(row * size + nodes, groups.astype(np.int64) * size + chosen)


def accepted_sum(collection: Collection, survival: NDArray[np.float64]) -> float:
    """Return the expected number of sets that hold a node which accepts.

    `survival` has the probability of each node that it accepts no invitation.
    """
    invited = np.flatnonzero(survival < 1.0)
    high, low = collection.add_up(_accepted_units, invited, survival[invited]).tolist()
    return float(((high << 26) + low) / 2**53)


def _accepted_units(sets: RRCollection, invited: NDArray[np.int64], chance: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the sum for some sets, see `imax.kernels.residual.sum_accepted`; invited nodes decline with `chance`."""
    from ..kernels.residual import sum_accepted

    survival = np.ones(sets.graph.n_nodes)
    survival[invited] = chance
    threads = sets.sampler.threads if sets.nodes.size > 1 << 16 else 1
    tasks = [
        partial(sum_accepted, a, b, sets.offsets, sets.nodes, survival)
        for a, b in parallel.slices(sets.n_stored, threads)
    ]
    units = ((1.0 - chance) * 2.0**53).astype(np.int64)  # of the sets that hold a node alone
    alone = sets.singletons[invited].astype(np.int64)
    parts = [*parallel.run(tasks, threads), ((units >> 26) @ alone, (units & 0x3FFFFFF) @ alone)]
    total: NDArray[np.int64] = np.array(parts, dtype=np.int64).sum(axis=0)
    return total
