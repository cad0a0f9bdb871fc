"""``imax info``: what a graph holds."""

from typing import TYPE_CHECKING, Any

import click

from ._errors import Command
from ._output import as_facts, as_json, check_place, emit, output_option
from ._shared import Status, common_options, graph_options, print_notes, read

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["command"]


@click.command(
    "info",
    cls=Command,
    short_help="Describe a graph.",
    epilog="""\b
Examples:
  imax info friends.txt.gz
  imax info --format json karate
  imax info --probability uniform:0.1 rmat:16""",
)
@graph_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="For people or for programs.",
)
@output_option
@common_options
@click.pass_context
def command(ctx: click.Context, /, *, graph: str, form: str, output: str, quiet: bool, **reading: Any) -> None:
    """Describe GRAPH: nodes, arcs, degrees, what reading dropped or merged, probabilities, and a fingerprint.

    GRAPH is what it is for imax seed: a file, - for standard input, or a name. Equal fingerprints mean equal
    arcs and probabilities.
    """
    check_place(output)
    status = Status(quiet)
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    facts = _facts(graph, network)
    emit(as_json(facts) if form == "json" else as_facts(_words(facts, network)), output)


def _facts(source: str, network: "InfluenceGraph") -> dict[str, Any]:
    report = network.report
    into, out = network.in_degree(), network.out_degree()
    return {
        "source": source,
        "nodes": network.n_nodes,
        "arcs": network.n_arcs,
        "arcs_given": report.arcs_given,
        "directed": report.directed,
        "self_loops": report.self_loops,
        "parallel_arcs": report.parallel_arcs,
        "bad_lines": report.bad_lines,
        "isolated_nodes": int(((into == 0) & (out == 0)).sum()),
        "mean_degree": network.n_arcs / max(network.n_nodes, 1),
        "largest_in_degree": int(into.max(initial=0)),
        "largest_out_degree": int(out.max(initial=0)),
        "labels": "text" if network.labels.kind == "object" else "integers",
        "probability": network.probability.spec,
        "fingerprint": network.fingerprint,
        "notes": list(report.notes),
    }


def _words(facts: dict[str, Any], network: "InfluenceGraph") -> list[tuple[str, str]]:
    from ..graph.probabilities import explain

    kind = "arcs" if facts["directed"] else "edges, each of them two arcs"
    into, out = network.in_degree(), network.out_degree()
    scheme = explain(facts["probability"].partition(":")[0]).partition(" - ")[2]
    first = ", ".join(str(label) for label in network.labels_of(network.rank[:3]))
    return [
        ("Source", facts["source"]),
        ("Nodes", f"{facts['nodes']:,}"),
        ("Arcs", f"{facts['arcs']:,}"),
        ("Given", f"{facts['arcs_given']:,} {kind}"),
        ("Self-loops dropped", f"{facts['self_loops']:,}"),
        ("Parallel arcs merged", f"{facts['parallel_arcs']:,}"),
        ("Bad lines left out", f"{facts['bad_lines']:,}"),
        ("Isolated nodes", f"{facts['isolated_nodes']:,}"),
        ("Mean degree", f"{facts['mean_degree']:.2f}"),
        ("Largest in-degree", f"{into.max():,} (node {network.labels[int(into.argmax())]})"),
        ("Largest out-degree", f"{out.max():,} (node {network.labels[int(out.argmax())]})"),
        ("Labels", f"{facts['labels']}: {first}{', ...' if facts['nodes'] > 3 else ''}"),
        ("Probability", f"{facts['probability']}: {scheme}"),
        ("Fingerprint", facts["fingerprint"]),
    ]
