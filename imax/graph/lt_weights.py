"""The weights of the linear threshold model: the weights into a node sum to at most 1, up to rounding.

Weights are stored as float32. A sum of many of them misses 1 by a little, so that a sum within `LT_SLACK` of 1 counts
as 1. The kernel that builds the tables of the sampler takes `LT_SLACK` as an argument and applies the same rule.
"""

import numpy as np
from numpy.typing import NDArray

from .probabilities import ArcProbability

__all__ = ["LT_SLACK", "lt_normalizers", "lt_weight_sums", "sums_above_one"]

LT_SLACK = 1e-5


def lt_weight_sums(in_ptr: NDArray[np.int64], probability: ArcProbability) -> NDArray[np.float64]:
    """Return the sum of the weights into each node: float64, shape (n_nodes,), in the order of the rows."""
    degree = np.diff(in_ptr)
    if probability.kind == "weighted_cascade":
        return (degree > 0).astype(np.float64)
    sums = np.zeros(degree.size)
    if probability.values is None:
        sums[:] = degree * probability.value
    else:
        from ..kernels.rows import fold_rows

        fold_rows(in_ptr, probability.values, 0, degree.size, sums)
    return sums


def sums_above_one(sums: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the nodes whose weights sum to more than 1, beyond what rounding explains."""
    return np.flatnonzero(sums > 1.0 + LT_SLACK)


def lt_normalizers(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the number that the weights into each node are divided by, before one in-arc or none is drawn.

    A sum of 1 up to rounding is scaled to exactly 1: the node always draws an in-arc. Other sums stay as they are: the
    node draws no in-arc with probability 1 - sum.
    """
    return np.where(1.0 - sums <= LT_SLACK, sums, 1.0)
