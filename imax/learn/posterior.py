"""The joint posterior of all probabilities, by Gibbs sampling.

Given the probabilities, the parents that succeeded at each action are drawn; given these, each probability has a beta
posterior. The draws see what EM does not: a success shared by several parents says something about all of them.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.streams import Stream, stream_key
from .estimate import Settings
from .evidence import Evidence
from .prior import Beta, fit_prior

__all__ = ["MAX_ARCS", "MAX_SAMPLED", "Posterior", "sample_posterior"]

MAX_SAMPLED = 8_000_000  # largest number of pairs
MAX_ARCS = 2_000_000  # largest number of arcs with pairs; the draws take 236 bytes for each arc
_GENERATORS = 8  # random generators: a fixed number, so that the draws do not depend on the number of threads
_BURN_IN = 60
_REFIT = 6  # sweeps of the burn-in between two fits of the prior
_DRAWS = 59  # draws that are kept: the 3rd and the 57th of them enclose 90 %
_THIN = 3  # sweeps for each draw


@dataclass(frozen=True)
class Posterior:
    """Draws of the probabilities of the arcs with pairs.

    Attributes
    ----------
    prior : tuple of float
        The beta prior, refitted during the burn-in if it is empirical.
    draws : numpy.ndarray of float32, shape (n_draws, n_slots)
        Sorted for each slot.
    """

    prior: Beta
    draws: NDArray[np.float32]

    def interval(self, confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ends of the central interval of each slot.

        Of n draws, the k-th smallest exceeds a value of the same distribution with probability k / (n + 1).
        """
        n = self.draws.shape[0]
        return self._at(0.5 * (1.0 - confidence) * (n + 1)), self._at(0.5 * (1.0 + confidence) * (n + 1))

    def _at(self, place: float) -> NDArray[np.float64]:
        """Return the draw at a place from 1, interpolated; 0 and 1 beyond the first and the last."""
        n = self.draws.shape[0]
        below = int(np.floor(place))
        size = self.draws.shape[1]
        low = self.draws[below - 1].astype(np.float64) if below >= 1 else np.zeros(size)
        high = self.draws[below].astype(np.float64) if below < n else np.ones(size)
        return low + (place - below) * (high - low)


def sample_posterior(evidence: Evidence, p: NDArray[np.float64], prior: Beta, settings: Settings) -> Posterior:
    """Return draws from the posterior of the arcs with pairs, after a burn-in that begins at `p`."""
    from ..kernels.actions import draw_causes

    trials = evidence.n_trials.astype(np.float64)
    trials_of = trials[evidence.arcs]
    key = stream_key(settings.key, Stream.GIBBS)
    words = np.uint64(key[0]), np.uint64(key[1])
    slots = parallel.slices(p.size, _GENERATORS)
    generators = [np.random.default_rng([*key, number]) for number in range(len(slots))]
    won, p = np.empty(evidence.n_pairs), p.copy()
    parts = parallel.even_parts(evidence.ptr, 4 * evidence.threads)
    n_actions = evidence.placed.n_actions
    draws = np.empty((_DRAWS, p.size), dtype=np.float32)

    def draw_won(first: int, last: int, number: int) -> None:
        with np.errstate(over="ignore"):  # streams compute modulo 2**64; each thread has its own setting
            draw_causes(first, last, number, words, evidence.ptr, evidence.slot, p, won)

    def draw_p(part: int, a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
        inside = slice(*slots[part])
        p[inside] = generators[part].beta(a[inside], b[inside])

    for sweep in range(_BURN_IN + _THIN * _DRAWS):
        parallel.run([partial(draw_won, *part, sweep * n_actions) for part in parts], evidence.threads)
        successes = evidence.sum(won)
        if settings.prior == "empirical" and sweep < _BURN_IN and sweep % _REFIT == _REFIT - 1:
            prior = fit_prior(evidence.spread(successes), trials)
        a, b = successes + prior[0], trials_of - successes + prior[1]
        a, b = np.maximum(a, 1e-12), np.maximum(b, 1e-12)
        parallel.run([partial(draw_p, part, a, b) for part in range(len(slots))], evidence.threads)
        if sweep >= _BURN_IN and (sweep - _BURN_IN) % _THIN == 0:
            draws[(sweep - _BURN_IN) // _THIN] = p
    draws.sort(axis=0)
    return Posterior(prior, draws)
