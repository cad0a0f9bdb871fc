"""`auto`: a small pilot sample decides which of the algorithms with a certificate runs.

Worlds serve undirected graphs. Elsewhere, RR sets that end at sentinels pay where RR sets are large and a few nodes
are in many of them, and whole RR sets where not. docs/explanation/regimes has the measurements behind the rules.
"""

import dataclasses
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..._utils.registry import Entry
from ..._utils.streams import Stream, stream_key
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ...diffusion.sampler import Sampler
from ...diffusion.tables import prepare
from ...diffusion.undirected import undirected_edges
from ...ris.collection import RRCollection
from ...ris.coverage import greedy_cover
from ..outcome import Outcome
from ..problem import DEFAULT_EPSILON, Problem
from .hist import SHARE, hist
from .opim_c import opim_c
from .worlds import n_worlds, worlds

__all__ = ["AUTO", "Pilot", "auto", "cut_sizes", "decide", "draw_pilot", "pays", "run_pilot"]

_FIRST_SETS, _LAST_SETS = 64, 256
_ENTRIES = 1 << 14  # the pilot ends once its sets have so many nodes
_FEWEST_SETS = 3  # of the pilot that a sentinel covers
_GAIN, _SAVED = 1.75, 8.0  # sentinels must shorten the sets of the pilot by this factor, and by so many nodes
_FEWEST_WORLDS = 16  # if the memory holds fewer, RR sets serve better
_ENTRIES_PER_LABEL = 0.004  # nodes of RR sets drawn for each label of a world, below which RR sets serve better


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
    """

    n_sets: int
    n_entries: int
    mean: float
    cut: float
    n_sentinels: int
    reached: float


def draw_pilot(problem: Problem) -> tuple[RRCollection, RRCollection]:
    """Draw RR sets of streams of their own until their number or their size suffices for a decision."""
    q = problem
    sampler = Sampler(
        q.graph, q.model, stream_key(q.key, Stream.PILOT), node_weights=q.weights, threads=q.threads,
        diffusion=prepare(q.graph, q.model, q.threads), blocked=q.blocked, deadline=q.deadline,
    )  # fmt: skip
    sets, others = RRCollection(sampler), RRCollection(sampler.with_key(stream_key(q.key, Stream.PILOT_VALIDATION)))
    count = _FIRST_SETS
    sets.extend(count)
    while count < _LAST_SETS and sets.n_entries < _ENTRIES:
        count *= 2
        sets.extend(count)
    others.extend(count)
    return sets, others


def run_pilot(problem: Problem) -> Pilot:
    """Return what a pilot sample shows."""
    q, c = problem, problem.constraint
    sets, others = draw_pilot(q)
    count = sets.n_sets
    chosen = greedy_cover(sets, c, prefixes=False)
    is_sentinel = np.zeros(q.graph.n_nodes, dtype=np.bool_)
    if c.start.size:
        is_sentinel[c.start] = True
    else:
        is_sentinel[chosen.seeds[chosen.gains >= max(_FEWEST_SETS, SHARE * count)]] = True
    cut = float(cut_sizes(sets, is_sentinel).mean())
    n_entries, reached = sets.n_entries + others.n_entries, others.covered(chosen.seeds) / count
    return Pilot(2 * count, n_entries, n_entries / (2 * count), cut, int(is_sentinel.sum()), reached)


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


def decide(problem: Problem) -> tuple[str, str, Callable[[Problem], Outcome], Pilot]:
    """Return the name of the algorithm to run, why, the algorithm, and the pilot."""
    q = problem
    pilot = run_pilot(q)
    size = f"RR sets have {pilot.mean:.3g} nodes on average"
    if q.model == "ic" and q.blocked is None and q.deadline is None and undirected_edges(q.graph) is not None:
        count, reached = n_worlds(q), max(pilot.reached, 1.0 / pilot.n_sets)
        entries = 2.0 * pilot.cut / (reached * q.epsilon**2)
        if count >= _FEWEST_WORLDS and entries > _ENTRIES_PER_LABEL * count * q.graph.n_nodes:
            why = f"each edge has the same probability in both directions, and {size}"
            return "worlds", why, worlds, pilot
    if pays(pilot.mean, pilot.cut):
        ends = "the start nodes" if q.constraint.start.size else f"{pilot.n_sentinels} sentinels"
        return "hist", f"{size}, and {pilot.cut:.3g} if they end at {ends}", hist, pilot
    return "opim-c", f"{size}, and sentinels would hardly shorten them", opim_c, pilot


def auto(problem: Problem) -> Outcome:
    """Decide by a pilot sample which algorithm to run, and run it."""
    began = time.perf_counter()
    try:
        name, why, run, pilot = decide(problem)
    except MemoryError:
        return dataclasses.replace(opim_c(problem), algorithm="opim-c", auto="there is no memory for a pilot sample")
    seconds = time.perf_counter() - began
    outcome = run(problem)
    return dataclasses.replace(
        outcome,
        algorithm=name,
        auto=why,
        n_rr_sets=outcome.n_rr_sets + pilot.n_sets,
        n_rr_entries=outcome.n_rr_entries + pilot.n_entries,
        seconds={"pilot": seconds, **outcome.seconds},
    )


AUTO = Entry(
    "auto", auto, "decides by a small pilot sample whether opim-c, hist or worlds runs; the default",
    "", "as the algorithm that runs",
    frozenset({"client", "node_weights", "start", "quotas", "budget", "group_budgets"}) | DEADLINE_ARGUMENTS,
    epsilon=DEFAULT_EPSILON,
)  # fmt: skip
