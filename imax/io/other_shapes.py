"""Texts that can be read as edge lists but are something else: matrices, drawn tables, edges without direction."""

import csv
import re

from ..errors import FileFormatError
from ..graph.edge_columns import undirected_doubt
from .text import Content, quoted

__all__ = ["refuse_other_shapes", "undirected_doubts"]

_HEAD = 1 << 16  # bytes
_ROWS = 1000
_RULE = re.compile(r"[|+\s:=-]*--[|+\s:=-]*")
_UNDIRECTED = re.compile(r"[#%].*\bundirected\b.*", re.IGNORECASE)
_FEW_COLUMNS = 3


def refuse_other_shapes(content: Content, lines: list[str], rows: list[list[str]]) -> None:
    """Raise an error for the first lines of a table that is drawn with dashes, or of an adjacency matrix.

    `rows` has the cells of `lines`.
    """
    rule = next((line for line in lines[:3] if _RULE.fullmatch(line)), None)
    if rule is not None:
        raise FileFormatError(
            f"{content.name}: the line {quoted(rule, 40)} holds no arc; remove it, or export the table as CSV"
        )
    width = len(rows[0])
    if width < _FEW_COLUMNS or len(rows) < _FEW_COLUMNS or any(len(row) != width for row in rows):
        return
    if width == _FEW_COLUMNS and len(rows) > _FEW_COLUMNS:  # arcs with a weight
        return
    if all(cell in ("0", "1") or (width > _FEW_COLUMNS and _is_share(cell)) for row in rows for cell in row):
        raise FileFormatError(
            f"{content.name}: all {width} columns hold numbers between 0 and 1, as an adjacency matrix does; read it "
            "by numpy.loadtxt and pass scipy.sparse.csr_array(matrix)"
        )


def _is_share(cell: str) -> bool:
    try:
        return 0.0 <= float(cell) <= 1.0
    except ValueError:
        return False


def undirected_doubts(content: Content) -> tuple[str, ...]:
    """Return a doubt if the text says that its edges are undirected: in a comment above them, or in a column Type."""
    text = content.head(_HEAD)[content.text_start() :].decode("utf-8", "replace")
    lines = [line.strip() for line in text.split("\n")[: _ROWS + 1]]
    for at, line in enumerate(lines):
        if _UNDIRECTED.fullmatch(line):
            return (
                f"the comment {quoted(line, 60)} says that edges are undirected, but each line was read as one arc; if "
                "edges are listed once, use directed=False (--undirected)",
            )
        if line and line[0] not in "#%":
            return _of_type_column(lines[at:])
    return ()


def _of_type_column(lines: list[str]) -> tuple[str, ...]:
    separator = max(",;\t", key=lines[0].count)
    try:
        head, *rows = csv.reader(lines, delimiter=separator)
    except csv.Error:
        return ()
    names = [name.strip().lower() for name in head]
    if names.count("type") != 1:
        return ()
    place = names.index("type")
    return undirected_doubt(head[place], (row[place] for row in rows if len(row) > place))
