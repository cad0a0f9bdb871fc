"""Greedy maximum coverage: the same seeds, gains and bounds as the naive implementation, on any sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config

from imax import InfluenceGraph
from imax.diffusion.sampler import Piece, Sampler
from imax.ris import coverage
from imax.ris.bounds import GREEDY
from imax.ris.collection import RRCollection
from imax.ris.constraint import Constraint
from imax.ris.coverage import greedy_cover
from imax.ris.matroid import PartitionMatroid

from . import naive, naive_constraints


def collection_of(n, sets, threads=1):
    """Return a collection of the given sets; in a graph without arcs internal ids and indices are the same."""
    graph = InfluenceGraph.from_arrays([], [], n_nodes=n)
    collection = RRCollection(Sampler(graph, "ic", (1, 2), threads=threads))
    nodes = np.array([v for s in sets for v in s], dtype=np.int32)
    collection.append([Piece(nodes, np.array([len(s) for s in sets], dtype=np.int64))])
    return collection


@st.composite
def problems(draw):
    n = draw(st.integers(1, 10))
    sets = draw(st.lists(st.lists(st.integers(0, n - 1), min_size=1, max_size=5, unique=True), max_size=30))
    allowed = draw(st.lists(st.integers(0, n - 1), min_size=1, unique=True))
    return n, sets, sorted(allowed), draw(st.integers(1, len(allowed)))


def choose(n, sets, allowed, k):
    mask = np.zeros(n, dtype=bool)
    mask[allowed] = True
    return greedy_cover(collection_of(n, sets), Constraint.of(k, mask))


@given(problems(), st.sampled_from([1, 1000]))
def test_greedy_is_the_naive_greedy(problem, kept):
    n, sets, allowed, k = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "_n_kept", lambda k: kept * k)
        cover = choose(n, sets, allowed, k)
    seeds, gains, bound = naive.greedy_cover(sets, range(n), k, set(allowed))
    assert cover.seeds.tolist() == seeds
    assert cover.gains.tolist() == gains
    assert cover.covered == sum(gains)
    assert cover.upper_bound == min(bound, int(sum(gains) / GREEDY))


@pytest.mark.parametrize("kept", [1, 2, 1000])
@pytest.mark.parametrize("seed", range(50 if not config.DISABLE_JIT else 10))
def test_greedy_on_larger_problems(seed, kept, monkeypatch):
    # with few nodes kept the floor is lowered often
    monkeypatch.setattr(coverage, "_n_kept", lambda k: kept * k)
    # hypothesis prefers small problems, on which greedy is optimal and its bound is tight
    generator = np.random.default_rng(seed)
    n = int(generator.integers(5, 25))
    sets = [generator.permutation(n)[: int(generator.integers(1, 5))].tolist() for _ in range(80)]
    allowed = sorted(generator.permutation(n)[: int(generator.integers(3, n + 1))].tolist())
    k = int(generator.integers(1, min(6, len(allowed)) + 1))
    cover = choose(n, sets, allowed, k)
    seeds, gains, bound = naive.greedy_cover(sets, range(n), k, set(allowed))
    assert (cover.seeds.tolist(), cover.gains.tolist()) == (seeds, gains)
    assert cover.upper_bound == min(bound, int(sum(gains) / GREEDY))


@pytest.mark.parametrize("seed", range(20 if not config.DISABLE_JIT else 5))
def test_the_bounds_of_each_size_are_the_naive_ones(seed):
    # every node is in many sets, so that the smallest gain is far from 0
    generator = np.random.default_rng(seed)
    n = int(generator.integers(3, 12))
    sets = [generator.permutation(n)[: int(generator.integers(1, n))].tolist() for _ in range(100)]
    allowed = sorted(generator.permutation(n)[: int(generator.integers(2, n + 1))].tolist())
    mask = np.zeros(n, dtype=bool)
    mask[allowed] = True
    k = int(generator.integers(2, len(allowed) + 1))
    need = int(generator.integers(1, 100))
    cover = greedy_cover(collection_of(n, sets), Constraint.of(k, mask), per_size=True, need=need)
    seeds = cover.seeds.tolist()
    assert seeds == naive.greedy_cover(sets, range(n), k, set(allowed))[0]
    assert cover.upper_bounds.tolist() == [naive.cover_bound(sets, seeds, allowed, j + 1) for j in range(k)]
    assert min(cover.min_seeds, 1000) == min(naive.min_seeds(sets, seeds, allowed, need), 1000)


@given(problems())
def test_the_bound_holds_for_every_choice(problem):
    n, sets, allowed, k = problem
    cover = choose(n, sets, allowed, k)
    best = naive.best_cover(sets, k, allowed)
    assert cover.covered <= best <= cover.upper_bound
    assert cover.covered >= GREEDY * best


def test_a_node_below_the_floor_wins_a_tie(monkeypatch):
    # the heap holds 1, 2 and 3; once 1 is chosen they add nothing, so node 0 is next
    monkeypatch.setattr(coverage, "_n_kept", lambda k: k)
    assert choose(4, [[1, 2, 3]], [0, 1, 2, 3], 3).seeds.tolist() == [1, 0, 2]


def test_ties_go_to_the_smaller_node():
    assert choose(4, [[3], [2], [1]], [0, 1, 2, 3], 4).seeds.tolist() == [1, 2, 3, 0]
    assert choose(3, [], [0, 1, 2], 2).seeds.tolist() == [0, 1]


def test_all_nodes_cover_all_sets():
    sets = [[0, 2], [1], [2, 3], [4, 0, 1]]
    cover = choose(5, sets, range(5), 5)
    assert sorted(cover.seeds.tolist()) == [0, 1, 2, 3, 4]
    assert cover.covered == cover.upper_bound == 4


# -- constraints ---------------------------------------------------------------------------------------------------


@st.composite
def constrained(draw):
    """Return sets, and a constraint on seeds as keyword arguments of the naive functions."""
    n = draw(st.integers(2, 7))
    nodes = st.integers(0, n - 1)
    sets = draw(st.lists(st.lists(nodes, min_size=1, max_size=4, unique=True), max_size=20))
    kind = draw(st.sampled_from(["plain", "quotas", "budget"]))
    start = draw(st.lists(nodes, max_size=1))
    forced = draw(st.lists(nodes.filter(lambda v: v not in start), max_size=2, unique=True))
    allowed = sorted(set(draw(st.lists(nodes, min_size=1))) - set(start) - set(forced))
    rules = {"forced": forced, "k": len(forced) + len(allowed)}
    if kind == "quotas":
        rules["group"] = draw(st.lists(st.sampled_from(["a", "b", None]), min_size=n, max_size=n))
        taken = {name: sum(rules["group"][v] == name for v in forced) for name in "ab"}
        rules["quotas"] = {name: taken[name] + draw(st.integers(0, 2)) for name in "ab"}
    if kind == "budget":
        rules["cost"] = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 4.0]), min_size=n, max_size=n))
        rules["budget"] = sum(rules["cost"][v] for v in forced) + draw(st.sampled_from([0.5, 1.0, 3.0]))
    else:
        rules["k"] = draw(st.integers(len(forced), rules["k"]))
    return n, sets, allowed, start, rules


def as_constraint(n, allowed, start, rules):
    mask = np.zeros(n, dtype=bool)
    mask[allowed] = True
    options = {}
    if "group" in rules:
        numbers = {"a": 0, "b": 1, None: -1}
        group = np.array([numbers[g] for g in rules["group"]], dtype=np.int32)
        capacity = [rules["quotas"][g] - sum(rules["group"][v] == g for v in rules["forced"]) for g in "ab"]
        capacity = np.array(capacity, dtype=np.int64)
        mask &= (group < 0) | (np.append(capacity, 1)[group] > 0)
        options = {"matroid": PartitionMatroid.of_groups(np.where(mask, group, -1).astype(np.int32), capacity)}
    if "cost" in rules:
        cost = np.array(rules["cost"])
        remaining_budget = rules["budget"] - float(sum(cost[v] for v in rules["forced"]))
        options = {"cost": cost, "remaining_budget": remaining_budget}
        mask &= cost <= remaining_budget
    forced, active = (np.array(nodes, dtype=np.int32) for nodes in (rules["forced"], start))
    return Constraint(rules["k"], mask, forced, active, **options)


@given(constrained())
def test_greedy_under_constraints_is_the_naive_one(problem):
    n, sets, allowed, start, rules = problem
    constraint = as_constraint(n, allowed, start, rules)
    cover = greedy_cover(collection_of(n, sets), constraint)
    choices = []
    for by_ratio in (False, True) if "cost" in rules else (False,):
        found = {name: rules[name] for name in ("k", "forced", "group", "quotas", "cost") if name in rules}
        choices.append(
            naive_constraints.greedy(
                sets,
                range(n),
                set(allowed),
                start=start,
                remaining_budget=constraint.remaining_budget,
                by_ratio=by_ratio,
                **found,
            )
        )
    if "cost" in rules:
        greedy = max(sum(gains) for _, gains in choices)
        choices += naive_constraints.budget_starts(
            sets, range(n), set(allowed), start=start, remaining_budget=constraint.remaining_budget, k=rules["k"],
            forced=rules["forced"], cost=rules["cost"],
        )  # fmt: skip
        assert cover.upper_bound <= greedy / constraint.guarantee + 1e-9
    seeds, gains = max(choices, key=lambda choice: sum(choice[1]))
    assert (cover.seeds.tolist(), cover.gains.tolist()) == (seeds, gains)
    assert cover.covered == naive_constraints.covered(sets, seeds, start)


def test_a_decoy_does_not_block_a_better_combination():
    """Two nodes of half of the budget cover 37 sets each; one that blocks both covers 41, a cheap one 1."""
    sets = [[0]] * 41 + [[1]] * 37 + [[2]] * 37 + [[3]]
    cost = np.array([6.0, 5.0, 5.0, 0.1])
    none = np.empty(0, dtype=np.int32)
    cover = greedy_cover(
        collection_of(4, sets), Constraint(4, np.ones(4, dtype=bool), none, none, cost=cost, remaining_budget=10.0)
    )
    assert (cover.seeds.tolist(), cover.covered) == ([1, 2], 74)
    assert cover.upper_bound >= 74


@given(constrained())
def test_the_bound_holds_under_constraints(problem):
    n, sets, allowed, start, rules = problem
    constraint = as_constraint(n, allowed, start, rules)
    cover = greedy_cover(collection_of(n, sets), constraint)
    admitted = list(naive_constraints.admitted(allowed, **rules))
    assert sorted(cover.seeds.tolist()) in [sorted(seeds) for seeds in admitted]
    best = max(naive_constraints.covered(sets, seeds, start) for seeds in admitted)
    assert cover.covered <= best <= cover.upper_bound
    assert cover.covered >= constraint.guarantee * best - 1e-9
    assert np.exp(constraint.log_choices()) * (1 + 1e-9) >= len(
        [s for s in admitted if "cost" in rules or len(s) == rules["k"]]
    )
    own = constraint.min_spread(None)
    assert own <= max(len(set(s)) for s in admitted)


@given(constrained(), st.integers(0, 6))
def test_the_bounds_of_each_size_and_the_lowest_number_of_seeds(problem, need):
    n, sets, allowed, start, rules = problem
    rules = {"forced": rules["forced"], "k": rules["k"]}
    cover = greedy_cover(
        collection_of(n, sets), as_constraint(n, allowed, start, rules), per_size=True, need=need, goal=2**40
    )
    sizes = {}
    for seeds in naive_constraints.admitted(allowed, forced=rules["forced"]):
        have = naive_constraints.covered(sets, seeds, start)
        sizes[len(seeds)] = max(have, sizes.get(len(seeds), 0))
    n_forced = len(rules["forced"])
    free = cover.seeds.size - n_forced
    assert all(cover.upper_bounds[j] >= sizes[n_forced + j + 1] for j in range(free))
    enough = [size for size, have in sizes.items() if have >= need]
    if free:
        assert not enough or cover.min_seeds <= min(enough)
        assert enough or cover.min_seeds > n_forced + free or free < len(allowed)


@given(problems(), st.integers(1, 6))
def test_a_bound_for_more_nodes_than_are_chosen(problem, more):
    n, sets, allowed, k = problem
    mask = np.zeros(n, dtype=bool)
    mask[allowed] = True
    cover = greedy_cover(collection_of(n, sets), Constraint.of(k, mask), k=k + more)
    assert cover.upper_bound >= naive.best_cover(sets, min(k + more, len(allowed)), allowed)


def test_selection_stops_at_the_goal():
    cover = choose(4, [[0]] * 5 + [[1]] * 3 + [[2]], [0, 1, 2, 3], 4)
    assert cover.seeds.size == 4
    mask = np.ones(4, dtype=bool)
    sets = collection_of(4, [[0]] * 5 + [[1]] * 3 + [[2]])
    assert greedy_cover(sets, Constraint.of(4, mask), goal=6).seeds.tolist() == [0, 1]
    assert greedy_cover(sets, Constraint.of(4, mask), need=6).min_seeds == 2


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_index_lists_the_sets_of_each_node(threads):
    generator = np.random.default_rng(1)
    count, n = (40_000, 300) if not config.DISABLE_JIT else (1500, 80)
    # with more than 2**16 entries several threads work
    sets = [generator.choice(n, size, replace=False) for size in generator.integers(1, 6, count)]
    if config.DISABLE_JIT:
        sets = [np.arange(n) for _ in range(count // 10 * 6)]
    collection = collection_of(n, sets, threads)
    assert collection.n_entries > 1 << 16
    ptr, rows = collection.index()[:2]
    expected = [[] for _ in range(n)]
    for i, s in enumerate(sets):
        for v in s:
            expected[v].append(i)
    assert ptr.shape == (min(threads, collection.n_entries // 2**15), n + 1)
    assert collection.index_nbytes == ptr.nbytes + rows.nbytes
    assert [[i for part in ptr for i in rows[part[v] : part[v + 1]].tolist()] for v in range(n)] == expected
    assert collection.degree().tolist() == [len(own) for own in expected]
    assert collection.index()[0] is ptr
    (row,), rows = collection.index(parts=1)[:2]
    assert [rows[row[v] : row[v + 1]].tolist() for v in range(n)] == expected
    assert collection.index()[0].shape[0] == 1
    seeds = np.array([0, n // 2], dtype=np.int32)
    assert collection.covered(seeds) == sum(bool({0, n // 2} & set(s.tolist())) for s in sets)
