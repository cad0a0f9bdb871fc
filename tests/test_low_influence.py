"""Where spread is close to the number of seeds: roots in turns, exact own shares, bounded settling."""

import itertools

import numpy as np
import pytest
from scipy.stats import chisquare

import imax
from imax import InfluenceGraph
from imax._utils.streams import Stream, stream_key
from imax.diffusion.sampler import Sampler
from imax.diffusion.turns import Turns
from imax.ris.bounds import lower_bound, upper_bound, wilson
from imax.ris.collection import RRCollection
from imax.selection import settling

from . import naive_strata

compiled = pytest.mark.slow


def graph_of(n, m, p, seed=1):
    rng = np.random.default_rng(seed)
    return InfluenceGraph.from_arrays(*rng.integers(n, size=(2, m)), n_nodes=n, probability=f"uniform:{p}")


def roots_of(sampler, count):
    sets = RRCollection(sampler)
    sets.extend(count)
    return sets.nodes[sets.offsets[:-1]]


# -- roots -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9, 10, 17, 50])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_each_node_is_the_root_of_one_set_in_each_turn(n, after):
    graph = InfluenceGraph.from_arrays([], [], n_nodes=n)
    roots = roots_of(Sampler(graph, "ic", (1, 2), threads=1, stratify_after=after), 6 * n)
    for turn in roots.reshape(6, n):
        assert sorted(turn.tolist()) == list(range(n))
    for turn in roots.reshape(6, n)[after:]:
        assert turn.tolist() == list(range(n))


@pytest.mark.parametrize("n", [1, 2, 7, 50, 300])
def test_the_random_order_is_that_of_the_reference(n):
    turns = Turns.of(n, None, 2, (1, 2))
    expected = naive_strata.order(n, stream_key((1, 2), Stream.ROOTS)[0])
    assert turns.roots(0, 3 * n).nodes.tolist() == [*expected, *expected, *range(n)]
    assert turns.roots(n // 2, n).nodes.tolist() == (expected * 2)[n // 2 : n // 2 + n]


def test_only_nodes_of_positive_weight_are_roots_and_only_equal_weights_take_turns():
    graph = InfluenceGraph.from_arrays([], [], n_nodes=6)
    equal = np.array([0.0, 2.0, 2.0, 0.0, 2.0, 2.0])
    sampler = Sampler(graph, "ic", (1, 2), node_weights=equal, threads=1, stratify_after=2)
    for turn in roots_of(sampler, 20).reshape(5, 4):
        assert sorted(turn.tolist()) == [1, 2, 4, 5]
    assert [sampler.n_known(count, 4.0) for count in (3, 4, 11, 20)] == [0, 2, 4, 10]
    assert [sampler.complete(count) for count in (3, 8, 9, 12)] == [3, 8, 12, 12]
    other = Sampler(graph, "ic", (1, 2), node_weights=np.arange(6.0), threads=1, stratify_after=2)
    plain = Sampler(graph, "ic", (1, 2), node_weights=np.arange(6.0), threads=1)
    assert roots_of(other, 200).tolist() == roots_of(plain, 200).tolist()
    assert (other.n_known(200, 15.0), other.complete(199)) == (0, 199)


def test_known_sets_are_those_of_the_naive_count():
    graph = InfluenceGraph.from_arrays([], [], n_nodes=7)
    sampler = Sampler(graph, "ic", (1, 2), threads=1, stratify_after=2)
    for n_sets, n_seeds in itertools.product([0, 6, 7, 13, 14, 15, 21, 70], [0, 1, 3, 7]):
        assert sampler.n_known(n_sets, float(n_seeds)) == naive_strata.n_known(n_sets, 7, n_seeds)


@compiled
def test_the_order_of_roots_is_random():
    # over 6,000 keys all first roots, and all pairs of the first two, are equally frequent; false alarms: 1 in 10,000
    graph = InfluenceGraph.from_arrays([], [], n_nodes=5)
    sampler = Sampler(graph, "ic", (0, 0), threads=1, stratify_after=1)
    pairs = np.zeros((5, 5))
    last = np.zeros(5)
    for i in range(6000):
        roots = roots_of(sampler.with_key((i, 7)), 5)
        pairs[roots[0], roots[1]] += 1
        last[roots[4]] += 1
    assert not pairs.diagonal().any()
    assert chisquare(pairs[~np.eye(5, dtype=bool)]).pvalue > 5e-5
    assert chisquare(last).pvalue > 5e-5


# -- bounds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [0, 4, 40])
@pytest.mark.parametrize("p", [0.01, 0.3, 0.9])
def test_bounds_fail_as_rarely_as_stated_for_sets_that_are_not_identically_distributed(known, p):
    n_sets, a = 100, 3.0
    probabilities = [min(1.0, p * 2 * i / (n_sets - known)) for i in range(n_sets - known)]
    mean = known + sum(probabilities)

    def above(count):
        return lower_bound(known + count, n_sets, 1.0, a, known) * n_sets > mean + 1e-9

    def below(count):
        return upper_bound(known + count, n_sets, 1.0, a, known) * n_sets < mean - 1e-9

    limit = np.exp(-a)
    assert naive_strata.failure(probabilities, above) <= limit
    assert naive_strata.failure(probabilities, below) <= limit
    for count in range(n_sets - known + 1):
        lower, upper = naive_strata.lower_count(count, a), naive_strata.upper_count(count, a)
        assert lower_bound(known + count, n_sets, 1.0, a, known) == pytest.approx((known + lower) / n_sets)
        assert upper_bound(known + count, n_sets, 1.0, a, known) == pytest.approx(min(1.0, (known + upper) / n_sets))


def test_intervals_with_known_sets():
    assert wilson(30, 100, 10.0) == wilson(30, 100, 10.0, known=0)
    low, high = wilson(30, 100, 10.0, known=25)
    assert 2.5 < low < 3.0 < high < wilson(30, 100, 10.0)[1]
    assert wilson(100, 100, 10.0, known=100) == (10.0, 10.0)
    assert wilson(25, 100, 10.0, known=25)[0] == pytest.approx(2.5)


# -- selections --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3])
def test_spread_is_never_below_the_number_of_seeds_and_tiny_probabilities_need_few_sets(k):
    graph = graph_of(300, 900, 1e-5)
    found = imax.maximize(graph, k, rng=1, epsilon=0.05)
    assert found.n_rr_sets <= 300 * 200
    assert found.stop_reason == "target ratio reached"
    assert k <= found.lower_bound <= found.interval[0] <= found.spread <= found.interval[1] <= found.upper_bound
    assert found.interval[1] < k + 1
    fewest = imax.minimize_seeds(graph, k, rng=1, epsilon=0.05)
    assert fewest.spread >= fewest.lower_bound >= k
    curve = imax.curve(graph, k, rng=1, epsilon=0.05)
    assert all(low >= size for size, low in zip(range(1, k + 1), curve.lower_bound, strict=True))
    assert all(bound >= size for size, bound in zip(range(1, k + 1), curve.upper_bound, strict=True))


@compiled
def test_settling_is_bounded_and_named(monkeypatch):
    monkeypatch.setattr(settling, "OPTIMISM", -1.0)  # a choice never settles
    graph = graph_of(300, 900, 0.1)
    found = imax.maximize(graph, 2, rng=1, epsilon=0.1)
    assert found.stop_reason == "target ratio reached, choice not settled"
    calls = []
    stop = settling.Settling.stop

    def record(self, best, *rest):
        calls.append((self, best.n_selecting))
        return stop(self, best, *rest)

    monkeypatch.setattr(settling.Settling, "stop", record)
    assert imax.maximize(graph, 2, rng=1, epsilon=0.1).seeds == found.seeds
    counts = [n for rule, n in calls if rule is calls[-1][0]]  # the other rules belong to the forecast
    assert counts[-1] >= settling.SETTLING * counts[0] > counts[-2]
    assert imax.curve(graph, 2, rng=1, epsilon=0.1).stop_reason.endswith("not settled")


@compiled
@pytest.mark.parametrize("threads", [1, 2])
def test_any_number_of_threads_gives_the_same_result(threads):
    found = imax.maximize(graph_of(500, 1500, 0.05), 5, rng=3, epsilon=0.05, threads=threads)
    again = imax.maximize(graph_of(500, 1500, 0.05), 5, rng=3, epsilon=0.05, threads=1)
    assert (found.seeds, found.spread, found.upper_bound) == (again.seeds, again.spread, again.upper_bound)


def test_the_default_limit_of_memory_is_a_quarter_of_what_is_free(monkeypatch):
    from imax._utils import memory

    monkeypatch.setattr(memory, "free_memory", lambda: 75)
    assert memory.default_memory() == 25
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    assert memory.default_memory() is None


def test_imm_says_how_many_sets_it_needs_and_does_not_start_too_many(monkeypatch):
    from imax.selection.algorithms import imm

    graph = graph_of(30, 60, 0.1)
    steps = []
    found = imax.maximize(graph, 2, algorithm="imm", epsilon=0.8, delta=0.5, rng=1, progress=steps.append)
    needed = [step.n_rr_sets_needed for step in steps if step.n_rr_sets_needed is not None]
    assert needed
    assert needed[-1] >= found.n_rr_sets
    monkeypatch.setattr(imm, "MAX_SETS", 100)
    monkeypatch.setattr(imm, "_MANY", 64)
    few = imax.maximize(graph, 2, algorithm="imm", epsilon=0.8, delta=0.5, rng=1)
    assert (few.stop_reason, few.target_ratio) == ("more RR sets needed than can be numbered", None)
    assert few.n_rr_sets < 100
