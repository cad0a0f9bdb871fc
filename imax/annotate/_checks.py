"""Checks of embeddings, items and labels."""

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.arrays import unmasked
from ..errors import InvalidArgumentError
from ..graph.alignment import Aligner
from ..graph.labels import Labels
from ..graph.node_values import label_column

__all__ = ["Vectors", "is_blank", "is_sparse", "item_numbers", "item_rows", "unit_embeddings"]

Vectors = Any  # a dense array or a SciPy sparse array of float32, shape (n_items, n_dimensions)


def is_sparse(values: Any) -> bool:
    """Return whether a value is a SciPy sparse array or matrix."""
    return hasattr(values, "tocsr") and hasattr(values, "nnz")


def is_blank(label: Any) -> bool:
    """Return whether a label is that of an item without a label: None, NaN, ``pandas.NA`` or a blank text.

    >>> is_blank(None), is_blank(float("nan")), is_blank(" "), is_blank(0)
    (True, True, True, False)
    """
    if label is None or type(label).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(label, (float, np.floating)):
        return bool(np.isnan(label))
    return isinstance(label, str) and not label.strip()


def unit_embeddings(values: Any, argument: str = "embeddings") -> Vectors:
    """Check embeddings and return them scaled to length 1: float32, shape (n_items, n_dimensions).

    Parameters
    ----------
    values : array_like of float or SciPy sparse array, shape (n_items, n_dimensions)
    argument : str, default "embeddings"
        The name of the argument, for error messages.

    Raises
    ------
    InvalidArgumentError
        If `values` is not a two-dimensional array of numbers, or has rows with values that are not finite or rows of
        zeros. The message names these rows.
    """
    if is_sparse(values):
        return _unit_rows(values, argument)
    unmasked(values, argument)
    try:
        array = np.asarray(values)
        if array.dtype != np.float32:
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"{argument} must be numbers, shape (n_items, n_dimensions); compute embeddings of texts first, "
            "for example by TfidfVectorizer of scikit-learn, and leave out columns of text",
            argument=argument,
        ) from None
    if array.ndim != 2 or array.shape[0] == 0 or array.shape[1] == 0:
        raise InvalidArgumentError(
            f"{argument} must have the shape (n_items, n_dimensions), got {array.shape}", argument=argument
        )
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if bad.size:
        raise InvalidArgumentError(
            f"{argument} must be finite, got NaN or infinity in {_rows(bad)}; remove or correct these rows",
            argument=argument,
        )
    # dividing by the largest entry first keeps the squares from overflow and underflow
    largest = np.abs(array).max(axis=1, keepdims=True)
    zero = np.flatnonzero(largest[:, 0] == 0.0)
    if zero.size:
        raise InvalidArgumentError(
            f"{argument} must not be all 0, as in {_rows(zero)}: a zero vector has no direction; remove these rows",
            argument=argument,
        )
    scaled = array / largest
    unit: NDArray[np.float32] = (scaled / np.linalg.norm(scaled, axis=1, keepdims=True)).astype(np.float32)
    return np.ascontiguousarray(unit)


def _unit_rows(values: Any, argument: str) -> Any:
    """Return the rows of a sparse array, scaled to length 1: a sparse array of float32 in compressed rows."""
    from scipy.sparse import csr_array

    if values.ndim != 2 or 0 in values.shape or values.dtype.kind not in "biuf":
        raise InvalidArgumentError(
            f"{argument} must be numbers, shape (n_items, n_dimensions), got {values.dtype} and {values.shape}",
            argument=argument,
        )
    rows = csr_array(values, dtype=np.float64, copy=True)
    rows.sum_duplicates()
    if not np.isfinite(rows.data).all():
        bad = np.unique(np.searchsorted(rows.indptr, np.flatnonzero(~np.isfinite(rows.data)), side="right") - 1)
        raise InvalidArgumentError(
            f"{argument} must be finite, got NaN or infinity in {_rows(bad)}; remove or correct these rows",
            argument=argument,
        )
    largest = np.asarray(abs(rows).max(axis=1).todense()).ravel()
    zero = np.flatnonzero(largest == 0.0)
    if zero.size:
        raise InvalidArgumentError(
            f"{argument} must not be all 0, as in {_rows(zero)}: a zero vector has no direction; remove these rows",
            argument=argument,
        )
    per_row = np.diff(rows.indptr)
    rows.data /= np.repeat(largest, per_row)
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.data /= np.repeat(length, per_row)
    return rows.astype(np.float32)


def _rows(rows: NDArray[np.int64]) -> str:
    shown = ", ".join(map(str, rows[:5].tolist())) + (", ..." if rows.size > 5 else "")
    return f"{'row' if rows.size == 1 else f'{rows.size} rows:'} {shown}"


def item_numbers(items: Iterable[Any], n_items: int, argument: str) -> NDArray[np.int64]:
    """Return item numbers as an array; a value outside 0 to ``n_items - 1`` raises `InvalidArgumentError`."""
    numbers = []
    for item in items:
        try:
            number = -1 if isinstance(item, bool) else operator.index(item)
        except TypeError:
            number = -1
        if not 0 <= number < n_items:
            raise InvalidArgumentError(
                f"{argument} must name items by whole numbers from 0 to {n_items - 1}, got {item!r}", argument=argument
            )
        numbers.append(number)
    return np.array(numbers, dtype=np.int64)


def item_rows(
    items: Iterable[Any] | None, labels: Labels, argument: str, aligner: Aligner | None = None
) -> NDArray[np.int64]:
    """Return the rows of items, given by row numbers or, if items have other labels, by label; -1 for ignored ones."""
    if labels.kind == "range":
        return item_numbers(() if items is None else items, labels.n, argument)
    if items is None:
        return np.empty(0, dtype=np.int64)
    return (aligner or Aligner(labels, option=None)).match(label_column(items, argument))
