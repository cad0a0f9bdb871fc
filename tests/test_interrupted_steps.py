"""Functions of several steps: Ctrl-C in one step ends the function, and a time limit in one step is reported."""

import dataclasses
import importlib

import pytest
from click.testing import CliRunner

import imax
from imax import capacity
from imax.cli import main
from imax.recommend import Reranker
from imax.selection.registry import ALGORITHMS

GRAPH = imax.InfluenceGraph.from_arrays([0, 0, 0, 1, 1, 2], [1, 2, 3, 4, 5, 6], probability="uniform:0.9")


@pytest.fixture
def interrupt(monkeypatch):
    """Return a function that lets the n-th call of a function in a module end by Ctrl-C with a partial result."""

    def patch(module, name, call):
        module = importlib.import_module(module)
        inner, calls = getattr(module, name), []

        def step(*args, **given):
            result = inner(*args, **given)
            calls.append(name)
            return dataclasses.replace(result, stop_reason="interrupted") if len(calls) == call else result

        monkeypatch.setattr(module, name, step)
        return calls

    return patch


@pytest.mark.parametrize("step", ["spread", "certify"])
def test_comparison_ends_with_the_step(interrupt, step):
    calls = interrupt("imax.selection.comparison", step, 2)
    found = imax.compare(GRAPH, 2, ["degree", "pagerank", "random"], n_simulations=10, delta=0.5, rng=1)
    assert [row.algorithm for row in found.rows] == ["degree"]
    assert found.stop_reason == "interrupted"
    assert len(calls) == 2


def test_capacity_comparison_ends_with_the_step(interrupt):
    calls = interrupt("imax.capacity.comparison", "spread", 2)
    problem = capacity.CapacityProblem(GRAPH, [0, 2], 2)
    found = capacity.compare(problem, ["degree", "pagerank", "rr-greedy"], n_simulations=10, delta=0.5, rng=1)
    assert [row.algorithm for row in found.rows] == ["degree"]
    assert found.stop_reason == "interrupted"
    assert len(calls) == 2


@pytest.mark.parametrize("step", ["maximize", "certify"])
def test_robust_selection_and_sensitivity_end_with_the_step(interrupt, step):
    for module, run in (
        (
            "imax.selection.robust",
            lambda: imax.maximize_robust(GRAPH, 2, uncertainty=0.1, epsilon=0.4, delta=0.5, rng=1),
        ),
        (
            "imax.selection.scaled",
            lambda: imax.sensitivity(GRAPH, 2, factors=[0.5, 2.0], epsilon=0.4, delta=0.5, rng=1),
        ),
    ):
        calls = interrupt(module, step, 1)
        with pytest.raises(KeyboardInterrupt):
            run()
        assert len(calls) == 1


def test_curve_of_an_algorithm_that_runs_for_each_number_ends_with_the_step(monkeypatch):
    entry, runs = ALGORITHMS["imm"], []

    def run(problem):
        runs.append(problem.constraint.k)
        return dataclasses.replace(entry.run(problem), stop_reason="interrupted")

    monkeypatch.setitem(ALGORITHMS._entries, "imm", dataclasses.replace(entry, run=run))
    with pytest.raises(KeyboardInterrupt):
        imax.curve(GRAPH, [1, 2, 3], algorithm="imm", epsilon=0.4, delta=0.5, rng=1)
    assert len(runs) == 1


def test_reranker_does_not_use_partial_invitations(interrupt):
    interrupt("imax.recommend.strategies.cim", "assign", 1)
    reranker = Reranker(GRAPH, algorithm="cim", rng=1)
    with pytest.raises(KeyboardInterrupt):
        reranker.rerank({0: [1, 2, 3], 1: [4, 5]})


def test_report_computes_no_part_after_an_interrupted_one(interrupt):
    calls = interrupt("imax.report.evidence", "curve", 1)
    later = interrupt("imax.report.evidence", "compare", 99)
    record = imax.make_report(GRAPH, 2, epsilon=0.4, n_simulations=10, delta=0.5, rng=1).record
    assert record["interrupted"]
    assert record["missing"] == dict.fromkeys(["curve", "alternatives", "sensitivity"], "it was interrupted")
    assert (len(calls), later) == (1, [])


def test_comparison_shows_how_many_simulations_the_time_limit_allowed(tmp_path):
    n = 10**9
    found = imax.compare(GRAPH, 2, ["degree", "random"], n_simulations=n, time_limit=0.05, delta=0.5, rng=1)
    assert all(2 <= row.n_validations < n for row in found.rows)
    with_start = imax.compare(GRAPH, 2, ["degree"], start=[0], n_simulations=n, time_limit=0.05, delta=0.5, rng=1)
    assert with_start.rows[0].n_validations < n
    assert imax.compare(GRAPH, 2, ["degree"], n_simulations=20, delta=0.5, rng=1).rows[0].n_validations == 20
    problem = capacity.CapacityProblem(GRAPH, [0, 2], 2)
    assert (
        capacity.compare(problem, ["degree"], n_simulations=n, time_limit=0.05, delta=0.5, rng=1).rows[0].n_validations
        < n
    )
    imax.write_graph(GRAPH, tmp_path / "small.imax")
    (tmp_path / "active").write_text("0\n2\n")
    cim = f"cim --active {tmp_path / 'active'} --compare"
    fixed = f"-k 2 --algorithms degree --delta 0.5 --random-seed 1 {tmp_path / 'small.imax'}"
    for command in ("compare", cim):
        shown = CliRunner().invoke(main, f"{command} --simulations {n} --time-limit 0.05 {fixed}".split())
        assert shown.exit_code == 0, shown.output
        assert "simulations of each, not 1,000,000,000, because of the time limit" in shown.output
        shown = CliRunner().invoke(main, f"{command} --simulations 20 {fixed}".split())
        assert "by 20 simulations of each" in shown.output
        assert "time limit" not in shown.output
