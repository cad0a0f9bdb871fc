"""Numbers for labels: hash tables of ids and names with open addressing, and the parser for lines of names.

Each block of a file numbers its own labels and the driver merges the tables of the blocks, so the numbers do not depend
on where the text was cut. Nothing here allocates: if a table is full, the kernel returns, and the caller calls it again
with a larger table.

=========== ======= ============ ===================================================================================
array       dtype   shape        meaning
=========== ======= ============ ===================================================================================
src, dst    int     (n_arcs,)    ids, replaced by numbers; for names written: their numbers
slots       int64   (power of 2) hash << 31 | number, -1 for an empty slot: most probes need no other memory
known       int64   (space,)     id of each number
hashes      int64   (space,)     32-bit hash of each label
ends        int64   (space,)     end of each name in `blob`; a name starts where the one before ends
blob        uint8   (bytes,)     the bytes of the names, one after another
text        uint8   (bytes,)     whole lines, see `imax.kernels.text`
column      float32 (n_arcs,)    written: third column; None if it is not read
state       int64   (STATE,)     what a block found, at the places `imax.kernels.text.At`
seen        uint8   (n_ids,)     1 for ids that occur
table       int32   (n_ids,)     number of each id
numbers     int32   (n_names,)   written: common number of each name
keep        int64   (n_names,)   written: first name with each number
columns     int64   scalars      positions of the columns to read, see `Columns`
=========== ======= ============ ===================================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import hot
from .text import (
    ARC,
    LACKING,
    NOTHING,
    QUOTED,
    RAGGED,
    SHORT,
    UNREAD,
    At,
    after_blanks,
    after_line,
    byte,
    is_blank,
    is_nothing,
    note_bad,
    third,
)

__all__ = ["Columns", "KeyArrays", "intern_ids", "mark", "merge_names", "parse_names", "refill", "relabel"]

_ARCS, _RANGE_LINE, _COLUMNS, _NAMES, _BYTES = At.ARCS, At.RANGE_LINE, At.COLUMNS, At.NAMES, At.BYTES
_QUOTES = At.QUOTES
_NEWLINE, _QUOTE = 10, 34
_WORD, _LABEL = 0xFFFFFFFF, 0x7FFFFFFF


class KeyArrays(NamedTuple):
    """The hash table of one block's names."""

    slots: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.int64]
    blob: NDArray[np.uint8]


class Columns(NamedTuple):
    """Positions of the columns with the ends and the numbers; every line must have `width` columns unless it is 0."""

    source: int
    target: int
    number: int
    width: int


@hot
def mark(ids, start, stop, seen):
    """Set ``seen[id]`` for the ids of one range; threads may share `seen`, as all of them write the same value."""
    for i in range(start, stop):
        if seen[ids[i]] == 0:  # a write without a change would still take the cache line from other threads
            seen[ids[i]] = 1


@hot
def relabel(ids, start, stop, table, out):
    """Write ``out[i] = table[ids[i]]`` for one range."""
    for i in range(start, stop):
        out[i] = table[ids[i]]


@hot
def refill(slots, hashes, used):
    """Enter labels 0 to used - 1 into empty slots by their hashes."""
    mask = slots.size - 1
    for label in range(used):
        h = int(hashes[label])
        s = h & mask
        while slots[s] >= 0:
            s = (s + 1) & mask
        slots[s] = (h << 31) | label


@hot
def scramble(h):
    """Mix a 32-bit word (the finalizer of MurmurHash3)."""
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & _WORD
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & _WORD
    return h ^ (h >> 16)


@hot
def intern_ids(src, dst, start, stop, slots, known, hashes, used):
    """Replace the ids of one range by numbers, in order of first appearance.

    Return where it stopped, which is before `stop` if the table is full, and how many ids are known.
    """
    mask = slots.size - 1
    for i in range(start, stop):
        if used + 2 > known.size:
            return i, used
        for ids in (src, dst):
            value = int(ids[i])
            h = scramble((value ^ (value >> 32)) & _WORD)
            s = h & mask
            while slots[s] >= 0 and (slots[s] >> 31 != h or known[slots[s] & _LABEL] != value):
                s = (s + 1) & mask
            if slots[s] < 0:
                slots[s] = (h << 31) | used
                known[used] = value
                hashes[used] = h
                used += 1
            ids[i] = slots[s] & _LABEL
    return stop, used


@hot
def hash_bytes(text, start, stop):
    """Return a 32-bit hash of a field (FNV-1a, with a final mix)."""
    h = 0x811C9DC5
    for i in range(start, stop):
        h = ((h ^ byte(text, i)) * 0x01000193) & _WORD
    return scramble(h)


@hot
def find(slots, ends, blob, text, start, stop, h):
    """Return the slot that holds a field's label, or the empty slot where it belongs."""
    mask = slots.size - 1
    s = h & mask
    while slots[s] >= 0:
        if slots[s] >> 31 == h:
            label = slots[s] & _LABEL
            first = ends[label - 1] if label > 0 else 0
            if ends[label] - first == stop - start:
                same = True
                for j in range(stop - start):
                    if blob[first + j] != text[start + j]:
                        same = False
                        break
                if same:
                    break
        s = (s + 1) & mask
    return s


@hot
def field(text, i, separator):
    """Return (start, stop, next) of the field at `i`; stop is -1 if a quote is not properly closed.

    Separator 0 means white space. With any other separator a field may contain blanks or be in double quotes.
    """
    i = after_blanks(text, i, separator)
    start = i
    if separator != 0 and text[i] == _QUOTE:
        i += 1
        while text[i] != _QUOTE and text[i] != _NEWLINE:
            i += 1
        if text[i] == _NEWLINE:
            return start, -1, i
        j = after_blanks(text, i + 1, separator)
        if byte(text, j) == separator or text[j] == _NEWLINE:
            return start + 1, i, j
        return start, -1, j
    stop = i
    while text[i] != _NEWLINE and byte(text, i) != separator:
        if is_blank(byte(text, i), separator):
            if separator == 0:
                break
        else:
            stop = i + 1
        i += 1
    return start, stop, i


@hot
def names_line(text, i, separator, column, places):
    """Read one line of names: (kind, start and stop of both labels, number, columns, next line)."""
    i = after_blanks(text, i, separator)
    if is_nothing(text, i):
        return NOTHING, 0, 0, 0, 0, 0.0, 0, after_line(text, i)
    a0 = 0
    a1 = 0
    b0 = 0
    b1 = 0
    value = 0.0
    columns = 0
    labels = 0
    lacking = column is not None
    quoted = False
    read = True
    while True:
        start, stop, i = field(text, i, separator)
        quoted = quoted or stop < 0
        if columns == places.source:
            a0 = start
            a1 = stop
            labels += start < stop
        elif columns == places.target:
            b0 = start
            b1 = stop
            labels += start < stop
        elif columns == places.number and start < stop:
            lacking = False
            read, value = third(text, start, stop, column)
        columns += 1
        i = after_blanks(text, i, separator)
        if text[i] != _NEWLINE and separator != 0:
            i = after_blanks(text, i + 1, separator)
            if text[i] == _NEWLINE and places.width > 0:
                columns += 1  # an empty cell at the end
        if text[i] == _NEWLINE:
            break
    kind = ARC
    if places.width > 0 and quoted:
        kind = QUOTED
    elif places.width > 0 and columns != places.width:
        kind = RAGGED
    elif labels < 2:
        kind = SHORT
    elif lacking:
        kind = LACKING
    elif not read:
        kind = UNREAD
    return kind, a0, a1, b0, b1, value, columns, after_line(text, i)


@hot
def parse_names(text, start, stop, separator, floor, ceiling, src, dst, column, at, state, keys, places):
    """Read lines of names into `src`, `dst` and `column` from place `at` on; names are numbered by first appearance.

    Return where it stopped: at `stop`, or at a line that needs more space in `keys`.
    """
    slots = keys.slots
    ends = keys.ends
    blob = keys.blob
    used = state[_NAMES]
    size = state[_BYTES]
    n = at + state[_ARCS]
    i = start
    while i < stop:
        line = i
        kind, a0, a1, b0, b1, value, columns, i = names_line(text, line, separator, column, places)
        if used + 2 > ends.size or size + i - line > blob.size:
            i = line
            break
        if kind == ARC:
            for side in range(2):
                first, last = (a0, a1) if side == 0 else (b0, b1)
                h = hash_bytes(text, first, last)
                s = find(slots, ends, blob, text, first, last, h)
                if slots[s] < 0:
                    slots[s] = (h << 31) | used
                    for j in range(first, last):
                        blob[size] = text[j]
                        size += 1
                    ends[used] = size
                    keys.hashes[used] = h
                    used += 1
                if side == 0:
                    src[n] = slots[s] & _LABEL
                else:
                    dst[n] = slots[s] & _LABEL
            if column is not None:
                if not floor <= value <= ceiling:
                    if state[_RANGE_LINE] < 0:
                        state[_RANGE_LINE] = line
                    value = 0.0
                column[n] = value
            n += 1
            state[_COLUMNS] = max(state[_COLUMNS], columns)
        elif kind != NOTHING:
            note_bad(state, kind, line)
            if kind == QUOTED:
                state[_QUOTES] = 1
    state[_ARCS] = n - at
    state[_NAMES] = used
    state[_BYTES] = size
    return i


@hot
def merge_names(blob, ends, hashes, slots, numbers, keep):
    """Give equal names the same number, by first appearance; return how many numbers there are.

    `slots` must be empty, with space for all names.
    """
    used = 0
    for t in range(ends.size):
        h = int(hashes[t])
        s = find(slots, ends, blob, blob, ends[t - 1] if t > 0 else 0, ends[t], h)
        if slots[s] < 0:
            slots[s] = (h << 31) | t
            keep[used] = t
            numbers[t] = used
            used += 1
        else:
            numbers[t] = numbers[slots[s] & _LABEL]
    return used
