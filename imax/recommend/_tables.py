"""Candidates as recommenders pass them, in dicts, tables or arrays, as columns of labels and scores."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.frames import backend_of
from .._utils.tables import Column, column_names, columns_of, has_missing, is_table, values_of
from ..errors import InvalidArgumentError

__all__ = ["Rows", "check_scores", "rows_of"]


@dataclass(frozen=True)
class Rows:
    """The rows of a request, one for each candidate.

    Attributes
    ----------
    users : list
        The labels of the users, in the order of first appearance. A user of a dict may have no row.
    user_of_row : numpy.ndarray of int64, shape (n_rows,)
        The position of the user of each row in `users`.
    candidates : list or numpy.ndarray, shape (n_rows,)
        The labels of the candidates.
    scores : numpy.ndarray of float64, shape (n_rows,), or None
        The recommender's scores.
    n_incomplete : int
        Rows that were left out because their user or their candidate is missing.
    backend : str
        The kind of table that the rows come from; see `imax._utils.frames.backend_of`.
    """

    users: list[Any]
    user_of_row: NDArray[np.int64]
    candidates: Column
    scores: NDArray[np.float64] | None
    n_incomplete: int = 0
    backend: str = "pandas"


def rows_of(table: Any, columns: tuple[str, str, str], *, strict: bool) -> Rows:
    """Return the rows of a table of any of the types that `Reranker.rerank` accepts.

    If `strict` is true, empty lists and rows without a user or a candidate raise `InvalidArgumentError`.
    """
    if isinstance(table, Mapping):
        return _rows_of_mapping(table, strict)
    users, candidates, scores = _split_columns(table, columns)
    if len(users) != len(candidates):
        raise InvalidArgumentError(
            f"candidates must have as many users as candidates, got {len(users)} and {len(candidates)}",
            argument="candidates",
        )
    numbers = None if scores is None else check_scores(scores, len(users), "candidates")
    missing = has_missing(users) | has_missing(candidates)
    n_missing = int(missing.sum())
    if n_missing:
        if strict:
            raise InvalidArgumentError(
                f"candidates: row {int(np.argmax(missing))} has no user or no candidate; drop such rows, or use "
                "{on_missing=drop}",
                argument="candidates",
                others=("on_missing",),
            )
        users, candidates = _rows_where(users, ~missing), _rows_where(candidates, ~missing)
        numbers = None if numbers is None else numbers[~missing]
    distinct, user_of_row = _distinct(users)
    return Rows(distinct, user_of_row, candidates, numbers, n_missing, backend_of(table))


def check_scores(scores: Any, size: int, argument: str) -> NDArray[np.float64]:
    """Return scores as an array of `size` numbers in [0, 1]."""
    name = "scores" if argument == "scores" else f"{argument}: scores"
    try:
        numbers = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError(f"{name} must be numbers in [0, 1]", argument=argument) from None
    if numbers.shape != (size,):
        raise InvalidArgumentError(
            f"{name} must have one value per candidate, shape ({size},), got shape {numbers.shape}", argument=argument
        )
    wrong = np.flatnonzero(~((numbers >= 0.0) & (numbers <= 1.0)))
    if wrong.size:
        value = numbers[wrong[0]]
        shown = "a missing value (NaN)" if math.isnan(value) else f"{value}"
        raise InvalidArgumentError(
            f"{name} must lie in [0, 1], got {shown} at position {wrong[0]}; scale scores to probabilities",
            argument=argument,
        )
    return numbers


def _rows_of_mapping(table: Mapping[Any, Any], strict: bool) -> Rows:
    """Return the rows of a dict of lists, or of dicts with scores."""
    users, lists = list(table), list(table.values())
    for user, candidates in zip(users, lists, strict=True):
        if isinstance(candidates, str) or not hasattr(candidates, "__len__"):
            raise InvalidArgumentError(
                f"candidates of {user!r} must be a list of labels, got {candidates!r}", argument="candidates"
            )
        if strict and len(candidates) == 0:
            raise InvalidArgumentError(
                f"candidates of {user!r} must not be empty; leave out this user, or use {{on_missing=drop}}",
                argument="candidates",
                others=("on_missing",),
            )
    scored = [isinstance(candidates, Mapping) for candidates in lists if len(candidates)]
    if any(scored) and not all(scored):
        raise InvalidArgumentError(
            "candidates must be lists for all users or mappings with scores for all users", argument="candidates"
        )
    flat = list(chain.from_iterable(lists))
    scores = None
    if any(scored):
        values = list(chain.from_iterable(own.values() for own in lists if len(own)))
        scores = check_scores(values, len(flat), "candidates")
    user_of_row = np.repeat(np.arange(len(users)), [len(candidates) for candidates in lists])
    return Rows(users, user_of_row, flat, scores)


def _split_columns(table: Any, columns: tuple[str, str, str]) -> tuple[Column, Column, Any]:
    """Return the columns of a table, or of a tuple of arrays: users, candidates and scores, which may be None."""
    if is_table(table):
        wanted: dict[str, int | str] = {"user": columns[0], "candidate": columns[1]}
        if columns[2] in column_names(table):
            wanted["score"] = columns[2]
        found = columns_of(table, wanted, argument="candidates")
        return found["user"], found["candidate"], found.get("score")
    if isinstance(table, tuple) and len(table) in (2, 3):
        return values_of(table[0]), values_of(table[1]), table[2] if len(table) == 3 else None
    raise InvalidArgumentError(
        "candidates must be a mapping from users to lists, a table (pandas, Polars, pyarrow, DuckDB), or a tuple of "
        f"arrays (users, candidates[, scores]); got {type(table).__name__}",
        argument="candidates",
    )


def _rows_where(column: Column, kept: NDArray[np.bool_]) -> Column:
    if isinstance(column, np.ndarray):
        return column[kept]
    return [column[i] for i in np.flatnonzero(kept).tolist()]


def _distinct(users: Column) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the distinct users in the order of first appearance, and for each row the number of its user."""
    if isinstance(users, np.ndarray) and users.dtype.kind in "iu":
        values, first, inverse = np.unique(users, return_index=True, return_inverse=True)
        order = np.argsort(first)
        number = np.empty_like(order)
        number[order] = np.arange(order.size)
        return values[order].tolist(), number[inverse]
    numbers: dict[Any, int] = {}
    labels = users.tolist() if isinstance(users, np.ndarray) else users
    try:
        rows = np.array([numbers.setdefault(user, len(numbers)) for user in labels], dtype=np.int64)
    except TypeError:
        raise InvalidArgumentError(
            "candidates must have one label per user, in one dimension; labels must be hashable", argument="candidates"
        ) from None
    return list(numbers), rows
