"""Forward simulation: the law of the reached nodes, the estimate and its error, limits, bad input.

Keys are fixed. With a random key each comparison would fail once in a million times. With the compiler the tests detect
a set of nodes that is reached in 1 % of the simulations and whose frequency is off by 15 % of that.
"""

import math

import numpy as np
import pytest
from numba import config

import imax
from imax import InfluenceGraph, spread
from imax._utils.streams import Stream, key_from, stream_key
from imax.diffusion.simulation import simulate
from imax.errors import InvalidArgumentError, InvalidGraphError, UnknownNodeError

from . import naive

FALSE_ALARM = 1e-6
MANY = 300_000 if not config.DISABLE_JIT else 700
PAIRS = [
    (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (0, 1), (2, 1), (3, 1), (4, 1), (0, 2), (3, 2), (5, 2), (1, 3), (5, 4),
]  # fmt: skip
SIZES = [0, 1, 0.5, 0.7, 0.3, 0.05, 0.001, 0.999, 0.25, 0.49, 0.02, 0.8, 1e-6, 0.9]
SLACK = [0.1, 0.2, 0.05, 0.3, 0.2, 0.4, 0.1, 0.1, 0.2, 0.001, 0.5, 0.25, 0.7, 0.3]
FULL = [0.1, 0.2, 0.3, 0.3, 0.1, 0.4, 0.1, 0.1, 0.4, 0.25, 0.5, 0.25, 1, 1]

CASES = {
    "ic weighted cascade": ("ic", None, None),
    "ic uniform": ("ic", None, "uniform:0.2"),
    "ic uniform by coins": ("ic", None, "uniform:0.7"),
    "ic general": ("ic", SIZES, None),
    "lt weighted cascade": ("lt", None, None),
    "lt uniform": ("lt", None, "uniform:0.15"),
    "lt with slack": ("lt", SLACK, None),
    "lt without slack": ("lt", FULL, None),
}


def graph_of(pairs=PAIRS, p=None, probability=None, **options):
    src, dst = np.array(pairs).T
    return InfluenceGraph.from_arrays(src, dst, p, probability=probability, **options)


def problem(name):
    model, p, probability = CASES[name]
    graph = graph_of(PAIRS, p, probability)
    if p is not None:
        arcs = [(u, v, float(np.float32(x))) for (u, v), x in zip(PAIRS, p, strict=True)]
    elif probability:
        arcs = [(u, v, float(probability.partition(":")[2])) for u, v in PAIRS]
    else:
        arcs = naive.weighted_cascade(PAIRS)
    return graph, model, arcs


@pytest.mark.parametrize("seeds", [[1], [5, 3], [0, 1, 2, 3, 4, 5]], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_the_nodes_reached_have_the_exact_law(name, seeds):
    graph, model, arcs = problem(name)
    weights = 2.0**graph.index  # the total weight identifies the set of reached nodes
    run = simulate(graph, graph.internal_of(seeds), model, key_from(1), weights, 1)
    values = np.empty(MANY)
    run(0, values)
    expected = MANY * naive.reached_distribution(6, arcs, seeds, model)
    assert naive.fit(np.bincount(values.astype(np.int64), minlength=64), expected) > FALSE_ALARM


@pytest.mark.parametrize("name", CASES)
def test_the_estimate_is_near_the_exact_spread(name):
    graph, model, arcs = problem(name)
    for weights in (None, [0.0, 1.0, 3.0, 0.5, 0.25, 2.0]):
        exact = naive.exact_spread(6, arcs, [3, 5], model, weights)
        estimate = spread(graph, [3, 5], model=model, n_simulations=MANY, node_weights=weights, rng=2)
        assert abs(estimate.spread - exact) < 4.9 * estimate.std_error + 1e-9
        assert estimate.n_simulations == MANY
        assert estimate.stop_reason == "all simulations done"


def test_simulations_and_rr_sets_estimate_the_same_spread():
    for name in CASES:
        graph, model, _ = problem(name)
        sets = imax.sample_rr_sets(graph, MANY, model=model, rng=3)
        estimate = spread(graph, [2], model=model, n_simulations=MANY, rng=4)
        share = sets.estimate([2]) / 6
        error = math.hypot(estimate.std_error, 6 * math.sqrt(share * (1 - share) / MANY))
        assert abs(estimate.spread - sets.estimate([2])) < 4.9 * error


@pytest.mark.parametrize("name", CASES)
def test_threads_and_steps_change_nothing(name):
    graph, model, _ = problem(name)
    count = 5000 if not config.DISABLE_JIT else 300
    run = simulate(graph, np.sort(graph.internal_of([1, 3])), model, stream_key(key_from(5), Stream.SPREAD), None, 1)
    whole = np.empty(count)
    run(0, whole)
    parts = np.empty(count)
    for a, b in [(0, 1), (1, 7), (7, count // 2), (count // 2, count)]:
        run(a, parts[a:b])
    assert np.array_equal(whole, parts)
    estimates = [spread(graph, [1, 3], model=model, n_simulations=count, rng=5, threads=t) for t in (1, 2, 3)]
    assert {(e.spread, e.std_error) for e in estimates} == {(whole.mean(), whole.std(ddof=1) / math.sqrt(count))}


def test_the_error_and_the_interval():
    graph = graph_of([(0, 1)], [0.5])
    n = 4000 if not config.DISABLE_JIT else 400
    estimate = spread(graph, [0], n_simulations=n, confidence=0.9, rng=1)
    share = estimate.spread - 1
    assert estimate.std_error == pytest.approx(math.sqrt(share * (1 - share) / (n - 1)))
    assert estimate.interval == pytest.approx(
        (estimate.spread - 1.6448536 * estimate.std_error, estimate.spread + 1.6448536 * estimate.std_error)
    )
    assert float(estimate) == estimate.spread
    assert (estimate.n_seeds, estimate.model, estimate.probability) == (1, "ic", "column")


def test_intervals_hold_the_exact_spread_as_often_as_their_level_says():
    # of 200 intervals at level 80 %, 160 +- 5.7 hold the exact spread; 4.9 standard errors either way are allowed
    graph = graph_of([(0, 1), (1, 2), (0, 3)], [0.5, 0.5, 0.2])
    runs, n = (200, 1000) if not config.DISABLE_JIT else (50, 50)
    held = 0
    for rng in range(runs):
        low, high = spread(graph, [0], n_simulations=n, confidence=0.8, rng=rng).interval
        held += low <= 1.95 <= high
    assert abs(held - 0.8 * runs) < 4.9 * math.sqrt(0.16 * runs)


def test_known_spreads():
    path = graph_of([(0, 1), (1, 2), (2, 3)], probability="uniform:1")
    for model in ("ic", "lt"):
        assert spread(path, [0], model=model, n_simulations=50).spread == 4
        assert spread(path, [3], model=model, n_simulations=50).spread == 1
        assert spread(path, [2, 0, 2], model=model, n_simulations=50).n_seeds == 2
        nothing = path.with_probability("uniform:0")
        assert spread(nothing, [0, 2], model=model, n_simulations=50).spread == 2
        alone = InfluenceGraph.from_arrays([], [], n_nodes=1)
        assert spread(alone, [0], model=model, n_simulations=2).spread == 1


def test_another_scheme_replaces_the_graph_s_probabilities():
    path = graph_of([(0, 1), (1, 2)])
    estimate = spread(path, [0], probability="uniform:0", n_simulations=10)
    assert (estimate.spread, estimate.probability) == (1.0, "uniform:0")


def test_many_seeds_and_large_fans():
    # a block draws more live arcs than a buffer holds at first
    n = 3000 if not config.DISABLE_JIT else 1200
    graph = InfluenceGraph.from_arrays([0] * (n - 1), range(1, n), probability="uniform:1")
    assert spread(graph, [0], n_simulations=20, threads=1).spread == n
    fan = InfluenceGraph.from_arrays(range(n - 1), [n - 1] * (n - 1), [0.5] * (n - 2) + [0.25])
    assert spread(fan, range(n), n_simulations=2).spread == n


def test_progress_is_reported():
    seen = []
    spread(graph_of(), [0], n_simulations=500, rng=1, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (500, 500)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_time_limit_stops_early():
    estimate = spread(graph_of(), [0], n_simulations=10**6, time_limit=1e-9, rng=1)
    assert estimate.stop_reason == "time limit"
    assert 2 <= estimate.n_simulations < 10**6
    assert estimate.interval[0] <= estimate.spread <= estimate.interval[1]


def test_an_interrupt_returns_the_simulations_done():
    def stop(done, total):
        raise KeyboardInterrupt

    estimate = spread(graph_of(), [0], n_simulations=10**6, rng=1, progress=stop, threads=2)
    assert estimate.stop_reason == "interrupted"
    n = estimate.n_simulations
    assert 2 <= n < 10**6
    assert estimate.spread == spread(graph_of(), [0], n_simulations=n, rng=1).spread


def test_an_interrupt_before_the_first_simulation_is_raised(monkeypatch):
    def run(tasks, threads):
        raise KeyboardInterrupt

    graph = graph_of([(0, 1)], probability="uniform:0.5")
    spread(graph, [0], n_simulations=2)  # builds the tables
    monkeypatch.setattr("imax._utils.parallel.run", run)
    with pytest.raises(KeyboardInterrupt):
        spread(graph, [0])


G = graph_of(p=SIZES)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"seeds": []}, InvalidArgumentError, "seeds is empty; give at least one node"),
        ({"seeds": "05"}, InvalidArgumentError, "seeds must be an iterable of labels, got the text '05'"),
        ({"seeds": 3}, InvalidArgumentError, "seeds must be an iterable of labels, got 3"),
        ({"seeds": [9]}, UnknownNodeError, "seeds: 9 is not a node of the graph (nodes are the whole numbers 0 to 5)"),
        ({"seeds": ["ann"]}, UnknownNodeError, "seeds: 'ann' is not a node of the graph"),
        ({"model": "sis"}, InvalidArgumentError, "model must be one of ic, lt; got 'sis'"),
        ({"probability": "luck"}, InvalidArgumentError, "got 'luck'"),
        ({"n_simulations": 1}, InvalidArgumentError, "n_simulations must be at least 2, got 1"),
        ({"n_simulations": 1e4}, InvalidArgumentError, "n_simulations must be a whole number, got 10000.0"),
        ({"confidence": 1}, InvalidArgumentError, "confidence must lie strictly between 0 and 1, got 1"),
        ({"confidence": 95}, InvalidArgumentError, "confidence must lie strictly between 0 and 1, got 95"),
        ({"time_limit": 0}, InvalidArgumentError, "time_limit must be a finite number above 0, got 0"),
        ({"node_weights": [1.0]}, InvalidArgumentError, "node_weights must have one value per node, shape (6,)"),
        ({"rng": "x"}, InvalidArgumentError, "rng must be None"),
        ({"threads": -1}, InvalidArgumentError, "threads must be at least 1, got -1"),
        ({"model": "lt"}, InvalidGraphError, "the LT weights into node 0 sum to 2.5, above 1"),
        ({"graph": 7}, InvalidArgumentError, "graph must be"),
    ],
)
def test_bad_arguments(options, error, message):
    with pytest.raises(error) as caught:
        spread(**({"graph": G, "seeds": [0]} | options))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
