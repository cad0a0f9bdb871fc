"""Edge tables with typed columns: Parquet and Arrow files through pyarrow, and JSON Lines."""

import json
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import FileFormatError, ImaxError, InvalidArgumentError, MissingDependencyError
from ..graph.edge_columns import ColumnChoice, choose_columns
from ..graph.labelled_arcs import index_arcs
from ..graph.look_alikes import look_alikes
from .arrow_files import EdgeTable, numbers_of, open_arrow_file
from .edge_list import EdgeList, skipped_lines_note
from .read_options import ReadOptions, ThirdColumn
from .tables import read_table
from .text import Content, quoted
from .text_labels import Parsed, index_ids

__all__ = ["read_edge_table", "read_json_lines"]


def read_edge_table(content: Content, kind: str, options: ReadOptions, threads: int) -> EdgeList:
    """Return the arcs of a Parquet or Arrow file. Only the columns that are needed are read.

    Raises
    ------
    FileFormatError
        If the file is damaged, or a cell is missing or wrong.
    InvalidArgumentError
        If it is not clear which columns to read.
    MissingDependencyError
        If pyarrow is missing.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise MissingDependencyError(
            f"{content.name}: {kind} files need pyarrow: pip install 'influence-maximization[parquet]'"
        ) from None
    try:
        file = open_arrow_file(content, kind)
        choice = choose_columns(file.names, options.columns, wants_weight=options.third is not None, table=content.name)
        table = file.read(choice, threads)
        if table is None or len(table.source) == 0:
            raise FileFormatError(f"{content.name}: the table has no rows")
        return _edge_list(table, choice, content, options, threads)
    except ImaxError:
        raise
    except Exception as error:  # pyarrow raises errors of many types for damaged files, also about memory
        problem = " ".join(str(error).split()) or type(error).__name__
        raise FileFormatError(
            f"{content.name}: the {kind} data is damaged ({quoted(problem, 200)}); write the file again"
        ) from None


def _edge_list(
    table: EdgeTable, choice: ColumnChoice, content: Content, options: ReadOptions, threads: int
) -> EdgeList:
    """Return the arcs of the columns of a table."""
    source, target, weight = table
    good = _good(table, content, options)
    n_bad = 0 if good is None else int(good.size - good.sum())
    if good is not None and n_bad == good.size:
        raise FileFormatError(f"{content.name}: the file holds no arcs ({skipped_lines_note(n_bad)[0]})")
    if n_bad:
        source, target, weight = (None if column is None else _filtered(column, good) for column in table)
    numbers = None if weight is None or options.third is None else _numbers(weight, content, options.third)
    notes = (*choice.doubts, *choice.notes, *skipped_lines_note(n_bad))
    ends = _labels(source, content), _labels(target, content)
    arcs = _index(*ends, content, threads)
    doubts = look_alikes(arcs[2])
    return EdgeList(arcs[0], arcs[1], numbers, arcs[2], arcs[3], n_bad, (*doubts, *notes), (*choice.doubts, *doubts))


def _filtered(column: Any, good: NDArray[np.bool_] | None) -> Any:
    return column[good] if isinstance(column, np.ndarray) else column.filter(good)


def _good(table: EdgeTable, content: Content, options: ReadOptions) -> NDArray[np.bool_] | None:
    """Return which rows lack no cell; None if none does."""
    import pyarrow as pa

    good: NDArray[np.bool_] | None = None
    for name, column in table._asdict().items():
        if (
            column is None
            or isinstance(column, np.ndarray)
            or (not column.null_count and pa.types.is_integer(column.type))
        ):
            continue
        good = _present(column) if good is None else good & _present(column)
        if not good.all() and not options.skip_bad_lines:
            row = int(np.argmin(good))
            raise FileFormatError(
                f"{content.name}: row {row + 1} has no {name}; drop it, or skip such rows with {{on_bad_line=skip}}",
                others=("on_bad_line",),
            )
    return good


def _present(column: Any) -> NDArray[np.bool_]:
    """Return which cells are neither missing nor empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type) and not column.null_count:
        return ~np.isnan(_floats(column))
    found = np.asarray(column.is_valid())
    if _is_text(column.type):
        found &= np.asarray(pc.fill_null(pc.greater(pc.binary_length(column.cast(pa.large_string())), 0), False))
    elif pa.types.is_floating(column.type):
        found &= ~np.isnan(np.asarray(column.cast(pa.float64()).fill_null(np.nan)))
    return found


def _floats(column: Any) -> NDArray[np.float64]:
    """Return a column of numbers without missing cells."""
    import pyarrow as pa

    return np.concatenate(list(map(numbers_of, column.cast(pa.float64()).chunks)))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _labels(column: Any, content: Content) -> Any:
    """Return labels as a column of integers or texts."""
    import pyarrow as pa

    if isinstance(column, np.ndarray):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_integer(column.type):
        return column
    if pa.types.is_floating(column.type):
        numbers = _floats(column)
        if (np.abs(numbers) < 2**53).all() and (numbers == np.floor(numbers)).all():
            return pa.chunked_array([numbers.astype(np.int64)])
    if _is_text(column.type):
        return column.cast(pa.large_string())
    raise FileFormatError(
        f"{content.name}: labels must be integers or texts, but a column has the type {quoted(str(column.type), 60)}"
    )


def _numbers(column: Any, content: Content, third: ThirdColumn) -> NDArray[np.float32]:
    """Return weights, after a check of their range."""
    import pyarrow as pa

    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)):
        raise FileFormatError(f"{content.name}: the weights must be numbers, but have the type {column.type}")
    with np.errstate(over="ignore"):
        values = _floats(column).astype(np.float32)
    wrong = ~((values >= third.low) & (values <= third.high))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FileFormatError(
            f"{content.name}: row {row + 1}: the weight must be {third.description}, got {values[row]}"
        )
    return values


def _index(source: Any, target: Any, content: Content, threads: int) -> tuple[Any, Any, Any, int]:
    """Return source, target, labels and the number of nodes: integers ascending, texts in order of appearance."""
    if isinstance(source, np.ndarray) and isinstance(target, np.ndarray):
        return _index_ids(source, target, max(int(source.max()), int(target.max())), threads)
    import pyarrow as pa
    import pyarrow.compute as pc

    integers = [pa.types.is_integer(column.type) for column in (source, target)]
    if integers == [False, False]:
        return _index_texts(source, target)
    if not all(integers):
        raise FileFormatError(
            f"{content.name}: one column holds integers and the other texts, so that 1 and '1' would be different "
            "nodes; convert both to one type"
        )
    ranges = [pc.min_max(column).as_py() for column in (source, target)]
    low, high = min(one["min"] for one in ranges), max(one["max"] for one in ranges)
    if low < 0 or high >= 2**63:
        arcs = index_arcs(source.to_numpy(), target.to_numpy(), None, "edges")
        return np.asarray(arcs.source), np.asarray(arcs.target), _plain(arcs.labels), arcs.n_nodes or 0
    dtype = np.int32 if high < 2**31 else np.int64
    return _index_ids(_array(source, dtype, threads), _array(target, dtype, threads), int(high), threads)


def _index_ids(source: NDArray[Any], target: NDArray[Any], largest: int, threads: int) -> tuple[Any, Any, Any, int]:
    parsed = Parsed(
        source=source,
        target=target,
        weight=None,
        counts=[len(source)],
        n_bad=0,
        n_columns=0,
        largest_id=largest,
        tables=[],
    )
    labels, n = index_ids(parsed, threads)
    return parsed.source, parsed.target, labels, n


def _array(column: Any, dtype: type, threads: int) -> NDArray[Any]:
    """Return a column of integers as an array of another type, chunk by chunk."""
    out: NDArray[Any] = np.empty(len(column), dtype)

    def fill(chunk: Any, stop: int) -> None:
        out[stop - len(chunk) : stop] = numbers_of(chunk)

    stops = accumulate(map(len, column.chunks))
    parallel.run([partial(fill, chunk, stop) for chunk, stop in zip(column.chunks, stops, strict=True)], threads)
    return out


def _plain(labels: Any) -> Any:
    """Return labels in the form that `EdgeList` holds."""
    return labels if labels is None or isinstance(labels, np.ndarray) else list(labels)


def _index_texts(source: Any, target: Any) -> tuple[Any, Any, list[str], int]:
    import pyarrow as pa

    n = len(source)
    encoded = pa.chunked_array([*source.chunks, *target.chunks]).dictionary_encode().unify_dictionaries()
    names = encoded.chunk(0).dictionary.to_pylist()
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in encoded.chunks]).astype(np.int32)
    places = np.concatenate([2 * np.arange(n, dtype=np.int64), 2 * np.arange(n, dtype=np.int64) + 1])
    first = np.full(len(names), 2 * n, np.int64)
    np.minimum.at(first, codes, places)
    order = np.argsort(first)
    rank = np.empty(order.size, np.int32)
    rank[order] = np.arange(order.size, dtype=np.int32)
    codes = rank[codes]
    return codes[:n], codes[n:], [names[i] for i in order.tolist()], len(names)


def read_json_lines(content: Content, options: ReadOptions) -> EdgeList:
    """Return the arcs of JSON Lines: an object on each line. The first one has the names of the columns."""
    first = next(line for line in content.text_lines() if line.strip())
    try:
        record = json.loads(first)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise FileFormatError(f"{content.name}:1: not JSON: {quoted(first.strip())}")
    names = list(record)
    choice = choose_columns(names, options.columns, wants_weight=options.third is not None, table=content.name)
    table = read_table(content, [names[place] for place in dict.fromkeys(choice[:3]) if place is not None])
    ends = [table.column(names[place]) for place in choice[:2]]
    for where, label in [*ends[0], *ends[1]]:
        if type(label) not in (int, str) or label == "":
            raise FileFormatError(f"{where}: a label must be an integer or a text, got {quoted(str(label), 60)}")
    try:
        arcs = index_arcs([label for _, label in ends[0]], [label for _, label in ends[1]], None, "labels")
    except InvalidArgumentError as error:
        raise FileFormatError(f"{content.name}: {error}") from None
    weight = None
    if choice.weight is not None and options.third is not None:
        weight = _json_numbers(table.column(names[choice.weight]), options.third)
    doubts = (*choice.doubts, *look_alikes(arcs.labels))
    return EdgeList(
        np.asarray(arcs.source, np.int32),
        np.asarray(arcs.target, np.int32),
        weight,
        _plain(arcs.labels),
        arcs.n_nodes or 0,
        notes=(*doubts, *choice.notes),
        doubts=doubts,
    )


def _json_numbers(cells: list[tuple[str, Any]], third: ThirdColumn) -> NDArray[np.float32]:
    for where, value in cells:
        if type(value) not in (int, float) or not third.low <= value <= third.high:
            raise FileFormatError(f"{where}: the weight must be {third.description}, got {quoted(str(value), 60)}")
    return np.array([value for _, value in cells], np.float32)
