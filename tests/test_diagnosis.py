"""Overlap and curvature of capacity problems, against exact spreads."""

import numpy as np
import pytest
from numba import config

import imax
from imax import InfluenceGraph
from imax.capacity import CapacityProblem, diagnose
from imax.errors import InvalidArgumentError

from . import naive_capacity
from .naive_constraints import mask

JIT = not config.DISABLE_JIT
SETS = 4000 if JIT else 300


def exact_curvature(spreads, rows):
    """Return the curvature of the spread over pairs of a group and a node."""
    nodes = [v for row in rows for v in row]
    if len(set(nodes)) < len(nodes):
        return 1.0
    whole = spreads[mask(nodes)]
    return 1.0 - min((whole - spreads[mask([w for w in nodes if w != v])]) / spreads[mask([v])] for v in nodes)


@pytest.mark.parametrize("model", ["ic", "lt"])
def test_the_bound_holds(model):
    """With random keys, each of the three bounds would fail with probability at most 0.001."""
    for seed in range(3):
        generator = np.random.default_rng(seed)
        src, dst = np.nonzero(np.triu(generator.random((9, 9)) < 0.22, 1))
        graph = InfluenceGraph.from_arrays(src, dst, 0.3 * generator.random(src.size), n_nodes=9)
        rank = graph.rank.tolist()
        arcs = [(rank[u], rank[v], x) for u, v, x in zip(*(a.tolist() for a in graph.arc_arrays()), strict=True)]
        active = [0, 1]
        problem = CapacityProblem(graph, active, 1, candidates={0: [2, 3], 1: [4, 5]})
        spreads = naive_capacity.passive_spreads(9, arcs, [rank[a] for a in active], model)
        truth = exact_curvature(spreads, [[rank[2], rank[3]], [rank[4], rank[5]]])
        found = diagnose(problem, model=model, n_rr_sets=SETS, delta=1e-3, rng=seed)
        assert found.curvature_bound >= truth - 1e-6
        assert found.curvature == pytest.approx(truth, abs=0.06 if JIT else 0.25)
        assert found.guarantee == 1.0 / (1.0 + found.curvature_bound) >= 0.5


def test_separate_stars_have_no_curvature():
    graph = InfluenceGraph.from_arrays([0, 1, 2, 3], [2, 3, 4, 5], [1.0] * 4, n_nodes=6)
    found = diagnose(CapacityProblem(graph, [0, 1], 1), n_rr_sets=SETS, rng=1)
    assert found.curvature == 0.0
    assert found.curvature_bound < 0.05
    assert (found.n_candidates, found.n_shared, found.mean_inviters) == (2, 0, 1.0)
    assert (found.shared_lists, found.shared_reach) == (0.0, 0.0)


def test_shared_candidates():
    graph = InfluenceGraph.from_arrays([0, 0, 1, 1, 2, 3], [2, 3, 3, 4, 5, 5], [1.0] * 6, n_nodes=6)
    found = diagnose(CapacityProblem(graph, [0, 1], 1), n_rr_sets=SETS, rng=1)
    assert (found.curvature, found.curvature_bound, found.guarantee) == (1.0, 1.0, 0.5)
    assert (found.n_candidates, found.n_shared) == (3, 1)
    assert found.mean_inviters == pytest.approx(4 / 3)
    assert found.shared_lists == 0.5
    assert found.shared_reach == pytest.approx(0.25, abs=0.1)
    assert "1 of 3 candidates shared" in repr(found)
    assert found.to_dict()["n_shared"] == 1


def test_wrong_arguments():
    problem = CapacityProblem(imax.datasets.load("lesmis"), ["Myriel"], 1)
    for options in ({"delta": 0.0}, {"n_rr_sets": 0}, {"model": "sir"}):
        with pytest.raises(InvalidArgumentError, match=next(iter(options))):
            diagnose(problem, **options)
    with pytest.raises(InvalidArgumentError, match="problem must be a CapacityProblem"):
        diagnose(3)
