"""Values of nodes that users give: what kind of container it is, and its alignment with the nodes by label.

A container with labels is aligned by label: a mapping, a pandas Series (its index), a table with a column of labels. A
sequence or an array has no labels: it has one value per node, in the order of ``graph.nodes()``. Everything else is
an error. For files, and for what a missing value means, see `imax.io.node_reader`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.numbers import plain_number
from .._utils.tables import Column, column_names, columns_of, is_table, library_of, values_of
from ..errors import FileFormatError, ImaxError, InvalidArgumentError, UnknownNodeError
from .labelled_arcs import shown
from .labels import Labels
from .look_alikes import pairs_with

__all__ = [
    "NODE_NAMES", "VALUE_NAMES", "Aligner", "NodeColumn", "choose_columns", "examples", "label_column", "node_column",
]  # fmt: skip

NODE_NAMES = ("node", "node_id", "label", "id", "user", "user_id", "vertex")
VALUE_NAMES = {
    "costs": ("cost", "costs", "price"),
    "node_weights": ("weight", "weights", "node_weight", "node_weights"),
    "groups": ("group", "groups"),
    "quotas": ("quota", "quotas"),
    "group_budgets": ("budget", "budgets", "group_budget"),
    "acceptance": ("acceptance", "acceptance_probability"),
}
_SHOWN = 5  # examples in a message


@dataclass(frozen=True)
class NodeColumn:
    """Values of nodes, with their labels.

    Attributes
    ----------
    name : str
        The argument or the file, for messages.
    what : str
        The argument.
    labels : numpy.ndarray or list, or None
        The label of each value. None: the values are in the order of the nodes of the graph.
    values : array_like
        The values. For a list of nodes: the labels again.
    places : list of str or None
        For a file: name and line of each value.
    default_index : bool
        Whether the labels are the index that pandas makes if none is given, 0, 1, 2, ...
    note : str
        How the columns were chosen; empty if there was no choice.
    """

    name: str
    what: str
    labels: Column | None
    values: Any
    places: list[str] | None = None
    default_index: bool = False
    note: str = ""

    @property
    def argument(self) -> str | None:
        """The argument that is at fault if something is wrong; None for a file."""
        return self.what if self.places is None else None

    def where(self, row: int) -> str:
        """Return how messages about a row begin."""
        return f"{self.name}:" if self.places is None else f"{self.places[row]}: node"

    def error(self, text: str) -> ImaxError:
        """Return an error about the values; its message begins with their name."""
        if self.argument is None:
            return FileFormatError(f"{self.name}: {self.what} {text}")
        return InvalidArgumentError(f"{self.name} {text}", argument=self.argument)


def examples(values: Iterable[Any], count: int) -> str:
    """Return the first few values, for a message.

    >>> examples("abcdefg", 7)
    "'a', 'b', 'c', 'd', 'e', ..."
    """
    first = [repr(value) for value, _ in zip(values, range(_SHOWN), strict=False)]
    return ", ".join([*first, "..."] if count > _SHOWN else first)


# -- recognizing containers ----------------------------------------------------------------------------------------


def node_column(given: Any, argument: str) -> NodeColumn:
    """Return the values and labels in a container that a user passes for `argument`."""
    if isinstance(given, Mapping):
        return NodeColumn(argument, argument, values_of(list(given)), values_of(list(given.values())))
    if _is_series(given):
        labels, default = values_of(given.index), _is_default_index(given.index)
        return NodeColumn(argument, argument, labels, values_of(given), default_index=default)
    if isinstance(given, tuple) and len(given) == 3 and (is_table(given[0]) or isinstance(given[0], Mapping)):
        return _of_table(given[0], given[1], given[2], argument)
    if is_table(given):
        names = column_names(given)
        indexed = library_of(given) == "pandas" and not _is_default_index(given.index)
        if indexed and (given.index.names[0] is not None or len(names) == 1):
            return _of_index(given, names, argument)
        node, value = choose_columns(names, argument, f"({argument}=table, 'NODE', 'VALUE')")
        column = _of_table(given, node, value, argument)
        chosen = f"{argument}: the labels are in the column {names[node]!r}, the values in {names[value]!r}"
        return column if len(names) == 2 else replace(column, note=chosen)
    return NodeColumn(argument, argument, None, _in_order(given, argument))


def label_column(given: Any, argument: str) -> NodeColumn:
    """Return the labels in a list of nodes that a user passes for `argument`."""
    if isinstance(given, tuple) and len(given) == 2 and (is_table(given[0]) or isinstance(given[0], Mapping)):
        labels = columns_of(given[0], {argument: given[1]}, argument=argument)[argument]
    elif is_table(given):
        names = column_names(given)
        known = [i for i, name in enumerate(names) if str(name).lower() in NODE_NAMES]
        if len(names) != 1 and len(known) != 1:
            raise InvalidArgumentError(
                f"{argument} is a table with the columns {examples(names, len(names))}; name the one with the labels, "
                f"as in {argument}=(table, {names[0]!r})",
                argument=argument,
            )
        labels = columns_of(given, {argument: known[0] if len(names) != 1 else 0}, argument=argument)[argument]
    elif isinstance(given, (str, bytes)):
        raise InvalidArgumentError(
            f"{argument} must be an iterable of labels, got the text {given!r}; put a single label into a list",
            argument=argument,
        )
    elif isinstance(given, Mapping) and not isinstance(given, Set):
        raise InvalidArgumentError(
            f"{argument} must be an iterable of labels, got a mapping; for its keys pass list({argument})",
            argument=argument,
        )
    elif isinstance(given, Iterable):
        labels = values_of(given)
    else:
        raise InvalidArgumentError(
            f"{argument} must be an iterable of labels, got {given!r}; put a single label into a list",
            argument=argument,
        )
    if len(labels) and all(isinstance(label, (bool, np.bool_)) for label in labels[:_SHOWN]):
        raise InvalidArgumentError(
            f"{argument} must be labels, got truth values; for a pandas Series with labels pass mask.index[mask]",
            argument=argument,
        )
    return NodeColumn(argument, argument, labels, labels)


def choose_columns(names: Sequence[Any], argument: str, remedy: str) -> tuple[int, int]:
    """Return the positions of the columns of labels and of values, if they are certain.

    Of two columns, the first has the labels, unless only its name says that it has the values. Of more columns, the
    names must tell both.
    """
    lower = [str(name).lower() for name in names]
    values = [i for i, name in enumerate(lower) if name in VALUE_NAMES.get(argument, ())]
    if len(names) == 2:
        return (1, 0) if values == [0] else (0, 1)
    nodes = [i for i, name in enumerate(lower) if name in NODE_NAMES]
    if len(values) == 1 and len(nodes) == 1:
        return nodes[0], values[0]
    raise InvalidArgumentError(
        f"{argument}: it is not certain which of the columns {examples(names, len(names))} has the labels and which "
        f"the values; name both, as in {remedy}",
        argument=argument,
    )


def _of_table(table: Any, node: int | str, value: int | str, argument: str) -> NodeColumn:
    try:
        found = columns_of(table, {"labels": node, "values": value}, argument=argument)
    except InvalidArgumentError as error:
        if error.argument not in ("labels", "values"):
            raise
        text = f"{argument}: the column of the {error}"
        raise InvalidArgumentError(text, argument=argument) from None
    return NodeColumn(argument, argument, found["labels"], found["values"])


def _of_index(frame: Any, names: list[Any], argument: str) -> NodeColumn:
    """Return a column of a pandas data frame by the labels in its index."""
    known = [i for i, name in enumerate(names) if str(name).lower() in VALUE_NAMES.get(argument, ())]
    if len(names) != 1 and len(known) != 1:
        raise InvalidArgumentError(
            f"{argument} is a table with the columns {examples(names, len(names))}; pass the one with the values, as "
            f"in table[{names[0] if names else 'NAME'!r}]",
            argument=argument,
        )
    series = frame.iloc[:, known[0] if len(names) != 1 else 0]
    return NodeColumn(argument, argument, values_of(frame.index), values_of(series))


def _is_series(value: Any) -> bool:
    """Whether a value is a Series of pandas or of a library that imitates it: values with an index of labels."""
    index = getattr(value, "index", None)
    return index is not None and not callable(index) and hasattr(value, "iloc") and not hasattr(value, "columns")


def _is_default_index(index: Any) -> bool:
    return type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1 and index.name is None


def _in_order(given: Any, argument: str) -> Any:
    """Return a container whose order is that of the nodes."""
    if library_of(given) in ("polars", "pyarrow") or isinstance(given, np.ma.MaskedArray):
        return values_of(given)
    if isinstance(given, (str, bytes, Set, Iterator)) or not hasattr(given, "__len__") or hasattr(given, "to_series"):
        raise InvalidArgumentError(
            f"{argument} must be a mapping, a pandas Series or a table with labels, or a sequence with one value per "
            f"node, got {type(given).__name__}",
            argument=argument,
        )
    return given


# -- alignment -----------------------------------------------------------------------------------------------------


@dataclass
class Aligner:
    """Finds the nodes of labels, and counts the labels that are no nodes.

    Attributes
    ----------
    labels : Labels
        Labels of the graph.
    on_missing : {"error", "drop", "default"}
        Whether a label that is no node is an error. Otherwise it is ignored.
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
