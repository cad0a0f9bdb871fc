"""Output formats: tables for people; JSON, CSV and plain lines for programs."""

import csv
import io
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

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
    "check_report",
    "check_writable",
    "write_output",
]


def check_writable(path: str, source: str = "") -> None:
    """Reject a path that cannot be written to, or is the input, before the work starts; ``-`` is standard output."""
    if path == "-":
        return
    target = Path(path)
    try:
        if target.is_file() and source not in ("", "-") and Path(source).exists() and target.samefile(source):
            raise OutputError(f"cannot write {path}: it is the input; name another file")
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
