"""Logs of actions: who acted on which item, and when."""

import os
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.durations import Duration, has_unit
from .._utils.streams import RNG, Stream, key_from, stream_key
from .._utils.tables import Column, columns_of, has_missing, is_table
from ..errors import InvalidArgumentError
from ..io import read_columns
from .times import times_of

__all__ = ["Actions", "counted", "split"]

_ROWS = 1 << 16  # rows of an iterable that are read at a time
_MAX_CODES = 2**31 - 1
ON_MISSING = ("error", "drop")


@dataclass(frozen=True, eq=False)
class Actions:
    """A log of actions in 16 bytes each. `of` makes one from a table, a file or chunks.

    Attributes
    ----------
    users, items : list or numpy.ndarray
        Distinct labels.
    user, item : numpy.ndarray of int32, shape (n_actions,)
        User and item of each action, as places in `users` and `items`.
    time : numpy.ndarray of float64, shape (n_actions,)
        Times: the numbers given, or seconds since 1970 if they were dates.
    dated : bool
        Whether the times were dates.
    n_missing : int
        Number of rows that were dropped because a cell is missing.

    Examples
    --------
    >>> from imax.learn import Actions
    >>> log = Actions.of({"user": ["ann", "bob"], "item": ["x", "x"], "time": ["2026-01-01", "2026-01-03"]})
    >>> log
    <Actions: 2 actions of 2 users on 1 item>
    """

    users: "list[Any] | NDArray[Any]"
    items: "list[Any] | NDArray[Any]"
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    time: NDArray[np.float64]
    dated: bool = False
    n_missing: int = 0

    @classmethod
    def of(
        cls,
        actions: Any,
        *,
        user: int | str = "user",
        item: int | str = "item",
        time: int | str = "time",
        on_missing: str = "error",
    ) -> "Actions":
        """Return the log in a table, a file, or an iterable of tables or of rows (user, item, time).

        Parameters
        ----------
        actions : table, dict of columns, path, Actions, or iterable of tables or of tuples
            A pandas, Polars, pyarrow or DuckDB table; a CSV, JSON Lines, Parquet or Feather file; chunks of a log that
            is larger than memory, as an iterable of tables; or rows.
        user, item, time : int or str
            Columns: names, or positions.
        on_missing : {"error", "drop"}, default "error"
            Rows with a missing cell: raise an error, or drop and count them.

        Raises
        ------
        InvalidArgumentError
            For an unknown column, a missing cell, or a time that is neither a number nor a date.
        """
        if isinstance(actions, cls):
            return actions
        check.one_of(on_missing, "on_missing", ON_MISSING)
        columns: dict[str, int | str] = {"user": user, "item": item, "time": time}
        log = _Growing(on_missing)
        for chunk in _chunks(actions, columns):
            log.add(chunk)
        return log.finish()

    def __len__(self) -> int:
        return self.user.size

    def __repr__(self) -> str:
        n, u, i = len(self), len(self.users), len(self.items)
        return f"<Actions: {counted(n, 'action')} of {counted(u, 'user')} on {counted(i, 'item')}>"

    def item_hashes(self) -> NDArray[np.uint64]:
        """Return a 64-bit hash of the label of each item with an action, sorted. Equal labels have equal hashes.

        A label counts as text, because text files have no types: 7 and "7" have the same hash.
        """
        present = np.unique(self.item).tolist()
        labels = self.items.tolist() if isinstance(self.items, np.ndarray) else self.items
        digests = (blake2b(str(labels[i]).encode(), digest_size=8).digest() for i in present)
        return np.unique(np.frombuffer(b"".join(digests), dtype="<u8"))

    def time_notes(self, window: Duration | None) -> list[str]:
        """Return notes on the unit of the window, and on times that are numbers but look like dates."""
        notes: list[str] = []
        if self.dated:
            if window is not None and not has_unit(window):
                notes.append(f"the window {window} is in seconds, because the times are dates; '30d' is 30 days")
            return notes
        if window is not None and has_unit(window):
            notes.append(
                f"the times of the log are numbers and are taken as seconds, because the window {window} has a unit"
            )
        if _are_compact_dates(self.time):
            notes.append(
                f"the times of the log look like dates without hyphens, such as {self.time[0]:.0f}, but are taken as "
                "numbers; write dates as in 2026-03-01"
            )
        return notes

    def take(self, rows: NDArray[Any], n_missing: int = 0) -> "Actions":
        """Return the log of some rows, by a mask or by row numbers. Users and items keep their numbers."""
        columns = self.user[rows], self.item[rows], self.time[rows]
        return Actions(self.users, self.items, *columns, self.dated, n_missing)


def split(
    actions: Any, *, by: str = "item", share: float = 0.2, rng: RNG = None, **columns: Any
) -> tuple[Actions, Actions]:
    """Split a log at random into one to learn from and one to evaluate on.

    Parameters
    ----------
    actions : Actions or anything that `Actions.of` accepts
    by : {"item", "time"}, default "item"
        ``item``: whole items go to one side or the other. ``time``: the items whose first action is latest are held
        out, as in practice.
    share : float, default 0.2
        Share of the items that is held out, in (0, 1).
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness.
    **columns
        `user`, `item`, `time` and `on_missing` as for `Actions.of`.

    Returns
    -------
    tuple of Actions
        The log to learn from, and the log that is held out. The first has the number of rows that were dropped.

    Raises
    ------
    InvalidArgumentError
        If a side would be empty.

    Examples
    --------
    >>> import imax
    >>> log = {"user": [0, 1, 0, 2], "item": ["a", "a", "b", "b"], "time": [0, 1, 5, 6]}
    >>> train, held_out = imax.learn.split(log, share=0.5, rng=1)
    >>> len(train), len(held_out)
    (2, 2)
    """
    log = Actions.of(actions, **columns)
    check.one_of(by, "by", ("item", "time"))
    share = check.open_unit(share, "share")
    present = np.unique(log.item)
    n_out = max(1, round(share * present.size))
    if present.size - n_out < 1:
        raise InvalidArgumentError(
            f"share must leave items on both sides; the log has {present.size} and share is {share}", argument="share"
        )
    if by == "time":
        first = np.full(len(log.items), np.inf)
        np.minimum.at(first, log.item, log.time)
        held = present[np.argsort(first[present], kind="stable")[-n_out:]]
    else:
        key = stream_key(key_from(rng), Stream.HELD_OUT_ITEMS)
        held = np.random.default_rng(list(key)).permutation(present)[:n_out]
    is_held = np.zeros(len(log.items), dtype=np.bool_)
    is_held[held] = True
    mask = is_held[log.item]
    return log.take(~mask, log.n_missing), log.take(mask)


class _Growing:
    """A log that grows chunk by chunk."""

    def __init__(self, on_missing: str) -> None:
        self.on_missing = on_missing
        self.codes: dict[str, _Codes] = {"user": _Codes("user"), "item": _Codes("item")}
        self.times: list[NDArray[np.float64]] = []
        self.dated: bool | None = None
        self.n_rows = 0
        self.n_missing = 0

    def add(self, chunk: dict[str, Column]) -> None:
        n = len(chunk["user"])
        missing = np.logical_or.reduce([has_missing(column) for column in chunk.values()])
        if missing.any():
            if self.on_missing == "error":
                row = int(np.flatnonzero(missing)[0])
                name = next(name for name, column in chunk.items() if has_missing(column)[row])
                raise InvalidArgumentError(
                    f"actions: {int(missing.sum()):,} rows have a missing cell, the first is row {self.n_rows + row} "
                    f"(column {name}); drop these rows, or use {{on_missing=drop}}",
                    argument="actions",
                    others=("on_missing",),
                )
            self.n_missing += int(missing.sum())
            chunk = {name: _kept(column, ~missing) for name, column in chunk.items()}
        if len(chunk["user"]):
            times, dated = times_of(chunk["time"], "time")
            if self.dated not in (None, dated):
                raise InvalidArgumentError("time must be all numbers or all dates, got both", argument="time")
            self.dated = dated
            self.times.append(times)
            for name, codes in self.codes.items():
                codes.add(chunk[name])
        self.n_rows += n

    def finish(self) -> Actions:
        if not self.times:
            raise InvalidArgumentError(
                f"actions must have rows; got {self.n_rows} rows, of which {self.n_missing} with a missing cell",
                argument="actions",
            )
        users, user = self.codes["user"].finish()
        items, item = self.codes["item"].finish()
        return Actions(users, items, user, item, np.concatenate(self.times), bool(self.dated), self.n_missing)


class _Codes:
    """Numbers for distinct labels."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.numbers: list[NDArray[Any]] = []  # chunks of whole numbers
        self.codes: list[NDArray[np.int32]] = []  # chunks of codes of other labels
        self.seen: dict[Hashable, int] = {}

    def add(self, column: Column) -> None:
        if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
            self._reject_mixed(bool(self.codes), column[0])
            self.numbers.append(column.astype(np.int64))
            return
        values = column.tolist() if isinstance(column, np.ndarray) else column
        self._reject_mixed(bool(self.numbers), values[0])
        seen = self.seen
        try:
            self.codes.append(np.fromiter((seen.setdefault(x, len(seen)) for x in values), np.int32, len(values)))
        except TypeError as error:
            raise InvalidArgumentError(f"{self.name}: labels must be hashable: {error}", argument=self.name) from None

    def _reject_mixed(self, mixed: bool, example: Any) -> None:
        if mixed:
            raise InvalidArgumentError(
                f"{self.name} must have one type of label in all chunks, got whole numbers and {example!r}",
                argument=self.name,
            )

    def finish(self) -> tuple["list[Any] | NDArray[Any]", NDArray[np.int32]]:
        if not self.numbers:
            return list(self.seen), np.concatenate(self.codes)
        numbers = np.concatenate(self.numbers)
        low, high = int(numbers.min()), int(numbers.max())
        if high - low > 4 * numbers.size:
            labels, codes = np.unique(numbers, return_inverse=True)
            return labels, codes.astype(np.int32)
        # dense numbers need no sorting
        numbers -= low
        present = np.zeros(high - low + 1, dtype=np.bool_)
        present[numbers] = True
        code_of = np.cumsum(present, dtype=np.int32) - np.int32(1)
        return np.flatnonzero(present) + low, code_of[numbers]


def _chunks(actions: Any, columns: Mapping[str, int | str]) -> Iterator[dict[str, Column]]:
    """Yield the columns user, item and time of each part of a log."""
    if isinstance(actions, (str, os.PathLike)):
        yield from read_columns(actions, columns)
    elif is_table(actions) or isinstance(actions, Mapping):
        yield columns_of(actions, columns, argument="actions")
    elif isinstance(actions, Iterable):
        parts = iter(actions)
        while block := list(islice(parts, 1)):
            if is_table(block[0]) or isinstance(block[0], Mapping):
                yield columns_of(block[0], columns, argument="actions")
                continue
            block += islice(parts, _ROWS - 1)
            yield _of_rows(block)
    else:
        raise InvalidArgumentError(
            f"actions must be a table, a file, or an iterable of tables or rows, got {type(actions).__name__}",
            argument="actions",
        )


def _of_rows(rows: list[Any]) -> dict[str, Column]:
    try:
        user, item, time = zip(*rows, strict=True)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"actions must be rows of (user, item, time), got {rows[0]!r}", argument="actions"
        ) from None
    return columns_of({"user": user, "item": item, "time": time}, {"user": "user", "item": "item", "time": "time"})


def _kept(column: Column, mask: NDArray[np.bool_]) -> Column:
    if isinstance(column, np.ndarray):
        return column[mask]
    return [value for value, keep in zip(column, mask.tolist(), strict=True) if keep]


def _are_compact_dates(times: NDArray[np.float64]) -> bool:
    """Return whether all times are numbers such as 20260301, with a year from 1900 to 2100, a month and a day."""
    months, day = np.divmod(times, 100.0)
    year, month = np.divmod(months, 100.0)
    fits = (year >= 1900) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (day % 1.0 == 0)
    return bool(fits.all())


def counted(n: int, word: str) -> str:
    """Return a number and a noun."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"
