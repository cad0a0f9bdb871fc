"""The exact spread on small graphs, by enumeration of all live-arc worlds."""

import itertools
import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.durations import Duration
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.lt_weights import lt_normalizers
from ..io.node_reader import NodeList, NodeValues
from .deadline import ArcDelays, Deadline, check_deadline
from .exact_timed import Option, timed_spread
from .inputs import check_inputs
from .tables import reject_walks

__all__ = ["MAX_WORLDS", "exact_spread", "spread_of"]

MAX_WORLDS = 1 << 20
MAX_TIMED_WORLDS = 1 << 12
_MANY_BITS = 1000  # messages show a number of worlds that no float holds as a power of two
_ROUNDING = 1e-12  # tolerance for the rounding of float64 sums
_WORLDS_PER_CALL = 1 << 14  # an interrupt waits for the end of a call


def exact_spread(
    graph: Any,
    seeds: NodeList,
    *,
    model: str = "ic",
    probability: str | None = None,
    node_weights: NodeValues | None = None,
    on_missing: str | None = None,
    max_steps: int | None = None,
    deadline: Duration | None = None,
    delay: "ArcDelays | None" = None,
) -> float:
    """Return the exact expected number of nodes that seeds activate, by enumeration of all live-arc worlds.

    This is for tests, teaching and tiny graphs: there may be at most 2**20 worlds. Only the part of the graph that the
    seeds can reach counts. Under independent cascade each arc of probability strictly between 0 and 1 doubles the
    number of worlds. Under linear threshold each node multiplies it by its number of in-arcs, plus one if their weights
    do not sum to 1.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    seeds : list of nodes
        Repeated labels count once.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    probability : str, optional
        Scheme of arc probabilities, see `imax.probabilities`. Default: the graph's own probabilities.
    node_weights : node values, optional
        Weight of each node, see `imax.Constraints`: the spread is the total weight of the reached nodes. Default 1
        each.
    on_missing : {"error", "drop", "default"}, default "error"
        As in `imax.spread`; a warning says what was left out.
    max_steps, deadline, delay
        As in `imax.spread`. With `deadline` there may be at most 4096 worlds, each with at most 256 sets of nodes that
        can be active at the same time.

    Returns
    -------
    float

    Raises
    ------
    InvalidArgumentError
        If there are more than 2**20 worlds, or an argument is wrong.
    InvalidGraphError
        If the LT weights of a node sum to more than 1.
    UnknownNodeError
        If a seed is not in the graph.

    See Also
    --------
    spread : Estimate by simulation, on graphs of any size.

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
    checked = check_inputs(graph, seeds, model, probability, node_weights, None, on_missing)
    for note in checked.notes:
        warnings.warn(note, stacklevel=2)
    until = check_deadline(checked.graph, max_steps=max_steps, deadline=deadline, delay=delay)
    return spread_of(checked.graph, checked.seeds, checked.model, checked.weights, deadline=until)


def spread_of(
    graph: InfluenceGraph,
    seeds: NDArray[np.int32],
    model: str,
    weights: NDArray[np.float64] | None,
    blocked: NDArray[np.bool_] | None = None,
    deadline: Deadline | None = None,
) -> float:
    """Return the exact spread of nodes, all by internal id; no cascade enters `blocked` nodes."""
    from ..kernels.worlds import enumerate_worlds

    reject_walks(graph)
    near, src, dst, p, rate = _within_reach(graph, seeds, _arc_probabilities(graph, model), blocked, deadline)
    node_weight = (np.ones(graph.n_nodes) if weights is None else weights)[near]
    active = np.isin(near, seeds)
    choices = _ic_choices(src, dst, p) if model == "ic" else _lt_choices(src, dst, p)
    if deadline is not None and deadline.time is not None:
        _count_worlds(choices, MAX_TIMED_WORLDS)
        rates = dict(zip(zip(src.tolist(), dst.tolist(), strict=True), rate.tolist(), strict=True))
        return timed_spread(choices, rates, np.flatnonzero(active).tolist(), node_weight, deadline.time)
    n_worlds = _count_worlds(choices)
    first_option = np.cumsum([0, *(len(options) for options in choices)])
    flat = list(itertools.chain.from_iterable(choices))
    chances = np.array([option[0] for option in flat], dtype=np.float64)
    ends = np.array([option[1:] for option in flat], dtype=np.int64).reshape(-1, 2)
    source, target = np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1])
    steps = np.empty(near.size, dtype=np.int32)
    max_steps = near.size if deadline is None or deadline.max_steps is None else deadline.max_steps
    total = 0.0
    for first in range(0, n_worlds, _WORLDS_PER_CALL):
        last = min(first + _WORLDS_PER_CALL, n_worlds)
        total += enumerate_worlds(
            first, last, first_option, chances, source, target, active, node_weight, max_steps, steps
        )
    return total


def _count_worlds(choices: list[list[Option]], largest: int = MAX_WORLDS) -> int:
    """Return the number of worlds; raise an error if there are too many."""
    bits = sum(math.log2(len(options)) for options in choices)
    n_worlds = math.prod(len(options) for options in choices) if bits < _MANY_BITS else 0
    if not 0 < n_worlds <= largest:
        number = f"{n_worlds:.3g}" if n_worlds else f"2**{bits:.0f}"
        raise InvalidArgumentError(
            f"seeds reach too much of the graph for exact enumeration: {number} live-arc worlds, more than "
            f"{largest:,}; use imax.spread, which simulates",
            argument="seeds",
        )
    return n_worlds


def _arc_probabilities(graph: InfluenceGraph, model: str) -> NDArray[np.float64]:
    """Return each arc's probability, in the order of `in_idx`, without the rounding of compact storage."""
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
    deadline: Deadline | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the nodes that seeds may reach, and the arcs among them: source, target, probability, 1 / mean delay.

    Arcs into seeds are left out. Sources and targets are places among the returned nodes.
    """
    ptr, idx, place = graph.forward(places=True)
    near = np.zeros(graph.n_nodes, dtype=np.bool_)
    near[seeds] = True
    left = [int(s) for s in seeds]
    arcs: list[tuple[int, int, float, float]] = []
    mean, means = (1.0, None) if deadline is None else (deadline.mean, deadline.means)
    fixed = set(left) | (set() if blocked is None else set(np.flatnonzero(blocked).tolist()))
    while left:
        u = left.pop()
        for a in range(ptr[u], ptr[u + 1]):
            v, p = int(idx[a]), float(values[place[a]])
            if p <= 0.0 or v in fixed:
                continue
            arcs.append((u, v, p, 1.0 / (mean if means is None else float(means[place[a]]))))
            if not near[v]:
                near[v] = True
                left.append(v)
    number = np.cumsum(near) - 1
    ends = np.array([arc[:2] for arc in arcs], dtype=np.int64).reshape(-1, 2)
    p_of, rate_of = np.array([arc[2:] for arc in arcs], dtype=np.float64).reshape(-1, 2).T
    return np.flatnonzero(near), number[ends[:, 0]], number[ends[:, 1]], p_of, rate_of


def _ic_choices(src: NDArray[np.int64], dst: NDArray[np.int64], p: NDArray[np.float64]) -> list[list[Option]]:
    """Return the options of each arc: live or not."""
    found = []
    for u, v, x in zip(src.tolist(), dst.tolist(), p.tolist(), strict=True):
        found.append([(x, u, v)] if x >= 1.0 else [(x, u, v), (1.0 - x, -1, -1)])
    return found


def _lt_choices(src: NDArray[np.int64], dst: NDArray[np.int64], p: NDArray[np.float64]) -> list[list[Option]]:
    """Return the options of each node: one of its in-arcs is live, or none."""
    by_target: dict[int, list[Option]] = {}
    for u, v, x in zip(src.tolist(), dst.tolist(), p.tolist(), strict=True):
        by_target.setdefault(v, []).append((x, u, v))
    for options in by_target.values():
        rest = 1.0 - sum(option[0] for option in options)
        if rest > _ROUNDING:
            options.append((rest, -1, -1))
    return list(by_target.values())
