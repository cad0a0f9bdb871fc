"""Output formats: tables for people; JSON, CSV and plain lines for programs."""

import csv
import io
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from .._utils import jsons
from ..errors import InvalidArgumentError
from .color import emphasize, wants_color
from .errors import OutputError, WrongUsage

__all__ = [
    "as_csv",
    "as_facts",
    "as_json",
    "as_json_lines",
    "as_lines",
    "as_matrix",
    "as_table",
    "check_outputs",
    "check_report",
    "check_writable",
    "write_output",
]

_OUTPUTS = ("output", "out", "report_file", "plot", "diffuse")  # names of the parameters that name files to write
_MAX_COLUMNS = 4  # after the name of a file


def check_outputs(context: click.Context) -> None:
    """Reject a command line on which an output file is also an input, or is named twice."""
    outputs, inputs = [], []
    for param in context.command.params:
        given = context.params.get(param.name or "")
        texts = [text for text in (given if isinstance(given, tuple) else (given,)) if isinstance(text, str)]
        if param.name in _OUTPUTS:
            outputs += [text for text in texts if text != "-"]
        elif isinstance(param, click.Argument) or "FILE" in (param.metavar or "") or param.name == "delay":
            inputs += texts
    for i, path in enumerate(outputs):
        if any(_same_file(path, other) for other in outputs[:i]):
            raise OutputError(f"cannot write {path}: it is the file of two outputs; name another one")
        if any(_same_file(path, name) for text in inputs for name in _possible_names(text)):
            raise OutputError(f"cannot write {path}: it is the input; name another file")


def _possible_names(text: str) -> list[str]:
    """Return the file names that ``NAME=FILE:COLUMN:COLUMN`` may stand for."""
    texts = [text, text.partition("=")[2]]
    return [name.rsplit(":", n)[0] for name in texts if name for n in range(_MAX_COLUMNS + 1)]


def _same_file(path: str, other: str) -> bool:
    try:
        target = Path(path)
        if target.exists() and not target.is_file():  # a device
            return False
        return target.resolve() == Path(other).resolve() or (target.exists() and target.samefile(other))
    except (OSError, ValueError, RuntimeError):
        return False


def check_writable(path: str) -> None:
    """Reject a path that cannot be written to, before the work starts; ``-`` is standard output."""
    if path == "-":
        return
    target = Path(path)
    try:
        if target.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder; name a file")
        folder = target.resolve().parent
        if not folder.is_dir():
            raise OutputError(f"cannot write {path}: there is no folder {folder}; make it first")
    except (OSError, ValueError) as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None
    # devices such as /dev/full are written in place, regular files are replaced
    if not os.access(target if target.exists() and not target.is_file() else folder, os.W_OK):
        raise OutputError(f"cannot write {path}: no permission to write in {folder}; choose another folder")


def check_report(path: str | None) -> None:
    """Reject a report that cannot be written, before the work starts."""
    if path is None:
        return
    check_writable(path)
    try:
        import jinja2  # noqa: F401
    except ImportError:
        raise WrongUsage("a report needs Jinja2: pip install 'influence-maximization[report]'") from None


def write_output(text: str, path: str = "-", *, table: bool = False) -> None:
    """Write a text to a file or to standard output; on a terminal, a text of tables and facts has colors."""
    from ..io import write_text

    if path == "-" and sys.stdout is None:
        raise OutputError("standard output is closed; redirect it, or use --output")
    try:
        write_text(path, emphasize(text) if table and path == "-" and wants_color() else text)
    except UnicodeEncodeError as error:
        raise OutputError(
            f"standard output cannot show {error.object[error.start : error.end]!r} in {error.encoding}; "
            "set PYTHONUTF8=1 or use --output"
        ) from None
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None


def as_json(value: dict[str, Any]) -> str:
    """Return JSON. Labels that JSON cannot represent become their repr, NaN and infinity null."""
    return jsons.dumps(value, indent=2) + "\n"


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return comma-separated values with a header line."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue()


def as_json_lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return an object per row, one per line."""
    return "".join(jsons.dumps(dict(zip(head, row, strict=True))) + "\n" for row in rows)


def as_lines(values: Iterable[Any]) -> str:
    """Return one value per line."""
    return "".join(f"{value}\n" for value in values)


def as_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    """Return aligned columns; `right` says which of them are aligned to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def as_matrix(title: str, names: Sequence[str], rows: Sequence[Sequence[str]], width: int = 100) -> str:
    """Return a square table whose columns are numbered, in as many parts as fit the width.

    >>> print(as_matrix("overlap", ["a", "b"], [["1", ".5"], [".5", "1"]]), end="")
    overlap   1   2
    1 a       1  .5
    2 b      .5   1
    """
    digits = len(str(len(names)))
    labels = [f"{number:>{digits}} {name}" for number, name in enumerate(names, 1)]
    widest = max(max(map(len, row)) for row in rows)
    first = max(len(title), *map(len, labels))
    step = max((width - first) // (max(widest, digits) + 2), 1)
    parts = []
    for begin in range(0, len(names), step):
        columns = range(begin, min(begin + step, len(names)))
        head = (title, *(str(column + 1) for column in columns))
        cells = [(label, *(row[column] for column in columns)) for label, row in zip(labels, rows, strict=True)]
        parts.append(as_table(head, cells, (False, *(True for _ in columns))))
    return "\n".join(parts)


def as_facts(facts: Sequence[tuple[str, str]]) -> str:
    """Return names and values, one pair per line."""
    width = max(len(name) for name, _ in facts) + 2
    return "".join(f"{name.ljust(width)}{value}".rstrip() + "\n" for name, value in facts)
