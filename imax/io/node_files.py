"""Files about nodes: lists and sets of labels, a number or a text per node, in lines or in columns of a table."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from ..errors import FileFormatError
from ..graph.alignment import Aligner
from ..graph.node_values import examples
from .node_columns import as_labels, file_columns, read_label_column, read_node_column
from .text import Content, PathLike, load_list, quoted

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["read_active_sets", "read_labels", "read_node_texts", "read_node_values"]


def read_labels(path: PathLike, graph: "InfluenceGraph", *, max_memory: int | str | None = None) -> list[Any]:
    r"""Return the node labels in a file with one label per line, or in a column of a table.

    Blank lines and lines that start with ``#`` are ignored.

    Parameters
    ----------
    path : str or os.PathLike
        The file, as ``FILE`` or ``FILE:COLUMN``; see :doc:`/how-to/user-tables`. ``"-"`` is standard input.
    graph : InfluenceGraph
        Graph that the labels belong to. If its labels are integers, texts are read as integers.
    max_memory : int or str, optional
        Largest number of bytes that the decompressed content and the objects made of it may take, such as ``"2GiB"``.
        Default: a quarter of the free memory.

    Returns
    -------
    list
        Labels in the order of the file, with repetitions.

    Raises
    ------
    UnknownNodeError
        If a label names no node. The message has the file, the line and the label.
    OutOfMemoryBoundError
        If the content exceeds `max_memory`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "seeds.txt"
    ...     _ = path.write_text("33\n0\n")
    ...     imax.io.read_labels(path, graph)
    [33, 0]
    """
    column = read_label_column(file_columns(path, 1), graph.labels, "labels", check.memory_bytes(max_memory))
    return graph.labels.take(Aligner(graph.labels, option=None).match(column))


def read_active_sets(
    path: PathLike,
    graph: "InfluenceGraph",
    *,
    ignored: list[str] | None = None,
    max_memory: int | str | None = None,
) -> list[list[Any]]:
    r"""Return the sets of active participants in a file: one comma-separated set per line, or one set in all lines.

    If no line has a comma, the file is one set with one label per line. A line may end with a comma, so that a set can
    have one member. Blank lines and lines that start with ``#`` are ignored.

    Parameters
    ----------
    path : str or os.PathLike
        The file. ``"-"`` is standard input.
    graph : InfluenceGraph
        Graph that the labels belong to.
    ignored : list of str, optional
        If given, labels that are not in the graph are ignored, and a note with their number is added to this list.
    max_memory : int or str, optional
        Largest number of bytes that the decompressed content and the objects made of it may take, such as ``"2GiB"``.
        Default: a quarter of the free memory.

    Returns
    -------
    list of list
        Labels of each set, in the order of the file.

    Raises
    ------
    UnknownNodeError
        If a label names no node, unless such labels are ignored.
    FileFormatError
        If the file has no labels, if a label is missing between commas, or if a set names a node twice.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import imax
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "active.txt"
    ...     _ = path.write_text("0,33\n5,\n")
    ...     imax.io.read_active_sets(path, imax.datasets.load("karate"))
    [[0, 33], [5]]
    """
    content = load_list(path, check.memory_bytes(max_memory))
    lines = [(i, [label.strip() for label in line.split(",")]) for i, line in _entries(content)]
    has_comma = any(len(labels) > 1 for _, labels in lines)
    lines = [(i, labels[:-1] if len(labels) > 1 and not labels[-1] else labels) for i, labels in lines]
    if not lines:
        raise FileFormatError(
            f"{content.name} names no active participants; list them, comma-separated or one per line"
        )
    first, head = lines[0]
    if len(lines) > 1 and (graph.labels.places(as_labels(list(head), graph.labels)) < 0).all() and has_comma:
        raise FileFormatError(
            f"{content.name}:{first}: {examples(head, len(head))} are not nodes of the graph; if the file is a table, "
            f"name its column of nodes, as in {content.name}:{head[0]}"
        )
    found: list[dict[int, None]] = [] if has_comma else [{}]
    unknown: list[str] = []
    for i, labels in lines:
        where = f"{content.name}:{i}"
        if has_comma:
            found.append({})
        for label in labels:
            if not label:
                raise FileFormatError(f"{where}: a label is missing beside a comma, got {quoted(','.join(labels))}")
            if ignored is not None and graph.labels.places(as_labels([label], graph.labels))[0] < 0:
                unknown.append(label)
                continue
            node = _node_index(graph, label, where)
            if node in found[-1]:
                raise FileFormatError(f"{where}: the node {quoted(label)} is listed twice; name it once in a set")
            found[-1][node] = None
    if ignored is not None and unknown:
        shown = examples(unknown, len(unknown))
        ignored.append(f"{content.name}: {len(unknown):,} labels are not in the graph and are ignored ({shown})")
        if not any(found):
            raise FileFormatError(f"{content.name} names no node of the graph ({graph.labels.hint()})")
    return [graph.labels.take(np.array(list(nodes), dtype=np.int64)) for nodes in found if nodes]


def read_node_values(
    path: PathLike, graph: "InfluenceGraph", *, default: float | None = None, max_memory: int | str | None = None
) -> NDArray[np.float64]:
    r"""Return the number of each node from a file with a label and a number per line, or from two columns of a table.

    The columns of lines are separated by a tab, otherwise by a comma, otherwise by a semicolon, otherwise by white
    space.

    Parameters
    ----------
    path : str or os.PathLike
        The file, as ``FILE`` or ``FILE:NODE:VALUE`` with the names or positions of the columns of labels and numbers;
        see :doc:`/how-to/user-tables`. ``"-"`` is standard input.
    graph : InfluenceGraph
        Graph that the labels belong to.
    default : float, optional
        Value of nodes that the file does not list. Without it the file must list every node.
    max_memory : int or str, optional
        Largest number of bytes that the decompressed content and the objects made of it may take, such as ``"2GiB"``.
        Default: a quarter of the free memory.

    Returns
    -------
    numpy.ndarray of float64, shape (n_nodes,)
        Values by node index.

    Raises
    ------
    UnknownNodeError
        If a label names no node.
    FileFormatError
        If a line is not a label and a finite number, or if a node is listed with different numbers or not at all.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import imax
    >>> graph = imax.InfluenceGraph.from_edges([("ann", "bob"), ("bob", "cid")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "costs.csv"
    ...     _ = path.write_text("ann,2.5\ncid,1\n")
    ...     imax.io.read_node_values(path, graph, default=0.0).tolist()
    [2.5, 0.0, 1.0]
    """
    column = read_node_column(
        file_columns(path, 2), graph.labels, "values", numbers=True, max_memory=check.memory_bytes(max_memory)
    )
    values = Aligner(graph.labels, option=None).numbers(column)
    missing = np.flatnonzero(np.isnan(values))
    if missing.size and default is None:
        raise FileFormatError(
            f"{column.name}: {missing.size:,} of {graph.n_nodes:,} nodes have no value "
            f"({examples(graph.labels.take(missing[:6]), missing.size)}); give a value for every node"
        )
    if default is not None:
        values[missing] = default
    return values


def read_node_texts(path: PathLike, graph: "InfluenceGraph", *, max_memory: int | str | None = None) -> dict[Any, str]:
    r"""Return a text for some nodes, such as the name of their group, from lines or from two columns of a table.

    Parameters
    ----------
    path : str or os.PathLike
        The file, as for `read_node_values`.
    graph : InfluenceGraph
        Graph that the labels belong to.
    max_memory : int or str, optional
        Largest number of bytes that the decompressed content and the objects made of it may take, such as ``"2GiB"``.
        Default: a quarter of the free memory.

    Returns
    -------
    dict of label to str
        Without the nodes whose text is empty.

    Raises
    ------
    UnknownNodeError
        If a label names no node.
    FileFormatError
        If a line does not have two columns, or if a node is listed with different texts.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import imax
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "clubs.csv"
    ...     _ = path.write_text("0,left\n33,right\n")
    ...     imax.io.read_node_texts(path, imax.datasets.load("karate"))
    {0: 'left', 33: 'right'}
    """
    column = read_node_column(
        file_columns(path, 2), graph.labels, "texts", numbers=False, max_memory=check.memory_bytes(max_memory)
    )
    texts, _ = Aligner(graph.labels, option=None).objects(column)
    return {label: text for label, text in zip(graph.nodes(), texts, strict=True) if text is not None}


def _entries(content: Content) -> list[tuple[int, str]]:
    """Return the lines that are neither blank nor comments, with their numbers from 1."""
    lines = [(i, line.strip()) for i, line in enumerate(content.text_lines(), 1)]
    return [(i, line) for i, line in lines if line and line[0] != "#"]


def _node_index(graph: "InfluenceGraph", text: str, where: str) -> int:
    label = as_labels([text], graph.labels)[0]
    index = int(graph.labels.places([label])[0])
    if index < 0:
        raise graph.labels.unknown(label, f"{where}: node")
    return index
