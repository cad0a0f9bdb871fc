"""Embeddings, texts and labels from files."""

import csv
import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError, MissingDependencyError
from ..textfile import Content, PathLike, load, quoted

__all__ = ["read_embeddings", "read_items", "read_labels_of_items", "read_texts"]


def read_embeddings(path: PathLike, *, key: str | None = None, column: str = "embedding") -> NDArray[Any]:
    """Return the embeddings that a file holds: shape (n_items, n_dimensions).

    Parameters
    ----------
    path : str or os.PathLike
        ``.npy``; ``.npz``; CSV, JSON lines or Parquet with a column of vectors. In CSV a vector stands in one cell,
        as a JSON list or apart by white space.
    key : str, optional
        The array of an ``.npz``; needed where it has several of two dimensions.
    column : str, default "embedding"
        The column of vectors.

    Raises
    ------
    FileFormatError
        Naming file and line.
    """
    content = load(path)
    head = content.head(6)
    if head == b"\x93NUMPY":
        return _array(content, lambda data: np.load(data, allow_pickle=False))
    if head[:4] == b"PK\x03\x04":
        return _member(content, key)
    rows = _cells(content, column)
    vectors = [_vector(cell, f"{content.name}:{line}") for line, cell in rows]
    if not vectors:
        raise FileFormatError(f"{content.name} has no rows")
    for (line, _), vector in zip(rows, vectors, strict=True):
        if len(vector) != len(vectors[0]):
            raise FileFormatError(
                f"{content.name}:{line}: the vector has {len(vector)} numbers, the first one {len(vectors[0])}"
            )
    return np.array(vectors, dtype=np.float64)


def _array(content: Content, read: Any) -> NDArray[Any]:
    try:
        found: NDArray[Any] = read(io.BytesIO(content.data.tobytes()))
    except (ValueError, OSError, EOFError) as error:
        raise FileFormatError(f"{content.name}: the array cannot be read ({error})") from None
    return found


def _member(content: Content, key: str | None) -> NDArray[Any]:
    from zipfile import BadZipFile

    try:
        with np.load(io.BytesIO(content.data.tobytes()), allow_pickle=False) as held:
            names = list(held)
            if key is None:
                wide = [name for name in names if held[name].ndim == 2]
                if len(wide) != 1:
                    raise FileFormatError(f"{content.name} holds {', '.join(names)}; say which one by key")
                key = wide[0]
            if key not in names:
                raise FileFormatError(f"{content.name} holds no {key!r}; it has {', '.join(names)}")
            found: NDArray[Any] = held[key]
            return found
    except (ValueError, OSError, BadZipFile) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{content.name}: the arrays cannot be read ({error})") from None


def _cells(content: Content, column: str) -> list[tuple[int, Any]]:
    """Return the line and the cell of each row of a column."""
    if content.head(4) == b"PAR1":
        try:
            import pyarrow.parquet as pq
        except ImportError:
            raise MissingDependencyError("Parquet needs pyarrow: pip install 'imax[parquet]'") from None
        table = pq.read_table(io.BytesIO(content.data.tobytes()))
        if column not in table.column_names:
            raise _no_column(content, column, table.column_names)
        return list(enumerate(table[column].to_pylist(), 1))
    lines = content.text_lines()
    if lines and lines[0].lstrip().startswith("{"):
        return _json_cells(content, lines, column)
    reader = csv.reader(lines)
    names = [name.strip() for name in next(reader, [])]
    if column not in names:
        raise _no_column(content, column, names)
    place, found = names.index(column), []
    for row in reader:
        if row:
            if len(row) != len(names):
                raise FileFormatError(
                    f"{content.name}:{reader.line_num}: expected {len(names)} columns, got {quoted(','.join(row))}"
                )
            found.append((reader.line_num, row[place]))
    return found


def _json_cells(content: Content, lines: list[str], column: str) -> list[tuple[int, Any]]:
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            raise FileFormatError(f"{content.name}:{number}: not JSON: {quoted(line.strip())}") from None
        if not isinstance(record, dict) or column not in record:
            raise FileFormatError(f"{content.name}:{number}: the column {column!r} is missing: {quoted(line.strip())}")
        found.append((number, record[column]))
    return found


def _no_column(content: Content, column: str, names: Any) -> FileFormatError:
    has = ", ".join(map(repr, names)) or "none"
    return FileFormatError(f"{content.name}: the column {column!r} is missing; it has {has}")


def _vector(cell: Any, where: str) -> list[float]:
    try:
        if isinstance(cell, str):
            cell = json.loads(cell) if cell.lstrip().startswith("[") else cell.split()
        return [float(value) for value in cell]
    except (TypeError, ValueError):
        raise FileFormatError(f"{where}: not a vector of numbers: {quoted(str(cell))}") from None


def read_texts(path: PathLike, column: str) -> list[str]:
    """Return the texts in a column of a CSV, JSON lines or Parquet file."""
    content = load(path)
    texts = [str(cell) for _, cell in _cells(content, column)]
    if not texts:
        raise FileFormatError(f"{content.name} has no rows")
    return texts


def _entries(content: Content) -> list[tuple[int, str]]:
    lines = [(number, line.strip()) for number, line in enumerate(content.text_lines(), 1)]
    return [(number, line) for number, line in lines if line and line[0] != "#"]


def _item(text: str, n: int, where: str) -> int:
    try:
        item = int(text)
    except ValueError:
        item = -1
    if not 0 <= item < n:
        raise FileFormatError(f"{where}: {quoted(text)} is no item; items are the whole numbers 0 to {n - 1}")
    return item


def read_items(path: PathLike, n: int) -> list[int]:
    """Return the items that a file lists, one a line."""
    content = load(path)
    return [_item(text, n, f"{content.name}:{number}") for number, text in _entries(content)]


def read_labels_of_items(path: PathLike, n: int) -> dict[int, str]:
    """Return the labels of annotated items: lines of an item and a label, apart by a comma or white space."""
    content = load(path)
    found: dict[int, str] = {}
    for number, line in _entries(content):
        where = f"{content.name}:{number}"
        first, _, label = line.replace(",", " ", 1).partition(" ")
        if not label.strip():
            raise FileFormatError(f"{where}: expected an item and a label, got {quoted(line)}")
        item = _item(first, n, where)
        if item in found:
            raise FileFormatError(f"{where}: the item {item} is listed twice; keep one line for each")
        found[item] = label.strip()
    if not found:
        raise FileFormatError(f"{content.name} lists no labels")
    return found
