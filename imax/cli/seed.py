"""``imax seed``: choose the seeds."""

from itertools import accumulate
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from .. import _check
from ._output import as_csv, as_facts, as_json, as_table, check_place, emit, output_option
from ._shared import (
    INTERRUPTED,
    Command,
    Status,
    checked,
    common_options,
    graph_options,
    one_stdin,
    print_notes,
    read,
    work_options,
)

if TYPE_CHECKING:
    from ..algorithms._common import Progress
    from ..graph import InfluenceGraph
    from ..results import MaximizeResult, SpreadEstimate

__all__ = ["command"]

_HEAD = ("rank", "node", "gain", "total")


@click.command(
    "seed",
    cls=Command,
    short_help="Choose the k most influential nodes.",
    epilog="""\b
Examples:
  imax seed --k 10 karate
  imax seed --k 50 friends.txt.gz
  imax seed --k 50 --undirected --probability uniform:0.05 friends.csv
  imax seed --k 20 --model lt --verify 10000 --random-seed 7 friends.mtx
  imax seed --k 50 --format plain --output seeds.txt friends.imax
  zcat friends.txt.gz | imax seed --k 5 --format json -""",
)
@click.option(
    "-k", "--k", type=int, required=True, callback=checked(_check.count, "k"), help="How many seeds."
)
@graph_options
@work_options
@click.option(
    "--epsilon",
    type=float,
    callback=checked(_check.open_unit, "epsilon"),
    help="How close to stop; smaller is better and slower.  [default: 0.01]",
)
@click.option(
    "--delta",
    type=float,
    callback=checked(_check.open_unit, "delta"),
    help="Probability with which the certificate may fail.  [default: 1/number of nodes]",
)
@click.option("--candidates", metavar="FILE", help="Nodes that alone may be seeds, one a line.")
@click.option("--exclude", metavar="FILE", help="Nodes that may not be seeds, one a line.")
@click.option(
    "--max-memory",
    metavar="SIZE",
    callback=checked(_check.memory_bytes),
    help="Bound on the memory of the samples, such as 500M or 2GiB; then stop with the best result so far.",
)
@click.option(
    "--verify",
    "n_simulations",
    type=int,
    metavar="N",
    callback=checked(_check.count, "n_simulations", low=2),
    help="Check the seeds by N forward simulations, independent of the choice.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "plain"]),
    default="table",
    show_default=True,
    help="plain: one node a line.",
)
@output_option
@common_options
@click.pass_context
def command(
    ctx: click.Context, graph: str, k: int, form: str, output: str, quiet: bool, **options: Any
) -> int:
    """Choose the k nodes of GRAPH that together reach the most others, with a certificate of how good they are.

    GRAPH is a file (an edge list, plain or compressed; Matrix Market; or one that imax convert wrote), - for standard
    input, the name of a known graph (karate, lesmis, ...; files of the larger ones in the folder IMAX_DATA), or a
    generated one (rmat:16).

    Ctrl-C ends the search and prints the best seeds so far.
    """
    check_place(output)
    files = {name: options.pop(name) for name in ("candidates", "exclude", "node_weights")}
    one_stdin(GRAPH=graph, **{f"--{name.replace('_', '-')}": path for name, path in files.items()})
    reading = {name: options.pop(name) for name in ("probability", "directed", "parallel", "on_bad_line")}
    n_simulations = options.pop("n_simulations")
    status = Status(quiet)
    began = perf_counter()
    network = read(graph, status, threads=options["threads"], rng=options["rng"], **reading)
    print_notes(network, ctx.command, quiet)
    lists = _node_files(network, **files)
    seconds = perf_counter() - began
    result = _select(network, k, status, options | lists)
    verification, interrupted = None, result.stop_reason == "interrupted"
    if n_simulations is not None and not interrupted:
        verification = _verify(
            network, result, n_simulations, status, lists["node_weights"], options["threads"]
        )
        interrupted = verification is None or verification.stop_reason == "interrupted"
    status.clear()
    emit(
        _text(form, graph, network, result, verification, {"seed": options["rng"], "reading": seconds}),
        output,
    )
    if interrupted:
        click.echo("imax: interrupted; this is the best result so far", err=True)
    return INTERRUPTED if interrupted else 0


def _node_files(
    network: "InfluenceGraph", *, candidates: str | None, exclude: str | None, node_weights: str | None
) -> dict[str, Any]:
    from ..io import read_labels, read_node_values

    return {
        "candidates": None if candidates is None else read_labels(candidates, network),
        "exclude": None if exclude is None else read_labels(exclude, network),
        "node_weights": None if node_weights is None else read_node_values(node_weights, network),
    }


def _select(network: "InfluenceGraph", k: int, status: Status, options: dict[str, Any]) -> "MaximizeResult":
    from ..algorithms import maximize

    def show(p: "Progress") -> None:
        status.show(
            f"round {p.round} of at most {p.rounds}: {p.n_rr_sets:,} RR sets, certified {p.ratio:.1%} "
            f"(target {p.target_ratio:.1%}), {p.seconds:.1f} s"
        )

    if options["epsilon"] is None:
        del options["epsilon"]
    status.show("sampling")
    return maximize(network, k, progress=show if status.on else None, **options)


def _verify(
    network: "InfluenceGraph",
    result: "MaximizeResult",
    n: int,
    status: Status,
    weights: Any,
    threads: int | None,
) -> "SpreadEstimate | None":
    """Simulate the result on a stream that the choice did not use; None where an interrupt came first."""
    from numpy.random import SeedSequence

    from ..spread import spread

    def show(done: int, total: int) -> None:
        status.show(f"verifying: {done:,} of {total:,} simulations")

    stream = SeedSequence(list(result.rng_key), spawn_key=(2,))  # 0 and 1 are those of the choice
    try:
        return spread(
            network,
            result.seeds,
            model=result.model,
            n_simulations=n,
            node_weights=weights,
            rng=stream,
            threads=threads,
            progress=show if status.on else None,
        )
    except KeyboardInterrupt:
        return None


def _text(
    form: str,
    source: str,
    network: "InfluenceGraph",
    result: "MaximizeResult",
    verification: "SpreadEstimate | None",
    more: dict[str, Any],
) -> str:
    if form == "plain":
        return "".join(f"{label}\n" for label in result.seeds)
    totals = accumulate(result.gains)
    rows = list(zip(range(1, len(result) + 1), result.seeds, result.gains, totals, strict=True))
    if form == "csv":
        return as_csv(_HEAD, rows)
    if form == "json":
        return as_json(_record(source, network, result, verification, more))
    cells = [(str(rank), str(label), f"{gain:,.2f}", f"{total:,.2f}") for rank, label, gain, total in rows]
    table = as_table(_HEAD, cells, (True, network.labels.kind != "object", True, True))
    return f"{table}\n{as_facts(_certificate(network, result, verification, more))}"


def _record(
    source: str,
    network: "InfluenceGraph",
    result: "MaximizeResult",
    verification: "SpreadEstimate | None",
    more: dict[str, Any],
) -> dict[str, Any]:
    report = network.report
    about = {
        "source": source,
        "nodes": network.n_nodes,
        "arcs": network.n_arcs,
        "directed": report.directed,
        "self_loops": report.self_loops,
        "parallel_arcs": report.parallel_arcs,
        "bad_lines": report.bad_lines,
        "notes": list(report.notes),
    }
    record = result.to_dict() | {"random_seed": more["seed"], "graph": about}
    record["seconds"] = {"read": round(more["reading"], 6), **result.seconds}
    record["verification"] = None if verification is None else verification.to_dict()
    return record


def _certificate(
    network: "InfluenceGraph",
    result: "MaximizeResult",
    verification: "SpreadEstimate | None",
    more: dict[str, Any],
) -> list[tuple[str, str]]:
    low, high = result.interval
    seconds = {"read": more["reading"], **result.seconds}
    total = more["reading"] + seconds.pop("total")
    phases = ", ".join(f"{phase} {value:.2f}" for phase, value in seconds.items())
    facts = [
        ("Estimated spread", f"{result.spread:,.1f} (95 % interval {low:,.1f} to {high:,.1f})"),
        ("Lower bound", f"{result.lower_bound:,.1f} reached by these seeds at least"),
        ("Upper bound", f"{result.upper_bound:,.1f} reached by the best {len(result)} seeds at most"),
        ("Certified", f"at least {result.ratio:.1%} of the best possible"),
        ("Failure probability", f"{result.delta:.2g} that a bound is wrong"),
    ]
    if verification is not None:
        low, high = verification.interval
        facts.append(
            (
                "Verified spread",
                f"{verification.spread:,.1f} ({verification.confidence:.0%} interval {low:,.1f} to {high:,.1f}, "
                f"{verification.n_simulations:,} simulations)",
            )
        )
    facts += [
        (
            "Graph",
            f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs, {result.probability}, {result.model.upper()}",
        ),
        ("RR sets", f"{result.n_rr_sets:,} with {result.n_rr_entries:,} nodes, in {result.rounds} rounds"),
        ("Stopped", result.stop_reason),
        ("Time", f"{total:.2f} s ({phases})"),
        ("Random seed", str(more["seed"])),
    ]
    return facts
