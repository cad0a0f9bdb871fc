"""IMM: how many RR sets are needed is estimated first; then the seeds are chosen on that many fresh ones.

Tang, Shi and Xiao, "Influence Maximization in Near-Linear Time: A Martingale Approach", SIGMOD 2015, with Chen's
correction ("An Issue in the Martingale Analysis of the Influence Maximization Algorithm IMM", CSoNet 2018): the sets
of the estimate are not used again. What is added is a certificate, from an eighth as many sets that had no part in the
choice.
"""

import math
from collections.abc import Generator

from ..._utils.streams import Stream, stream_key
from ...diffusion.sampler import Sampler
from ...ris.bounds import imm_sizes
from ...ris.collection import RRCollection
from ...ris.coverage import greedy_cover
from ..base import Algorithm, Outcome, Problem
from ..rounds import BOUND, MEMORY, TIME, CollectionPair, Round, run_rounds

__all__ = ["ALGORITHMS", "imm"]

_JUDGES = 0.125
_STEP = 1 << 18  # sets drawn between two looks at the clock
_SAMPLING = 0.5  # of the time limit; index and greedy choice take about as long as sampling


def _estimate(pair: CollectionPair) -> tuple[float, RRCollection]:
    """Return the number of sets that the choice needs, and the sets that tell it."""
    q = pair.problem
    c, n = q.constraint, q.total
    least = max(c.min_spread(q.weights), 1e-9 * n)
    test, choose = imm_sizes(n, c.log_choices(), q.epsilon, q.delta, c.guarantee)
    wide = math.sqrt(2.0) * q.epsilon
    sets = RRCollection(
        Sampler(
            q.graph, q.model, stream_key(q.key, Stream.IMM_ESTIMATE), node_weights=q.weights, lanes=q.lanes,
            threads=q.threads, diffusion=pair.selection.sampler.diffusion,
        )
    )  # fmt: skip
    spread = n
    while spread / 2 >= least and q.limits.in_time(_SAMPLING):
        spread /= 2
        with pair.clock("estimate"):
            count = math.ceil(test / spread)
            if not _fits(pair, sets, count):
                break
            sets.extend(count, keep_going=lambda: q.limits.in_time(_SAMPLING))
            found = n * greedy_cover(sets, c).covered / sets.n_sets
        if found >= (1.0 + wide) * spread:
            return choose / max(found / (1.0 + wide), least), sets
    return choose / least, sets


def _fits(pair: CollectionPair, sets: RRCollection, count: float) -> bool:
    """Whether that many sets, with their index, keep to the memory limit."""
    limit = pair.problem.limits.memory
    return limit is None or sets.expected_nbytes(math.ceil(count)) <= limit


def _only(pair: CollectionPair) -> Generator[Round, None, str]:
    q = pair.problem
    wanted, sets = _estimate(pair)
    a = math.log(2.0 / q.delta)
    reason = BOUND
    if not _fits(pair, sets, wanted * (1.0 + _JUDGES)):
        limit = q.limits.memory
        assert limit is not None
        wanted = limit / (1.0 + _JUDGES) / (sets.expected_nbytes(sets.n_sets) / sets.n_sets)
        reason = MEMORY
    del sets
    count = 0
    while count < wanted:
        count = min(count + _STEP, math.ceil(wanted))
        pair.draw(count, math.ceil(count * _JUDGES))
        if count < wanted and not q.limits.in_time(_SAMPLING):
            reason = TIME
            break
    best = pair.round(count, math.ceil(count * _JUDGES), q.constraint, a)
    yield best
    pair.report(best, 1, 1, q.constraint.guarantee - q.epsilon)
    return reason


def imm(problem: Problem) -> Outcome:
    """Select seeds that reach (1 - 1/e - epsilon) of the optimum with probability at least 1 - delta."""
    pair = CollectionPair(problem)
    best, reason, number = run_rounds(_only(pair))
    return pair.result(best, reason, number, problem.constraint.guarantee - problem.epsilon)


ALGORITHMS = (
    Algorithm(
        name="imm",
        select=imm,
        summary="greedy on as many RR sets as an estimate of the optimum says are needed",
        source="Tang, Shi, Xiao: Influence Maximization in Near-Linear Time. SIGMOD 2015; Chen, CSoNet 2018",
        guarantee="1 - 1/e - epsilon",
        accepts=frozenset({"node_weights"}),
        decreasing_gains=True,
        epsilon=0.1,  # at 0.01 it draws a hundred times as many sets
    ),
)
