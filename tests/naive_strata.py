"""Slow references for RR sets whose roots take turns; nothing here imports the package."""

import math

from .naive import WORD, mix


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


def order(n, word):
    """Return a random order of 0 to n - 1: a Feistel network on two digits, repeated until the number is below n."""
    width = math.isqrt(n - 1) + 1

    def number(step, half, digit):
        return mix((word + step * 0x9E3779B97F4A7C15 + half * width + digit) % WORD) * width >> 64

    def moved(place):
        left, right = divmod(place, width)
        for step in range(2 + 32 // width):
            left = (left + number(step, 0, right)) % width
            right = (right + number(step, 1, left)) % width
        place = left * width + right
        return place if place < n else moved(place)

    return [moved(place) for place in range(n)]
