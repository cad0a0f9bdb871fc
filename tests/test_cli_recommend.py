"""The command ``imax rerank``, and the files that it reads and writes."""

import csv
import gzip
import io
import json
import subprocess
import sys

import pytest
from numba import config

import imax
from imax.errors import FileFormatError, InvalidArgumentError, MissingDependencyError
from imax.recommend import Reranker
from imax.recommend.files import as_text, read_rows, write_ranking

from .test_cli import fails, files_in, run, write  # noqa: F401  (fixtures)

JIT = not config.DISABLE_JIT
RECS = "user,candidate,score\nMyriel,Valjean,0.5\nMyriel,Napoleon,0.25\nMarius,Cosette,0.75\nMarius,Valjean,0.125\n"
QUICK = ("--random-seed", 1)
SMALL = {"heteroim": {"sets_per_node": 2}}


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def expected(name, k=None, **options):
    lists = {"Myriel": {"Valjean": 0.5, "Napoleon": 0.25}, "Marius": {"Cosette": 0.75, "Valjean": 0.125}}
    return Reranker(imax.datasets.load("lesmis"), name, rng=1, **SMALL.get(name, {}), **options).rerank(lists, k)


@pytest.mark.parametrize("name", ["heteroim", "heteroir", "degree"])
def test_lists_as_from_the_library(write, tmp_path, name):  # noqa: F811
    recs = write(RECS, "recs.csv")
    out = tmp_path / "out.csv"
    small = ("--sets-per-node", 2) if name == "heteroim" else ()
    options = ("--candidates", recs, "--algorithm", name, *QUICK, *small)
    run("rerank", *options, "--output", out, "lesmis")
    assert out.read_text() == as_text(expected(name), "csv")
    text = run("rerank", *options, "--k", 1, "lesmis").stdout
    assert text.splitlines()[0].split()[:4] == ["user", "friend", "rank", "score"]
    assert f"Algorithm    {name}" in text
    lines = run("rerank", *options, "--k", 1, "--format", "jsonl", "lesmis").stdout.splitlines()
    assert [json.loads(line)["friend"] for line in lines] == [own[0] for own in expected(name).lists().values()]
    record = json.loads(run("rerank", *options, "--format", "json", "lesmis").stdout)
    assert (record["algorithm"], record["source"], record["random_seed"]) == (name, "lesmis", 1)
    assert files_in(tmp_path) == ["out.csv", "recs.csv"]


def test_acceptance_and_blend(write):  # noqa: F811
    recs, accept = write(RECS, "recs.csv"), write("Valjean 0.25\n", "accept.txt")
    options = ("--candidates", recs, "--algorithm", "heteroir", "--acceptance", accept, "--blend", 0.5, *QUICK)
    assert "acceptance lacks 76 of 77 nodes" in fails(1, "rerank", *options, "lesmis")
    options += ("--on-missing", "default")
    found = run("rerank", *options, "--interactions", 3, "--format", "csv", "lesmis").stdout
    assert found == as_text(
        expected("heteroir", acceptance={"Valjean": 0.25}, on_missing="default", blend=0.5, interactions=3), "csv"
    )


def test_metrics(write, tmp_path):  # noqa: F811
    recs = write(RECS, "recs.csv")
    truth = write("user,friend\nMyriel,Valjean\nMarius,Cosette\nValjean,Fantine\n", "truth.csv")
    options = ("--candidates", recs, "--algorithm", "probability", "--evaluate", truth, "--random-seed", 1, "lesmis")
    text = run("rerank", "--k", 2, *options).stdout
    assert text.splitlines()[0].split() == ["k", "recall", "ndcg", "spread", "ideal_spread", "nspread"]
    assert text.splitlines()[1].split() == ["1", "1.0000", "1.0000", "3", "3", "1.0000"]
    record = json.loads(run("rerank", "--k", 1, "--format", "json", *options).stdout)
    assert (record["recall"], record["n_users"]) == ([1.0], 2)
    assert rows_of(run("rerank", "--k", 1, "--format", "csv", *options).stdout)[1][:2] == ["1", "1.0"]
    out = tmp_path / "lists.csv"
    assert "recall" in run("rerank", "--k", 1, "--output", out, *options).stdout
    assert [row[1] for row in rows_of(out.read_text())[1:]] == ["Valjean", "Cosette"]


def test_integers_and_compressed_files(tmp_path):
    path = tmp_path / "recs.csv.gz"
    path.write_bytes(gzip.compress(b"user,candidate\n0,33\n0,1\n"))
    text = run("rerank", "--candidates", path, "--algorithm", "degree", "--format", "csv", *QUICK, "karate").stdout
    assert [row[:2] for row in rows_of(text)[1:]] == [["0", "33"], ["0", "1"]]


def test_unknown_nodes(write):  # noqa: F811
    recs = write(RECS + "Marius,Nobody,0.5\n", "recs.csv")
    options = ("--candidates", recs, "--algorithm", "degree", *QUICK)
    assert "the candidate 'Nobody' is not a node" in fails(1, "rerank", *options, "lesmis")
    done = run("rerank", *options, "--on-missing", "drop", "lesmis")
    assert "note: candidates that the graph does not contain, dropped: 1" in done.stderr


@pytest.mark.parametrize(
    ("text", "options", "code", "message"),
    [
        ("user,friend\na,b\n", (), 1, "recs.csv: the column 'candidate' is missing; it has 'user', 'friend'"),
        ("user,candidate\nMyriel\n", (), 1, "recs.csv:2: expected 2 columns, as in the header, got 'Myriel'"),
        ("user,candidate\nMyriel,\n", (), 1, "recs.csv:2: a label is missing"),
        ("user,candidate\n", (), 1, "recs.csv has no rows"),
        ("user,candidate,score\nMyriel,Valjean,high\n", (), 1, "recs.csv:2: the score 'high' is not a number"),
        ("user,candidate,score\nMyriel,Valjean,1.5\n", (), 1, "recs.csv:2: the score '1.5' must lie in [0, 1]"),
        ("user,candidate,score\nMyriel,Valjean,nan\n", (), 1, "recs.csv:2: the score 'nan' must lie"),
        ("user,candidate\nMyriel,Valjean\nMyriel,Valjean\n", (), 2, "'Valjean' occurs more than once"),
        (
            "user,candidate\nMyriel,Valjean\n",
            ("--k", 2),
            2,
            "--k must be at most 1, the number of candidates of 'Myriel', got 2; lower it",
        ),
        ("user,candidate\nMyriel,Valjean\n", ("--blend", 2), 2, "--blend must lie in"),
        ("user,candidate\nMyriel,Valjean\n", ("--format", "parquet"), 2, "--format parquet needs --output"),
        ("user,candidate\nMyriel,Valjean\n", ("--evaluate", "truth.csv"), 2, "--evaluate needs --k"),
        (
            '{"user": "Myriel", "candidate": "Valjean"}\n{"user": "Marius"}\n',
            (),
            1,
            "recs.csv:2: the column 'candidate' is",
        ),
        (
            '{"user": "Myriel", "candidate": "Valjean", "score": 1}\n{"user": "Marius", "candidate": "Cosette"}\n',
            (),
            1,
            "recs.csv:2: 'score' must be on all lines or on none",
        ),
        ('{"user": "Myriel", "candidate": "Valjean"}\n{oh}\n', (), 1, "recs.csv:2: not JSON"),
        ('{"user": "Myriel", "candidate": "Valjean"}\n[1]\n', (), 1, "recs.csv:2: expected an object"),
    ],
)
def test_bad_input(write, text, options, code, message):  # noqa: F811
    recs = write(text, "recs.csv")
    assert message in fails(code, "rerank", "--candidates", recs, "--algorithm", "degree", *options, "lesmis")


def test_json_lines(write):  # noqa: F811
    lines = [
        {"user": "Myriel", "candidate": "Valjean", "score": 0.5},
        {"user": "Marius", "candidate": "Cosette", "score": 1},
    ]
    recs = write("\n".join(map(json.dumps, lines)) + "\n\n", "recs.jsonl")
    labels = imax.datasets.load("lesmis").labels
    assert read_rows(recs, labels, ("user", "candidate"), "score") == [
        ["Myriel", "Marius"], ["Valjean", "Cosette"], [0.5, 1.0],
    ]  # fmt: skip


def test_named_columns(write):  # noqa: F811
    labels = imax.datasets.load("lesmis").labels
    recs = write("who;friend;p\nMyriel;Valjean;0.5\nMarius;Cosette;1\n", "recs.csv")
    columns = ("user", "candidate")
    both = [["Myriel", "Marius"], ["Valjean", "Cosette"]]
    assert read_rows(f"{recs}:who:friend", labels, columns, "score") == [*both, []]
    assert read_rows(f"{recs}:who:friend:p", labels, columns, "score") == [*both, [0.5, 1.0]]
    for given, message in [
        (recs, "the column 'user' is missing; it has 'who', 'friend', 'p'"),
        (f"{recs}:who", r"1 columns are named; name them as in FILE:USER:CANDIDATE\[:SCORE\]"),
        (f"{recs}:who:friend:q", "the column 'q' is missing"),
    ]:
        with pytest.raises(FileFormatError, match=message):
            read_rows(given, labels, columns, "score")
    with pytest.raises(FileFormatError, match="2 columns have the name 'user'"):
        read_rows(write("user,user,candidate\nMyriel,Marius,Valjean\n", "two.csv"), labels, columns)
    text = run(
        "rerank", "--candidates", f"{recs}:who:friend:p", "--algorithm", "degree", "--format", "csv", "lesmis"
    ).stdout
    assert "Myriel,Valjean" in text


def test_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    found, path = expected("heteroir", 1), tmp_path / "lists.parquet"
    write_ranking(found, path, "parquet")
    labels = found.graph.labels
    users, friends, scores = read_rows(path, labels, ("user", "friend"), "willingness")
    assert (users, friends) == (["Myriel", "Marius"], [own[0] for own in found.lists().values()])
    assert scores == found.parts["willingness"].tolist()
    with pytest.raises(InvalidArgumentError, match="cannot be written to standard output"):
        write_ranking(found, "-", "parquet")


def test_a_process_that_read_parquet_ends_well(tmp_path):
    """Its reader's threads, were there any, would abort one in three processes that fail at once."""
    pytest.importorskip("pyarrow")
    write_ranking(expected("degree", 1), tmp_path / "lists.parquet", "parquet")
    command = [sys.executable, "-m", "imax", "rerank", "--candidates", str(tmp_path / "lists.parquet"), "lesmis"]
    for _ in range(4):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "the column 'candidate' is missing" in done.stderr


def test_parquet_without_its_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "recs.parquet").write_bytes(b"PAR1....")
    labels = imax.datasets.load("lesmis").labels
    with pytest.raises(MissingDependencyError, match=r"pip install 'influence-maximization\[parquet\]'"):
        read_rows(tmp_path / "recs.parquet", labels, ("user",))
    with pytest.raises(MissingDependencyError, match="Parquet needs pyarrow"):
        write_ranking(expected("degree"), tmp_path / "out.parquet", "parquet")


def test_formats_by_file_name(write, tmp_path):  # noqa: F811
    recs = write(RECS, "recs.csv")
    options = ("--candidates", recs, "--algorithm", "degree", *QUICK)
    for name, start in (("a.csv", "user,friend"), ("b.jsonl", '{"user"'), ("c.json", "{"), ("d.txt", "user ")):
        run("rerank", *options, "-o", tmp_path / name, "lesmis")
        assert (tmp_path / name).read_text().startswith(start)
    error = fails(2, "seed", "--k", 2, "-o", tmp_path / "seeds.parquet", "karate")
    assert "this command has no format parquet; name one with --format: table, json, csv, plain" in error
    run("seed", "--k", 2, "-o", tmp_path / "seeds.csv", "--format", "plain", "karate")
    assert len((tmp_path / "seeds.csv").read_text().splitlines()) == 2


def test_a_quote_that_does_not_end(write):  # noqa: F811
    labels = imax.datasets.load("lesmis").labels
    with pytest.raises(FileFormatError):
        read_rows(write('user,candidate\n"Myriel,Valjean\n', "recs.csv"), labels, ("user", "candidate"))


def test_expected_spread(write):  # noqa: F811
    recs = write(RECS, "recs.csv")
    options = ("--candidates", recs, "--algorithm", "expected-spread", "--sets-per-node", 2, *QUICK)
    more = ("--discount", "1,0.5", "--min-willingness", 0.1, "--list-length", 2, "--blend", 0.5)
    found = run("rerank", *options, *more, "--format", "csv", "lesmis").stdout
    settings = {"discount": [1.0, 0.5], "min_willingness": 0.1, "list_length": 2, "blend": 0.5, "sets_per_node": 2}
    assert found == as_text(expected("expected-spread", **settings), "csv")
    assert rows_of(found)[0] == ["user", "friend", "rank", "score", "willingness", "gain"]
    assert "--list-length" in fails(2, "rerank", "--candidates", recs, "--list-length", 2, "lesmis")
