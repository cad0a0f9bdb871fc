"""How ``imax seed`` prints seeds."""

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from .context import Context
from .facts import Fact, algorithm_fact, certificate_facts, closing_facts, graph_fact, rr_sets_fact
from .output import as_csv, as_facts, as_json, as_lines, as_table

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import SelectionResult, SpreadEstimate

__all__ = ["Answer", "as_answer"]


@dataclass(frozen=True)
class Answer:
    """A selection, and how it came about.

    Attributes
    ----------
    graph : InfluenceGraph
    result : SelectionResult
    verification : SpreadEstimate or None
        The estimate of ``--verify``.
    limits : frozenset of str
        Names of the arguments other than k that limit the seeds: budget, quotas, group_budgets.
    reading : float
        Seconds for reading the files.
    """

    graph: "InfluenceGraph"
    result: "SelectionResult"
    verification: "SpreadEstimate | None"
    limits: frozenset[str]
    reading: float


def as_answer(context: Context, answer: Answer) -> str:
    """Return the seeds as text in the format of ``--format``."""
    result = answer.result
    if context.form == "json":
        return as_json(_record(context, answer))
    if context.form == "plain":
        return as_lines(result.seeds)
    columns: dict[str, list[float]] = {}
    if result.gains is not None:
        columns = {"gain": result.gains, "total": list(accumulate(result.gains))}
    if result.scores is not None:
        columns |= {"score": result.scores}
    head = ("rank", "node", *columns)
    rows = list(zip(range(1, len(result) + 1), result.seeds, *columns.values(), strict=True))
    if context.form == "csv":
        return as_csv(head, rows)
    cells = [(str(rank), str(label), *(f"{value:,.2f}" for value in values)) for rank, label, *values in rows]
    table = as_table(head, cells, (True, answer.graph.labels.kind != "object", *(True for _ in columns)))
    return f"{table}\n{as_facts(_facts(context, answer))}"


def _record(context: Context, answer: Answer) -> dict[str, Any]:
    graph, report, verification = answer.graph, answer.graph.report, answer.verification
    return answer.result.to_dict() | {
        "random_seed": context.rng,
        "notes": [*context.notes, *answer.result.notes],
        "seconds": {"import": round(context.importing, 6), "read": round(answer.reading, 6), **answer.result.seconds},
        "graph": {
            "source": context.source,
            "nodes": graph.n_nodes,
            "arcs": graph.n_arcs,
            "directed": report.directed,
            "self_loops": report.self_loops,
            "parallel_arcs": report.parallel_arcs,
            "bad_lines": report.bad_lines,
            "notes": list(report.notes),
        },
        "verification": None if verification is None else verification.to_dict(),
    }


def _facts(context: Context, answer: Answer) -> list[Fact]:
    result = answer.result
    seconds = {"import": context.importing, "read": answer.reading, **result.seconds}
    total = context.importing + answer.reading + seconds.pop("total")
    phases = ", ".join(f"{phase} {value:.2f}" for phase, value in seconds.items())
    return [
        *certificate_facts(result, _best(answer)),
        *_verification_facts(answer),
        *_budget_facts(result),
        algorithm_fact(result.algorithm, result.auto),
        graph_fact(answer.graph, result),
        *_sample_facts(result),
        *closing_facts(result.stop_reason, f"{total:.2f} s ({phases})", context.rng),
    ]


def _best(answer: Answer) -> str:
    """Return the name of what the seeds are compared with."""
    result = answer.result
    seeds = f"{result.k} seeds" if result.k > 1 else "seed"
    if not answer.limits:
        return f"the best {seeds}"
    if answer.limits == {"budget"}:
        return "the best seeds that the budget pays for"
    return (
        f"the best {seeds} that the quotas admit" if answer.limits == {"quotas"} else "the best seeds within all limits"
    )


def _verification_facts(answer: Answer) -> list[Fact]:
    estimate = answer.verification
    if estimate is None:
        return []
    low, high = estimate.interval
    start = ", start nodes included" if answer.result.n_start else ""
    interval = f"95 % interval {low:,.1f} to {high:,.1f}, {estimate.n_simulations:,} simulations"
    return [("Verified spread", f"{estimate.spread:,.1f}{start} ({interval})")]


def _budget_facts(result: "SelectionResult") -> list[Fact]:
    """Return the cost of the seeds, and the target spread, if there are any."""
    facts = []
    if result.budget is not None:
        facts.append(("Cost", f"{result.total_cost:,g} of {result.budget:,g}"))
    if result.target_spread is not None:
        seeds = f"{len(result)} seed{'s' * (len(result) != 1)}; no fewer than {result.min_seeds} reach it"
        facts.append(("Target", f"{result.target_spread:,g} with {seeds}"))
    return facts


def _sample_facts(result: "SelectionResult") -> list[Fact]:
    facts = []
    if result.n_rr_sets:
        facts.append(rr_sets_fact(result, "round" + "s" * (result.rounds != 1)))
    if result.n_simulations:
        facts.append(("Simulations", f"{result.n_simulations:,}"))
    return facts
