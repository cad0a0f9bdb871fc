"""Graphs, labels and node values from files, and back."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.streams import RNG
from ..errors import FileFormatError, InvalidArgumentError, UnknownNodeError
from .binary import from_content, is_binary, read_binary, write_binary
from .text import Content, PathLike, load, quoted, write_bytes, write_text

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..graph.labels import Labels
    from .edge_list import Arcs, Wanted

__all__ = [
    "read_active_sets",
    "read_binary",
    "read_edgelist",
    "read_graph",
    "read_labels",
    "read_node_texts",
    "read_node_values",
    "write_binary",
    "write_graph",
    "write_text",
]

_EDGE_LISTS = {".txt": "\t", ".csv": ","}
_FLOAT32_MAX = 3.4028234663852886e38


def read_edgelist(
    path: PathLike,
    *,
    directed: bool = True,
    probability: str | None = None,
    multi_edges: str = "merge",
    column: bool | None = None,
    on_bad_line: str = "error",
    threads: int | None = None,
    rng: RNG = None,
) -> "InfluenceGraph":
    r"""Read a graph from lines of two or three columns: source, target and, where wanted, a number.

    Columns stand apart by white space, a comma or a semicolon. Blank lines and lines that start with ``#`` or
    ``%`` are left out. Labels are integers if every label is one (without sign or leading zeros), and the
    nodes then stand in rising order; otherwise all labels are text, and the nodes stand in order of
    appearance. In a file of names the first line tells the separator: a tab, else a comma, else a semicolon
    (names then may hold blanks, or stand in double quotes), else white space. A first line without numbers
    above lines of integer labels is a header. Columns after the third are ignored. What the reader decided is
    told in ``graph.report.notes``.

    Parameters
    ----------
    path : str or os.PathLike
        The file, plain or compressed (gzip, bzip2, xz, zstd: told by its first bytes); ``"-"`` is standard
        input.
    directed : bool, default True
        False makes two arcs of each line.
    probability : str, optional
        A scheme (see `imax.probabilities`); default ``"weighted_cascade"``.
    multi_edges : {"merge", "combine", "error"}, default "merge"
        What becomes of arcs given more than once; see `InfluenceGraph.from_arrays`.
    column : bool, optional
        Whether to read the third column; default: where the scheme needs it. True without `probability` means
        ``probability="column"``.
    on_bad_line : {"error", "skip"}, default "error"
        What becomes of malformed lines; those left out are counted in ``graph.report.bad_lines``.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores. The graph does not depend on it.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        For schemes that draw.

    Returns
    -------
    InfluenceGraph

    Raises
    ------
    NoSuchFileError
        If there is no such file, or it is a folder.
    FileFormatError
        For a malformed line, with its number and text; for a file without arcs, or one that is no text.
    MissingDependencyError
        For zstd without the package zstandard, before Python 3.14.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from imax.io import read_edgelist
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.csv"
    ...     _ = path.write_text("source,target,weight\n10,20,0.5\n20,30,0.25\n")
    ...     graph = read_edgelist(path, probability="column")
    >>> graph.arcs()
    [(10, 20, 0.5), (20, 30, 0.25)]
    """
    wanted = _wanted(probability, multi_edges, column, on_bad_line)
    n_threads = check.threads(threads)
    options: dict[str, Any] = {"probability": probability, "multi_edges": multi_edges, "rng": rng}
    return _from_edgelist(load(path), wanted, n_threads, directed, options)


def read_graph(
    path: PathLike,
    *,
    directed: bool = True,
    probability: str | None = None,
    multi_edges: str = "merge",
    column: bool | None = None,
    on_bad_line: str = "error",
    threads: int | None = None,
    rng: RNG = None,
) -> "InfluenceGraph":
    r"""Read a graph from a file of any format that imax knows; the first bytes tell which.

    An edge list (see `read_edgelist`), a Matrix Market file (square, coordinate, real, integer or pattern,
    general or symmetric; entry (i, j) is the arc from i to j, labels are 1 to n), or a file that
    `write_graph` wrote; text may be compressed.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``"-"`` is standard input.
    directed : bool, default True
        False makes two arcs of each entry; a symmetric matrix always means two.
    probability : str, optional
        A scheme (see `imax.probabilities`); default ``"weighted_cascade"``, or what a file of imax says.
    multi_edges, column, on_bad_line, threads, rng
        As for `read_edgelist`; without meaning for a file that `write_graph` wrote.

    Returns
    -------
    InfluenceGraph

    Raises
    ------
    NoSuchFileError
        If there is no such file, or it is a folder.
    FileFormatError
        If the content is malformed; with the line's number and text where there is one.
    InvalidArgumentError
        For ``directed=False`` with a file of imax that holds a directed graph.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from imax.io import read_graph
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.mtx"
    ...     _ = path.write_text("%%MatrixMarket matrix coordinate pattern general\n3 3 1\n1 2\n")
    ...     graph = read_graph(path)
    >>> graph.nodes(), graph.arcs()
    ([1, 2, 3], [(1, 2, 1.0)])
    """
    from .matrix_market import is_matrix_market, read_matrix_market

    wanted = _wanted(probability, multi_edges, column, on_bad_line)
    n_threads = check.threads(threads)
    content = load(path)
    if is_binary(content):
        graph = from_content(content)
        if not directed and graph.report.directed:
            raise InvalidArgumentError(
                f"{content.name}: the file holds a directed graph; read its source with directed=False"
            )
        return graph if probability is None else graph.with_probability(probability, rng=rng)
    options: dict[str, Any] = {"probability": probability, "multi_edges": multi_edges, "rng": rng}
    if is_matrix_market(content):
        arcs, symmetric = read_matrix_market(content, wanted, n_threads)
        return _built(arcs, n_threads, directed and not symmetric, options)
    return _from_edgelist(content, wanted, n_threads, directed, options)


def write_graph(graph: "InfluenceGraph", path: PathLike) -> None:
    """Write a graph to a file, whose ending says how; it appears whole or not at all.

    ``.txt`` (tabs) and ``.csv`` are edge lists of source, target and probability, without nodes that no arc touches;
    ``.mtx`` is Matrix Market, whose nodes are numbered from 1. Any other ending, by custom ``.imax``, is the binary
    file that `read_graph` maps in milliseconds, with labels, probabilities and column: see `imax.io.write_binary`.

    Parameters
    ----------
    graph : InfluenceGraph
    path : str or os.PathLike

    Raises
    ------
    InvalidGraphError
        If a label cannot stand in an edge list, or cannot be stored.
    InvalidArgumentError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     imax.write_graph(graph, f"{folder}/karate.csv")
    ...     imax.read_graph(f"{folder}/karate.csv").n_arcs == graph.n_arcs
    True
    """
    from .graph_text import edge_list, matrix_market

    ending = Path(path).suffix.lower()
    if ending == ".mtx":
        write_bytes(path, matrix_market(graph))
    elif ending in _EDGE_LISTS:
        write_bytes(path, edge_list(graph, _EDGE_LISTS[ending]))
    else:
        write_binary(graph, path)


def _wanted(probability: str | None, multi_edges: str, column: bool | None, on_bad_line: str) -> "Wanted":
    """Check the options before a large file is read."""
    from ..graph.influence_graph import MULTI_EDGES
    from ..graph.probabilities import parse
    from .edge_list import Wanted

    check.one_of(multi_edges, "multi_edges", MULTI_EDGES)
    skip = check.one_of(on_bad_line, "on_bad_line", ("error", "skip")) == "skip"
    scheme, _ = parse(probability or ("column" if column else "weighted_cascade"))
    if scheme.needs_column and column is False:
        raise InvalidArgumentError(f"probability {scheme.name!r} needs the third column; leave column=False out")
    if not (column or scheme.needs_column):
        return Wanted(skip=skip)
    if scheme.name == "column":
        return Wanted((0.0, 1.0), "a probability in [0, 1]", skip)
    return Wanted((0.0, _FLOAT32_MAX), "a finite number of at least 0", skip)


def _from_edgelist(
    content: Content, wanted: "Wanted", threads: int, directed: bool, options: dict[str, Any]
) -> "InfluenceGraph":
    from .edge_list import read_text

    arcs = read_text(content, wanted, threads)
    del content  # the mapped file need not stay while the graph is built
    return _built(arcs, threads, directed, options)


def _built(arcs: "Arcs", threads: int, directed: bool, options: dict[str, Any]) -> "InfluenceGraph":
    from ..graph.influence_graph import InfluenceGraph

    graph = InfluenceGraph.from_arrays(
        arcs.src,
        arcs.dst,
        arcs.column,
        n_nodes=arcs.n_nodes,
        labels=arcs.labels,
        directed=directed,
        threads=threads,
        **options,
    )
    return graph.with_report(bad_lines=arcs.bad_lines, notes=graph.report.notes + arcs.notes)


def _key(labels: "Labels", text: str) -> Any:
    """Return the label that a text stands for: an integer where labels are integers."""
    if labels.kind == "object":
        return text
    try:
        return int(text)
    except ValueError:
        return text


def _node_index(labels: "Labels", text: str, where: str) -> int:
    try:
        return int(labels.find([_key(labels, text)])[0])
    except UnknownNodeError as error:
        raise UnknownNodeError(f"{where}: {error}") from None


def _entries(content: Content) -> list[tuple[int, str]]:
    """Return the lines that are neither blank nor comments, with their numbers."""
    lines = [(i, line.strip()) for i, line in enumerate(content.text_lines(), 1)]
    return [(i, line) for i, line in lines if line and line[0] != "#"]


def read_labels(path: PathLike, graph: "InfluenceGraph") -> list[Any]:
    """Read node labels, one per line; blank lines and ``#`` comments are left out.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``"-"`` is standard input.
    graph : InfluenceGraph
        Whose nodes the labels must name. Where its labels are integers, lines are read as such.

    Returns
    -------
    list
        The labels, in the file's order; repeated ones stay.

    Raises
    ------
    UnknownNodeError
        Naming the file, the line and the label.
    """
    content = load(path)
    found = [_node_index(graph.labels, text, f"{content.name}:{i}") for i, text in _entries(content)]
    return graph.labels.take(np.array(found, dtype=np.int64))


def read_active_sets(path: PathLike, graph: "InfluenceGraph") -> list[list[Any]]:
    """Read sets of active participants: a set on each line, labels apart by commas; or one set, a label on each line.

    It is one set if no line has a comma; a comma may end a line, so that a set can have one member. Blank lines and
    ``#`` comments are left out.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``"-"`` is standard input.
    graph : InfluenceGraph
        Whose nodes the labels must name.

    Returns
    -------
    list of list
        The labels of each set, in the file's order.

    Raises
    ------
    UnknownNodeError
        For a label that names no node.
    FileFormatError
        For a file without labels, an empty place between commas, or a node twice in a set.
    """
    content = load(path)
    lines = [(i, [label.strip() for label in line.split(",")]) for i, line in _entries(content)]
    has_comma = any(len(labels) > 1 for _, labels in lines)
    lines = [(i, labels[:-1] if len(labels) > 1 and not labels[-1] else labels) for i, labels in lines]
    if not lines:
        raise FileFormatError(f"{content.name} names no active participants; list them, apart by commas or a line each")
    one = not has_comma
    found: list[dict[int, None]] = [{}] if one else []
    for i, labels in lines:
        where = f"{content.name}:{i}"
        if not one:
            found.append({})
        for label in labels:
            if not label:
                raise FileFormatError(f"{where}: a label is missing beside a comma, got {quoted(','.join(labels))}")
            node = _node_index(graph.labels, label, where)
            if node in found[-1]:
                raise FileFormatError(f"{where}: the node {quoted(label)} is listed twice; name it once in a set")
            found[-1][node] = None
    return [graph.labels.take(np.array(list(nodes), dtype=np.int64)) for nodes in found]


def read_node_values(path: PathLike, graph: "InfluenceGraph", *, default: float | None = None) -> NDArray[np.float64]:
    """Read a value per node: lines of a label and a number, apart by white space or a comma.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``"-"`` is standard input.
    graph : InfluenceGraph
        Whose nodes the labels must name.
    default : float, optional
        The value of nodes that the file leaves out; without it every node must be listed.

    Returns
    -------
    numpy.ndarray of float64, shape (n_nodes,)
        By node index.

    Raises
    ------
    UnknownNodeError
        For a label that names no node.
    FileFormatError
        For a line that is not a label and a finite number, a node listed twice, or one left out.
    """
    content = load(path)
    values = np.full(graph.n_nodes, np.nan)
    for i, text in _entries(content):
        where = f"{content.name}:{i}"
        label, number = _label_and_number(text, where)
        node = _node_index(graph.labels, label, where)
        if not math.isnan(values[node]):
            raise FileFormatError(f"{where}: the node {quoted(label)} is listed twice; keep one line for each node")
        values[node] = number
    missing = np.flatnonzero(np.isnan(values))
    if missing.size and default is None:
        raise FileFormatError(
            f"{content.name}: {missing.size} of {graph.n_nodes} nodes have no value, the first is "
            f"{graph.labels[int(missing[0])]!r}; list every node or give default="
        )
    if default is not None:
        values[missing] = default
    return values


def read_node_texts(path: PathLike, graph: "InfluenceGraph") -> dict[Any, str]:
    """Read a text for some nodes, such as the name of their group: lines of a label and a text, as for values.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``"-"`` is standard input.
    graph : InfluenceGraph
        Whose nodes the labels must name.

    Returns
    -------
    dict of label to str

    Raises
    ------
    UnknownNodeError
        For a label that names no node.
    FileFormatError
        For a line without two parts, or a node listed twice.
    """
    content = load(path)
    found: dict[int, str] = {}
    for i, line in _entries(content):
        where = f"{content.name}:{i}"
        label, text = _two_parts(line)
        if not (label and text):
            raise FileFormatError(f"{where}: expected a label and a text, got {quoted(line)}")
        node = _node_index(graph.labels, label, where)
        if node in found:
            raise FileFormatError(f"{where}: the node {quoted(label)} is listed twice; keep one line for each node")
        found[node] = text
    return dict(zip(graph.labels.take(np.array(list(found), dtype=np.int64)), found.values(), strict=True))


def _two_parts(text: str) -> tuple[str, str]:
    """Split at the last separator: a tab, else a comma, else a semicolon, else white space."""
    for separator in ("\t", ",", ";", None):
        parts = text.rsplit(separator, 1)
        if len(parts) == 2:
            return parts[0].strip(), parts[1].strip()
    return text.strip(), ""


def _label_and_number(text: str, where: str) -> tuple[str, float]:
    label, value = _two_parts(text)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and label):
        raise FileFormatError(f"{where}: expected a label and a finite number, got {quoted(text)}")
    return label, number
