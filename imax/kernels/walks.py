"""Bounds on the influence of single nodes from walks that do not turn back, on symmetric graphs.

=========== ======= ========= =====================================================================================
array       dtype   shape     meaning
=========== ======= ========= =====================================================================================
ptr         int64   (n + 1,)  arcs of node v are at ``ptr[v]`` to ``ptr[v + 1]``
idx         int32   (n_arcs,) node at each arc's end
probability float32 (n_arcs,) probability of each arc, below 1; None: all are `p`
weight      float64 (n,)      positive weight of each node; None: 1
old         float64 (n,)      value of each node
new         float64 (n,)      written: value after one step
=========== ======= ========= =====================================================================================
"""

import numpy as np

from ._jit import hot

__all__ = ["turns_back", "walk_step"]


@hot
def walk_step(ptr, idx, probability, p, weight, old, new, first, last):
    """Write (weight + sum of c times the neighbors' values) / (1 + sum of p c) for nodes `first` to `last` - 1.

    c = p / (1 - p * p). Return the largest increase divided by what the node's weight alone gives.
    """
    largest = 0.0
    for v in range(first, last):
        own = 1.0 if weight is None else weight[v]
        total = own
        scale = 1.0
        if probability is None:
            for a in range(ptr[v], ptr[v + 1]):
                total += old[idx[a]] * (p / (1.0 - p * p))
            scale += (ptr[v + 1] - ptr[v]) * (p * p / (1.0 - p * p))
        else:
            for a in range(ptr[v], ptr[v + 1]):
                q = np.float64(probability[a])
                total += old[idx[a]] * (q / (1.0 - q * q))
                scale += q * q / (1.0 - q * q)
        new[v] = total / scale
        largest = max(largest, (total - old[v] * scale) / own)
    return largest


@hot
def turns_back(ptr, idx, probability, p, value, first, last):
    """Whether the value of a neighbor of nodes `first` to `last` - 1 is at most p times that of the node."""
    for v in range(first, last):
        for a in range(ptr[v], ptr[v + 1]):
            q = p if probability is None else np.float64(probability[a])
            if value[idx[a]] <= q * value[v]:
                return True
    return False
