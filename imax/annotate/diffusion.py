"""Using annotated examples: labels that spread to other items, and examples for a prompt."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.frames import frame_of
from .._utils.streams import RNG, key_from
from ..diffusion.tables import check_model
from ..errors import InvalidArgumentError
from ..graph.alignment import Aligner
from ..graph.influence_graph import InfluenceGraph
from ..io.node_reader import ON_MISSING
from ..results import Record
from ._checks import item_numbers, unit_embeddings
from .decided import labels_of_items, spread_labels, words_for_missing
from .neighbors import similarities
from .selection import Selection

__all__ = ["Annotation", "auto_annotate", "retrieve"]

_BLOCK = 1 << 24  # similarities computed at once


@dataclass(frozen=True)
class Annotation(Record):
    """Labels of all items; see `auto_annotate`.

    Attributes
    ----------
    ids : list
        The label of each item by which it is named: row numbers, if items have no ids.
    labels : list
        The annotation of each item; None for an item without one (abstention).
    confidence : list of float
        The probability that this label reaches the item first; 1 for annotated items.
    reached : list of float
        The probability that any label reaches the item.
    n_annotated, n_abstained : int
        Number of annotated items, and of items without a label.
    threshold : float
    n_rr_sets : int
    rng_key : tuple of int
        The key of the random streams; passing it as `rng` repeats the result.
    notes : list of str
        How many blank labels were ignored.

    Examples
    --------
    >>> import numpy as np
    >>> from imax.annotate import auto_annotate, select
    >>> chosen = select(np.random.default_rng(0).normal(size=(40, 5)), 3, rng=1)
    >>> found = auto_annotate(chosen, {item: "cat" for item in chosen}, rng=1)
    >>> found.n_annotated, len(found.labels)
    (3, 40)
    """

    ids: list[Any]
    labels: list[Any]
    confidence: list[float]
    reached: list[float]
    n_annotated: int
    n_abstained: int
    threshold: float
    n_rr_sets: int
    rng_key: tuple[int, int]
    notes: list[str] = field(default_factory=list)

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with the columns id, label and confidence, with one row per item.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
        """
        return frame_of({"id": self.ids, "label": self.labels, "confidence": self.confidence}, backend)

    def __repr__(self) -> str:
        n = len(self.labels)
        spread = n - self.n_annotated - self.n_abstained
        return f"<Annotation: {n:,} items, {self.n_annotated:,} annotated, {spread:,} labeled by diffusion>"


def auto_annotate(
    graph: Selection | InfluenceGraph,
    labels: Any,
    *,
    model: str | None = None,
    threshold: float = 0.0,
    sets_per_item: int = 200,
    on_missing: str = "error",
    rng: RNG = None,
    threads: int | None = None,
    client: Any = None,
) -> Annotation:
    """Give each item the label that is most likely to reach it first from the annotated items.

    In a random world of live arcs, the label that reaches an item first is that of the annotated item at the smallest
    distance, counted in arcs. An RR set from the item finds it: the search goes level by level until it meets an
    annotated item.

    Parameters
    ----------
    graph : Selection or InfluenceGraph
        The graph of nearest neighbors, or a selection on it.
    labels : dict, pandas Series, table or sequence
        The labels of the annotated items, by item: a dict from row numbers or ids to labels, a Series whose index names
        the items, a table with a column of items and a column of labels, or a sequence with one entry for each item.
        Blank labels (None, NaN, ``pandas.NA``, "") mean that the item is not annotated.
    model : {"ic", "lt"}, optional
        How labels spread. Default the model of the selection, or ``"ic"``.
    threshold : float, default 0
        An item gets no label if the probability of its best label is not above this, or if no label reached it.
    sets_per_item : int, default 200
        Number of random worlds, and thus of RR sets, for each item.
    on_missing : {"error", "drop", "default"}, default "error"
        What to do with labels of items that are not in the graph: raise an error, or ignore them; ``notes`` have the
        count.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` is.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores.
    client : distributed.Client, optional
        Draw the RR sets on the workers of a Dask cluster; the result is the same. See :doc:`/how-to/cluster`.

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
        raise InvalidArgumentError(
            f"graph must be a Selection or an InfluenceGraph, got {type(graph).__name__}", argument="graph"
        )
    if model is None:
        model = graph.model if isinstance(graph, Selection) else "ic"
    aligner = Aligner(network.labels, check.one_of(on_missing, "on_missing", ON_MISSING))
    items, given, n_blank = labels_of_items(labels, network, aligner)
    threshold = check.probability(threshold, "threshold")
    per_item = check.count(sets_per_item, "sets_per_item")
    key = key_from(rng)
    names, counts, n_sets = spread_labels(
        network,
        items,
        given,
        model=check_model(model),
        per_item=per_item,
        key=key,
        threads=threads,
        client=client,
    )
    blank = [f"labels: {n_blank:,} blank labels mean that the items are not annotated"] if n_blank else []
    blank += words_for_missing(given)
    n = network.n_nodes
    best = counts.argmax(axis=1)
    confidence = counts[np.arange(n), best] / per_item
    annotated = np.zeros(n, dtype=np.bool_)
    annotated[items] = True
    has_label = annotated | ((confidence > threshold) & (confidence > 0.0))
    return Annotation(
        ids=network.nodes(),
        labels=[names[i] if known else None for i, known in zip(best.tolist(), has_label.tolist(), strict=True)],
        confidence=confidence.tolist(),
        reached=(counts.sum(axis=1) / per_item).tolist(),
        n_annotated=items.size,
        n_abstained=int((~has_label).sum()),
        threshold=threshold,
        n_rr_sets=n_sets,
        rng_key=key,
        notes=[*aligner.notes, *blank],
    )


def retrieve(
    query_embeddings: ArrayLike, embeddings: ArrayLike, annotated: ArrayLike | Selection, n_examples: int = 5
) -> NDArray[np.int64]:
    """Return the annotated examples that are most similar to each query, in increasing similarity.

    This is the order in which a prompt lists them: the most similar example comes last, next to the query.

    Parameters
    ----------
    query_embeddings : array_like of float or SciPy sparse array, shape (n_queries, n_dimensions)
        The queries.
    embeddings : array_like of float or SciPy sparse array, shape (n_items, n_dimensions)
        All items.
    annotated : array_like of int, or Selection
        The annotated items, as rows of `embeddings`.
    n_examples : int, default 5
        Number of examples for each query.

    Returns
    -------
    numpy.ndarray of int64, shape (n_queries, n_examples)
        Rows of `embeddings`. Ties go to the item that comes first in `annotated`.

    Raises
    ------
    InvalidArgumentError

    Examples
    --------
    >>> from imax.annotate import retrieve
    >>> retrieve([[1.0, 0.1]], [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 2], 2).tolist()
    [[2, 1]]
    """
    queries, unit = unit_embeddings(query_embeddings, "query_embeddings"), unit_embeddings(embeddings)
    if queries.shape[1] != unit.shape[1]:
        raise InvalidArgumentError(
            f"query_embeddings must have as many dimensions as embeddings, {unit.shape[1]}; got {queries.shape[1]}",
            argument="query_embeddings",
        )
    items = annotated.indices if isinstance(annotated, Selection) else np.asarray(annotated).tolist()
    rows = item_numbers(items, unit.shape[0], "annotated")
    k = check.count(n_examples, "n_examples", high=rows.size, high_is="the number of annotated items")
    examples = np.empty((queries.shape[0], k), dtype=np.int64)
    step = max(1, _BLOCK // max(rows.size, 1))
    for a in range(0, queries.shape[0], step):
        cosine = similarities(queries, np.arange(a, min(a + step, queries.shape[0])), unit[rows])
        examples[a : a + step] = rows[np.argsort(-cosine, axis=1, kind="stable")[:, :k][:, ::-1]]
    return examples
