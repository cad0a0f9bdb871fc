"""The roots of RR sets where the nodes take turns.

====== ====== ================= ====================================================================================
array  dtype  shape             meaning
====== ====== ================= ====================================================================================
rounds uint32 (n_rounds, width) random numbers below `width`: what each round of `_shuffled` adds, by the other digit
nodes  int32  (n,)              the nodes that take turns; None: 0 to n - 1
out    int32  (count,)          written: the root of each RR set
====== ====== ================= ====================================================================================
"""

import numpy as np

from ._jit import helper, hot
from .stream import GOLDEN, mix, mulhi

__all__ = ["fill_roots", "fill_rounds"]

_U = np.uint64


@hot
def fill_rounds(key, rounds):
    """Write the random numbers of a permutation, which depend on the key."""
    n_rounds, width = rounds.shape
    word = _U(key)
    for r in range(n_rounds):
        for digit in range(width):
            rounds[r, digit] = mulhi(mix(word + _U(digit)), _U(width))
        word += _U(width) if r % 2 == 0 else GOLDEN - _U(width)


@helper
def _shuffled(left, right, n, rounds):
    """Return where a random permutation of 0 to n - 1 moves a place, given as two digits to the base `width`.

    A Feistel network permutes 0 to width**2 - 1: each round adds a random number, which depends on one digit, to the
    other digit. A place that leaves the range goes through the network again. As a digit has few values, the numbers
    are in tables, which stay in cache.
    """
    n_rounds, width = rounds.shape
    while True:
        for r in range(0, n_rounds, 2):
            left += np.int64(rounds[r, _U(right)])  # Numba adds no code for negative indices where they are unsigned
            left -= width if left >= width else 0
            right += np.int64(rounds[r + 1, _U(left)])
            right -= width if right >= width else 0
        if left * width + right < n:
            return left * width + right


@hot
def fill_roots(first, count, n, nodes, n_shuffled, rounds, out):
    """Write the roots of RR sets number `first` to ``first + count - 1``.

    Among as many sets in a row as there are nodes, each node is the root of one: in a random order for sets number 0 to
    `n_shuffled` - 1, and in the order of `nodes` for later sets. The number of columns of `rounds` is the square root
    of the number of nodes, rounded up.
    """
    width = np.int64(rounds.shape[1])
    place = np.int64(first % n)
    left = place // width
    right = place - left * width
    for j in range(count):
        root = place if first + j >= n_shuffled else _shuffled(left, right, n, rounds)
        out[j] = root if nodes is None else nodes[_U(root)]
        place += 1
        right += 1
        if right == width:
            left, right = left + 1, np.int64(0)
        if place == n:
            place, left, right = np.int64(0), np.int64(0), np.int64(0)
