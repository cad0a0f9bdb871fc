"""Checks of embeddings and of item numbers."""

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError

__all__ = ["item_numbers", "unit_embeddings"]


def unit_embeddings(values: Any, argument: str = "embeddings") -> NDArray[np.float32]:
    """Check embeddings and return them scaled to length 1: float32, shape (n_items, n_dimensions).

    Parameters
    ----------
    values : array_like of float, shape (n_items, n_dimensions)
    argument : str, default "embeddings"
        The name of the argument, for error messages.

    Raises
    ------
    InvalidArgumentError
        If `values` is not a two-dimensional array of numbers, or has rows with values that are not finite or rows of
        zeros. The message names these rows.
    """
    try:
        array = np.asarray(values)
        if array.dtype != np.float32:
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"{argument} must be numbers, shape (n_items, n_dimensions)", argument=argument
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
