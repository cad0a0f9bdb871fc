"""Nearest neighbors by cosine similarity, exact or approximate. For their graph see `imax.annotate.knn`."""

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check, parallel
from ..errors import InvalidArgumentError, MissingDependencyError
from ._checks import Vectors, is_sparse, unit_embeddings

__all__ = ["EXACT_UP_TO", "Neighbors", "neighbors_of", "similarities"]

EXACT_UP_TO = 100_000  # chosen by measurement: see docs/explanation/annotate-study
_BLOCK = 1 << 24  # similarities computed at once: 64 MiB
_SAMPLE = 200  # items for which the exact neighbors are computed, to measure recall
_PER_CLUSTER = 40  # items of a cluster of the approximate index, at least
_TRAINING = 64  # items per cluster from which the clusters are found
_FIRST_PROBES = 8  # clusters searched at first; doubled until the recall is reached
_TARGET = 0.97  # recall on the sample at which the search is good enough


@dataclass(frozen=True)
class Neighbors:
    """The nearest neighbors of each item.

    Attributes
    ----------
    index : numpy.ndarray of int32, shape (n_items, n_neighbors)
        Item numbers by decreasing similarity. An exact search breaks ties by the smaller number.
    similarity : numpy.ndarray of float32, shape (n_items, n_neighbors)
        Cosine similarity of each neighbor.
    neighbor_search : {"exact", "approximate"}
        How neighbors were found.
    recall : float
        The share of true neighbors found: 1 for an exact search, else measured on 200 items.
    """

    index: NDArray[np.int32]
    similarity: NDArray[np.float32]
    neighbor_search: str
    recall: float


def neighbors_of(
    embeddings: ArrayLike, n_neighbors: int = 10, *, neighbor_search: str = "auto", threads: int | None = None
) -> Neighbors:
    """Return the nearest neighbors of each item by cosine similarity.

    Parameters
    ----------
    embeddings : array_like of float or SciPy sparse array, shape (n_items, n_dimensions)
        The items. Sparse rows, such as those of TF-IDF, stay sparse; their search is always exact.
    n_neighbors : int, default 10
        Number of neighbors of each item, less than the number of items. An item is not its own neighbor.
    neighbor_search : {"auto", "exact", "approximate"}, default "auto"
        ``"exact"`` computes all similarities in blocks, in bounded memory. ``"approximate"`` searches the most similar
        clusters (the inverted file of faiss), as many as a recall of 0.97 on 200 items needs; it needs the extra
        ``influence-maximization[annotate]``. ``"auto"`` is exact up to 100,000 items.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores. The result does not depend on it.

    Returns
    -------
    Neighbors

    Raises
    ------
    InvalidArgumentError
        If `embeddings` has rows that are zero or not finite, or if there are too few items.
    MissingDependencyError
        If faiss is needed and not installed.

    Examples
    --------
    >>> from imax.annotate import neighbors_of
    >>> neighbors_of([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], 1).index.tolist()
    [[1], [0], [1]]
    """
    unit = unit_embeddings(embeddings)
    k = check.count(n_neighbors, "n_neighbors", high=unit.shape[0] - 1, high_is="the number of other items")
    check.one_of(neighbor_search, "neighbor_search", ("auto", "exact", "approximate"))
    n_threads = check.threads(threads)
    sparse = is_sparse(unit)
    if sparse and neighbor_search == "approximate":
        raise InvalidArgumentError(
            "neighbor_search must be 'exact' or 'auto' for sparse embeddings, got 'approximate'; reduce the dimensions "
            "first, for example by sklearn.decomposition.TruncatedSVD, or use 'exact'",
            argument="neighbor_search",
        )
    if sparse or neighbor_search == "exact" or (neighbor_search == "auto" and unit.shape[0] <= EXACT_UP_TO):
        index, similarity = _exact(unit, np.arange(unit.shape[0]), k, n_threads)
        return Neighbors(index, similarity, "exact", 1.0)
    sample = np.random.default_rng(0).choice(unit.shape[0], min(_SAMPLE, unit.shape[0]), replace=False)
    _, exact = _exact(unit, sample, k, n_threads)
    index, similarity = _approximate(unit, k, n_threads, sample, exact[:, -1])
    return Neighbors(index, similarity, "approximate", _recall(similarity[sample], exact[:, -1]))


def _recall(similarity: NDArray[np.float32], kth: NDArray[np.float32]) -> float:
    """Return the share of true neighbors among those found, where `kth` is the similarity of the last true one."""
    # compare similarities, not item numbers: of equally similar items any is a true neighbor
    return float((similarity >= kth[:, None] - 1e-6).mean())


def similarities(unit: Vectors, rows: NDArray[np.int64], columns: Vectors | None = None) -> NDArray[np.float32]:
    """Return the cosines of some rows and all items, or other unit vectors: a dense array."""
    found = unit[rows] @ (unit if columns is None else columns).T
    return found.toarray() if is_sparse(found) else found  # type: ignore[no-any-return]


def _exact(
    unit: Vectors, rows: NDArray[np.int64], k: int, threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the item numbers and the similarities of the k nearest neighbors of some rows."""
    n = unit.shape[0]
    step = max(1, _BLOCK // n)
    index = np.empty((rows.size, k), dtype=np.int32)
    similarity = np.empty((rows.size, k), dtype=np.float32)

    def write_nearest(cosine: NDArray[np.float32], first: int, last: int, offset: int) -> None:
        out = slice(offset + first, offset + last)
        index[out], similarity[out] = _nearest(cosine[first:last], k)

    for offset in range(0, rows.size, step):
        block = rows[offset : offset + step]
        cosine = similarities(unit, block)
        cosine[np.arange(block.size), block] = -np.inf
        slices = parallel.slices(block.size, threads if cosine.size > 1 << 20 else 1)
        parallel.run([partial(write_nearest, cosine, first, last, offset) for first, last in slices], threads)
    return index, similarity


def _nearest(cosine: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the columns and values of the k largest entries of each row, by decreasing value, then by column."""
    n = cosine.shape[1]
    # k + 1 entries; there are always that many, because the item itself is one of them
    columns = np.argpartition(cosine, n - k - 1, axis=1)[:, n - k - 1 :]
    next_one, columns = columns[:, 0], columns[:, 1:].copy()
    kth = np.take_along_axis(cosine, columns, axis=1).min(axis=1)
    # where the next entry equals the k-th, the partition broke the tie arbitrarily
    for r in np.flatnonzero(cosine[np.arange(len(cosine)), next_one] == kth).tolist():
        above = np.flatnonzero(cosine[r] > kth[r])
        columns[r] = np.concatenate([above, np.flatnonzero(cosine[r] == kth[r])[: k - above.size]])
    columns.sort(axis=1)
    value = np.take_along_axis(cosine, columns, axis=1)
    order = np.argsort(-value, axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1), np.minimum(np.take_along_axis(value, order, axis=1), 1.0)


def _approximate(
    unit: NDArray[np.float32], k: int, threads: int, sample: NDArray[np.int64], kth: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the item numbers and the similarities of the k nearest neighbors in the most similar clusters.

    The items are divided into clusters, and the most similar clusters of an item are searched: as many as give the
    `sample` of items the recall `_TARGET`, where `kth` is the similarity of their k-th true neighbor.
    """
    faiss = _faiss()
    n, d = unit.shape
    n_clusters = max(1, min(int(2.0 * n**0.5), n // _PER_CLUSTER))
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(d), d, n_clusters, faiss.METRIC_INNER_PRODUCT)
        index.cp.niter, index.cp.spherical, index.cp.seed = 8, True, 1
        n_training = min(n, _TRAINING * n_clusters)
        index.train(unit[np.sort(np.random.default_rng(1).choice(n, n_training, replace=False))])
        index.add(unit)
        index.nprobe = min(_FIRST_PROBES, n_clusters)
        while index.nprobe < n_clusters:
            _, similarity = _without_themselves(unit, index.search(unit[sample], k + 1)[1], sample)
            if _recall(similarity, kth) >= _TARGET:
                break
            index.nprobe = min(2 * index.nprobe, n_clusters)
        keys = index.search(unit, k + 1)[1]
    finally:
        faiss.omp_set_num_threads(before)
    return _without_themselves(unit, keys, np.arange(n))


def _faiss() -> Any:
    """Return the module faiss; raise `MissingDependencyError` if it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of its generated code
            import faiss
    except ImportError:
        raise MissingDependencyError(
            "the approximate neighbor search needs faiss: pip install 'influence-maximization[annotate]', or use "
            "{neighbor_search=exact}",
            others=("neighbor_search",),
        ) from None
    return faiss


def _without_themselves(
    unit: NDArray[np.float32], keys: NDArray[np.int64], items: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the neighbors of items by decreasing similarity, and their similarities, of k + 1 items found for each."""
    # drop the item itself or, if it is not among the items found, the last one
    dropped = keys == items[:, None]
    dropped[~dropped.any(axis=1), -1] = True
    near = keys[~dropped].reshape(items.size, -1)
    value = _cosines(unit, near, items)
    value[near < 0] = -1.0  # the clusters have fewer items than requested: any item fills the place
    near = np.where(near < 0, (items[:, None] + 1) % len(unit), near)
    order = np.argsort(-value, axis=1, kind="stable")
    return (
        np.take_along_axis(near, order, axis=1).astype(np.int32),
        np.minimum(np.take_along_axis(value, order, axis=1), 1.0).astype(np.float32),
    )


def _cosines(unit: NDArray[np.float32], near: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the similarity of items to their neighbors, one block of items at a time."""
    k = near.shape[1]
    step = max(1, _BLOCK // (k * unit.shape[1]))
    parts = [
        np.einsum("ikd,id->ik", unit[near[a : a + step]], unit[items[a : a + step]])
        for a in range(0, items.size, step)
    ]  # fmt: skip
    return np.concatenate(parts)
