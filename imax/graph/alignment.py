"""Values of nodes in the order of the nodes: their labels are looked up in the graph.

Labels that are not nodes are errors, or they are ignored and counted. The values are those of a `NodeColumn`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.numbers import plain_number
from .._utils.tables import Column
from ..errors import FileFormatError, ImaxError, InvalidArgumentError, UnknownNodeError
from .labelled_arcs import shown
from .labels import Labels
from .look_alikes import pairs_with
from .node_values import NodeColumn, examples

__all__ = ["Aligner"]


@dataclass
class Aligner:
    """Finds the nodes of labels, and counts the labels that are not nodes.

    Attributes
    ----------
    labels : Labels
        Labels of the graph.
    on_missing : {"error", "drop", "default"}
        Whether a label that is not a node is an error. Otherwise it is ignored.
    option : callable or None
        Function that returns how to set `on_missing` to a value, for messages.
    notes : list of str
        What was ignored, dropped or filled in.
    """

    labels: Labels
    on_missing: str = "error"
    option: Callable[[str], str] | None = 'on_missing="{}"'.format
    notes: list[str] = field(default_factory=list)

    def match(self, column: NodeColumn, *, some: bool = False) -> NDArray[np.int64]:
        """Return the node index of each label, -1 for an ignored one; with `some`, one of them must be a node."""
        assert column.labels is not None
        given = _integers(column.labels)
        self._check_index(column)
        found = self.labels.places(given)
        unknown = np.flatnonzero(found < 0)
        if unknown.size:
            self._check_types(column, unknown)
            if self.on_missing == "error":
                raise self._unknown(column, unknown)
            if some and unknown.size == found.size:
                first = self.labels.unknown(_plain(given[0]), column.where(0), argument=column.argument)
                hint = self._look_alike(column, unknown)
                raise UnknownNodeError(f"{first}, nor is any other of its labels{hint}", argument=column.argument)
            note = (
                f"{column.name}: {unknown.size:,} of {found.size:,} labels are not in the graph and are ignored "
                f"({self._shown(column, unknown)}){self._look_alike(column, unknown)}"
            )
            if note not in self.notes:  # two columns of one file have the same labels
                self.notes.append(note)
        return found

    def numbers(self, column: NodeColumn) -> NDArray[np.float64]:
        """Return numbers by node index; NaN where there is none."""
        try:
            values = np.array(
                [np.nan if value is None else value for value in column.values]
                if isinstance(column.values, list)
                else column.values,
                dtype=np.float64,
            )
        except (TypeError, ValueError):
            raise self._not_a_number(column) from None
        if column.labels is None:
            if values.shape != (self.labels.n,):
                raise column.error(
                    f"must have one value per node, shape ({self.labels.n},), got shape {values.shape}; give values "
                    "with labels otherwise, such as a dict or a pandas Series"
                )
            return values
        index = self.match(column, some=True)
        known = index >= 0
        aligned = np.full(self.labels.n, np.nan)
        aligned[index[known][::-1]] = values[known][::-1]  # of repeated labels, the first counts
        kept = aligned[index]
        self._check_repeated(column, known & (kept != values) & ~(np.isnan(kept) & np.isnan(values)), index)
        return aligned

    def _not_a_number(self, column: NodeColumn) -> ImaxError:
        """Return the error for the first value that is not a number."""
        for row, value in enumerate(column.values):
            try:
                float(np.nan if value is None else value)
            except (TypeError, ValueError):
                of = f"of node {self.labels[row] if column.labels is None else _plain(column.labels[row])!r} "
                if column.labels is None and row >= self.labels.n:
                    of = ""
                return column.error(f"{of}must be a number, got {shown(value)}{plain_number(value)}")
        return column.error("must be numbers, one for each node")

    def objects(self, column: NodeColumn) -> tuple[list[Any], NDArray[np.bool_]]:
        """Return any values by node index, None where there is none, and which nodes are not listed at all."""
        values = column.values.tolist() if isinstance(column.values, np.ndarray) else list(column.values)
        if column.labels is None:
            if len(values) != self.labels.n:
                raise column.error(
                    f"must have one group per node ({self.labels.n}), or be given with labels; got {len(values)}"
                )
            return values, np.zeros(self.labels.n, dtype=np.bool_)
        index = self.match(column, some=True)
        aligned: list[Any] = [None] * self.labels.n
        listed = np.zeros(self.labels.n, dtype=np.bool_)
        differ = np.zeros(index.size, dtype=np.bool_)
        for row, (node, value) in enumerate(zip(index.tolist(), values, strict=True)):
            if node >= 0:
                differ[row] = listed[node] and aligned[node] != value
                aligned[node] = value
                listed[node] = True
        self._check_repeated(column, differ, index)
        return aligned, ~listed

    def _check_index(self, column: NodeColumn) -> None:
        """Refuse the default index of pandas unless it is equal to the labels of the graph."""
        size = 0 if column.labels is None else len(column.labels)
        if column.default_index and not (
            size == self.labels.n and (self.labels.places(np.arange(size, dtype=np.int64)) >= 0).all()
        ):
            hint = self.labels.hint()
            raise column.error(
                f"is a pandas Series with the default index 0 to {size - 1}, but the graph has other nodes ({hint}); "
                "set the index to the labels, as in frame.set_index('NODE')['VALUE'], or pass "
                f"{column.name}.to_numpy() if the values are in the order of graph.nodes()"
            )

    def _check_types(self, column: NodeColumn, unknown: NDArray[np.int64]) -> None:
        """Raise an error if labels would be nodes if they had another type, as in ``"1"`` and 1."""
        assert column.labels is not None
        given = [column.labels[i] for i in unknown.tolist()]
        converted = [_of_other_type(label) for label in given]
        rows = [i for i, label in enumerate(converted) if label is not None]
        if not rows:
            return
        found = self.labels.places([converted[i] for i in rows])
        if (found < 0).all():
            return
        row = rows[int(np.argmax(found >= 0))]
        label, node = given[row], converted[row]
        first = self.labels.unknown(_plain(label), column.where(int(unknown[row])))
        raise UnknownNodeError(
            f"{first}: the label is of the type {type(_plain(label)).__name__}, and the graph has {node!r} of the type "
            f"{type(node).__name__}; convert the labels to {type(node).__name__}",
            argument=column.argument,
        )

    def _check_repeated(self, column: NodeColumn, differ: NDArray[np.bool_], index: NDArray[np.int64]) -> None:
        rows = np.flatnonzero(differ)
        if rows.size:
            assert column.labels is not None
            row = int(rows[0])
            label = self.labels[int(index[row])]
            text = f"the node {label!r} is listed twice, with different values"
            more = f" ({np.unique(index[rows]).size:,} such nodes)" if rows.size > 1 else ""
            if column.places is not None:
                raise FileFormatError(f"{column.places[row]}: {text}{more}; keep one line for each node")
            raise InvalidArgumentError(
                f"{column.name}: {text}{more}; keep one value per node", argument=column.argument
            )

    def _unknown(self, column: NodeColumn, unknown: NDArray[np.int64]) -> UnknownNodeError:
        assert column.labels is not None
        row = int(unknown[0])
        first = self.labels.unknown(_plain(column.labels[row]), column.where(row))
        others = unknown[1:]
        more = ", nor is 1 other" if others.size == 1 else f", nor are {others.size:,} others"
        more = f"{more} of its {len(column.labels):,} labels ({self._shown(column, others)})" if others.size else ""
        remedy = f"remove {'them' if others.size else 'it'}"
        if self.option is not None:
            remedy += f", or use {self.option('drop')} to ignore such labels"
        hint = self._look_alike(column, unknown)
        return UnknownNodeError(f"{first}{more}{hint}; {remedy}", argument=column.argument)

    def _look_alike(self, column: NodeColumn, unknown: NDArray[np.int64]) -> str:
        """Return the end of a message on the first label that looks like a node, as 'Ann' looks like 'ann'."""
        assert column.labels is not None
        if self.labels.kind != "object":
            return ""
        given = [_plain(column.labels[i]) for i in unknown.tolist()]
        pairs = pairs_with(given, self.labels.take(np.arange(self.labels.n)))
        if not pairs:
            return ""
        more = f" ({len(pairs):,} such labels)" if len(pairs) > 1 else ""
        return f"; {pairs[0][0]!r} looks like the node {pairs[0][1]!r}{more}: write such labels the same way"

    @staticmethod
    def _shown(column: NodeColumn, rows: NDArray[np.int64]) -> str:
        assert column.labels is not None
        labels = column.labels
        return examples((_plain(labels[i]) for i in rows.tolist()), rows.size)


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def _integers(labels: Column) -> Column:
    """Return whole numbers in an array of any type as int64; an array of other numbers as a list."""
    if not isinstance(labels, np.ndarray) or labels.dtype.kind == "i":
        return labels
    if labels.dtype.kind == "u" and (not labels.size or int(labels.max()) < 2**63):
        return labels.astype(np.int64)
    if labels.dtype.kind == "f" and (np.abs(labels) < 2.0**53).all() and (labels == np.floor(labels)).all():
        return labels.astype(np.int64)
    return list(labels.tolist())


def _of_other_type(label: Any) -> Any:
    """Return a text of digits as an integer and a whole number as text; None for other labels.

    >>> _of_other_type("7"), _of_other_type(7.0), _of_other_type("a")
    (7, '7', None)
    """
    if isinstance(label, str):
        return int(label) if label.strip().removeprefix("-").isdecimal() and len(label) < 20 else None
    label = _plain(label)
    if isinstance(label, bool) or not isinstance(label, (int, float)):
        return None
    return str(int(label)) if label == label // 1 and abs(label) < 2**63 else None
