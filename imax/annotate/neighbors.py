"""Nearest neighbours by cosine similarity, exact or approximate, and the graph that they make."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check, parallel
from ..errors import InvalidArgumentError, MissingDependencyError
from ..graph.influence_graph import InfluenceGraph

__all__ = ["EXACT_UP_TO", "Neighbors", "embeddings_of", "graph_of", "knn_graph", "neighbors_of"]

EXACT_UP_TO = 100_000  # by measurement: see docs/explanation/annotate-study
_BLOCK = 1 << 24  # similarities computed at once: 64 MiB
_ROUNDING = 1e-6  # of cosines in float32: a right angle must not pass for a likeness
_SAMPLE = 200  # items whose neighbours are computed exactly, to tell the recall
_CONNECTIVITY, _EXPANSION = 16, 64  # of the approximate index


@dataclass(frozen=True)
class Neighbors:
    """The nearest others of each item.

    Attributes
    ----------
    index : numpy.ndarray of int32, shape (n_items, n_neighbors)
        By falling similarity; ties go to the smaller index where the search was exact.
    similarity : numpy.ndarray of float32, shape (n_items, n_neighbors)
        Cosines.
    method : {"exact", "approximate"}
    recall : float
        The share of true neighbours found: 1 where the search was exact, else measured on 200 items.
    """

    index: NDArray[np.int32]
    similarity: NDArray[np.float32]
    method: str
    recall: float


def embeddings_of(values: Any, name: str = "embeddings") -> NDArray[np.float32]:
    """Check embeddings and return them scaled to length 1: float32, shape (n_items, n_dimensions).

    Raises
    ------
    InvalidArgumentError
        Naming the rows, for values that are not finite and rows of zeros.
    """
    try:
        array = np.asarray(values)
        if array.dtype != np.float32:
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError(f"{name} must be numbers, shape (n_items, n_dimensions)") from None
    if array.ndim != 2 or array.shape[0] == 0 or array.shape[1] == 0:
        raise InvalidArgumentError(f"{name} must have the shape (n_items, n_dimensions), got {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if bad.size:
        raise InvalidArgumentError(f"{name} hold values that are not finite in {_rows(bad)}; drop or mend these")
    # by the largest entry first, so that squares neither overflow nor vanish
    largest = np.abs(array).max(axis=1, keepdims=True)
    zero = np.flatnonzero(largest[:, 0] == 0.0)
    if zero.size:
        raise InvalidArgumentError(f"{name} are all 0 in {_rows(zero)}, which have no direction; drop these")
    scaled = array / largest
    unit: NDArray[np.float32] = (scaled / np.linalg.norm(scaled, axis=1, keepdims=True)).astype(np.float32)
    return np.ascontiguousarray(unit)


def _rows(rows: NDArray[np.int64]) -> str:
    shown = ", ".join(map(str, rows[:5].tolist())) + (", ..." if rows.size > 5 else "")
    return f"{'row' if rows.size == 1 else f'{rows.size} rows:'} {shown}"


def neighbors_of(
    embeddings: ArrayLike, n_neighbors: int = 10, *, method: str = "auto", threads: int | None = None
) -> Neighbors:
    """Return each item's nearest others by cosine similarity.

    Parameters
    ----------
    embeddings : array_like of float, shape (n_items, n_dimensions)
    n_neighbors : int, default 10
        Below the number of items; an item is no neighbour of itself.
    method : {"auto", "exact", "approximate"}, default "auto"
        Exact by blocked matrix products, in bounded memory; approximate by usearch's HNSW index (the extra
        ``influence-maximization[annotate]``). Auto is exact up to 100,000 items.
    threads : int, optional
        The neighbours do not depend on it.

    Returns
    -------
    Neighbors

    Raises
    ------
    InvalidArgumentError, MissingDependencyError

    Examples
    --------
    >>> from imax.annotate import neighbors_of
    >>> neighbors_of([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], 1).index.tolist()
    [[1], [0], [1]]
    """
    unit = embeddings_of(embeddings)
    k = check.count(n_neighbors, "n_neighbors", high=unit.shape[0] - 1, high_is="the number of other items")
    check.one_of(method, "method", ("auto", "exact", "approximate"))
    n_threads = check.threads(threads)
    if method == "exact" or (method == "auto" and unit.shape[0] <= EXACT_UP_TO):
        index, similarity = _exact(unit, np.arange(unit.shape[0]), k, n_threads)
        return Neighbors(index, similarity, "exact", 1.0)
    index, similarity = _approximate(unit, k, n_threads)
    sample = np.random.default_rng(0).choice(unit.shape[0], min(_SAMPLE, unit.shape[0]), replace=False)
    _, true = _exact(unit, sample, k, n_threads)
    # by similarity, so that of equally near ones any will do
    hits = similarity[sample] >= true[:, -1:] - 1e-6
    return Neighbors(index, similarity, "approximate", float(hits.mean()))


def _exact(
    unit: NDArray[np.float32], rows: NDArray[np.int64], k: int, threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    n = unit.shape[0]
    step = max(1, _BLOCK // n)
    index = np.empty((rows.size, k), dtype=np.int32)
    similarity = np.empty((rows.size, k), dtype=np.float32)

    def choose(cosine: NDArray[np.float32], a: int, b: int, at: int) -> None:
        index[at + a : at + b], similarity[at + a : at + b] = _nearest(cosine[a:b], k)

    for at in range(0, rows.size, step):
        block = rows[at : at + step]
        cosine = unit[block] @ unit.T
        cosine[np.arange(block.size), block] = -np.inf
        spans = parallel.slices(block.size, threads if cosine.size > 1 << 20 else 1)
        parallel.run([partial(choose, cosine, a, b, at) for a, b in spans], threads)
    return index, similarity


def _nearest(cosine: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the places and values of the k largest of each row, by falling value, then rising place."""
    n = cosine.shape[1]
    # with the next one, the own item at the least: is it as near as the last?
    near = np.argpartition(cosine, n - k - 1, axis=1)[:, n - k - 1 :]
    following, near = near[:, 0], near[:, 1:].copy()
    least = np.take_along_axis(cosine, near, axis=1).min(axis=1)
    for r in np.flatnonzero(cosine[np.arange(len(cosine)), following] == least).tolist():
        above = np.flatnonzero(cosine[r] > least[r])
        near[r] = np.concatenate([above, np.flatnonzero(cosine[r] == least[r])[: k - above.size]])
    near.sort(axis=1)
    value = np.take_along_axis(cosine, near, axis=1)
    order = np.argsort(-value, axis=1, kind="stable")
    return np.take_along_axis(near, order, axis=1), np.minimum(np.take_along_axis(value, order, axis=1), 1.0)


def _approximate(unit: NDArray[np.float32], k: int, threads: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    try:
        from usearch.index import Index
    except ImportError:
        raise MissingDependencyError(
            "approximate neighbours need usearch: pip install 'influence-maximization[annotate]', "
            "or give method='exact'"
        ) from None
    n, d = unit.shape
    index = Index(
        ndim=d, metric="ip", dtype="f32", connectivity=_CONNECTIVITY, expansion_add=_EXPANSION,
        expansion_search=max(_EXPANSION, 4 * k),
    )  # fmt: skip
    index.add(np.arange(n), unit, threads=1)  # the index depends on the order in which threads get to it
    found = index.search(unit, k + 1, threads=threads)
    keys = np.asarray(found.keys).reshape(n, -1).astype(np.int64)
    # an item is mostly its own nearest; where it is not among those found, the last one goes
    own = keys == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True
    near = keys[~own].reshape(n, k)
    value = np.einsum("ikd,id->ik", unit[near], unit) if n * k * d <= _BLOCK else _cosines(unit, near)
    order = np.argsort(-value, axis=1, kind="stable")
    return (
        np.take_along_axis(near, order, axis=1).astype(np.int32),
        np.minimum(np.take_along_axis(value, order, axis=1), 1.0).astype(np.float32),
    )


def _cosines(unit: NDArray[np.float32], near: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the similarities of pairs, a block of items at a time."""
    n, k = near.shape
    step = max(1, _BLOCK // (k * unit.shape[1]))
    parts = [
        np.einsum("ikd,id->ik", unit[near[a : a + step]], unit[a : a + step]) for a in range(0, n, step)
    ]  # fmt: skip
    return np.concatenate(parts)


def knn_graph(
    embeddings: ArrayLike, n_neighbors: int = 10, *, method: str = "auto", threads: int | None = None
) -> InfluenceGraph:
    """Return the graph in which each item has arcs to its nearest others.

    The arc from i to j has the probability cos(i, j) over the sum of that for all of i's neighbours. Similarities below
    0 (or 10**-6, which rounding may make of 0) count as 0, and get no arc. Nodes are 0 to n_items - 1.

    For the arguments see `neighbors_of`.

    References
    ----------
    Zhang et al.: IDEAL. ICLR 2024.

    Examples
    --------
    >>> from imax.annotate import knn_graph
    >>> knn_graph([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], 2)
    <InfluenceGraph: 3 nodes, 4 arcs, column>
    """
    return graph_of(neighbors_of(embeddings, n_neighbors, method=method, threads=threads))


def graph_of(found: Neighbors) -> InfluenceGraph:
    """Return the graph of neighbours that are known."""
    n, k = found.index.shape
    similarity = found.similarity.astype(np.float64)
    similarity[similarity < _ROUNDING] = 0.0
    total = similarity.sum(axis=1, keepdims=True)
    weight = similarity / np.where(total > 0.0, total, 1.0)
    some = weight.reshape(-1) > 0.0
    source = np.repeat(np.arange(n, dtype=np.int32), k)[some]
    return InfluenceGraph.from_arrays(
        source, found.index.reshape(-1)[some], weight.reshape(-1)[some], n_nodes=n, probability="column"
    )
