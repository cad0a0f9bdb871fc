"""Ranked lists of friends, one for each user, as flat arrays."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..results import as_frame

if TYPE_CHECKING:
    import pandas

__all__ = ["Ranking", "ranked"]


@dataclass(frozen=True)
class Ranking:
    """Lists of friends by falling score.

    Attributes
    ----------
    users : numpy.ndarray of int32, shape (n_users,)
        Node indices of those who invite; iterating gives their labels.
    offsets : numpy.ndarray of int64, shape (n_users + 1,)
        Where each user's list begins in the next three.
    friends : numpy.ndarray of int32, shape (n_rows,)
        Node indices.
    scores : numpy.ndarray of float64, shape (n_rows,)
    parts : dict of numpy.ndarray, shape (n_rows,)
        What the scores are made of; see `heteroir`, `heteroim` and `Reranker`.
    method : str
    k : int or None
        The longest that a list can be.
    n_rr_sets : int
    dropped_users, dropped_rows : int
        Users and rows left out because the graph lacks them, with ``on_missing="drop"``.
    seconds : dict of str to float
    rng_key : tuple of int or None
    version : str
    """

    graph: InfluenceGraph = field(repr=False)
    users: NDArray[np.int32]
    offsets: NDArray[np.int64]
    friends: NDArray[np.int32]
    scores: NDArray[np.float64]
    parts: dict[str, NDArray[Any]]
    method: str
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

    @cached_property
    def _places(self) -> dict[Any, int]:
        return {label: place for place, label in enumerate(self)}

    def __getitem__(self, user: Any) -> list[Any]:
        """Return the labels of a user's list."""
        place = self._places.get(user)
        if place is None:
            raise InvalidArgumentError(f"{user!r} has no list in this ranking")
        return self.graph.labels.take(self.friends[self.offsets[place] : self.offsets[place + 1]])

    def lists(self) -> dict[Any, list[Any]]:
        """Return all lists, by the user's label."""
        friends, offsets = self.graph.labels.take(self.friends), self.offsets.tolist()
        return {user: friends[offsets[i] : offsets[i + 1]] for i, user in enumerate(self)}

    def columns(self) -> dict[str, Any]:
        """Return user, friend, rank, score and the parts as columns with a row for each friend."""
        lengths = np.diff(self.offsets)
        return {
            "user": self.graph.labels.take(np.repeat(self.users, lengths)),
            "friend": self.graph.labels.take(self.friends),
            "rank": np.arange(self.friends.size) - np.repeat(self.offsets[:-1], lengths) + 1,
            "score": self.scores,
            **self.parts,
        }

    def to_frame(self) -> "pandas.DataFrame":
        """Return a pandas DataFrame: user, friend, rank, score and the parts."""
        return as_frame(self.columns())

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values; the lists as a list of records, so that JSON can hold any label."""
        columns = {
            name: values.tolist() if isinstance(values, np.ndarray) else values
            for name, values in self.columns().items()
        }
        offsets, names = self.offsets.tolist(), [name for name in columns if name != "user"]
        lists = [
            {"user": user, **{name: columns[name][offsets[i] : offsets[i + 1]] for name in names}}
            for i, user in enumerate(self)
        ]
        about = ("method", "k", "n_rr_sets", "dropped_users", "dropped_rows", "seconds", "rng_key", "version")
        return {"lists": lists, **{name: getattr(self, name) for name in about}}

    def __repr__(self) -> str:
        return f"<Ranking: {len(self):,} users, {self.friends.size:,} friends, by {self.method}>"


def ranked(
    starts: NDArray[np.int64], score: NDArray[np.float64], tie: NDArray[Any], k: int | None, threads: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return offsets and items: of each row of `starts` the `k` best items, by falling score, then rising tie."""
    from ..kernels.friends import rank_rows

    lengths = np.diff(starts)
    places = np.zeros(starts.size, dtype=np.int64)
    np.cumsum(lengths if k is None else np.minimum(lengths, k), out=places[1:])
    best = np.empty(int(places[-1]), dtype=np.int64)
    n = lengths.size
    parts = parallel.slices(n, threads if score.size > 1 << 14 else 1) if n else []
    parallel.run([partial(rank_rows, a, b, starts, score, tie, places, best) for a, b in parts], threads)
    return places, best
