"""Kernels of the graph generators: an arc, or a range of cells, is a pure function of the key and its number.

======== ===== ========= ======================================================
array    dtype shape     meaning
======== ===== ========= ======================================================
src, dst int64 (n_arcs,) written: ends of each arc
out      int64 (space,)  written: numbers of the chosen cells, rising
======== ===== ========= ======================================================
"""

import math

import numpy as np

from ._jit import kernel
from .stream import UNIT, mix, stream

__all__ = ["bernoulli_cells", "chung_lu_arcs", "rmat_arcs"]

_BLOCK = 256
_LOW = np.uint64(0xFFFFFFFF)
_S11 = np.uint64(11)
_S32 = np.uint64(32)


@kernel
def rmat_arcs(key0, key1, first, levels, cut_a, cut_ab, cut_abc, src, dst):
    """Write arcs number `first`, first + 1, ... of an R-MAT graph of 2**levels nodes.

    The cuts are cumulative quadrant probabilities times 2**32. A level reads 32 bits, so a word serves two levels.
    """
    # blocks of arcs go through the levels together: the compiler can vectorize the inner loop
    state = np.empty(_BLOCK, np.uint64)
    step = np.empty(_BLOCK, np.uint64)
    u = np.empty(_BLOCK, np.int64)
    v = np.empty(_BLOCK, np.int64)
    for low in range(0, src.size, _BLOCK):
        size = min(_BLOCK, src.size - low)
        for j in range(size):
            state[j], step[j] = stream(key0, key1, np.uint64(first + low + j))
            u[j] = 0
            v[j] = 0
        for _ in range(levels // 2):
            for j in range(size):
                state[j] += step[j]
                word = mix(state[j])
                r = np.int64(word >> _S32)
                down = np.int64(r >= cut_ab)
                right = np.int64(r >= cut_a) - down + np.int64(r >= cut_abc)
                r = np.int64(word & _LOW)
                down_next = np.int64(r >= cut_ab)
                right_next = np.int64(r >= cut_a) - down_next + np.int64(r >= cut_abc)
                u[j] = 4 * u[j] + 2 * down + down_next
                v[j] = 4 * v[j] + 2 * right + right_next
        if levels % 2 == 1:
            for j in range(size):
                r = np.int64(mix(state[j] + step[j]) >> _S32)
                down = np.int64(r >= cut_ab)
                u[j] = 2 * u[j] + down
                v[j] = 2 * v[j] + np.int64(r >= cut_a) - down + np.int64(r >= cut_abc)
        for j in range(size):
            src[low + j] = u[j]
            dst[low + j] = v[j]


@kernel
def chung_lu_arcs(key0, key1, first, n, power, src, dst):
    """Write arcs number `first`, first + 1, ...: each end is floor(n * uniform**power), independently."""
    for i in range(src.size):
        state, step = stream(key0, key1, np.uint64(first + i))
        state += step
        u = int(n * (float(mix(state) >> _S11) * UNIT) ** power)
        v = int(n * (float(mix(state + step) >> _S11) * UNIT) ** power)
        src[i] = min(u, n - 1)  # the product may round up to n
        dst[i] = min(v, n - 1)


@kernel
def bernoulli_cells(key0, key1, number, start, stop, log_miss, out):
    """Write the chosen cells of [start, stop) to `out` and return how many there are.

    Each cell is chosen with probability 1 - exp(log_miss), independently: the gaps are geometric. If `out` is too
    short, the rest is counted but not written.
    """
    state, step = stream(key0, key1, np.uint64(number))
    width = float(stop - start)
    found = 0
    cell = start
    while cell < stop:
        state += step
        gap = np.floor(math.log((float(mix(state) >> _S11) + 1.0) * UNIT) / log_miss)
        if gap >= width:  # compared as floats: a huge gap does not fit an integer
            break
        cell += int(gap)
        if cell >= stop:
            break
        if found < out.size:
            out[found] = cell
        found += 1
        cell += 1
    return found
