"""Quantiles of many beta distributions, interpolated between distributions on a grid.

A distribution is beta(a, b) with a = successes + prior[0] and b = failures + prior[1]. The grid holds
log(q / (1 - q)) of the quantile q at equal steps of log(a) and log(b), in which it is almost linear.

================== ============= ============== ==================================================================
array              dtype         shape          meaning
================== ============= ============== ==================================================================
successes, trials  float64       (n,)           counts of each distribution
low, high          float64       (n_a, n_b)     lower and upper quantile of each distribution of the grid
lower, upper       float64       (n,)           written: quantiles
================== ============= ============== ==================================================================
"""

import math

from ._jit import helper, hot

__all__ = ["interpolate", "log_range"]


@hot
def log_range(first, last, successes, trials, prior):
    """Return the smallest log(a) and log(b), then the largest ones, of distributions with a > 0 and b > 0."""
    low_a = math.inf
    low_b = math.inf
    high_a = -math.inf
    high_b = -math.inf
    for i in range(first, last):
        a = successes[i] + prior[0]
        b = max(trials[i] - successes[i], 0.0) + prior[1]
        if a > 0.0 and b > 0.0:
            low_a = min(low_a, a)
            low_b = min(low_b, b)
            high_a = max(high_a, a)
            high_b = max(high_b, b)
    if high_a < 0.0:
        return 0.0, 0.0, 0.0, 0.0
    return math.log(low_a), math.log(low_b), math.log(high_a), math.log(high_b)


@helper
def _between(table, row, column, x, y):
    """Return the quantile at a place between four distributions of the grid."""
    left = (1.0 - x) * table[row, column] + x * table[row + 1, column]
    right = (1.0 - x) * table[row, column + 1] + x * table[row + 1, column + 1]
    return 1.0 / (1.0 + math.exp(-((1.0 - y) * left + y * right)))


@hot
def interpolate(first, last, successes, trials, prior, tail, origin, step, low, high, lower, upper):
    """Write both quantiles of distributions first to last - 1; `origin` is log(a) and log(b) of the first of the grid.

    A distribution without successes begins at 0, one without failures ends at 1; without both it is [0, 1].
    """
    for i in range(first, last):
        a = successes[i] + prior[0]
        b = max(trials[i] - successes[i], 0.0) + prior[1]
        lower[i] = 0.0
        upper[i] = 1.0
        if a > 0.0 and b > 0.0:
            x = max((math.log(a) - origin[0]) / step, 0.0)
            y = max((math.log(b) - origin[1]) / step, 0.0)
            row = min(int(x), low.shape[0] - 2)
            column = min(int(y), low.shape[1] - 2)
            lower[i] = _between(low, row, column, x - row, y - column)
            upper[i] = _between(high, row, column, x - row, y - column)
        elif a > 0.0:
            lower[i] = tail ** (1.0 / a)
        elif b > 0.0:
            upper[i] = 1.0 - tail ** (1.0 / b)
