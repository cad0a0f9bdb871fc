"""Residual weights of the RR sets that one worker holds."""

import itertools
from array import array
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .collection import RRCollection
from .weights import ResidualSets

__all__ = ["Answer", "Proposal", "ShardWeights", "Taken"]

_REPLAYED = 1 << 8  # invitations at once, so that what could be undone takes little memory
_NO_NODES = np.empty(0, dtype=np.int32)

Answer = tuple[NDArray[np.float64], NDArray[np.float64]]


class Taken(NamedTuple):
    """Invited nodes, in order.

    Attributes
    ----------
    nodes : numpy.ndarray of int32
    factors : numpy.ndarray of float64
        The probability that each of them declines.
    """

    nodes: NDArray[np.int32]
    factors: NDArray[np.float64]


class Proposal(NamedTuple):
    """Invitations that are probably next, and nodes whose values are wanted before each of them.

    Attributes
    ----------
    nodes, factors
        As for `Taken`.
    ptr, wanted : numpy.ndarray of int64 and of int32
        Nodes wanted before invitation s are at ``ptr[s]`` to ``ptr[s + 1]`` of `wanted`; the last ones after all of
        them.
    """

    nodes: NDArray[np.int32]
    factors: NDArray[np.float64]
    ptr: NDArray[np.int64]
    wanted: NDArray[np.int32]


class ShardWeights:
    """The weights after the invitations of one choice; the last proposal can be taken back.

    Parameters
    ----------
    sets : RRCollection
    power : float
        See `rounding_power`; for all sets of the choice, of which these are a part.
    """

    def __init__(self, sets: RRCollection, power: float) -> None:
        index, n = sets.index(), sets.graph.n_nodes
        stored, none = np.ones(sets.n_stored), np.zeros(n)
        self._sets = ResidualSets(index.ptr, index.sets, stored, none, np.zeros(n), sets.sampler.threads, power)
        self._power = power
        self._length = np.diff(index.ptr, axis=1).sum(axis=0)  # sets that hold each node
        self._nodes, self._factors = array("i"), array("d")
        self._undo: list[tuple[NDArray[np.int32], NDArray[np.float64]]] = []  # of each invitation at the end

    def follow(self, taken: Taken) -> bool:
        """Lower the weights by these invitations and no others; return False if others cannot be taken back."""
        n = min(taken.nodes.size, len(self._nodes))
        same = np.array(self._nodes[:n]) == taken.nodes[:n]
        same &= np.array(self._factors[:n]) == taken.factors[:n]
        at = n if same.all() else int(np.argmin(same))
        if not self.go_back(at):
            return False
        for first in range(at, taken.nodes.size, _REPLAYED):
            part = slice(first, first + _REPLAYED)
            nodes = taken.nodes[part]
            self.take(Proposal(nodes, taken.factors[part], np.zeros(nodes.size + 2, dtype=np.int64), _NO_NODES))
        return True

    def go_back(self, n_before: int) -> bool:
        """Take invitations of the last proposal back until so many are left; return whether it is so."""
        from ..kernels.residual_steps import take_back

        while self._undo and len(self._nodes) > n_before:
            take_back(*self._undo.pop(), self._sets.weights.stored)
            self._nodes.pop()
            self._factors.pop()
        return len(self._nodes) == n_before

    def take(self, proposal: Proposal) -> Answer:
        """Answer a proposal; return the values of the wanted nodes, and of each invited node afterwards.

        They are sums of the weights of stored sets.
        """
        from ..kernels.residual_steps import Steps, take_steps

        nodes, factors = np.array(proposal.nodes, dtype=np.int32), np.array(proposal.factors, dtype=np.float64)
        n, unused = nodes.size, np.empty(0)
        steps = Steps(
            np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), nodes, factors,
            np.array(proposal.ptr, dtype=np.int64), np.array(proposal.wanted, dtype=np.int32),
            np.empty(proposal.wanted.size), np.empty(n), unused, np.empty(0, dtype=np.int64),
        )  # fmt: skip
        ends = np.concatenate([[0], np.cumsum(self._length[nodes])])
        sets, stored = np.empty(int(ends[-1]), dtype=np.int32), np.empty(int(ends[-1]))
        take_steps(steps, self._sets.ptr, self._sets.sets, self._sets.weights.stored, self._power, sets, stored)
        self._undo = [(sets[a:b], stored[a:b]) for a, b in itertools.pairwise(ends.tolist())]
        self._nodes.extend(nodes.tolist())
        self._factors.extend(factors.tolist())
        return steps.sums, steps.left

    def values(self) -> NDArray[np.float64]:
        """Return the sum of the weights of the stored sets that hold each node."""
        self._sets.update()
        return self._sets.weights.value.copy()
