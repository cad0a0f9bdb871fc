"""How results are printed: tables for people; json, csv and plain for programs."""

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from ..errors import InvalidArgumentError
from ._errors import OutputError

__all__ = ["as_csv", "as_facts", "as_json", "as_table", "check_place", "emit", "output_option"]


def output_option(function: Any) -> Any:
    """Add ``--output``."""
    return click.option(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help="Write there, all or nothing.  [default: standard output]",
    )(function)


def check_place(path: str) -> None:
    """Refuse a place that cannot be written to, before the work starts."""
    if path == "-":
        return
    place = Path(path)
    try:
        if place.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder; name a file")
        folder = place.resolve().parent
        if not folder.is_dir():
            raise OutputError(f"cannot write {path}: there is no folder {folder}; make it first")
    except (OSError, ValueError) as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None
    if not os.access(place if place.exists() and not place.is_file() else folder, os.W_OK):
        raise OutputError(f"cannot write {path}: no permission to write in {folder}; name another place")


def emit(text: str, path: str = "-") -> None:
    """Write a text to a file or to standard output."""
    from ..io import write_text

    try:
        write_text(path, text)
    except UnicodeEncodeError as error:
        raise OutputError(
            f"standard output cannot show {error.object[error.start : error.end]!r} in {error.encoding}; "
            "set PYTHONUTF8=1 or use --output"
        ) from None
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None


def as_json(value: dict[str, Any]) -> str:
    """Return JSON; labels that it cannot hold stand there as their repr."""
    return json.dumps(value, indent=2, default=repr, ensure_ascii=False) + "\n"


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return comma-separated values with a head line."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue()


def as_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    """Return columns side by side; those of `right` end at one place."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def as_facts(facts: Sequence[tuple[str, str]]) -> str:
    """Return names and values, one pair a line."""
    width = max(len(name) for name, _ in facts) + 2
    return "".join(f"{name.ljust(width)}{value}".rstrip() + "\n" for name, value in facts)
