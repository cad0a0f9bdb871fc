"""What the commands share: options, reading a graph, notes and progress."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from .._utils import check
from ..errors import FileFormatError, InvalidArgumentError, NoSuchFileError
from ._errors import WrongUsage, in_options
from ._startup import load_engine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..graph.influence_graph import InfluenceGraph

__all__ = [
    "Status",
    "both",
    "checked",
    "common_options",
    "graph_options",
    "labels_from",
    "one_stdin",
    "print_notes",
    "read",
    "split_reading",
    "weights_from",
    "work_options",
]

F = TypeVar("F", bound=Callable[..., Any])


def checked(check: Callable[..., Any], *args: Any, **options: Any) -> Callable[..., Any]:
    """Return a click callback that puts a value to one of the library's checks, before any file is read."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value is None:
            return None
        try:
            check(value, *args, **options)
        except InvalidArgumentError as error:
            raise WrongUsage(in_options(str(error), ctx.command, argument=True)) from error
        return value

    return callback


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta["imax.debug"] = value


def _complete_graph(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ..datasets import names

    found = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
    return [*found, CompletionItem(incomplete, type="file")]


def _draw_seed(ctx: click.Context, param: click.Parameter, value: int | None) -> int:
    # a drawn seed is shown with the result, so that every run can be repeated
    if value is None:
        return int.from_bytes(os.urandom(4), "little")
    if value < 0:
        raise WrongUsage(f"--random-seed must not be negative, got {value}")
    return value


_READING = ("probability", "directed", "multi_edges", "on_bad_line")


def both(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Return one decorator for several, which come in their order."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


graph_options = both(
    click.argument("graph", shell_complete=_complete_graph),
    click.option(
        "--probability",
        metavar="SPEC",
        help="Arc probabilities: weighted_cascade (1/in-degree of the target), uniform:P, trivalency, column "
        "(the third column), exponential, weibull, lt_uniform, lt_normalized.  "
        "[default: weighted_cascade, or what a binary file holds]",
    ),
    click.option(
        "--directed/--undirected",
        default=None,
        help="Whether a line of the file is one arc or two.  [default: directed; graphs known by name "
        "know it themselves]",
    ),
    click.option(
        "--multi-edges",
        type=click.Choice(["merge", "combine", "error"]),
        default="merge",
        show_default=True,
        help="Arcs given more than once: count once, are one try each, or are refused.",
    ),
    click.option(
        "--on-bad-line",
        type=click.Choice(["error", "skip"]),
        help="What to do at a malformed line of the file.  [default: error]",
    ),
)
_RANDOM_SEED = click.option(
    "--random-seed",
    "rng",
    type=int,
    callback=_draw_seed,
    help="The same number gives the same result, whatever the threads.  [default: drawn, and shown]",
)
_THREADS = click.option(
    "--threads",
    type=int,
    callback=checked(check.threads),
    help="How many threads to use.  [default: IMAX_NUM_THREADS, else all cores]",
)
common_options = both(
    _RANDOM_SEED,
    _THREADS,
    click.option("-q", "--quiet", is_flag=True, help="No notes and no progress on standard error."),
    click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_debug,
        help="Show where an error comes from.",
    ),
)
work_options = both(
    click.option(
        "--model",
        type=click.Choice(["ic", "lt"], case_sensitive=False),
        default="ic",
        show_default=True,
        help="Independent cascade or linear threshold.",
    ),
    click.option(
        "--node-weights",
        metavar="FILE",
        help="What reaching each node is worth: lines of a node and a number.  [default: 1 each]",
    ),
    click.option(
        "--time-limit",
        type=float,
        metavar="SECONDS",
        callback=checked(check.positive, "time_limit"),
        help="Stop then, with the best result so far.",
    ),
)


def split_reading(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for `read`, and all but those that reading alone has."""
    reading = {name: options[name] for name in (*_READING, "threads", "rng")}
    return reading, {name: value for name, value in options.items() if name not in _READING}


def one_stdin(**files: str | None) -> None:
    """Refuse that two inputs are standard input."""
    names = [name for name, path in files.items() if path == "-"]
    if len(names) > 1:
        raise click.UsageError(f"{' and '.join(names)} cannot both be standard input")


def read(
    source: str,
    status: "Status",
    *,
    probability: str | None,
    directed: bool | None,
    multi_edges: str,
    on_bad_line: str | None,
    threads: int | None,
    rng: int,
) -> "InfluenceGraph":
    """Return the graph that the command line names: a file, standard input, or a known name."""
    from ..graph.probabilities import parse

    check.threads(threads)
    if probability is not None:
        parse(probability)
    options: dict[str, Any] = {
        "probability": probability,
        "multi_edges": multi_edges,
        "threads": threads,
        "rng": rng,
    }
    process = click.get_current_context().obj
    if process.own:
        load_engine()
    status.show(f"reading {'standard input' if source == '-' else source}")
    if source == "-" or _exists(source):
        from ..io import read_graph

        process.go_on()
        graph = read_graph(source, directed=directed is not False, on_bad_line=on_bad_line or "error", **options)
    else:
        load = _known(source)
        _refuse_for_names(source, directed, on_bad_line)
        graph = load(**options)
    status.clear()
    process.go_on()
    return graph


def _exists(source: str) -> bool:
    try:
        return Path(source).exists()
    except (OSError, ValueError):
        return False


def _refuse_for_names(source: str, directed: bool | None, on_bad_line: str | None) -> None:
    given = {"--directed/--undirected": directed, "--on-bad-line": on_bad_line}
    for option, value in given.items():
        if value is not None:
            raise click.UsageError(f"{option} is for files; {source!r} is known by name, and how to read it too")


def _known(source: str) -> Callable[..., "InfluenceGraph"]:
    from ..datasets import builtin_names, resolve

    found: Callable[..., InfluenceGraph] | None = resolve(source)
    if found is None:
        raise NoSuchFileError(
            f"{source}: there is no such file, and no graph of that name; check the path, or try a built-in "
            f"graph ({', '.join(builtin_names())}) or a generated one (rmat:16)"
        )
    return found


def labels_from(texts: tuple[str, ...], graph: "InfluenceGraph") -> list[Any]:
    """Return the labels that texts of the command line stand for: integers where the graph's labels are."""
    if graph.labels.kind == "object":
        return list(texts)
    return [int(text) if re.fullmatch(r"[+-]?\d+", text) else text for text in texts]


def weights_from(path: str | None, graph: "InfluenceGraph") -> "NDArray[np.float64] | None":
    """Return the node weights that a file holds, by node index; None without a file."""
    if path is None:
        return None
    from ..graph.node_values import node_weights
    from ..io import read_node_values

    values = read_node_values(path, graph)
    try:
        node_weights(graph, values)
    except InvalidArgumentError as error:
        raise FileFormatError(f"{path}: {error}") from None
    return values


def print_notes(graph: "InfluenceGraph", command: click.Command, quiet: bool) -> None:
    """Tell on standard error what reading the graph decided."""
    if not quiet:
        for note in graph.report.notes:
            click.echo(f"note: {in_options(note, command)}", err=True)


class Status:
    """One line on standard error, rewritten; nothing where that is no terminal."""

    def __init__(self, quiet: bool) -> None:
        self.on = not quiet and sys.stderr.isatty()
        self._shown = ""
        click.get_current_context().call_on_close(self.clear)

    def show(self, text: str) -> None:
        """Replace the line."""
        if self.on and text != self._shown:
            import shutil

            text = text[: shutil.get_terminal_size().columns - 1]
            over = f"\r{text.ljust(len(self._shown))}\r{text}"
            self._shown = text  # first: an interrupt may come while it is printed
            click.echo(over, nl=False, err=True)

    def clear(self) -> None:
        """Remove the line."""
        self.show("")
