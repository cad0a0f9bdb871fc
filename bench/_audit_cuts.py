"""First rounds of RR sets that end early, at moments that depend on the sets or on a count, never on the machine."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from imax.selection.problem import Limits
from imax.selection.rounds import CollectionPair

__all__ = ["lucky_cuts", "ticking_clock"]

_FEW, _MANY = 4, 1024  # sets of a collection before which a round never ends early, and after which it always does
_LUCK = 1.2


def _generator(rng: np.random.SeedSequence) -> np.random.Generator:
    """Return a generator of another stream than that of the run."""
    return np.random.default_rng(np.random.SeedSequence(rng.entropy, spawn_key=(1,)))


@contextmanager
def lucky_cuts(rng: np.random.SeedSequence) -> Iterator[dict[str, Any]]:
    """Let each first round end when the sets are as they should not be; yield the arguments that this needs.

    That is when the validation sets are larger than the selection sets, which makes both bounds wrong most easily. A
    round that has no such moment ends at a random number of sets.
    """
    most = int(_generator(rng).integers(_FEW, _MANY))

    def is_over(pair: CollectionPair, ahead: float = 0.0) -> bool:
        first, second = pair.selection, pair.validation
        if min(first.n_sets, second.n_sets) < _FEW:
            return False
        lucky = second.n_entries * first.n_sets >= _LUCK * first.n_entries * second.n_sets
        return lucky or max(first.n_sets, second.n_sets) >= most

    with patch.object(CollectionPair, "_is_over", is_over):
        yield {"time_limit": 1e9}


@contextmanager
def ticking_clock(rng: np.random.SeedSequence) -> Iterator[dict[str, Any]]:
    """Let each look at the clock take a second; yield a random time limit of up to 16 s."""
    ticks = itertools.count()
    with patch.object(Limits, "elapsed", lambda limits: float(next(ticks))):
        yield {"time_limit": float(_generator(rng).integers(1, 17))}
