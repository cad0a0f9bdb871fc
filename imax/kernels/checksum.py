"""A fast checksum of 64-bit words. It finds damage; it does not protect against an attacker.

Eight lanes take one word each in turn, so that the multiplications overlap and memory sets the speed. Each step is a
bijection of the word and of the lane, so that a change within one word always changes the result.

===== ====== ======== ======================
array dtype  shape    meaning
===== ====== ======== ======================
words uint64 (space,) content of the file
===== ====== ======== ======================
"""

import numpy as np

from ._jit import helper, hot
from .stream import GOLDEN, mix

__all__ = ["checksum_words"]

_FIRST = np.uint64(0x9E3779B185EBCA87)  # the primes of XXH64, whose round a lane applies
_SECOND = np.uint64(0xC2B2AE3D27D4EB4F)
_LEFT = np.uint64(31)
_RIGHT = np.uint64(33)


@helper
def _step(lane, word):
    lane = lane + word * _SECOND
    return ((lane << _LEFT) | (lane >> _RIGHT)) * _FIRST


@hot
def checksum_words(words, first, last, seed):
    """Return the checksum of ``words[first:last]``, of which the number must be a multiple of 8."""
    a = mix(seed)
    b, c, d, e, f, g, h = (
        a + GOLDEN,
        a ^ GOLDEN,
        a - GOLDEN,
        a + _FIRST,
        a ^ _FIRST,
        a - _FIRST,
        a * _FIRST,
    )
    i = np.uint64(first)
    while i < np.uint64(last):
        a = _step(a, words[i])
        b = _step(b, words[i + np.uint64(1)])
        c = _step(c, words[i + np.uint64(2)])
        d = _step(d, words[i + np.uint64(3)])
        e = _step(e, words[i + np.uint64(4)])
        f = _step(f, words[i + np.uint64(5)])
        g = _step(g, words[i + np.uint64(6)])
        h = _step(h, words[i + np.uint64(7)])
        i += np.uint64(8)
    return mix(mix(mix(mix(mix(mix(mix(mix(a) ^ b) ^ c) ^ d) ^ e) ^ f) ^ g) ^ h)
