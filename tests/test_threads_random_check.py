"""Threads, random streams, and checks of arguments."""

import _thread
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imax
from imax import errors
from imax._utils import check, parallel, streams
from imax._utils.locks import kept_property
from imax.diffusion.simulation import simulate
from imax.errors import ImaxError, InvalidArgumentError

# -- threads -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 200), st.integers(1, 50))
def test_slices_have_nearly_equal_sizes(n, parts):
    cuts = parallel.slices(n, parts)
    assert [i for a, b in cuts for i in range(a, b)] == list(range(n))
    sizes = [b - a for a, b in cuts]
    assert max(sizes) - min(sizes) <= 1
    assert len(cuts) <= parts


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_are_in_order(threads):
    def task(i):
        time.sleep(0.001 * (5 - i % 5))
        return i

    assert parallel.run([lambda i=i: task(i) for i in range(20)], threads) == list(range(20))


def test_one_thread_runs_in_the_caller():
    names = parallel.run([threading.current_thread, threading.current_thread], 1)
    assert set(names) == {threading.current_thread()}


def test_the_calling_thread_runs_tasks_too():
    barrier = threading.Barrier(2, timeout=30)

    def task():
        barrier.wait()
        return threading.current_thread()

    # both tasks run at the same time, the first of them in this thread
    here, there = parallel.run([task, task], 2)
    assert here == threading.current_thread() != there


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_waits_for_running_tasks_and_cancels_the_others(error):
    running = []
    done = []

    def fail():
        while len(running) < 1:
            time.sleep(0.001)
        raise error

    def slow(i):
        running.append(i)
        time.sleep(0.05)
        done.append(i)

    tasks = [fail, *(lambda i=i: slow(i) for i in range(50))]
    with pytest.raises(error):
        parallel.run(tasks, 2)
    # no task is still running, and most tasks never started
    assert sorted(done) == sorted(running)
    assert len(running) < 50


def test_one_pool_serves_every_number_of_threads():
    for threads in [2, 3, 9, 4, 2, 9]:
        assert parallel.run([partial(int, i) for i in range(20)], threads) == list(range(20))
    assert parallel._pool.n_threads <= 8  # the calling thread is one of nine


def test_the_thread_that_worked_last_works_again():
    parallel.run([partial(time.sleep, 0.02)] * 8, 8)  # several threads exist
    helpers = set()

    def task():
        time.sleep(0.002)
        helpers.add(threading.get_ident())

    for _ in range(30):
        parallel.run([task, task], 2)
    assert len(helpers) <= 4  # 2, and more if a busy machine makes threads late; in turns it would be 8


def test_many_threads_share_the_pool():
    def calls(number):
        return [parallel.run([lambda i=i: (number, i) for i in range(5)], 3) for _ in range(200)]

    with ThreadPool(6) as pool:
        for number, results in enumerate(pool.map(calls, range(6))):
            assert results == [[(number, i) for i in range(5)]] * 200


def test_a_task_may_run_tasks():
    def outer(i):
        return parallel.run([lambda j=j: 10 * i + j for j in range(4)], 3)

    assert parallel.run([partial(outer, i) for i in range(6)], 3) == [[10 * i + j for j in range(4)] for i in range(6)]


def test_idle_threads_do_not_delay_the_end_of_the_process():
    code = "from imax._utils import parallel; print(parallel.run([int, int, int], 3))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[0, 0, 0]\n", "")


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
@pytest.mark.parametrize("n_started", [0, 1, 2])
def test_a_thread_that_cannot_start_is_done_without(monkeypatch, error, n_started):
    monkeypatch.setattr(parallel, "_pool", parallel._Pool())
    start, calls = _thread.start_new_thread, []

    def fail_later(*given):
        calls.append(given)
        if len(calls) > n_started:
            raise error
        return start(*given)

    monkeypatch.setattr(_thread, "start_new_thread", fail_later)
    for _ in range(3):
        assert parallel.run([partial(int, i) for i in range(40)], 4) == list(range(40))
    assert parallel._pool.n_threads == n_started


def test_nothing_waits_for_a_thread_that_never_runs(monkeypatch):
    monkeypatch.setattr(parallel, "_pool", parallel._Pool())
    monkeypatch.setattr(_thread, "start_new_thread", lambda *given: 0)  # the thread died before its first line
    assert parallel.run([partial(int, i) for i in range(40)], 4) == list(range(40))


def test_a_helper_without_memory_is_an_error_and_the_pool_goes_on():
    caller = threading.get_ident()

    def task():
        time.sleep(0.01)
        if threading.get_ident() != caller:
            raise MemoryError

    with pytest.raises(MemoryError):
        parallel.run([task] * 10, 3)
    assert parallel.run([partial(int, i) for i in range(40)], 3) == list(range(40))


# -- fork --------------------------------------------------------------------------------------------------------


def in_child(function):
    """Return the exit code of a forked process that runs a function: 0, 1 if it failed, -14 if it hung."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns about threads of the parent
        child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            os._exit(0 if function() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


@needs_fork
def test_a_child_starts_threads_of_its_own():
    parallel.run([int, int, int], 3)
    assert in_child(lambda: parallel.run([partial(int, i) for i in range(40)], 3) == list(range(40))) == 0


def work_together(threads):
    """Return whether as many tasks as threads run at the same time."""
    barrier = threading.Barrier(threads, timeout=5)

    def task():
        barrier.wait()
        return threading.get_ident()

    return len(set(parallel.run([task] * threads, threads))) == threads


@needs_fork
def test_tasks_of_a_child_run_on_several_threads():
    assert work_together(3)
    assert in_child(lambda: work_together(3)) == 0
    assert work_together(3)


@needs_fork
@pytest.mark.parametrize("make", [lambda graph: graph.cached("key", int), lambda graph: graph.forward()])
def test_a_child_can_use_a_graph_that_another_thread_had_locked(make):
    graph = imax.InfluenceGraph.from_arrays([0, 1], [1, 2], [0.5, 0.5])
    held, end = threading.Event(), threading.Event()

    def hold():
        graph.cached("other key", lambda: (held.set(), end.wait(60)))

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(60)
    try:
        assert in_child(lambda: make(graph) is not None) == 0
    finally:
        end.set()
        thread.join()


@needs_fork
def test_a_child_can_use_a_property_that_another_thread_was_computing():
    held, end = threading.Event(), threading.Event()

    class Owner:
        slow = True

        @kept_property
        def value(self):
            if self.slow:
                held.set()
                end.wait(60)
            return 7

    first, second = Owner(), Owner()
    second.slow = False
    thread = threading.Thread(target=lambda: first.value)
    thread.start()
    held.wait(60)
    try:
        assert in_child(lambda: second.value == 7) == 0
    finally:
        end.set()
        thread.join()


@needs_fork
def test_a_lock_that_the_forking_thread_holds_stays_held():
    graph = imax.InfluenceGraph.from_arrays([0, 1], [1, 2], [0.5, 0.5])
    assert graph.cached("outer", lambda: in_child(lambda: graph.cached("inner", lambda: 5) == 5)) == 0


# -- keys --------------------------------------------------------------------------------------------------------


def test_the_same_rng_gives_the_same_key():
    assert streams.key_from(3) == streams.key_from(np.int64(3)) == streams.key_from(np.random.SeedSequence(3))
    assert streams.key_from(3) != streams.key_from(4)
    assert streams.key_from(None) != streams.key_from(None)
    assert streams.key_from(2**100) == streams.key_from(2**100)


def test_a_generator_gives_a_new_key_at_each_call():
    first, again = np.random.default_rng(1), np.random.default_rng(1)
    assert streams.key_from(first) == streams.key_from(again)
    assert streams.key_from(first) != streams.key_from(np.random.default_rng(1))


def test_a_key_is_accepted_as_rng():
    assert streams.key_from((3, 2**64 - 1)) == (3, 2**64 - 1)
    for bad in [(1,), (1, 2, 3), (1, 2**64), (-1, 2), (1.0, 2), ("a", "b")]:
        with pytest.raises(InvalidArgumentError, match="rng as a key must be two whole numbers below 2"):
            streams.key_from(bad)


@pytest.mark.parametrize("rng", [True, 1.5, "7", [1], np.random.RandomState(1)])
def test_other_types_of_rng_are_refused(rng):
    with pytest.raises(InvalidArgumentError, match="rng must be None, a whole number"):
        streams.key_from(rng)


def test_a_negative_rng_is_refused():
    with pytest.raises(InvalidArgumentError, match="rng must not be negative, got -3"):
        streams.key_from(-3)


def test_all_streams_have_different_keys():
    keys = [streams.stream_key(key, stream) for key in ((1, 2), (2, 1)) for stream in streams.Stream]
    assert len({(1, 2), (2, 1), *keys}) == 2 * len(streams.Stream) + 2


def test_each_stream_has_one_use():
    """Two modules that name the same member would share a stream; a member that no module names is unused."""
    root = Path(__file__).resolve().parents[1]
    users = {stream.name: [] for stream in streams.Stream}
    for path in [*(root / "imax").rglob("*.py"), *(root / "datasets").rglob("*.py")]:
        if path.name == "streams.py":
            continue
        for name in set(re.findall(r"\bStream\.([A-Z_]+)", path.read_text())):
            users[name].append(path.name)
    shared = {
        "SELECTION": ["rounds.py"],
        "VERIFICATION": ["comparison.py", "comparison.py", "evidence.py", "seed.py"],
        "EXPECTED_SPREAD": ["expected.py", "expected_spread.py"],  # a reranker has the lists of `expected_spread`
    }
    for name, files in users.items():
        assert sorted(files) == shared.get(name, files[:1]), name
        assert files, name


def test_streams_are_independent():
    """Uniform draws i of any two streams of a key: no correlation beyond chance (false alarm below 1e-4)."""
    from imax.kernels.stream import mix, stream, unit

    n = 4000
    keys = [(3, 4), *(streams.stream_key((3, 4), member) for member in streams.Stream)]
    draws = np.empty((len(keys), n))
    with np.errstate(over="ignore"):
        for row, key in enumerate(keys):
            for i in range(n):
                state, step = stream(np.uint64(key[0]), np.uint64(key[1]), np.uint64(i))
                draws[row, i] = unit(np.uint64(mix(np.uint64((int(state) + int(step)) % 2**64))))
    correlation = np.corrcoef(draws)[np.triu_indices(len(keys), 1)]
    assert np.abs(correlation).max() * math.sqrt(n) < 5.0  # 190 pairs, each beyond 5 with probability 6e-7


def outcomes(graph, n):
    """Return the outcomes of the simulations of `spread` from node 0 with rng 5."""
    values = np.empty(n)
    key = streams.stream_key(streams.key_from(5), streams.Stream.SPREAD)
    simulate(graph, graph.internal_of([0]), "ic", key, None, 1)(0, values)
    return values


def test_simulations_and_rr_sets_of_one_rng_are_independent():
    """Simulation i and the size of RR set i; if both used the key itself, their correlation had z = 17."""
    graph = imax.datasets.load("karate").with_probability("uniform:0.2")
    n = 3000
    sizes = np.diff(imax.sample_rr_sets(graph, n, rng=5).offsets)
    assert imax.spread(graph, [0], n_simulations=n, rng=5).spread == pytest.approx(outcomes(graph, n).mean())
    assert abs(np.corrcoef(sizes, outcomes(graph, n))[0, 1]) * math.sqrt(n) < 5.0


# -- checks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [3, np.int32(3), np.uint8(3)])
def test_count_accepts_whole_numbers(value):
    number = check.count(value, "k")
    assert number == 3
    assert type(number) is int


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "k must be a whole number, got True"),
        (2.0, "k must be a whole number, got 2.0"),
        ("2", "k must be a whole number, got '2'"),
        (0, "k must be at least 1, got 0"),
        (11, "k must be at most 10 (the nodes), got 11"),
    ],
)
def test_count_refuses(value, message):
    with pytest.raises(InvalidArgumentError) as caught:
        check.count(value, "k", high=10, high_is="the nodes")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("check", "good", "bad", "message"),
    [
        (check.open_unit, [0.5, np.float32(0.25), "0.5"], [0, 1, -1, float("nan")], "strictly between 0 and 1"),
        (check.probability, [0, 1, 0.5], [-0.1, 1.1, float("nan"), float("inf")], "must lie in [0, 1]"),
        (check.positive, [1e-9, 5], [0, -1, float("inf"), float("nan")], "must be a finite number above 0"),
    ],
)
def test_real_numbers(check, good, bad, message):
    for value in good:
        assert check(value, "x") == float(value)
    for value in bad:
        with pytest.raises(InvalidArgumentError) as caught:
            check(value, "x")
        assert message in str(caught.value)
        assert repr(value) in str(caught.value)
        assert str(caught.value).startswith("x ")
    for value in [True, None, "half", [1]]:
        with pytest.raises(InvalidArgumentError, match="x must be a number, got"):
            check(value, "x")


def test_one_of():
    assert check.one_of("ic", "model", ("ic", "lt")) == "ic"
    with pytest.raises(InvalidArgumentError, match="model must be one of ic, lt; got 'sir'"):
        check.one_of("sir", "model", ("ic", "lt"))


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (None, None), (5, 5), ("5", 5), ("1k", 1024), ("500M", 500 << 20), ("2GiB", 2 << 30), ("1.5 gb", 3 << 29),
        (" 1tib ", 1 << 40), ("10b", 10), ("1e3", 1000),
    ],
)  # fmt: skip
def test_memory_sizes(value, size):
    assert check.memory_bytes(value) == size


@pytest.mark.parametrize("value", ["", "much", "5X", "M", "-1G", "0", "nan", "inf", 0, -5, 1.5, True])
def test_memory_sizes_refused(value):
    with pytest.raises(InvalidArgumentError, match="max_memory must be"):
        check.memory_bytes(value)


def test_threads_come_from_the_argument_or_the_environment_or_the_machine(monkeypatch):
    monkeypatch.setenv("IMAX_NUM_THREADS", "3")
    assert check.threads(5) == 5
    assert check.threads(None) == 3
    monkeypatch.delenv("IMAX_NUM_THREADS")
    assert check.threads(None) == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    assert check.threads(None) == os.cpu_count()


@pytest.mark.parametrize("setting", ["0", "-1", "two", "1.5"])
def test_a_bad_thread_setting_is_named(monkeypatch, setting):
    monkeypatch.setenv("IMAX_NUM_THREADS", setting)
    with pytest.raises(InvalidArgumentError, match=f"IMAX_NUM_THREADS must be .* got '{setting}'"):
        check.threads(None)


@pytest.mark.parametrize("value", [0, -2, 1.5, "2", 5000])
def test_a_bad_thread_argument_is_named(value):
    with pytest.raises(InvalidArgumentError, match="threads must be"):
        check.threads(value)


# -- errors ------------------------------------------------------------------------------------------------------


def test_every_error_is_an_imax_error_and_a_builtin_one():
    expected = {
        "ClusterError": ConnectionError,
        "FileFormatError": ValueError,
        "InvalidArgumentError": ValueError,
        "InvalidGraphError": ValueError,
        "MissingDependencyError": ImportError,
        "NoSuchFileError": FileNotFoundError,
        "OutOfMemoryBoundError": MemoryError,
        "UnknownNodeError": KeyError,
    }
    assert {*expected, "ImaxError"} == set(errors.__all__)
    for name, builtin in expected.items():
        assert issubclass(getattr(errors, name), (ImaxError,))
        assert issubclass(getattr(errors, name), builtin)


def test_the_message_of_an_unknown_node_has_no_quotes():
    assert str(errors.UnknownNodeError("node 'x' is not there")) == "node 'x' is not there"
    assert str(errors.UnknownNodeError()) == ""
