"""Failing allocations and thread starts, many calls in a row, and child processes: errors and the same answers."""

import _thread
import asyncio
import concurrent.futures
import gc
import gzip
import multiprocessing
import os
import signal
import threading
import warnings
from contextlib import suppress
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import imax
from imax._utils import parallel
from imax.cli import main
from imax.diffusion import sampler, simulation, tables
from imax.errors import FileFormatError
from imax.graph import build
from imax.recommend import Reranker
from imax.ris import collection, coverage

MODULES = [sampler, simulation, tables, build, collection, coverage]


def small_graph():
    rng = np.random.default_rng(3)
    return imax.InfluenceGraph.from_arrays(
        rng.integers(0, 200, 900), rng.integers(0, 200, 900), n_nodes=200, probability="trivalency", rng=1
    )


def selected(algorithm="opim-c", threads=2):
    """Return the results of a selection and of simulations on a new graph."""
    graph = small_graph()
    found = imax.maximize(graph, 3, algorithm=algorithm, epsilon=0.2, n_simulations=None, rng=1, threads=threads)
    estimate = imax.spread(graph, found.seeds, n_simulations=500, rng=1, threads=threads)
    return found.stop_reason, found.seeds, estimate.spread


class FailingNumpy:
    """NumPy whose n-th allocation fails."""

    def __init__(self, n):
        self.left = n

    def __getattr__(self, name):
        function = getattr(np, name)
        if name not in ("empty", "zeros", "full", "arange"):
            return function

        def allocate(*given, **options):
            self.left -= 1
            if self.left == 0:
                raise MemoryError
            return function(*given, **options)

        return allocate


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("algorithm", ["opim-c", "imm"])
def test_a_failing_allocation_is_a_memory_error_and_nothing_hangs(monkeypatch, algorithm, threads):
    expected = selected(algorithm, threads)
    for n in range(1, 400):
        failing = FailingNumpy(n)
        with monkeypatch.context() as patch:
            for module in MODULES:
                patch.setattr(module, "np", failing)
            try:
                found = selected(algorithm, threads)
                assert found == expected or found[0] == "memory limit"  # then it is the result of the last round
            except MemoryError:
                assert failing.left <= 0
        if failing.left > 0:
            break
    assert n > 20
    assert selected(algorithm, threads) == expected


def test_a_failing_thread_start_changes_no_answer(monkeypatch):
    expected = selected(threads=4)
    start = _thread.start_new_thread
    for n in range(1, 6):
        calls = []

        def fail_once(*given, calls=calls, n=n):
            calls.append(given)
            if len(calls) == n:
                raise RuntimeError("can't start new thread")
            return start(*given)

        with monkeypatch.context() as patch:
            patch.setattr(parallel, "_pool", parallel._Pool())
            patch.setattr(_thread, "start_new_thread", fail_once)
            assert selected(threads=4) == expected


class FailingFile:
    """A file whose n-th read fails, counted over all files."""

    def __init__(self, file, reads):
        self.file, self.reads = file, reads

    def read(self, size=-1):
        self.reads.append(size)
        if len(self.reads) == self.reads.n:
            raise OSError(5, "Input/output error")
        return self.file.read(size)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()


class Reads(list):
    """The sizes of all reads; number `n` fails."""

    n = 0


def files_to_read(folder):
    """Write files of each format, and return functions that read one of them."""
    karate = imax.datasets.load("karate")
    for name in ("text.txt", "graph.imax", "matrix.mtx"):
        imax.write_graph(karate, folder / name)
    text = (folder / "text.txt").read_bytes()
    (folder / "text.gz").write_bytes(gzip.compress(text))
    (folder / "seeds.txt").write_text("1\n2\n")
    (folder / "log.csv").write_text("user,item,time\n1,a,1\n2,a,2\n")
    Reranker(karate, "heteroir").save(folder / "reranker")
    readers = dict.fromkeys(("text.txt", "text.gz", "graph.imax", "matrix.mtx"), imax.read_graph)
    with suppress(ImportError):
        import zstandard

        (folder / "text.zst").write_bytes(zstandard.ZstdCompressor().compress(text))
        readers["text.zst"] = imax.read_graph
    with suppress(ImportError):
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"source": [1, 2], "target": [2, 3]}), folder / "table.parquet")
        readers["table.parquet"] = imax.read_graph
    readers["reranker"] = Reranker.load
    readers["seeds.txt"] = lambda path: imax.io.read_labels(path, karate)
    readers["log.csv"] = imax.learn.Actions.of
    return readers


def fail_reads(patch, folder, n):
    """Let the n-th read of files in a folder fail; return the list of reads."""
    whole, reads = Path.open, Reads()
    reads.n = n

    def fails(path, *given, **options):
        file = whole(path, *given, **options)
        return FailingFile(file, reads) if path.parent == folder and given == ("rb",) else file

    patch.setattr(Path, "open", fails)
    return reads


def test_a_failing_read_is_a_clear_error(tmp_path, monkeypatch):
    """Whichever read of a file fails; later reads of the same file succeed."""
    for name, read in files_to_read(tmp_path).items():
        for n in range(1, 100):
            with monkeypatch.context() as patch:
                reads = fail_reads(patch, tmp_path, n)
                try:
                    read(tmp_path / name)
                    problem = None
                except FileFormatError as error:
                    problem = str(error)
            assert problem == (f"{tmp_path / name}: cannot be read: Input/output error" if len(reads) >= n else None)
            if problem is None:
                break
        assert n > 1, name
        read(tmp_path / name)


def test_a_failing_read_in_a_conversion_leaves_no_file(tmp_path, monkeypatch):
    source, out = tmp_path / "arcs.txt", tmp_path / "out.imax"
    source.write_text("1 2\n2 3\n3 1\n" * 100)
    failed = 0
    for n in range(1, 100):
        with monkeypatch.context() as patch:
            reads = fail_reads(patch, tmp_path, n)
            done = CliRunner().invoke(main, ["convert", str(source), str(out), "--max-memory", "1M"])
        if done.exit_code:
            failed += 1
            assert "arcs.txt: cannot be read: Input/output error" in done.stderr
            assert [path.name for path in tmp_path.iterdir()] == ["arcs.txt"]
        elif len(reads) < n:
            break
        else:
            out.unlink()  # the first bytes, which only say whether the file is compressed, are not needed
    assert failed > 3
    assert imax.read_graph(out).n_arcs == 3


def resources():
    """Return the numbers of threads and open files, and the resident memory in bytes."""
    gc.collect()
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["Threads"]), len(os.listdir("/proc/self/fd")), int(status["VmRSS"].split()[0]) << 10  # noqa: PTH208


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs the proc file system")
def test_many_calls_need_no_more_threads_files_and_memory():
    names = ["opim-c", "imm", "celf", "degree"]
    graph = small_graph()

    def call(i):
        imax.maximize(graph, 3, algorithm=names[i % 4], epsilon=0.3, rng=i, threads=1 + i % 4)
        imax.spread(small_graph(), [0], n_simulations=100, rng=i, threads=1 + i % 3)

    for i in range(60):
        call(i)
    threads, files, memory = resources()
    for i in range(300):
        call(i)
    after = resources()
    assert after[:2] == (threads, files)
    assert after[2] < memory + (16 << 20)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_child_processes_give_the_same_answers(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"the system has no {method}")
    expected = selected()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns about threads of the parent
        context = multiprocessing.get_context(method)
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            run = _child if method == "spawn" else selected
            assert [future.result(120) for future in [pool.submit(run) for _ in range(3)]] == [expected] * 3


def _child():
    return selected()


def test_threads_of_the_caller_give_the_same_answers():
    expected = selected()
    with ThreadPool(4) as pool:
        assert pool.map(lambda _: selected(), range(12)) == [expected] * 12


def test_coroutines_give_the_same_answers():
    expected = selected()

    async def serve():
        return await asyncio.gather(*(asyncio.to_thread(selected) for _ in range(6)))

    assert asyncio.run(serve()) == [expected] * 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_workers_that_a_server_forks_after_its_first_answers_give_the_same():
    """As servers do that load the application first: all workers use the graph and the threads of the parent."""
    graph = small_graph()
    options = {"epsilon": 0.2, "rng": 1, "threads": 2}
    expected = repr(imax.maximize(graph, 3, **options).seeds)
    busy = threading.Thread(target=lambda: [imax.spread(graph, [0], n_simulations=2000, threads=2) for _ in range(20)])
    busy.start()
    workers = []
    for _ in range(4):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                signal.alarm(60)  # a worker that waits for ever is a failure
                os.write(writer, repr(imax.maximize(graph, 3, **options).seeds).encode())
            finally:
                os._exit(0)
        os.close(writer)
        workers.append((pid, reader))
    for pid, reader in workers:
        with os.fdopen(reader) as pipe:
            assert pipe.read() == expected
        assert os.waitpid(pid, 0)[1] == 0
    busy.join()


def test_joblib_gives_the_same_answers():
    joblib = pytest.importorskip("joblib")
    graph = small_graph()
    options = {"epsilon": 0.2, "rng": 1, "threads": 2}
    expected = imax.maximize(graph, 3, **options).seeds
    found = joblib.Parallel(2)(joblib.delayed(imax.maximize)(graph, 3, **options) for _ in range(3))
    assert [result.seeds for result in found] == [expected] * 3
