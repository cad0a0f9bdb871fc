"""The roots of RR sets where the nodes take turns.

===== ===== ======== =================================================
array dtype shape    meaning
===== ===== ======== =================================================
nodes int32 (n,)     the nodes that take turns
out   int32 (count,) written: the root of each RR set
===== ===== ======== =================================================
"""

import numpy as np

from ._jit import helper, hot
from .stream import GOLDEN, mix, mulhi

__all__ = ["fill_roots"]

_U = np.uint64
_U0 = np.uint64(0)
_U1 = np.uint64(1)


@helper
def _shuffled(left, right, n, width, n_steps, key):
    """Return where a random permutation of 0 to n - 1 moves a place, given as two digits to the base `width`.

    A Feistel network permutes 0 to width**2 - 1: each step adds a random number, which depends on one digit, to the
    other digit. A place that leaves the range goes through the network again.
    """
    while True:
        word = key
        for _ in range(n_steps):
            left += mulhi(mix(word + right), width)
            left -= width if left >= width else _U0
            right += mulhi(mix(word + width + left), width)
            right -= width if right >= width else _U0
            word += GOLDEN
        if left * width + right < n:
            return left * width + right


@hot
def fill_roots(first, count, nodes, n_shuffled, width, key, out):
    """Write the roots of RR sets number `first` to ``first + count - 1``.

    Among as many sets in a row as there are nodes, each node is the root of one: in a random order for sets number 0 to
    `n_shuffled` - 1, and in the order of `nodes` for later sets. `width` is the square root of the number of nodes,
    rounded up.
    """
    n = np.int64(nodes.size)
    n_steps = 2 + 32 // width  # few digits need more steps to become random
    place = np.int64(first) % n
    base = _U(width)
    left = _U(place) // base
    right = _U(place) - left * base
    for j in range(count):
        if first + j < n_shuffled:
            out[j] = nodes[np.int64(_shuffled(left, right, _U(n), base, n_steps, key))]
        else:
            out[j] = nodes[place]
        place += 1
        right += _U1
        if right == base:
            left, right = left + _U1, _U0
        if place == n:
            place, left, right = np.int64(0), _U0, _U0
