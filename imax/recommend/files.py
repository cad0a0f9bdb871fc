"""Tables of candidates and of truth from files, and rankings to files: CSV, JSON lines, Parquet."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileFormatError, InvalidArgumentError, MissingDependencyError
from ..labels import Labels
from ..textfile import Content, PathLike, load, quoted, write_bytes, write_text
from .ranking import Ranking

__all__ = ["FORMATS", "as_text", "format_of", "read_rows", "write_ranking"]

FORMATS = ("csv", "jsonl", "parquet")
_PARQUET = b"PAR1"


def format_of(path: PathLike) -> str | None:
    """Return the format that a file's name tells, None where it tells none."""
    suffixes = Path(path).suffixes
    known = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
    return next((known[suffix] for suffix in reversed(suffixes) if suffix in known), None)


def read_rows(path: PathLike, labels: Labels, columns: Sequence[str], optional: str | None = None) -> list[list[Any]]:
    """Return the columns of a table of labels, and last the scores of the optional one, empty where it is missing.

    Parameters
    ----------
    path : str or os.PathLike
        CSV with a head line, JSON lines of objects, or Parquet; text may be compressed. ``"-"`` is standard input.
    labels : Labels
        Where these are integers, labels are read as such.
    columns : sequence of str
        The names of the columns.
    optional : str, optional
        The name of a column of scores in [0, 1] that may be missing.

    Raises
    ------
    FileFormatError
        Naming file and line, for a column that is missing, a cell that is, or a score that is none.
    """
    content = load(path)
    if content.head(len(_PARQUET)) == _PARQUET:
        names, rows = _parquet(content)
    elif content.data[content.text_start() :][:1].tobytes() == b"{":
        names, rows = _json_lines(content, columns, optional)
    else:
        names, rows = _csv(content)
    missing = [name for name in columns if name not in names]
    if missing:
        raise FileFormatError(
            f"{content.name}: the column {missing[0]!r} is missing; it has {', '.join(map(repr, names)) or 'none'}"
        )
    places = [names.index(name) for name in columns]
    found: list[list[Any]] = [[] for _ in columns]
    for line, row in rows:
        for column, place in zip(found, places, strict=True):
            column.append(_label(row[place], labels, f"{content.name}:{line}"))
    if not found[0]:
        raise FileFormatError(f"{content.name} has no rows")
    if optional is None:
        return found
    if optional not in names:
        return [*found, []]
    place = names.index(optional)
    return [*found, [_score(row[place], f"{content.name}:{line}") for line, row in rows]]


def _csv(content: Content) -> tuple[list[str], list[tuple[int, list[Any]]]]:
    reader = csv.reader(content.text_lines())
    try:
        head = [name.strip() for name in next(reader, [])]
        rows: list[tuple[int, list[Any]]] = []
        for row in reader:
            if not row:
                continue
            if len(row) != len(head):
                text = quoted(",".join(row))
                raise FileFormatError(
                    f"{content.name}:{reader.line_num}: expected {len(head)} columns, as in the head line, got {text}"
                )
            rows.append((reader.line_num, [cell.strip() for cell in row]))
    except csv.Error as error:
        raise FileFormatError(f"{content.name}:{reader.line_num}: {error}") from None
    return head, rows


def _json_lines(
    content: Content, columns: Sequence[str], optional: str | None
) -> tuple[list[str], list[tuple[int, list[Any]]]]:
    names = [*columns, *([optional] if optional is not None else [])]
    rows: list[tuple[int, list[Any]]] = []
    given: set[str] = set()
    for line, text in enumerate(content.text_lines(), 1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except ValueError:
            raise FileFormatError(f"{content.name}:{line}: not JSON: {quoted(text.strip())}") from None
        if not isinstance(record, dict):
            raise FileFormatError(f"{content.name}:{line}: expected an object, got {quoted(text.strip())}")
        here = record.keys() & set(names)
        if rows and here != given:
            odd = sorted(here ^ given)[0]
            raise FileFormatError(f"{content.name}:{line}: {odd!r} is not given on all lines alike")
        given = here
        rows.append((line, [record.get(name) for name in names if name in given]))
    return [name for name in names if name in given], rows


def _parquet(content: Content) -> tuple[list[str], list[tuple[int, list[Any]]]]:
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingDependencyError("Parquet needs pyarrow: pip install 'imax[parquet]'") from None
    table = pq.read_table(io.BytesIO(content.data.tobytes()))
    columns = [column.to_pylist() for column in table.columns]
    rows = [(number, list(row)) for number, row in enumerate(zip(*columns, strict=True), 1)]
    return [str(name) for name in table.column_names], rows


def _label(cell: Any, labels: Labels, where: str) -> Any:
    if cell is None or cell == "" or (isinstance(cell, float) and np.isnan(cell)):
        raise FileFormatError(f"{where}: a label is missing")
    if isinstance(cell, str) and labels.kind != "object":
        try:
            return int(cell)
        except ValueError:
            return cell
    if not isinstance(cell, str) and labels.kind == "object":
        return str(cell)
    return cell


def _score(cell: Any, where: str) -> float:
    try:
        score = float(cell)
    except (TypeError, ValueError):
        raise FileFormatError(f"{where}: the score {cell!r} is not a number") from None
    if not 0.0 <= score <= 1.0:
        raise FileFormatError(f"{where}: the score {cell!r} must lie in [0, 1]; scale the scores to probabilities")
    return score


def as_text(ranking: Ranking, form: str) -> str:
    """Return a ranking as CSV or JSON lines, a row for each friend."""
    columns = {
        name: values.tolist() if isinstance(values, np.ndarray) else values
        for name, values in ranking.columns().items()
    }
    buffer = io.StringIO()
    if form == "csv":
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    else:
        for row in zip(*columns.values(), strict=True):
            buffer.write(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False, default=repr) + "\n")
    return buffer.getvalue()


def write_ranking(ranking: Ranking, path: PathLike, form: str) -> None:
    """Write a ranking to a file, all or nothing; ``"-"`` is standard output."""
    if form != "parquet":
        write_text(path, as_text(ranking, form))
        return
    if str(path) == "-":
        raise InvalidArgumentError("parquet cannot be written to standard output; name a file")
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingDependencyError("Parquet needs pyarrow: pip install 'imax[parquet]'") from None
    buffer = io.BytesIO()
    pq.write_table(pa.table(ranking.columns()), buffer)
    write_bytes(path, [buffer.getvalue()])
