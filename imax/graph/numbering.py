"""Labels of arcs to node numbers: integers through a table or a sort, other hashables through a dict."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from itertools import chain, count
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError, InvalidGraphError

__all__ = ["Ends", "compact", "frame_column", "number", "numbers", "row_width"]

Names: TypeAlias = "NDArray[np.int64] | list[Any] | None"
Column: TypeAlias = "NDArray[Any] | list[Any]"


class Ends(NamedTuple):
    """Arcs by node number, with what the numbers stand for (labels None: for themselves)."""

    src: NDArray[np.int32]
    dst: NDArray[np.int32]
    n_nodes: int
    labels: Names


def compact(nodes: list[Any]) -> Names:
    """Return the labels of nodes 0, 1, … in the form that a graph keeps them in.

    >>> compact([0, 1, 2]), compact([2, 0]), compact(["a", 0])
    (None, array([2, 0]), ['a', 0])
    """
    if not _all_integers(nodes):
        return nodes
    try:
        array = np.array(nodes, dtype=np.int64)
    except OverflowError:
        return nodes
    return None if np.array_equal(array, np.arange(array.size)) else array


def number(sources: Column, targets: Column, nodes: Iterable[Hashable] | None = None) -> Ends:
    """Give numbers to labels of arcs: `nodes` first, else integers in rising order, else by appearance."""
    first = [] if nodes is None else list(nodes)
    if len(sources) == 0 and not first:
        raise InvalidGraphError("there are no edges and no nodes; give nodes= for a graph without edges")
    if nodes is None and _integer_array(sources) and _integer_array(targets):
        return _number_integers(np.asarray(sources, np.int64), np.asarray(targets, np.int64))
    sources, targets = _scalars(sources), _scalars(targets)
    if nodes is None and _all_integers(sources) and _all_integers(targets):
        try:
            return _number_integers(np.array(sources, np.int64), np.array(targets, np.int64))
        except OverflowError:
            pass  # beyond 64 bits: labels like any other
    index: defaultdict[Hashable, int] = defaultdict(count().__next__)
    in_order = chain(first, chain.from_iterable(zip(sources, targets, strict=True)))
    try:
        places = np.fromiter(map(index.__getitem__, in_order), np.int32)
    except TypeError:
        bad = next(label for label in chain(first, sources, targets) if not _hashable(label))
        raise InvalidArgumentError(
            f"a node label must be hashable, got {bad!r}; a tuple or a string would do"
        ) from None
    keys = list(index)
    for key in keys:
        if key is None or (isinstance(key, float) and math.isnan(key)):
            raise InvalidArgumentError(f"a node label is missing ({key!r}); drop such rows or name the node")
    return Ends(places[len(first) :: 2], places[len(first) + 1 :: 2], len(keys), compact(keys))


def numbers(values: Column, where: Callable[[int], str]) -> NDArray[np.float64]:
    """Return `values` as floats; the error for one that is none says `where(i)`."""
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        bad = next(i for i, value in enumerate(values) if not _is_number(value))
        raise InvalidArgumentError(f"{where(bad)}: {values[bad]!r} is not a number") from None
    if np.isnan(array).any():
        bad = int(np.argmax(np.isnan(array)))
        raise InvalidArgumentError(f"{where(bad)}: the number is missing ({values[bad]!r})")
    return array


def row_width(rows: list[Any]) -> int:
    """Return how long the rows are, 2 or 3; all must be the same."""
    if not rows:
        return 2
    try:
        widths = set(map(len, rows))
    except TypeError:
        widths = {0}
    if widths in ({2}, {3}) and not set(map(type, rows)) & {str, bytes}:
        return widths.pop()
    for i, row in enumerate(rows):
        if isinstance(row, (str, bytes)) or not hasattr(row, "__len__") or len(row) not in (2, 3):
            raise InvalidArgumentError(f"edge number {i} must be (u, v) or (u, v, number), got {row!r}")
    i = next(i for i, row in enumerate(rows) if len(row) != len(rows[0]))
    raise InvalidArgumentError(
        f"edges must be all pairs or all triples; number 0 is {rows[0]!r} but number {i} is {rows[i]!r}"
    )


def frame_column(df: Any, column: int | str, name: str) -> NDArray[Any]:
    """Return a column of a pandas or Polars frame, by name or else by position; missing cells are refused."""
    names = list(df.columns)
    if column not in names:
        if not (isinstance(column, int) and -len(names) <= column < len(names)):
            raise InvalidArgumentError(f"{name} must be one of the columns {names}, or a position; got {column!r}")
        column = names[column]
    series = df[column]
    missing = np.asarray((series.isna() if hasattr(series, "isna") else series.is_null()).to_numpy())
    if missing.any():
        raise InvalidArgumentError(
            f"row {int(np.argmax(missing))} of column {column!r} is missing; drop such rows first"
        )
    return np.asarray(series.to_numpy())


def _number_integers(u: NDArray[np.int64], v: NDArray[np.int64]) -> Ends:
    low, high = min(int(u.min()), int(v.min())), max(int(u.max()), int(v.max()))
    if low >= 0 and high < 8 * u.size + 1024:
        present = np.zeros(high + 1, np.bool_)
        present[u] = True
        present[v] = True
        labels = np.flatnonzero(present).astype(np.int64)
        if labels.size == high + 1:
            return Ends(u.astype(np.int32), v.astype(np.int32), high + 1, None)
        rank = (np.cumsum(present) - 1).astype(np.int32)
        return Ends(rank[u], rank[v], labels.size, labels)
    labels, inverse = np.unique(np.concatenate((u, v)), return_inverse=True)
    place: NDArray[np.int32] = inverse.astype(np.int32)
    return Ends(place[: u.size], place[u.size :], labels.size, labels)


def _integer_array(column: Column) -> bool:
    if not isinstance(column, np.ndarray):
        return False
    return column.dtype.kind == "i" or (column.dtype.kind == "u" and (column >> np.uint8(63) == 0).all().item())


def _all_integers(labels: list[Any]) -> bool:
    """Whether all are plain or NumPy integers; a bool or an enum member has to stay what it is."""
    return all(kind is int or issubclass(kind, np.integer) for kind in set(map(type, labels)))


def _scalars(column: Column) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else column


def _hashable(label: Any) -> bool:
    try:
        hash(label)
    except TypeError:
        return False
    return True


def _is_number(value: Any) -> bool:
    try:
        np.float64(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True
