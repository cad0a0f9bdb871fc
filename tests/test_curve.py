"""`curve`: numbers of seeds, any algorithm, functions and given seeds, all constraints; against enumeration."""

import itertools

import pytest
from numba import config
from scipy.stats import binom

import imax
from imax.errors import InvalidArgumentError
from imax.selection.pilot import draw_pilot

from . import naive_constraints as naive
from .test_limits import PRICES, TEAMS, admitted, as_arguments, tiny
from .test_opimc import random_problem

JIT = not config.DISABLE_JIT
FEW = {"epsilon": 0.3, "delta": 0.1, "rng": 1}


def test_a_list_of_numbers():
    found = imax.curve(tiny(), [4, 1, 2], **FEW)
    assert (found.k, found.k_max, len(found)) == ([1, 2, 4], 4, 3)
    assert [len(found.seeds_of(k)) for k in found.k] == [1, 2, 4]
    assert found.complete == [True] * 3
    assert found.spread == sorted(found.spread)
    assert all(low <= high for low, high in zip(found.lower_bound, found.upper_bound, strict=True))
    with pytest.raises(InvalidArgumentError, match=r"k must be one of \[1, 2, 4\], got 3"):
        found.seeds_of(3)
    assert found.to_frame()["seeds"].tolist() == [found.seeds_of(k) for k in found.k]
    assert "1 to 4 seeds by opim-c" in repr(found)


def test_constraints_from_the_smallest_number_that_they_allow():
    rules = {"groups": TEAMS, "quotas": {"green": (1, 1), "red": (1, None)}, "include": [5]}
    found = imax.curve(tiny(), 4, **FEW, **rules)
    assert found.k == [3, 4]
    for k in found.k:
        seeds = found.seeds_of(k)
        assert seeds[0] == 5
        assert len(seeds) == k
        assert sum(TEAMS[v] == "green" for v in seeds) == 1
        assert any(TEAMS[v] == "red" for v in seeds)
    paid = imax.curve(tiny(), [2, 4], costs=PRICES, budget=4.0, **FEW)
    assert all(sum(PRICES[v] for v in paid.seeds_of(k)) <= 4 for k in (2, 4))
    included = imax.curve(tiny(), 3, include=[8, 7], **FEW)
    assert included.k == [2, 3]
    assert included.gains is None


@pytest.mark.parametrize("name", ["degree", "celf", "ris", "irie"])
def test_any_algorithm(name):
    options = FEW | ({"n_rr_sets": 100, "oracle": "rr"} if name == "celf" else {})
    options |= {"n_rr_sets": 100} if name == "ris" else {}
    found = imax.curve(tiny(), [1, 3], algorithm=name, groups=TEAMS, quotas=1, **options)
    assert found.algorithm == name
    for k in (1, 3):
        alone = imax.maximize(tiny(), k, algorithm=name, groups=TEAMS, quotas=1, **options)
        assert found.seeds_of(k) == alone.seeds
    limited = imax.curve(tiny(), [2, 3], algorithm="degree", costs=PRICES, budget=4.0, **FEW)
    assert all(sum(PRICES[v] for v in limited.seeds_of(k)) <= 4 for k in (2, 3))


def test_functions_and_given_seeds():
    by_function = imax.curve(tiny(), [1, 2], algorithm=lambda graph, k: list(graph.nodes())[-k:], **FEW)
    assert by_function.algorithm == "own"
    assert by_function.seed_sets == [[8], [7, 8]]
    assert by_function.seeds_of(1) == [8]
    given = imax.curve(tiny(), 3, algorithm=[4, 0], **FEW)
    assert given.k == [1, 2, 3]
    assert [given.seeds_of(k) for k in given.k] == [[4], [4, 0], [4, 0]]
    assert given.complete == [True, True, False]
    assert "incomplete" in repr(given)


@pytest.mark.skipif(not JIT, reason="simulates by the ten thousand")
def test_numbers_that_a_limit_cuts_short_are_incomplete():
    found = imax.curve(imax.datasets.load("lesmis"), 30, algorithm="celf", time_limit=0.05, **FEW)
    assert len(found) == 30
    assert not found.complete[-1]
    assert found.to_frame()["complete"].tolist() == found.complete


@pytest.mark.parametrize("algorithm", ["opim-c", "degree"])
def test_all_bounds_hold_together(algorithm):
    """Failures are at most binomial with rate delta; with bounds as bad as allowed this fails once in a thousand."""
    failures, cases, delta = 0, 30 if JIT else 3, 0.05
    for i in range(cases):
        graph, arcs, question = random_problem(4 * i + 1)
        n, model = graph.n_nodes, question["model"]
        weights = question["node_weights"] if algorithm == "opim-c" else None
        group = ["a" if v % 2 else "b" for v in range(n)]
        rules = {"forced": [], "group": group, "cost": [1.0 + v % 3 for v in range(n)], "budget": 4.0}
        rules["minimum"] = {"b": 1}
        options = as_arguments(rules | {"k": None}) | {"epsilon": 0.2, "delta": delta, "rng": i}
        options.pop("k")
        numbers = sorted({1, min(2, n), n})
        found = imax.curve(graph, numbers, algorithm=algorithm, model=model, node_weights=weights, **options)
        spreads = naive.all_spreads(n, arcs, model, weights)
        good = True
        for at, k in enumerate(numbers):
            best = max(spreads[naive.mask(s)] for s in admitted(range(n), rules | {"k": k}))
            true = spreads[naive.mask(found.seeds_of(k))]
            slack = 1e-5 * max(best, 1.0)
            good &= bool(found.lower_bound[at] <= true + slack and found.upper_bound[at] >= best - slack)
        failures += not good
    assert binom.sf(failures - 1, cases, delta) > 1e-3, f"{failures} of {cases} failed"


BAD = [
    ({"k_max": None}, "k_max is missing"),
    ({"k_max": []}, "k_max is empty"),
    ({"k_max": [2, 0]}, "k_max must be at least 1, got 0"),
    ({"algorithm": "celff"}, "did you mean 'celf'"),
    ({"algorithm": "celf", "costs": PRICES, "budget": 2.0}, "budget is not supported by algorithm 'celf'"),
    ({"algorithm": "celf", "oracle": "magic"}, "oracle must be one of simulation, rr, exact"),
    ({"algorithm": []}, "algorithm is empty"),
    ({"k_max": [1, 2], "groups": TEAMS, "quotas": {"red": (2, None)}}, "quotas require at least 2 seeds, but k is 1"),
    ({"cost": PRICES}, "cost is not an argument of curve; did you mean 'costs'?"),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=lambda value: str(value)[:40])
def test_wrong_arguments(options, message):
    with pytest.raises(InvalidArgumentError) as caught:
        imax.curve(tiny(), **{"k_max": 2} | FEW | options)
    assert message in str(caught.value)


def test_one_selection_serves_for_all_numbers_without_other_limits():
    found = imax.curve(tiny(), 5, **FEW)
    assert found.k == [1, 2, 3, 4, 5]
    assert found.seed_sets is None
    assert len(found.gains) == 5
    assert all(a >= b for a, b in itertools.pairwise(found.gains))


def ladder(p=0.4):
    """Return an undirected graph of six nodes, and its arcs."""
    edges = [(0, 1), (1, 2), (0, 3), (1, 4), (2, 5), (3, 4)]
    graph = imax.InfluenceGraph.from_arrays(
        *zip(*edges, strict=True), directed=False, n_nodes=6, probability=f"uniform:{p}"
    )
    return graph, [arc for u, v in edges for arc in ((u, v, p), (v, u, p))]


@pytest.mark.parametrize("rules", [{}, {"start": [5]}, {"exclude": [1]}], ids=["plain", "start", "exclude"])
def test_seeds_are_chosen_on_worlds_where_auto_would_choose_on_worlds(rules):
    graph, arcs = ladder()
    found = imax.curve(graph, 3, **FEW, **rules)
    assert found.algorithm == imax.maximize(graph, 3, **FEW, **rules).algorithm == "worlds"
    assert "in both directions" in found.auto
    assert "; for the bounds, RR sets have" in found.auto
    assert found.seed_sets is None
    alone = imax.maximize(graph, 3, algorithm="worlds", **FEW, **rules)
    assert found.seeds == alone.seeds
    assert found.gains == pytest.approx(alone.gains)
    spreads = naive.all_spreads(6, arcs, "ic")
    base = spreads[naive.mask(rules.get("start", []))]
    for k in found.k:
        chosen = [*rules.get("start", []), *found.seeds_of(k)]
        best = max(
            spreads[naive.mask([*rules.get("start", []), *s])]
            for s in itertools.combinations(sorted(set(range(6)) - set(rules.get("exclude", []))), k)
        )
        at = k - 1
        assert found.lower_bound[at] <= spreads[naive.mask(chosen)] - base + 1e-6
        assert found.upper_bound[at] >= best - base - 1e-6
    assert imax.curve(graph, 3, **FEW, **rules, threads=2).spread == found.spread


def test_where_seeds_are_not_chosen_on_worlds(monkeypatch):
    graph, _ = ladder()
    for options in ({"k_max": [1, 3]}, {"include": [2]}, {"algorithm": "opim-c"}, {"max_steps": 2}):
        found = imax.curve(graph, **{"k_max": 3} | FEW | options)
        assert found.algorithm == "opim-c"

    def no_memory(problem, drawn=None):
        raise MemoryError

    for place in ("curves", "common_seed", "pilot"):
        monkeypatch.setattr(f"imax.selection.{place}.draw_pilot", no_memory)
    found = imax.curve(graph, 3, **FEW)
    assert (found.algorithm, found.auto) == ("opim-c", "there is no memory for a pilot sample")


def test_one_pilot_decides_on_worlds_and_on_the_common_first_seed(monkeypatch):
    graph, _ = ladder()
    expected = imax.curve(graph, 3, **FEW)
    drawn = []

    def once(problem):
        drawn.append(problem)
        return draw_pilot(problem)

    def never(problem):
        raise AssertionError

    monkeypatch.setattr("imax.selection.curves.draw_pilot", once)
    for place in ("common_seed", "pilot"):
        monkeypatch.setattr(f"imax.selection.{place}.draw_pilot", never)
    found = imax.curve(graph, 3, **FEW)
    assert len(drawn) == 1
    assert (found.seeds, found.spread, found.auto) == (expected.seeds, expected.spread, expected.auto)


@pytest.mark.slow  # without the compiler
def test_seeds_on_worlds_after_a_common_first_seed():
    graph = imax.datasets.load("karate", probability="uniform:0.7")
    found = imax.curve(graph, 3, **FEW)
    assert found.algorithm == "worlds"
    assert found.auto.endswith("if they end at the first seed")
    assert len(set(found.seeds)) == 3
    whole = imax.curve(graph, 3, algorithm=found.seeds, **FEW)
    for low, high, spread in zip(whole.lower_bound, whole.upper_bound, found.spread, strict=True):
        assert low <= spread <= high
