"""Binary files that lie or are damaged: every array of every format is checked before it is used."""

import dataclasses
import os
from dataclasses import replace

import numpy as np
import pytest

import imax
from imax.errors import FileFormatError, InvalidArgumentError
from imax.graph.delays import LearnedDelays
from imax.graph.parts import from_parts, to_parts
from imax.io import read_graph, write_graph
from imax.io.binary import GRAPH, checksum, from_content, read_arrays, read_binary, write_arrays
from imax.io.layout import GRAPH_ARRAYS, MAX_NODES
from imax.io.text import Content, load
from imax.recommend import ALGORITHMS, Reranker
from imax.recommend.storage import RERANKER, STATE_ARRAYS

from . import naive_io
from .test_cli import fails

JIT = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def texts(probability="trivalency"):
    """Return a graph whose file has every array except `labels` and `copies`."""
    edges = [(f"n{u}", f"n{v}", p * 0.25) for u, v, p in imax.datasets.load("karate").arcs()]
    graph = imax.InfluenceGraph.from_edges(edges).with_probability(probability, rng=1)
    values = graph.probability.values
    if values is None:
        return graph
    delays = LearnedDelays(np.linspace(1, 9, graph.n_arcs, dtype=np.float32), 5.0, "s", graph.n_arcs)
    learned = replace(graph.probability, lower=values / 2, upper=values)
    return graph.with_arc_probability(learned).with_delays(delays)


def numbered():
    """Return a graph whose file has the arrays `labels` and `copies`."""
    labels = np.array([7, 5, 2**40, 1])
    return imax.InfluenceGraph.from_arrays([0, 0, 1, 2], [1, 1, 2, 3], labels=labels, multi_edges="combine")


def saved(kind, path):
    """Return (description, arrays) of a file."""
    return read_arrays(load(path), kind, lambda meta, arrays: (meta, arrays))


def graph_file(folder, graph):
    write_graph(graph, folder / "g.imax")
    return saved(GRAPH, folder / "g.imax")


def reranker_file(folder, algorithm, probability):
    extra = {"sets_per_node": 3} if algorithm == "heteroim" else {}
    Reranker(texts(probability), algorithm, rng=1, threads=1, **extra).save(folder / "r")
    return saved(RERANKER, folder / "r")


# -- the table --------------------------------------------------------------------------------------------------


def test_the_table_names_every_array_of_a_graph(tmp_path):
    written = set(graph_file(tmp_path, texts())[1]) | set(graph_file(tmp_path, numbered())[1])
    assert written == {rule.name for rule in GRAPH_ARRAYS}


def test_the_table_names_every_array_of_a_reranker(tmp_path):
    assert set(STATE_ARRAYS) == set(ALGORITHMS)
    for algorithm in ALGORITHMS:
        if algorithm == "cim" and not JIT:
            continue
        for probability in ("trivalency", "uniform:0.1"):
            meta, arrays = reranker_file(tmp_path, algorithm, probability)
            required = {rule.name for rule in RERANKER.layout(meta).rules if not rule.optional}
            assert required <= set(arrays)


def lies(rule, array, n_nodes, arrays):
    """Return arrays that break a rule, each with a name."""
    other = {"<i4": "<f4", "<i8": "<f8", "<f4": "<i4", "<f8": "<i8", "|u1": "<i4"}[rule.dtype]
    yield "same size, other type", np.zeros(array.size, other)
    yield "other size", array.astype({"<i4": "<i8", "<i8": "<i4", "<f4": "<f8", "<f8": "<f4", "|u1": "<f4"}[rule.dtype])
    if rule.length != "any":
        yield "too short", array[:-1]
        yield "too long", np.append(array, array[-1:])
        yield "empty", array[:0]
    bad = {
        "ids": [-1, n_nodes, 2**31 - 1],
        "places": [-2, n_nodes],
        "permutation": [-1, n_nodes, array[-1]],
        "counts": [-1],
        "positive": [0, -1],
        "pointers": [-1, 1, 2**40],
        "ends": [-1, 2**40],
        "unit": [-0.5, 1.5, np.nan, np.inf],
        "weights": [-0.5, np.nan, np.inf],
        "durations": [0.0, -0.5, np.nan, np.inf],
        "any": [],
    }[rule.values]
    for value in bad:
        changed = array.copy()
        changed[0] = value
        yield f"{value} at the start", changed
        if rule.values in ("pointers", "ends") or (rule.values == "permutation" and value == array[-1]):
            continue
        changed = array.copy()
        changed[-1] = value
        yield f"{value} at the end", changed
    if rule.values in ("pointers", "ends"):
        for shift in (-1, 1):
            changed = array.copy()
            changed[-1] += shift
            yield "the end is wrong", changed
        changed = array.copy()
        changed[1] = changed[-1] + 1
        yield "falls", changed


def check_lies(path, kind, meta, arrays, read):
    layout = kind.layout(meta)
    n_lies = 0
    for rule in layout.rules:
        if rule.name not in arrays:
            continue
        for what, lie in lies(rule, np.array(arrays[rule.name]), layout.n_nodes, arrays):
            write_arrays(path, kind, meta, arrays | {rule.name: lie})
            for verify in ("fast", "full"):
                with pytest.raises(FileFormatError) as error:
                    read(path, verify)
                assert "its parts do not fit" not in str(error.value), (rule.name, what)
            n_lies += 1
        write_arrays(path, kind, meta, {name: array for name, array in arrays.items() if name != rule.name})
        if rule.name not in ("column", "copies", "labels", "graph.column"):  # a graph without them is valid too
            with pytest.raises(FileFormatError):
                read(path, "fast")
    return n_lies


@pytest.mark.parametrize("make", [texts, numbered])
def test_a_graph_that_breaks_one_rule_is_refused(tmp_path, make):
    meta, arrays = graph_file(tmp_path, make())
    read = lambda path, verify: read_binary(path, verify=verify)  # noqa: E731
    assert check_lies(tmp_path / "bad.imax", GRAPH, meta, arrays, read) > 30


@pytest.mark.parametrize(
    ("algorithm", "probability"), [("heteroim", "trivalency"), ("degree", "uniform:0.1"), ("probability", "trivalency")]
)
def test_a_reranker_that_breaks_one_rule_is_refused(tmp_path, algorithm, probability):
    meta, arrays = reranker_file(tmp_path, algorithm, probability)
    read = lambda path, verify: Reranker.load(path, verify=verify, threads=1)  # noqa: E731
    assert check_lies(tmp_path / "bad", RERANKER, meta, arrays, read) > 60


def test_ids_beyond_32_bits_are_refused(tmp_path):
    """Read as 32-bit words, both halves of each id are in range; a kernel would read far outside its arrays."""
    meta, arrays = to_parts(imax.datasets.load("karate"))
    bad = np.full(arrays["in_idx"].size, (33 << 32) | 33)
    write_arrays(tmp_path / "g.imax", GRAPH, meta, arrays | {"in_idx": bad})
    with pytest.raises(FileFormatError, match="'in_idx' has the type <i8, not <i4"):
        read_graph(tmp_path / "g.imax")


def test_numbers_of_a_reranker_are_checked(tmp_path):
    meta, arrays = reranker_file(tmp_path, "heteroim", "trivalency")
    for change in (
        {"blend": 2.0}, {"blend": "x"}, {"rng_key": [1, -1]}, {"rng_key": [1.5, 2]}, {"state": {"max_cover": -1}},
        {"algorithm": "best"}, {"algorithm": ["heteroim"]}, {"graph": {}},
    ):  # fmt: skip
        write_arrays(tmp_path / "bad", RERANKER, meta | change, arrays)
        with pytest.raises(FileFormatError):
            Reranker.load(tmp_path / "bad", threads=1)
    both = arrays | {"by_target": np.ones(34)}
    write_arrays(tmp_path / "bad", RERANKER, meta, both)
    with pytest.raises(FileFormatError, match="one of the arrays"):
        Reranker.load(tmp_path / "bad", threads=1)


@pytest.mark.parametrize(
    "change",
    [
        None, {"overall": 0.0}, {"overall": -1.0}, {"overall": float("inf")}, {"overall": float("nan")},
        {"overall": "x"}, {"unit": "d"}, {"unit": 1}, {"n_observed": -1}, {"n_observed": 10**6}, {"n_observed": 1.0},
        {"n_observed": True},
    ],
)  # fmt: skip
def test_a_wrong_description_of_delays_is_refused(tmp_path, change):
    meta, arrays = graph_file(tmp_path, texts())
    bad = {name: value for name, value in meta.items() if name != "delays"}
    if change is not None:
        bad["delays"] = meta["delays"] | change
    write_arrays(tmp_path / "bad.imax", GRAPH, bad, arrays)
    with pytest.raises(FileFormatError, match=r"of the (arcs|delays)|do not fit"):
        read_graph(tmp_path / "bad.imax")


@pytest.mark.parametrize("text", ["[1]", "{}", '{"a": 1}', "[[", "n1", ""])
def test_labels_are_strings_or_numbers(tmp_path, text):
    meta, arrays = to_parts(imax.InfluenceGraph.from_edges([("a", "b")]))
    raw = [b'"a"', text.encode()]
    ends = np.cumsum([len(part) for part in raw])
    blob = np.frombuffer(b"".join(raw), np.uint8)
    write_arrays(tmp_path / "g.imax", GRAPH, meta, arrays | {"label_bytes": blob, "label_ends": ends})
    with pytest.raises(FileFormatError):
        read_graph(tmp_path / "g.imax")


def test_two_nodes_with_one_label_are_refused(tmp_path):
    meta, arrays = to_parts(imax.InfluenceGraph.from_edges([("a", "b")]))
    blob = np.frombuffer(b'"a""a"', np.uint8)
    write_arrays(tmp_path / "g.imax", GRAPH, meta, arrays | {"label_bytes": blob})
    with pytest.raises(FileFormatError, match="same label"):
        read_graph(tmp_path / "g.imax")


def test_a_graph_of_too_many_nodes_is_refused(tmp_path):
    meta, arrays = to_parts(imax.datasets.load("karate"))
    for n in (MAX_NODES + 1, 10**30, True, "34", None):
        write_arrays(tmp_path / "g.imax", GRAPH, meta | {"n_nodes": n}, arrays)
        with pytest.raises(FileFormatError, match="cannot have"):
            read_graph(tmp_path / "g.imax")


@pytest.mark.parametrize(("version", "remedy"), [(b"1", "write the file again"), (b"3", "update imax")])
def test_files_of_another_format_are_refused(tmp_path, version, remedy):
    path = tmp_path / "g.imax"
    write_graph(texts(), path)
    path.write_bytes(b"IMAXGRF" + version + path.read_bytes()[8:])
    with pytest.raises(FileFormatError, match=f"a graph in format '{version.decode()}', .* reads format 2; {remedy}"):
        read_graph(path)


def test_negative_zero_is_a_probability(tmp_path):
    graph = texts()
    values = np.array(graph.arc_values())
    values[::2] = -0.0
    other = graph.with_arc_probability(dataclasses.replace(graph.probability, values=values))
    write_graph(other, tmp_path / "g.imax")
    assert read_graph(tmp_path / "g.imax", verify="full").fingerprint == other.fingerprint


# -- checksums --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 7, 8, 63, 64, 65, 1000, 4096 + 8])
def test_checksum_equals_the_reference(size):
    data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)
    assert checksum(data) == naive_io.checksum(data.tobytes())


@pytest.mark.skipif(not JIT, reason="slow without the compiler")
def test_checksum_of_several_chunks_does_not_depend_on_threads(monkeypatch):
    data = np.zeros(3 * 2**23 + 100, dtype=np.uint8)
    data[::1001] = np.arange(data[::1001].size) % 251
    seen = set()
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("IMAX_NUM_THREADS", threads)
        seen.add(checksum(data))
    assert seen == {naive_io.checksum(data.tobytes())}


def test_every_flipped_bit_changes_the_checksum():
    data = np.random.default_rng(1).integers(0, 256, 200, dtype=np.uint8)
    seen = {checksum(data)}
    for i in range(8 * data.size):
        changed = data.copy()
        changed[i // 8] ^= 1 << (i % 8)
        seen.add(checksum(changed))
    assert len(seen) == 1 + 8 * data.size
    seen = {checksum(np.zeros(n, np.uint8)) for n in range(300)}
    assert len(seen) == 300


def damaged(image, rng):
    """Return a file with one flipped bit, or cut off, or with a piece overwritten."""
    kind = rng.integers(4)
    data = np.array(image)
    if kind == 0:
        return data[: rng.integers(data.size)]
    if kind == 1:
        a, b = rng.integers(data.size - 16, size=2)
        data[a : a + 16] = image[b : b + 16]
        return data
    data[rng.integers(data.size)] ^= np.uint8(1 << rng.integers(8))
    return data


def test_damage_is_noticed_in_full_and_harmless_in_fast_verification(tmp_path):
    image = np.frombuffer((write_graph(texts(), tmp_path / "g"), (tmp_path / "g").read_bytes())[1], np.uint8)
    rng = np.random.default_rng(0)
    accepted = 0
    for _ in range(600 if JIT else 100):
        data = damaged(image, rng)
        if np.array_equal(data, image):
            continue
        with pytest.raises(FileFormatError):
            from_content(Content("g", data), verify="full")
        try:
            graph = from_content(Content("g", data))
        except FileFormatError:
            continue
        accepted += 1
        if JIT:
            imax.maximize(graph, 3, rng=1, threads=1, epsilon=0.5, algorithm="opim-c" if accepted % 2 else "celf++")
        graph.out_degree()
        graph.arcs()
    assert accepted > 0


def test_damage_of_rerankers(tmp_path):
    reranker_file(tmp_path, "heteroim", "trivalency")
    image = np.fromfile(tmp_path / "r", np.uint8)
    rng = np.random.default_rng(0)
    for _ in range(200 if JIT else 50):
        data = damaged(image, rng)
        if np.array_equal(data, image):
            continue
        data.tofile(tmp_path / "bad")
        with pytest.raises(FileFormatError):
            Reranker.load(tmp_path / "bad", threads=1, verify="full")
        try:
            other = Reranker.load(tmp_path / "bad", threads=1)
        except FileFormatError:
            continue
        users = other.graph.nodes()
        other.rerank({users[0]: users[1:6], users[33]: users[8:12]})


def test_verify_must_be_fast_or_full(tmp_path):
    write_graph(texts(), tmp_path / "g")
    for verify in (True, "all", None):
        with pytest.raises(InvalidArgumentError, match="verify must be one of fast, full"):
            read_graph(tmp_path / "g", verify=verify)
    assert from_parts(*to_parts(texts())).fingerprint == read_graph(tmp_path / "g", verify="full").fingerprint


@pytest.mark.parametrize("command", ["info", "convert"])
def test_commands_that_read_a_whole_file_compare_all_checksums(tmp_path, command):
    path, copy = tmp_path / "g.imax", tmp_path / "copy.imax"
    imax.write_graph(imax.InfluenceGraph.from_arrays([0, 1], [1, 2], [0.25, 0.5]), path)
    content = path.read_bytes()
    at = content.index(np.float32(0.25).tobytes())
    path.write_bytes(content[:at] + np.float32(0.375).tobytes() + content[at + 4 :])
    assert imax.read_graph(path).n_arcs == 2  # each value is a probability
    given = [path] if command == "info" else [path, copy]
    assert "the array 'values' is damaged" in fails(1, command, *given)
    assert not copy.exists()
