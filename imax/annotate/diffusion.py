"""From annotated examples to others: labels that diffuse, and the examples for a prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..diffusion.sampler import Sampler
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..results import Record
from ..ris.collection import RRCollection
from .neighbors import embeddings_of
from .selection import Selection

__all__ = ["Annotation", "auto_annotate", "retrieve"]

_BLOCK = 1 << 24


@dataclass(frozen=True)
class Annotation(Record):
    """Labels of all items; see `auto_annotate`.

    Attributes
    ----------
    labels : list
        The label of each item; None where it abstains.
    confidence : list of float
        The probability that this label, of all, reaches the item first; 1 for annotated items.
    reached : list of float
        The probability that any label reaches it.
    n_annotated, n_abstained : int
    threshold : float
    """

    labels: list[Any]
    confidence: list[float]
    reached: list[float]
    n_annotated: int
    n_abstained: int
    threshold: float
    n_rr_sets: int
    rng_key: tuple[int, int]


def auto_annotate(
    graph: Selection | InfluenceGraph,
    labels: Mapping[int, Any],
    *,
    threshold: float = 0.0,
    sets_per_item: int = 200,
    rng: RNG = None,
    threads: int | None = None,
) -> Annotation:
    """Give each item the label that is most likely to reach it first by diffusion from the annotated ones.

    In a random world of live arcs the label of the annotated item at the fewest arcs' distance reaches an item first.
    An RR set from the item finds it: it is searched level by level until it meets an annotated item.

    Parameters
    ----------
    graph : Selection or InfluenceGraph
        The graph of neighbours, or a selection on it.
    labels : dict of int to hashable
        The labels of the annotated items.
    threshold : float, default 0
        Abstain where the best label's probability is not above this, and where no label has reached the item.
    sets_per_item : int, default 200
        In how many worlds each item is looked at.
    rng, threads
        As in `imax.maximize`.

    Returns
    -------
    Annotation

    Raises
    ------
    InvalidArgumentError

    References
    ----------
    Zhang et al.: IDEAL. ICLR 2024 (Auto-IDEAL).

    Examples
    --------
    >>> import numpy as np
    >>> from imax.annotate import auto_annotate, knn_graph
    >>> around = np.array([[1.0, 0.0], [0.9, 0.1], [0.8, 0.1], [0.0, 1.0], [0.1, 0.9], [0.1, 0.8]])
    >>> auto_annotate(knn_graph(around, 2), {0: "right", 3: "up"}, rng=1).labels
    ['right', 'right', 'right', 'up', 'up', 'up']
    """
    network = graph.graph if isinstance(graph, Selection) else graph
    if not isinstance(network, InfluenceGraph):
        raise InvalidArgumentError(f"graph must be a Selection or an InfluenceGraph, got {type(graph).__name__}")
    if not isinstance(labels, Mapping) or not labels:
        raise InvalidArgumentError("labels must be a mapping from annotated items to labels, with at least one")
    threshold = check.probability(threshold, "threshold")
    n = network.n_nodes
    items = np.array([check.count(i, "an item of labels", low=0, high=n - 1, high_is="the last item") for i in labels])
    numbers: dict[Any, int] = {}
    of_item = np.full(n, -1, dtype=np.int64)  # by internal id
    for item, label in zip(items.tolist(), labels.values(), strict=True):
        of_item[network.rank[item]] = numbers.setdefault(label, len(numbers))
    key = key_from(rng)
    per_item = check.count(sets_per_item, "sets_per_item")
    sets = RRCollection(
        Sampler(
            network,
            "ic",
            stream_key(key, Stream.ANNOTATION),
            threads=threads,
            stratified=True,
            is_sentinel=of_item >= 0,
        )
    )
    sets.extend(per_item * n)
    # a set that met an annotated item is that item alone; the root of set i is i modulo n
    first = sets.nodes[sets.offsets[:-1]]
    met = of_item[first]
    hit = np.flatnonzero(met >= 0)
    counts = np.bincount((hit % n) * len(numbers) + met[hit], minlength=n * len(numbers)).reshape(n, len(numbers))
    counts = counts[network.rank]
    best = counts.argmax(axis=1)
    confidence = counts[np.arange(n), best] / per_item
    names = list(numbers)
    known = np.zeros(n, dtype=np.bool_)
    known[items] = True
    sure = known | ((confidence > threshold) & (confidence > 0.0))
    return Annotation(
        labels=[names[b] if s else None for b, s in zip(best.tolist(), sure.tolist(), strict=True)],
        confidence=confidence.tolist(),
        reached=(counts.sum(axis=1) / per_item).tolist(),
        n_annotated=len(labels),
        n_abstained=int((~sure).sum()),
        threshold=threshold,
        n_rr_sets=sets.n_sets,
        rng_key=key,
    )


def retrieve(
    query_embeddings: ArrayLike, embeddings: ArrayLike, annotated: ArrayLike | Selection, n_examples: int = 5
) -> NDArray[np.int64]:
    """Return the annotated examples for a prompt: the most similar ones, the most similar last.

    Parameters
    ----------
    query_embeddings : array_like of float, shape (n_queries, n_dimensions)
    embeddings : array_like of float, shape (n_items, n_dimensions)
        Of all items.
    annotated : array_like of int, or Selection
        Rows of `embeddings` to choose among.
    n_examples : int, default 5

    Returns
    -------
    numpy.ndarray of int64, shape (n_queries, n_examples)
        Rows of `embeddings`; ties go to who stands first in `annotated`.

    Examples
    --------
    >>> from imax.annotate import retrieve
    >>> retrieve([[1.0, 0.1]], [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 2], 2).tolist()
    [[2, 1]]
    """
    queries, unit = embeddings_of(query_embeddings, "query_embeddings"), embeddings_of(embeddings)
    if queries.shape[1] != unit.shape[1]:
        raise InvalidArgumentError(
            f"query_embeddings have {queries.shape[1]} dimensions and embeddings {unit.shape[1]}; they must be alike"
        )
    chosen = list(annotated) if isinstance(annotated, Selection) else np.asarray(annotated).tolist()
    rows = np.array(
        [
            check.count(i, "an item of annotated", low=0, high=unit.shape[0] - 1, high_is="the last item")
            for i in chosen
        ],
        dtype=np.int64,
    )
    k = check.count(n_examples, "n_examples", high=rows.size, high_is="the number of annotated items")
    found = np.empty((queries.shape[0], k), dtype=np.int64)
    step = max(1, _BLOCK // max(rows.size, 1))
    for a in range(0, queries.shape[0], step):
        cosine = queries[a : a + step] @ unit[rows].T
        found[a : a + step] = rows[np.argsort(-cosine, axis=1, kind="stable")[:, :k][:, ::-1]]
    return found
