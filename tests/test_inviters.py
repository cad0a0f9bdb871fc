"""Choice of inviters against brute force on tiny graphs, and its arguments."""

import itertools

import numpy as np
import pytest
from numba import config

import imax
from imax import InfluenceGraph
from imax.capacity import CapacityProblem, assign, choose_inviters
from imax.errors import InvalidArgumentError, InvalidGraphError

from . import naive_capacity
from .naive_constraints import mask

JIT = not config.DISABLE_JIT
PART = {"epsilon": 0.3} if JIT else {"epsilon": 0.45, "delta": 0.3}
PLAYERS = ["Valjean", "Marius", "Myriel", "Fantine", "Javert"]


@pytest.fixture(scope="module")
def lesmis():
    return imax.datasets.load("lesmis")


@pytest.fixture(scope="module")
def problem(lesmis):
    return CapacityProblem(lesmis, PLAYERS, [2, 1, 2, 3, 1])


def tiny(seed, model="ic"):
    """Return a problem on nine nodes, its rows by internal id, capacities, and the exact spread of all node sets."""
    generator = np.random.default_rng(seed)
    src, dst = np.nonzero(generator.random((9, 9)) < 0.3)
    p = generator.random(src.size) * (0.9 if model == "ic" else 0.2)
    graph = InfluenceGraph.from_arrays(src, dst, p, n_nodes=9)
    rank = graph.rank.tolist()
    arcs = [(rank[u], rank[v], x) for u, v, x in zip(*(a.tolist() for a in graph.arc_arrays()), strict=True)]
    active, capacity = [0, 3, 5, 7], [1, 2, 1, 2]
    ids = [rank[a] for a in active]
    rows = naive_capacity.friends_of(arcs, ids)
    return CapacityProblem(graph, active, capacity), rows, naive_capacity.passive_spreads(9, arcs, ids, model)


@pytest.mark.parametrize("model", ["ic", "lt"])
@pytest.mark.parametrize("seed", range(4 if JIT else 1))
def test_certificates_against_brute_force(model, seed):
    """Each of the certificates, 24 at most, is wrong with probability at most 1e-3."""
    problem, rows, spreads = tiny(seed, model)
    options = {"rng": seed, "model": model, "epsilon": 0.1 if JIT else 0.45, "delta": 1e-3}
    cost = [2.0, 3.0, 1.0, 2.0]
    cases = [(count, None, None) for count in (1, 2)] + [(4, cost, 4.0)]
    for count, costs, budget in cases:
        number = {} if costs else {"n_inviters": count}
        found = choose_inviters(problem, **number, costs=costs, budget=budget, **options)
        choices = naive_capacity.list_choices(rows, problem.capacity.tolist(), count, costs, budget)
        optimum = max(spreads[mask(nodes)] for nodes in choices)
        reached = spreads[mask(problem.graph.internal_of(found.seeds).tolist())]
        assert found.lower_bound - 1e-9 <= reached <= optimum + 1e-9
        assert optimum <= found.upper_bound + 1e-9
        assert reached >= 0.85 * optimum if JIT else reached > 0.0
        assert len(found) <= count
        assert costs is None or sum(costs[problem.active.index(u)] for u in found) <= budget
        for inviter, friends in found.friends.items():
            number = problem.active.index(inviter)
            assert set(friends) <= set(problem.friends(inviter))
            assert len(set(friends)) == len(friends) <= problem.capacity[number]


def test_all_participants_are_the_problem_without_a_limit(problem):
    found, all_of_them = choose_inviters(problem, 5, **PART, rng=1), assign(problem, **PART, rng=1)
    assert sorted(found) == sorted(all_of_them)
    assert found.n_slots == all_of_them.n_slots == 9
    assert found.spread == pytest.approx(all_of_them.spread, rel=0.1 if JIT else 0.4)
    guarantee = (1 - np.exp(-1)) / (2 - np.exp(-1))
    assert found.target_ratio == pytest.approx(max(guarantee - PART["epsilon"], 0.0))


def test_the_first_is_the_best_alone(lesmis, problem):
    found = choose_inviters(problem, 1, **PART, rng=1)
    assert list(found) == ["Valjean"]
    assert (found.n_active, found.n_slots, found.algorithm) == (5, 2, "greedy lists")
    assert not set(found.seeds) & set(PLAYERS)


def test_costs_in_every_form(problem):
    cost = dict(zip(PLAYERS, [5, 1, 1, 1, 1], strict=True))
    found = choose_inviters(problem, costs=cost, budget=2, **PART, rng=1)
    assert "Valjean" not in found.friends
    assert len(found) == 2
    assert choose_inviters(problem, costs=list(cost.values()), budget=2, **PART, rng=1).friends == found.friends
    assert found.target_ratio is None
    pandas = pytest.importorskip("pandas")
    assert choose_inviters(problem, costs=pandas.Series(cost), budget=2, **PART, rng=1).friends == found.friends
    one = choose_inviters(problem, 1, costs=cost, budget=2, **PART, rng=1)
    assert len(one) == 1


def test_spare_invitations_fill_the_lists_of_chosen_participants():
    # participants 0, 1 and 2 have the friends 3 4, 5 and 5 6; no arcs lead on
    graph = InfluenceGraph.from_arrays([0, 0, 1, 2, 2], [3, 4, 5, 5, 6], n_nodes=8, probability="uniform:0.5")
    problem = CapacityProblem(graph, [0, 1, 2], 3)
    found = choose_inviters(problem, 2, **PART, rng=1)
    assert {u: sorted(friends) for u, friends in found.friends.items()} == {0: [3, 4], 2: [5, 6]}
    assert found.unused == {0: 1, 2: 1}
    weights = {**dict.fromkeys(range(8), 0.0), 5: 1.0}
    only = choose_inviters(problem, 2, node_weights=weights, spare="empty", **PART, rng=1)
    assert sorted(only.friends.values()) == [[5]]
    more = choose_inviters(problem, 2, node_weights=weights, **PART, rng=1)
    assert len(more) == 2
    budget = choose_inviters(problem, costs=[1.0, 2.0, 1.0], budget=2.0, node_weights=weights, **PART, rng=1)
    assert sorted(budget) == [0, 2]


@pytest.mark.skipif(not JIT, reason="many RR sets")
def test_nobody_adds_anything():
    graph = InfluenceGraph.from_arrays([0, 1], [2, 3], n_nodes=1000, probability="uniform:0.5")
    problem = CapacityProblem(graph, [0, 1], 1)
    found = choose_inviters(problem, 1, node_weights={9: 1.0}, spare="empty", on_missing="drop", **PART, rng=1)
    assert found.friends == {}
    assert found.stop_reason == "nothing within reach"


@pytest.mark.parametrize(
    ("options", "message", "argument"),
    [
        ({}, "n_inviters is missing", "n_inviters"),
        ({"n_inviters": 6}, "n_inviters must be", "n_inviters"),
        ({"n_inviters": 0}, "n_inviters must be", "n_inviters"),
        ({"n_inviters": 1, "costs": [1] * 5}, "costs requires budget", "costs"),
        ({"budget": 2.0}, "budget requires costs", "budget"),
        ({"costs": [1, 2], "budget": 2.0}, "costs must have one number", "costs"),
        ({"costs": "many", "budget": 2.0}, "costs must have one number", "costs"),
        ({"costs": [0, 1, 1, 1, 1], "budget": 2.0}, "costs must be positive", "costs"),
        ({"costs": {"Valjean": 1}, "budget": 2.0}, "costs has no entry for 'Marius'", "costs"),
        ({"costs": [3] * 5, "budget": 2.0}, "budget must pay for at least one", "budget"),
        ({"n_inviters": 2, "spare": "some"}, "spare must be", "spare"),
    ],
)
def test_wrong_arguments(problem, options, message, argument):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        choose_inviters(problem, **options, rng=1)
    assert caught.value.argument == argument


def test_wrong_problems():
    with pytest.raises(InvalidArgumentError, match="problem must be a CapacityProblem"):
        choose_inviters(None, 1)
    graph = InfluenceGraph.from_arrays([0, 1, 2], [3, 3, 3], n_nodes=4, probability="uniform:0.9")
    with pytest.raises(InvalidGraphError):
        choose_inviters(CapacityProblem(graph, [0], 1), 1, model="lt")


def test_threads_and_keys(problem):
    one, two = (choose_inviters(problem, 3, **PART, rng=3, threads=threads) for threads in (1, 2))
    assert one.friends == two.friends
    assert one.upper_bound == two.upper_bound
    assert choose_inviters(problem, 3, **PART, rng=one.rng_key).friends == one.friends


def test_a_deadline_counts_near_nodes_only(problem):
    near = choose_inviters(problem, 2, max_steps=1, **PART, rng=1)
    assert near.max_steps == 1
    assert near.spread < choose_inviters(problem, 2, **PART, rng=1).spread


@pytest.mark.skipif(not JIT, reason="many RR sets")
def test_chosen_participants_reach_more_than_any_others_can(problem):
    """The certificate holds for every pair of participants, each with its own optimal friends."""
    found = choose_inviters(problem, 2, epsilon=0.05, rng=1)
    others = [
        assign(
            CapacityProblem(
                problem.graph, PLAYERS, problem.capacity,
                candidates={u: problem.friends(u) if u in pair else [] for u in PLAYERS},
            ),
            "mg-greedy", n_rr_sets=5000, spare="empty", rng=2,
        ).spread
        for pair in itertools.combinations(PLAYERS, 2)
    ]  # fmt: skip
    assert max(others) <= found.upper_bound
    assert found.spread >= 0.95 * max(others)
