"""Keys of random streams.

Draw number i of a stream is a pure function of the key of the stream and of i. A key is two 64-bit words. The kernels
derive the generator of each RR set or simulation from (key, i), so that results do not depend on threads, chunks or
lanes.
"""

from enum import IntEnum, unique
from typing import TypeAlias

import numpy as np

from ..errors import InvalidArgumentError

__all__ = ["RNG", "Key", "Stream", "key_from", "stream_key"]

Key: TypeAlias = tuple[int, int]
RNG: TypeAlias = "int | Key | np.random.SeedSequence | np.random.Generator | None"


@unique
class Stream(IntEnum):
    """The uses of random numbers. No two uses share a stream, even if calls share an `rng`.

    The value is part of the key: changing it changes results. Generated graphs and drawn probabilities have no member
    here; they use the key itself.
    """

    SELECTION = 0  # RR sets on which an algorithm chooses
    VALIDATION = 1  # RR sets that estimate the spread of its choice
    SENTINEL_SELECTION = 2  # the same for the sentinels of HIST
    SENTINEL_VALIDATION = 3
    LOCAL_SELECTION = 4  # the same if each inviter is a problem of its own
    LOCAL_VALIDATION = 5
    ORACLE = 6  # simulations or RR sets from which an oracle estimates gains
    IMM_ESTIMATE = 7  # RR sets that estimate how many RR sets IMM needs
    RANDOM_SEEDS = 8
    HETEROIM = 9
    RANDOM_RANKING = 10
    RANDOM_ITEMS = 11
    ANNOTATION = 12  # RR sets that estimate the influence of items
    SPREAD = 13  # forward simulations of `spread`
    RR_SETS = 14  # `sample_rr_sets`
    GENERATED_PROBABILITIES = 15  # drawn probabilities of a generated graph
    CERTIFICATE_SELECTION = 16  # RR sets that bound the optimum, for given seeds
    CERTIFICATE_VALIDATION = 17  # RR sets that estimate the spread of given seeds
    VERIFICATION = 18  # simulations that check a result
    DELAYS = 19  # delays of the arcs, derived from the key of the cascades themselves
    ROOTS = 20  # the order of the roots of RR sets, derived from the key of the RR sets
    WORLDS = 30  # live-edge worlds on which an algorithm chooses
    WORLD_VALIDATION = 31  # worlds that estimate the spread of its choice
    PILOT = 33  # RR sets from which `auto` decides which algorithm to run
    PILOT_VALIDATION = 34  # the same for its choice
    WORLD_BOUND = 32  # RR sets that bound the optimum, for seeds chosen on worlds
    ROBUST_UPPER = 35  # key of a robust selection under the upper probabilities
    SENSITIVITY = 36  # keys of the selections under scaled probabilities
    HELD_OUT_ITEMS = 40  # the items that `learn.split` holds out
    BOOTSTRAP = 41  # samples of held-out items
    GIBBS = 43  # causes and probabilities that the intervals of learned probabilities come from
    CURVATURE = 61  # RR sets from which the curvature of a capacity problem is estimated
    ARMS = 62  # communities and arms of an experiment
    EXPECTED_SPREAD = 60  # RR sets of expected-spread lists
    HELD_OUT_SPREAD = 42  # simulations that predict the sizes of held-out items


def key_from(rng: RNG) -> Key:
    """Return the key for the value of an argument `rng`.

    Parameters
    ----------
    rng : int, numpy.random.SeedSequence, numpy.random.Generator, tuple of two int, or None
        An int or a SeedSequence always gives the same key. A Generator gives its next two words, so that a second
        call differs. None gives fresh entropy. A tuple is a key itself: pass the ``rng_key`` of a result to repeat it.

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
            raise InvalidArgumentError(
                f"rng as a key must be two whole numbers below 2**64, got {rng!r}", argument="rng"
            )
        return rng
    if isinstance(rng, bool) or not (rng is None or isinstance(rng, (int, np.integer, np.random.SeedSequence))):
        raise InvalidArgumentError(
            f"rng must be None, a whole number, a result's rng_key, a numpy SeedSequence or Generator, got {rng!r}",
            argument="rng",
        )
    if isinstance(rng, (int, np.integer)) and rng < 0:
        raise InvalidArgumentError(f"rng must not be negative, got {rng}", argument="rng")
    sequence = (
        rng if isinstance(rng, np.random.SeedSequence) else np.random.SeedSequence(None if rng is None else int(rng))
    )
    first, second = sequence.generate_state(2, np.uint64).tolist()
    return first, second


def stream_key(key: Key, stream: Stream) -> Key:
    """Return the key of a named stream.

    >>> stream_key((1, 2), Stream.SELECTION) != stream_key((1, 2), Stream.VALIDATION)
    True
    """
    sequence = np.random.SeedSequence(entropy=[key[0], key[1]], spawn_key=(int(stream),))
    first, second = sequence.generate_state(2, np.uint64).tolist()
    return first, second
