"""Workers and schedulers that end in the middle of the work, and interrupts: the same bits, or a clear error."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

import imax
from imax import capacity
from imax.cluster.held import Held

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(
        os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="processes need compiled kernels to be quick"
    ),
]

KARATE = imax.datasets.load("karate")
N_SETS = 400_000


@pytest.fixture(scope="module")
def clients():
    """Return a function that returns a client with two workers, of a new cluster if a lost worker was not replaced."""
    with ExitStack() as stack:
        kept = []

        def client():
            with suppress(TimeoutError):
                if kept:
                    kept[-1].wait_for_workers(2, timeout=15)
                    return kept[-1]
            cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50)
            kept.append(stack.enter_context(Client(stack.enter_context(cluster))))
            return kept[-1]

        yield client


@pytest.fixture
def client(clients):
    """Check that the test leaves nothing on the cluster: no tasks, data, actors, published data and files."""
    client = clients()
    yield client
    for _ in range(200):
        left = left_on(client)
        if not left:
            return
        time.sleep(0.05)
    pytest.fail(f"left on the cluster: {left}")


def left_on(client):
    tasks = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))
    try:
        found = client.run(
            lambda dask_worker: [
                *dask_worker.data,
                *dask_worker.state.actors,
                *(str(path) for path in Path(dask_worker.local_directory).glob("imax-*")),
            ]
        )
    except OSError:  # a killed worker, which its nanny replaces
        return ["a lost worker"]
    return [*tasks, *client.list_datasets(), *(key for keys in found.values() for key in keys)]


def facts(result):
    found = result.to_dict()
    found.pop("seconds", None)
    return found


def kill_one(client):
    """End a worker process without a warning."""
    os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)


RUNS = {
    "ris": lambda **own: imax.maximize(KARATE, 3, algorithm="ris", n_rr_sets=N_SETS, rng=1, **own),
    "quotas": lambda **own: imax.maximize(
        KARATE, 6, algorithm="ris", n_rr_sets=N_SETS, groups=[i % 3 for i in range(34)], quotas=2, rng=1, **own
    ),
    "spread": lambda **own: imax.spread(KARATE, [0, 33], n_simulations=300_000, rng=1, **own),
    "celf": lambda **own: imax.maximize(KARATE, 3, algorithm="celf", n_simulations=20_000, rng=1, **own),
    "declined": lambda **own: capacity.assign(
        capacity.CapacityProblem(KARATE, [0, 2, 33], 3), "rr-greedy", acceptance=0.3, n_rr_sets=N_SETS, rng=1, **own
    ),
    "worlds": lambda **own: imax.maximize(
        KARATE.with_probability("uniform:0.1"), 3, algorithm="worlds", epsilon=0.05, rng=1, **own
    ),
}


@pytest.mark.parametrize(
    ("run", "phase"),
    [
        ("ris", "draw"), ("ris", "index"), ("ris", "pick_next"), ("ris", "covered"), ("quotas", "pick_next"),
        ("declined", "weigh_next"), ("declined", "values"),
        ("spread", "values"), ("celf", "gains"), ("worlds", "draw"), ("worlds", "gains_of"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delay", [0.0, 0.05])
def test_a_killed_worker_changes_no_bit(client, monkeypatch, run, phase, delay):
    expected, calls, timers = facts(RUNS[run]()), [], []
    methods = {name: getattr(Held, name) for name in ("call", "call_at_once")}

    def count(method):
        calls.extend([1] * (method == phase))
        if method == phase and len(calls) == 2:
            timers.append(threading.Timer(delay, kill_one, [client]))
            timers[0].start()
            if not delay:
                timers[0].join()

    def call(self, name, method, *arguments, **options):
        count(method)
        return methods["call"](self, name, method, *arguments, **options)

    def call_at_once(self, method, *arguments, **options):
        if method in ("pick_next", "weigh_next"):
            count(method)
        return methods["call_at_once"](self, method, *arguments, **options)

    monkeypatch.setattr(Held, "call", call)
    monkeypatch.setattr(Held, "call_at_once", call_at_once)
    found = RUNS[run](client=client)
    timers[0].join()
    assert facts(found) == expected


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_end_in_the_middle_leaves_nothing(client, error):
    def stop(progress):
        raise error

    with pytest.raises(error):
        imax.maximize(KARATE, 2, algorithm="imm", rng=1, client=client, progress=stop)


def test_an_interrupt_and_a_time_limit_return_the_best_result(client):
    def stop(progress):
        raise KeyboardInterrupt

    found = imax.maximize(KARATE, 2, algorithm="opim-c", rng=1, client=client, progress=stop)
    assert found.stop_reason == "interrupted"
    assert len(found.seeds) == 2
    graph = imax.datasets.load("rmat:16", rng=0)
    limited = imax.maximize(graph, 50, algorithm="opim-c", epsilon=0.0005, time_limit=0.2, rng=1, client=client)
    assert limited.stop_reason == "time limit"


LOST = """
import os
import imax
from distributed import Client, LocalCluster
import imax.cluster.session as session
session._WORKER_SECONDS = 0.5
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50)
    client = Client(cluster)
    graph = imax.datasets.load("karate")
    gone = []
    def end(progress):
        if not gone:
            gone.append(cluster.scale(0))
    for _ in range(3):
        try:
            imax.maximize(graph, 3, algorithm="opim-c", rng=1, client=client, progress=end)
        except imax.errors.ClusterError as error:
            print(error, flush=True)
        if _ == 1:
            cluster.close()
    os._exit(0)
"""

SCHEDULER = """
import os, subprocess, sys, time
import imax
from distributed import Client
if __name__ == "__main__":
    run = lambda name, *more: subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{name}", "--scheduler-file", "file.json", "--no-dashboard", *more]
    )
    scheduler = run("scheduler", "--port", "0")
    worker = run("worker", "--nthreads", "1")
    try:
        client = Client(scheduler_file="file.json")
        client.wait_for_workers(1)
        graph = imax.datasets.load("karate")
        ends = {"progress": lambda progress: scheduler.kill()}
        for algorithm in ("opim-c", "opim-c"):
            began = time.perf_counter()
            try:
                imax.maximize(graph, 3, algorithm=algorithm, epsilon=0.002, rng=1, client=client, **ends)
            except imax.errors.ClusterError as error:
                print(f"{time.perf_counter() - began:.1f}", error, flush=True)
    finally:
        scheduler.kill()
        worker.terminate()
    os._exit(0)
"""


def lines_of(script, folder, timeout=120):
    (folder / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], capture_output=True, text=True, check=False, timeout=timeout, cwd=folder
    )
    return [line for line in done.stdout.splitlines() if "client" in line], done.stderr


def test_lost_workers_and_closed_clusters_are_clear_errors(tmp_path):
    lines, errors = lines_of(LOST, tmp_path)
    assert len(lines) == 3, errors
    assert "all workers of the Dask cluster" in lines[0]
    assert "has no workers; start some" in lines[1]


def test_a_killed_scheduler_is_a_clear_error_within_seconds(tmp_path):
    lines, errors = lines_of(SCHEDULER, tmp_path)
    assert len(lines) == 2, errors
    assert "the Dask scheduler at" in lines[0]
    for line in lines:
        assert float(line.split()[0]) < 20.0, line


COMMAND = """
import pathlib
import signal
import sys
import imax.diffusion.simulation as simulation
from imax.cli import main

on_cluster = simulation._on_cluster

def watched(*arguments):
    run = on_cluster(*arguments)
    def run_and_tell(*span):
        run(*span)
        pathlib.Path("ready").touch()
    return run_and_tell

simulation._on_cluster = watched
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background lets its children ignore it
    sys.argv = "imax spread --seed 0 --simulations 2000000000 --scheduler local:2 --format json karate".split()
    main()  # as the installed command
"""


def test_ctrl_c_of_the_command_prints_the_best_result(tmp_path):
    """As a terminal does, the signal goes to the command and to the processes that it started."""
    (tmp_path / "script.py").write_text(COMMAND)
    command = subprocess.Popen(
        [sys.executable, "script.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, cwd=tmp_path,
    )  # fmt: skip
    until = time.monotonic() + 90.0
    while not (tmp_path / "ready").exists() and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(1.0)
    os.killpg(command.pid, signal.SIGINT)
    try:
        stdout, stderr = command.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(command.pid, signal.SIGKILL)
        pytest.fail(f"Ctrl-C does not end the command: {command.communicate()}")
    assert '"stop_reason": "interrupted"' in stdout, stderr
    assert "Traceback" not in stderr
    for _ in range(100):  # a process of Python's own that tracks resources ends a little later
        left = subprocess.run(["pgrep", "-g", str(command.pid)], check=False, capture_output=True).stdout
        if not left:
            return
        time.sleep(0.1)
    pytest.fail(f"left: {left!r}")
