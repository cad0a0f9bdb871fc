"""The graph of nearest neighbors: which way its arcs go, and how probable they are."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.tables import values_of
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.labels import Labels
from ._checks import is_blank
from .neighbors import Neighbors, neighbors_of

__all__ = ["DIRECTIONS", "SHARPNESS", "check_direction", "graph_of", "ids_of", "knn_graph"]

DIRECTIONS = ("in", "out")
SHARPNESS = 8.0  # chosen by measurement: see docs/explanation/annotate-study
_SMALLEST = 1e-9  # smaller shares give no arc
_ROUNDING = 1e-6  # float32 rounding of a cosine: orthogonal vectors must not get an arc


def knn_graph(
    embeddings: ArrayLike,
    n_neighbors: int = 10,
    *,
    direction: str = "in",
    sharpness: float = SHARPNESS,
    neighbor_search: str = "auto",
    ids: "ArrayLike | None" = None,
    threads: int | None = None,
) -> InfluenceGraph:
    """Return the graph of each item and its nearest neighbors.

    The share of neighbor j of item i is cos(i, j)**sharpness, divided by the sum over all neighbors of i. Cosines below
    0, or so close to 0 that only rounding makes them positive, count as 0 and give no arc.

    Parameters
    ----------
    embeddings, n_neighbors, neighbor_search, threads
        As in `neighbors_of`.
    direction : {"in", "out"}, default "in"
        ``"in"``: the arc goes from j to i, so an item influences the items that have it among their nearest neighbors,
        and the probabilities of the arcs into an item sum to 1. ``"out"``: the arc goes from i to j, so an item
        influences its own nearest neighbors, as in the paper.
    sharpness : float, default 8
        The larger, the more a near neighbor counts in comparison with a distant one. The paper has 1; with 0 all
        neighbors count equally.
    ids : array_like, shape (n_items,), optional
        The labels of the items. Default the index of a pandas DataFrame, otherwise row numbers.

    Returns
    -------
    InfluenceGraph
        Its nodes are the items.

    Raises
    ------
    InvalidArgumentError

    References
    ----------
    Zhang et al.: IDEAL. ICLR 2024. Its graph is that of ``direction="out", sharpness=1``.

    Examples
    --------
    >>> from imax.annotate import knn_graph
    >>> graph = knn_graph([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], 2)
    >>> graph
    <InfluenceGraph: 3 nodes, 4 arcs, column>
    >>> sorted((u, v) for u, v, p in graph.arcs())
    [(0, 1), (1, 0), (1, 2), (2, 1)]
    """
    direction, sharpness = check_direction(direction), check.not_negative(sharpness, "sharpness")
    found = neighbors_of(embeddings, n_neighbors, neighbor_search=neighbor_search, threads=threads)
    return graph_of(found, ids_of(embeddings, ids, found.index.shape[0]), direction=direction, sharpness=sharpness)


def check_direction(value: Any) -> str:
    """Return a checked direction of arcs."""
    return check.one_of(value, "direction", DIRECTIONS)


def ids_of(embeddings: Any, ids: "ArrayLike | None", n_items: int) -> list[Any] | None:
    """Return the labels of items, by default the index of a pandas DataFrame; None if they are the row numbers."""
    if ids is None:
        index = getattr(embeddings, "index", None)
        if not hasattr(embeddings, "iloc") or index is None:
            return None
        ids = index
    column = values_of(ids)
    labels: list[Any] = column.tolist() if isinstance(column, np.ndarray) else column
    if len(labels) != n_items:
        raise InvalidArgumentError(
            f"ids must have one label for each of the {n_items} items, got {len(labels)}", argument="ids"
        )
    blank = next((i for i, label in enumerate(labels) if is_blank(label)), None)
    if blank is not None:
        raise InvalidArgumentError(f"ids must not be blank, as that of row {blank}", argument="ids")
    try:
        Labels.of(labels, n_items)
    except InvalidArgumentError:
        seen: set[Any] = set()
        twice = next(label for label in labels if label in seen or seen.add(label))  # type: ignore[func-returns-value]
        raise InvalidArgumentError(
            f"ids must be distinct, but {twice!r} occurs more than once", argument="ids"
        ) from None
    return labels


def graph_of(
    neighbors: Neighbors, ids: list[Any] | None = None, *, direction: str = "in", sharpness: float = SHARPNESS
) -> InfluenceGraph:
    """Return the graph of neighbors that are already known."""
    n, k = neighbors.index.shape
    weight = _shares(neighbors.similarity, sharpness).reshape(-1)
    positive = weight > 0.0
    item = np.repeat(np.arange(n, dtype=np.int32), k)[positive]
    neighbor = neighbors.index.reshape(-1)[positive]
    source, target = (neighbor, item) if direction == "in" else (item, neighbor)
    return InfluenceGraph.from_arrays(source, target, weight[positive], n_nodes=n, labels=ids, probability="column")


def _shares(similarity: NDArray[np.float32], sharpness: float) -> NDArray[np.float64]:
    """Return the share of each neighbor of an item: its similarity to the power of `sharpness`, divided by the sum."""
    cosine = np.where(similarity >= _ROUNDING, similarity, 0.0).astype(np.float64)
    largest = cosine.max(axis=1, keepdims=True)
    ratio = cosine / np.where(largest > 0.0, largest, 1.0)  # powers of ratios do not all underflow
    share = np.where(cosine > 0.0, ratio**sharpness, 0.0)
    total = share.sum(axis=1, keepdims=True)
    share /= np.where(total > 0.0, total, 1.0)
    share[share < _SMALLEST] = 0.0
    return share
