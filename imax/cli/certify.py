"""``imax certify``: what is certain of given seeds."""

from typing import Any

import click

from .._utils import check
from ._errors import INTERRUPTED, Command
from ._output import as_facts, as_json, check_place, emit, output_option
from ._selection import (
    admission_options,
    arguments_from,
    bound_facts,
    files_of,
    precision_options,
    seed_options,
    seeds_from,
    shower,
)
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

__all__ = ["command"]


@click.command(
    "certify",
    cls=Command,
    short_help="Bound how far given seeds are from the best possible.",
    epilog="""\b
Examples:
  imax certify --seed 0 --seed 33 karate
  imax certify --seeds from-elsewhere.txt --probability uniform:0.01 friends.txt.gz
  imax seed --k 5 --algorithm degree --format plain friends.imax | imax certify --seeds - friends.imax""",
)
@graph_options
@seed_options
@click.option(
    "-k",
    "--k",
    type=int,
    callback=checked(check.count, "k"),
    help="Compare with the best k seeds.  [default: as many as are given]",
)
@work_options
@click.option(
    "--epsilon",
    type=float,
    default=0.02,
    show_default=True,
    callback=checked(check.open_unit, "epsilon"),
    help="How close the bounds come to what endless sampling would say.",
)
@precision_options
@admission_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "plain"]),
    default="table",
    show_default=True,
    help="plain: the certified ratio alone.",
)
@output_option
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    graph: str,
    seed_file: str | None,
    seed_labels: tuple[str, ...],
    form: str,
    output: str,
    quiet: bool,
    **options: Any,
) -> int:
    """Bound the spread of seeds from anywhere, and that of the best possible ones, by fresh RR sets.

    GRAPH is what it is for imax seed. The options on which nodes may be seeds say with which seeds these are compared.
    Ctrl-C ends the sampling and prints the bounds so far.
    """
    check_place(output)
    if seed_file is None and not seed_labels:
        raise click.UsageError("no seeds; give --seeds FILE or --seed NODE")
    one_stdin(**{"GRAPH": graph, "--seeds": seed_file, **files_of(options)})
    reading, options = split_reading(options)
    status = Status(quiet)
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    seeds = seeds_from(network, seed_file, seed_labels)
    options = arguments_from(network, options)
    from ..selection import certify

    found = certify(network, seeds, progress=shower(status), **options)
    status.clear()
    if form == "plain":
        text = f"{found.ratio!r}\n"
    elif form == "json":
        text = as_json(found.to_dict() | {"random_seed": options["rng"], "source": graph})
    else:
        size = f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs"
        text = as_facts(
            [
                ("Seeds", f"{found.n_seeds:,}"),
                *bound_facts(found, "the best seeds that may be chosen" if found.k > 1 else "the best seed"),
                ("Graph", f"{size}, {found.probability}, {found.model.upper()}"),
                ("RR sets", f"{found.n_rr_sets:,} with {found.n_rr_entries:,} nodes, in {found.rounds} rounds"),
                ("Stopped", found.stop_reason),
                ("Time", f"{found.seconds['total']:.2f} s"),
                ("Random seed", str(options["rng"])),
            ]
        )
    emit(text, output)
    if found.stop_reason == "interrupted":
        click.echo("imax: interrupted; these are the bounds so far", err=True)
        return INTERRUPTED
    return 0
