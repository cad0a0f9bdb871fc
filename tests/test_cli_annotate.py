"""The command ``imax annotate``, and the files that it reads."""

import csv
import io
import json

import numpy as np
import pytest
from numba import config

from imax.annotate import ideal, select
from imax.annotate.files import read_embeddings
from imax.annotate.item_files import read_item_columns
from imax.cli._algorithms import registry_of
from imax.errors import FileFormatError, MissingDependencyError

from .test_cli import fails, files_in, run, write  # noqa: F401  (fixtures)

JIT = not config.DISABLE_JIT
X = np.random.default_rng(0).normal(size=(24, 3))
QUICK = ("--algorithm", "ideal", "--n-neighbors", 4, "--epsilon", 0.4, "--random-seed", 1)


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, X)
    return path


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def test_all_formats(vectors, tmp_path):
    found = ideal(X, 3, 4, epsilon=0.4, rng=1)
    options = (vectors, "--budget", 3, *QUICK)
    assert run("annotate", *options, "--format", "plain").stdout.split() == [str(i) for i in found.indices]
    record = json.loads(run("annotate", *options, "--format", "json").stdout)
    assert (record["indices"], record["diffused"], record["source"]) == (found.indices, None, str(vectors))
    assert rows_of(run("annotate", *options, "--format", "csv").stdout)[0] == ["rank", "item", "gain"]
    text = run("annotate", *options).stdout
    for fact in ("Estimated influence", "Algorithm", "24, 4 neighbors each, exact", "Random seed"):
        assert fact in text
    out = tmp_path / "chosen.txt"
    run("annotate", *options, "--format", "plain", "--output", out)
    assert [int(line) for line in out.read_text().split()] == found.indices


@pytest.mark.skipif(not JIT, reason="certifies by the ten thousand RR sets, which takes minutes without the compiler")
@pytest.mark.parametrize("name", [name for name in registry_of("annotate") if name != "ideal"])
def test_algorithms(vectors, name):
    options = ("--budget", 2, "--n-neighbors", 4, "--random-seed", 1, "--algorithm", name)
    assert f" {name}" in run("annotate", vectors, *options).stdout
    assert "--epsilon is not supported by algorithm" in fails(2, "annotate", vectors, *options, "--epsilon", 0.4)


def test_items_that_are_annotated(vectors, write, tmp_path):  # noqa: F811
    start, exclude = write("# done\n0\n1\n", "start.txt"), write("2\n", "exclude.txt")
    labels = write("3,red apple\n4 blue\n", "labels.csv")
    out = tmp_path / "all.csv"
    options = ("--start", start, "--exclude", exclude, "--labels", labels, "--diffuse", out)
    text = run("annotate", vectors, "--budget", 5, *QUICK, *options).stdout
    assert "Annotated            4 already" in text
    assert "Diffused             labels to " in text
    head, *rows = rows_of(out.read_text())
    assert head == ["item", "label", "confidence"]
    assert len(rows) == 24
    assert rows[3][1:] == ["red apple", "1.0"]
    assert {row[1] for row in rows} <= {"red apple", "blue", ""}
    sure = run("annotate", vectors, "--budget", 5, *QUICK, "--labels", labels, "--diffuse", "-", "--threshold", 1,
               "--format", "plain").stdout  # fmt: skip
    assert [row[1] for row in rows_of(sure)[1:25]].count("") == 22
    assert not {0, 1, 2, 3, 4} & {
        int(i) for i in run("annotate", vectors, "--budget", 5, *QUICK, *options, "--format", "plain").stdout.split()
    }
    assert "all.csv" in files_in(tmp_path)


def test_labels_and_confidence_between_batches(vectors, write):  # noqa: F811
    labels = write("0,a\n1,a\n2,b\n", "labels.csv")
    options = ("--budget", 2, "--algorithm", "ideal", "--n-neighbors", 4, "--random-seed", 1,
               "--labels", labels)  # fmt: skip
    found = ideal(X, 2, 4, labels={0: "a", 1: "a", 2: "b"}, decided_above=0.1, model="lt", epsilon=0.4, rng=1)
    done = run("annotate", vectors, *options, "--epsilon", 0.4, "--decided-above", 0.1, "--model", "lt",
               "--format", "json")  # fmt: skip
    assert json.loads(done.stdout)["indices"] == found.indices
    assert found.notes[0] in done.stderr
    assert "--decided-above needs --labels" in fails(2, "annotate", vectors, "--budget", 1, "--decided-above", 0.5)
    broken = write("0,0.5\n1,high\n", "broken.csv")
    message = "the confidence of item 1 is no number: 'high'"
    assert message in fails(1, "annotate", vectors, "--budget", 1, "--confidence", broken)


@pytest.mark.skipif(not JIT, reason="certifies by tens of thousands of RR sets")
def test_vote_k_by_confidence(vectors, write):  # noqa: F811
    confidence = write("item,confidence\n" + "".join(f"{i},{i / 24}\n" for i in range(24)), "confidence.csv")
    options = ("--budget", 2, "--n-neighbors", 4, "--algorithm", "vote-k", "--confidence", confidence)
    expected = select(X, 2, 4, algorithm="vote-k", confidence=np.arange(24) / 24, rng=1).indices
    text = run("annotate", vectors, *options, "--random-seed", 1, "--format", "plain").stdout
    assert [int(line) for line in text.split()] == expected
    text = run("annotate", vectors, "--budget", 2, *QUICK, "--direction", "out", "--sharpness", 1).stdout
    assert "direction out, sharpness 1, ic" in text


def test_tables_of_vectors(write, tmp_path):  # noqa: F811
    as_json = write("\n".join(json.dumps({"id": i, "embedding": row}) for i, row in enumerate(X.tolist())), "x.jsonl")
    as_csv = write("id,embedding\n" + "".join(f'{i},"{row}"\n' for i, row in enumerate(X.tolist())), "x.csv")
    spaced = write("embedding\n" + "".join(" ".join(map(str, row)) + "\n" for row in X.tolist()), "y.csv")
    np.savez(tmp_path / "x.npz", train=X, names=np.arange(24))
    np.savez(tmp_path / "two.npz", train=X, eval=X[:5])
    for path in (as_json, as_csv, spaced, tmp_path / "x.npz"):
        assert np.array_equal(read_embeddings(path), X)
    assert np.array_equal(read_embeddings(tmp_path / "two.npz", key="eval"), X[:5])
    assert read_item_columns(as_json, 24, None, "id").texts[:2] == ["0", "1"]
    for options, message in [
        ((), "name one of them, as in "),
        (("--key", "test"), "has no array 'test'; its arrays are 'train', 'eval'"),
    ]:
        assert message in fails(1, "annotate", tmp_path / "two.npz", "--budget", 2, *options)


def test_sparse_rows_and_a_column_of_labels(write, tmp_path):  # noqa: F811
    from scipy.sparse import coo_array, csr_array, save_npz

    for i, kind in enumerate((csr_array, coo_array)):
        save_npz(tmp_path / f"{i}.npz", kind(np.abs(X)))
        assert np.array_equal(read_embeddings(tmp_path / f"{i}.npz").toarray(), np.abs(X))
    broken = csr_array(np.abs(X))
    broken.indices[5] = 99
    save_npz(tmp_path / "broken.npz", broken)
    with pytest.raises(FileFormatError, match=r"broken.npz: the arrays cannot be read"):
        read_embeddings(tmp_path / "broken.npz")
    items = write("id,text,topic\n" + "".join(f"t{i},text {i},{'red' * (i == 3)}\n" for i in range(24)), "items.csv")
    given = ("--budget", 2, *QUICK, "--id-column", "id", "--labels", items, "--label-column", "topic", "-o", "-")
    text = run("annotate", tmp_path / "0.npz", "--items", items, *given).stdout
    assert "Annotated            1 already" in text
    message = fails(1, "annotate", items, "--budget", 2, "--text-column", "text")
    assert "the column 'embedding' is missing" in message
    assert (
        f"embed the texts by --embedding-model, or name a file of embeddings, and the texts by --items {items}"
        in message
    )


def test_parquet(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    pq.write_table(pa.table({"vector": X.tolist(), "text": ["a"] * 24}), tmp_path / "x.parquet")
    assert np.array_equal(read_embeddings(tmp_path / "x.parquet", column="vector"), X)
    with pytest.raises(FileFormatError, match="the column 'embedding' is missing; it has 'vector', 'text'"):
        read_embeddings(tmp_path / "x.parquet")


def test_parquet_without_its_library(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "x.parquet").write_bytes(b"PAR1....")
    with pytest.raises(MissingDependencyError, match=r"pip install 'influence-maximization\[parquet\]'"):
        read_embeddings(tmp_path / "x.parquet")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,vector\n1,2\n", "x.csv: the column 'embedding' is missing; it has 'id', 'vector'"),
        ("id,embedding\n1\n", "x.csv:2: expected 2 columns"),
        ("id,embedding\n1,a b\n", "x.csv:2: not a vector of numbers"),
        ("id,embedding\n1,1 2\n2,1 2 3\n", "x.csv:3: the vector has 3 numbers, but the first vector has 2"),
        ("id,embedding\n", "x.csv has no rows"),
        ('{"embedding": [1]}\n{"id": 1}\n', "x.csv:2: the column 'embedding' is missing"),
        ('{"embedding": [1]}\n{oh}\n', "x.csv:2: not JSON"),
    ],
)
def test_rejected_tables(write, text, message):  # noqa: F811
    assert message in fails(1, "annotate", write(text, "x.csv"), "--budget", 1)


def test_damaged_arrays(tmp_path):
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00")
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04....")
    assert "the header is damaged" in fails(1, "annotate", tmp_path / "x.npy", "--budget", 1)
    assert "the arrays cannot be read" in fails(1, "annotate", tmp_path / "x.npz", "--budget", 1)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--budget", 25), 2, "--budget must be at most 24"),
        (("--budget", 0), 2, "--budget must be at least 1"),
        (("--budget", 2, "--n-neighbors", 24), 2, "n_neighbors"),
        (("--budget", 2, "--diffuse", "all.csv"), 2, "--diffuse needs --labels"),
        (("--budget", 2, "--text-column", "text"), 2, "--id-column and --text-column need --items"),
        (("--budget", 2, "--embedding-model", "none"), 2, "--embedding-model needs --text-column"),
        (("--budget", 2, "--items", "x.csv"), 2, "--items needs --id-column or --text-column"),
    ],
)
def test_rejected_options(vectors, options, code, message):
    assert message in fails(code, "annotate", vectors, *options).replace("--n-neighbors", "n_neighbors")


def test_texts_need_their_library(write, tmp_path, monkeypatch):  # noqa: F811
    import sys

    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    table = write("text\na\n", "x.csv")
    options = ("--text-column", "text", "--budget", 1, "--embedding-model")
    assert "is no folder on this machine" in fails(2, "annotate", table, *options, "none")
    assert "pip install 'influence-maximization[text]'" in fails(1, "annotate", table, *options, tmp_path)


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--start", "24\n", "list.txt:1: 24 is not an item; items are the whole numbers 0 to 23"),
        ("--exclude", "one\n", "list.txt:1: 'one' is not an item"),
        ("--labels", "1\n", "list.txt:1: expected an item and a label"),
        ("--labels", "1 a\n1 b\n", "list.txt:2: the item 1 is listed twice"),
        ("--labels", "# none\n", "list.txt has no labels"),
    ],
)
def test_rejected_lists(vectors, write, option, text, message):  # noqa: F811
    error = fails(1, "annotate", vectors, "--budget", 1, option, write(text, "list.txt"))
    assert message.replace("'", "") in error.replace("'", "")


# -- ids and texts ------------------------------------------------------------------------------------------------

NAMES = [f"doc {i}" for i in range(24)]


@pytest.fixture
def documents(tmp_path):
    """Return the same items as JSON lines, as CSV, and as an array with a separate table."""
    rows = [
        {"key": name, "text": f"text, {name}", "embedding": row} for name, row in zip(NAMES, X.tolist(), strict=True)
    ]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for file, columns in (("x.csv", ("key", "text", "embedding")), ("items.csv", ("key", "text"))):
        with (tmp_path / file).open("w", newline="") as out:
            csv.writer(out).writerows([columns, *([row[name] for name in columns] for row in rows)])
    np.save(tmp_path / "x.npy", X)
    named = ("--id-column", "key", "--text-column", "text", *QUICK)
    return {
        "jsonl": (tmp_path / "x.jsonl", *named),
        "csv": (tmp_path / "x.csv", *named),
        "npy": (tmp_path / "x.npy", "--items", tmp_path / "items.csv", *named),
    }


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "npy"])
def test_ids_and_texts_are_kept(documents, tmp_path, kind):
    plain = ideal(X, 3, 4, epsilon=0.4, rng=1)
    expected = [NAMES[i] for i in plain.indices]
    options = (*documents[kind], "--budget", 3)
    assert run("annotate", *options, "--format", "plain").stdout.splitlines() == expected
    run("annotate", *options, "-o", tmp_path / "batch.jsonl")
    rows = records(tmp_path / "batch.jsonl")
    assert [(row["rank"], row["item"], row["key"], row["text"]) for row in rows] == [
        (rank, i, NAMES[i], f"text, {NAMES[i]}") for rank, i in enumerate(plain.indices, 1)
    ]
    assert rows_of(run("annotate", *options, "--format", "csv").stdout)[0] == ["rank", "item", "key", "text", "gain"]
    record = json.loads(run("annotate", *options, "--format", "json").stdout)
    assert (record["ids"], record["texts"]) == (expected, [f"text, {name}" for name in expected])
    assert all(name in run("annotate", *options).stdout for name in expected)


def test_every_output_is_a_start(documents, tmp_path):
    options = (*documents["jsonl"], "--budget", 3)
    first = run("annotate", *options, "--format", "plain").stdout.splitlines()
    second = None
    for file in ("a.txt", "a.csv", "a.jsonl", "a.json"):
        form = ("--format", "plain") if file == "a.txt" else ()
        run("annotate", *options, *form, "-o", tmp_path / file)
        found = run("annotate", *options, "--start", tmp_path / file, "--format", "plain").stdout.splitlines()
        assert not set(found) & set(first)
        assert second in (None, found)
        second = found
    (tmp_path / "rows.json").write_text("{\n}\n")
    assert "is JSON without the list" in fails(1, "annotate", *options, "--start", tmp_path / "rows.json")
    (tmp_path / "rows.json").write_text("{\n")
    assert "is damaged" in fails(1, "annotate", *options, "--start", tmp_path / "rows.json")


def test_unfinished_labels_by_id(documents, write, tmp_path):  # noqa: F811
    lines = [{"key": "doc 3", "label": "red"}, {"key": "doc 4", "label": ""}, {"key": "doc 5", "label": None},
             {"key": "doc 6", "label": 7}]  # fmt: skip
    as_lines = write("".join(json.dumps(row) + "\n" for row in lines), "labels.jsonl")
    as_table = write("key,label\ndoc 3,red\ndoc 4,\ndoc 5,  \ndoc 6,7\n", "labels.csv")
    for labels in (as_lines, as_table):
        options = (*documents["jsonl"], "--budget", 2, "--labels", labels)
        done = run("annotate", *options, "--diffuse", tmp_path / "all.jsonl")
        assert "items with a blank label, not annotated: 2" in done.stderr
        assert "Annotated            2 already" in done.stdout
        found = records(tmp_path / "all.jsonl")
        assert [row["key"] for row in found] == NAMES
        assert (found[3]["label"], str(found[6]["label"])) == ("red", "7")
        assert {str(row["label"]) for row in found} <= {"red", "7", "None"}
    run("annotate", *options, "--diffuse", tmp_path / "all.csv")
    assert rows_of((tmp_path / "all.csv").read_text())[0] == ["item", "key", "text", "label", "confidence"]


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--start", "doc 99\n", "list.txt:1: 'doc 99' is not the id of an item (column 'key')"),
        ("--start", '{"name": "a"}\n', "the column 'key' is missing"),
        ("--labels", "doc 3,\n", "has no labels, only blank ones"),
        ("--labels", "key,label\ndoc 3,a\ndoc 3,b\n", "list.txt:3: the item doc 3 is listed twice"),
        ("--labels", '{"key": "doc 3", "label": ["a"]}\n', "a label must be text or a number"),
        ("--labels", "key,answer\ndoc 3,a\n", "the column 'label' is missing"),
        ("--items", "key,text\na,b\n", "has 1 rows, but there are 24 embeddings"),
        ("--items", "key,text\na,b\na,c\n", "list.txt:3: the id 'a' occurs twice"),
        ("--items", "key,text\n,b\n", "list.txt:2: the id is missing"),
    ],
)
def test_rejected_files_with_ids(documents, write, option, text, message):  # noqa: F811
    error = fails(1, "annotate", *documents["jsonl"], "--budget", 1, option, write(text, "list.txt"))
    assert message in error
