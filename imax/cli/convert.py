"""``imax convert``: a graph to another file format."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidArgumentError, InvalidGraphError
from ._errors import Command, OutputError
from ._output import check_place
from ._shared import Status, common_options, graph_options, print_notes, read

if TYPE_CHECKING:
    from ..graph import InfluenceGraph

__all__ = ["command"]

_CHUNK = 1 << 16
_SEPARATORS = {".txt": "\t", ".csv": ","}


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
    if ending not in (".imax", ".mtx", *_SEPARATORS):
        raise click.UsageError(f"OUT must end in .imax, .txt, .csv or .mtx, got {out!r}")
    check_place(out)
    status = Status(quiet)
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    status.show(f"writing {out}")
    try:
        if ending == ".imax":
            from ..io import write_graph

            write_graph(network, out)
        else:
            from ..textfile import write_bytes

            lines = _matrix_market(network) if ending == ".mtx" else _edges(network, _SEPARATORS[ending])
            write_bytes(out, lines)
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None
    status.clear()
    if not quiet:
        click.echo(f"note: {out} holds {network.n_nodes:,} nodes and {network.n_arcs:,} arcs", err=True)
        _tell_losses(network, ending)


def _tell_losses(network: "InfluenceGraph", ending: str) -> None:
    if ending in _SEPARATORS:
        alone = int(((network.in_degree() == 0) & (network.out_degree() == 0)).sum())
        if alone:
            click.echo(f"note: an edge list has no place for the {alone:,} nodes without arcs", err=True)
    elif ending == ".mtx" and network.nodes() != list(range(1, network.n_nodes + 1)):
        click.echo("note: Matrix Market keeps no labels; nodes are numbered from 1 in their order", err=True)


def _lines(network: "InfluenceGraph", name: Callable[[Any], list[str]], separator: str) -> Iterator[bytes]:
    sources, targets, p = network.arc_arrays()
    for a in range(0, network.n_arcs, _CHUNK):
        part = slice(a, a + _CHUNK)
        rows = zip(name(sources[part]), name(targets[part]), p[part].tolist(), strict=True)
        yield "".join(f"{u}{separator}{v}{separator}{x:.9g}\n" for u, v, x in rows).encode()


def _edges(network: "InfluenceGraph", separator: str) -> Iterator[bytes]:
    names = [str(label) for label in network.nodes()]
    if network.labels.kind == "object":
        _check_names(names)
    yield separator.join(("source", "target", "probability")).encode() + b"\n"
    yield from _lines(network, lambda ids: [names[i] for i in ids.tolist()], separator)


def _check_names(names: list[str]) -> None:
    """Refuse names that an edge list would not give back."""
    for name in names:
        if not name or name != name.strip() or name[0] in "#%" or any(mark in name for mark in '",;\t\r\n'):
            raise InvalidGraphError(f"the label {name!r} cannot stand in an edge list; write a .imax file instead")


def _matrix_market(network: "InfluenceGraph") -> Iterator[bytes]:
    n = network.n_nodes
    yield f"%%MatrixMarket matrix coordinate real general\n{n} {n} {network.n_arcs}\n".encode()
    yield from _lines(network, lambda ids: [str(i + 1) for i in ids.tolist()], " ")
