"""Arcs between labels become arcs between node indices: integers through a table or a sort, others through a dict.

For the labels of text files see `imax.io.text_labels`; for looking up labels of an existing graph see
`imax.graph.labels`.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from itertools import chain, count
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError, InvalidGraphError
from .arcs import ArcArrays

__all__ = ["as_numbers", "as_values", "compact_labels", "index_arcs", "python_labels", "row_width", "shown"]

Column: TypeAlias = "NDArray[Any] | list[Any]"

_SHOWN = 200  # characters of a value in a message
_PYTHON = {int, str, float, bool, bytes, tuple, type(None)}  # labels of these types are Python values


def compact_labels(labels: list[Any]) -> NDArray[np.int64] | list[Any] | None:
    """Return the labels of nodes 0, 1, … in the form in which a graph stores them.

    >>> compact_labels([0, 1, 2]), compact_labels([2, 0]), compact_labels(["a", 0])
    (None, array([2, 0]), ['a', 0])
    """
    if not _all_integers(labels):
        return labels
    try:
        array = np.array(labels, dtype=np.int64)
    except OverflowError:
        return labels
    return None if np.array_equal(array, np.arange(array.size)) else array


def index_arcs(sources: Column, targets: Column, nodes: Iterable[Hashable] | None, argument: str) -> ArcArrays:
    """Replace the labels of arcs by node indices.

    The labels in `nodes` come first. Without `nodes`, integer labels are in ascending order. Other labels are in order
    of appearance. `argument` is the argument that holds the arcs, for error messages.
    """
    first = [] if nodes is None else list(nodes)
    if len(sources) == 0 and not first:
        raise InvalidGraphError(
            f"{argument} has no arcs and no nodes; give nodes= for a graph without arcs", argument=argument
        )
    if nodes is None and _is_integer_array(sources) and _is_integer_array(targets):
        return _index_integers(np.asarray(sources, np.int64), np.asarray(targets, np.int64))
    sources, targets, first = python_labels(sources), python_labels(targets), python_labels(first)
    if nodes is None and _all_integers(sources) and _all_integers(targets):
        try:
            return _index_integers(np.array(sources, np.int64), np.array(targets, np.int64))
        except OverflowError:
            pass  # integers beyond 64 bits are treated like any other label
    index: defaultdict[Hashable, int] = defaultdict(count().__next__)
    in_order = chain(first, chain.from_iterable(zip(sources, targets, strict=True)))
    try:
        indices = np.fromiter(map(index.__getitem__, in_order), np.int32)
    except TypeError:
        bad = next(label for label in chain(first, sources, targets) if not _is_hashable(label))
        raise InvalidArgumentError(
            f"{argument}: a node label must be hashable, got {bad!r}; use a tuple or a string instead",
            argument=argument,
        ) from None
    labels = list(index)
    _refuse_mixture(labels, argument)
    for label in labels:
        if label is None or (isinstance(label, float) and math.isnan(label)):
            raise InvalidArgumentError(
                f"{argument}: a node label is missing ({label!r}); drop such rows or name the node", argument=argument
            )
    arcs = indices[len(first) :]
    return ArcArrays(arcs[::2], arcs[1::2], labels=compact_labels(labels), n_nodes=len(labels))


def as_numbers(values: Column, describe: Callable[[int], str], argument: str) -> NDArray[np.float64]:
    """Return values as floats. If one is missing or not a number, the error begins with ``describe(i)``."""
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        bad = next(i for i, value in enumerate(values) if not _is_number(value))
        raise InvalidArgumentError(
            f"{describe(bad)}: {shown(values[bad])} is not a number", argument=argument
        ) from None
    if np.isnan(array).any():
        bad = int(np.argmax(np.isnan(array)))
        raise InvalidArgumentError(f"{describe(bad)}: the number is missing ({values[bad]!r})", argument=argument)
    return array


def shown(value: Any) -> str:
    """Return a value for a message, shortened.

    >>> shown(("a", 1)), shown(10**5000)
    ("('a', 1)", 'an integer of too many digits')
    """
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write integers of more than 4,300 digits
        return "an integer of too many digits"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def row_width(rows: list[Any]) -> int:
    """Return the length of the rows of ``edges``, 2 or 3, after a check that all have the same length."""
    if not rows:
        return 2
    try:
        widths = set(map(len, rows))
    except TypeError:
        widths = {0}
    if widths in ({2}, {3}) and not set(map(type, rows)) & {str, bytes, dict}:
        return widths.pop()
    for i, row in enumerate(rows):
        if isinstance(row, (str, bytes, dict)) or not hasattr(row, "__len__") or len(row) not in (2, 3):
            raise InvalidArgumentError(
                f"edges: edge number {i} must be (source, target) or (source, target, weight), got {row!r}",
                argument="edges",
            )
    i = next(i for i, row in enumerate(rows) if len(row) != len(rows[0]))
    raise InvalidArgumentError(
        f"edges must be all pairs or all triples; number 0 is {rows[0]!r} but number {i} is {rows[i]!r}",
        argument="edges",
    )


def as_values(tensor: Any) -> NDArray[Any]:
    """Return an array of NumPy, or a tensor of another library on any device, as a NumPy array.

    >>> as_values([1, 2]).tolist()
    [1, 2]
    """
    if np.ma.is_masked(tensor):
        raise InvalidArgumentError("edges has masked entries; drop such rows first", argument="edges")
    for step in ("detach", "cpu"):
        tensor = getattr(tensor, step)() if hasattr(tensor, step) else tensor
    return np.asarray(tensor)


def python_labels(column: Column) -> list[Any]:
    """Return labels as Python values: scalars of NumPy, and tensors of other libraries that hold one number.

    >>> python_labels([np.int64(3), np.array(4), "a"])
    [3, 4, 'a']
    """
    labels = column.tolist() if isinstance(column, np.ndarray) else list(column)
    return labels if set(map(type, labels)) <= _PYTHON else list(map(_python_label, labels))


def _python_label(label: Any) -> Any:
    if type(label) in _PYTHON or isinstance(label, (np.datetime64, np.timedelta64, np.void)):
        return label
    scalar = isinstance(label, np.generic) or getattr(label, "shape", None) == ()
    return label.item() if scalar and hasattr(label, "item") else label


def _refuse_mixture(labels: list[Any], argument: str) -> None:
    """Raise an error if labels are partly integers and partly texts: 1 and "1" would be different nodes."""
    kinds = set(map(type, labels))
    if str in kinds and any(issubclass(kind, int) and kind is not bool for kind in kinds):
        number = next(label for label in labels if isinstance(label, int) and not isinstance(label, bool))
        text = next(label for label in labels if type(label) is str)
        raise InvalidArgumentError(
            f"{argument} mixes labels that are integers and texts, such as {number!r} and {text[:50]!r}; "
            "convert all to one type, because 1 and '1' are different nodes",
            argument=argument,
        )


def _index_integers(sources: NDArray[np.int64], targets: NDArray[np.int64]) -> ArcArrays:
    low = min(int(sources.min()), int(targets.min()))
    high = max(int(sources.max()), int(targets.max()))
    if low >= 0 and high < 8 * sources.size + 1024:
        present = np.zeros(high + 1, np.bool_)
        present[sources] = True
        present[targets] = True
        labels = np.flatnonzero(present).astype(np.int64)
        if labels.size == high + 1:
            return ArcArrays(sources.astype(np.int32), targets.astype(np.int32), n_nodes=high + 1)
        index = (np.cumsum(present) - 1).astype(np.int32)
        return ArcArrays(index[sources], index[targets], labels=labels, n_nodes=labels.size)
    labels, inverse = np.unique(np.concatenate((sources, targets)), return_inverse=True)
    indices: NDArray[np.int32] = inverse.astype(np.int32)
    return ArcArrays(indices[: sources.size], indices[sources.size :], labels=labels, n_nodes=labels.size)


def _is_integer_array(column: Column) -> bool:
    if not isinstance(column, np.ndarray):
        return False
    return column.dtype.kind == "i" or (column.dtype.kind == "u" and (column >> np.uint8(63) == 0).all().item())


def _all_integers(labels: list[Any]) -> bool:
    """Return whether all labels are plain or NumPy integers; a bool or an enum member is not one."""
    return all(kind is int or issubclass(kind, np.integer) for kind in set(map(type, labels)))


def _is_hashable(label: Any) -> bool:
    try:
        hash(label)
    except TypeError:
        return False
    return True


def _is_number(value: Any) -> bool:
    try:
        return np.ndim(np.float64(value)) == 0
    except (TypeError, ValueError, OverflowError):
        return False
