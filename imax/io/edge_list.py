"""Edge lists: from the bytes of a text file to arrays of arcs.

The text is cut into blocks of whole lines, which threads parse side by side. A file whose labels are all integers is
parsed into ids; the first line with another label makes the reader start again with all labels as strings.
"""

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
from .text import Content, quoted
from .text_labels import KeyTable, Parsed, index_ids, index_names

__all__ = ["EdgeList", "ReadOptions", "ThirdColumn", "read_ids", "read_text", "skipped_lines_note"]

_LARGEST_ID = 2**63 - 1
_LARGEST_INT32 = 2**31 - 1
_BLOCK = 1 << 22  # bytes that a thread parses at a time
_NAMES_BLOCK = 1 << 25  # larger, because each block of names has a table of its own, to be merged with the others
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_SEPARATORS = (("\t", 9), (",", 44), (";", 59))
_HEADINGS = {
    ("source", "target"), ("src", "dst"), ("src", "dest"), ("from", "to"), ("fromnodeid", "tonodeid"),
    ("tail", "head"), ("node1", "node2"), ("follower", "followee"), ("sender", "receiver"), ("user", "friend"),
}  # fmt: skip


@dataclass(frozen=True)
class ThirdColumn:
    """The numbers that the third column may hold; `description` completes "must be ..." in an error message."""

    low: float
    high: float
    description: str


@dataclass(frozen=True)
class ReadOptions:
    """The numbers to read from the third column (None: ignore it), and whether to skip malformed lines."""

    third: ThirdColumn | None = None
    skip_bad_lines: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """The arguments that the kernels take."""
        return (0.0, 0.0) if self.third is None else (self.third.low, self.third.high)


@dataclass(frozen=True)
class EdgeList:
    """The content of a file: arcs between node indices, labels of the nodes (None: the indices), notes for the user."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.float32] | None
    labels: NDArray[np.int64] | list[str] | None
    n_nodes: int
    bad_lines: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Block:
    """Whole lines ``data[start:stop]``; byte 0 of `data` is byte `base` of the file."""

    data: NDArray[np.uint8]
    start: int
    stop: int
    base: int


@dataclass(frozen=True)
class _Output:
    """Arrays that a block writes its arcs to, from position `at` on, and its row of counters for the kernel."""

    source: NDArray[Any]
    target: NDArray[Any]
    weight: NDArray[np.float32] | None
    at: int
    state: NDArray[np.int64]


def _never(states: NDArray[np.int64]) -> bool:
    return False


@dataclass(frozen=True)
class _Parser:
    """A function that parses a block, the type of its ids, and what to do if an id does not fit."""

    parse: Callable[[_Block, _Output], KeyTable | None]
    dtype: type
    out_of_range: str = ""  # message for an id out of range
    overflowed: Callable[[NDArray[np.int64]], bool] = _never  # whether a larger type is needed


class _NamesFound(Exception):
    """A label is not an integer. The argument is the position of its line."""


class _Overflow(Exception):
    """An id does not fit 32 bits."""


def read_text(content: Content, options: ReadOptions, threads: int) -> EdgeList:
    """Read an edge list; `imax.read_edgelist` documents the format."""
    content.require_text()
    start, first = _first_line(content)
    separator, fields = _split(first)
    no_numbers = len(fields) > 1 and not any(_NUMBER.fullmatch(text) for text in re.split(r"[\s,;]+", first))
    after_first = min(content.line_end(start) + 1, content.data.size)
    header = f"the first line, {quoted(first)}, was taken as a header"
    notes: list[str] = []
    try:
        parsed = _parse_ids(content, after_first if no_numbers else start, (0, _LARGEST_ID), options, threads)
        if no_numbers and sum(parsed.counts) == 0:
            raise _NamesFound(start)
        notes += [header] * no_numbers
        find_labels = partial(index_ids, parsed, threads)
    except _NamesFound as found:
        if no_numbers and _is_heading(fields, options, content, after_first):
            notes.append(header)
            start = after_first
        elif not no_numbers and found.args[0] > start:
            where = f"{quoted(content.line(found.args[0]))} on line {content.line_number(found.args[0])}"
            notes.append(f"labels are read as text, because not all are integers: {where}")
        parsed = _parse_names(content, start, separator, options, threads)
        find_labels = partial(index_names, content, parsed, threads)
    if parsed.source.size == 0:
        what = f"no arcs ({skipped_lines_note(parsed.n_bad)[0]})" if parsed.n_bad else "no arcs"
        raise FileFormatError(f"{content.name}: the file holds {what}; give lines of two or three columns")
    labels, n = find_labels()
    if no_numbers and not notes and _first_arc_is_isolated(parsed):
        notes.append(
            f"the first line, {quoted(first)}, was read as an arc, but its nodes occur nowhere else; "
            "if it is a header, put # before it"
        )
    notes += _notes(parsed, options)
    return EdgeList(parsed.source, parsed.target, parsed.weight, labels, n, parsed.n_bad, tuple(notes))


def read_ids(content: Content, start: int, ids: tuple[int, int], options: ReadOptions, threads: int) -> Parsed:
    """Read lines with ids from ``ids[0]`` to ``ids[1]``, for formats that state the number of nodes."""
    try:
        return _parse_ids(content, start, ids, options, threads)
    except _NamesFound as found:
        raise content.error(found.args[0], "expected integer ids, got {line}") from None


def _first_line(content: Content) -> tuple[int, str]:
    """Return the position and the text of the first line that is neither blank nor a comment."""
    start = content.text_start()
    while start < content.data.size:
        text = content.line(start)
        if text and text[0] not in "#%":
            return start, text
        start = content.line_end(start) + 1
    raise FileFormatError(f"{content.name}: the file holds no arcs; give lines of two or three columns")


def _split(line: str) -> tuple[int, list[str]]:
    """Return the separator of a line as a byte (0: white space), and its fields."""
    for text, code in _SEPARATORS:
        if text in line:
            return code, [part.strip().strip('"') for part in line.split(text)]
    return 0, line.split()


def _is_heading(fields: list[str], options: ReadOptions, content: Content, after_first: int) -> bool:
    """Return whether a first line without numbers is a header in a file of names."""
    if (fields[0].lower(), fields[1].lower()) in _HEADINGS:
        return True
    if len(fields) < 3 or options.third is not None:
        return len(fields) > 2
    # a word above a number is the name of the third column
    _, second = _split(content.line(after_first)) if after_first < content.data.size else (0, [])
    return len(second) > 2 and _NUMBER.fullmatch(second[2]) is not None


def _first_arc_is_isolated(parsed: Parsed) -> bool:
    """Return whether the nodes of the first arc occur in no other arc."""
    ends = parsed.source[0], parsed.target[0]
    return parsed.source.size > 1 and not any(
        np.isin(nodes[1:], ends).any() for nodes in (parsed.source, parsed.target)
    )


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


def _parse_ids(content: Content, start: int, ids: tuple[int, int], options: ReadOptions, threads: int) -> Parsed:
    """Parse lines of ids, as 32-bit integers if they fit, otherwise as 64-bit integers."""
    from ..kernels.text import At, parse_ids

    low, top = ids
    blocks = _blocks(content, start, _BLOCK)
    message = f"ids must be whole numbers from {low} to {top}, got {{line}}"

    def attempt(dtype: type, cap: int) -> Parsed:
        def parse(block: _Block, out: _Output) -> None:
            parse_ids(
                block.data, block.start, block.stop, low, cap, *options.bounds,
                out.source, out.target, out.weight, out.at, out.state,
            )  # fmt: skip

        def overflowed(states: NDArray[np.int64]) -> bool:
            return cap < top and bool(states[:, At.BEYOND].any())

        parser = _Parser(parse, dtype, message, overflowed)
        return _parse_blocks(content, blocks, options, threads, parser)

    try:
        return attempt(np.int32, min(top, _LARGEST_INT32))
    except _Overflow:
        return attempt(np.int64, top)


def _parse_names(content: Content, start: int, separator: int, options: ReadOptions, threads: int) -> Parsed:
    """Parse lines of names. Each block numbers its own names."""
    from ..kernels.numbering import parse_names
    from ..kernels.text import At

    def parse(block: _Block, out: _Output) -> KeyTable:
        table = KeyTable(names=True)
        position = block.start
        while position < block.stop:
            position = parse_names(
                block.data, position, block.stop, separator, *options.bounds,
                out.source, out.target, out.weight, out.at, out.state, table.arrays,
            )  # fmt: skip
            if position < block.stop:
                table.grow(int(out.state[At.NAMES]))
        table.trim(int(out.state[At.NAMES]), int(out.state[At.BYTES]))
        return table

    size = max(_BLOCK, min(_NAMES_BLOCK, (content.data.size - start) // threads + 1))
    blocks = _blocks(content, start, size)
    return _parse_blocks(content, blocks, options, threads, _Parser(parse, np.int32))


def _count_lines(block: _Block) -> int:
    return int(np.count_nonzero(block.data[block.start : block.stop] == 10))


def _parse_blocks(
    content: Content,
    blocks: list[_Block],
    options: ReadOptions,
    threads: int,
    parser: _Parser,
) -> Parsed:
    """Parse all blocks in parallel, each into its own range of the result, and close the gaps."""
    from ..kernels.text import STATE, At

    lines = parallel.run([partial(_count_lines, block) for block in blocks], threads)
    places = [0, *accumulate(lines)]
    width = 2 * np.dtype(parser.dtype).itemsize + (0 if options.third is None else 4)
    content.require_memory(places[-1] * width, f"the arcs of its {places[-1]:,} lines take")
    source: NDArray[Any] = np.empty(places[-1], parser.dtype)
    target: NDArray[Any] = np.empty(places[-1], parser.dtype)
    weight = None if options.third is None else np.empty(places[-1], np.float32)
    states = np.full((len(blocks), STATE), -1, np.int64)
    states[:, [At.ARCS, At.BAD, At.BEYOND, At.NAMES, At.BYTES]] = 0

    def task(k: int) -> KeyTable | None:
        # Blocks start in order: if one has found a name, all blocks before it have started.
        if (states[:, At.NAME_LINE] >= 0).any() or parser.overflowed(states):
            return None
        return parser.parse(blocks[k], _Output(source, target, weight, places[k], states[k]))

    tables = parallel.run([partial(task, k) for k in range(len(blocks))], threads)
    for block, state in zip(blocks, states, strict=True):
        if state[At.NAME_LINE] >= 0:
            raise _NamesFound(block.base + int(state[At.NAME_LINE]))
    if parser.overflowed(states):
        raise _Overflow
    _refuse_bad_lines(content, blocks, states, options, parser.out_of_range)
    counts = states[:, At.ARCS].tolist()
    stop = 0
    for place, count in zip(places, counts, strict=False):
        if place != stop:
            for array in (source, target, weight):
                if array is not None:
                    array[stop : stop + count] = array[place : place + count]
        stop += count
    return Parsed(
        source=source[:stop],
        target=target[:stop],
        weight=None if weight is None else weight[:stop],
        counts=counts,
        n_bad=int(states[:, At.BAD].sum()),
        n_columns=int(states[:, At.COLUMNS].max(initial=0)),
        largest_id=int(states[:, At.LARGEST].max(initial=-1)),
        tables=[table for table in tables if table is not None],
    )


def _refuse_bad_lines(
    content: Content,
    blocks: list[_Block],
    states: NDArray[np.int64],
    options: ReadOptions,
    out_of_range: str,
) -> None:
    """Raise an error for the first line that cannot be used."""
    from ..kernels.text import LACKING, OUTSIDE, SHORT, UNREAD, At

    messages = {
        SHORT: "expected two or three columns, got {line}",
        OUTSIDE: out_of_range,
        UNREAD: "the third column must be a number, got {line}",
        LACKING: "the third column is missing, got {line}",
    }
    remedy = '; correct the line, or leave bad lines out (on_bad_line="skip")'
    for block, state in zip(blocks, states, strict=True):
        bad, beyond = int(state[At.BAD_LINE]), int(state[At.RANGE_LINE])
        if bad >= 0 and not options.skip_bad_lines and (beyond < 0 or bad < beyond):
            raise content.error(block.base + bad, messages[int(state[At.BAD_KIND])] + remedy)
        if beyond >= 0 and options.third is not None:
            raise content.error(
                block.base + beyond, f"the third column must be {options.third.description}, got {{line}}"
            )


def _notes(parsed: Parsed, options: ReadOptions) -> list[str]:
    """Return notes on unused columns and skipped lines."""
    notes = []
    if parsed.n_columns > 2 and options.third is None:
        notes.append("a third column is present and was not used; the probability scheme 'column' uses it")
    if parsed.n_columns > 3:
        notes.append("columns after the third were not used")
    return notes + skipped_lines_note(parsed.n_bad)


def skipped_lines_note(n_bad: int) -> list[str]:
    """Return the note on skipped lines, if there are any."""
    return [f"{n_bad:,} bad line{'s were' if n_bad > 1 else ' was'} left out"] if n_bad else []
