"""``imax compare``: several algorithms on one graph."""

from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ._errors import INTERRUPTED, Command
from ._output import as_csv, as_facts, as_json, as_table, check_place, emit, output_option
from ._selection import arguments_from, candidate_options, files_of
from ._shared import (
    Status,
    checked,
    common_options,
    graph_options,
    one_stdin,
    print_notes,
    read,
    split_reading,
    work_options,
)

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import Comparison

__all__ = ["command"]


@click.command(
    "compare",
    cls=Command,
    short_help="Run several algorithms side by side.",
    epilog="""\b
Examples:
  imax compare --k 5 karate
  imax compare --k 50 --algorithms opim-c,degree,degree-discount friends.imax
  imax compare --k 50 --time-limit 10 --format csv --output figures.csv friends.imax""",
)
@click.option("-k", "--k", type=int, required=True, callback=checked(check.count, "k"), help="How many seeds.")
@click.option(
    "--algorithms",
    default="all",
    show_default=True,
    metavar="NAMES",
    help="Apart by commas, as for imax seed --algorithm.",
)
@graph_options
@work_options
@click.option(
    "--epsilon",
    type=float,
    callback=checked(check.open_unit, "epsilon"),
    help="How close to stop, for those that promise something.  [default: 0.01; imm: 0.1]",
)
@click.option(
    "--delta",
    type=float,
    callback=checked(check.open_unit, "delta"),
    help="Probability with which each certificate may fail.  [default: 1/number of nodes]",
)
@candidate_options
@click.option(
    "--simulations",
    "n_simulations",
    type=int,
    default=10_000,
    show_default=True,
    callback=checked(check.count, "n_simulations", low=2),
    help="How many cascades to simulate for each spread.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="csv: a row for each algorithm, without the overlap.",
)
@output_option
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    graph: str,
    k: int,
    algorithms: str,
    form: str,
    output: str,
    quiet: bool,
    **options: Any,
) -> int:
    """Let several algorithms choose k nodes of GRAPH: spread, certificate, time, memory and overlap of each.

    All seeds are judged alike, by the same simulations and by RR sets that no algorithm saw. Each algorithm has 60
    seconds, or as --time-limit says, and then shows what it had. Ctrl-C ends the comparison with those done.
    """
    check_place(output)
    one_stdin(**{"GRAPH": graph, **files_of(options)})
    reading, options = split_reading(options)
    status = Status(quiet)
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    options = arguments_from(network, options)
    if options["time_limit"] is None:
        del options["time_limit"]
    from ..selection import compare

    def show(name: str, done: int, total: int) -> None:
        status.show(f"{name} ({done} of {total} done)")

    found = compare(network, k, algorithms, progress=show if status.on else None, **options)
    status.clear()
    emit(_text(form, network, found, graph, options["rng"]), output)
    if found.stop_reason == "interrupted":
        click.echo("imax: interrupted; these are the algorithms done", err=True)
        return INTERRUPTED
    return 0


def _text(form: str, network: "InfluenceGraph", found: "Comparison", source: str, random_seed: int) -> str:
    if form == "json":
        return as_json(found.to_dict() | {"random_seed": random_seed, "source": source})
    if form == "csv":
        head = (
            "algorithm", "spread", "low", "high", "lower_bound", "upper_bound", "ratio", "seconds", "memory", "n_seeds",
            "stop_reason",
        )  # fmt: skip
        rows = [
            (
                row.algorithm, row.spread, *row.interval, row.lower_bound, row.upper_bound, row.ratio, row.seconds,
                row.memory, len(row.seeds), row.stop_reason,
            )
            for row in found.rows
        ]  # fmt: skip
        return as_csv(head, rows)
    cells = [
        (
            row.algorithm,
            f"{row.spread:,.1f}",
            f"{row.interval[0]:,.1f} to {row.interval[1]:,.1f}",
            f"{row.ratio:.1%}",
            f"{row.seconds:,.3f} s",
            "" if row.memory is None else f"{row.memory / 2**20:,.1f} MiB",
            f"{len(row.seeds)}",
            row.stop_reason,
        )
        for row in found.rows
    ]
    titles = ("algorithm", "spread", "95 % interval", "certified", "time", "memory", "seeds", "stopped")
    table = as_table(titles, cells, (False, True, True, True, True, True, True, False))
    names = [row.algorithm for row in found.rows]
    alike = [(name, *(f"{share:.2f}" for share in shares)) for name, shares in zip(names, found.overlap, strict=True)]
    overlap = as_table(("overlap", *names), alike, (False, *(True for _ in names)))
    facts = as_facts(
        [
            (
                "Graph",
                f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs, {found.probability}, {found.model.upper()}",
            ),
            ("Spread", f"by {found.n_simulations:,} simulations of each"),
            ("Certified", f"share of the optimum; each fails with probability {found.delta:.2g}"),
            ("Memory", "by which the process grew at most"),
            ("Overlap", "Jaccard index of the seed sets"),
            ("Random seed", str(random_seed)),
        ]
    )
    return f"{table}\n{overlap}\n{facts}"
