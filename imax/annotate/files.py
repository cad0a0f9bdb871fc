"""Reading embeddings, texts, item lists and labels from files."""

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
    """Read embeddings from a file and return them: shape (n_items, n_dimensions).

    Parameters
    ----------
    path : str or os.PathLike
        A ``.npy`` or ``.npz`` file, or a CSV, JSON lines or Parquet file with a column of vectors. In CSV, a vector is
        one cell: a JSON list, or numbers separated by white space.
    key : str, optional
        The name of the array in an ``.npz`` file. Required if the file has several two-dimensional arrays.
    column : str, default "embedding"
        The name of the column of vectors.

    Raises
    ------
    FileFormatError
        If the file cannot be read as embeddings. The message names the file and the line.
    """
    content = load(path)
    head = content.head(6)
    if head == b"\x93NUMPY":
        return _array_of_npy(content)
    if head[:4] == b"PK\x03\x04":
        return _array_of_npz(content, key)
    cells = read_table(content, (column,)).column(column)
    vectors = [_vector(cell, where) for where, cell in cells]
    for (where, _), vector in zip(cells, vectors, strict=True):
        if len(vector) != len(vectors[0]):
            raise FileFormatError(
                f"{where}: the vector has {len(vector)} numbers, but the first vector has {len(vectors[0])}"
            )
    return np.array(vectors, dtype=np.float64)


def _array_of_npy(content: Content) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(io.BytesIO(content.data.tobytes()), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FileFormatError(f"{content.name}: the array cannot be read ({error})") from None
    return array


def _array_of_npz(content: Content, key: str | None) -> NDArray[Any]:
    from zipfile import BadZipFile

    try:
        with np.load(io.BytesIO(content.data.tobytes()), allow_pickle=False) as arrays:
            names = list(arrays)
            if key is None:
                tables = [name for name in names if arrays[name].ndim == 2]
                if len(tables) != 1:
                    raise FileFormatError(
                        f"{content.name} has the arrays {', '.join(names)}; name one of them, as in key='{names[0]}'"
                    )
                key = tables[0]
            if key not in names:
                raise FileFormatError(f"{content.name} has no array {key!r}; its arrays are {', '.join(names)}")
            array: NDArray[Any] = arrays[key]
            return array
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
    """Read a column of texts from a CSV, JSON lines or Parquet file and return it."""
    return [str(cell) for _, cell in read_table(load(path), (column,)).column(column)]


def _entries(content: Content) -> list[tuple[int, str]]:
    """Return the number and the text of each line that is neither empty nor a comment."""
    lines = [(number, line.strip()) for number, line in enumerate(content.text_lines(), 1)]
    return [(number, line) for number, line in lines if line and line[0] != "#"]


def _item(text: str, n: int, where: str) -> int:
    try:
        item = int(text)
    except ValueError:
        item = -1
    if not 0 <= item < n:
        raise FileFormatError(f"{where}: {quoted(text)} is not an item; items are the whole numbers 0 to {n - 1}")
    return item


def read_items(path: PathLike, n: int) -> list[int]:
    """Read item numbers from a file with one item per line and return them."""
    content = load(path)
    return [_item(text, n, f"{content.name}:{number}") for number, text in _entries(content)]


def read_labels_of_items(path: PathLike, n: int) -> dict[int, str]:
    """Read the labels of annotated items from a file and return them by item.

    Each line has an item and its label, separated by a comma or white space.
    """
    content = load(path)
    labels: dict[int, str] = {}
    for number, line in _entries(content):
        where = f"{content.name}:{number}"
        first, _, label = line.replace(",", " ", 1).partition(" ")
        if not label.strip():
            raise FileFormatError(f"{where}: expected an item and a label, got {quoted(line)}")
        item = _item(first, n, where)
        if item in labels:
            raise FileFormatError(f"{where}: the item {item} is listed twice; keep one line per item")
        labels[item] = label.strip()
    if not labels:
        raise FileFormatError(f"{content.name} has no labels")
    return labels
