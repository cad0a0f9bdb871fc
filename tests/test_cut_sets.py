"""Certificates on RR sets that end at the given seeds and at sentinels: the same coverage, and bounds that hold."""

import numpy as np
import pytest

import imax
from imax.ris.collection import RRCollection
from imax.ris.coverage import greedy_cover
from imax.ris.round_robin import round_robin_cover
from imax.selection import cut_sets
from imax.selection.cut_sets import certificate_collections
from imax.selection.problem import make_problem
from imax.selection.rounds import CollectionPair

from .test_audit import admissible, coverage_of_all, graph_of, random_graph, random_rules


def problem_of(graph, k, **constraints):
    return make_problem(graph, k, constraints, function="certify", rng=1, threads=1)


def cliques(number, n=24):
    """Return cliques of n nodes: nearly each node is in nearly all RR sets of its clique."""
    arcs = [(c * n + u, c * n + v) for c in range(number) for u in range(n) for v in range(n) if u != v]
    return imax.InfluenceGraph.from_edges(arcs, probability="uniform:0.3")


def dense():
    return cliques(1)


def hubs():
    return cliques(2)


def unequal():
    """Return a clique of 30 nodes and one of 4."""
    arcs = [(u, v) for u in range(34) for v in range(34) if u != v and (u < 30) == (v < 30)]
    return imax.InfluenceGraph.from_edges(arcs, probability="uniform:0.3")


@pytest.mark.parametrize("rules", [{}, {"start": [3]}], ids=["plain", "start"])
def test_sets_that_end_at_the_seeds_have_the_same_coverage(rules):
    problem = problem_of(dense(), 2, **rules)
    seeds, start = np.array([7, 20], dtype=np.int32), problem.constraint.start
    pair, select = certificate_collections(problem, seeds)
    whole = CollectionPair(problem, cut_sets.CERTIFICATE_STREAMS)
    for collections in (pair, whole):
        collections.draw(200, 200)
    # a set with both seeds shows only the one that it met first
    covered, expected = (x.validation.first_covered(seeds, start).sum() for x in (pair, whole))
    assert covered == expected
    assert pair.spread_of_start() == whole.spread_of_start()
    assert pair.validation.n_entries < whole.validation.n_entries
    assert pair.selection.n_entries < whole.selection.n_entries
    assert pair.n_entries <= whole.n_entries
    limit = select(pair.selection, problem.constraint).upper_bound
    assert greedy_cover(whole.selection, problem.constraint).covered <= limit


@pytest.mark.parametrize("kind", ["plain", "candidates", "include", "start", "budget", "quotas", "all"])
def test_no_seed_set_covers_more_than_the_bound(kind, monkeypatch):
    """Whatever the sentinels are, the bound is at least what any admissible seed set covers of the complete sets."""
    for seed in range(12):
        generator = np.random.default_rng(seed)
        n = 5 + seed % 4
        rules = random_rules(generator, n, kind)
        others = {name: value for name, value in rules.items() if name != "k"}
        problem = problem_of(graph_of(n, random_graph(generator, n)), rules.get("k"), **others)
        c = problem.constraint
        free = np.flatnonzero(c.allowed & (True if c.cost is None else c.cost <= c.remaining_budget))
        room = c.free and (c.matroid is None or c.matroid.capacity.min() > 0)
        sentinels = free[: int(bool(room and c.limits is None))].astype(np.int32)
        monkeypatch.setattr(cut_sets, "_find_sentinels", lambda problem, found=sentinels: (found, ""))
        pair, select = certificate_collections(problem, free[-1:].astype(np.int32))
        pair.draw(80, 80)
        whole = RRCollection(pair.selection.sampler.ending_at(None))
        whole.extend(pair.selection.n_sets)
        coverage = coverage_of_all(n, [list(s) for s in whole], rules.get("start", ()))
        assert coverage[admissible(n, rules)].max() <= select(pair.selection, c).upper_bound


def test_sentinels_are_found_where_they_pay():
    found, why = cut_sets._find_sentinels(problem_of(dense(), 2))
    assert 1 <= found.size <= 2
    assert why.endswith(f"if they end at {found.size} sentinels")
    assert not cut_sets._find_sentinels(problem_of(imax.datasets.load("karate"), 2))[0].size


def test_sentinels_that_raise_the_bound_are_not_used():
    """One seed reaches one clique; a sentinel and one more seed would reach both."""
    assert not cut_sets._find_sentinels(problem_of(hubs(), 1))[0].size
    assert cut_sets._find_sentinels(problem_of(hubs(), 2))[0].size == 2
    assert "raise the upper bound" in cut_sets._find_sentinels(problem_of(unequal(), 1))[1]


def test_without_memory_for_a_pilot_and_with_another_choice(monkeypatch):
    problem = problem_of(dense(), 2)
    seeds = np.array([0], dtype=np.int32)
    assert certificate_collections(problem, seeds, round_robin_cover)[1] is round_robin_cover

    def full(problem):
        raise MemoryError

    monkeypatch.setattr(cut_sets, "draw_pilot", full)
    assert certificate_collections(problem, seeds)[1] is greedy_cover


@pytest.mark.slow  # without the compiler
def test_certificates_and_curves_of_given_seeds_agree_with_those_on_whole_sets(monkeypatch):
    graph, seeds = dense(), [0, 7]
    found = imax.certify(graph, seeds, rng=1, epsilon=0.2), imax.curve(graph, 2, algorithm=seeds, rng=1, epsilon=0.2)
    monkeypatch.setattr(cut_sets, "_find_sentinels", lambda problem: (np.empty(0, dtype=np.int32), ""))
    whole = imax.certify(graph, seeds, rng=1, epsilon=0.2), imax.curve(graph, 2, algorithm=seeds, rng=1, epsilon=0.2)
    assert found[0].n_rr_entries < whole[0].n_rr_entries
    for cut, plain in ((found[0].ratio, whole[0].ratio), (found[1].ratio[-1], whole[1].ratio[-1])):
        assert cut == pytest.approx(plain, abs=0.1)
