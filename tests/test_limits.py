"""Several limits on seeds together: number, quotas with minimums, budgets of groups; against enumeration."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config
from scipy.stats import binom

import imax
from imax import InfluenceGraph, maximize
from imax.errors import InvalidArgumentError
from imax.io.node_reader import NodeReader
from imax.ris import coverage
from imax.ris.coverage import greedy_cover
from imax.selection.constraints import make_constraint
from imax.selection.registry import ALGORITHMS

from . import naive_constraints as naive
from .test_coverage import collection_of
from .test_opimc import random_problem
from .test_selectors import quick

JIT = not config.DISABLE_JIT
CASES = 40 if JIT else 4
DELTA = 0.05


def draw_rules(draw, n, forced):
    """Return rules as arguments of the naive functions."""
    rules = {"forced": forced}
    if draw(st.booleans()):
        rules["k"] = draw(st.integers(max(len(forced), 1), n))
    rules["group"] = draw(st.lists(st.sampled_from(["a", "b", None]), min_size=n, max_size=n))
    names = sorted({g for g in rules["group"] if g})
    rules["cost"] = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 4.0]), min_size=n, max_size=n))
    if draw(st.booleans()):
        rules["budget"] = draw(st.sampled_from([0.5, 1.0, 3.0, 6.0]))
    if draw(st.booleans()):
        rules["group_budgets"] = {g: draw(st.sampled_from([0.5, 1.5, 3.0])) for g in names if draw(st.booleans())}
    if draw(st.booleans()):
        rules["quotas"] = {g: draw(st.integers(0, 3)) for g in names if draw(st.booleans())}
    if draw(st.booleans()):
        rules["minimum"] = {g: draw(st.integers(0, 2)) for g in names if draw(st.booleans())}
    return rules


@st.composite
def limited(draw):
    n = draw(st.integers(2, 6))
    nodes = st.integers(0, n - 1)
    sets = draw(st.lists(st.lists(nodes, min_size=1, max_size=4, unique=True), max_size=20))
    start = draw(st.lists(nodes, max_size=1))
    forced = draw(st.lists(nodes.filter(lambda v: v not in start), max_size=2, unique=True))
    candidates = sorted({*draw(st.lists(nodes, min_size=1)), *forced} - set(start))
    return n, sets, candidates, start, draw_rules(draw, n, forced)


def as_arguments(rules):
    """Return rules as arguments of the package."""
    options = {"k": rules.get("k"), "include": rules["forced"]}
    names = [*rules.get("quotas", {}), *rules.get("minimum", {})]
    quotas = {g: (rules.get("minimum", {}).get(g), rules.get("quotas", {}).get(g)) for g in names}
    if quotas:
        options["quotas"] = quotas
    for name in ("budget", "group_budgets"):
        if rules.get(name):
            options[name] = rules[name]
    if quotas or rules.get("group_budgets"):
        options["groups"] = rules["group"]
    if rules.get("budget") or rules.get("group_budgets"):
        options["costs"] = rules["cost"]
    return options


def as_constraint(n, candidates, start, rules):
    graph = InfluenceGraph.from_arrays([], [], n_nodes=n)
    options = as_arguments(rules)
    return make_constraint(
        NodeReader(graph), options.pop("k"), any_size=False, candidates=candidates, start=start, **options
    )


def admitted(candidates, rules):
    given_rules = {name: value for name, value in rules.items() if value or name in ("k", "forced")}
    return list(naive.admitted(candidates, **given_rules))


def choices(n, sets, start, rules, feasible, density=0.0):
    """Return the naive choices, by gain and by gain per relative cost."""
    money, most = rules.get("budget") or math.inf, rules.get("group_budgets") or {}
    has_budget = money < math.inf or most
    cost = rules["cost"] if has_budget else [0.0] * n
    left = money - sum(cost[v] for v in rules["forced"])
    own = {g: most[g] - sum(cost[v] for v in rules["forced"] if rules["group"][v] == g) for g in most}

    def share(v):
        if cost[v] == 0:
            return 0.0
        one, two = left, own.get(rules["group"][v], math.inf)
        return (cost[v] / one if one else math.inf) + (cost[v] / two if two else math.inf)

    def by_ratio(v, gain):
        return (math.inf if share(v) == 0 and gain else float(np.float32(gain / share(v))) if gain else 0.0), math.inf

    options = {"forced": rules["forced"], "start": start}
    found = [naive.greedy_within(sets, range(n), feasible, worth=lambda v, gain: (gain, math.inf), **options)]
    if has_budget:
        found.append(naive.greedy_within(sets, range(n), feasible, worth=by_ratio, **options))
    return found


@given(limited())
def test_choice_and_bound_under_limits(problem):
    n, sets, candidates, start, rules = problem
    feasible = admitted(candidates, rules)
    try:
        constraint = as_constraint(n, candidates, start, rules)
    except InvalidArgumentError as error:
        # an error is right if nothing is admitted, no node can be added, or k is missing or too large
        if error.argument != "k":
            assert not [s for s in feasible if s]
        return
    assert feasible
    cover = greedy_cover(collection_of(n, sets), constraint)
    assert sorted(cover.seeds.tolist()) in [sorted(seeds) for seeds in feasible]
    best = max(naive.covered(sets, seeds, start) for seeds in feasible)
    assert cover.covered == naive.covered(sets, cover.seeds.tolist(), start)
    assert cover.covered <= best <= cover.upper_bound
    assert cover.covered >= constraint.guarantee * best - 1e-9
    assert set(np.flatnonzero(constraint.allowed)) == {v for s in feasible for v in s} - set(rules["forced"])
    assert max(len(s) for s in feasible) <= constraint.k
    assert np.exp(constraint.log_choices()) * (1 + 1e-9) >= len([s for s in feasible if len(s) == constraint.k])
    weights = np.arange(1.0, n + 1)
    assert constraint.min_spread(weights) <= max(sum(weights[list(set(s))]) for s in feasible) + 1e-9
    if constraint.limits is None:
        return
    found = choices(n, sets, start, rules, feasible)
    seeds, gains = max(found, key=lambda choice: sum(choice[1]))
    assert (cover.seeds.tolist(), cover.gains.tolist()) == (seeds, gains)


@given(limited(), st.data())
def test_the_bound_on_gains_and_choice_in_order(problem, data):
    n, _, candidates, start, rules = problem
    try:
        constraint = as_constraint(n, candidates, start, rules)
    except InvalidArgumentError:
        return
    feasible = [frozenset(s) for s in admitted(candidates, rules)]
    limits = constraint.seed_limits
    gain = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=np.int32)
    best = max(sum(int(gain[v]) for v in s - set(rules["forced"])) for s in feasible)
    assert limits.max_gain(gain) >= best - 1e-9
    order = data.draw(st.permutations(np.flatnonzero(constraint.allowed).tolist()))
    chosen = list(rules["forced"])
    for v in order:
        if any({*chosen, v} <= s for s in feasible):
            chosen.append(v)
    n_forced = len(rules["forced"])
    assert limits.in_order(np.array(order, dtype=np.int64)).tolist() == chosen[n_forced:]
    choice = limits.choice()
    assert [v for v in order if choice.take(v)] == chosen[n_forced:]


def test_thresholds_reach_the_guarantee_where_both_orders_fail(monkeypatch):
    """Both orders cover 10 of 60 sets: a cheap node of a good ratio and a large one block the rest."""
    sets = [[0]] * 3 + [[i] for i in range(1, 9)] * 7
    graph = InfluenceGraph.from_arrays([], [], n_nodes=9)
    cost = [0.01, *[1.0] * 8]
    options = {"any_size": False, "costs": cost, "budget": 8.0}
    constraint = make_constraint(NodeReader(graph), 3, **options)
    assert constraint.guarantee == pytest.approx(1 / (1.01 * 4))
    plain = greedy_cover(collection_of(9, sets), constraint)
    made = []
    original = coverage.GreedyState.choose_within

    def poor(self, stages, bounds, *, by_ratio=False, density=0.0):
        seeds, gains = original(self, stages, bounds, by_ratio=by_ratio, density=density)
        if density == 0.0:
            return seeds[:0], gains[:0]
        made.append(density)
        return seeds, gains

    monkeypatch.setattr(coverage.GreedyState, "choose_within", poor)
    again = greedy_cover(collection_of(9, sets), constraint)
    assert made
    assert again.covered == plain.covered == 21
    assert np.diff(np.log(made)) == pytest.approx(np.log(1.01))
    # the thresholds lie around that of the guarantee, for any optimum up to the bound
    assert made[0] <= 0.5 * 1 < 0.5 * 21 / 1.01 <= made[-1]


def test_a_density_comes_first_and_the_others_later():
    sets = [[0]] * 5 + [[1]] * 4 + [[2]] * 3
    graph = InfluenceGraph.from_arrays([], [], n_nodes=4)
    constraint = make_constraint(NodeReader(graph), 2, any_size=False, costs=[9.0, 1.0, 1.0, 0.0], budget=10.0)
    greedy = coverage.GreedyState(collection_of(4, sets), constraint)
    bounds = np.full(1, 100)
    seeds, gains = greedy.choose_within([2], bounds, density=10.0)
    assert (seeds.tolist(), gains.tolist()) == ([1, 2], [4, 3])
    seeds, _ = greedy.choose_within([2], bounds, density=1000.0)
    assert seeds.tolist() == [0, 1]
    assert bounds[0] == 100


@pytest.mark.parametrize("seed", range(20 if JIT else 3))
def test_the_bound_is_not_above_that_of_each_limit(seed):
    generator = np.random.default_rng(seed)
    n = 30
    graph = InfluenceGraph.from_arrays([], [], n_nodes=n)
    group = generator.choice(["a", "b", "c"], n).tolist()
    cost = generator.integers(1, 9, n) / 2
    rules = {"costs": cost, "groups": group, "any_size": False}
    gain = generator.integers(0, 50, n).astype(np.int32)
    budgets = {"a": 4.0, "b": 3.0}
    both = make_constraint(
        NodeReader(graph), 5, budget=9.0, quotas={"a": (1, 2), "c": 3}, group_budgets=budgets, **rules
    )
    single = [
        make_constraint(NodeReader(graph), 5, any_size=False, groups=group, quotas={"a": 2, "c": 3}),
        make_constraint(NodeReader(graph), None, any_size=False, costs=cost, budget=9.0),
        make_constraint(NodeReader(graph), 5, **rules, group_budgets=budgets),
    ]
    bound = both.max_gain(gain)
    assert all(bound <= one.max_gain(gain) + 1e-6 for one in single)
    allowed = np.flatnonzero(both.allowed)[:16]
    fit = {"group": group, "cost": cost, "quotas": {"a": 2, "c": 3}, "minimum": {"a": 1}, "group_budgets": budgets}
    feasible = naive.admitted(allowed.tolist() if JIT else allowed[:8].tolist(), k=5, budget=9.0, **fit)
    assert max((int(gain[s].sum()) for s in feasible), default=0) <= bound + 1e-9


# -- from outside ---------------------------------------------------------------------------------------------------


def tiny(labels=None):
    """Return a path of 4 nodes, a star of 3, and two single nodes."""
    return InfluenceGraph.from_arrays([0, 1, 2, 4, 4], [1, 2, 3, 5, 6], n_nodes=9, labels=labels)


TEAMS = ["red", "red", "blue", "blue", "red", "blue", None, "green", "green"]
PRICES = [4.0, 1.0, 2.0, 1.0, 3.0, 1.0, 1.0, 2.0, 5.0]


@pytest.mark.parametrize("name", ["opim-c", "ris"])
def test_certificates_hold_under_limits_together(name):
    """Failures are at most binomial with rate delta; with bounds as bad as allowed this fails once in a thousand."""
    failures = tried = 0
    for i in range(CASES):
        graph, arcs, question = random_problem(4 * i + 1)  # without candidates
        n, model, weights = graph.n_nodes, question["model"], question["node_weights"]
        generator = np.random.default_rng(i)
        group = generator.choice(["a", "b", "c"], n).tolist()
        names = sorted(set(group))
        rules = {"forced": [], "group": group, "cost": (generator.integers(1, 6, n) / 2.0).tolist()}
        rules["k"] = min(question["k"] + 1, n)
        rules["budget"] = min(rules["cost"]) + generator.random() * 4
        if i % 2:
            rules["minimum"] = {names[0]: 1}
        if i % 3:
            rules["quotas"] = {g: int(generator.integers(1, 3)) for g in names}
        if i % 4:
            rules["group_budgets"] = {names[-1]: float(1.0 + generator.random() * 2)}
        options = as_arguments(rules) | quick(name) | {"epsilon": 0.15, "delta": DELTA, "rng": i}
        most = sum(min(group.count(g), rules.get("quotas", {}).get(g, n)) for g in names)
        options["k"] = rules["k"] = min(rules["k"], most)
        feasible = admitted(range(n), rules)
        if not any(feasible):
            with pytest.raises(InvalidArgumentError):
                maximize(graph, model=model, node_weights=weights, **options)
            continue
        result = maximize(graph, model=model, node_weights=weights, **options)
        tried += 1
        spreads = naive.all_spreads(n, arcs, model, weights)
        assert sorted(result.seeds) in [sorted(seeds) for seeds in feasible]
        best, true = (max(spreads[naive.mask(s)] for s in sets) for sets in (feasible, [result.seeds]))
        slack = 1e-5 * max(best, 1.0)
        failures += not (result.lower_bound <= true + slack and result.upper_bound >= best - slack)
    assert tried > CASES / 2
    assert binom.sf(failures - 1, tried, DELTA) > 1e-3, f"{failures} of {tried} failed"


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_keeps_all_limits_or_refuses_them(name):
    graph = tiny([f"n{v}" for v in range(9)])
    if ALGORITHMS[name].symmetric:
        graph = InfluenceGraph.from_edges([(u, v) for u, v, _ in graph.arcs()], nodes=graph.nodes(), directed=False)
        graph = graph.with_probability("uniform:0.5")
    rules = {
        "groups": {f"n{v}": team for v, team in enumerate(TEAMS)}, "quotas": {"green": (1, 1), "red": (None, 1)},
        "costs": dict(zip(graph.nodes(), PRICES, strict=True)), "budget": 6.0, "group_budgets": {"blue": 2.0},
    }  # fmt: skip
    only_quotas = {key: rules[key] for key in ("groups", "quotas")}
    takes = ALGORITHMS[name].accepts
    for given_rules in (rules, only_quotas):
        refused = [key for key in ("quotas", "budget", "group_budgets") if key in given_rules and key not in takes]
        if refused:
            with pytest.raises(InvalidArgumentError, match=f"{refused[0]} is not supported by algorithm"):
                maximize(graph, 3, **quick(name), **given_rules)
            continue
        result = maximize(graph, 3, **quick(name), **given_rules)
        ids = [int(label[1:]) for label in result.seeds]
        teams = [TEAMS[v] for v in ids]
        assert len(ids) <= 3
        assert teams.count("green") == 1
        assert teams.count("red") <= 1
        if "budget" in given_rules:
            assert result.total_cost == sum(PRICES[v] for v in ids) <= 6.0
            assert sum(PRICES[v] for v in ids if TEAMS[v] == "blue") <= 2.0
        else:
            assert len(ids) == 3


@pytest.mark.parametrize("name", [n for n, a in ALGORITHMS.items() if "budget" in a.accepts and not a.guarantee])
def test_a_heuristic_goes_along_its_ranking(name):
    graph = imax.datasets.load("karate")
    options = quick(name)
    ranking = maximize(graph, 34, **options).seeds
    group = ["even" if v % 2 == 0 else "odd" for v in range(34)]
    found = maximize(graph, 6, groups=group, quotas={"even": 2}, **options).seeds
    assert sum(v % 2 == 0 for v in found) <= 2
    assert len(found) == 6
    if name in ("degree", "pagerank", "k-core", "random"):
        fitting = [v for v in ranking if v % 2 or v in [u for u in ranking if u % 2 == 0][:2]]
        assert found == fitting[:6]


def test_k_that_the_budget_does_not_reach_changes_nothing():
    options = {"costs": PRICES, "budget": 5.0, "rng": 1}
    with_k, without = (maximize(tiny(), k, **options) for k in (9, None))
    assert with_k.seeds == without.seeds
    assert with_k.target_ratio == without.target_ratio
    capped = maximize(tiny(), 2, **options)
    assert len(capped) <= 2
    assert capped.total_cost <= 5
    assert capped.target_ratio == pytest.approx(1 / (1.01 * 4) - 0.01)


def test_the_target_ratio_says_which_guarantee_holds():
    few = {"groups": TEAMS, "quotas": {"green": (1, None)}, "rng": 1, "epsilon": 0.1}
    assert maximize(tiny(), 3, **few).target_ratio == pytest.approx(0.4)
    none = maximize(tiny(), 3, costs=PRICES, budget=8.0, **few)
    assert none.target_ratio is None
    assert none.stop_reason == "choice settled"
    assert none.ratio > 0
    two = maximize(tiny(), 3, costs=PRICES, budget=8.0, groups=TEAMS, group_budgets=3.0, rng=1)
    assert two.target_ratio == pytest.approx(1 / (1.01 * 10) - 0.01)


def test_anytime_and_certify_take_all_limits():
    rules = {
        "groups": TEAMS, "quotas": {"green": (1, 2)}, "costs": PRICES, "budget": 8.0, "group_budgets": {"red": 3.0},
    }  # fmt: skip
    first = next(iter(imax.anytime(tiny(), 3, rng=1, **rules)))
    assert any(TEAMS[v] == "green" for v in first)
    found = imax.certify(tiny(), first.seeds, k=3, rng=2, epsilon=0.2, **rules)
    assert found.lower_bound <= found.upper_bound <= 9
    loose = imax.certify(tiny(), first.seeds, k=3, rng=2, epsilon=0.2)
    assert found.upper_bound <= loose.upper_bound


BAD = [
    ({"quotas": {"red": (3, 2)}}, "quotas", "quotas['red'] is (3, 2), whose smallest number is above the largest"),
    ({"quotas": {"red": (1, 2, 3)}}, "quotas", "quotas['red'] must be a number, or a pair"),
    ({"quotas": {"red": (-1, 2)}}, "quotas['red']", "quotas['red'] must be at least 0, got -1"),
    ({"quotas": {"pink": 1}}, "quotas", "quotas contains the group 'pink', which no node belongs to"),
    ({"group_budgets": {"pink": 1.0}}, "group_budgets", "group_budgets contains the group 'pink'"),
    ({"group_budgets": {"red": 0.0}}, "group_budgets['red']", "group_budgets['red'] must be a finite number above 0"),
    ({"quotas": {"red": (4, None)}}, "quotas", "quotas require at least 4 seeds of the group 'red', but only 3"),
    ({"quotas": {"red": (2, None), "blue": (3, None)}}, "quotas", "quotas require at least 5 seeds, but k is 4"),
    ({"quotas": {"red": (2, None)}, "budget": 3.0}, "budget", "budget is 3, but include and the seeds that quotas "
     "require cost at least 4; raise it"),
    ({"quotas": {"red": (2, None)}, "group_budgets": {"red": 3.5}}, "group_budgets", "group_budgets['red'] is 3.5, but "
     "the 2 seeds that quotas require of this group cost at least 4; raise it"),
    ({"include": [0, 1], "quotas": {"red": (0, 1)}, "budget": 9.0}, "include", "include has 2 nodes of the group"),
    ({"include": [0], "group_budgets": {"red": 2.0}}, "include", "include costs 4 in the group 'red', whose"),
    ({"include": [0], "group_budgets": {"red": 5.0}, "budget": 3.0}, "budget", "budget 3 does not pay for include"),
    ({"quotas": {"red": (0, 1), "blue": 1, "green": 1}, "budget": 9.0, "k": 5}, "k", "k must be at most 4"),
    ({"group_budgets": {"red": 3.0}, "k": None}, "k", "k is missing: some nodes that may be seeds are in no group"),
    ({"group_budgets": 0.5, "candidates": [0, 4], "k": 2}, "group_budgets", "group_budgets leave no node"),
    ({"budget": 0.5, "k": 2, "quotas": {"red": 1}}, "budget", "budget 0.5 does not pay for any node"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "argument", "message"), BAD, ids=lambda value: str(value)[:50])
def test_limits_that_nothing_satisfies(options, argument, message):
    options = {"k": 4} | options
    if "quotas" in options or "group_budgets" in options:
        options["groups"] = TEAMS
    if "budget" in options or "group_budgets" in options:
        options["costs"] = PRICES
    with pytest.raises(InvalidArgumentError, match=re.escape(message)) as caught:
        maximize(tiny(), **options)
    assert caught.value.argument in (argument, argument.split("[")[0])


def test_one_argument_needs_another():
    for options, message in (
        ({"group_budgets": 1.0, "groups": TEAMS}, "group_budgets must be given together with costs"),
        ({"group_budgets": 1.0, "costs": PRICES}, "group_budgets must be given together with groups"),
        ({"costs": PRICES}, "costs must be given together with budget or group_budgets"),
        ({"groups": TEAMS}, "groups must be given together with quotas or group_budgets"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            maximize(tiny(), 2, **options)


def test_group_budgets_alone_decide_the_number():
    group = ["a"] * 5 + ["b"] * 4
    found = maximize(tiny(), costs=PRICES, groups=group, group_budgets={"a": 4.0, "b": 3.0}, rng=1)
    spent = [sum(PRICES[v] for v in found if group[v] == g) for g in "ab"]
    assert spent[0] <= 4
    assert spent[1] <= 3
    assert set(itertools.chain(found)) <= set(range(9))
