"""``imax seed --robust``: seeds for probabilities that are known as intervals."""

from typing import TYPE_CHECKING, Any

from .arguments import reject_options
from .context import Context
from .facts import Fact, closing_facts, model_text
from .output import as_csv, as_facts, as_lines, as_table
from .progress import selection_progress

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..selection.robust import RobustResult

__all__ = ["check_robust", "print_robust"]

_NOT_WITH_ROBUST = ("algorithm", "certify", "oracle", "n_rr_sets", "n_simulations", "target_spread", "verify")


def check_robust(options: dict[str, Any]) -> None:
    """Reject options that a robust selection does not support, before the work starts."""
    reject_options(options, _NOT_WITH_ROBUST, "--robust and --uncertainty")


def print_robust(
    context: Context, graph: "InfluenceGraph", arguments: dict[str, Any], uncertainty: float | None
) -> int:
    """Select, print the seeds and return the exit code."""
    from ..selection import maximize_robust

    result = maximize_robust(
        graph,
        uncertainty=uncertainty,
        **context.work,
        progress=selection_progress(context.status),
        **arguments,
    )
    return context.finish(_text(context, result), notes=result.notes)


def _text(context: Context, result: "RobustResult") -> str:
    if context.form == "json":
        return context.as_json(result.to_dict())
    if context.form == "plain":
        return as_lines(result.seeds)
    rows = list(enumerate(result.seeds, 1))
    if context.form == "csv":
        return as_csv(("rank", "node"), rows)
    table = as_table(("rank", "node"), [(str(rank), str(label)) for rank, label in rows], (True, False))
    return f"{table}\n{as_facts(_facts(context, result))}"


def _facts(context: Context, result: "RobustResult") -> list[Fact]:
    low, high = result.interval_lower
    n = len(result)
    return [
        ("Probabilities", result.uncertainty),
        ("Model", model_text(result)),
        ("Spread, all low", f"{result.spread_lower:,.1f} (95 % interval {low:,.1f} to {high:,.1f})"),
        ("Spread, all high", f"{result.spread_upper:,.1f}"),
        ("Certified", f"at least {result.robust_ratio:.1%} of the best possible, whatever the probabilities are"),
        ("Failure probability", f"{result.delta:.2g} that a bound is wrong"),
        ("Chosen on", f"the {result.chosen_on} ends; {result.overlap} of {n} seeds are chosen on both"),
        *closing_facts(result.on_lower.stop_reason, f"{result.seconds['total']:.2f} s", context.rng),
    ]
