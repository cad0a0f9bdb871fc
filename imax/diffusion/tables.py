"""What the sampler needs to know of a graph under a diffusion model: records per node, and tables of draws.

The models are the independent cascade (``"ic"``) and the linear threshold (``"lt"``) of Kempe, Kleinberg and Tardos
(KDD 2003). The same tables serve both directions: an RR set is a cascade on the reversed arcs, so that forward IC
cascades run on the tables of the forward rows.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils import check, parallel
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.lt_weights import LT_SLACK

__all__ = ["HEAVY_FROM", "MODELS", "TABLE_MEAN", "Diffusion", "check_model", "forward_ic", "prepare"]

MODELS = ("ic", "lt")
TABLE_MEAN = 4.0  # largest mean number of live arcs that is drawn from a table
HEAVY_FROM = 0.5  # arcs of at least this probability are tossed one by one

Words: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True)
class Diffusion:
    """Rows and tables for the kernel `cascades`; see there for which are None.

    Attributes
    ----------
    n : int
        Number of nodes.
    most : int
        The most arcs that one node can draw at once, for the size of buffers.
    """

    n: int
    most: int
    idx: NDArray[np.int32] | None
    pick: NDArray[np.uint32] | None
    rec: Words
    cum: Words | None = None
    par: NDArray[np.float64] | None = None
    deg: NDArray[np.int64] | None = None
    mode: NDArray[np.int8] | None = None


def check_model(model: Any) -> str:
    """Return the model's name in lower case, or refuse it."""
    return check.one_of(str(model).lower(), "model", MODELS)


def prepare(graph: InfluenceGraph, model: str, threads: int) -> Diffusion:
    """Prepare the reverse rows of a graph for RR sets; built once for a graph and model."""
    made: Diffusion = graph.cached(("reverse", model), lambda: _reverse(graph, model, threads))
    return made


def _reverse(graph: InfluenceGraph, model: str, threads: int) -> Diffusion:
    kind = graph.probability.kind
    if model == "lt":
        graph.check_lt()
        if kind == "weighted_cascade":
            return _equal(graph, lambda degree: 1.0 / degree, counted=False)
        return _lt_general(graph, threads)
    if kind == "weighted_cascade":
        return _equal(graph, lambda degree: 1.0 / degree, counted=True)
    if kind == "uniform":
        return _equal(graph, lambda degree: np.full(degree.size, graph.probability.value), counted=True)
    values = graph.arc_values()
    return _ic_general(graph.in_ptr, graph.in_idx, values, by_target=False, threads=threads)


def forward_ic(graph: InfluenceGraph, threads: int) -> Diffusion:
    """Prepare the forward rows of a graph for IC cascades from seeds; built once for a graph."""
    made: Diffusion = graph.cached(("forward", "ic"), lambda: _forward(graph, threads))
    return made


def _forward(graph: InfluenceGraph, threads: int) -> Diffusion:
    kept = graph.probability
    if kept.kind == "uniform":
        ptr, idx, _ = graph.forward()
        return _equal_rows(ptr, idx, lambda degree: np.full(degree.size, kept.value), counted=True)
    if kept.kind == "weighted_cascade":
        ptr, idx, _ = graph.forward()
        per_node = (1.0 / np.maximum(np.diff(graph.in_ptr), 1)).astype(np.float32)
        return _ic_general(ptr, idx, per_node, by_target=True, threads=threads)
    ptr, idx, place = graph.forward(places=True)
    return _ic_general(ptr, idx, graph.arc_values()[place], by_target=False, threads=threads)


def _equal(graph: InfluenceGraph, probability_of: Any, *, counted: bool) -> Diffusion:
    return _equal_rows(graph.in_ptr, graph.in_idx, probability_of, counted=counted)


def _equal_rows(ptr: NDArray[np.int64], idx: NDArray[np.int32], probability_of: Any, *, counted: bool) -> Diffusion:
    """Tables by in-degree, for rows whose arcs all have the same probability."""
    from ..kernels.sample import SLOT_BITS

    degree = np.diff(ptr)
    present = np.flatnonzero(np.bincount(degree)) if degree.size else np.zeros(1, dtype=np.int64)
    if present.size >= 1 << SLOT_BITS or idx.size >= 1 << (64 - SLOT_BITS):
        raise InvalidArgumentError("the graph is too large: too many arcs or distinct in-degrees")
    slots = np.zeros(int(present[-1]) + 1, dtype=np.uint64)
    slots[present] = np.arange(present.size, dtype=np.uint64)
    start = np.where(degree > 0, ptr[:-1], 0).astype(np.uint64)
    rec = (start << np.uint64(SLOT_BITS)) | slots[degree]
    if idx.size == 0:
        idx = np.zeros(1, dtype=np.int32)
    if not counted:
        return Diffusion(degree.size, 1, idx, None, rec, deg=present)
    p = np.zeros(present.size)
    p[present > 0] = probability_of(present[present > 0])
    cum, par, deg, mode, most = count_tables(present, p)
    return Diffusion(degree.size, most, idx, None, rec, cum, par, deg, mode)


def count_tables(
    degree: NDArray[np.int64], p: NDArray[np.float64]
) -> tuple[Words, NDArray[np.float64], NDArray[np.int64], NDArray[np.int8], int]:
    """Tables of the number of live arcs, one for each (degree, probability); see the kernel `_equal_many`.

    Cumulative binomial probabilities in units of 2**-64, computed in extended precision.
    """
    from ..kernels.sample import CHUNK_RATE, MAX_HITS, TABLE

    wide = np.longdouble
    q, d = p.astype(wide), degree.astype(wide)
    tossed = (p >= HEAVY_FROM) & (degree > 1)
    hits = ~tossed & (degree * p > TABLE_MEAN)
    table = ~tossed & ~hits
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        odds = np.where(p < 1, q / (1 - q), wide(0))
        # P(count = c), each from the one before; certain where a single arc has p = 1
        terms = np.empty((degree.size, TABLE + 1), dtype=wide)
        terms[:, 0] = np.where(p < 1, np.exp(d * np.log1p(-q)), wide(0))
        steps = np.arange(TABLE)
        terms[:, 1:] = np.maximum(d[:, None] - steps, 0) / (steps + 1) * odds[:, None]
        terms = np.cumprod(terms, axis=1)
        terms[(p >= 1) & (degree == 1), 1] = 1
        totals = np.cumsum(terms, axis=1)
        cum = _to_words(totals[:, :-1])
        total, term = totals[:, -2], terms[:, -1]
        # degree 0 or p = 0 must never reach a later entry
        cum[(degree == 0) | (p == 0)] = np.uint64(2**64 - 1)
        par = np.zeros((degree.size, 4))
        width = (cum[:, 1] - cum[:, 0]).astype(np.float64) + 1.0
        par[:, 0] = 2.0 * degree / width * (1.0 - 2.0**-51)
        par[:, 1] = np.maximum(1.0 - total, 0.0).astype(np.float64)
        par[:, 2] = term.astype(np.float64)
        par[:, 3] = odds.astype(np.float64)
        rate = (-d * np.log1p(-q)).astype(np.float64)
    cum[~table, :2] = 0
    par[hits, 1] = rate[hits]
    par[hits, 2] = np.exp(-rate[hits])
    par[tossed, 1] = p[tossed]
    deg = np.where(p > 0, degree, 0).astype(np.int64)
    mode = np.where(tossed, 2, np.where(hits, 1, 0)).astype(np.int8)
    most = int(deg.max(initial=1))
    if hits.any():
        most = max(most, int(MAX_HITS * (rate[hits].max() / CHUNK_RATE + 2)))
    return cum, par, deg, mode, most


def _to_words(total: NDArray[Any]) -> Words:
    scaled = np.ldexp(total, 64)
    words = np.full(total.shape, 2**64 - 1, dtype=np.uint64)
    below = scaled < np.ldexp(type(total.flat[0])(1) if total.size else 1.0, 64) - 1024
    words[below] = scaled[below].astype(np.uint64)
    return words


def _scratch(ptr: NDArray[np.int64], extra: int) -> int:
    return int(np.diff(ptr).max(initial=0)) + extra


def _ic_general(
    ptr: NDArray[np.int64], idx: NDArray[np.int32], probability: NDArray[np.float32], *, by_target: bool, threads: int
) -> Diffusion:
    """Alias tables of hits, for arcs of any probabilities."""
    from ..kernels.sample import CHUNK_RATE, MAX_HITS
    from ..kernels.tables import ic_picks

    n, size = ptr.size - 1, _scratch(ptr, 0)
    pick = np.empty((max(idx.size, 1), 3), dtype=np.uint32)
    rec = np.empty((n, 4), dtype=np.uint64)
    tasks = [
        partial(
            ic_picks, ptr, idx, probability, by_target, HEAVY_FROM, pick, rec, np.empty(size), np.empty(size, np.int64),
            a, b,
        )
        for a, b in parallel.even_parts(ptr, threads) or [(0, n)]
    ]  # fmt: skip
    parallel.run(tasks, threads)
    heavy = int((rec[:, 1] >> np.uint64(32)).max(initial=0))
    rate = float(rec[:, 2].view(np.float64).max(initial=0.0))
    return Diffusion(n, heavy + int(MAX_HITS * (rate / CHUNK_RATE + 2)), None, pick, rec)


def _lt_general(graph: InfluenceGraph, threads: int) -> Diffusion:
    """Alias tables of one arc or none, for LT weights of any size."""
    from ..kernels.tables import lt_picks

    ptr, n, size = graph.in_ptr, graph.n_nodes, _scratch(graph.in_ptr, 1)
    pick = np.empty((graph.n_arcs + n, 3), dtype=np.uint32)
    rec = np.empty((n, 2), dtype=np.uint64)
    weight = graph.arc_values()
    tasks = [
        partial(
            lt_picks, ptr, graph.in_idx, weight, LT_SLACK, pick, rec, np.empty(size), np.empty(size, np.int64), a, b
        )
        for a, b in parallel.even_parts(ptr, threads) or [(0, n)]
    ]
    parallel.run(tasks, threads)
    return Diffusion(n, 1, None, pick, rec)
