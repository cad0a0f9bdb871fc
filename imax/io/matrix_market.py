"""Matrix Market files: sparse matrices as graphs. Entry (i, j) is the arc from i to j."""

import numpy as np

from ..errors import FileFormatError
from .edge_list import EdgeList, read_ids, skipped_lines_note
from .read_options import ReadOptions
from .text import Content, quoted

__all__ = ["is_matrix_market", "read_matrix_market"]

_MAGIC = b"%%matrixmarket"
_MAX_NODES = 2**31 - 2
_NODE = 32  # bytes that a node without arcs takes while a graph is built
_MAX_DIGITS = 19


def is_matrix_market(content: Content) -> bool:
    """Return whether the first line is that of a Matrix Market file."""
    return content.head(len(_MAGIC)).lower() == _MAGIC


def read_matrix_market(content: Content, options: ReadOptions, threads: int) -> tuple[EdgeList, bool]:
    """Return the arcs, and whether the matrix is symmetric: each entry is then two arcs.

    Nodes without entries are kept. Labels are 1 to n.
    """
    content.require_text()
    symmetric, pattern = _banner(content)
    size_at, sizes = _sizes(content)
    n, columns, entries = sizes
    if n != columns:
        raise content.error(size_at, f"the matrix must be square, got {n} rows and {columns} columns")
    if not 0 < n <= _MAX_NODES:
        raise content.error(size_at, f"the matrix must have 1 to {_MAX_NODES} rows, got {n}")
    content.require_memory(n * _NODE, f"the {n:,} rows that line {content.line_number(size_at)} announces take")
    if pattern and options.third is not None:
        raise FileFormatError(
            f"{content.name}: the matrix is a pattern without values; choose a scheme that needs no third column"
        )
    body = min(content.line_end(size_at) + 1, content.data.size)
    parsed = read_ids(content, body, (1, n), options, threads)
    found = parsed.source.size + parsed.n_bad
    if found != entries:
        raise FileFormatError(
            f"{content.name}: the header announces {entries} entries, but there are {found}; "
            "the file is cut off or damaged"
        )
    parsed.source -= 1
    parsed.target -= 1
    notes = []
    if symmetric:
        notes.append("the matrix is symmetric: each entry off the diagonal became two arcs")
    if not pattern and options.third is None:
        notes.append('the values of the matrix were not used; probability="column" reads them')
    notes += skipped_lines_note(parsed.n_bad)
    labels = np.arange(1, n + 1, dtype=np.int64)
    return EdgeList(parsed.source, parsed.target, parsed.weight, labels, n, parsed.n_bad, tuple(notes)), symmetric


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
    """Return the position of the line of sizes, and its three numbers."""
    start = content.line_end(0) + 1
    while start < content.data.size:
        text = content.line(start)
        if text and text[0] != "%":
            words = text.split()
            if len(words) != 3 or not all(
                word.isascii() and word.isdigit() and len(word) <= _MAX_DIGITS for word in words
            ):
                raise content.error(start, "expected the numbers of rows, columns and entries, got {line}")
            return start, [int(word) for word in words]
        start = content.line_end(start) + 1
    raise FileFormatError(f"{content.name}: the file ends before the numbers of rows, columns and entries")
