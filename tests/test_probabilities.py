"""The schemes of arc probabilities."""

import itertools
import math

import numpy as np
import pytest
from numba import config
from scipy.stats import kstest

from imax import InfluenceGraph
from imax.errors import InvalidArgumentError
from imax.graph.probabilities import explain, parse, schemes

FALSE_ALARM = 1e-6
SRC, DST = [0, 1, 2, 3, 0, 1, 2, 3], [4, 4, 4, 4, 1, 2, 1, 0]
COLUMN = [0.5, 0.25, 0.125, 0.0, 1.0, 0.75, 0.0, 0.3]
REPEATED = ([0, 0, 0, 1, 2], [3, 3, 3, 3, 1])


def graph_of(spec, column=COLUMN, rng=None, **options):
    return InfluenceGraph.from_arrays(SRC, DST, column, n_nodes=6, probability=spec, rng=rng, **options)


def values(graph):
    return {(u, v): p for u, v, p in graph.arcs()}


def many(spec, arcs=40_000 if not config.DISABLE_JIT else 8_000, nodes=400, rng=1):
    """Return the probabilities of the arcs of a large random graph, and its row pointers."""
    generator = np.random.default_rng(2)
    src, dst = generator.integers(0, nodes, (2, arcs))
    graph = InfluenceGraph.from_arrays(src, dst, probability=spec, rng=rng, n_nodes=nodes)
    return graph.arc_values().astype(float), graph.in_ptr


def row_sums(p, ptr):
    return np.array([p[a:b].sum() for a, b in itertools.pairwise(ptr)])


@pytest.mark.parametrize("spec", ["weighted_cascade", "wc", "weighted-cascade", "lt_uniform"])
def test_weighted_cascade(spec):
    graph = graph_of(spec)
    assert graph.probability.kind == "weighted_cascade"
    assert graph.probability.values is None
    assert values(graph) == pytest.approx(
        {(0, 4): 0.25, (1, 4): 0.25, (2, 4): 0.25, (3, 4): 0.25, (0, 1): 0.5, (2, 1): 0.5, (1, 2): 1, (3, 0): 1}
    )


@pytest.mark.parametrize("p", [0, 0.1, 1])
def test_uniform(p):
    graph = graph_of(f"uniform:{p}")
    assert (graph.probability.spec, graph.probability.kind) == (f"uniform:{p}", "uniform")
    assert set(values(graph).values()) == {float(np.float32(p))}


def test_column():
    assert values(graph_of("column")) == {(u, v): np.float32(p) for u, v, p in zip(SRC, DST, COLUMN, strict=True)}
    assert graph_of(None).probability.spec == "column"
    # equal probabilities are stored as one number
    equal = graph_of("column", [0.25] * 8)
    assert (equal.probability.kind, equal.probability.value) == ("uniform", 0.25)
    assert equal.probability.spec == "column"


def test_lt_normalized():
    found = values(graph_of("lt_normalized"))
    expected = {(0, 4): 4 / 7, (1, 4): 2 / 7, (2, 4): 1 / 7, (3, 4): 0, (0, 1): 1, (2, 1): 0, (1, 2): 1, (3, 0): 1}
    assert found == pytest.approx(expected)
    # weights may have any size; weights into a node that are all 0 stay 0
    large = graph_of("lt_normalized", [1e30, 1e30, 0, 0, 0, 5, 0, 7])
    assert values(large) == pytest.approx(
        {(0, 4): 0.5, (1, 4): 0.5, (2, 4): 0, (3, 4): 0, (0, 1): 0, (2, 1): 0, (1, 2): 1, (3, 0): 1}
    )


def test_trivalency_draws_each_value_for_a_third_of_the_arcs():
    p, _ = many("trivalency")
    kinds, counts = np.unique(p.astype(np.float32), return_counts=True)
    assert kinds.tolist() == [np.float32(x) for x in (0.001, 0.01, 0.1)]
    # the test detects a share that is off by 0.014
    z2 = ((counts - p.size / 3) ** 2 / (p.size * 2 / 9)).max()
    assert 3 * math.erfc(math.sqrt(z2 / 2)) > FALSE_ALARM


@pytest.mark.parametrize("spec", ["exponential", "weibull"])
def test_scaled_draws_sum_to_1(spec):
    p, ptr = many(spec)
    assert row_sums(p, ptr) == pytest.approx((np.diff(ptr) > 0).astype(float), abs=1e-4)
    assert (p >= 0).all()


def test_exponential_draws_are_exponential():
    # the share of the first of d draws in their sum has the distribution Beta(1, d - 1)
    p, ptr = many("exponential")
    degree = np.diff(ptr)
    shares = 1 - (1 - p[ptr[:-1]]) ** (degree - 1)
    assert kstest(shares, "uniform").pvalue > FALSE_ALARM


def test_weibull_draws_are_more_skewed_than_exponential_ones():
    exponential, _ = many("exponential")
    weibull, _ = many("weibull")
    assert weibull.max() > exponential.max()
    assert np.isfinite(weibull).all()


@pytest.mark.parametrize("spec", ["trivalency", "exponential", "weibull"])
def test_draws_depend_only_on_rng(spec):
    assert values(graph_of(spec, rng=1)) == values(graph_of(spec, rng=1, threads=3))
    assert values(graph_of(spec, rng=1)) != values(graph_of(spec, rng=2))
    assert values(graph_of(spec)) != values(graph_of(spec))
    first = graph_of("wc")
    assert values(first.with_probability(spec, rng=1)) == values(graph_of(spec, rng=1))


def test_parallel_arcs_combined():
    def combined(spec, rng=None):
        return values(InfluenceGraph.from_arrays(*REPEATED, multi_edges="combine", probability=spec, rng=rng))

    assert combined("uniform:0.5") == pytest.approx({(0, 3): 0.875, (1, 3): 0.5, (2, 1): 0.5})
    assert combined("uniform:1") == pytest.approx({(0, 3): 1, (1, 3): 1, (2, 1): 1})
    # node 3 has four arcs of probability 1/4, three of them from node 0
    assert combined("weighted_cascade") == pytest.approx({(0, 3): 1 - 0.75**3, (1, 3): 0.25, (2, 1): 1})
    assert combined("lt_uniform") == pytest.approx({(0, 3): 0.75, (1, 3): 0.25, (2, 1): 1})
    for p in combined("trivalency", 1).items():
        tries = 3 if p[0] == (0, 3) else 1
        assert min(abs(p[1] - (1 - (1 - x) ** tries)) for x in (0.1, 0.01, 0.001)) < 1e-7
    assert sum(combined("exponential", 1).values()) == pytest.approx(2)


def test_every_scheme_accepts_a_graph_without_arcs():
    for scheme in schemes():
        spec = f"{scheme.name}:0.5" if scheme.parameter else scheme.name
        graph = InfluenceGraph.from_arrays([0], [0], [0.5], n_nodes=3, probability=spec, rng=1)
        assert graph.arcs() == []


def test_every_scheme_has_an_explanation():
    names = [scheme.name for scheme in schemes()]
    assert names == [
        "weighted_cascade", "uniform", "trivalency", "column", "exponential", "weibull", "lt_uniform", "lt_normalized",
    ]  # fmt: skip
    for scheme in schemes():
        line = explain(scheme.name)
        assert line.startswith(scheme.name)
        assert scheme.summary in line
        assert scheme.source in line
    assert explain("wc") == explain("weighted_cascade")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("luck", "probability must be one of weighted_cascade, uniform, .* got 'luck'"),
        ("", "got ''"),
        (0.1, "got 0.1"),
        ("wc:0.5", "probability 'weighted_cascade' takes no value, got 'wc:0.5'"),
        ("uniform", "probability 'uniform' needs a value, as in uniform:0.1"),
        ("uniform:", "probability 'uniform:': '' is not a number"),
        ("uniform:half", "'half' is not a number"),
        ("uniform:1.5", r"its value must lie in \[0, 1\], got 1.5"),
        ("uniform:-0.1", r"its value must lie in \[0, 1\], got -0.1"),
        ("uniform:nan", r"its value must lie in \[0, 1\], got nan"),
    ],
)
def test_invalid_schemes(spec, message):
    with pytest.raises(InvalidArgumentError, match=message):
        parse(spec)


@pytest.mark.parametrize("spec", ["column", "lt_normalized"])
def test_schemes_that_need_weights_say_so(spec):
    with pytest.raises(InvalidArgumentError, match=f"probability '{spec}' needs a value per arc: a third column"):
        graph_of(spec, None)
