"""The graph as recommendation sees it: out-arcs with probabilities, who accepts, who invites."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import parallel
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.probabilities import ArcProbability

__all__ = ["Network", "inviters_of", "network_of"]


@dataclass(frozen=True)
class Network:
    """Forward rows by internal id, each arc's probability, and the probability that a node accepts.

    Attributes
    ----------
    ptr, idx : numpy.ndarray of int64 and int32
        Out-arcs; targets rise within a row.
    by_target : numpy.ndarray of float64, shape (n_nodes,), or None
        The probability of arcs by their target, where one number for each says it.
    by_arc : numpy.ndarray of float32, shape (n_arcs,), or None
        The probability of each arc, else.
    accept : numpy.ndarray of float64, shape (n_nodes,)
    """

    graph: InfluenceGraph
    ptr: NDArray[np.int64]
    idx: NDArray[np.int32]
    by_target: NDArray[np.float64] | None
    by_arc: NDArray[np.float32] | None
    accept: NDArray[np.float64]

    def reach(self, interactions: int, threads: int) -> NDArray[np.float64]:
        """Return each node's sum of its `interactions` largest chances to pass an invitation on."""
        from ..kernels.friends import top_sums

        n = self.graph.n_nodes
        sums = np.zeros(n)
        most = int(min(interactions, max(np.diff(self.ptr).max(initial=1), 1)))
        parts = parallel.even_parts(self.ptr, threads if self.idx.size > 1 << 14 else 1) or [(0, n)]
        tasks = [
            partial(top_sums, a, b, self.ptr, self.idx, self.by_target, self.by_arc, self.accept, most, np.empty(most),
                    sums)
            for a, b in parts
        ]  # fmt: skip
        parallel.run(tasks, threads)
        return sums

    def live(self) -> InfluenceGraph:
        """Return the graph whose arcs are live: each with its probability times that of its target's acceptance."""
        graph = self.graph
        if (self.accept == 1.0).all():
            return graph
        degree = np.diff(graph.in_ptr)
        values = (graph.arc_values() * np.repeat(self.accept, degree)).astype(np.float32)
        return graph.with_values(ArcProbability(f"{graph.probability.spec} * acceptance", "arcs", 0.0, values))


def network_of(graph: InfluenceGraph, acceptance: Any) -> Network:
    """Return the network of a graph and acceptance probabilities, by node index or label; None for 1 everywhere."""
    kind = graph.probability.kind
    accept = _acceptance(graph, acceptance)
    if kind == "arcs":
        ptr, idx, place = graph.forward(places=True)
        return Network(graph, ptr, idx, None, graph.arc_values()[place], accept)
    ptr, idx, _ = graph.forward()
    if kind == "uniform":
        by_target = np.full(graph.n_nodes, float(graph.probability.value))
    else:
        by_target = 1.0 / np.maximum(np.diff(graph.in_ptr), 1)
    return Network(graph, ptr, idx, by_target, None, accept)


def _acceptance(graph: InfluenceGraph, given: Mapping[Any, float] | ArrayLike | None) -> NDArray[np.float64]:
    """Return the probability that each node accepts, by internal id; 1 for nodes that a mapping leaves out."""
    values = np.ones(graph.n_nodes)
    if given is None:
        return values
    try:
        if isinstance(given, Mapping):
            numbers = np.array(list(given.values()), dtype=np.float64)
            values[graph.labels.find(given, "the node of acceptance")] = numbers
        else:
            values = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError("acceptance must be numbers, one for each node, or a mapping of labels") from None
    if values.shape != (graph.n_nodes,):
        raise InvalidArgumentError(
            f"acceptance must have one value per node, shape ({graph.n_nodes},), got shape {values.shape}"
        )
    wrong = np.flatnonzero(~((values >= 0.0) & (values <= 1.0)))
    if wrong.size:
        raise InvalidArgumentError(
            f"acceptance of node {graph.labels[int(wrong[0])]!r} is {values[wrong[0]]}; it must lie in [0, 1]"
        )
    return np.ascontiguousarray(values[graph.index])


def inviters_of(network: Network, inviters: Iterable[Hashable] | None) -> NDArray[np.int32]:
    """Return the internal ids of those who invite: by default everyone with out-arcs, by node index."""
    graph = network.graph
    if inviters is None:
        inside = graph.rank[np.diff(network.ptr)[graph.rank] > 0]
        if not inside.size:
            raise InvalidArgumentError("the graph has no arcs, so that nobody can invite; give another graph")
        return inside
    if isinstance(inviters, str):
        raise InvalidArgumentError(f"inviters must be an iterable of labels, got the text {inviters!r}")
    ids = graph.internal_of(inviters, "inviters:")
    if not ids.size:
        raise InvalidArgumentError("inviters is empty; name at least one")
    values, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        twice = graph.labels_of(values[counts > 1][:1])[0]
        raise InvalidArgumentError(f"inviters names {twice!r} more than once; name each once")
    return ids
