"""Tables of candidates and of truth from files, and rankings to files: CSV, JSON lines, Parquet."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileFormatError, InvalidArgumentError, MissingDependencyError
from ..graph.labels import Labels
from ..io.tables import read_table
from ..io.text import PathLike, load, write_bytes, write_text
from .ranking import Ranking

__all__ = ["FORMATS", "as_text", "format_of", "read_rows", "write_ranking"]

FORMATS = ("csv", "jsonl", "parquet")


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
    table = read_table(load(path), columns, () if optional is None else (optional,))
    found: list[list[Any]] = [
        [_label(cell, labels, where) for where, cell in table.column(name)] for name in columns
    ]  # fmt: skip
    if optional is None:
        return found
    scores = [_score(cell, where) for where, cell in table.column(optional)] if optional in table.names else []
    return [*found, scores]


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
        raise MissingDependencyError("Parquet needs pyarrow: pip install 'influence-maximization[parquet]'") from None
    buffer = io.BytesIO()
    pq.write_table(pa.table(ranking.columns()), buffer)
    write_bytes(path, [buffer.getvalue()])
