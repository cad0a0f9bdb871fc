"""Labels that spread from annotated items, and the items whose labels they decide."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.streams import Key, Stream, stream_key
from .._utils.tables import is_table
from ..cluster.session import open_session
from ..diffusion.sampler import Sampler
from ..errors import InvalidArgumentError
from ..graph.alignment import Aligner
from ..graph.influence_graph import InfluenceGraph
from ..graph.look_alikes import MISSING
from ..graph.node_values import NodeColumn, node_column
from ..ris.collection import RRCollection
from ..ris.remote import new_collection
from ._checks import is_blank, item_rows

__all__ = ["decided_items", "labels_of_items", "spread_labels", "words_for_missing"]

_SETS_PER_ITEM = 200  # random worlds for each item


def decided_items(
    network: InfluenceGraph,
    labels: Any,
    decided_above: float | None,
    *,
    aligner: Aligner,
    model: str,
    key: Key,
    threads: int | None,
    client: Any = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Return the rows of annotated items, the rows of items that their labels decide, and notes on both.

    The labels decide an item if one label reaches it first with a probability above `decided_above`; none if that is
    None.
    """
    nothing = np.empty(0, dtype=np.int64)
    if labels is None:
        if decided_above is not None:
            raise InvalidArgumentError("labels must be given when decided_above is given", argument="labels")
        return nothing, nothing, ()
    rows, given, n_blank = labels_of_items(labels, network, aligner)
    notes = [f"labels: {n_blank:,} blank labels mean that the items are not annotated"] if n_blank else []
    notes += words_for_missing(given)
    if decided_above is None:
        return rows, nothing, tuple(notes)
    threshold = check.probability(decided_above, "decided_above")
    _, counts, _ = spread_labels(
        network, rows, given, model=model, per_item=_SETS_PER_ITEM, key=key, threads=threads,
        client=client,
    )  # fmt: skip
    decided = np.setdiff1d(np.flatnonzero(counts.max(axis=1) > threshold * _SETS_PER_ITEM), rows)
    notes.append(f"the labels decide {decided.size:,} items, which are not selected and count 0")
    return rows, decided, tuple(notes)


def spread_labels(
    network: InfluenceGraph,
    items: NDArray[np.int64],
    given: list[Any],
    *,
    model: str,
    per_item: int,
    key: Key,
    threads: int | None,
    client: Any = None,
) -> tuple[list[Any], NDArray[np.int64], int]:
    """Return the distinct labels, how often each of them reaches each item first, and the number of RR sets.

    Parameters
    ----------
    network : InfluenceGraph
    items, given : numpy.ndarray of int64, list
        Rows and labels of the annotated items.
    per_item : int
        Number of random worlds for each item.

    Returns
    -------
    list, numpy.ndarray of int64 with shape (n_items, n_labels), int
    """
    label_numbers: dict[Any, int] = {}
    label_of = np.full(network.n_nodes, -1, dtype=np.int64)  # the label number of annotated items, by internal id
    for place in np.argsort(items).tolist():  # equally likely labels: that of the first item wins
        item, label = items[place], given[place]
        label_of[network.rank[item]] = label_numbers.setdefault(label, len(label_numbers))
    if model == "lt":
        network.check_lt()
    stream = stream_key(key, Stream.ANNOTATION)
    sampler = Sampler(network, model, stream, threads=threads, stratify_after=0, is_sentinel=label_of >= 0)
    annotated = np.flatnonzero(label_of >= 0)
    with open_session(client, network) as session:
        sets = new_collection(session, sampler)
        sets.extend(per_item * network.n_nodes)
        counts = sets.add_up(_count_labels, annotated, label_of[annotated], len(label_numbers))[network.rank]
    return list(label_numbers), counts, sets.n_sets


def labels_of_items(
    labels: Any, network: InfluenceGraph, aligner: Aligner | None = None
) -> tuple[NDArray[np.int64], list[Any], int]:
    """Return the rows and the labels of the annotated items, and the number of blank labels.

    An `aligner` may ignore labels of items that are not in the graph; its notes say how many.
    """
    if isinstance(labels, Mapping) and (aligner is None or aligner.on_missing == "error"):
        items, given = item_rows(list(labels), network.labels, "labels"), list(labels.values())
    else:
        given, unlisted = (aligner or Aligner(network.labels, option=None)).objects(_column(labels))
        items = np.flatnonzero(~unlisted)
        given = [given[i] for i in items.tolist()]
    annotated = [not is_blank(label) for label in given]
    if not any(annotated):
        raise InvalidArgumentError(
            "labels must have at least one item with a label that is not blank", argument="labels"
        )
    try:
        set(given)
    except TypeError:
        raise InvalidArgumentError("labels must be hashable, such as text or numbers", argument="labels") from None
    kept = [label for label, known in zip(given, annotated, strict=True) if known]
    return items[np.array(annotated)], kept, len(given) - len(kept)


def words_for_missing(labels: list[Any]) -> list[str]:
    """Return a note if a label is a word for a missing value.

    >>> words_for_missing(["good", "N/A", "N/A"])
    ["labels: 'N/A' counts as a label like any other (items: 2); leave it blank where items are not annotated"]
    """
    counts = Counter(label.strip() for label in labels if isinstance(label, str) and label.strip() in MISSING)
    return [
        f"labels: {word!r} counts as a label like any other (items: {count:,}); leave it blank where items are not "
        "annotated"
        for word, count in counts.items()
    ]


def _column(labels: Any) -> NodeColumn:
    if isinstance(labels, (str, bytes)) or not (hasattr(labels, "__len__") or is_table(labels)):
        raise InvalidArgumentError(
            "labels must be a mapping from annotated items to labels, a pandas Series, a table, or a sequence with one "
            f"entry for each item; got {type(labels).__name__}",
            argument="labels",
        )
    return node_column(labels, "labels")


def _count_labels(
    sets: RRCollection, annotated: NDArray[np.int64], labels: NDArray[np.int64], n_labels: int
) -> NDArray[np.int64]:
    """Return how many RR sets of each root met each label, by internal id: shape (n_nodes, n_labels).

    The root of set i is node i modulo the number of nodes. A set that met an annotated item consists of that item.
    """
    n = sets.graph.n_nodes
    label_of = np.full(n, -1, dtype=np.int64)
    label_of[annotated] = labels
    first_node = sets.nodes[sets.offsets[:-1]]
    met = label_of[first_node]
    hit = np.flatnonzero(met >= 0)
    root = sets.numbers()[hit] % n
    return np.bincount(root * n_labels + met[hit], minlength=n * n_labels).reshape(n, n_labels)
