"""What users hand in about nodes: values, groups and lists, in any container or file, aligned by label.

One keyword, ``on_missing``, says what to do with labels that only one side has: nodes of the graph without a value, and
labels that are no nodes of the graph.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.tables import is_table, library_of
from ..errors import InvalidArgumentError
from ..graph.alignment import Aligner
from ..graph.influence_graph import InfluenceGraph
from ..graph.node_values import NodeColumn, examples, label_column, node_column
from .node_columns import FileColumns, exists, file_columns, read_label_column, read_node_column

__all__ = ["ON_MISSING", "Groups", "NodeList", "NodeReader", "NodeValues"]

ON_MISSING = ("error", "drop", "default")


class ArrowTable(Protocol):
    """A table that implements the Arrow C stream interface."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Return a capsule with a stream of record batches."""


class LazyTable(Protocol):
    """A lazy frame of Polars."""

    def collect_schema(self) -> Any:
        """Return the names and types of the columns."""


_Labelled: TypeAlias = Mapping[Any, Any] | ArrowTable | LazyTable | os.PathLike[str] | tuple[Any, ...]
NodeValues: TypeAlias = ArrayLike | _Labelled
Groups: TypeAlias = ArrayLike | _Labelled
NodeList: TypeAlias = Iterable[Any] | ArrowTable | LazyTable | os.PathLike[str]

_KINDS = {  # noun; what a missing value means if it is dropped, and by default
    "costs": ("cost", "cannot be chosen", "cannot be chosen"),
    "node_weights": ("weight", "count 0", "count 1"),
    "groups": ("group", "cannot be chosen", "are limited by no quota"),
    "acceptance": ("acceptance probability", "never accept", "always accept"),
}


class NodeReader:
    """Reads what a user says about the nodes of a graph, and keeps notes of what was ignored or filled in.

    Parameters
    ----------
    graph : InfluenceGraph
    on_missing : {"error", "drop", "default"}, default "error"
        What to do with labels that are in the graph or in the data of the user, but not in both; see
        :doc:`/how-to/user-tables`.
    source : object, optional
        What the user passed as the graph; names of node attributes are looked up in it.
    option : callable, optional
        Function that returns how to set `on_missing` to a value, for messages; None if the caller cannot set it.

    max_memory : int or str, optional
        Largest number of bytes that a file and the objects made of it may take; see `imax.io.read_labels`.

    Attributes
    ----------
    dropped : numpy.ndarray of bool, shape (n_nodes,)
        Nodes that cannot be chosen because they have no cost or group, by internal id.
    why_dropped : str
        The value that these nodes do not have, for messages.
    notes : list of str
        What was ignored, dropped or filled in.
    """

    def __init__(
        self,
        graph: InfluenceGraph,
        on_missing: str | None = None,
        *,
        source: Any = None,
        option: Callable[[str], str] | None = 'on_missing="{}"'.format,
        max_memory: int | str | None = None,
    ) -> None:
        self.graph = graph
        self.source = source
        self.max_memory = check.memory_bytes(max_memory)
        self.on_missing = check.one_of("error" if on_missing is None else on_missing, "on_missing", ON_MISSING)
        self.aligner = Aligner(graph.labels, self.on_missing, option)
        self.dropped = np.zeros(graph.n_nodes, dtype=np.bool_)
        self.why_dropped = ""

    @property
    def notes(self) -> list[str]:
        """What was ignored, dropped or filled in."""
        return self.aligner.notes

    def nodes(self, given: Any, argument: str) -> NDArray[np.int32] | None:
        """Return the internal ids of a list of nodes, in its order; None if it is None."""
        if given is None:
            return None
        file = self._file(given, argument, 1)
        column = label_column(given, argument) if file is None else self._read_labels(file, argument)
        index = self.aligner.match(column, some=argument == "candidates")
        return self.graph.rank[index[index >= 0]]

    def node_weights(self, given: NodeValues | None) -> NDArray[np.float64] | None:
        """Return node weights by internal id; None if they are None."""
        if given is None:
            return None
        column = self._column(given, "node_weights", numbers=True)
        values = self._numbers(column, "node_weights", drop=0.0, default=1.0)
        if not values.sum() > 0:
            raise column.error("are all 0; at least one node must count")
        return values[self.graph.index]

    def costs(self, given: NodeValues) -> NDArray[np.float64]:
        """Return the cost of each node by internal id; 0 for the nodes without one, which are `dropped`."""
        values = self._numbers(self._column(given, "costs", numbers=True), "costs", drop=np.nan, default=np.nan)
        absent = np.isnan(values)
        self._drop(absent, "costs")
        values[absent] = 0.0
        return values[self.graph.index]

    def acceptance(self, given: NodeValues | None) -> NDArray[np.float64]:
        """Return the probability that each node accepts an invitation, by internal id; 1 each if it is None."""
        if given is None:
            return np.ones(self.graph.n_nodes)
        column = self._column(given, "acceptance", numbers=True)
        values = self._numbers(column, "acceptance", drop=0.0, default=1.0, high=1.0)
        return values[self.graph.index]

    def groups(self, given: Groups) -> tuple[NDArray[np.int32], list[Any]]:
        """Return the number of each node's group by internal id, -1 for no group, and the names of the groups."""
        column = self._column(given, "groups", numbers=False)
        values, missing = self.aligner.objects(column)
        names: dict[Any, int] = {}
        try:
            numbers = [-1 if group is None else names.setdefault(group, len(names)) for group in values]
        except TypeError as error:
            raise column.error(f"must be hashable: {error}") from None
        if self._report_missing(column, missing, "groups") and self.on_missing == "drop":
            self._drop(missing, "groups")
        return np.array(numbers, dtype=np.int32)[self.graph.index], list(names)

    @staticmethod
    def by_name(given: Any, argument: str) -> Any:
        """Return numbers by group or by label from a pandas Series or a table as a dict; others unchanged."""
        of_table = isinstance(given, tuple) and len(given) == 3 and is_table(given[0])
        if isinstance(given, Mapping) or not (of_table or is_table(given) or hasattr(given, "iloc")):
            return given
        column = node_column(given, argument)
        if column.default_index:
            raise InvalidArgumentError(
                f"{argument} is a pandas Series with the default index; set the index to the names, as in "
                "frame.set_index('NAME')['NUMBER']",
                argument=argument,
            )
        assert column.labels is not None
        labels, values = column.labels, np.asarray(column.values).tolist()
        names = labels.tolist() if isinstance(labels, np.ndarray) else labels
        if len(set(names)) < len(names):
            raise InvalidArgumentError(f"{argument} lists a name twice; keep one number each", argument=argument)
        return dict(zip(names, values, strict=True))

    def texts(self, given: Groups, argument: str) -> dict[Any, str]:
        """Return the texts of the nodes that have one, by label."""
        values, _ = self.aligner.objects(self._column(given, argument, numbers=False))
        return {label: text for label, text in zip(self.graph.nodes(), values, strict=True) if text is not None}

    # -- containers and files ----------------------------------------------------------------------------------

    def _column(self, given: Any, argument: str, *, numbers: bool) -> NodeColumn:
        """Return the labels and values that a user passes, reading a file or node attributes if they are named."""
        file = self._file(given, argument, 2)
        if file is not None:
            column = read_node_column(file, self.graph.labels, argument, numbers=numbers, max_memory=self.max_memory)
        elif isinstance(given, str):
            column = self._attribute(given, argument)
        else:
            column = node_column(given, argument)
        if column.note:
            self.notes.append(column.note)
        return column

    def _read_labels(self, file: FileColumns, argument: str) -> NodeColumn:
        column = read_label_column(file, self.graph.labels, argument, self.max_memory)
        if column.note:
            self.notes.append(column.note)
        return column

    def _file(self, given: Any, argument: str, count: int) -> FileColumns | None:
        """Return the file that a user names, with its columns; None if it is something else."""
        if isinstance(given, os.PathLike):
            return file_columns(given, count)
        if isinstance(given, tuple) and len(given) == count + 1:
            path, *columns = given
            if isinstance(path, os.PathLike):
                return FileColumns(os.fspath(path), tuple(columns))
        if isinstance(given, str) and not (argument in _KINDS and self._has_attribute(given)):
            file = file_columns(given, count)
            return file if file.path != "-" and exists(file.path) else None
        return None

    def _has_attribute(self, name: str) -> bool:
        if library_of(self.source) == "igraph":
            return name in self.source.vs.attributes()
        return hasattr(self.source, "is_multigraph") and any(name in data for _, data in self.source.nodes(data=True))

    def _attribute(self, name: str, argument: str) -> NodeColumn:
        """Return the node attribute of a NetworkX graph, or the vertex attribute of an igraph graph, by label."""
        if self._has_attribute(name) and library_of(self.source) == "igraph":
            return node_column(list(self.source.vs[name]), argument)
        if not hasattr(self.source, "is_multigraph"):
            raise InvalidArgumentError(
                f"{argument}={name!r} is neither a file nor an attribute of the nodes; only graphs of NetworkX and "
                "igraph have such attributes, so name a file and its columns, as in 'FILE:NODE:VALUE', or pass a table",
                argument=argument,
            )
        found = {node: data[name] for node, data in self.source.nodes(data=True) if name in data}
        if not found:
            raise InvalidArgumentError(
                f"{argument}={name!r} names an attribute that no node of the graph has; there is no such file, either",
                argument=argument,
            )
        return node_column(found, argument)

    # -- missing values ----------------------------------------------------------------------------------------

    def _numbers(
        self, column: NodeColumn, argument: str, *, drop: float, default: float, high: float | None = None
    ) -> NDArray[np.float64]:
        """Return checked numbers by node index; `drop` or `default` where there is none."""
        values = self.aligner.numbers(column)
        missing = np.isnan(values)
        self._report_missing(column, missing, argument)
        bound = np.inf if high is None else high
        wrong = np.flatnonzero(~missing & ~((values >= 0) & (values <= bound) & np.isfinite(values)))
        if wrong.size:
            node, value = self.graph.labels[int(wrong[0])], values[wrong[0]]
            rule = "finite and not negative" if high is None else f"between 0 and {high:g}"
            raise column.error(f"of node {node!r} is {value}; {argument.removeprefix('node_')} must be {rule}")
        with np.errstate(over="ignore"):
            total = values[~missing].sum()
        if not np.isfinite(total):
            raise column.error(
                f"have a sum beyond the largest number, {np.finfo(np.float64).max:.2g}; divide all by a constant"
            )
        values[missing] = drop if self.on_missing == "drop" else default
        return values

    def _report_missing(self, column: NodeColumn, missing: NDArray[np.bool_], argument: str) -> bool:
        """Raise an error or add a note if values are missing; return whether some are."""
        nodes = np.flatnonzero(missing)
        if not nodes.size:
            return False
        noun, dropped, filled = _KINDS[argument]
        article = "an" if noun[0] in "aeiou" else "a"
        shown = examples(self.graph.labels.take(nodes[:6]), nodes.size)
        n = self.graph.n_nodes
        if self.on_missing == "error":
            option, remedy = self.aligner.option, f"give each {article} {noun}"
            if option is not None:
                remedy += f", or use {option('drop')} (such nodes {dropped})"
                remedy += f" or {option('default')} (such nodes {filled})" if filled != dropped else ""
            raise column.error(f"lacks {nodes.size:,} of {n:,} nodes ({shown}); {remedy}")
        meaning = dropped if self.on_missing == "drop" else filled
        self.notes.append(f"{argument}: {nodes.size:,} of {n:,} nodes have no {noun} and {meaning} ({shown})")
        return True

    def _drop(self, missing: NDArray[np.bool_], argument: str) -> None:
        """Mark nodes, by node index, as nodes that cannot be chosen."""
        if missing.any():
            self.dropped |= missing[self.graph.index]
            self.why_dropped = _KINDS[argument][0]

    def check_not_dropped(self, ids: NDArray[np.int32], argument: str) -> None:
        """Raise an error if a node that must be chosen cannot be chosen."""
        wrong = ids[self.dropped[ids]]
        if wrong.size:
            raise InvalidArgumentError(
                f"{argument} contains {self.graph.labels_of(wrong[:1])[0]!r}, which has no {self.why_dropped}; give it "
                "one",
                argument=argument,
            )
