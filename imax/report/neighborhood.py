"""A map of the seeds and of the nodes that they reach first. It shows only what matters, so any graph fits."""

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.influence_graph import InfluenceGraph
from .charts import shortened, svg
from .document import text
from .words import count

__all__ = ["SeedMap", "seed_map"]

_WHOLE = 60  # a graph of so many nodes is shown as a whole
_SEEDS, _NEIGHBORS, _ARCS = 12, 14, 600
_SIZE = 600.0


@dataclass(frozen=True)
class SeedMap:
    """The drawing, and the counts of what it shows.

    Attributes
    ----------
    svg : str
    n_seeds, n_nodes, n_arcs : int
        Shown seeds, nodes (seeds included) and arcs.
    """

    svg: str
    n_seeds: int
    n_nodes: int
    n_arcs: int


def seed_map(graph: InfluenceGraph, seeds: list[Any]) -> SeedMap:
    """Return a map of the first seeds and of their out-neighbors with the largest probabilities."""
    ids = graph.internal_of(seeds)
    shown = ids[:_SEEDS]
    whole = graph.n_nodes <= _WHOLE
    nodes = np.arange(graph.n_nodes, dtype=np.int64) if whole else _around(graph, shown)
    source, target = _arcs_between(graph, nodes)
    xy = _layout(nodes.size, source, target)
    ranks = {int(v): rank for rank, v in enumerate(ids.tolist(), 1)}
    d = "".join(
        f"M{xy[a, 0]:.0f} {xy[a, 1]:.0f}L{xy[b, 0]:.0f} {xy[b, 1]:.0f}"
        for a, b in zip(source.tolist(), target.tolist(), strict=True)
    )
    labels = graph.labels_of(nodes)
    order = sorted(range(nodes.size), key=lambda i: -ranks.get(int(nodes[i]), 10**9))  # seeds last, so on top
    parts = [f'<path class="arc" d="{d}"/>'] if d else []
    for i in order:
        rank, (x, y) = ranks.get(int(nodes[i])), xy[i]
        title = f"<title>{escape(text(labels[i]))}</title>"
        if rank is None:
            parts.append(f'<circle class="node" cx="{x:.0f}" cy="{y:.0f}" r="4">{title}</circle>')
            continue
        end = "end" if x > _SIZE * 0.7 else "start"
        parts.append(
            f'<circle class="seed" cx="{x:.0f}" cy="{y:.0f}" r="12">{title}</circle>'
            f'<text class="rank" x="{x:.0f}" y="{y + 4:.0f}">{rank}</text>'
            f'<text class="name" direction="ltr" x="{x + (-16 if end == "end" else 16):.0f}" y="{y + 5:.0f}" '
            f'text-anchor="{end}">{escape(shortened(labels[i], 18))}</text>'
        )
    n_seeds = sum(int(v) in ranks for v in nodes.tolist())
    title = f"Map of {count(n_seeds, 'seed')} with neighbors"
    description = f"{nodes.size} nodes and {source.size} arcs; the seeds are numbered in the order of choice."
    return SeedMap(svg(_SIZE, _SIZE, title, description, "".join(parts)), n_seeds, int(nodes.size), int(source.size))


def _around(graph: InfluenceGraph, seeds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the seeds and, for each, the out-neighbors with the largest probability; those of several seeds first."""
    rows = [_out_arcs(graph, int(v)) for v in seeds]
    reached = np.concatenate([target for target, _ in rows]) if rows else np.empty(0, dtype=np.int64)
    distinct, counts = np.unique(reached, return_counts=True)
    kept = [seeds.astype(np.int64)]
    for target, p in rows:
        shared = counts[np.searchsorted(distinct, target)]
        kept.append(target[np.argsort(-p * (1.0 + 0.5 * (shared - 1)), kind="stable")[:_NEIGHBORS]])
    return np.unique(np.concatenate(kept))


def _out_arcs(graph: InfluenceGraph, v: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the targets of the out-arcs of a node, and their probabilities, by internal id."""
    stored = graph.probability
    ptr, idx, place = graph.forward(places=stored.values is not None)
    row = slice(int(ptr[v]), int(ptr[v + 1]))
    target = idx[row].astype(np.int64)
    if stored.values is not None:
        return target, stored.values[place[row]].astype(np.float64)
    if stored.kind == "uniform":
        return target, np.full(target.size, stored.value)
    return target, 1.0 / np.maximum(graph.in_ptr[target + 1] - graph.in_ptr[target], 1)


def _arcs_between(graph: InfluenceGraph, nodes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the arcs between nodes, as positions in `nodes`, which ascend; those with the largest probabilities."""
    sources, targets, values = [], [], []
    for place, v in enumerate(nodes.tolist()):
        target, p = _out_arcs(graph, v)
        at = np.minimum(np.searchsorted(nodes, target), nodes.size - 1)
        inside = nodes[at] == target
        sources.append(np.full(int(inside.sum()), place))
        targets.append(at[inside])
        values.append(p[inside])
    source, target, value = (np.concatenate(part) for part in (sources, targets, values))
    largest = np.argsort(-value, kind="stable")[:_ARCS]
    return source[largest], target[largest]


def _layout(n: int, source: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return positions of nodes inside the drawing, by forces along the arcs."""
    import networkx as nx

    network: Any = nx.Graph()
    network.add_nodes_from(range(n))
    network.add_edges_from(zip(source.tolist(), target.tolist(), strict=True))
    found = nx.spring_layout(network, seed=1, k=2.2 / max(n, 1) ** 0.5, iterations=80)
    xy = np.array([found[i] for i in range(n)], dtype=np.float64)
    # isolated nodes are pushed far away; the order along each axis spreads the rest over the drawing
    spread = np.argsort(np.argsort(xy, axis=0), axis=0) / max(n - 1, 1)
    span = np.ptp(xy, axis=0)
    straight = (xy - xy.min(axis=0)) / np.where(span > 0, span, 1.0)
    margin = 30.0
    mixed: NDArray[np.float64] = margin + (0.5 * straight + 0.5 * spread) * (_SIZE - 2 * margin)
    return mixed
