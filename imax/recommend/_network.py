"""The graph as recommendation uses it: out-arcs with probabilities, acceptance probabilities, inviters."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.arrays import read_only
from ..diffusion.tables import reject_walks
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.probabilities import ArcProbability
from ..io.node_reader import NodeReader, NodeValues

__all__ = ["Network", "inviters_of", "network_of"]

_MANY = 1 << 14  # arcs or pairs from which on threads pay off


@dataclass(frozen=True)
class Network:
    """Forward rows by internal id, with arc probabilities P(u, v) and acceptance probabilities U(v).

    Attributes
    ----------
    graph : InfluenceGraph
    ptr : numpy.ndarray of int64, shape (n_nodes + 1,)
        The out-arcs of node u are ``ptr[u]`` to ``ptr[u + 1]``.
    idx : numpy.ndarray of int32, shape (n_arcs,)
        The target of each out-arc; targets increase within a row.
    by_target : numpy.ndarray of float64, shape (n_nodes,), or None
        The probability of all arcs to a node, if it does not depend on the source.
    by_arc : numpy.ndarray of float32, shape (n_arcs,), or None
        Otherwise, the probability of each out-arc.
    acceptance : numpy.ndarray of float64, shape (n_nodes,)
        The probability that a node accepts an invitation.
    """

    graph: InfluenceGraph
    ptr: NDArray[np.int64]
    idx: NDArray[np.int32]
    by_target: NDArray[np.float64] | None
    by_arc: NDArray[np.float32] | None
    acceptance: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("ptr", "idx", "by_target", "by_arc", "acceptance"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.graph, self.ptr, self.idx, self.by_target, self.by_arc, self.acceptance)

    def influence(self, interactions: int, threads: int) -> NDArray[np.float64]:
        """Return H(v) of each node: the sum of its `interactions` largest products P(v, w) U(w)."""
        from ..kernels.friends import top_sums

        n = self.graph.n_nodes
        sums = np.zeros(n)
        size = int(min(interactions, max(np.diff(self.ptr).max(initial=1), 1)))
        parts = parallel.even_parts(self.ptr, threads if self.idx.size > _MANY else 1) or [(0, n)]
        tasks = [
            partial(top_sums, a, b, self.ptr, self.idx, self.by_target, self.by_arc, self.acceptance, size,
                    np.empty(size), sums)
            for a, b in parts
        ]  # fmt: skip
        parallel.run(tasks, threads)
        return sums

    def arc_probability(
        self, users: NDArray[np.int32], offsets: NDArray[np.int64], candidates: NDArray[np.int32], threads: int
    ) -> NDArray[np.float64]:
        """Return P(u, v) for each user u and each of its candidates v; 0 if there is no arc."""
        from ..kernels.friends import find_arcs

        found = np.empty(candidates.size)
        rows = users.astype(np.int64)
        tasks = [
            partial(find_arcs, a, b, rows, offsets, candidates, self.ptr, self.idx, self.by_target, self.by_arc, found)
            for a, b in parallel.slices(rows.size, threads)
        ]
        parallel.run(tasks, threads)
        return found

    def friend_scores(
        self,
        users: NDArray[np.int32],
        offsets: NDArray[np.int64],
        influence: NDArray[np.float64],
        threads: int,
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return all friends v of each user u, and the score P(u, v) U(v) (1 + influence(v)) of each."""
        from ..kernels.friends import pair_scores

        friends, score = np.empty(int(offsets[-1]), dtype=np.int32), np.empty(int(offsets[-1]))
        parts = parallel.even_parts(offsets, threads if score.size > _MANY else 1) or [(0, users.size)]
        tasks = [
            partial(pair_scores, a, b, users, offsets, self.ptr, self.idx, self.by_target, self.by_arc,
                    self.acceptance, influence, 1.0, friends, score)
            for a, b in parts
        ]  # fmt: skip
        parallel.run(tasks, threads)
        return friends, score

    def friend_offsets(self, users: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return where the friends of each user begin when the friends of all users are listed one after another."""
        return np.concatenate([[0], np.cumsum(np.diff(self.ptr)[users])])

    def friends(self, users: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return all friends of each user, one user after another, at `friend_offsets`."""
        shift = np.repeat(self.ptr[users] - offsets[:-1], np.diff(offsets))
        return self.idx[shift + np.arange(int(offsets[-1]))]

    def live_graph(self) -> InfluenceGraph:
        """Return the graph in which the arc from u to v has the probability P(u, v) U(v)."""
        graph = self.graph
        if (self.acceptance == 1.0).all():
            return graph
        degree = np.diff(graph.in_ptr)
        values = (graph.arc_values() * np.repeat(self.acceptance, degree)).astype(np.float32)
        return graph.with_arc_probability(ArcProbability(f"{graph.probability.spec} * acceptance", "arcs", 0.0, values))


def network_of(graph: InfluenceGraph, acceptance: NodeValues | None, reader: NodeReader | None = None) -> Network:
    """Return the network of a graph, with acceptance probabilities that `reader` reads; None for 1 everywhere."""
    kind = graph.probability.kind
    reject_walks(graph)
    accept = (NodeReader(graph) if reader is None else reader).acceptance(acceptance)
    if kind == "arcs":
        ptr, idx, place = graph.forward(places=True)
        return Network(graph, ptr, idx, None, graph.arc_values()[place], accept)
    ptr, idx, _ = graph.forward()
    if kind == "uniform":
        by_target = np.full(graph.n_nodes, float(graph.probability.value))
    else:
        by_target = 1.0 / np.maximum(np.diff(graph.in_ptr), 1)
    return Network(graph, ptr, idx, by_target, None, accept)


def inviters_of(network: Network, inviters: Iterable[Hashable] | None) -> NDArray[np.int32]:
    """Return the internal ids of the inviters; by default all nodes with out-arcs, by node index."""
    graph = network.graph
    if inviters is None:
        with_friends = graph.rank[np.diff(network.ptr)[graph.rank] > 0]
        if not with_friends.size:
            raise InvalidArgumentError("graph has no arcs, so nobody can invite; use another graph", argument="graph")
        return with_friends
    if isinstance(inviters, str):
        raise InvalidArgumentError(
            f"inviters must be an iterable of labels, got the text {inviters!r}", argument="inviters"
        )
    ids = graph.internal_of(inviters, "inviters")
    if not ids.size:
        raise InvalidArgumentError("inviters must not be empty; name at least one node", argument="inviters")
    values, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        repeated = graph.labels_of(values[counts > 1][:1])[0]
        raise InvalidArgumentError(
            f"inviters must be distinct, but {repeated!r} occurs more than once", argument="inviters"
        )
    return ids
