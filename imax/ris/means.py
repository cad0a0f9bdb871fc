"""A lower bound on the mean of non-negative values, without any assumption on how large they may be."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["mean_lower_bound"]

_LEARNING = 8  # values before the first bet
_SHARE = 0.75  # of the capital at most is lost if a value is 0


def mean_lower_bound(values: NDArray[np.float64], a: float) -> float:
    """Return a lower bound on the mean of the distribution of independent non-negative values, by betting.

    A player bets that the mean exceeds m: the capital is multiplied by 1 + bet * (value - m), where the bet depends on
    earlier values only and is at most 3/4 / m, so that the capital stays positive. If the mean is at most m, the
    expected capital is at most 1, and the capital reaches exp(a) with probability at most exp(-a) (Ville). The bound is
    the supremum of all m for which it does. It fails with probability at most exp(-a).

    Waudby-Smith and Ramdas, "Estimating Means of Bounded Random Variables by Betting", JRSS B 2024; a lower bound needs
    no upper limit of the values.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_values,)
        Their number does not depend on them.
    a : float

    Examples
    --------
    >>> values = np.tile([9.0, 11.0], 500)
    >>> 9.8 < mean_lower_bound(values, 3.0) < 10.0
    True
    """
    n = values.size
    if n <= _LEARNING:
        return 0.0
    counts = np.arange(1, n + 1)
    centered = values - values[0]
    mean = np.cumsum(centered) / counts
    spread = np.maximum(np.cumsum(centered * centered) / counts - mean * mean, 0.0)
    # each bet knows the values before its own only; the variance is taken a little larger while it is uncertain
    variance = spread[:-1] * (1.0 + 4.0 / counts[:-1])
    bets = np.zeros(n)
    with np.errstate(divide="ignore"):
        bets[_LEARNING:] = np.sqrt(2.0 * a / n) / np.sqrt(variance[_LEARNING - 1 :])

    def capital(m: float) -> float:
        factors = 1.0 + np.minimum(bets, _SHARE / m) * (values - m)
        return float(np.cumsum(np.log(factors)).max())

    low, high = 0.0, float(values.mean())
    if high <= 0.0:
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if capital(middle) >= a:
            low = middle
        else:
            high = middle
    return low
