"""Columns of files about nodes: labels, and a number or a text per label.

The functions read three kinds of files: tables with named columns (text with a header, JSON Lines, Parquet), graph
files with node attributes (such as GraphML), and text with a label and a value per line. The columns of a table are
named after the file, as in ``users.csv:email:cost``.
"""

import csv
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .._utils.numbers import plain_number
from ..errors import FileFormatError, InvalidArgumentError
from ..graph.labels import Labels
from ..graph.look_alikes import MISSING
from ..graph.node_values import NODE_NAMES, VALUE_NAMES, NodeColumn, choose_columns, examples
from .formats import graph_format_of
from .graph_files import read_node_table
from .tables import read_table, table_names
from .text import Content, PathLike, integer, load_list, number, quoted

__all__ = [
    "FileColumns", "as_labels", "exists", "file_columns", "is_comment", "read_label_column", "read_node_column",
    "whole_number",
]  # fmt: skip

_SEPARATORS = ("\t", ",", ";", "|")
_IN_LINES = ("\t", ",", ";", None)  # None: white space
_HEADERS = {*NODE_NAMES, "email", "name", "person", "member", "customer", "customer_id", "player", "player_id"}


class FileColumns(NamedTuple):
    """A file and its columns, by names, by numbers from 1 as text, or by positions from 0; () if none are named."""

    path: str
    columns: tuple[str | int, ...]


def exists(path: str) -> bool:
    """Whether a path is standard input or exists."""
    try:
        return path == "-" or Path(path).exists()
    except (OSError, ValueError):  # no valid file name
        return False


def file_columns(given: PathLike, count: int) -> FileColumns:
    r"""Split ``FILE:COLUMN:COLUMN`` into the file and its columns, at most `count`.

    The longest beginning that exists is the file, so that a colon may be part of its name, as in ``C:\users.csv``.

    >>> file_columns("-:email:cost", 2)
    FileColumns(path='-', columns=('email', 'cost'))
    """
    text = os.fspath(given)
    if exists(text):
        return FileColumns(text, ())
    for n in range(1, count + 1):
        path, *columns = text.rsplit(":", n)
        if len(columns) == n and exists(path):
            if n != count:
                raise FileFormatError(
                    f"{text}: one column is not enough; name the column of the labels and that of the values, as in "
                    f"{path}:NODE:VALUE"
                )
            return FileColumns(path, tuple(columns))
    return FileColumns(text, ())


def read_label_column(file: FileColumns, labels: Labels, argument: str, max_memory: int | None = None) -> NodeColumn:
    """Return the labels in a file: one per line, or a column."""
    content = load_list(file.path, max_memory)
    lines, cells, note = _cells(content, file.columns, labels, argument, None)
    found = as_labels([row[0] for row in cells], labels)
    return NodeColumn(content.name, argument, found, found, [f"{content.name}:{line}" for line in lines], note=note)


def read_node_column(
    file: FileColumns, labels: Labels, argument: str, *, numbers: bool, max_memory: int | None = None
) -> NodeColumn:
    """Return labels and values in a file; texts are None where they are empty, and so are numbers in a table."""
    content = load_list(file.path, max_memory)
    lines, cells, note = _cells(content, file.columns, labels, argument, numbers)
    places = [f"{content.name}:{line}" for line in lines]
    read = _number if numbers else _text
    values = [read(row[1], place) for row, place in zip(cells, places, strict=True)]
    if not values:
        raise FileFormatError(f"{content.name} has no rows; list nodes and their values")
    return NodeColumn(content.name, argument, as_labels([row[0] for row in cells], labels), values, places, note=note)


def as_labels(cells: list[Any], labels: Labels) -> list[Any]:
    """Return cells of a file as labels of the graph: ``"7"`` may stand for the label 7, and 7 for the label ``"7"``."""
    others = [_other(cell) for cell in cells]
    if all(other is None for other in others):
        return cells
    unknown = labels.places(cells) < 0
    converted = labels.places([cell if other is None else other for cell, other in zip(cells, others, strict=True)])
    numeric = labels.kind != "object"
    return [
        other if other is not None and absent and (place >= 0 or (numeric and isinstance(other, int))) else cell
        for cell, other, absent, place in zip(cells, others, unknown.tolist(), converted.tolist(), strict=True)
    ]


def whole_number(text: str) -> int | None:
    """Return the integer that a text stands for, or None; tables store integers as floats if some are missing.

    >>> whole_number("12"), whole_number("12.0"), whole_number("12.5")
    (12, 12, None)
    """
    head, point, tail = text.partition(".")
    return integer(head) if not point or (tail and not tail.strip("0")) else None


def _other(cell: Any) -> "int | str | None":
    """Return digits as an integer and a whole number as text. ``7.0`` is a whole number, too."""
    if isinstance(cell, str):
        return whole_number(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else None
    return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else None


Rows = tuple[list[int], list[Sequence[Any]], str]  # numbers of the lines, cells of each row, a note


def _cells(content: Content, columns: Sequence[str | int], labels: Labels, argument: str, numbers: bool | None) -> Rows:
    """Return the cells with labels, and with values unless `numbers` is None."""
    kind = graph_format_of(content)
    if kind is not None:
        return _of_graph(content, kind, columns, argument, numbers)
    names = table_names(content)
    if names is not None:
        return _of_table(content, names, columns, argument, numbers)
    lines = content.text_lines()
    entries = [(i, line.strip()) for i, line in enumerate(lines, 1)]
    entries = [(i, line) for i, line in entries if line and not is_comment(line, labels, numbers is not None)]
    if columns and entries:
        return _of_columns(content, lines, entries[0], columns, labels, argument, numbers)
    return _of_lines(content, lines, entries, labels, argument, numbers)


def is_comment(line: str, labels: Labels, with_value: bool) -> bool:
    """Return whether a line begins with #, but not with a label of the graph that does."""
    if line[0] != "#":
        return False
    label = _label_and_value(line)[0] if with_value else line
    return not line[1:2].strip() or bool(labels.places([label])[0] < 0)


def _of_graph(content: Content, kind: str, columns: Sequence[str | int], argument: str, numbers: bool | None) -> Rows:
    """Return the attributes of the nodes of a graph file, such as GraphML."""
    names, rows = read_node_table(content, kind)
    places, note = _chosen(content, names, columns, argument, numbers)
    return list(range(1, len(rows) + 1)), [[row[place] for place in places] for row in rows], note


def _of_table(
    content: Content, names: list[str], columns: Sequence[str | int], argument: str, numbers: bool | None
) -> Rows:
    """Return the cells of a file whose columns have names: JSON Lines, Parquet or Feather."""
    places, note = _chosen(content, names, columns, argument, numbers)
    wanted = [names[place] for place in places]
    table = read_table(content, list(dict.fromkeys(wanted)))
    order = [table.names.index(name) for name in wanted]
    return [line for line, _ in table.rows], [[row[i] for i in order] for _, row in table.rows], note


def _chosen(
    content: Content, names: list[str], columns: Sequence[str | int], argument: str, numbers: bool | None
) -> tuple[list[int], str]:
    """Return the positions of the columns of labels and values, and a note if they are guessed."""
    if columns:
        return [_place(content, names, column) for column in columns], ""
    if numbers is None:
        known = [i for i, name in enumerate(names) if name.lower() in NODE_NAMES]
        if len(names) == 1 or len(known) == 1:
            place = 0 if len(names) == 1 else known[0]
            return [place], "" if len(names) == 1 else f"{content.name}: the labels are in the column {names[place]!r}"
        raise FileFormatError(
            f"{content.name} has the columns {examples(names, len(names))}; name the one with the labels, as in "
            f"{content.name}:{names[0] if names else 'NODE'}"
        )
    try:
        node, value = choose_columns(names, argument, f"{content.name}:NODE:VALUE")
    except InvalidArgumentError as error:
        raise FileFormatError(f"{content.name}: {str(error).removeprefix(f'{argument}: ')}") from None
    note = f"{content.name}: the labels are in the column {names[node]!r}, the values in {names[value]!r}"
    return [node, value], "" if len(names) == 2 else note


def _place(content: Content, names: list[str], column: str | int) -> int:
    """Return the position of a column, given by its name, its number from 1 as text, or its position from 0."""
    count = 0 if isinstance(column, int) else names.count(column)
    if count == 1:
        return names.index(str(column))
    number_from_1 = integer(column) if isinstance(column, str) else None
    position = column if isinstance(column, int) else -1 if number_from_1 is None else number_from_1 - 1
    if not count and 0 <= position < len(names):
        return position
    problem = f"{count} columns have the name {column!r}" if count else f"the column {column!r} is missing"
    raise FileFormatError(f"{content.name}: {problem}; it has {examples(names, len(names)) or 'none'}")


def _of_columns(
    content: Content,
    lines: list[str],
    first: tuple[int, str],
    columns: Sequence[str | int],
    labels: Labels,
    argument: str,
    numbers: bool | None,
) -> Rows:
    """Return columns that the user names of text with a separator."""
    separator = next((s for s in _SEPARATORS if _has(_split(first[1], s), columns)), None)
    if separator is None and not _has(first[1].split(), columns):
        separator = next((s for s in _SEPARATORS if s in first[1]), None)
    rows = _split_lines(content, lines, separator)
    if not rows:
        return [], [], ""
    head = rows[0][1]
    places = [_place(content, head, column) for column in columns]
    named = any(column in head for column in columns)
    cells = [head[place] for place in places]
    note = ""
    if named or _is_header(cells, labels, argument, numbers):
        note = "" if named else f"{content.name}: the first line is read as a header ({examples(cells, len(cells))})"
        rows = rows[1:]
    for line, row in rows:
        if len(row) != len(head):
            raise FileFormatError(
                f"{content.name}:{line}: expected {len(head)} columns, as in the first line, got {len(row)}: "
                f"{quoted((separator or ' ').join(row))}"
            )
    return [line for line, _ in rows], [[row[place] for place in places] for _, row in rows], note


def _has(cells: list[str], columns: Sequence[str | int]) -> bool:
    return all(column in cells for column in columns)


def _split(text: str, separator: str | None) -> list[str]:
    """Return the cells of a line; a separator within quotes does not count."""
    if separator is None:
        return text.split()
    if '"' in text:
        with suppress(csv.Error):  # a cell is too long, or has a carriage return
            return [cell.strip() for cell in next(csv.reader([text], delimiter=separator), [])]
    return [cell.strip() for cell in text.split(separator)]


def _split_lines(content: Content, lines: list[str], separator: str | None) -> list[tuple[int, list[str]]]:
    """Return the number of each line and its cells, without blank lines and comments."""
    if separator is None:
        rows = [(i, line.split()) for i, line in enumerate(lines, 1)]
    else:
        reader = csv.reader(lines, delimiter=separator)
        try:
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
        except csv.Error as error:
            raise FileFormatError(f"{content.name}:{reader.line_num}: {error}") from None
    rows = [(i, row) for i, row in rows if any(row)]
    width = next((len(row) for _, row in rows if not row[0].startswith("#")), 0)
    return [(i, row) for i, row in rows if not row[0].startswith("#") or (len(row) == width and row[0][1:2].strip())]


def _of_lines(
    content: Content,
    lines: list[str],
    entries: list[tuple[int, str]],
    labels: Labels,
    argument: str,
    numbers: bool | None,
) -> Rows:
    """Return the cells of text without named columns: a label per line, or a label and a value."""
    cells = [[line] if numbers is None else _label_and_value(line) for _, line in entries]
    note = ""
    if cells and labels.places(as_labels([cells[0][0]], labels))[0] < 0:
        head = _widest(entries[0][1])
        if len(head) > len(cells[0]):
            chosen, note = _chosen(content, head, (), argument, numbers)
            named = [head[place] for place in chosen]
            rows = _of_columns(content, lines, entries[0], named, labels, argument, numbers)
            return rows[0], rows[1], "; ".join(filter(None, (note, rows[2])))
        if _is_header(cells[0], labels, argument, numbers):
            note = f"{content.name}: the first line is read as a header ({examples(cells[0], len(cells[0]))})"
            entries, cells = entries[1:], cells[1:]
    kind = "a finite number" if numbers else "a text"
    for (i, line), row in zip(entries, cells, strict=True):
        if not all(row) or (numbers and not _is_number(row[1])):
            raise FileFormatError(f"{content.name}:{i}: expected a label and {kind}, got {quoted(line)}")
    return [i for i, _ in entries], list(cells), note


def _label_and_value(text: str) -> list[str]:
    """Split at the last separator: a tab, otherwise a comma, otherwise a semicolon, otherwise white space."""
    for separator in _IN_LINES:
        if '"' in text and separator is not None:
            cells = _split(text, separator)
            if len(cells) == 2:
                return cells
        parts = text.rsplit(separator, 1)
        if len(parts) == 2:
            return [parts[0].strip(), parts[1].strip()]
    return [text.strip(), ""]


def _widest(text: str) -> list[str]:
    """Return the cells of a line by the first separator that it has; white space does not count."""
    return next((cells for s in _SEPARATORS if len(cells := _split(text, s)) > 1), [text])


def _is_header(cells: Sequence[str], labels: Labels, argument: str, numbers: bool | None) -> bool:
    """Whether the first line has names of columns: its label is no node, and its value is no number, or both are names.

    For texts and lists, only well-known names count.
    """
    if labels.places(as_labels([cells[0]], labels))[0] >= 0:
        return False
    if numbers:
        return bool(cells[0]) and bool(cells[1]) and not _is_number(cells[1])
    known = cells[0].lower() in _HEADERS
    return known or (numbers is False and cells[1].lower() in VALUE_NAMES.get(argument, ()))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(number(text))
    except ValueError:
        return False


def _number(cell: Any, where: str) -> float:
    """Return a number; NaN for an empty cell, NaN, or a word for a missing value such as ``NA``."""
    if cell is None or (isinstance(cell, str) and (not cell or cell in MISSING)):
        return math.nan
    if isinstance(cell, (float, np.floating)) and np.isnan(cell):
        return math.nan
    try:
        value = number(cell) if isinstance(cell, str) else float(cell)
    except (TypeError, ValueError, OverflowError):
        value = math.inf
    if isinstance(cell, (bool, np.bool_)) or not math.isfinite(value):
        raise FileFormatError(f"{where}: expected a finite number, got {quoted(str(cell))}{plain_number(str(cell))}")
    return value


def _text(cell: Any, where: str) -> str | None:
    """Return a text; None for an empty cell."""
    text = "" if cell is None else str(cell).strip()
    return text or None
