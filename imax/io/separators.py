"""The separator between the columns of a text, from its first lines."""

import csv
import re

from .text import Content, quoted

__all__ = ["MANY_LINES", "find_separator", "has_quotes", "separator_doubts", "split_cells", "tagged_comments"]

MANY_LINES = 10  # lines from which a weak hint counts
_SEPARATORS = "\t,;|"
_CHUNK = 1 << 20
_TAG = re.compile(rb"\n#[^\s#]")
_MOST = 0.8  # share of lines with the same number of columns, from which the others count as damaged


def find_separator(lines: list[str]) -> str:
    """Return the separator: one that splits all lines alike, or the first in the first line, or '' for white space."""
    present = [one for one in _SEPARATORS if one in lines[0]]
    alike = _alike(lines)
    if alike:
        return alike
    if not present and any('"' in line for line in lines):  # labels in quotes may hold blanks
        widths = [len(row) for row in split_cells(lines, " ")]
        if (lines[0].startswith('"') or len(set(widths)) == 1) and max(set(widths), key=widths.count) > 1:
            return " "
    if not present and len(lines) > 2 and not any(word[:1].isdecimal() for word in lines[0].split()):
        # if there is one, the first line is a title, or damaged
        return _alike(lines[1:]) or (" " if lines[1].startswith('"') else "")
    if "|" in present and len(lines) > 2 and _usual(lines, "|") >= _MOST * len(lines):
        return "|"
    return next((one for one in present if one != "|"), "")


def separator_doubts(lines: list[str], separator: str) -> list[str]:
    """Return whether another separator than the chosen one may be right, in a text of a few lines without header."""
    if not separator or len(lines) > MANY_LINES:
        return []
    found = [one for one in _SEPARATORS if one in lines[0] and _alike_widths(lines, one) > 1]
    blanks = _alike_widths(lines, "") > (1 if len(lines) == 1 else 2)
    if len(found) < 2 and not (blanks and (len(lines) == 1 or separator in ";|")):
        return []
    return [f"the file has {len(lines)} lines, and its separator is not clear; separate the columns by tabs"]


def has_quotes(content: Content, start: int) -> bool:
    """Return whether there is a quote at or after a position."""
    places = range(start, content.data.size, _CHUNK)
    return any(content.data[at : at + _CHUNK].tobytes().find(b'"') >= 0 for at in places)


def tagged_comments(content: Content, first_at: int) -> list[str]:
    """Return a doubt if comments may be arcs, because labels begin with #: ``#tag``, not ``# a comment``.

    One such line before the first arc, at `first_at`, may be a header.
    """
    places: list[int] = [0] if _TAG.match(b"\n" + content.data[content.text_start() :][:2].tobytes()) else []
    for at in range(0, content.data.size, _CHUNK):
        places += [at + found.start() + 1 for found in _TAG.finditer(content.data[at : at + _CHUNK + 2].tobytes())]
    after = [place for place in places if place > first_at]
    if not after and len(places) < 2:
        return []
    example = quoted(content.line((after or places)[0]), 40)
    return [
        f"{len(places):,} lines that begin with # were skipped as comments, such as {example}; put labels that begin "
        "with # in quotes"
    ]


def split_cells(lines: list[str], separator: str) -> list[list[str]]:
    """Return the cells of lines."""
    if not separator:
        return [line.split() for line in lines]
    try:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error:  # a cell is too long, or has a carriage return
        rows = [line.split(separator) for line in lines]
    return [[cell.strip() for cell in row] for row in rows if row]


def _alike(lines: list[str]) -> str:
    """Return the separator that splits all lines into the same number of columns; a tab, or that with the most."""
    widths = {one: _alike_widths(lines, one) for one in _SEPARATORS if one in lines[0]}
    found = {one: width for one, width in widths.items() if width > 1}
    return "\t" if "\t" in found else max(found, key=found.__getitem__, default="")


def _alike_widths(lines: list[str], separator: str) -> int:
    """Return the number of columns of all lines; 0 if it differs."""
    widths = {len(row) for row in split_cells(lines, separator)}
    return widths.pop() if len(widths) == 1 else 0


def _usual(lines: list[str], separator: str) -> int:
    """Return how many lines have the commonest number of columns; 0 if that is 1."""
    widths = [len(row) for row in split_cells(lines, separator)]
    usual = max(set(widths), key=widths.count)
    return widths.count(usual) if usual > 1 else 0
