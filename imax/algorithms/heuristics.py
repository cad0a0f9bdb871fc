"""Heuristics: quick rankings of nodes, without a guarantee, and the list of all of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import InfluenceGraph
from ._common import Algorithm, Choice, Question
from ._picks import Falling, by_rank, gather, one_by_one
from .degree import degree, degree_discount, out_degree, single_discount
from .irie import irie

__all__ = ["ALGORITHMS", "core_numbers", "k_core", "pagerank", "pagerank_of", "random", "voterank"]

DAMPING = 0.85
SETTLED = 1e-10  # PageRank stops when all ranks together change by less
MOST_ROUNDS = 200  # 0.85**200 is below SETTLED
_CHUNK = 1 << 22


def pagerank_of(graph: InfluenceGraph) -> NDArray[np.float64]:
    """Return the PageRank of each node on the reversed graph, by internal id.

    A walker at v goes to the source u of an in-arc with probability in proportion to p(u, v), and to any node where
    there is none.
    """
    from scipy.sparse import csc_array

    n = graph.n_nodes
    values = graph.arc_values().astype(np.float64)
    target = np.repeat(np.arange(n), np.diff(graph.in_ptr))
    total = np.bincount(target, weights=values, minlength=n)
    lost = total == 0.0
    values /= np.where(lost, 1.0, total)[target]
    steps = csc_array((values, graph.in_idx, graph.in_ptr), shape=(n, n))
    rank = np.full(n, 1.0 / n)
    for _ in range(MOST_ROUNDS):
        before = rank
        rank = DAMPING * (steps @ before + before[lost].sum() / n) + (1.0 - DAMPING) / n
        if np.abs(rank - before).sum() < SETTLED:
            break
    return rank


def pagerank(question: Question) -> Choice:
    """Choose by PageRank on the reversed graph: a node counts for much when it influences nodes that do."""
    return by_rank(question, pagerank_of(question.graph))


def core_numbers(graph: InfluenceGraph) -> NDArray[np.int64]:
    """Return each node's core number in the undirected graph of all arcs, by internal id.

    Nodes of at most c neighbours among those left are taken away in waves; when none are left, c rises.
    """
    ptr, idx = _neighbours(graph)
    degree = np.diff(ptr)
    core = np.zeros(graph.n_nodes, dtype=np.int64)
    here = np.ones(graph.n_nodes, dtype=np.bool_)
    left = np.arange(graph.n_nodes)
    while left.size:
        level = degree[left].min()
        wave = left[degree[left] == level]
        while wave.size:
            core[wave] = level
            here[wave] = False
            beside = gather(ptr, idx, wave)
            beside, lost = np.unique(beside[here[beside]], return_counts=True)
            degree[beside] -= lost
            wave = beside[degree[beside] <= level]
        left = left[here[left]]
    return core


def _neighbours(graph: InfluenceGraph) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the rows of each node's different neighbours, whichever way the arcs go."""
    from scipy.sparse import csr_array

    arcs = csr_array((np.ones(graph.n_arcs, dtype=np.bool_), graph.in_idx, graph.in_ptr), shape=(graph.n_nodes,) * 2)
    both = (arcs + arcs.T).tocsr()
    return both.indptr.astype(np.int64), both.indices


def k_core(question: Question) -> Choice:
    """Choose by core number: nodes of the most densely woven part first, those of more out-arcs before the others."""
    return by_rank(question, core_numbers(question.graph))  # internal ids go by falling out-degree


class _Votes:
    """What each node's out-neighbours can still vote.

    Ability starts at 1 and falls by 1 over the average degree, n_nodes / n_arcs, with each elected in-neighbour. It is
    counted in units of 1 / n_arcs, so that all sums are exact.
    """

    def __init__(self, question: Question) -> None:
        graph = question.graph
        self.graph = graph
        self.out_ptr, self.out_idx, _ = graph.forward()
        self.ability = np.full(graph.n_nodes, graph.n_arcs, dtype=np.int64)
        self.votes = out_degree(graph) * graph.n_arcs
        self.falling = Falling(self.votes, question.constraint.allowed)

    def best(self) -> int:
        return self.falling.pop()

    def score(self, node: int) -> float:
        return float(self.votes[node]) / max(self.graph.n_arcs, 1)

    def take(self, node: int) -> None:
        self._weaken(np.array([node]), self.graph.n_arcs)
        self._weaken(self.out_idx[self.out_ptr[node] : self.out_ptr[node + 1]], self.graph.n_nodes)

    def _weaken(self, voters: NDArray[Any], by: int) -> None:
        drop = np.minimum(self.ability[voters], by)
        voters, drop = voters[drop > 0], drop[drop > 0]
        self.ability[voters] -= drop
        ptr = self.graph.in_ptr
        lengths = ptr[voters + 1] - ptr[voters]
        # a hub's voters may have most arcs of the graph among them: a bounded piece at a time
        piece = np.cumsum(lengths) // _CHUNK
        for part in np.split(np.arange(voters.size), np.flatnonzero(np.diff(piece)) + 1):
            sources = gather(ptr, self.graph.in_idx, voters[part])
            np.subtract.at(self.votes, sources, np.repeat(drop[part], lengths[part]))


def voterank(question: Question) -> Choice:
    """Choose by election: all vote for their in-neighbours; who has elected one can vote less from then on."""
    return one_by_one(question, _Votes(question))


def random(question: Question) -> Choice:
    """Choose at random: each node draws a number, and the largest are taken."""
    sequence = np.random.SeedSequence(list(question.key))
    # raw words are the same in every NumPy release, which draws from a Generator need not be
    words = np.random.PCG64(sequence).random_raw(question.graph.n_nodes)
    return by_rank(question, (words >> np.uint64(11)) * 2.0**-53)


_START = frozenset({"start"})

ALGORITHMS: tuple[Algorithm, ...] = (
    Algorithm("degree", degree, "the largest out-degrees", "Kempe, Kleinberg, Tardos, KDD 2003", takes=_START),
    Algorithm(
        "single-discount", single_discount, "out-degree without arcs to nodes already chosen",
        "Chen, Wang, Yang, KDD 2009", takes=_START,
    ),
    Algorithm(
        "degree-discount", degree_discount, "what a node is expected to activate among itself and its out-neighbours",
        "Chen, Wang, Yang, KDD 2009", takes=_START,
    ),
    Algorithm(
        "pagerank", pagerank, "PageRank on the reversed graph, arcs weighted by probability",
        "Brin, Page, WWW 1998", takes=_START,
    ),
    Algorithm(
        "k-core", k_core, "the largest core numbers, then out-degrees",
        "Seidman 1983; Kitsak et al., Nature Physics 2010", takes=_START,
    ),
    Algorithm(
        "voterank", voterank, "elections in which a node's out-neighbours vote for it, and tire of it",
        "Zhang et al., Scientific Reports 2016", takes=_START,
    ),
    Algorithm(
        "irie", irie, "influence ranks, weakened by what the seeds so far reach",
        "Jung, Heo, Chen, ICDM 2012", takes=_START,
    ),
    Algorithm("random", random, "uniformly at random", "Kempe, Kleinberg, Tardos, KDD 2003", takes=_START),
)  # fmt: skip
