"""Tables with named columns from files: CSV with a header, JSON Lines, Parquet, Arrow."""

import csv
import json
import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import FileFormatError, ImaxError, MissingDependencyError
from .text import Content, quoted

__all__ = [
    "PYTHON",
    "Table",
    "arrow_batches",
    "damaged",
    "decoded_nbytes",
    "is_arrow",
    "open_parquet",
    "read_batches",
    "read_table",
    "require_pyarrow",
    "shown",
    "table_names",
]

_PARQUET = b"PAR1"
_ARROW_FILE, _FEATHER_1, _ARROW_STREAM = b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"
_CELL = 8  # bytes of a cell, at least
PYTHON = 5  # times the size of a column: its values as Python objects
_ROWS = 1 << 14
_FEW_ROWS = 1 << 6  # of lists, each of which may be long
_TEXT_BYTES = 1 << 24  # of the texts of a batch, if all of them are as long as the longest


@dataclass(frozen=True)
class Table:
    """Columns of a file.

    Attributes
    ----------
    source : str
        Name of the file.
    names : list of str
        Names of its columns. For JSON Lines: the requested columns that it has.
    rows : list of (int, list)
        Number of the line from 1 (for Parquet: of the row), and the cells. Cells of CSV are strings.
    """

    source: str
    names: list[str]
    rows: list[tuple[int, list[Any]]]

    def column(self, name: str) -> list[tuple[str, Any]]:
        """Return the position (file and line, for messages) and the value of each cell of a column.

        Raises
        ------
        FileFormatError
            If there is no such column, or no rows.
        """
        if name not in self.names:
            raise _missing(self.source, name, self.names)
        if self.names.count(name) > 1:
            raise FileFormatError(f"{self.source}: {self.names.count(name)} columns have the name {name!r}")
        if not self.rows:
            raise FileFormatError(f"{self.source} has no rows")
        place = self.names.index(name)
        return [(f"{self.source}:{line}", row[place]) for line, row in self.rows]


def shown(value: Any) -> str:
    """Return a short form of a cell of any type, for messages.

    >>> shown([1, [2, [3]]]), shown("a" * 100)
    ('[1, [2, [3]]]', "'aaaaaaaaaaaa...aaaaaaaaaaaaa'")
    """
    return reprlib.repr(value)


def _missing(source: str, name: str, names: Sequence[str]) -> FileFormatError:
    has = ", ".join(map(shown, names[:10])) or "none"
    return FileFormatError(f"{source}: the column {name!r} is missing; it has {has}{', ...' if names[10:] else ''}")


def table_names(content: Content) -> list[str] | None:
    """Return the names of the columns of JSON Lines, Parquet or Arrow, by their first row; None for other text."""
    if content.head(len(_PARQUET)) == _PARQUET:
        return _parquet_names(content)
    if is_arrow(content):
        return arrow_batches(content)[0]
    start = content.text_start()
    while start < content.data.size and not content.line(start):
        start = content.line_end(start) + 1
    if not content.line(start).startswith("{"):
        return None
    try:
        record = json.loads(content.line(start))
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise content.error(start, "not a JSON object: {line}")
    return list(record)


def is_arrow(content: Content) -> bool:
    """Return whether a file is an Arrow file or stream, or a Feather file."""
    return content.head(8).startswith((_ARROW_FILE, _FEATHER_1, _ARROW_STREAM))


def arrow_batches(content: Content, columns: Sequence[str] = ()) -> tuple[list[str], Iterator[Any]]:
    """Return the names of all columns of an Arrow or Feather file, and batches of those of `columns` that it has.

    Raises
    ------
    FileFormatError
        If the file is damaged; also while the batches are read.
    MissingDependencyError
        If pyarrow is missing.
    """
    require_pyarrow()
    import pyarrow as pa
    from pyarrow import feather, ipc

    buffer = pa.py_buffer(content.data)
    options = ipc.IpcReadOptions(use_threads=False)
    try:
        if content.head(len(_FEATHER_1)) == _FEATHER_1:
            table = feather.read_table(pa.BufferReader(buffer), use_threads=False)
            found: tuple[Any, Any] = table.schema, table.to_batches()
        elif content.head(len(_ARROW_FILE)) == _ARROW_FILE:
            file = ipc.open_file(buffer, options=options)
            found = file.schema, (file.get_batch(i) for i in range(file.num_record_batches))
        else:
            stream = ipc.open_stream(buffer, options=options)
            found = stream.schema, stream
        names = [str(name) for name in found[0].names]
    except Exception as error:  # pyarrow raises errors of many types for damaged files
        raise damaged(content, error, "Arrow") from None
    twice = next((name for name in columns if names.count(name) > 1), None)
    if twice is not None:
        raise FileFormatError(f"{content.name}: {names.count(twice)} columns have the name {twice!r}")
    places = [place for place, name in enumerate(names) if name in columns]
    return names, _checked(content, found[1], places)


def _checked(content: Content, batches: Any, places: list[int]) -> Iterator[Any]:
    """Yield columns of batches after a check of their cells and of the memory that they take."""
    taken = 0
    batches = iter(batches)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            batch = batch.select(places)
            batch.validate(full=True)
        except Exception as error:  # pyarrow raises errors of many types for damaged files
            raise damaged(content, error, "Arrow") from None
        taken += PYTHON * sum(map(decoded_nbytes, batch.columns))
        content.require_memory(taken, "the rows of its Arrow data take")
        yield batch


def _parquet_names(content: Content) -> list[str]:
    require_pyarrow()
    try:
        return [str(name) for name in open_parquet(content).schema_arrow.names]
    except Exception as error:  # pyarrow raises errors of many types for damaged files
        raise damaged(content, error) from None


def damaged(content: Content, error: Exception, kind: str = "Parquet") -> FileFormatError:
    """Return the error for a file that pyarrow cannot read."""
    problem = " ".join(str(error).split()) or type(error).__name__
    return FileFormatError(f"{content.name}: the {kind} data is damaged ({quoted(problem, 200)}); write the file again")


def require_pyarrow() -> None:
    """Raise an error if pyarrow is missing."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise MissingDependencyError("Parquet needs pyarrow: pip install 'influence-maximization[parquet]'") from None


def open_parquet(content: Content, metadata: Any = None, texts: Sequence[str] = ()) -> Any:
    """Return a Parquet file; the columns `texts` are read as dictionaries."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = pa.BufferReader(pa.py_buffer(content.data))
    return pq.ParquetFile(source, metadata=metadata, read_dictionary=list(texts), pre_buffer=False)


def read_batches(
    content: Content, names: list[str], size: int, *, metadata: Any = None, groups: Sequence[int] | None = None
) -> Iterator[Any]:
    """Yield columns of a Parquet file in batches of at most `size` rows, or fewer if rows may be long.

    Without threads: if the process ends soon afterwards, threads of pyarrow would abort it. The metadata of columns is
    not used: pyarrow ends the process if the statistics in it are damaged.
    """
    import pyarrow as pa

    file = open_parquet(content, metadata)
    columns = [column for column in file.schema_arrow if column.name in names]
    size = _FEW_ROWS if any(pa.types.is_nested(column.type) for column in columns) else size
    texts = [column.name for column in columns if _is_text(column.type)]
    peek = open_parquet(content, file.metadata, texts) if texts else None
    for group in range(file.metadata.num_row_groups) if groups is None else groups:
        longest = 1 if peek is None else _longest_text(peek, group, texts)
        rows = max(1, min(size, _TEXT_BYTES // longest))
        yield from file.iter_batches(batch_size=rows, row_groups=[group], columns=names, use_threads=False)


def _longest_text(file: Any, group: int, texts: list[str]) -> int:
    """Return the largest size of a text that rows of a group may share: such texts are in the dictionary of a column.

    A file stores them once, but each row of a batch has a copy.
    """
    import pyarrow.compute as pc

    longest = 1
    for batch in file.iter_batches(batch_size=1, row_groups=[group], columns=texts, use_threads=False):
        for column in batch.columns:
            longest = max(longest, pc.max(pc.binary_length(column.dictionary)).as_py() or 1)
        break
    return longest


def _is_text(kind: Any) -> bool:
    """Return whether cells are texts or bytes, or a dictionary of them."""
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary
    return any(test(kind) for test in tests)


def decoded_nbytes(column: Any) -> int:
    """Return the bytes of the values of a column of pyarrow; a dictionary holds each different value once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    values = column.dictionary
    size = pc.sum(pc.binary_length(values).take(column.indices)).as_py() if _is_text(values.type) else 0
    return int(column.indices.nbytes) + (size or 0)


def read_table(content: Content, columns: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """Return the table in a file. The first bytes decide the format.

    In JSON Lines every object must have all `columns`; all objects or none must have each of `optional`.

    Raises
    ------
    FileFormatError
        If the content is malformed. The message has the file and the line.
    MissingDependencyError
        If the file is Parquet and pyarrow is missing.
    """
    if content.head(len(_PARQUET)) == _PARQUET:
        return _parquet(content, columns, optional)
    if is_arrow(content):
        return _arrow(content, columns, optional)
    lines = content.text_lines()
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("{"):
        return _json_lines(content, lines, columns, optional)
    return _csv(content, lines)


def _csv(content: Content, lines: list[str]) -> Table:
    separator = max(",\t;|", key=next((line for line in lines if line.strip()), "").count)
    reader = csv.reader(lines, delimiter=separator)
    rows: list[tuple[int, list[Any]]] = []
    try:
        names = [name.strip() for name in next(reader, [])]
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                raise FileFormatError(
                    f"{content.name}:{reader.line_num}: expected {len(names)} columns, as in the header, got "
                    f"{quoted(separator.join(row))}"
                )
            rows.append((reader.line_num, [cell.strip() for cell in row]))
    except csv.Error as error:
        raise FileFormatError(f"{content.name}:{reader.line_num}: {error}") from None
    return Table(content.name, names, rows)


def _json_lines(content: Content, lines: list[str], columns: Sequence[str], optional: Sequence[str]) -> Table:
    rows: list[tuple[int, list[Any]]] = []
    names: list[str] = []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        where = f"{content.name}:{number}"
        try:
            record = json.loads(text)
        except RecursionError:
            raise FileFormatError(f"{where}: nested too deeply: {quoted(text.strip())}") from None
        except ValueError:
            raise FileFormatError(f"{where}: not JSON: {quoted(text.strip())}") from None
        if not isinstance(record, dict):
            raise FileFormatError(f"{where}: expected an object, got {quoted(text.strip())}")
        missing = next((name for name in columns if name not in record), None)
        if missing is not None:
            raise _missing(where, missing, list(record))
        here = [*columns, *(name for name in optional if name in record)]
        if rows and here != names:
            odd = min(set(here) ^ set(names))
            raise FileFormatError(f"{where}: {odd!r} must be on all lines or on none")
        names = here
        rows.append((number, [record[name] for name in names]))
    return Table(content.name, names, rows)


def _arrow(content: Content, columns: Sequence[str], optional: Sequence[str]) -> Table:
    has, batches = arrow_batches(content, [*columns, *optional])
    missing = next((name for name in columns if name not in has), None)
    if missing is not None:
        raise _missing(content.name, missing, has)
    names = [name for name in (*columns, *optional) if name in has]
    cells: list[list[Any]] = [[] for _ in names]
    for batch in batches:
        for column, name in zip(cells, names, strict=True):
            try:
                column.extend(batch.column(name).to_pylist())
            except Exception as error:  # such as a date beyond those of Python
                raise damaged(content, error, "Arrow") from None
    return Table(content.name, names, [(number, list(row)) for number, row in enumerate(zip(*cells, strict=True), 1)])


def _parquet(content: Content, columns: Sequence[str], optional: Sequence[str]) -> Table:
    require_pyarrow()
    try:
        file = open_parquet(content)
        has = [str(name) for name in file.schema_arrow.names]
        names = [name for name in (*columns, *optional) if name in has]
        announced = f"the {file.metadata.num_rows:,} rows that it announces take"
        content.require_memory(_CELL * file.metadata.num_rows, announced)
        cells: list[list[Any]] = [[] for _ in names]
        taken = 0
        # a few bytes can stand for many equal values
        for piece in read_batches(content, names, _ROWS, metadata=file.metadata):
            taken += PYTHON * sum(map(decoded_nbytes, piece.columns))
            content.require_memory(taken, announced)
            for column, values in zip(cells, piece.columns, strict=True):
                column.extend(values.to_pylist())
    except ImaxError:
        raise
    except Exception as error:  # pyarrow raises errors of many types for damaged files
        raise damaged(content, error) from None
    missing = next((name for name in columns if name not in names), None)
    if missing is not None:
        raise _missing(content.name, missing, has)
    rows = [(number, list(row)) for number, row in enumerate(zip(*cells, strict=True), 1)]
    return Table(content.name, names, rows)
