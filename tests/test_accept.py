"""Objects of other libraries go into every function, and results come back in the caller's kind.

The libraries are real where they can be installed. Not tested with the real library: graph-tool, PyTorch, PyTorch
Geometric and DGL; small objects with the same attributes stand for them.
"""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

import imax
from imax.errors import InvalidArgumentError, MissingDependencyError, NoSuchFileError, UnknownNodeError
from imax.graph.labelled_arcs import python_labels

ROWS = [("ann", "bob", 0.5), ("bob", "cid", 0.25)]
COLUMNS = {"id": [1, 2], "from": ["ann", "bob"], "to": ["bob", "cid"], "p": [0.5, 0.25]}


def tables():
    """Yield (name, table) for the libraries that are installed."""
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    duckdb = pytest.importorskip("duckdb")
    frame = pd.DataFrame(COLUMNS)
    yield from {
        "pandas": frame,
        "polars": pl.DataFrame(COLUMNS),
        "lazy": pl.LazyFrame(COLUMNS),
        "pyarrow": pa.table(COLUMNS),
        "duckdb": duckdb.sql("SELECT * FROM frame"),
        "dict": COLUMNS,
        "stream": OneStream(pa.table(COLUMNS).to_reader()),
    }.items()


class OneStream:
    """An object that hands out its Arrow stream only once."""

    def __init__(self, reader):
        self.reader = reader

    def __arrow_c_stream__(self, requested_schema=None):
        reader, self.reader = self.reader, None
        return reader.__arrow_c_stream__(requested_schema)


def test_tables():
    for name, table in tables():
        graph = imax.as_graph(table, probability="column")
        assert graph.arcs() == ROWS, name
        assert "'from' (source) and 'to' (target)" in graph.report.notes[0]
    for name, table in tables():
        if name != "stream":
            assert ("bob", "ann", 1.0) in imax.as_graph(table, source="to", target="from").arcs()
            assert imax.maximize(table, 1, algorithm="degree", rng=1).seeds == ["ann"], name
            assert imax.InfluenceGraph.from_frame(table, 1, 2, 3).arcs() == ROWS


def test_tables_that_are_not_clear():
    pd = pytest.importorskip("pandas")
    with pytest.raises(InvalidArgumentError, match=r"no names are clear; frame has the columns 'a', 'b', 'c'"):
        imax.maximize(pd.DataFrame({"a": [1], "b": [2], "c": [3]}), 1)
    with pytest.raises(
        InvalidArgumentError, match=r"frame mixes labels that are integers and texts, such as 1 and '2'"
    ):
        imax.as_graph(pd.DataFrame({"from": [1], "to": ["2"]}))
    assert imax.as_graph(pd.DataFrame({"from": [1.0, 2.0], "to": [2.0, 3.0]})).nodes() == [1, 2, 3]
    assert imax.as_graph(pd.DataFrame([["x", 5, 6], ["y", 6, 7]], columns=[7, 1, 0]), source=1, target=0).nodes() == [
        5,
        6,
        7,
    ]


def test_igraph():
    igraph = pytest.importorskip("igraph")
    graph = igraph.Graph.TupleList(ROWS, directed=True, weights=True)
    assert imax.as_graph(graph, weight="weight").arcs() == ROWS
    assert imax.as_graph(graph, probability="column").arcs() == ROWS
    assert imax.as_graph(igraph.Graph.Ring(4)).n_arcs == 8
    assert imax.as_graph(igraph.Graph(3)).n_nodes == 3
    with pytest.raises(InvalidArgumentError, match=r"weight must be an attribute of the edges \('weight'\), got 'p'"):
        imax.as_graph(graph, weight="p")
    graph.vs["name"] = ["a", "a", "b"]
    with pytest.raises(InvalidArgumentError, match="'name' must be different"):
        imax.as_graph(graph)


def test_rustworkx():
    rx = pytest.importorskip("rustworkx")
    graph = rx.PyDiGraph()
    graph.add_nodes_from(["gone", "ann", "bob", "cid"])
    graph.add_edges_from([(1, 2, 0.5), (2, 3, 0.25)])
    graph.remove_node(0)
    assert imax.as_graph(graph, probability="column").arcs() == ROWS
    assert imax.as_graph(graph, weight="weight").arcs() == ROWS
    with pytest.raises(InvalidArgumentError, match="weight must be an attribute"):
        imax.as_graph(graph, weight="p")
    both = rx.PyGraph()
    both.add_nodes_from([{"name": "ann"}, {"name": "bob"}])
    both.add_edge(0, 1, {"p": 0.5})
    assert imax.as_graph(both, probability="column").arcs() == [(1, 0, 0.5), (0, 1, 0.5)]


def test_networkit():
    nk = pytest.importorskip("networkit")
    graph = nk.Graph(4, weighted=True, directed=True)
    graph.addEdge(0, 1, 0.5)
    graph.addEdge(1, 3, 0.25)
    graph.removeNode(2)
    assert imax.as_graph(graph).nodes() == [0, 1, 3]
    assert imax.as_graph(graph, probability="column").arcs() == [(0, 1, 0.5), (1, 3, 0.25)]
    with pytest.raises(InvalidArgumentError, match="weight must be an attribute"):
        imax.as_graph(graph, weight="p")


class Tensor:
    """An array with the methods of a tensor of PyTorch."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def detach(self):
        return self

    def cpu(self):
        return self

    def __array__(self, dtype=None, copy=None):
        return self.values


Tensor.__module__ = "torch"


def stand_in(library, **attributes):
    """Return an object whose class seems to come from a library."""
    kind = type("Graph", (), {"__module__": library})
    value = kind()
    value.__dict__.update(attributes)
    return value


def test_tensors_and_graphs_of_libraries_that_are_not_installed():
    index = Tensor([[0, 1, 2], [1, 2, 0]])
    assert imax.as_graph(index).n_arcs == 3
    assert imax.InfluenceGraph.from_edges(Tensor([[0, 1], [1, 2]])).nodes() == [0, 1, 2]
    data = stand_in("torch_geometric.data", edge_index=index, num_nodes=5, edge_weight=Tensor([0.5, 0.25, 1.0]))
    assert imax.as_graph(data).n_nodes == 5
    assert sorted(imax.as_graph(data, probability="column").arcs())[0] == (0, 1, 0.5)
    with pytest.raises(InvalidArgumentError, match="edge_index must have the shape"):
        imax.as_graph(stand_in("torch_geometric.data", edge_index=Tensor([[0, 1]])))
    dgl = stand_in(
        "dgl", edges=lambda: (Tensor([0, 1]), Tensor([1, 2])), num_nodes=lambda: 3, edata={"p": Tensor([0.5, 1])}
    )
    assert sorted(imax.as_graph(dgl, probability="column").arcs()) == [(0, 1, 0.5), (1, 2, 1.0)]
    tool = stand_in(
        "graph_tool",
        get_edges=lambda properties: np.array([[0, 3, 0.5], [3, 1, 0.25]])[:, : 2 + len(properties)],
        get_vertices=lambda: np.array([0, 1, 3]),
        is_directed=lambda: True,
        edge_properties={"p": "property"},
    )
    assert sorted(imax.as_graph(tool, weight="p").arcs()) == [(0, 3, 0.5), (3, 1, 0.25)]
    assert imax.as_graph(tool).nodes() == [0, 1, 3]


def test_arrays_lists_paths_and_sparse_matrices(tmp_path):
    assert imax.as_graph(np.array([[0, 1], [1, 2]])).n_arcs == 2
    assert imax.as_graph(ROWS).arcs() == imax.as_graph(iter(ROWS)).arcs() == ROWS
    assert imax.as_graph(sp.csr_array(np.eye(3, k=1)), probability="column").n_arcs == 2
    assert imax.as_graph(nx.path_graph(3), directed=None).n_arcs == 4
    path = tmp_path / "g.csv"
    path.write_text("from,to,p\nann,bob,0.5\nbob,cid,0.25\n")
    for name in (str(path), path):
        assert imax.as_graph(name, weight="p").arcs() == ROWS
        assert imax.spread(name, ["ann"], n_simulations=10, rng=1).spread == 3
    graph = imax.as_graph(Path(path))
    assert imax.as_graph(graph) is graph


@pytest.mark.parametrize(
    ("graph", "options", "message"),
    [
        (np.zeros((2, 5), int), {}, r"graph must be an array with one row .*shape \(2, 5\).*edge_index.T"),
        (np.zeros((4, 4)), {}, r"for an adjacency matrix use scipy.sparse.csr_array"),
        (object(), {}, "graph must be an InfluenceGraph, a file, a table"),
        (nx.path_graph(3), {"source": "a"}, "source does not apply to a graph of the type Graph"),
        (nx.path_graph(3), {"directed": False}, "directed does not apply"),
        (nx.path_graph(3), {"probability": "column"}, "weight must name the column with the weights"),
        (ROWS, {"weight": "p"}, "weight does not apply to a graph of the type list"),
        (sp.eye_array(3), {"weight": "p"}, "weight does not apply"),
        (imax.datasets.load("karate"), {"weight": "p"}, "weight does not apply"),
        ([(1, 2), ("3", 4)], {}, "edges mixes labels that are integers and texts, such as 1 and '3'"),
    ],
)
def test_what_is_refused(graph, options, message):
    with pytest.raises(InvalidArgumentError, match=message) as error:
        imax.as_graph(graph, **options)
    assert str(error.value).startswith(error.value.argument)


def test_errors_about_arrays_and_files(tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"edges must have one row per arc, got the shape \(2, 5\)"):
        imax.InfluenceGraph.from_edges(np.zeros((2, 5), int))
    with pytest.raises(NoSuchFileError, match=r"imax\.datasets\.load returns graphs by name"):
        imax.maximize("karate", 1)


def test_scalars_become_python_values():
    assert [type(x) for x in python_labels([np.int64(1), np.array(2), np.str_("a"), np.float32(0.5), (1, 2)])] == [
        int, int, str, float, tuple,
    ]  # fmt: skip
    days = np.array(["2026-01-01"], "datetime64[D]")
    assert python_labels([days[0]]) == [days[0]]
    graph = imax.InfluenceGraph.from_edges([(np.array(3), np.array(4)), (np.array(4), np.array(3))])
    assert graph.nodes() == [3, 4]
    with pytest.raises(InvalidArgumentError, match="edges mixes labels"):
        imax.InfluenceGraph.from_edges([(np.int64(1), np.str_("1"))])


# -- back to the caller's kind ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results():
    graph = imax.datasets.load("karate")
    return [
        imax.maximize(graph, 2, epsilon=0.3, rng=1),
        imax.curve(graph, 2, epsilon=0.3, rng=1),
        imax.compare(graph, 2, algorithms=["degree", "random"], n_simulations=10, rng=1),
    ]


@pytest.mark.parametrize("backend", ["pandas", "polars", "polars-lazy", "pyarrow"])
def test_results_as_frames(backend, results):
    pytest.importorskip(backend.partition("-")[0])
    for result in results:
        frame = result.to_frame(backend=backend)
        assert type(frame).__module__.partition(".")[0] == backend.partition("-")[0]
    with pytest.raises(InvalidArgumentError, match="backend must be one of"):
        results[0].to_frame("excel")


def test_frames_need_their_library(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(MissingDependencyError, match="to_frame needs polars"):
        imax.maximize(imax.datasets.load("karate"), 1, algorithm="degree").to_frame("polars")


def test_attributes_of_nodes():
    igraph = pytest.importorskip("igraph")
    graph = nx.DiGraph(row[:2] for row in ROWS)
    result = imax.maximize(graph, 1, rng=1)
    imax.set_attributes(graph, result, prefix="")
    assert graph.nodes["ann"] == {"seed": True, "rank": 1, "gain": result.gains[0]}
    assert graph.nodes["cid"] == {"seed": False, "rank": 0, "gain": 0.0}
    other = igraph.Graph.TupleList(ROWS, directed=True, weights=True)
    imax.set_attributes(other, result)
    assert other.vs["imax_rank"] == [1, 0, 0]
    plain = igraph.Graph.Star(4)
    imax.set_attributes(plain, imax.maximize(plain, 1, algorithm="degree", rng=1))
    assert plain.vs["imax_seed"] == [True, False, False, False]
    with pytest.raises(UnknownNodeError, match="graph has no node 'ann'"):
        imax.set_attributes(plain, result)
    with pytest.raises(InvalidArgumentError, match="graph must be a NetworkX or igraph graph, got list"):
        imax.set_attributes(ROWS, result)


def test_a_memory_limit_bounds_the_reading_of_a_file(tmp_path):
    path = tmp_path / "arcs.txt"
    path.write_text("".join(f"{v} {v + 1}\n" for v in range(20_000)), encoding="ascii")
    calls = [
        lambda **limit: imax.maximize(path, 1, epsilon=0.5, rng=1, **limit),
        lambda **limit: imax.certify(path, [0], epsilon=0.5, rng=1, **limit),
        lambda **limit: imax.sample_rr_sets(path, 10, rng=1, **limit),
        lambda **limit: imax.recommend.heteroim(path, k=1, epsilon=0.5, rng=1, **limit),
    ]
    for call in calls:
        with pytest.raises(imax.ImaxError, match=r"arcs\.txt: .*max_memory"):
            call(max_memory=100_000)
    assert len(imax.sample_rr_sets(path, 10, rng=1, max_memory="100M")) == 10
