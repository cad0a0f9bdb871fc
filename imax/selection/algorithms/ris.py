"""RIS: greedy selection on a fixed number of RR sets, certified on as many others."""

import math
from collections.abc import Generator

from ..._utils.registry import Entry
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...ris.bounds import LEVEL_OF_ROUNDS
from ...ris.coverage import CoverAlgorithm, greedy_cover
from ..doubling import run_rounds
from ..outcome import Outcome
from ..problem import Problem
from ..rounds import RESERVE, CollectionPair
from ..settling import Round

__all__ = ["ALL_DRAWN", "DEFAULT_SETS", "RIS", "fixed_rounds", "ris"]

DEFAULT_SETS = 100_000
ALL_DRAWN = "all RR sets drawn"
# The first round gets this share of what intervals may spend: its result is needed only if a limit ends the second one.
_FIRST_SHARE = 1 / 16


def fixed_rounds(pair: CollectionPair, select: CoverAlgorithm = greedy_cover) -> Generator[Round, None, str]:
    """Yield a round on few RR sets and one on `n_rr_sets`; return the stop reason."""
    q = pair.problem
    count = q.n_rr_sets or DEFAULT_SETS
    first = min(count, 1 << 12)  # a limit that is reached later finds a result
    a = math.log(4.0 * (1.0 + RESERVE) / q.delta)  # two bounds in each of two rounds
    spent = 0.0
    if first < count:
        spent = _FIRST_SHARE * LEVEL_OF_ROUNDS
        yield pair.round(first, first, q.constraint, a, select=select, level=spent)
        if pair.cut is not None:
            return pair.cut
    yield pair.round(count, count, q.constraint, a, select=select, level=LEVEL_OF_ROUNDS - spent)
    return pair.cut or ALL_DRAWN


def ris(problem: Problem) -> Outcome:
    """Select seeds by greedy coverage of `n_rr_sets` RR sets, and validate them on as many others."""
    pair = CollectionPair(problem)
    best, reason, _ = run_rounds(fixed_rounds(pair))
    return pair.result(best, reason, 1, None)


RIS = Entry(
    "ris", ris, "greedy on a fixed number of RR sets",
    "Borgs, Brautbar, Chayes, Lucier: Maximizing Social Influence in Nearly Optimal Time. SODA 2014",
    "the certified ratio of the result",
    frozenset({"client", "node_weights", "start", "quotas", "budget", "group_budgets", "n_rr_sets"})
    | DEADLINE_ARGUMENTS,
    decreasing_gains=True,
)  # fmt: skip
