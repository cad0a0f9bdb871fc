"""Collections for the certificate of given seeds, whose RR sets end as soon as more nodes would not change a bound.

A set of the validation collection ends at the given seeds, because they cover it in any case. A set of the selection
collection ends at a few sentinels, as in HIST, if a pilot sample shows that this saves much and hardly raises the upper
bound. The pilot is independent of both collections, so the bounds hold for any sentinels.
"""

import dataclasses
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Stream
from ..ris.constraint import Constraint
from ..ris.coverage import Cover, CoverAlgorithm, greedy_cover
from ..ris.marks import Collection
from .algorithms.hist import cover_after
from .pilot import cut_sizes, draw_pilot, pays
from .problem import Problem
from .rounds import CollectionPair

__all__ = ["CERTIFICATE_STREAMS", "certificate_collections"]

CERTIFICATE_STREAMS = (Stream.CERTIFICATE_SELECTION, Stream.CERTIFICATE_VALIDATION)
_SHARE = 1 / 8  # a sentinel covers at least this share of the pilot's sets that earlier sentinels do not cover
_LOOSER = 0.02  # share by which the sentinels may raise the upper bound

Seeds = NDArray[np.int32]


def certificate_collections(
    problem: Problem, common: Seeds, select: CoverAlgorithm = greedy_cover, *, smallest: Problem | None = None
) -> tuple[CollectionPair, CoverAlgorithm]:
    """Return two collections for a certificate, and the function that bounds the optimum on the first.

    Parameters
    ----------
    problem : Problem
    common : numpy.ndarray of int32
        The given seeds; of several seed sets, the seeds that are in all of them.
    select : callable, optional
        Another algorithm than `greedy_cover` gets complete sets.
    smallest : Problem, optional
        Of several problems, the one with the fewest seeds, whose seeds the others admit. Default `problem`.
    """
    n, c = problem.graph.n_nodes, problem.constraint
    if c.start.size:  # what a set contains beyond a start node does not count
        ends = _mark(n, c.start)
        pair = CollectionPair(
            problem, CERTIFICATE_STREAMS, sentinels=(ends, ends), why="RR sets end at the start nodes"
        )
        return pair, select
    sentinels, why = np.empty(0, dtype=np.int32), "RR sets for the upper bound of this algorithm are complete"
    if select is greedy_cover:
        sentinels, why = _find_sentinels(smallest or problem)
    selecting = _mark(n, np.concatenate([c.forced, sentinels])) if sentinels.size else None
    pair = CollectionPair(problem, CERTIFICATE_STREAMS, sentinels=(selecting, _mark(n, common)), why=why)
    return pair, partial(_bound_after, sentinels) if sentinels.size else select


def _mark(n: int, nodes: Seeds) -> NDArray[np.bool_] | None:
    """Return which of n nodes are among these; None if there are none."""
    if not nodes.size:
        return None
    mark = np.zeros(n, dtype=np.bool_)
    mark[nodes] = True
    return mark


def _bound_after(sentinels: Seeds, collection: Collection, constraint: Constraint) -> Cover:
    """Bound the optimum by the best that the sentinels and further admissible nodes cover."""
    return cover_after(collection, constraint.given(sentinels), whole=constraint)


def _find_sentinels(problem: Problem) -> tuple[Seeds, str]:
    """Return admissible nodes at which RR sets should end, none if that saves little or raises the bound; and why."""
    none = np.empty(0, dtype=np.int32)
    c = problem.constraint
    try:
        sets, others = draw_pilot(problem)
        mean = sets.n_entries / sets.n_sets
        whole = f"RR sets have {mean:.3g} nodes on average, and sentinels would hardly shorten them"
        chosen = greedy_cover(sets, c, prefixes=False)
        n_forced = c.forced.size
        found = chosen.seeds[n_forced:][chosen.gains[n_forced:] >= _SHARE * sets.n_sets]
        if not found.size:
            return none, whole
        is_sentinel = _mark(problem.graph.n_nodes, np.concatenate([c.forced, found]))
        assert is_sentinel is not None
        cut = float(cut_sizes(sets, is_sentinel).mean())
        if not pays(mean, cut):
            return none, whole
        # the bound is for the sentinels and as many more nodes as the constraint admits
        allowed = c.allowed.copy()
        allowed[found] = False
        forced = np.concatenate([c.forced, found])
        more = greedy_cover(sets, dataclasses.replace(c, k=c.k + found.size, allowed=allowed, forced=forced))
    except MemoryError:
        return none, "there is no memory for a pilot sample"
    size = f"RR sets have {mean:.3g} nodes on average, and {cut:.3g} if they end at {found.size} sentinels"
    covered = others.covered(chosen.seeds)
    if others.covered(more.seeds) - covered > _LOOSER * covered:
        return none, f"{size}, which would raise the upper bound"
    return found, size
