"""RR sets that end at the common first seed of an order: the same coverage, bounds that hold, and the decision."""

import numpy as np
import pytest

import imax
from imax.ris.collection import RRCollection
from imax.ris.coverage import greedy_cover
from imax.selection import common_seed, curve_rounds
from imax.selection.common_seed import CommonSeed, find_common_seed
from imax.selection.problem import make_problem
from imax.selection.rounds import CollectionPair

from .test_audit import coverage_of_all, graph_of, random_graph
from .test_cut_sets import dense, unequal


def problem_of(graph, k, **constraints):
    return make_problem(graph, k, constraints, function="curve", rng=1, threads=1)


def ending_at(node, n):
    ends = np.zeros(n, dtype=bool)
    ends[node] = True
    return CommonSeed(np.array([node], dtype=np.int32), ends, "test")


def test_no_number_of_seeds_covers_more_than_its_bound():
    """For any first seed: the bound of each number, the coverage of each prefix, and fewest seeds for a need."""
    for seed in range(8):
        generator = np.random.default_rng(seed)
        n = 5 + seed % 4
        problem = problem_of(graph_of(n, random_graph(generator, n)), n)
        first = int(generator.integers(n))
        common = ending_at(first, n)
        pair = CollectionPair(problem, sentinels=(common.ends, common.ends))
        pair.draw(60, 60)
        whole = [RRCollection(x.sampler.ending_at(None)) for x in (pair.selection, pair.validation)]
        for own, x in zip(whole, (pair.selection, pair.validation), strict=True):
            own.extend(x.n_sets)
        cover = curve_rounds._cover(pair, common)
        assert cover.seeds[0] == first
        covered = [x.first_covered(cover.seeds).tolist() for x in (pair.validation, whole[1])]
        assert covered[0] == covered[1]
        coverage = coverage_of_all(n, [list(s) for s in whole[0]], ())
        sizes = np.array([bin(x).count("1") for x in range(1 << n)])
        for k, limit in enumerate(cover.upper_bounds.tolist(), start=1):
            assert coverage[sizes <= k].max() <= limit
        need = int(coverage.max() * 0.8)
        fewest = greedy_cover(pair.selection, common.constraint(problem.constraint), need=need).min_seeds - 1
        assert fewest <= sizes[coverage >= need].min()


@pytest.mark.slow
def test_the_pilot_decides_whether_sets_end_at_a_common_seed():
    karate = find_common_seed(problem_of(imax.datasets.load("karate"), 2))
    assert karate.ends is None
    assert "would hardly shorten them" in karate.why
    found = find_common_seed(problem_of(dense(), 2))
    assert found.seeds.size == found.ends.sum() == 1
    assert "if they end at the first seed" in found.why
    # a first seed and one more reach both cliques
    assert "would raise the upper bound" in find_common_seed(problem_of(unequal(), 1)).why
    assert find_common_seed(problem_of(unequal(), 1), tight=False).seeds.size == 1
    started = find_common_seed(problem_of(dense(), 2, start=[3]))
    assert np.flatnonzero(started.ends).size == 1
    assert not started.seeds.size
    assert find_common_seed(problem_of(dense(), 2, include=[3])).ends is None


def test_without_memory_for_a_pilot(monkeypatch):
    def full(problem):
        raise MemoryError

    monkeypatch.setattr(common_seed, "draw_pilot", full)
    assert find_common_seed(problem_of(dense(), 2)).why == "there is no memory for a pilot sample"


@pytest.mark.slow
def test_results_say_what_was_decided():
    """Curves with and without quotas, fewest seeds, and anytime."""
    graph, groups = dense(), [node % 2 for node in range(24)]
    found = imax.curve(graph, 2, rng=1, epsilon=0.3)
    assert "end at the first seed" in found.auto
    assert found.algorithm == "worlds"
    limited = imax.curve(graph, [1, 2], rng=1, epsilon=0.3, groups=groups, quotas=1)
    assert "end at the first seed" in limited.auto
    assert {groups[node] for node in limited.seeds_of(2)} == {0, 1}
    assert imax.curve(graph, 2, algorithm="opim-c", rng=1, epsilon=0.3).auto is None
    fewest = imax.minimize_seeds(graph, 18, rng=1, epsilon=0.3)
    assert "end at the first seed" in fewest.auto
    assert fewest.min_seeds <= len(fewest)
    first = next(imax.anytime(graph, 2, rng=1))
    assert "end at the first seed" in first.auto
    assert 0 < first.ratio <= 1
    assert "sentinels" in imax.certify(graph, [0, 1], rng=1, epsilon=0.3).auto


@pytest.mark.slow
def test_a_target_that_is_out_of_reach_is_refused():
    for candidates in ([0], [0, 1]):
        with pytest.raises(imax.errors.InvalidArgumentError, match="cannot be reached"):
            imax.minimize_seeds(unequal(), 33, rng=1, epsilon=0.05, candidates=candidates)
