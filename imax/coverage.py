"""Greedy maximum coverage over a collection of RR sets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rrsets import RRCollection

__all__ = ["Cover", "greedy_cover"]


@dataclass(frozen=True)
class Cover:
    """A greedy choice.

    Attributes
    ----------
    seeds : numpy.ndarray of int32, shape (k,)
        Internal ids, in the order of choice.
    gains : numpy.ndarray of int64, shape (k,)
        Sets newly covered by each.
    covered : int
        Sets covered in all.
    most : int
        No k allowed nodes cover more sets than this.
    """

    seeds: NDArray[np.int32]
    gains: NDArray[np.int64]
    covered: int
    most: int


def greedy_cover(collection: RRCollection, k: int, allowed: NDArray[np.bool_]) -> Cover:
    """Choose k of the allowed nodes, each covering the most sets that are left; ties go to the smaller internal id.

    The bound `most` is the least, over the greedy prefixes, of the prefix's coverage plus the k largest gains left
    (Tang et al., SIGMOD 2018), and never above coverage/(1 - 1/e).
    """
    from .bounds import GREEDY
    from .kernels.coverage import greedy

    ptr, sets = collection.index()
    gain = np.diff(ptr).astype(np.int32)
    seeds = np.empty(k, dtype=np.int32)
    gains = np.empty(k, dtype=np.int64)
    bound = greedy(
        k, ptr, sets, collection.offsets, collection.nodes, np.zeros(collection.n_sets, dtype=np.bool_), gain, allowed,
        np.zeros(int(gain.max(initial=0)) + 1, dtype=np.int64), np.empty(gain.size, dtype=np.int64), seeds, gains,
    )  # fmt: skip
    covered = int(gains.sum())
    return Cover(seeds, gains, covered, min(int(bound), int(covered / GREEDY)))
