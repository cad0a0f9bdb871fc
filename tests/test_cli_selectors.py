"""The command line: other algorithms, constraints, certificates, curves and comparisons."""

import csv
import io
import json

import pytest
from numba import config

import imax

from .test_cli import QUICK, SQUARE, fails, files_in, run, square, write  # noqa: F401  (fixtures)

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws samples by the ten thousand, which takes minutes without the compiler"
)


def record(*args, **options):
    return json.loads(run(*args, "--format", "json", **options).stdout)


# -- seed: algorithms ----------------------------------------------------------------------------------------------


def test_another_algorithm_with_and_without_a_certificate():
    bare = run("seed", "-k", 3, *QUICK, "--algorithm", "degree", "karate").stdout
    assert bare.splitlines()[0].split() == ["rank", "node", "score"]
    assert "Certificate  none: this algorithm has none of its own; --certify adds one" in " ".join(bare.split("\n"))
    whole = run("seed", "-k", 3, *QUICK, "--algorithm", "degree", "--certify", "karate").stdout
    assert "Certified " in whole
    found = record("seed", "-k", 3, *QUICK, "--algorithm", "degree", "--certify", "karate")
    alone = imax.maximize(imax.datasets.load("karate"), 3, algorithm="degree", certify=True, epsilon=0.4, rng=1)
    assert (found["seeds"], found["ratio"]) == (alone.seeds, alone.ratio)
    rows = list(csv.reader(io.StringIO(run("seed", "-k", 2, *QUICK, "--algorithm", "degree", "--format", "csv",
                                           "karate").stdout)))  # fmt: skip
    assert rows[0] == ["rank", "node", "score"]


def test_numbers_of_samples():
    assert record("seed", "-k", 1, *QUICK, "--algorithm", "ris", "--n-rr-sets", 500, "karate")["n_rr_sets"] == 1000
    exact = ("seed", "-k", 2, *QUICK, "--algorithm", "celf", "--oracle", "simulation", "--simulations", 20, "karate")
    assert record(*exact)["n_simulations"] > 0
    assert "Simulations " in run(*exact).stdout


# -- seed: constraints ---------------------------------------------------------------------------------------------


def test_a_budget(write):  # noqa: F811
    graph = write("ann,bob\nann,cid\ndot,eve\n")
    costs = write("ann 5\nbob 1\ncid,1\ndot\t1\neve 1\n", "costs")
    found = record("seed", "--costs", costs, "--budget", 1, *QUICK, graph)
    assert (found["seeds"], found["total_cost"], found["budget"]) == (["dot"], 1.0, 1.0)
    text = run("seed", "--costs", costs, "--budget", 6, *QUICK, graph).stdout
    assert "Cost " in text
    assert "6 of 6" in text
    assert "the best seeds that the budget pays for" in text


def test_quotas(write):  # noqa: F811
    graph = write(SQUARE + "4 5\n")
    teams = write("# teams\n0 red\n1 red\n2 red\n3,blue team\n", "teams")
    one = record("seed", "-k", 3, "--groups", teams, "--on-missing", "default", "--quota", 1, *QUICK, graph)
    assert sum(v in (0, 1, 2) for v in one["seeds"]) <= 1
    named = record(
        "seed",
        "-k",
        4,
        "--groups",
        teams,
        "--quota",
        "red=2",
        "--quota",
        "blue team=0",
        "--on-missing",
        "default",
        *QUICK,
        graph,
    )
    assert 3 not in named["seeds"]
    assert (
        "that the quotas admit"
        in run("seed", "-k", 3, "--groups", teams, "--on-missing", "default", "--quota", 1, *QUICK, graph).stdout
    )


def test_start_and_include(write):  # noqa: F811
    graph = write("ann,bob\nann,cid\ndot,eve\n")
    start, forced = write("ann\n", "start"), write("bob\n", "forced")
    found = record("seed", "-k", 1, "--start", start, "--verify", 100, *QUICK, graph)
    assert found["seeds"] == ["dot"]
    assert found["n_start"] == 1
    # the verification counts both the start node and the seed
    assert found["verification"]["spread"] == pytest.approx(5, abs=0.5)
    text = run("seed", "-k", 1, "--start", start, "--verify", 100, *QUICK, graph).stdout
    assert "more than the start nodes" in text
    assert "start nodes included" in text
    assert record("seed", "-k", 2, "--include", forced, *QUICK, graph)["seeds"][0] == "bob"


def test_a_target():
    found = record("seed", "--target-spread", 15, *QUICK, "karate")
    assert found["spread"] >= found["lower_bound"] >= 15
    assert found["min_seeds"] <= len(found["seeds"])
    assert "no fewer than" in run("seed", "--target-spread", 15, *QUICK, "karate").stdout


# -- seed: curve ---------------------------------------------------------------------------------------------------


def test_a_curve(tmp_path):
    found = record("seed", "-k", 4, "--curve", *QUICK, "karate")
    alone = imax.curve(imax.datasets.load("karate"), 4, epsilon=0.4, rng=1)
    assert (found["spread"], found["seeds"]) == (alone.spread, alone.seeds)
    rows = list(csv.reader(io.StringIO(run("seed", "-k", 4, "--curve", *QUICK, "--format", "csv", "karate").stdout)))
    assert rows[0][:4] == ["k", "node", "gain", "spread"]
    assert [float(row[3]) for row in rows[1:]] == alone.spread
    assert run("seed", "-k", 4, "--curve", *QUICK, "--format", "plain", "karate").stdout.split() == [
        str(v) for v in alone.seeds
    ]
    assert "all of them hold" in run("seed", "-k", 4, "--curve", *QUICK, "karate").stdout


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_plot(tmp_path, kind):
    pytest.importorskip("matplotlib")
    picture = tmp_path / f"curve.{kind}"
    run("seed", "-k", 3, *QUICK, "--plot", picture, "karate")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind]
    assert picture.read_bytes().startswith(start)
    assert files_in(tmp_path) == [f"curve.{kind}"]


# -- certify -------------------------------------------------------------------------------------------------------


@compiled
def test_certify():
    seeds = ("--seed", 0, "--seed", 33)
    found = record("certify", *seeds, "--random-seed", 1, "karate")
    alone = imax.certify(imax.datasets.load("karate"), [0, 33], rng=1)
    assert (found["ratio"], found["spread"]) == (alone.ratio, alone.spread)
    plain = run("certify", *seeds, "--random-seed", 1, "--format", "plain", "karate").stdout
    assert float(plain) == alone.ratio
    text = run("certify", "--seeds", "-", "-k", 1, "--random-seed", 1, "karate", stdin="0\n33\n").stdout
    assert "the best seed at most" in text
    assert "bounds are close" in text


def test_certify_under_constraints(write):  # noqa: F811
    graph = write("ann,bob\nann,cid\ndot,eve\n")
    costs = write("ann 5\nbob 1\ncid 1\ndot 1\neve 1\n", "costs")
    found = record(
        "certify", "--seed", "dot", "--costs", costs, "--budget", 1, "--random-seed", 1, "--epsilon", 0.1, graph
    )
    assert found["upper_bound"] < 3


# -- compare -------------------------------------------------------------------------------------------------------


@compiled
def test_compare():
    args = ("compare", "-k", 3, "--algorithms", "opim-c,degree,random", "--simulations", 100, *QUICK)
    found = record(*args, "karate")
    assert [row["algorithm"] for row in found["rows"]] == ["opim-c", "degree", "random"]
    assert len(found["overlap"]) == 3
    rows = list(csv.DictReader(io.StringIO(run(*args, "--format", "csv", "karate").stdout)))
    assert [float(row["spread"]) for row in rows] == [row["spread"] for row in found["rows"]]
    text = run(*args, "--time-limit", 5, "karate").stdout
    assert text.splitlines()[0].split()[:3] == ["rank", "algorithm", "spread"]
    assert "Jaccard" in text


def test_compare_under_constraints(write):  # noqa: F811
    graph = write("a b\na c\na d\nb e\nf g\n", "graph.txt")
    costs = write("a 4\nb 2\nc 1\nd 1\ne 1\nf 2\ng 1\n", "costs.txt")
    teams = write("a x\nb x\nc x\nd y\ne y\nf y\ng y\n", "teams.txt")
    ours = write("a\nf\nb\n", "ours.txt")
    rules = ("--groups", teams, "--quota", "x=1..2", "--quota", "y=..1", "--costs", costs, "--budget", 5,
             "--group-budget", "y=2")  # fmt: skip
    args = ("compare", "-k", "2,3", "--algorithms", "degree", "--seed-set", f"ours={ours}", "--simulations", 50, *QUICK)
    args += () if JIT else ("--time-limit", 0.3)
    found = record(*args, *rules, graph)
    assert [(row["algorithm"], row["k"]) for row in found["rows"]] == [
        ("degree", 2), ("ours", 2), ("degree", 3), ("ours", 3)
    ]  # fmt: skip
    assert found["k"] == [2, 3]
    assert [row["rank"] for row in found["rows"]] == [1, None, 1, None]
    assert found["rows"][1]["broken_rules"] == ["costs more than the budget"]
    text = run(*args, *rules, graph).stdout
    assert text.splitlines()[0].split()[:3] == ["k", "rank", "algorithm"]
    assert "given seeds; costs more than the budget" in text
    assert "overlap, k = 3" in text
    rows = list(csv.DictReader(io.StringIO(run(*args, "--format", "csv", *rules, graph).stdout)))
    assert [row["rank"] for row in rows] == ["1", "", "1", ""]
    assert {row["complete"] for row in rows} == {"True"}
    if JIT:
        budget_only = record("compare", "--algorithms", "degree", "--costs", costs, "--budget", 3, *QUICK, graph)
        assert budget_only["k"] is None


@compiled
def test_incomplete_rows_are_marked(write):  # noqa: F811
    args = ("compare", "-k", 30, "--algorithms", "celf,degree", "--time-limit", 0.05, "--simulations", 50, *QUICK)
    rows = {row["algorithm"]: row for row in record(*args, "lesmis")["rows"]}
    assert (rows["celf"]["complete"], rows["celf"]["rank"]) == (False, None)
    assert (rows["degree"]["complete"], rows["degree"]["rank"]) == (True, 1)
    lines = run(*args, "lesmis").stdout.splitlines()
    assert lines[1].split()[0] == "-"
    assert lines[1].endswith("time limit; incomplete")
    table = list(csv.DictReader(io.StringIO(run(*args, "--format", "csv", "lesmis").stdout)))
    assert [(row["rank"], row["complete"]) for row in table] == [("", "False"), ("1", "True")]
    cut = ("seed", "-k", "2,30", "--curve", "--algorithm", "celf", "--time-limit", 0.05, *QUICK, "lesmis")
    assert "incomplete" in run(*cut).stdout


def test_a_curve_under_constraints(write):  # noqa: F811
    graph = write("a b\na c\na d\nb e\nf g\n", "graph.txt")
    teams = write("a x\nb x\nc x\nd y\ne y\nf y\ng y\n", "teams.txt")
    args = ("seed", "-k", "1,3", "--curve", "--groups", teams, "--quota", "y=1..", "--algorithm", "degree", *QUICK)
    found = record(*args, graph)
    assert found["k"] == [1, 3]
    text = run(*args, graph).stdout
    assert text.split()[:2] == ["k", "spread"]
    assert "degree" in text
    rows = list(csv.DictReader(io.StringIO(run(*args, "--format", "csv", graph).stdout)))
    assert [len(row["nodes"].split()) for row in rows] == [1, 3]
    by_one = list(csv.DictReader(io.StringIO(run("seed", "-k", 2, "--curve", *QUICK, "--format", "csv", graph).stdout)))
    assert list(by_one[0])[:3] == ["k", "node", "gain"]


# -- rejected options -----------------------------------------------------------------------------------------------

BAD = [
    ((), "Missing option '-k' / '--k'"),
    (("--k", 1, "--algorithm", "magic"), "--algorithm must be one of auto, "),
    (("--k", 1, "--budget", 3), "must be given together with"),
    (("--k", 1, "--quota", 1), "must be given together with"),
    (("--budget", 0), "--budget must be a finite number above 0, got 0.0"),
    (("--k", 1, "--quota", "x"), "--quota must be a whole number, or GROUP=NUMBER, where"),
    (("--k", 1, "--quota", "red=-1"), "--quota must be a whole number"),
    (("--k", 1, "--quota", 1, "--quota", "red=2"), "--quota 1 is for all groups"),
    (("--k", 1, "--quota", "red=1", "--quota", "red=2"), "--quota names the group 'red' twice"),
    (("--target-spread", -1), "--target-spread must be a finite number above 0"),
    (("--target-spread", 3, "--k", 2), "--k cannot go with --target-spread"),
    (("--target-spread", 9), "must be at most 4"),
    (("--k", 1, "--n-rr-sets", 5), "algorithm 'auto'"),
    (("--k", 1, "--oracle", "magic"), "--oracle"),
    (("--k", 1, "--simulations", 1), "--simulations must be at least 2"),
    (("--target-spread", 2, "--curve"), "--curve needs --k"),
    (("--k", 1, "--curve", "--verify", 10), "--verify cannot go with --curve"),
    (("--k", 1, "--curve", "--certify"), "--certify cannot go with --curve"),
    (("--k", "1,2"), "--k takes several numbers only with --curve"),
    (("--k", "1,x"), "--k must be a whole number, or several that commas separate, got '1,x'"),
    (("--k", "1,0", "--curve"), "--k must be at least 1, got 0"),
    (("--k", 1, "--quota", "red=3..x"), "--quota must be a whole number"),
    (("--k", 1, "--quota", ".."), "--quota must be a whole number"),
    (("--k", 1, "--group-budget", "red=x"), "--group-budget must be a number above 0, or GROUP=NUMBER, got 'red=x'"),
    (("--k", 1, "--group-budget", "red=-1"), "--group-budget must be a number above 0"),
    (("--k", 1, "--group-budget", 3), "must be given together with"),
    (("--k", 1, "--plot", "curve.bmp"), "--plot curve.bmp: the name must end in one of .png, .pdf, .svg"),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=lambda value: str(value)[:40])
def test_bad_options(square, options, message):  # noqa: F811
    assert message in fails(2, "seed", *options, square)


def test_bad_files(write, square, tmp_path):  # noqa: F811
    negative = write("0 1\n1 -2\n2 1\n3 1\n", "costs")
    assert "costs of node 1 is -2.0" in fails(1, "seed", "--costs", negative, "--budget", 1, square)
    for content, message in (("0\n", "groups:1: expected a label and a text"), ("0 a\n0 b\n", "groups:2: the node 0"),
                             ("7 a\n", "groups:1: node 7 is not a node")):  # fmt: skip
        groups = write(content, "groups")
        assert message in fails(1, "seed", "-k", 1, "--groups", groups, "--quota", 1, square)
    assert "no folder" in fails(1, "seed", "-k", 1, "--plot", tmp_path / "no" / "c.png", square)
    assert "no seeds" in fails(2, "certify", square)
    assert "Missing option '-k'" in fails(2, "compare", square)
    assert "--seed-set must be NAME=FILE" in fails(2, "compare", "-k", 1, "--seed-set", "x", square)
    twice = ("--seed-set", "x=a.txt", "--seed-set", "x=b.txt")
    assert "--seed-set names 'x' twice" in fails(2, "compare", "-k", 1, *twice, square)
    assert "algorithms must be " in fails(2, "compare", "-k", 1, "--algorithms", "magic", square)
