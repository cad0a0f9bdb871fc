"""IMM: estimate how many RR sets are needed, then choose the seeds on that many fresh ones.

Tang, Shi and Xiao, "Influence Maximization in Near-Linear Time: A Martingale Approach", SIGMOD 2015, with Chen's
correction ("An Issue in the Martingale Analysis of the Influence Maximization Algorithm IMM", CSoNet 2018): the sets
of the estimate are not used again. A certificate is added, from an eighth as many sets that the choice did not use.
"""

import math
from collections.abc import Generator

from ..._utils.registry import Entry
from ..._utils.streams import Stream, stream_key
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...diffusion.sampler import Sampler
from ...ris.bounds import LEVEL_OF_ROUNDS, imm_sizes
from ...ris.coverage import greedy_cover
from ...ris.marks import Collection
from ..doubling import run_rounds
from ..outcome import BOUND, MEMORY, TIME, TOO_MANY, Outcome
from ..problem import Problem
from ..rounds import MAX_SETS, RESERVE, CollectionPair
from ..settling import Round

__all__ = ["IMM", "imm"]

_VALIDATION_SHARE = 0.125
_FIRST = 1024
_MANY = 1 << 26  # sets drawn if more are needed than can be numbered
_STEP = 1 << 18  # sets drawn between two checks of the time limit
_ESTIMATE_SHARE = 0.25  # share of the time limit for the estimate
_SAMPLING_SHARE = 0.5  # share of the time limit for sampling: index and greedy selection take about as long


def _estimate(pair: CollectionPair) -> tuple[float, Collection, bool]:
    """Return the number of sets that the choice needs, the sets of the estimate, and whether time was too short."""
    q = pair.problem
    c, n = q.constraint, q.total
    min_spread = max(c.min_spread(q.weights), 1e-9 * n)
    test, choose = imm_sizes(n, c.log_choices(), q.epsilon, q.delta, c.guarantee, min_spread=min_spread)
    wide = math.sqrt(2.0) * q.epsilon
    sets = q.collection(
        Sampler(
            q.graph, q.model, stream_key(q.key, Stream.IMM_ESTIMATE), node_weights=q.weights, threads=q.threads,
            diffusion=pair.selection.sampler.diffusion, deadline=q.deadline,
        ),
        store_singletons=False,
    )  # fmt: skip
    spread, target = n, c.guarantee - q.epsilon

    def keep_going() -> bool:
        pair.progress.within(sets.n_sets + sets.sampler.n_underway)
        return q.limits.in_time(_ESTIMATE_SHARE)

    sets.extend(1)
    sets.extend(math.ceil(min(test / spread, _FIRST)), keep_going=keep_going)  # to know how much memory a set takes
    while spread / 2 >= min_spread and keep_going():
        spread /= 2
        with pair.clock("estimate"):
            count = math.ceil(test / spread)
            if not _fits(pair, sets, count):
                break
            # if the optimum is about `spread`, the choice needs so many sets
            pair.progress.phase("sampling", sets.n_sets, count + math.ceil(choose / spread), target)
            if sets.extend(count, keep_going=keep_going) < count:
                return choose / min_spread, sets, True
            found = n * greedy_cover(sets, c).covered / sets.n_sets
        if found >= (1.0 + wide) * spread:
            return choose / max(found / (1.0 + wide), min_spread), sets, False
    return choose / min_spread, sets, not keep_going()


def _fits(pair: CollectionPair, sets: Collection, count: float) -> bool:
    """Whether that many sets can be numbered and, with their index, stay below the memory limit."""
    limit = pair.problem.limits.memory
    return count <= MAX_SETS and (limit is None or sets.expected_nbytes(math.ceil(count)) <= limit)


def _affordable(pair: CollectionPair, sets: Collection, n_needed: float) -> tuple[float, str]:
    """Return how many sets to choose on, at most as many as are needed, and the reason if these are fewer."""
    if _fits(pair, sets, n_needed * (1.0 + _VALIDATION_SHARE)):
        return n_needed, BOUND
    limit = pair.problem.limits.memory
    n_possible, reason = (float(_MANY), TOO_MANY) if n_needed > MAX_SETS else (float(MAX_SETS), MEMORY)
    if limit is not None:
        by_memory = limit * sets.n_sets / max(sets.expected_nbytes(sets.n_sets), 1)
        if by_memory < n_possible:
            n_possible, reason = by_memory, MEMORY
    return min(n_needed, n_possible / (1.0 + _VALIDATION_SHARE)), reason


def _single_round(pair: CollectionPair) -> Generator[Round, None, str]:
    q = pair.problem
    n_needed, sets, late = _estimate(pair)
    a = math.log(2.0 * (1.0 + RESERVE) / q.delta)
    n_needed, reason = _affordable(pair, sets, n_needed)
    n_before = sets.n_sets
    n_total = n_before + math.ceil(n_needed * (1.0 + _VALIDATION_SHARE))
    pair.progress.n_before = n_before
    del sets
    count = 0
    while count < n_needed:
        pair.progress.phase("sampling", n_before + pair.n_sets, n_total, q.constraint.guarantee - q.epsilon)
        count = min(count + _STEP, math.ceil(n_needed))
        pair.draw(count, math.ceil(count * _VALIDATION_SHARE))
        if pair.cut is None and count < n_needed and not q.limits.in_time(_SAMPLING_SHARE):
            pair.cut = TIME
        if pair.cut is not None:
            break
    best = pair.round(count, math.ceil(count * _VALIDATION_SHARE), q.constraint, a, level=LEVEL_OF_ROUNDS)
    yield best
    pair.report(best, 1, 1, q.constraint.guarantee - q.epsilon)
    return TIME if late else pair.cut or reason


def imm(problem: Problem) -> Outcome:
    """Select seeds that reach (1 - 1/e - epsilon) of the optimum with probability at least 1 - delta.

    The proof is for the number of sets that the estimate requires. If a limit of time or memory allows fewer, or if
    they are more than can be numbered, there is no target ratio, and only the certificate of the result holds.
    """
    pair = CollectionPair(problem, share=_SAMPLING_SHARE)
    best, reason, number = run_rounds(_single_round(pair))
    return pair.result(
        best, reason, number, problem.constraint.guarantee - problem.epsilon if reason == BOUND else None
    )


IMM = Entry(
    "imm", imm, "greedy on as many RR sets as an estimate of the optimum requires",
    "Tang, Shi, Xiao: Influence Maximization in Near-Linear Time. SIGMOD 2015; Chen, CSoNet 2018",
    "1 - 1/e - epsilon", frozenset({"client", "node_weights"}) | DEADLINE_ARGUMENTS,
    epsilon=0.1, decreasing_gains=True,  # with 0.01 it draws a hundred times as many sets
)  # fmt: skip
