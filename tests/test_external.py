"""Conversion with bounded memory: the same bytes as in memory, whatever the parts; no files left after errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imax.datasets.families import arc_chunks
from numba import config

import imax
from imax import InfluenceGraph
from imax.errors import FileFormatError, InvalidArgumentError, InvalidGraphError, OutOfMemoryBoundError
from imax.io import external
from imax.io.binary import checksum, read_binary, write_binary
from imax.io.external import Chunk, convert_in_parts, supports_parts
from imax.io.reading import read_chunks
from imax.io.streamed import RunningChecksum

MATRIX = b"%%MatrixMarket matrix coordinate pattern general\n1 1 0\n"
JIT = not config.DISABLE_JIT


class Given:
    """Arcs in memory, in chunks of a few."""

    bad_lines = 0
    notes = ()
    doubts = ()

    def __init__(self, source, target, weight=None, *, n_nodes, labels=None, directed=True, chunk=7):
        self.source, self.target = (np.asarray(ends, dtype=np.int32) for ends in (source, target))
        self.weight = None if weight is None else np.asarray(weight, dtype=np.float32)
        self.n_nodes, self.labels, self.directed, self.chunk = n_nodes, labels, directed, chunk
        self.n_given = self.source.size

    def __iter__(self):
        for a in range(0, self.n_given, self.chunk):
            part = slice(a, a + self.chunk)
            yield Chunk(self.source[part], self.target[part], None if self.weight is None else self.weight[part])


@pytest.fixture
def many_parts(monkeypatch):
    """Let small graphs have many parts."""
    monkeypatch.setattr(external, "_SMALLEST_PART", 4)
    monkeypatch.setattr(external, "_NODE_BYTES", 0)


def both(folder, arcs, probability="weighted_cascade", multi_edges="merge", max_memory=2000, threads=2):
    """Return the bytes of the files that the conversion in parts and the graph in memory give."""
    graph = InfluenceGraph.from_arrays(
        arcs.source, arcs.target, arcs.weight, n_nodes=arcs.n_nodes, labels=arcs.labels, directed=arcs.directed,
        multi_edges=multi_edges, probability=probability,
    )  # fmt: skip
    write_binary(graph, folder / "whole.imax")
    made = convert_in_parts(
        arcs, folder / "parts.imax", probability=probability, multi_edges=multi_edges, max_memory=max_memory,
        threads=threads,
    )  # fmt: skip
    assert (made.n_nodes, made.n_arcs, made.report) == (graph.n_nodes, graph.n_arcs, graph.report)
    assert sorted(path.name for path in folder.iterdir()) == ["parts.imax", "whole.imax"]
    return (folder / "parts.imax").read_bytes(), (folder / "whole.imax").read_bytes(), made.n_parts


@pytest.mark.usefixtures("many_parts")
@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize(
    ("probability", "multi_edges"),
    [("weighted_cascade", "merge"), ("uniform:0.25", "merge"), ("column", "merge"), ("column", "combine"),
     ("lt_uniform", "merge")],
)  # fmt: skip
def test_the_file_is_the_same_as_in_memory(tmp_path, probability, multi_edges, directed):
    generator = np.random.default_rng(1)
    n, m = 60, 400
    source, target = generator.integers(0, n, size=(2, m)) * generator.integers(0, 2, size=(2, m))
    weight = generator.random(m) if probability == "column" else None
    labels = np.arange(n, dtype=np.int64) * 7 + 3
    arcs = Given(source, target, weight, n_nodes=n, labels=labels, directed=directed, chunk=50)
    parts, whole, n_parts = both(tmp_path, arcs, probability, multi_edges, max_memory=3000)
    assert n_parts > 4
    assert parts == whole
    graph = read_binary(tmp_path / "parts.imax", verify="full")
    assert graph.nodes() == labels.tolist()
    assert graph.report.self_loops > 0
    assert graph.report.parallel_arcs > 0


@settings(max_examples=30 if JIT else 10)
@given(data=st.data())
def test_any_small_graph(tmp_path_factory, data):
    n = data.draw(st.integers(1, 9))
    node = st.integers(0, n - 1)
    arcs = data.draw(st.lists(st.tuples(node, node, st.sampled_from([0.0, 0.5, 0.5, 1.0])), max_size=30))
    source, target, weight = ([arc[i] for arc in arcs] for i in range(3))
    probability, multi_edges = data.draw(
        st.sampled_from([("weighted_cascade", "merge"), ("column", "merge"), ("column", "combine")])
    )
    given_arcs = Given(
        source, target, weight if probability == "column" else None, n_nodes=n, directed=data.draw(st.booleans())
    )
    smallest, node_bytes = external._SMALLEST_PART, external._NODE_BYTES
    external._SMALLEST_PART, external._NODE_BYTES = 2, 0
    try:
        parts, whole, _ = both(tmp_path_factory.mktemp("graphs"), given_arcs, probability, multi_edges, max_memory=500)
    finally:
        external._SMALLEST_PART, external._NODE_BYTES = smallest, node_bytes
    assert parts == whole


@pytest.mark.usefixtures("many_parts")
def test_text_and_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(2)
    ids = np.array([5, 7, 8, 1000, 2**28 + 5, 2**40])
    source, target = ids[generator.integers(0, 6, size=(2, 50))]
    p = np.round(generator.random(50), 3)
    text = tmp_path / "arcs.txt"
    text.write_text("# a comment\n" + "".join(f"{u} {v} {x}\n" for u, v, x in zip(source, target, p, strict=True)))
    table = tmp_path / "arcs.parquet"
    pq.write_table(pa.table({"source": source, "target": target, "weight": p}), table)
    for path, options in (
        (text, {}), (text, {"directed": False, "probability": "column"}), (table, {}),
        (table, {"probability": "column", "weight": "weight"}),
    ):  # fmt: skip
        graph = imax.read_graph(path, **options)
        write_binary(graph, tmp_path / "whole.imax")
        chunks = read_chunks(path, **options)
        made = convert_in_parts(
            chunks, tmp_path / "parts.imax", probability=options.get("probability", "weighted_cascade"), max_memory=900
        )
        assert made.report == graph.report
        assert (tmp_path / "parts.imax").read_bytes() == (tmp_path / "whole.imax").read_bytes()


def test_text_in_segments(tmp_path, monkeypatch):
    monkeypatch.setattr("imax.io.arc_chunks._SEGMENT", 10)
    path = tmp_path / "arcs.txt"
    path.write_text("source target\n0 1\n1 2 9\n2 0\n\n% no arc\n2 1")
    chunks = read_chunks(path)
    assert [(int(u), int(v)) for part in chunks for u, v in zip(part.source, part.target, strict=True)] == [
        (0, 1), (1, 2), (2, 0), (2, 1),
    ]  # fmt: skip
    assert chunks.notes == imax.read_graph(path).report.notes
    path.write_text("0 1\n1 2\n2 0\n2 -\n")
    assert read_chunks(path) is None  # the label is text
    path.write_text("0 1\n1 2\n2 0\n2\n")
    with pytest.raises(FileFormatError, match=r"arcs.txt:4: expected two"):
        read_chunks(path)
    skipping = read_chunks(path, on_bad_line="skip")
    assert (skipping.bad_lines, skipping.n_given) == (1, 3)


def test_files_that_must_be_read_as_a_whole(tmp_path):
    import gzip

    path = tmp_path / "graph"
    for content in (b"a b\nb c\n", gzip.compress(b"0 1\n"), MATRIX,
                    b"x,y,z,u,v\n1,2,3,4,5\n"):  # fmt: skip
        path.write_bytes(content)
        assert (
            read_chunks(path, source=0 if b"x,y" in content else None, target=1 if b"x,y" in content else None) is None
        )
    assert read_chunks("-") is None
    assert arc_chunks("star:5") is None
    assert arc_chunks("friends.txt") is None


@pytest.mark.usefixtures("many_parts")
def test_generated_arcs(tmp_path, monkeypatch):
    monkeypatch.setattr("imax.datasets.families._CHUNK", 1000)
    graph = imax.datasets.generate("rmat", 7, 20, rng=3)
    write_binary(graph, tmp_path / "whole.imax")
    made = convert_in_parts(arc_chunks("rmat:7,20,rng=3"), tmp_path / "parts.imax", max_memory=20_000, threads=3)
    assert made.n_parts >= 2
    assert (tmp_path / "parts.imax").read_bytes() == (tmp_path / "whole.imax").read_bytes()
    with pytest.raises(InvalidArgumentError, match="scale"):
        arc_chunks("rmat:99")


@pytest.mark.parametrize(
    "sizes", [[0], [1], [63, 1], [64], [100, 28, 3], [1 << 23], [(1 << 23) - 5, 70], [5, 1 << 23, 9]]
)
def test_a_running_checksum_is_the_checksum(sizes):
    if not JIT:
        sizes = [size % 1000 for size in sizes]
    data = np.random.default_rng(1).integers(0, 256, sum(sizes), dtype=np.uint8)
    running = RunningChecksum()
    at = 0
    for size in sizes:
        running.update(data[at : at + size])
        at += size
    assert running.digest() == checksum(data)


class Failing(Given):
    """Arcs whose source fails after the first chunk."""

    def __init__(self, error):
        super().__init__([0, 1, 2, 3], [1, 2, 3, 0], n_nodes=4, chunk=2)
        self.error = error

    def __iter__(self):
        yield next(super().__iter__())
        raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), FileFormatError("damaged"), OSError(28, "no space")], ids=repr)
def test_nothing_is_left_after_an_error(tmp_path, error):
    out = tmp_path / "out.imax"
    out.write_bytes(b"old")
    with pytest.raises(type(error)):
        convert_in_parts(Failing(error), out)
    assert [path.name for path in tmp_path.iterdir()] == ["out.imax"]
    assert out.read_bytes() == b"old"


def test_refusals(tmp_path):
    double = Given([0, 0, 1], [1, 1, 2], n_nodes=3)
    with pytest.raises(InvalidGraphError, match="1 arcs are repeated"):
        convert_in_parts(double, tmp_path / "out.imax", multi_edges="error")
    with pytest.raises(InvalidGraphError, match=r"lie in \[0, 1\]"):
        convert_in_parts(Given([0], [1], [1.5], n_nodes=2), tmp_path / "out.imax", probability="column")
    with pytest.raises(InvalidArgumentError, match="needs all arcs at once") as error:
        convert_in_parts(double, tmp_path / "out.imax", probability="trivalency")
    assert error.value.argument == "probability"
    with pytest.raises(OutOfMemoryBoundError, match="max_memory of 100 bytes"):
        convert_in_parts(double, tmp_path / "out.imax", max_memory=100)
    with pytest.raises(InvalidArgumentError, match="cannot write"):
        convert_in_parts(double, tmp_path / "missing" / "out.imax")
    assert not supports_parts("weighted_cascade", "combine")
    assert list(tmp_path.iterdir()) == []


def test_the_command(tmp_path):
    from .test_cli import fails, run

    arcs = tmp_path / "arcs.txt"
    arcs.write_text("0 1 0.5\n1 2 0.25\n2 0 1\n2 0 0.5\n")
    for options in ((), ("--probability", "column"), ("--undirected",)):
        run("convert", *options, arcs, tmp_path / "whole.imax")
        out = run("convert", "--max-memory", "1MiB", *options, arcs, tmp_path / "parts.imax")
        assert "in 1 parts" in out.stderr
        assert (tmp_path / "parts.imax").read_bytes() == (tmp_path / "whole.imax").read_bytes()
    out = run("convert", "--max-memory", "1MiB", "--probability", "trivalency", arcs, tmp_path / "parts.imax")
    assert "parts" not in out.stderr.replace("parts.imax", "")
    run("convert", "--max-memory", "4MiB", "rmat:6", tmp_path / "parts.imax")
    run("convert", "rmat:6", tmp_path / "whole.imax")
    assert (tmp_path / "parts.imax").read_bytes() == (tmp_path / "whole.imax").read_bytes()
    run("convert", "--max-memory", "4MiB", "--undirected", "rmat:6", tmp_path / "x.imax", code=2)
    run("convert", "--max-memory", "4MiB", "karate", tmp_path / "x.imax")
    assert "max" in fails(1, "convert", "--max-memory", "2", arcs, tmp_path / "y.imax")
    assert not any("scratch" in path.name for path in tmp_path.iterdir())
