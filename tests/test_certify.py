"""Certificates for any seeds, results at any time, curves, the smallest seed set for a spread, comparisons, drawing."""

import itertools
import sys

import numpy as np
import pytest
from numba import config
from scipy.stats import binom

import imax
from imax import InfluenceGraph
from imax.errors import InvalidArgumentError, UnknownNodeError
from imax.ris.bounds import LEVEL_OF_ROUNDS, interval_at_level, level_of_look, wilson

from . import naive_constraints
from .test_opimc import random_problem

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws samples by the ten thousand, which takes minutes without the compiler"
)
CASES, DELTA = (120 if JIT else 12), 0.05


def karate():
    return imax.datasets.load("karate")


def without_times(result):
    return {name: value for name, value in result.to_dict().items() if name != "seconds"}


# -- certify -------------------------------------------------------------------------------------------------------


@compiled
def test_certificates_of_any_seeds_hold():
    """Failures are at most binomial with rate delta; bounds as bad as allowed would fail this once in a thousand."""
    failures, tight = 0, []
    for i in range(CASES):
        graph, arcs, question = random_problem(i)
        n, k = graph.n_nodes, question.pop("k")
        seeds = np.random.default_rng(i).permutation(n)[:k].tolist()
        found = imax.certify(graph, seeds, epsilon=0.1, delta=DELTA, rng=i, **question)
        spreads = naive_constraints.all_spreads(n, arcs, question["model"], question["node_weights"])
        allowed = question["candidates"] or range(n)
        best = max(spreads[naive_constraints.mask(c)] for c in itertools.combinations(allowed, k))
        true, slack = spreads[naive_constraints.mask(seeds)], 1e-5 * best
        failures += not (found.lower_bound <= true + slack and found.upper_bound >= best - slack)
        tight.append(found.ratio / min(1.0, true / best) if true else 1.0)
        assert found.lower_bound <= found.spread
        assert found.n_seeds == found.k == k
    assert binom.sf(failures - 1, CASES, DELTA) > 1e-3, f"{failures} of {CASES} failed"
    assert np.mean(tight) > 0.7


@compiled
def test_a_certificate_for_the_best_k_and_under_constraints():
    one, three = (imax.certify(karate(), [33], k=k, rng=1) for k in (1, 3))
    assert one.spread == pytest.approx(three.spread, rel=0.05)
    assert one.upper_bound < three.upper_bound
    assert one.ratio > three.ratio
    bounds = {
        "free": imax.certify(karate(), [33, 0], rng=1),
        "few": imax.certify(karate(), [33, 0], rng=1, candidates=[1, 2, 3, 4]),
        "quotas": imax.certify(karate(), [33, 0], rng=1, groups=[0] * 30 + [1] * 4, quotas={0: 0, 1: 2}),
        "budget": imax.certify(karate(), [33, 0], rng=1, costs=karate().out_degree(), budget=17),
        "include": imax.certify(karate(), [33, 0], rng=1, include=[11]),
    }
    assert all(found.upper_bound <= bounds["free"].upper_bound for found in bounds.values())
    beyond = imax.certify(karate(), [0], start=[33], rng=1)
    assert beyond.start_spread == pytest.approx(10.6, abs=0.5)
    assert beyond.spread == pytest.approx(7.2, abs=0.5)
    assert "Certificate: 1 seed" in repr(beyond)


@compiled
def test_intervals_allow_for_all_looks():
    """If the caller or the validation sets decide, round i has the interval of look i; `ris` has two looks.

    Otherwise the interval is between these two, by a forecast.
    """
    by_look = [imax.minimize_seeds(karate(), 15, rng=1), *itertools.islice(imax.anytime(karate(), 3, rng=1), 4)]
    by_forecast = [
        imax.certify(karate(), [0, 33], rng=1, epsilon=0.1),
        imax.maximize(karate(), 3, algorithm="opim-c", rng=1),
    ]
    for found in (*by_look, *by_forecast):
        n_seeds = found.n_seeds if isinstance(found, imax.Certificate) else len(found)
        n_sets = found.n_rr_sets // 2
        covered = round(found.spread * n_sets / 34)
        assert found.rounds > 0
        known = n_sets // 34 * n_seeds  # the seeds are the roots of so many sets
        usual = interval_at_level(covered, n_sets, 34.0, level_of_look(found.rounds), known)
        if any(found is one for one in by_look):
            assert found.interval == pytest.approx(usual)
        else:
            fixed = wilson(covered, n_sets, 34.0, known=known)
            assert usual[0] < found.interval[0] < fixed[0] < fixed[1] < found.interval[1] < usual[1]
    fixed = imax.maximize(karate(), 3, rng=1, algorithm="ris", n_rr_sets=5000)
    assert fixed.n_rr_sets == 2 * 5032  # whole turns of the roots
    level = LEVEL_OF_ROUNDS * 15 / 16  # a first round has the rest
    assert fixed.interval == pytest.approx(
        interval_at_level(round(fixed.spread * 5032 / 34), 5032, 34.0, level, known=148 * 3)
    )


LONELY = {
    "plain": {},
    "weights": {"node_weights": [0.25 + v % 4 for v in range(60)]},
    "candidates": {"candidates": range(20)},
    "include": {"include": [50]},
}


@pytest.mark.parametrize("rules", LONELY.values(), ids=LONELY)
@pytest.mark.parametrize("name", ["opim-c", "hist", "ris", "imm"])
def test_no_bound_is_below_the_weight_of_the_seeds(name, rules):
    """Seeds reach themselves; and the best seeds reach at least as much as the best own weights."""
    graph = InfluenceGraph.from_arrays(range(59), range(1, 60), n_nodes=60, probability="uniform:0.01")
    weight = np.array(rules.get("node_weights", np.ones(60)))
    best = np.sort(weight)[-3:].sum()
    options = {"n_rr_sets": 20} if name == "ris" else {}
    for i in range(5):
        result = imax.maximize(graph, 3, algorithm=name, epsilon=0.9 if name == "imm" else 0.5, delta=0.5, rng=i,
                               **options, **rules)  # fmt: skip
        own = float(weight[result.seeds].sum())
        assert result.spread >= own
        assert result.interval[0] >= own
        assert result.lower_bound >= own
        assert result.upper_bound >= best - 1e-9
        assert result.lower_bound <= result.upper_bound


@compiled
def test_bounds_from_weights_where_curves_and_certificates_are_made():
    graph = InfluenceGraph.from_arrays(range(59), range(1, 60), n_nodes=60, probability="uniform:0.01")
    found = imax.curve(graph, 5, epsilon=0.6, delta=0.5, rng=1)
    for size in range(1, 6):
        low = min(found.lower_bound[size - 1], found.spread[size - 1], found.low[size - 1], found.upper_bound[size - 1])
        assert low >= size
    certificate = imax.certify(graph, [3, 9], epsilon=0.5, delta=0.5, rng=1)
    assert min(certificate.lower_bound, certificate.spread, certificate.upper_bound) >= 2
    # the weight of a seed that nodes reach which are active already is not its gain
    sure = InfluenceGraph.from_arrays([0, 1], [1, 2], n_nodes=3, probability="uniform:1")
    certificate = imax.certify(sure, [2], start=[0], rng=1)
    assert (certificate.lower_bound, certificate.spread) == (0.0, 0.0)


@compiled
def test_certificates_stop_when_told():
    slow = imax.certify(karate(), [0], epsilon=0.0005, time_limit=0.02, rng=1)
    assert slow.stop_reason == "time limit"
    assert slow.lower_bound <= slow.spread <= slow.upper_bound
    full = imax.certify(karate(), [0], epsilon=0.0005, max_memory="200k", rng=1)
    assert full.stop_reason == "memory limit"
    assert imax.certify(karate(), [0], epsilon=0.2, rng=1).stop_reason == "bounds are close"


@pytest.mark.parametrize(
    ("seeds", "options", "error", "message"),
    [
        ([], {}, InvalidArgumentError, "seeds is empty; give at least one node"),
        ("0", {}, InvalidArgumentError, "seeds must be an iterable of labels, got the text '0'"),
        ([99], {}, UnknownNodeError, "seeds: 99 is not a node of the graph"),
        ([0], {"epsilon": 0}, InvalidArgumentError, "epsilon must lie strictly between 0 and 1"),
        ([0], {"k": 0}, InvalidArgumentError, "k must be at least 1, got 0"),
    ],
)
def test_bad_questions_to_certify(seeds, options, error, message):
    with pytest.raises(error) as caught:
        imax.certify(karate(), seeds, **options)
    assert message in str(caught.value)


# -- anytime -------------------------------------------------------------------------------------------------------


def test_results_get_better_and_are_all_certified():
    rounds = 8 if JIT else 4
    results = list(itertools.islice(imax.anytime(karate(), 3, rng=1), rounds))
    assert [r.rounds for r in results] == list(range(1, rounds + 1))
    sizes = [(results[0].n_rr_sets // 2) << i for i in range(rounds)]
    whole = [size if size <= 16 * 34 else -(-size // 34) * 34 for size in sizes]  # whole turns of the roots
    assert [r.n_rr_sets for r in results] == [2 * size for size in whole]
    assert results[-1].ratio > results[0].ratio
    assert all(0 < r.lower_bound <= r.spread <= r.upper_bound for r in results)
    assert all(r.algorithm == "opim" and len(r) == 3 for r in results)
    again = list(itertools.islice(imax.anytime(karate(), 3, rng=1, threads=1), rounds))
    assert [without_times(r) for r in again] == [without_times(r) for r in results]


def test_all_certificates_of_a_run_hold_together():
    failures = 0
    for i in range(CASES // 2):
        graph, arcs, question = random_problem(i)
        n, k = graph.n_nodes, question.pop("k")
        spreads = naive_constraints.all_spreads(n, arcs, question["model"], question["node_weights"])
        allowed = question["candidates"] or range(n)
        best = max(spreads[naive_constraints.mask(c)] for c in itertools.combinations(allowed, k))
        slack = 1e-5 * best
        failures += not all(
            r.lower_bound <= spreads[naive_constraints.mask(r.seeds)] + slack and r.upper_bound >= best - slack
            for r in itertools.islice(imax.anytime(graph, k, delta=DELTA, rng=i, **question), 6 if JIT else 3)
        )
    assert binom.sf(failures - 1, CASES // 2, DELTA) > 1e-3


def test_anytime_ends_at_limits_and_takes_constraints():
    assert len(list(imax.anytime(karate(), 2, max_memory="100k", rng=1))) >= 1
    last = list(imax.anytime(karate(), 2, time_limit=0.05, rng=1))[-1]
    assert last.ratio > 0
    bought = next(imax.anytime(karate(), None, costs=[1.0] * 34, budget=2, rng=1))
    assert (bought.total_cost, bought.budget) == (2.0, 2)
    with pytest.raises(InvalidArgumentError, match="k must be at least 1, got 0"):
        imax.anytime(karate(), 0)


# -- curve ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["ic", "lt"])
def test_a_curve_holds_for_every_k(model):
    failures, cases = 0, CASES // 3
    for i in range(cases):
        graph, arcs, question = random_problem(2 * i + (model == "lt"))
        n, weights = graph.n_nodes, question["node_weights"]
        k_max = min(4, n)
        found = imax.curve(graph, k_max, model=model, node_weights=weights, epsilon=0.1, delta=DELTA, rng=i)
        spreads = naive_constraints.all_spreads(n, arcs, model, weights)
        held = True
        for k in range(1, k_max + 1):
            best = max(spreads[naive_constraints.mask(c)] for c in itertools.combinations(range(n), k))
            true, slack = spreads[naive_constraints.mask(found.seeds[:k])], 1e-5 * best
            held &= found.lower_bound[k - 1] <= true + slack and found.upper_bound[k - 1] >= best - slack
        failures += not held
    assert binom.sf(failures - 1, cases, DELTA) > 1e-3


@compiled
def test_a_curve_is_what_maximize_gives():
    found = imax.curve(karate(), 6, rng=1)
    assert len(found) == 6
    assert found.spread == sorted(found.spread)
    assert found.gains == sorted(found.gains, reverse=True)
    assert all(low <= s <= high for low, s, high in zip(found.low, found.spread, found.high, strict=True))
    assert all(0 < r <= 1 for r in found.ratio)
    frame = found.to_frame()
    assert frame["k"].tolist() == [1, 2, 3, 4, 5, 6]
    assert frame["seed"].tolist() == found.seeds
    whole = imax.maximize(karate(), 6, rng=1)
    assert whole.spread == pytest.approx(found.spread[-1], rel=0.05)
    limited = imax.curve(karate(), 2, candidates=[5, 6, 7], exclude=[7], start=[33], rng=1)
    assert sorted(limited.seeds) == [5, 6]
    assert "CurveResult: 1 to 6 seeds by opim-c" in repr(found)
    with pytest.raises(InvalidArgumentError, match="k_max is missing"):
        imax.curve(karate(), None)


# -- the smallest seed set for a spread ----------------------------------------------------------------------------


@compiled
def test_targets_are_reached_and_the_fewest_seeds_are_right():
    failures, reached = 0, 0
    for i in range(CASES):
        graph, arcs, question = random_problem(4 * i + 2)
        n, model, weights = graph.n_nodes, question["model"], question["node_weights"]
        spreads = naive_constraints.all_spreads(n, arcs, model, weights)
        target = float(spreads[-1]) * (0.3 + 0.5 * np.random.default_rng(i).random())
        found = imax.minimize_seeds(graph, target, model=model, node_weights=weights, epsilon=0.1, delta=DELTA, rng=i)
        true = spreads[naive_constraints.mask(found.seeds)]
        slack = 1e-5 * target
        least = min(bin(m).count("1") for m in range(1 << n) if spreads[m] >= target - slack)
        certified = found.stop_reason == "target spread certified"
        reached += certified
        failures += (certified and true < target - slack) or found.min_seeds > least
        assert found.lower_bound <= found.spread + 1e-9
        assert (found.upper_bound, found.ratio) == (None, None)
        assert found.target_spread == target
    assert binom.sf(failures - 1, CASES, DELTA) > 1e-3
    assert reached > 0.8 * CASES


@compiled
def test_targets_on_a_star():
    star = InfluenceGraph.from_arrays([0] * 9 + [10], [*range(1, 10), 11], probability="uniform:1")
    found = imax.minimize_seeds(star, 9.5, rng=1)
    assert found.seeds == [0]
    assert found.min_seeds == 1
    both = imax.minimize_seeds(star, 11, rng=1)
    assert (both.seeds, both.min_seeds) == ([0, 10], 2)
    forced = imax.minimize_seeds(star, 9.5, include=[3], rng=1)
    assert forced.seeds == [3, 0]
    with pytest.raises(InvalidArgumentError, match="cannot be reached: all 2 nodes that may be seeds reach at most"):
        imax.minimize_seeds(star, 10, candidates=[1, 2], rng=1)
    weight = imax.minimize_seeds(star, 4, node_weights=[0.0] * 11 + [5.0], rng=1)
    assert weight.seeds == [10]


@compiled
@pytest.mark.parametrize(("target", "n_seeds", "runs"), [(6.0, 3, 40), (11.0, 5, 20)])
def test_targets_on_equal_stars_need_few_seeds(target, n_seeds, runs):
    """Twenty stars of spread 2.5: not as many seeds as the target, which reach it by their own weight."""
    sources = np.repeat(np.arange(20) * 4, 3)
    targets = sources + np.tile([1, 2, 3], 20)
    stars = InfluenceGraph.from_arrays(sources, targets, n_nodes=400, probability="uniform:0.5")
    found = [imax.minimize_seeds(stars, target, rng=i) for i in range(runs)]
    assert [len(result) for result in found] == [n_seeds] * runs
    assert sum(result.min_seeds == n_seeds for result in found) >= runs - 2
    assert all(result.lower_bound >= target for result in found)


@compiled
def test_a_target_finds_a_rare_hub():
    """A star of 61 nodes among 200,000: few RR sets contain the hub, but 20 arbitrary nodes are no answer."""
    rare = InfluenceGraph.from_arrays([7] * 60, range(100, 160), n_nodes=200_000, probability="uniform:1")
    found = imax.minimize_seeds(rare, 20, rng=1)
    assert (found.seeds, found.min_seeds) == ([7], 1)


@compiled
@pytest.mark.data
def test_a_target_below_the_best_single_spread_needs_one_seed(data):
    found = imax.minimize_seeds(imax.datasets.load("nethept"), 5, rng=1)
    assert (len(found), found.min_seeds) == (1, 1)
    assert found.lower_bound >= 5


@compiled
def test_a_target_without_arcs_is_reached_by_own_weight():
    lonely = InfluenceGraph.from_arrays([0], [1], n_nodes=30, probability="uniform:0")
    found = imax.minimize_seeds(lonely, 4, rng=1)
    assert (len(found), found.min_seeds, found.lower_bound) == (4, 4, 4.0)
    assert found.spread >= 4.0


# -- compare -------------------------------------------------------------------------------------------------------


@compiled
def test_algorithms_are_compared_on_equal_terms():
    names = ["opim-c", "degree", "random"]
    found = imax.compare(karate(), 3, names, n_simulations=2000 if JIT else 50, epsilon=0.1, rng=1)
    assert [row.algorithm for row in found.rows] == names
    assert found.stop_reason == "all algorithms done"
    for i, row in enumerate(found.rows):
        assert len(row.seeds) == 3
        assert row.interval[0] <= row.spread <= row.interval[1]
        assert row.lower_bound <= row.upper_bound
        assert row.seconds > 0
        assert row.memory is None or row.memory >= 0
        alone = imax.maximize(karate(), 3, algorithm=row.algorithm, rng=found.rng_key, epsilon=0.1)
        assert row.seeds == alone.seeds
        assert found.overlap[i][i] == 1.0
        for j, other in enumerate(found.rows):
            a, b = set(row.seeds), set(other.seeds)
            assert found.overlap[i][j] == len(a & b) / len(a | b)
    assert len({row.upper_bound for row in found.rows}) <= 3
    frame = found.to_frame()
    assert frame["algorithm"].tolist() == names
    assert "opim-c" in repr(found)
    assert found.to_json()


@compiled
def test_which_algorithms_are_compared():
    few = {"n_simulations": 10, "epsilon": 0.3, "delta": 0.1, "rng": 1, "time_limit": 5}
    assert len(imax.compare(karate(), 1, "degree, k-core,degree", **few).rows) == 2
    weighted = imax.compare(karate(), 1, node_weights=[1.0] * 34, include=iter([4]), exclude=iter([0]), **few)
    names = [row.algorithm for row in weighted.rows]
    assert "opim-c" in names
    assert "degree" not in names
    assert all(row.seeds == [4] for row in weighted.rows)
    lt = imax.compare(karate(), 2, ["imm", "irie"], model="lt", probability="lt_uniform", **few)
    assert lt.rows[0].model == "lt"
    for wrong in ("magic", ["degree", "magic"]):
        with pytest.raises(InvalidArgumentError, match="algorithms must be one of auto"):
            imax.compare(karate(), 1, wrong)
    with pytest.raises(InvalidArgumentError, match="algorithms is empty"):
        imax.compare(karate(), 1, [])
    with pytest.raises(InvalidArgumentError, match="candidates must be an iterable of labels, got the text '01'"):
        imax.compare(karate(), 1, ["degree"], candidates="01")


@compiled
def test_an_interrupt_shows_the_algorithms_done():
    def stop(name, done, total):
        if done == 1:
            raise KeyboardInterrupt

    found = imax.compare(karate(), 1, ["degree", "random"], n_simulations=10, progress=stop, rng=1)
    assert [row.algorithm for row in found.rows] == ["degree"]
    assert found.stop_reason == "interrupted"

    def stop_at_once(name, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imax.compare(karate(), 1, ["degree"], progress=stop_at_once)


# -- memory and drawing --------------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the peak")
def test_the_peak_of_memory_is_seen(monkeypatch):
    from pathlib import Path

    from imax._utils import memory

    with memory.peak_rise() as rise:
        block = np.ones(8 << 20)  # 64 MiB
        del block
    found = rise()
    assert found is None or 40 << 20 < found < 200 << 20
    monkeypatch.setattr(memory, "_CLEAR", Path("/proc/no such folder/clear_refs"))
    with memory.peak_rise() as rise:
        pass
    assert rise() is None
    with pytest.raises(ValueError, match="VmNone"):
        memory._field(memory._STATUS, "VmNone")


@pytest.mark.parametrize("order", list(itertools.permutations([0.1, 0.2, 0.3])))
def test_a_target_that_all_nodes_reach_is_certified_whatever_the_rounding(order):
    # the sum depends on the order of the weights: 0.6 or 0.6000000000000001
    alone = imax.InfluenceGraph.from_arrays([0, 1], [1, 2], n_nodes=3, probability="uniform:0")
    for target in (sum(order), sum(sorted(order)), sum(sorted(order, reverse=True))):
        found = imax.minimize_seeds(alone, target, node_weights=list(order), rng=1, threads=1)
        assert (len(found), found.min_seeds, found.stop_reason) == (3, 3, "target spread certified")
