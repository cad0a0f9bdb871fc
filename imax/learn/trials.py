"""Trials: invitations, messages or visits from one person to another, and whether they succeeded."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.tables import Column, columns_of, has_missing, is_table
from ..errors import InvalidArgumentError
from ..io import read_columns
from .actions import ON_MISSING, counted

__all__ = ["CountedTrials", "count_trials"]


@dataclass(frozen=True)
class CountedTrials:
    """Trials and successes of each pair.

    Attributes
    ----------
    labels : list
        Labels of all ends.
    source, target : numpy.ndarray of int64, shape (n_pairs,)
        Places of the ends of each pair in `labels`.
    trials, successes : numpy.ndarray of float64, shape (n_pairs,)
    counts : dict of str to int
    """

    labels: list[Any]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    trials: NDArray[np.float64]
    successes: NDArray[np.float64]
    counts: dict[str, int]

    def notes(self) -> list[str]:
        """Return what was dropped, in sentences."""
        notes = []
        if self.counts["missing"]:
            notes.append(f"dropped: {counted(self.counts['missing'], 'row')} with a missing cell")
        if self.counts["self_trials"]:
            notes.append(f"dropped: {counted(self.counts['self_trials'], 'row')} with equal source and target")
        return notes


def count_trials(trials: Any, columns: Mapping[str, int | str], on_missing: str) -> CountedTrials:
    """Return the trials and successes of each pair of a log.

    `columns` has source, target, and either success or n_trials and n_successes.
    """
    check.one_of(on_missing, "on_missing", ON_MISSING)
    numbers: dict[Any, int] = {}
    ends: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float64]] = []
    n_rows = n_missing = 0
    for chunk in _chunks(trials, columns):
        missing = np.logical_or.reduce([has_missing(column) for column in chunk.values()])
        if missing.any() and on_missing == "error":
            row = n_rows + int(np.flatnonzero(missing)[0])
            raise InvalidArgumentError(
                f"trials: {int(missing.sum()):,} rows have a missing cell, the first is row {row}; drop these rows, or "
                "use {on_missing=drop}",
                argument="trials",
                others=("on_missing",),
            )
        kept = np.flatnonzero(~missing)
        ends.append(np.array([_numbers(chunk[name], kept, numbers, name) for name in ("source", "target")]))
        values.append(_counts(chunk, kept, n_rows))
        n_rows += missing.size
        n_missing += int(missing.sum())
    if not numbers:
        raise InvalidArgumentError("trials must have rows", argument="trials")
    (source, target), (t, s) = np.concatenate(ends, axis=1), np.concatenate(values, axis=1)
    other = source != target
    pairs, place = np.unique(source[other] * len(numbers) + target[other], return_inverse=True)
    return CountedTrials(
        labels=list(numbers),
        source=pairs // len(numbers),
        target=pairs % len(numbers),
        trials=np.bincount(place, t[other], pairs.size).astype(np.float64),
        successes=np.bincount(place, s[other], pairs.size).astype(np.float64),
        counts={
            "rows": n_rows,
            "missing": n_missing,
            "self_trials": int(np.count_nonzero(~other)),
            "pairs": pairs.size,
            "trials": int(t[other].sum()),
            "successes": int(s[other].sum()),
        },
    )


def _chunks(trials: Any, columns: Mapping[str, int | str]) -> Iterator[dict[str, Column]]:
    if isinstance(trials, (str, os.PathLike)):
        yield from read_columns(trials, columns)
    elif is_table(trials) or isinstance(trials, Mapping):
        yield columns_of(trials, columns, argument="trials")
    elif isinstance(trials, Iterable):
        for part in trials:
            yield columns_of(part, columns, argument="trials")
    else:
        raise InvalidArgumentError(
            f"trials must be a table, a file, or an iterable of tables, got {type(trials).__name__}", argument="trials"
        )


def _numbers(column: Column, kept: NDArray[np.int64], numbers: dict[Any, int], name: str) -> NDArray[np.int64]:
    labels = column.tolist() if isinstance(column, np.ndarray) else column
    try:
        return np.fromiter((numbers.setdefault(labels[i], len(numbers)) for i in kept.tolist()), np.int64, kept.size)
    except TypeError as error:
        raise InvalidArgumentError(f"{name}: labels must be hashable: {error}", argument=name) from None


def _counts(chunk: dict[str, Column], kept: NDArray[np.int64], first: int) -> NDArray[np.float64]:
    """Return the trials and the successes of the rows of a chunk."""
    if "success" in chunk:
        success = _floats(chunk["success"], kept, "success", first)
        bad = np.flatnonzero((success != 0.0) & (success != 1.0))
        if bad.size:
            raise InvalidArgumentError(
                f"success: row {first + kept[bad[0]]}: must be 0 or 1, got {success[bad[0]]:g}; use {{n_trials}} "
                "and {n_successes} for counts",
                argument="success",
                others=("n_trials", "n_successes"),
            )
        return np.stack([np.ones(success.size), success])
    counts = [_floats(chunk[name], kept, name, first) for name in ("n_trials", "n_successes")]
    for name, values in zip(("n_trials", "n_successes"), counts, strict=True):
        bad = np.flatnonzero((values < 0.0) | (values != np.floor(values)) | ~np.isfinite(values))
        if bad.size:
            raise InvalidArgumentError(
                f"{name}: row {first + kept[bad[0]]}: must be a whole number of at least 0, got {values[bad[0]]:g}",
                argument=name,
            )
    bad = np.flatnonzero(counts[1] > counts[0])
    if bad.size:
        i = bad[0]
        raise InvalidArgumentError(
            f"n_successes: row {first + kept[i]}: {counts[1][i]:g} successes of {counts[0][i]:g} trials; exchange the "
            "columns or correct the row",
            argument="n_successes",
        )
    return np.stack(counts)


_WORDS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}


def _floats(column: Column, kept: NDArray[np.int64], name: str, first: int) -> NDArray[np.float64]:
    if isinstance(column, np.ndarray):
        return column[kept].astype(np.float64)
    numbers = np.empty(kept.size)
    for i, row in enumerate(kept.tolist()):
        value = column[row]
        try:
            numbers[i] = _WORDS[value.lower()] if isinstance(value, str) and value.lower() in _WORDS else float(value)
        except (TypeError, ValueError):
            raise InvalidArgumentError(
                f"{name}: row {first + row}: must be a number, got {value!r}", argument=name
            ) from None
    return numbers
