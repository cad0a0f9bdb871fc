"""Edge lists, Matrix Market files and files about nodes: what is read, what is refused, and the messages."""

import bz2
import gzip
import io
import lzma
import os
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import imax
from imax.errors import (
    FileFormatError,
    InvalidArgumentError,
    InvalidGraphError,
    MissingDependencyError,
    NoSuchFileError,
    UnknownNodeError,
)
from imax.io import edge_list, read_active_sets, read_edgelist, read_graph, read_labels, read_node_values, write_text
from imax.io import text as text_files
from imax.io.read_options import ReadOptions, ThirdColumn

sys.path.insert(0, str(Path(__file__).parent))
import naive_io

sys.path.pop(0)


def content(text):
    data = np.frombuffer(text if isinstance(text, bytes) else text.encode(), np.uint8)
    return text_files.Content("t", data)


ANY_NUMBER = ThirdColumn(-1e38, 1e38, "a number")


def parsed(text, *, want=False, skip=False, threads=1):
    """Return the arcs of a text by label, and what the parser returned."""
    options = ReadOptions(ANY_NUMBER if want else None, skip)
    arcs = edge_list.read_text(content(text), options, threads)
    labels = list(range(arcs.n_nodes)) if arcs.labels is None else list(arcs.labels)
    assert len(labels) == arcs.n_nodes
    assert {arcs.source.dtype, arcs.target.dtype} == {np.dtype(np.int32)}
    values = [1.0] * len(arcs.source) if arcs.weight is None else arcs.weight.tolist()
    rows = zip(arcs.source.tolist(), arcs.target.tolist(), values, strict=True)
    return [(labels[a], labels[b], v) for a, b, v in rows], arcs


def pairs(text, **options):
    return [row[:2] for row in parsed(text, **options)[0]]


@pytest.fixture
def put(tmp_path):
    def write(text, name="g.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


# -- lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "1 2\n2 3\n",
        "1\t2\n2\t3",
        "1,2\n2,3\n",
        "1;2\n2 ; 3\n",
        "1, 2\n2 ,3\n",
        "# a\n% b\n\n  1 2  \n\t2 3\n\n",
        "1 2\r\n2 3\r\n",
        "\ufeff1 2\n2 3\n",
        "1 2 7\n2 3 x y z\n",
        "1,2,\n2,3,\n",
    ],
)
def test_integer_lines(text):
    rows, arcs = parsed(text)
    assert rows == [(1, 2, 1.0), (2, 3, 1.0)]
    assert arcs.labels.dtype == np.int64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann bob\nbob cid\n", [("ann", "bob"), ("bob", "cid")]),
        ("1 2\n2 A12\n", [("1", "2"), ("2", "A12")]),
        ("7 1\n007 1\n", [("7", "1"), ("007", "1")]),
        ("1.0 2.5\n", [("1.0", "2.5")]),
        ("-1 x\n", [("-1", "x")]),
        ("New York,Boston\nBoston , New York\n", [("New York", "Boston"), ("Boston", "New York")]),
        ("New York\tBoston, MA\n", [("New York", "Boston, MA")]),
        ("a;b,c\n", [("a;b", "c")]),
        ('"Smith, J","Doe, K",1\n', [("Smith, J", "Doe, K")]),
        ("é ü\nü 漢字\n", [("é", "ü"), ("ü", "漢字")]),
        ("a b", [("a", "b")]),
        ("a  \t b \r\n", [("a", "b")]),
    ],
)
def test_names(text, expected):
    assert pairs(text) == expected


def test_names_are_in_order_of_appearance():
    assert parsed("z y\na z\n")[1].labels == ["z", "y", "a"]


def test_integers_zero_to_n_need_no_labels():
    _, arcs = parsed("2 0\n1 0\n")
    assert arcs.labels is None
    assert arcs.n_nodes == 3


def test_integer_labels_are_in_ascending_order():
    assert parsed("30 10\n20 30\n")[1].labels.tolist() == [10, 20, 30]


@pytest.mark.parametrize("big", [2**31 - 1, 2**31, 10**12, 2**63 - 1])
def test_large_sparse_ids(big):
    assert pairs(f"{big} 5\n5 {big - 1}\n", threads=2) == [(big, 5), (5, big - 1)]


@pytest.mark.parametrize("text", ["-1 2\n3 4\n", f"3 4\n{2**63} 2\n", f"1 2\n3 {10**30}\n", "1 2\n4 -5 x\n"])
def test_ids_out_of_range_are_refused(text):
    with pytest.raises(FileFormatError, match=r"^t:[12]: ids must be whole numbers from 0 to 9223372036854775807"):
        parsed(text)
    assert parsed(text, skip=True)[1].bad_lines == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [("1 2\n3\n4 5\n", 2), ("# c\n\n1 2\n3 4\n,5\n", 5), ("1,,2\n", 1), ("a b\nc\n", 2), ("a,b\nc,\n", 2),
     ("1 2\nword\n", 2), ("1 2\n3", 2), ('a,"b\n', 1), ('a,"b"c\n', 1)],
)  # fmt: skip
def test_malformed_line(text, line):
    with pytest.raises(FileFormatError, match=rf"^t:{line}: expected two or three columns, got '") as error:
        parsed(text)
    assert "\n" not in str(error.value)


def test_long_line_is_shortened():
    with pytest.raises(FileFormatError) as error:
        parsed("1 2\n" + "x" * 10_000 + "\n")
    assert len(str(error.value)) < 250


def test_skipped_lines_are_counted():
    rows, arcs = parsed("1 2\n3\nword\n-4 5\n2 3\n", skip=True)
    assert [row[:2] for row in rows] == [(1, 2), (2, 3)]
    assert arcs.bad_lines == 3
    assert "3 bad lines were left out" in arcs.notes


def test_header_above_integers():
    rows, arcs = parsed("source,target,weight\n1,2,0.5\n2,3,0.25\n", want=True)
    assert rows == [(1, 2, 0.5), (2, 3, 0.25)]
    assert "header" in arcs.notes[0]


def test_header_above_names():
    rows, arcs = parsed("From\tTo\nann\tbob\n")
    assert rows == [("ann", "bob", 1.0)]
    assert "header" in arcs.notes[0]
    rows, arcs = parsed("who,whom,strength\nann,bob,0.5\n", want=True)
    assert rows == [("ann", "bob", 0.5)]
    assert "header" in arcs.notes[0]


def test_header_above_names_and_a_column_that_is_not_read():
    # the third column decides, even if it is not read
    rows, arcs = parsed("who,whom,messages\nann,bob,12\nbob,cid,3\n")
    assert [row[:2] for row in rows] == [("ann", "bob"), ("bob", "cid")]
    assert "header" in arcs.notes[0]
    assert len(pairs("ann,bob,friend\nbob,cid,friend\n")) == 2
    assert pairs("ann,bob,friend\n") == [("ann", "bob")]


def test_a_first_line_of_names_is_not_a_header():
    assert pairs("ann bob\nbob cid\n")[0] == ("ann", "bob")
    assert pairs("ann bob\n") == [("ann", "bob")]


def test_a_note_says_that_a_first_line_may_be_a_header():
    rows, arcs = parsed("mia,zoe\nann,bob\nbob,cid\n")
    assert len(rows) == 3
    assert arcs.notes[0].startswith("the first line, 'mia,zoe', was read as an arc, but its nodes occur nowhere else")
    assert arcs.doubts == arcs.notes
    assert parsed("ann,bob\ncid,bob\n")[1].notes == ()
    assert parsed("ann,bob\n")[1].notes == ()
    assert parsed("1 2\n3 4\n")[1].notes == ()


def test_a_note_says_where_the_first_name_is():
    assert "'2 A12' on line 2" in parsed("1 2\n2 A12\n")[1].notes[0]


def test_a_note_says_which_columns_are_unused():
    assert "third column" in parsed("1 2 3\n")[1].notes[0]
    notes = parsed("1 2 3 4\n", want=True)[1].notes
    assert "first 2 of its 4 columns" in notes[0]
    assert "after the third" in notes[1]
    assert parsed("1 2\n")[1].notes == ()


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n# comments\n", "source,target\n", "source target\n# x"])
def test_no_arcs(text):
    with pytest.raises(FileFormatError, match="holds no arcs"):
        parsed(text)
    with pytest.raises(FileFormatError, match=r"holds no arcs \(1 bad"):
        parsed("1\n", skip=True)


# -- the third column -----------------------------------------------------------------------------------

NUMBERS = ["0.5", ".5", "5.", "1e-3", "1E+3", "-2.5e2", "+7", "0", "0.1", "123456789012345678901234567890",
           "0.12345678901234567", "1e-40", "00.250", "0e5", "3.4e30", "1e-400",
           "0.000000000000000000000000125"]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("ends", ["1 2", "a b"])
def test_numbers(number, ends):
    with np.errstate(under="ignore"):
        value = parsed(f"{ends} {number}\n", want=True)[0][0][2]
        assert value == np.float32(float(number))


@pytest.mark.parametrize("word", ["x", "1e", "1e+", ".", "-", "1.2.3", "0x10", "1_000", "--1", "e5"])
@pytest.mark.parametrize("ends", ["1 2", "a b"])
def test_words_that_are_not_numbers(word, ends):
    with pytest.raises(FileFormatError, match=r"^t:2: the third column must be a number, got "):
        parsed(f"{ends} 1\n{ends} {word}\n", want=True)
    rows, arcs = parsed(f"{ends} 1\n{ends} {word}\n", want=True, skip=True)
    assert len(rows) == arcs.bad_lines == 1


@pytest.mark.parametrize("text", ["1 2 0.5\n3 4\n", "a b 0.5\nc d\n", "a,b,0.5\nc,d,\n", "1,2,3\n3,4,\n"])
def test_a_missing_third_column(text):
    with pytest.raises(FileFormatError, match=r"^t:2: the third column is missing, got "):
        parsed(text, want=True)


@pytest.mark.parametrize("value", ["1.5", "-0.1", "nan", "NaN", "inf", "-Infinity", "1e999"])
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("ends", ["1 2", "a b"])
def test_values_out_of_range(value, skip, ends):
    options = ReadOptions(ThirdColumn(0.0, 1.0, "a probability in [0, 1]"), skip)
    with pytest.raises(FileFormatError, match=r"^t:2: the third column must be a probability in \[0, 1\], got"):
        edge_list.read_text(content(f"{ends} 1\n{ends} {value}\n"), options, 1)


# -- comparison with the slow reader ---------------------------------------------------------------------------

LABELS = st.one_of(
    st.integers(0, 30).map(str),
    st.integers(0, 2**66).map(str),
    st.sampled_from(["-3", "007", "A12", "é", "1.5", "a-b", "0"]),
)
THIRD = st.sampled_from(["", " 0.5", " 1", " 0.125 9", " bad", "\t1e-3"])
LINES = st.one_of(
    st.tuples(st.integers(0, 30).map(str), st.sampled_from([" ", "\t", ",", ", ", ";", "  "]),
              st.integers(0, 30).map(str), THIRD).map("".join),
    st.tuples(LABELS, st.sampled_from([" ", "\t", " \t"]), LABELS, THIRD).map("".join),
    st.sampled_from(["", "  ", "# x y", "%", "7", "word", "1 2\r", ",1", "1,,2"]),
)  # fmt: skip


def compare(text, want, skip):
    rows = list(naive_io.lines_of(text))
    head = naive_io.any_separator(rows[0][1]) if rows else []
    if not rows or not any(naive_io.NUMBER.fullmatch(field) for field in head):
        return  # other tests cover headers
    try:
        expected, bad = naive_io.read(text, want, skip)
    except naive_io.Bad as error:
        with pytest.raises(FileFormatError, match=f"^t:{error.args[0]}: "):
            parsed(text, want=want)
        return
    if not expected:
        with pytest.raises(FileFormatError, match="holds no arcs"):
            parsed(text, want=want, skip=skip)
        return
    for threads in (1, 2):
        rows, arcs = parsed(text, want=want, skip=skip, threads=threads)
        assert rows == [(a, b, np.float32(v)) for a, b, v in expected]
        assert arcs.bad_lines == bad


@settings(deadline=None)
@given(st.lists(LINES, max_size=12), st.sampled_from(["", "\n"]), st.booleans(), st.booleans())
def test_the_result_equals_that_of_the_slow_reader(lines, end, want, skip):
    compare("\n".join(lines) + end, want, skip)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 50)), min_size=1, max_size=30))
def test_integers_are_read_as_written(edges):
    text = "".join(f"{a}\t{b}\n" for a, b in edges)
    assert pairs(text, threads=2) == edges


@pytest.mark.parametrize("name", [str, "n{}".format])
def test_blocks_are_joined(monkeypatch, name):
    """The result does not depend on where the text is cut into blocks."""
    rng = np.random.default_rng(5)
    edges = [(name(int(a)), name(int(b))) for a, b in rng.integers(0, 40, (300, 2)) * 1_000_003]
    text = "# head\n" + "".join(f"{a} {b}\n" + "# x\n" * (i % 5 == 0) for i, (a, b) in enumerate(edges))
    whole = edge_list.read_text(content(text), ReadOptions(), 1)
    monkeypatch.setattr(edge_list, "_BLOCK", 64)
    monkeypatch.setattr(edge_list, "_NAMES_BLOCK", 64)
    for threads in (1, 3):
        cut = edge_list.read_text(content(text.rstrip("\n")), ReadOptions(), threads)
        assert np.array_equal(cut.source, whole.source)
        assert np.array_equal(cut.target, whole.target)
        assert list(cut.labels) == list(whole.labels)
    assert [
        (str(whole.labels[a]), str(whole.labels[b])) for a, b in zip(whole.source, whole.target, strict=True)
    ] == edges
    with pytest.raises(FileFormatError, match=r"^t:362: "):
        edge_list.read_text(content(text + "lonely\n1 2\n"), ReadOptions(), 2)


def test_many_names():
    """Tables grow beyond their first size."""
    names = [f"name-{i}" for i in range(1500)]
    text = "".join(f"{a} {b}\n" for a, b in pairwise(names))
    assert parsed(text)[1].labels == names
    ids = [i * 10_000_019 for i in range(1500)]
    assert parsed("".join(f"{a} {b}\n" for a, b in pairwise(ids)))[1].labels.tolist() == ids


# -- encodings ------------------------------------------------------------------------------------------


def test_binary_is_refused():
    with pytest.raises(FileFormatError, match="zero byte at offset 1"):
        parsed(b"1\x00 \x002\x00")
    with pytest.raises(FileFormatError, match="carriage returns alone"):
        parsed("1 2\r2 3\r")


def test_bad_utf8_names_the_line():
    with pytest.raises(FileFormatError, match=r"^t:3: the label is not UTF-8"):
        parsed(b"# \xff\na b\na \xff\n")
    assert pairs(b"# \xff\n1 2 \xff\n") == [(1, 2)]


# -- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "gz", "bz2", "xz", "zst"])
def test_compressed(put, name):
    codecs = {"plain": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    if name == "zst":
        zstd = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "zstandard")
        codecs["zst"] = zstd.compress
    data = codecs[name](b"a b\n" * 50)
    assert read_edgelist(put(data)).n_nodes == 2
    if name == "plain":
        return
    with pytest.raises(FileFormatError, match=r"g.txt: the \w+ data ends too early; fetch or compress") as error:
        read_edgelist(put(data[:-9]))
    assert "\n" not in str(error.value)
    with pytest.raises(FileFormatError, match="data "):
        read_edgelist(put(data[:12] + bytes(20) + data[32:]))


def test_zstd_without_the_package(put, monkeypatch):
    if sys.version_info >= (3, 14):
        pytest.skip("zstd is in the standard library")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingDependencyError, match=r"g.txt: .*pip install 'influence-maximization\[zstd\]'"):
        read_graph(put(b"\x28\xb5\x2f\xfd1234"))


def test_missing_files(tmp_path):
    with pytest.raises(NoSuchFileError, match="there is no such file"):
        read_graph(tmp_path / "none.txt")
    with pytest.raises(NoSuchFileError, match="this is a folder"):
        read_graph(tmp_path)
    with pytest.raises(NoSuchFileError, match="no file name"):
        read_graph("a\0b")


def test_unreadable_file(put, monkeypatch):
    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    path = put("1 2\n")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileFormatError, match=r"g.txt: cannot be read: Permission denied"):
        read_graph(path)


def test_large_files_are_mapped(put, monkeypatch):
    monkeypatch.setattr(text_files, "_CHUNK", 16)
    assert read_graph(put("1 2\n" * 40 + "3 4\n")).n_nodes == 4
    with pytest.raises(FileFormatError, match=r"g.txt:41: "):
        read_graph(put("1 2\n" * 40 + "3\n"))


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"1 2\n"))))
    assert read_graph("-").nodes() == [1, 2]
    monkeypatch.setattr(sys, "stdin", io.StringIO("1 2\n3\n"))
    with pytest.raises(FileFormatError, match=r"^<stdin>:2: "):
        read_graph("-")


def test_pipes_are_read(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    import threading

    writer = threading.Thread(target=path.write_text, args=("1 2\n",))
    writer.start()
    assert read_graph(path).n_nodes == 2
    writer.join()


# -- graphs ---------------------------------------------------------------------------------------------


def test_read_edgelist(put):
    path = put("# c\n10 20 0.5\n20 30 0.25\n20 20 0.1\n10 20 0.5\n")
    graph = read_edgelist(path)
    assert graph.nodes() == [10, 20, 30]
    assert graph.report.self_loops == 1
    assert graph.report.parallel_arcs == 1
    assert "third column" in graph.report.notes[0]
    graph = read_edgelist(path, probability="column")
    assert sorted(graph.arcs()) == [(10, 20, 0.5), (20, 30, 0.25)]
    assert read_edgelist(path, column=True).probability.spec == "column"
    assert read_edgelist(path, probability="uniform:0.5", column=True).weight is not None
    both = read_edgelist(put("1 2\n"), directed=False)
    assert sorted(both.arcs()) == [(1, 2, 1.0), (2, 1, 1.0)]


def test_weights_above_one(put):
    path = put("a b 3\nc b 1\n")
    with pytest.raises(FileFormatError, match=r"g.txt:1: the third column must be a probability"):
        read_edgelist(path, probability="column")
    graph = read_edgelist(path, probability="lt_normalized")
    assert sorted(graph.arcs()) == [("a", "b", 0.75), ("c", "b", 0.25)]


def test_bad_lines_are_counted_in_the_report(put):
    graph = read_graph(put("1 2\nx\n"), on_bad_line="skip")
    assert graph.report.bad_lines == 1
    assert graph.report.notes == ("1 bad line was left out",)


def test_invalid_options_are_refused_before_reading():
    for options in ({"on_bad_line": "x"}, {"multi_edges": "x"}, {"probability": "x"}, {"threads": 0},
                    {"probability": "column", "column": False}):  # fmt: skip
        with pytest.raises(InvalidArgumentError):
            read_graph("nowhere", **options)


def test_parallel_arcs_can_be_refused(put):
    with pytest.raises(InvalidGraphError):
        read_graph(put("1 2\n1 2\n"), multi_edges="error")


# -- Matrix Market --------------------------------------------------------------------------------------


def mtx(field, symmetry, body, sizes="4 4 2"):
    return f"%%MatrixMarket matrix coordinate {field} {symmetry}\n% c\n\n{sizes}\n{body}"


def test_matrix_market(put):
    path = put(mtx("pattern", "general", "1 2\n3 3\n"), "g.mtx")
    graph = read_graph(path)
    assert graph.nodes() == [1, 2, 3, 4]
    assert [arc[:2] for arc in graph.arcs()] == [(1, 2)]
    assert graph.report.self_loops == 1
    graph = read_graph(put(gzip.compress(mtx("real", "symmetric", "2 1 0.5\n4 3 0.25").encode())), column=True)
    assert sorted(graph.arcs()) == [(1, 2, 0.5), (2, 1, 0.5), (3, 4, 0.25), (4, 3, 0.25)]
    assert not graph.report.directed
    assert "not used" in read_graph(put(mtx("integer", "general", "1 2 3\n2 1 4\n"))).report.notes[0]


def test_matrix_market_written_by_scipy(tmp_path):
    from scipy.io import mmwrite
    from scipy.sparse import coo_array

    rng = np.random.default_rng(1)
    at = np.unique(rng.integers(0, 9, (40, 2)), axis=0)
    at = at[at[:, 0] != at[:, 1]]
    p = rng.random(len(at))
    mmwrite(tmp_path / "m.mtx", coo_array((p, (at[:, 0], at[:, 1])), (9, 9)), precision=17)
    graph = read_graph(tmp_path / "m.mtx", probability="column")
    assert sorted(graph.arcs()) == [(i + 1, j + 1, np.float32(v)) for (i, j), v in zip(at.tolist(), p, strict=True)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%%MatrixMarket matrix array real general\n2 2\n1\n", "layout must be coordinate"),
        (mtx("complex", "general", "1 2 3 4\n"), "field must be pattern or real"),
        (mtx("real", "hermitian", "1 2 3\n"), "symmetry must be general or symmetric"),
        ("%%MatrixMarket matrix\n", "expected '%%MatrixMarket matrix coordinate"),
        (mtx("real", "general", "", "4 4"), r"g.txt:4: expected the numbers of rows"),
        (mtx("real", "general", "", "4 5 0"), "must be square"),
        (mtx("real", "general", "", "0 0 0"), "must have 1 to"),
        ("%%MatrixMarket matrix coordinate real general\n% c\n", "ends before"),
        (mtx("real", "general", "1 2 3\n"), "announces 2 entries, but there are 1"),
        (
            mtx("real", "general", "1 2 3\n2 5 1\n"),
            r"g.txt:6: ids must be whole numbers from 1 to 4, got '2 5 1'",
        ),
        (mtx("real", "general", "1 2 3\n0 1 1\n"), r"g.txt:6: ids must be"),
        (mtx("real", "general", "1 2 3\nx y 1\n"), r"g.txt:6: expected integer ids"),
    ],
)
def test_malformed_matrix_market(put, text, message):
    with pytest.raises(FileFormatError, match=message):
        read_graph(put(text))


def test_matrix_market_column(put):
    with pytest.raises(FileFormatError, match="pattern without values"):
        read_graph(put(mtx("pattern", "general", "1 2\n2 1\n")), probability="column")
    graph = read_graph(put(mtx("pattern", "general", "1 2\nx\n")), on_bad_line="skip")
    assert graph.report.bad_lines == 1


# -- labels and values of nodes -------------------------------------------------------------------------


def test_read_labels(put):
    graph = read_graph(put("10 20\n20 30\n"))
    assert read_labels(put("# seeds\n30\n\n 10 \n30\n"), graph) == [30, 10, 30]
    with pytest.raises(UnknownNodeError, match=r"g.txt:2: .*99.* is not a node"):
        read_labels(put("30\n99\n"), graph)
    with pytest.raises(UnknownNodeError, match=r"g.txt:1: .*x.* is not a node"):
        read_labels(put("x\n"), graph)
    named = read_graph(put("New York,Boston\n7,Boston\n"))
    assert read_labels(put("New York\r\n7\n"), named) == ["New York", "7"]
    assert read_labels(put("\ufeff7"), named) == ["7"]
    with pytest.raises(FileFormatError, match=r"g.txt:2: not UTF-8"):
        read_labels(put(b"7\n\xff\n"), named)


def test_read_node_values(put):
    graph = read_graph(put("10 20\n20 30\n"))
    assert read_node_values(put("20 2.5\n10,1\n30\t0\n"), graph).tolist() == [1.0, 2.5, 0.0]
    assert read_node_values(put("20 2.5\n"), graph, default=1).tolist() == [1.0, 2.5, 1.0]
    with pytest.raises(FileFormatError, match=r"2 of 3 nodes have no value \(10, 30\); give a value"):
        read_node_values(put("20 1\n"), graph)
    for text in ("20\n", "20 x\n", "20 nan\n", ",5\n"):
        with pytest.raises(FileFormatError, match=r"g.txt:1: expected a label and a finite number"):
            read_node_values(put(text), graph)
    with pytest.raises(FileFormatError, match=r"g.txt:2: the node 20 is listed twice, with different values"):
        read_node_values(put("20 1\n20 2\n"), graph)
    with pytest.raises(UnknownNodeError, match=r"g.txt:1: "):
        read_node_values(put("5 1\n"), graph)


# -- writing --------------------------------------------------------------------------------------------


def test_write_text(tmp_path, capsys):
    path = tmp_path / "out.txt"
    write_text(path, "é\n")
    assert path.read_text("utf-8") == "é\n"
    write_text("-", "x\n")
    assert capsys.readouterr().out == "x\n"
    link = tmp_path / "link"
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    write_text("/dev/null", "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "out.txt"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def parts():
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(
        InvalidArgumentError, match=r"path: cannot write .*out.txt: No space left on device; name a file"
    ):
        text_files.write_bytes(path, parts())
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    for bad in (tmp_path, tmp_path / "no" / "file", "a\0b"):
        with pytest.raises(InvalidArgumentError, match="path: cannot write"):
            write_text(bad, "x")


def test_read_active_sets(put):
    graph = read_graph(put("7 8\n8 9\n"))
    assert read_active_sets(put("7, 9\n\n# a comment\n8\n"), graph) == [[7, 9], [8]]
    assert read_active_sets(put("7\n9\n"), graph) == [[7, 9]]
    assert read_active_sets(put("7,\n9,\n"), graph) == [[7], [9]]
    for text, message in [
        ("7,,9\n", r":1: a label is missing beside a comma, got '7,,9'"),
        ("8\n7,9,7\n", r":2: the node '7' is listed twice"),
        ("7\n7\n", r":2: the node '7' is listed twice"),
        ("# none\n", "names no active participants"),
    ]:
        with pytest.raises(FileFormatError, match=message):
            read_active_sets(put(text), graph)
    with pytest.raises(UnknownNodeError, match=":2: node 3 is not a node"):
        read_active_sets(put("7\n3\n"), graph)


# -- writing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".txt", ".CSV", ".mtx", ".imax", ""])
def test_the_suffix_decides_the_format(ending, tmp_path):
    graph = imax.InfluenceGraph.from_edges([(1, 2, 0.5), (2, 3, 0.25), (3, 1, 1.0)], probability="column")
    path = tmp_path / f"graph{ending}"
    imax.write_graph(graph, path)
    again = imax.read_graph(path, probability=None if ending in (".imax", "") else "column")
    assert sorted(again.arcs()) == sorted(graph.arcs())
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_label_that_an_edge_list_cannot_hold_is_refused(tmp_path):
    graph = imax.InfluenceGraph.from_edges([("a,b", "c"), ("c", "d")])
    with pytest.raises(imax.errors.InvalidGraphError, match="an edge list cannot hold the label 'a,b'"):
        imax.write_graph(graph, tmp_path / "graph.csv")
    assert not list(tmp_path.iterdir())
