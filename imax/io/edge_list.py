"""Edge lists: from the bytes of a text file to arrays of arcs.

`imax.io.headers` decides on the columns first. The text is cut into blocks of whole lines, which threads parse side by
side. A file whose labels are all integers is parsed into ids; the first line with another label makes the reader start
again with all labels as strings. Tables of many columns are parsed as strings, and integers are converted afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import FileFormatError
from ..graph.look_alikes import look_alikes
from .headers import Shape, is_number, shape_of
from .quoted_tables import parse_quoted
from .read_options import ReadOptions
from .separators import tagged_comments
from .text import Content, quoted
from .text_labels import KeyTable, Parsed, index_ids, index_names, sort_integers

__all__ = ["EdgeList", "integer_arcs", "read_ids", "read_text", "skipped_lines_note", "text_doubts", "text_notes"]

_LARGEST_ID = 2**63 - 1
_LARGEST_INT32 = 2**31 - 1
_BLOCK = 1 << 22  # bytes that a thread parses at a time
_NAMES_BLOCK = 1 << 25  # larger, because each block of names has a table of its own, to be merged with the others


@dataclass(frozen=True)
class EdgeList:
    """The content of a file: arcs between node indices, labels of the nodes (None: the indices), notes for the user.

    The notes in `doubts` are about decisions that may be wrong.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.float32] | None
    labels: NDArray[np.int64] | list[str] | None
    n_nodes: int
    bad_lines: int = 0
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


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
    """A function that parses a block, the type of its ids, and what to do if its content does not fit."""

    parse: Callable[[_Block, _Output], KeyTable | None]
    dtype: type
    out_of_range: str = ""  # message for an id out of range
    overflowed: Callable[[NDArray[np.int64]], bool] = _never  # whether a larger type, or another parser, is needed
    columns: int = 0  # number of columns that every line must have; 0: at least two


class _NamesFound(Exception):
    """A label is not an integer. The argument is the position of its line."""


class _Overflow(Exception):
    """An id does not fit 32 bits, or a cell in quotes does not fit the simple parser."""


def read_text(content: Content, options: ReadOptions, threads: int) -> EdgeList:
    """Read an edge list; `imax.read_edgelist` documents the format."""
    content.require_text()
    shape = shape_of(content, options)
    found = _read(content, shape, options, threads)
    if shape.counts is None:
        return found
    nodes, arcs = shape.counts
    if nodes >= found.n_nodes:
        note = f"the first line, {quoted(shape.first)}, was taken as the counts of {nodes:,} nodes and {arcs:,} arcs"
        doubts = () if nodes == found.n_nodes else (note,)
        return replace(found, notes=(note, *found.notes), doubts=(*doubts, *found.doubts))
    doubt = f"the first line, {quoted(shape.first)}, was read as an arc; header=True skips it if it holds counts"
    found = _read(content, replace(shape, start=shape.first_at, counts=None), options, threads)
    return replace(found, notes=(doubt, *found.notes), doubts=(doubt, *found.doubts))


def _read(content: Content, shape: Shape, options: ReadOptions, threads: int) -> EdgeList:
    """Read the lines from the start of the arcs on."""
    notes, doubts = list(shape.notes), list(shape.doubts)
    named: int | None = shape.start
    if not shape.width:
        try:
            parsed = _parse_ids(content, shape.start, (0, _LARGEST_ID), options, threads)
            named = None
        except _NamesFound as found:
            named = found.args[0]
    if named is not None:
        try:
            parsed = _parse_names(content, shape, options, threads)
        except _Overflow:
            parsed = parse_quoted(content, shape, options.skip_bad_lines, options.third)
    if parsed.source.size == 0:
        what = f"no arcs ({skipped_lines_note(parsed.n_bad)[0]})" if parsed.n_bad else "no arcs"
        raise FileFormatError(f"{content.name}: the file holds {what}; give lines of two or three columns")
    labels: NDArray[np.int64] | list[str] | None
    if named is None:
        labels, n = index_ids(parsed, threads)
    else:
        doubts += tagged_comments(content, shape.first_at)
        names, n = index_names(content, parsed, threads)
        labels = sort_integers(parsed, names)
        if labels is names:
            doubts += look_alikes(names)
        else:
            n = int(max(parsed.source.max(), parsed.target.max())) + 1
            if any("." in name for name in names):
                notes.append("labels such as '7.0' are read as the integers that they stand for")
        if labels is names and named > shape.start and not shape.width:
            where = f"{quoted(content.line(named))} on line {content.line_number(named)}"
            notes.append(f"labels are read as text, because not all are integers: {where}")
        if not shape.header and options.header is None and _may_be_header(shape.first, parsed):
            doubts.append(
                f"the first line, {quoted(shape.first)}, was read as an arc, but its nodes occur nowhere else; "
                "if it is a header, say so by header=True (--header), otherwise by header=False (--no-header)"
            )
    notes += text_notes(parsed.n_columns, parsed.n_bad, options, shape)
    doubts += text_doubts(parsed.n_columns, shape)
    return EdgeList(
        parsed.source, parsed.target, parsed.weight, labels, n, parsed.n_bad, (*doubts, *notes), tuple(doubts)
    )


def integer_arcs(content: Content, start: int, options: ReadOptions, threads: int) -> Parsed | None:
    """Return the arcs of lines with integer labels; None if a label is not an integer."""
    try:
        return _parse_ids(content, start, (0, _LARGEST_ID), options, threads)
    except _NamesFound:
        return None


def read_ids(content: Content, start: int, ids: tuple[int, int], options: ReadOptions, threads: int) -> Parsed:
    """Read lines with ids from ``ids[0]`` to ``ids[1]``, for formats that state the number of nodes."""
    try:
        return _parse_ids(content, start, ids, options, threads)
    except _NamesFound as found:
        raise content.error(found.args[0], "expected integer ids, got {line}") from None


def _may_be_header(first: str, parsed: Parsed) -> bool:
    """Return whether the first arc has no numbers in its line, and nodes that occur in no other arc."""
    if any(map(is_number, first.replace(",", " ").replace(";", " ").split())):
        return False
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


def _parse_names(content: Content, shape: Shape, options: ReadOptions, threads: int) -> Parsed:
    """Parse lines of names. Each block numbers its own names."""
    from ..kernels.numbering import Columns, parse_names
    from ..kernels.text import At

    chosen = shape.columns
    columns = Columns(chosen.source, chosen.target, -1 if chosen.weight is None else chosen.weight, shape.width)

    def parse(block: _Block, out: _Output) -> KeyTable:
        table = KeyTable(names=True)
        position = block.start
        while position < block.stop:
            position = parse_names(
                block.data, position, block.stop, shape.separator, *options.bounds,
                out.source, out.target, out.weight, out.at, out.state, table.arrays, columns,
            )  # fmt: skip
            if position < block.stop:
                table.grow(int(out.state[At.NAMES]))
        table.trim(int(out.state[At.NAMES]), int(out.state[At.BYTES]))
        return table

    def quotes(states: NDArray[np.int64]) -> bool:
        return bool((states[:, At.QUOTES] > 0).any())

    size = max(_BLOCK, min(_NAMES_BLOCK, (content.data.size - shape.start) // threads + 1))
    blocks = _blocks(content, shape.start, size)
    parser = _Parser(parse, np.int32, overflowed=quotes, columns=shape.width)
    return _parse_blocks(content, blocks, options, threads, parser)


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
    states[:, [At.ARCS, At.BAD, At.BEYOND, At.NAMES, At.BYTES, At.QUOTES]] = 0

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
    _refuse_bad_lines(content, blocks, states, options, parser)
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
    parser: _Parser,
) -> None:
    """Raise an error for the first line that cannot be used."""
    from ..kernels.text import LACKING, OUTSIDE, RAGGED, SHORT, UNREAD, At

    third = "the column of the weights" if parser.columns else "the third column"
    messages = {
        SHORT: f"expected {'labels in both columns' if parser.columns else 'two or three columns'}, got {{line}}",
        OUTSIDE: parser.out_of_range,
        UNREAD: f"{third} must be a number, got {{line}}; write 0.25 for 25%, and 1234.5 for 1,234.5 or 1.234,5",
        LACKING: f"{third} is missing, got {{line}}",
        RAGGED: f"expected {parser.columns} columns, as in the first line, got {{line}}",
    }
    remedy = "; correct the line, or skip such lines with {on_bad_line=skip}"
    for block, state in zip(blocks, states, strict=True):
        bad, beyond = int(state[At.BAD_LINE]), int(state[At.RANGE_LINE])
        if bad >= 0 and not options.skip_bad_lines and (beyond < 0 or bad < beyond):
            message = messages[int(state[At.BAD_KIND])] + remedy
            raise content.error(block.base + bad, message, ("on_bad_line",))
        if beyond >= 0 and options.third is not None:
            raise content.error(block.base + beyond, f"{third} must be {options.third.description}, got {{line}}")


def text_notes(n_columns: int, n_bad: int, options: ReadOptions, shape: Shape) -> list[str]:
    """Return notes on unused columns and skipped lines."""
    notes = []
    if not shape.width:
        noted = any(" is not used; " in note for note in shape.notes)  # by its name
        if n_columns > 2 and options.third is None and not noted:
            notes.append("a third column is present and was not used; the probability scheme 'column' uses it")
        if n_columns > 3:
            notes.append("columns after the third were not used")
    return notes + skipped_lines_note(n_bad)


def text_doubts(n_columns: int, shape: Shape) -> list[str]:
    """Return the doubt about lines with more columns than the header, if there are any."""
    if shape.width or not shape.header or not n_columns > len(shape.names) > 0:
        return []
    return [f"some lines have more columns than the header, which has {len(shape.names)}"]


def skipped_lines_note(n_bad: int) -> list[str]:
    """Return the note on skipped lines, if there are any."""
    return [f"{n_bad:,} bad line{'s were' if n_bad > 1 else ' was'} left out"] if n_bad else []
