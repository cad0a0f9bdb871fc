"""Parquet files of integers: read straight into arrays, with the same graph as the text."""

import subprocess
import sys

import numpy as np
import pytest

import imax
from imax.errors import FileFormatError

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402


def written(path, columns, **options):
    pq.write_table(pa.table(columns), path, **options)
    return path


@pytest.mark.parametrize("kind", ["uint8", "int16", "int32", "int64", "uint64"])
def test_integers_of_any_width(tmp_path, kind):
    rng = np.random.default_rng(3)
    source, target = rng.integers(0, 100, (2, 500)).astype(kind)
    weight = rng.random(500).astype(np.float32)
    path = written(tmp_path / "g.parquet", {"source": source, "target": target, "p": weight}, row_group_size=70)
    text = tmp_path / "g.txt"
    np.savetxt(text, np.column_stack([source.astype(float), target.astype(float), weight]), fmt=["%d", "%d", "%.9g"])
    for options in ({}, {"probability": "column"}):
        graphs = [imax.read_graph(file, threads=threads, **options) for file in (path, text) for threads in (1, 3)]
        assert len({graph.fingerprint for graph in graphs}) == 1


@pytest.mark.parametrize(
    ("source", "nodes"),
    [
        ([5, -7, 5], [-7, 5, 9, 10]),
        ([5, 2**31, 5], [5, 9, 10, 2**31]),
        ([5, 2**40, 5], [5, 9, 10, 2**40]),
        ([5, 2**63, 5], [5, 9, 10, 2**63]),
    ],
)
def test_integers_beyond_31_bits(tmp_path, source, nodes):
    column = pa.array(source, pa.uint64() if max(source) >= 2**63 else pa.int64())
    graph = imax.read_graph(written(tmp_path / "g.parquet", {"source": column, "target": [9, 10, 10]}))
    assert sorted(graph.nodes()) == nodes
    assert graph.n_arcs == 3


def test_missing_cells(tmp_path):
    columns = {"source": pa.array([1, None, 3], pa.int64()), "target": [2, 3, 4]}
    path = written(tmp_path / "g.parquet", columns)
    with pytest.raises(FileFormatError, match="row 2 has no source"):
        imax.read_graph(path)
    assert imax.read_graph(path, on_bad_line="skip").report.bad_lines == 1
    weights = {"source": [1, 2, 3], "target": [2, 3, 4], "p": [0.5, None, float("nan")]}
    path = written(tmp_path / "w.parquet", weights)
    with pytest.raises(FileFormatError, match="row 2 has no weight"):
        imax.read_graph(path, weight="p")
    assert imax.read_graph(path, weight="p", on_bad_line="skip").arcs() == [(1, 2, 0.5)]


def test_pandas_is_not_imported(tmp_path):
    path = written(tmp_path / "g.parquet", {"source": [1, 2], "target": [2, 3], "p": [0.5, 0.25]})
    code = f"import sys, imax; imax.read_graph({str(path)!r}, weight='p'); assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
