"""Constructors check what they are given: malformed matrices, and arrays of every layout, type and byte order."""

import subprocess
import sys

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

import imax
from imax import InfluenceGraph
from imax.errors import ImaxError, InvalidArgumentError, InvalidGraphError

DENSE = np.array([[0, 0.5, 0, 0], [0, 0, 0.25, 0], [1, 0, 0, 0.5], [0, 0, 0, 0]])


def broken(name, **changes):
    """Return a sparse array of which some arrays were replaced after its construction."""
    matrix = getattr(sp, f"{name}_array")(DENSE)
    for attribute, values in changes.items():
        setattr(matrix, attribute, values)
    return matrix


POINTERS = [
    [0, 5, 2, 4, 4], [0, 1, 9, 9, 9], [0, 1, 2, 4, 10**6], [0, -5, 2, 4, 4], [1, 1, 2, 4, 4], [0, 1, 2, 4],
    [0, 1, 2, 4, 4, 4], [], [0, 0, 0, 0, -1], [0.0, 1.0, 2.0, 4.0, 4.0],
]  # fmt: skip
INDICES = [[1, 2, 0], [], [1, 2, 0, 4], [1, 2, 0, -1], [1, 2, 0, 2**31 - 1], [[1, 2, 0, 3]], [1.0, 2.0, 0.0, 3.0]]


@pytest.mark.parametrize("name", ["csr", "csc"])
@pytest.mark.parametrize("pointers", POINTERS, ids=str)
def test_malformed_pointers_are_refused(name, pointers):
    with pytest.raises(InvalidGraphError, match="matrix is malformed"):
        InfluenceGraph.from_scipy(broken(name, indptr=np.array(pointers)))


@pytest.mark.parametrize("name", ["csr", "csc"])
@pytest.mark.parametrize("indices", INDICES, ids=str)
def test_malformed_indices_are_refused(name, indices):
    with pytest.raises(InvalidGraphError, match="matrix is malformed"):
        InfluenceGraph.from_scipy(broken(name, indices=np.array(indices)))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("csr", {"data": np.ones(3)}),
        ("csr", {"data": np.ones((4, 1))}),
        ("bsr", {"indptr": np.array([0, 10**6, 2, 2])}),
        ("bsr", {"indices": np.array([9] * 20)}),
        ("bsr", {"data": np.ones((1, 1, 1))}),
        ("coo", {"data": np.ones(3)}),
        ("coo", {"coords": (np.array([0, 1, 2]), np.array([1, 2, 3, 0]))}),
        ("coo", {"coords": (np.array([0, 1, 2, 4]), np.array([1, 2, 3, 0]))}),
        ("coo", {"coords": (np.array([0, 1, 2, -1]), np.array([1, 2, 3, 0]))}),
        ("dia", {"offsets": np.array([0])}),
        ("dia", {"data": np.ones(3)}),
        ("lil", {"rows": np.array([[1], [2], [0], []], dtype=object)}),
        ("lil", {"rows": np.array([[1], [2], [0, 9], []], dtype=object)}),
    ],
)
def test_malformed_matrices_of_other_formats_are_refused(name, changes):
    with pytest.raises(ImaxError):
        InfluenceGraph.from_scipy(broken(name, **changes))


@pytest.mark.parametrize("name", ["csr", "csc"])
def test_unused_space_at_the_end_is_no_arc(name):
    matrix = broken(name)
    expected = InfluenceGraph.from_scipy(matrix)
    matrix.indices, matrix.data = np.append(matrix.indices, [3, 3]), np.append(matrix.data, [9.0, 9.0])
    assert InfluenceGraph.from_scipy(matrix).fingerprint == expected.fingerprint
    assert expected.n_arcs == 4


def test_random_damage_to_matrices_never_ends_the_process():
    """In a process of its own: what this guards against is a crash."""
    code = """
import numpy as np, scipy.sparse as sp
from imax import InfluenceGraph
from imax.errors import ImaxError
rng = np.random.default_rng(0)
refused = 0
for turn in range(1500):
    name = ("csr", "csc", "bsr", "coo")[turn % 4]
    matrix = getattr(sp, name + "_array")(sp.random_array((8, 8), density=0.3, rng=rng))
    parts = ["data", "indices", "indptr"] if name != "coo" else ["data"]
    part = parts[rng.integers(len(parts))]
    values = np.array(getattr(matrix, part))
    if rng.random() < 0.5 and values.size:
        values.flat[rng.integers(values.size)] = rng.choice([-1, 7, 8, 10**6, -(10**6)])
    else:
        values = values[: rng.integers(len(values) + 1)]
    setattr(matrix, part, values)
    try:
        graph = InfluenceGraph.from_scipy(matrix, threads=1, probability="weighted_cascade")
    except ImaxError:
        refused += 1
        continue
    graph.out_degree()
    graph.arcs()
assert refused > 500, refused
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- layouts of arrays ------------------------------------------------------------------------------------------

SOURCE, TARGET, WEIGHT = [0, 0, 1, 3], [1, 2, 2, 0], [0.5, 0.25, 1.0, 0.125]


def mapped(folder, values):
    path = folder / f"{len(list(folder.iterdir()))}.npy"  # a mapped file must not be overwritten
    np.save(path, values)
    return np.load(path, mmap_mode="r")


def read_only(folder, values):
    values = values.copy()
    values.flags.writeable = False
    return values


def unaligned(folder, values):
    raw = np.zeros(values.nbytes + 1, np.uint8)
    view = raw[1:].view(values.dtype)
    view[:] = values
    assert not view.flags.aligned or values.itemsize == 1
    return view


LAYOUTS = {
    "mapped": mapped,
    "read-only": read_only,
    "every other": lambda folder, values: np.repeat(values, 2)[::2],
    "reversed": lambda folder, values: values[::-1].copy()[::-1],
    "column": lambda folder, values: np.stack([values, values], axis=1)[:, 0],
    "big-endian": lambda folder, values: values.astype(values.dtype.newbyteorder(">")),
    "unaligned": unaligned,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("integers", [np.int8, np.uint16, np.int32, np.int64, np.uint64])
@pytest.mark.parametrize("floats", [np.float16, np.float32, np.float64, np.longdouble])
def test_any_layout_gives_the_same_graph(tmp_path, layout, integers, floats):
    expected = InfluenceGraph.from_arrays(SOURCE, TARGET, WEIGHT)

    def given(values, kind):
        return LAYOUTS[layout](tmp_path, np.array(values, kind))

    source, target = given(SOURCE, integers), given(TARGET, integers)
    weight = given(WEIGHT, floats)
    assert InfluenceGraph.from_arrays(source, target, weight).fingerprint == expected.fingerprint
    edges = given(list(zip(SOURCE, TARGET, strict=True)), integers) if layout == "mapped" else None
    if edges is not None:
        assert InfluenceGraph.from_edges(edges).arcs() == expected.with_probability("weighted_cascade").arcs()
    labels = given([7, 5, 3, 9], integers)
    assert InfluenceGraph.from_arrays(source, target, labels=labels).nodes() == [7, 5, 3, 9]
    if floats is np.longdouble or integers is np.uint64:
        return
    matrix = sp.csr_array(expected.to_scipy())
    matrix.indptr, matrix.indices = given(matrix.indptr, integers), given(matrix.indices, integers)
    matrix.data = given(matrix.data, floats)
    assert InfluenceGraph.from_scipy(matrix).fingerprint == expected.fingerprint


@pytest.mark.parametrize(
    "weight",
    [
        np.array(["a", "b", "c", "d"]), np.array(["1", "2", "3", "4"]), np.array(WEIGHT) * 1j, [1, 2, 3, None],
        np.array([1, 2, 3, "x"], dtype=object), np.array([1, 2, 3, 10**400], dtype=object), [1, 2, 3, 1e300],
        np.array(WEIGHT, dtype="M8[s]") if False else np.array([1, 2, 3, 4], dtype="m8[s]"), [[1, 2], [3, 4]],
        [1, 2, 3, float("nan")], [1, 2, 3, -1],
    ],
    ids=str,
)  # fmt: skip
def test_weights_that_are_not_real_numbers_are_refused(weight):
    with pytest.raises((InvalidArgumentError, InvalidGraphError), match="weight"):
        InfluenceGraph.from_arrays(SOURCE, TARGET, weight)


@pytest.mark.parametrize("digits", [400, 5000])
def test_weights_beyond_any_number_are_refused_in_one_sentence(digits):
    """Python refuses to turn the larger one into text."""
    graph = nx.DiGraph()
    graph.add_edge("a", "b", weight=10**digits)
    for make in (
        lambda: imax.as_graph(graph, probability="column"),
        lambda: InfluenceGraph.from_edges([("a", "b", 10**digits)]),
    ):
        with pytest.raises(InvalidArgumentError, match="is not a number") as error:
            make()
        assert len(str(error.value)) < 600


def test_weights_as_objects_are_numbers():
    weight = np.array(WEIGHT, dtype=object)
    assert InfluenceGraph.from_arrays(SOURCE, TARGET, weight).arcs() == (
        InfluenceGraph.from_arrays(SOURCE, TARGET, WEIGHT).arcs()
    )


@pytest.mark.parametrize(
    "source",
    [
        np.array(SOURCE, dtype=object), np.array(SOURCE, dtype=float), np.array(SOURCE, dtype=bool),
        np.array(["0", "0", "1", "3"]), [0, 0, 1, -1], np.array([0, 0, 1, 2**63], dtype=np.uint64), [[0, 0], [1, 3]],
        [0, 0, 1, 10**30],
    ],
    ids=str,
)  # fmt: skip
def test_indices_that_are_not_whole_numbers_are_refused(source):
    with pytest.raises(ImaxError):
        InfluenceGraph.from_arrays(source, TARGET)


def test_labels_beyond_63_bits_stay():
    labels = np.array([2**63, 2**64 - 1, 5], dtype=np.uint64)
    graph = InfluenceGraph.from_arrays([0, 1], [1, 2], labels=labels)
    assert graph.nodes() == [2**63, 2**64 - 1, 5]


def test_labels_are_copied():
    labels = np.array([7, 5, 3])
    graph = InfluenceGraph.from_arrays([0, 1], [1, 2], labels=labels)
    labels[:] = 0
    assert graph.nodes() == [7, 5, 3]
    assert imax.InfluenceGraph.from_arrays([0], [1]).nodes() == [0, 1]


def test_masked_entries_are_no_values():
    graph = imax.datasets.load("karate")
    mask = np.arange(34) < 5
    weights = np.ma.masked_array(np.ones(34), mask)
    with pytest.raises(InvalidArgumentError, match="node_weights lacks 5 of 34 nodes"):
        imax.maximize(graph, 2, node_weights=weights, rng=1)
    with pytest.raises(InvalidArgumentError, match="costs lacks 5 of 34 nodes"):
        imax.maximize(graph, costs=weights, budget=3, rng=1)
    dropped = imax.maximize(graph, 3, node_weights=weights, on_missing="drop", epsilon=0.4, rng=1)
    assert "5 of 34 nodes have no weight" in dropped.notes[0]
    arcs = np.ma.masked_array([0, 1], [True, False])
    for masked, given in (
        ("source", (arcs, [1, 2])),
        ("target", ([1, 2], arcs)),
        ("weight", ([0, 1], [1, 2], np.ma.masked_array([0.5, 0.5], [True, False]))),
    ):
        with pytest.raises(InvalidArgumentError, match=f"{masked} has masked entries"):
            imax.InfluenceGraph.from_arrays(*given)
    with pytest.raises(InvalidArgumentError, match="embeddings has masked entries"):
        imax.annotate.select(np.ma.masked_array(np.ones((4, 2)), np.eye(4, 2)), 1)
    delays = np.ma.masked_array(np.ones(graph.n_arcs), np.arange(graph.n_arcs) == 3)
    with pytest.raises(InvalidArgumentError, match="delay has masked entries"):
        imax.maximize(graph, 1, deadline=1.0, delay=delays, rng=1)
    whole = np.ma.masked_array([0, 1])  # nothing is masked
    assert imax.InfluenceGraph.from_arrays(whole, [1, 2]).n_arcs == 2
