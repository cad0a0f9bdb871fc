"""How good recommended lists are: against pairs of people between whom an invitation did spread.

Truth is a set of pairs (u, v); D(u) are all v of u. Users with an empty D(u) are left out, and counted.
"""

import itertools
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from .._utils import check
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

MOST_CHOICES = 20_000  # of K among D(u), up to which the ideal list is found by trying them all

Lists: TypeAlias = "Mapping[Any, Sequence[Any]] | Ranking"
Truth: TypeAlias = "Mapping[Any, Iterable[Any]] | Iterable[tuple[Any, Any]]"


@dataclass(frozen=True)
class Evaluation(Record):
    """All metrics for several K; see `evaluate`.

    Attributes
    ----------
    ks : list of int
    recall, ndcg, spread, ideal_spread, nspread : list of float
        One for each K.
    exact : list of bool
        For each K, whether every ideal list was found by trying all choices; False where some were chosen greedily.
    n_users : int
        Users with a list and a truth.
    n_left_out : int
        Users with a list and no truth.
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
    """Return the mean over users of the share of D(u) that stands among the first k of the list.

    Parameters
    ----------
    lists : dict of sequences, or Ranking
        Each user's list, best first.
    truth : dict of iterables, or iterable of pairs
        D(u) by user, or pairs (u, v); pairs of a user with itself are left out.
    k : int

    Returns
    -------
    float
        nan where no user has a truth.

    Examples
    --------
    >>> recall_at_k({"a": ["x", "y"], "b": ["z"]}, {"a": ["y", "w"], "b": ["z"]}, 2)
    0.75
    """
    lists, found, _ = _checked(lists, truth, k)
    return _mean([len(set(lists[u][:k]) & found[u]) / len(found[u]) for u in lists])


def ndcg_at_k(lists: Lists, truth: Truth, k: int) -> float:
    """Return the mean over users of the discounted gain of hits, over that of a list of hits alone.

    A hit at rank r counts 1 / log2(r + 1); the best list has as many hits as k and D(u) allow. For the arguments see
    `recall_at_k`.

    Examples
    --------
    >>> ndcg_at_k({"a": ["x", "y"]}, {"a": ["x"]}, 2), round(ndcg_at_k({"a": ["y", "x"]}, {"a": ["x"]}, 2), 3)
    (1.0, 0.631)
    """
    lists, found, _ = _checked(lists, truth, k)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    each = []
    for u in lists:
        hits = np.array([v in found[u] for v in lists[u][:k]], dtype=bool)
        each.append(discount[: hits.size][hits].sum() / discount[: min(k, len(found[u]))].sum())
    return _mean(each)


def spread_at_k(lists: Lists, truth: Truth, k: int) -> int:
    """Return how many different people the hits reach: hits among the first k of all lists, and D(hit) of each.

    For the arguments see `recall_at_k`.

    Examples
    --------
    >>> spread_at_k({"a": ["x", "y"]}, [("a", "x"), ("x", "w"), ("x", "z")], 2)
    3
    """
    lists, found, _ = _checked(lists, truth, k)
    return len(_reached({u: [v for v in lists[u][:k] if v in found[u]] for u in lists}, found))


def ideal_spread_at_k(lists: Lists, truth: Truth, k: int) -> int:
    """Return what `spread_at_k` is for ideal lists: for each user the k of D(u) that with their D reach most.

    Up to 20,000 choices are all tried; beyond, the list is chosen greedily, sure of 1 - 1/e of the best. For the
    arguments see `recall_at_k`; of `lists` only the users matter.

    Examples
    --------
    >>> ideal_spread_at_k({"a": []}, [("a", "x"), ("a", "y"), ("x", "w")], 1)
    2
    """
    lists, found, _ = _checked(lists, truth, k)
    return len(_reached({u: _ideal(u, found, k)[0] for u in lists}, found))


def nspread_at_k(lists: Lists, truth: Truth, k: int) -> float:
    """Return `spread_at_k` over `ideal_spread_at_k`; nan where no user has a truth.

    Examples
    --------
    >>> nspread_at_k({"a": ["y"]}, [("a", "x"), ("a", "y"), ("x", "w")], 1)
    0.5
    """
    ideal = ideal_spread_at_k(lists, truth, k)
    return spread_at_k(lists, truth, k) / ideal if ideal else math.nan


def evaluate(lists: Lists, truth: Truth, ks: Iterable[int] = (1, 2, 3)) -> Evaluation:
    """Return all metrics for several K, and how many users they are over.

    Parameters
    ----------
    lists, truth
        As for `recall_at_k`.
    ks : iterable of int, default (1, 2, 3)

    Examples
    --------
    >>> found = evaluate({"a": ["x", "y"], "b": ["z"]}, [("a", "y"), ("y", "w")], ks=[1, 2])
    >>> found.recall, found.nspread, found.n_left_out
    ([0.0, 1.0], [0.0, 1.0], 1)
    """
    sizes = [check.count(k, "ks") for k in ks]
    if not sizes:
        raise InvalidArgumentError("ks is empty; name at least one K")
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
    """Return the lists of users that have a truth, D, and how many have none."""
    check.count(k, "k")
    if isinstance(lists, Ranking):
        lists = lists.lists()
    if not isinstance(lists, Mapping):
        raise InvalidArgumentError(f"lists must be a mapping of users to lists, or a Ranking, got {lists!r}")
    found = _pairs(truth)
    for u, own in lists.items():
        if isinstance(own, str) or not isinstance(own, Sequence):
            raise InvalidArgumentError(f"the list of {u!r} must be a sequence of labels, got {own!r}")
        if len(set(own)) < len(own):
            raise InvalidArgumentError(f"the list of {u!r} names somebody more than once")
    used = {u: own for u, own in lists.items() if found.get(u)}
    return used, found, len(lists) - len(used)


def _pairs(truth: Truth) -> dict[Any, set[Any]]:
    found: dict[Any, set[Any]] = {}
    if isinstance(truth, Mapping):
        for u, friends in truth.items():
            found[u] = set(friends) - {u}
        return found
    for pair in truth:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise InvalidArgumentError(f"truth must be a mapping, or pairs (user, friend), got {pair!r}")
        u, v = pair
        if u != v:
            found.setdefault(u, set()).add(v)
    return found


def _reached(hits: Mapping[Any, Iterable[Hashable]], found: Mapping[Any, set[Any]]) -> set[Any]:
    reached: set[Any] = set()
    for chosen in hits.values():
        for v in chosen:
            reached.add(v)
            reached |= found.get(v, set())
    return reached


def _ideal(u: Any, found: Mapping[Any, set[Any]], k: int) -> tuple[list[Any], bool]:
    """Return the k of D(u) that with their D cover most, u aside, and whether all choices were tried."""
    parts = {v: ({v} | found.get(v, set())) - {u} for v in found[u]}
    order = sorted(parts, key=lambda v: (-len(parts[v]), repr(v)))
    if len(order) <= k:
        return order, True
    if math.comb(len(order), k) <= MOST_CHOICES:
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
