"""Candidates as recommenders pass them, in dicts, data frames or arrays, turned into checked lists of node ids."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.labelled_arcs import frame_column

__all__ = ["CandidateLists", "lists_of_table", "lists_of_user"]


@dataclass(frozen=True)
class CandidateLists:
    """The candidates of each user, in internal ids: users in the order of first appearance, candidates as given.

    Attributes
    ----------
    users : numpy.ndarray of int32, shape (n_users,)
    offsets : numpy.ndarray of int64, shape (n_users + 1,)
        Where the candidates of each user begin.
    candidates : numpy.ndarray of int32, shape (n_rows,)
    scores : numpy.ndarray of float64, shape (n_rows,), or None
        The recommender's scores.
    n_dropped_users, n_dropped_rows : int
        Users and rows that were left out because the graph does not contain them.
    """

    users: NDArray[np.int32]
    offsets: NDArray[np.int64]
    candidates: NDArray[np.int32]
    scores: NDArray[np.float64] | None = None
    n_dropped_users: int = 0
    n_dropped_rows: int = 0


def lists_of_table(
    graph: InfluenceGraph, table: Any, *, columns: tuple[str, str, str], on_missing: str, k: int | None, on_short: str
) -> CandidateLists:
    """Return the lists in a table of any of the types that `Reranker.rerank` accepts."""
    if isinstance(table, Mapping):
        users, lengths, candidates, scores = _split_mapping(table)
        user_of_row = np.repeat(np.arange(len(users)), lengths)
    else:
        user_column, candidates, scores = _split_columns(table, columns)
        users, user_of_row = _distinct(user_column)
    if not users:
        raise InvalidArgumentError(
            "candidates must not be empty; give at least one user with a candidate", argument="candidates"
        )
    user_index = graph.labels.places(users)
    candidate_index = graph.labels.places(candidates)
    _check_missing(graph, user_index, users, "the user", on_missing)
    _check_missing(graph, candidate_index, candidates, "the candidate", on_missing)
    known = (candidate_index >= 0) & (user_index[user_of_row] >= 0)
    row_user = user_of_row[known]
    order = np.argsort(row_user, kind="stable")
    counts = np.bincount(row_user, minlength=len(users))
    kept = counts > 0
    lists = CandidateLists(
        users=graph.rank[user_index[kept]],
        offsets=np.concatenate([[0], np.cumsum(counts[kept])]),
        candidates=graph.rank[candidate_index[known][order]],
        scores=None if scores is None else scores[known][order],
        n_dropped_users=int((~kept).sum()),
        n_dropped_rows=int((~known).sum()),
    )
    if not lists.users.size:
        raise InvalidArgumentError(
            "candidates has no user with a candidate after unknown labels were dropped; check the labels",
            argument="candidates",
        )
    _check_lists(graph, lists, k, on_short)
    return lists


def lists_of_user(
    graph: InfluenceGraph, user: Any, candidates: Any, scores: Any, *, on_missing: str, k: int | None, on_short: str
) -> CandidateLists:
    """Return the list of one user."""
    labels = candidates if isinstance(candidates, np.ndarray) else list(candidates)
    if len(labels) == 0:
        raise InvalidArgumentError(
            f"candidates of {user!r} must not be empty; give at least one", argument="candidates"
        )  # fmt: skip
    numbers = None if scores is None else _check_scores(scores, len(labels), "scores")
    user_index, candidate_index = graph.labels.places([user]), graph.labels.places(labels)
    if user_index[0] < 0:
        raise graph.labels.unknown(user, "the user")
    n_dropped = 0
    if candidate_index.min() < 0:
        _check_missing(graph, candidate_index, labels, "the candidate", on_missing)
        known = candidate_index >= 0
        n_dropped = int((~known).sum())
        candidate_index, numbers = candidate_index[known], None if numbers is None else numbers[known]
        if not candidate_index.size:
            raise InvalidArgumentError(
                f"candidates of {user!r} has no label of the graph; check the labels", argument="candidates"
            )
    lists = CandidateLists(
        graph.rank[user_index], np.array([0, candidate_index.size]), graph.rank[candidate_index], numbers,
        n_dropped_rows=n_dropped,
    )  # fmt: skip
    _check_lists(graph, lists, k, on_short)
    return lists


def _split_mapping(table: Mapping[Any, Any]) -> tuple[list[Any], list[int], list[Any], NDArray[np.float64] | None]:
    """Return users, list lengths, all candidates and all scores of a dict of lists, or of dicts with scores."""
    users, lists = list(table), list(table.values())
    scored = [isinstance(candidates, Mapping) for candidates in lists]
    if any(scored) and not all(scored):
        raise InvalidArgumentError(
            "candidates must be lists for all users or mappings with scores for all users", argument="candidates"
        )
    for user, candidates in zip(users, lists, strict=True):
        if isinstance(candidates, str) or not hasattr(candidates, "__len__"):
            raise InvalidArgumentError(
                f"candidates of {user!r} must be a list of labels, got {candidates!r}", argument="candidates"
            )
        if len(candidates) == 0:
            raise InvalidArgumentError(
                f"candidates of {user!r} must not be empty; leave out this user", argument="candidates"
            )
    flat = list(chain.from_iterable(lists))
    scores = None
    if any(scored):
        values = list(chain.from_iterable(candidates.values() for candidates in lists))
        scores = _check_scores(values, len(flat), "candidates")
    return users, [len(candidates) for candidates in lists], flat, scores


def _split_columns(table: Any, columns: tuple[str, str, str]) -> tuple[Any, Any, NDArray[np.float64] | None]:
    """Return the columns of a data frame, or of a tuple of arrays: users, candidates and perhaps scores."""
    if hasattr(table, "columns"):
        names = list(table.columns)
        users, candidates = (
            frame_column(table, name, which) for name, which in zip(columns[:2], ("user", "candidate"), strict=True)
        )
        scores = np.asarray(table[columns[2]].to_numpy()) if columns[2] in names else None
    elif isinstance(table, tuple) and len(table) in (2, 3):
        users, candidates = (np.asarray(array) for array in table[:2])
        scores = None if len(table) == 2 else table[2]
    else:
        raise InvalidArgumentError(
            "candidates must be a mapping from users to lists, a data frame, or a tuple of arrays (users, candidates[, "
            f"scores]); got {type(table).__name__}",
            argument="candidates",
        )
    if users.ndim != 1 or users.shape != candidates.shape:
        raise InvalidArgumentError(
            "candidates must have as many users as candidates, in one dimension; got the shapes "
            f"{users.shape} and {candidates.shape}",
            argument="candidates",
        )
    return users, candidates, None if scores is None else _check_scores(scores, users.size, "candidates")


def _distinct(users: NDArray[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the distinct users in the order of first appearance, and for each row the number of its user."""
    if users.dtype.kind in "iu":
        values, first, inverse = np.unique(users, return_index=True, return_inverse=True)
        order = np.argsort(first)
        number = np.empty_like(order)
        number[order] = np.arange(order.size)
        return values[order].tolist(), number[inverse]
    numbers: dict[Any, int] = {}
    rows = np.array([numbers.setdefault(user, len(numbers)) for user in users.tolist()], dtype=np.int64)
    return list(numbers), rows


def _check_scores(scores: Any, size: int, argument: str) -> NDArray[np.float64]:
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


def _check_missing(graph: InfluenceGraph, index: NDArray[np.int64], labels: Any, what: str, on_missing: str) -> None:
    """Raise `UnknownNodeError` for the first label without a node, unless these are to be dropped."""
    if check.one_of(on_missing, "on_missing", ("error", "drop")) == "error":
        unknown = np.flatnonzero(index < 0)
        if unknown.size:
            label = labels[int(unknown[0])]
            raise graph.labels.unknown(label.item() if isinstance(label, np.generic) else label, what)


def _check_lists(graph: InfluenceGraph, lists: CandidateLists, k: int | None, on_short: str) -> None:
    """Reject lists that repeat a candidate, contain their own user, or are too short."""
    lengths = np.diff(lists.offsets)
    row = np.repeat(np.arange(lengths.size), lengths)
    own = np.flatnonzero(lists.candidates == lists.users[row])
    if own.size:
        label = graph.labels_of(lists.candidates[own[:1]])[0]
        raise InvalidArgumentError(
            f"candidates of {label!r} must not contain {label!r} itself; remove it", argument="candidates"
        )
    keys = np.sort(row * graph.n_nodes + lists.candidates)
    repeated = np.flatnonzero(keys[1:] == keys[:-1])
    if repeated.size:
        number, candidate = divmod(int(keys[repeated[0]]), graph.n_nodes)
        user, label = graph.labels_of([lists.users[number], candidate])
        raise InvalidArgumentError(
            f"candidates of {user!r} must be distinct, but {label!r} occurs more than once", argument="candidates"
        )
    if k is not None and check.one_of(on_short, "on_short", ("error", "keep")) == "error":
        short = np.flatnonzero(lengths < k)
        if short.size:
            user = graph.labels_of(lists.users[short[:1]])[0]
            raise InvalidArgumentError(
                f"k must be at most {lengths[short[0]]}, the number of candidates of {user!r}, got {k}; lower k or use "
                "on_short='keep'",
                argument="k",
            )
