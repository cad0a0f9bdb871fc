"""The shape of an edge list, from its first lines: the separator, whether there is a header, which columns to read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from ..errors import FileFormatError, InvalidArgumentError
from ..graph.edge_columns import COLUMNS, ColumnChoice, choose_columns, ends_of_names, list_columns
from .other_shapes import refuse_other_shapes
from .read_options import ReadOptions
from .separators import MANY_LINES, find_separator, has_quotes, separator_doubts, split_cells
from .text import Content, quoted

__all__ = ["Shape", "is_count", "is_number", "shape_of"]

_OTHERS = "choose other columns for source and target if this is wrong"  # end of notes
_SAMPLE = 1000  # lines after the first
_SAMPLE_BYTES = 1 << 20
_LONGEST_LINE = 1 << 20  # bytes
_MISSING = ("", "-", "na", "n/a", "nan", "nil", "none", "null")
_FEW = 0.1  # share of distinct values up to which a column holds kinds, not labels
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_COUNT = re.compile(r"0|[1-9][0-9]{0,17}")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_PATTERNS = {  # what the cells of a column may all look like, while the name above them does not
    "numbers": _NUMBER,
    "e-mail addresses": re.compile(r"\S+@\S+\.\w+"),
    "dates": re.compile(r"\d{4}-\d\d?-\d\d?([T ].*)?|\d\d?[/.]\d\d?[/.]\d{2,4}( .*)?"),
    "addresses of web pages": re.compile(r"https?://\S+"),
    "truth values": re.compile(r"true|false|yes|no", re.IGNORECASE),
    "labels with digits": re.compile(r"[^\d]*\d.*"),
}


@dataclass(frozen=True)
class Shape:
    """How to read an edge list.

    Attributes
    ----------
    start : int
        Position of the first line of arcs.
    separator : int
        The byte between columns; 0 stands for white space.
    columns : ColumnChoice
        The columns to read.
    width : int
        Number of columns that every line must have; 0 for a plain edge list, of which only the first columns count.
    header : bool
        Whether the first line is a header.
    counts : tuple of int or None
        The numbers of nodes and arcs in the first line, if it looks like a line of counts; it is skipped then.
    names : list of str
        The names in the header; empty without one.
    first : str
        The first line.
    first_at : int
        Its position.
    notes, doubts : tuple of str
        Decisions; those in `doubts` may be wrong.
    """

    start: int
    separator: int
    columns: ColumnChoice
    width: int
    header: bool
    counts: tuple[int, int] | None
    names: list[str]
    first: str
    first_at: int
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def is_number(text: str) -> bool:
    """Return whether a cell is a number."""
    return _NUMBER.fullmatch(text) is not None


def is_count(text: str) -> bool:
    """Return whether a cell is a whole number without sign and leading zeros."""
    return _COUNT.fullmatch(text) is not None


def shape_of(content: Content, options: ReadOptions) -> Shape:
    """Decide how to read a text.

    Raises
    ------
    FileFormatError
        If there are no lines.
    InvalidArgumentError
        If it is not clear which columns to read. The message lists the columns.
    """
    return _shape_of(content, options, plain=False)


def _shape_of(content: Content, options: ReadOptions, *, plain: bool) -> Shape:
    """Return the shape of a text; with `plain`, its first line cannot hold counts."""
    start, first, lines = _sample(content)
    above = not plain and len(first.split()) in (2, 3) and all(map(is_count, first.split())) and len(lines) > 0
    separator = find_separator(lines if above else [first, *lines])  # counts need not have the separator of the arcs
    head, *rows = split_cells([first, *lines], separator)
    after_first = min(content.line_end(start) + 1, content.data.size)
    if above:
        head = first.split()
        counts = _counts(content, after_first, head, rows, options)
        titled = not all(map(is_number, rows[0])) and bool(_header_evidence(rows[0], rows[1:], options)[0])
        if counts or (titled and len(rows) > 1 and options.header is None):
            rest = _shape_of(replace(content, data=content.data[after_first:]), options, plain=True)
            note = () if counts else (f"the first line, {quoted(first)}, stands above the header and was skipped",)
            return replace(
                rest,
                start=rest.start + after_first,
                first=first,
                first_at=start,
                counts=counts,
                notes=(*note, *rest.notes),
            )
    if separator and len(head) < 2:
        raise content.error(
            start, "expected two or three columns, as in the lines below, got {line}; correct it, or put # before it"
        )
    if not options.columns.given:
        refuse_other_shapes(content, [first, *lines], [head, *rows])
    found, sure = _header_evidence(head, rows, options)
    header = bool(found) if options.header is None else options.header
    notes: list[str] = []
    doubts: list[str] = []
    if header:
        why = f", because {found}" if found and options.header is None else ""
        (notes if sure or not why else doubts).append(f"the first line, {quoted(first)}, was taken as a header{why}")
    names = _check_widths(content, head, rows) if header else head
    if header and not names and rows and options.header is None:
        title = f"the first line, {quoted(first)}, was taken as a title and skipped"
        rest = _shape_of(replace(content, data=content.data[after_first:]), options, plain=True)
        return replace(
            rest,
            start=rest.start + after_first,
            first_at=rest.first_at + after_first,
            notes=(title, *rest.notes),
        )
    columns = _columns(content, names or [*rows, head][0], rows, options, header=header and bool(names))
    table = _is_table(head, rows, columns, options, separator, header=header)
    table = table or (separator != "" and len(head) > 2 and has_quotes(content, start))  # cells may hold newlines
    width = len(head) if table else 0
    if not (header or options.columns.given):
        doubts += _doubts(head, rows) or separator_doubts([first, *lines], separator)
    return Shape(
        start=after_first if header else start,
        separator=ord(separator) if separator else 0,
        columns=columns,
        width=width,
        header=header,
        counts=None,
        names=names if header else [],
        first=first,
        first_at=start,
        notes=(*notes, *columns.notes),
        doubts=(*doubts, *columns.doubts),
    )


def _sample(content: Content) -> tuple[int, str, list[str]]:
    """Return the position and text of the first line that is not blank or a comment, and the lines after it."""
    at = content.text_start()
    first: tuple[int, str] | None = None
    stop = content.data.size
    lines: list[str] = []
    while at < stop and len(lines) < _SAMPLE:
        size = content.line_end(at) - at
        if size > _LONGEST_LINE:
            raise content.error(at, f"a line of {size:,} bytes is no arc; give lines of two or three columns: {{line}}")
        text = content.line(at)
        if text and text[0] not in "#%":
            if first is None:
                first, stop = (at, text), min(stop, at + _SAMPLE_BYTES)
            else:
                lines.append(text)
        at = content.line_end(at) + 1
    if first is None:
        raise FileFormatError(f"{content.name}: the file holds no arcs; give lines of two or three columns")
    return *first, lines


def _column(rows: list[list[str]], place: int) -> list[str]:
    """Return the cells of a column that are not empty."""
    return [row[place] for row in rows if len(row) > place and row[place]]


def _header_evidence(head: list[str], rows: list[list[str]], options: ReadOptions) -> tuple[str, bool]:
    """Return why the first line is a header (empty if nothing says so), and whether that is sure."""
    named = [column for column in options.columns if isinstance(column, str)]
    if named and all(column in head for column in named):
        return "it has the names of the columns", True
    if len(head) < 2 or any(map(is_number, head)) or not any(head):
        return "", True
    if any(name and name in _column(rows, place) for place, name in enumerate(head)):
        return "", True  # a name of a column is no label below it
    if ends_of_names(head):
        return "it has the usual names of columns", True
    for place, name in enumerate(head):
        cells = _column(rows, place)
        if not cells or name.lower() in _MISSING:
            continue
        for kind, pattern in _PATTERNS.items():
            enough = kind == "numbers" or len(cells) > 1
            if enough and not pattern.fullmatch(name) and all(map(pattern.fullmatch, cells)):
                sure = kind != "labels with digits" or len(cells) >= MANY_LINES
                return f"the column below {quoted(name, 30)} holds {kind}", sure
    return "", True


def _check_widths(content: Content, head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the names in a header; none if it is a title, with more words than there are columns."""
    widths = [len(row) - (len(row) > 2 and not row[-1]) for row in rows]
    if not widths:
        return head
    usual = max(set(widths), key=widths.count)
    if usual > len(head):
        raise FileFormatError(
            f"{content.name}: the first line, {quoted(', '.join(head))}, has {len(head)} columns, but most lines below "
            f"have {usual}; name all columns, or put # before the first line and choose columns by position"
        )
    return [] if usual < len(head) and not ends_of_names(head) else head


def _counts(
    content: Content, after_first: int, head: list[str], rows: list[list[str]], options: ReadOptions
) -> tuple[int, int] | None:
    """Return the numbers of nodes and arcs, if the first line holds the number of lines below it."""
    if options.header is not None or not (2 <= len(head) <= 3 and all(map(is_count, head)) and rows):
        return None
    nodes, arcs = int(head[0]), int(head[-1])
    rest = int(content.data.size) - after_first
    average = rest / max(1, sum(len(" ".join(row)) + 1 for row in rows)) * len(rows)  # lines, roughly
    if arcs < 2 or not average / 3 <= arcs <= 3 * average:
        return None
    below = _count_lines(content, after_first)
    return (nodes, arcs) if below in (arcs, 2 * arcs) else None


def _count_lines(content: Content, start: int) -> int:
    """Return the number of lines that are neither blank nor comments."""
    total = 0
    while start < content.data.size:
        stop = min(content.line_end(start + _SAMPLE_BYTES) + 1, content.data.size)
        lines = map(bytes.strip, content.data[start:stop].tobytes().split(b"\n"))
        total += sum(1 for line in lines if line and line[0] not in b"#%")
        start = stop
    return total


def _doubts(head: list[str], rows: list[list[str]]) -> list[str]:  # noqa: PLR0911
    """Return what may be wrong about reading the first two columns of a file without header."""
    widths = {len(row) for row in [head, *rows] if len(row) > 1}
    if len(widths) > 1 and max(widths) > 3 and all(map(is_number, chain.from_iterable([head, *rows]))):
        return [
            "lines have different numbers of columns; the first two were read as source and target; read lists of "
            "neighbors by networkx.read_adjlist"
        ]
    if len(widths) > 1 and not all(map(is_number, chain.from_iterable(row[:2] for row in [head, *rows]))):
        return ["lines have different numbers of columns; the first two were read as source and target"]
    dates = next((place for place, cell in enumerate(head[:2]) if _PATTERNS["dates"].fullmatch(cell)), None)
    if dates is not None:
        return [f"column {dates + 1} holds dates, but was read as an end of the arcs; {_OTHERS}"]
    if len(head) < 3:
        counts = len(head) == 2 and all(map(is_count, head)) and int(head[0]) > 0 and bool(rows)
        others = all(len(row) > 1 for row in rows) and not any(map(is_number, chain.from_iterable(rows)))
        counts = counts and (others or all(len(row) > 2 for row in rows) or (len(rows) == 1 and head[1] == "1"))
        return ["the first line was read as an arc, but it may hold counts of nodes and arcs"] * counts
    counter = _column(rows, 0)
    if len(counter) >= MANY_LINES and all(map(is_count, [*counter, *_column(rows, 1), *_column(rows, 2)])):
        steps = {int(b) - int(a) for a, b in pairwise(counter)}
        if steps == {1} and len(set(_column(rows, 1)) & set(_column(rows, 2))) > 1:
            return [f"the first column counts the lines, but it was read as the source; {_OTHERS}"]
    lines = [head, *rows]
    texts = any(not is_number(cell) for cell in head[2:])
    unsure = len(rows) < MANY_LINES and ((len(head) > 3 and texts) or (not rows and (len(head) > 3 or texts)))
    if unsure or not all(_is_plain(_column(lines, place)) for place in range(2, len(head))):
        return [
            f"the file has no header, and the first 2 of its {len(head)} columns were read as source and target; "
            f"{_OTHERS}"
        ]
    whole = [all(map(is_count, _column(lines, place))) for place in (0, 1)]
    kinds = [place for place in (0, 1) if _is_plain(_column(lines, place), numbers=False)]
    later = [place for place in range(2, len(head)) if all(map(is_count, _column(lines, place)))]
    if len(later) > 1 and not any(whole):
        return [
            f"columns {later[0] + 1} and {later[1] + 1} hold whole numbers, but the first two were read as source and "
            f"target; {_OTHERS}"
        ]
    if whole[0] != whole[1]:
        return [f"column 1 or 2 holds whole numbers, but the other does not; {_OTHERS}"]
    if kinds:
        return [
            f"column {kinds[0] + 1} holds dates, truth values, decimals or a few kinds, but was read as an end of the "
            f"arcs; {_OTHERS}"
        ]
    return []


def _columns(
    content: Content, head: list[str], rows: list[list[str]], options: ReadOptions, *, header: bool
) -> ColumnChoice:
    """Return the columns to read."""
    given = options.columns
    wanted = options.third is not None
    if header:
        return choose_columns(head, given, wants_weight=wanted, table=content.name)
    if given.given:
        text = next((name for name in given if isinstance(name, str)), None)
        if text is not None:
            argument = given._fields[given.index(text)]
            raise InvalidArgumentError(
                f"{argument} names the column {text!r}, but the first line of {content.name}, "
                f"{quoted(', '.join(head))}, does not; give a position, or correct the name",
                argument=argument,
            )
        if given.source is None and given.target is None:
            given = given._replace(source=0, target=1)
        names = [f"column {place + 1} ({quoted(cell, 20)})" for place, cell in enumerate(head)]
        return choose_columns(names, given, wants_weight=wanted, table=content.name)
    better = _better_ends(head, rows)
    if better is not None:
        first, second = better
        names = [f"column {place + 1} ({quoted(cell, 20)})" for place, cell in enumerate(head)]
        raise InvalidArgumentError(
            "source and {target} must be chosen by position, because the file has no header, and its columns "
            f"{first + 1} and {second + 1} look more like the ends of arcs than the first two; "
            f"{list_columns(names, content.name)}",
            argument="source",
            others=COLUMNS,
        )
    return ColumnChoice(0, 1, 2 if wanted else None)


def _better_ends(head: list[str], rows: list[list[str]]) -> tuple[int, int] | None:
    """Return two columns of a file without header that look more like ends of arcs than the first two, if any do."""
    lines = [head, *rows]
    if len(head) < 3 or len(lines) < 2:
        return None
    columns = [_column(lines, place) for place in range(min(len(head), 30))]
    mail = [bool(cells) and all(_PATTERNS["e-mail addresses"].fullmatch(cell) for cell in cells) for cells in columns]
    if mail.count(True) == 2 and not (mail[0] and mail[1]):
        return mail.index(True), len(mail) - 1 - mail[::-1].index(True)
    if set(columns[0]) & set(columns[1]):
        return None
    # labels of nodes: texts, not only a few kinds
    labels = [set() if any(map(is_number, cells)) or _is_plain(cells) else set(cells) for cells in columns]
    pairs = ((i, j) for j in range(len(labels)) for i in range(j) if j > 1)
    return next(((i, j) for i, j in pairs if len(labels[i] & labels[j]) > 1), None)


def _is_plain(cells: Sequence[str], *, numbers: bool = True) -> bool:
    """Return whether a column holds dates, truth values or a few kinds, or numbers: something other than labels."""
    if numbers and all(map(is_number, cells)):
        return True
    if any(all(map(_PATTERNS[kind].fullmatch, cells)) for kind in ("dates", "truth values")):
        return True
    few = max(1, _FEW * len(cells))
    if not numbers:  # labels may be few, too
        if all(map(is_number, cells)) and not all(map(is_count, cells)):
            return True
        return len(cells) >= MANY_LINES and len(set(cells)) <= max(3, few) and not all(map(is_number, cells))
    return len(set(cells)) <= few


def _is_table(
    head: list[str],
    rows: list[list[str]],
    columns: ColumnChoice,
    options: ReadOptions,
    separator: str,
    *,
    header: bool,
) -> bool:
    """Return whether every line must have the columns of the first one, and cells may be in quotes."""
    if options.columns.given or columns[:2] != (0, 1) or columns.weight not in (None, 2):
        return True
    if separator not in ("", ",") and any(_DECIMAL_COMMA.fullmatch(cell) for cell in chain(*(row[2:] for row in rows))):
        return True
    return separator in ("|", " ") or (bool(separator) and header and len(head) > 3)
