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
from imax.diffusion.sampler import Sampler
from imax.diffusion.tables import forward_ic, prepare
from imax.errors import FileFormatError
from imax.recommend import Reranker
from imax.ris.collection import RRCollection

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


KARATE_SETS = {
    "sampled": lambda: imax.sample_rr_sets(imax.datasets.load("karate"), 100, rng=1),
    "counted": lambda: RRCollection(Sampler(imax.datasets.load("karate"), "ic", (1, 2)), store_singletons=False),
    "pickled": lambda: pickle.loads(pickle.dumps(KARATE_SETS["sampled"]())),
    "deep copy": lambda: copy.deepcopy(KARATE_SETS["counted"]()),
}


@pytest.mark.parametrize("name", KARATE_SETS)
def test_a_collection_refuses_writes_and_still_grows(name):
    sets = KARATE_SETS[name]()
    for size in (100, 3000):
        sets.extend(size)
        estimate = sets.covered(np.array([0], np.int32))
        for array in (sets.nodes, sets.offsets, sets.singletons, *sets.index()):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 2**30
        assert np.shares_memory(sets.nodes, sets.nodes)  # no copy
        assert sets.covered(np.array([0], np.int32)) == estimate


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("_nodes", lambda a: a.fill(2**30)),
        ("_nodes", lambda a: a.fill(-1)),
        ("_offsets", lambda a: a.__setitem__(3, 2**40)),
        ("_offsets", lambda a: a.__setitem__(-1, 5)),
        ("_offsets", lambda a: a.__setitem__(0, -1)),
        ("_singletons", lambda a: a.resize(3, refcheck=False)),
        ("_nodes", lambda a: a.resize(a.size - 1, refcheck=False)),
    ],
)
def test_a_pickle_of_a_collection_is_checked(name, change):
    state = KARATE_SETS["sampled"]().__getstate__()
    array = state[name].copy()
    change(array)
    sets = RRCollection.__new__(RRCollection)
    with pytest.raises(FileFormatError, match="damaged"):
        sets.__setstate__(state | {name: array})
    with pytest.raises(FileFormatError, match="damaged"):
        sets.__setstate__(state | {name: array.astype(np.float64)})


def test_a_problem_with_capacities_and_a_log_refuse_writes():
    problem = CapacityProblem(imax.datasets.load("karate"), [0, 33], 2)
    log = [("ann", "x", 1), ("bob", "x", 2), ("cid", "x", 3)]
    model = imax.learn.credit_model(InfluenceGraph.from_edges([("ann", "cid"), ("bob", "cid")]), log)
    for given in (problem, model):
        for thing in (given, pickle.loads(pickle.dumps(given)), copy.deepcopy(given)):
            found = list(arrays_of(thing, {}))
            assert found
            assert not any(array.flags.writeable for array in found)


def test_a_capacity_problem_works_on_a_read_only_graph():
    problem = CapacityProblem(imax.datasets.load("karate"), [0, 33], 2)
    assert imax.capacity.assign(problem, rng=1, threads=1).spread > 0
