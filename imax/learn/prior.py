"""Beta priors of probabilities: empirical Bayes, means and intervals."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError

__all__ = ["Beta", "check_prior", "fit_prior", "posterior_interval", "posterior_mean"]

Beta = tuple[float, float]

_MAX_ARCS = 200_000  # of which the prior is fitted
_MIN_WEIGHT, _MAX_WEIGHT = 1e-3, 1e6  # of a fitted prior, in trials


def check_prior(prior: Any) -> "Beta | str | None":
    """Return a prior, checked: ``"empirical"``, None or two numbers (a, b)."""
    if prior is None or prior == "empirical":
        return prior  # type: ignore[no-any-return]
    try:
        a, b = (float(x) for x in prior)
        if 0.0 <= a < np.inf and 0.0 <= b < np.inf:
            return a, b
    except (TypeError, ValueError):
        pass
    raise InvalidArgumentError(
        f"prior must be 'empirical', None, or two numbers (a, b) of at least 0, got {prior!r}", argument="prior"
    )


def fit_prior(successes: NDArray[np.float64], trials: NDArray[np.float64]) -> Beta:
    """Return the beta prior (a, b) under which the counts of all arcs are most likely (beta-binomial).

    Arcs without trials do not count. With more than 200,000 arcs, evenly spaced ones are used.
    """
    from scipy.optimize import minimize
    from scipy.special import betaln

    used = np.flatnonzero(trials > 0)
    if not used.size:
        return 1.0, 1.0
    if used.size > _MAX_ARCS:
        used = used[np.linspace(0, used.size - 1, _MAX_ARCS).astype(np.int64)]
    counts, weight = np.unique(np.round(np.stack([successes[used], trials[used]]), 6), axis=1, return_counts=True)
    s, t = counts
    s = np.minimum(s, t)
    share = np.average(s, weights=weight) / np.average(t, weights=weight)
    mean = min(max(float(share), 1e-9), 1.0 - 1e-9)

    def cost(x: NDArray[np.float64]) -> float:
        m = 1.0 / (1.0 + np.exp(-x[0]))
        size = np.exp(x[1])
        a, b = max(m * size, 1e-12), max((1.0 - m) * size, 1e-12)
        # few trials say nothing about a + b; log(a + b) is normal around log 2, with standard deviation 2
        return 0.125 * float(x[1] - np.log(2.0)) ** 2 - float(weight @ (betaln(s + a, t - s + b) - betaln(a, b)))

    start = np.array([np.log(mean / (1.0 - mean)), np.log(2.0)])
    bounds = [(-25.0, 25.0), (np.log(_MIN_WEIGHT), np.log(_MAX_WEIGHT))]
    best = minimize(cost, start, method="L-BFGS-B", bounds=bounds).x
    m, size = 1.0 / (1.0 + np.exp(-best[0])), np.exp(best[1])
    return float(m * size), float((1.0 - m) * size)


def posterior_mean(successes: NDArray[np.float64], trials: NDArray[np.float64], prior: Beta) -> NDArray[np.float64]:
    """Return (successes + a) / (trials + a + b) of each arc; 0 where that is 0 / 0."""
    a, b = prior
    size = trials + a + b
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 0.0, np.clip((successes + a) / size, 0.0, 1.0), 0.0)


def posterior_interval(
    successes: NDArray[np.float64], trials: NDArray[np.float64], prior: Beta, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the central interval of the beta posterior of each arc.

    A posterior without successes begins at 0, one without failures ends at 1; without any count it is [0, 1].
    """
    from scipy.special import betaincinv

    a, b = successes + prior[0], np.maximum(trials - successes, 0.0) + prior[1]
    tail = 0.5 * (1.0 - confidence)
    lower, upper = np.zeros(a.size), np.ones(a.size)
    inside = (a > 0.0) & (b > 0.0)
    unique, place = np.unique(np.stack([a[inside], b[inside]]), axis=1, return_inverse=True)
    place = place.reshape(-1)
    lower[inside] = betaincinv(unique[0], unique[1], tail)[place]
    upper[inside] = betaincinv(unique[0], unique[1], 1.0 - tail)[place]
    sure = (a > 0.0) & (b == 0.0)
    lower[sure] = tail ** (1.0 / np.maximum(a[sure], 1e-12))
    none = (a == 0.0) & (b > 0.0)
    upper[none] = 1.0 - tail ** (1.0 / np.maximum(b[none], 1e-12))
    return lower, upper
