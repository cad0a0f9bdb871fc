"""Greedy maximum coverage: the same seeds, gains and bound as the naive one, on any sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config

from imax import InfluenceGraph
from imax.bounds import GREEDY
from imax.constraints import Constraint
from imax.coverage import greedy_cover
from imax.rrsets import RRCollection
from imax.sampling import Sampler

from . import naive


def collection_of(n, sets, threads=1):
    """Return a collection that holds given sets: a graph without arcs keeps internal ids and indices the same."""
    graph = InfluenceGraph.from_arrays([], [], n_nodes=n)
    collection = RRCollection(Sampler(graph, "ic", (1, 2), threads=threads))
    nodes = np.array([v for s in sets for v in s], dtype=np.int32)
    collection._append([(nodes, np.array([len(s) for s in sets], dtype=np.int64))])
    return collection


@st.composite
def problems(draw):
    n = draw(st.integers(1, 10))
    sets = draw(st.lists(st.lists(st.integers(0, n - 1), min_size=1, max_size=5, unique=True), max_size=30))
    allowed = draw(st.lists(st.integers(0, n - 1), min_size=1, unique=True))
    return n, sets, sorted(allowed), draw(st.integers(1, len(allowed)))


def choose(n, sets, allowed, k):
    mask = np.zeros(n, dtype=bool)
    mask[allowed] = True
    return greedy_cover(collection_of(n, sets), Constraint.of(k, mask))


@given(problems())
def test_greedy_is_the_naive_greedy(problem):
    n, sets, allowed, k = problem
    cover = choose(n, sets, allowed, k)
    seeds, gains, bound = naive.greedy_cover(sets, range(n), k, set(allowed))
    assert cover.seeds.tolist() == seeds
    assert cover.gains.tolist() == gains
    assert cover.covered == sum(gains)
    assert cover.most == min(bound, int(sum(gains) / GREEDY))


@pytest.mark.parametrize("seed", range(50 if not config.DISABLE_JIT else 10))
def test_greedy_on_larger_problems(seed):
    # hypothesis prefers small problems, on which greedy is the best choice and its bound says so
    generator = np.random.default_rng(seed)
    n = int(generator.integers(5, 25))
    sets = [generator.permutation(n)[: int(generator.integers(1, 5))].tolist() for _ in range(80)]
    allowed = sorted(generator.permutation(n)[: int(generator.integers(3, n + 1))].tolist())
    k = int(generator.integers(1, min(6, len(allowed)) + 1))
    cover = choose(n, sets, allowed, k)
    seeds, gains, bound = naive.greedy_cover(sets, range(n), k, set(allowed))
    assert (cover.seeds.tolist(), cover.gains.tolist()) == (seeds, gains)
    assert cover.most == min(bound, int(sum(gains) / GREEDY))


@given(problems())
def test_the_bound_holds_for_every_choice(problem):
    n, sets, allowed, k = problem
    cover = choose(n, sets, allowed, k)
    best = naive.best_cover(sets, k, allowed)
    assert cover.covered <= best <= cover.most
    assert cover.covered >= GREEDY * best


def test_ties_go_to_the_smaller_node():
    assert choose(4, [[3], [2], [1]], [0, 1, 2, 3], 4).seeds.tolist() == [1, 2, 3, 0]
    assert choose(3, [], [0, 1, 2], 2).seeds.tolist() == [0, 1]


def test_all_nodes_cover_all_sets():
    sets = [[0, 2], [1], [2, 3], [4, 0, 1]]
    cover = choose(5, sets, range(5), 5)
    assert sorted(cover.seeds.tolist()) == [0, 1, 2, 3, 4]
    assert cover.covered == cover.most == 4


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_index_lists_the_sets_of_each_node(threads):
    generator = np.random.default_rng(1)
    count, n = (40_000, 300) if not config.DISABLE_JIT else (1500, 80)
    # beyond 2**16 entries the work is shared
    sets = [generator.choice(n, size, replace=False) for size in generator.integers(1, 6, count)]
    if config.DISABLE_JIT:
        sets = [np.arange(n) for _ in range(count // 10 * 6)]
    collection = collection_of(n, sets, threads)
    assert collection.n_entries > 1 << 16
    ptr, rows = collection.index()
    expected = [[] for _ in range(n)]
    for i, s in enumerate(sets):
        for v in s:
            expected[v].append(i)
    assert [rows[ptr[v] : ptr[v + 1]].tolist() for v in range(n)] == expected
    assert collection.index()[0] is ptr
    seeds = np.array([0, n // 2], dtype=np.int32)
    assert collection.covered(seeds) == sum(bool({0, n // 2} & set(s.tolist())) for s in sets)
