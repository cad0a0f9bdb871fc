"""A pilot sample: small collections of complete RR sets that show how an algorithm should draw its own."""

import dataclasses
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Stream, stream_key
from ..diffusion.sampler import Sampler
from ..diffusion.tables import prepare
from ..ris.collection import RRCollection
from ..ris.constraint import Constraint
from ..ris.coverage import greedy_cover
from .problem import Problem

__all__ = [
    "SHARE",
    "TIME_SHARE",
    "Pilot",
    "PilotSets",
    "cut_sizes",
    "draw_pilot",
    "early_node",
    "first_sentinel",
    "pays",
    "run_pilot",
]

TIME_SHARE = 0.25  # share of the time limit
SHARE = 1 / 32  # a sentinel covers at least this share of the sets, not counting sets that earlier sentinels cover
_FIRST_SETS, _LAST_SETS = 16, 256
# the pilot ends when its sets have `_ENTRIES` nodes in total and either `_MANY_SETS` sets are drawn or
# `_LARGE_SETS` sets of at least the mean size
_ENTRIES = 1 << 14
_MANY_SETS, _LARGE_SETS = 128, 8
_FEWEST_SETS = 3  # a sentinel covers at least so many sets of the pilot
_GAIN, _SAVED = 1.75, 8.0  # sentinels must shorten the sets of the pilot by this factor, and by so many nodes
_FIRST_SHARE = 1 / 8  # the first sentinel covers at least this share of the sets
_NEARLY = 1 / 200  # share of the sets of the best node that the first sentinel may miss
_LARGE = 512.0  # a first sentinel saves time if a set has more nodes than this on average

PilotSets: TypeAlias = tuple[RRCollection, RRCollection]


@dataclasses.dataclass(frozen=True)
class Pilot:
    """What the pilot's RR sets show.

    Attributes
    ----------
    n_sets, n_entries : int
    mean : float
        Mean number of nodes of the sets.
    cut : float
        Mean number of nodes up to the first sentinel.
    n_sentinels : int
        Number of nodes at which sets would end.
    reached : float
        Share of as many further sets that the greedy choice on these covers.
    first : int
        See `first_sentinel`.
    """

    n_sets: int
    n_entries: int
    mean: float
    cut: float
    n_sentinels: int
    reached: float
    first: int


def draw_pilot(problem: Problem) -> PilotSets:
    """Draw RR sets of streams of their own until their number or their size suffices for a decision.

    At a share of the time limit, the sets that there are must suffice: at least one in each collection. The sets do not
    depend on the constraint of the problem.
    """
    q = problem
    sampler = Sampler(
        q.graph, q.model, stream_key(q.key, Stream.PILOT), node_weights=q.weights, threads=q.threads,
        diffusion=prepare(q.graph, q.model, q.threads), blocked=q.blocked, deadline=q.deadline,
    )  # fmt: skip
    sets, others = RRCollection(sampler), RRCollection(sampler.with_key(stream_key(q.key, Stream.PILOT_VALIDATION)))

    def keep_going() -> bool:
        return q.limits.in_time(TIME_SHARE)

    count = _FIRST_SETS
    sets.extend(1)
    sets.extend(count, keep_going=keep_going)
    while count < _LAST_SETS and not _is_enough(sets) and keep_going():
        count *= 2
        sets.extend(count, keep_going=keep_going)
    others.extend(1)
    others.extend(sets.n_sets, keep_going=keep_going)
    return sets, others


def _is_enough(sets: RRCollection) -> bool:
    """Return whether sets suffice: a few large sets among small ones say too little about what they share."""
    if sets.n_entries < _ENTRIES:
        return False
    n_large = np.count_nonzero(np.diff(sets.offsets) * sets.n_sets >= sets.n_entries)
    return sets.n_sets >= _MANY_SETS or bool(n_large >= _LARGE_SETS)


def run_pilot(problem: Problem, drawn: PilotSets | None = None) -> Pilot:
    """Return what a pilot sample shows: one that is drawn already, or a new one."""
    q, c = problem, problem.constraint
    sets, others = drawn or draw_pilot(q)
    count = sets.n_sets
    chosen = greedy_cover(sets, c, prefixes=False)
    first = -1 if c.start.size else first_sentinel(sets, c)
    is_sentinel = np.zeros(q.graph.n_nodes, dtype=np.bool_)
    if c.start.size:
        is_sentinel[c.start] = True
    else:
        is_sentinel[chosen.seeds[chosen.gains >= max(_FEWEST_SETS, SHARE * count)]] = True
        if first >= 0:
            is_sentinel[first] = True
    cut = float(cut_sizes(sets, is_sentinel).mean())
    n_entries, reached = sets.n_entries + others.n_entries, others.covered(chosen.seeds) / others.n_sets
    total = count + others.n_sets
    return Pilot(total, n_entries, n_entries / total, cut, int(is_sentinel.sum()), reached, first)


def cut_sizes(sets: RRCollection, is_sentinel: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number of nodes of each set up to its first sentinel, or all of them."""
    sizes = np.diff(sets.offsets)
    place = np.arange(sets.n_entries) - np.repeat(sets.offsets[:-1], sizes)
    ends = np.where(is_sentinel[sets.nodes], place + 1, np.repeat(sizes, sizes))
    cut: NDArray[np.int64] = np.minimum.reduceat(ends, sets.offsets[:-1])
    return cut


def pays(mean: float, cut: float) -> bool:
    """Return whether sets that end at sentinels, with `cut` nodes on average instead of `mean`, save much."""
    return mean >= max(_GAIN * cut, cut + _SAVED)


def first_sentinel(sets: RRCollection, constraint: Constraint) -> int:
    """Return an admissible node that is in nearly as many large RR sets as any and that they reach early; -1 for none.

    Where influence is high, many nodes are in all large sets, and their gains are equal but for chance. A set ends
    soonest at those that it reaches first.
    """
    if not constraint.free or sets.n_entries < _LARGE * sets.n_sets:
        return -1
    return early_node(sets, constraint, _FIRST_SHARE)


def early_node(sets: RRCollection, constraint: Constraint, share: float = SHARE) -> int:
    """Return the admissible node at which the RR sets end soonest, among those in nearly as many sets as any.

    It is in at least a share of the sets; -1 if no node is.
    """
    c = constraint
    n = sets.graph.n_nodes
    sizes = np.diff(sets.offsets)
    owner = np.repeat(np.arange(sets.n_sets), sizes)
    is_forced = np.zeros(n, dtype=np.bool_)
    is_forced[c.forced] = True
    is_open = ~np.logical_or.reduceat(is_forced[sets.nodes], sets.offsets[:-1])[owner]
    gain = np.bincount(sets.nodes[is_open], minlength=n)
    # other limits than a number admit each node of the greedy choice
    candidates = (
        np.flatnonzero(c.allowed) if c.is_plain else greedy_cover(sets, c, prefixes=False).seeds[c.forced.size :]
    )
    least = gain[candidates].max(initial=0)
    least -= max(1, int(least * _NEARLY))
    if least < share * sets.n_sets:
        return -1
    # the nodes that a set does not reach after this one
    saved = np.bincount(sets.nodes[is_open], (sets.offsets[1:][owner] - 1 - np.arange(owner.size))[is_open], n)
    candidates = candidates[gain[candidates] >= least]
    return int(candidates[np.argmax(saved[candidates])])
