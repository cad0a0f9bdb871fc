"""The graph: the same arcs as a dictionary holds, for any order of the arcs and any number of threads."""

import copy
import dataclasses
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config

import imax
from imax import InfluenceGraph
from imax._utils import parallel
from imax.errors import FileFormatError, InvalidArgumentError, InvalidGraphError, NoSuchFileError, UnknownNodeError
from imax.graph import build as rows
from imax.graph.arcs import MAX_NODES
from imax.graph.lt_weights import LT_SLACK, lt_normalizers
from imax.graph.parts import from_parts, to_parts
from imax.io.accept import as_graph
from imax.io.layout import GRAPH_ARRAYS, Layout, check_arrays

from . import naive

P = st.one_of(st.sampled_from([0.0, 1.0, 0.5]), st.floats(0, 1, width=32))


@st.composite
def arc_lists(draw, max_nodes=9, max_arcs=40):
    n = draw(st.integers(1, max_nodes))
    node = st.integers(0, n - 1)
    return n, draw(st.lists(st.tuples(node, node, P), max_size=max_arcs))


def columns(arcs):
    return [a[0] for a in arcs], [a[1] for a in arcs], [a[2] for a in arcs]


def build(n, arcs, weighted=True, **options):
    src, dst, p = columns(arcs)
    return InfluenceGraph.from_arrays(src, dst, p if weighted else None, n_nodes=n, **options)


def same_graph(a, b):
    (meta_a, arrays_a), (meta_b, arrays_b) = to_parts(a), to_parts(b)
    assert meta_a == meta_b
    assert arrays_a.keys() == arrays_b.keys()
    for name, array in arrays_a.items():
        assert array.dtype == arrays_b[name].dtype
        assert np.array_equal(array, arrays_b[name]), name
    assert a.fingerprint == b.fingerprint


# -- construction -------------------------------------------------------------------------------------------------


@given(arc_lists(), st.sampled_from(["merge", "combine"]), st.booleans())
def test_arcs_equal_those_of_a_dictionary(problem, multi_edges, directed):
    n, arcs = problem
    graph = build(n, arcs, multi_edges=multi_edges, directed=directed)
    expected, loops, merged = naive.merged_arcs(arcs, multi_edges, directed)
    assert graph.n_nodes == len(graph) == n
    assert graph.n_arcs == len(expected)
    report = graph.report
    assert (report.arcs_given, report.directed) == (len(arcs), directed)
    assert (report.self_loops, report.parallel_arcs) == (loops, merged)
    found = {(u, v): p for u, v, p in graph.arcs()}
    assert found.keys() == expected.keys()
    for pair, p in expected.items():
        assert found[pair] == pytest.approx(p, abs=1e-6)
        assert multi_edges == "combine" or found[pair] == np.float32(p)


@given(arc_lists(), st.sampled_from(["merge", "combine"]), st.booleans())
def test_arcs_without_weights(problem, multi_edges, directed):
    n, arcs = problem
    graph = build(n, arcs, weighted=False, multi_edges=multi_edges, directed=directed)
    expected, _, _ = naive.merged_arcs(arcs, "merge", directed)
    assert {(u, v) for u, v, _ in graph.arcs()} == expected.keys()
    if graph.multiplicity is not None:
        copies = dict.fromkeys(expected, 0)
        for u, v, _ in arcs:
            for pair in [(u, v)] if directed else [(u, v), (v, u)]:
                if u != v:
                    copies[pair] += 1
        src, dst, _ = graph.arc_arrays()
        assert graph.multiplicity.tolist() == [copies[pair] for pair in zip(src.tolist(), dst.tolist(), strict=True)]


@given(arc_lists())
def test_rows_are_sorted_and_hubs_come_first(problem):
    n, arcs = problem
    graph = build(n, arcs)
    pairs = [(u, v) for u, v, _ in graph.arcs()]
    rows = naive.reverse_rows(n, pairs)
    for v in range(n):
        row = graph.in_idx[graph.in_ptr[v] : graph.in_ptr[v + 1]]
        assert (np.diff(row) > 0).all()
        assert sorted(graph.index[row].tolist()) == rows[int(graph.index[v])]
    assert graph.in_degree().tolist() == [len(rows[v]) for v in range(n)]
    assert graph.out_degree().tolist() == [sum(u == v for u, _ in pairs) for v in range(n)]
    out = graph.out_degree().tolist()
    assert graph.index.tolist() == sorted(range(n), key=lambda v: (-out[v], v))
    assert graph.rank[graph.index].tolist() == list(range(n))
    assert graph.index.dtype == graph.rank.dtype == graph.in_idx.dtype == np.int32
    assert graph.in_ptr.dtype == np.int64


@given(arc_lists(), st.randoms(), st.sampled_from(["merge", "combine"]), st.booleans(), st.booleans())
def test_the_graph_does_not_depend_on_order_or_threads(problem, random, multi_edges, directed, weighted):
    n, arcs = problem
    one = build(n, arcs, weighted, multi_edges=multi_edges, directed=directed, threads=1)
    shuffled = list(arcs)
    random.shuffle(shuffled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_ARCS_FOR_THREADS", 0)
        for threads in (1, 2, 3):
            other = build(n, shuffled, weighted, multi_edges=multi_edges, directed=directed, threads=threads)
            same_graph(one, other)


def test_a_larger_graph_built_by_many_threads(monkeypatch):
    monkeypatch.setattr(rows, "_ARCS_FOR_THREADS", 0)
    generator = np.random.default_rng(1)
    n, m = (3000, 40_000) if not config.DISABLE_JIT else (60, 900)
    src, dst = generator.integers(0, n, (2, m)) ** 2 // n  # rows of hubs are too long for insertion sort
    p = generator.random(m)
    for column in (None, p):
        graphs = [InfluenceGraph.from_arrays(src, dst, column, n_nodes=n, threads=t) for t in (1, 2, 3, 7)]
        for graph in graphs[1:]:
            same_graph(graphs[0], graph)
        found = {(u, v): x for u, v, x in graphs[0].arcs()}
        expected, _, _ = naive.merged_arcs(zip(src.tolist(), dst.tolist(), p.tolist(), strict=True))
        assert found.keys() == expected.keys()
        if column is not None:
            assert all(found[pair] == np.float32(x) for pair, x in expected.items())
    assert int(np.diff(graphs[0].in_ptr).max()) > 24


@given(arc_lists(), st.integers(1, 4))
def test_the_transpose_reverses_every_arc(problem, threads):
    n, arcs = problem
    graph = build(n, arcs)
    ptr, idx, place = rows.transpose(graph.in_ptr, graph.in_idx, threads, places=True)
    forward = [(u, int(idx[a])) for u in range(n) for a in range(ptr[u], ptr[u + 1])]
    backward = [(int(graph.in_idx[a]), v) for v in range(n) for a in range(graph.in_ptr[v], graph.in_ptr[v + 1])]
    assert forward == sorted(backward)
    assert [backward[a] for a in place] == forward
    again, idx_again, none = rows.transpose(graph.in_ptr, graph.in_idx, threads, places=False)
    assert none is None
    assert np.array_equal(again, ptr)
    assert np.array_equal(idx_again, idx)


def test_forward_rows_are_built_once():
    graph = build(3, [(0, 1, 0.5), (1, 2, 0.25)])
    first = graph.forward()
    assert graph.forward()[0] is first[0]
    with_places = graph.forward(places=True)
    assert with_places[2].size == 2
    assert graph.with_probability("uniform:0.1").forward(places=True)[2] is with_places[2]
    fresh = build(3, [(0, 1, 0.5), (1, 2, 0.25)])
    places = fresh.forward(places=True)
    assert fresh.forward()[0] is places[0]


@given(st.integers(1, 30), st.integers(1, 8), st.randoms())
def test_even_parts_cover_the_rows(n, parts, random):
    ptr = np.cumsum([0, *(random.choice([0, 0, 1, 50]) for _ in range(n))])
    cuts = parallel.even_parts(ptr, parts)
    assert [v for a, b in cuts for v in range(a, b)] == list(range(n))


@pytest.mark.parametrize("directed", [True, False])
def test_known_graphs(directed):
    path = InfluenceGraph.from_arrays([0, 1, 2], [1, 2, 3], directed=directed)
    assert path.n_arcs == (3 if directed else 6)
    star = InfluenceGraph.from_arrays([0] * 5, range(1, 6), directed=directed)
    assert star.out_degree().tolist() == [5, *([0] * 5 if directed else [1] * 5)]
    assert star.index[0] == 0


def test_nodes_without_arcs_stay():
    graph = InfluenceGraph.from_arrays([3], [1], n_nodes=6)
    assert graph.nodes() == [0, 1, 2, 3, 4, 5]
    alone = InfluenceGraph.from_arrays([], [], n_nodes=2)
    assert (alone.n_nodes, alone.n_arcs, alone.arcs()) == (2, 0, [])
    loop = InfluenceGraph.from_arrays([0], [0], [0.5])
    assert (loop.n_nodes, loop.n_arcs, loop.report.self_loops) == (1, 0, 1)


def test_combine_counts_each_parallel_arc_as_an_attempt():
    src, dst = [0, 0, 0, 1], [1, 1, 1, 0]
    graph = InfluenceGraph.from_arrays(src, dst, [0.5, 0.5, 0.5, 0.1], multi_edges="combine")
    assert {(u, v): p for u, v, p in graph.arcs()} == pytest.approx({(0, 1): 0.875, (1, 0): 0.1})
    sure = InfluenceGraph.from_arrays([0, 0], [1, 1], [1.0, 0.5], multi_edges="combine")
    assert sure.arcs() == [(0, 1, 1.0)]


def test_arrays_of_any_integer_type_are_accepted():
    for kind in (np.int32, np.int64, np.uint8, np.uint64, np.int16):
        graph = InfluenceGraph.from_arrays(np.array([0, 1], kind), np.array([1, 2], kind))
        assert graph.n_arcs == 2
    strided = np.arange(12, dtype=np.int32)[::2]
    assert InfluenceGraph.from_arrays(strided, strided + 1).n_nodes == 12


def test_a_negative_zero_is_a_zero():
    graph = InfluenceGraph.from_arrays([0, 0], [1, 1], [-0.0, 0.5])
    assert graph.arcs() == [(0, 1, 0.5)]


# -- invalid arguments ---------------------------------------------------------------------------------------------

ARRAYS = InfluenceGraph.from_arrays


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ARRAYS([0, 1], [1]), InvalidArgumentError, "source and target must have the same length, got 2 and 1"),
        (lambda: ARRAYS([[0]], [1]), InvalidArgumentError, "source must have one dimension, got shape (1, 1)"),
        (lambda: ARRAYS([0.0], [1]), InvalidArgumentError, "source must hold whole numbers (node indices), got float"),
        (lambda: ARRAYS([0], ["a"]), InvalidArgumentError, "target must hold whole numbers (node indices), got <U1"),
        (lambda: ARRAYS([True], [1]), InvalidArgumentError, "source must hold whole numbers (node indices), got bool"),
        (lambda: ARRAYS([0], [-1]), InvalidGraphError, "target holds the node index -1"),
        (lambda: ARRAYS([0], [2**40]), InvalidGraphError, f"target holds the node index {2**40}"),
        (lambda: ARRAYS([0], [MAX_NODES + 1]), InvalidGraphError, f"indices must lie in [0, {MAX_NODES}]"),
        (
            lambda: ARRAYS(np.array([0], np.int32), np.array([-7], np.int32)),
            InvalidGraphError,
            "arc number 0 is (0, -7), but node indices must lie in [0, 0]",
        ),
        (
            lambda: ARRAYS(np.array([-1], np.int32), np.array([-7], np.int32)),
            InvalidGraphError,
            "arc number 0 is (-1, -7), but node indices must",
        ),
        (
            lambda: ARRAYS([0, 1], [1, 5], n_nodes=3),
            InvalidGraphError,
            "arc number 1 is (1, 5), but node indices must lie in [0, 2]; give a larger n_nodes",
        ),
        (lambda: ARRAYS([0], [1], n_nodes=0), InvalidArgumentError, "n_nodes must be at least 1, got 0"),
        (lambda: ARRAYS([0], [1], n_nodes=2.5), InvalidArgumentError, "n_nodes must be a whole number, got 2.5"),
        (lambda: ARRAYS([], []), InvalidGraphError, "no arcs and no nodes; give n_nodes"),
        (lambda: ARRAYS([], [], labels=[]), InvalidArgumentError, "labels must have 1 to 2147483646 entries, got 0"),
        (lambda: ARRAYS([0], [1], labels=["a"]), InvalidGraphError, "arc number 0 is (0, 1)"),
        (
            lambda: ARRAYS([0], [1], labels=["a", "b"], n_nodes=3),
            InvalidArgumentError,
            "labels has 2 entries but n_nodes is 3",
        ),
        (lambda: ARRAYS([0], [1], labels=["a", "a"]), InvalidArgumentError, "labels must all be different"),
        (lambda: ARRAYS([0], [1], multi_edges="sum"), InvalidArgumentError, "multi_edges must be one of merge, comb"),
        (lambda: ARRAYS([0], [1], threads=0), InvalidArgumentError, "threads must be at least 1, got 0"),
        (lambda: ARRAYS([0], [1], probability="luck"), InvalidArgumentError, "got 'luck'"),
        (lambda: ARRAYS([0], [1], probability="column"), InvalidArgumentError, "needs a value per arc"),
        (lambda: ARRAYS([0], [1], [0.1, 0.2]), InvalidArgumentError, "one value per arc, shape (1,), got shape (2,)"),
        (lambda: ARRAYS([0], [1], ["much"]), InvalidArgumentError, "weight must hold real numbers"),
        (lambda: ARRAYS([0, 1], [1, 0], [0.1, -0.5]), InvalidGraphError, "weight[1] is -0.5; values must be finite"),
        (lambda: ARRAYS([0], [1], [float("nan")]), InvalidGraphError, "weight[0] is nan"),
        (lambda: ARRAYS([0], [1], [float("inf")]), InvalidGraphError, "weight[0] is inf"),
        (lambda: ARRAYS([0], [1], [1.5]), InvalidGraphError, "the probability of the arc 0 -> 1 is 1.5"),
        (
            lambda: ARRAYS([0, 1], [1, 0], [0.5, 3], labels=["ann", "bob"]),
            InvalidGraphError,
            "the probability of the arc 'bob' -> 'ann' is 3",
        ),
        (
            lambda: ARRAYS([0, 2, 0, 2], [1, 1, 1, 0], multi_edges="error", labels=["a", "b", "c"]),
            InvalidGraphError,
            "1 arcs are repeated, the first of them into node 'b'",
        ),
        (
            lambda: ARRAYS([0, 1], [1, 0], [0.5, 0.5], directed=False, multi_edges="error"),
            InvalidGraphError,
            "2 arcs are repeated",
        ),
        (lambda: as_graph("karate"), NoSuchFileError, "check the path; imax.datasets.load returns graphs by name"),
        (lambda: as_graph(7), InvalidArgumentError, "graph must be an InfluenceGraph, a file, a table"),
    ],
)  # fmt: skip
def test_bad_input(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument or "")


def test_multi_edges_error_accepts_a_graph_without_parallel_arcs():
    assert ARRAYS([0, 1], [1, 0], multi_edges="error").n_arcs == 2


def test_networkx_and_scipy_graphs_are_accepted():
    import networkx as nx
    import scipy.sparse as sp

    assert as_graph(nx.path_graph(3), probability="uniform:0.1").probability.spec == "uniform:0.1"
    assert as_graph(sp.coo_array(([0.5], ([0], [1])), shape=(2, 2))).arcs() == [(0, 1, 0.5)]
    graph = ARRAYS([0], [1])
    assert as_graph(graph) is graph
    assert as_graph(graph, probability="uniform:0.25").arcs() == [(0, 1, 0.25)]


# -- labels in the graph -----------------------------------------------------------------------------------------


@given(
    st.lists(
        st.one_of(st.integers(), st.text(max_size=4), st.tuples(st.integers(0, 3), st.text(max_size=1)), st.booleans()),
        min_size=2, max_size=8, unique=True,
    )
)  # fmt: skip
def test_labels_of_any_type_are_kept(labels):
    n = len(labels)
    graph = ARRAYS(range(n - 1), range(1, n), labels=labels)
    assert graph.nodes() == labels
    assert [type(x) for x in graph.nodes()] == [type(x) for x in labels]
    assert graph.labels_of(graph.internal_of(labels)) == labels
    assert {(u, v) for u, v, _ in graph.arcs()} == set(itertools.pairwise(labels))
    with pytest.raises(UnknownNodeError, match="seeds: 'nobody here' is not a node of the graph"):
        graph.internal_of(["nobody here"], "seeds")


# -- views and copies --------------------------------------------------------------------------------------------


def test_different_graphs_have_different_fingerprints():
    base = ARRAYS([0, 1], [1, 2], n_nodes=4)
    others = [
        ARRAYS([0, 1], [1, 3], n_nodes=4),
        ARRAYS([0, 1], [1, 2], n_nodes=5),
        base.with_probability("uniform:0.1"),
        base.with_probability("uniform:0.2"),
        ARRAYS([0, 1], [1, 2], [0.5, 0.25], n_nodes=4),
        ARRAYS([0, 1], [1, 2], [0.25, 0.5], n_nodes=4),
    ]
    prints = {graph.fingerprint for graph in (base, *others)}
    assert len(prints) == 7
    assert base.fingerprint == ARRAYS([1, 0], [2, 1], n_nodes=4).fingerprint


@pytest.mark.parametrize("labels", [None, [5, 3, 9], ["a", "b", None], ["ä", 1.5, 2]])
@pytest.mark.parametrize("spec", [None, "uniform:0.1", "exponential"])
def test_a_graph_is_restored_from_its_parts(labels, spec):
    graph = ARRAYS([0, 1, 0], [1, 2, 2], [0.1, 0.2, 0.3], labels=labels, probability=spec, rng=1)
    meta, arrays = to_parts(graph)
    same_graph(graph, from_parts(meta, arrays))
    assert from_parts(meta, arrays).nodes() == graph.nodes()
    for again in (pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph)):
        same_graph(graph, again)
        assert again.forward()[0].tolist() == graph.forward()[0].tolist()


def test_parts_that_do_not_fit_are_refused():
    meta, arrays = to_parts(ARRAYS([0, 1], [1, 2], [0.1, 0.2]))
    with pytest.raises(FileFormatError, match=r"the array 'in_ptr' has shape \(3,\), not \(4,\)"):
        check_arrays(Layout.of(GRAPH_ARRAYS, meta), arrays | {"in_ptr": arrays["in_ptr"][:-1]})
    with pytest.raises(FileFormatError, match="the probabilities of the arcs are missing"):
        from_parts(meta, {k: v for k, v in arrays.items() if k != "values"})
    with pytest.raises(InvalidArgumentError, match=r"the label \(1, 2\) cannot be stored"):
        to_parts(ARRAYS([0], [1], labels=[(1, 2), (3, 4)]))


def test_reports_and_repr():
    graph = ARRAYS([0, 1, 1], [1, 1, 2])
    assert repr(graph) == "<InfluenceGraph: 3 nodes, 2 arcs, weighted_cascade>"
    noted = graph.with_report(notes=("read from a file",), bad_lines=2)
    assert noted.report == dataclasses.replace(graph.report, notes=("read from a file",), bad_lines=2)
    assert graph.report.notes == ()


# -- LT weights --------------------------------------------------------------------------------------------------


def test_lt_sums_above_1_are_refused_and_the_node_is_named():
    graph = ARRAYS([0, 1, 2], [2, 2, 1], [0.7, 0.6, 0.1], labels=["a", "b", "c"])
    for call in (
        graph.check_lt,
        lambda: imax.maximize(graph, 1, model="lt"),
        lambda: imax.spread(graph, ["a"], model="lt"),
        lambda: imax.sample_rr_sets(graph, 5, model="lt"),
    ):
        with pytest.raises(InvalidGraphError, match=r"the LT weights into node 'c' sum to 1\.3, above 1; use"):
            call()
    uniform = ARRAYS([0, 1, 2], [3, 3, 3], probability="uniform:0.4")
    with pytest.raises(InvalidGraphError, match=r"into node 3 sum to 1\.2"):
        uniform.check_lt()


def test_lt_sums():
    pairs = [(0, 2), (1, 2), (2, 1)]
    src, dst = zip(*pairs, strict=True)
    by_node = {
        "wc": [0, 1, 1],
        "uniform:0.25": [0, 0.25, 0.5],
        "column": [0, 0.125, 0.75],
        "lt_normalized": [0, 1, 1],
    }
    for spec, expected in by_node.items():
        graph = ARRAYS(src, dst, [0.5, 0.25, 0.125], probability=spec)
        assert graph.check_lt()[graph.rank].tolist() == pytest.approx(expected)


def test_lt_sums_may_exceed_1_by_rounding():
    d = 1000
    graph = ARRAYS(range(1, d + 1), [0] * d, np.full(d, 1 / d, dtype=np.float32) * np.float32(1 + 1e-6))
    assert graph.check_lt().max() > 1.0


def test_a_sum_of_lt_weights_near_1_is_scaled_to_1():
    sums = np.array([0.0, 0.5, 1 - 2 * LT_SLACK, 1 - LT_SLACK / 2, 1.0, 1 + LT_SLACK / 2])
    assert lt_normalizers(sums).tolist() == [1.0, 1.0, 1.0, *sums[3:]]


def test_the_public_methods_are_those_of_the_class_itself():
    public = {name for name in vars(InfluenceGraph) if not name.startswith("_")}
    assert public == {
        "arc_arrays", "arcs", "from_arrays", "from_edges", "from_frame", "from_networkx", "from_scipy", "in_degree",
        "nodes", "out_degree", "to_networkx", "to_scipy", "walks", "with_probability",
    }  # fmt: skip
