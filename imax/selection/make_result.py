"""From the outcome of an algorithm to the result that the user gets."""

import math
from dataclasses import replace

from .. import __version__
from ..diffusion.deadline import Deadline
from ..results import SelectionResult
from .certification import DEFAULT_PRECISION, validate_seeds
from .outcome import INTERRUPT, Outcome
from .problem import Problem

__all__ = ["make_result"]


def make_result(
    problem: Problem,
    outcome: Outcome,
    algorithm: str,
    *,
    certify: bool = False,
    budget: float | None = None,
    target_spread: float | None = None,
    precision: float | None = None,
) -> SelectionResult:
    """Return the outcome of an algorithm in labels, with a certificate if it has none and `certify` is true.

    `precision` is that of `imax.certify`.
    """
    q, c, bounds = problem, problem.constraint, outcome.bounds
    n_rr_sets, n_rr_entries, rounds = outcome.n_rr_sets, outcome.n_rr_entries, outcome.rounds
    seconds = dict(outcome.seconds)
    start_spread = outcome.start_spread
    if bounds is None and certify:
        pair, best, reason, rounds = validate_seeds(problem, outcome.seeds, precision or DEFAULT_PRECISION)
        if reason == INTERRUPT:
            outcome = replace(outcome, stop_reason=INTERRUPT)
        bounds = best.bounds
        n_rr_sets, n_rr_entries = n_rr_sets + best.n_sets, n_rr_entries + best.n_entries
        seconds["certify"] = sum(pair.seconds.values())
        start_spread = pair.spread_of_start()
    known = bounds is not None and math.isfinite(bounds.upper)
    return SelectionResult(
        seeds=q.graph.labels_of(outcome.seeds),
        gains=None if outcome.gains is None else outcome.gains.tolist(),
        scores=None if outcome.scores is None else outcome.scores.tolist(),
        spread=None if bounds is None else bounds.spread,
        interval=None if bounds is None else bounds.interval,
        lower_bound=None if bounds is None else bounds.lower,
        upper_bound=bounds.upper if bounds is not None and known else None,
        ratio=bounds.ratio if bounds is not None and known else None,
        target_ratio=outcome.target_ratio,
        algorithm=outcome.algorithm or algorithm,
        auto=outcome.auto,
        k=c.k,
        model=q.model,
        probability=q.graph.probability.spec,
        epsilon=q.epsilon,
        delta=q.delta,
        budget=budget,
        total_cost=None if c.cost is None else math.fsum(c.cost[outcome.seeds]),
        target_spread=target_spread,
        min_seeds=outcome.min_seeds,
        n_start=int(c.start.size),
        start_spread=start_spread,
        n_nodes=q.graph.n_nodes,
        n_arcs=q.graph.n_arcs,
        n_rr_sets=n_rr_sets,
        n_rr_entries=n_rr_entries,
        n_simulations=outcome.n_simulations,
        rounds=rounds,
        stop_reason=outcome.stop_reason,
        rng_key=q.key,
        version=__version__,
        notes=[*q.notes, *q.limits.notes(outcome.stop_reason)],
        seconds={phase: round(s, 6) for phase, s in seconds.items()} | {"total": round(q.limits.elapsed(), 6)},
        **Deadline.facts(q.deadline),
    )
