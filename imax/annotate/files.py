"""Embeddings, texts and labels from files."""

import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError
from ..io.tables import read_table
from ..io.text import Content, PathLike, load, quoted

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
    cells = read_table(content, (column,)).column(column)
    vectors = [_vector(cell, where) for where, cell in cells]
    for (where, _), vector in zip(cells, vectors, strict=True):
        if len(vector) != len(vectors[0]):
            raise FileFormatError(f"{where}: the vector has {len(vector)} numbers, the first one {len(vectors[0])}")
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
                    raise FileFormatError(f"{content.name} holds {', '.join(names)}; say which, as in key='{names[0]}'")
                key = wide[0]
            if key not in names:
                raise FileFormatError(f"{content.name} holds no {key!r}; it has {', '.join(names)}")
            found: NDArray[Any] = held[key]
            return found
    except (ValueError, OSError, BadZipFile) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{content.name}: the arrays cannot be read ({error})") from None


def _vector(cell: Any, where: str) -> list[float]:
    try:
        if isinstance(cell, str):
            cell = json.loads(cell) if cell.lstrip().startswith("[") else cell.split()
        return [float(value) for value in cell]
    except (TypeError, ValueError):
        raise FileFormatError(f"{where}: not a vector of numbers: {quoted(str(cell))}") from None


def read_texts(path: PathLike, column: str) -> list[str]:
    """Return the texts in a column of a CSV, JSON lines or Parquet file."""
    return [str(cell) for _, cell in read_table(load(path), (column,)).column(column)]


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
