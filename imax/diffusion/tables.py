"""Tables from which the sampler draws the live arcs of a graph's nodes under a diffusion model.

The models are the independent cascade (``"ic"``) and the linear threshold (``"lt"``) of Kempe, Kleinberg and Tardos
(KDD 2003). The same tables serve both directions: an RR set is a cascade on the reversed arcs, so forward IC cascades
run on the tables of the forward rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils import check, parallel
from .._utils.arrays import read_only
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.lt_weights import LT_SLACK

if TYPE_CHECKING:
    from ..kernels.draws import CountTables, HitTables, PickTables, UniformTables

__all__ = [
    "CREDIT", "HEAVY_FROM", "MODELS", "TABLE_MEAN", "Diffusion", "check_model", "forward_ic", "prepare", "reject_walks",
]  # fmt: skip

MODELS = ("ic", "lt")
CREDIT = "credit"  # the model of graphs with walks
TABLE_MEAN = 4.0  # largest mean number of live arcs that is drawn from a table
_SLICE = 1 << 20  # nodes that one task takes
_PART_ARCS = 1 << 22  # a thread builds the tables of so many arcs in about 0.2 s
HEAVY_FROM = 0.5  # each arc of at least this probability gets a coin of its own

Floats: TypeAlias = NDArray[np.float64]
Words: TypeAlias = NDArray[np.uint64]
ProbabilityOf: TypeAlias = Callable[[NDArray[np.int64]], Floats]


@dataclass(frozen=True)
class Diffusion:
    """The tables of a graph's rows under a model.

    Attributes
    ----------
    n : int
        Number of nodes.
    max_draws : int
        Largest number of arcs that one node can draw at once; it determines the size of buffers.
    tables : CountTables, HitTables, UniformTables or PickTables
        Their class tells the kernel `cascades` how to draw; see `imax.kernels.draws`.
    """

    n: int
    max_draws: int
    tables: "CountTables | HitTables | UniformTables | PickTables"

    def __post_init__(self) -> None:
        arrays: tuple[Any, ...] = self.tables
        object.__setattr__(self, "tables", type(self.tables)(*(read_only(array) for array in arrays)))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.n, self.max_draws, self.tables)


def check_model(model: Any) -> str:
    """Return the model's name in lower case.

    Raises
    ------
    InvalidArgumentError
        If there is no such model.
    """
    return check.one_of(str(model).lower(), "model", MODELS)


def reject_walks(graph: InfluenceGraph) -> None:
    """Raise an error for a credit distribution model, which has no probabilities of arcs."""
    if graph.walks is not None:
        raise InvalidArgumentError(
            "graph must not be a credit distribution model here: it has no probabilities to simulate; use functions "
            "and algorithms that draw RR sets, or its method spread_of",
            argument="graph",
        )


def prepare(graph: InfluenceGraph, model: str, threads: int) -> Diffusion:
    """Return the tables of a graph's reverse rows, for RR sets; they are built once for a graph and model."""
    if graph.walks is not None and model == CREDIT:
        return prepare(graph.walks.graph, "lt", threads)
    reject_walks(graph)
    made: Diffusion = graph.cached(("reverse", model), lambda: _reverse(graph, model, threads))
    return made


def _reverse(graph: InfluenceGraph, model: str, threads: int) -> Diffusion:
    kind = graph.probability.kind
    ptr, idx = graph.in_ptr, graph.in_idx
    if model == "lt":
        graph.check_lt()
        return _lt_uniform(ptr, idx) if kind == "weighted_cascade" else _lt_general(graph, threads)
    if kind == "weighted_cascade":
        return _ic_equal(ptr, idx, lambda degree: 1.0 / degree)
    if kind == "uniform":
        return _ic_equal(ptr, idx, lambda degree: np.full(degree.size, graph.probability.value))
    return _ic_general(ptr, idx, graph.arc_values(), by_target=False, threads=threads)


def forward_ic(graph: InfluenceGraph, threads: int) -> Diffusion:
    """Return the tables of a graph's forward rows, for IC cascades from seeds; they are built once for a graph."""
    reject_walks(graph)
    made: Diffusion = graph.cached(("forward", "ic"), lambda: _forward(graph, threads))
    return made


def _forward(graph: InfluenceGraph, threads: int) -> Diffusion:
    kept = graph.probability
    if kept.kind == "uniform":
        ptr, idx, _ = graph.forward()
        return _ic_equal(ptr, idx, lambda degree: np.full(degree.size, kept.value))
    if kept.kind == "weighted_cascade":
        ptr, idx, _ = graph.forward()
        per_node = (1.0 / np.maximum(np.diff(graph.in_ptr), 1)).astype(np.float32)
        return _ic_general(ptr, idx, read_only(per_node), by_target=True, threads=threads)
    ptr, idx, place = graph.forward(places=True)
    return _ic_general(ptr, idx, read_only(graph.arc_values()[place]), by_target=False, threads=threads)


# -- rows whose arcs all have the same probability ----------------------------------------------------------------


def _ic_equal(ptr: NDArray[np.int64], idx: NDArray[np.int32], probability_of: ProbabilityOf) -> Diffusion:
    """Return tables of the number of live arcs; the probability is a function of the row's number of arcs."""
    from ..kernels.draws import CountTables

    record, idx, present = _slots(ptr, idx)
    p = np.zeros(present.size)
    p[present > 0] = probability_of(present[present > 0])
    cumulative, parameter, degree, mode, max_draws = count_tables(present, p)
    return Diffusion(ptr.size - 1, max_draws, CountTables(record, idx, cumulative, parameter, degree, mode))


def _lt_uniform(ptr: NDArray[np.int64], idx: NDArray[np.int32]) -> Diffusion:
    """Return tables of one arc for each node, chosen uniformly."""
    from ..kernels.draws import UniformTables

    return Diffusion(ptr.size - 1, 1, UniformTables(*_slots(ptr, idx)))


def _slots(ptr: NDArray[np.int64], idx: NDArray[np.int32]) -> tuple[Words, NDArray[np.int32], NDArray[np.int64]]:
    """Return each node's record (first arc and slot), the arcs' nodes, and the number of arcs for each slot.

    All rows of the same number of arcs share a slot.
    """
    from ..kernels.draws import SLOT_BITS

    n = ptr.size - 1
    parts = [slice(a, min(a + _SLICE, n)) for a in range(0, n, _SLICE)]  # new memory of all nodes costs more than sums
    count = np.zeros(1, dtype=np.int64)
    for part in parts:
        found = np.bincount(np.diff(ptr[part.start : part.stop + 1]), minlength=count.size)
        found[: count.size] += count
        count = found
    present = np.flatnonzero(count) if n else np.zeros(1, dtype=np.int64)
    if present.size >= 1 << SLOT_BITS or idx.size >= 1 << (64 - SLOT_BITS):
        raise InvalidArgumentError(
            f"graph is too large: {idx.size:,} arcs and {present.size:,} distinct in-degrees; the sampler takes fewer "
            f"than 2**{64 - SLOT_BITS} and 2**{SLOT_BITS}",
            argument="graph",
        )
    slots = np.zeros(int(present[-1]) + 1, dtype=np.uint64)
    slots[present] = np.arange(present.size, dtype=np.uint64)
    record = np.empty(n, dtype=np.uint64)
    for part in parts:
        degree = np.diff(ptr[part.start : part.stop + 1])
        start = np.where(degree > 0, ptr[part], 0).astype(np.uint64)
        record[part] = (start << np.uint64(SLOT_BITS)) | slots[degree]
    return record, idx if idx.size else np.zeros(1, dtype=np.int32), present


def count_tables(
    degree: NDArray[np.int64], p: Floats
) -> tuple[Words, Floats, NDArray[np.int64], NDArray[np.int8], int]:
    """Return tables of the number of live arcs, one row for each pair of a degree and a probability.

    Returns
    -------
    cumulative, parameter, degree, mode : numpy.ndarray
        The arrays of `imax.kernels.draws.CountTables`.
    max_draws : int
        Largest number of arcs that one draw can return.
    """
    from ..kernels import draws

    with_coins = (p >= HEAVY_FROM) & (degree > 1)
    with_hits = ~with_coins & (degree * p > TABLE_MEAN)
    cumulative, parameter = _binomial_tables(degree, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (-degree.astype(np.longdouble) * np.log1p(-p.astype(np.longdouble))).astype(np.float64)
    cumulative[with_coins | with_hits, :2] = 0  # every draw goes beyond these two entries
    parameter[with_hits, draws.HIT_RATE] = rate[with_hits]
    parameter[with_hits, draws.HIT_NONE] = np.exp(-rate[with_hits])
    parameter[with_coins, draws.COIN] = p[with_coins]
    used = np.where(p > 0, degree, 0).astype(np.int64)
    mode = np.full(degree.size, draws.TABLE_MODE, dtype=np.int8)
    mode[with_hits] = draws.HITS_MODE
    mode[with_coins] = draws.COINS_MODE
    max_draws = int(used.max(initial=1))
    if with_hits.any():
        max_draws = max(max_draws, max_hits(rate[with_hits].max()))
    return cumulative, parameter, used, mode, max_draws


def _binomial_tables(degree: NDArray[np.int64], p: Floats) -> tuple[Words, Floats]:
    """Return cumulative binomial probabilities in units of 2**-64, and the numbers that their tails need.

    They are computed in extended precision.
    """
    from ..kernels.draws import ARCS_PER_WORD, ODDS, TABLE, TAIL, TERM

    q, d = p.astype(np.longdouble), degree.astype(np.longdouble)
    zero = np.longdouble(0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        odds = np.where(p < 1, q / (1 - q), zero)
        # P(count = c), each from the one before; a single arc of p = 1 is live for certain
        terms = np.empty((degree.size, TABLE + 1), dtype=np.longdouble)
        terms[:, 0] = np.where(p < 1, np.exp(d * np.log1p(-q)), zero)
        steps = np.arange(TABLE)
        terms[:, 1:] = np.maximum(d[:, None] - steps, 0) / (steps + 1) * odds[:, None]
        terms = np.cumprod(terms, axis=1)
        terms[(p >= 1) & (degree == 1), 1] = 1
        totals = np.cumsum(terms, axis=1)
        cumulative = _to_words(totals[:, :-1])
        # with degree 0 or p = 0 no draw may reach a later entry
        cumulative[(degree == 0) | (p == 0)] = np.uint64(2**64 - 1)
        width = (cumulative[:, 1] - cumulative[:, 0]).astype(np.float64) + 1.0
        parameter = np.zeros((degree.size, 4))
        parameter[:, ARCS_PER_WORD] = 2.0 * degree / width * (1.0 - 2.0**-51)
        parameter[:, TAIL] = np.maximum(1.0 - totals[:, -2], 0.0).astype(np.float64)
        parameter[:, TERM] = terms[:, -1].astype(np.float64)
        parameter[:, ODDS] = odds.astype(np.float64)
    return cumulative, parameter


def _to_words(total: NDArray[Any]) -> Words:
    """Return probabilities in units of 2**-64, at most 2**64 - 1."""
    scaled = np.ldexp(total, 64)
    words = np.full(total.shape, 2**64 - 1, dtype=np.uint64)
    below = scaled < np.ldexp(type(total.flat[0])(1) if total.size else 1.0, 64) - 1024
    words[below] = scaled[below].astype(np.uint64)
    return words


# -- rows whose arcs have any probabilities -----------------------------------------------------------------------


def max_hits(rate: float) -> int:
    """Return a bound on Poisson counts of a rate, which a draw exceeds with a probability below 1e-35."""
    from ..kernels.draws import CHUNK_RATE, MAX_HITS

    return int(MAX_HITS * (rate / CHUNK_RATE + 2))


def _ic_general(
    ptr: NDArray[np.int64], idx: NDArray[np.int32], probability: NDArray[np.float32], *, by_target: bool, threads: int
) -> Diffusion:
    """Return alias tables of hits, for arcs of any probabilities."""
    from ..kernels.alias import ic_tables
    from ..kernels.draws import HEAVY_LIGHT, RATE, HitTables

    n, size = ptr.size - 1, int(np.diff(ptr).max(initial=0))
    tables = HitTables(record=np.empty((n, 4), dtype=np.uint64), alias=np.empty((max(idx.size, 1), 3), dtype=np.uint32))
    tasks = [
        partial(
            ic_tables, ptr, idx, probability, by_target, HEAVY_FROM, tables, np.empty(size), np.empty(size, np.int64),
            a, b,
        )
        for a, b in _parts(ptr, threads)
    ]  # fmt: skip
    parallel.run(tasks, threads)
    heavy = int((tables.record[:, HEAVY_LIGHT] >> np.uint64(32)).max(initial=0))
    rate = float(tables.record[:, RATE].view(np.float64).max(initial=0.0))
    return Diffusion(n, heavy + max_hits(rate), tables)


def _lt_general(graph: InfluenceGraph, threads: int) -> Diffusion:
    """Return alias tables of one arc or none, for LT weights of any size."""
    from ..kernels.alias import lt_tables
    from ..kernels.draws import PickTables

    ptr, n = graph.in_ptr, graph.n_nodes
    size = int(np.diff(ptr).max(initial=0)) + 1
    tables = PickTables(
        record=np.empty((n, 2), dtype=np.uint64), alias=np.empty((graph.n_arcs + n, 3), dtype=np.uint32)
    )
    weight = graph.arc_values()
    tasks = [
        partial(lt_tables, ptr, graph.in_idx, weight, LT_SLACK, tables, np.empty(size), np.empty(size, np.int64), a, b)
        for a, b in _parts(ptr, threads)
    ]
    parallel.run(tasks, threads)
    return Diffusion(n, 1, tables)


def _parts(ptr: NDArray[np.int64], threads: int) -> list[tuple[int, int]]:
    """Cut rows into ranges for threads, so small that an interrupt has an effect soon."""
    return parallel.even_parts(ptr, max(threads, int(ptr[-1]) // _PART_ARCS)) or [(0, ptr.size - 1)]
