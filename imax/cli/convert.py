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
    from ..io.external import ArcChunks

__all__ = ["convert_graph"]

_EDGE_LISTS = (".txt", ".csv")


@command(
    "convert",
    "Write a graph to a file that loads in milliseconds.",
    examples=(
        "imax convert friends.txt.gz friends.imax",
        "imax convert --undirected --probability column friends.csv friends.imax",
        "imax convert friends.imax friends.csv",
        "imax convert --max-memory 8GiB rmat:26 large.imax",
    ),
)
@opt.graph_options
@click.argument("out", type=click.Path())
@opt.reading_memory_option
@opt.common_options
def convert_graph(context: Context, out: str, max_memory: str | None) -> int:
    """Write GRAPH to the file OUT, in the format of its ending.

    .imax is a binary file, which loads in milliseconds and keeps labels, probabilities, the third column and all that
    imax learn stores. .txt (tab-separated) and .csv are edge lists of source, target and probability. .mtx is Matrix
    Market, which numbers the nodes from 1. GRAPH is a file, - for standard input, or the name of a graph: see imax
    seed --help.

    With --max-memory, large edge lists with integer labels (text or Parquet, not compressed) and R-MAT graphs are
    converted to .imax in parts, with scratch files next to OUT. The file is the same.
    """
    ending = Path(out).suffix.lower()
    if ending not in (".imax", ".mtx", *_EDGE_LISTS):
        raise click.UsageError(f"OUT must end in .imax, .txt, .csv or .mtx, got {out!r}")
    check_writable(out)
    if ending == ".imax" and context.max_memory is not None and _convert_in_parts(context, out):
        return 0
    graph = context.open_graph(verify="full")  # damage must not get new checksums
    context.status.show(f"writing {out}")
    try:
        from ..io import write_graph

        write_graph(graph, out)
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None
    context.status.clear()
    context.note(f"{out} holds {graph.n_nodes:,} nodes and {graph.n_arcs:,} arcs")
    if not context.quiet:
        _note_losses(context, graph, out, ending)
    return 0


def _convert_in_parts(context: Context, out: str) -> bool:
    """Convert with bounded memory; return whether the graph and the options allow it."""
    from ..io.external import convert_in_parts, supports_parts

    reading = context.reading
    probability = reading["probability"] or ("weighted_cascade" if reading["weight"] is None else "column")
    if not supports_parts(probability, reading["multi_edges"]):
        return False
    context.status.show(f"reading {context.source}")
    chunks = _chunks(context, probability)
    if chunks is None:
        return False
    try:
        made = convert_in_parts(
            chunks,
            out,
            probability=probability,
            multi_edges=reading["multi_edges"],
            max_memory=context.max_memory or 1,
            threads=context.threads,
            progress=context.status.show,
        )
    except InvalidArgumentError as error:
        if error.argument != "path":
            raise
        raise OutputError(str(error)) from None
    context.status.clear()
    for note in made.report.notes:
        context.note(note)
    context.note(f"{out} holds {made.n_nodes:,} nodes and {made.n_arcs:,} arcs, converted in {made.n_parts} parts")
    return True


def _chunks(context: Context, probability: str) -> "ArcChunks | None":
    """Return the graph in chunks of arcs; None if it can only be read as a whole."""
    from ..datasets.families import arc_chunks
    from ..io.reading import read_chunks

    reading = context.reading
    if context.source != "-" and Path(context.source).exists():
        options = {name: reading[name] for name in ("source", "target", "weight", "header", "multi_edges")}
        found: ArcChunks | None = read_chunks(
            context.source, **options, directed=reading["directed"] is not False, probability=probability,
            on_bad_line=reading["on_bad_line"] or "error", threads=context.threads,
        )  # fmt: skip
        return found
    if probability == "column" or any(reading[name] is not None for name in ("directed", "on_bad_line", "header")):
        return None
    generated: ArcChunks | None = arc_chunks(context.source, context.threads)
    return generated


def _note_losses(context: Context, graph: "InfluenceGraph", out: str, ending: str) -> None:
    """Print a note on what the format cannot hold."""
    learned = {"intervals of the probabilities": graph.probability.lower, "delays of the arcs": graph.delays}
    lost = [name for name, value in learned.items() if value is not None]
    if lost and ending != ".imax":
        context.note(f"only .imax files hold the {' and the '.join(lost)}, so {out} has none")
    if ending in _EDGE_LISTS:
        isolated = int(((graph.in_degree() == 0) & (graph.out_degree() == 0)).sum())
        if isolated:
            context.note(f"an edge list cannot hold the {isolated:,} nodes without arcs")
    elif ending == ".mtx" and graph.nodes() != list(range(1, graph.n_nodes + 1)):
        context.note("Matrix Market files have no labels; the nodes are numbered from 1 in their order")
