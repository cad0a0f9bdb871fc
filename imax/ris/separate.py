"""Greedy choice of each group on its own, as if the others did not exist, on one collection of RR sets."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .collection import RRCollection
from .marks import Collection, SeparateChoices

if TYPE_CHECKING:
    from ..kernels.matroid import Members

__all__ = ["choose_by_counts", "covered_separately"]

_PAIRS = 1 << 20  # members of the groups that processes on a cluster count at once
_FEW = 1 << 14  # members for which one thread is enough


def choose_by_counts(collection: Collection, members: "Members", check: Callable[[], Any]) -> SeparateChoices:
    """Let each group choose, on sets anywhere: after each choice, the counts lower the gains of the group's members.

    All groups choose at the same time. So the number of requests is the largest capacity, less one, for each million of
    members.
    """
    from ..kernels.matroid import Members

    found, n = SeparateChoices.of_size(members), collection.graph.n_nodes
    degree, sizes = collection.degree(), np.diff(found.places)
    for a, b in _chunks(members.ptr):
        ptr = members.ptr[a : b + 1] - members.ptr[a]
        own = Members(ptr, members.nodes[members.ptr[a] : members.ptr[b]], members.capacity[a:b])
        row = np.repeat(np.arange(b - a), np.diff(ptr))
        gain, size, begin = degree[own.nodes].astype(np.int64), sizes[a:b], found.places[a:b]
        for number in range(int(size.max(initial=0))):
            check()
            best = np.maximum.reduceat(np.append(gain * n + (n - 1 - own.nodes), -1), ptr[:-1])
            groups = np.flatnonzero(size > number)
            at = begin[groups] + number
            found.gains[at], found.seeds[at] = best[groups] // n, n - 1 - best[groups] % n
            newest = np.full(b - a, -1, dtype=np.int64)
            newest[groups] = found.seeds[at]
            gain[own.nodes == newest[row]] = -n  # chosen: below all others, whatever lowers it
            counts = np.where(size > number + 1, number + 1, 0)  # the other groups need no gains any more
            if counts.any():
                places = np.concatenate([[0], np.cumsum(counts)])
                so_far = np.arange(places[-1]) + np.repeat(begin - places[:-1], counts)
                gain -= collection.add_up(_lowered, own, places, found.seeds[so_far])
    return found


def _chunks(ptr: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Divide groups into runs with few members each, or of one group."""
    first = 0
    while first < ptr.size - 1:
        last = max(first + 1, int(np.searchsorted(ptr, ptr[first] + _PAIRS, side="right")) - 1)
        yield first, last
        first = last


def _lowered(
    sets: RRCollection, members: "Members", places: NDArray[np.int64], seeds: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return by how much the newest seed of each group lowers the gains of the group's members."""
    from ..kernels.matroid import lower_locally

    lowered = np.zeros(members.nodes.size, dtype=np.int32)
    index = sets.index()

    def work(a: int, b: int) -> None:
        stamp = np.full(sets.n_stored, -1, dtype=np.int32)
        pair = np.full(sets.graph.n_nodes, -1, dtype=np.int64)
        lower_locally(a, b, members, places, seeds, index, stamp, pair, lowered)

    threads = sets.sampler.threads if members.nodes.size > _FEW else 1
    parallel.run([partial(work, a, b) for a, b in parallel.even_parts(members.ptr, threads)], threads)
    return lowered


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

    covered = np.zeros(places.size - 1, dtype=np.int64)
    index = sets.index()

    def work(a: int, b: int) -> None:
        cover_locally(a, b, places, seeds, index, np.full(sets.n_stored, -1, dtype=np.int32), covered)

    threads = sets.sampler.threads if seeds.size > _FEW else 1
    parallel.run([partial(work, a, b) for a, b in parallel.even_parts(places, threads)], threads)
    return covered
