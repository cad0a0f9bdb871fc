"""What the commands share: options for reading a graph, notes, progress, and how errors end."""

import os
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from .. import _check
from ..errors import ImaxError, InvalidArgumentError, NoSuchFileError
from ._startup import load_engine

if TYPE_CHECKING:
    from ..graph import InfluenceGraph

__all__ = [
    "BROKEN_PIPE",
    "INTERRUPTED",
    "Command",
    "OutputError",
    "Process",
    "Status",
    "checked",
    "common_options",
    "graph_options",
    "labels_from",
    "one_stdin",
    "print_notes",
    "read",
    "report",
    "split_reading",
    "work_options",
]

INTERRUPTED = 130  # what shells show for SIGINT
BROKEN_PIPE = 141  # and for SIGPIPE

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Process:
    """Whether this process is the command line's own, so that it may be trimmed for speed."""

    own: bool


class OutputError(ImaxError, OSError):
    """The output cannot be written."""


class _BadInput(click.ClickException):
    exit_code = 1


class _WrongUsage(click.ClickException):
    exit_code = 2


class _Interrupted(click.ClickException):
    exit_code = INTERRUPTED


def report(error: click.ClickException, code: int | None = None) -> int:
    """Print an error in one line and return the exit code."""
    text = " ".join(error.format_message().split("\n"))
    if isinstance(error, click.UsageError) and error.ctx is not None:
        text = f"{text.rstrip('.')}; see {error.ctx.command_path} --help"
    with suppress(OSError):
        click.echo(f"imax: error: {text}", err=True)
    return error.exit_code if code is None else code


def in_options(message: str, command: click.Command, *, argument: bool = False) -> str:
    """Say in options what a message of the library says in arguments, as in ``--probability column``.

    With `argument` the message starts with the name of an argument.
    """
    names = {
        p.name: max(p.opts, key=len)
        for p in command.params
        if isinstance(p, click.Option) and p.name is not None
    }
    message = message.replace("directed=False", "--undirected")
    for name, option in names.items():
        message = re.sub(rf"\b{name}=(['\"]?)([\w:.]+)\1", rf"{option} \2", message)
    if argument:
        pattern = "|".join(names)
        message = re.sub(
            rf"^({pattern})( and )({pattern})\b", lambda m: names[m[1]] + m[2] + names[m[3]], message
        )
        message = re.sub(rf"^({pattern})\b", lambda m: names[m[1]], message)
    return message


class Command(click.Command):
    """A command whose errors become one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InvalidArgumentError as error:
            self._trace(ctx)
            raise _WrongUsage(in_options(str(error), self, argument=True)) from error
        except ImaxError as error:
            self._trace(ctx)
            raise _BadInput(in_options(str(error), self)) from error
        except KeyboardInterrupt as error:
            self._trace(ctx)
            raise _Interrupted("interrupted before the first result") from error
        except BrokenPipeError:
            discard_output()
            return BROKEN_PIPE
        except MemoryError as error:
            self._trace(ctx)
            raise _BadInput("there is not enough memory; try --max-memory, or a smaller graph") from error
        except OSError as error:
            self._trace(ctx)
            discard_output()
            raise _BadInput(f"cannot write the output: {error.strerror or error}") from error

    @staticmethod
    def _trace(ctx: click.Context) -> None:
        if ctx.meta.get("imax.debug"):
            traceback.print_exc()


def discard_output() -> None:
    """Send what is left of standard output nowhere, so that leaving does not fail on it again."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())


def checked(check: Callable[..., Any], *args: Any, **options: Any) -> Callable[..., Any]:
    """Return a click callback that puts a value to one of the library's checks, before any file is read."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value is None:
            return None
        try:
            check(value, *args, **options)
        except InvalidArgumentError as error:
            raise _WrongUsage(in_options(str(error), ctx.command, argument=True)) from error
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
        raise _WrongUsage(f"--random-seed must not be negative, got {value}")
    return value


_READING = ("probability", "directed", "parallel", "on_bad_line")


def _all(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


graph_options = _all(
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
        "--parallel",
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
    callback=checked(_check.threads),
    help="[default: IMAX_NUM_THREADS, else all cores]",
)
common_options = _all(
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
work_options = _all(
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
        callback=checked(_check.positive, "time_limit"),
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
    parallel: str,
    on_bad_line: str | None,
    threads: int | None,
    rng: int,
) -> "InfluenceGraph":
    """Return the graph that the command line names: a file, standard input, or a known name."""
    from ..probabilities import parse

    _check.threads(threads)
    if probability is not None:
        parse(probability)
    options: dict[str, Any] = {
        "probability": probability,
        "parallel": parallel,
        "threads": threads,
        "rng": rng,
    }
    if click.get_current_context().obj.own:
        load_engine()
    status.show(f"reading {'standard input' if source == '-' else source}")
    if source == "-" or _exists(source):
        from ..io import read_graph

        graph = read_graph(
            source, directed=directed is not False, on_bad_line=on_bad_line or "error", **options
        )
    else:
        load = _known(source)
        _refuse_for_names(source, directed, on_bad_line)
        graph = load(**options)
    status.clear()
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
            raise click.UsageError(
                f"{option} is for files; {source!r} is known by name, and how to read it too"
            )
    return {}


def _known(source: str) -> Callable[..., "InfluenceGraph"]:
    from ..datasets import builtin_names, resolve

    found = resolve(source)
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


def print_notes(graph: "InfluenceGraph", command: click.Command, quiet: bool) -> None:
    """Tell on standard error what reading the graph decided."""
    if not quiet:
        for note in graph.report.notes:
            click.echo(f"note: {in_options(note, command)}", err=True)


class Status:
    """One line on standard error, rewritten; nothing where that is no terminal."""

    def __init__(self, quiet: bool) -> None:
        self.on = not quiet and sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replace the line."""
        if self.on:
            import shutil

            width = shutil.get_terminal_size().columns - 1
            click.echo(f"\r{text[:width].ljust(width)}\r{text[:width]}", nl=False, err=True)

    def clear(self) -> None:
        """Remove the line."""
        self.show("")
