"""Conversion from and to other libraries, compared with dictionaries built by hand."""

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from imax.errors import ImaxError, InvalidArgumentError, InvalidGraphError
from imax.graph.influence_graph import InfluenceGraph

from_edges, from_frame = InfluenceGraph.from_edges, InfluenceGraph.from_frame
from_networkx, from_scipy = InfluenceGraph.from_networkx, InfluenceGraph.from_scipy

quiet = settings(deadline=None, max_examples=100)

atoms = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-3, 12),
    st.text(max_size=3),
    st.booleans(),
    st.floats(allow_nan=False),
    st.binary(max_size=2),
)
labels_of_any_kind = st.one_of(atoms, st.tuples(atoms, atoms), st.frozensets(st.integers(0, 3)))
probabilities = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, width=32))


@st.composite
def arc_lists(draw, labels=labels_of_any_kind):
    """Return (labels, [(place, place, p)]): self-loops, parallel arcs, isolated nodes, a single node."""
    nodes = draw(st.lists(labels, min_size=1, max_size=8, unique=True))
    place = st.integers(0, len(nodes) - 1)
    return nodes, draw(st.lists(st.tuples(place, place, probabilities), max_size=20))


def merged(arcs, *, directed=True):
    """Return {(u, v): largest p} without self-loops; in both directions if undirected."""
    result = {}
    for u, v, p in arcs:
        for a, b in [(u, v)] if directed else [(u, v), (v, u)]:
            if a != b:
                result[a, b] = max(p, result.get((a, b), 0.0))
    return result


def networkx_graph(kind, nodes, arcs):
    graph = kind()
    graph.add_nodes_from(nodes)
    for u, v, p in arcs:
        graph.add_edge(nodes[u], nodes[v], p=p)
    return graph


def content(graph):
    """Return what is equal for two equal graphs, even if their internal ids differ."""
    return graph.nodes(), {(u, v): p for u, v, p in graph.arcs()}


def same_labels(one, other):
    return one == other and list(map(type, one)) == list(map(type, other))


@quiet
@given(arc_lists(), st.sampled_from([nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph]))
def test_networkx_round_trip(case, kind):
    nodes, arcs = case
    source = networkx_graph(kind, nodes, arcs)
    if not source.is_multigraph():  # these keep the last p of a pair
        arcs = [(nodes.index(u), nodes.index(v), p) for u, v, p in source.edges(data="p")]
    expected = merged(arcs, directed=source.is_directed())
    graph = from_networkx(source, weight="p")
    assert graph.report.arcs_given == source.number_of_edges()
    assert graph.report.directed is source.is_directed()
    back = graph.to_networkx()
    assert same_labels(list(back), nodes)
    assert {(u, v): p for u, v, p in back.edges(data="p")} == {
        (nodes[u], nodes[v]): p for (u, v), p in expected.items()
    }
    assert all(type(p) is float for _, _, p in back.edges(data="p"))
    again = from_networkx(back, weight="p")
    assert content(again) == content(graph)
    assert same_labels(again.nodes(), nodes)


@quiet
@given(arc_lists())
def test_edges_round_trip(case):
    nodes, arcs = case
    triples = [(nodes[u], nodes[v], p) for u, v, p in arcs]
    if {int, str} <= set(map(type, nodes)):
        with pytest.raises(InvalidArgumentError, match="edges mixes labels that are integers and texts"):
            from_edges(triples, nodes=nodes)
        return
    graph = from_edges(triples, nodes=nodes)
    assert same_labels(graph.nodes(), nodes)
    expected = {(nodes[u], nodes[v]): p for (u, v), p in merged(arcs).items()}
    if arcs:
        assert {(u, v): p for u, v, p in graph.arcs()} == expected
    both = from_edges([row[:2] for row in triples], nodes=nodes, directed=False)
    assert {(u, v) for u, v, _ in both.arcs()} == set(expected) | {(v, u) for u, v in expected}


@quiet
@given(arc_lists(labels=st.integers(-(2**63), 2**63 - 1)) | arc_lists(labels=st.integers(0, 9)))
def test_integer_labels_are_in_ascending_order(case):
    nodes, arcs = case
    pairs = [(nodes[u], nodes[v]) for u, v, _ in arcs]
    if not pairs:
        return
    graph = from_edges(pairs)
    assert graph.nodes() == sorted({label for pair in pairs for label in pair})
    assert {(u, v) for u, v, _ in graph.arcs()} == {(u, v) for u, v in pairs if u != v}
    same = from_edges(np.array(pairs))
    assert content(same) == content(graph)
    assert same.nodes() == graph.nodes()


FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]


@quiet
@given(arc_lists(labels=st.integers(0, 20)), st.sampled_from(FORMATS), st.booleans())
def test_scipy_round_trip(case, name, as_array):
    nodes, arcs = case
    n = len(nodes)
    expected = {pair: p for pair, p in merged(arcs).items() if p > 0}
    dense = np.zeros((n, n))
    for (u, v), p in expected.items():
        dense[u, v] = p
    matrix = getattr(sp, f"{name}_{'array' if as_array else 'matrix'}")(dense)
    graph = from_scipy(matrix)
    assert graph.nodes() == list(range(n))
    assert {(u, v): p for u, v, p in graph.arcs()} == expected
    back = graph.to_scipy()
    assert isinstance(back, sp.csr_array)
    assert back.dtype == np.float32
    assert np.array_equal(back.toarray(), dense.astype(np.float32))
    assert content(from_scipy(back)) == content(graph)


def test_stored_zeros_of_scipy_are_arcs():
    matrix = sp.coo_array(([0.0, 1.0, 0.25], ([0, 1, 1], [1, 2, 2])), shape=(4, 4))
    graph = from_scipy(matrix)
    assert sorted(graph.arcs()) == [(0, 1, 0.0), (1, 2, 1.0)]
    assert graph.report.parallel_arcs == 1
    back = graph.to_scipy()
    assert back.nnz == 2
    assert back.has_sorted_indices
    assert content(from_scipy(back)) == content(graph)


def test_scipy_values_are_weights_if_they_are_floats():
    counts = sp.coo_array(([3, 1], ([0, 2], [1, 1])), shape=(3, 3))
    assert from_scipy(counts).probability.spec == "weighted_cascade"
    assert from_scipy(counts.astype(bool)).weight is None
    assert from_scipy(counts, weighted=True, probability="lt_normalized").arcs() == [(0, 1, 0.75), (2, 1, 0.25)]
    assert from_scipy(counts.astype(float), weighted=False).probability.spec == "weighted_cascade"
    assert from_scipy(counts, directed=False).n_arcs == 4


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (np.eye(3), "matrix must be a SciPy sparse array, got ndarray"),
        (sp.coo_array((2, 3)), "matrix must be square and not empty, got shape (2, 3)"),
        (sp.coo_array(np.ones(3)), "matrix must be square and not empty, got shape (3,)"),
        (sp.csr_array((0, 0)), "got shape (0, 0)"),
        (sp.coo_array(np.eye(2) * 1j), "matrix must hold real numbers, got dtype complex128"),
    ],
)
def test_scipy_errors(matrix, says):
    with pytest.raises(InvalidArgumentError) as caught:
        from_scipy(matrix)
    assert says in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument or "")


def test_networkx_options():
    graph = from_networkx(nx.MultiDiGraph([(0, 1), (0, 1), (2, 1)]), multi_edges="combine", probability="uniform:0.5")
    assert {(u, v): round(p, 6) for u, v, p in graph.arcs()} == {(0, 1): 0.75, (2, 1): 0.5}
    bare = graph.to_networkx(weight=None)
    assert dict(bare.edges) == {(0, 1): {}, (2, 1): {}}
    assert from_networkx(nx.path_graph(3)).probability.spec == "weighted_cascade"
    view = nx.subgraph_view(nx.path_graph(5), filter_node=lambda node: node != 2)
    assert from_networkx(view).n_arcs == 4


def test_labels_that_are_not_plain_integers_keep_their_type():
    assert same_labels(from_networkx(nx.DiGraph([(False, True)])).nodes(), [False, True])
    assert from_networkx(nx.DiGraph([(np.int64(0), np.int64(7))])).nodes() == [0, 7]
    assert from_networkx(nx.DiGraph([(2**64, 0)])).nodes() == [2**64, 0]


@pytest.mark.parametrize(
    ("edge", "says"),
    [
        ({}, "edge ('b', ('c', 1)) has no attribute 'p'"),
        ({"p": "much"}, "attribute 'p' of edge ('b', ('c', 1)): 'much' is not a number"),
        ({"p": None}, "attribute 'p' of edge ('b', ('c', 1)): the number is missing (None)"),
        ({"p": float("nan")}, "attribute 'p' of edge ('b', ('c', 1)): the number is missing (nan)"),
    ],
)
def test_errors_about_attributes_name_the_edge(edge, says):
    source = nx.MultiDiGraph()
    source.add_edge("a", "b", p=0.5)
    source.add_edge("b", ("c", 1), **edge)
    with pytest.raises(ImaxError) as caught:
        from_networkx(source, weight="p")
    assert says in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument or "")


def test_from_networkx_refuses_other_objects():
    with pytest.raises(InvalidArgumentError, match="graph must be a NetworkX graph, got list"):
        from_networkx([(0, 1)])


def test_edges_in_any_container():
    pairs = [("b", "a"), ("a", "c")]
    graph = from_edges(iter(pairs))
    assert graph.nodes() == ["b", "a", "c"]
    assert content(from_edges([list(pair) for pair in pairs])) == content(graph)
    assert from_edges(np.array(pairs)).nodes() == graph.nodes()
    assert from_edges(np.array([[0, 1], [1, 2]], np.uint64)).nodes() == [0, 1, 2]
    assert from_edges(np.array([[0, 2**63]], np.uint64)).nodes() == [0, 2**63]
    assert from_edges([(5, 10**9)]).nodes() == [5, 10**9]
    assert from_edges([], nodes=["alone"]).n_nodes == 1
    assert from_edges([(1, 0)], nodes=[1, 0, 2]).nodes() == [1, 0, 2]
    assert InfluenceGraph.from_edges([(0, 1, 0.5)]).arcs() == [(0, 1, 0.5)]


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        ([(0, 1), (0, 1, 0.5)], "number 0 is (0, 1) but number 1 is (0, 1, 0.5)"),
        ([(0, 1), (0,)], "edge number 1 must be (source, target) or (source, target, weight), got (0,)"),
        (["ab"], "edge number 0 must be (source, target) or (source, target, weight), got 'ab'"),
        ([(0, 1), 7], "edge number 1 must be (source, target) or (source, target, weight), got 7"),
        ([("a", ["b"])], "a node label must be hashable, got ['b']"),
        ([("a", None)], "a node label is missing (None)"),
        ([("a", float("nan"))], "a node label is missing (nan)"),
        ([(0, 1, 0.5), (1, 2, "x")], "edge number 1, (1, 2, 'x'): 'x' is not a number"),
        ([(0, 1, None)], "edge number 0, (0, 1, None): the number is missing (None)"),
    ],
)
def test_edges_errors(edges, says):
    with pytest.raises(InvalidArgumentError) as caught:
        from_edges(edges)
    assert says in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument or "")


@pytest.fixture(params=["pandas", "polars"])
def frame(request):
    return pytest.importorskip(request.param).DataFrame


def test_frames(frame):
    table = frame({"p": [0.5, 0.25, 1.0], "who": ["x", "y", "x"], "whom": ["y", "z", "z"]})
    graph = from_frame(table, "who", "whom", "p")
    assert sorted(graph.arcs()) == [("x", "y", 0.5), ("x", "z", 1.0), ("y", "z", 0.25)]
    assert content(from_frame(table, 1, -1, 0)) == content(graph)
    assert from_frame(table, 1, 2, directed=False).n_arcs == 6
    assert from_frame(table, 1, 2, nodes=["w"]).nodes() == ["w", "x", "y", "z"]
    numbers = frame({"a": [4, 9], "b": [9, 7]})
    assert from_frame(numbers).nodes() == [4, 7, 9]


def test_frame_errors(frame):
    table = frame({"who": ["x", None], "whom": ["y", "z"], "p": ["0.5", "high"]})
    for arguments, says in [
        (
            ("nobody", "whom"),
            "source must be one of the columns, or a position; got 'nobody'; frame has the columns 'who', 'whom', 'p'",
        ),
        (("whom", 3), "target must be one of the columns"),
        (("who", "whom"), "row 1 of column 'who' is missing"),
        (("p", "whom", "p"), "row 1 of column 'p': 'high' is not a number"),
    ]:
        with pytest.raises(InvalidArgumentError) as caught:
            from_frame(table, *arguments)
        assert says in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument or "")
    with pytest.raises(InvalidArgumentError, match=r"frame must be a table .*, got list"):
        from_frame([(0, 1)])


def test_probabilities_outside_the_unit_interval_are_refused_by_the_graph():
    with pytest.raises(InvalidGraphError):
        from_edges([(0, 1, 1.5)])


@pytest.mark.parametrize(
    "make",
    [
        lambda: from_networkx(nx.Graph()),
        lambda: from_edges([]),
        lambda: from_edges(np.empty((0, 2), int)),
        lambda: from_edges([], nodes=[]),
    ],
)
def test_a_graph_needs_a_node(make):
    with pytest.raises(InvalidGraphError, match="no nodes"):
        make()


def test_networkx_has_no_node_none():
    graph = InfluenceGraph.from_arrays([0], [1], labels=[None, "a"])
    with pytest.raises(InvalidGraphError, match="the label None, which NetworkX does not accept"):
        graph.to_networkx()
