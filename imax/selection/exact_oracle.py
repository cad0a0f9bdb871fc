"""What a node adds to the spread of the seeds so far, exactly."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..diffusion.exact import spread_of
from ..graph.influence_graph import InfluenceGraph

__all__ = ["ExactOracle"]

_BITS = 40  # of an exact spread, that rounding errors of its sum do not reach


class ExactOracle:
    """Exact gains, on graphs small enough for `imax.exact_spread`; `blocked` nodes take no part."""

    def __init__(
        self,
        graph: InfluenceGraph,
        model: str,
        weights: NDArray[np.float64] | None,
        blocked: NDArray[np.bool_] | None = None,
    ) -> None:
        self.graph, self.model, self.weights, self.blocked = graph, model, weights, blocked
        self.n_simulations = self.n_rr_sets = self.n_rr_entries = 0
        self.taken: list[int] = []

    def _spread(self, nodes: list[int]) -> float:
        if not nodes:
            return 0.0
        chosen = np.unique(np.array(nodes, dtype=np.int32))
        return spread_of(self.graph, chosen, self.model, self.weights, self.blocked)

    def gains(self, nodes: NDArray[Any], before: int = -1) -> NDArray[np.float64]:
        """Return what each node adds to those taken, and to `before` where that is a node."""
        have = [*self.taken, *([before] if before >= 0 else [])]
        base = self._spread(have)
        return np.array([_gain(self._spread([*have, v]), base) for v in nodes.tolist()])

    def take(self, node: int) -> None:
        """Add a node to those taken."""
        self.taken.append(node)


def _gain(spread: float, base: float) -> float:
    """Return the difference of two sums without rounding errors, so that equal gains are equal.

    >>> _gain(5.3, 4.3) == _gain(1.0, 0.0)
    True
    """
    unit = 2.0 ** (math.frexp(spread)[1] - _BITS)
    return max(0.0, round((spread - base) / unit) * unit)
