"""Slow references for RR sets whose roots take turns; nothing here imports the package."""

import math


def distribution_of_sum(probabilities):
    """Return the distribution of the sum of independent 0-1 variables, which need not have the same probability."""
    weights = [1.0]
    for p in probabilities:
        longer = [0.0] * (len(weights) + 1)
        for value, weight in enumerate(weights):
            longer[value] += weight * (1.0 - p)
            longer[value + 1] += weight * p
        weights = longer
    return weights


def lower_count(count, a):
    """Return the lower bound of Tang et al. (2018) for the mean of a sum of independent 0-1 variables."""
    return max(0.0, (math.sqrt(count + 2 * a / 9) - math.sqrt(a / 2)) ** 2 - a / 18)


def upper_count(count, a):
    """Return the upper bound of Tang et al. (2018) for the mean of a sum of independent 0-1 variables."""
    return (math.sqrt(count + a / 2) + math.sqrt(a / 2)) ** 2


def failure(probabilities, bound_fails):
    """Return the exact probability that a bound fails, given the function from the sum to whether it fails."""
    return sum(w for value, w in enumerate(distribution_of_sum(probabilities)) if bound_fails(value))


def n_known(n_sets, n, n_seeds):
    """Return how many of the sets have a seed as root in the complete turns of n roots."""
    return sum(1 for i in range(n_sets - n_sets % n) if i % n < n_seeds)
