"""Greedy lists of groups on RR sets in this process."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .marks import GroupLists, LocalMarks

if TYPE_CHECKING:
    from ..kernels.matroid import Members

__all__ = ["KernelLists"]

_FEW = 1 << 14  # members for which one thread is enough


class KernelLists(GroupLists):
    """Lists of groups that a kernel makes.

    Parameters
    ----------
    marks : LocalMarks
        By which no set is covered.
    degree : numpy.ndarray of int32, shape (n_nodes,)
        Number of sets that hold each node.
    members : Members
        Which nodes each group may take, and how many.
    threads : int
    """

    def __init__(self, marks: LocalMarks, degree: NDArray[np.int32], members: "Members", threads: int) -> None:
        self._marks, self._degree, self._members = marks, degree, members
        self._value, self._size = (np.zeros(members.capacity.size, dtype=np.int64) for _ in range(2))
        self._scratch = [self._new_scratch() for _ in range(threads if members.nodes.size > _FEW else 1)]
        self.restart()

    def values(self, groups: NDArray[np.int32]) -> NDArray[np.int64]:
        """Make the lists of all groups with all threads."""
        threads = len(self._scratch)
        slices = parallel.slices(groups.size, threads) if groups.size else []
        tasks = [
            partial(self._make, groups[a:b], scratch) for (a, b), scratch in zip(slices, self._scratch, strict=False)
        ]
        parallel.run(tasks, threads)
        return self._value.copy()

    def restart(self) -> None:
        """Begin with marks and gains of no covered set."""
        self._marks.covered[:] = False
        self.gain = self._degree.copy()

    def of(self, group: int, others: list[int]) -> tuple[NDArray[np.int32], int]:
        """Make the list of a group; those of others wait."""
        self._make(np.array([group], dtype=np.int32), self._scratch[0])
        return self._scratch[0][3][: int(self._size[group])].copy(), int(self._value[group])

    def take(self, nodes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Cover the sets by a kernel."""
        added = np.empty(nodes.size, dtype=np.int64)
        self._marks.cover(nodes, self.gain, added)
        return added

    def _new_scratch(self) -> tuple[NDArray[Any], ...]:
        m = self._members
        longest = int(m.capacity.max(initial=0))
        return (
            np.zeros(self._marks.covered.size, dtype=np.int64), np.zeros(1, dtype=np.int64),
            np.empty(int(np.diff(m.ptr).max(initial=0)), dtype=np.int64), np.empty(longest, dtype=np.int32),
            np.empty(longest, dtype=np.int64),
        )  # fmt: skip

    def _make(self, groups: NDArray[np.int32], scratch: tuple[NDArray[Any], ...]) -> None:
        from ..kernels.lists import greedy_lists

        marks = self._marks
        greedy_lists(
            groups, self._members, marks.index, marks.covered, self.gain, *scratch, self._value, self._size
        )  # fmt: skip
