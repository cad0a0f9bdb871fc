"""The command ``imax learn``, and ``imax seed --robust``."""

import json
from dataclasses import replace

import pytest

import imax

from .test_cli import fails, files_in, run, write  # noqa: F401  (fixtures)

GRAPH = "source,target\nann,bob\nann,cid\nbob,cid\ncid,dan\n"


def log(n=12):
    rows = ["who,what,when"]
    for item in range(n):
        rows += [f"ann,{item},2026-01-{item + 1:02}", f"cid,{item},2026-02-{item + 1:02}"]
        if item % 2:
            rows.append(f"bob,{item},2026-01-{item + 2:02}")
    return "\n".join([*rows, "zoe,0,2026-01-01"])


@pytest.fixture
def files(write):  # noqa: F811
    return write(GRAPH, "graph.csv"), write(log(), "log.csv")


NAMES = ("--user", "who", "--item", "what", "--time", 3)


def test_a_log_of_actions(files, tmp_path):
    graph, actions = files
    out = tmp_path / "learned.imax"
    run_ = run("learn", "--actions", actions, *NAMES, "--holdout", 0.25, "--random-seed", 1, "-o", out, graph)
    for text in ("Held out  3 items", "em", "weighted cascade", "By AUC", "90%"):
        assert text in run_.stdout
    assert "dropped: 1 user not in the graph, with 1 action" in run_.stderr
    learned = imax.read_graph(out)
    assert learned.probability.lower is not None
    assert "learned:em: from a log, by em; with an interval for each arc" in run("info", out).stdout
    seeds = run("seed", "-k", 1, "--robust", "--random-seed", 1, out).stdout
    assert "whatever the probabilities are" in seeds
    assert "intervals of learned:em" in seeds


def test_the_report_as_json_equals_the_library(files):
    graph, actions = files
    options = (
        "--estimator",
        "partial-credits",
        "--decay",
        "--window",
        "30d",
        "--prior",
        "1,2",
        "--no-evidence",
        "zero",
    )
    found = json.loads(run("learn", "--actions", actions, *NAMES, *options, "--format", "json", graph).stdout)
    model = imax.learn.from_actions(
        imax.read_graph(graph), actions, user="who", item="what", time="when", estimator="partial-credits", decay=True,
        window="30d", prior=(1.0, 2.0), no_evidence="zero",
    )  # fmt: skip
    assert found["mean_probability"] == pytest.approx(float(model.probability.mean()))
    assert (found["counts"], found["notes"], found["evaluation"]) == (model.counts, model.notes, None)


def test_a_log_of_trials(write):  # noqa: F811
    trials = write("from,to,accepted\na,b,1\na,b,0\nb,c,yes\n", "invites.csv")
    text = run("learn", "--trials", trials, "--source", "from", "--target", "to", "--success", "accepted").stdout
    assert "3 trials, 2 successes, 2 pairs" in text
    text = run("learn", "--trials", trials, "--source", 1, "--target", 2, "--success", 3, "--prior", "none").stdout
    assert "Prior        none" in text


def test_robust_formats(write, monkeypatch):  # noqa: F811
    graph = write(GRAPH, "graph.csv")
    result = imax.maximize_robust(imax.read_graph(graph), 1, uncertainty=0.2, epsilon=0.5, delta=0.5, rng=1)
    calls = []
    monkeypatch.setattr("imax.selection.maximize_robust", lambda *_, **options: calls.append(options) or result)
    arguments = ("seed", "-k", 1, "--uncertainty", 0.2, "--epsilon", 0.5)
    found = json.loads(run(*arguments, "--format", "json", graph).stdout)
    assert (found["seeds"], found["robust_ratio"]) == (result.seeds, result.robust_ratio)
    assert run(*arguments, "--format", "plain", graph).stdout.split() == result.seeds
    assert run(*arguments, "--format", "csv", graph).stdout.splitlines()[0] == "rank,node"
    assert [(call["uncertainty"], call["epsilon"]) for call in calls] == [(0.2, 0.5)] * 3
    result = replace(result, deadline=7 * 86400.0, delay="exponential:learned, in seconds")
    assert "IC, until 7 d with delays exponential:learned, in seconds" in run(*arguments, graph).stdout


def test_another_log_to_evaluate_on(files, write):  # noqa: F811
    graph, actions = files
    other = write(log(5).replace(",0,", ",new,"), "other.csv")
    cheap = ("--estimator", "bernoulli", "--prior", "1,1", "--format", "json")
    run_ = run("learn", "--actions", actions, *NAMES, "--evaluate-on", other, *cheap, graph)
    found = json.loads(run_.stdout)["evaluation"]
    assert (found["n_items"], found["n_trained_items"]) == (5, 4)
    assert "note: 4 of 5 held-out items are also in the log that the model was learned from" in run_.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one of --actions and --trials"),
        (("--actions", "a", "--trials", "b"), "give one of --actions and --trials"),
        (("--actions", "a"), "--actions needs the graph of who can influence whom"),
        (("--trials", "a", "-o", "b.csv"), "--output must end in .imax, got 'b.csv'"),
        (("--trials", "a", "karate"), "--trials has no GRAPH"),
        (("--trials", "a", "--undirected"), "--trials does not have"),
        (("--trials", "a", "--window", "3d"), "--window"),
        (("--actions", "a", "--success", "b", "karate"), "--success"),
        (("--actions", "a", "--prior", "flat", "karate"), "--prior must be empirical, none or two numbers"),
        (("--actions", "-", "-"), "standard input"),
        (("--actions", "a", "--holdout", "2", "karate"), "--holdout"),
        (
            ("--actions", "a", "--holdout", "0.2", "--evaluate-on", "b", "karate"),
            "--holdout cannot go with --evaluate-on",
        ),
        (("--trials", "a", "--evaluate-on", "b"), "--evaluate-on cannot go with --trials"),
    ],
)
def test_wrong_usage(arguments, message):
    assert message in fails(2, "learn", *arguments)


def test_robust_excludes_other_options():
    assert "--verify" in fails(2, "seed", "-k", 1, "--robust", "--verify", 5, "karate")
    assert "do not support --curve" in fails(2, "seed", "-k", 1, "--robust", "--curve", "karate")
