"""How ``imax cim`` prints assignments and comparisons, one for each set of active participants."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .context import Context
from .facts import Fact, algorithm_fact, closing_facts, graph_fact, interval_facts, rr_sets_fact, validations_text
from .output import as_csv, as_facts, as_table

if TYPE_CHECKING:
    from ..capacity import Assignment, CapacityComparison, CapacityProblem, Diagnosis
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["as_assignments", "as_comparisons", "as_diagnoses"]

_COLUMNS = (
    "algorithm", "rank", "complete", "spread", "low", "high", "n_validations", "lower_bound", "upper_bound", "ratio",
    "seconds", "n_seeds", "unused_slots", "n_rr_sets", "n_simulations", "stop_reason",
)  # fmt: skip
_DIAGNOSIS = (
    "curvature", "curvature_bound", "guarantee", "n_candidates", "n_shared", "mean_inviters", "shared_lists",
    "shared_reach", "n_rr_sets", "delta",
)  # fmt: skip
_TITLES = ("rank", "algorithm", "spread", "95 % interval", "certified", "time", "invited", "left", "stopped")


def as_assignments(context: Context, graph: "InfluenceGraph", found: "Sequence[Assignment]") -> str:
    """Return all assignments as text in the format of ``--format``."""
    if context.form == "json":
        return context.as_json({"sets": [one.to_dict() for one in found]})
    if context.form == "csv":
        rows = [(number, *row) for number, one in enumerate(found, 1) for row in one.rows()]
        return as_csv(("set", "ap", "friend", "rank", "gain"), rows)
    number_labels = graph.labels.kind != "object"
    parts = []
    for number, one in enumerate(found, 1):
        cells = [(str(ap), str(friend), str(rank), f"{gain:,.2f}") for ap, friend, rank, gain in one.rows()]
        table = as_table(("ap", "friend", "rank", "gain"), cells, (number_labels, number_labels, True, True))
        parts.append(f"{_heading(number, len(found))}{table}\n{as_facts(_facts(context, graph, one))}")
    return "\n".join(parts)


def _heading(number: int, total: int) -> str:
    return f"Set {number} of {total}\n\n" if total > 1 else ""


def _active_fact(graph: "InfluenceGraph", one: "Assignment | CapacityComparison") -> Fact:
    return "Active", f"{one.n_active:,} of {graph.n_nodes:,} nodes, with {one.n_pairs:,} pairs to choose among"


def _facts(context: Context, graph: "InfluenceGraph", one: "Assignment") -> list[Fact]:
    unused = f", {one.unused_slots:,} of {one.n_slots:,} invitations left" if one.unused_slots else ""
    facts = [_active_fact(graph, one), ("Invited", f"{len(one.seeds):,} friends{unused}")]
    if one.without_friends:
        names = ", ".join(str(ap) for ap in one.without_friends[:5])
        more = ", ..." if len(one.without_friends) > 5 else ""
        facts.append(("Without friends", f"{len(one.without_friends):,} of the active: {names}{more}"))
    phases = ", ".join(f"{phase} {value:.3f}" for phase, value in one.seconds.items() if phase != "total")
    return [
        *facts,
        *interval_facts(one, "these friends", "any that the capacities admit"),
        algorithm_fact(one.algorithm if one.oracle is None else f"{one.algorithm}, oracle {one.oracle}", one.auto),
        *([] if one.acceptance is None else [("Acceptance", one.acceptance)]),
        graph_fact(graph, one),
        rr_sets_fact(one),
        *([("Simulations", f"{one.n_simulations:,}")] if one.n_simulations else []),
        *closing_facts(one.stop_reason, f"{one.seconds['total']:.3f} s ({phases})", context.rng),
    ]


def as_comparisons(context: Context, graph: "InfluenceGraph", found: "Sequence[CapacityComparison]") -> str:
    """Return all comparisons as text in the format of ``--format``."""
    if context.form == "json":
        return context.as_json({"sets": [one.to_dict() for one in found]})
    if context.form == "csv":
        return as_csv(
            ("set", *_COLUMNS), [(number, *_row(row)) for number, one in enumerate(found, 1) for row in one.rows]
        )
    parts = []
    for number, one in enumerate(found, 1):
        right = (True, False, True, True, True, True, True, True, False)
        table = as_table(_TITLES, [_cells(row) for row in one.rows], right)
        parts.append(f"{_heading(number, len(found))}{table}\n{as_facts(_comparison_facts(context, graph, one))}")
    return "\n".join(parts)


def _row(row: Any) -> tuple[Any, ...]:
    return (
        row.algorithm, row.rank, row.complete, row.spread, *row.interval, row.n_validations, row.lower_bound,
        row.upper_bound, row.ratio, row.seconds, len(row.seeds), row.unused_slots, row.n_rr_sets, row.n_simulations,
        row.stop_reason,
    )  # fmt: skip


def _cells(row: Any) -> tuple[str, ...]:
    return (
        "-" if row.rank is None else str(row.rank), row.algorithm, f"{row.spread:,.1f}",
        f"{row.interval[0]:,.1f} to {row.interval[1]:,.1f}",
        f"{row.ratio:.1%}", f"{row.seconds:,.3f} s", f"{len(row.seeds):,}", f"{row.unused_slots:,}",
        row.stop_reason if row.complete else f"{row.stop_reason}; incomplete",
    )  # fmt: skip


def _comparison_facts(context: Context, graph: "InfluenceGraph", one: "CapacityComparison") -> list[Fact]:
    return [
        _active_fact(graph, one),
        ("Invitations", f"{one.n_slots:,}"),
        graph_fact(graph, one),
        ("Spread", f"{validations_text(one)}, among those who are not active"),
        ("Rank", "by spread; incomplete rows have none"),
        ("Certified", f"share of the optimum; each fails with probability {one.delta:.2g}"),
        ("Random seed", str(context.rng)),
    ]


def as_diagnoses(
    context: Context,
    graph: "InfluenceGraph",
    problems: "Sequence[CapacityProblem]",
    found: "Sequence[Diagnosis]",
) -> str:
    """Return all diagnoses as text in the format of ``--format``."""
    if context.form == "json":
        return context.as_json({"sets": [one.to_dict() for one in found]})
    if context.form == "csv":
        rows = [(number, *(getattr(one, name) for name in _DIAGNOSIS)) for number, one in enumerate(found, 1)]
        return as_csv(("set", *_DIAGNOSIS), rows)
    parts = []
    for number, (problem, one) in enumerate(zip(problems, found, strict=False), 1):
        facts: list[Fact] = [
            ("Active", f"{len(problem.active):,} of {graph.n_nodes:,} nodes, with {problem.n_pairs:,} pairs"),
            ("Candidates", f"{one.n_candidates:,}, each of {one.mean_inviters:.2f} participants on average"),
            ("Shared", f"{one.n_shared:,} candidates of at least two participants"),
            ("Shared lists", f"{one.shared_lists:.1%} of a list on average are candidates of others, too"),
            ("Shared reach", f"{one.shared_reach:.1%} of the RR sets with a candidate have at least two"),
            ("Curvature", f"{one.curvature:.3f}, at most {one.curvature_bound:.3f}"),
            ("Guarantee", f"{one.guarantee:.1%} of the optimum for round robin on exact spreads"),
            ("Failure probability", f"{one.delta:.2g} that the bound is wrong"),
            ("RR sets", f"{one.n_rr_sets:,}"),
            ("Random seed", str(context.rng)),
        ]
        parts.append(f"{_heading(number, len(found))}{as_facts(facts)}")
    return "\n".join(parts)
