"""Ranked lists of friends, one per user, as flat arrays."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils import parallel
from .._utils.frames import frame_of
from .._utils.locks import kept_property
from .._utils.views import ReportView
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ._candidates import CandidateLists, Unscored

__all__ = ["Ranking", "Scores", "best_of_lists", "rank"]


@dataclass(frozen=True)
class Ranking(ReportView):
    """Lists of friends by decreasing score.

    Attributes
    ----------
    graph : InfluenceGraph
    users : numpy.ndarray of int32, shape (n_users,)
        Node indices of the inviters. Iterating over the ranking gives their labels. The index n_nodes + i stands for
        ``unknown[i]``.
    offsets : numpy.ndarray of int64, shape (n_users + 1,)
        Where the list of each user begins in the arrays below.
    friends : numpy.ndarray of int32, shape (n_rows,)
        Node indices, as in `users`.
    scores : numpy.ndarray of float64, shape (n_rows,)
        0 for friends that could not be ranked.
    parts : dict of numpy.ndarray, shape (n_rows,)
        The quantities that the scores consist of; see `heteroir`, `heteroim` and `Reranker`.
    algorithm : str
    k : int or None
        The maximum length of a list.
    n_rr_sets : int
    unknown_users, dropped_rows : int
        Number of users that the graph does not contain, whose lists keep the given order, and of candidates that were
        dropped: see `on_missing` of `Reranker.rerank`.
    notes : list of str
        What was dropped or not ranked, with counts.
    seconds : dict of str to float
        Time by phase.
    rng_key : tuple of int or None
        The key of the random streams; passing it as `rng` repeats the ranking.
    version : str
    unknown : list
        Labels of users and friends that the graph does not contain.
    backend : str
        The kind of frame that `to_frame` returns: that of the table of candidates.

    Examples
    --------
    >>> import imax
    >>> from imax.recommend import heteroir
    >>> ranking = heteroir(imax.datasets.load("karate"), [0], k=2)
    >>> ranking[0], ranking.lists()
    ([11, 12], {0: [11, 12]})
    """

    graph: InfluenceGraph = field(repr=False)
    users: NDArray[np.int32]
    offsets: NDArray[np.int64]
    friends: NDArray[np.int32]
    scores: NDArray[np.float64]
    parts: dict[str, NDArray[Any]]
    algorithm: str
    k: int | None
    n_rr_sets: int
    unknown_users: int
    dropped_rows: int
    notes: list[str]
    seconds: dict[str, float]
    rng_key: tuple[int, int] | None
    version: str
    unknown: list[Any] = field(default_factory=list)
    backend: str = "pandas"

    def __len__(self) -> int:
        return int(self.users.size)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._labels(self.users))

    def _labels(self, index: NDArray[np.int32]) -> list[Any]:
        """Return the labels of indices in `users` or `friends`."""
        if not self.unknown:
            return self.graph.labels.take(index)
        n = self.graph.n_nodes
        foreign = index >= n
        labels = self.graph.labels.take(np.where(foreign, 0, index))
        for i in np.flatnonzero(foreign).tolist():
            labels[i] = self.unknown[int(index[i]) - n]
        return labels

    @kept_property
    def _places(self) -> dict[Any, int]:
        return {label: place for place, label in enumerate(self)}

    def __getitem__(self, user: Any) -> list[Any]:
        """Return the list of a user, as labels."""
        place = self._places.get(user)
        if place is None:
            raise InvalidArgumentError(f"user {user!r} has no list in this ranking", argument="user")
        return self._labels(self.friends[self.offsets[place] : self.offsets[place + 1]])

    def lists(self) -> dict[Any, list[Any]]:
        """Return all lists as labels, by the label of the user."""
        friends, offsets = self._labels(self.friends), self.offsets.tolist()
        return {user: friends[offsets[i] : offsets[i + 1]] for i, user in enumerate(self)}

    def columns(self) -> dict[str, Any]:
        """Return the columns user, friend, rank, score and the parts, with one row per friend."""
        lengths = np.diff(self.offsets)
        return {
            "user": self._labels(np.repeat(self.users, lengths)),
            "friend": self._labels(self.friends),
            "rank": np.arange(self.friends.size) - np.repeat(self.offsets[:-1], lengths) + 1,
            "score": self.scores,
            **self.parts,
        }

    def to_frame(self, backend: str | None = None) -> Any:
        """Return a data frame with the columns user, friend, rank, score and the parts.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, optional
            The kind of frame. By default it is the kind of the table of candidates: pandas for dicts and arrays,
            pyarrow for DuckDB.

        Raises
        ------
        InvalidArgumentError
            If `backend` is not one of these, or cannot represent labels of several types in one column.
        MissingDependencyError
            If the library is not installed.
        """
        return frame_of(self.columns(), self.backend if backend is None else backend)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values. Lists are records, not keys of a dict, so that JSON can represent any label."""
        columns = {
            name: values.tolist() if isinstance(values, np.ndarray) else values
            for name, values in self.columns().items()
        }
        offsets, names = self.offsets.tolist(), [name for name in columns if name != "user"]
        lists = [
            {"user": user, **{name: columns[name][offsets[i] : offsets[i + 1]] for name in names}}
            for i, user in enumerate(self)
        ]
        about = ("algorithm", "k", "n_rr_sets", "unknown_users", "dropped_rows", "seconds", "rng_key", "version")
        return {"lists": lists, **{name: getattr(self, name) for name in about}, "notes": self.notes}

    def __repr__(self) -> str:
        return f"<Ranking: {len(self):,} users, {self.friends.size:,} friends, by {self.algorithm}>"


@dataclass(frozen=True)
class Scores:
    """The scores of all candidates, and what else a ranking needs.

    Attributes
    ----------
    score : numpy.ndarray of float64, shape (n_rows,)
    tie : numpy.ndarray, shape (n_rows,)
        Of equal scores, the smaller value comes first.
    parts : callable
        Returns the parts of the scores of some rows, by name.
    """

    score: NDArray[np.float64]
    tie: NDArray[Any]
    parts: Callable[[NDArray[np.int64]], dict[str, NDArray[Any]]]


def rank(
    graph: InfluenceGraph,
    lists: CandidateLists,
    scores: Scores,
    k: int | None,
    threads: int,
    *,
    algorithm: str,
    began: float,
    seconds: dict[str, float] | None = None,
    n_rr_sets: int = 0,
    rng_key: tuple[int, int] | None = None,
) -> Ranking:
    """Return the `k` best candidates of each user, of a call that began at `began`."""
    offsets, best = best_of_lists(lists.offsets, scores.score, scores.tie, k, threads)
    ranked = _Rows(
        graph.index[lists.users], offsets, graph.index[lists.candidates[best]], scores.score[best], scores.parts(best)
    )
    rows = ranked if lists.unscored is None else _with_unscored(ranked, lists.unscored, k)
    return Ranking(
        graph=graph,
        users=rows.users,
        offsets=rows.offsets,
        friends=rows.friends,
        scores=rows.scores,
        parts=rows.parts,
        algorithm=algorithm,
        k=k,
        n_rr_sets=n_rr_sets,
        unknown_users=lists.n_unknown_users,
        dropped_rows=lists.n_dropped_rows,
        notes=list(lists.notes),
        seconds={**(seconds or {}), "total": time.perf_counter() - began},
        rng_key=rng_key,
        version=__version__,
        unknown=[] if lists.unscored is None else lists.unscored.unknown,
        backend=lists.backend,
    )


@dataclass(frozen=True)
class _Rows:
    """The arrays of a `Ranking`."""

    users: NDArray[np.int32]
    offsets: NDArray[np.int64]
    friends: NDArray[np.int32]
    scores: NDArray[np.float64]
    parts: dict[str, NDArray[Any]]


def _with_unscored(ranked: _Rows, unscored: Unscored, k: int | None) -> _Rows:
    """Return the ranked lists with all users; candidates without a score follow, as far as `k` allows."""
    has_list = unscored.scored >= 0
    n_ranked = np.zeros(unscored.users.size, dtype=np.int64)
    n_ranked[has_list] = np.diff(ranked.offsets)[unscored.scored[has_list]]
    n_rest = np.diff(unscored.offsets)
    if k is not None:
        n_rest = np.minimum(n_rest, k - n_ranked)
    offsets = np.concatenate([[0], np.cumsum(n_ranked + n_rest)])
    # lists with a score are in the order of the users, so that their rows can be copied as they are
    to_ranked = _runs(offsets[:-1], n_ranked)
    to_rest = _runs(offsets[:-1] + n_ranked, n_rest)
    friends = np.empty(int(offsets[-1]), dtype=np.int32)
    friends[to_ranked], friends[to_rest] = ranked.friends, unscored.candidates[_runs(unscored.offsets[:-1], n_rest)]

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        filled = np.zeros(friends.size, dtype=values.dtype)
        filled[to_ranked] = values
        return filled

    parts = {name: spread(values) for name, values in ranked.parts.items()}
    return _Rows(unscored.users.astype(np.int32), offsets, friends, spread(ranked.scores), parts)


def _runs(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions starts[i] to starts[i] + lengths[i] of all runs, one after another."""
    ends = np.cumsum(lengths)
    runs: NDArray[np.int64] = np.arange(lengths.sum()) + np.repeat(starts - (ends - lengths), lengths)
    return runs


def best_of_lists(
    offsets: NDArray[np.int64], score: NDArray[np.float64], tie: NDArray[Any], k: int | None, threads: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return offsets and positions of the `k` best items of each list, by decreasing score, then increasing tie."""
    from ..kernels.friends import rank_rows

    lengths = np.diff(offsets)
    kept = np.zeros(offsets.size, dtype=np.int64)
    np.cumsum(lengths if k is None else np.minimum(lengths, k), out=kept[1:])
    best = np.empty(int(kept[-1]), dtype=np.int64)
    n = lengths.size
    parts = parallel.slices(n, threads if score.size > 1 << 14 else 1) if n else []
    parallel.run([partial(rank_rows, a, b, offsets, score, tie, kept, best) for a, b in parts], threads)
    return kept, best
