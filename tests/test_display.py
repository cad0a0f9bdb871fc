"""What notebooks show of every result, and the pictures of `imax.plot`."""

import dataclasses
import html.parser
import sys

import numpy as np
import pytest
from numba import config

import imax
from imax import annotate, capacity, learn, recommend
from imax.errors import InvalidArgumentError, MissingDependencyError
from imax.report import families, notebook

from .test_cli import fails, run

JIT = not config.DISABLE_JIT
EVIL = "<b>&\"'"
QUICK = {"epsilon": 0.4, "rng": 1}


def graph():
    """A star whose center has a hostile label, and some arcs more."""
    return imax.InfluenceGraph.from_edges([(EVIL, str(i)) for i in range(15)] + [("1", "2"), ("2", "3"), ("3", EVIL)])


def logs():
    log = [("ann", i, 0) for i in range(20)] + [("bob", i, 1) for i in range(15)] + [("cid", i, 2) for i in range(5)]
    network = imax.InfluenceGraph.from_edges([("ann", "bob"), ("ann", "cid"), ("bob", "cid")])
    train, held_out = learn.split(log, rng=1)
    return learn.from_actions(network, train), held_out


def invited():
    return capacity.CapacityProblem(graph(), [EVIL, "1"], 2)


def points():
    return np.random.default_rng(0).normal(size=(30, 3))


MAKERS = {
    "graph": graph,
    "selection": lambda: imax.maximize(graph(), 12, **QUICK),
    "scores": lambda: imax.maximize(graph(), 2, algorithm="degree", start=["9"], rng=1),
    "more": lambda: imax.maximize(graph(), 2, start=["9"], **QUICK),
    "spread": lambda: imax.spread(graph(), [EVIL], n_simulations=20, rng=1),
    "certificate": lambda: imax.certify(graph(), [EVIL], **QUICK),
    "curve": lambda: imax.curve(graph(), 3, **QUICK),
    "comparison": lambda: imax.compare(graph(), [1, 2], ["degree", "random"], n_simulations=20, **QUICK),
    "sensitivity": lambda: imax.sensitivity(graph(), 2, factors=[0.5], **QUICK),
    "robust": lambda: imax.maximize_robust(graph(), 2, uncertainty=0.2, **QUICK),
    "assignment": lambda: capacity.assign(invited(), **QUICK),
    "assignments": lambda: capacity.compare(invited(), ["rr-opim+", "degree"], n_simulations=20, **QUICK),
    "items": lambda: annotate.select(points(), 3, n_neighbors=3, algorithm="ideal", **QUICK),
    "annotation": lambda: annotate.auto_annotate(annotate.knn_graph(points(), 3), {0: EVIL, 3: "up"}, rng=1),
    "ranking": lambda: recommend.Reranker(graph(), "heteroir").rerank({"1": [EVIL, "2", "3", "4", "5", "6"]}),
    "metrics": lambda: recommend.metrics.evaluate({"a": ["x", "y"], "b": ["z"]}, [("a", "y"), ("y", "w")], ks=[1, 2]),
    "model": lambda: logs()[0],
    "evaluation": lambda: learn.evaluate(*logs(), n_bootstrap=5, n_simulations=10),
}
SLOW = ("comparison", "sensitivity", "robust")  # without the compiler
NO_PICTURE = ("graph", "spread", "certificate", "annotation", "ranking")
AXES = {
    "selection": ("rank of the seed", "cumulative gain in spread"),
    "scores": ("rank of the seed", "score by degree"),
    "more": ("rank of the seed", "cumulative gain in spread"),
    "curve": ("number of seeds k", "spread"),
    "comparison": ("spread, 95 % interval", "algorithm"),
    "sensitivity": ("factor of all probabilities", "spread"),
    "robust": ("probabilities", "spread"),
    "assignment": ("total gain of the invitations (nodes)", "inviter"),
    "assignments": ("spread, 95 % interval", "algorithm"),
    "items": ("rank of the item", "cumulative gain (influence, items)"),
    "metrics": ("length of the lists K", "mean over users"),
    "model": ("learned probability", "number of arcs"),
    "evaluation": ("mean predicted probability", "share that acted"),
}


@pytest.fixture(scope="module")
def results():
    return {name: make() for name, make in MAKERS.items() if JIT or name not in SLOW}


class Balance(html.parser.HTMLParser):
    """Checks that all elements are closed, and collects their names."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_notebooks_show_a_sentence_and_a_small_table(results):
    for name, result in results.items():
        shown = result._repr_html_()
        seen = Balance(shown).seen
        assert "p" in seen, name
        assert ("table" in seen) == (name not in ("spread", "certificate")), name
        assert "b" not in seen, name  # the hostile label is text
        assert shown.count("<tr>") <= 11, name
    assert "&lt;b&gt;&amp;" in results["ranking"]._repr_html_()
    assert "2 seeds by degree, without a certificate." in results["scores"]._repr_html_()
    assert "and 2 more rows" in results["selection"]._repr_html_()
    assert "12 seeds reach about " in results["selection"]._repr_html_()
    assert "more nodes" in results["more"]._repr_html_()
    row = results["evaluation"].rows[0]
    assert notebook.html_of(row).startswith("<div><p>ModelScore(")


def test_every_picture_has_named_axes(results):
    figure = pytest.importorskip("matplotlib.figure")
    for name in results.keys() - set(NO_PICTURE):
        ax = results[name].plot(figure.Figure().subplots())
        assert (ax.get_xlabel(), ax.get_ylabel()) == AXES[name], name
        assert ax.get_title(), name
        ax.figure.draw_without_rendering()
    ax = imax.plot(results["curve"], figure.Figure().subplots())
    assert [line.get_xdata()[0] for line in ax.lines] == [1, 1, 1]
    assert list(ax.lines[1].get_ydata()) == results["curve"].spread


def test_what_cannot_be_drawn(results, monkeypatch):
    mpl = pytest.importorskip("matplotlib")
    with pytest.raises(
        InvalidArgumentError, match=r"result must be an object that has a picture, got SpreadEstimate; .*"
    ):
        results["spread"].plot()
    with pytest.raises(InvalidArgumentError, match=r"got list; these have one: results.CurveResult, "):
        imax.plot([1])
    empty = dataclasses.replace(results["scores"], scores=None)
    with pytest.raises(InvalidArgumentError, match="cannot be drawn: it has neither gains nor scores"):
        empty.plot()
    bare = dataclasses.replace(results["items"], gains=None)
    with pytest.raises(InvalidArgumentError, match="computes no gains"):
        bare.plot()
    none = dataclasses.replace(results["assignment"], gains={EVIL: []})
    with pytest.raises(InvalidArgumentError, match="it has no invitations"):
        none.plot()
    mpl.use("agg")
    ax = imax.plot(results["scores"])
    mpl.pyplot.close(ax.figure)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingDependencyError, match="plot needs matplotlib: pip install"):
        imax.plot(results["scores"])


def test_a_result_makes_its_report(results):
    pytest.importorskip("jinja2")
    report = results["scores"].report(graph(), skip=["curve", "alternatives", "sensitivity"], start=["9"])
    assert report.record["result"]["seeds"] == results["scores"].seeds


def test_reports_of_problem_families(results, tmp_path):
    pytest.importorskip("jinja2")
    for name in ("assignment", "items", "ranking", "metrics", "model", "evaluation"):
        report = results[name].report(command="made by a test")
        html = report.to_html()
        assert "made by a test" in html, name
        assert "<b>" not in html, name
        assert ("<svg" in html) == (name != "ranking"), name
        assert report.answer == notebook.view_of(results[name])[0]
        assert report.to_json(), name
    page = results["assignment"].report(title="T").to_html()
    assert "no other choice within the same limits can reach more than" in page
    many = dataclasses.replace(results["assignment"], friends={str(i): ["1"] for i in range(600)},
                               gains={str(i): [1.0] for i in range(600)})  # fmt: skip
    assert "The table shows the first 500 of 600 rows." in many.report().to_html()
    assert "The 15 largest of 600 inviters." in many.report().to_html()
    assert "and 590 more rows" in many._repr_html_()
    both = families.report_of(results["model"], None, None, results["evaluation"])
    assert [section.anchor for section in both.sections] == ["result", "evaluation", "method"]
    assert families._figure_of(dataclasses.replace(results["assignment"], gains={})) is None
    assert families._figure_of(dataclasses.replace(results["items"], gains=None)) is None


@pytest.mark.skipif(not JIT, reason="four commands take long without the compiler")
def test_the_option_report(tmp_path):
    pytest.importorskip("jinja2")
    target = tmp_path / "report.html"
    active = tmp_path / "active.txt"
    active.write_text("0\n33\n")
    run("cim", "--active", active, "-k", 2, "--epsilon", 0.5, "--random-seed", 1, "--report", target, "karate")
    page = target.read_text(encoding="utf-8")
    assert "imax cim --active " in page
    assert "Whom each participant invites" in page
    assert "cannot go with --compare" in fails(
        2, "cim", "--active", active, "-k", 2, "--compare", "--report", target, "karate"
    )
    active.write_text("0\n33\n")
    lists = tmp_path / "lists.csv"
    lists.write_text("user,candidate\n0,1\n0,2\n33,32\n")
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("user,friend\n0,1\n")
    quick = ("--algorithm", "heteroir", "--candidates", lists)
    run("rerank", *quick, "-k", 1, "--evaluate", pairs, "--report", target, "karate")
    assert 'data-table="evaluation"' in target.read_text(encoding="utf-8")
    run("rerank", *quick, "--report", target, "karate")
    assert "Friends to recommend" in target.read_text(encoding="utf-8")
    assert "no folder" in fails(1, "rerank", *quick, "--report", tmp_path / "no" / "r.html", "karate")
    trials = tmp_path / "trials.csv"
    trials.write_text("source,target,success\na,b,1\na,c,0\n")
    run("learn", "--trials", trials, "--report", target)
    assert "Arcs by learned probability" in target.read_text(encoding="utf-8")
    np.save(tmp_path / "x.npy", points())
    run(
        "annotate", "--budget", 2, "--n-neighbors", 3, "--algorithm", "k-center", "--report", target, tmp_path / "x.npy"
    )
    assert "Items to annotate" in target.read_text(encoding="utf-8")
