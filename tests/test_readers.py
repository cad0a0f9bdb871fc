"""Damaged and hostile files: every reader answers with one clear sentence, and with bounded memory."""

import bz2
import dataclasses
import gzip
import io
import json
import lzma
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

import imax
from imax._utils.memory import peak_rise
from imax.annotate.files import read_embeddings
from imax.annotate.item_files import Items, read_item_columns, read_item_labels, read_items
from imax.cli import main
from imax.errors import FileFormatError, ImaxError, InvalidArgumentError, OutOfMemoryBoundError
from imax.io import read_labels, read_node_values
from imax.recommend.files import read_rows

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402

KARATE = imax.datasets.load("karate")
VECTORS = np.random.default_rng(0).normal(size=(20, 3))


def one_sentence(error, *words):
    """Check that a message is one short line with the given words."""
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 600
    assert not [word for word in words if word not in text], text


def as_npy(header, data=None):
    """Return an array file with a given header."""
    raw = header.encode()
    raw += b" " * (-(len(raw) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw + (VECTORS.tobytes() if data is None else data)


def as_npz(**arrays):
    """Return compressed arrays as one file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return bytearray(buffer.getvalue())


def as_parquet(**columns):
    """Return a table as a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return bytearray(buffer.getvalue())


def changed(data, *changes):
    """Return bytes with some of them replaced."""
    data = bytearray(data)
    for place, value in changes:
        data[place] = value
    return bytes(data)


def damaged_embeddings():
    """Yield (name, bytes, a word of the message)."""
    npz = as_npz(train=VECTORS)
    directory = npz.find(b"PK\x01\x02")
    yield "flip.npz", changed(npz, (120, npz[120] ^ 255), (121, npz[121] ^ 255)), "damaged"
    yield "method.npz", changed(npz, (directory + 10, 99), (8, 99)), "cannot be read"
    yield "encrypted.npz", changed(npz, (directory + 8, npz[directory + 8] | 1), (6, npz[6] | 1)), "encrypted"
    yield "cut.npz", bytes(npz[:-10]), "cannot be read"
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("readme.txt", "hello")
    yield "plain.npz", plain.getvalue(), "no arrays"
    start = "{'descr': '<f8', 'fortran_order': False, 'shape': "
    yield "token.npy", as_npy(start + "(20, 3"), "header is damaged"
    yield "huge.npy", as_npy(start + "(99999999999999999999, 3), }"), "header is damaged"
    yield "rows.npy", as_npy(start + "(1000000000000, 3), }"), "announces 24,000,000,000,000 bytes"
    yield "bool.npy", as_npy(start + "(True, 3), }"), "header is damaged"
    yield "negative.npy", as_npy(start + "(-20, -3), }"), "header is damaged"
    yield "short.npy", as_npy(start + "(20, 3), }", VECTORS.tobytes()[:-1]), "announces"
    yield "long.npy", as_npy(start + "(20, 3), }", VECTORS.tobytes() + b"x"), "announces"
    yield "object.npy", as_npy("{'descr': '|O', 'fortran_order': False, 'shape': (60,), }"), "type of numbers"
    yield "code.npy", as_npy("__import__('os').abort()"), "header is damaged"
    yield "magic.npy", b"\x93NUMPY", "header is damaged"
    yield "deep.jsonl", b'{"embedding": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", "deep.jsonl:1"
    yield "nested.jsonl", b'{"embedding": ' + b"[" * 900 + b"]" * 900 + b"}\n", "nested.jsonl:1"
    yield "digits.jsonl", b'{"embedding": [1' + b"0" * 400 + b", 1]}\n", "digits.jsonl:1"
    yield "more.jsonl", b'{"embedding": [1' + b"0" * 5000 + b", 1]}\n", "more.jsonl:1"
    yield "object.jsonl", b'{"embedding": {"1": 2}}\n', "object.jsonl:1"
    yield "cells.csv", b"embedding\n1_0 2\n", "cells.csv:2"
    parquet = as_parquet(embedding=[[1.0, 2.0], [2.0, 1.0]])
    yield "cut.parquet", bytes(parquet[:-1]), "Parquet data is damaged"
    yield "flip.parquet", changed(parquet, (len(parquet) - 60, parquet[-60] ^ 255)), "Parquet data is damaged"
    yield "head.parquet", b"PAR1", "Parquet data is damaged"
    yield "column.parquet", bytes(as_parquet(vector=[1.0])), "'embedding' is missing"
    yield "names.parquet", bytes(as_parquet(**{"c" * 2000 + str(i): [1] for i in range(100)})), "is missing"


DAMAGED = {name: (data, word) for name, data, word in damaged_embeddings()}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_embeddings_are_refused_in_one_sentence(tmp_path, name):
    data, word = DAMAGED[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileFormatError) as error:
        read_embeddings(tmp_path / name)
    one_sentence(error, name, word)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "<i4", "|b1"])
def test_arrays_are_read_as_numpy_reads_them(tmp_path, order, dtype):
    array = np.asarray(VECTORS.astype(dtype), order=order)
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", vectors=array, other=np.arange(3))
    np.savez_compressed(tmp_path / "b.npz", vectors=array)
    for name in ("a.npy", "a.npz", "b.npz"):
        found = read_embeddings(tmp_path / name)
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)
    with pytest.raises(FileFormatError, match="has no array 'x'; its arrays are 'vectors', 'other'"):
        read_embeddings(tmp_path / "a.npz", key="x")


def test_an_archive_with_a_wrong_checksum_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", vectors=VECTORS)
    data = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(changed(data, (400, data[400] ^ 1)))
    with pytest.raises(FileFormatError, match="CRC"):
        read_embeddings(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deep.jsonl", b'{"user": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"),
        ("score.jsonl", b'{"user": 0, "candidate": 1, "score": 1' + b"0" * 400 + b"}\n"),
        ("list.jsonl", b'{"user": [0], "candidate": {"a": 1}, "score": 0.5}\n'),
        ("score.csv", b"user,candidate,score\n0,1,0_1\n"),
        ("cut.parquet", bytes(as_parquet(user=[0, 33], candidate=[1, 31])[:-1])),
        ("bytes.parquet", bytes(as_parquet(user=[[0], [33]], candidate=[1, 31]))),
        ("head.csv", b"user," + b"x" * 140_000 + b"\n0,1\n"),
    ],
)
def test_damaged_tables_are_refused_in_one_sentence(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileFormatError) as error:
        read_rows(tmp_path / name, KARATE.labels, ("user", "candidate"), "score")
    one_sentence(error, name)


def test_a_table_in_parquet_reads_the_columns_that_are_needed(tmp_path):
    (tmp_path / "t.parquet").write_bytes(as_parquet(other=["x", "y"], candidate=[1, 31], user=[0, 33]))
    assert read_rows(tmp_path / "t.parquet", KARATE.labels, ("user", "candidate"), "score") == [[0, 33], [1, 31], []]


@pytest.mark.parametrize("name", ["costs", "node_weights"])
def test_node_values_with_an_infinite_sum_are_refused(name):
    values = np.full(34, 1e308)
    given = {"costs": values, "budget": 1e308} if name == "costs" else {"node_weights": values}
    with pytest.raises(InvalidArgumentError, match=f"{name} have a sum beyond the largest number") as error:
        imax.maximize(KARATE, None if name == "costs" else 2, **given)
    assert error.value.argument == name


def zstd(data):
    """Return data compressed with zstd."""
    return pytest.importorskip("zstandard").ZstdCompressor().compress(data)


CODECS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


@pytest.mark.parametrize("codec", CODECS)
def test_decompressed_content_is_bounded(tmp_path, codec):
    text = b"1 2\n" * (1 << 17)
    path = tmp_path / f"bomb.{codec}"
    path.write_bytes(CODECS[codec](text))
    with pytest.raises(OutOfMemoryBoundError, match=r"decompressed content takes more than the 262,144 bytes") as error:
        imax.read_graph(path, max_memory="256k")
    one_sentence(error, path.name, "max_memory")
    with peak_rise() as rise, pytest.raises(OutOfMemoryBoundError):
        imax.read_edgelist(path, max_memory=1000)
    assert (rise() or 0) < 64 << 20
    assert imax.read_graph(path, max_memory="2M").n_arcs == 1


LIST_READERS = {  # a reader and the repeated line; those with a bound of their own take it
    "labels": (lambda path, **bound: read_labels(path, KARATE, **bound), b"1\n"),
    "active sets": (lambda path, **bound: imax.io.read_active_sets(path, KARATE, **bound), b"1\n"),
    "values": (lambda path, **bound: read_node_values(path, KARATE, **bound), b"1,1\n"),
    "texts": (lambda path, **bound: imax.io.read_node_texts(path, KARATE, **bound), b"1,a\n"),
    "rows": (lambda path, **bound: read_rows(path, KARATE.labels, ("1", "2"), **bound), b"1,2\n"),
    "json rows": (lambda path, **bound: read_rows(path, KARATE.labels, ("u", "v"), **bound), b'{"u":1,"v":2}\n'),
    "columns": (lambda path, **bound: list(imax.io.read_columns(path, {"a": "1"}, **bound)), b"1,2\n"),
    "embeddings": (lambda path, **bound: read_embeddings(path, column="1", **bound), b"1,2\n"),
    "candidates": (lambda path, **bound: imax.maximize(KARATE, 1, candidates=path, rng=1, **bound), b"1\n"),
    "node weights": (lambda path, **bound: imax.certify(KARATE, [0], node_weights=path, rng=1, **bound), b"1,1\n"),
    "seeds": (lambda path: imax.spread(KARATE, path, rng=1), b"1\n"),
    "items": (lambda path: read_items(path, Items(20)), b"1\n"),
    "item labels": (lambda path: read_item_labels(path, Items(20)), b"1,a\n"),
    "item columns": (lambda path: read_item_columns(path, None, "1", None), b"1,2\n"),
    "report": (lambda path, **bound: imax.make_report(KARATE, 1, candidates=path, rng=1, **bound), b"1\n"),
    "log": (lambda path: imax.learn.Actions.of(path, user="1", item="2", time="3"), b"1,2,3\n"),
}


@pytest.mark.parametrize("bounded", ["content", "objects"])
@pytest.mark.parametrize("name", LIST_READERS)
def test_content_and_objects_of_a_list_are_bounded(tmp_path, monkeypatch, name, bounded):
    """No reader decompresses more than the bound, or makes objects of more lines, whether it is given or the default.

    The default is a quarter of the free memory, or three quarters for embeddings, tables of items and logs.
    """
    if bounded == "objects" and name in ("columns", "log"):
        return  # their objects are made chunk by chunk
    read, line = LIST_READERS[name]
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(line * (1 << 20)))
    bound = 1_000_000 if bounded == "content" else len(line) << 20
    takes_bound = name not in ("seeds", "items", "item labels", "item columns", "log")
    for given in (True, False) if takes_bound else (False,):
        with monkeypatch.context() as patch:
            if not given:
                patch.setattr("imax.io.text.free_memory", lambda: bound)
                patch.setattr("imax.io.text.default_memory", lambda: bound)
            with peak_rise() as rise, pytest.raises(OutOfMemoryBoundError) as error:
                read(path, **({"max_memory": bound} if given else {}))
        one_sentence(error, path.name, f"more than the {bound:,} bytes", "raise max_memory")
        what = "the decompressed content takes" if bounded == "content" else "the objects of"
        one_sentence(error, what, "max_memory allows" if given else "free memory")
        assert (rise() or 0) < 64 << 20


@pytest.mark.parametrize(
    ("command", "line", "option"),
    [
        (["seed", "-k", "1", "karate", "--candidates"], b"1\n", True),
        (["seed", "-k", "1", "karate", "--node-weights"], b"1,1\n", True),
        (["certify", "karate", "--seeds"], b"1\n", True),
        (["cim", "karate", "-k", "1", "--active"], b"1\n", True),
        (["compare", "karate", "-k", "1", "--algorithms", "degree", "--candidates"], b"1\n", False),
        (["spread", "karate", "--seeds"], b"1\n", False),
        (["rerank", "karate", "--candidates"], b"1,2\n", False),
    ],
)  # fmt: skip
def test_commands_bound_the_files_about_nodes(tmp_path, monkeypatch, command, line, option):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(line * (1 << 18)))
    if not option:
        monkeypatch.setattr("imax.io.text.default_memory", lambda: 10_000_000)
    done = CliRunner().invoke(main, [*command, str(path), *(["--max-memory", "10M"] if option else [])])
    assert done.exit_code == 1
    assert "bomb.gz: the objects of its 262,145 lines take about" in done.stderr
    assert ("--max-memory allows" if option else "a quarter of the free memory") in done.stderr
    assert f"or raise {'--max-memory' if option else 'the memory limit of the machine'}" in done.stderr


def test_compressed_files_are_not_converted_in_parts(tmp_path, monkeypatch):
    """They are read once, with the bound."""
    path = tmp_path / "line.gz"
    path.write_bytes(gzip.compress(b"1 " * (1 << 20)))
    with monkeypatch.context() as patch:
        patch.setattr("imax.io.text.free_memory", lambda: 1 << 40)
        with peak_rise() as rise:
            done = CliRunner().invoke(main, ["convert", str(path), str(tmp_path / "o.imax"), "--max-memory", "1M"])
    assert done.exit_code == 1
    assert "line.gz: the decompressed content takes more than the 1,048,576 bytes that --max-memory" in done.stderr
    assert (rise() or 0) < 64 << 20


def test_repeated_texts_of_a_dictionary_are_bounded(tmp_path):
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1000, np.int32)), pa.array(["x" * (1 << 16)]))
    (tmp_path / "t.parquet").write_bytes(as_parquet(user=texts, candidate=texts))
    with peak_rise() as rise, pytest.raises(OutOfMemoryBoundError, match="the 1,000 rows that it announces take"):
        read_rows(tmp_path / "t.parquet", KARATE.labels, ("user", "candidate"), max_memory=20_000_000)
    assert (rise() or 0) < 64 << 20


@pytest.mark.parametrize("reader", ["rows", "log", "embeddings", "graph"])
def test_repeated_texts_of_a_parquet_file_are_bounded(tmp_path, reader):
    """A text that many rows share is stored once: 100 kB can stand for gigabytes."""
    path = tmp_path / "t.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(4000, np.int32)), pa.array(["x" * (1 << 17)]))
    columns = {"user": texts, "candidate": np.ones(4000, np.int64), "time": np.ones(4000), "friend": texts}
    pq.write_table(pa.table(columns), path, store_schema=False)  # so that the texts are no dictionary for the reader
    read = {
        "rows": lambda: read_rows(path, KARATE.labels, ("user", "candidate"), max_memory=20_000_000),
        "log": lambda: list(imax.io.read_columns(path, {"user": "user", "time": "time"}, max_memory=20_000_000)),
        "embeddings": lambda: read_embeddings(path, column="user", max_memory=20_000_000),
        "graph": lambda: imax.read_graph(path, source="user", target="friend", max_memory=20_000_000),
    }
    assert path.stat().st_size < 1 << 20
    with peak_rise() as rise, pytest.raises(OutOfMemoryBoundError, match="more than the 20,000,000 bytes"):
        read[reader]()
    assert (rise() or 0) < 64 << 20


def test_equal_numbers_in_lists_are_bounded(tmp_path):
    path = tmp_path / "t.parquet"
    zeros = pa.ListArray.from_arrays(np.arange(0, 8_000_001, 8000, dtype=np.int32), np.zeros(8_000_000))  # 64 MB
    path.write_bytes(as_parquet(embedding=zeros))
    assert path.stat().st_size < 1 << 20
    del zeros
    with peak_rise() as rise, pytest.raises(OutOfMemoryBoundError, match="more than the 4,000,000 bytes"):
        read_embeddings(path, max_memory=4_000_000)
    assert (rise() or 0) < 32 << 20


def test_nested_lists_of_json_are_bounded(tmp_path):
    """Each bracket becomes a list of about 64 bytes."""
    path = tmp_path / "t.jsonl"
    path.write_bytes((b'{"user": 0, "candidate": 1, "x": ' + b"[" * 900 + b"]" * 900 + b"}\n") * 200)
    with pytest.raises(OutOfMemoryBoundError, match=r"the objects of its 201 lines take about 1\d,"):
        read_rows(path, KARATE.labels, ("user", "candidate"), max_memory=10_000_000)


@pytest.mark.parametrize("line", [b"1 ", b"x", b"#"])
def test_a_line_without_end_is_no_arc(tmp_path, line):
    path = tmp_path / "line.gz"
    path.write_bytes(gzip.compress(line * (1 << 24)))
    with peak_rise() as rise, pytest.raises(FileFormatError) as error:
        imax.read_graph(path)
    one_sentence(error, "line.gz")
    assert (rise() or 0) < (len(line) << 25) + (64 << 20)  # the content, which grows by doubling


def test_a_line_without_end_is_not_converted(tmp_path, monkeypatch):
    monkeypatch.setattr("imax.io.arc_chunks._SEGMENT", 1 << 12)
    path = tmp_path / "line.txt"
    path.write_bytes(b"1 2\n2 3\n" * 1000 + b"1" * (1 << 14) + b"\n")
    done = CliRunner().invoke(main, ["convert", str(path), str(tmp_path / "o.imax"), "--max-memory", "1M"])
    assert done.exit_code == 1
    assert "line.txt:2001: a line of more than 4,096 bytes is no arc" in done.stderr


def test_long_lines_of_a_log_are_bounded(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"user,item,time\n" + b"," * (4 << 20))
    with pytest.raises(OutOfMemoryBoundError, match="the objects of 65,536 lines can take") as error:
        list(imax.io.read_columns(path, {"user": "user"}, max_memory="64M"))
    one_sentence(error, "log.csv")


@pytest.mark.parametrize("names", [False, True])
def test_the_arcs_of_a_text_file_count_in_the_memory_bound(tmp_path, names):
    path = tmp_path / "plain.txt"
    path.write_text("a b\n" * 1000 if names else "1 2\n" * 1000)
    assert imax.read_graph(path, max_memory=8000).n_arcs == 1
    for read in (imax.read_graph, imax.read_edgelist):
        with pytest.raises(OutOfMemoryBoundError, match="the arcs of its 1,000 lines take more than the 7,999 bytes"):
            read(path, max_memory=7999)
    for command in (["info", str(path)], ["convert", str(path), str(tmp_path / "out.imax")]):
        assert CliRunner().invoke(main, [*command, "--max-memory", "1M"]).exit_code == 0
        done = CliRunner().invoke(main, [*command, "--max-memory", "7999"])
        if command[0] == "convert" and not names:  # whole numbers are converted in parts
            assert done.exit_code == 0
            continue
        assert done.exit_code == 1
        assert "--max-memory" in done.stderr


def test_the_labels_of_a_text_file_count_in_the_memory_bound(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("".join(f"a{i} b{i}\n" for i in range(1000)))
    assert imax.read_graph(path, max_memory="1M").n_nodes == 2000
    with pytest.raises(OutOfMemoryBoundError, match=r"its 2,000 labels take about 3\d\d,\d\d\d bytes") as error:
        imax.read_graph(path, max_memory=200_000)
    one_sentence(error, "names.txt", "raise max_memory")


@pytest.mark.parametrize("codec", CODECS)
def test_decompression_stops_at_bytes_that_are_no_text(tmp_path, codec, monkeypatch):
    path = tmp_path / f"zero.{codec}"
    size = 256 << 20 if codec == "zst" else 64 << 20  # one piece of zstd can be 64 MB
    path.write_bytes(CODECS[codec](bytes(size)))
    start = time.perf_counter()
    with peak_rise() as rise, pytest.raises(FileFormatError, match="not a text file"):
        imax.read_graph(path)
    assert (rise() or 0) < size // 2
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("codec", CODECS)
def test_bytes_after_compressed_data_are_refused(tmp_path, codec):
    path = tmp_path / f"g.{codec}"
    whole = CODECS[codec](b"1 2\n") + CODECS[codec](b"2 3\n")  # several streams are one file
    path.write_bytes(whole)
    assert imax.read_graph(path).arcs() == [(1, 2, 1.0), (2, 3, 1.0)]
    for data in (whole + b"garbage", whole + b"g"):
        path.write_bytes(data)
        with pytest.raises(FileFormatError, match=r"data (is damaged|ends too early)") as error:
            imax.read_graph(path)
        one_sentence(error, path.name)
    path.write_bytes(whole[:-3])
    with pytest.raises(FileFormatError, match="ends too early"):
        imax.read_graph(path)


def test_padding_after_xz_is_allowed(tmp_path):
    (tmp_path / "g.xz").write_bytes(lzma.compress(b"1 2\n") + bytes(8))
    assert imax.read_graph(tmp_path / "g.xz").n_arcs == 1


def test_announced_rows_of_a_matrix_are_bounded(tmp_path):
    path = tmp_path / "m.mtx"
    path.write_text("%%MatrixMarket matrix coordinate pattern general\n300000000 300000000 1\n1 2\n")
    with peak_rise() as rise, pytest.raises(OutOfMemoryBoundError, match="the 300,000,000 rows that line 2 announces"):
        imax.read_graph(path, max_memory="100M")
    assert (rise() or 0) < 64 << 20
    runner = CliRunner()
    done = runner.invoke(main, ["seed", "--k", "2", "--max-memory", "100M", str(path)])
    assert done.exit_code == 1
    assert "300,000,000 rows" in done.output


def test_a_size_with_many_digits_is_refused(tmp_path):
    path = tmp_path / "m.mtx"
    path.write_text("%%MatrixMarket matrix coordinate pattern general\n" + "9" * 5000 + " 3 1\n1 2\n")
    with pytest.raises(FileFormatError, match="expected the numbers of rows") as error:
        imax.read_graph(path)
    one_sentence(error)


def test_arrays_in_archives_are_bounded(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "e.npz", e=np.zeros((1000, 1000)))
    (tmp_path / "e.parquet").write_bytes(as_parquet(embedding=[[0.0] * 1000] * 1000))
    monkeypatch.setattr("imax.io.text.free_memory", lambda: 1 << 19)
    for name in ("e.npz", "e.parquet"):
        with pytest.raises(ImaxError, match="more than the 524,288 bytes"):
            read_embeddings(tmp_path / name)


def test_integers_are_ascii_digits(tmp_path):
    path = tmp_path / "nodes.txt"
    for text in ("1_0", "¹", "٣", "1" * 5000, "0x1"):
        path.write_text(text + "\n", encoding="utf-8")
        with pytest.raises(ImaxError) as error:
            read_labels(path, KARATE)
        assert "nodes.txt:1" in str(error.value)
        with pytest.raises(FileFormatError, match=r"nodes.txt:1: .* is not an item"):
            read_items(path, Items(34))
        path.write_text(f"{text} 1\n", encoding="utf-8")
        with pytest.raises(ImaxError):
            read_node_values(path, KARATE, default=0)
        path.write_text(f"1 {text}x\n", encoding="utf-8")
        with pytest.raises(FileFormatError, match="finite number"):
            read_node_values(path, KARATE, default=0)
    path.write_text("1 1_0\n")
    with pytest.raises(FileFormatError, match="finite number"):
        read_node_values(path, KARATE, default=0)
    path.write_text("+3\n-0\n")
    assert read_labels(path, KARATE) == [3, 0]


def test_messages_do_not_repeat_long_labels(tmp_path):
    path = tmp_path / "nodes.txt"
    path.write_text("x" * 140_000 + "\n")
    with pytest.raises(ImaxError) as error:
        read_labels(path, KARATE)
    assert len(str(error.value)) < 2000
    assert "is not a node of the graph" in str(error.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_json_has_null_for_numbers_that_it_lacks(value):
    estimate = dataclasses.replace(imax.spread(KARATE, [0], n_simulations=10, rng=1), spread=value)
    assert json.loads(estimate.to_json(), parse_constant=pytest.fail)["spread"] is None


def test_collections_can_be_pickled():
    for model in ("ic", "lt"):
        collection = imax.sample_rr_sets(KARATE, 100, rng=1, model=model)
        collection.index()
        again = pickle.loads(pickle.dumps(collection))
        for one in (collection, again):
            one.extend(300)
        assert list(again) == list(collection)
        assert again.estimate([0, 33]) == collection.estimate([0, 33])


def test_the_setting_of_threads_is_ascii_digits(monkeypatch):
    for text in ("²", "0", "-1", "1_0", "9" * 20, "2000"):
        monkeypatch.setenv("IMAX_NUM_THREADS", text)
        with pytest.raises(InvalidArgumentError, match="IMAX_NUM_THREADS must be a whole number from 1 to 1024"):
            imax.maximize(KARATE, 2)


@pytest.mark.parametrize("name", ["idail", "source", "to", "user1", "c{}"])
def test_thousands_of_columns_are_read_at_once(tmp_path, name):
    names = ["inviter_email", "invitee_email", *(name.format(i) for i in range(4000))]
    path = tmp_path / "wide.csv"
    path.write_text(",".join(names) + "\n" + "a,b" + ",1" * 4000 + "\n" + "b,c" + ",1" * 4000 + "\n")
    start = time.perf_counter()
    assert imax.read_graph(path).arcs() == [("a", "b", 1.0), ("b", "c", 1.0)]
    assert time.perf_counter() - start < 5


def test_a_weight_that_is_a_list_is_refused(tmp_path):
    nodes = "".join(f'node [ id {i} label "{label}" ] ' for i, label in enumerate("abc"))
    path = tmp_path / "g.gml"
    path.write_text(f"graph [ directed 1 {nodes} edge [ source 0 target 1 weight 0.5 weight 0.5 ] "
                    "edge [ source 1 target 2 weight 0.25 ] ]\n")  # fmt: skip
    with pytest.raises(ImaxError, match="is not a number"):
        imax.read_graph(path, probability="column")


@pytest.mark.parametrize("text", ['0 1\n1 "\n2 0\n5 7\n', '0 1\n"a\nb" 2\n'])
def test_quoted_lines_without_the_column_of_weights(tmp_path, text):
    path = tmp_path / "g.txt"
    path.write_text(text)
    for options in ({}, {"on_bad_line": "skip"}):
        with pytest.raises(FileFormatError, match=r"the third column is missing|holds no arcs|unexpected end of data"):
            imax.read_graph(path, probability="column", threads=1, **options)
