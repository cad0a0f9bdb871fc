"""Matrix Market files: sparse matrices as graphs, entry (i, j) being the arc from i to j."""

import numpy as np

from ..errors import FileFormatError
from .edge_list import Arcs, Wanted, left_out, read_ids
from .text import Content, quoted

__all__ = ["is_matrix_market", "read_matrix_market"]

_MAGIC = b"%%matrixmarket"
_LARGEST = 2**31 - 2


def is_matrix_market(content: Content) -> bool:
    """Say whether the first line announces a Matrix Market file."""
    return content.head(len(_MAGIC)).lower() == _MAGIC


def read_matrix_market(content: Content, wanted: Wanted, threads: int) -> tuple[Arcs, bool]:
    """Return the arcs and whether the matrix is symmetric (its entries then stand for two arcs each).

    Rows and columns without entries stay nodes; labels are 1 to n.
    """
    content.require_text()
    symmetric, pattern = _banner(content)
    size_at, sizes = _sizes(content)
    n, columns, entries = sizes
    if n != columns:
        raise content.error(size_at, f"the matrix must be square, got {n} rows and {columns} columns")
    if not 0 < n <= _LARGEST:
        raise content.error(size_at, f"the matrix must have 1 to {_LARGEST} rows, got {n}")
    if pattern and wanted.bounds is not None:
        raise FileFormatError(
            f"{content.name}: the matrix is a pattern without values; choose a scheme that needs no column"
        )
    body = min(content.line_end(size_at) + 1, content.data.size)
    parsed = read_ids(content, body, (1, n), wanted, threads)
    found = parsed.src.size + parsed.bad
    if found != entries:
        raise FileFormatError(
            f"{content.name}: the header announces {entries} entries, but there are {found}; "
            "the file is cut off or damaged"
        )
    parsed.src -= 1
    parsed.dst -= 1
    notes = []
    if symmetric:
        notes.append("the matrix is symmetric: each entry off the diagonal became two arcs")
    if not pattern and wanted.bounds is None:
        notes.append('the values of the matrix were not used; probability="column" reads them')
    notes += left_out(parsed.bad)
    labels = np.arange(1, n + 1, dtype=np.int64)
    return Arcs(parsed.src, parsed.dst, parsed.column, labels, n, parsed.bad, tuple(notes)), symmetric


def _banner(content: Content) -> tuple[bool, bool]:
    """Return whether the matrix is symmetric, and whether it is a pattern without values."""
    words = content.line(0).lower().split()
    if len(words) != 5 or words[1] != "matrix":
        raise content.error(0, "expected '%%MatrixMarket matrix coordinate FIELD SYMMETRY', got {line}")
    _, _, layout, kind, symmetry = words
    for what, value, known in (
        ("layout", layout, ("coordinate",)),
        ("field", kind, ("pattern", "real", "double", "integer", "unsigned-integer")),
        ("symmetry", symmetry, ("general", "symmetric")),
    ):
        if value not in known:
            raise content.error(
                0, f"the {what} must be {' or '.join(known)} to be read as a graph, got {quoted(value)}"
            )
    return symmetry == "symmetric", kind == "pattern"


def _sizes(content: Content) -> tuple[int, list[int]]:
    """Return where the line of sizes starts, and its three numbers."""
    start = content.line_end(0) + 1
    while start < content.data.size:
        text = content.line(start)
        if text and text[0] != "%":
            words = text.split()
            if len(words) != 3 or not all(word.isascii() and word.isdigit() for word in words):
                raise content.error(start, "expected the numbers of rows, columns and entries, got {line}")
            return start, [int(word) for word in words]
        start = content.line_end(start) + 1
    raise FileFormatError(f"{content.name}: the file ends before the numbers of rows, columns and entries")
