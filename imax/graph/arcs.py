"""Arcs as arrays, before they become a graph: what constructors collect, and the checks of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.arrays import unmasked
from ..errors import InvalidArgumentError, InvalidGraphError
from .labels import Labels

__all__ = ["MAX_NODES", "ArcArrays", "CheckedArcs", "check_arcs"]

MAX_NODES = 2**31 - 2


class ArcArrays(NamedTuple):
    """Arcs between node indices, as the caller or another library gives them.

    Attributes
    ----------
    source, target : array_like of int, shape (n_given,)
    weight : array_like of float, shape (n_given,), or None
    labels : sequence of hashable, numpy.ndarray or None
        Labels of nodes 0 to n_nodes - 1. None: the indices are the labels.
    n_nodes : int or None
        None: the number of labels, or the largest index plus 1.
    directed : bool
        False: each entry stands for two arcs.
    notes, doubts : tuple of str
        Decisions for the report of the graph; those in `doubts` may be wrong.
    """

    source: ArrayLike
    target: ArrayLike
    weight: ArrayLike | None = None
    labels: Sequence[Any] | NDArray[Any] | None = None
    n_nodes: int | None = None
    directed: bool = True
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class CheckedArcs(NamedTuple):
    """The same arcs, checked, in the types that the builder needs; `labels` has one label per node."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.float32] | None
    labels: Labels


def check_arcs(arcs: ArcArrays) -> CheckedArcs:
    """Check arcs and convert them; the builder checks that indices are below the number of nodes."""
    source, target = _check_indices(arcs.source, "source"), _check_indices(arcs.target, "target")
    if source.size != target.size:
        raise InvalidArgumentError(
            f"source and target must have the same length, got {source.size} and {target.size}", argument="source"
        )
    weight = None if arcs.weight is None else _check_weight(arcs.weight, source.size)
    n_nodes = _count_nodes(source, target, arcs)
    return CheckedArcs(source, target, weight, Labels.of(arcs.labels, n_nodes))


def _check_indices(values: ArrayLike, name: str) -> NDArray[np.int32]:
    array = np.asarray(unmasked(values, name))
    if array.ndim != 1:
        raise InvalidArgumentError(f"{name} must have one dimension, got shape {array.shape}", argument=name)
    if array.size == 0:
        return np.empty(0, dtype=np.int32)
    if array.dtype.kind not in "iu":
        raise InvalidArgumentError(
            f"{name} must hold whole numbers (node indices), got {array.dtype}; for other labels use from_edges",
            argument=name,
        )
    if array.dtype != np.int32:
        low, high = array.min(), array.max()
        if low < 0 or high > MAX_NODES:
            worst = low if low < 0 else high
            raise InvalidGraphError(
                f"{name} holds the node index {worst}; indices must lie in [0, {MAX_NODES}]", argument=name
            )
        array = array.astype(np.int32)
    # writable, because Numba compiles another version of each kernel for read-only arrays
    return np.require(array, np.int32, ["C", "A", "W"])


def _check_weight(values: ArrayLike, size: int) -> NDArray[np.float32]:
    unmasked(values, "weight")
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "biufO":
            raise TypeError
        with np.errstate(over="ignore"):  # infinite values are refused below
            weight = np.ascontiguousarray(given, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgumentError("weight must hold real numbers", argument="weight") from None
    if weight.shape != (size,):
        raise InvalidArgumentError(
            f"weight must have one value per arc, shape ({size},), got shape {weight.shape}", argument="weight"
        )
    wrong = np.flatnonzero(~((weight >= 0.0) & np.isfinite(weight)))
    if wrong.size:
        raise InvalidGraphError(
            f"weight[{wrong[0]}] is {weight[wrong[0]]}; values must be finite and not negative "
            "(probabilities lie in [0, 1])",
            argument="weight",
        )
    # rows are sorted by the bits of the weights: the sign bit of -0.0 would put it last
    return weight + np.float32(0.0)


def _count_nodes(source: NDArray[np.int32], target: NDArray[np.int32], arcs: ArcArrays) -> int:
    if arcs.n_nodes is not None:
        n = check.count(arcs.n_nodes, "n_nodes", low=1, high=MAX_NODES)
        if arcs.labels is not None and len(arcs.labels) != n:
            raise InvalidArgumentError(
                f"labels has {len(arcs.labels)} entries but n_nodes is {n}; give one label per node", argument="labels"
            )
        return n
    if arcs.labels is not None:
        if not 1 <= len(arcs.labels) <= MAX_NODES:
            raise InvalidArgumentError(
                f"labels must have 1 to {MAX_NODES} entries, got {len(arcs.labels)}", argument="labels"
            )
        return len(arcs.labels)
    if not source.size:
        raise InvalidGraphError("the graph has no arcs and no nodes; give n_nodes for a graph of isolated nodes")
    return int(max(source.max(), target.max(), -1)) + 1
