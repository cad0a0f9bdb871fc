"""The command ``imax cim``."""

import csv
import io
import json

import pytest
from numba import config

import imax
from imax.capacity import CapacityProblem, assign, choose_inviters, diagnose, randomize

from .test_cli import fails, files_in, run, write  # noqa: F401  (fixtures)

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws samples by the ten thousand, which takes minutes without the compiler"
)
QUICK = ("--epsilon", "0.4", "--random-seed", "1")


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def test_one_node_per_line(write):  # noqa: F811
    active = write("# players\n0\n\n33\n", "active.txt")
    text = run("cim", "--active", active, "--k", 2, *QUICK, "karate").stdout
    assert text.splitlines()[0].split() == ["ap", "friend", "rank", "gain"]
    for fact in ("Active ", "Invited ", "Certified ", "Upper bound ", "rr-opim+", "Random seed"):
        assert fact in text
    assert "Set 1" not in text
    record = json.loads(run("cim", "--active", active, "--k", 2, *QUICK, "--format", "json", "karate").stdout)
    (one,) = record["sets"]
    same = assign(CapacityProblem(imax.datasets.load("karate"), [0, 33], 2), epsilon=0.4, rng=1)
    assert [row["friends"] for row in one["assignments"]] == list(same.friends.values())
    assert (record["random_seed"], record["source"]) == (1, "karate")


def test_comma_separated_sets_run_one_by_one(write, tmp_path):  # noqa: F811
    active = write("0,33\n0, 33 ,2\n", "sets.ap")
    text = run("cim", "--active", active, "--k", 1, *QUICK, "karate").stdout
    assert "Set 1 of 2" in text
    assert "Set 2 of 2" in text
    out = tmp_path / "out.csv"
    run("cim", "--active", active, "--k", 1, *QUICK, "--format", "csv", "--output", out, "karate")
    head, *rows = rows_of(out.read_text())
    assert head == ["set", "ap", "friend", "rank", "gain"]
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("1", "0", "1"), ("1", "33", "1"), ("2", "0", "1"), ("2", "33", "1"), ("2", "2", "1"),
    ]  # fmt: skip
    assert files_in(tmp_path) == ["out.csv", "sets.ap"]


def test_capacities_from_a_file(write):  # noqa: F811
    active, slots = write("0\n33\n", "active.txt"), write("0 3\n33,1\n", "slots.txt")
    record = json.loads(
        run("cim", "--active", active, "--capacities", slots, *QUICK, "--format", "json", "karate").stdout
    )
    assert [len(row["friends"]) for row in record["sets"][0]["assignments"]] == [3, 1]
    some = write("0 3\n", "some.txt")
    options = ("--capacities", some, "--k", 2, *QUICK, "--format", "csv")
    assert len(rows_of(run("cim", "--active", active, *options, "karate").stdout)) == 1 + 3 + 2
    assert "has no number for 33" in fails(1, "cim", "--active", active, "--capacities", some, "karate")


def test_node_weights(write):  # noqa: F811
    graph = write("ann,bob\nann,cid\nbob,dot\n")
    active, weights = write("ann\n", "active.txt"), write("ann 1\nbob 1\ncid 9\ndot 1\n", "weights.txt")
    options = ("--active", active, "--k", 1, "--node-weights", weights, *QUICK, "--format", "csv")
    assert [row[2] for row in rows_of(run("cim", *options, graph).stdout)[1:]] == ["cid"]


def test_names_and_standard_input(write):  # noqa: F811
    graph = write("ann,bob\nann,cid\nbob,dot\neve,ann\n")
    found = run("cim", "--active", "-", "--k", 1, *QUICK, "--format", "csv", graph, stdin="ann,eve\n").stdout
    assert [row[1:4] for row in rows_of(found)[1:]] == [["ann", "bob", "1"]]
    text = run("cim", "--active", "-", "--k", 1, *QUICK, graph, stdin="ann\neve\n").stdout
    assert "Without friends      1 of the active: eve" in text
    assert "1 of 2 invitations left" in text
    assert "cannot both be standard input" in fails(2, "cim", "--active", "-", "--k", 1, "-", stdin="")


@compiled
def test_all_algorithms_side_by_side(write):  # noqa: F811
    active = write("0,33\n0,33,2\n", "sets.ap")
    options = ("--active", active, "--k", 2, "--random-seed", 1, "--simulations", 300, "karate")
    text = run("cim", "--compare", *options).stdout
    assert text.count("mg-greedy:simulation") == 2
    head, *rows = rows_of(run("cim", "--algorithms", "degree,rr-opim+", "--format", "csv", *options).stdout)
    assert head[:5] == ["set", "algorithm", "rank", "complete", "spread"]
    assert sorted(row[2] for row in rows) == ["1", "1", "2", "2"]
    assert [row[:2] for row in rows] == [["1", "degree"], ["1", "rr-opim+"], ["2", "degree"], ["2", "rr-opim+"]]
    record = json.loads(run("cim", "--algorithms", "degree", "--format", "json", *options).stdout)
    assert len(record["sets"]) == 2
    assert "degree" in json.dumps(record["sets"][1])


@compiled
def test_algorithms_and_oracles(write):  # noqa: F811
    active = write("0\n33\n", "active.txt")
    options = ("--active", active, "--k", 1, "--random-seed", 1, "karate")
    text = run("cim", "--algorithm", "mg-greedy", "--oracle", "simulation", "--simulations", 50, *options).stdout
    assert "mg-greedy, oracle simulation" in text
    assert "Simulations " in text
    assert "degree" in run("cim", "--algorithm", "degree", "--model", "lt", *options).stdout
    assert "spare" in run("cim", "--help").stdout


@pytest.mark.parametrize(
    ("lines", "options", "code", "message"),
    [
        ("0,99\n", ("--k", 1), 1, "active.txt:1: node 99 is not a node of the graph"),
        ("0,,2\n", ("--k", 1), 1, "active.txt:1: a label is missing beside a comma, got '0,,2'"),
        ("0,2\n3,4,3\n", ("--k", 1), 1, "active.txt:2: the node '3' is listed twice"),
        ("0\n2\n0\n", ("--k", 1), 1, "active.txt:3: the node '0' is listed twice"),
        ("# nobody\n", ("--k", 1), 1, "active.txt names no active participants"),
        (",".join(map(str, range(34))), ("--k", 1), 2, "--active contains every node"),
        ("0\n", ("--k", 0), 2, "--k must be at least 1"),
        ("0\n", (), 2, "Missing option '-k' / '--k' (or --capacities)"),
        ("0\n", ("--k", 1, "--algorithm", "best"), 2, "--algorithm must be one of auto, rr-opim+"),
        ("0\n", ("--k", 1, "--algorithm", "degree", "--oracle", "rr"), 2, "--oracle is not supported by algorithm"),
        ("0\n", ("--k", 1, "--compare", "--spare", "all"), 2, "--spare cannot go with --compare"),
        ("0\n", ("--k", 1, "--algorithms", "best"), 2, "rr-opim+"),
    ],
)
def test_bad_input(write, lines, options, code, message):  # noqa: F811
    active = write(lines, "active.txt")
    assert message in fails(code, "cim", "--active", active, *options, "karate")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("0 0\n", "slots.txt: the capacity of 0 must be at least 1, got 0"),
        ("0 two\n", "slots.txt: the capacity of 0 must be a whole number, got 'two'"),
        ("0 1\n5 1\n", "slots.txt: 5 is no active participant; leave it out"),
        ("0\n", "slots.txt:1: expected a label and a text"),
        ("99 1\n", "slots.txt:1: node 99 is not a node"),
    ],
)
def test_bad_capacities(write, lines, message):  # noqa: F811
    active, slots = write("0\n", "active.txt"), write(lines, "slots.txt")
    assert message in fails(1, "cim", "--active", active, "--capacities", slots, "karate")


@pytest.mark.parametrize("name", ["assign", "compare"])
def test_an_interrupt_prints_what_there_is(write, monkeypatch, name):  # noqa: F811
    """Ctrl-C in the second of three sets prints the first; in the first it prints nothing."""
    import imax.capacity

    real, calls = getattr(imax.capacity, name), []

    def pressed(*args, **given):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **given)

    monkeypatch.setattr(imax.capacity, name, pressed)
    active = write("0,33\n0,2\n0,3\n", "sets.ap")
    options = ["--active", active, "--k", 1, "--delta", 0.3, *QUICK]
    if name == "compare":
        options += ["--algorithms", "rr-opim+", "--simulations", 4]
    done = run("cim", *options, "--format", "json", "karate", code=130)
    assert len(json.loads(done.stdout)["sets"]) == 1
    assert "interrupted; this is the best result so far" in done.stderr
    calls[:] = [1]
    assert "interrupted before the first result" in fails(130, "cim", *options, "karate")


def test_acceptance_of_pairs(write):  # noqa: F811
    active = write("Myriel\nMarius\n", "active.txt")
    pairs = write("ap,friend,probability\nMyriel,Napoleon,0.5\nMarius,Cosette,0.25\n", "pairs.csv")
    options = ("--active", active, "--k", 2, "--algorithm", "rr-greedy", "--n-rr-sets", 50, "--random-seed", 1)
    problem = CapacityProblem(imax.datasets.load("lesmis"), ["Myriel", "Marius"], 2)
    work = {"n_rr_sets": 50, "rng": 1}
    for given, value in (("0.5", 0.5), ("arcs", "arcs")):
        record = json.loads(run("cim", *options, "--acceptance", given, "--format", "json", "lesmis").stdout)
        same = assign(problem, "rr-greedy", acceptance=value, **work)
        (one,) = record["sets"]
        assert [row["friends"] for row in one["assignments"]] == list(same.friends.values())
        assert one["acceptance"] == same.acceptance
    assert "Acceptance " in run("cim", *options, "--acceptance", "arcs", "lesmis").stdout
    assert "acceptance has no probability for the pair" in fails(
        2, "cim", *options, "--acceptance", pairs, "lesmis"
    )  # fmt: skip
    text = run("cim", *options, "--acceptance", pairs, "--on-missing", "drop", "--discount", "1,0.5", "--spare",
               "empty", "--format", "csv", "lesmis").stdout  # fmt: skip
    assert [row[1:3] for row in rows_of(text)[1:]] == [["Myriel", "Napoleon"], ["Marius", "Cosette"]]
    columns = write("ap,friend\nMyriel,Napoleon\n", "columns.csv")
    assert "the column 'probability' is missing" in fails(2, "cim", *options, "--acceptance", columns, "lesmis")
    assert "--discount must be comma-separated numbers" in fails(2, "cim", *options, "--discount", "a,b", "lesmis")
    assert "--acceptance cannot go with --compare" in fails(
        2, "cim", "--active", active, "--k", 1, "--acceptance", "0.5", "--compare", "lesmis"
    )  # fmt: skip


PLAYERS = "Valjean\nMarius\nMyriel\nFantine\n"


def test_choosing_inviters(write):  # noqa: F811
    active = write(PLAYERS, "players.txt")
    options = ("cim", "--active", active, "--k", 2, *QUICK)
    record = json.loads(run(*options, "--n-inviters", 2, "--format", "json", "lesmis").stdout)
    (one,) = record["sets"]
    problem = CapacityProblem(imax.datasets.load("lesmis"), PLAYERS.split(), 2)
    same = choose_inviters(problem, 2, epsilon=0.4, rng=1)
    assert {row["ap"]: row["friends"] for row in one["assignments"]} == same.friends
    assert len(same) == 2
    costs = write("Valjean 5\nMarius 1\nMyriel 1\nFantine 1\n", "costs.txt")
    text = run(*options, "--costs", costs, "--budget", 2, "lesmis").stdout
    assert "Valjean" not in text
    assert "greedy lists" in text
    for wrong, message in (
        (("--n-inviters", 2, "--algorithm", "degree"), "--algorithm cannot go with --n-inviters"),
        (("--budget", 2), "--budget requires --costs"),
        (("--n-inviters", 9), "--n-inviters must be at most 4"),
        (("--n-inviters", 2, "--compare"), "--n-inviters cannot go with --compare"),
    ):
        assert message in fails(2, *options, *wrong, "lesmis")
    for content, message in (
        ("Valjean 5\n", "there is no cost of 'Marius'"),
        ("Valjean 0\nMarius 1\nMyriel 1\nFantine 1\n", "the cost of 'Valjean' must be a positive number, got '0'"),
        ("Valjean 1\nJavert 1\n", "'Javert' is no active participant"),
    ):
        path = write(content, "wrong.txt")
        assert message in fails(1, *options, "--costs", path, "--budget", 2, "lesmis")


def test_diagnosis(write):  # noqa: F811
    options = ("cim", "--active", write(PLAYERS, "players.txt"), "--k", 2, "--diagnose", "--random-seed", 1)
    options += ("--n-rr-sets", 500 if JIT else 50)
    text = run(*options, "lesmis").stdout
    for fact in ("Candidates ", "Shared ", "Curvature ", "at most 1.000", "Guarantee "):
        assert fact in text
    (one,) = json.loads(run(*options, "--format", "json", "lesmis").stdout)["sets"]
    problem = CapacityProblem(imax.datasets.load("lesmis"), PLAYERS.split(), 2)
    same = diagnose(problem, n_rr_sets=500 if JIT else 50, rng=1)
    assert one["shared_reach"] == same.shared_reach
    head, row = rows_of(run(*options, "--format", "csv", "lesmis").stdout)
    assert float(row[head.index("shared_lists")]) == same.shared_lists
    assert "--spare cannot go with --diagnose" in fails(2, *options, "--spare", "all", "lesmis")
    assert "--compare cannot go with --diagnose" in fails(2, *options, "--compare", "lesmis")


def test_arms_of_an_experiment(write):  # noqa: F811
    options = ("experiment", "--active", write("0\n1\n2\n33\n32\n8\n", "players.txt"), "--random-seed", 1)
    text = run(*options, "--baseline", 0.1, "--correlation", 0.02, "karate").stdout
    same = randomize(imax.datasets.load("karate"), [0, 1, 2, 33, 32, 8], rng=1)
    for fact in ("Sizes of the arms", "Arcs between arms", f"{same.detectable_effect(0.1, 0.02):.3g}"):
        assert fact in text
    head, *rows = rows_of(run(*options, "--format", "csv", "karate").stdout)
    assert head == ["participant", "arm", "community"]
    assert {int(u): int(arm) for u, arm, _ in rows} == same.arms
    record = json.loads(
        run(*options, "--arms", 3, "--resolution", 4, "--baseline", 0.1, "--correlation", 0, "--format", "json",
            "karate").stdout
    )  # fmt: skip
    assert len(record["sizes"]) == 3
    assert record["detectable_effect"] > 0.0
    assert "--baseline and --correlation require each other" in fails(2, *options, "--baseline", 0.1, "karate")
    assert "--arms must be at most the number of communities" in fails(2, *options, "--arms", 6, "karate")
    sets = write("0,1\n2,3\n", "sets.ap")
    assert "--active must be one set" in fails(2, "experiment", "--active", sets, "karate")
    # the command has no --on-missing
    assert "--on-missing" not in fails(1, "experiment", "--active", write("0\n99\n", "unknown.txt"), "karate")
