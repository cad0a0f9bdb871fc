"""Named columns of table files, chunk by chunk: CSV with a header, JSON Lines, Parquet, Arrow."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from .._utils import check
from .._utils.tables import Column, values_of
from ..errors import FileFormatError, ImaxError
from .tables import (
    PYTHON,
    arrow_batches,
    damaged,
    decoded_nbytes,
    is_arrow,
    open_parquet,
    read_batches,
    require_pyarrow,
)
from .text import Content, PathLike, load, quoted

__all__ = ["read_columns"]

_PARQUET = b"PAR1"
_ROWS = 1 << 16


def read_columns(
    path: PathLike, columns: Mapping[str, int | str], *, max_memory: int | str | None = None
) -> Iterator[dict[str, Column]]:
    r"""Yield some columns of a table file in chunks of rows.

    Parameters
    ----------
    path : str or os.PathLike
        A CSV or TSV file whose first line has the names of the columns, a JSON Lines file of objects, or a Parquet,
        Arrow or Feather file; also compressed. The content decides the format. ``"-"`` is standard input.
    columns : dict of str to (int or str)
        Names of the columns in the file, or positions from 0, by the keys of the result.
    max_memory : int or str, optional
        Largest number of bytes that the decompressed content, and the objects made of a chunk of it, may take, such as
        ``"2GiB"``. Default: three quarters of the free memory.

    Yields
    ------
    dict of str to (numpy.ndarray or list)
        Columns of up to 65,536 rows. Cells of CSV are strings, None if they are empty.

    Raises
    ------
    FileFormatError
        If a column does not exist or the content is malformed. The message has the file and the line.
    OutOfMemoryBoundError
        If the content exceeds `max_memory`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "users.csv"
    ...     _ = path.write_text("id,cost\nann,2\nbob,\n")
    ...     for chunk in read_columns(path, {"user": "id", "price": "cost"}):
    ...         print(list(chunk["user"]), list(chunk["price"]))
    ['ann', 'bob'] ['2', None]
    """
    content = load(path, check.memory_bytes(max_memory))
    if content.head(len(_PARQUET)) == _PARQUET:
        yield from _parquet(content, columns)
        return
    if is_arrow(content):
        yield from _arrow(content, columns)
        return
    content.require_text()
    content.require_rows(_ROWS)
    read = _json_lines if content.head(4096).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _csv
    with io.TextIOWrapper(io.BufferedReader(_Raw(content)), encoding="utf-8-sig", newline="") as lines:
        try:
            yield from read(content, lines, columns)
        except UnicodeDecodeError as error:
            shown = error.object[max(error.start - 20, 0) : error.start + 20].decode("utf-8", "replace")
            raise FileFormatError(f"{content.name}: not UTF-8: {quoted(shown)}; save the file as UTF-8") from None


class _Raw(io.RawIOBase):
    """The bytes of a file as a stream, without a copy of them."""

    def __init__(self, content: Content) -> None:
        self._data, self._place = content.data, content.text_start()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; return the number of bytes."""
        piece = self._data[self._place : self._place + len(buffer)]
        buffer[: piece.size] = piece.data
        self._place += piece.size
        return int(piece.size)


def _csv(content: Content, lines: io.TextIOWrapper, columns: Mapping[str, int | str]) -> Iterator[dict[str, Column]]:
    first = lines.readline()
    separator = max(",\t;", key=first.count)
    names = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
    places = {key: _place(content.name, names, column, key) for key, column in columns.items()}
    reader = csv.reader(lines, delimiter=separator)
    try:
        while rows := list(islice(reader, _ROWS)):
            cells: dict[str, list[Any]] = {key: [] for key in places}
            for i, row in enumerate(rows):
                if not row:
                    continue
                if len(row) != len(names):
                    line = reader.line_num + 1 - len(rows) + i + 1
                    raise FileFormatError(
                        f"{content.name}, about line {line}: expected {len(names)} columns, as in the header, got "
                        f"{quoted(separator.join(row))}"
                    )
                for key, place in places.items():
                    cells[key].append(row[place].strip() or None)
            yield {key: values_of(column) for key, column in cells.items()}
    except csv.Error as error:
        raise FileFormatError(f"{content.name}:{reader.line_num + 1}: {error}") from None


def _json_lines(
    content: Content, lines: io.TextIOWrapper, columns: Mapping[str, int | str]
) -> Iterator[dict[str, Column]]:
    number = 0
    while block := list(islice(lines, _ROWS)):
        cells: dict[str, list[Any]] = {key: [] for key in columns}
        for text in block:
            number += 1
            if not text.strip():
                continue
            try:
                record = json.loads(text)
            except (ValueError, RecursionError):
                raise FileFormatError(f"{content.name}:{number}: not JSON: {quoted(text.strip())}") from None
            if not isinstance(record, dict):
                raise FileFormatError(f"{content.name}:{number}: expected an object, got {quoted(text.strip())}")
            for key, name in columns.items():
                if name not in record:
                    raise FileFormatError(f"{content.name}:{number}: the column {name!r} is missing")
                cells[key].append(record[str(name)])
        yield {key: values_of(column) for key, column in cells.items()}


def _parquet(content: Content, columns: Mapping[str, int | str]) -> Iterator[dict[str, Column]]:
    require_pyarrow()
    try:
        file = open_parquet(content)
        names = [str(name) for name in file.schema_arrow.names]
        wanted = {key: names[_place(content.name, names, column, key)] for key, column in columns.items()}
        for batch in read_batches(content, list(wanted.values()), _ROWS, metadata=file.metadata):
            needed = PYTHON * sum(map(decoded_nbytes, batch.columns))
            content.require_memory(needed, f"the objects of {batch.num_rows:,} rows take about {needed:,} bytes,")
            yield {key: values_of(batch.column(name)) for key, name in wanted.items()}
    except ImaxError:
        raise
    except Exception as error:  # pyarrow raises errors of many types for damaged files
        raise damaged(content, error) from None


def _arrow(content: Content, columns: Mapping[str, int | str]) -> Iterator[dict[str, Column]]:
    names, _ = arrow_batches(content)
    wanted = {key: names[_place(content.name, names, column, key)] for key, column in columns.items()}
    for batch in arrow_batches(content, list(wanted.values()))[1]:
        try:
            cells = {key: values_of(batch.column(name)) for key, name in wanted.items()}
        except Exception as error:  # such as a date beyond those of Python
            raise damaged(content, error, "Arrow") from None
        yield cells


def _place(source: str, names: list[str], column: int | str, argument: str) -> int:
    """Return the position of a column, given by its name or position; the message names the argument to change."""
    if names.count(str(column)) == 1:
        return names.index(str(column))
    if isinstance(column, str) and column.isdecimal():
        column = int(column)
    if isinstance(column, int) and 0 <= column < len(names) and str(column) not in names:
        return column
    problem = "occurs twice" if str(column) in names else "is missing"
    shown = (", ".join(map(repr, names[:10])) or "none") + (", ..." if names[10:] else "")
    raise FileFormatError(
        f"{source}: the column {column!r} {problem}; the columns are {shown}; name one of them as {{{argument}}}",
        others=(argument,),
    )
