"""The report: its numbers are those of its JSON, and hostile labels are text."""

import dataclasses
import json
import re
import sys
from html.parser import HTMLParser

import pytest
from numba import config

import imax
from imax.errors import InvalidArgumentError, MissingDependencyError, UnknownNodeError
from imax.report import charts, document, evidence, sections, words
from imax.results import Compared, Comparison, CurveResult
from imax.selection.scaled import Sensitivity, SensitivityRow

from .test_cli import fails, run

JIT = not config.DISABLE_JIT
SMALL = {"epsilon": 0.3, "n_simulations": 40, "rng": 1}
HOSTILE = [
    "<script>alert(1)</script>",
    "\u202eright to left\u202c",
    "x" * 300,
    "\U0001f600",
    "a&b\"'</script>",
    "nul\x00",
]
pytest.importorskip("jinja2")


class Page(HTMLParser):
    """The parts of a page that the tests look at."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.island, self.tags, self.text, self.path = {}, "", [], "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in ("meta", "link", "path", "circle", "rect"):
            self.path.append(tag)
        if tag == "table":
            self.rows = self.tables.setdefault(given["data-table"], [])
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and "data-value" in given:
            self.rows[-1].append(float(given["data-value"]))

    def handle_endtag(self, tag):
        if self.path and self.path[-1] == tag:
            self.path.pop()

    def handle_data(self, data):
        if self.path[-1:] == ["script"]:
            self.island += data
        else:
            self.text += data


@pytest.fixture(scope="module")
def karate():
    return imax.datasets.load("karate")


@pytest.fixture(scope="module")
def whole(karate):
    """A report with every section."""
    if JIT:
        groups = ["left" if node < 17 else "right" for node in karate.nodes()]
        return imax.make_report(karate, 3, groups=groups, quotas=(1, 2), costs=karate.out_degree(), **SMALL)
    arcs = [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)]
    graph = imax.InfluenceGraph.from_edges(arcs, probability="uniform:0.3")
    return imax.make_report(
        graph, 2, skip=["alternatives", "sensitivity", "curve"], groups=["l"] * 3 + ["r"] * 3, quotas=(1, 2),
        costs=[1.0] * 6, delta=0.5, **SMALL,
    )  # fmt: skip


def test_the_numbers_of_the_page_are_those_of_its_json(whole):
    page = Page(whole.to_html())
    record = json.loads(page.island)
    assert record == json.loads(whole.to_json())
    result, seeds = record["result"], page.tables["seeds"]
    del seeds[0]  # the head
    assert [row[1] for row in seeds] == result["gains"]
    assert [row[3] for row in seeds] == record["degree"]
    assert [row[-1] for row in seeds] == record["cost"]
    groups = page.tables["groups"][1:]
    assert [row[2] for row in groups] == [row["share"] for row in record["groups"]]
    if not JIT:
        return
    curve, rows = record["curve"], page.tables["curve"][1:]
    names = ("k", "spread", "low", "high", "lower_bound", "upper_bound", "ratio")
    assert rows == [[curve[name][i] for name in names] for i in range(len(curve["k"]))]
    by_spread = {row["spread"]: row for row in record["comparison"]["rows"]}
    assert len(page.tables["comparison"]) == 6
    for row in page.tables["comparison"][1:]:
        found = by_spread[row[0]]
        assert row[1:3] == found["interval"]
        assert row[4:6] == [found["ratio"], len(found["seeds"])]
    scaled = page.tables["sensitivity"][1:]
    assert [row[0] for row in scaled] == [row["spread"] for row in record["sensitivity"]["rows"]]
    assert [row[5] for row in groups] == [row["share"] for row in record["groups_without_quotas"]]


@pytest.mark.skipif(not JIT, reason="the comparison takes long without the compiler")
def test_the_report_answers_the_questions_of_its_reader(whole, karate):
    seeds = imax.maximize(karate, 3, epsilon=0.3, rng=1, groups=[n < 17 for n in karate.nodes()], quotas=(1, 2)).seeds
    assert whole.record["result"]["seeds"] == seeds
    assert re.match(r"Choose these 3 nodes \(33, 0, \d+\): together they are expected to reach ", whole.answer)
    text = " ".join(Page(whole.to_html()).text.split())
    for said in (
        "95 % interval", "can reach more than", "The most connected nodes would reach", "Random nodes would reach",
        "Price of the quotas", "If they were 2 times as large", "an assumption and were not measured",
        "The upper bounds ignore the quotas", "imax.make_report(graph, 3, model='ic', groups=..., quotas=...",
    ):  # fmt: skip
        assert said in text, said
    assert repr(whole).startswith("<Report: 3 seeds in a graph of 34 nodes, 8 sections: Choose")
    assert whole.to_dict() is whole.record
    assert "<iframe" in whole._repr_html_()


def test_hostile_labels_are_text(tmp_path):
    graph = imax.InfluenceGraph.from_edges([(HOSTILE[i - 1], HOSTILE[i]) for i in range(6)])
    report = imax.make_report(
        graph, 2, skip=["curve", "alternatives", "sensitivity"], groups={v: v for v in HOSTILE}, title=HOSTILE[0],
        include=[HOSTILE[0], HOSTILE[1]], **SMALL,
    )  # fmt: skip
    report.save(tmp_path / "hostile.html")
    html = (tmp_path / "hostile.html").read_text(encoding="utf-8")
    page = Page(html)
    assert [attrs for tag, attrs in page.tags if tag == "script"] == [{"type": "application/json", "id": "imax-report"}]
    assert html.count("</script>") == 1
    for label in HOSTILE[:5]:
        assert label in page.text
    assert r"nul\x00" in page.text
    assert "\x00" not in html
    assert json.loads(page.island)["result"]["seeds"] == HOSTILE[:2]


def test_what_a_report_refuses_and_leaves_out(karate, monkeypatch):
    with pytest.raises(InvalidArgumentError, match="skip"):
        imax.make_report(karate, 2, skip=["maps"])
    with pytest.raises(InvalidArgumentError, match=r"result must be a SelectionResult of imax.maximize, got list"):
        imax.make_report(karate, 2, result=[1])
    with pytest.raises(InvalidArgumentError, match="did you mean 'groups'"):
        imax.make_report(karate, 2, group=[1])
    result = imax.maximize(karate, 2, algorithm="degree", rng=1)
    other = imax.InfluenceGraph.from_edges([("a", "b")])
    with pytest.raises(UnknownNodeError):
        imax.make_report(other, result=result)
    late = imax.make_report(karate, result=result, time_limit=1e-9, skip=["map"], **SMALL | {"rng": None})
    assert late.answer == "Choose these 2 nodes (33, 0)."
    assert late.record["missing"] == dict.fromkeys(
        ("curve", "alternatives", "sensitivity"), "the time limit was reached"
    )
    text = Page(late.to_html()).text
    assert "Not complete: the time limit was reached." in text
    assert "These seeds have no certificate" in text
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match="a report needs Jinja2: pip install"):
        late.to_html()
    assert "needs Jinja2" in fails(2, "report", "-k", 1, "-o", "x.html", "karate")


def test_a_large_graph_has_a_map_of_what_matters():
    graph = imax.InfluenceGraph.from_arrays([i % 5 for i in range(300)], range(5, 305))
    result = imax.maximize(graph, 4, model="lt", algorithm="degree", start=[4], rng=1)
    report = result.report(graph, skip=["curve", "alternatives", "sensitivity"], start=[4])
    text = Page(report.to_html()).text
    assert "The 4 seeds, with the neighbors" in text
    assert "start: 1 node" in text
    column = graph.with_probability("uniform:0.5")
    assert imax.report.neighborhood.seed_map(column, [0, 1]).n_nodes == 30
    drawn = imax.InfluenceGraph.from_arrays([0] * 99, range(1, 100), [i / 100 for i in range(99)])
    assert imax.report.neighborhood.seed_map(drawn, [0]).n_arcs == 14


def test_the_command(tmp_path):
    target = tmp_path / "r.html"
    groups = tmp_path / "groups.txt"
    groups.write_text("".join(f"{i} g{i % 3}\n" for i in range(34)))
    skip = "alternatives,sensitivity,curve" if not JIT else "sensitivity"
    run("report", "-k", 2, "--epsilon", 0.4, "--groups", groups, "--skip", skip, "--simulations", 20,
        "--random-seed", 3, "-o", target, "--title", "Spring", "karate")  # fmt: skip
    page = Page(target.read_text(encoding="utf-8"))
    record = json.loads(page.island)
    assert len(record["groups"]) == 3
    assert record["command"].startswith("imax report -k 2 --epsilon 0.4 --groups ")
    assert record["result"]["seeds"] == imax.maximize(imax.datasets.load("karate"), 2, epsilon=0.4, rng=3).seeds
    assert "Missing option" in fails(2, "report", "karate")
    assert "one number" in fails(2, "report", "-k", "2,3", "karate")
    assert "'maps' is not a section" in fails(2, "report", "-k", 2, "--skip", "maps", "karate")


def test_parts_of_drawings_and_words():
    assert charts.ticks(0, 3) == [0, 0.5, 1, 1.5, 2, 2.5, 3] or len(charts.ticks(0, 3)) <= 7
    assert charts.shortened("short") == "short"
    assert document.number(None).text == document.number(float("nan")).text == ""
    assert words.failure(0.5) == "0.5"
    bar = charts.bars([charts.Bar("a<b", 0.0, 0.0, 0.0)], x_name="x", title="t", description="d")
    assert "a&lt;b" in bar


def made_up(karate):
    """Return what a report shows, made up instead of computed, so that it is quick without the compiler."""
    result = dataclasses.replace(
        imax.maximize(karate, 2, algorithm="degree", rng=1), spread=18.0, interval=(17.0, 19.0), lower_bound=16.0,
        upper_bound=24.0, ratio=2 / 3, total_cost=5.0, stop_reason="time limit",
    )  # fmt: skip
    task = evidence.Task(
        graph=karate, result=result, k=2, work={"model": "ic", "node_weights": None},
        rules={"quotas": {"a": (1, 2), "b": 1}, "budget": 6.0, "exclude": [3]}, groups=["a"] * 20 + ["b"] * 14,
        costs=None, skip=frozenset({"map"}), n_simulations=50, max_memory=None, time_limit=None, began=0.0,
        show=print,
    )  # fmt: skip
    rows = [
        Compared(name, 2, seeds, name != "random", [], 1, spread, 0.2, (spread - 0.4, spread + 0.4), 100, 10.0, 24.0,
                 0.5,
                 0.1, "ic", 0.1, None, "all seeds chosen")
        for name, seeds, spread in (
            (evidence.CHOSEN, [33, 0], 18.0), (evidence.WITHOUT_QUOTAS, [33, 0], 20.0), ("degree", [33, 1], 17.9),
            ("pagerank", [33, 2], 12.0), ("random", [5, 6], 6.0),
        )
    ]  # fmt: skip
    comparison = Comparison(
        rows=rows, overlap=[[1.0] * 5] * 5, k=2, model="ic", probability="column", delta=0.1, n_nodes=34, n_arcs=156,
        n_simulations=50, stop_reason="", rng_key=(1, 2), version="",
    )  # fmt: skip
    scaled = [
        SensitivityRow(0.5, 9.0, (8.0, 10.0), 9.0, 0.6, 1.0, 0),
        SensitivityRow(1.0, 18.0, (17.0, 19.0), 18.0, 0.6, 1.0, 0),
        SensitivityRow(2.0, 30.0, (29.0, 31.0), 33.0, 0.5, 0.5, 7),
    ]  # fmt: skip
    groups = [evidence.GroupReach("a", 20, 1, 0.5, 0.4, 0.6), evidence.GroupReach("b", 14, 1, 0.3, 0.2, 0.4)]
    curve = CurveResult(
        k=[1, 2], seeds=[33, 0], gains=None, seed_sets=None, complete=[True, True], algorithm="own",
        spread=[10.0, 18.0], low=[9.0, 17.0], high=[11.0, 19.0], lower_bound=[8.0, 16.0], upper_bound=[12.0, 24.0],
        ratio=[2 / 3, 2 / 3], k_max=2, model="ic", probability="column", epsilon=0.1,
        delta=0.1, n_nodes=34, n_rr_sets=9, n_rr_entries=9,
        rounds=1, stop_reason="", rng_key=(1, 2), version="",
    )  # fmt: skip
    found = evidence.Evidence(
        curve=curve, comparison=comparison, groups=groups, groups_without_quotas=groups, n_groups=9,
        sensitivity=Sensitivity([33, 0], scaled, 2, "ic", "column", (1, 2), ""),
    )  # fmt: skip
    return task, found


def test_the_sections_say_what_was_found(karate):
    task, found = made_up(karate)
    parts = [part for section in sections.sections_of(task, found, ["a note"], "imax report") for part in section.parts]
    said = " ".join(part.text for part in parts if part.kind in ("text", "code"))
    for text in (
        "The most connected nodes would reach 17.9 (about the same).", "PageRank would reach 12.0 (6.0 fewer).",
        "no other seeds within the same limits can reach more than 24.0", "The search ended early (time limit)",
        "Price of the quotas: 2.0 (10.0% of the spread), plus or minus 0.6.", "The 2 largest of 9 groups are shown.",
        "50% of them would be chosen again. Compared with newly chosen seeds, they would lose 9.1%.", "7 at factor 2.",
        "they would lose nothing that the samples can show", "a note",
    ):  # fmt: skip
        assert text in said, text
    assert sections.answer_of(task) == (
        "Choose these 2 nodes (33, 0): together they are expected to reach 18.0 of 34 nodes (52.9%), at least 67% of "
        "the best possible, at a cost of 5."
    )
    assert "The upper bounds ignore the quotas." in said
    facts = dict(next(part for part in parts if part.kind == "facts").rows)
    assert facts["Limits"] == "at most 2 seeds, exclude: 1 node, budget 6, quotas (a: 1 to 2, b: 1)"
    table = next(part for part in parts if part.kind == "table" and part.name == "comparison")
    by_name = {row[0].text: row for row in table.rows}
    assert by_name["random"][-1].text == "cut short by the time limit"
    for row in found.comparison.rows:
        shown = by_name[{"degree": "most connected", "pagerank": "PageRank"}.get(row.algorithm, row.algorithm)]
        assert [cell.value for cell in shown[1:4]] == [row.spread, *row.interval]
    rows = list(found.comparison.rows)
    rows[1] = dataclasses.replace(rows[1], spread=18.1)
    found.comparison = dataclasses.replace(found.comparison, rows=rows)
    assert "too small for the simulations to show" in sections._price(found)
