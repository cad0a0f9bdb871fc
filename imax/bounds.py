"""Bounds on spread from the coverage of RR sets: pure formulas.

From Tang, Tang, Xiao and Yuan, "Online Processing Algorithms for Influence Maximization", SIGMOD 2018.
"""

import math
from dataclasses import dataclass

__all__ = ["GREEDY", "OpimSchedule", "log_binomial", "lower_bound", "opim_schedule", "upper_bound", "wilson"]

GREEDY = 1.0 - 1.0 / math.e


def log_binomial(n: int, k: int) -> float:
    """Return the logarithm of the binomial coefficient C(n, k).

    >>> round(math.exp(log_binomial(5, 2)))
    10
    """
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def lower_bound(covered: int, n_sets: int, total: float, a: float) -> float:
    """Lower bound on the spread of a seed set that covers `covered` of `n_sets` sets drawn independently of it.

    Fails with probability at most exp(-a). `total` is what all sets stand for: the number of nodes, or their weight.
    """
    root = math.sqrt(covered + 2.0 * a / 9.0) - math.sqrt(a / 2.0)
    return max(0.0, (root * root - a / 18.0) * total / n_sets)


def upper_bound(covered: float, n_sets: int, total: float, a: float) -> float:
    """Upper bound on a spread, from a bound on the number of sets that its seed set covers.

    Fails with probability at most exp(-a); never above `total`.
    """
    root = math.sqrt(covered + a / 2.0) + math.sqrt(a / 2.0)
    return min(total, root * root * total / n_sets)


def wilson(covered: int, n_sets: int, total: float, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's score interval for a spread, by default of 95 %.

    >>> low, high = wilson(50, 100, 1000.0)
    >>> round(low), round(high)
    (404, 596)
    """
    share = covered / n_sets
    scale = 1.0 + z * z / n_sets
    middle = (share + z * z / (2 * n_sets)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / n_sets + z * z / (4 * n_sets * n_sets))
    # at shares of 0 and 1 the interval ends at the estimate, but for rounding
    return max(0.0, min(share, middle - half)) * total, min(1.0, max(share, middle + half)) * total


@dataclass(frozen=True)
class OpimSchedule:
    """How OPIM-C samples.

    Attributes
    ----------
    first : int
        Sets in each collection in the first round.
    rounds : int
        Rounds at most; the collections double in each.
    a : float
        Logarithm of the inverse failure probability of each bound in each round.
    """

    first: int
    rounds: int
    a: float


MAX_ROUNDS = 60


def opim_schedule(n: int, k: int, total: float, least: float, epsilon: float, delta: float) -> OpimSchedule:
    """Return OPIM-C's schedule.

    Parameters
    ----------
    n : int
        Number of candidates.
    k : int
        Number of seeds.
    total : float
        What all sets stand for.
    least : float
        A spread that the optimum reaches in any case: k, or the k largest weights of candidates.
    epsilon, delta : float
        Approximation and failure probability.
    """
    root = GREEDY * math.sqrt(math.log(6.0 / delta)) + math.sqrt(GREEDY * (log_binomial(n, k) + math.log(6.0 / delta)))
    first = 2.0 * root * root
    if least > 0.0:
        doublings = math.log2(total) - math.log2(least) - 2.0 * math.log2(epsilon)
        rounds = max(1, math.ceil(min(doublings, MAX_ROUNDS)))
    else:
        rounds = MAX_ROUNDS
    return OpimSchedule(max(1, math.ceil(first)), rounds, math.log(3.0 * rounds / delta))
