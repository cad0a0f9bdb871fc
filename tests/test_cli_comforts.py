"""Suggestions, completion, progress, colors and the width of tables on the command line."""

import os
import pty
import re
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete
from numba import config

import imax
from imax._utils.progress import plain
from imax.cli import main
from imax.cli.color import emphasize, paint, wants_color
from imax.cli.output import as_matrix
from imax.selection.problem import selecting

from .test_cli import fails, run

JIT = not config.DISABLE_JIT
QUICK = ("--epsilon", 0.4, "--random-seed", 1)


@pytest.mark.parametrize(
    ("args", "guess"),
    [
        (("sed", "karate"), "seed"),
        (("compar", "karate"), "compare"),
        (("seed", "-k", 2, "--algorithm", "OPIMC", "karate"), "opim-c"),
        (("seed", "-k", 2, "--algorithm", "degree_discount", "karate"), "degree-discount"),
        (("compare", "-k", 2, "--algorithms", "degree,OPIMC", "karate"), "opim-c"),
        (("annotate", "x.npy", "--budget", 2, "--algorithm", "votek"), "vote-k"),
    ],
)
def test_suggestions(args, guess):
    assert f"did you mean '{guess}'" in fails(2, *args).replace('"', "'")


def completions(*args, incomplete):
    return [x.value for x in ShellComplete(main, {}, "imax", "_IMAX_COMPLETE").get_completions(list(args), incomplete)]


def test_completion_of_probabilities_and_of_later_names_of_a_list():
    assert completions("seed", "--probability", incomplete="w") == ["weighted_cascade", "weibull"]
    assert completions("seed", "--probability", incomplete="uni") == ["uniform:"]
    assert "all" in completions("compare", "--algorithms", incomplete="")
    assert completions("compare", "--algorithms", incomplete="opim-c,degree") == [
        "opim-c,degree",
        "opim-c,degree-discount",
    ]
    assert completions("compare", "--algorithms", incomplete="degree,degree") == ["degree,degree-discount"]


# -- progress -----------------------------------------------------------------------------------------------------


def states(algorithm, **options):
    seen = []
    graph = imax.datasets.load("karate" if not JIT else "chung-lu-1k")
    imax.maximize(graph, 4, algorithm=algorithm, rng=1, progress=seen.append, **options)
    return seen


def test_progress_says_what_is_awaited():
    seen = states("opim-c", epsilon=0.4 if not JIT else 0.02, **({} if JIT else {"delta": 0.4}))
    assert all(p.awaited == "" or p.ratio >= p.target_ratio for p in seen)
    assert seen[-1].awaited == ""
    texts = [plain(selecting(p)) for p in seen]
    if JIT:
        waiting = [p for p in seen if p.awaited]
        assert waiting
        assert re.fullmatch(r"the choice has not settled: (relative error|overestimated by) [\d.]+%, target [\d.]+%",
                            waiting[0].awaited)  # fmt: skip
        assert waiting[0].awaited in plain(selecting(waiting[0]))
    assert all(text.startswith("sampling: ") and "RR sets" in text and "certified" in text for text in texts)


def test_progress_of_celf_and_imm_names_the_phase():
    celf = [plain(selecting(p)) for p in states("celf", oracle="exact" if not JIT else "rr")] if JIT else []
    imm = states("imm", epsilon=0.5 if JIT else 0.9, **({} if JIT else {"delta": 0.5}))
    assert imm[0].phase
    assert plain(selecting(imm[0])).startswith(f"{imm[0].phase}: ")
    if JIT:
        assert any(re.fullmatch(r"evaluating gains: [\d,]+ of 1,000 nodes", text) for text in celf)
        assert celf[-1].startswith("choosing seeds: 4 of 4 seeds")


# -- colors -------------------------------------------------------------------------------------------------------


class Terminal:
    def isatty(self):
        return True


def test_colors_only_on_a_terminal(monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert not wants_color()
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert wants_color()
    assert paint("note:", fg="yellow") == "\x1b[33mnote:\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color()
    assert paint("note:", fg="yellow") == "note:"
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_color()
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setenv("TERM", "xterm")
    assert not wants_color(err=True)


def test_only_style_is_added():
    text = run("compare", "-k", 2, "--algorithms", "degree,random", "--simulations", 50, *QUICK, "karate").stdout
    styled = emphasize(text)
    assert re.sub(r"\x1b\[\d+m", "", styled) == text
    assert styled.startswith("\x1b[1m")
    assert "\x1b[36mRandom seed\x1b[0m" in styled


@pytest.mark.skipif(not JIT, reason="starts a process that would compile nothing")
def test_colors_in_a_real_terminal():
    for no_color, colored in (("", True), ("1", False)):
        ours, theirs = pty.openpty()
        environment = os.environ | {"NO_COLOR": no_color, "TERM": "xterm"}
        command = [sys.executable, "-m", "imax", "info", "karate"]
        done = subprocess.run(command, stdout=theirs, stderr=theirs, env=environment, check=False, timeout=120)
        os.close(theirs)
        text = os.read(ours, 1 << 16).decode()
        os.close(ours)
        assert done.returncode == 0
        assert ("\x1b[36m" in text) == colored
    assert "\x1b" not in run("info", "karate").stdout


# -- tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 9, 16, 40])
def test_a_matrix_fits_100_columns(count):
    names = [f"algorithm-{'x' * (i % 7)}{i}" for i in range(count)]
    cells = [[f"{(i == j):.2f}" for j in range(count)] for i in range(count)]
    text = as_matrix("overlap, k = 50", names, cells)
    assert max(map(len, text.splitlines())) <= 100
    heads = [line for line in text.splitlines() if line.startswith("overlap")]
    assert [int(cell) for head in heads for cell in head.removeprefix("overlap, k = 50").split()] == list(
        range(1, count + 1)
    )
    assert text.count("1.00") == count


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("spread --seeds 33 karate", "--seeds 33: there is no such file; 33 is a node of the graph: use --seed 33"),
        (
            "certify --seeds Valjean,Javert lesmis",
            "--seeds Valjean,Javert: there is no such file; Valjean, Javert are nodes of the graph: "
            "use --seed Valjean --seed Javert",
        ),
        ("spread --seeds nobody lesmis", "--seeds nobody: there is no such file; check the path"),
        (
            "seed -k 2 --exclude 33 karate",
            "--exclude 33: there is no such file; 33 is a node of the graph: write a file with a node per line, or "
            "use --exclude - and standard input",
        ),
        ("cim --active 0,33 -k 1 karate", "use --active - and standard input"),
        ("compare -k 1 --seed-set own=5 karate", "--seed-set own=5: there is no such file; 5 is a node of the graph"),
    ],
)
def test_a_label_instead_of_a_file_of_labels(command, message):
    assert message in fails(1, *command.split())
