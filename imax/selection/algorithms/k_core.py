"""Choose by core number in the undirected graph of all arcs."""

import numpy as np
from numpy.typing import NDArray

from ...graph.influence_graph import InfluenceGraph
from ..outcome import ALL_CHOSEN, TIME, Outcome
from ..problem import Limits, Problem
from .flow import narrow
from .ranking import gather, heuristic, pieces, select_by_rank

__all__ = ["K_CORE", "core_numbers", "k_core"]

_FEW = 16  # nodes in a wave; for fewer, Python is faster than NumPy


def core_numbers(graph: InfluenceGraph, limits: Limits | None = None) -> tuple[NDArray[np.int64], bool]:
    """Return the core number of each node in the undirected graph of all arcs, by internal id, and whether it is exact.

    Nodes with at most c remaining neighbors are removed in waves; when there are none, c increases. At the time limit
    all remaining nodes get the next number: their core numbers are at least that.
    """
    ptr, idx = _neighbors(graph)
    degree = np.diff(ptr)
    core = np.zeros(graph.n_nodes, dtype=np.int64)
    here = np.ones(graph.n_nodes, dtype=np.bool_)
    left = np.arange(graph.n_nodes)
    while left.size:
        level = int(degree[left].min())
        if limits is not None and not limits.in_time():
            core[left] = level
            return core, False
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
    return core, True


def _one_at_a_time(
    ptr: NDArray[np.int64],
    idx: NDArray[np.int32],
    wave: list[int],
    level: int,
    core: NDArray[np.int64],
    here: NDArray[np.bool_],
    degree: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Remove nodes one by one while waves are small, as on long paths; return the first large wave."""
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


def _neighbors(graph: InfluenceGraph) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the rows of distinct neighbors of each node, in either direction of the arcs."""
    from scipy.sparse import csr_array

    marks, ptr = np.ones(graph.n_arcs, dtype=np.bool_), narrow(graph.in_ptr)
    arcs = csr_array((marks, graph.in_idx, ptr), shape=(graph.n_nodes,) * 2)
    both = (arcs + arcs.T).tocsr()
    return both.indptr.astype(np.int64), both.indices


def k_core(problem: Problem) -> Outcome:
    """Choose the nodes with the largest core numbers; ties go to the larger out-degree."""
    core, exact = core_numbers(problem.graph, problem.limits)
    return select_by_rank(problem, core, ALL_CHOSEN if exact else TIME)  # ids are sorted by decreasing out-degree


K_CORE = heuristic(
    "k-core", k_core, "the largest core numbers, then out-degrees", "Seidman 1983; Kitsak et al., Nature Physics 2010"
)
