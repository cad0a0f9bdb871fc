"""Arms of cluster-randomized experiments."""

import json

import pytest

import imax
from imax import InfluenceGraph
from imax.capacity import randomize
from imax.errors import InvalidArgumentError, UnknownNodeError


def cliques(count, size):
    arcs = [
        (size * c + i, size * c + j) for c in range(count) for i in range(size) for j in range(size) if i != j
    ]  # fmt: skip
    return InfluenceGraph.from_edges(arcs)


def test_communities_stay_together():
    found = randomize(cliques(6, 5), range(30), 3, rng=1)
    assert found.sizes == [10, 10, 10]
    assert found.crossing == 0.0
    assert all(len({found.arms[5 * c + i] for i in range(5)}) == 1 for c in range(6))
    assert len(set(found.communities.values())) == 6
    assert randomize(cliques(6, 5), range(30), 3, rng=1).arms == found.arms
    assert len({tuple(randomize(cliques(6, 5), range(30), 3, rng=r).arms.values()) for r in range(9)}) > 1
    assert len(json.loads(found.to_json())["participants"]) == 30


def test_only_participants_take_part():
    found = randomize(cliques(4, 3), [0, 1, 2, 3, 4, 5, 9], rng=1)
    assert sorted(found.arms) == [0, 1, 2, 3, 4, 5, 9]
    assert sum(found.sizes) == 7
    with pytest.raises(InvalidArgumentError, match="n_arms must be at most the number of communities, which is 1"):
        randomize(InfluenceGraph.from_edges([(0, 1)]), [0, 1], rng=1)
    assert randomize(InfluenceGraph.from_edges([(0, 1)]), [0, 1], resolution=9, rng=1).crossing == 1.0
    assert randomize(InfluenceGraph.from_arrays([0], [1], n_nodes=4), [2, 3], rng=1).crossing == 0.0


def test_detectable_effect():
    found = randomize(cliques(40, 5), range(200), rng=1)
    # two arms of 100, without correlation: 2.8016 * sqrt(0.2 * 0.8 * 2 / 100)
    assert found.detectable_effect(0.2, 0.0) == pytest.approx(0.15848, abs=1e-4)
    # clusters of 5: the design effect is 1 + 4 * 0.25 = 2
    assert found.detectable_effect(0.2, 0.25) == pytest.approx(0.15848 * 2**0.5, abs=1e-4)
    assert found.detectable_effect(0.2, 0.0, power=0.9) > found.detectable_effect(0.2, 0.0)
    with pytest.raises(InvalidArgumentError, match="baseline"):
        found.detectable_effect(0.0, 0.1)


def test_wrong_arguments():
    karate = imax.datasets.load("karate")
    with pytest.raises(InvalidArgumentError, match="participants must be at least n_arms = 2"):
        randomize(karate, [1])
    with pytest.raises(InvalidArgumentError, match="n_arms"):
        randomize(karate, [1, 2], 1)
    with pytest.raises(InvalidArgumentError, match="resolution"):
        randomize(karate, [1, 2], resolution=0)
    with pytest.raises(UnknownNodeError):
        randomize(karate, [1, 99])
