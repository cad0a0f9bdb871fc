"""Labels of nodes: any hashable objects, looked up in both directions, stored compactly."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.arrays import read_only
from .._utils.locks import kept_property
from ..errors import InvalidArgumentError, UnknownNodeError

__all__ = ["Labels"]


class Labels:
    """The labels of nodes 0 to n - 1.

    Attributes
    ----------
    kind : {"range", "int64", "object"}
        ``range``: the labels are the indices themselves, and nothing is stored.
    values : numpy.ndarray of int64, list, or None
        The labels; None if `kind` is ``"range"``.
    """

    def __init__(self, n: int, values: "NDArray[np.int64] | list[Any] | None" = None) -> None:
        self.n = n
        self.values = read_only(values) if isinstance(values, np.ndarray) else values
        self.kind = "range" if values is None else "int64" if isinstance(values, np.ndarray) else "object"

    @classmethod
    def of(cls, labels: "Sequence[Hashable] | NDArray[Any] | Labels | None", n: int) -> "Labels":
        """Return labels, checked and stored compactly. None: the labels are 0 to n - 1."""
        if isinstance(labels, Labels):
            return labels
        if labels is None:
            return cls(n)
        if isinstance(labels, np.ndarray) and labels.ndim == 1 and _fits_int64(labels):
            numbers = labels.astype(np.int64)  # a copy: the caller may change the original
            if np.array_equal(numbers, np.arange(n)):
                return cls(n)
            checked = cls(n, numbers)
            steps = np.diff(numbers[checked._order])
        else:
            values = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
            if values and all(type(x) is int for x in values):
                try:
                    return cls.of(np.array(values, dtype=np.int64), n)
                except OverflowError:
                    pass
            checked = cls(n, values)
            steps = np.ones(1) if len(checked._index_of) == len(values) else np.zeros(1)
        if np.any(steps == 0):
            raise InvalidArgumentError("labels must all be different; two nodes have the same one", argument="labels")
        return checked

    @kept_property
    def _index_of(self) -> dict[Hashable, int]:
        assert isinstance(self.values, list)
        try:
            return {label: i for i, label in enumerate(self.values)}
        except TypeError as error:
            raise InvalidArgumentError(f"labels must be hashable: {error}", argument="labels") from None

    @kept_property
    def _order(self) -> NDArray[np.int64]:
        return read_only(np.argsort(np.asarray(self.values), kind="stable"))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.n, self.values)

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Any:
        return self.take(np.array([i]))[0]

    def take(self, indices: NDArray[Any]) -> list[Any]:
        """Return the labels of node indices."""
        if self.values is None:
            return [int(i) for i in indices.tolist()]
        if isinstance(self.values, np.ndarray):
            return list(self.values[indices].tolist())
        values = self.values
        return [values[i] for i in indices.tolist()]

    def find(self, labels: Iterable[Hashable], argument: str = "nodes") -> NDArray[np.int64]:
        """Return the node indices of labels.

        Parameters
        ----------
        labels : iterable of hashable
        argument : str, default "nodes"
            Name of the argument that holds the labels, for error messages.

        Raises
        ------
        UnknownNodeError
            If a label names no node.
        InvalidArgumentError
            If `labels` is not iterable.
        """
        try:
            labels = list(labels)
        except TypeError:
            raise InvalidArgumentError(
                f"{argument} must be an iterable of labels, got {labels!r}", argument=argument
            ) from None
        found = self.places(labels)
        unknown = np.flatnonzero(found < 0)
        if unknown.size:
            raise self.unknown(labels[unknown[0]], f"{argument}:", argument=argument)
        return found

    def places(self, labels: "list[Any] | NDArray[Any]") -> NDArray[np.int64]:
        """Return the node indices of labels, -1 for a label that names no node."""
        if self.kind != "object":
            if isinstance(labels, np.ndarray) and labels.dtype.kind == "i":
                return self._find_integers(labels.astype(np.int64, copy=False))
            if all(type(label) is int and abs(label) < 2**63 for label in labels):
                return self._find_integers(np.array(labels, dtype=np.int64))
        objects = labels.tolist() if isinstance(labels, np.ndarray) else labels
        return np.array([self._find(label) for label in objects], dtype=np.int64)

    def unknown(self, label: Any, what: str, *, argument: str | None = None) -> UnknownNodeError:
        """Return the error for a label that names no node; the message begins with `what`."""
        return UnknownNodeError(f"{what} {label!r} is not a node of the graph ({self.hint()})", argument=argument)

    def _find(self, label: Hashable) -> int:
        if self.kind == "object":
            try:
                return self._index_of.get(label, -1)
            except TypeError:
                return -1
        if isinstance(label, bool) or not isinstance(label, (int, np.integer, float)):
            return -1
        # 2 and 2.0 are the same label, as they are the same key of a dict
        if label != label // 1 or not -(2**63) <= label < 2**63:
            return -1
        return int(self._find_integers(np.array([int(label)], dtype=np.int64))[0])

    def _find_integers(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.values is None:
            return np.where((numbers >= 0) & (numbers < self.n), numbers, -1)
        known = np.asarray(self.values)
        position = np.minimum(np.searchsorted(known, numbers, sorter=self._order), self.n - 1)
        found = self._order[position]
        return np.where(known[found] == numbers, found, -1)

    def hint(self) -> str:
        """Return what the labels are, for messages."""
        if self.kind == "range":
            return f"nodes are the whole numbers 0 to {self.n - 1}"
        first = ", ".join(repr(x) for x in self.take(np.arange(min(3, self.n))))
        return f"its nodes are {first}{', ...' if self.n > 3 else ''}"


def _fits_int64(labels: NDArray[Any]) -> bool:
    """Return whether an array holds whole numbers below 2**63."""
    return labels.dtype.kind == "i" or (labels.dtype.kind == "u" and (not labels.size or int(labels.max()) < 2**63))
