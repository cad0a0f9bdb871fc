"""The seed with which an order of seeds begins, if RR sets should end at it: decided by a pilot sample.

Bounds for several numbers of seeds need to know which of the seeds are in an RR set. A set that ends at a sentinel does
not show this, unless the sentinel is the first seed in any case. Where influence is high, one node is in nearly all
large sets. It is the first seed then, and all sets end at it. Of the optimum it says nothing: as in HIST, the bound is
for the best nodes besides it, so it holds for any first seed.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ris.collection import RRCollection
from ..ris.constraint import Constraint
from ..ris.coverage import greedy_cover
from .pilot import TIME_SHARE, PilotSets, cut_sizes, draw_pilot, early_node, pays
from .problem import Problem

__all__ = ["CommonSeed", "find_common_seed"]

_COVERED = 4096  # the first seed is chosen when the best node covers so many sets, or all sets hold so many nodes
_ENTRIES = 1 << 22
_LOOSER = 0.02  # share by which the first seed may raise the upper bound

Seeds = NDArray[np.int32]


@dataclass(frozen=True)
class CommonSeed:
    """Where the RR sets for an order of seeds end.

    Attributes
    ----------
    seeds : numpy.ndarray of int32
        The first seed of the order, if the sets end at it; otherwise empty.
    ends : numpy.ndarray of bool, shape (n_nodes,), or None
        Nodes at which the sets end: the first seed, or the start nodes.
    why : str or None
        The reason, for the result.
    """

    seeds: Seeds
    ends: NDArray[np.bool_] | None
    why: str | None = None

    @classmethod
    def none(cls) -> "CommonSeed":
        """Return that the sets are complete, without a reason."""
        return cls(np.empty(0, dtype=np.int32), None)

    def constraint(self, whole: Constraint) -> Constraint:
        """Return the constraint with the first seed required."""
        return whole.given(self.seeds) if self.seeds.size else whole


def find_common_seed(problem: Problem, *, tight: bool = True, drawn: PilotSets | None = None) -> CommonSeed:
    """Decide by a pilot sample where RR sets should end.

    Parameters
    ----------
    problem : Problem
        Of several problems, the one with the fewest seeds, whose seeds the others admit.
    tight : bool, default True
        Whether the sets must not end at a node that raises the upper bound of this problem by more than 2 %.
    drawn : PilotSets, optional
        A pilot sample that is drawn already, to which sets are added. Default: a new one.
    """
    q, c = problem, problem.constraint
    none = np.empty(0, dtype=np.int32)
    try:
        sets, others = drawn or draw_pilot(q)
        size = (
            f"RR sets have {(sets.n_entries + others.n_entries) / (sets.n_sets + others.n_sets):.3g} nodes on average"
        )
        whole = CommonSeed(none, None, f"{size}, and a common first seed would hardly shorten them")
        ends = np.zeros(q.graph.n_nodes, dtype=np.bool_)
        if c.start.size:
            ends[c.start] = True
            return CommonSeed(none, ends, f"{size}, and end at the start nodes")
        first = -1 if c.forced.size or not c.free else _first_seed(sets, q)
        if first < 0:
            return whole
        ends[first] = True
        seeds, cut = np.array([first], dtype=np.int32), float(cut_sizes(sets, ends).mean())
        if not pays(sets.n_entries / sets.n_sets, cut):
            return whole
        if tight and _raises_bound(sets, others, c, seeds):
            return CommonSeed(none, None, f"{size}, and a common first seed would raise the upper bound")
    except MemoryError:
        return CommonSeed(none, None, "there is no memory for a pilot sample")
    return CommonSeed(seeds, ends, f"{size}, and {cut:.3g} if they end at the first seed")


def _first_seed(sets: RRCollection, problem: Problem) -> int:
    """Return an admissible node that is in nearly as many sets as any and that they reach early; -1 for none.

    More sets are drawn if one node shortens those of the pilot.
    """
    constraint = problem.constraint
    first = early_node(sets, constraint)
    if first < 0:
        return -1
    ends = np.zeros(sets.graph.n_nodes, dtype=np.bool_)
    ends[first] = True
    if not pays(sets.n_entries / sets.n_sets, float(cut_sizes(sets, ends).mean())):
        return -1

    def keep_going() -> bool:
        return problem.limits.in_time(TIME_SHARE)

    while int(sets.degree().max()) < _COVERED and sets.n_entries < _ENTRIES and keep_going():
        sets.extend(2 * sets.n_sets, keep_going=keep_going)
    return early_node(sets, constraint)


def _raises_bound(sets: RRCollection, others: RRCollection, constraint: Constraint, seeds: Seeds) -> bool:
    """Return whether these seeds and the best choice besides them cover many more sets than the best choice alone."""
    c = constraint
    alone = others.covered(greedy_cover(sets, c, prefixes=False).seeds)
    allowed = c.allowed.copy()
    allowed[seeds] = False
    with_seeds = dataclasses.replace(c, k=c.k + seeds.size, allowed=allowed, forced=seeds)
    return others.covered(greedy_cover(sets, with_seeds, prefixes=False).seeds) - alone > _LOOSER * alone
