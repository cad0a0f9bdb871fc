"""Alias tables for weighted picks among the arcs of each node (Walker 1977; Vose 1991).

A row of an alias table is (threshold, own node, other node). A pick takes the own node if its 32-bit fraction is at
most the threshold, so the probability of each pick is right to 2**-33 of a row's share.

============= ======= ============ ================================================================================
array         dtype   shape        meaning
============= ======= ============ ================================================================================
weights       float64 (count,)     weights of the nodes that one table picks among
ptr           int64   (n + 1,)     arcs of node v are at ``ptr[v]`` to ``ptr[v + 1]``
idx           int32   (n_arcs,)    node at each arc's end
probability   float32 (n_arcs,)    probability of each arc; with `by_target` one for each node at an arc's end, (n,)
weight        float32 (n_arcs,)    LT weight of each arc
tables.record uint64  (n, 4|2)     written: records of `HitTables` or `PickTables`; see `imax.kernels.draws`
tables.alias  uint32  (n_rows, 3)  written: alias tables; columns `THRESHOLD`, `OWN`, `OTHER`
share         float64 (max_rows,)  scratch: weights of the rows of one table
stack         int64   (max_rows,)  scratch: rows below the mean from the front, the other rows from the back
============= ======= ============ ================================================================================
"""

import numpy as np

from ._jit import helper, hot
from .draws import HEAVY_LIGHT, N_ROWS, NO_HIT, NONE, OTHER, OWN, RATE, ROW, THRESHOLD

__all__ = ["alias_table", "ic_tables", "lt_tables"]

_WORD = 4294967296.0
_FULL = np.uint32(0xFFFFFFFF)


@helper
def _vose(alias, base, count, total, share, stack):
    """Fill the thresholds and other nodes of `count` rows from `base` on.

    `share` holds the weights of the rows, which sum to `total`, and is overwritten.
    """
    small = 0
    large = count
    for j in range(count):
        share[j] *= count / total
        if share[j] < 1.0:
            stack[small] = j
            small += 1
        else:
            large -= 1
            stack[large] = j
    while small > 0 and large < count:
        small -= 1
        s = stack[small]
        g = stack[large]
        alias[base + s, THRESHOLD] = np.uint32(min(max(np.int64(share[s] * _WORD + 0.5) - 1, 0), 4294967295))
        alias[base + s, OTHER] = alias[base + g, OWN]
        share[g] -= 1.0 - share[s]
        if share[g] < 1.0:
            large += 1
            stack[small] = g
            small += 1
    # the rows that remain have a share of 1, up to rounding
    for q in range(small):
        alias[base + stack[q], THRESHOLD] = _FULL
        alias[base + stack[q], OTHER] = alias[base + stack[q], OWN]
    for q in range(large, count):
        alias[base + stack[q], THRESHOLD] = _FULL
        alias[base + stack[q], OTHER] = alias[base + stack[q], OWN]


@hot
def alias_table(weights, total, alias, share, stack):
    """Fill one table over all of `weights`; a node of weight 0 is picked only if all weights are 0."""
    count = weights.size
    for j in range(count):
        alias[j, OWN] = j
        share[j] = weights[j]
    _vose(alias, 0, count, total, share, stack)
    for j in range(count):
        if weights[j] == 0.0:
            alias[j, OWN] = alias[j, OTHER]


@hot
def ic_tables(ptr, idx, probability, by_target, heavy_from, tables, share, stack, v0, v1):
    """Build the IC tables of rows v0 to v1.

    Each arc of probability `heavy_from` or more gets a coin. The other arcs take hits at rate -log(1 - p) from a
    Poisson process: an arc is live (hit at least once) with probability p, independently of all others. Arcs of
    probability 0 are left out.
    """
    alias = tables.alias
    record = tables.record
    for v in range(v0, v1):
        base = ptr[v]
        heavy = 0
        light = 0
        total = 0.0
        for a in range(base, ptr[v + 1]):
            p = np.float64(probability[idx[a]] if by_target else probability[a])
            if p >= heavy_from:
                alias[base + heavy, THRESHOLD] = np.uint32(np.int64(p * _WORD) - 1)
                alias[base + heavy, OWN] = np.uint32(idx[a])
                alias[base + heavy, OTHER] = NONE
                heavy += 1
        for a in range(base, ptr[v + 1]):
            p = np.float64(probability[idx[a]] if by_target else probability[a])
            if 0.0 < p < heavy_from:
                alias[base + heavy + light, OWN] = np.uint32(idx[a])
                share[light] = -np.log1p(-p)
                total += share[light]
                light += 1
        if light > 0:
            _vose(alias, base + heavy, light, total, share, stack)
        record[v, ROW] = np.uint64(base)
        record[v, HEAVY_LIGHT] = (np.uint64(heavy) << np.uint64(32)) | np.uint64(light)
        record[v, RATE] = np.float64(total).view(np.uint64)
        record[v, NO_HIT] = np.float64(np.exp(-total)).view(np.uint64)


@hot
def lt_tables(ptr, idx, weight, slack, tables, share, stack, v0, v1):
    """Build the LT tables of rows v0 to v1.

    A table has a row for each arc, and one for no arc if the weights sum to less than 1 - `slack`.
    """
    alias = tables.alias
    record = tables.record
    for v in range(v0, v1):
        base = ptr[v] + v
        count = 0
        total = 0.0
        for a in range(ptr[v], ptr[v + 1]):
            if weight[a] > 0.0:
                alias[base + count, OWN] = np.uint32(idx[a])
                share[count] = weight[a]
                total += share[count]
                count += 1
        if count > 0 and 1.0 - total > slack:
            alias[base + count, OWN] = NONE
            share[count] = 1.0 - total
            total = 1.0
            count += 1
        if count > 0:
            _vose(alias, base, count, total, share, stack)
        record[v, ROW] = np.uint64(base)
        record[v, N_ROWS] = np.uint64(count)
