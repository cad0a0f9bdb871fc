"""What every registered selector keeps to: the contract of `maximize`."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config
from scipy.stats import binom

import imax
from imax import InfluenceGraph, maximize
from imax.errors import InvalidArgumentError, InvalidGraphError
from imax.selection.registry import ALGORITHMS

from . import naive_constraints
from .test_opimc import random_problem

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws samples by the ten thousand, which takes minutes without the compiler"
)
GENERAL = {name: entry for name, entry in ALGORITHMS.items() if not entry.symmetric}  # for any graph and model
every = pytest.mark.parametrize("name", GENERAL)
both_models = pytest.mark.parametrize("model", ["ic", "lt"])
CERTIFIED = ("auto", "opim-c", "imm", "hist", "ris")


def quick(name):
    """Return options that make an algorithm cheap enough for a test."""
    options = {"algorithm": name, "epsilon": 0.3, "delta": 0.1, "rng": 1}
    takes = ALGORITHMS[name].accepts
    if "n_rr_sets" in takes:
        options["n_rr_sets"] = 300 if JIT else 100
    if "n_simulations" in takes:
        options["n_simulations"] = 50 if JIT else 5
    return options


def small(labels=None):
    """Return two components, isolated nodes, a self-loop and parallel arcs."""
    src = [0, 0, 0, 1, 2, 3, 3, 5, 5, 6]
    dst = [1, 2, 3, 2, 2, 4, 4, 6, 7, 7]
    return InfluenceGraph.from_arrays(src, dst, n_nodes=10, labels=labels)


# -- the contract --------------------------------------------------------------------------------------------------


def assert_contract(result, k, entry, forced=()):
    assert result.algorithm == entry.name or (entry.name == "auto" and result.auto)
    assert result.k == k
    assert len(result) == len(set(result)) == k
    assert list(result)[: len(forced)] == list(forced)
    values = result.scores if result.gains is None else result.gains
    assert len(values) == k
    assert all(value >= 0 for value in values)
    if entry.decreasing_gains:
        free = values[len(forced) :]
        assert all(a >= b - 1e-9 for a, b in itertools.pairwise(free))
    if result.ratio is not None:
        assert 0 <= result.lower_bound <= result.spread <= result.interval[1] + 1e-9
        assert result.lower_bound <= result.upper_bound
        assert 0 <= result.ratio <= 1
    assert result.stop_reason
    assert result.seconds["total"] >= 0
    assert isinstance(result.to_json(), str)
    assert repr(result)


@every
@both_models
@pytest.mark.parametrize("k", [1, 3, 10])
def test_k_distinct_seeds_on_a_graph_with_isolated_nodes(name, model, k):
    assert_contract(maximize(small(), k, model=model, **quick(name)), k, ALGORITHMS[name])


@every
@pytest.mark.parametrize("p", [0, 1])
def test_no_chance_and_certainty(name, p):
    graph = small().with_probability(f"uniform:{p}")
    result = maximize(graph, 3, certify=True, **quick(name))
    assert_contract(result, 3, ALGORITHMS[name])
    assert result.spread <= 10


@every
def test_one_node(name):
    alone = InfluenceGraph.from_arrays([], [], n_nodes=1)
    assert maximize(alone, 1, **quick(name)).seeds == [0]


@every
def test_candidates_excluded_and_forced_nodes_are_respected(name):
    result = maximize(small(), 4, candidates=[1, 2, 4, 5, 9], exclude=[5], include=[7, 0], **quick(name))
    assert_contract(result, 4, ALGORITHMS[name], forced=[7, 0])
    assert set(result) - {7, 0} <= {1, 2, 4, 9}
    only = maximize(small(), 2, include=[8, 9], **quick(name))
    assert only.seeds == [8, 9]
    everything = maximize(small(), 8, exclude=[0, 5], **quick(name))
    assert sorted(everything) == [1, 2, 3, 4, 6, 7, 8, 9]


@every
def test_the_same_rng_gives_the_same_answer(name):
    graph = imax.datasets.load("karate")
    first, again = (
        {key: v for key, v in maximize(graph, 3, threads=t, **quick(name)).to_dict().items() if key != "seconds"}
        for t in (1, 2)
    )
    assert first == again


@every
def test_labels_of_any_kind(name):
    labels = [("x", 1), "y", 3, None, 2.5, "z", (), frozenset({1}), -4, "a b"]
    result = maximize(small(labels), 3, **quick(name))
    plain = maximize(small(), 3, **quick(name))
    assert result.seeds == [labels[v] for v in plain.seeds]


@compiled
@every
def test_any_algorithm_gets_a_certificate(name):
    graph = imax.datasets.load("karate")
    result = maximize(graph, 3, certify=True, **quick(name))
    assert 0 < result.lower_bound <= result.spread <= result.upper_bound
    assert result.ratio == pytest.approx(result.lower_bound / result.upper_bound)
    if name not in CERTIFIED:
        bare = maximize(graph, 3, **quick(name))
        assert bare.seeds == result.seeds
        assert (bare.spread, bare.ratio) == (None, None)
        assert "no certificate" in repr(bare)
        assert result.seconds["certify"] > 0


@every
def test_what_an_algorithm_does_not_take_is_refused(name):
    graph = small()
    given_options = {
        "node_weights": [1.0] * 10, "start": [1], "quotas": 1, "budget": 5.0, "n_rr_sets": 50, "n_simulations": 50,
        "oracle": "rr",
    }  # fmt: skip
    for option, value in given_options.items():
        more = {"quotas": {"groups": list("aabbccddee")}, "budget": {"costs": [1.0] * 10}}.get(option, {})
        k = None if option == "budget" else 2
        options = quick(name) | {option: value} | more
        if option in ALGORITHMS[name].accepts:
            assert len(maximize(graph, k, **options)) >= 1
        else:
            message = f"{option} is not supported by algorithm '{name}'"
            with pytest.raises(InvalidArgumentError, match=re.escape(message)):
                maximize(graph, k, **options)


@every
def test_weights_too_large_for_lt_are_refused(name):
    graph = InfluenceGraph.from_arrays([0, 1], [2, 2], [0.8, 0.9])
    with pytest.raises(InvalidGraphError, match="the LT weights into node 2 sum to"):
        maximize(graph, 1, model="lt", **quick(name))


@compiled
@pytest.mark.parametrize("name", [n for n, a in GENERAL.items() if "start" in a.accepts])
def test_start_nodes_are_no_seeds_and_what_they_reach_does_not_count(name):
    # node 0 reaches 1 to 5 for certain; node 6 reaches 7 and 8; node 9 nothing
    graph = InfluenceGraph.from_arrays([0] * 5 + [6, 6], [1, 2, 3, 4, 5, 7, 8], n_nodes=10, probability="uniform:1")
    result = maximize(graph, 1, start=[0], certify=True, **quick(name))
    assert result.seeds == [6] or name in ("random", "k-core")
    if result.seeds == [6]:
        assert result.spread == pytest.approx(3, abs=1.5)
        assert result.upper_bound <= 10
    assert result.n_start == 1
    assert result.start_spread == pytest.approx(6, abs=2)


@every
def test_progress_is_reported(name):
    seen = []
    maximize(imax.datasets.load("karate"), 5, progress=seen.append, **quick(name))
    assert all(0 <= p.round <= p.rounds for p in seen)
    if name not in ("degree", "pagerank", "k-core", "random", "ris"):
        assert seen


# -- guarantees, against enumeration -------------------------------------------------------------------------------

DELTA, CASES = 0.05, 60 if JIT else 6


@pytest.mark.parametrize("name", CERTIFIED)
def test_certificates_hold_and_seeds_keep_the_promise(name):
    """Failures are at most binomial with rate delta; with bounds as bad as allowed this fails once in a thousand."""
    failures = 0
    for i in range(CASES):
        graph, arcs, question = random_problem(i)
        options = quick(name) | {"epsilon": 0.15, "delta": DELTA, "rng": i}
        result = maximize(graph, **options, **question)
        spreads = naive_constraints.all_spreads(graph.n_nodes, arcs, question["model"], question["node_weights"])
        allowed = question["candidates"] or range(graph.n_nodes)
        best = max(spreads[naive_constraints.mask(c)] for c in itertools.combinations(allowed, question["k"]))
        true, slack = spreads[naive_constraints.mask(result.seeds)], 1e-5 * best
        kept = name == "ris" or true >= (1 - 1 / np.e - 0.15) * best - slack
        failures += not (result.lower_bound <= true + slack and result.upper_bound >= best - slack and kept)
    assert binom.sf(failures - 1, CASES, DELTA) > 1e-3, f"{failures} of {CASES} failed"


@pytest.mark.parametrize("name", ["auto", "opim-c", "hist", "ris"])
@pytest.mark.parametrize("kind", ["quotas", "budget", "start", "include"])
def test_constraints_are_kept_and_their_certificates_hold(name, kind):
    """As above, under each constraint: bounds are of the best seeds that it admits."""
    failures = 0
    for i in range(CASES):
        graph, arcs, question = random_problem(4 * i + 1)  # without candidates
        n, model, weights = graph.n_nodes, question["model"], question["node_weights"]
        generator = np.random.default_rng(i)
        options = quick(name) | {"epsilon": 0.15, "delta": DELTA, "rng": i}
        rules, start = {"k": min(question["k"] + 1, n)}, []
        if kind == "quotas":
            group = generator.choice(["a", "b", "c"], n).tolist()
            quotas = {g: int(generator.integers(1, 3)) for g in sorted(set(group) - {"c"})}
            most = sum(min(group.count(g), quotas.get(g, n)) for g in set(group))
            rules["k"] = min(rules["k"], most)
            rules |= {"group": group, "quotas": quotas}
            options |= {"groups": group, "quotas": quotas}
        elif kind == "budget":
            cost = generator.integers(1, 6, n) / 2.0
            rules = {"cost": cost, "budget": float(cost.min() + generator.random() * 3)}
            options |= {"costs": cost, "budget": rules["budget"]}
        elif kind == "start":
            start = [int(generator.integers(n))]
            rules["k"] = min(question["k"], n - 1)
            options["start"] = start
        else:
            rules["forced"] = [int(generator.integers(n))]
            options["include"] = rules["forced"]
        result = maximize(graph, rules.get("k"), model=model, node_weights=weights, **options)
        spreads = naive_constraints.all_spreads(n, arcs, model, weights)
        base = spreads[naive_constraints.mask(start)]

        def worth(seeds, spreads=spreads, base=base, start=start):
            return spreads[naive_constraints.mask([*seeds, *start])] - base

        allowed = set(range(n)) - set(start)
        admitted = list(naive_constraints.admitted(allowed, **rules))
        assert sorted(result.seeds) in [sorted(seeds) for seeds in admitted]
        if kind != "budget":
            assert len(result) == rules["k"]
        else:
            assert result.total_cost == pytest.approx(sum(cost[v] for v in result.seeds))
            assert result.total_cost <= result.budget * (1 + 1e-9)
        best, true = max(map(worth, admitted)), worth(result.seeds)
        slack = 1e-5 * max(best, 1.0)
        failures += not (result.lower_bound <= true + slack and result.upper_bound >= best - slack)
        if name == "opim-c" and result.stop_reason == "target ratio reached":
            assert result.ratio >= result.target_ratio
    assert binom.sf(failures - 1, CASES, DELTA) > 1e-3, f"{failures} of {CASES} failed"


# -- HIST ----------------------------------------------------------------------------------------------------------


@compiled
def test_sentinels_save_most_of_the_entries():
    # a hub that nearly all nodes hear of: sets are large, and end at it
    graph = imax.datasets.load("rmat:10", rng=1).with_probability("uniform:0.3")
    options = {"epsilon": 0.1, "rng": 1} if JIT else {"epsilon": 0.4, "delta": 0.3, "rng": 1}
    plain, spared = (maximize(graph, 5, algorithm=name, **options) for name in ("opim-c", "hist"))
    assert spared.n_rr_entries / spared.n_rr_sets < plain.n_rr_entries / plain.n_rr_sets / 2
    assert spared.spread == pytest.approx(plain.spread, rel=0.05)
    assert sum(spared.gains) == pytest.approx(spared.spread, rel=0.05)


# -- bad questions -------------------------------------------------------------------------------------------------

TEN = [1.0] * 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": None}, "k is missing: give the number of seeds"),
        ({"k": 2, "costs": TEN}, "costs must be given together with budget"),
        ({"k": None, "budget": 3}, "budget must be given together with costs"),
        ({"k": None, "costs": TEN, "budget": -1}, "budget must be a finite number above 0, got -1"),
        ({"k": None, "costs": TEN, "budget": 0.5}, "budget 0.5 does not pay for any node that may be a seed; raise it"),
        ({"k": None, "costs": [-1.0, *TEN[1:]], "budget": 3}, "costs of node 0 is -1.0; costs must be finite and not"),
        ({"k": None, "costs": [np.nan, *TEN[1:]], "budget": 3}, "costs lacks 1 of 10 nodes (0); give"),
        ({"k": None, "costs": [1.0], "budget": 3}, "costs must have one value per node, shape (10,), got shape (1,)"),
        ({"k": None, "costs": {0: 1.0}, "budget": 3}, "costs lacks 9 of 10 nodes"),
        ({"k": None, "costs": ["dear"] * 10, "budget": 3}, "costs of node 0 must be a number"),
        ({"k": None, "costs": TEN, "budget": 1.5, "include": [0, 1]}, "budget 1.5 does not pay for include, which"),
        ({"k": 2, "groups": ["a"] * 10}, "groups must be given together with quotas"),
        ({"k": 2, "quotas": 1}, "quotas must be given together with groups"),
        ({"k": 2, "groups": ["a"] * 10, "quotas": 1}, "k must be at most 1, the number of seeds that the quotas"),
        ({"k": None, "groups": ["a"] * 10, "quotas": 0}, "quotas leave no node that may be a seed"),
        ({"k": 2, "groups": ["a"] * 10, "quotas": {"b": 1}}, "quotas contains the group 'b', which no node belongs to"),
        ({"k": 2, "groups": ["a"] * 10, "quotas": {"a": -1}}, "quotas['a'] must be at least 0, got -1"),
        ({"k": 2, "groups": ["a"] * 10, "quotas": 1.5}, "quotas must be a whole number, got 1.5"),
        ({"k": 2, "groups": ["a"], "quotas": 1}, "groups must have one group per node (10)"),
        ({"k": 2, "groups": [[]] * 10, "quotas": 1}, "groups must be hashable"),
        ({"k": None, "groups": [None] + ["a"] * 9, "quotas": 1}, "k is missing: some nodes that may be seeds"),
        ({"k": 2, "groups": ["a"] * 10, "quotas": 1, "include": [0, 1]}, "include has 2 nodes of the group 'a', whose"),
        ({"k": 2, "include": [0, 1, 2]}, "k must be at least the number of nodes in include, 3; got 2"),
        ({"k": 1, "include": [0], "exclude": [0]}, "include and exclude both contain 0; remove it from one of them"),
        ({"k": 1, "include": [0], "start": [0]}, "include and start both contain 0"),
        ({"k": 1, "start": "01"}, "start must be an iterable of labels, got the text '01'"),
        ({"k": None, "costs": "price", "budget": 1}, "costs='price' is neither a file nor an attribute of the nodes"),
        ({"k": 2, "cost": TEN}, "cost is not an argument of maximize; did you mean 'costs'?"),
        ({"k": 2, "algoritm": "degree"}, "algoritm is not an argument of maximize; did you mean 'algorithm'?"),
        ({"k": 2, "seed": 1}, "seed is not an argument of maximize; did you mean 'rng'?"),
        ({"k": 2, "algorithm": "OPIMC"}, "did you mean 'opim-c'?"),
        ({"k": 2, "algorithm": "celf", "oracle": "magic"}, "oracle must be one of simulation, rr, exact; got 'magic'"),
        ({"k": 2, "algorithm": "ris", "n_rr_sets": 0}, "n_rr_sets must be at least 1, got 0"),
    ],
)  # fmt: skip
def test_wrong_arguments(options, message):
    with pytest.raises(InvalidArgumentError) as caught:
        maximize(small(), **({"rng": 1, "epsilon": 0.2} | options))
    assert message in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument)


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        (11, {}, "target_spread must be at most 10, the number of all nodes, got 11"),
        (0, {}, "target_spread must be a finite number above 0, got 0"),
        (5, {"groups": ["a"] * 10, "quotas": 1}, "groups is not supported by minimize_seeds"),
        (5, {"k": 3}, "k is not an argument of minimize_seeds"),
        (9.5, {"candidates": [8]}, "target_spread 9.5 cannot be reached: all 1"),
    ],
)
def test_wrong_targets(target, options, message):
    with pytest.raises(InvalidArgumentError) as caught:
        imax.minimize_seeds(small(), target, rng=1, **options)
    assert message in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument)


def test_node_attributes_of_networkx_graphs():
    networkx = pytest.importorskip("networkx")
    graph = networkx.DiGraph([("a", "b"), ("a", "c"), ("d", "e")])
    networkx.set_node_attributes(graph, {"a": 5.0, "b": 1.0, "c": 1.0, "d": 1.0, "e": 1.0}, "price")
    networkx.set_node_attributes(graph, {"a": "x", "d": "x"}, "team")
    assert maximize(graph, costs="price", budget=1, rng=1, epsilon=0.2).seeds == ["d"]
    assert maximize(graph, 2, groups="team", quotas=1, on_missing="default", rng=1, epsilon=0.2).seeds[0] == "a"
    assert maximize(graph, 1, node_weights="price", rng=1, epsilon=0.2).seeds == ["a"]
    with pytest.raises(InvalidArgumentError, match="costs='wage' names an attribute that no node of the graph has"):
        maximize(graph, costs="wage", budget=1)
    networkx.set_node_attributes(graph, {"a": 1.0, "d": 2.0}, "half")
    with pytest.raises(InvalidArgumentError, match="node_weights lacks 3 of 5 nodes"):
        maximize(graph, 1, node_weights="half")


@settings(max_examples=30 if JIT else 4)
@given(st.data())
def test_one_quota_for_all_groups_and_quotas_alone(data):
    group = data.draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=10, max_size=10))
    quota = data.draw(st.integers(1, 3))
    result = maximize(small(), groups=group, quotas=quota, epsilon=0.3, delta=0.1, rng=1)
    assert len(result) == sum(min(quota, group.count(g)) for g in set(group))
    assert all(sum(group[v] == g for v in result) <= quota for g in "abc")


@compiled
def test_imm_within_a_memory_limit_on_a_graph_of_many_nodes():
    # one seed reaches all: the first look draws no sets to speak of, and the index's pointers are most of the memory
    n = 5000
    star = InfluenceGraph.from_arrays(np.zeros(n - 1, dtype=int), np.arange(1, n))
    result = maximize(star, 1, algorithm="imm", epsilon=0.3, max_memory="2MB", rng=1)
    assert (result.seeds, result.stop_reason) == ([0], "sample bound reached")


@compiled
@pytest.mark.parametrize(
    ("limits", "reason"), [({"time_limit": 1e-9}, "time limit"), ({"max_memory": "300k"}, "memory limit")]
)
def test_imm_promises_nothing_after_a_limit(limits, reason):
    karate = imax.datasets.load("karate")
    assert maximize(karate, 2, algorithm="imm", epsilon=0.2, rng=1).target_ratio == pytest.approx(1 - 1 / np.e - 0.2)
    result = maximize(karate, 2, algorithm="imm", epsilon=0.005, rng=1, **limits)
    assert (result.stop_reason, result.target_ratio) == (reason, None)
    assert 0.0 < result.ratio < 1.0
