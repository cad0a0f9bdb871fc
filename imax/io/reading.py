"""Graphs from files: the options, the choice of the format, and the construction of the graph."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._utils import check
from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from ..graph.edge_columns import EdgeColumns
from .binary import VERIFY, from_content
from .text import Content, PathLike, load

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from .arc_chunks import FileChunks
    from .edge_list import EdgeList
    from .read_options import ReadOptions

__all__ = ["content_as_edgelist", "read_chunks", "read_edgelist", "read_graph"]

_FLOAT32_MAX = 3.4028234663852886e38


def read_edgelist(
    path: PathLike,
    *,
    source: int | str | None = None,
    target: int | str | None = None,
    weight: int | str | None = None,
    header: bool | None = None,
    directed: bool = True,
    probability: str | None = None,
    multi_edges: str = "merge",
    column: bool | None = None,
    on_bad_line: str = "error",
    threads: int | None = None,
    rng: RNG = None,
    max_memory: int | str | None = None,
) -> "InfluenceGraph":
    r"""Read a graph from a text file with one arc per line: an edge list, or a table with named columns.

    Columns are separated by white space, a tab, a comma, a semicolon or a vertical bar. Blank lines and lines that
    start with ``#`` or ``%`` are ignored. Without a header the first two columns are source and target, and the third
    may hold a number. :doc:`/reference/file-formats` describes how header, separator and columns are recognized.
    ``graph.report.notes`` lists what the reader decided, and ``graph.report.doubts`` those decisions that may be wrong.

    If every label is an integer (without sign or leading zeros), labels are integers and nodes are in ascending order;
    ``7.0`` counts as 7. Otherwise all labels are strings and nodes are in order of appearance.

    Parameters
    ----------
    path : str or os.PathLike
        The file, plain or compressed with gzip, bzip2, xz or zstd (its first bytes decide). ``"-"`` is standard input.
    source, target : int or str, optional
        Columns with the ends of the arcs: names in the header, or positions from 0. Default: columns with usual names
        (source and target, from and to, inviter and invitee, ...), the only two columns, or without a header the first
        two. If followed and follower are columns, the arcs go from the followed to the follower. If the names are not
        clear, an error lists them.
    weight : int or str, optional
        Column with a number per arc. Default: if numbers are needed, the column with a usual name (weight, probability,
        p, ...), the only other column, or without a header the third. With `weight`, the default of `probability` is
        ``"column"``.
    header : bool, optional
        Whether the first line has the names of the columns. Default: decide by the content.
    directed : bool, default True
        Whether each line is one arc. False: each line is an edge, that is, two arcs.
    probability : str, optional
        Scheme of the arc probabilities, see `imax.probabilities`. Default: ``"weighted_cascade"``.
    multi_edges : {"merge", "combine", "error"}, default "merge"
        How to treat parallel arcs, see `InfluenceGraph.from_arrays`.
    column : bool, optional
        Whether to read the third column. Default: if the scheme needs it. True without `probability` means
        ``probability="column"``.
    on_bad_line : {"error", "skip"}, default "error"
        How to treat malformed lines. ``graph.report.bad_lines`` counts the skipped ones.
    threads : int, optional
        Number of threads. Default: ``IMAX_NUM_THREADS``, otherwise all cores. The graph does not depend on it.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness of schemes that draw probabilities.
    max_memory : int or str, optional
        Largest size of the decompressed content, and of the arrays of the arcs that are read, in bytes or as a string
        such as ``"500M"``. Default: three quarters of the free memory. An uncompressed file itself may be larger,
        because it is mapped.

    Returns
    -------
    InfluenceGraph

    Raises
    ------
    NoSuchFileError
        If the file does not exist or is a folder.
    FileFormatError
        If a line is malformed (the message has its number and text), if the file has no arcs, or if it is not text.
    InvalidArgumentError
        If the columns are not clear or do not exist.
    OutOfMemoryBoundError
        If the content exceeds `max_memory`.
    MissingDependencyError
        If the file is compressed with zstd and the package zstandard is missing (before Python 3.14).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import imax
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.csv"
    ...     _ = path.write_text("source,target,weight\n10,20,0.5\n20,30,0.25\n")
    ...     graph = imax.read_edgelist(path, probability="column")
    >>> graph.arcs()
    [(10, 20, 0.5), (20, 30, 0.25)]
    """
    columns = EdgeColumns(source, target, weight)
    task = _task(columns, header, directed, probability, multi_edges, column, on_bad_line, threads, rng)
    return _from_edgelist(load(path, check.memory_bytes(max_memory)), task)


def content_as_edgelist(
    content: Content,
    *,
    directed: bool,
    probability: str | None,
    multi_edges: str,
    column: bool,
    threads: int | None,
    rng: RNG,
) -> "InfluenceGraph":
    """Read the content of a file as `read_edgelist` does."""
    task = _task(EdgeColumns(), None, directed, probability, multi_edges, column, "error", threads, rng)
    return _from_edgelist(content, task)


def read_graph(
    path: PathLike,
    *,
    source: int | str | None = None,
    target: int | str | None = None,
    weight: int | str | None = None,
    header: bool | None = None,
    directed: bool = True,
    probability: str | None = None,
    multi_edges: str = "merge",
    column: bool | None = None,
    on_bad_line: str = "error",
    threads: int | None = None,
    rng: RNG = None,
    max_memory: int | str | None = None,
    verify: str = "fast",
) -> "InfluenceGraph":
    r"""Read a graph from a file of any format that imax supports. The first bytes decide the format.

    The formats are edge lists and CSV (see `read_edgelist`), Parquet, Arrow and Feather, JSON Lines, GraphML, GEXF,
    GML, Pajek, node-link JSON, Matrix Market, and the binary files that `write_graph` writes. Files may be compressed.
    :doc:`/reference/file-formats` describes them.

    Parameters
    ----------
    path : str or os.PathLike
        The file. ``"-"`` is standard input.
    source, target, header
        As for `read_edgelist`: for text, and without `header` for tables. Other formats name the ends of the arcs.
    weight : int or str, optional
        Column with a number per arc, as for `read_edgelist`; in a graph format, the attribute of the edges.
    directed : bool, default True
        Whether each entry is one arc. False: each entry is two arcs. Edges of a file that says that it is undirected,
        and entries of a symmetric matrix, are always two arcs.
    probability : str, optional
        Scheme of the arc probabilities, see `imax.probabilities`. Default: ``"weighted_cascade"``, or ``"column"`` if
        `weight` is given; for a binary file the probabilities in the file.
    multi_edges, column, on_bad_line, threads, rng
        As for `read_edgelist`. They have no effect on a binary file.
    max_memory : int or str, optional
        Largest size of the decompressed content, of the arrays of the arcs that are read, of the nodes or rows that a
        file announces, and of the objects that stand for XML or JSON, in bytes or as a string such as ``"500M"``.
        Default: three quarters of the free memory. An uncompressed file itself may be larger, because it is mapped.
    verify : {"fast", "full"}, default "fast"
        For a binary file: ``full`` also compares the checksums of all arrays; see `imax.io.read_binary`. A binary file
        must not be overwritten in place while the graph is in use, because its arrays stay in the file.

    Returns
    -------
    InfluenceGraph

    Raises
    ------
    NoSuchFileError
        If the file does not exist or is a folder.
    FileFormatError
        If the content is malformed. The message has the number and text of the line, if there is one.
    InvalidArgumentError
        If the columns are not clear or do not exist, if an argument does not apply to the format, or for
        ``directed=False`` with a binary file of a directed graph.
    MissingDependencyError
        If the file is Parquet or Arrow and pyarrow is missing, or is compressed with zstd and zstandard is missing.
    OutOfMemoryBoundError
        If the content exceeds `max_memory`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import imax
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.mtx"
    ...     _ = path.write_text("%%MatrixMarket matrix coordinate pattern general\n3 3 1\n1 2\n")
    ...     graph = imax.read_graph(path)
    >>> graph.nodes(), graph.arcs()
    ([1, 2, 3], [(1, 2, 1.0)])
    """
    from .formats import GRAPH_FORMATS, TABLE_FORMATS, format_of

    columns = EdgeColumns(source, target, weight)
    task = _task(columns, header, directed, probability, multi_edges, column, on_bad_line, threads, rng)
    check.one_of(verify, "verify", VERIFY)
    content = load(path, check.memory_bytes(max_memory))
    kind = format_of(content)
    if kind == "edge list":
        return _from_edgelist(content, task)
    table = kind in TABLE_FORMATS or kind == "JSON Lines"
    _refuse_columns(task.options, kind, content.name, table=table, attribute=kind in GRAPH_FORMATS)
    if kind == "binary":
        graph = from_content(content, verify=verify)
        if not directed and graph.report.directed:
            raise InvalidArgumentError(
                f"directed=False does not apply: {content.name} holds a directed graph; "
                "read the file that it was made from with directed=False",
                argument="directed",
            )
        return graph if probability is None else graph.with_probability(probability, rng=rng)
    if kind == "Matrix Market":
        from .matrix_market import read_matrix_market

        edge_list, symmetric = read_matrix_market(content, task.options, task.threads)
        return _graph_of(edge_list, task, directed and not symmetric)
    if table:
        from .edge_tables import read_edge_table, read_json_lines

        if kind == "JSON Lines":
            return _graph_of(read_json_lines(content, task.options), task, directed)
        return _graph_of(read_edge_table(content, kind, task.options, task.threads), task, directed)
    from .graph_files import read_graph_file

    edge_list, one_way = read_graph_file(content, kind, task.options)
    return _graph_of(edge_list, task, directed and one_way)


def read_chunks(
    path: PathLike,
    *,
    source: int | str | None = None,
    target: int | str | None = None,
    weight: int | str | None = None,
    header: bool | None = None,
    directed: bool = True,
    probability: str | None = None,
    multi_edges: str = "merge",
    on_bad_line: str = "error",
    threads: int | None = None,
) -> "FileChunks | None":
    """Return a file as chunks of arcs for `imax.io.external`; None if it can only be read as a whole.

    The parameters are those of `read_graph`.
    """
    from .arc_chunks import file_chunks

    columns = EdgeColumns(source, target, weight)
    task = _task(columns, header, directed, probability, multi_edges, None, on_bad_line, threads, None)
    return file_chunks(path, task.options, directed, task.threads)


@dataclass(frozen=True)
class _Task:
    """What the caller wants, checked before a large file is read."""

    options: "ReadOptions"
    threads: int
    directed: bool
    build: dict[str, Any]


def _task(
    columns: EdgeColumns,
    header: bool | None,
    directed: bool,
    probability: str | None,
    multi_edges: str,
    column: bool | None,
    on_bad_line: str,
    threads: int | None,
    rng: RNG,
) -> _Task:
    from ..graph.influence_graph import MULTI_EDGES
    from ..graph.probabilities import parse
    from .read_options import ReadOptions, ThirdColumn

    check.one_of(multi_edges, "multi_edges", MULTI_EDGES)
    skip = check.one_of(on_bad_line, "on_bad_line", ("error", "skip")) == "skip"
    build = {"probability": probability, "multi_edges": multi_edges, "rng": rng}
    wanted = column or columns.weight is not None
    scheme, _ = parse(probability or ("column" if wanted else "weighted_cascade"))
    if column is False and (scheme.needs_column or wanted):
        why = f"probability {scheme.name!r}" if scheme.needs_column and columns.weight is None else "weight"
        raise InvalidArgumentError(
            f"column=False contradicts {why}, which needs the third column; leave it out",
            argument="column",
        )
    third = None
    if scheme.name == "column":
        third = ThirdColumn(0.0, 1.0, "a probability in [0, 1]")
    elif wanted or scheme.needs_column:
        third = ThirdColumn(0.0, _FLOAT32_MAX, "a finite number of at least 0")
    return _Task(ReadOptions(third, skip, columns, header), check.threads(threads), directed, build)


def _refuse_columns(options: "ReadOptions", kind: str, name: str, *, table: bool, attribute: bool) -> None:
    """Refuse arguments about columns that do not apply to a format."""
    given: dict[str, int | str | None] = {"header": options.header}
    if not table:
        given |= {"source": options.columns.source, "target": options.columns.target}
        given |= {} if attribute else {"weight": options.columns.weight}
    for argument, value in given.items():
        if value is not None:
            raise InvalidArgumentError(
                f"{argument} does not apply to {name}, because its format ({kind}) says what it holds; leave it out",
                argument=argument,
            )


def _from_edgelist(content: Content, task: _Task) -> "InfluenceGraph":
    from .edge_list import read_text
    from .other_shapes import undirected_doubts

    edge_list = read_text(content, task.options, task.threads)
    if task.directed:
        doubts = undirected_doubts(content)
        edge_list = replace(edge_list, notes=(*doubts, *edge_list.notes), doubts=(*doubts, *edge_list.doubts))
    del content  # the graph is built without the mapped file in memory
    return _graph_of(edge_list, task, task.directed)


def _graph_of(edge_list: "EdgeList", task: _Task, directed: bool) -> "InfluenceGraph":
    from ..graph.influence_graph import InfluenceGraph

    graph = InfluenceGraph.from_arrays(
        edge_list.source,
        edge_list.target,
        edge_list.weight,
        n_nodes=edge_list.n_nodes,
        labels=edge_list.labels,
        directed=directed,
        threads=task.threads,
        **task.build,
    )
    return graph.with_report(bad_lines=edge_list.bad_lines, notes=edge_list.notes, doubts=edge_list.doubts)
