"""Formulas for bounds on spread from the coverage of RR sets, and for the numbers of RR sets to draw.

From Tang, Tang, Xiao and Yuan, "Online Processing Algorithms for Influence Maximization", SIGMOD 2018.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

__all__ = [
    "GREEDY",
    "LEVEL_OF_ROUNDS",
    "OpimSchedule",
    "imm_sizes",
    "interval_at_level",
    "level_of_look",
    "log_binomial",
    "lower_bound",
    "opim_schedule",
    "upper_bound",
    "whole_bound",
    "wilson",
    "z_at_level",
]

GREEDY = 1.0 - 1.0 / math.e


def log_binomial(n: int, k: int) -> float:
    """Return the logarithm of the binomial coefficient C(n, k).

    >>> round(math.exp(log_binomial(5, 2)))
    10
    """
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def lower_bound(covered: float, n_sets: int, total: float, a: float, known: int = 0) -> float:
    """Return a lower bound on the spread of a seed set that covers `covered` of `n_sets` RR sets.

    The RR sets are drawn independently of the seed set. The bound fails with probability at most exp(-a). `total` is
    the number of nodes, or their total weight. `known` of the covered sets are covered whatever chance decides.
    """
    root = math.sqrt(covered - known + 2.0 * a / 9.0) - math.sqrt(a / 2.0)
    return (known + max(0.0, root * root - a / 18.0)) * total / n_sets


def upper_bound(covered: float, n_sets: int, total: float, a: float, known: int = 0) -> float:
    """Return an upper bound on the spread of a seed set, from a bound on the number of RR sets that it covers.

    The bound fails with probability at most exp(-a). It is never above `total`. `known` of the sets are covered
    whatever chance decides.
    """
    root = math.sqrt(covered - known + a / 2.0) + math.sqrt(a / 2.0)
    return min(total, (known + root * root) * total / n_sets)


def wilson(
    covered: float, n_sets: int, total: float, z: float = 1.959963984540054, known: int = 0
) -> tuple[float, float]:
    """Return Wilson's score interval for a spread; the default `z` is for 95 %.

    `known` of the covered sets are covered whatever chance decides.

    >>> low, high = wilson(50, 100, 1000.0)
    >>> round(low), round(high)
    (404, 596)
    """
    random = n_sets - known
    if random == 0:
        return total, total
    share = (covered - known) / random
    scale = 1.0 + z * z / random
    middle = (share + z * z / (2 * random)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / random + z * z / (4 * random * random))
    # at shares of 0 and 1 the interval ends at the estimate, up to rounding
    low, high = max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
    return (known + low * random) * total / n_sets, (known + high * random) * total / n_sets


def whole_bound(bound: float) -> int:
    """Return the largest whole number up to an upper bound, which may be too small by rounding.

    >>> whole_bound(6.999999999999999), whole_bound(6.9)
    (7, 6)
    """
    return math.floor(bound * (1.0 + 1e-9) + 1e-6)


LEVEL = 0.05  # probability that a 95 % interval misses the spread


def level_of_look(look: int) -> float:
    """Return the probability with which an interval may miss after a round, if sampling may stop after every round.

    It is 0.05 * 6 / (pi * i)**2 for look i. The sum over all looks is 0.05, so that the interval holds at whatever look
    sampling stops.

    >>> round(level_of_look(1), 4), round(level_of_look(10), 4)
    (0.0304, 0.0003)
    """
    return LEVEL * 6.0 / (math.pi * look) ** 2


def z_at_level(level: float) -> float:
    """Return how many standard errors an interval reaches to each side that misses with probability `level`.

    >>> round(z_at_level(0.05), 2)
    1.96
    """
    return -NormalDist().inv_cdf(level / 2.0)


_FEW = 20  # with up to so many covered or uncovered sets, Wilson's interval misses too often


def interval_at_level(covered: float, n_sets: int, total: float, level: float, known: int = 0) -> tuple[float, float]:
    """Return a confidence interval for a spread where sampling may stop; it misses with probability `level`.

    It is Wilson's interval. Its ends are those of the exact interval of Clopper and Pearson where few sets are covered,
    or few are not.

    >>> low, high = interval_at_level(1, 60, 1000.0, level_of_look(1))
    >>> round(low, 1), round(high, 1)
    (0.3, 98.3)
    """
    low, high = wilson(covered, n_sets, total, z_at_level(level), known)
    random = n_sets - known
    if not random:
        return low, high
    miss = level / 2.0  # of each end
    if covered - known <= _FEW:
        exact = _exact_ends(covered - known, random, miss)
    elif n_sets - covered <= _FEW:
        end, start = _exact_ends(n_sets - covered, random, miss)
        exact = 1.0 - start, 1.0 - end
    else:
        return low, high
    return (known + exact[0] * random) * total / n_sets, (known + exact[1] * random) * total / n_sets


def _exact_ends(count: float, n: int, miss: float) -> tuple[float, float]:
    """Return the ends of the exact interval for a share, each of which is wrong with probability at most `miss`.

    From Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 1934. `count` of `n` is rounded outward.
    """
    low, high = math.floor(count), math.ceil(count)
    start = 0.0 if low == 0 else _share_at(low - 1, n, 1.0 - miss)[0]
    return start, 1.0 if high == n else _share_at(high, n, miss)[1]


def _share_at(count: int, n: int, probability: float) -> tuple[float, float]:
    """Return two close shares between which at most `count` of `n` have this probability, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(50):
        share = (low + high) / 2.0
        if _binomial_cdf(count, n, share) > probability:
            low = share
        else:
            high = share
    return low, high


def _binomial_cdf(count: int, n: int, share: float) -> float:
    """Return the probability of at most `count` successes in `n` trials."""
    odds, term = share / (1.0 - share), math.exp(n * math.log1p(-share))
    found = term
    for i in range(count):
        term *= odds * (n - i) / (i + 1)
        found += term
    return found


@dataclass(frozen=True)
class OpimSchedule:
    """The numbers of RR sets that OPIM-C draws.

    Attributes
    ----------
    first : int
        RR sets of each collection in the first round; the number doubles in each round.
    rounds : int
        Largest number of rounds.
    a : float
        Each bound in each round fails with probability at most exp(-a).
    """

    first: int
    rounds: int
    a: float


MAX_ROUNDS = 60

# what the intervals of complete rounds may spend of 5 %; `level_of_look` gives the rest to the looks above MAX_ROUNDS
LEVEL_OF_ROUNDS = LEVEL * (1.0 - 6.0 / (math.pi**2 * MAX_ROUNDS))


def opim_schedule(
    log_choices: float, total: float, min_spread: float, epsilon: float, delta: float, guarantee: float = GREEDY
) -> OpimSchedule:
    """Return OPIM-C's schedule, in whose last round the collections have at least the paper's theta_max sets.

    Parameters
    ----------
    log_choices : float
        Logarithm of the number of seed sets to choose from: of C(n, k) for k of n candidates.
    total : float
        Number of nodes, or their total weight.
    min_spread : float
        Lower bound on the optimal spread, such as k, or the sum of the k largest weights of candidates; 0 for none.
    epsilon, delta : float
        Approximation and failure probability.
    guarantee : float, default 1 - 1/e
        Share of the optimum that the selection reaches if spreads are known exactly.
    """
    log6 = math.log(6.0 / delta)
    root = guarantee * math.sqrt(log6) + math.sqrt(guarantee * (log_choices + log6))
    if min_spread > 0.0:
        doublings = math.log2(total) - math.log2(min_spread) - 2.0 * math.log2(epsilon)
        # the first of them has no doubling before it: without the 1 the last would have only 1/2 to 1 of the sets
        rounds = 1 + max(0, math.ceil(min(doublings, MAX_ROUNDS - 1)))
    else:
        rounds = MAX_ROUNDS
    return OpimSchedule(max(1, math.ceil(2.0 * root * root)), rounds, math.log(3.0 * rounds / delta))


def imm_sizes(
    n: float, log_choices: float, epsilon: float, delta: float, guarantee: float = GREEDY, *, min_spread: float
) -> tuple[float, float]:
    """Return IMM's (lambda', lambda*): it draws lambda' / x RR sets to test a spread of x, and lambda* / x to select.

    Tang, Shi and Xiao, "Influence Maximization in Near-Linear Time", SIGMOD 2015. Each of the two phases fails with
    probability at most delta / 2.

    Parameters
    ----------
    n : float
        Number of nodes, or their total weight.
    log_choices : float
        Logarithm of the number of seed sets to choose from.
    epsilon, delta : float
        Approximation and failure probability.
    guarantee : float, default 1 - 1/e
        Share of the optimum that the selection reaches if spreads are known exactly.
    min_spread : float
        A positive spread that the optimum reaches in any case. The tests are of n/2, n/4, ... down to it: their number
        log2(n / min_spread), among which the failure probability is divided, does not depend on the unit of weights.
    """
    half = math.log(2.0 / delta)
    wide = math.sqrt(2.0) * epsilon
    tests = math.log(max(math.log2(n / min_spread), 1.0))
    test = (2.0 + 2.0 / 3.0 * wide) * (log_choices + half + tests) * n / wide**2
    alpha = math.sqrt(half + math.log(2.0))
    beta = math.sqrt(guarantee * (log_choices + half + math.log(2.0)))
    return test, 2.0 * n * ((guarantee * alpha + beta) / epsilon) ** 2
