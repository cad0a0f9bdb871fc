"""`compare`: any algorithm, function or seed set, several numbers of seeds, all constraints, incomplete rows."""

import json
import math

import pytest
from numba import config

import imax
from imax import InfluenceGraph
from imax.errors import InvalidArgumentError, UnknownNodeError

from .test_limits import PRICES, TEAMS, tiny

JIT = not config.DISABLE_JIT
FEW = {"n_simulations": 200 if JIT else 10, "epsilon": 0.3, "delta": 0.1, "rng": 1}
if not JIT:
    FEW["time_limit"] = 0.3  # of the certificate of each row, whose precision is fixed


def first_k(graph, k):
    assert isinstance(graph, InfluenceGraph)
    return list(graph.nodes())[:k]


def names_of(found):
    return [(row.algorithm, row.k) for row in found.rows]


def test_functions_seed_sets_and_several_numbers():
    found = imax.compare(tiny(), [3, 1], ["degree", first_k], seed_sets={"ours": [4, 0, 8]}, **FEW)
    assert names_of(found) == [(name, k) for k in (3, 1) for name in ("degree", "first_k", "ours")]
    assert found.k == [3, 1]
    assert [row.seeds for row in found.rows if row.algorithm == "ours"] == [[4, 0, 8], [4]]
    reasons = [row.stop_reason for row in found.rows]
    kinds = ["all seeds chosen", "own function"]
    assert reasons == [*kinds, "given seeds", *kinds, "the first 1 of 3 given seeds"]
    assert all(row.complete and row.broken_rules == [] for row in found.rows)
    for k in (3, 1):
        ranked = sorted((row for row in found.rows if row.k == k), key=lambda row: row.rank)
        assert [row.rank for row in ranked] == [1, 2, 3]
        assert [row.spread for row in ranked] == sorted((row.spread for row in ranked), reverse=True)
        assert found.best(k) is ranked[0]
    assert found.best() is found.best(1)
    assert len(found.overlap) == 6
    assert "first_k (k = 3)" in repr(found)
    assert found.to_frame()["rank"].tolist() == [row.rank for row in found.rows]


def test_a_mapping_names_algorithms_and_functions():
    algorithms = {"by degree": "degree", "first": lambda graph, k: range(k)}
    found = imax.compare(tiny(), 2, algorithms, **FEW)
    assert [row.algorithm for row in found.rows] == ["by degree", "first"]
    assert found.rows[1].seeds == [0, 1]
    only_given = imax.compare(tiny(), 2, [], seed_sets={"a": iter([1, 2, 1])}, **FEW)
    assert only_given.rows[0].seeds == [1, 2]


RULES = {
    "groups": TEAMS, "quotas": {"green": (1, 1), "red": 1}, "costs": PRICES, "budget": 6.0,
    "group_budgets": {"blue": 2.0},
}  # fmt: skip


def test_all_constraints_for_all_that_support_them():
    names = ["opim-c", "degree", "irie"] if JIT else ["degree"]
    found = imax.compare(tiny(), 3, names, seed_sets={"bad": [0, 1, 2, 3], "good": [7, 4, 6]}, **FEW, **RULES)
    for row in found.rows[: len(names)] + found.rows[-1:]:
        teams = [TEAMS[v] for v in row.seeds]
        assert row.broken_rules == []
        assert teams.count("green") == 1
        assert teams.count("red") <= 1
        assert sum(PRICES[v] for v in row.seeds) <= 6
        assert row.rank is not None
    bad = found.rows[len(names)]
    # for a number k the first k given seeds count
    assert bad.seeds == [0, 1, 2]
    assert bad.rank is None
    assert bad.broken_rules == [
        "costs more than the budget",
        "too many seeds of the group 'red': 1 more than its quota",
        "too few seeds of the group 'green': 1 fewer than its quota",
    ]  # fmt: skip
    by_all = imax.compare(tiny(), 3, time_limit=20, **FEW, **RULES) if JIT else None
    if by_all is not None:
        shown = {row.algorithm for row in by_all.rows}
        assert {"opim-c", "ris", "degree", "random"} <= shown
        assert not shown & {"imm", "celf"}


def test_seeds_that_break_other_rules():
    rules = {"exclude": [5], "include": [1], "groups": TEAMS, "costs": PRICES, "group_budgets": {"red": 4.0}}
    seeds = {"one": [1, 5, 6], "two": [6], "three": [1, 0, 4]}
    rows = imax.compare(tiny(), 3, [], seed_sets=seeds, **FEW, **rules).rows
    assert rows[0].broken_rules == ["contains nodes that may not be seeds: 1"]
    assert rows[1].broken_rules == ["lacks nodes that must be seeds: 1"]
    assert "costs more than the budget of the group 'red'" in rows[2].broken_rules
    many = imax.compare(tiny(), 2, {"many": lambda graph, k: range(k + 3)}, **FEW).rows[0]
    assert many.broken_rules == ["too many seeds: 5, at most 2"]
    assert many.rank is None


def test_start_nodes_count_only_what_seeds_add():
    sure = InfluenceGraph.from_arrays([0, 0, 2, 4], [1, 2, 3, 5], n_nodes=6, probability="uniform:1")
    rows = imax.compare(sure, 1, [], seed_sets={"a": [2], "b": [4]}, start=[0], **FEW).rows
    assert [row.spread for row in rows] == [0.0, 2.0]
    assert rows[1].interval[0] <= 2.0 <= rows[1].interval[1]
    assert rows[1].lower_bound <= 2.0


def test_a_budget_alone_and_a_node_attribute():
    import networkx as nx

    graph = nx.path_graph(5)
    nx.set_node_attributes(graph, dict(enumerate([1.0, 2.0, 3.0, 1.0, 1.0])), "price")
    nx.set_node_attributes(graph, dict(enumerate("aabbb")), "team")
    rules = {"costs": "price", "budget": 3.0, "groups": "team", "quotas": 1}
    found = imax.compare(graph, algorithms="degree", **FEW, **rules)
    assert found.k is None
    assert found.rows[0].k is None
    assert "k = None" in repr(found)
    assert math.isclose(sum({0: 1, 1: 2, 2: 3, 3: 1, 4: 1}[v] for v in found.rows[0].seeds), 3)


@pytest.mark.skipif(not JIT, reason="simulates by the ten thousand")
def test_a_row_that_a_limit_cuts_short_has_no_rank():
    graph = imax.datasets.load("lesmis")
    found = imax.compare(graph, 30, ["celf", "degree"], time_limit=0.05, **FEW)
    celf, degree = found.rows
    assert (celf.complete, celf.rank, celf.stop_reason) == (False, None, "time limit")
    assert (degree.complete, degree.rank) == (True, 1)
    assert found.best() is degree
    assert "(incomplete)" in repr(found)
    record = json.loads(found.to_json())
    assert [row["complete"] for row in record["rows"]] == [False, True]
    assert [row["rank"] for row in record["rows"]] == [None, 1]
    alone = imax.compare(graph, 30, ["celf"], time_limit=0.05, **FEW)
    assert alone.best() is None


@pytest.mark.skipif(not JIT, reason="CELF does not end within the time limit without the compiler")
def test_oracles_go_to_the_algorithms_that_take_them():
    options = FEW | {"n_rr_sets": 200 if JIT else 50}
    found = imax.compare(tiny(), 2, ["celf", "degree"], oracle="rr", groups=TEAMS, quotas=1, **options)
    assert [row.algorithm for row in found.rows] == ["celf", "degree"]
    assert all(len({TEAMS[v] for v in row.seeds}) == 2 for row in found.rows)


BAD = [
    ({"k": []}, "k is empty; give at least one number of seeds"),
    ({"k": "5"}, "k must be a number or a list of numbers, got '5'"),
    ({"k": [0]}, "k must be at least 1, got 0"),
    ({"k": None}, "k is missing"),
    ({"algorithms": [first_k, first_k, "degree"], "seed_sets": {"degree": [1]}}, "seed_sets contain 'degree' twice"),
    ({"algorithms": [first_k], "seed_sets": {"first_k": [1]}}, "algorithms and seed_sets contain 'first_k' twice"),
    ({"algorithms": []}, "algorithms is empty"),
    ({"seed_sets": {"a": []}}, "seed_sets['a'] is empty; give at least one node"),
    ({"seed_sets": {"a": "12"}}, "seed_sets['a'] must be a"),
    ({"algorithms": {"a": lambda graph, k: None}}, "seeds of a is empty"),
    ({"algorithms": ["celf"], "costs": PRICES, "budget": 3.0}, "budget is not supported by algorithm 'celf'"),
    ({"quota": 1}, "quota is not an argument of compare; did you mean 'quotas'?"),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=lambda value: str(value)[:40])
def test_wrong_arguments(options, message):
    with pytest.raises(InvalidArgumentError) as caught:
        imax.compare(tiny(), **{"k": 2, "algorithms": ["degree"]} | FEW | options)
    assert message in str(caught.value)


def test_unknown_nodes_are_named():
    with pytest.raises(UnknownNodeError, match="99"):
        imax.compare(tiny(), 2, ["degree"], seed_sets={"a": [99]}, **FEW)
