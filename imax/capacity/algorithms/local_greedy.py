"""Greedy selection of each inviter separately, on one collection of RR sets.

The local algorithms OPIM-C and IMM draw one collection for all inviters instead of one for each. The inviter that needs
the most RR sets determines its size.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils import parallel
from ..._utils.streams import Stream
from ...ris.bounds import log_binomial
from ...ris.marks import Collection
from ...selection.rounds import CollectionPair
from ..outcome import Invitations
from ..task import Task

__all__ = ["EPSILON", "SOURCE", "STREAMS", "LocalGreedy", "free_inviters"]

SOURCE = "a baseline in Zhang et al., KDD 2023"
STREAMS = (Stream.LOCAL_SELECTION, Stream.LOCAL_VALIDATION)
EPSILON = 0.1
_PARTS = 16  # parts of the inviters for each thread; limits are checked between parts


class LocalGreedy:
    """The greedy choices of all inviters, made separately on one collection.

    Parameters
    ----------
    task : Task
    collection : Collection
    check : callable
        Raises `Stopped` if a limit is reached; called between parts of the work.

    Attributes
    ----------
    covered : numpy.ndarray of int64, shape (n_inviters,)
        Number of RR sets that the choice of each inviter covers.
    seeds, gains : numpy.ndarray of int32 and of int64
        Choices and their gains in coverage: those of inviter g begin at ``places[g]``.
    size : numpy.ndarray of int64, shape (n_inviters,)
        Number of choices of each inviter.
    """

    def __init__(self, task: Task, collection: Collection, check: Callable[[], None]) -> None:
        from ...kernels.matroid import choose_locally

        m = self.matroid = task.matroid
        self.threads, self.check = task.selection_problem.threads, check
        self.parts = parallel.even_parts(m.ptr, _PARTS * self.threads) or [(0, m.capacity.size)]
        self.places = np.concatenate([[0], np.cumsum(m.usable_capacity())])
        self.seeds = np.empty(int(self.places[-1]), dtype=np.int32)
        self.gains = np.empty(self.seeds.size, dtype=np.int64)
        self.size = np.empty(m.capacity.size, dtype=np.int64)
        index = collection.gathered().index(parts=1)
        heap = np.empty(m.n_pairs, dtype=np.int64)
        self._run(
            lambda a, b, stamp: choose_locally(
                a, b, m.members(), index.ptr[0], index.sets, stamp, heap, self.places, self.seeds, self.gains, self.size
            ),
            collection,
        )
        self.covered = np.add.reduceat(np.append(self.gains, 0), self.places[:-1]) * (self.size > 0)

    def _run(self, work: Callable[[int, int, NDArray[np.int32]], Any], collection: Collection) -> None:
        """Run the work for all inviters, one part per thread at a time, and check limits in between."""
        stamps = [np.full(collection.n_sets, -1, dtype=np.int32) for _ in range(self.threads)]
        for first in range(0, len(self.parts), self.threads):
            self.check()
            parts = self.parts[first : first + self.threads]
            parallel.run(
                [partial(work, a, b, stamp) for (a, b), stamp in zip(parts, stamps, strict=False)], self.threads
            )

    def covered_in(self, collection: Collection) -> NDArray[np.int64]:
        """Return the number of RR sets of another collection that the choice of each inviter covers."""
        from ...kernels.matroid import cover_locally

        index = collection.gathered().index(parts=1)
        found = np.empty(self.size.size, dtype=np.int64)
        self._run(
            lambda a, b, stamp: cover_locally(
                a, b, self.places, self.size, self.seeds, index.ptr[0], index.sets, stamp, found
            ),
            collection,
        )
        return found

    def invitations(self, pair: CollectionPair, reason: str, rounds: int) -> Invitations:
        """Return the choices as invitations, without bounds."""
        return Invitations(
            self.seeds, reason, rounds=rounds, n_rr_sets=pair.n_sets, n_rr_entries=pair.n_entries,
            seconds=pair.seconds, inviters=np.repeat(np.arange(self.size.size, dtype=np.int32), self.size),
        )  # fmt: skip


def free_inviters(task: Task) -> list[tuple[int, float, float]]:
    """Return (number, log of the number of possible choices, smallest possible optimum) of inviters with a choice.

    An inviter has a choice if it has more candidates than its capacity, and if some candidate has a positive weight.
    The optimum is at least the total weight of its heaviest candidates.
    """
    m, weights = task.matroid, task.selection_problem.weights
    found = []
    for g in np.flatnonzero(np.diff(m.ptr) > m.capacity).tolist():
        row, k = m.nodes[m.ptr[g] : m.ptr[g + 1]], int(m.capacity[g])
        assert weights is not None
        min_optimum = float(np.partition(weights[row], row.size - k)[-k:].sum())
        if min_optimum > 0.0:  # without weight there is no relative error to bound
            found.append((g, log_binomial(row.size, k), min_optimum))
    return found
