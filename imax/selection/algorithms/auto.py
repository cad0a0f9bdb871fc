"""`auto`: a small pilot sample decides which of the algorithms with a certificate runs.

Worlds serve undirected graphs. Elsewhere, RR sets that end at sentinels pay where RR sets are large and a few nodes
are in many of them, and whole RR sets where not. docs/explanation/regimes has the measurements behind the rules.
"""

import dataclasses
import time
from collections.abc import Callable
from functools import partial

from ..._utils.registry import Entry
from ...diffusion.deadline import DEADLINE_ARGUMENTS
from ..outcome import Outcome
from ..pilot import Pilot, PilotSets, pays, run_pilot
from ..problem import DEFAULT_EPSILON, Problem
from .hist import hist
from .opim_c import opim_c
from .worlds import has_components, n_worlds, worlds

__all__ = ["AUTO", "auto", "decide", "why_worlds"]

_FEWEST_WORLDS = 16  # if the memory holds fewer, RR sets serve better
_ENTRIES_PER_LABEL = 0.004  # RR sets serve better if they draw fewer nodes than this for each label of a world


def decide(problem: Problem, drawn: PilotSets | None = None) -> tuple[str, str, Callable[[Problem], Outcome], Pilot]:
    """Return the name of the algorithm to run, why, the algorithm, and the pilot; `drawn` is as for `run_pilot`."""
    q = problem
    pilot = run_pilot(q, drawn)
    size = f"RR sets have {pilot.mean:.3g} nodes on average"
    if has_components(q):
        count, reached = n_worlds(q), max(pilot.reached, 1.0 / pilot.n_sets)
        entries = 2.0 * pilot.cut / (reached * q.epsilon**2)
        if count >= _FEWEST_WORLDS and entries > _ENTRIES_PER_LABEL * count * q.graph.n_nodes:
            why = f"each edge has the same probability in both directions, and {size}"
            return "worlds", why, worlds, pilot
    if pays(pilot.mean, pilot.cut):
        ends = "the start nodes" if q.constraint.start.size else f"{pilot.n_sentinels} sentinels"
        return "hist", f"{size}, and {pilot.cut:.3g} if they end at {ends}", partial(hist, first=pilot.first), pilot
    return "opim-c", f"{size}, and sentinels would hardly shorten them", opim_c, pilot


def why_worlds(problem: Problem, drawn: PilotSets | None = None) -> str | None:
    """Return why `auto` runs on worlds; None if it does not. `drawn` is as for `run_pilot`."""
    if not has_components(problem):
        return None
    try:
        name, why, *_ = decide(problem, drawn)
    except MemoryError:
        return None
    return why if name == "worlds" else None


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
