"""Ranked lists of friends, one per user, as flat arrays."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils import parallel
from .._utils.locks import kept_property
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..results import as_frame
from ._candidates import CandidateLists

if TYPE_CHECKING:
    import pandas

__all__ = ["Ranking", "Scores", "best_of_lists", "rank"]


@dataclass(frozen=True)
class Ranking:
    """Lists of friends by decreasing score.

    Attributes
    ----------
    graph : InfluenceGraph
    users : numpy.ndarray of int32, shape (n_users,)
        Node indices of the inviters. Iterating over the ranking gives their labels.
    offsets : numpy.ndarray of int64, shape (n_users + 1,)
        Where the list of each user begins in the arrays below.
    friends : numpy.ndarray of int32, shape (n_rows,)
        Node indices.
    scores : numpy.ndarray of float64, shape (n_rows,)
    parts : dict of numpy.ndarray, shape (n_rows,)
        The quantities that the scores consist of; see `heteroir`, `heteroim` and `Reranker`.
    algorithm : str
    k : int or None
        The maximum length of a list.
    n_rr_sets : int
    dropped_users, dropped_rows : int
        Number of users and rows that were dropped because the graph does not contain them (``on_missing="drop"``).
    seconds : dict of str to float
        Time by phase.
    rng_key : tuple of int or None
        The key of the random streams; passing it as `rng` repeats the ranking.
    version : str
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
    dropped_users: int
    dropped_rows: int
    seconds: dict[str, float]
    rng_key: tuple[int, int] | None
    version: str

    def __len__(self) -> int:
        return int(self.users.size)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.graph.labels.take(self.users))

    @kept_property
    def _places(self) -> dict[Any, int]:
        return {label: place for place, label in enumerate(self)}

    def __getitem__(self, user: Any) -> list[Any]:
        """Return the list of a user, as labels."""
        place = self._places.get(user)
        if place is None:
            raise InvalidArgumentError(f"user {user!r} has no list in this ranking", argument="user")
        return self.graph.labels.take(self.friends[self.offsets[place] : self.offsets[place + 1]])

    def lists(self) -> dict[Any, list[Any]]:
        """Return all lists as labels, by the label of the user."""
        friends, offsets = self.graph.labels.take(self.friends), self.offsets.tolist()
        return {user: friends[offsets[i] : offsets[i + 1]] for i, user in enumerate(self)}

    def columns(self) -> dict[str, Any]:
        """Return the columns user, friend, rank, score and the parts, with one row per friend."""
        lengths = np.diff(self.offsets)
        return {
            "user": self.graph.labels.take(np.repeat(self.users, lengths)),
            "friend": self.graph.labels.take(self.friends),
            "rank": np.arange(self.friends.size) - np.repeat(self.offsets[:-1], lengths) + 1,
            "score": self.scores,
            **self.parts,
        }

    def to_frame(self) -> "pandas.DataFrame":
        """Return a pandas DataFrame with the columns user, friend, rank, score and the parts."""
        return as_frame(self.columns())

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
        about = ("algorithm", "k", "n_rr_sets", "dropped_users", "dropped_rows", "seconds", "rng_key", "version")
        return {"lists": lists, **{name: getattr(self, name) for name in about}}

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
    return Ranking(
        graph=graph,
        users=graph.index[lists.users],
        offsets=offsets,
        friends=graph.index[lists.candidates[best]],
        scores=scores.score[best],
        parts=scores.parts(best),
        algorithm=algorithm,
        k=k,
        n_rr_sets=n_rr_sets,
        dropped_users=lists.n_dropped_users,
        dropped_rows=lists.n_dropped_rows,
        seconds={**(seconds or {}), "total": time.perf_counter() - began},
        rng_key=rng_key,
        version=__version__,
    )


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
