"""Time limits hold where a single simulation, gain or verification takes long."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner

import imax
from imax.capacity import CapacityProblem
from imax.cli import main
from imax.diffusion import simulation
from imax.errors import InvalidArgumentError
from imax.kernels.compiling import end_compiling
from imax.selection.oracles import OutOfTime, SimulationOracle

MARGIN = 3.0  # seconds for a loaded machine; without the checks these take from 15 s to minutes


@pytest.fixture(scope="module")
def slow():
    """Return a graph on which a simulation takes some milliseconds."""
    rng = np.random.default_rng(1)
    source, target = rng.integers(0, 40_000, (2, 800_000))
    graph = imax.InfluenceGraph.from_arrays(source, target, n_nodes=40_000, probability="uniform:0.2")
    imax.maximize(graph, 1, algorithm="celf", n_simulations=8, candidates=[0, 1], rng=1, threads=1)  # compiles
    imax.spread(graph, [0], n_simulations=2, threads=1)
    return graph


def seconds_of(function, *given, **options):
    began = time.perf_counter()
    return function(*given, **options), time.perf_counter() - began


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["greedy", "celf", "celf++"])
def test_simulated_gains_stop_in_time(slow, algorithm):
    found, seconds = seconds_of(
        imax.maximize, slow, 5, algorithm=algorithm, n_simulations=20_000, time_limit=0.5, rng=1, threads=1
    )
    assert seconds < 0.5 + MARGIN
    assert (len(found.seeds), found.stop_reason) == (1, "time limit")


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["greedy", "celf", "celf++"])
def test_required_seeds_stop_in_time(slow, algorithm):
    found, seconds = seconds_of(
        imax.maximize, slow, 5, algorithm=algorithm, include=range(5), start=[9], n_simulations=20_000, time_limit=0.5,
        rng=1, threads=1,
    )  # fmt: skip
    assert seconds < 0.5 + MARGIN
    assert (found.seeds, found.stop_reason) == ([0, 1, 2, 3, 4], "time limit")
    assert len(found.gains) == 5
    assert np.isnan(found.gains[-1])


def test_a_time_limit_leaves_the_gains_of_required_seeds_out():
    graph = imax.datasets.load("karate")
    for algorithm in ("greedy", "celf", "celf++"):
        found = imax.maximize(graph, 3, algorithm=algorithm, include=[5, 7], n_simulations=64, time_limit=1e-9, rng=1)
        assert (found.seeds, found.stop_reason) == ([5, 7], "time limit")
        assert np.isnan(found.gains).all()


def test_reading_counts_in_the_time_limit_of_a_command(tmp_path, monkeypatch):
    given = []
    maximize = imax.selection.maximize
    monkeypatch.setattr("imax.selection.maximize", lambda *a, **named: given.append(named) or maximize(*a, **named))
    load = imax.datasets.resolve("karate")

    def slowly(**options):
        time.sleep(0.2)
        return load(**options)

    monkeypatch.setattr("imax.datasets.resolve", lambda name: slowly)
    for limit in ("60", "0.1"):
        done = CliRunner().invoke(main, ["seed", "--k", "2", "--time-limit", limit, "-q", "--format", "json", "karate"])
        assert done.exit_code == 0, done.output
    assert 50 < given[0]["time_limit"] < 59.8
    assert 0 < given[1]["time_limit"] < 0.1


@pytest.mark.slow
def test_the_work_after_a_choice_stops_in_time(slow):
    found, seconds = seconds_of(
        imax.maximize, slow, 2, algorithm="celf", n_simulations=20_000, candidates=[0, 1], time_limit=2.0, rng=1,
        threads=1,
    )  # fmt: skip
    assert seconds < 2.0 + MARGIN
    assert found.stop_reason == "time limit"


@pytest.mark.slow
def test_a_capacity_algorithm_with_simulations_stops_in_time(slow):
    problem = CapacityProblem(slow, active=range(4), capacity=5)
    problem.passive  # noqa: B018 - built at first use
    _, seconds = seconds_of(
        imax.capacity.assign, problem, "mg-greedy", oracle="simulation", n_simulations=20_000, time_limit=0.5, rng=1,
        threads=1,
    )  # fmt: skip
    assert seconds < 0.5 + 2 * MARGIN


@pytest.mark.slow
def test_spread_stops_in_time(slow):
    found, seconds = seconds_of(imax.spread, slow, [0], n_simulations=10**9, time_limit=0.3, rng=1, threads=1)
    assert seconds < 0.3 + MARGIN
    assert found.stop_reason == "time limit"
    same = imax.spread(slow, [0], n_simulations=found.n_simulations, rng=1, threads=2)
    assert (same.spread, same.std_error) == (found.spread, found.std_error)


@pytest.mark.slow
def test_the_evaluation_of_a_comparison_stops_in_time(slow):
    found, seconds = seconds_of(
        imax.compare, slow, 5, ["degree", "random"], n_simulations=10**8, time_limit=0.3, rng=1, threads=1
    )
    assert seconds < 2 * (3 * 0.3 + MARGIN)
    assert len(found.rows) == 2


def test_a_verification_is_part_of_the_time_limit():
    began = time.perf_counter()
    options = "seed --k 2 --time-limit 0.5 --verify 100000000 --threads 1 --random-seed 1 --format json karate"
    done = CliRunner().invoke(main, options.split())
    assert done.exit_code == 0
    assert time.perf_counter() - began < 0.5 + 10 * MARGIN  # with compilation
    assert json.loads(done.stdout)["verification"]["n_simulations"] < 100_000_000


def test_simulations_that_are_not_run_take_no_memory(monkeypatch):
    sizes = []
    empty = np.empty

    def record(size, *given, **options):
        sizes.append(np.prod(size))
        return empty(size, *given, **options)

    graph = imax.InfluenceGraph.from_arrays([0, 1], [1, 2], [0.5, 0.5])
    monkeypatch.setattr(simulation.np, "empty", record)
    found = imax.spread(graph, [0], n_simulations=10**11, time_limit=0.01, rng=1, threads=1)
    assert found.n_simulations < 10**11
    assert max(sizes) <= 1 << 16


def test_simulations_without_a_time_limit_stop_before_the_memory_is_full(monkeypatch):
    graph = imax.InfluenceGraph.from_arrays([0, 1], [1, 2], [0.5, 0.5])
    monkeypatch.setattr(simulation, "_FIRST_VALUES", 64)
    monkeypatch.setattr(simulation, "default_memory", lambda: 8 * 2000)
    found = imax.spread(graph, [0], n_simulations=10**15, rng=1, threads=1)
    assert found.stop_reason == "memory limit"
    assert 64 <= found.n_simulations <= 2000
    same = imax.spread(graph, [0], n_simulations=found.n_simulations, rng=1, threads=2)
    assert (same.spread, same.stop_reason) == (found.spread, "all simulations done")


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
def test_steps_between_looks_at_the_clock_change_no_bit(weighted):
    graph = imax.datasets.load("karate")
    weights = np.random.default_rng(2).random(graph.n_nodes) if weighted else None
    nodes = np.arange(graph.n_nodes)

    def gains(pace):
        oracle = SimulationOracle(graph, "ic", weights, (1, 2), 3000, 2, None)
        oracle._pace = pace
        first = oracle.gains(nodes)
        oracle._pace = pace
        oracle.take(3)
        return np.concatenate([first, oracle.gains(nodes)])

    np.testing.assert_array_equal(gains(1e3), gains(1e-9))


def test_no_step_begins_after_the_end():
    graph = imax.datasets.load("karate")
    left = iter([True, True])
    oracle = SimulationOracle(graph, "ic", None, (1, 2), 3000, 1, None, keep_going=lambda: next(left, False))
    with pytest.raises(OutOfTime):
        oracle.gains(np.array([1]))
    with pytest.raises(OutOfTime):
        oracle.take(1)
    assert oracle.first_estimate(33) >= 1.0


def test_wrong_deltas_and_callbacks_are_refused_before_the_work():
    graph = imax.datasets.load("karate")
    with pytest.raises(InvalidArgumentError, match=r"^delta must be at least 1e-300, got 1e-320"):
        imax.maximize(graph, 2, delta=1e-320)
    assert imax.maximize(graph, 2, delta=1e-300, epsilon=0.5, rng=1).delta == 1e-300
    with pytest.raises(InvalidArgumentError, match=r"^progress must be True, False, None or a function, got 5"):
        imax.maximize(graph, 2, progress=5)


def test_the_output_is_never_the_input(tmp_path):
    path = tmp_path / "g.txt"
    path.write_text("1 2\n2 3\n")
    (tmp_path / "link.txt").symlink_to(path)
    for command in (["seed", "--k", "1", str(path), "-o"], ["convert", str(path)]):
        for output in (path, tmp_path / "link.txt"):
            done = CliRunner().invoke(main, [*command, str(output)])
            assert done.exit_code == 1
            assert "it is the input; name another file" in done.stderr
    assert path.read_text() == "1 2\n2 3\n"


def test_a_note_says_that_the_time_limit_of_simulations_includes_compiling(monkeypatch):
    graph = imax.datasets.load("karate")
    assert imax.spread(graph, [0], n_simulations=10**9, time_limit=0.01, rng=1).notes == []
    run = simulation.simulate

    def compiles_first(*args):
        end_compiling()
        return run(*args)

    monkeypatch.setattr(simulation, "simulate", compiles_first)
    assert imax.spread(graph, [0], n_simulations=20, rng=1).notes == []
    found = imax.spread(graph, [0], n_simulations=10**9, time_limit=0.01, rng=1)
    assert ["compiled first" in note for note in found.notes] == [True]


@pytest.mark.parametrize(
    "command",
    [
        "seed -k 1 --exclude {file} -o {file} karate",
        "seed -k 1 --exclude {file}:1 -o {other} karate",
        "seed -k 1 --deadline 2 --delay {file} -o {file} karate",
        "spread --seeds {file} -o {link} karate",
        "compare -k 1 --algorithms degree --seed-set own={file} -o {file} karate",
        "cim --active {file} -k 1 --report {file} karate",
        "rerank --candidates {file}:user:candidate -o {file} karate",
        "learn --actions {file} -o {file}",
        "annotate {file} --budget 1 -o {file}",
    ],
)
def test_no_output_is_a_file_that_an_option_reads(tmp_path, command):
    file, other, link = tmp_path / "g.txt", tmp_path / "sub" / ".." / "g.txt", tmp_path / "link.txt"
    (tmp_path / "sub").mkdir()
    file.write_text("0\n")
    link.symlink_to(file)
    done = CliRunner().invoke(main, command.format(file=file, other=other, link=link).split())
    assert done.exit_code == 1
    assert "it is the input; name another file" in done.stderr
    assert file.read_text() == "0\n"


def test_two_outputs_are_two_files(tmp_path):
    (tmp_path / "active.txt").write_text("0\n")
    command = f"cim --active {tmp_path / 'active.txt'} -k 1 --delta 0.9 --report {{0}} -o {{0}} karate"
    done = CliRunner().invoke(main, command.format(tmp_path / "x.html").split())
    assert done.exit_code == 1
    assert "it is the file of two outputs; name another one" in done.stderr
    assert CliRunner().invoke(main, command.format("/dev/null").split()).exit_code == 0


def test_standard_output_by_its_name_is_not_emptied(tmp_path):
    path = tmp_path / "log.txt"
    command = [sys.executable, "-m", "imax", "info", "--quiet", "karate", "-o", "/dev/stdout"]
    with path.open("w") as file:
        file.write("before\n")
        file.flush()
        subprocess.run(command, check=True, stdout=file)
    assert path.read_text().startswith("before\n")
    assert "34" in path.read_text()
