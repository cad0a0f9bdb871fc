"""Greedy selection of each inviter separately, on one collection of RR sets.

The local algorithms OPIM-C and IMM draw one collection for all inviters instead of one for each. The inviter that needs
the most RR sets determines its size.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..._utils.streams import Stream
from ...ris.bounds import log_binomial
from ...ris.marks import Collection
from ...ris.separate import covered_separately
from ...selection.rounds import CollectionPair
from ..outcome import Invitations
from ..task import Task

__all__ = ["EPSILON", "SOURCE", "STREAMS", "LocalGreedy", "free_inviters"]

SOURCE = "a baseline in Zhang et al., KDD 2023"
STREAMS = (Stream.LOCAL_SELECTION, Stream.LOCAL_VALIDATION)
EPSILON = 0.1


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
    choices : SeparateChoices
    covered : numpy.ndarray of int64, shape (n_inviters,)
        Number of RR sets that the choice of each inviter covers.
    """

    def __init__(self, task: Task, collection: Collection, check: Callable[[], None]) -> None:
        self.check = check
        self.choices = collection.choose_separately(task.matroid.members(), check)
        self.covered = self.choices.covered

    def covered_in(self, collection: Collection) -> NDArray[np.int64]:
        """Return the number of RR sets of another collection that the choice of each inviter covers."""
        return covered_separately(collection, self.choices, self.check)

    def invitations(self, pair: CollectionPair, reason: str, rounds: int) -> Invitations:
        """Return the choices as invitations, without bounds."""
        return Invitations(
            self.choices.seeds, reason, rounds=rounds, n_rr_sets=pair.n_sets, n_rr_entries=pair.n_entries,
            seconds=pair.seconds,
            inviters=np.repeat(np.arange(self.covered.size, dtype=np.int32), np.diff(self.choices.places)),
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
