"""A forecast of the round at which sampling ends, from the selection collection alone; intervals follow from it.

Sampling ends when the result looks good, so the intervals of all rounds together may miss the spread with probability
5 %. The forecast gives most of this probability to the rounds that are likely to be the last ones. The validation
collection, from which the intervals follow, is independent of the selection collection and so of the forecast.
docs/explanation/algorithms has the proof.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from ..ris.bounds import LEVEL_OF_ROUNDS
from ..ris.coverage import Cover
from .settling import Round

__all__ = ["Forecast", "Level"]

_SMALLEST, _LARGEST = 1 / 32, 0.95  # share of what is left that one round gets
_N_QUANTILES = 5
_QUANTILES = [NormalDist().inv_cdf((i + 0.5) / _N_QUANTILES) for i in range(_N_QUANTILES)]
# By measurement: by how many RR sets more each seed covers in the selection collection than in the validation
# collection, but at most by one standard deviation; and the relative error of the sum
_OPTIMISM, _OPTIMISM_ERROR = 2.5, 0.5


class Forecast:
    """Chooses the probability with which the interval of each round may miss the spread.

    The choice depends on the selection collection only, never on the validation collection, and the probabilities of
    all rounds sum to less than 5 %: a round gets a share of what the rounds before it have left.

    Parameters
    ----------
    new_rule : callable
        Returns a new function that returns the reason to stop after a round, or None to continue.
    rounds : int
        Largest number of rounds.

    Attributes
    ----------
    left : float
        The probability that later rounds may use.
    """

    def __init__(self, new_rule: Callable[[], Callable[[Round], str | None]], rounds: int) -> None:
        self._rules = [new_rule() for _ in _QUANTILES]
        self._rounds_left = rounds
        self.left = LEVEL_OF_ROUNDS

    def level(self, cover: Cover, known: int, n_sets: int, round_at: Callable[[float], Round]) -> float:
        """Return the probability with which the interval of the next round may miss.

        Parameters
        ----------
        cover : Cover
            The choice on the selection collection.
        known : int
            Sets of the validation collection that the seeds cover, whatever chance decides.
        n_sets : int
            Sets of each collection.
        round_at : callable
            Returns the round if the seeds cover a given number of sets of the validation collection.
        """
        likely = self._likely(cover, known, n_sets, round_at)
        self._rounds_left -= 1
        spent = self.left * (likely if self._rounds_left else 1.0)
        self.left -= spent
        return spent

    def _likely(self, cover: Cover, known: int, n_sets: int, round_at: Callable[[float], Round]) -> float:
        """Return about how likely the next round is the last one: the share of quantiles at which sampling ends."""
        covered = float(cover.covered)
        random = max(covered - known, 0.0)
        gains = np.maximum(cover.gains, 0) * (random / max(covered, 1.0))
        optimism = float(np.minimum(np.sqrt(gains), _OPTIMISM).sum())
        # both collections have a binomial error
        error = math.hypot(math.sqrt(2.0 * random * max(1.0 - covered / n_sets, 0.0)), _OPTIMISM_ERROR * optimism)
        ends = 0
        for rule, quantile in zip(self._rules, _QUANTILES, strict=True):
            guess = covered - optimism + quantile * error
            ends += rule(round_at(min(max(guess, known), n_sets))) is not None
        return min(max(ends / _N_QUANTILES, _SMALLEST), _LARGEST)


Level: TypeAlias = Forecast | float | None
