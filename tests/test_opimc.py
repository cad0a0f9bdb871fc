"""`maximize` by OPIM-C: the certificate holds, the answer is reproducible, limits stop it with a valid result."""

import itertools
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config
from scipy.stats import binom

import imax
from imax import InfluenceGraph
from imax._utils import memory
from imax._utils.streams import Stream, stream_key
from imax.errors import InvalidArgumentError, OutOfMemoryBoundError, UnknownNodeError
from imax.ris.bounds import GREEDY
from imax.ris.collection import RRCollection
from imax.selection import outcome as outcome_module
from imax.selection import rounds as rounds_module
from imax.selection import settling

from . import naive

JIT = not config.DISABLE_JIT
CASES = 200 if JIT else 24
maximize = partial(imax.maximize, algorithm="opim-c")
DELTA = 0.05


# -- the certificate ---------------------------------------------------------------------------------------------


def random_problem(i):
    """Return a small graph with its exact arcs, and a question about it."""
    generator = np.random.default_rng(i)
    n = int(generator.integers(2, 10))
    pairs = [pair for pair in itertools.product(range(n), repeat=2) if pair[0] != pair[1]]
    chosen = generator.permutation(len(pairs))[: int(generator.integers(1, 13))]
    pairs = [pairs[c] for c in chosen]
    model = ("ic", "lt")[i % 2]
    p = generator.random(len(pairs)) ** 2
    if model == "lt":
        degree = np.bincount([v for _, v in pairs], minlength=n)
        p /= degree[[v for _, v in pairs]]
    p = p.astype(np.float32)
    if i % 5 == 0:
        p = None
    src, dst = np.array(pairs).T
    graph = InfluenceGraph.from_arrays(src, dst, p, n_nodes=n)
    if p is None:
        arcs = naive.weighted_cascade(pairs)
    else:
        arcs = [(u, v, float(x)) for (u, v), x in zip(pairs, p, strict=True)]
    weights = generator.exponential(size=n) if i % 3 == 0 else None
    allowed = sorted(generator.permutation(n)[: int(generator.integers(1, n + 1))].tolist()) if i % 4 == 0 else None
    k = int(generator.integers(1, min(3, n if allowed is None else len(allowed)) + 1))
    return graph, arcs, {"k": k, "model": model, "node_weights": weights, "candidates": allowed}


def test_the_certificate_fails_no_more_often_than_delta():
    """Bounds against exact enumeration: failures are at most binomial with rate delta.

    The keys are fixed; with blindly chosen ones and bounds that fail exactly as often as allowed, this would fail once
    in a thousand times. Failures twice as frequent as allowed would be seen half the times.
    """
    failures, tightness, epsilon = 0, [], 0.1
    for i in range(CASES):
        graph, arcs, question = random_problem(i)
        result = maximize(graph, epsilon=epsilon, delta=DELTA, rng=i, **question)
        best, spreads = naive.best_spread(
            graph.n_nodes, arcs, question["k"], question["model"], question["node_weights"], question["candidates"]
        )
        true = spreads[sum(1 << s for s in result.seeds)]
        slack = 1e-5 * best  # probabilities are float32
        failures += result.lower_bound > true + slack or result.upper_bound < best - slack
        tightness.append(result.lower_bound / true)
        if result.stop_reason == outcome_module.REACHED:
            assert result.ratio >= GREEDY - epsilon
            failures += true < (GREEDY - epsilon) * best - slack
    assert binom.sf(failures - 1, CASES, DELTA) > 1e-3, f"{failures} of {CASES} certificates failed"
    assert np.mean(tightness) > 0.6  # and the bounds say something


def test_seeds_are_as_good_as_greedy_promises():
    for i in range(1, CASES, 7):
        graph, arcs, question = random_problem(i)
        result = maximize(graph, epsilon=0.05, rng=1, **question)
        best, spreads = naive.best_spread(
            graph.n_nodes, arcs, question["k"], question["model"], question["node_weights"], question["candidates"]
        )
        true = spreads[sum(1 << s for s in result.seeds)]
        assert true >= (GREEDY - 0.05) * best
        low, high = result.interval
        assert low <= result.spread <= high
        assert result.lower_bound <= result.spread


# -- known answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["ic", "lt"])
def test_disjoint_stars(model):
    # three stars of 9, 6 and 3 leaves, all sure
    src, dst, at = [], [], 0
    for leaves in (9, 6, 3):
        src += [at] * leaves
        dst += range(at + 1, at + leaves + 1)
        at += leaves + 1
    graph = InfluenceGraph.from_arrays(src, dst, probability="uniform:1")
    result = maximize(graph, 3, model=model, epsilon=0.1, rng=1)
    assert sorted(result.seeds) == [0, 10, 17]
    assert result.spread == result.upper_bound == 21.0
    assert result.gains == sorted(result.gains, reverse=True)
    assert sum(result.gains) == pytest.approx(21)
    assert result.stop_reason == "target ratio reached"


def test_no_arc_is_ever_live():
    graph = InfluenceGraph.from_arrays([0, 1, 2], [1, 2, 3], probability="uniform:0")
    result = maximize(graph, 2, epsilon=0.2, rng=1)
    assert result.lower_bound <= 2.0 <= result.upper_bound
    assert result.spread == pytest.approx(2.0, abs=0.5)


@pytest.mark.parametrize("model", ["ic", "lt"])
def test_all_nodes_are_seeds(model):
    graph = InfluenceGraph.from_arrays([0, 1], [1, 2], n_nodes=5, labels=["a", "b", "c", "d", "e"])
    result = maximize(graph, 5, model=model, rng=1, epsilon=0.1)
    assert sorted(result.seeds) == ["a", "b", "c", "d", "e"]
    assert result.spread == result.upper_bound == 5.0
    assert maximize(graph, 2, candidates=["a", "e"], rng=1, epsilon=0.2).seeds in (["a", "e"], ["e", "a"])


def test_one_node():
    alone = InfluenceGraph.from_arrays([], [], n_nodes=1)
    for model in ("ic", "lt"):
        result = maximize(alone, 1, model=model, rng=1, epsilon=0.2)
        assert result.seeds == [0]
        assert result.spread == result.upper_bound == 1.0


def test_labels_of_mixed_kinds():
    labels = [("x", 1), "y", 3, None, 2.5]
    graph = InfluenceGraph.from_arrays([0] * 4, range(1, 5), labels=labels)
    result = maximize(graph, 1, rng=1, epsilon=0.2)
    assert result.seeds == [("x", 1)]
    assert maximize(graph, 1, exclude=[("x", 1)], rng=1, epsilon=0.2).seeds[0] in labels[1:]


ARCS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=15)


@settings(max_examples=40 if JIT else 6)
@given(ARCS, st.data(), st.sampled_from(["merge", "combine"]), st.booleans())
def test_any_graph_and_any_question(arcs, data, multi_edges, weighted):
    src, dst, p = ([a[i] for a in arcs] for i in range(3))
    graph = InfluenceGraph.from_arrays(src, dst, p if weighted else None, n_nodes=7, multi_edges=multi_edges)
    candidates = data.draw(st.none() | st.lists(st.integers(0, 6), min_size=1))
    exclude = data.draw(st.none() | st.lists(st.integers(0, 6)))
    rest = set(range(7) if candidates is None else candidates) - set(exclude or [])
    if not rest:
        with pytest.raises(InvalidArgumentError, match="no node that may be a seed"):
            maximize(graph, 1, candidates=candidates, exclude=exclude)
        return
    weights = data.draw(st.none() | st.lists(st.sampled_from([0.0, 1.0, 5.0]), min_size=7, max_size=7))
    if weights is not None and not sum(weights[v] for v in rest):
        weights = None
    k = data.draw(st.integers(1, len(rest)))
    result = maximize(
        graph, k, candidates=candidates, exclude=exclude, node_weights=weights, epsilon=0.3, delta=0.01, rng=1
    )
    assert len(result) == len(set(result)) == k
    assert set(result) <= rest
    total = 7 if weights is None else sum(weights)
    assert 0 <= result.lower_bound <= result.spread <= total + 1e-9
    assert result.upper_bound <= total
    assert result.ratio == pytest.approx(result.lower_bound / result.upper_bound)
    assert sum(result.gains) <= result.upper_bound + 1e-9
    # what the seeds are worth, from their own RR sets
    assert result.spread <= result.interval[1] + 1e-9


# -- the same answer ---------------------------------------------------------------------------------------------


def karate(probability=None):
    return imax.datasets.load("karate") if probability is None else imax.datasets.load("karate").with_probability(
        probability, rng=1
    )  # fmt: skip


EPSILON = 0.05 if JIT else 0.3


def answer(result):
    return {name: value for name, value in result.to_dict().items() if name != "seconds"}


@pytest.mark.parametrize(
    ("model", "probability"), [("ic", None), ("ic", "exponential"), ("lt", None), ("lt", "weibull")]
)
def test_threads_change_nothing(model, probability):
    graph = karate(probability)
    first = maximize(graph, 3, model=model, epsilon=EPSILON, rng=5, threads=1)
    for threads in (1, 2, 3):
        other = maximize(graph, 3, model=model, epsilon=EPSILON, rng=5, threads=threads)
        assert answer(other) == answer(first)


def test_the_same_rng_gives_the_same_answer():
    graph = karate("uniform:0.1")
    one, two = (maximize(graph, 4, epsilon=EPSILON, rng=6) for _ in range(2))
    assert answer(one) == answer(two)
    other = maximize(graph, 4, epsilon=EPSILON, rng=7)
    assert other.rng_key != one.rng_key
    assert other.spread != one.spread
    assert maximize(graph, 4, epsilon=EPSILON).rng_key != maximize(graph, 4, epsilon=EPSILON).rng_key
    # a scheme that draws takes its draws from the same source
    again = [maximize(karate(), 2, probability="exponential", epsilon=EPSILON, rng=6).spread for _ in range(2)]
    assert again[0] == again[1]


def test_the_result_can_be_worked_out_again():
    """Selection and validation by hand: naive greedy on the first collection, coverage on the second."""
    graph = karate("uniform:0.1")
    result = maximize(graph, 3, epsilon=0.2, delta=0.1, rng=8)
    n_sets = result.n_rr_sets // 2
    collections = []
    for stream in (Stream.SELECTION, Stream.VALIDATION):
        collection = RRCollection(
            imax.diffusion.sampler.Sampler(graph, "ic", stream_key(result.rng_key, stream), stratify_after=16)
        )
        collection.extend(n_sets)
        collections.append([graph.internal_of(s).tolist() for s in collection])
    assert sum(len(s) for sets in collections for s in sets) == result.n_rr_entries
    seeds, gains, bound = naive.greedy_cover(collections[0], range(34), 3, set(range(34)))
    assert graph.labels_of(seeds) == result.seeds
    assert result.gains == pytest.approx([34 * g / n_sets for g in gains])
    covered = sum(bool(set(seeds) & set(s)) for s in collections[1])
    assert result.spread == pytest.approx(34 * covered / n_sets)
    first, _, rounds, a = naive.opim_sizes(34, 3, 0.2, 0.1)
    assert n_sets == math.ceil(first) << (result.rounds - 1)
    most = min(bound, int(sum(gains) / GREEDY))
    known = n_sets // 34 * 3  # the sets whose root is a seed
    own = 34 * known / n_sets
    assert result.lower_bound == pytest.approx(own + naive.opim_lower(covered - known, n_sets, 34, a))
    assert result.upper_bound == pytest.approx(min(34, own + naive.opim_upper(most - known, n_sets, 34, a)))
    assert result.target_ratio == pytest.approx(1 - 1 / math.e - 0.2)
    assert result.rounds <= rounds


# -- stopping early ----------------------------------------------------------------------------------------------


def assert_valid(result, k):
    assert len(set(result.seeds)) == k
    assert 0 < result.lower_bound <= result.spread <= result.upper_bound
    assert result.interval[0] <= result.spread <= result.interval[1]
    assert result.ratio == pytest.approx(result.lower_bound / result.upper_bound)


def test_a_time_limit_stops_with_a_certificate():
    result = maximize(karate(), 3, epsilon=0.001, time_limit=1e-9, rng=1)
    assert (result.stop_reason, result.rounds) == ("time limit", 1)
    assert_valid(result, 3)


def test_a_time_limit_stops_in_the_middle_of_sampling(monkeypatch):
    monkeypatch.setattr(settling, "OPTIMISM", -1.0)
    monkeypatch.setattr(settling, "SETTLING", 1 << 40)
    monkeypatch.setattr(settling, "MANY_TURNS", 1 << 40)
    result = maximize(karate(), 3, algorithm="opim-c", epsilon=0.001, time_limit=0.3, rng=1)
    assert result.stop_reason == "time limit"
    assert result.rounds >= 1
    assert result.seconds["total"] < 5
    assert_valid(result, 3)


@pytest.mark.parametrize("limit", [1, "20k", "200k"])
def test_a_memory_limit_stops_with_a_certificate(limit):
    result = maximize(karate(), 3, epsilon=0.001, max_memory=limit, rng=1)
    assert result.stop_reason == "memory limit"
    if limit == "200k":
        assert result.rounds > 1
    kept = 12 * result.n_rr_entries / 2 + 8 * result.n_rr_sets
    assert result.rounds == 1 or kept <= 1.02 * imax._utils.check.memory_bytes(limit)
    assert_valid(result, 3)


def test_a_memory_limit_met_while_sampling(monkeypatch):
    # the guess of what a round takes is kept out of the way
    monkeypatch.setattr(rounds_module.CollectionPair, "draw", lambda self, select, validate: [
        c.extend(count, keep_going=self._keep_going)
        for c, count in ((self.selection, select), (self.validation, validate))
    ])  # fmt: skip
    result = maximize(karate(), 3, epsilon=0.001, max_memory="50k", rng=1)
    assert result.stop_reason == "memory limit"
    assert_valid(result, 3)


def test_the_sample_bound_is_kept(monkeypatch):
    monkeypatch.setattr(settling, "OPTIMISM", -1.0)
    monkeypatch.setattr(settling, "SETTLING", 1 << 40)
    monkeypatch.setattr(settling, "MANY_TURNS", 1 << 40)
    result = maximize(karate(), 3, epsilon=0.4, delta=0.2, rng=1)
    assert result.stop_reason == "sample bound reached"
    _, largest, rounds, _ = naive.opim_sizes(34, 3, 0.4, 0.2)
    assert result.rounds == rounds
    assert result.n_rr_sets / 2 >= largest / 2
    assert_valid(result, 3)


def test_an_interrupt_after_a_round_gives_its_result():
    rounds = []

    def stop(progress):
        rounds.append(progress)
        if len(rounds) == 2:
            raise KeyboardInterrupt

    result = maximize(karate(), 3, epsilon=0.001, rng=1, progress=stop, threads=2)
    assert (result.stop_reason, result.rounds) == ("interrupted", 2)
    assert_valid(result, 3)
    assert [p.round for p in rounds] == [1, 2]
    assert rounds[1].n_rr_sets == result.n_rr_sets == 2 * rounds[0].n_rr_sets
    assert rounds[1].ratio == result.ratio
    assert rounds[1].target_ratio == result.target_ratio
    assert 0 < rounds[0].seconds <= rounds[1].seconds


@pytest.mark.parametrize(
    ("error", "raised", "after"),
    [
        (KeyboardInterrupt, KeyboardInterrupt, 0),
        (MemoryError, OutOfMemoryBoundError, 0),
        (KeyboardInterrupt, "interrupted", 2),
        (MemoryError, "memory limit", 3),
    ],
)
def test_trouble_while_sampling(monkeypatch, error, raised, after):
    calls = []
    extend = RRCollection.extend

    def trouble(self, count, **options):
        calls.extend([count] if count & (count - 1) else [])  # the first round grows in powers of two before
        if len(calls) > after:
            raise error
        return extend(self, count, **options)

    monkeypatch.setattr(RRCollection, "extend", trouble)
    if isinstance(raised, str):
        result = maximize(karate(), 3, epsilon=0.001, rng=1)
        assert (result.stop_reason, result.rounds) == (raised, 1)
        assert_valid(result, 3)
    else:
        with pytest.raises(raised):
            maximize(karate(), 3, rng=1)


def test_phases_add_up_to_no_more_than_the_total():
    # the choice runs inside the time of sampling, and is counted once
    seconds = maximize(karate(), 5, epsilon=0.005, rng=1, threads=2).seconds
    assert sum(taken for phase, taken in seconds.items() if phase != "total") <= seconds["total"] + 1e-3
    assert min(seconds.values()) >= 0.0


def test_free_memory(monkeypatch):
    assert memory.free_memory() > 1 << 20

    def missing(path):
        raise OSError

    monkeypatch.setattr(memory, "_read", missing)
    assert memory.free_memory() > 1 << 20

    def unknown(name):
        raise ValueError

    monkeypatch.setattr("os.sysconf", unknown)
    assert memory.free_memory() is None
    assert maximize(karate(), 1, epsilon=0.3, rng=1).seeds


# -- node weights ------------------------------------------------------------------------------------------------


def test_weights_decide():
    # two equal stars; only the second one's leaves count
    graph = InfluenceGraph.from_arrays([0] * 5 + [6] * 5, [*range(1, 6), *range(7, 12)], probability="uniform:0.5")
    weights = [0.0] * 7 + [2.0] * 5
    for given_weights in (weights, dict(enumerate(weights))):
        result = maximize(graph, 1, node_weights=given_weights, epsilon=0.1, rng=1)
        assert result.seeds == [6]
        assert result.spread == pytest.approx(5.0, abs=1.0)
        assert result.upper_bound <= 10.0


def test_seeds_that_count_nothing_themselves():
    # no candidate has weight, so the least possible optimum is unknown: the schedule has no end of its own
    graph = InfluenceGraph.from_arrays([0, 1], [2, 2], [0.9, 0.1])
    result = maximize(graph, 1, candidates=[0, 1], node_weights=[0, 0, 1.0], epsilon=0.2, rng=1)
    assert result.seeds == [0]
    assert result.stop_reason == "target ratio reached"


@pytest.mark.slow
def test_seeds_that_reach_nothing_that_counts():
    graph = InfluenceGraph.from_arrays([0], [1], n_nodes=3)
    result = maximize(graph, 1, candidates=[0], node_weights=[0, 0, 1.0], epsilon=0.2, rng=1)
    assert result.stop_reason == "nothing within reach"
    assert (result.seeds, result.spread, result.lower_bound) == ([0], 0.0, 0.0)
    assert 0 < result.upper_bound < 0.1


# -- bad input ---------------------------------------------------------------------------------------------------

G = InfluenceGraph.from_arrays([0, 1, 2], [1, 2, 0])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"k": 0}, InvalidArgumentError, "k must be at least 1, got 0"),
        ({"k": -5}, InvalidArgumentError, "k must be at least 1, got -5"),
        ({"k": 4}, InvalidArgumentError, "k must be at most 3 (the number of nodes that may be seeds), got 4"),
        ({"k": 2, "candidates": [0]}, InvalidArgumentError, "k must be at most 1 (the number of nodes that"),
        ({"k": 3, "exclude": [0]}, InvalidArgumentError, "k must be at most 2"),
        ({"k": 1.5}, InvalidArgumentError, "k must be a whole number, got 1.5"),
        ({"k": "2"}, InvalidArgumentError, "k must be a whole number, got '2'"),
        ({"model": "sir"}, InvalidArgumentError, "model must be one of ic, lt; got 'sir'"),
        ({"algorithm": "magic"}, InvalidArgumentError, "algorithm must be one of auto, opim-c, imm, hist, worlds,"),
        ({"probability": "uniform:7"}, InvalidArgumentError, "its value must lie in [0, 1], got 7"),
        ({"epsilon": 0}, InvalidArgumentError, "epsilon must lie strictly between 0 and 1, got 0"),
        ({"epsilon": 1}, InvalidArgumentError, "epsilon must lie strictly between 0 and 1, got 1"),
        ({"epsilon": "low"}, InvalidArgumentError, "epsilon must be a number, got 'low'"),
        ({"delta": 0}, InvalidArgumentError, "delta must lie strictly between 0 and 1, got 0"),
        ({"delta": float("nan")}, InvalidArgumentError, "delta must lie strictly between 0 and 1, got nan"),
        ({"candidates": []}, InvalidArgumentError, "no node that may be a seed"),
        ({"exclude": [0, 1, 2]}, InvalidArgumentError, "no node that may be a seed"),
        ({"candidates": "012"}, InvalidArgumentError, "candidates must be an iterable of labels, got the text '012'"),
        ({"exclude": 1}, InvalidArgumentError, "exclude must be an iterable of labels, got 1"),
        ({"candidates": [0, "zed"]}, UnknownNodeError, "candidates: 'zed' is not a node of the graph"),
        ({"exclude": [17]}, UnknownNodeError, "exclude: 17 is not a node of the graph (nodes are"),
        ({"node_weights": [1, 2]}, InvalidArgumentError, "node_weights must have one value per node, shape (3,)"),
        ({"node_weights": [0, 0, 0]}, InvalidArgumentError, "node_weights are all 0"),
        ({"rng": -1}, InvalidArgumentError, "rng must not be negative, got -1"),
        ({"threads": 0}, InvalidArgumentError, "threads must be at least 1, got 0"),
        ({"lanes": 4}, InvalidArgumentError, "lanes is not an argument of maximize"),
        ({"max_memory": "0G"}, InvalidArgumentError, "max_memory must be at least one byte, got '0G'"),
        ({"time_limit": -1}, InvalidArgumentError, "time_limit must be a finite number above 0, got -1"),
        ({"graph": 7}, InvalidArgumentError, "graph must be"),
    ],
)  # fmt: skip
def test_bad_arguments(options, error, message):
    with pytest.raises(error) as caught:
        maximize(**({"graph": G, "k": 1} | options))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# -- real graphs -------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "directed", "best"), [("facebook.txt.gz", True, 1220.1), ("dnc-corecipient.txt", True, 584.8)]
)
def test_the_default_answer_is_near_the_best_known(data, name, directed, best):
    # best known: greedy over 400,000 RR sets, evaluated by 10,000 simulations
    graph = imax.read_graph(data / name, directed=directed)
    result = maximize(graph, 50, rng=1)
    estimate = imax.spread(graph, result.seeds, rng=2)
    assert estimate.spread >= 0.985 * best
    assert result.lower_bound <= estimate.spread + 4.9 * estimate.std_error
    assert abs(estimate.spread - result.spread) < 0.03 * best
