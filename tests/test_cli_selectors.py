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
    assert text.splitlines()[0].split()[:2] == ["algorithm", "spread"]
    assert "Jaccard" in text


# -- rejected options -----------------------------------------------------------------------------------------------

BAD = [
    ((), "Missing option '-k' / '--k'"),
    (("--k", 1, "--algorithm", "magic"), "--algorithm must be one of opim-c, "),
    (("--k", 1, "--budget", 3), "must be given together with"),
    (("--k", 1, "--quota", 1), "must be given together with"),
    (("--budget", 0), "--budget must be a finite number above 0, got 0.0"),
    (("--k", 1, "--quota", "x"), "--quota must be a whole number, or GROUP=NUMBER, got 'x'"),
    (("--k", 1, "--quota", "red=-1"), "--quota must be a whole number"),
    (("--k", 1, "--quota", 1, "--quota", "red=2"), "--quota 1 is for all groups"),
    (("--k", 1, "--quota", "red=1", "--quota", "red=2"), "--quota names the group 'red' twice"),
    (("--target-spread", -1), "--target-spread must be a finite number above 0"),
    (("--target-spread", 3, "--k", 2), "--k cannot go with --target-spread"),
    (("--target-spread", 9), "must be at most 4"),
    (("--k", 1, "--n-rr-sets", 5), "algorithm 'opim-c'"),
    (("--k", 1, "--oracle", "magic"), "--oracle"),
    (("--k", 1, "--simulations", 1), "--simulations must be at least 2"),
    (("--target-spread", 2, "--curve"), "--curve needs --k"),
    (("--k", 1, "--curve", "--verify", 10), "--verify cannot go with --curve"),
    (("--k", 1, "--curve", "--algorithm", "imm"), "--algorithm cannot go with --curve"),
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
    assert "algorithms must be " in fails(2, "compare", "-k", 1, "--algorithms", "magic", square)
