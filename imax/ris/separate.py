"""Greedy choice of each group on its own, as if the others did not exist, on one collection of RR sets."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.arrays import read_only
from .collection import RRCollection
from .marks import Collection, GroupLists, Marks, SeparateChoices

if TYPE_CHECKING:
    from ..kernels.matroid import Members

__all__ = ["CountedLists", "choose_by_counts", "covered_separately"]

_PAIRS = 1 << 20  # members of the groups that processes on a cluster count at once
_FEW = 1 << 14  # seeds for which one thread is enough


def choose_by_counts(
    marks: Marks, gain: NDArray[np.int32], members: "Members", check: Callable[[], Any]
) -> SeparateChoices:
    """Let each group choose, on sets anywhere: after each choice, the counts lower the gains of the group's members.

    All groups choose at the same time. So the number of requests is the largest capacity, less one, for each million of
    members. `gain` has the number of sets not yet covered that hold each node.
    """
    from ..kernels.matroid import Members

    found, n = SeparateChoices.of_size(members), gain.size
    sizes = np.diff(found.places)
    for a, b in _chunks(members.ptr):
        ptr = members.ptr[a : b + 1] - members.ptr[a]
        own = Members(ptr, members.nodes[members.ptr[a] : members.ptr[b]], members.capacity[a:b])
        row = np.repeat(np.arange(b - a), np.diff(ptr))
        left, size, begin = gain[own.nodes].astype(np.int64), sizes[a:b], found.places[a:b]
        for number in range(int(size.max(initial=0))):
            check()
            best = np.maximum.reduceat(np.append(left * n + (n - 1 - own.nodes), -1), ptr[:-1])
            groups = np.flatnonzero(size > number)
            at = begin[groups] + number
            found.gains[at], found.seeds[at] = best[groups] // n, n - 1 - best[groups] % n
            newest = np.full(b - a, -1, dtype=np.int64)
            newest[groups] = found.seeds[at]
            left[own.nodes == newest[row]] = -n  # chosen: below all others, whatever lowers it
            counts = np.where(size > number + 1, number + 1, 0)  # the other groups need no gains any more
            if counts.any():
                places = np.concatenate([[0], np.cumsum(counts)])
                so_far = np.arange(places[-1]) + np.repeat(begin - places[:-1], counts)
                left -= marks.lowered(own, places, found.seeds[so_far])
    return found


class CountedLists(GroupLists):
    """Lists of groups from counts, on sets anywhere.

    Parameters
    ----------
    collection : Collection
    members : Members
        Which nodes each group may take, and how many.
    """

    def __init__(self, collection: Collection, members: "Members") -> None:
        self._members, self._start, self._degree = members, collection.marks(), collection.degree()
        self._lists: dict[int, tuple[NDArray[np.int32], int]] = {}
        self.restart()

    def values(self, groups: NDArray[np.int32]) -> NDArray[np.int64]:
        """Let all groups choose at the same time."""
        found = np.zeros(self._members.capacity.size, dtype=np.int64)
        found[groups] = choose_by_counts(self._start, self._degree, self._rows(groups), _nothing).covered
        return found

    def restart(self) -> None:
        """Begin with marks and gains of no covered set."""
        self._marks, self.gain = self._start.copy(), self._degree.copy()
        self._lists.clear()

    def of(self, group: int, others: list[int]) -> tuple[NDArray[np.int32], int]:
        """Make the lists of a group and of some others in the same requests."""
        if group not in self._lists:
            groups = np.array([group, *(g for g in others if g != group and g not in self._lists)], dtype=np.int32)
            found = choose_by_counts(self._marks, self.gain, self._rows(groups), _nothing)
            for g, (a, b) in zip(groups.tolist(), pairwise(found.places.tolist()), strict=True):
                self._lists[g] = found.seeds[a:b][found.gains[a:b] > 0], int(found.gains[a:b].sum())
        return self._lists[group]

    def take(self, nodes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Cover the sets in one request."""
        added = np.empty(nodes.size, dtype=np.int64)
        self._marks.cover(nodes, self.gain, added)
        self._lists.clear()
        return added

    def _rows(self, groups: NDArray[np.int32]) -> "Members":
        """Return the members of some groups."""
        from ..kernels.matroid import Members

        m = self._members
        ptr = np.concatenate([[0], np.cumsum(np.diff(m.ptr)[groups])])
        places = np.arange(ptr[-1]) + np.repeat(m.ptr[groups] - ptr[:-1], np.diff(ptr))
        return Members(read_only(ptr), read_only(m.nodes[places]), read_only(m.capacity[groups]))


def _nothing() -> None:
    """Check no limits."""


def _chunks(ptr: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Divide groups into runs with few members each, or of one group."""
    first = 0
    while first < ptr.size - 1:
        last = max(first + 1, int(np.searchsorted(ptr, ptr[first] + _PAIRS, side="right")) - 1)
        yield first, last
        first = last


def covered_separately(collection: Collection, choices: SeparateChoices, check: Callable[[], Any]) -> NDArray[np.int64]:
    """Return how many RR sets of another collection the choices of each group cover."""
    found = np.zeros(choices.places.size - 1, dtype=np.int64)
    for a, b in _chunks(choices.places):
        check()
        places = choices.places[a : b + 1]
        found[a:b] = collection.add_up(_covered, places - places[0], choices.seeds[places[0] : places[-1]])
    return found


def _covered(sets: RRCollection, places: NDArray[np.int64], seeds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return how many sets the seeds of each group cover."""
    from ..kernels.matroid import cover_locally

    covered, index = np.zeros(places.size - 1, dtype=np.int64), sets.index()

    def work(a: int, b: int) -> None:
        cover_locally(a, b, places, seeds, index, np.full(sets.n_stored, -1, dtype=np.int32), covered)

    threads = sets.sampler.threads if seeds.size > _FEW else 1
    parallel.run([partial(work, a, b) for a, b in parallel.even_parts(places, threads)], threads)
    alone: NDArray[np.int64] = np.concatenate([[0], np.cumsum(sets.singletons[seeds], dtype=np.int64)])
    covered += alone[places[1:]] - alone[places[:-1]]
    return covered
