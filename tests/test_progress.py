"""Progress: the line on a terminal, the bar in a notebook, the lines of a log, and log messages."""

import io
import logging
import os
import re
import sys
import types
from contextlib import contextmanager

import pytest
from numba import config

import imax
from imax import annotate, capacity
from imax._utils import progress
from imax._utils.progress import Follower, LinesDisplay, NotebookDisplay, Pace, Step, TerminalDisplay, line_of
from imax.errors import InvalidArgumentError
from imax.selection.problem import Progress, selecting
from imax.selection.round_progress import sets_until

from .test_cli import QUICK, run

JIT = not config.DISABLE_JIT
EASY = {"epsilon": 0.4, "rng": 1} if JIT else {"epsilon": 0.5, "delta": 0.5, "rng": 1}


@pytest.fixture(scope="module")
def karate():
    return imax.datasets.load("karate")


@contextmanager
def terminal():
    """Make standard error a terminal; yield a function that returns what was written to it."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    stream = os.fdopen(theirs, "w", encoding="ascii")
    before, sys.stderr = sys.stderr, stream
    os.set_blocking(ours, False)
    parts = []

    def read():
        stream.flush()
        while True:
            try:
                parts.append(os.read(ours, 1 << 16))
            except BlockingIOError:
                return b"".join(parts).decode()

    try:
        yield read
    finally:
        sys.stderr = before
        stream.close()
        os.close(ours)


def shown_by(call, **options):
    """Return the lines of what a function shows without a terminal."""
    stream = io.StringIO()
    before, sys.stderr = sys.stderr, stream
    try:
        call(progress=True, **options)
    finally:
        sys.stderr = before
    return stream.getvalue().splitlines()


def test_a_terminal_shows_a_line_and_removes_it(karate):
    with terminal() as read:
        imax.maximize(karate, 2, progress=True, **EASY)
        text = read()
        assert "sampling" in text
        assert re.search(r"certified [\d.]+%, target [\d.]+%", text)
        assert text.split("\r")[-1] == ""
        assert "\n" not in text
        for wrong in (False, None):
            imax.maximize(karate, 2, progress=wrong, **EASY)
        assert read() == text


def test_celf_and_imm_show_progress(karate):
    with terminal() as read:
        graph = imax.InfluenceGraph.from_edges([(0, 1), (1, 2), (3, 4)], probability="uniform:0.5")
        imax.maximize(graph, 2, algorithm="celf", oracle="exact", progress=True, rng=1)
        assert re.search(r"choosing seeds \[#####-----\] 1 of 2 seeds", read())
        imax.maximize(graph, 2, algorithm="imm", epsilon=0.9, delta=0.5, progress=True, rng=1)
        assert re.search(r"sampling \[[#-]{10}\] [\d,]+ of ~[\d,.]+ (k )?RR sets", read())


def test_other_functions_have_the_same_switch(karate):
    problem = capacity.CapacityProblem(karate, [0, 33], 2)
    lines = shown_by(imax.spread, graph=karate, seeds=[0], n_simulations=50, rng=1)
    assert lines[0].startswith("simulating [")
    assert "of 50 simulations" in lines[0]
    if JIT:
        lines = shown_by(imax.compare, graph=karate, k=1, algorithms="degree,random", n_simulations=5, **EASY)
        assert [line.split(" [")[0] for line in lines] == ["running degree", "running random"]
        assert shown_by(capacity.assign, problem=problem, epsilon=0.5, delta=0.5, rng=1)[0].startswith("sampling")
        points = [[float(i), float(i * i % 7), 1.0] for i in range(12)]
        assert shown_by(annotate.select, embeddings=points, budget=2, n_neighbors=3, algorithm="random", rng=1) == []
        skip = ["curve", "alternatives", "sensitivity", "map", "groups"]
        lines = shown_by(imax.make_report, graph=karate, k=1, skip=skip, n_simulations=2, algorithm="degree", rng=1)
        assert lines[0].startswith("choosing seeds, ")
    with pytest.raises(InvalidArgumentError, match="progress must be True, False, None or a function, got 5") as caught:
        imax.spread(karate, [0], progress=5)
    assert caught.value.argument == "progress"


def test_the_command_line_has_a_switch(tmp_path):
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("0\n")
    with terminal() as read:
        command = ("spread", "--seeds", seeds, "--simulations", 20, "--random-seed", 1)
        found = run(*command, "--progress", "karate")
        assert "simulating [##########] 20 of 20 simulations" in found.stderr
        assert found.stderr.endswith("\n")
        for quiet in ([], ["--no-progress"], ["--quiet"], ["--no-progress", "--quiet"]):
            assert run(*command, *quiet, "karate").stderr == ""
        assert "simulating" in run(*command, "--quiet", "--progress", "karate").stderr
        assert read() == ""


def test_a_service_sees_phases_and_notes_in_its_log(caplog, karate, capfd):
    with caplog.at_level(logging.DEBUG, logger="imax"):
        graph = imax.InfluenceGraph.from_edges([(0, 1), (1, 2)])
        imax.maximize(graph, 1, node_weights={0: 1.0, 9: 2.0}, on_missing="drop", **EASY)
    messages = [(r.levelname, r.getMessage()) for r in caplog.records if r.name == "imax"]
    assert any(level == "DEBUG" and text.startswith("maximize: sampling: ") for level, text in messages)
    assert any(level == "INFO" and "<SelectionResult: 1 seed [" in text for level, text in messages)
    assert any(level == "INFO" and text.startswith("maximize: note: ") for level, text in messages)
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="imax"):
        imax.spread(karate, [0], n_simulations=10, rng=1)
    assert [r.levelname for r in caplog.records] == ["INFO"]
    assert re.match(r"spread: \d+\.\d\d s: <SpreadEstimate: ", caplog.messages[0])
    caplog.clear()
    imax.spread(karate, [0], n_simulations=10, rng=1)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_an_error_removes_the_line(karate, monkeypatch):
    def stop(*_):
        raise ValueError("stop")

    monkeypatch.setattr(progress, "line_of", stop)
    with terminal() as read:
        with pytest.raises(ValueError, match="stop"):
            imax.spread(karate, [0], n_simulations=10, rng=1, progress=True)
        assert read() == ""


def test_a_notebook_shows_a_bar_of_tqdm(monkeypatch, karate):
    tqdm = pytest.importorskip("tqdm")
    stream = io.StringIO()
    made = []

    def bar(**options):
        made.append(options)
        return tqdm.tqdm(file=stream, mininterval=0, **options)

    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=bar))
    monkeypatch.setattr(tqdm, "auto", sys.modules["tqdm.auto"], raising=False)
    imax.spread(karate, [0], n_simulations=50, rng=1, progress=True)
    imax.maximize(karate, 2, progress=True, **EASY)
    assert [options["desc"] for options in made] == ["simulating", "sampling"]
    assert "50/50" in stream.getvalue()
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert isinstance(progress.display_on(io.StringIO()), LinesDisplay)
    shell.kernel = None
    del shell.kernel
    assert isinstance(progress.display_on(io.StringIO()), LinesDisplay)
    assert progress.display_on(None) is None


def test_tqdm_itself_is_found():
    pytest.importorskip("tqdm")
    display = NotebookDisplay(lambda **options: __import__("tqdm").tqdm(file=io.StringIO(), **options))
    display.show(Step("sampling", 5, None, "RR sets"))
    display.show(Step("sampling", 9, 12, "RR sets", "certified 50.0%"))
    display.close()
    display.close()


def test_steps_of_selections():
    known = {"rounds": 9, "n_rr_sets": 2048, "ratio": 0.5, "target_ratio": 0.62, "seconds": 1.25}
    step = selecting(Progress(1, **known))
    assert (step.phase, step.done, step.total, step.unit) == ("sampling", 2048, None, "RR sets")
    assert step.known == "certified 50.0%, target 62.0%, round 1 of at most 9"
    known |= {"ratio": 0.795, "awaited": "the choice has not settled: relative error 1.30%, target 1.00%"}
    assert selecting(Progress(2, **known)).known.startswith("certified 79.5%, the choice has not settled: ")
    step = selecting(Progress(3, 10, 0, 0.0, 0.0, 2.0, phase="gains of 5 nodes updated for the next seed"))
    assert line_of(step, 2.0, None) == (
        "choosing seeds [###-------] 3 of 10 seeds, 2.0 s, gains of 5 nodes updated for the next seed"
    )
    step = selecting(Progress(0, 3, 0, 0.0, 0.0, 2.0, n_evaluated=40, n_to_evaluate=100))
    assert line_of(step, 2.0, 20.0) == "evaluating gains [####------] 40 of 100 nodes, 20/s, 3 s left"


@pytest.mark.skipif(not JIT, reason="takes many RR sets")
def test_the_expected_number_of_rr_sets_is_about_right():
    seen = []
    graph = imax.datasets.load("chung-lu-1k")
    found = imax.maximize(graph, 5, algorithm="opim-c", epsilon=0.02, rng=1, progress=seen.append)
    expected = [p.n_rr_sets_needed for p in seen if p.n_rr_sets_needed is not None]
    assert 2 * len(expected) >= len(seen)
    assert found.n_rr_sets / 4 <= expected[len(expected) // 2] <= 4 * found.n_rr_sets
    assert expected[-1] == found.n_rr_sets
    assert sets_until(0.5, (1000, 0.4), (2000, 0.6)) == 2000
    assert sets_until(0.9, (1000, 0.5), (2000, 0.4)) is None


def test_pace_and_a_lost_terminal(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(progress, "perf_counter", lambda: clock[0])
    pace = Pace()
    clock[0] = 0.05
    assert pace.of(Step("a", 10, 100, "things")) is None
    clock[0] = 1.0
    assert pace.of(Step("a", 100, 1000, "things")) == 100.0
    clock[0] = 2.0
    assert pace.of(Step("a", 400, 1000, "things")) == 200.0
    assert pace.of(Step("b", 5, 10, "things")) is None

    class Gone(io.StringIO):
        def write(self, text):
            raise OSError

    display = TerminalDisplay(Gone())
    display.show(Step("a"))
    display.show(Step("b"))
    display.close()
    lines = LinesDisplay(io.StringIO())
    for second in (3.0, 4.0, 15.0):
        clock[0] = second
        lines.show(Step("a", int(second), 20, "things"))
    lines.close()
    assert len(lines.stream.getvalue().splitlines()) == 2
    assert line_of(Step("reading"), 1.0, None) == "reading, 1.0 s"
    assert Follower(selecting, None).often
    assert QUICK
