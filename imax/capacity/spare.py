"""Use of spare invitations: those that add nothing that the selection can measure."""

import dataclasses
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..ris.coverage import Cover
from ..ris.matroid import PartitionMatroid
from .task import Task

__all__ = ["add_spare", "replace_spare"]


C = TypeVar("C", bound=Cover)


def replace_spare(cover: C, task: Task, matroid: PartitionMatroid | None = None) -> C:
    """Return a cover without choices of gain 0, and with the spare invitations used as the task says.

    The inviters are those of the task, or the groups of another matroid.
    """
    assert cover.seed_groups is not None
    useful = cover.gains > 0
    inviters, seeds = add_spare(task, cover.seed_groups[useful], cover.seeds[useful], matroid=matroid)
    gains = np.zeros(seeds.size, dtype=cover.gains.dtype)
    gains[: int(useful.sum())] = cover.gains[useful]
    return dataclasses.replace(cover, seed_groups=inviters, seeds=seeds, gains=gains)


def add_spare(
    task: Task,
    inviters: NDArray[np.int32],
    seeds: NDArray[np.int32],
    *,
    always: bool = False,
    matroid: PartitionMatroid | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the inviters and the seeds, followed by those that use the remaining capacities as the task says.

    With `always`, remaining capacities are used for uninvited candidates, whatever the task says. The inviters are
    those of the task, or the groups of another matroid.
    """
    from ..kernels.matroid import fill_up

    if task.spare == "empty" and not always:
        return inviters, seeds
    matroid = task.matroid if matroid is None else matroid
    again = task.spare == "all" and not always
    n_inviters, n = matroid.capacity.size, matroid.by_ptr.size - 1
    used = np.bincount(inviters, minlength=n_inviters)
    own_ptr = np.concatenate([[0], np.cumsum(used)])
    own = seeds[np.argsort(inviters, kind="stable")]
    invited = np.zeros(n, dtype=np.bool_)
    invited[seeds] = True
    left = matroid.usable_capacity() - used
    more = np.empty((2, int(left.sum())), dtype=np.int32)
    size = fill_up(
        matroid.members(left), own_ptr, own, invited, again, np.full(n, -1, dtype=np.int32), *more
    )  # fmt: skip
    return np.concatenate([inviters, more[0, :size]]), np.concatenate([seeds, more[1, :size]])
