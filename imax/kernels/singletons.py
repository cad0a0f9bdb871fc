"""RR sets that hold a single node: they are counted for each node instead of stored.

========== ===== ========= ==========================================================================
array      dtype shape     meaning
========== ===== ========= ==========================================================================
nodes      int32 (space,)  nodes of RR sets, in the order in which the sampler ended them
start      int64 (count,)  first place of each RR set in `nodes`
length     int64 (count,)  size of each RR set; overwritten with the sizes of those of several nodes
out        int32 (space,)  written: nodes of the RR sets of several nodes, in order
singletons int32 (count,)  written: the node of each RR set of one node, in order
counts     int32 (n,)      number of RR sets that hold each node alone
========== ===== ========= ==========================================================================
"""

import numpy as np

from ._jit import hot
from .cascades import PAD

__all__ = ["count_singletons", "split_singletons"]


@hot
def split_singletons(nodes, start, length, count, out, singletons):
    """Copy the RR sets of several nodes to `out` and the nodes of the others to `singletons`.

    Return the number of entries of `out`, and the number of RR sets of several nodes. All loops but that over sets of
    more than `PAD` nodes run without an unpredictable branch: each set is written to both arrays, and what the next
    set may overwrite is not counted. `nodes` and `out` need `PAD` entries to spare.
    """
    at = np.int64(0)
    n_larger = np.int64(0)
    n_single = np.int64(0)
    for i in range(count):
        s = start[i]
        size = length[i]
        q = np.int64(0)
        while q < size:
            for j in range(PAD):
                out[at + q + j] = nodes[s + q + j]
            q += PAD
        singletons[n_single] = nodes[s]
        length[n_larger] = size
        larger = np.int64(size > 1)
        at += size * larger
        n_larger += larger
        n_single += 1 - larger
    return at, n_larger


@hot
def count_singletons(singletons, counts):
    """Add one to the count of each node of `singletons`."""
    for i in range(singletons.size):
        counts[np.uint32(singletons[i])] += 1
