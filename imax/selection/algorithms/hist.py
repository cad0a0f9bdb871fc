"""HIST: find a few sentinels first, then draw RR sets that end where they meet a sentinel.

Guo, Wang, Wei and Chen, "Influence Maximization Revisited: Efficient Reverse Reachable Set Generation with Bound
Tightened", SIGMOD 2020. Where influence is high, an RR set contains a large share of all nodes. Most of this work is
not needed once the seeds that cover most sets are known. Two things differ from the paper. Only seeds that cover a
large share of the sets become sentinels: later seeds end few sets, and their choice on the few sets of the first phase
would be mostly chance. The bound of the optimum is a bound of the sentinels together with k more nodes, so that the
certificate of the second phase does not depend on the first.
"""

import dataclasses
from functools import partial

import numpy as np

from ..._utils.registry import Entry
from ..._utils.streams import Stream
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...ris.bounds import OpimSchedule
from ...ris.constraint import Constraint
from ...ris.coverage import Cover, greedy_cover
from ...ris.marks import Collection
from ..outcome import Outcome
from ..problem import DEFAULT_EPSILON, Problem
from ..rounds import CollectionPair, Round, Stopped, doubling_rounds, run_rounds
from .opim_c import certified_rounds, schedule_of, target_ratio

__all__ = ["HIST", "SHARE", "cover_after", "hist"]

SHARE = 1 / 32  # of the sets: a sentinel covers at least this share that earlier sentinels do not cover
_ALL = 2**62
_MUCH_WORK = 1 << 24  # nodes of complete sets, after which any sentinels are better than more of them
_STREAMS = (Stream.SENTINEL_SELECTION, Stream.SENTINEL_VALIDATION)


def _n_worthwhile(cover: Cover, n_sets: int, n_forced: int) -> int:
    """Return how many of the first seeds each cover enough sets; required seeds count in any case."""
    few = np.flatnonzero(cover.gains[n_forced:] < SHARE * n_sets)
    return n_forced + (int(few[0]) if few.size else cover.gains.size - n_forced)


def _find_sentinels(problem: Problem, pair: CollectionPair) -> tuple[Constraint, Cover | None]:
    """Find sentinels that certainly reach their share of the optimum; after much work or with limits, any that pay.

    Returns
    -------
    tuple of (Constraint, Cover or None)
        The constraint with the sentinels required, and the choice on complete sets; None if there are no sentinels.
    """
    c = problem.constraint
    epsilon = problem.epsilon / 2
    schedule = _schedule(problem)

    def make_round(number: int, count: int) -> Round:
        return pair.round(count, count, c, schedule.a)

    try:
        for found in doubling_rounds(pair, schedule, make_round, lambda best: None):
            b = _n_worthwhile(found.cover, found.n_selecting, c.forced.size)
            if b == c.forced.size:
                break
            if c.is_plain:
                # as good as the first b steps of greedy must be; for most of the seeds, as good as all steps
                share = min(1.0 - (1.0 - 1.0 / c.k) ** b, c.guarantee) - epsilon
                validated = pair.validate(found.cover, found.cover.seeds[:b], c.start, schedule.a)
                if validated.bounds.lower < share * validated.bounds.upper and pair.n_entries < _MUCH_WORK:
                    continue
            return c.given(found.cover.seeds[c.forced.size : b]), found.cover
    except Stopped:
        pass
    return c, None


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


def hist(problem: Problem) -> Outcome:
    """Select seeds that reach (guarantee - epsilon) of the optimum with probability at least 1 - delta.

    With nodes that are active from the start, RR sets end at these: what they would contain beyond does not count.
    """
    c = constraint = problem.constraint
    found, n_sets, n_entries, seconds = None, 0, 0, {}
    is_sentinel = np.zeros(problem.graph.n_nodes, dtype=np.bool_)
    is_sentinel[c.start] = True
    if not c.start.size:
        first = CollectionPair(problem, _STREAMS)
        constraint, found = _find_sentinels(problem, first)
        n_sets, n_entries, seconds = first.n_sets, first.n_entries, {"sentinels": sum(first.seconds.values())}
        del first
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
