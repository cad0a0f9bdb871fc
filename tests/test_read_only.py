"""Nobody can change a graph: every array that it holds or returns refuses writes, whatever it was made from."""

import copy
import pickle

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

import imax
from imax import InfluenceGraph
from imax.capacity import CapacityProblem
from imax.diffusion.tables import forward_ic, prepare
from imax.recommend import Reranker

EDGES = [(10, 20, 0.5), (20, 30, 0.25), (10, 30, 0.125), (40, 10, 1.0)]
SOURCE, TARGET, WEIGHT = [0, 1, 0, 3], [1, 2, 2, 0], [0.5, 0.25, 0.125, 1.0]


def written(folder, graph, name):
    imax.write_graph(graph, folder / name)
    return imax.read_graph(folder / name)


def frame():
    return pytest.importorskip("pandas").DataFrame({"a": SOURCE, "b": TARGET})


def base():
    return InfluenceGraph.from_edges(EDGES)


CONSTRUCTORS = {
    "arrays": lambda folder: InfluenceGraph.from_arrays(SOURCE, TARGET, WEIGHT),
    "own arrays": lambda folder: InfluenceGraph.from_arrays(
        np.array(SOURCE, np.int32), np.array(TARGET, np.int32), np.float32(WEIGHT), labels=np.array([7, 5, 3, 1])
    ),
    "combined": lambda folder: InfluenceGraph.from_arrays([0, 0, 1], [1, 1, 2], multi_edges="combine"),
    "no arcs": lambda folder: InfluenceGraph.from_arrays([], [], n_nodes=3),
    "one node": lambda folder: InfluenceGraph.from_arrays([], [], n_nodes=1, probability="uniform:0.5"),
    "edges": lambda folder: base(),
    "texts": lambda folder: InfluenceGraph.from_edges([("a", "b"), ("b", "c")]),
    "frame": lambda folder: InfluenceGraph.from_frame(frame()),
    "networkx": lambda folder: InfluenceGraph.from_networkx(nx.DiGraph([(1, 2), (2, 3)])),
    "scipy": lambda folder: InfluenceGraph.from_scipy(sp.csr_array((WEIGHT, (SOURCE, TARGET)), shape=(4, 4))),
    "dataset": lambda folder: imax.datasets.load("karate"),
    "mapped": lambda folder: written(folder, base(), "g.imax"),
    "text file": lambda folder: written(folder, base(), "g.txt"),
    "uniform": lambda folder: base().with_probability("uniform:0.5"),
    "trivalency": lambda folder: base().with_probability("trivalency", rng=1),
    "report": lambda folder: base().with_report(self_loops=1),
    "pickled": lambda folder: pickle.loads(pickle.dumps(base())),
    "deep copy": lambda folder: copy.deepcopy(base()),
    "copy": lambda folder: copy.copy(base()),
    "mapped and pickled": lambda folder: pickle.loads(pickle.dumps(written(folder, base(), "g.imax"))),
}  # fmt: skip


def arrays_of(thing, seen):
    """Yield all arrays in an object, its attributes and its items."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from arrays_of(value, seen)
    elif isinstance(thing, (tuple, list)):
        for value in thing:
            yield from arrays_of(value, seen)
    elif type(thing).__module__.startswith("imax"):
        yield from arrays_of(vars(thing), seen)


def used(graph):
    """Return a graph after everything that it keeps was computed, and what its internal methods return."""
    if graph.n_arcs:
        graph.labels.find(graph.nodes()[:1])
    for places in (False, True):
        graph.forward(places=places)
    prepare(graph, "ic", 1)
    forward_ic(graph, 1)
    return [graph, graph.rank, graph.arc_values(), graph.forward(), prepare(graph, "ic", 1), graph.arc_arrays()[2]]


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_every_array_of_a_graph_refuses_writes(tmp_path, name):
    graph = CONSTRUCTORS[name](tmp_path)
    things = used(graph)
    found = list(arrays_of(things, {}))
    held = [graph.in_ptr, graph.in_idx, graph.index, graph.rank, *graph.forward()]
    assert all(any(array is other for other in found) for array in held if array is not None)
    for array in found:
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    assert graph.fingerprint == CONSTRUCTORS[name](tmp_path / ".").fingerprint


def test_the_callers_arrays_stay_the_callers():
    source, target, labels = np.array([0, 1], np.int32), np.array([1, 2], np.int32), np.array([5, 6, 7])
    graph = InfluenceGraph.from_arrays(source, target, labels=labels)
    source[:] = target[:] = labels[:] = 2**30
    assert sorted(graph.arcs()) == [(5, 6, 1.0), (6, 7, 1.0)]
    assert source.flags.writeable


def test_what_is_computed_anew_belongs_to_the_caller():
    graph = base()
    for array in (graph.in_degree(), graph.out_degree(), *graph.arc_arrays()[:2]):
        array[...] = 0
    assert graph.fingerprint == base().fingerprint


@pytest.mark.parametrize("algorithm", ["heteroim", "heteroir", "probability"])
def test_a_reranker_refuses_writes_too(tmp_path, algorithm):
    graph = imax.datasets.load("karate").with_probability("trivalency", rng=1)
    made = Reranker(graph, algorithm, rng=1, threads=1)
    made.save(tmp_path / "r")
    for reranker in (made, Reranker.load(tmp_path / "r"), pickle.loads(pickle.dumps(made))):
        network = reranker._prepared.context.network
        for array in (network.ptr, network.idx, network.by_arc, network.acceptance):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_a_capacity_problem_works_on_a_read_only_graph():
    problem = CapacityProblem(imax.datasets.load("karate"), [0, 33], 2)
    assert imax.capacity.assign(problem, rng=1, threads=1).spread > 0
