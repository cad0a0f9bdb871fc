"""Every kind of report in a real browser: no complaint, no request, no overflow, no violation of accessibility rules.

``tests/browser.sh`` installs the browser and axe-core. Without them, the tests are skipped.
"""

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

import imax
from imax import annotate, capacity, learn, recommend
from imax.report.families import report_of

from .test_report import HOSTILE

pytestmark = pytest.mark.slow
AXE = Path(__file__).resolve().parent.parent / ".cache" / "axe" / "package" / "axe.min.js"
WIDTHS = (400, 800, 1600)
A4 = 718  # pixels between the margins of a printed page
QUICK = {"epsilon": 0.3, "rng": 1}
LABELS = [*HOSTILE[:4], "\u05e9\u05dc\u05d5\u05dd", "\u6df1" * 80, HOSTILE[4]]


def hostile_graph():
    """Return a star and a path through nodes with hostile labels."""
    arcs = [(LABELS[i - 1], LABELS[i]) for i in range(len(LABELS))] + [(LABELS[2], f"n{i}") for i in range(12)]
    return imax.InfluenceGraph.from_edges(arcs)


def of_seeds():
    graph = imax.datasets.load("karate")
    groups = ["left" if node < 17 else "right" for node in graph.nodes()]
    return imax.make_report(
        graph, 3, groups=groups, quotas=(1, 2), costs=graph.out_degree(), n_simulations=40,
        command="imax report --k 3 karate", **QUICK,
    )  # fmt: skip


def of_hostile_labels():
    graph = hostile_graph()
    return imax.make_report(
        graph, 3, include=LABELS[:3], groups={v: v for v in graph.nodes()}, title=HOSTILE[0], n_simulations=20,
        skip=["sensitivity"], command="imax report " + "x" * 400, **QUICK,
    )  # fmt: skip


def of_invitations():
    problem = capacity.CapacityProblem(hostile_graph(), LABELS[:3], 2)
    return report_of(capacity.assign(problem, **QUICK), command="imax cim")


def of_lists():
    lists = {LABELS[2]: [LABELS[0], LABELS[4], "n1", "n2", "n3"], LABELS[0]: [LABELS[3], "n4", "n5"]}
    ranking = recommend.Reranker(hostile_graph(), "heteroir").rerank(lists)
    truth = [(LABELS[2], "n2"), (LABELS[0], "n4")]
    metrics = recommend.metrics.evaluate({k: v[:3] for k, v in lists.items()}, truth, ks=[1, 2])
    return report_of(ranking, command="imax rerank --evaluate", evaluation=metrics)


def of_items():
    points = np.random.default_rng(0).normal(size=(30, 3))
    return report_of(annotate.select(points, 4, n_neighbors=3, algorithm="ideal", **QUICK), command="imax annotate")


def of_probabilities():
    log = [(LABELS[0], i, 0) for i in range(20)] + [(LABELS[3], i, 1) for i in range(15)]
    train, held_out = learn.split(log, rng=1)
    model = learn.from_actions(imax.InfluenceGraph.from_edges([(LABELS[0], LABELS[3]), (LABELS[3], "z")]), train)
    return report_of(model, None, "imax learn", learn.evaluate(model, held_out, n_bootstrap=5, n_simulations=10))


MAKERS = {
    "seeds": of_seeds,
    "hostile": of_hostile_labels,
    "cim": of_invitations,
    "rerank": of_lists,
    "annotate": of_items,
    "learn": of_probabilities,
}


@pytest.fixture(scope="module")
def window():
    """A headless Chromium."""
    selenium = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install -e '.[dev]'")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs Chromium and its driver: run tests/browser.sh as root")
    from selenium.webdriver.chrome.service import Service

    options = selenium.ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the driver, about its sockets
        browser = selenium.Chrome(options=options, service=Service(driver))
        yield browser
        browser.quit()


@pytest.fixture(scope="module", params=list(MAKERS))
def page(request, window, tmp_path_factory):
    """Open a report; return the browser, the report and the URL."""
    pytest.importorskip("jinja2")
    report = MAKERS[request.param]()
    path = tmp_path_factory.mktemp(request.param) / "report.html"
    report.save(path)
    for kind in ("browser", "performance"):
        window.get_log(kind)
    window.get(path.as_uri())
    return window, report, path.as_uri()


def resize(window, width, scheme="light", medium="screen"):
    """Show the page at a width, in a color scheme, on the screen or on paper."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})


def test_nothing_overflows_nothing_is_requested_and_nothing_is_logged(page):
    window, report, url = page
    shown = "return [document.documentElement.scrollWidth, innerWidth, document.title, document.body.innerText]"
    for width, medium in [(width, "screen") for width in WIDTHS] + [(A4, "print")]:
        resize(window, width, medium=medium)
        wide, inner, title, text = window.execute_script(shown)
        assert (wide <= inner, inner, title) == (True, width, report.title), (width, medium)
        assert report.answer.split()[0] in text
    # on paper nothing can be scrolled, so no table may be wider than the page
    hidden = "return [...document.querySelectorAll('.scroll')].map(e => e.scrollWidth - e.clientWidth)"
    assert max(window.execute_script(hidden), default=0) <= 1
    assert window.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in window.get_log("performance")]
    urls = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
    assert urls <= {url, "data:,"}
    scripts = "return document.querySelectorAll('script:not([type=\"application/json\"])').length"
    assert window.execute_script(scripts) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page, scheme):
    if not AXE.exists():
        pytest.skip("needs axe-core: run tests/browser.sh")
    window, _, _ = page
    resize(window, 800, scheme)
    if not window.execute_script("return typeof axe === 'object'"):
        window.execute_script(AXE.read_text(encoding="utf-8") + "\nwindow.axe = axe;")
    found = window.execute_async_script(
        "const done = arguments[0]; axe.run().then(r => done(r.violations.map(v => [v.id, v.nodes[0].html])))"
    )
    assert found == []


def test_hostile_labels_are_shown_as_text(window, tmp_path):
    pytest.importorskip("jinja2")
    path = tmp_path / "hostile.html"
    of_hostile_labels().save(path)
    window.get(path.as_uri())
    text = window.execute_script("return document.body.textContent")
    for label in LABELS:
        assert label in text
    assert window.execute_script("return document.querySelectorAll('script').length") == 1


@pytest.mark.parametrize("name", ["index", "quickstart", "how-to/reports", "tutorials/campaign", "auto_gallery/index"])
def test_pages_of_the_documentation_do_not_overflow(window, name):
    page = Path(__file__).resolve().parent.parent / "docs" / "_build" / "html" / f"{name}.html"
    if not page.exists():
        pytest.skip("needs the built documentation: make docs")
    window.get(page.as_uri())
    for width in WIDTHS:
        resize(window, width)
        assert window.execute_script("return document.documentElement.scrollWidth") <= width, width
