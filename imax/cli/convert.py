"""``imax convert``: a graph to another file format."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidArgumentError
from ._errors import Command, OutputError
from ._output import check_place
from ._shared import Status, common_options, graph_options, print_notes, read

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["command"]

_EDGE_LISTS = (".txt", ".csv")


@click.command(
    "convert",
    cls=Command,
    short_help="Write a graph to a file that loads in milliseconds.",
    epilog="""\b
Examples:
  imax convert friends.txt.gz friends.imax
  imax convert --undirected --probability column friends.csv friends.imax
  imax convert friends.imax friends.csv""",
)
@graph_options
@click.argument("out", type=click.Path())
@common_options
@click.pass_context
def command(ctx: click.Context, /, *, graph: str, out: str, quiet: bool, **reading: Any) -> None:
    """Write GRAPH to the file OUT, whose ending says how.

    .imax is a binary file that every command loads in milliseconds; it keeps labels, probabilities and
    the third column. .txt (tabs) and .csv are edge lists of source, target and probability; .mtx is Matrix
    Market, whose nodes are numbers from 1. GRAPH is what it is for imax seed: a file, - for standard input,
    or a name.
    """
    ending = Path(out).suffix.lower()
    if ending not in (".imax", ".mtx", *_EDGE_LISTS):
        raise click.UsageError(f"OUT must end in .imax, .txt, .csv or .mtx, got {out!r}")
    check_place(out)
    status = Status(quiet)
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    status.show(f"writing {out}")
    try:
        from ..io import write_graph

        write_graph(network, out)
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None
    status.clear()
    if not quiet:
        click.echo(f"note: {out} holds {network.n_nodes:,} nodes and {network.n_arcs:,} arcs", err=True)
        _tell_losses(network, ending)


def _tell_losses(network: "InfluenceGraph", ending: str) -> None:
    if ending in _EDGE_LISTS:
        alone = int(((network.in_degree() == 0) & (network.out_degree() == 0)).sum())
        if alone:
            click.echo(f"note: an edge list has no place for the {alone:,} nodes without arcs", err=True)
    elif ending == ".mtx" and network.nodes() != list(range(1, network.n_nodes + 1)):
        click.echo("note: Matrix Market keeps no labels; nodes are numbered from 1 in their order", err=True)
