"""A slow and simple reader of edge lists: the specification of the parser. It never imports imax."""

import math
import re

INTEGER = re.compile(r"0|[1-9][0-9]*")
NEGATIVE = re.compile(r"-(0|[1-9][0-9]*)")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
BLANKS = " \t\r\x0b\x0c"


class Bad(Exception):
    """A line is malformed. The argument is its number."""


def lines_of(text):
    for i, line in enumerate(text.split("\n"), 1):
        visible = line.strip(BLANKS)
        if visible and visible[0] not in "#%":
            yield i, visible


def any_separator(line):
    """Split at white space, or at a comma or semicolon with optional white space around it."""
    fields = [f.strip(BLANKS) for f in re.split(r"[ \t\r\x0b\x0c]*[,;][ \t\r\x0b\x0c]*|[ \t\r\x0b\x0c]+", line)]
    return fields[:-1] if len(fields) > 1 and fields[-1] == "" else fields


def read(text, want=False, skip=False):
    """Return (arcs by label, number of bad lines); labels are ints, or all str."""
    rows = list(lines_of(text))
    split = [any_separator(line) for _, line in rows]
    pairs = [f[:2] for f in split if len(f) >= 2 and f[0] and f[1]]
    if all(INTEGER.fullmatch(x) or NEGATIVE.fullmatch(x) for pair in pairs for x in pair):
        return integers(rows, split, want, skip)
    first = rows[0][1]
    separator = next((s for s in "\t,;" if s in first), None)
    return names(rows, separator, want, skip)


def column(fields, want):
    if not want:
        return 1.0
    if len(fields) < 3 or not NUMBER.fullmatch(fields[2]):
        return None
    return float(fields[2])


def integers(rows, split, want, skip):
    arcs, bad = [], 0
    for (i, _), fields in zip(rows, split, strict=True):
        good = len(fields) >= 2 and all(INTEGER.fullmatch(x) and int(x) < 2**63 for x in fields[:2])
        value = column(fields, want) if good else None
        if value is not None:
            arcs.append((int(fields[0]), int(fields[1]), value))
        elif skip:
            bad += 1
        else:
            raise Bad(i)
    return arcs, bad


def names(rows, separator, want, skip):
    arcs, bad = [], 0
    for i, line in rows:
        fields = line.split() if separator is None else [f.strip(BLANKS) for f in line.split(separator)]
        good = len(fields) >= 2 and fields[0] and fields[1]
        value = column(fields, want) if good else None
        if value is not None:
            arcs.append((fields[0], fields[1], value))
        elif skip:
            bad += 1
        else:
            raise Bad(i)
    return arcs, bad


def in_unit(value):
    return not math.isnan(value) and 0.0 <= value <= 1.0
