"""Arcs of generated graphs: random families, whose arcs do not depend on the number of threads, and simple shapes."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imax._utils import check, parallel
from imax._utils.streams import RNG, Key, key_from
from imax.errors import InvalidArgumentError

__all__ = [
    "Arcs",
    "chung_lu",
    "disjoint_cliques",
    "path",
    "rmat",
    "star",
    "stochastic_block",
]

Arcs: TypeAlias = tuple[NDArray[np.int32], NDArray[np.int32]]

_MAX_NODES = 2**31 - 1
_CHUNK = 1 << 18  # expected arcs per stream of a block model; it must not depend on the number of threads
_SPARE = 8  # size of a buffer above the expected number of arcs, in standard deviations


def rmat(
    scale: int,
    edge_factor: float = 16,
    a: float = 0.57,
    b: float = 0.19,
    c: float = 0.19,
    *,
    part: tuple[int, int] | None = None,
    rng: RNG = None,
    threads: int | None = None,
) -> Arcs:
    """Draw the arcs of a recursive-matrix (R-MAT) graph.

    Each arc descends `scale` levels of the adjacency matrix. At each level it enters the upper left, upper right, lower
    left or lower right quarter with probability `a`, `b`, `c` and 1 - a - b - c (rounded to 32 bits).

    Parameters
    ----------
    scale : int
        1 to 30. The graph has 2**scale nodes; many of them have no arc.
    edge_factor : float
        Number of arcs per node: round(edge_factor * 2**scale) arcs, including parallel arcs and self-loops.
    a, b, c : float
        Probabilities of the first three quarters. The fourth has the rest.
    part : tuple of int, optional
        Draw only the arcs with numbers from ``part[0]`` to ``part[1] - 1``: a large graph in parts.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness. Arc i depends only on the key and on i.
    threads : int, optional
        Number of threads. The arcs do not depend on it.

    Returns
    -------
    source, target : numpy.ndarray of int32, shape (n_arcs,)
        Source and target of each arc.

    Raises
    ------
    InvalidArgumentError
        If a number is outside its range, or if a + b + c is above 1.

    References
    ----------
    D. Chakrabarti, Y. Zhan, C. Faloutsos. R-MAT: A Recursive Model for Graph Mining. SDM 2004.

    Examples
    --------
    >>> from imax.datasets import rmat
    >>> source, target = rmat(4, 2, rng=1)
    >>> len(source), int(source.max()) < 16
    (32, True)
    """
    scale = check.count(scale, "scale", high=30)
    n_arcs = round(check.positive(edge_factor, "edge_factor") * 2**scale)
    a, b, c = (check.probability(value, name) for value, name in ((a, "a"), (b, "b"), (c, "c")))
    if a + b + c > 1 + 1e-12:
        raise InvalidArgumentError(f"a + b + c must be at most 1, got {a} + {b} + {c} = {a + b + c}", argument="a")
    cuts = [np.int64(min(round(total * 2**32), 2**32)) for total in (a, a + b, a + b + c)]
    from imax.kernels.generators import rmat_arcs

    first, last = (0, n_arcs) if part is None else part
    return _draw(rmat_arcs, last - first, key_from(rng), (np.int64(scale), *cuts), threads, first)


def chung_lu(
    n: int,
    mean_degree: float = 10.0,
    exponent: float = 2.5,
    *,
    directed: bool = False,
    rng: RNG = None,
    threads: int | None = None,
) -> Arcs:
    """Draw the edges of a Chung-Lu graph, whose expected degrees follow a power law.

    The number of edges is fixed. Both ends of an edge are drawn independently, node i with probability proportional to
    (i+1)**s - i**s, where s = (exponent-2)/(exponent-1). Node 0 is the largest hub. Parallel edges and self-loops
    occur; `InfluenceGraph` merges and drops them.

    Parameters
    ----------
    n : int
        Number of nodes.
    mean_degree : float
        Mean degree (if `directed`: mean out-degree) before parallel edges are merged.
    exponent : float
        Exponent of the degree distribution; above 2.
    directed : bool
        False: round(n * mean_degree / 2) edges, each of which stands for two arcs. True: round(n * mean_degree) arcs.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness. Edge i depends only on the key and on i.
    threads : int, optional
        Number of threads. The edges do not depend on it.

    Returns
    -------
    source, target : numpy.ndarray of int32, shape (n_edges,)
        Ends of each edge.

    Raises
    ------
    InvalidArgumentError
        If a number is outside its range.

    References
    ----------
    F. Chung, L. Lu. The average distances in random graphs with given expected degrees. PNAS 99 (2002).

    Examples
    --------
    >>> from imax.datasets import chung_lu
    >>> source, target = chung_lu(100, 6, rng=1)
    >>> len(source)
    300
    """
    n = check.count(n, "n", high=_MAX_NODES)
    mean_degree = check.positive(mean_degree, "mean_degree")
    exponent = check.positive(exponent, "exponent")
    if exponent <= 2:
        raise InvalidArgumentError(
            f"exponent must be above 2 for a finite mean degree, got {exponent}", argument="exponent"
        )
    n_arcs = round(n * mean_degree * (1.0 if directed else 0.5))
    power = np.float64((exponent - 1) / (exponent - 2))
    from imax.kernels.generators import chung_lu_arcs

    return _draw(chung_lu_arcs, n_arcs, key_from(rng), (np.int64(n), power), threads)


def stochastic_block(
    sizes: Sequence[int],
    probabilities: "ArrayLike",
    *,
    directed: bool = False,
    rng: RNG = None,
    threads: int | None = None,
) -> Arcs:
    """Draw the edges of a stochastic block model: each pair of blocks has its own edge probability.

    The running time grows with the number of edges and of pairs of blocks, not with the square of the number of nodes.

    Parameters
    ----------
    sizes : sequence of int
        Number of nodes of each block. The nodes of a block are consecutive.
    probabilities : array_like of float, shape (blocks, blocks)
        Entry (r, s) is the probability of an edge from a node of block r to a node of block s. The matrix must be
        symmetric unless `directed`.
    directed : bool
        False: each unordered pair of different nodes is an edge with its probability; the smaller node comes first.
        True: each ordered pair is an arc with its probability.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness.
    threads : int, optional
        Number of threads. The edges do not depend on it.

    Returns
    -------
    source, target : numpy.ndarray of int32, shape (n_edges,)
        Ends of each edge. No edge occurs twice.

    Raises
    ------
    InvalidArgumentError
        If there is no node, or if `probabilities` has another shape, a value outside [0, 1] or, unless `directed`, is
        not symmetric.

    Examples
    --------
    >>> from imax.datasets import stochastic_block
    >>> source, target = stochastic_block([2, 2], [[1, 0], [0, 1]])
    >>> list(zip(source.tolist(), target.tolist()))
    [(0, 1), (2, 3)]
    """
    counts = [check.count(size, "sizes", low=0, high=_MAX_NODES) for size in sizes]
    if not 1 <= sum(counts) <= _MAX_NODES:
        raise InvalidArgumentError(f"sizes must sum to 1 to {_MAX_NODES}, got {sum(counts)}", argument="sizes")
    table = _block_table(probabilities, len(counts), directed)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    key = key_from(rng)
    pieces: list[tuple[int, int, int, int]] = []
    for r, s in zip(*np.nonzero(table), strict=True):
        if directed or r <= s:
            cells = counts[r] * counts[s]
            stride = max(1, math.ceil(_CHUNK / table[r, s]))
            pieces += [(int(r), int(s), low, min(low + stride, cells)) for low in range(0, cells, stride)]

    def draw(number: int, r: int, s: int, start: int, stop: int) -> Arcs:
        cells = _chosen_cells(key, number, start, stop, float(table[r, s]))
        row, column = np.divmod(cells, counts[s])
        if r == s:
            kept = row != column if directed else row < column
            row, column = row[kept], column[kept]
        return (row + offsets[r]).astype(np.int32), (column + offsets[s]).astype(np.int32)

    tasks = [partial(draw, number, *piece) for number, piece in enumerate(pieces)]
    parts = parallel.run(tasks, check.threads(threads))
    empty = np.empty(0, np.int32)
    source = np.concatenate([empty, *(part[0] for part in parts)])
    target = np.concatenate([empty, *(part[1] for part in parts)])
    return source, target


def star(n: int) -> Arcs:
    """Return the arcs of a star: from node 0 to each of the nodes 1 to n - 1.

    Parameters
    ----------
    n : int
        Number of nodes.

    Returns
    -------
    source, target : numpy.ndarray of int32, shape (n_arcs,)
        Source and target of each arc.

    Raises
    ------
    InvalidArgumentError
        If there is no node, or if the nodes do not fit 32 bits.

    Examples
    --------
    >>> from imax.datasets import star
    >>> [ends.tolist() for ends in star(3)]
    [[0, 0], [1, 2]]
    """
    n = check.count(n, "n", high=_MAX_NODES)
    return np.zeros(n - 1, np.int32), np.arange(1, n, dtype=np.int32)


def path(n: int) -> Arcs:
    """Return the arcs of a path: from each node i to node i + 1.

    Parameters
    ----------
    n : int
        Number of nodes.

    Returns
    -------
    source, target : numpy.ndarray of int32, shape (n_arcs,)
        Source and target of each arc.

    Raises
    ------
    InvalidArgumentError
        If there is no node, or if the nodes do not fit 32 bits.

    Examples
    --------
    >>> from imax.datasets import path
    >>> [ends.tolist() for ends in path(3)]
    [[0, 1], [1, 2]]
    """
    n = check.count(n, "n", high=_MAX_NODES)
    return np.arange(n - 1, dtype=np.int32), np.arange(1, n, dtype=np.int32)


def disjoint_cliques(count: int, size: int) -> Arcs:
    """Return the edges, each once, of `count` cliques with `size` nodes each and no common nodes.

    Parameters
    ----------
    count : int
        Number of cliques.
    size : int
        Number of nodes of each clique.

    Returns
    -------
    source, target : numpy.ndarray of int32, shape (n_edges,)
        Ends of each edge; the smaller node comes first.

    Raises
    ------
    InvalidArgumentError
        If a number is below 1, or if the nodes do not fit 32 bits.

    Examples
    --------
    >>> from imax.datasets import disjoint_cliques
    >>> [ends.tolist() for ends in disjoint_cliques(2, 2)]
    [[0, 2], [1, 3]]
    """
    count = check.count(count, "count", high=_MAX_NODES)
    size = check.count(size, "size", high=_MAX_NODES // count, high_is="count * size nodes must fit 32 bits")
    low, high = np.triu_indices(size, 1)
    first = size * np.arange(count)[:, None]
    return (first + low).ravel().astype(np.int32), (first + high).ravel().astype(np.int32)


def _draw(
    kernel: Callable[..., None], n_arcs: int, key: Key, rest: tuple[Any, ...], threads: int | None, first: int = 0
) -> Arcs:
    source = np.empty(n_arcs, np.int32)
    target = np.empty(n_arcs, np.int32)
    key0, key1 = np.uint64(key[0]), np.uint64(key[1])

    def fill(low: int, high: int) -> None:
        with np.errstate(over="ignore"):  # words overflow by design; without the compiler NumPy would warn
            kernel(key0, key1, np.int64(first + low), *rest, source[low:high], target[low:high])

    n_threads = check.threads(threads)
    parts = parallel.slices(n_arcs, n_threads) if n_arcs else []
    parallel.run([partial(fill, *part) for part in parts], n_threads)
    return source, target


def _chosen_cells(key: Key, number: int, start: int, stop: int, p: float) -> NDArray[np.int64]:
    from imax.kernels.generators import bernoulli_cells

    mean = (stop - start) * p
    log_miss = np.float64(math.log1p(-p) if p < 1 else -math.inf)
    capacity = min(stop - start, int(mean + _SPARE * math.sqrt(mean) + 16))
    while True:
        out = np.empty(capacity, np.int64)
        with np.errstate(over="ignore"):
            found = bernoulli_cells(
                np.uint64(key[0]),
                np.uint64(key[1]),
                np.int64(number),
                np.int64(start),
                np.int64(stop),
                log_miss,
                out,
            )
        if found <= capacity:
            return out[:found]
        capacity = int(found)


def _block_table(probabilities: ArrayLike, blocks: int, directed: bool) -> NDArray[np.float64]:
    try:
        table = np.asarray(probabilities, np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"probabilities must be a square table of numbers, got {probabilities!r}", argument="probabilities"
        ) from None
    if table.shape != (blocks, blocks):
        raise InvalidArgumentError(
            f"probabilities must have a row and a column per block, ({blocks}, {blocks}); got {table.shape}",
            argument="probabilities",
        )
    if not ((table >= 0) & (table <= 1)).all():
        bad = table[~((table >= 0) & (table <= 1))][0]
        raise InvalidArgumentError(f"probabilities must lie in [0, 1], got {bad}", argument="probabilities")
    if not directed and not np.array_equal(table, table.T):
        raise InvalidArgumentError(
            "probabilities must be symmetric for an undirected graph; use directed=True", argument="probabilities"
        )
    return table
