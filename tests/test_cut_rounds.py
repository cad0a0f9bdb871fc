"""A first round of RR sets that a limit cuts short: time limits hold where RR sets are large."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

import imax
from imax.capacity import CapacityProblem, assign
from imax.diffusion.sampler import Sampler
from imax.kernels.compiling import end_compiling
from imax.ris.bounds import MAX_ROUNDS
from imax.ris.collection import most_nbytes
from imax.selection import rounds
from imax.selection.problem import Limits, make_problem
from imax.selection.rounds import RESERVE, CollectionPair
from imax.selection.settling import Round
from imax.selection.simulated import SpreadSample

WITH_ROUNDS = ["opim-c", "imm", "hist", "ris"]


@pytest.fixture(scope="module")
def dense():
    """Return an undirected graph in which each RR set holds all nodes."""
    source, target = np.array(list(itertools.combinations(range(40), 2))).T
    return imax.InfluenceGraph.from_arrays(source, target, directed=False, probability="uniform:0.5")


@pytest.fixture
def clock(monkeypatch):
    """Let each look at the clock take 0.1 s, whatever the machine does."""
    ticks = itertools.count()
    monkeypatch.setattr(Limits, "elapsed", lambda self: 0.1 * next(ticks))
    monkeypatch.setattr("imax.diffusion.sampler._FIRST_SETS", 1)
    return ticks


def looks(clock):
    return next(clock)


def assert_cut(found, k, n_sets):
    assert found.stop_reason == "time limit"
    assert len(found.seeds) == len(set(found.seeds)) == k
    assert found.n_rr_sets <= n_sets
    if found.lower_bound is not None:
        assert k <= found.lower_bound <= found.spread <= found.upper_bound == 40


@pytest.mark.parametrize("algorithm", [*WITH_ROUNDS, "worlds", "auto"])
def test_each_algorithm_ends_at_the_time_limit(dense, clock, algorithm):
    found = imax.maximize(dense, 3, algorithm=algorithm, epsilon=0.01, time_limit=1.0, rng=1, threads=1)
    assert_cut(found, 3, 400)
    assert looks(clock) < 80  # the clock stops the work soon after 10 looks


def test_the_sets_of_an_oracle_end_at_the_time_limit(dense, clock):
    found = imax.maximize(dense, 3, algorithm="celf", oracle="rr", time_limit=0.5, max_memory=10_000, rng=1, threads=1)
    assert found.stop_reason == "time limit"
    assert found.n_rr_sets < 1000


@pytest.mark.parametrize("algorithm", WITH_ROUNDS)
def test_a_choice_needs_no_time(dense, monkeypatch, algorithm):
    """One RR set in each collection suffices for seeds and valid bounds."""
    monkeypatch.setattr(rounds, "_GRACE_SECONDS", -math.inf)
    found = imax.maximize(dense, 3, algorithm=algorithm, epsilon=0.01, time_limit=1e-9, rng=1, threads=2)
    assert_cut(found, 3, 6)


def test_other_functions_end_at_the_time_limit(dense, clock):
    limits = {"time_limit": 1.0, "rng": 1, "threads": 1}
    certificate = imax.certify(dense, [0, 1], epsilon=0.001, **limits)
    assert certificate.stop_reason == "time limit"
    assert 2 <= certificate.lower_bound <= certificate.upper_bound <= 40
    next(clock)
    found = imax.minimize_seeds(dense, 39.9, epsilon=0.01, **limits)
    assert found.stop_reason == "time limit"
    assert 1 <= found.min_seeds <= len(found.seeds)
    curve = imax.curve(dense, 4, epsilon=0.01, **limits)
    assert curve.stop_reason == "time limit"
    results = list(imax.anytime(dense, 3, **limits))
    assert [found.stop_reason for found in results] == ["time limit"]
    assert looks(clock) < 160


@pytest.mark.parametrize("algorithm", ["rr-opim+", "rr-opim", "mg-opim", "opim-c", "imm", "auto"])
def test_capacity_algorithms_end_at_the_time_limit(dense, clock, algorithm):
    problem = CapacityProblem(dense, active=range(4), capacity=2)
    found = assign(problem, algorithm, epsilon=0.01, time_limit=1.0, rng=1, threads=1)
    assert found.stop_reason == "time limit"
    assert found.seeds
    assert found.lower_bound <= found.spread <= found.upper_bound + 1e-9
    assert looks(clock) < 160


def test_a_capacity_problem_with_acceptance_ends_at_the_time_limit(dense, clock):
    problem = CapacityProblem(dense, active=range(4), capacity=2)
    found = assign(problem, "rr-opim+", acceptance=0.5, epsilon=0.01, time_limit=1.0, rng=1, threads=1)
    assert found.stop_reason == "time limit"
    assert looks(clock) < 80


def test_small_sets_at_first_do_not_let_many_be_drawn_at_once():
    """The first RR sets may all be small by chance, and later ones large."""
    graph = imax.datasets.load("karate")
    sampler = Sampler(graph, "ic", (1, 2), threads=2)
    drawn = []
    share = sampler._share
    sampler._share = lambda first, count, split: drawn.append((first, count)) or share(first, count, split)
    sampler._rate = 1e9
    sampler.sample(0, 10_000)
    spans = np.array([count for _, count in sorted(drawn)])
    assert spans.sum() == 10_000
    assert spans[0] <= 16
    assert (spans <= 2 * np.concatenate([[0], np.cumsum(spans)[:-1]]) + 16).all()


def test_memory_ends_the_first_round(dense, monkeypatch):
    monkeypatch.setattr(rounds, "_GRACE_BYTES", 1)
    found = imax.maximize(dense, 3, algorithm="opim-c", epsilon=0.01, max_memory=20_000, rng=1)
    assert (found.stop_reason, found.rounds) == ("memory limit", 1)
    assert found.n_rr_sets < 200
    assert found.lower_bound <= found.spread <= found.upper_bound


def pair_of(graph, n_looks, monkeypatch, **options):
    """Return a pair whose first round of 40 sets ends at a number of looks at the clock, and the round."""
    pair = CollectionPair(make_problem(graph, 3, {}, function="maximize", time_limit=1.0, rng=1, threads=1, **options))
    left = iter([False] * n_looks)
    monkeypatch.setattr(CollectionPair, "_is_over", lambda self: next(left, True))
    return pair, pair.round(40, 40, pair.problem.constraint, 5.0, level=0.03)


@pytest.mark.parametrize("n_looks", [0, 1, 2, 3, 8])
def test_a_cut_round_has_the_sets_of_complete_steps(dense, monkeypatch, n_looks):
    pair, found = pair_of(dense, n_looks, monkeypatch)
    sizes = pair.selection.n_sets, pair.validation.n_sets
    n_steps = 2 + n_looks  # without a look, each collection has one set
    assert sizes == (2 ** (-(-n_steps // 2) - 1), 2 ** (n_steps // 2 - 1))
    assert pair.cut == "time limit"
    assert isinstance(found, Round)
    whole = CollectionPair(make_problem(dense, 3, {}, function="maximize", rng=1))
    whole.selection.extend(40)
    assert (whole.selection.nodes[: pair.selection.nodes.size] == pair.selection.nodes).all()
    # the bounds hold after every step: their failure probabilities add up
    assert pair.extra == pytest.approx(math.log((math.pi * n_steps) ** 2 / (6 * RESERVE)))
    assert sum(6 * RESERVE / (math.pi * i) ** 2 for i in range(1, 1000)) <= RESERVE
    assert sum(6 / (math.pi * i) ** 2 for i in range(1, MAX_ROUNDS + 1)) + 6 / math.pi**2 * RESERVE <= 1.0


def test_each_number_of_steps_has_one_size(dense, monkeypatch):
    """A step is drawn in chunks. The sets of complete chunks stay, so each chunk must count as a step."""
    monkeypatch.setattr("imax.ris.collection.CHUNK", 8)
    monkeypatch.setattr(rounds, "CHUNK", 8)
    monkeypatch.setattr("imax.diffusion.sampler._FIRST_SETS", 8)
    sizes = {}
    for n_looks in range(8, 12):
        pair, _ = pair_of(dense, n_looks, monkeypatch)
        size = pair.selection.n_sets, pair.validation.n_sets
        assert sizes.setdefault(pair._n_steps, size) == size
    assert len(set(sizes.values())) == len(sizes)
    assert (24, 16) in sizes.values()


def test_a_pair_on_a_cluster_is_cut_between_steps(dense, monkeypatch):
    """There, a part of a step cannot be dropped; a step that is likely to end too late is not begun."""
    problem = make_problem(dense, 3, {}, function="maximize", time_limit=100.0, rng=1, threads=1)
    pair = CollectionPair(problem)
    pair.problem = dataclasses.replace(problem, session=object())
    monkeypatch.setattr(Limits, "elapsed", lambda self: float(pair.n_sets))  # each set takes a second
    pair.draw(1000, 1000)
    assert pair.cut == "time limit"
    assert (pair.selection.n_sets, pair.validation.n_sets) == (64, 32)  # twice the 32 s of the last step are too much
    assert pair._n_steps == 13


def test_large_sets_are_drawn_a_few_at_a_time():
    sampler = Sampler(imax.datasets.load("karate"), "ic", (1, 2), threads=2)
    assert sampler._limited(0.0) == 16
    sampler._rate = 2.5  # sets per second and thread
    assert sampler._limited(0.5) == 5
    sampler._rate = 0.01
    assert sampler._limited(0.0) == 2


def test_worlds_that_are_equal_by_chance_have_a_wide_interval(dense):
    sample = SpreadSample(make_problem(dense, 2, {}, function="maximize", rng=1), np.array([0], dtype=np.int32))
    sample.values = np.ones(8)
    assert sample.interval(32) == (0.0, 40.0)
    sample.values = np.ones(256)
    low, high = sample.interval(37)
    assert 0.5 < low < 1.0
    assert 1.5 < high < 10.0
    sample.values = np.repeat([1.0, 3.0], 256)
    assert sample.interval(1) == pytest.approx((1.904, 2.096), abs=0.001)


def test_time_that_fewer_worlds_leave_serves_the_certificate(dense, clock):
    sparse = dense.with_probability("uniform:0.03")
    found = imax.maximize(sparse, 3, algorithm="worlds", epsilon=0.01, time_limit=10.0, rng=1, threads=1)
    assert found.stop_reason == "time limit"
    assert found.n_rr_sets > 0


def test_a_note_says_that_functions_were_compiled(dense, clock):
    for _ in range(2):
        found = imax.maximize(dense, 3, algorithm="opim-c", epsilon=0.01, time_limit=1.0, rng=1, threads=1)
    assert found.notes == []
    limits = Limits(1.0)
    end_compiling()
    assert limits.notes("target ratio reached") == []
    assert "compiled first" in limits.notes("time limit")[0]


def test_a_round_that_is_not_cut_has_the_bounds_of_a_plain_one(dense, monkeypatch):
    pair, found = pair_of(dense, 10**6, monkeypatch)
    other = CollectionPair(make_problem(dense, 3, {}, function="maximize", rng=1, threads=2))
    same = other.round(40, 40, other.problem.constraint, 5.0, level=0.03)
    assert pair.cut is None
    assert (found.bounds, found.n_sets) == (same.bounds, same.n_sets)
    assert (found.cover.seeds == same.cover.seeds).all()


def test_bounds_hold_where_the_clock_prefers_small_sets(monkeypatch):
    """A clock that stops at the first large RR set: bounds that ignored this would be wrong nearly always."""
    source = np.zeros(60, dtype=np.int64)
    star = imax.InfluenceGraph.from_arrays(source, np.arange(1, 61), n_nodes=61, probability="uniform:0.05")
    exact = 1.0 + 60 * 0.05
    wrong = 0
    for seed in range(200):
        problem = make_problem(star, 1, {}, function="maximize", time_limit=1.0, rng=seed, threads=1)
        pair = CollectionPair(problem)
        monkeypatch.setattr(CollectionPair, "_is_over", lambda self: self.validation.n_entries > self.validation.n_sets)
        found = pair.round(
            2000, 2000, problem.constraint, math.log(20), seeds=np.array([0], dtype=np.int32), level=0.03
        )
        wrong += not found.bounds.lower <= exact <= found.bounds.upper
    assert wrong <= 2


def test_no_collection_takes_more_memory_than_sets_of_all_nodes():
    everyone = imax.InfluenceGraph.from_edges([(i, j) for i in range(30) for j in range(30)], probability="uniform:1")
    found = imax.sample_rr_sets(everyone, 50, rng=1, threads=2)
    assert found.nbytes + found.index_nbytes <= most_nbytes(30, 50, 2) <= 2 * (found.nbytes + found.index_nbytes)


def test_steps_of_the_first_round_do_not_change_the_result(dense):
    # without a time limit, a short first round has fewer steps
    found = [imax.maximize(dense, 3, algorithm="opim-c", time_limit=limit, rng=1, threads=1) for limit in (None, 1e6)]
    records = [one.to_dict() | {"seconds": None} for one in found]
    assert records[0] == records[1]
