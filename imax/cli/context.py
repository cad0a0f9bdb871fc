"""What a command runs in: the graph, the status line and the output that its shared options describe."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ..errors import NoSuchFileError
from .color import paint
from .errors import Command, WrongUsage
from .output import as_json, check_outputs, check_writable, write_output
from .process import load_engine
from .progress import Status

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..io.node_reader import NodeReader

__all__ = ["Context", "command"]

_SHORTEST = 1e-3  # seconds that are left of a time limit after long reading: the first result is still computed
_ENDINGS = {
    ".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
}  # fmt: skip
_READING = (
    "probability", "directed", "multi_edges", "on_bad_line", "source", "target", "weight", "header",
    "no_verify",
)  # fmt: skip
_FOR_FILES = {
    "--directed/--undirected": "directed",
    "--on-bad-line": "on_bad_line",
    "--source": "source",
    "--target": "target",
    "--weight": "weight",
    "--header/--no-header": "header",
}


@dataclass
class Context:
    """The shared options of a command, and what they describe.

    Attributes
    ----------
    source : str
        The argument GRAPH; empty if the command has none.
    output : str
        The file of ``--output``; ``-`` is standard output.
    form : str
        The value of ``--format``; by default the format that the ending of the output file names.
    quiet : bool
        Whether to print no notes, and no progress unless it is requested.
    progress : bool or None
        Whether to show progress; None if it is not given.
    rng : int
        The random seed.
    threads : int or None
        Number of threads.
    max_memory : int or None
        The value of ``--max-memory``; None if it is not given, or the command does not have it.
    on_missing : str or None
        The value of ``--on-missing``; None if the command does not have it.
    reading : dict
        Options on how to read the graph.
    status : Status
        The status line.
    notes : list of str
        What was ignored, dropped or filled in when the files about nodes were read.
    began : float
        Start of the command on the clock `time.perf_counter`.
    importing : float
        Seconds for importing the engine; 0 if it was imported before.
    """

    source: str
    output: str
    form: str
    quiet: bool
    progress: bool | None
    rng: int
    threads: int | None
    max_memory: int | None
    on_missing: str | None
    reading: dict[str, Any]
    status: Status = field(init=False)
    notes: list[str] = field(init=False, default_factory=list)
    _reader: "NodeReader | None" = field(init=False, default=None)
    _printed: set[str] = field(init=False, default_factory=set)
    began: float = field(default_factory=perf_counter)
    importing: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        check_writable(self.output)
        self.status = Status(False if self.quiet and self.progress is None else self.progress)

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> "Context":
        """Return a context from the shared options, which are removed from `options`."""
        check_outputs(click.get_current_context())
        output, form = options.pop("output", "-"), options.pop("form", "")
        if output == "/dev/stdout":  # to open it would empty a file to which standard output is redirected
            output = "-"
        return cls(
            source=options.pop("graph", ""),
            output=output,
            form=_form_of(output) if form is None else form,
            quiet=options.pop("quiet"),
            progress=options.pop("progress"),
            rng=options.pop("rng"),
            threads=options.pop("threads"),
            max_memory=options.get("max_memory"),
            on_missing=options.pop("on_missing", None),
            reading={name: options.pop(name) for name in _READING if name in options},
        )

    @property
    def work(self) -> dict[str, Any]:
        """Return the arguments of the library that every computation has: the random seed and the threads."""
        return {"rng": self.rng, "threads": self.threads}

    def after_reading(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return arguments whose time limit is smaller by the time that has passed since the start of the command."""
        limit = arguments.get("time_limit")
        if limit is None:
            return arguments
        return arguments | {"time_limit": max(limit - (perf_counter() - self.began), _SHORTEST)}

    @contextmanager
    def import_time(self) -> Iterator[None]:
        """Add the time of the block to `importing`."""
        began = perf_counter()
        yield
        self.importing += perf_counter() - began

    def note(self, text: str) -> None:
        """Print a note on standard error."""
        self._printed.add(text)
        if not self.quiet:
            click.echo(f"{paint('note:', err=True, fg='yellow')} {text}", err=True)

    def reader(self, graph: "InfluenceGraph") -> "NodeReader":
        """Return the reader of the files about the nodes of the graph."""
        if self._reader is None:
            from ..io.node_reader import NodeReader

            names = [param.name for param in click.get_current_context().command.params]
            option = "--on-missing {}".format if "on_missing" in names else None
            self._reader = NodeReader(graph, self.on_missing, option=option, max_memory=self.max_memory)
        return self._reader

    def print_notes(self) -> None:
        """Print the notes of the reader that were not printed before."""
        if self._reader is not None:
            for text in self._reader.notes[len(self.notes) :]:
                self.notes.append(text)
                self.note(text)

    def _print_notes_of_result(self, notes: Iterable[str]) -> None:
        """Print the notes of a result that were not printed before, with the names of options."""
        params = click.get_current_context().command.params
        options = {param.name: max(param.opts, key=len) for param in params}
        for text in notes:
            name, colon, rest = text.partition(":")
            shown = f"{options.get(name, name)}{colon}{rest}"
            if not {text, shown} & self._printed:
                self.note(shown)

    def open_graph(self, verify: str = "fast") -> "InfluenceGraph":
        """Return the graph that GRAPH names (a file, standard input or a known name), and print its notes.

        `verify` is that of `read_graph`.
        """
        from ..graph.probabilities import parse

        check.threads(self.threads)
        if self.reading["probability"] is not None:
            parse(self.reading["probability"])
        process = click.get_current_context().obj
        if process.own:
            with self.import_time():
                load_engine()
                from .. import io  # noqa: F401
        self.status.show(f"reading {'standard input' if self.source == '-' else self.source}")
        if self.source == "-" or _exists(self.source):
            process.raise_if_interrupted()
            graph = self._read_file(verify)
        else:
            graph = self._load_by_name()
        self.status.clear()
        process.raise_if_interrupted()
        for doubt in graph.report.doubts:
            click.echo(f"warning: {doubt}", err=True)
        for note in graph.report.notes:
            if note not in graph.report.doubts:
                self.note(note)
        return graph

    def _read_file(self, verify: str) -> "InfluenceGraph":
        from ..io import read_graph

        if self.reading["no_verify"]:
            raise click.UsageError(f"--no-verify is for graphs with a name; {self.source!r} is a file")
        return read_graph(
            self.source,
            source=self.reading["source"],
            target=self.reading["target"],
            weight=self.reading["weight"],
            header=self.reading["header"],
            probability=self.reading["probability"],
            directed=self.reading["directed"] is not False,
            multi_edges=self.reading["multi_edges"],
            on_bad_line=self.reading["on_bad_line"] or "error",
            threads=self.threads,
            rng=self.rng,
            max_memory=self.max_memory,
            verify=verify,
        )

    def _load_by_name(self) -> "InfluenceGraph":
        from ..datasets import builtin_names, resolve

        load: Callable[..., InfluenceGraph] | None = resolve(self.source)
        if load is None:
            raise NoSuchFileError(
                f"{self.source}: there is no such file, and no graph of that name; check the path, or try a built-in "
                f"graph ({', '.join(builtin_names())}) or a generated one (rmat:16)"
            )
        for option, name in _FOR_FILES.items():
            if self.reading[name] is not None:
                raise click.UsageError(f"{option} is for files; {self.source!r} is the name of a graph")
        return load(
            verify=False if self.reading["no_verify"] else None,
            probability=self.reading["probability"],
            multi_edges=self.reading["multi_edges"],
            threads=self.threads,
            rng=self.rng,
        )

    def as_json(self, record: dict[str, Any]) -> str:
        """Return a result as JSON, with the random seed, the source of the graph and the notes on files."""
        notes = {"notes": [*self.notes, *record["notes"]]} if "notes" in record else {}
        return as_json(record | notes | {"random_seed": self.rng, "source": self.source})

    def write_report(self, path: str | None, result: Any, evaluation: Any | None = None) -> None:
        """Write a report on a result to an HTML file, if one is given."""
        if path is not None:
            from ..report.families import report_of

            write_output(report_of(result, None, self.command_line, evaluation).to_html(), path)

    @property
    def command_line(self) -> str:
        """Return the command line of this run, with its random seed."""
        run = click.get_current_context()
        words = run.meta["imax.arguments"]
        seed = [] if any(word.startswith("--random-seed") for word in words) else ["--random-seed", str(self.rng)]
        return shlex.join(["imax", str(run.command.name), *words, *seed])

    def finish(
        self,
        text: str,
        interrupted: bool = False,
        so_far: str = "this is the best result so far",
        notes: Iterable[str] = (),
    ) -> int:
        """Write the result and its notes and return the exit code.

        `so_far` says what the result of an interrupted run is.
        """
        self.status.clear()
        write_output(text, self.output, table=self.form == "table")
        self._print_notes_of_result(notes)
        if not interrupted:
            return 0
        click.echo(f"imax: interrupted; {so_far}", err=True)
        code: int = click.get_current_context().obj.exit_code
        return code


def _form_of(output: str) -> str:
    """Return the format that the ending of a file names; the first format of the command for other endings."""
    command = click.get_current_context().command
    formats = next(param.type for param in command.params if param.name == "form")
    assert isinstance(formats, click.Choice)
    form = next((_ENDINGS[ending] for ending in reversed(Path(output).suffixes) if ending in _ENDINGS), None)
    if form is not None and form not in formats.choices:
        raise WrongUsage(
            f"--output {output}: this command has no format {form}; name one with --format: "
            f"{', '.join(formats.choices)}"
        )
    return str(form or formats.choices[0])


def _exists(source: str) -> bool:
    try:
        return Path(source).exists()
    except (OSError, ValueError):  # no valid file name
        return False


def command(
    name: str, short_help: str, examples: tuple[str, ...], *, partial_results: bool = False
) -> Callable[[Callable[..., int]], Command]:
    """Return a decorator that makes a command of a function of a `Context` and the command's own options.

    Parameters
    ----------
    name, short_help : str
        As for `click.command`. The help text is the docstring of the function.
    examples : tuple of str
        Command lines that are shown below the help text.
    partial_results : bool, default False
        Whether an interrupted run prints what it has so far.
    """

    def decorate(function: Callable[..., int]) -> Command:
        @wraps(function)
        def run(**options: Any) -> int:
            return function(Context.from_options(options), **options)

        epilog = "\n".join(["\b", "Examples:", *(f"  {line}" for line in examples)])
        made = click.command(name, cls=Command, short_help=short_help, epilog=epilog)(run)
        made.partial_results = partial_results
        return made

    return decorate
