"""What an estimator is given and what it returns."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key
from .prior import Beta, fit_prior

__all__ = ["Estimate", "Settings", "fitted"]


@dataclass(frozen=True)
class Settings:
    """The checked arguments of an estimator.

    Attributes
    ----------
    prior : tuple of float, "empirical" or None
        Beta prior (a, b) of all probabilities.
    decay : bool
        Whether credit falls exponentially with the delay.
    max_iterations, tolerance : int and float
        EM stops after so many iterations, or if the log-likelihood changes by a smaller share.
    confidence : float
        Level of the intervals.
    intervals : bool
        Whether to compute the intervals.
    key : tuple of int
        Key of the random draws of intervals.
    """

    prior: "Beta | str | None"
    decay: bool
    max_iterations: int
    tolerance: float
    confidence: float
    intervals: bool
    key: Key


@dataclass(frozen=True)
class Estimate:
    """Counts of an estimator, by arc.

    Attributes
    ----------
    successes, trials : numpy.ndarray of float64, shape (n_arcs,)
        Successes, which may be fractions, and trials; the probability is their posterior mean.
    prior : tuple of float
        The beta prior that was used.
    interval : tuple of two numpy.ndarray of float64, shape (n_arcs,), or None
        Ends of the interval of each probability; None: those of the beta posterior of the counts.
    log_likelihood : list of float
        Of EM: before each iteration and at the end; the prior is part of it.
    notes : list of str
    """

    successes: NDArray[np.float64]
    trials: NDArray[np.float64]
    prior: Beta
    interval: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    log_likelihood: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def fitted(settings: Settings, successes: NDArray[np.float64], trials: NDArray[np.int32]) -> Estimate:
    """Return the estimate of an estimator that counts."""
    t = trials.astype(np.float64)
    prior = fit_prior(successes, t) if settings.prior == "empirical" else settings.prior or (0.0, 0.0)
    assert not isinstance(prior, str)
    return Estimate(successes, t, prior)
