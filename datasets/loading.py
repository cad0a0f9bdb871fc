"""Graphs by name: found in a folder and verified, or generated."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imax._utils.streams import RNG
from imax.errors import FileFormatError, InvalidArgumentError, NoSuchFileError

from .families import generate, parse_spec
from .registry import DATASETS, Dataset

if TYPE_CHECKING:
    from imax.graph.influence_graph import InfluenceGraph
    from imax.io.text import Content

__all__ = ["builtin_names", "info", "load", "names", "resolve"]

VARIABLE = "IMAX_DATA"
_VERIFIED_BY_DEFAULT = 50_000_000  # bytes; hashing a larger file takes noticeable time
_COMPRESSED = ("", ".gz", ".bz2", ".xz", ".zst")

_BY_NAME = {dataset.name: dataset for dataset in DATASETS}
_NETWORKX = {
    "karate": "karate_club_graph",
    "lesmis": "les_miserables_graph",
    "florentine": "florentine_families_graph",
    "davis": "davis_southern_women_graph",
}


def names() -> list[str]:
    """Return the names of all graphs that `load` knows.

    >>> from imax.datasets import names
    >>> "karate" in names() and "livejournal" in names()
    True
    """
    return [dataset.name for dataset in DATASETS]


def builtin_names() -> list[str]:
    """Return the names of the graphs that need no file.

    >>> from imax.datasets import builtin_names
    >>> builtin_names()
    ['karate', 'lesmis', 'florentine', 'davis', 'chung-lu-1k']
    """
    return [dataset.name for dataset in DATASETS if dataset.builtin]


def info(name: str) -> Dataset:
    """Return the facts about a graph: its source, license, size and file.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    Dataset

    Raises
    ------
    InvalidArgumentError
        If no graph has the name.

    Examples
    --------
    >>> from imax.datasets import info
    >>> info("dblp").nodes, info("dblp").file
    (317080, 'com-dblp.ungraph.txt.gz')
    """
    key = _key(name)
    if key not in _BY_NAME:
        raise InvalidArgumentError(
            f"name {name!r} is unknown; known graphs are {', '.join(names())}, and generated ones such as 'rmat:20'",
            argument="name",
        )
    return _BY_NAME[key]


def load(
    name: str,
    path: "str | os.PathLike[str] | None" = None,
    *,
    probability: Any = None,
    multi_edges: str = "merge",
    verify: bool | None = None,
    threads: int | None = None,
    rng: RNG = None,
) -> "InfluenceGraph":
    """Load a graph by name.

    Parameters
    ----------
    name : str
        One of `names`, or a generated graph such as "rmat:20,16" or "chung-lu:100000,rng=3".
    path : str or os.PathLike, optional
        The file, or the folder that holds it. Default: the folder in the environment variable ``IMAX_DATA``. The file
        may be uncompressed or compressed in another format. Nothing is downloaded.
    probability : str, optional
        Scheme of the arc probabilities, see `imax.probabilities`. Default: ``"weighted_cascade"``.
    multi_edges : {"merge", "combine", "error"}, default "merge"
        How to treat parallel arcs, see `InfluenceGraph.from_arrays`.
    verify : bool, optional
        Whether to compare the checksum of the decompressed content, if it is known: the file may be compressed in any
        way. Default: for files below 50 MB whose name is that of the graph.
    threads : int, optional
        Number of threads. Default: ``IMAX_NUM_THREADS``, otherwise all cores.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness of schemes that draw probabilities. The arcs of a generated graph depend only on `name`.

    Returns
    -------
    InfluenceGraph

    Raises
    ------
    NoSuchFileError
        If the file of the graph is missing. The message says where to get it.
    FileFormatError
        If the checksum differs.
    InvalidArgumentError
        If no graph has the name.

    Examples
    --------
    >>> from imax.datasets import load
    >>> graph = load("karate")
    >>> graph.n_nodes, graph.n_arcs
    (34, 156)
    """
    options: dict[str, Any] = {
        "probability": probability,
        "multi_edges": multi_edges,
        "threads": threads,
        "rng": rng,
    }
    spec = parse_spec(str(name))
    if spec is not None:
        family, values, named = spec
        return _generated(family, values, named, options)
    dataset = info(name)
    if dataset.name == "chung-lu-1k":
        return _generated("chung-lu", [1000, 10, 2.5], {"rng": 0}, options)
    if dataset.builtin:
        import networkx as nx

        from imax.graph.influence_graph import InfluenceGraph

        return InfluenceGraph.from_networkx(getattr(nx, _NETWORKX[dataset.name])(), **options)
    from imax.io.reading import content_as_edgelist
    from imax.io.text import load as load_content

    file = _find(dataset, path)
    content = load_content(file)
    if verify is None:
        verify = file.stat().st_size < _VERIFIED_BY_DEFAULT and _plain_name(file.name) == _plain_name(
            dataset.file or ""
        )
    if verify:
        _verify(dataset, content)
    return content_as_edgelist(content, directed=dataset.directed, column=False, **options)


def resolve(spec: str) -> "Callable[..., InfluenceGraph] | None":
    """Return a function that loads a graph by name, or None if no graph has the name.

    Parameters
    ----------
    spec : str
        One of `names`, or a generated graph such as "rmat:20,16".

    Returns
    -------
    callable or None
        `load` for this name; it takes the other arguments of `load`.

    Raises
    ------
    InvalidArgumentError
        If the parameters of a generated graph cannot be read.

    Examples
    --------
    >>> from imax.datasets import resolve
    >>> resolve("star:5")().n_nodes
    5
    >>> resolve("my-graph.txt") is None
    True
    """
    if _key(spec) in _BY_NAME or parse_spec(spec) is not None:
        return partial(load, spec)
    return None


def _key(name: str) -> str:
    return str(name).strip().lower().replace("_", "-")


def _generated(family: str, values: list[Any], named: dict[str, Any], options: dict[str, Any]) -> "InfluenceGraph":
    graph = generate(family, *values, **{key: options[key] for key in ("multi_edges", "threads")}, **named)
    scheme = options["probability"]
    return graph if scheme is None else graph.with_probability(scheme, rng=options["rng"])


def _find(dataset: Dataset, path: "str | os.PathLike[str] | None") -> Path:
    """Return the file of a graph, compressed or not."""
    assert dataset.file is not None
    location = os.environ.get(VARIABLE, "") if path is None else os.fspath(path)
    hint = f" ({dataset.note})" if dataset.note else ""
    remedy = f"get it from {dataset.source}{hint}"
    if not location:
        raise NoSuchFileError(
            f"{dataset.file}: no folder is given; {remedy} and set {VARIABLE} to its folder, or give path"
        )
    folder = Path(location)
    if path is not None and folder.is_file():
        return folder
    plain = _plain_name(dataset.file)
    for candidate in (dataset.file, *(plain + suffix for suffix in _COMPRESSED)):
        if (folder / candidate).is_file():
            return folder / candidate
    where = f"{folder} (from {VARIABLE})" if path is None else str(folder)
    raise NoSuchFileError(
        f"{dataset.file}: the file of the graph {dataset.name!r} is not in {where}; {remedy}, "
        f"then put it there or set {VARIABLE} to its folder"
    )


def _plain_name(file: str) -> str:
    """Return the name of a file without the suffix of a compression."""
    for suffix in _COMPRESSED[1:]:
        file = file.removesuffix(suffix)
    return file


def _verify(dataset: Dataset, content: "Content") -> None:
    if dataset.sha256 is None:
        return
    import hashlib

    digest = hashlib.sha256(content.data.data).hexdigest()
    if digest != dataset.sha256:
        raise FileFormatError(
            f"{content.name}: not the file of the graph {dataset.name!r}: the SHA-256 of its content is {digest}, "
            f"expected {dataset.sha256}; use verify=False (--no-verify) to load it anyway"
        )
