"""The binary format: round trips, and `FileFormatError` for any other content."""

import json
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imax import InfluenceGraph
from imax.errors import FileFormatError, InvalidArgumentError, NoSuchFileError
from imax.io import read_graph, write_graph
from imax.io.binary import from_content, read_binary, write_binary
from imax.io.text import Content

EDGES = [(0, 1, 0.5), (0, 2, 0.25), (1, 2, 1.0), (3, 0, 0.125), (3, 3, 0.5), (0, 1, 0.25)]


def made(labels=None, **options):
    src, dst, p = zip(*EDGES, strict=True)
    return InfluenceGraph.from_arrays(src, dst, p, n_nodes=5, labels=labels, **options)


GRAPHS = {
    "plain": made,
    "int64": lambda: made(np.array([7, 5, 2**40, 1, 0])),
    "texts": lambda: made(["ann", "bob", "é", "", "x\ny"]),
    "mixed": lambda: made(["ann", 3, 2.5, None, True]),
    "cascade": lambda: made(probability="weighted_cascade"),
    "uniform": lambda: made(probability="uniform:0.1"),
    "combined": lambda: InfluenceGraph.from_arrays([0, 0, 1], [1, 1, 0], multi_edges="combine"),
    "no arcs": lambda: InfluenceGraph.from_arrays([], [], n_nodes=3),
    "undirected": lambda: made(directed=False).with_report(bad_lines=2, notes=("a", "b")),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_round_trip(tmp_path, name):
    graph = GRAPHS[name]()
    path = tmp_path / "g.imax"
    write_graph(graph, path)
    again = read_binary(path, verify="full")
    assert again.nodes() == graph.nodes()
    assert again.arcs() == graph.arcs()
    assert again.report == graph.report
    assert again.fingerprint == graph.fingerprint
    assert repr(again) == repr(graph)
    assert not again.in_idx.flags.writeable
    assert [p.name for p in tmp_path.iterdir()] == ["g.imax"]
    second = tmp_path / "again"
    write_binary(again, second)
    assert second.read_bytes() == path.read_bytes()


def test_read_graph_detects_the_format(tmp_path):
    path = tmp_path / "g.txt"
    write_binary(made(), path)
    assert read_graph(path).arcs() == made().arcs()
    assert read_graph(path, probability="uniform:0.5").probability.spec == "uniform:0.5"
    with pytest.raises(
        InvalidArgumentError, match=r"directed=False does not apply: .*g.txt holds a directed graph; read the"
    ):
        read_graph(path, directed=False)
    write_binary(made(directed=False), path)
    assert read_graph(path, directed=False).n_arcs == 8


def test_arrays_start_at_multiples_of_64_bytes(tmp_path):
    path = tmp_path / "g"
    write_graph(made(["a", "b", "c", "d", "e"]), path)
    data = path.read_bytes()
    magic, length, checksum = struct.unpack_from("<8sII", data)
    header = data[16 : 16 + length]
    assert magic == b"IMAXGRF2"
    assert zlib.crc32(header) == checksum
    assert {entry["offset"] % 64 for entry in json.loads(header)["arrays"]} == {0}
    assert len(data) % 64 == 0


def test_large_files_are_mapped(tmp_path):
    n = 300_000
    path = tmp_path / "g"
    write_graph(InfluenceGraph.from_arrays(np.arange(n), np.roll(np.arange(n), 1)), path)
    graph = read_graph(path)
    assert graph.n_arcs == n
    assert not graph.in_idx.flags.owndata


def test_errors(tmp_path):
    path = tmp_path / "g"
    with pytest.raises(NoSuchFileError):
        read_binary(path)
    path.write_text("1 2\n")
    with pytest.raises(FileFormatError, match="not a graph written by imax"):
        read_binary(path)
    with pytest.raises(InvalidArgumentError, match="cannot be stored"):
        write_binary(made([(1, 2), "b", "c", "d", "e"]), path)
    assert path.read_text() == "1 2\n"
    with pytest.raises(InvalidArgumentError, match="cannot write"):
        write_binary(made(), tmp_path / "no" / "g")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    path = tmp_path_factory.mktemp("binary") / "g"
    write_binary(made(["a", "b", "c", "d", "e"]), path)
    return path.read_bytes()


def load(data, **options):
    return from_content(Content("g", np.frombuffer(data, np.uint8)), **options)


def reheaded(image, change):
    """Return the file with a changed header and a correct checksum."""
    _, length, _ = struct.unpack_from("<8sII", image)
    header = json.loads(image[16 : 16 + length])
    body = image[-(-(16 + length) // 64) * 64 :]
    change(header)
    raw = json.dumps(header).encode()
    fixed = struct.pack("<8sII", b"IMAXGRF2", len(raw), zlib.crc32(raw))
    return fixed + raw + bytes(-(16 + len(raw)) % 64) + body


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda h: h.update(format=3, imax="9.9"),
            "format 3 by imax 9.9, this version reads format 2; update imax",
        ),
        (lambda h: h.pop("format"), "header is damaged"),
        (lambda h: h.pop("meta"), "do not fit"),
        (lambda h: h.update(meta=[]), "do not fit"),
        (lambda h: h.update(size=h["size"] + 64), "instead of"),
        (lambda h: h["meta"].update(n_nodes=4), "shape"),
        (lambda h: h["meta"].update(n_arcs=7), "shape"),
        (lambda h: h["meta"].update(n_arcs=-1), "cannot have"),
        (lambda h: h["meta"].update(n_nodes=5.0), "cannot have"),
        (lambda h: h["meta"]["probability"].update(kind="uniform"), "superfluous"),
        (lambda h: h["meta"]["probability"].update(kind="any"), "probabilities is damaged"),
        (lambda h: h["meta"]["probability"].update(value=2), "probabilities is damaged"),
        (lambda h: h["meta"].update(report={}), "do not fit"),
        (lambda h: h["arrays"].pop(0), "not where it must be"),
        (lambda h: h["arrays"].pop(), "do not fill the file"),
        (lambda h: h["arrays"].append(h["arrays"][0]), "occurs twice"),
        (lambda h: h["arrays"][1].update(name="other"), "'other' is unknown"),
        (lambda h: h["arrays"][0].update(dtype="<f8"), "'in_ptr' has the type <f8, not <i8"),
        (lambda h: h["arrays"][-1].update(name="labels"), "the labels cannot be label_bytes and labels"),
        (lambda h: h["arrays"][0].update(dtype="|O"), "unknown type"),
        (lambda h: h["arrays"][0].update(length=-1), "unknown type or length"),
        (lambda h: h["arrays"][0].update(length=10**12), "outside the file"),
        (lambda h: h["arrays"][0].update(offset=-64), "not where it must be"),
        (lambda h: h["arrays"][0].update(offset=3), "not where it must be"),
        (lambda h: h["arrays"][0].update(offset="x"), "do not fit"),
        (lambda h: h["arrays"][0].update(offset=h["arrays"][1]["offset"]), "not where it must be"),
    ],
)
def test_headers_that_do_not_match_the_arrays(image, change, message):
    with pytest.raises(FileFormatError, match=message) as error:
        load(reheaded(image, change))
    assert "\n" not in str(error.value)


def test_truncation(image):
    for size in [*range(0, 200, 7), len(image) // 2, len(image) - 1]:
        with pytest.raises(FileFormatError):
            load(image[:size])
    with pytest.raises(FileFormatError, match="bytes instead of"):
        load(image + b"x")


def test_verify_finds_damaged_arrays(image):
    _, length, _ = struct.unpack_from("<8sII", image)
    entry = json.loads(image[16 : 16 + length])["arrays"][1]
    place = -(-(16 + length) // 64) * 64 + entry["offset"]
    data = bytearray(image)
    data[place] ^= 1
    load(bytes(data))
    with pytest.raises(FileFormatError, match="is damaged"):
        load(bytes(data), verify="full")


@pytest.mark.parametrize(
    ("name", "message"), [("in_idx", "'in_idx' names a node beyond 4"), ("index", "'index' does not name every node")]
)
def test_ids_out_of_range_are_refused(image, name, message):
    _, length, _ = struct.unpack_from("<8sII", image)
    entry = next(e for e in json.loads(image[16 : 16 + length])["arrays"] if e["name"] == name)
    place = -(-(16 + length) // 64) * 64 + entry["offset"]
    first = 77 if name == "in_idx" else image[place + 4]
    with pytest.raises(FileFormatError, match=message):
        load(image[:place] + struct.pack("<i", first) + image[place + 4 :])


@settings(deadline=None)
@given(st.data())
def test_any_changed_byte_of_the_header_is_refused_or_harmless(image, data):
    _, length, _ = struct.unpack_from("<8sII", image)
    changed = bytearray(image)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, 15 + length))] ^= data.draw(st.integers(1, 255))
    changed = bytes(changed[: data.draw(st.one_of(st.none(), st.integers(0, len(image))))])
    with suppress(FileFormatError):
        load(changed)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data):
    with pytest.raises(FileFormatError):
        load(b"IMAXGRF2" + data)
