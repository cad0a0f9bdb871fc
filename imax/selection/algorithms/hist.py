"""HIST: find a few sentinels first, then draw RR sets that end where they meet a sentinel.

Guo, Wang, Wei and Chen, "Influence Maximization Revisited: Efficient Reverse Reachable Set Generation with Bound
Tightened", SIGMOD 2020. Where influence is high, an RR set contains a large share of all nodes. Most of this work is
not needed once the seeds that cover most sets are known. Two things differ from the paper. Only seeds that cover a
large share of the sets become sentinels: later seeds end few sets, and their choice on the few sets of the first phase
would be mostly chance. The bound of the optimum is a bound of the sentinels together with k more nodes, so that the
certificate of the second phase does not depend on the first.
"""

import dataclasses
import time
from functools import partial

import numpy as np

from ..._utils.registry import Entry
from ..._utils.streams import Stream
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...ris.bounds import OpimSchedule
from ...ris.constraint import Constraint
from ...ris.coverage import Cover, greedy_cover
from ...ris.marks import Collection
from ..doubling import doubling_rounds, run_rounds
from ..outcome import Outcome
from ..pilot import SHARE, draw_pilot, first_sentinel
from ..problem import DEFAULT_EPSILON, Problem
from ..rounds import CollectionPair, Stopped
from ..settling import Round
from .opim_c import certified_rounds, schedule_of, target_ratio

__all__ = ["HIST", "cover_after", "hist"]

_ALL = 2**62
_MUCH_WORK = 1 << 24  # after complete sets with so many nodes, any sentinels are better than more complete sets
_EARLY_SHARE = 0.5  # share of the time limit for the first round of the first phase
_STREAMS = (Stream.SENTINEL_SELECTION, Stream.SENTINEL_VALIDATION)


def _n_worthwhile(cover: Cover, n_sets: int, n_forced: int) -> int:
    """Return how many of the first seeds each cover enough sets; required seeds count in any case."""
    few = np.flatnonzero(cover.gains[n_forced:] < SHARE * n_sets)
    return n_forced + (int(few[0]) if few.size else cover.gains.size - n_forced)


def _find_first(problem: Problem) -> tuple[int, int, int]:
    """Return the first sentinel that a pilot sample shows, -1 for none, and the sets and nodes of the sample."""
    try:
        sets, others = draw_pilot(problem)
    except MemoryError:
        return -1, 0, 0
    return first_sentinel(sets, problem.constraint), sets.n_sets + others.n_sets, sets.n_entries + others.n_entries


def _find_sentinels(problem: Problem, pair: CollectionPair, given: Constraint) -> tuple[Constraint, Cover | None]:
    """Find sentinels that certainly reach their share of the optimum; after much work or with limits, any that pay.

    Parameters
    ----------
    problem : Problem
    pair : CollectionPair
        The sets end at the first sentinel, if there is one.
    given : Constraint
        With the first sentinel required.

    Returns
    -------
    tuple of (Constraint, Cover or None)
        The constraint with the sentinels required, and the choice on these sets; None if there are no sentinels.
    """
    c = problem.constraint
    last = None
    epsilon = problem.epsilon / 2
    schedule = _schedule(problem)

    def make_round(number: int, count: int) -> Round:
        return pair.round(count, count, given, schedule.a, select=partial(cover_after, whole=c))

    try:
        for found in doubling_rounds(pair, schedule, make_round, lambda best: None):
            last = found.cover
            if pair.cut is not None:
                break
            b = _n_worthwhile(last, found.n_selecting, given.forced.size)
            if b == c.forced.size:
                break
            if c.is_plain:
                # as good as the first b steps of greedy must be; for most of the seeds, as good as all steps
                share = min(1.0 - (1.0 - 1.0 / c.k) ** b, c.guarantee) - epsilon
                validated = pair.validate(last, last.seeds[:b], c.start, schedule.a)
                if validated.bounds.lower < share * validated.bounds.upper and pair.n_entries < _MUCH_WORK:
                    continue
            return c.given(last.seeds[c.forced.size : b]), last
    except Stopped:
        pass
    return (c, None) if given is c else (given, last)


def _schedule(problem: Problem) -> OpimSchedule:
    """Return the numbers of RR sets of one phase: each phase has half of epsilon and half of delta."""
    return schedule_of(problem, problem.delta / 2, epsilon=problem.epsilon / 2)


def cover_after(collection: Collection, constraint: Constraint, *, whole: Constraint) -> Cover:
    """Choose after the sentinels, which `constraint` requires, and bound what `whole` admits besides them.

    The optimum together with the sentinels is at least as good as the optimum. So the bound is for the sentinels and
    as many further nodes as the whole constraint admits.
    """
    if whole.is_plain:
        return greedy_cover(collection, constraint, k=whole.free)
    found = greedy_cover(collection, constraint)
    bound = found.upper_bound if constraint is whole else _ALL
    for seeds in (constraint.forced, found.seeds):
        given = dataclasses.replace(whole, k=seeds.size, forced=seeds)
        bound = min(bound, greedy_cover(collection, given, k=whole.free).upper_bound)
    return dataclasses.replace(found, upper_bound=bound)


def hist(problem: Problem, first: int | None = None) -> Outcome:
    """Select seeds that reach (guarantee - epsilon) of the optimum with probability at least 1 - delta.

    With nodes that are active from the start, RR sets end at these: what they would contain beyond does not count.
    `first` is the first sentinel if a pilot sample was drawn before, -1 for none.
    """
    c = constraint = problem.constraint
    found, n_sets, n_entries = None, 0, 0
    seconds: dict[str, float] = {}
    is_sentinel = np.zeros(problem.graph.n_nodes, dtype=np.bool_)
    is_sentinel[c.start] = True
    if not c.start.size:
        began = time.perf_counter()
        if first is None:
            first, n_sets, n_entries = _find_first(problem)
        given, mark = c, None
        if first >= 0:
            given = c.given(np.array([first], dtype=np.int32))
            mark = np.zeros(problem.graph.n_nodes, dtype=np.bool_)
            mark[given.forced] = True
        early = CollectionPair(problem, _STREAMS, sentinels=(mark, mark), share=_EARLY_SHARE)
        constraint, found = _find_sentinels(problem, early, given)
        n_sets, n_entries = n_sets + early.n_sets, n_entries + early.n_entries
        seconds = {"sentinels": time.perf_counter() - began}
        del early
        if found is not None:
            is_sentinel[constraint.forced] = True
    mark = is_sentinel if is_sentinel.any() else None
    pair = CollectionPair(problem, sentinels=(mark, mark))
    select = partial(cover_after, whole=c)
    best, reason, number = run_rounds(certified_rounds(pair, _schedule(problem), select, constraint))
    outcome = pair.result(best, reason, number, target_ratio(problem))
    gains = outcome.gains
    if found is not None and gains is not None:
        # a cut set shows only its first sentinel: divide the gains as on the complete sets
        b = constraint.forced.size
        gains[:b] = found.gains[:b] * (gains[:b].sum() / max(found.gains[:b].sum(), 1))
    return dataclasses.replace(
        outcome,
        n_rr_sets=outcome.n_rr_sets + n_sets,
        n_rr_entries=outcome.n_rr_entries + n_entries,
        seconds={**seconds, **outcome.seconds},
    )


HIST = Entry(
    "hist", hist, "OPIM-C with RR sets that end at a few sentinels; for graphs where influence is high",
    "Guo, Wang, Wei, Chen: Influence Maximization Revisited. SIGMOD 2020",
    "as opim-c",
    frozenset({"client", "node_weights", "start", "quotas", "budget", "group_budgets"}) | DEADLINE_ARGUMENTS,
    epsilon=DEFAULT_EPSILON,
)  # fmt: skip
