"""``imax info``: describe a graph."""

from typing import TYPE_CHECKING, Any

from . import options as opt
from .context import Context, command
from .facts import Fact
from .output import as_facts, as_json

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["describe_graph"]


@command(
    "info",
    "Describe a graph.",
    examples=(
        "imax info friends.txt.gz",
        "imax info --format json karate",
        "imax info --probability uniform:0.1 rmat:16",
    ),
)
@opt.graph_options
@opt.reading_memory_option
@opt.format_option("table", "json", note="table is for people, json for programs.")
@opt.common_options
def describe_graph(context: Context, max_memory: str | None) -> int:
    """Describe GRAPH: nodes, arcs, degrees, arcs that reading dropped or merged, probabilities and a fingerprint.

    GRAPH is a file, - for standard input, or the name of a graph: see imax seed --help. Graphs with equal fingerprints
    have equal arcs and probabilities. All checksums of a file that imax convert wrote are compared, which finds any
    damage.
    """
    graph = context.open_graph(verify="full")
    record = _record(context.source, graph)
    return context.finish(as_json(record) if context.form == "json" else as_facts(_facts(record, graph)))


def _record(source: str, graph: "InfluenceGraph") -> dict[str, Any]:
    report = graph.report
    into, out = graph.in_degree(), graph.out_degree()
    return {
        "source": source,
        "nodes": graph.n_nodes,
        "arcs": graph.n_arcs,
        "arcs_given": report.arcs_given,
        "directed": report.directed,
        "self_loops": report.self_loops,
        "parallel_arcs": report.parallel_arcs,
        "bad_lines": report.bad_lines,
        "isolated_nodes": int(((into == 0) & (out == 0)).sum()),
        "mean_degree": graph.n_arcs / max(graph.n_nodes, 1),
        "largest_in_degree": int(into.max(initial=0)),
        "largest_out_degree": int(out.max(initial=0)),
        "labels": "text" if graph.labels.kind == "object" else "integers",
        "probability": graph.probability.spec,
        "delays": None if graph.delays is None else str(graph.delays),
        "fingerprint": graph.fingerprint,
        "notes": list(report.notes),
    }


def _facts(record: dict[str, Any], graph: "InfluenceGraph") -> list[Fact]:
    kind = "arcs" if record["directed"] else "edges, each of them two arcs"
    into, out = graph.in_degree(), graph.out_degree()
    scheme = _explained(record["probability"])
    first = ", ".join(str(label) for label in graph.labels_of(graph.rank[:3]))
    return [
        ("Source", record["source"]),
        ("Nodes", f"{record['nodes']:,}"),
        ("Arcs", f"{record['arcs']:,}"),
        ("Given", f"{record['arcs_given']:,} {kind}"),
        ("Self-loops dropped", f"{record['self_loops']:,}"),
        ("Parallel arcs merged", f"{record['parallel_arcs']:,}"),
        ("Bad lines left out", f"{record['bad_lines']:,}"),
        ("Isolated nodes", f"{record['isolated_nodes']:,}"),
        ("Mean degree", f"{record['mean_degree']:.2f}"),
        ("Largest in-degree", f"{into.max():,} (node {graph.labels[int(into.argmax())]})"),
        ("Largest out-degree", f"{out.max():,} (node {graph.labels[int(out.argmax())]})"),
        ("Labels", f"{record['labels']}: {first}{', ...' if record['nodes'] > 3 else ''}"),
        ("Probability", f"{record['probability']}: {scheme}"),
        *([] if record["delays"] is None else [("Delays", record["delays"])]),
        ("Fingerprint", record["fingerprint"]),
    ]


def _explained(spec: str) -> str:
    """Return what a scheme does; learned probabilities name their estimator."""
    from ..graph.probabilities import explain

    name, _, value = spec.partition(":")
    if name == "learned":
        return f"from a log, by {value}; with an interval for each arc"
    return explain(name).partition(" - ")[2]
