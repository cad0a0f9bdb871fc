"""Facts below the tables: the certificate, the graph, the samples and how the run ended."""

from typing import TYPE_CHECKING, Any

from .._utils.durations import time_text

if TYPE_CHECKING:
    from ..annotate import Selection
    from ..capacity import Assignment
    from ..graph.influence_graph import InfluenceGraph
    from ..results import Certificate, SelectionResult

__all__ = [
    "Fact", "algorithm_fact", "certificate_facts", "closing_facts", "graph_fact", "interval_facts", "model_text",
    "rr_sets_fact", "time_fact", "validations_text",
]  # fmt: skip

Fact = tuple[str, str]


def certificate_facts(result: "SelectionResult | Certificate", best: str) -> list[Fact]:
    """Return the certificate in words; `best` names what the seeds are compared with."""
    if result.interval is None:
        return [("Certificate", "none: this algorithm has none of its own; --certify adds one")]
    if result.start_spread is None:
        return interval_facts(result, "these seeds", best)
    start = ("Start nodes", f"{result.start_spread:,.1f} reached by them alone")
    return [start, *interval_facts(result, "these seeds", best, " more than the start nodes")]


def interval_facts(
    result: "SelectionResult | Certificate | Assignment | Selection", these: str, best: str, more: str = ""
) -> list[Fact]:
    """Return the estimate and the bounds in words."""
    assert result.interval is not None
    low, high = result.interval
    name, value = ("influence", result.influence) if hasattr(result, "influence") else ("spread", result.spread)
    facts = [
        (f"Estimated {name}", f"{value:,.1f}{more} (95 % interval {low:,.1f} to {high:,.1f})"),
        ("Lower bound", f"{result.lower_bound:,.1f} reached by {these} at least"),
    ]
    if result.upper_bound is not None:
        facts += [
            ("Upper bound", f"{result.upper_bound:,.1f} reached by {best} at most"),
            ("Certified", f"at least {result.ratio:.1%} of the best possible"),
        ]
    facts.append(("Failure probability", f"{result.delta:.2g} that a bound is wrong"))
    return facts


def graph_fact(graph: "InfluenceGraph", result: Any) -> Fact:
    """Return the size of the graph, and the probabilities, the model and the deadline of a result."""
    size = f"{graph.n_nodes:,} nodes, {graph.n_arcs:,} arcs"
    return "Graph", f"{size}, {result.probability}, {model_text(result)}"


def model_text(result: Any) -> str:
    """Return the model and the deadline of a result."""
    until = ""
    if result.max_steps is not None:
        until = f", at most {result.max_steps:,} step{'s' if result.max_steps > 1 else ''}"
    elif result.deadline is not None:
        until = f", until {time_text(result.deadline, result.delay)} with delays {result.delay}"
    return f"{result.model.upper()}{until}"


def validations_text(found: Any) -> str:
    """Return how many simulations estimated the spread of each row of a comparison."""
    done = sorted(row.n_validations for row in found.rows)
    if done[0] == found.n_simulations:
        return f"by {found.n_simulations:,} simulations of each"
    numbers = f"{done[0]:,}" if done[0] == done[-1] else f"{done[0]:,} to {done[-1]:,}"
    return f"by {numbers} simulations of each, not {found.n_simulations:,}, because of the time limit"


def rr_sets_fact(result: Any, rounds: str = "rounds") -> Fact:
    """Return the number and the size of the RR sets of a result."""
    return "RR sets", f"{result.n_rr_sets:,} with {result.n_rr_entries:,} nodes, in {result.rounds} {rounds}"


def algorithm_fact(name: str, auto: str | None) -> Fact:
    """Return the algorithm, and what a pilot sample decided."""
    return "Algorithm", name if auto is None else f"{name} (auto: {auto})"


def closing_facts(stop_reason: str, time: str, random_seed: int) -> list[Fact]:
    """Return why and when a run stopped, and its random seed."""
    return [("Stopped", stop_reason), time_fact(time), ("Random seed", str(random_seed))]


def time_fact(time: str) -> Fact:
    """Return a time, with the part of it that will not be needed again because the compiled functions are stored."""
    from ..kernels.compiling import compile_seconds

    compiling = compile_seconds()
    once = f"; {compiling:.2f} s of it to compile functions, which later runs load" if compiling else ""
    return "Time", time + once
