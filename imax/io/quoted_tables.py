"""Tables whose cells in quotes hold newlines or quotes: read by the csv module, slower than `imax.io.edge_list`."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from .._utils.numbers import plain_number
from ..errors import FileFormatError
from .read_options import ThirdColumn
from .text import Content, number, quoted
from .text_labels import Parsed

if TYPE_CHECKING:
    from .headers import Shape

__all__ = ["parse_quoted"]

_PYTHON = 12  # times the size of the text: its cells as Python objects


def parse_quoted(content: Content, shape: "Shape", skip_bad_lines: bool, third: ThirdColumn | None) -> Parsed:
    """Parse a table into indices of names, in order of appearance.

    Raises
    ------
    FileFormatError
        For a line with another number of columns, an empty label or a wrong weight, and for quotes that are not closed.
    """
    content.require_memory(_PYTHON * int(content.data.size), "its cells take")
    source, target, weight = shape.columns[:3]
    before = content.line_number(shape.start) - 1
    index: defaultdict[str, int] = defaultdict(count().__next__)
    ends: list[int] = []
    numbers: list[float] = []
    n_bad = 0
    raw: list[str] = []  # the lines of a row
    reader = csv.reader(
        _recorded(_text(content, shape.start), raw), delimiter=chr(shape.separator), skipinitialspace=True, strict=True
    )
    try:
        for row in reader:
            comment = raw[0].lstrip()[:1] in ("#", "%")  # a label in quotes is none
            raw.clear()
            if not row or comment or not any(map(str.strip, row)):
                continue
            cells = list(map(str.strip, row))
            problem = _problem(cells, shape)
            value = 0.0
            if not problem and third is not None and weight is not None:
                if weight >= len(cells):  # there is no header, and each line has two columns
                    problem = "the third column is missing"
                else:
                    problem, value = _value(cells[weight], third)
            if problem and (not skip_bad_lines or problem.startswith("!")):
                where = f"{content.name}:{before + reader.line_num}"
                remedy = (
                    "" if problem.startswith("!") else "; correct the line, or skip such lines with {on_bad_line=skip}"
                )
                raise FileFormatError(
                    f"{where}: {problem.lstrip('!')}, got {quoted(','.join(row))}{remedy}", others=("on_bad_line",)
                )
            if problem:
                n_bad += 1
                continue
            ends += (index[cells[source]], index[cells[target]])
            numbers.append(value)
    except csv.Error as error:
        raise FileFormatError(
            f"{content.name}:{before + reader.line_num}: {error}; correct the quotes in the lines before"
        ) from None
    arcs = np.array(ends, np.int32).reshape(-1, 2)
    return Parsed(
        source=arcs[:, 0].copy(),
        target=arcs[:, 1].copy(),
        weight=None if third is None else np.array(numbers, np.float32),
        counts=[len(arcs)],
        n_bad=n_bad,
        n_columns=shape.width,
        largest_id=-1,
        tables=[],
        names=list(index),
    )


def _recorded(lines: Iterable[str], raw: list[str]) -> Iterator[str]:
    """Yield lines, and append them to a list."""
    for line in lines:
        raw.append(line)
        yield line


def _text(content: Content, start: int) -> io.StringIO:
    raw = content.data[start:].tobytes()
    try:
        return io.StringIO(raw.decode("utf-8"), newline="")
    except UnicodeDecodeError as error:
        line = raw.rfind(b"\n", 0, error.start) + 1
        raise content.error(start + line, "not UTF-8: {line}; save the file as UTF-8") from None


def _problem(cells: list[str], shape: "Shape") -> str:
    """Return what is wrong with the cells of a line; empty if nothing is."""
    if len(cells) != shape.width:
        return f"expected {shape.width} columns, as in the first line"
    if not (cells[shape.columns.source] and cells[shape.columns.target]):
        return "expected labels in both columns"
    return ""


def _value(cell: str, third: ThirdColumn) -> tuple[str, float]:
    """Return what is wrong with a weight, and the weight; ``!`` marks what cannot be skipped."""
    try:
        value = number(cell)
    except ValueError:
        return f"the column of the weights must be a number{plain_number(cell)}", 0.0
    with np.errstate(over="ignore", under="ignore"):
        value = float(np.float32(value))
    if math.isnan(value) or not third.low <= value <= third.high:
        return f"!the column of the weights must be {third.description}", 0.0
    return "", value
