"""The exact spread equals that of another enumeration, on any small graph."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import imax
from imax import InfluenceGraph, exact_spread
from imax.errors import InvalidArgumentError, InvalidGraphError, UnknownNodeError

from . import naive

JIT = not config.DISABLE_JIT
ARCS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=9
)  # with self-loops and parallel arcs


@settings(max_examples=80 if JIT else 25)
@given(ARCS, st.sampled_from(["merge", "combine"]), st.sets(st.integers(0, 4), min_size=1), st.booleans())
def test_exact_is_the_naive_enumeration(arcs, multi_edges, seeds, weighted):
    src, dst, p = ([a[i] for a in arcs] for i in range(3))
    graph = InfluenceGraph.from_arrays(src, dst, p, n_nodes=5, multi_edges=multi_edges)
    weights = [0.5, 2.0, 0.0, 1.0, 3.0] if weighted else None
    kept = [(u, v, x) for (u, v), x in naive_arcs(graph)]
    assert exact_spread(graph, seeds, node_weights=weights) == pytest.approx(
        naive.exact_spread(5, kept, seeds, "ic", weights)
    )


def naive_arcs(graph):
    src, dst, p = graph.arc_arrays()
    return zip(zip(src.tolist(), dst.tolist(), strict=True), p.tolist(), strict=True)


@settings(max_examples=60 if JIT else 20)
@given(ARCS, st.sets(st.integers(0, 4), min_size=1), st.booleans())
def test_exact_under_linear_threshold(arcs, seeds, full):
    src, dst, p = ([a[i] for a in arcs] for i in range(3))
    graph = InfluenceGraph.from_arrays(src, dst, p, n_nodes=5)
    graph = graph.with_probability("lt_uniform") if full else scaled(graph)
    kept = [(u, v, x) for (u, v), x in naive_arcs(graph)]
    assert exact_spread(graph, seeds, model="lt") == pytest.approx(naive.exact_spread(5, kept, seeds, "lt"), abs=1e-6)


def scaled(graph):
    """Return the graph with weights that sum to less than 1 at each node."""
    src, dst, p = graph.arc_arrays()
    if not len(src):
        return graph
    return InfluenceGraph.from_arrays(src, dst, np.asarray(p) / 8, n_nodes=5)


def test_known_values():
    path = InfluenceGraph.from_arrays([0, 1, 2], [1, 2, 3], [0.5, 0.5, 1.0])
    assert exact_spread(path, [0]) == 1 + 0.5 + 0.25 * 2
    assert exact_spread(path, [0, 0, 3]) == 2 + 0.5 + 0.25
    assert exact_spread(path, [0], probability="uniform:1") == 4
    assert exact_spread(InfluenceGraph.from_arrays([], [], n_nodes=1), [0]) == 1
    long = InfluenceGraph.from_arrays(range(400), range(1, 401), probability="uniform:1")
    assert exact_spread(long, [0]) == 401  # arcs of probability 1 add no worlds


def test_only_the_reachable_part_counts():
    # 30 uncertain arcs, two of them within reach
    src, dst = list(range(30)), [v + 1 for v in range(30)]
    chain = InfluenceGraph.from_arrays(src, dst, probability="uniform:0.5")
    assert exact_spread(chain, [28]) == 1.75
    with pytest.raises(InvalidArgumentError, match=r"1.07e\+09 live-arc worlds, more than 1,048,576"):
        exact_spread(chain, [0])


def test_numbers_of_worlds_beyond_a_float_are_errors_too():
    long = InfluenceGraph.from_arrays(range(1200), range(1, 1201), probability="uniform:0.5")
    with pytest.raises(InvalidArgumentError, match=r"2\*\*1200 live-arc worlds"):
        exact_spread(long, [0])


def test_schemes_count_without_the_rounding_of_float32():
    star = InfluenceGraph.from_arrays([0, 1, 2], [3, 3, 3], n_nodes=4)
    assert exact_spread(star, [0]) == pytest.approx(4 / 3, rel=1e-14)
    assert exact_spread(star, [0], model="lt") == pytest.approx(4 / 3, rel=1e-14)
    assert exact_spread(star, [0], probability="uniform:0.1") == pytest.approx(1.1, rel=1e-14)


def test_a_small_lt_weight_from_out_of_reach_counts():
    src, dst = [0] * 12 + [13] * 12, list(range(1, 13)) * 2
    graph = InfluenceGraph.from_arrays(src, dst, [0.999995] * 12 + [5e-6] * 12, n_nodes=14)
    assert exact_spread(graph, [0], model="lt") == pytest.approx(1 + 12 * 0.999995, rel=1e-7)


def test_exact_agrees_with_simulation():
    # 5 standard errors: each comparison fails by chance once in 2 million times
    graph = InfluenceGraph.from_arrays([0, 0, 1, 2, 3, 1], [1, 2, 3, 3, 4, 4], [0.3, 0.6, 0.5, 0.2, 0.4, 0.1])
    for model in ("ic", "lt"):
        found = imax.spread(graph, [0], model=model, n_simulations=40_000 if JIT else 800, rng=1)
        assert abs(found.spread - exact_spread(graph, [0], model=model)) < 5 * found.std_error


@pytest.mark.parametrize(
    ("seeds", "options", "error", "message"),
    [
        ([], {}, InvalidArgumentError, "seeds is empty; give at least one node"),
        ("01", {}, InvalidArgumentError, "seeds must be an iterable of labels, got the text '01'"),
        ([9], {}, UnknownNodeError, "seeds: 9 is not a node"),
        ([0], {"model": "sir"}, InvalidArgumentError, "model must be one of ic, lt"),
        ([0], {"model": "lt"}, InvalidGraphError, "the LT weights into node 2 sum to"),
    ],
)
def test_bad_arguments(seeds, options, error, message):
    graph = InfluenceGraph.from_arrays([0, 1], [2, 2], [0.9, 0.9])
    with pytest.raises(error) as caught:
        exact_spread(graph, seeds, **options)
    assert message in str(caught.value)


def test_unknown_nodes_can_be_left_out():
    path = imax.InfluenceGraph.from_edges([("a", "b"), ("b", "c")], probability="uniform:0.5")
    with pytest.raises(imax.errors.UnknownNodeError):
        imax.exact_spread(path, ["a", "z"])
    with pytest.warns(UserWarning, match="z"):
        assert imax.exact_spread(path, ["a", "z"], on_missing="drop") == 1.75
    with pytest.warns(UserWarning, match="count 0"):
        sets = imax.sample_rr_sets(path, 50, node_weights={"a": 1.0}, on_missing="drop", rng=1)
    assert sets.estimate(["a"]) == 1.0
