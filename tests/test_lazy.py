"""Greedy, CELF and CELF++ over each oracle: the oracles against enumeration, the seeds against each other.

Statistical tests have fixed keys; with keys chosen blindly each comparison would fail with the probability stated.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import imax
from imax import InfluenceGraph, maximize
from imax.diffusion.sampler import Sampler
from imax.errors import InvalidArgumentError, OutOfMemoryBoundError
from imax.ris.collection import RRCollection
from imax.selection.exact_oracle import ExactOracle
from imax.selection.oracles import RRSetOracle, SimulationOracle

from . import naive, naive_constraints, naive_heuristics

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws samples by the ten thousand, which takes minutes without the compiler"
)
LAZY = ("greedy", "celf", "celf++")
N_WORLDS = 20_000 if JIT else 300


def example(kind="column", model="ic"):
    """Return a graph of six nodes, one isolated, and its arcs as the naive functions take them."""
    src, dst = [0, 0, 1, 2, 3, 1, 4, 2], [1, 2, 3, 3, 4, 4, 0, 1]
    p = [0.3, 0.6, 0.5, 0.2, 0.4, 0.1, 0.25, 1.0]
    if model == "lt":
        p = [x / 2 for x in p]
    if kind == "column":
        graph = InfluenceGraph.from_arrays(src, dst, p, n_nodes=6)
    else:
        graph = InfluenceGraph.from_arrays(src, dst, n_nodes=6, probability=kind)
    s, d, values = graph.arc_arrays()
    return graph, [(u, v, float(x)) for u, v, x in zip(s.tolist(), d.tolist(), values.tolist(), strict=True)]


# -- oracles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["ic", "lt"])
@pytest.mark.parametrize("kind", ["column", "weighted_cascade", "uniform:0.3", "uniform:0", "uniform:1"])
@pytest.mark.parametrize("weighted", [False, True])
def test_gains_by_simulation_are_near_the_exact_ones(model, kind, weighted):
    """Within 5.5 standard errors: a false alarm in 3e7, for each of twelve gains."""
    if model == "lt" and kind in ("uniform:1",):
        kind = "lt_uniform"
    graph, arcs = example(kind, model)
    weights = np.array([1.0, 0.5, 2.0, 0.0, 1.0, 3.0]) if weighted else None
    inner = None if weights is None else weights[graph.index]
    oracle = SimulationOracle(graph, model, inner, (3, 4), N_WORLDS, 2, None)
    exact = naive_constraints.all_spreads(6, arcs, model, weights)
    worth = np.ones(6) if weights is None else weights
    error = 5.5 * worth.sum() / 2 / np.sqrt(N_WORLDS)
    nodes = graph.internal_of(range(6))
    found = oracle.gains(nodes)
    assert np.allclose(found, [exact[1 << v] for v in range(6)], atol=error)
    after = oracle.gains(nodes, int(graph.internal_of([0])[0]))
    assert np.allclose(after, [exact[1 | 1 << v] - exact[1] for v in range(6)], atol=error)
    oracle.take(int(graph.internal_of([0])[0]))
    # taken or named before: the same worlds, so the very same numbers
    assert oracle.gains(nodes) == pytest.approx(after)
    assert oracle.gains(nodes)[0] == 0.0
    assert oracle.n_simulations == 4 * 6 * N_WORLDS


def test_worlds_do_not_depend_on_threads_or_batches():
    graph = imax.datasets.load("karate", probability="uniform:0.15")
    nodes = np.arange(34)
    weights = np.linspace(0.1, 1.7, 34)
    for model in ("ic", "lt"):
        graph = graph if model == "ic" else graph.with_probability("lt_uniform")
        found = []
        for threads, part in ((1, 34), (2, 34), (3, 5)):
            oracle = SimulationOracle(graph, model, weights, (5, 6), 1100 if JIT else 40, threads, None)
            oracle.take(3)
            found.append(np.concatenate([oracle.gains(nodes[i : i + part]) for i in range(0, 34, part)]))
        assert np.array_equal(found[0], found[1])
        assert np.array_equal(found[0], found[2])


def test_many_nodes_at_once():
    graph = imax.datasets.load("rmat:8", rng=1, probability="uniform:0.05")
    oracle = SimulationOracle(graph, "ic", None, (5, 6), 100 if JIT else 8, 2, None)
    nodes = np.arange(graph.n_nodes)
    together = oracle.gains(nodes)
    assert np.array_equal(together[::16], np.concatenate([oracle.gains(nodes[i : i + 1]) for i in nodes[::16]]))


def test_gains_of_rr_sets_are_counts():
    graph, _ = example()
    oracle = RRSetOracle(graph, "ic", None, (1, 2), 3000 if JIT else 1100, 1)
    drawn = RRCollection(Sampler(graph, "ic", (1, 2), node_weights=None, threads=1))
    drawn.extend(oracle.n_rr_sets)
    sets = [set(s) for s in drawn]
    nodes = graph.internal_of(range(6))

    def gains(taken):
        left = [s for s in sets if not s & set(taken)]
        return [sum(v in s for s in left) * 6 / len(sets) for v in range(6)]

    assert oracle.gains(nodes) == pytest.approx(gains([]))
    assert oracle.gains(nodes, int(nodes[1])) == pytest.approx(gains([1]))
    oracle.take(int(nodes[1]))
    assert oracle.gains(nodes) == pytest.approx(gains([1]))
    assert oracle.gains(nodes, int(nodes[0])) == pytest.approx(gains([0, 1]))


def test_exact_gains():
    graph, arcs = example()
    spreads = naive_constraints.all_spreads(6, arcs)
    oracle = ExactOracle(graph, "ic", None)
    nodes = graph.internal_of(range(6))
    assert oracle.gains(nodes) == pytest.approx([spreads[1 << v] for v in range(6)])
    oracle.take(int(nodes[2]))
    assert oracle.gains(nodes, int(nodes[0])) == pytest.approx([spreads[1 << v | 5] - spreads[5] for v in range(6)])


# -- selection -----------------------------------------------------------------------------------------------------


@settings(max_examples=40 if JIT else 6)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from([0.0, 0.3, 1.0])), max_size=12),
    st.sampled_from(["simulation", "rr", "exact"]),
    st.integers(1, 7),
)
def test_all_three_choose_the_same_seeds(arcs, oracle, k):
    src, dst, p = ([a[i] for a in arcs] for i in range(3))
    graph = InfluenceGraph.from_arrays(src, dst, p, n_nodes=7)
    options = {"oracle": oracle, "rng": 1}
    if oracle == "simulation":
        options["n_simulations"] = 60 if JIT else 8
    if oracle == "rr":
        options["n_rr_sets"] = 60
    results = [maximize(graph, k, algorithm=name, **options) for name in LAZY]
    # with exact sums of other probabilities rounding may break ties either way
    if oracle != "exact":
        assert results[0].seeds == results[1].seeds == results[2].seeds
    for result in results:
        assert result.gains == pytest.approx(results[0].gains)
        assert all(a >= b - 1e-9 for a, b in itertools.pairwise(result.gains))
    if oracle == "simulation":
        assert results[1].n_simulations <= results[0].n_simulations


def test_all_three_equal_exact_greedy():
    """Seeds and gains, to the last bit: probabilities are multiples of 1/8, so that no sum is rounded."""
    rng = np.random.default_rng(3)
    for _ in range(2000 if JIT else 40):
        n = int(rng.integers(4, 7))
        pairs = [(u, v) for u in range(n) for v in range(n) if u != v]
        chosen = rng.choice(len(pairs), int(rng.integers(3, 8)), replace=False)
        arcs = [(*pairs[i], float(rng.integers(1, 9)) / 8) for i in chosen.tolist()]
        graph = InfluenceGraph.from_arrays(*zip(*arcs, strict=True), n_nodes=n)
        k = int(rng.integers(1, n + 1))
        order = naive_heuristics.internal_order(n, [(u, v) for u, v, _ in arcs])
        expected = naive_constraints.exact_greedy(n, arcs, order, k)
        for name in LAZY:
            found = maximize(graph, k, algorithm=name, oracle="exact", threads=1)
            assert (found.seeds, found.gains) == expected, (name, arcs)


def test_celf_plus_plus_forgets_gains_after_another_leader():
    arcs = [(1, 0, 0.4), (2, 0, 0.6), (1, 2, 0.5), (0, 4, 0.4), (1, 3, 0.8), (0, 5, 1.0), (4, 5, 1.0)]
    graph = InfluenceGraph.from_arrays(*zip(*arcs, strict=True), n_nodes=6)
    expected = maximize(graph, 4, algorithm="greedy", oracle="exact")
    found = maximize(graph, 4, algorithm="celf++", oracle="exact")
    assert found.seeds == expected.seeds
    assert found.gains == pytest.approx(expected.gains)


@pytest.mark.parametrize("name", LAZY)
def test_exact_greedy_is_the_naive_one_and_as_good_as_promised(name):
    graph, arcs = example()
    spreads = naive_constraints.all_spreads(6, arcs)
    chosen = []
    for _ in range(3):
        have = naive_constraints.mask(chosen)
        chosen.append(max((v for v in range(6) if v not in chosen), key=lambda v: spreads[have | 1 << v]))
    result = maximize(graph, 3, algorithm=name, oracle="exact")
    assert spreads[naive_constraints.mask(result.seeds)] == pytest.approx(spreads[naive_constraints.mask(chosen)])
    best, _ = naive.best_spread(6, arcs, 3)
    assert sum(result.gains) >= (1 - 1 / np.e) * best


@compiled
def test_lazy_algorithms_need_fewer_simulations():
    graph = imax.datasets.load("karate", probability="uniform:0.1")
    options = {"n_simulations": 400 if JIT else 30, "rng": 1}
    counts = {name: maximize(graph, 8, algorithm=name, **options).n_simulations for name in LAZY}
    assert counts["celf"] < counts["greedy"] / 2
    assert counts["celf++"] < counts["greedy"]


@compiled
@pytest.mark.parametrize("oracle", ["simulation", "rr"])
def test_seeds_are_near_those_of_opim_c(oracle):
    graph = imax.datasets.load("karate")
    options = {"n_simulations": 4000 if JIT else 100} if oracle == "simulation" else {}
    found = maximize(graph, 4, algorithm="celf", oracle=oracle, rng=1, **options)
    best = maximize(graph, 4, rng=1, epsilon=0.01 if JIT else 0.2)
    low = imax.certify(graph, found.seeds, rng=3, epsilon=0.02 if JIT else 0.2)
    assert low.spread >= (0.97 if JIT else 0.8) * best.spread


# -- limits --------------------------------------------------------------------------------------------------------


@compiled
@pytest.mark.parametrize("name", LAZY)
def test_a_time_limit_leaves_the_seeds_so_far(name):
    graph = imax.datasets.load("rmat:8", rng=1, probability="uniform:0.1")
    maximize(graph, 1, algorithm=name, n_simulations=2, rng=1)  # compiled
    result = maximize(graph, 250, algorithm=name, n_simulations=3000, rng=1, time_limit=0.3)
    assert result.stop_reason == "time limit"
    assert 1 <= len(result) < 250
    assert len(result.gains) == len(result)


@compiled
def test_a_time_limit_within_the_first_look_leaves_the_best_so_far(monkeypatch):
    graph = imax.datasets.load("karate")
    result = maximize(graph, 3, algorithm="celf", n_simulations=30, rng=1, time_limit=1e-9, threads=1)
    assert result.stop_reason == "time limit"
    assert len(result) == 1


def test_a_time_limit_holds_where_cascades_are_large():
    # each cascade reaches nearly all nodes: without time, a few worlds of the first node must do
    graph = imax.datasets.load("rmat:10" if JIT else "rmat:4", rng=1, probability="uniform:0.5")
    options = {"algorithm": "celf", "n_simulations": 3000 if JIT else 30, "rng": 1}
    result = maximize(graph, 3, time_limit=1e-9, **options)
    assert result.stop_reason == "time limit"
    assert (len(result), result.n_simulations) == (1, 8)
    forced = maximize(graph, 3, time_limit=1e-9, include=[1, 0], **options)
    assert forced.seeds == [1, 0]


def test_marks_begin_anew_when_their_stamps_are_used_up(monkeypatch):
    graph = imax.datasets.load("karate")
    nodes = np.arange(5)
    plain = SimulationOracle(graph, "ic", None, (5, 6), 20, 1, None)
    monkeypatch.setattr("imax.selection.oracles._LAST_STAMP", 600)
    short = SimulationOracle(graph, "ic", None, (5, 6), 20, 1, None)
    for oracle in (plain, short):
        oracle.take(2)
    for v in nodes:
        assert np.array_equal(plain.gains(nodes[v : v + 1]), short.gains(nodes[v : v + 1]))


@pytest.mark.parametrize("name", LAZY)
def test_an_interrupt_leaves_the_seeds_so_far(name):
    def stop(p):
        if p.round == 2:
            raise KeyboardInterrupt

    graph = imax.datasets.load("karate")
    result = maximize(graph, 5, algorithm=name, n_simulations=20, rng=1, progress=stop)
    assert result.stop_reason == "interrupted"
    assert len(result) == 2

    def stop_at_once(p):
        raise KeyboardInterrupt

    part = maximize(graph, 5, algorithm=name, n_simulations=20, rng=1, progress=stop_at_once)
    assert len(part) == 1


def test_an_interrupt_before_anything_is_known(monkeypatch):
    def stop(self, nodes, before=-1):
        raise KeyboardInterrupt

    monkeypatch.setattr(SimulationOracle, "gains", stop)
    with pytest.raises(KeyboardInterrupt):
        maximize(imax.datasets.load("karate"), 5, algorithm="celf", rng=1)


@compiled
def test_rr_sets_stop_in_time():
    graph = imax.datasets.load("karate")
    result = maximize(graph, 3, algorithm="celf", oracle="rr", n_rr_sets=10**8, rng=1, time_limit=0.05)
    assert result.n_rr_sets < 10**8
    assert result.stop_reason == "time limit"


def test_worlds_beyond_the_memory_limit_are_refused():
    message = "n_simulations is too large: 1,000,000 worlds of 34 nodes need 4 MiB, above max_memory"
    with pytest.raises(OutOfMemoryBoundError, match=message):
        maximize(imax.datasets.load("karate"), 3, algorithm="celf", n_simulations=10**6, max_memory="1M")


def test_too_many_worlds_for_the_exact_oracle():
    with pytest.raises(InvalidArgumentError, match="seeds reach too much of the graph for exact enumeration"):
        maximize(imax.datasets.load("karate"), 3, algorithm="celf", oracle="exact")


def test_rounding_errors_of_exact_gains_break_no_tie():
    """Without rounding, CELF takes another node than greedy: its gain grows by the rounding error of the sums."""
    graph = InfluenceGraph.from_arrays(
        [3, 6, 2, 2, 0, 5, 2], [1, 4, 3, 1, 2, 3, 4], [0.8, 0.5, 1.0, 0.1, 0.25, 0.1, 0.1], n_nodes=7
    )
    found = [maximize(graph, 3, algorithm=algorithm, oracle="exact", exclude=[1], rng=1) for algorithm in LAZY]
    assert {tuple(result.seeds) for result in found} == {tuple(found[0].seeds)}
    assert {tuple(result.gains) for result in found} == {tuple(found[0].gains)}
