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
_N_CLOSE = 15  # entries at the top of a heap that are looked at for a step: four levels
_N_NEAR = (31, 127, 511, 2047)  # entries whose values are computed again together: at first, and if that is too few
_ALL = -1  # no value was computed after a choice of this number


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
        self._n_searches = 0

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

        turn, steps = np.array([0, n]), self._new_steps(pairs.left.size)
        for number in range(first, last):
            before, turn[0] = int(turn[1]), 0
            factor = float(discount[number])
            while True:
                self._renew(turn, pairs, heaps, steps)
                part = steps._replace(group=steps.group[: self._n_steps])
                size = propose(_N_CLOSE, _MAX_ENTRIES, factor, self.weights, pairs, heaps, self._degree, turn, part)
                if not size:
                    break
                following = int(part.group[size - 1]) + 1
                self._find(following, _N_NEAR[0], _ALL, size, pairs, heaps, part)
                self._ask(part, size)
                n_right = follow(size, factor, self.weights, pairs, heaps, turn, part, *found)
                self._add(part, n_right)
                self._n_steps = min(2 * self._n_steps if n_right == size else max(2 * n_right, 1), _MAX_STEPS)
            if turn[1] == before:
                break
        return int(turn[1])

    def _renew(self, turn: NDArray[np.int64], pairs: "Pairs", heaps: "Heaps", steps: "Steps") -> None:
        """Let the workers add up the values on top of the heaps of the next groups, unless they are up to date."""
        from ..kernels.residual_steps import follow

        nothing = (np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
        for near in _N_NEAR:
            steps.ptr[0] = 0
            if not self._find(int(turn[0]), near, int(self.weights.clock[0]), 0, pairs, heaps, steps):
                return
            self._ask(steps, 0)
            follow(0, 1.0, self.weights, pairs, heaps, turn, steps, *nothing)

    def _find(
        self, first: int, near: int, clock: int, size: int, pairs: "Pairs", heaps: "Heaps", steps: "Steps"
    ) -> int:
        """Want the values of nodes for the groups from the first on, after proposed steps; return their number."""
        from ..kernels.residual_steps import find_stale

        self._n_searches += 1
        return int(
            find_stale(
                first, self._n_steps, near, clock, self._n_searches, size, self.weights, pairs, heaps, steps
            )
        )  # fmt: skip

    def _new_steps(self, n_groups: int) -> "Steps":
        """Return arrays for proposed steps."""
        from ..kernels.residual_steps import Steps

        n = min(n_groups, _MAX_STEPS)
        space = n * (_N_CLOSE + _N_NEAR[0]) + _N_NEAR[-1]
        return Steps(
            np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int32), np.empty(n),
            np.zeros(n + 2, dtype=np.int64), np.empty(space, dtype=np.int32), np.empty(space), np.empty(n),
            np.ones(self._degree.size), np.zeros(self._degree.size, dtype=np.int64),
        )  # fmt: skip

    def _ask(self, steps: "Steps", size: int) -> None:
        """Let the workers answer proposed steps."""
        n_wanted = int(steps.ptr[size + 1])
        proposal = Proposal(
            steps.node[:size].copy(), steps.factor[:size].copy(), steps.ptr[: size + 2].copy(),
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
