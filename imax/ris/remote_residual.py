"""Residual weights of RR sets on a cluster: the sets stay there, and sums of weights are sent.

The weights are whole multiples of a unit and their sums are exact. So choices, gains and bounds have the same bits as
in one process.
"""

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ..diffusion.sampler import Sampler
from .shard_weights import Answer, Proposal, Taken
from .weights import Choice, Residual, rounding_power

if TYPE_CHECKING:
    from ..kernels.residual import Heaps, Pairs
    from ..kernels.residual_steps import Steps

__all__ = ["RemoteResidual"]

_MAX_STEPS = 1 << 10  # proposed in one request
_FIRST_STEPS = 1 << 4
_MAX_ENTRIES = float(1 << 22)  # weights that the workers keep to take proposed steps back: 12 bytes each
_N_NEAR, _MAX_NEAR = 7, 255  # entries at the top of a heap that are looked at: three to eight levels


class _Sets(Protocol):
    """What is needed of a `RemoteCollection`."""

    sampler: Sampler
    n_sets: int

    def degree(self) -> NDArray[np.int32]: ...
    def singletons(self) -> NDArray[np.int32]: ...
    def new_choice(self) -> int: ...
    def weigh(self, choice: int, power: float, taken: Taken, proposal: Proposal) -> Answer: ...
    def values(self, choice: int, power: float, taken: Taken) -> NDArray[np.float64]: ...


class RemoteResidual(Residual):
    """Residual weights of the sets of a `RemoteCollection`.

    This process has the values of the nodes, the sets that are only counted, and the invitations so far.

    Parameters
    ----------
    sets : RemoteCollection
    """

    def __init__(self, sets: _Sets) -> None:
        from ..kernels.residual import Weights

        alone, value = (counts.astype(np.float64) for counts in (sets.singletons(), sets.degree()))
        self._sets, self._choice = sets, sets.new_choice()
        self.threads, self._power = sets.sampler.threads, rounding_power(sets.n_sets)
        self._degree = value - alone
        n = value.size
        self.weights: Weights = Weights(
            np.empty(0), alone, value, np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(1, dtype=np.int64),
            np.zeros(1), np.full(1, self._power),
        )  # fmt: skip
        self._n_taken = 0
        self._taken = Taken(np.empty(16, dtype=np.int32), np.empty(16))
        self._n_steps = _FIRST_STEPS

    def update(self) -> None:
        """Add up the sums of the workers."""
        w = self.weights
        w.value[:] = w.alone
        if self._n_taken:
            w.value[:] += self._sets.values(self._choice, self._power, self._so_far())
        else:
            w.value[:] += self._degree
        w.fresh[:] = w.clock[0]

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
        """Propose choices, let the workers add up weights, and follow as long as the proposals are right."""
        from ..kernels.residual_steps import follow, propose

        turn, steps, n_near = np.array([0, n]), self._new_steps(pairs.left.size), _N_NEAR
        for number in range(first, last):
            before, turn[0] = int(turn[1]), 0
            factor = float(discount[number])
            while True:
                part = self._few(steps)
                size = propose(n_near, _MAX_ENTRIES, factor, self.weights, pairs, heaps, self._degree, turn, part)
                if not size:
                    break
                self._ask(part, size)
                n_right = follow(size, factor, self.weights, pairs, heaps, turn, part, *found)
                self._add(part, n_right)
                n_near = _N_NEAR if n_right else min(4 * n_near + 3, _MAX_NEAR)
                self._n_steps = min(2 * self._n_steps if n_right == size else max(2 * n_right, 1), _MAX_STEPS)
            if turn[1] == before:
                break
        return int(turn[1])

    def _new_steps(self, n_groups: int) -> "Steps":
        """Return arrays for proposed steps."""
        from ..kernels.residual_steps import Steps

        n = min(n_groups, _MAX_STEPS)
        space = n * _N_NEAR + _MAX_NEAR
        return Steps(
            np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int32), np.empty(n),
            np.zeros(n + 1, dtype=np.int64), np.empty(space, dtype=np.int32), np.empty(space), np.empty(n),
            np.ones(self._degree.size),
        )  # fmt: skip

    def _few(self, steps: "Steps") -> "Steps":
        """Return the arrays for as many steps as are worthwhile."""
        return steps._replace(group=steps.group[: self._n_steps])

    def _ask(self, steps: "Steps", size: int) -> None:
        """Let the workers answer proposed steps."""
        n_wanted = int(steps.ptr[size])
        proposal = Proposal(
            steps.node[:size].copy(), steps.factor[:size].copy(), steps.ptr[: size + 1].copy(),
            steps.wanted[:n_wanted].copy(),
        )  # fmt: skip
        sums, left = self._sets.weigh(self._choice, self._power, self._so_far(), proposal)
        steps.sums[:n_wanted], steps.left[:size] = sums, left

    def _so_far(self) -> Taken:
        """Return the invitations so far."""
        return Taken(self._taken.nodes[: self._n_taken], self._taken.factors[: self._n_taken])

    def _add(self, steps: "Steps", size: int) -> None:
        """Add steps to the invitations."""
        n = self._n_taken + size
        if n > self._taken.nodes.size:
            nodes, factors = np.empty(2 * n, dtype=np.int32), np.empty(2 * n)
            nodes[: self._n_taken], factors[: self._n_taken] = self._so_far()
            self._taken = Taken(nodes, factors)
        self._taken.nodes[self._n_taken : n] = steps.node[:size]
        self._taken.factors[self._n_taken : n] = steps.factor[:size]
        self._n_taken = n
