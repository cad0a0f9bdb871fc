"""Values of nodes that users give: what kind of container it is, and where its labels and its values are.

A mapping, a pandas Series (its index) and a table with a column of labels have labels. A sequence or an array has none:
it has one value per node, in the order of ``graph.nodes()``. Everything else is an error. `imax.graph.alignment` finds
the nodes of the labels. For files, and for what a missing value means, see `imax.io.node_reader`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._utils.tables import Column, column_names, columns_of, is_table, library_of, values_of
from ..errors import FileFormatError, ImaxError, InvalidArgumentError

__all__ = [
    "NODE_NAMES", "VALUE_NAMES", "NodeColumn", "choose_columns", "examples", "label_column", "node_column",
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
