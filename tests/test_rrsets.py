"""Collections of RR sets: growth, access, estimates, the memory bound."""

import numpy as np
import pytest

import imax
from imax import InfluenceGraph, sample_rr_sets
from imax.diffusion import tables
from imax.errors import OutOfMemoryBoundError, UnknownNodeError
from imax.ris import collection

PATH = InfluenceGraph.from_arrays([0, 1], [1, 2], [1.0, 1.0], labels=["a", "b", "c"])


def test_sets_are_lists_of_labels_root_first():
    sets = sample_rr_sets(PATH, 300, rng=1)
    assert len(sets) == 300
    assert {tuple(s) for s in sets} == {("a",), ("b", "a"), ("c", "b", "a")}
    assert sets[0] == next(iter(sets))
    assert sets[-1] == list(sets)[-1]
    with pytest.raises(IndexError):
        sets[300]
    assert repr(sets).startswith("<RRCollection: 300 RR sets of ")
    assert repr(sets).endswith("nodes on average, IC>")


def test_estimates_of_known_spreads():
    sets = sample_rr_sets(PATH, 3000, rng=1)
    assert sets.estimate(["a"]) == 3.0
    assert sets.estimate(["a", "b", "a"]) == 3.0
    # 2 and 1 up to chance: six standard errors are 0.16
    assert sets.estimate(["b"]) == pytest.approx(2.0, abs=0.16)
    assert sets.estimate(["c"]) == pytest.approx(1.0, abs=0.16)
    with pytest.raises(UnknownNodeError, match="seeds: 'd' is not a node of the graph"):
        sets.estimate(["d"])


def test_the_same_rng_gives_the_same_sets():
    one, two = (list(sample_rr_sets(PATH, 50, rng=7)) for _ in range(2))
    assert one == two
    assert one != list(sample_rr_sets(PATH, 50, rng=8))
    generator = np.random.default_rng(7)
    assert list(sample_rr_sets(PATH, 50, rng=generator)) != list(sample_rr_sets(PATH, 50, rng=generator))


def test_growing_keeps_what_is_there():
    sets = sample_rr_sets(PATH, 5, rng=1)
    before = list(sets)
    assert sets.extend(5000) == 5000
    assert list(sets)[:5] == before
    assert sets.extend(10) == 5000
    assert sets.offsets.dtype == np.int64
    assert sets.nodes.dtype == np.int32
    assert sets.nbytes == 4 * sets.n_entries + 8 * 5000
    assert sets.offsets[-1] == sets.n_entries == sets.nodes.size
    assert list(sets) == list(sample_rr_sets(PATH, 5000, rng=1))


def test_growing_renews_the_index():
    sets = sample_rr_sets(PATH, 5, rng=1)
    assert sets.index()[1].size == sets.n_entries
    sets.extend(50)
    assert sets.index()[1].size == sets.n_entries


def test_weights_by_label_or_by_index():
    by_label = sample_rr_sets(PATH, 100, rng=1, node_weights={"c": 2.0, "a": 0.0, "b": 0.5})
    by_index = sample_rr_sets(PATH, 100, rng=1, node_weights=[0.0, 0.5, 2.0])
    assert list(by_label) == list(by_index)
    assert by_label.total == 2.5
    assert {s[0] for s in by_label} == {"b", "c"}


def test_one_node():
    alone = InfluenceGraph.from_arrays([], [], n_nodes=1)
    for model in ("ic", "lt"):
        sets = sample_rr_sets(alone, 10, model=model, rng=1)
        assert list(sets) == [[0]] * 10
        assert sets.estimate([0]) == 1.0


def test_a_memory_bound_is_kept():
    fits = sample_rr_sets(PATH, 2_000, rng=1, max_memory="2MiB")
    assert fits.nodes.tolist() == sample_rr_sets(PATH, 2_000, rng=1).nodes.tolist()
    with pytest.raises(OutOfMemoryBoundError) as caught:
        sample_rr_sets(PATH, 200_000, rng=1, max_memory="1k")
    message = str(caught.value)
    assert message.startswith("max_memory of 1,024 bytes is exceeded by 16,384 of 200,000 RR sets, which need ")
    assert message.endswith("bytes; lower count or raise max_memory")
    assert caught.value.argument == "max_memory"


G = imax.InfluenceGraph.from_arrays([0, 1, 2], [1, 2, 0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count must be at least 1, got 0"),
        ({"count": 2.5}, "count must be a whole number, got 2.5"),
        ({"model": "sir"}, "model must be one of ic, lt; got 'sir'"),
        ({"rng": "x"}, "rng must be None"),
        ({"lanes": 0}, "lanes must be at least 1, got 0"),
        ({"lanes": 17}, "lanes must be at most 16, got 17"),
        ({"threads": 0}, "threads must be at least 1, got 0"),
        ({"max_memory": "lots"}, "max_memory must be a number of bytes"),
        ({"node_weights": [1, 2]}, "node_weights must have one value per node, shape (3,), got shape (2,)"),
        ({"node_weights": [1, -2, 1]}, "node_weights of node 1 is -2.0; weights must be finite and not negative"),
        ({"node_weights": [1, 1, float("nan")]}, "node_weights lacks 1 of 3 nodes (2); give each a weight"),
        ({"node_weights": [1, float("inf"), 1]}, "node_weights of node 1 is inf"),
        ({"node_weights": [0, 0, 0]}, "node_weights are all 0; at least one node must count"),
        ({"node_weights": {0: 1.0}}, "node_weights lacks 2 of 3 nodes (1, 2); give each a weight"),
        ({"node_weights": {0: 1, 1: 1, 7: 1}}, "node_weights: 7 is not a node of the graph"),
        ({"node_weights": {0: 1, 1: 1, 2: "much"}}, "node_weights of node 2 must be a number"),
        ({"node_weights": ["a", "b", "c"]}, "node_weights of node 0 must be a number"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(imax.ImaxError) as caught:
        sample_rr_sets(G, **({"count": 5} | options))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_expected_bytes_of_more_sets():
    graph = imax.datasets.load("lesmis")
    sets = imax.sample_rr_sets(graph, 500, rng=1, threads=1)
    assert sets.expected_nbytes(500) == sets.nbytes + sets.index_nbytes
    pointers = 8 * (graph.n_nodes + 1)  # the pointers of the index do not grow with the sets
    assert abs(sets.expected_nbytes(5000) - pointers - 10 * (sets.expected_nbytes(500) - pointers)) <= 10
    none = imax.RRCollection(sets.sampler)
    assert none.expected_nbytes(10**9) == 0


@pytest.mark.parametrize("model", ["ic", "lt"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("sentinels", [False, True])
def test_counted_singletons_give_the_same_coverage_as_stored_ones(model, threads, sentinels):
    from imax.diffusion.sampler import Sampler
    from imax.ris.collection import RRCollection
    from imax.ris.constraint import Constraint
    from imax.ris.coverage import greedy_cover

    rng = np.random.default_rng(2)
    graph = InfluenceGraph.from_arrays(*rng.integers(60, size=(2, 90)), n_nodes=60)
    graph = graph.with_probability("uniform:0.3" if model == "ic" else "weighted-cascade")
    n = graph.n_nodes
    is_sentinel = np.zeros(n, dtype=np.bool_)
    is_sentinel[:3] = True
    sampler = Sampler(graph, model, (3, 4), threads=threads, is_sentinel=is_sentinel if sentinels else None)
    stored, counted = RRCollection(sampler), RRCollection(sampler, store_singletons=False)
    for count in (700, 2500):
        stored.extend(count)
        assert counted.extend(count) == count
        sets = [stored.nodes[a:b].tolist() for a, b in zip(stored.offsets[:-1], stored.offsets[1:], strict=True)]
        larger = [nodes for nodes in sets if len(nodes) > 1]
        alone = [nodes[0] for nodes in sets if len(nodes) == 1]
        assert counted.singletons.tolist() == np.bincount(alone, minlength=n).tolist()
        assert counted.nodes.tolist() == [v for nodes in larger for v in nodes]
        assert (counted.n_sets, counted.n_entries, counted.n_stored) == (count, stored.n_entries, len(larger))
        assert counted.nbytes < stored.nbytes
        assert counted.degree().tolist() == stored.degree().tolist()
        seeds = np.array([5, 0, 59, 5], dtype=np.int32)
        assert counted.covered(seeds) == stored.covered(seeds)
        for start in (None, np.array([7, 8], dtype=np.int32)):
            assert counted.first_covered(seeds[:3], start).tolist() == stored.first_covered(seeds[:3], start).tolist()
        for start in ([], [7, 8]):
            allowed = np.ones(n, dtype=np.bool_)
            allowed[[*start, 0]] = False
            forced, active = np.array([0], dtype=np.int32), np.array(start, dtype=np.int32)
            rules = [
                Constraint(6, allowed, forced, active),
                Constraint(6, allowed, forced, active, cost=np.linspace(0.5, 2.0, n), remaining_budget=4.0),
            ]
            for rule in rules:
                one, other = greedy_cover(stored, rule), greedy_cover(counted, rule)
                assert other.seeds.tolist() == one.seeds.tolist()
                assert other.gains.tolist() == one.gains.tolist()
                assert (other.covered, other.upper_bound) == (one.covered, one.upper_bound)
    with pytest.raises(TypeError, match="counted and not stored"):
        counted[0]


def test_tables_and_degrees_that_are_computed_in_parts(monkeypatch):
    """The parts of the nodes change no set and no degree, also with isolated nodes and an empty last part."""
    arcs = [(u, v) for u in range(9) for v in range(9) if u != v and (u + v) % 3]

    def drawn():
        graph = imax.InfluenceGraph.from_edges(arcs, nodes=range(12), probability="weighted_cascade")
        sets = imax.sample_rr_sets(graph, 100, rng=1)
        return sets.nodes.tolist(), sets.degree().tolist()

    nodes, degree = drawn()
    assert degree == np.bincount(nodes, minlength=12).tolist()
    for size in (1, 4, 11):
        monkeypatch.setattr(tables, "_SLICE", size)
        monkeypatch.setattr(collection, "_SLICE", size)
        assert drawn() == (nodes, degree)
