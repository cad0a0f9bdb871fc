"""Graphs from files: the options, the choice of the format, and the construction of the graph."""

from typing import TYPE_CHECKING, Any

from .._utils import check
from .._utils.streams import RNG
from ..errors import InvalidArgumentError
from .binary import VERIFY, from_content, is_binary
from .text import Content, PathLike, load

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from .edge_list import EdgeList, ReadOptions

__all__ = ["read_edgelist", "read_graph"]

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
    max_memory: int | str | None = None,
) -> "InfluenceGraph":
    r"""Read a graph from a text file with one arc per line: source, target and, optionally, a number.

    Columns are separated by white space, a comma or a semicolon. Blank lines and lines that start with ``#`` or ``%``
    are ignored, as are columns after the third.

    If every label is an integer (without sign or leading zeros), labels are integers and nodes are in ascending order.
    Otherwise all labels are strings and nodes are in order of appearance. The first line of a file of strings decides
    the separator: a tab, otherwise a comma, otherwise a semicolon, otherwise white space. With one of the first three,
    a label may contain spaces, or be enclosed in double quotes.

    A first line without numbers above lines of integer labels is a header. ``graph.report.notes`` lists what the reader
    decided.

    Parameters
    ----------
    path : str or os.PathLike
        The file, plain or compressed with gzip, bzip2, xz or zstd (its first bytes decide). ``"-"`` is standard input.
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
    options = _read_options(probability, multi_edges, column, on_bad_line)
    n_threads = check.threads(threads)
    build: dict[str, Any] = {"probability": probability, "multi_edges": multi_edges, "rng": rng}
    content = load(path, check.memory_bytes(max_memory))
    return _from_edgelist(content, options, n_threads, directed, build)


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
    max_memory: int | str | None = None,
    verify: str = "fast",
) -> "InfluenceGraph":
    r"""Read a graph from a file of any format that imax supports. The first bytes decide the format.

    The formats are edge lists (see `read_edgelist`), Matrix Market files, and the binary files that `write_graph`
    writes. Text files may be compressed. A Matrix Market file must be square and in coordinate format; its field may be
    real, integer or pattern, its symmetry general or symmetric. Entry (i, j) is the arc from i to j. Labels are 1 to n.

    Parameters
    ----------
    path : str or os.PathLike
        The file. ``"-"`` is standard input.
    directed : bool, default True
        Whether each entry is one arc. False: each entry is two arcs. Entries of a symmetric matrix are always two arcs.
    probability : str, optional
        Scheme of the arc probabilities, see `imax.probabilities`. Default: ``"weighted_cascade"``; for a binary file
        the probabilities in the file.
    multi_edges, column, on_bad_line, threads, rng
        As for `read_edgelist`. They have no effect on a binary file.
    max_memory : int or str, optional
        Largest size of the decompressed content, of the arrays of the arcs that are read, and of the nodes that the
        header of a Matrix Market file announces, in bytes or as a string such as ``"500M"``. Default: three quarters of
        the free memory. An uncompressed file itself may be larger, because it is mapped.
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
        For ``directed=False`` with a binary file of a directed graph.
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
    from .matrix_market import is_matrix_market, read_matrix_market

    options = _read_options(probability, multi_edges, column, on_bad_line)
    n_threads = check.threads(threads)
    check.one_of(verify, "verify", VERIFY)
    content = load(path, check.memory_bytes(max_memory))
    if is_binary(content):
        graph = from_content(content, verify=verify)
        if not directed and graph.report.directed:
            raise InvalidArgumentError(
                f"directed=False does not apply: {content.name} holds a directed graph; "
                "read the file that it was made from with directed=False",
                argument="directed",
            )
        return graph if probability is None else graph.with_probability(probability, rng=rng)
    build: dict[str, Any] = {"probability": probability, "multi_edges": multi_edges, "rng": rng}
    if is_matrix_market(content):
        edge_list, symmetric = read_matrix_market(content, options, n_threads)
        return _graph_of(edge_list, n_threads, directed and not symmetric, build)
    return _from_edgelist(content, options, n_threads, directed, build)


def _read_options(probability: str | None, multi_edges: str, column: bool | None, on_bad_line: str) -> "ReadOptions":
    """Check the options before a large file is read."""
    from ..graph.influence_graph import MULTI_EDGES
    from ..graph.probabilities import parse
    from .edge_list import ReadOptions, ThirdColumn

    check.one_of(multi_edges, "multi_edges", MULTI_EDGES)
    skip = check.one_of(on_bad_line, "on_bad_line", ("error", "skip")) == "skip"
    scheme, _ = parse(probability or ("column" if column else "weighted_cascade"))
    if scheme.needs_column and column is False:
        raise InvalidArgumentError(
            f"column=False contradicts probability {scheme.name!r}, which needs the third column; leave it out",
            argument="column",
        )
    if not (column or scheme.needs_column):
        return ReadOptions(None, skip)
    if scheme.name == "column":
        return ReadOptions(ThirdColumn(0.0, 1.0, "a probability in [0, 1]"), skip)
    return ReadOptions(ThirdColumn(0.0, _FLOAT32_MAX, "a finite number of at least 0"), skip)


def _from_edgelist(
    content: Content, options: "ReadOptions", threads: int, directed: bool, build: dict[str, Any]
) -> "InfluenceGraph":
    from .edge_list import read_text

    edge_list = read_text(content, options, threads)
    del content  # the graph is built without the mapped file in memory
    return _graph_of(edge_list, threads, directed, build)


def _graph_of(edge_list: "EdgeList", threads: int, directed: bool, build: dict[str, Any]) -> "InfluenceGraph":
    from ..graph.influence_graph import InfluenceGraph

    graph = InfluenceGraph.from_arrays(
        edge_list.source,
        edge_list.target,
        edge_list.weight,
        n_nodes=edge_list.n_nodes,
        labels=edge_list.labels,
        directed=directed,
        threads=threads,
        **build,
    )
    return graph.with_report(bad_lines=edge_list.bad_lines, notes=graph.report.notes + edge_list.notes)
