"""Parsers of edge-list text into arrays; they read blocks of whole lines.

Every block ends with a newline byte, so no search for the end of a field needs a bound of its own. A line is of one of
the kinds below. What a block found is written to its row of `state`.

======== ======= ========= =========================================================================
array    dtype   shape     meaning
======== ======= ========= =========================================================================
text     uint8   (bytes,)  whole lines
src, dst int     (n_arcs,) written: ids of each arc's ends
column   float32 (n_arcs,) written: third column; None if it is not read
state    int64   (STATE,)  what a block found, at the places `At`
======== ======= ========= =========================================================================
"""

import numpy as np
from numba import config

from ._jit import helper, hot

__all__ = [
    "ARC",
    "LACKING",
    "NAME",
    "NOTHING",
    "OUTSIDE",
    "QUOTED",
    "RAGGED",
    "SHORT",
    "STATE",
    "UNREAD",
    "At",
    "after_blanks",
    "after_line",
    "byte",
    "is_blank",
    "is_nothing",
    "note_bad",
    "parse_ids",
    "third",
]

# Kinds of lines.
ARC = 0
NOTHING = 1  # blank or a comment
NAME = 2  # has a label that is not an integer
SHORT = 3  # lacks a label
OUTSIDE = 4  # has an id that is negative or too large
UNREAD = 5  # has a third column that is not a number
LACKING = 6  # lacks the third column
RAGGED = 7  # has another number of columns than the table
QUOTED = 8  # has a quote that is not closed, or text after a closed quote


class At:
    """Places in a block's row of `state`; places of lines are -1 as long as there is no such line."""

    ARCS = 0  # number of arcs stored
    BAD = 1  # number of bad lines
    BAD_LINE = 2  # start of the first bad line
    BAD_KIND = 3  # its kind
    RANGE_LINE = 4  # start of the first line with a third column out of bounds
    NAME_LINE = 5  # start of the first line with a label that is not an integer
    LARGEST = 6  # largest id
    COLUMNS = 7  # largest number of columns
    BEYOND = 8  # whether an id was above `top`
    NAMES = 9  # number of distinct names
    BYTES = 10  # number of their bytes
    QUOTES = 11  # whether a line of a table has a quote that `parse_names` cannot read


STATE = 12
_ARCS, _BAD, _BAD_LINE, _BAD_KIND = At.ARCS, At.BAD, At.BAD_LINE, At.BAD_KIND
_RANGE_LINE, _NAME_LINE, _LARGEST, _COLUMNS, _BEYOND = (
    At.RANGE_LINE,
    At.NAME_LINE,
    At.LARGEST,
    At.COLUMNS,
    At.BEYOND,
)

_NEWLINE, _ZERO = 10, 48
_TEN = 10.0 ** np.arange(23)  # exact in binary64
_WORDS = np.frombuffer(b"naninfinity", np.uint8).astype(np.int64)

if config.DISABLE_JIT:

    def byte(text, i):
        """Return byte `i` as a Python int, which cannot overflow."""
        return int(text[i])

else:

    @helper
    def byte(text, i):
        """Return byte `i` as a signed word, so that differences may be negative."""
        return np.int64(text[i])


@helper
def is_blank(c, separator):
    """Return whether a byte is white space inside a line; a tab is not if it is the separator."""
    return (c == 32 or c == 9 or c == 13 or c == 11 or c == 12) and c != separator


@helper
def after_blanks(text, i, separator):
    """Return the place of the next byte that is not white space."""
    while is_blank(byte(text, i), separator):
        i += 1
    return i


@hot
def after_line(text, i):
    """Return the place of the next line's first byte."""
    while text[i] != _NEWLINE:
        i += 1
    return i + 1


@helper
def is_nothing(text, i):
    """Return whether the line whose first visible byte is at `i` is blank or a comment (``#`` or ``%``)."""
    c = text[i]
    return c == _NEWLINE or c == 35 or c == 37


@hot
def is_word(text, i, stop, first, last):
    """Return whether a field is the word at first to last of `_WORDS`, in upper or lower case."""
    if stop - i != last - first:
        return False
    same = True
    for j in range(last - first):
        same = same and byte(text, i + j) | 32 == _WORDS[first + j]
    return same


@hot
def number(text, i, stop):
    """Return whether the field [i, stop) is a number, and the number (up to one unit in the last place)."""
    negative = text[i] == 45
    if i < stop and (text[i] == 45 or text[i] == 43):
        i += 1
    if is_word(text, i, stop, 0, 3):
        return True, np.nan
    if is_word(text, i, stop, 3, 6) or is_word(text, i, stop, 3, 11):
        return True, -np.inf if negative else np.inf
    mantissa = 0
    kept = 0
    scale = 0
    digits = 0
    point = False
    while i < stop:
        c = byte(text, i)
        d = c - _ZERO
        if 0 <= d <= 9:
            digits += 1
            if kept < 18:
                mantissa = mantissa * 10 + d
                if mantissa > 0:
                    kept += 1
                if point:
                    scale -= 1
            elif not point:
                scale += 1
        elif c == 46 and not point:
            point = True
        else:
            break
        i += 1
    if digits == 0:
        return False, 0.0
    if i < stop and byte(text, i) | 32 == 101:
        i += 1
        sign = 1
        if i < stop and (text[i] == 45 or text[i] == 43):
            if text[i] == 45:
                sign = -1
            i += 1
        if i == stop:
            return False, 0.0
        exponent = 0
        while i < stop and 0 <= byte(text, i) - _ZERO <= 9:
            exponent = min(exponent * 10 + byte(text, i) - _ZERO, 100000)
            i += 1
        scale += sign * exponent
    if i < stop:
        return False, 0.0
    value = float(mantissa)
    if mantissa == 0:
        value = 0.0
    elif scale > 300:
        value = np.inf
    elif scale < -350:
        value = 0.0
    else:
        while scale < -22:
            value /= _TEN[22]
            scale += 22
        while scale > 22:
            value *= _TEN[22]
            scale -= 22
        value = value / _TEN[-scale] if scale < 0 else value * _TEN[scale]
    return True, -value if negative else value


@hot
def third(text, i, stop, column):
    """Return whether the third column is a number, and the number; the compiler omits this if `column` is None."""
    if column is None:
        return True, 0.0
    return number(text, i, stop)


@hot
def identifier(text, i, stop):
    """Return the kind of the field [i, stop) as an id (ARC, NAME or OUTSIDE), and the id."""
    begin = i
    if text[i] == 45:
        begin += 1
    if begin == stop or (text[begin] == _ZERO and stop - begin > 1):
        return NAME, 0
    value = 0
    for j in range(begin, stop):
        d = byte(text, j) - _ZERO
        if d < 0 or d > 9:
            return NAME, 0
        if j - begin < 18:
            value = value * 10 + d
    if begin > i or stop - begin > 19:
        return OUTSIDE, 0
    if stop - begin == 19:
        d = byte(text, stop - 1) - _ZERO
        if value > 922337203685477580 or (value == 922337203685477580 and d > 7):
            return OUTSIDE, 0
        value = value * 10 + d
    return ARC, value


@hot
def ids_line(text, i, column):
    """Read one line of integer ids: (kind, source, target, third column, number of columns, next line)."""
    i = after_blanks(text, i, 0)
    if is_nothing(text, i):
        return NOTHING, 0, 0, 0.0, 0, after_line(text, i)
    source = 0
    target = 0
    value = 0.0
    columns = 0
    empty = False
    named = False
    outside = False
    read = True
    while True:
        j = i
        c = byte(text, j)
        while not (is_blank(c, 0) or c == 44 or c == 59 or c == _NEWLINE):
            j += 1
            c = byte(text, j)
        if columns < 2:
            what, label = identifier(text, i, j)
            empty = empty or i == j
            named = named or what == NAME
            outside = outside or what == OUTSIDE
            source = label if columns == 0 else source
            target = label
        elif columns == 2:
            read, value = third(text, i, j, column)
        columns += 1
        i = after_blanks(text, j, 0)
        c = byte(text, i)
        if c == 44 or c == 59:
            i = after_blanks(text, i + 1, 0)
        if text[i] == _NEWLINE:
            break
    kind = ARC
    if columns < 2 or empty:
        kind = SHORT
    elif named:
        kind = NAME
    elif outside:
        kind = OUTSIDE
    elif columns < 3:
        if column is not None:
            kind = LACKING
    elif not read:
        kind = UNREAD
    return kind, source, target, value, columns, i + 1


@hot
def note_bad(state, kind, line):
    """Count a bad line and keep the place and kind of the first."""
    state[_BAD] += 1
    if state[_BAD_LINE] < 0:
        state[_BAD_LINE] = line
        state[_BAD_KIND] = kind


@hot
def parse_ids(text, start, stop, low, top, floor, ceiling, src, dst, column, at, state):
    """Read lines of ids in [low, top] into `src`, `dst` and `column` from place `at` on.

    Stop at the first label that is not an integer.
    """
    largest = -1
    n = at
    i = start
    while i < stop:
        line = i
        # the common line: digits, one separator, digits, newline; `ids_line` reads any other line again
        a = 0
        d = byte(text, i) - _ZERO
        while 0 <= d <= 9:
            a = a * 10 + d
            i += 1
            d = byte(text, i) - _ZERO
        width = i - line
        d += _ZERO
        if 1 <= width <= 18 and not (width > 1 and text[line] == _ZERO) and (d == 9 or d == 32 or d == 44):
            i += 1
            second = i
            b = 0
            d = byte(text, i) - _ZERO
            while 0 <= d <= 9:
                b = b * 10 + d
                i += 1
                d = byte(text, i) - _ZERO
            width = i - second
            d += _ZERO
            if d == 13:
                d = byte(text, i + 1)
                i += 1
            if (
                d == _NEWLINE
                and 1 <= width <= 18
                and not (width > 1 and text[second] == _ZERO)
                and column is None
                and low <= a <= top
                and low <= b <= top
            ):
                src[n] = a
                dst[n] = b
                n += 1
                i += 1
                largest = max(largest, a, b)
                continue
        kind, a, b, value, columns, i = ids_line(text, line, column)
        if kind == ARC and not (low <= a <= top and low <= b <= top):
            kind = OUTSIDE
            if max(a, b) > top:
                state[_BEYOND] = 1
        if kind == ARC:
            src[n] = a
            dst[n] = b
            if column is not None:
                if not floor <= value <= ceiling:
                    if state[_RANGE_LINE] < 0:
                        state[_RANGE_LINE] = line
                    value = 0.0
                column[n] = value
            n += 1
            largest = max(largest, a, b)
            state[_COLUMNS] = max(state[_COLUMNS], columns)
        elif kind == NAME:
            state[_NAME_LINE] = line
            break
        elif kind != NOTHING:
            note_bad(state, kind, line)
    state[_ARCS] = n - at
    state[_LARGEST] = largest
