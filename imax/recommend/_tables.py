"""Candidates as recommenders give them, from dicts, data frames or arrays, to checked rows of the graph."""

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

__all__ = ["Rows", "rows_of", "rows_of_user"]


@dataclass(frozen=True)
class Rows:
    """Candidates by user, in internal ids; users stand in the order of first appearance, candidates as given.

    Attributes
    ----------
    users : numpy.ndarray of int32
    starts : numpy.ndarray of int64, shape (n_users + 1,)
    friends : numpy.ndarray of int32
    given : numpy.ndarray of float64 or None
        The recommender's scores.
    dropped_users, dropped_rows : int
    """

    users: NDArray[np.int32]
    starts: NDArray[np.int64]
    friends: NDArray[np.int32]
    given: NDArray[np.float64] | None
    dropped_users: int = 0
    dropped_rows: int = 0


def rows_of(
    graph: InfluenceGraph, table: Any, *, columns: tuple[str, str, str], on_missing: str, k: int | None, on_short: str
) -> Rows:
    """Return the rows of a table of any of the kinds that `Reranker.rerank` takes."""
    if isinstance(table, Mapping):
        users, lengths, candidates, scores = _of_mapping(table)
        numbers = np.repeat(np.arange(len(users)), lengths)
    else:
        each, candidates, scores = _of_columns(table, columns)
        users, numbers = _distinct(each)
    if not users:
        raise InvalidArgumentError("candidates is empty; give at least one user with a candidate")
    places = graph.labels.places(users)
    friends = graph.labels.places(candidates)
    _refuse_unknown(graph, places, users, "the user", on_missing)
    _refuse_unknown(graph, friends, candidates, "the candidate", on_missing)
    good = (friends >= 0) & (places[numbers] >= 0)
    kept = numbers[good]
    order = np.argsort(kept, kind="stable")
    counts = np.bincount(kept, minlength=len(users))
    here = counts > 0
    inside = friends[good][order]
    found = Rows(
        users=graph.rank[places[here]],
        starts=np.concatenate([[0], np.cumsum(counts[here])]),
        friends=graph.rank[inside],
        given=None if scores is None else scores[good][order],
        dropped_users=int((~here).sum()),
        dropped_rows=int((~good).sum()),
    )
    if not found.users.size:
        raise InvalidArgumentError("no user of candidates is left after unknown ones were dropped; check the labels")
    _check_rows(graph, found, k, on_short)
    return found


def rows_of_user(
    graph: InfluenceGraph, user: Any, candidates: Any, scores: Any, *, on_missing: str, k: int | None, on_short: str
) -> Rows:
    """Return the rows of one user."""
    labels = candidates if isinstance(candidates, np.ndarray) else list(candidates)
    if len(labels) == 0:
        raise InvalidArgumentError(f"candidates of {user!r} is empty; give at least one")
    given = None if scores is None else _scores(scores, len(labels))
    place, friends = graph.labels.places([user]), graph.labels.places(labels)
    if place[0] < 0:
        raise graph.labels.unknown(user, "the user")
    dropped = 0
    if friends.min() < 0:
        _refuse_unknown(graph, friends, labels, "the candidate", on_missing)
        good = friends >= 0
        dropped = int((~good).sum())
        friends, given = friends[good], None if given is None else given[good]
        if not friends.size:
            raise InvalidArgumentError(f"no candidate of {user!r} is left after unknown ones were dropped")
    found = Rows(
        graph.rank[place], np.array([0, friends.size]), graph.rank[friends], given, dropped_rows=dropped
    )  # fmt: skip
    _check_rows(graph, found, k, on_short)
    return found


def _of_mapping(table: Mapping[Any, Any]) -> tuple[list[Any], list[int], list[Any], NDArray[np.float64] | None]:
    """Take apart a dict of lists, or of dicts with scores."""
    users, lists = list(table), list(table.values())
    scored = [isinstance(one, Mapping) for one in lists]
    if any(scored) and not all(scored):
        raise InvalidArgumentError("candidates must be lists for all users, or mappings with scores for all")
    for user, one in zip(users, lists, strict=True):
        if isinstance(one, str) or not hasattr(one, "__len__"):
            raise InvalidArgumentError(f"candidates of {user!r} must be a list of labels, got {one!r}")
        if len(one) == 0:
            raise InvalidArgumentError(f"candidates of {user!r} is empty; leave the user out")
    flat = list(chain.from_iterable(lists))
    scores = None
    if any(scored):
        scores = _scores(list(chain.from_iterable(one.values() for one in lists)), len(flat))
    return users, [len(one) for one in lists], flat, scores


def _of_columns(table: Any, columns: tuple[str, str, str]) -> tuple[Any, Any, NDArray[np.float64] | None]:
    """Take apart a data frame, or arrays of users, candidates and perhaps scores."""
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
            "candidates must be a mapping of users to lists, a data frame, or a tuple of arrays (users, candidates[, "
            f"scores]); got {type(table).__name__}"
        )
    if users.ndim != 1 or users.shape != candidates.shape:
        raise InvalidArgumentError(
            f"candidates: users and candidates must have one length, got shapes {users.shape} and {candidates.shape}"
        )
    return users, candidates, None if scores is None else _scores(scores, users.size)


def _distinct(each: NDArray[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the different users in the order of appearance, and the number of each row's."""
    if each.dtype.kind in "iu":
        values, first, inverse = np.unique(each, return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        return values[order].tolist(), place[inverse]
    numbers: dict[Any, int] = {}
    rows = np.array([numbers.setdefault(user, len(numbers)) for user in each.tolist()], dtype=np.int64)
    return list(numbers), rows


def _scores(given: Any, size: int) -> NDArray[np.float64]:
    try:
        scores = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError("scores must be numbers between 0 and 1") from None
    if scores.shape != (size,):
        raise InvalidArgumentError(f"scores must have one for each of the {size} candidates, got shape {scores.shape}")
    wrong = np.flatnonzero(~((scores >= 0.0) & (scores <= 1.0)))
    if wrong.size:
        value = scores[wrong[0]]
        what = "missing (NaN)" if math.isnan(value) else f"{value}"
        raise InvalidArgumentError(
            f"score number {wrong[0]} is {what}; scores are probabilities and must lie in [0, 1]: scale them first"
        )
    return scores


def _refuse_unknown(graph: InfluenceGraph, places: NDArray[np.int64], labels: Any, what: str, on_missing: str) -> None:
    if check.one_of(on_missing, "on_missing", ("error", "drop")) == "error":
        unknown = np.flatnonzero(places < 0)
        if unknown.size:
            label = labels[int(unknown[0])]
            raise graph.labels.unknown(label.item() if isinstance(label, np.generic) else label, what)


def _check_rows(graph: InfluenceGraph, rows: Rows, k: int | None, on_short: str) -> None:
    """Refuse who is named twice in a list or invites himself, and lists that are too short."""
    lengths = np.diff(rows.starts)
    number = np.repeat(np.arange(lengths.size), lengths)
    own = np.flatnonzero(rows.friends == rows.users[number])
    if own.size:
        label = graph.labels_of(rows.friends[own[:1]])[0]
        raise InvalidArgumentError(f"candidates of {label!r} names {label!r} itself; leave it out")
    keys = np.sort(number * graph.n_nodes + rows.friends)
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    if twice.size:
        row, friend = divmod(int(keys[twice[0]]), graph.n_nodes)
        user, label = graph.labels_of([rows.users[row], friend])
        raise InvalidArgumentError(f"candidates of {user!r} names {label!r} more than once; name it once")
    if k is not None and check.one_of(on_short, "on_short", ("error", "keep")) == "error":
        short = np.flatnonzero(lengths < k)
        if short.size:
            user = graph.labels_of(rows.users[short[:1]])[0]
            raise InvalidArgumentError(
                f"k = {k} is more than the {lengths[short[0]]} candidates of {user!r}; ask for fewer, or give "
                "on_short='keep'"
            )
