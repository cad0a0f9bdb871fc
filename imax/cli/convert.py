"""``imax convert``: write a graph in another file format."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidArgumentError
from . import options as opt
from .context import Context, command
from .errors import OutputError
from .output import check_writable

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["convert_graph"]

_EDGE_LISTS = (".txt", ".csv")


@command(
    "convert",
    "Write a graph to a file that loads in milliseconds.",
    examples=(
        "imax convert friends.txt.gz friends.imax",
        "imax convert --undirected --probability column friends.csv friends.imax",
        "imax convert friends.imax friends.csv",
    ),
)
@opt.graph_options
@click.argument("out", type=click.Path())
@opt.reading_memory_option
@opt.common_options
def convert_graph(context: Context, out: str, max_memory: str | None) -> int:
    """Write GRAPH to the file OUT, in the format of its ending.

    .imax is a binary file, which loads in milliseconds and keeps labels, probabilities and the third column. .txt
    (tab-separated) and .csv are edge lists of source, target and probability. .mtx is Matrix Market, which numbers the
    nodes from 1. GRAPH is a file, - for standard input, or the name of a graph: see imax seed --help.
    """
    ending = Path(out).suffix.lower()
    if ending not in (".imax", ".mtx", *_EDGE_LISTS):
        raise click.UsageError(f"OUT must end in .imax, .txt, .csv or .mtx, got {out!r}")
    check_writable(out)
    graph = context.open_graph()
    context.status.show(f"writing {out}")
    try:
        from ..io import write_graph

        write_graph(graph, out)
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None
    context.status.clear()
    context.note(f"{out} holds {graph.n_nodes:,} nodes and {graph.n_arcs:,} arcs")
    if not context.quiet:
        _note_losses(context, graph, ending)
    return 0


def _note_losses(context: Context, graph: "InfluenceGraph", ending: str) -> None:
    """Print a note on what the format cannot hold."""
    if ending in _EDGE_LISTS:
        isolated = int(((graph.in_degree() == 0) & (graph.out_degree() == 0)).sum())
        if isolated:
            context.note(f"an edge list cannot hold the {isolated:,} nodes without arcs")
    elif ending == ".mtx" and graph.nodes() != list(range(1, graph.n_nodes + 1)):
        context.note("Matrix Market files have no labels; the nodes are numbered from 1 in their order")
