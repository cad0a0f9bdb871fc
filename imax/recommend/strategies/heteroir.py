"""HeteroIR for lists of candidates."""

import numpy as np
from numpy.typing import NDArray

from .._candidates import CandidateLists
from ..ranking import Scores
from .base import Context, NodeValues, Options, value_scores

__all__ = ["HeteroIR"]


class HeteroIR(NodeValues):
    """Scores by willingness times 1 + H(v); the value of a node is H(v)."""

    @classmethod
    def values(cls, context: Context, options: Options) -> NDArray[np.float64]:
        """Return H(v) of each node."""
        return context.network.influence(options.interactions, context.threads)

    def scores(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None, threads: int) -> Scores:
        """Return willingness times 1 + H(v)."""
        value = self.value[lists.candidates]
        return value_scores(lists, willingness * (1.0 + value), value)
