"""Groups with capacities that share nodes: the matroid, greedy and round-robin coverage, and their bounds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config

import imax
from imax import InfluenceGraph
from imax.ris.constraint import Constraint
from imax.ris.coverage import greedy_cover
from imax.ris.matroid import Heaps, PartitionMatroid
from imax.ris.round_robin import round_robin_cover

from . import naive, naive_capacity
from .test_coverage import collection_of

JIT = not config.DISABLE_JIT


@st.composite
def matroids(draw):
    """Return the number of nodes, each group's rising row, and the capacities."""
    n = draw(st.integers(1, 7))
    rows = draw(st.lists(st.lists(st.integers(0, n - 1), max_size=4, unique=True).map(sorted), min_size=1, max_size=3))
    capacity = draw(st.lists(st.integers(1, 3), min_size=len(rows), max_size=len(rows)))
    return n, rows, capacity


def matroid_of(n, rows, capacity):
    by = [[g for g, row in enumerate(rows) if v in row] for v in range(n)]
    by_ptr = np.concatenate([[0], np.cumsum([len(groups) for groups in by])]).astype(np.int64)
    by_group = np.array([g for groups in by for g in groups], dtype=np.int32)
    return PartitionMatroid.of_rows(by_ptr, by_group, np.array(capacity, dtype=np.int64))


def constraint_of(n, rows, capacity):
    matroid = matroid_of(n, rows, capacity)
    allowed = np.diff(matroid.by_ptr) > 0
    none = np.empty(0, dtype=np.int32)
    return Constraint(int(matroid.usable_capacity().sum()), allowed, none, none, matroid=matroid)


@given(matroids())
def test_rows_of_groups(problem):
    n, rows, capacity = problem
    m = matroid_of(n, rows, capacity)
    assert [m.nodes[m.ptr[g] : m.ptr[g + 1]].tolist() for g in range(len(rows))] == rows
    assert m.usable_capacity().tolist() == [min(k, len(row)) for row, k in zip(rows, capacity, strict=True)]
    assert m.n_pairs == sum(map(len, rows))
    ways = math.prod(math.comb(len(row), min(k, len(row))) for row, k in zip(rows, capacity, strict=True))
    assert m.log_choices() == pytest.approx(math.log(ways))


@given(st.lists(st.integers(-1, 2), min_size=1, max_size=8))
def test_groups_of_their_own(group):
    m = PartitionMatroid.of_groups(np.array(group, dtype=np.int32), np.array([1, 2, 3]))
    assert m.group.tolist() == group
    rows = [[v for v, g in enumerate(group) if g == number] for number in range(3)]
    assert [m.nodes[m.ptr[g] : m.ptr[g + 1]].tolist() for g in range(3)] == rows


@given(matroids(), st.data())
def test_first_fit_is_a_feasible_choice(problem, data):
    n, rows, capacity = problem
    weight = data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n))
    m = matroid_of(n, rows, capacity)
    assert 0 <= m.first_fit(np.array(weight, dtype=float)) <= naive_capacity.best_sum(weight, rows, capacity)
    assert m.first_fit() <= naive_capacity.best_sum([1] * n, rows, capacity)
    assert (m.first_fit() > 0) == (m.n_pairs > 0)


@given(matroids(), st.data())
def test_the_bound_on_gains(problem, data):
    n, rows, capacity = problem
    gains = st.lists(st.integers(0, 9), min_size=n, max_size=n)
    gain = np.array(data.draw(gains), dtype=np.int32)
    constraint = constraint_of(n, rows, capacity)
    heaps = Heaps(constraint.matroid, gain)
    for _ in range(2):  # new heaps, then heaps whose gains have fallen
        heaps.refresh()
        apart = sum(sum(sorted(gain[row].tolist())[-k:]) for row, k in zip(rows, capacity, strict=True))
        bound = heaps.upper_bound(constraint.allowed)
        assert naive_capacity.best_sum(gain.tolist(), rows, capacity) <= bound <= apart
        assert bound <= gain[constraint.allowed].sum()
        last = [sorted(gain[row].tolist(), reverse=True)[k - 1 : k] for row, k in zip(rows, capacity, strict=True)]
        assert heaps.thresholds.tolist() == [x[0] if x else 0 for x in last]
        gain[:] = np.minimum(gain, data.draw(gains))


@st.composite
def coverings(draw):
    n, rows, capacity = draw(matroids())
    sets = draw(st.lists(st.lists(st.integers(0, n - 1), min_size=1, max_size=4, unique=True), max_size=15))
    return n, rows, capacity, sets


def picks_of(cover):
    return list(zip(cover.seed_groups.tolist(), cover.seeds.tolist(), cover.gains.tolist(), strict=True))


@given(coverings())
def test_round_robin_is_the_naive_one(problem):
    n, rows, capacity, sets = problem
    cover = round_robin_cover(collection_of(n, sets), constraint_of(n, rows, capacity))
    assert picks_of(cover) == naive_capacity.round_robin(naive_capacity.coverage_gain(sets), rows, capacity)
    assert cover.covered == sum(gain for *_, gain in picks_of(cover))


@given(coverings())
def test_the_largest_gain_first_is_the_naive_one(problem):
    n, rows, capacity, sets = problem
    cover = greedy_cover(collection_of(n, sets), constraint_of(n, rows, capacity))
    useful = [pick for pick in picks_of(cover) if pick[2] > 0]
    assert useful == naive_capacity.best_of_all(naive_capacity.coverage_gain(sets), rows, capacity)
    assert useful == picks_of(cover)[: len(useful)]


@given(coverings())
def test_bounds_of_both(problem):
    n, rows, capacity, sets = problem
    collection, constraint = collection_of(n, sets), constraint_of(n, rows, capacity)
    best = max(sum(bool(set(s) & nodes) for s in sets) for nodes in naive_capacity.assignments(rows, capacity))
    for choose in (greedy_cover, round_robin_cover):
        tight, loose = (choose(collection, constraint, prefixes=prefixes) for prefixes in (True, False))
        assert picks_of(tight) == picks_of(loose)
        assert tight.covered <= best <= tight.upper_bound <= loose.upper_bound == 2 * tight.covered
        used = np.bincount(tight.seed_groups, minlength=len(rows))
        assert (used <= capacity).all()
    assert constraint.min_spread(None) <= naive_capacity.best_sum([1] * n, rows, capacity)


def test_a_bound_counts_a_shared_node_once():
    # ten groups of capacity 1 that share their three nodes
    gain = np.array([5, 4, 3], dtype=np.int32)
    constraint = constraint_of(3, [[0, 1, 2]] * 10, [1] * 10)
    heaps = Heaps(constraint.matroid, gain)
    heaps.refresh()
    assert heaps.thresholds.tolist() == [5] * 10
    assert heaps.upper_bound(constraint.allowed) == 12
    two_groups = constraint_of(3, [[0, 1], [0, 2]], [1, 1])
    heaps = Heaps(two_groups.matroid, gain)
    heaps.refresh()
    assert heaps.upper_bound(two_groups.allowed) == 10  # the bound lets both groups gain 5; the best sum is 5 + 4


def test_unusable_capacity_takes_no_memory():
    m = matroid_of(3, [[0, 1], [2]], [2**31 - 1, 1])
    heaps = Heaps(m, np.array([3, 2, 1], dtype=np.int32))
    heaps.refresh()
    assert heaps.upper_bound(np.ones(3, dtype=bool)) == 6
    assert heaps._scratch[0].size == 3


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(threads):
    n, groups = (4000, 600) if JIT else (300, 40)
    generator = np.random.default_rng(1)
    rows = [np.unique(generator.integers(0, n, 60)).tolist() for _ in range(groups)]
    constraint = constraint_of(n, rows, [5] * groups)
    if JIT:
        assert constraint.matroid.n_pairs > 1 << 14  # enough for several threads
    sets = [np.unique(generator.integers(0, n, 4)).tolist() for _ in range(5 * n)]
    one, many = (round_robin_cover(collection_of(n, sets, t), constraint) for t in (1, threads))
    assert picks_of(one) == picks_of(many)
    assert one.upper_bound == many.upper_bound


def test_quotas_without_k_use_the_groups_alone():
    graph = imax.datasets.load("lesmis")
    half = {name: name < "J" for name in graph.nodes()}
    free = imax.maximize(graph, groups=half, quotas=2, rng=1, epsilon=0.3)
    same = imax.maximize(graph, 4, groups=half, quotas=2, rng=1, epsilon=0.3)
    assert sorted(half[name] for name in free) == [False, False, True, True]
    assert free.seeds == same.seeds


# -- blocked nodes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["ic", "lt"])
@pytest.mark.parametrize("kind", ["weighted_cascade", "uniform:0.3", "column"])
def test_blocked_nodes_leave_the_rest_of_the_graph(kind, model):
    """By chi-square against enumeration of the graph without them; a false alarm in 1e4 for each of six."""
    from imax.diffusion.sampler import Sampler
    from imax.ris.collection import RRCollection

    src, dst = [0, 0, 1, 2, 3, 1, 4, 2, 5, 3], [1, 2, 3, 3, 4, 4, 0, 1, 1, 5]
    p = [0.3, 0.5, 0.4, 0.2, 0.4, 0.1, 0.25, 0.3, 0.4, 0.6]
    spec = "lt_uniform" if model == "lt" and kind == "uniform:0.3" else kind
    graph = InfluenceGraph.from_arrays(src, dst, p if kind == "column" else None, n_nodes=6, probability=spec)
    sources, targets, values = (array.tolist() for array in graph.arc_arrays())
    arcs = list(zip(sources, targets, values, strict=True))
    blocked = np.zeros(6, dtype=bool)
    blocked[graph.internal_of([2, 5])] = True
    count = 40_000 if JIT else 1500
    collections = []
    for lanes, threads in ((1, 1), (5, 2)):
        sampler = Sampler(
            graph, model, (5, 6), node_weights=(~blocked).astype(float), lanes=lanes, threads=threads, blocked=blocked
        )
        collections.append(RRCollection(sampler))
        collections[-1].extend(count)
    assert np.array_equal(collections[0].nodes, collections[1].nodes)
    nodes = graph.index[collections[0].nodes].astype(np.int64)
    masks = np.add.reduceat(np.int64(1) << nodes, collections[0].offsets[:-1])
    weight = [0.0 if v in (2, 5) else 1.0 for v in range(6)]
    expected = naive.rr_distribution(6, naive_capacity.passive_arcs(arcs, (2, 5)), model, weight).sum(axis=0)
    assert naive.fit(np.bincount(masks, minlength=64), count * expected) > 1e-4
