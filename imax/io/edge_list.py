"""Edge lists: from the bytes of a text file to arrays of arcs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import FileFormatError
from .edge_labels import Parsed, Table, named, numbered
from .text import Content, quoted

__all__ = ["Arcs", "Wanted", "left_out", "read_ids", "read_text"]

BIGGEST = 2**63 - 1
_INT32 = 2**31 - 1
_BLOCK = 1 << 22  # bytes that a thread parses at a time
_NAMES_BLOCK = 1 << 25  # larger: each block has a table of its own, and the tables are merged
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_SEPARATORS = (("\t", 9), (",", 44), (";", 59))
_HEADINGS = {
    ("source", "target"), ("src", "dst"), ("src", "dest"), ("from", "to"), ("fromnodeid", "tonodeid"),
    ("tail", "head"), ("node1", "node2"), ("follower", "followee"), ("sender", "receiver"), ("user", "friend"),
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What to take from the third column (None: nothing), and what to do about bad lines."""

    bounds: tuple[float, float] | None = None
    bounds_are: str = ""
    skip: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """The bounds as the kernels take them."""
        return self.bounds or (0.0, 0.0)


@dataclass(frozen=True)
class Arcs:
    """Arcs by node index, and what the reader has to say about the file."""

    src: NDArray[np.int32]
    dst: NDArray[np.int32]
    column: NDArray[np.float32] | None
    labels: NDArray[np.int64] | list[str] | None
    n_nodes: int
    bad_lines: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Block:
    """Whole lines [start, stop) of `data`; place 0 of `data` is place `base` of the file."""

    data: NDArray[np.uint8]
    start: int
    stop: int
    base: int


@dataclass(frozen=True)
class _Room:
    """Where a block's arcs go: from place `at` of the arrays on; what else it found goes into `state`."""

    src: NDArray[Any]
    dst: NDArray[Any]
    column: NDArray[np.float32] | None
    at: int
    state: NDArray[np.int64]


def _never(states: NDArray[np.int64]) -> bool:
    return False


@dataclass(frozen=True)
class _Way:
    """How to parse blocks."""

    read: Callable[[_Block, _Room], Table | None]
    dtype: type
    outside: str = ""  # the message for ids out of range
    too_small: Callable[[NDArray[np.int64]], bool] = _never


class _NamesFound(Exception):
    """A label is no integer; carries where its line starts."""


def read_text(content: Content, wanted: Wanted, threads: int) -> Arcs:
    """Read an edge list: lines of two or three columns, ``#`` or ``%`` comments, blank lines.

    Labels are integers if every label is one (nodes in ascending order), else text (nodes by appearance).
    """
    content.require_text()
    start, first = _first_line(content)
    separator, fields = _split(first)
    head_like = len(fields) > 1 and not any(_NUMBER.fullmatch(text) for text in re.split(r"[\s,;]+", first))
    after_first = min(content.line_end(start) + 1, content.data.size)
    header = f"the first line, {quoted(first)}, was taken as a header"
    notes: list[str] = []
    try:
        parsed = _ids(content, after_first if head_like else start, (0, BIGGEST), wanted, threads)
        if head_like and sum(parsed.counts) == 0:
            raise _NamesFound(start)
        notes += [header] * head_like
        settle = partial(numbered, parsed, threads)
    except _NamesFound as found:
        if head_like and _is_heading(fields, wanted, content, after_first):
            notes.append(header)
            start = after_first
        elif not head_like and found.args[0] > start:
            where = f"{quoted(content.line(found.args[0]))} on line {content.line_number(found.args[0])}"
            notes.append(f"labels are read as text, because not all are integers: {where}")
        parsed = _names(content, start, separator, wanted, threads)
        settle = partial(named, content, parsed, threads)
    if parsed.src.size == 0:
        what = f"no arcs ({parsed.bad:,} bad lines were left out)" if parsed.bad else "no arcs"
        raise FileFormatError(f"{content.name}: the file holds {what}; give lines of two or three columns")
    labels, n = settle()
    if head_like and not notes and _stands_alone(parsed):
        notes.append(
            f"the first line, {quoted(first)}, was read as an arc, but its nodes occur nowhere else; "
            "if it is a header, put # before it"
        )
    notes += _notes(parsed, wanted)
    return Arcs(parsed.src, parsed.dst, parsed.column, labels, n, parsed.bad, tuple(notes))


def read_ids(content: Content, start: int, ids: tuple[int, int], wanted: Wanted, threads: int) -> Parsed:
    """Read lines of ids in [ids[0], ids[1]] as they are; for formats that say how many nodes there are."""
    try:
        return _ids(content, start, ids, wanted, threads)
    except _NamesFound as found:
        raise content.error(found.args[0], "expected integer ids, got {line}") from None


def _first_line(content: Content) -> tuple[int, str]:
    start = content.text_start()
    while start < content.data.size:
        text = content.line(start)
        if text and text[0] not in "#%":
            return start, text
        start = content.line_end(start) + 1
    raise FileFormatError(f"{content.name}: the file holds no arcs; give lines of two or three columns")


def _split(line: str) -> tuple[int, list[str]]:
    """Return the separator (0: white space) that a line uses, and its fields."""
    for text, code in _SEPARATORS:
        if text in line:
            return code, [part.strip().strip('"') for part in line.split(text)]
    return 0, line.split()


def _is_heading(fields: list[str], wanted: Wanted, content: Content, after_first: int) -> bool:
    """Say whether a first line without numbers is a header in a file of names."""
    if (fields[0].lower(), fields[1].lower()) in _HEADINGS:
        return True
    if len(fields) < 3 or wanted.bounds is not None:
        return len(fields) > 2
    # a number below a word: the third column is one of numbers, and the word its name
    _, below = _split(content.line(after_first)) if after_first < content.data.size else (0, [])
    return len(below) > 2 and _NUMBER.fullmatch(below[2]) is not None


def _stands_alone(parsed: Parsed) -> bool:
    """Say whether the ends of the first of several arcs are those of no other."""
    ends = parsed.src[0], parsed.dst[0]
    return parsed.src.size > 1 and not any(np.isin(nodes[1:], ends).any() for nodes in (parsed.src, parsed.dst))


def _blocks(content: Content, start: int, size: int) -> list[_Block]:
    """Cut the text into blocks of whole lines; a last line without a newline becomes a block of its own."""
    data = content.data
    stop = int(data.size)
    tail = None
    if stop > start and data[stop - 1] != 10:
        width = 256
        while width < stop - start and not np.any(data[stop - width :] == 10):
            width *= 4
        first = max(start, stop - width)
        ends = np.flatnonzero(data[first:stop] == 10)
        first = first + int(ends[-1]) + 1 if ends.size else start
        last = np.frombuffer(data[first:stop].tobytes() + b"\n", np.uint8)
        tail = _Block(last, 0, int(last.size), first)
        stop = first
    blocks = []
    while start < stop:
        cut = stop if stop - start <= size else min(content.line_end(start + size) + 1, stop)
        blocks.append(_Block(data, start, cut, 0))
        start = cut
    return [*blocks, tail] if tail is not None else blocks


class _TooSmall(Exception):
    """An id needs 64 bits."""


def _ids(content: Content, start: int, ids: tuple[int, int], wanted: Wanted, threads: int) -> Parsed:
    """Parse lines of ids, as 32-bit integers if they fit."""
    from ..kernels.text import At, parse_ids

    low, top = ids
    blocks = _blocks(content, start, _BLOCK)
    outside = f"ids must be whole numbers from {low} to {top}, got {{line}}"

    def attempt(dtype: type, cap: int) -> Parsed:
        def read(block: _Block, room: _Room) -> None:
            parse_ids(
                block.data, block.start, block.stop, low, cap, *wanted.limits,
                room.src, room.dst, room.column, room.at, room.state,
            )  # fmt: skip

        def too_small(states: NDArray[np.int64]) -> bool:
            return cap < top and bool(states[:, At.BEYOND].any())

        return _parse(content, blocks, wanted, threads, _Way(read, dtype, outside, too_small))

    try:
        return attempt(np.int32, min(top, _INT32))
    except _TooSmall:
        return attempt(np.int64, top)


def _names(content: Content, start: int, separator: int, wanted: Wanted, threads: int) -> Parsed:
    """Parse lines of names; each block numbers its own."""
    from ..kernels.numbering import parse_names
    from ..kernels.text import At

    def read(block: _Block, room: _Room) -> Table:
        table = Table(blob=True)
        place = block.start
        while place < block.stop:
            place = parse_names(
                block.data, place, block.stop, separator, *wanted.limits,
                room.src, room.dst, room.column, room.at, room.state, *table.arrays,
            )  # fmt: skip
            if place < block.stop:
                table.grow(int(room.state[At.NAMES]))
        table.trim(int(room.state[At.NAMES]), int(room.state[At.BYTES]))
        return table

    size = max(_BLOCK, min(_NAMES_BLOCK, (content.data.size - start) // threads + 1))
    return _parse(content, _blocks(content, start, size), wanted, threads, _Way(read, np.int32))


def _lines(block: _Block) -> int:
    return int(np.count_nonzero(block.data[block.start : block.stop] == 10))


def _parse(content: Content, blocks: list[_Block], wanted: Wanted, threads: int, way: _Way) -> Parsed:
    """Parse all blocks side by side, each into its own stretch of the result, and close the gaps."""
    from ..kernels.text import STATE, At

    lines = parallel.run([partial(_lines, block) for block in blocks], threads)
    places = [0, *accumulate(lines)]
    src: NDArray[Any] = np.empty(places[-1], way.dtype)
    dst: NDArray[Any] = np.empty(places[-1], way.dtype)
    column = None if wanted.bounds is None else np.empty(places[-1], np.float32)
    states = np.full((len(blocks), STATE), -1, np.int64)
    states[:, [At.ARCS, At.BAD, At.BEYOND, At.NAMES, At.BYTES]] = 0

    def task(k: int) -> Table | None:
        # Blocks start in order: where one has met a name, all before it are on their way.
        if (states[:, At.NAME_LINE] >= 0).any() or way.too_small(states):
            return None
        return way.read(blocks[k], _Room(src, dst, column, places[k], states[k]))

    tables = parallel.run([partial(task, k) for k in range(len(blocks))], threads)
    for block, state in zip(blocks, states, strict=True):
        if state[At.NAME_LINE] >= 0:
            raise _NamesFound(block.base + int(state[At.NAME_LINE]))
    if way.too_small(states):
        raise _TooSmall
    _refuse(content, blocks, states, wanted, way.outside)
    counts = states[:, At.ARCS].tolist()
    stop = 0
    for place, count in zip(places, counts, strict=False):
        if place != stop:
            for array in (src, dst, column):
                if array is not None:
                    array[stop : stop + count] = array[place : place + count]
        stop += count
    return Parsed(
        src=src[:stop],
        dst=dst[:stop],
        column=None if column is None else column[:stop],
        counts=counts,
        bad=int(states[:, At.BAD].sum()),
        columns=int(states[:, At.COLUMNS].max(initial=0)),
        largest=int(states[:, At.LARGEST].max(initial=-1)),
        tables=[table for table in tables if table is not None],
    )


def _refuse(content: Content, blocks: list[_Block], states: NDArray[np.int64], wanted: Wanted, outside: str) -> None:
    """Raise for the first line that cannot be used."""
    from ..kernels.text import LACKING, OUTSIDE, SHORT, UNREAD, At

    messages = {
        SHORT: "expected two or three columns, got {line}",
        OUTSIDE: outside,
        UNREAD: "the third column must be a number, got {line}",
        LACKING: "the third column is missing, got {line}",
    }
    remedy = '; correct the line, or leave bad lines out (on_bad_line="skip")'
    for block, state in zip(blocks, states, strict=True):
        bad, beyond = int(state[At.BAD_LINE]), int(state[At.RANGE_LINE])
        if bad >= 0 and not wanted.skip and (beyond < 0 or bad < beyond):
            raise content.error(block.base + bad, messages[int(state[At.BAD_KIND])] + remedy)
        if beyond >= 0:
            raise content.error(block.base + beyond, f"the third column must be {wanted.bounds_are}, got {{line}}")


def _notes(parsed: Parsed, wanted: Wanted) -> tuple[str, ...]:
    """Return what the user should know about the columns and the lines left out."""
    notes = []
    if parsed.columns > 2 and wanted.bounds is None:
        notes.append('a third column is present and was not used; probability="column" reads it')
    if parsed.columns > 3:
        notes.append("columns after the third were not used")
    return (*notes, *left_out(parsed.bad))


def left_out(bad: int) -> list[str]:
    """Return the note on bad lines, if there were any."""
    return [f"{bad:,} bad line{'s were' if bad > 1 else ' was'} left out"] if bad else []
