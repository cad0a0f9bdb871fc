"""Exposures: users of whom in-neighbors act on an item, and the chance that each model gives them to act too."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..graph.influence_graph import InfluenceGraph
from .evidence import Placed

__all__ = ["Exposures", "find_exposures"]

_CAPACITY = 1 << 18  # exposures that a thread writes before they are copied


@dataclass(frozen=True)
class Exposures:
    """Exposures: item (0 to n_items - 1), whether the user acted, and the prediction of each model."""

    item: NDArray[np.int32]
    acted: NDArray[np.bool_]
    predicted: NDArray[np.float64]
    initiated: NDArray[np.bool_]


def find_exposures(
    placed: Placed, graphs: list[InfluenceGraph], window: float | None, threads: int, *, is_lt: bool
) -> Exposures:
    """Return the exposures; if `is_lt`, the first model predicts the sum of the weights of the active in-neighbors."""
    graph = graphs[0]
    with np.errstate(divide="ignore"):
        log_q = np.stack([np.log1p(-g.arc_values().astype(np.float64)) for g in graphs])
    if is_lt:
        log_q[0] = -graph.arc_values().astype(np.float64)
    limit = np.inf if window is None else window
    parts = parallel.even_parts(placed.log.item_ptr, 4 * threads)
    task = partial(_exposures_of, placed, graph, graph.forward(places=True), limit, log_q)
    pieces = [piece for found in parallel.run([partial(task, a, b) for a, b in parts], threads) for piece in found]
    item, acted, total, who = (np.concatenate(column) for column in zip(*pieces, strict=True))
    # users that acted and are not exposed have started the item
    initiated = np.ones(placed.n_actions, dtype=np.bool_)
    exposed = np.sort(item[acted].astype(np.int64) * graph.n_nodes + who[acted])
    of_item = np.repeat(np.arange(placed.items.size), np.diff(placed.log.item_ptr))
    keys = of_item * graph.n_nodes + placed.log.user
    if exposed.size:
        at = np.minimum(np.searchsorted(exposed, keys), exposed.size - 1)
        initiated = exposed[at] != keys
    predicted = -np.expm1(total)
    if is_lt:
        predicted[:, 0] = np.minimum(-total[:, 0], 1.0)
    return Exposures(item, acted, predicted, initiated)


def _exposures_of(
    placed: Placed, graph: InfluenceGraph, forward: tuple[Any, ...], window: float, log_q: NDArray[np.float64],
    first: int, last: int,
) -> list[tuple[NDArray[Any], ...]]:  # fmt: skip
    from ..kernels.actions import Exposed, exposures

    n, models = graph.n_nodes, log_q.shape[0]
    stamp, at, sums = np.zeros(n, dtype=np.int64), np.empty(n), np.empty((n, models))
    touched = np.empty(2 * n, dtype=np.int32)
    capacity = _CAPACITY
    pieces: list[tuple[NDArray[Any], ...]] = []
    while first < last:
        out = Exposed(
            np.empty(capacity, np.int32), np.empty(capacity, np.int32), np.empty(capacity, np.bool_),
            np.empty((capacity, models)),
        )  # fmt: skip
        after, size = exposures(
            first, last, placed.log, graph.in_ptr, graph.in_idx, forward, window, log_q, stamp, at, sums, touched, out
        )
        if after == first:
            capacity *= 2
            continue
        pieces.append((out.item[:size].copy(), out.acted[:size].copy(), out.total[:size].copy(), out.who[:size].copy()))
        first = after
    return pieces
