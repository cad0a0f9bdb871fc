"""The stream contract: where keys come from.

Draw number i of a stream is a pure function of the stream's key and i. A key is two 64-bit words; the
kernels derive the generator of each RR set or simulation from (key, i), so that neither threads nor chunks
nor lanes can change a result.
"""

from typing import TypeAlias

import numpy as np

from ..errors import InvalidArgumentError

__all__ = ["RNG", "VERIFYING", "Key", "key_from", "subkey"]

VERIFYING = 100  # the part of a selection's key whose simulations check it; no selector uses it

Key: TypeAlias = tuple[int, int]
RNG: TypeAlias = "int | Key | np.random.SeedSequence | np.random.Generator | None"


def key_from(rng: RNG) -> Key:
    """Return the key that `rng` stands for.

    Parameters
    ----------
    rng : int, numpy.random.SeedSequence, numpy.random.Generator, tuple of two int, or None
        An int or a SeedSequence always gives the same key; a Generator gives its next two words (so that a
        second call differs); None gives fresh entropy. A pair of words is a key itself: a result's ``rng_key``
        repeats it.

    Returns
    -------
    tuple of int
        Two 64-bit words.

    Examples
    --------
    >>> key_from(7) == key_from(7) == key_from(key_from(7))
    True
    """
    if isinstance(rng, np.random.Generator):
        first, second = rng.integers(0, 2**64, size=2, dtype=np.uint64).tolist()
        return first, second
    if isinstance(rng, tuple):
        if len(rng) != 2 or not all(isinstance(word, int) and 0 <= word < 2**64 for word in rng):
            raise InvalidArgumentError(f"rng as a key must be two whole numbers below 2**64, got {rng!r}")
        return rng
    if isinstance(rng, bool) or not (rng is None or isinstance(rng, (int, np.integer, np.random.SeedSequence))):
        raise InvalidArgumentError(
            f"rng must be None, a whole number, a result's rng_key, a numpy SeedSequence or Generator, got {rng!r}"
        )
    if isinstance(rng, (int, np.integer)) and rng < 0:
        raise InvalidArgumentError(f"rng must not be negative, got {rng}")
    sequence = (
        rng if isinstance(rng, np.random.SeedSequence) else np.random.SeedSequence(None if rng is None else int(rng))
    )
    first, second = sequence.generate_state(2, np.uint64).tolist()
    return first, second


def subkey(key: Key, *path: int) -> Key:
    """Return a key of its own for one part of a larger piece of work.

    >>> subkey((1, 2), 0) != subkey((1, 2), 1)
    True
    """
    sequence = np.random.SeedSequence(entropy=[key[0], key[1]], spawn_key=path)
    first, second = sequence.generate_state(2, np.uint64).tolist()
    return first, second
