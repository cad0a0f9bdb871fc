"""Alias tables for weighted picks among the arcs of each node (Walker 1977; Vose 1991).

A row of `pick` is (threshold, own node, other node): a 32-bit fraction at most the threshold picks the own node, so
that each pick's probability is right to 2**-33 of a row's share.
"""

import numpy as np

from ._jit import helper, hot
from .sample import NONE

__all__ = ["alias_rows", "ic_picks", "lt_picks"]

_WORD = 4294967296.0


@helper
def _vose(pick, base, count, total, share, stack):
    """Fill thresholds and other nodes of `count` rows from `base` on.

    `share` holds the rows' weights, of sum `total`, and is used up; `stack` needs `count` places: the rows below the
    mean grow from its front, the others from its back.
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
        pick[base + s, 0] = np.uint32(min(max(np.int64(share[s] * _WORD + 0.5) - 1, 0), 4294967295))
        pick[base + s, 2] = pick[base + g, 1]
        share[g] -= 1.0 - share[s]
        if share[g] < 1.0:
            large += 1
            stack[small] = g
            small += 1
    # what is left has a share of 1 but for rounding
    for q in range(small):
        pick[base + stack[q], 0] = np.uint32(4294967295)
        pick[base + stack[q], 2] = pick[base + stack[q], 1]
    for q in range(large, count):
        pick[base + stack[q], 0] = np.uint32(4294967295)
        pick[base + stack[q], 2] = pick[base + stack[q], 1]


@hot
def alias_rows(weights, total, pick, share, stack):
    """Fill one table over all of `weights`; a weight of 0 is never picked where another node is at hand."""
    count = weights.size
    for j in range(count):
        pick[j, 1] = j
        share[j] = weights[j]
    _vose(pick, 0, count, total, share, stack)
    for j in range(count):
        if weights[j] == 0.0:
            pick[j, 1] = pick[j, 2]


@hot
def ic_picks(ptr, idx, probability, by_target, heavy_from, pick, rec, share, stack, v0, v1):
    """Build the IC tables of rows v0 to v1.

    `probability` holds a value per arc, or with `by_target` one per node at the arc's end. Arcs of at least
    `heavy_from` are tossed one by one; the others take hits at rate -log(1 - p) from a Poisson process, which makes
    an arc live (hit at least once) with probability p, independently of all others. Arcs of probability 0 are left
    out.
    """
    for v in range(v0, v1):
        base = ptr[v]
        heavy = 0
        light = 0
        total = 0.0
        for a in range(base, ptr[v + 1]):
            p = np.float64(probability[idx[a]] if by_target else probability[a])
            if p >= heavy_from:
                pick[base + heavy, 0] = np.uint32(np.int64(p * _WORD) - 1)
                pick[base + heavy, 1] = np.uint32(idx[a])
                pick[base + heavy, 2] = NONE
                heavy += 1
        for a in range(base, ptr[v + 1]):
            p = np.float64(probability[idx[a]] if by_target else probability[a])
            if 0.0 < p < heavy_from:
                pick[base + heavy + light, 1] = np.uint32(idx[a])
                share[light] = -np.log1p(-p)
                total += share[light]
                light += 1
        if light > 0:
            _vose(pick, base + heavy, light, total, share, stack)
        rec[v, 0] = np.uint64(base)
        rec[v, 1] = (np.uint64(heavy) << np.uint64(32)) | np.uint64(light)
        rec[v, 2] = np.float64(total).view(np.uint64)
        rec[v, 3] = np.float64(np.exp(-total)).view(np.uint64)


@hot
def lt_picks(ptr, idx, weight, slack, pick, rec, share, stack, v0, v1):
    """Build the LT tables of rows v0 to v1: a row per arc, and one for none where weights leave more than `slack`."""
    for v in range(v0, v1):
        base = ptr[v] + v
        count = 0
        total = 0.0
        for a in range(ptr[v], ptr[v + 1]):
            if weight[a] > 0.0:
                pick[base + count, 1] = np.uint32(idx[a])
                share[count] = weight[a]
                total += share[count]
                count += 1
        if count > 0 and 1.0 - total > slack:
            pick[base + count, 1] = NONE
            share[count] = 1.0 - total
            total = 1.0
            count += 1
        if count > 0:
            _vose(pick, base, count, total, share, stack)
        rec[v, 0] = np.uint64(base)
        rec[v, 1] = np.uint64(count)
