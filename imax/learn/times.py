"""Times of logs, as floats."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.tables import Column
from ..errors import InvalidArgumentError

__all__ = ["times_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def times_of(column: Column, argument: str) -> tuple[NDArray[np.float64], bool]:
    """Return the times of a column, and whether they are dates.

    Numbers, also written as strings, are kept. Dates (datetime, date, NumPy and pandas times, ISO 8601 strings) become
    seconds since 1970; those without a time zone count as UTC.

    Raises
    ------
    InvalidArgumentError
        If a time is neither; the message has its row.
    """
    if isinstance(column, np.ndarray) and column.dtype.kind in "iuf":
        return _finite(column.astype(np.float64), argument), False
    values = list(column)
    if values and all(isinstance(value, str) for value in values):
        try:
            return _finite(np.array(values, dtype=np.float64), argument), False
        except ValueError:
            pass
    if values and all(isinstance(value, np.datetime64) for value in values):
        # not nanoseconds, which end in the year 2262
        return np.array(values, dtype="datetime64[us]").astype(np.float64) * 1e-6, True
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return _finite(np.array(values, dtype=np.float64), argument), False
    return _dates(values, argument), True


def _dates(values: Sequence[Any], argument: str) -> NDArray[np.float64]:
    seconds = np.empty(len(values))
    for row, value in enumerate(values):
        moment = _moment(value)
        if moment is None:
            raise InvalidArgumentError(
                f"{argument}: row {row}: {value!r} is neither a number nor a date; write dates as in "
                "2026-03-01T12:00:00, or all times as numbers",
                argument=argument,
            )
        seconds[row] = (moment - _EPOCH) / _MICROSECOND * 1e-6
    return seconds


def _moment(value: Any) -> datetime | None:
    """Return a date as a datetime in UTC, None for anything else."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    elif isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _finite(times: NDArray[np.float64], argument: str) -> NDArray[np.float64]:
    bad = np.flatnonzero(~np.isfinite(times))
    if bad.size:
        raise InvalidArgumentError(
            f"{argument}: row {bad[0]}: {times[bad[0]]} is not a time; drop the rows without a time", argument=argument
        )
    return times
