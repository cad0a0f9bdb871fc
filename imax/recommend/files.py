"""Reading tables of candidates and of ground truth, and writing rankings: CSV, JSON lines and Parquet."""

import csv
import io
import os
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from .._utils import jsons
from .._utils.numbers import plain_number
from ..errors import FileFormatError, InvalidArgumentError, MissingDependencyError
from ..graph.labels import Labels
from ..io.node_columns import exists, whole_number
from ..io.tables import read_table, shown
from ..io.text import PathLike, load_list, number, write_bytes, write_text
from .ranking import Ranking

__all__ = ["as_text", "read_rows", "write_ranking"]


def read_rows(
    path: PathLike,
    labels: Labels,
    columns: Sequence[str],
    optional: str | None = None,
    max_memory: int | None = None,
) -> list[list[Any]]:
    """Read columns of labels from a table, and a column of scores that may be missing.

    Parameters
    ----------
    path : str or os.PathLike
        A CSV file with a header line, JSON lines with objects, or a Parquet file. Text may be compressed. ``"-"`` is
        standard input. ``FILE:USER:CANDIDATE`` names the columns in the file, and ``FILE:USER:CANDIDATE:SCORE`` also
        that of the scores.
    labels : Labels
        The labels of the graph. If they are integers, labels in the file are read as integers.
    columns : sequence of str
        The names of the columns of labels, if `path` does not name them.
    optional : str, optional
        The name of a column of scores in [0, 1] that may be missing.
    max_memory : int, optional
        Largest number of bytes that the content and the objects made of it may take. Default: a quarter of the free
        memory.

    Returns
    -------
    list of list
        The columns. If `optional` is given, the last one has the scores, and is empty if that column is missing.

    Raises
    ------
    FileFormatError
        If a column or a cell is missing, or a score is not a number in [0, 1]. The message names the file and the line.
    """
    kind = optional or ""
    file, columns, optional, given = _named_columns(path, columns, optional)
    try:
        table = read_table(load_list(file, max_memory), columns, () if optional is None else (optional,))
        label_columns: list[list[Any]] = [
            [_label(cell, labels, where) for where, cell in table.column(name)] for name in columns
        ]
    except FileFormatError as error:
        if file != os.fspath(path) or "is missing; it has" not in str(error):
            raise
        raise FileFormatError(f"{error}; name the columns, as in {_form(columns, optional, file)}") from None
    if optional is None:
        return label_columns
    has_scores = given or optional in table.names
    scores = [_share(cell, where, kind) for where, cell in table.column(optional)] if has_scores else []
    return [*label_columns, scores]


def _named_columns(
    path: PathLike, columns: Sequence[str], optional: str | None
) -> tuple[str, Sequence[str], str | None, bool]:
    """Return the file, the names of its columns, and whether the path names that of the scores.

    The longest beginning of the path that exists is the file, so that a colon may be part of its name.
    """
    text = os.fspath(path)
    if exists(text):
        return text, columns, optional, False
    form = _form(columns, optional, "FILE")
    for n in range(1, len(columns) + 2):
        file, *names = text.rsplit(":", n)
        if len(names) == n and exists(file):
            if n < len(columns) or n > len(columns) + (optional is not None):
                raise FileFormatError(f"{text}: {n} columns are named; name them as in {form}")
            score = names[len(columns)] if n > len(columns) else optional
            return file, names[: len(columns)], score, n > len(columns)
    return text, columns, optional, False


def _form(columns: Sequence[str], optional: str | None, file: str) -> str:
    return ":".join([file, *map(str.upper, columns)]) + ("" if optional is None else f"[:{optional.upper()}]")


def _label(cell: Any, labels: Labels, where: str) -> Any:
    if cell is None or cell == "" or (isinstance(cell, float) and np.isnan(cell)):
        raise FileFormatError(f"{where}: a label is missing")
    if not isinstance(cell, Hashable):
        raise FileFormatError(f"{where}: a label must be a text or a number, got {shown(cell)}")
    if isinstance(cell, str) and labels.kind != "object":
        found = whole_number(cell)
        return cell if found is None else found
    if not isinstance(cell, str) and labels.kind == "object":
        return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return cell


def _share(cell: Any, where: str, kind: str) -> float:
    """Return a number in [0, 1]; `kind` is the word for it in messages."""
    try:
        found = number(cell) if isinstance(cell, str) else float(cell)
    except OverflowError:
        found = np.inf
    except (TypeError, ValueError):
        if cell is None or cell == "":
            raise FileFormatError(
                f"{where}: the {kind} is missing; give one on every row, or leave out the column"
            ) from None
        raise FileFormatError(f"{where}: the {kind} {shown(cell)} is not a number{plain_number(str(cell))}") from None
    if not 0.0 <= found <= 1.0:
        raise FileFormatError(
            f"{where}: the {kind} {shown(cell)} must lie in [0, 1]; scale all of them, as 35% to 0.35"
        )
    return found


def as_text(ranking: Ranking, form: str) -> str:
    """Return a ranking as CSV or JSON lines, with one row per friend."""
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
            buffer.write(jsons.dumps(dict(zip(columns, row, strict=True))) + "\n")
    return buffer.getvalue()


def write_ranking(ranking: Ranking, path: PathLike, form: str) -> None:
    """Write a ranking to a file, with one row per friend. The file appears complete or not at all.

    Parameters
    ----------
    ranking : Ranking
    path : str or os.PathLike
        The file. ``"-"`` is standard output.
    form : {"csv", "jsonl", "parquet"}
        The format of the file.

    Raises
    ------
    InvalidArgumentError
        If the file cannot be written, or if Parquet is to be written to standard output.
    MissingDependencyError
        If the format is Parquet and pyarrow is not installed.

    Examples
    --------
    >>> import imax
    >>> from imax.recommend import Reranker
    >>> reranker = Reranker(imax.datasets.load("karate"), algorithm="probability")
    >>> write_ranking(reranker.rerank_user(0, [33, 9], k=1), "-", "csv")
    user,friend,rank,score,willingness,value
    0,33,1,0.0,0.0,0.0
    """
    if form != "parquet":
        write_text(path, as_text(ranking, form))
        return
    if str(path) == "-":
        raise InvalidArgumentError(
            "path must be a file for the format parquet, which cannot be written to standard output", argument="path"
        )
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingDependencyError("Parquet needs pyarrow: pip install 'influence-maximization[parquet]'") from None
    buffer = io.BytesIO()
    pq.write_table(pa.table(ranking.columns()), buffer)
    write_bytes(path, [buffer.getvalue()])
