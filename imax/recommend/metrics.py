"""Metrics of recommended lists, compared with pairs of people between whom an invitation spread.

The truth is a set of pairs (u, v); D(u) is the set of all v with a pair (u, v). Users with an empty D(u)
are left out and counted.
"""

import itertools
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from .._utils import check
from .._utils.views import ReportView
from ..errors import InvalidArgumentError
from ..results import Record
from .ranking import Ranking

__all__ = [
    "Evaluation",
    "evaluate",
    "ideal_spread_at_k",
    "ndcg_at_k",
    "nspread_at_k",
    "recall_at_k",
    "spread_at_k",
]

MAX_CHOICES = 20_000  # up to this number of subsets of size K, the ideal list is found by trying all of them

Lists: TypeAlias = "Mapping[Any, Sequence[Any]] | Ranking"
Truth: TypeAlias = "Mapping[Any, Iterable[Any]] | Iterable[tuple[Any, Any]]"


@dataclass(frozen=True)
class Evaluation(Record, ReportView):
    """All metrics for several values of K; see `evaluate`.

    Attributes
    ----------
    ks : list of int
        The values of K.
    recall, ndcg, spread, ideal_spread, nspread : list of float
        One value for each K.
    exact : list of bool
        For each K, whether all ideal lists were found by trying all choices; False if some were chosen greedily.
    n_users : int
        Number of users with a list and a non-empty D(u).
    n_left_out : int
        Number of users with a list and an empty D(u).

    Examples
    --------
    >>> from imax.recommend.metrics import evaluate
    >>> found = evaluate({"ann": ["bob", "cid"]}, [("ann", "bob")], ks=[1, 2])
    >>> found.recall
    [1.0, 1.0]
    """

    ks: list[int]
    recall: list[float]
    ndcg: list[float]
    spread: list[float]
    ideal_spread: list[float]
    nspread: list[float]
    exact: list[bool]
    n_users: int
    n_left_out: int


def recall_at_k(lists: Lists, truth: Truth, k: int) -> float:
    """Return the mean over users of the share of D(u) that is among the first k of the list.

    Parameters
    ----------
    lists : dict of sequences, or Ranking
        The list of each user, best first.
    truth : dict of iterables, or iterable of pairs
        D(u) by user, or pairs (u, v). Pairs of a user with itself are ignored.
    k : int
        The number of list entries to look at.

    Returns
    -------
    float
        A number from 0 to 1; NaN if D(u) is empty for all users.

    Raises
    ------
    InvalidArgumentError
        If `k` is below 1, if a list is not a sequence or contains a label more than once, or if `truth` has something
        other than pairs.

    Examples
    --------
    >>> recall_at_k({"a": ["x", "y"], "b": ["z"]}, {"a": ["y", "w"], "b": ["z"]}, 2)
    0.75
    """
    lists, found, _ = _checked(lists, truth, k)
    return _mean([len(set(lists[u][:k]) & found[u]) / len(found[u]) for u in lists])


def ndcg_at_k(lists: Lists, truth: Truth, k: int) -> float:
    """Return the normalized discounted cumulative gain, averaged over users.

    A hit at rank r counts 1 / log2(r + 1). The sum is divided by that of a list that begins with min(k, size of D(u))
    hits.

    Parameters
    ----------
    lists, truth, k
        As for `recall_at_k`.

    Returns
    -------
    float
        A number from 0 to 1; NaN if D(u) is empty for all users.

    Raises
    ------
    InvalidArgumentError
        As for `recall_at_k`.

    Examples
    --------
    >>> ndcg_at_k({"a": ["x", "y"]}, {"a": ["x"]}, 2), round(ndcg_at_k({"a": ["y", "x"]}, {"a": ["x"]}, 2), 3)
    (1.0, 0.631)
    """
    lists, found, _ = _checked(lists, truth, k)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    values = []
    for u in lists:
        hits = np.array([v in found[u] for v in lists[u][:k]], dtype=bool)
        values.append(discount[: hits.size][hits].sum() / discount[: min(k, len(found[u]))].sum())
    return _mean(values)


def spread_at_k(lists: Lists, truth: Truth, k: int) -> int:
    """Return how many distinct people the hits reach: the hits among the first k of all lists, and D(v) of each hit v.

    Parameters
    ----------
    lists, truth, k
        As for `recall_at_k`.

    Returns
    -------
    int

    Raises
    ------
    InvalidArgumentError
        As for `recall_at_k`.

    Examples
    --------
    >>> spread_at_k({"a": ["x", "y"]}, [("a", "x"), ("x", "w"), ("x", "z")], 2)
    3
    """
    lists, found, _ = _checked(lists, truth, k)
    return len(_reached({u: [v for v in lists[u][:k] if v in found[u]] for u in lists}, found))


def ideal_spread_at_k(lists: Lists, truth: Truth, k: int) -> int:
    """Return `spread_at_k` of ideal lists: for each user u, the k members of D(u) that reach the most people.

    If there are at most 20,000 choices, all are tried. Otherwise the list is chosen greedily, which reaches at least
    1 - 1/e of the maximum.

    Parameters
    ----------
    lists, truth, k
        As for `recall_at_k`. Only the users of `lists` matter, not the entries of their lists.

    Returns
    -------
    int

    Raises
    ------
    InvalidArgumentError
        As for `recall_at_k`.

    Examples
    --------
    >>> ideal_spread_at_k({"a": []}, [("a", "x"), ("a", "y"), ("x", "w")], 1)
    2
    """
    lists, found, _ = _checked(lists, truth, k)
    return len(_reached({u: _ideal(u, found, k)[0] for u in lists}, found))


def nspread_at_k(lists: Lists, truth: Truth, k: int) -> float:
    """Return `spread_at_k` divided by `ideal_spread_at_k`; NaN if D(u) is empty for all users.

    The value can be above 1: ideal lists are the best for each user alone, and lists that overlap less with those of
    other users can reach more people together.

    Parameters
    ----------
    lists, truth, k
        As for `recall_at_k`.

    Returns
    -------
    float

    Raises
    ------
    InvalidArgumentError
        As for `recall_at_k`.

    Examples
    --------
    >>> nspread_at_k({"a": ["y"]}, [("a", "x"), ("a", "y"), ("x", "w")], 1)
    0.5
    """
    ideal = ideal_spread_at_k(lists, truth, k)
    return spread_at_k(lists, truth, k) / ideal if ideal else math.nan


def evaluate(lists: Lists, truth: Truth, ks: Iterable[int] = (1, 2, 3)) -> Evaluation:
    """Return all metrics for several values of K.

    Parameters
    ----------
    lists, truth
        As for `recall_at_k`.
    ks : iterable of int, default (1, 2, 3)
        The values of K.

    Returns
    -------
    Evaluation

    Raises
    ------
    InvalidArgumentError
        If `ks` is empty; otherwise as for `recall_at_k`.

    Examples
    --------
    >>> found = evaluate({"a": ["x", "y"], "b": ["z"]}, [("a", "y"), ("y", "w")], ks=[1, 2])
    >>> found.recall, found.nspread, found.n_left_out
    ([0.0, 1.0], [0.0, 1.0], 1)
    """
    sizes = [check.count(k, "ks") for k in ks]
    if not sizes:
        raise InvalidArgumentError("ks must not be empty; give at least one value", argument="ks")
    used, found, left_out = _checked(lists, truth, max(sizes))
    ideals = {k: {u: _ideal(u, found, k) for u in used} for k in sizes}
    reached = [len(_reached({u: [v for v in used[u][:k] if v in found[u]] for u in used}, found)) for k in sizes]
    best = [len(_reached({u: chosen for u, (chosen, _) in ideals[k].items()}, found)) for k in sizes]
    return Evaluation(
        ks=sizes,
        recall=[recall_at_k(used, found, k) for k in sizes],
        ndcg=[ndcg_at_k(used, found, k) for k in sizes],
        spread=[float(x) for x in reached],
        ideal_spread=[float(x) for x in best],
        nspread=[a / b if b else math.nan for a, b in zip(reached, best, strict=True)],
        exact=[all(exact for _, exact in ideals[k].values()) for k in sizes],
        n_users=len(used),
        n_left_out=left_out,
    )


def _checked(lists: Lists, truth: Truth, k: int) -> tuple[dict[Any, Sequence[Any]], dict[Any, set[Any]], int]:
    """Return the lists of users with a non-empty D(u), D by user, and how many users have an empty D(u)."""
    check.count(k, "k")
    if isinstance(lists, Ranking):
        lists = lists.lists()
    if not isinstance(lists, Mapping):
        raise InvalidArgumentError(
            f"lists must be a mapping from users to lists, or a Ranking; got {lists!r}", argument="lists"
        )
    found = _pairs(truth)
    for u, own in lists.items():
        if isinstance(own, str) or not isinstance(own, Sequence):
            raise InvalidArgumentError(f"lists[{u!r}] must be a sequence of labels, got {own!r}", argument="lists")
        if len(set(own)) < len(own):
            raise InvalidArgumentError(f"lists[{u!r}] must not contain a label more than once", argument="lists")
    used = {u: own for u, own in lists.items() if found.get(u)}
    return used, found, len(lists) - len(used)


def _pairs(truth: Truth) -> dict[Any, set[Any]]:
    """Return D(u) by user."""
    found: dict[Any, set[Any]] = {}
    if isinstance(truth, Mapping):
        for u, friends in truth.items():
            found[u] = set(friends) - {u}
        return found
    for pair in truth:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise InvalidArgumentError(
                f"truth must be a mapping, or pairs (user, friend); got {pair!r}", argument="truth"
            )
        u, v = pair
        if u != v:
            found.setdefault(u, set()).add(v)
    return found


def _reached(hits: Mapping[Any, Iterable[Hashable]], found: Mapping[Any, set[Any]]) -> set[Any]:
    """Return the hits of all users and the members of D(v) of each hit v."""
    reached: set[Any] = set()
    for chosen in hits.values():
        for v in chosen:
            reached.add(v)
            reached |= found.get(v, set())
    return reached


def _ideal(u: Any, found: Mapping[Any, set[Any]], k: int) -> tuple[list[Any], bool]:
    """Return the k members of D(u) that reach the most people other than u, and whether all choices were tried."""
    parts = {v: ({v} | found.get(v, set())) - {u} for v in found[u]}
    order = sorted(parts, key=lambda v: (-len(parts[v]), repr(v)))
    if len(order) <= k:
        return order, True
    if math.comb(len(order), k) <= MAX_CHOICES:
        choices = itertools.combinations(order, k)
        return list(max(choices, key=lambda chosen: len(set().union(*(parts[v] for v in chosen))))), True
    chosen: list[Any] = []
    covered: set[Any] = set()
    for _ in range(k):
        best = max((v for v in order if v not in chosen), key=lambda v: len(parts[v] - covered))
        chosen.append(best)
        covered |= parts[best]
    return chosen, False


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else math.nan
