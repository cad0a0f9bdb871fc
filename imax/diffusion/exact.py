"""The exact spread on small graphs, by enumerating all live-arc worlds."""

import itertools
import math
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidArgumentError
from ..graph.accept import as_graph
from ..graph.influence_graph import InfluenceGraph
from ..graph.lt_weights import lt_normalizers
from ..graph.node_values import node_weights as check_node_weights
from .tables import check_model

__all__ = ["MOST_WORLDS", "exact_spread", "spread_of"]

MOST_WORLDS = 1 << 20
_MANY_BITS = 1000  # numbers of worlds beyond what a float holds are shown as powers of two
_ROUNDING = 1e-12  # of sums of float64
_STEP = 1 << 14  # worlds between two looks at interrupts


def exact_spread(
    graph: Any,
    seeds: Iterable[Hashable],
    *,
    model: str = "ic",
    probability: str | None = None,
    node_weights: ArrayLike | dict[Any, float] | None = None,
) -> float:
    """Return the expected number of nodes that seeds activate, exactly, by going through all live-arc worlds.

    For tests, teaching and tiny graphs: there must be at most 2**20 worlds. Only what the seeds can reach counts. Under
    independent cascade each arc that is neither sure nor impossible doubles their number; under linear threshold each
    node multiplies it by its in-arcs, and one more where their weights do not sum to 1.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    seeds : iterable of labels
        Repeated ones count once.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    probability : str, optional
        A scheme of arc probabilities in place of the graph's own; see `imax.probabilities`.
    node_weights : array_like of float, shape (n_nodes,), or dict, optional
        What reaching each node is worth; default 1 each.

    Returns
    -------
    float

    Raises
    ------
    InvalidArgumentError
        With more than 2**20 worlds, among others.
    InvalidGraphError, UnknownNodeError

    References
    ----------
    Kempe, Kleinberg, Tardos: Maximizing the Spread of Influence through a Social Network. KDD 2003 (live-arc worlds).

    Examples
    --------
    >>> import imax
    >>> path = imax.InfluenceGraph.from_arrays([0, 1], [1, 2], [0.5, 0.5])
    >>> imax.exact_spread(path, [0])
    1.75
    """
    model = check_model(model)
    network = as_graph(graph, probability=probability)
    if isinstance(seeds, str):
        raise InvalidArgumentError(f"seeds must be an iterable of labels, got the text {seeds!r}")
    chosen = np.unique(network.internal_of(seeds, "seeds"))
    if not chosen.size:
        raise InvalidArgumentError("seeds is empty; give at least one node")
    return spread_of(network, chosen, model, check_node_weights(network, node_weights))


def spread_of(
    graph: InfluenceGraph,
    seeds: NDArray[np.int32],
    model: str,
    weights: NDArray[np.float64] | None,
    blocked: NDArray[np.bool_] | None = None,
) -> float:
    """Return the exact spread of nodes by internal id; `blocked` ones take no part."""
    from ..kernels.worlds import enumerate_worlds

    near, src, dst, p = _within_reach(graph, seeds, _chances(graph, model), blocked)
    worth = (np.ones(graph.n_nodes) if weights is None else weights)[near]
    active = np.isin(near, seeds)
    choices = _ic_choices(src, dst, p) if model == "ic" else _lt_choices(src, dst, p)
    bits = sum(math.log2(len(options)) for options in choices)
    n_worlds = math.prod(len(options) for options in choices) if bits < _MANY_BITS else 0
    if not 0 < n_worlds <= MOST_WORLDS:
        number = f"{n_worlds:.3g}" if n_worlds else f"2**{bits:.0f}"
        raise InvalidArgumentError(
            f"seeds reach too much for exact enumeration: there are {number} live-arc worlds, at most "
            f"{MOST_WORLDS:,} can be gone through; use imax.spread, which simulates"
        )
    choice = np.cumsum([0, *(len(options) for options in choices)])
    flat = list(itertools.chain.from_iterable(choices))
    chances = np.array([option[0] for option in flat], dtype=np.float64)
    ends = np.array([option[1:] for option in flat], dtype=np.int64).reshape(-1, 2)
    reached = np.empty(near.size, dtype=np.bool_)
    source, target = np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1])
    total = 0.0
    for first in range(0, n_worlds, _STEP):
        last = min(first + _STEP, n_worlds)
        total += enumerate_worlds(first, last, choice, chances, source, target, active, worth, reached)
    return total


def _chances(graph: InfluenceGraph, model: str) -> NDArray[np.float64]:
    """Return each arc's probability, in the order of `in_idx`, without the rounding that compact storage brings."""
    kind, degree = graph.probability.kind, np.diff(graph.in_ptr)
    if kind == "uniform":
        p = np.full(graph.n_arcs, float(graph.probability.value))
    elif kind == "weighted_cascade":
        p = np.repeat(1.0 / np.maximum(degree, 1), degree)
    else:
        p = graph.arc_values().astype(np.float64)
    if model == "lt":
        p /= np.repeat(lt_normalizers(graph.check_lt()), degree)
    return p


def _within_reach(
    graph: InfluenceGraph,
    seeds: NDArray[np.int32],
    values: NDArray[np.float64],
    blocked: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the nodes that seeds may reach, and the arcs among them that lead to others than seeds, renumbered."""
    ptr, idx, place = graph.forward(places=True)
    near = np.zeros(graph.n_nodes, dtype=np.bool_)
    near[seeds] = True
    left = [int(s) for s in seeds]
    arcs: list[tuple[int, int, float]] = []
    fixed = set(left) | (set() if blocked is None else set(np.flatnonzero(blocked).tolist()))
    while left:
        u = left.pop()
        for a in range(ptr[u], ptr[u + 1]):
            v, p = int(idx[a]), float(values[place[a]])
            if p <= 0.0 or v in fixed:
                continue
            arcs.append((u, v, p))
            if not near[v]:
                near[v] = True
                left.append(v)
    number = np.cumsum(near) - 1
    ends = np.array([arc[:2] for arc in arcs], dtype=np.int64).reshape(-1, 2)
    p_of = np.array([arc[2] for arc in arcs], dtype=np.float64)
    return np.flatnonzero(near), number[ends[:, 0]], number[ends[:, 1]], p_of


Option = tuple[float, int, int]


def _ic_choices(src: NDArray[np.int64], dst: NDArray[np.int64], p: NDArray[np.float64]) -> list[list[Option]]:
    """Each arc is live or not."""
    found = []
    for u, v, x in zip(src.tolist(), dst.tolist(), p.tolist(), strict=True):
        found.append([(x, u, v)] if x >= 1.0 else [(x, u, v), (1.0 - x, -1, -1)])
    return found


def _lt_choices(src: NDArray[np.int64], dst: NDArray[np.int64], p: NDArray[np.float64]) -> list[list[Option]]:
    """Each node has one of its in-arcs live, or none."""
    by_target: dict[int, list[Option]] = {}
    for u, v, x in zip(src.tolist(), dst.tolist(), p.tolist(), strict=True):
        by_target.setdefault(v, []).append((x, u, v))
    for options in by_target.values():
        rest = 1.0 - sum(option[0] for option in options)
        if rest > _ROUNDING:
            options.append((rest, -1, -1))
    return list(by_target.values())
