"""Choice of some groups and of their nodes: lists, upper bounds, and coverage against all choices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

from imax.ris.lists import ListLimit, chosen_groups, list_cover
from imax.ris.separate import CountedLists

from . import naive_capacity
from .test_coverage import collection_of
from .test_matroid import coverings, matroid_of

JIT = not config.DISABLE_JIT


@st.composite
def choices(draw):
    """Return nodes, rows, capacities, RR sets, the largest number of groups, and costs with a budget or None."""
    n, rows, capacity, sets = draw(coverings())
    count = draw(st.integers(1, len(rows)))
    if not draw(st.booleans()):
        return n, rows, capacity, sets, count, None, None
    cost = draw(st.lists(st.integers(1, 4), min_size=len(rows), max_size=len(rows)))
    return n, rows, capacity, sets, len(rows), cost, draw(st.integers(1, 8))


def limit_of(n, rows, capacity, count, cost, budget):
    if cost is None:
        return ListLimit.of(matroid_of(n, rows, capacity), count)
    return ListLimit.of(matroid_of(n, rows, capacity), count, np.array(cost, dtype=float), float(budget))


def covered_by(sets, nodes):
    return sum(bool(set(s) & set(nodes)) for s in sets)


@settings(max_examples=150 if JIT else 30)
@given(choices())
def test_coverage_against_all_choices(case):
    n, rows, capacity, sets, count, cost, budget = case
    limit = limit_of(n, rows, capacity, count, cost, budget)
    cover = list_cover(collection_of(n, sets), limit)
    optimum = max(covered_by(sets, nodes) for nodes in naive_capacity.list_choices(rows, capacity, count, cost, budget))
    assert covered_by(sets, cover.seeds.tolist()) == cover.covered == cover.gains.sum()
    assert limit.guarantee * optimum - 1e-9 <= cover.covered <= optimum <= cover.upper_bound
    assert len(set(cover.groups)) == len(cover.groups) <= count
    assert set(cover.seed_groups.tolist()) <= set(cover.groups)
    assert cost is None or sum(cost[g] for g in cover.groups) <= budget
    for g in cover.groups:
        own = cover.seeds[cover.seed_groups == g].tolist()
        assert len(own) <= capacity[g]
        assert set(own) <= set(rows[g])
    assert limit.min_spread(None) <= max(
        len(nodes) for nodes in naive_capacity.list_choices(rows, capacity, count, cost, budget)
    )


@settings(max_examples=80 if JIT else 20)
@given(coverings())
def test_the_first_group_has_the_best_greedy_list(case):
    n, rows, capacity, sets = case
    gain_of = naive_capacity.coverage_gain(sets)
    lists = [naive_capacity.greedy_list(gain_of, row, k, []) for row, k in zip(rows, capacity, strict=True)]
    best = max(sum(gains) for _, gains in lists)
    cover = list_cover(collection_of(n, sets), limit_of(n, rows, capacity, 1, None, None))
    assert cover.covered == best
    if best:
        first = next(g for g, (_, gains) in enumerate(lists) if sum(gains) == best)
        assert cover.groups == (first,)
        assert cover.seeds.tolist() == lists[first][0]
    else:
        assert cover.groups == ()


def test_the_bound_counts_a_shared_node_once():
    # three groups share nodes 0 and 1; each may take both, so that two groups reach no more than one
    rows, sets = [[0, 1], [0, 1], [0, 1, 2]], [[0]] * 6 + [[1]] * 4 + [[2]]
    cover = list_cover(collection_of(3, sets), limit_of(3, rows, [2, 2, 2], 2, None, None))
    assert (cover.covered, cover.upper_bound) == (11, 11)
    apart = list_cover(collection_of(3, sets), limit_of(3, rows, [2, 2, 2], 1, None, None))
    assert (apart.covered, apart.upper_bound) == (10, 10)


def test_a_budget_prefers_the_better_of_two_orders():
    # by value group 0 comes first and uses up the budget; by value per cost the other two reach more
    rows, sets = [[0], [1], [2]], [[0]] * 5 + [[1]] * 4 + [[2]] * 4
    cover = list_cover(collection_of(3, sets), limit_of(3, rows, [1, 1, 1], 3, [2, 1, 1], 2))
    assert sorted(cover.groups) == [1, 2]
    assert (cover.covered, cover.upper_bound) == (8, 8)


def test_chosen_groups_keep_their_order():
    limit = limit_of(4, [[0, 1], [1, 2], [3]], [1, 2, 1], 2, None, None)
    own = chosen_groups(limit, (2, 1)).matroid
    assert own.capacity.tolist() == [1, 2]
    assert [own.nodes[own.ptr[g] : own.ptr[g + 1]].tolist() for g in range(2)] == [[3], [1, 2]]


@settings(max_examples=60 if JIT else 10)
@given(choices())
def test_counts_alone_give_the_same_lists(case):
    n, rows, capacity, sets, count, cost, budget = case
    limit = limit_of(n, rows, capacity, count, cost, budget)
    cover, counted = collection_of(n, sets), collection_of(n, sets)
    counted.group_lists = lambda members: CountedLists(counted, members)
    cover, counted = list_cover(cover, limit), list_cover(counted, limit)
    assert counted.groups == cover.groups
    assert counted.seeds.tolist() == cover.seeds.tolist()
    assert counted.gains.tolist() == cover.gains.tolist()
    assert counted.upper_bound == cover.upper_bound


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(threads):
    n, groups = (4000, 600) if JIT else (200, 30)
    generator = np.random.default_rng(1)
    rows = [np.unique(generator.integers(0, n, 60)).tolist() for _ in range(groups)]
    limit = limit_of(n, rows, [5] * groups, groups // 10, None, None)
    sets = [np.unique(generator.integers(0, n, 4)).tolist() for _ in range(5 * n)]
    one, many = (list_cover(collection_of(n, sets, t), limit) for t in (1, threads))
    assert one.groups == many.groups
    assert one.seeds.tolist() == many.seeds.tolist()
    assert one.upper_bound == many.upper_bound
