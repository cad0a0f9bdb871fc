"""``imax spread``: estimate what given seeds reach."""

from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ._errors import INTERRUPTED, Command
from ._output import as_facts, as_json, check_place, emit, output_option
from ._selection import seed_options, seeds_from
from ._shared import (
    Status,
    checked,
    common_options,
    graph_options,
    one_stdin,
    print_notes,
    read,
    split_reading,
    weights_from,
    work_options,
)

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import SpreadEstimate

__all__ = ["command"]


@click.command(
    "spread",
    cls=Command,
    short_help="Estimate how many nodes given seeds reach.",
    epilog="""\b
Examples:
  imax spread --seed 0 --seed 33 karate
  imax spread --seeds seeds.txt --simulations 100000 friends.txt.gz
  imax seed --k 5 --format plain friends.imax | imax spread --seeds - friends.imax""",
)
@graph_options
@seed_options
@work_options
@click.option(
    "--simulations",
    "n_simulations",
    type=int,
    default=10_000,
    show_default=True,
    callback=checked(check.count, "n_simulations", low=2),
    help="How many cascades to simulate.",
)
@click.option(
    "--confidence",
    type=float,
    default=0.95,
    show_default=True,
    callback=checked(check.open_unit, "confidence"),
    help="Level of the interval.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "plain"]),
    default="table",
    show_default=True,
    help="plain: the estimate alone.",
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
    node_weights: str | None,
    form: str,
    output: str,
    quiet: bool,
    **options: Any,
) -> int:
    """Estimate the number of nodes of GRAPH that seeds reach, by simulation, with a confidence interval.

    GRAPH is what it is for imax seed: a file, - for standard input, or a name. Ctrl-C ends the simulations
    and prints the estimate so far.
    """
    check_place(output)
    if seed_file is None and not seed_labels:
        raise click.UsageError("no seeds; give --seeds FILE or --seed NODE")
    one_stdin(**{"GRAPH": graph, "--seeds": seed_file, "--node-weights": node_weights})
    reading, options = split_reading(options)
    status = Status(quiet)
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    from ..diffusion.simulation import spread

    seeds = seeds_from(network, seed_file, seed_labels)
    weights = weights_from(node_weights, network)

    def show(done: int, total: int) -> None:
        status.show(f"{done:,} of {total:,} simulations")

    estimate = spread(network, seeds, node_weights=weights, progress=show if status.on else None, **options)
    status.clear()
    if form == "plain":
        text = f"{estimate.spread!r}\n"
    elif form == "json":
        text = as_json(estimate.to_dict() | {"random_seed": options["rng"], "source": graph})
    else:
        text = as_facts(_words(network, estimate, options["rng"]))
    emit(text, output)
    if estimate.stop_reason == "interrupted":
        click.echo("imax: interrupted; this is the estimate so far", err=True)
        return INTERRUPTED
    return 0


def _words(network: "InfluenceGraph", estimate: "SpreadEstimate", random_seed: int) -> list[tuple[str, str]]:
    low, high = estimate.interval
    size = f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs"
    return [
        (
            "Spread",
            f"{estimate.spread:,.2f} ({100 * estimate.confidence:.4g} % interval {low:,.2f} to {high:,.2f})",
        ),
        ("Standard error", f"{estimate.std_error:.3g}"),
        ("Seeds", f"{estimate.n_seeds:,}"),
        ("Graph", f"{size}, {estimate.probability}, {estimate.model.upper()}"),
        ("Simulations", f"{estimate.n_simulations:,} ({estimate.stop_reason})"),
        ("Time", f"{estimate.seconds:.2f} s"),
        ("Random seed", str(random_seed)),
    ]
