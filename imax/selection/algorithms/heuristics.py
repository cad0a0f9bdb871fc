"""Heuristics: quick rankings of nodes, without a guarantee, and the list of all of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils.streams import Stream, stream_key
from ...graph.influence_graph import InfluenceGraph
from ..base import Algorithm, Limits, Outcome, Problem
from ..picks import ALL, TIME, Falling, by_rank, gather, one_by_one, pieces
from .degree import degree, degree_discount, single_discount
from .irie import Flow, by_source, irie, narrow

__all__ = ["ALGORITHMS", "core_numbers", "k_core", "pagerank", "pagerank_of", "random", "voterank"]

DAMPING = 0.85
SETTLED = 1e-10  # PageRank stops when all ranks together change by less
MOST_ROUNDS = 200  # 0.85**200 is below SETTLED
_FEW = 16  # nodes in a wave, below which Python is quicker than NumPy


def pagerank_of(graph: InfluenceGraph, threads: int = 1, limits: Limits | None = None) -> tuple[Any, bool]:
    """Return the PageRank of each node on the reversed graph, by internal id, and whether it has settled in time.

    A walker at v goes to the source u of an in-arc with probability in proportion to p(u, v), and to any node where
    there is none.
    """
    n = graph.n_nodes
    arcs = by_source(graph)
    total = arcs.T @ np.ones(n)
    lost = total == 0.0
    total[lost] = 1.0
    flow = Flow(arcs, threads)
    rank = np.full(n, 1.0 / n)
    for _ in range(MOST_ROUNDS):
        before = rank
        rank = DAMPING * (flow(before / total) + before[lost].sum() / n) + (1.0 - DAMPING) / n
        if np.abs(rank - before).sum() < SETTLED:
            break
        if limits is not None and not limits.in_time():
            return rank, False
    return rank, True


def pagerank(problem: Problem) -> Outcome:
    """Choose by PageRank on the reversed graph: a node counts for much when it influences nodes that do."""
    rank, settled = pagerank_of(problem.graph, problem.threads, problem.limits)
    return by_rank(problem, rank, ALL if settled else TIME)


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
        level = int(degree[left].min())
        wave = left[degree[left] == level]
        while wave.size:
            if wave.size < _FEW:
                wave = _one_at_a_time(ptr, idx, wave.tolist(), level, core, here, degree)
                continue
            core[wave] = level
            here[wave] = False
            found = []
            for a, b in pieces(ptr, wave):
                beside = gather(ptr, idx, wave[a:b])
                beside, lost = np.unique(beside[here[beside]], return_counts=True)
                degree[beside] -= lost
                found.append(beside)
            beside = np.concatenate(found)
            wave = np.unique(beside[degree[beside] <= level])
        left = left[here[left]]
    return core


def _one_at_a_time(
    ptr: NDArray[np.int64],
    idx: NDArray[np.int32],
    wave: list[int],
    level: int,
    core: NDArray[np.int64],
    here: NDArray[np.bool_],
    degree: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Take nodes away one by one while waves are small, as on long paths; return the first wave that is not."""
    while wave and len(wave) < _FEW:
        coming = []
        for node in wave:
            core[node] = level
            here[node] = False
            for other in idx[ptr[node] : ptr[node + 1]].tolist():
                if here[other]:
                    degree[other] -= 1
                    if degree[other] == level:
                        coming.append(other)
        wave = coming
    return np.array(wave, dtype=np.int64)


def _neighbours(graph: InfluenceGraph) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the rows of each node's different neighbours, whichever way the arcs go."""
    from scipy.sparse import csr_array

    marks, ptr = np.ones(graph.n_arcs, dtype=np.bool_), narrow(graph.in_ptr)
    arcs = csr_array((marks, graph.in_idx, ptr), shape=(graph.n_nodes,) * 2)
    both = (arcs + arcs.T).tocsr()
    return both.indptr.astype(np.int64), both.indices


def k_core(problem: Problem) -> Outcome:
    """Choose by core number: nodes of the most densely woven part first, those of more out-arcs before the others."""
    return by_rank(problem, core_numbers(problem.graph))  # internal ids go by falling out-degree


class _Votes:
    """What each node's out-neighbours can still vote.

    Ability starts at 1 and falls by 1 over the average degree, n_nodes / n_arcs, with each elected in-neighbour. It is
    counted in units of 1 / n_arcs, so that all sums are exact.
    """

    def __init__(self, problem: Problem) -> None:
        graph = problem.graph
        self.graph = graph
        self.out_ptr, self.out_idx, _ = graph.forward()
        self.ability = np.full(graph.n_nodes, graph.n_arcs, dtype=np.int64)
        self.votes = np.diff(self.out_ptr) * graph.n_arcs
        self.decreasing_gains = Falling(self.votes, problem.constraint.allowed)

    def best(self) -> int:
        return self.decreasing_gains.pop()

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
        for a, b in pieces(ptr, voters):
            sources = gather(ptr, self.graph.in_idx, voters[a:b])
            np.subtract.at(self.votes, sources, np.repeat(drop[a:b], lengths[a:b]))


def voterank(problem: Problem) -> Outcome:
    """Choose by election: all vote for their in-neighbours; who has elected one can vote less from then on."""
    return one_by_one(problem, _Votes(problem))


def random(problem: Problem) -> Outcome:
    """Choose at random: each node draws a number, and the largest are taken."""
    # a key of its own: a probability scheme that draws has drawn from the question's
    sequence = np.random.SeedSequence(list(stream_key(problem.key, Stream.RANDOM_SEEDS)))
    # raw words are the same in every NumPy release, which draws from a Generator need not be
    words = np.random.PCG64(sequence).random_raw(problem.graph.n_nodes)
    return by_rank(problem, (words >> np.uint64(11)) * 2.0**-53)


_START = frozenset({"start"})

ALGORITHMS: tuple[Algorithm, ...] = (
    Algorithm("degree", degree, "the largest out-degrees", "Kempe, Kleinberg, Tardos, KDD 2003", accepts=_START),
    Algorithm(
        "single-discount", single_discount, "out-degree without arcs to nodes already chosen",
        "Chen, Wang, Yang, KDD 2009", accepts=_START,
    ),
    Algorithm(
        "degree-discount", degree_discount, "what a node is expected to activate among itself and its out-neighbours",
        "Chen, Wang, Yang, KDD 2009", accepts=_START,
    ),
    Algorithm(
        "pagerank", pagerank, "PageRank on the reversed graph, arcs weighted by probability",
        "Brin, Page, WWW 1998", accepts=_START,
    ),
    Algorithm(
        "k-core", k_core, "the largest core numbers, then out-degrees",
        "Seidman 1983; Kitsak et al., Nature Physics 2010", accepts=_START,
    ),
    Algorithm(
        "voterank", voterank, "elections in which a node's out-neighbours vote for it, and tire of it",
        "Zhang et al., Scientific Reports 2016", accepts=_START,
    ),
    Algorithm(
        "irie", irie, "influence ranks, weakened by what the seeds so far reach",
        "Jung, Heo, Chen, ICDM 2012", accepts=_START,
    ),
    Algorithm("random", random, "uniformly at random", "Kempe, Kleinberg, Tardos, KDD 2003", accepts=_START),
)  # fmt: skip
