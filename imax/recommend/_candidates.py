"""Checked lists of node ids from the rows of a request, and the labels that the graph does not contain."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from ..errors import InvalidArgumentError, UnknownNodeError
from ..graph.influence_graph import InfluenceGraph
from ._tables import Rows, check_scores, rows_of

__all__ = ["CandidateLists", "Policy", "Unscored", "lists_of_table", "lists_of_user"]

MISSING = ("error", "drop", "default")


@dataclass(frozen=True)
class Unscored:
    """All users of a request, with the candidates that get no score: they follow the scored ones in the given order.

    Attributes
    ----------
    users : numpy.ndarray of int64, shape (n_users,)
        Node indices. The index n_nodes + i stands for ``unknown[i]``, also in `candidates`.
    scored : numpy.ndarray of int64, shape (n_users,)
        The position of the user's list in `CandidateLists`, -1 if it has none.
    offsets : numpy.ndarray of int64, shape (n_users + 1,)
        Where the candidates without a score begin.
    candidates : numpy.ndarray of int64, shape (n_rows,)
    unknown : list
        Labels that the graph does not contain.
    """

    users: NDArray[np.int64]
    scored: NDArray[np.int64]
    offsets: NDArray[np.int64]
    candidates: NDArray[np.int64]
    unknown: list[Any]


@dataclass(frozen=True)
class CandidateLists:
    """The candidates of each user, in internal ids: users in the order of first appearance, candidates as given.

    Attributes
    ----------
    users : numpy.ndarray of int32, shape (n_users,)
        Users of the graph that have a candidate with a score.
    offsets : numpy.ndarray of int64, shape (n_users + 1,)
        Where the candidates of each user begin.
    candidates : numpy.ndarray of int32, shape (n_rows,)
    scores : numpy.ndarray of float64, shape (n_rows,), or None
        The recommender's scores.
    unscored : Unscored or None
        None if the lists above are all there is.
    n_unknown_users, n_dropped_rows : int
        Users that the graph does not contain, and rows that were left out.
    notes : tuple of str
        What was left out or not ranked.
    backend : str
        The kind of table that the lists come from.
    """

    users: NDArray[np.int32]
    offsets: NDArray[np.int64]
    candidates: NDArray[np.int32]
    scores: NDArray[np.float64] | None = None
    unscored: Unscored | None = None
    n_unknown_users: int = 0
    n_dropped_rows: int = 0
    notes: tuple[str, ...] = ()
    backend: str = "pandas"


@dataclass(frozen=True)
class Policy:
    """How to treat lists that do not fit the graph or `k`.

    Attributes
    ----------
    on_missing : {"error", "drop", "default"}
    on_short : {"error", "keep"} or None
        None: an error, if `on_missing` is ``"error"``.
    k : int or None
    """

    on_missing: str
    on_short: str | None
    k: int | None
    strict: bool = field(init=False)
    rejects_short: bool = field(init=False)

    def __post_init__(self) -> None:
        strict = check.one_of(self.on_missing, "on_missing", MISSING) == "error"
        short = ("error" if strict else "keep") if self.on_short is None else self.on_short
        object.__setattr__(self, "strict", strict)
        rejects_short = check.one_of(short, "on_short", ("error", "keep")) == "error"
        object.__setattr__(self, "rejects_short", rejects_short and self.k is not None)


def lists_of_table(
    graph: InfluenceGraph, table: Any, policy: Policy, *, columns: tuple[str, str, str]
) -> CandidateLists:
    """Return the lists in a table of any of the types that `Reranker.rerank` accepts."""
    rows = rows_of(table, columns, strict=policy.strict)
    if policy.strict and not rows.users:
        raise InvalidArgumentError(
            "candidates must not be empty; give at least one user with a candidate, or use {on_missing=drop}",
            argument="candidates",
            others=("on_missing",),
        )
    return _lists(graph, rows, policy)


def lists_of_user(graph: InfluenceGraph, user: Any, candidates: Any, scores: Any, policy: Policy) -> CandidateLists:
    """Return the list of one user."""
    labels = candidates if isinstance(candidates, np.ndarray) else list(candidates)
    if policy.strict and len(labels) == 0:
        raise InvalidArgumentError(
            f"candidates of {user!r} must not be empty; give at least one, or use {{on_missing=drop}}",
            argument="candidates",
            others=("on_missing",),
        )
    numbers = None if scores is None else check_scores(scores, len(labels), "scores")
    return _lists(graph, Rows([user], np.zeros(len(labels), dtype=np.int64), labels, numbers), policy)


def _lists(graph: InfluenceGraph, rows: Rows, policy: Policy) -> CandidateLists:
    """Return the lists of rows; `policy` says what happens to rows that do not fit the graph."""
    row_user = rows.user_of_row
    user, candidate = graph.labels.places(rows.users), graph.labels.places(rows.candidates)
    order = None
    if len(rows.users) > 1 and (row_user[1:] < row_user[:-1]).any():
        order = np.argsort(row_user, kind="stable")
        row_user, candidate = row_user[order], candidate[order]
    scores = rows.scores if rows.scores is None or order is None else rows.scores[order]
    if policy.strict:
        _check_known(graph, rows, user, candidate, order)
    fits = candidate.min(initial=0) >= 0 and user.min(initial=0) >= 0 and not rows.n_incomplete
    if fits and not _has_bad_rows(row_user, user, candidate):
        counts = np.bincount(row_user, minlength=len(rows.users))
        if counts.min(initial=1) > 0:  # all users have candidates, and all rows are ranked
            offsets = np.zeros(counts.size + 1, dtype=np.int64)
            np.cumsum(counts, out=offsets[1:])
            lists = CandidateLists(graph.rank[user], offsets, graph.rank[candidate], scores, backend=rows.backend)
            _check_lengths(graph, lists, policy)
            return lists
    elif policy.strict:
        _reject(graph, row_user, user, candidate)
    labels = rows.candidates if order is None else [rows.candidates[i] for i in order.tolist()]
    return _lenient_lists(graph, replace(rows, user_of_row=row_user, candidates=labels, scores=scores), policy)


def _check_known(
    graph: InfluenceGraph, rows: Rows, user: NDArray[np.int64], candidate: NDArray[np.int64], order: Any
) -> None:
    """Raise `UnknownNodeError` for the first label without a node."""
    for index, labels, what in ((user, rows.users, "the user"), (candidate, rows.candidates, "the candidate")):
        unknown = np.flatnonzero(index < 0)
        if unknown.size:
            in_users = labels is rows.users
            place = int(unknown[0]) if in_users or order is None else int(order[unknown].min())
            label = labels[place]
            error = graph.labels.unknown(label.item() if isinstance(label, np.generic) else label, what)
            raise UnknownNodeError(
                f"{error}; remove it, or use {{on_missing=drop}} to keep the given order of unknown users and drop "
                "unknown candidates",
                others=("on_missing",),
            )


def _has_bad_rows(row_user: NDArray[np.int64], user: NDArray[np.int64], candidate: NDArray[np.int64]) -> bool:
    """Return whether there are rows that `_bad_rows` finds; this is faster."""
    own = user if user.size == 1 else user[row_user]
    keys = np.sort(row_user * (int(candidate.max(initial=0)) + 1) + candidate)
    return bool((candidate == own).any() or (keys[1:] == keys[:-1]).any())


def _bad_rows(row_user: NDArray[np.int64], user: NDArray[np.int64], candidate: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows have the user itself as the candidate, or repeat a candidate of the same user."""
    bad: NDArray[np.bool_] = candidate == user[row_user]
    keys = row_user * (int(candidate.max(initial=0)) + 2) + candidate
    in_order = np.argsort(keys, kind="stable")
    sorted_keys = keys[in_order]
    bad[in_order[1:][sorted_keys[1:] == sorted_keys[:-1]]] = True
    return bad


def _reject(
    graph: InfluenceGraph, row_user: NDArray[np.int64], user: NDArray[np.int64], candidate: NDArray[np.int64]
) -> None:
    """Raise the error for the first list that contains its own user or a repeated candidate."""
    row = int(np.argmax(_bad_rows(row_user, user, candidate)))
    who, label = graph.labels.take(np.array([user[row_user[row]], candidate[row]]))
    if user[row_user[row]] == candidate[row]:
        raise InvalidArgumentError(
            f"candidates of {who!r} must not contain {who!r} itself; remove it, or use {{on_missing=drop}}",
            argument="candidates",
            others=("on_missing",),
        )
    raise InvalidArgumentError(
        f"candidates of {who!r} must be distinct, but {label!r} occurs more than once; remove it, or use "
        "{on_missing=drop}",
        argument="candidates",
        others=("on_missing",),
    )


def _check_lengths(graph: InfluenceGraph, lists: CandidateLists, policy: Policy) -> None:
    """Reject lists that are too short."""
    if not policy.rejects_short:
        return
    lengths = np.diff(lists.offsets)
    short = np.flatnonzero(lengths < policy.k)
    if short.size:
        user = graph.labels_of(lists.users[short[:1]])[0]
        raise InvalidArgumentError(
            f"k must be at most {lengths[short[0]]}, the number of candidates of {user!r}, got {policy.k}; lower it, "
            "or use {on_short=keep}",
            argument="k",
            others=("on_short",),
        )


# -- lists with users or candidates that cannot be ranked ----------------------------------------------------------


def _lenient_lists(graph: InfluenceGraph, rows: Rows, policy: Policy) -> CandidateLists:
    """Return the lists of rows that are sorted by user; what cannot be ranked is dropped or follows unranked."""
    n, row_user = graph.n_nodes, rows.user_of_row
    unknown: dict[Any, int] = {}
    user = _numbered(graph, rows.users, unknown, missing=True)
    candidate = _numbered(graph, rows.candidates, unknown, missing=False)
    own = candidate == user[row_user]
    invalid = candidate < 0  # missing labels
    repeated = _bad_rows(row_user, user, candidate) & ~own & ~invalid
    foreign = (candidate >= n) & ~own & ~repeated
    kept = ~(own | repeated | invalid)
    if policy.on_missing == "drop":
        kept &= ~foreign
    ranked = kept & (user < n)[row_user] & (candidate < n)
    counts = np.bincount(row_user[ranked], minlength=user.size)
    with_list = counts > 0
    rest = kept & ~ranked
    empty = np.bincount(row_user[kept], minlength=user.size) == 0
    treated = "dropped" if policy.on_missing == "drop" else "placed after the others"
    notes = _notes(
        ("users that the graph does not contain, in the given order", int((user >= n).sum())),
        (f"candidates that the graph does not contain, {treated}", int(foreign.sum())),
        ("repeated candidates, dropped", int(repeated.sum())),
        ("candidates that are the user itself, dropped", int(own.sum())),
        ("rows without a user or a candidate, dropped", rows.n_incomplete + int(invalid.sum())),
        ("users without candidates", int(empty.sum())),
    )
    rest_counts = np.bincount(row_user[rest], minlength=user.size)
    lists = CandidateLists(
        users=graph.rank[user[with_list]],
        offsets=np.concatenate([[0], np.cumsum(counts[with_list])]),
        candidates=graph.rank[candidate[ranked]],
        scores=None if rows.scores is None else rows.scores[ranked],
        unscored=Unscored(
            users=user,
            scored=np.where(with_list, np.cumsum(with_list) - 1, -1),
            offsets=np.concatenate([[0], np.cumsum(rest_counts)]),
            candidates=candidate[rest],
            unknown=list(unknown),
        ),
        n_unknown_users=int((user >= n).sum()),
        n_dropped_rows=rows.n_incomplete + int((~kept).sum()),
        notes=notes,
        backend=rows.backend,
    )
    _check_lengths(graph, lists, policy)
    return lists


def _numbered(graph: InfluenceGraph, labels: Any, unknown: dict[Any, int], missing: bool) -> NDArray[np.int64]:
    """Return node indices, and n_nodes + i for ``unknown[i]``, a label that the graph does not contain.

    None and NaN get -1, unless `missing` is true: then they are labels like any other.
    """
    index = graph.labels.places(labels)
    for i in np.flatnonzero(index < 0).tolist():
        label = labels[i].item() if isinstance(labels[i], np.generic) else labels[i]
        if not missing and (label is None or (isinstance(label, float) and math.isnan(label))):
            continue
        try:
            index[i] = graph.n_nodes + unknown.setdefault(label, len(unknown))
        except TypeError:
            raise InvalidArgumentError(
                f"candidates must have hashable labels, got {label!r}", argument="candidates"
            ) from None
    return index


def _notes(*facts: tuple[str, int]) -> tuple[str, ...]:
    """Return a note for each count that is not 0.

    >>> _notes(("repeated candidates, dropped", 1_200), ("users without candidates", 0))
    ('repeated candidates, dropped: 1,200',)
    """
    return tuple(f"{text}: {count:,}" for text, count in facts if count)
