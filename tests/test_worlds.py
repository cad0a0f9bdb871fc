"""World sketches: components, greedy choice, the bounds of their certificate, and the algorithm."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imax
from imax._utils.streams import Stream, stream_key
from imax.diffusion import undirected
from imax.diffusion.undirected import undirected_edges
from imax.diffusion.walks import influence_bounds
from imax.errors import InvalidArgumentError
from imax.ris.constraint import Constraint
from imax.ris.means import mean_lower_bound
from imax.ris.worlds import WorldCollection, greedy_worlds

from . import naive_worlds

KEY = (11, 12)


def graph_of(n, edges):
    """Return an undirected graph, and its edges in internal ids."""
    source, target, p = zip(*edges, strict=True) if edges else ((), (), ())
    graph = imax.InfluenceGraph.from_arrays(
        np.array(source, dtype=np.int64), np.array(target, dtype=np.int64), np.array(p, dtype=np.float64),
        n_nodes=n, directed=False,
    )  # fmt: skip
    ids = graph.internal_of(range(n))
    return graph, [(int(ids[u]), int(ids[v]), float(np.float32(q))) for u, v, q in edges]


@st.composite
def edge_lists(draw, max_nodes=6, max_edges=7):
    n = draw(st.integers(1, max_nodes))
    pairs = [(u, v) for u in range(n) for v in range(u + 1, n)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=max_edges)) if pairs else []
    chances = st.sampled_from([0.0, 0.03, 0.125, 0.3, 0.5, 0.7, 1.0])
    return n, [(u, v, draw(chances)) for u, v in chosen]


def roots(labels):
    """Return the smallest node of each node's component, and check the sizes."""
    root = np.where(labels < 0, np.arange(labels.shape[1]), labels)
    for row in range(labels.shape[0]):
        found, counts = np.unique(root[row], return_counts=True)
        assert (~labels[row, found] == counts).all()
        assert (root[row] <= np.arange(labels.shape[1])).all()
    return root


TRIANGLE = [(0, 1, 0.5), (1, 2, 0.2), (0, 2, 0.9), (2, 3, 1.0), (3, 4, 0.04)]


@pytest.mark.parametrize("edges", [TRIANGLE, [(u, v, 0.3) for u, v, _ in TRIANGLE]], ids=["any", "equal"])
def test_components_have_the_right_law(edges):
    graph, inner = graph_of(6, edges)
    worlds = WorldCollection(undirected_edges(graph), 6, KEY, 1)
    count = 2000
    worlds.extend(count)
    found = {}
    for row in roots(worlds.labels):
        found[tuple(row.tolist())] = found.get(tuple(row.tolist()), 0) + 1
    law = naive_worlds.component_law(6, inner)
    assert found.keys() <= {key for key, p in law.items() if p > 0}
    statistic = sum((found.get(key, 0) - count * p) ** 2 / (count * p) for key, p in law.items() if p > 0)
    degrees = sum(p > 0 for p in law.values()) - 1
    assert statistic < degrees + 6 * math.sqrt(2 * degrees) + 10  # false alarm below 1e-5; the key is fixed


@given(edge_lists())
def test_certain_and_impossible_edges(drawn):
    n, edges = drawn
    graph, inner = graph_of(n, [(u, v, round(p)) for u, v, p in edges])
    worlds = WorldCollection(undirected_edges(graph), n, KEY, 1)
    worlds.extend(2)
    expected = naive_worlds.components(n, [(u, v) for u, v, p in inner if p == 1])
    for row in roots(worlds.labels):
        assert row.tolist() == [min(part) for part in expected]


def test_worlds_do_not_depend_on_threads_and_chunks():
    graph = imax.datasets.load("karate", probability="uniform:0.2")
    edges = undirected_edges(graph)
    whole = WorldCollection(edges, graph.n_nodes, KEY, 1)
    whole.extend(9)
    parts = WorldCollection(edges, graph.n_nodes, KEY, 3)
    assert (parts.extend(2), parts.extend(9), parts.extend(4)) == (2, 9, 9)
    assert (whole.labels == parts.labels).all()
    assert whole.nbytes == 9 * 34 * 4
    later = WorldCollection(edges, graph.n_nodes, KEY, 1, first=5)
    later.extend(4)
    assert (later.labels == whole.labels[5:]).all()
    stopped = WorldCollection(edges, graph.n_nodes, KEY, 1)
    left = iter([True, True, True])
    assert stopped.extend(9, lambda: next(left, False)) == 3
    assert (stopped.labels == whole.labels[:3]).all()


def test_directed_graphs_have_no_undirected_edges():
    for arcs in ([(0, 1)], [(0, 1), (1, 2), (2, 0)], [(0, 1), (1, 0), (2, 1)]):
        assert undirected_edges(imax.InfluenceGraph.from_edges(arcs, probability="uniform:0.5")) is None
    source, target = [0, 1], [1, 0]
    unequal = imax.InfluenceGraph.from_arrays(source, target, [0.5, 0.25])
    assert undirected_edges(unequal) is None
    assert undirected_edges(imax.InfluenceGraph.from_arrays(source, target, [0.25, 0.25])).mean_live == 0.25
    # weighted cascade is symmetric where all degrees are equal
    ring = [(i, (i + 1) % 5) for i in range(5)]
    assert undirected_edges(imax.InfluenceGraph.from_edges(ring, directed=False)).mean_live == pytest.approx(2.5)
    star = imax.InfluenceGraph.from_edges([(0, 1), (0, 2)], directed=False)
    assert undirected_edges(star) is None
    assert undirected_edges(star.with_probability("uniform:0.25")).mean_live == 0.5


def naive_parts(worlds):
    return [[{int(u) for u in np.flatnonzero(row == r)} for r in row] for row in roots(worlds.labels)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("by", ["k", "start", "budget", "quotas", "all"])
def test_greedy_on_worlds_agrees_with_the_reference(monkeypatch, weighted, by):
    from imax.ris import worlds as module
    from imax.ris.matroid import PartitionMatroid

    monkeypatch.setattr(module, "_KEPT", 3)  # the heap is filled again often
    monkeypatch.setattr(module, "_KEPT_PER_SEED", 0)
    graph = imax.datasets.load("karate", probability="uniform:0.15")
    n = graph.n_nodes
    rng = np.random.default_rng(5)
    weights = rng.integers(0, 4, n).astype(np.float64) if weighted else np.ones(n)
    collection = WorldCollection(undirected_edges(graph), n, KEY, 2, weights if weighted else None)
    collection.extend(12)
    plain = WorldCollection(undirected_edges(graph), n, KEY, 1)
    plain.extend(12)
    before = collection.labels.copy()
    allowed = np.ones(n, dtype=bool)
    allowed[[3, 7]] = False
    start = np.array([5, 9] if by in ("start", "all") else [], dtype=np.int32)
    forced = np.array([2, 3] if by in ("start", "all") else [], dtype=np.int32)
    allowed[start] = allowed[forced] = False
    cost = rng.integers(0, 5, n).astype(np.float64) if by in ("budget", "all") else None
    group = rng.integers(-1, 3, n).astype(np.int32)
    capacity = np.array([1, 2, 1])
    matroid = PartitionMatroid.of_groups(group, capacity) if by in ("quotas", "all") else None
    constraint = Constraint(8, allowed, forced, start, matroid, cost, 7.0 if cost is not None else math.inf)
    found = greedy_worlds(collection, constraint)
    options = {
        "start": start.tolist(), "forced": forced.tolist(), "cost": cost, "budget": 7.0,
        "group": group if matroid is not None else None, "quota": dict(enumerate(capacity.tolist())),
    }  # fmt: skip
    allowed_ids = np.flatnonzero(allowed).tolist()
    seeds, gains = naive_worlds.greedy(naive_parts(plain), weights, 8, allowed_ids, **options)
    if cost is not None:
        other = naive_worlds.greedy(naive_parts(plain), weights, 8, allowed_ids, **options, by_ratio=True)
        if sum(other[1]) > sum(gains):
            seeds, gains = other
    assert found.gains == pytest.approx(gains, abs=1e-4)
    if not weighted:
        assert found.seeds.tolist() == seeds
    assert (collection.labels == before).all()


@given(edge_lists(), st.booleans())
def test_walks_bound_the_influence_of_each_node(drawn, weighted):
    n, edges = drawn
    edges = [(u, v, min(p, 0.7)) for u, v, p in edges]
    graph, inner = graph_of(n, edges)
    weights = np.arange(n) % 3 * 1.0 + (n == 1) if weighted and n > 1 else None
    found = influence_bounds(graph, weights, 1, lambda values: True)
    if found is None:  # walks of any length are too many
        return
    for v in range(n):
        assert naive_worlds.influence(n, inner, [v], weights) <= found[v] * (1 + 1e-9)
        assert naive_worlds.walk_weight(n, inner, v, 12, weights) <= found[v] * (1 + 1e-9)


def test_walks_are_exact_on_trees_and_absent_where_influence_is_high():
    path, inner = graph_of(5, [(i, i + 1, 0.5) for i in range(4)])
    found = influence_bounds(path, None, 2, lambda values: True)
    exact = [naive_worlds.influence(5, inner, [v]) for v in range(5)]
    assert found == pytest.approx(exact, rel=0.01)
    complete, _ = graph_of(12, [(u, v, 0.5) for u in range(12) for v in range(u)])
    assert influence_bounds(complete, None, 1, lambda values: True) is None
    assert influence_bounds(path, None, 1, lambda values: False) is None
    certain, _ = graph_of(2, [(0, 1, 1.0)])
    assert influence_bounds(certain, None, 1, lambda values: True) is None
    directed = imax.InfluenceGraph.from_edges([(0, 1)], probability="uniform:0.5")
    assert influence_bounds(directed, None, 1, lambda values: True) is None


@pytest.mark.parametrize("draw", ["rare", "skewed", "narrow"])
def test_the_lower_bound_of_a_mean_fails_as_rarely_as_stated(draw):
    rng = np.random.default_rng(3)
    a, runs, n = math.log(20.0), 300, 200
    failed, total = 0, 0.0
    for _ in range(runs):
        if draw == "rare":
            values, mean = rng.choice([0.0, 50.0], n, p=[0.98, 0.02]), 1.0
        elif draw == "skewed":
            values, mean = rng.exponential(2.0, n) ** 2, 8.0
        else:
            values, mean = rng.normal(100.0, 1.0, n), 100.0
        bound = mean_lower_bound(values, a)
        failed += bound > mean
        total += bound / mean
    assert failed <= 30  # a rate of 5 % gives more with probability 1e-4
    assert total / runs > {"rare": 0.05, "skewed": 0.6, "narrow": 0.97}[draw]


def test_the_lower_bound_of_few_or_zero_values():
    assert mean_lower_bound(np.ones(5), 3.0) == 0.0
    assert mean_lower_bound(np.zeros(100), 3.0) == 0.0
    assert 0.9 < mean_lower_bound(np.ones(100), 3.0) <= 1.0


@pytest.fixture(scope="module")
def karate():
    return imax.datasets.load("karate", probability="uniform:0.1")


@pytest.mark.parametrize("p", ["uniform:0.02", pytest.param("uniform:0.5", marks=pytest.mark.slow)])
def test_the_algorithm_and_its_certificate(p):
    graph = imax.datasets.load("karate", probability=p)
    found = imax.maximize(graph, 3, algorithm="worlds", rng=4, epsilon=0.05)
    again = imax.maximize(graph, 3, algorithm="worlds", rng=4, epsilon=0.05, threads=1)
    assert (found.seeds, found.spread, found.lower_bound, found.upper_bound) == (
        again.seeds, again.spread, again.lower_bound, again.upper_bound,
    )  # fmt: skip
    other = imax.maximize(graph, 3, algorithm="opim-c", rng=4, epsilon=0.05)
    assert found.stop_reason == "target ratio reached"
    assert found.ratio >= 0.58
    assert found.lower_bound <= found.spread <= found.upper_bound
    assert found.interval[0] <= found.spread <= found.interval[1]
    assert found.spread == pytest.approx(other.spread, rel=0.08)
    assert found.upper_bound >= other.lower_bound
    assert found.n_simulations >= 512


@pytest.mark.parametrize("limit", ["budget", "quotas"])
def test_it_takes_all_constraints(karate, limit):
    rng = np.random.default_rng(2)
    cost = rng.integers(1, 4, 34).astype(float)
    weights = rng.random(34)
    limits = {"budget": {"costs": cost, "budget": 6}, "quotas": {"groups": ["a", "b"] * 17, "quotas": 2}}[limit]
    found = imax.maximize(
        karate, algorithm="worlds", rng=1, epsilon=0.1, node_weights=weights, include=[5], exclude=[0], start=[33],
        **limits,
    )  # fmt: skip
    assert found.seeds[0] == 5
    assert 0 not in found.seeds
    assert 33 not in found.seeds
    assert cost[found.seeds].sum() <= 6 if limit == "budget" else len(found) == 4
    assert found.lower_bound <= found.spread <= found.upper_bound
    both = imax.spread(karate, [*found.seeds, 33], node_weights=weights, n_simulations=4000, rng=1)
    alone = imax.spread(karate, [33], node_weights=weights, n_simulations=4000, rng=2)
    assert found.spread == pytest.approx(both.spread - alone.spread, abs=0.3)
    assert found.start_spread == pytest.approx(alone.spread, abs=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("heavy", [2.1e9, 1e12])
def test_weights_are_exact_beside_a_heavy_start_node(heavy):
    leaves = np.arange(2, 12)
    graph = imax.InfluenceGraph.from_arrays(
        np.ones(10, int), leaves, n_nodes=13, directed=False, probability="uniform:0.9"
    )
    weights = np.append(np.ones(12), heavy)
    found = imax.maximize(
        graph, 1, algorithm="worlds", rng=1, epsilon=0.2, delta=1e-6, node_weights=weights, start=[12]
    )
    assert found.seeds == [1]  # reaches 1 + 10 * 0.9; the smallest id, 0, reaches itself
    assert 7.0 < found.lower_bound <= 10.0
    assert found.interval[0] <= found.spread <= found.interval[1]
    assert found.spread == pytest.approx(10.0, abs=0.3)
    assert found.start_spread == pytest.approx(heavy)


def test_limits(karate):
    few = imax.maximize(karate, 2, algorithm="worlds", rng=1, epsilon=0.1, max_memory=34 * 80)
    assert len(few.seeds) == 2
    seen = []
    quick = imax.maximize(karate, 2, algorithm="worlds", rng=1, epsilon=0.1, time_limit=1e-9, progress=seen.append)
    assert seen[-1].ratio == quick.ratio
    assert quick.stop_reason == "time limit"
    assert len(quick.seeds) == 2
    assert quick.ratio > 0


def test_it_needs_an_undirected_graph_and_ic(karate):
    for graph, model in ((imax.datasets.load("karate"), "ic"), (karate.with_probability("lt_uniform"), "lt")):
        with pytest.raises(InvalidArgumentError, match=r"^algorithm 'worlds' needs"):
            imax.maximize(graph, 2, algorithm="worlds", model=model)


def test_certificates_hold_against_exact_influence():
    n, edges = 6, [(0, 1, 0.3), (1, 2, 0.4), (2, 3, 0.3), (3, 0, 0.2), (3, 4, 0.5), (4, 5, 0.3)]
    graph, inner = graph_of(n, edges)
    ids = graph.internal_of(range(n)).tolist()
    best = max(naive_worlds.influence(n, inner, [u, v]) for u in range(n) for v in range(u))
    for seed in range(8):
        found = imax.maximize(graph, 2, algorithm="worlds", rng=seed, epsilon=0.2, delta=0.01)
        own = naive_worlds.influence(n, inner, [ids[v] for v in found.seeds])
        assert found.lower_bound <= own
        assert best <= found.upper_bound


def test_the_streams_are_their_own():
    streams = (Stream.WORLDS, Stream.WORLD_VALIDATION, Stream.WORLD_BOUND)
    assert len({stream_key(KEY, stream) for stream in streams}) == len(streams)


def test_weighted_cascade_on_graphs_with_equal_degrees_in_more_than_one_part(monkeypatch):
    """Degrees are compared in parts of the nodes; a ring has undirected edges, with one more arc it has none."""
    monkeypatch.setattr(undirected, "_SLICE", 4)
    ring = [(v, (v + d) % 10) for v in range(10) for d in (1, -1)]
    graph = imax.InfluenceGraph.from_edges(ring, nodes=range(12), probability="weighted_cascade")
    assert undirected_edges(graph) is not None
    more = imax.InfluenceGraph.from_edges([*ring, (0, 5)], nodes=range(12), probability="weighted_cascade")
    assert undirected_edges(more) is None


@pytest.mark.parametrize("by_cost", [False, True])
@pytest.mark.parametrize("n_in_time", [0, 3, 8])
def test_seeds_after_the_time_limit_have_large_gains_by_an_earlier_count(by_cost, n_in_time):
    graph = imax.datasets.load("karate", probability="uniform:0.15")
    n = graph.n_nodes
    collection = WorldCollection(undirected_edges(graph), n, KEY, 1)
    collection.extend(12)
    before = collection.labels.copy()
    cost = np.ones(n) if by_cost else None
    constraint = Constraint(
        8, np.ones(n, dtype=bool), np.array([], dtype=np.int32), np.array([], dtype=np.int32), None, cost,
        6.0 if by_cost else math.inf,
    )  # fmt: skip
    calls = iter(range(100))
    whole = greedy_worlds(collection, constraint)
    found = greedy_worlds(collection, constraint, lambda: next(calls) < n_in_time)
    assert whole.in_time
    assert (n_in_time == 8 and not by_cost) == found.in_time
    assert len(set(found.seeds.tolist())) == whole.seeds.size
    assert found.seeds[:n_in_time].tolist() == whole.seeds[:n_in_time].tolist()
    assert found.gains.sum() <= whole.gains.sum()
    assert (collection.labels == before).all()
    if n_in_time == 0:  # the nodes with the largest gains alone
        alone = np.empty(n, dtype=np.int64)
        collection.gains(alone)
        assert alone[found.seeds].min() >= np.sort(alone)[-whole.seeds.size]


def test_the_choice_on_worlds_stops_in_time(monkeypatch):
    graph = imax.datasets.load("karate", probability="uniform:0.15")
    monkeypatch.setattr("imax.selection.problem.Limits.in_time", lambda self, share=1.0: share != 0.8)
    found = imax.maximize(graph, 5, algorithm="worlds", epsilon=0.2, time_limit=1e9, rng=1)
    assert found.stop_reason == "time limit"
    assert len(found.seeds) == 5
    assert found.lower_bound <= found.spread <= found.interval[1]
