"""Beta priors of probabilities: empirical Bayes, means and intervals."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import InvalidArgumentError

__all__ = ["Beta", "check_prior", "fit_prior", "posterior_interval", "posterior_mean"]

Beta = tuple[float, float]

_MAX_EXACT = 20_000  # arcs whose intervals are computed one by one
_STEP = 0.05  # distance of two points of the grid of posteriors, in log(a) and log(b)
_MIN_LOG = -9.0  # smallest log(a) and log(b) of the grid
_MAX_ARCS = 200_000  # arcs that the prior is fitted to
_MIN_WEIGHT, _MAX_WEIGHT = 1e-3, 1e6  # bounds on the weight of a fitted prior, in trials


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
    successes: NDArray[np.float64], trials: NDArray[np.float64], prior: Beta, confidence: float, threads: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the central interval of the beta posterior of each arc.

    A posterior without successes begins at 0, one without failures ends at 1; without any count it is [0, 1]. For more
    than 20,000 arcs the ends are interpolated between posteriors on a grid, with an error below 0.2 % of an end or of
    its distance to 1.
    """
    tail = 0.5 * (1.0 - confidence)
    if successes.size > _MAX_EXACT:
        return _interpolated(successes, trials, prior, tail, threads)
    from scipy.special import betaincinv

    a, b = successes + prior[0], np.maximum(trials - successes, 0.0) + prior[1]
    lower, upper = np.zeros(a.size), np.ones(a.size)
    inside = (a > 0.0) & (b > 0.0)
    lower[inside] = betaincinv(a[inside], b[inside], tail)
    upper[inside] = betaincinv(a[inside], b[inside], 1.0 - tail)
    sure = (a > 0.0) & (b == 0.0)
    lower[sure] = tail ** (1.0 / a[sure])
    none = (a == 0.0) & (b > 0.0)
    upper[none] = 1.0 - tail ** (1.0 / b[none])
    return lower, upper


def _interpolated(
    successes: NDArray[np.float64], trials: NDArray[np.float64], prior: Beta, tail: float, threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from ..kernels.quantiles import interpolate, log_range

    parts = parallel.slices(successes.size, 4 * threads)
    given = successes, trials, prior
    ends = np.array(parallel.run([partial(log_range, a, b, *given) for a, b in parts], threads))
    origin = np.maximum(ends[:, :2].min(axis=0), _MIN_LOG)
    counts = (np.ceil((ends[:, 2:].max(axis=0) - origin) / _STEP) + 1).astype(np.int64).clip(min=2)
    a, b = (np.exp(start + _STEP * np.arange(n)) for start, n in zip(origin, counts, strict=True))
    low, high = _log_odds(a[:, np.newaxis], b, tail), -_log_odds(b, a[:, np.newaxis], tail)
    lower, upper = np.empty((2, successes.size))
    rest = (tail, (float(origin[0]), float(origin[1])), _STEP, low, high, lower, upper)
    parallel.run([partial(interpolate, *part, *given, *rest) for part in parts], threads)
    return lower, upper


def _log_odds(a: NDArray[np.float64], b: NDArray[np.float64], tail: float) -> NDArray[np.float64]:
    """Return log(q / (1 - q)) of the quantile q of beta(a, b) at `tail`."""
    from scipy.special import betaincinv

    q, rest = np.maximum(betaincinv(a, b, tail), 1e-300), np.maximum(betaincinv(b, a, 1.0 - tail), 1e-300)
    odds: NDArray[np.float64] = np.ascontiguousarray(np.log(q) - np.log(rest))
    return odds
