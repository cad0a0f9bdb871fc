"""`algorithm="auto"`: the pilot sample, its decision, and what the result says."""

import dataclasses

import numpy as np
import pytest

import imax
from imax.selection import pilot
from imax.selection.algorithms import auto, hist
from imax.selection.problem import make_problem


def problem_of(graph, k=3, threads=1, model="ic", epsilon=0.1, max_memory=None, **constraints):
    return make_problem(
        graph, k, constraints, function="maximize", rng=1, threads=threads, model=model, epsilon=epsilon,
        max_memory=max_memory,
    )  # fmt: skip


@pytest.fixture(scope="module")
def dense():
    """Return a directed graph with one node that is in most RR sets: a hub that reaches a dense core."""
    n = 40
    arcs = [(u, v) for u in range(1, n) for v in range(1, n) if u != v and (u * v) % 3]
    return imax.InfluenceGraph.from_edges([*arcs, *((0, v) for v in range(1, n))], probability="uniform:0.3")


def test_each_regime_has_its_algorithm(dense):
    karate = imax.datasets.load("karate")
    assert auto.decide(problem_of(karate))[0] == "opim-c"
    assert auto.decide(problem_of(karate.with_probability("uniform:0.1")))[0] == "worlds"
    name, why, _, found = auto.decide(problem_of(dense, 2))
    assert name == "hist"
    assert found.mean >= 1.75 * found.cut
    assert f"if they end at {found.n_sentinels} sentinels" in why


def test_the_decision_does_not_depend_on_threads(dense):
    one, two = (pilot.run_pilot(problem_of(dense, threads=threads)) for threads in (1, 3))
    assert one == two


def test_cut_sizes_count_the_nodes_up_to_the_first_sentinel(dense):
    sets = imax.sample_rr_sets(dense, 50, rng=1)
    is_sentinel = np.zeros(dense.n_nodes, dtype=bool)
    is_sentinel[[0, 5]] = True
    expected = []
    for i in range(50):
        nodes = sets.nodes[sets.offsets[i] : sets.offsets[i + 1]].tolist()
        at = [place + 1 for place, node in enumerate(nodes) if is_sentinel[node]]
        expected.append(min(at, default=len(nodes)))
    assert pilot.cut_sizes(sets, is_sentinel).tolist() == expected


def test_worlds_do_not_serve_other_models_deadlines_and_small_memory():
    karate = imax.datasets.load("karate", probability="uniform:0.05")
    assert auto.decide(problem_of(karate))[0] == "worlds"
    assert auto.decide(problem_of(karate, model="lt", epsilon=0.2))[0] != "worlds"
    assert auto.decide(problem_of(karate, max_steps=2))[0] != "worlds"
    assert auto.decide(problem_of(karate, max_memory=3000))[0] != "worlds"


def test_the_result_says_what_ran_and_why(dense):
    found = imax.maximize(dense, 2, rng=1, epsilon=0.2)
    assert found.algorithm == "hist"
    assert found.auto.startswith("RR sets have ")
    assert found.to_dict()["auto"] == found.auto
    assert found.seconds["pilot"] >= 0
    same = imax.maximize(dense, 2, rng=1, epsilon=0.2, algorithm="hist")
    assert same.auto is None
    assert (same.seeds, same.lower_bound, same.upper_bound) == (found.seeds, found.lower_bound, found.upper_bound)


@pytest.mark.slow  # without the compiler
def test_start_nodes_end_the_sets(dense):
    name, why, _, _ = auto.decide(problem_of(dense, 2, start=[0, 1]))
    assert name == "hist"
    assert why.endswith("if they end at the start nodes")
    found = imax.maximize(dense, 2, rng=1, epsilon=0.2, start=[0, 1])
    whole = imax.maximize(dense, 2, rng=1, epsilon=0.2, start=[0, 1], algorithm="opim-c")
    assert found.start_spread == pytest.approx(whole.start_spread, rel=0.05)
    assert found.lower_bound <= whole.upper_bound
    assert whole.lower_bound <= found.upper_bound


def test_without_memory_for_the_pilot(monkeypatch):
    def full(problem, drawn):
        raise MemoryError

    monkeypatch.setattr(auto, "run_pilot", full)
    found = imax.maximize(imax.datasets.load("karate"), 2, rng=1, epsilon=0.2)
    assert (found.algorithm, found.auto) == ("opim-c", "there is no memory for a pilot sample")


def rr_sets(sets, n, key=1):
    """Return a collection with given sets of a graph without arcs."""
    found = imax.sample_rr_sets(imax.InfluenceGraph.from_arrays([0], [1], [0.0], n_nodes=n), 1, rng=key)
    found._nodes = np.concatenate(sets).astype(np.int32)
    found._offsets = np.concatenate([[0], np.cumsum([len(s) for s in sets])])
    found.n_sets = found.n_stored = len(sets)
    found.n_entries = found._n_places = found._nodes.size
    found._index = None
    return found


def test_the_first_sentinel_is_met_early(monkeypatch):
    """Of nodes in as many sets, the one that the sets reach first; a node in fewer sets is not the first sentinel."""
    monkeypatch.setattr(pilot, "_LARGE", 4.0)
    sets = rr_sets([[v, 2, 5, 3, 1, 4] for v in range(10, 50)] + [[v, 2, 9, 1] for v in range(10, 50)], 60)
    plain = problem_of(imax.InfluenceGraph.from_arrays([0], [1], [0.5], n_nodes=60)).constraint
    assert pilot.first_sentinel(sets, plain) == 2
    allowed = plain.allowed.copy()
    allowed[2] = False
    assert pilot.first_sentinel(sets, dataclasses.replace(plain, allowed=allowed)) == 1
    # sets with required seeds end at these
    forced = dataclasses.replace(plain, allowed=allowed, forced=np.array([9], dtype=np.int32))
    assert pilot.first_sentinel(sets, forced) == 5
    budget = dataclasses.replace(plain, cost=np.ones(60), remaining_budget=1.0)
    assert pilot.first_sentinel(sets, budget) in (1, 2)
    assert pilot.first_sentinel(sets, dataclasses.replace(plain, k=0)) == -1
    monkeypatch.setattr(pilot, "_LARGE", 512.0)
    assert pilot.first_sentinel(sets, plain) == -1


def test_no_first_sentinel_where_no_node_is_in_many_sets(monkeypatch):
    monkeypatch.setattr(pilot, "_LARGE", 1.0)
    sets = rr_sets([[v, v + 1] for v in range(40)], 60)
    graph = imax.InfluenceGraph.from_arrays([0], [1], [0.5], n_nodes=60)
    assert pilot.first_sentinel(sets, problem_of(graph).constraint) == -1


@pytest.mark.parametrize(
    "rules", [{}, {"include": [7]}, {"costs": [1.0] * 40, "budget": 2.0}], ids=["plain", "include", "budget"]
)
def test_a_selection_from_the_first_sentinel(dense, monkeypatch, rules):
    monkeypatch.setattr(pilot, "_LARGE", 4.0)
    k = None if "budget" in rules else 2
    assert pilot.run_pilot(problem_of(dense, k, **rules)).first >= 0
    found = imax.maximize(dense, k, rng=1, epsilon=0.1, algorithm="hist", **rules)
    assert found.ratio >= found.target_ratio
    assert set(rules.get("include", ())) <= set(found.seeds)
    assert sum(found.gains) == pytest.approx(found.spread, rel=0.2)


def test_hist_without_memory_for_a_pilot(dense, monkeypatch):
    def full(problem):
        raise MemoryError

    monkeypatch.setattr(hist, "draw_pilot", full)
    assert imax.maximize(dense, 2, rng=1, epsilon=0.3, algorithm="hist").ratio > 0.3


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.02, 0.05])
def test_the_pilot_sees_large_sets_among_many_small_ones(p):
    """One in ten or five RR sets is large; whatever the pilot draws, its sentinels shorten the sets."""
    graph = imax.datasets.load("rmat:16", rng=0, probability=f"uniform:{p}")
    chosen = {imax.maximize(graph, 100, epsilon=0.5, rng=key).algorithm for key in range(10)}
    assert chosen == {"hist"}
