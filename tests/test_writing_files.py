"""Files are replaced, never changed in place: old or new, whatever happens, and nobody else's file."""

import os
import re
import secrets
import stat
import subprocess
import sys
import threading

import numpy as np
import pytest

import imax
from imax.errors import ImaxError, InvalidArgumentError
from imax.io.replace import replace_file
from imax.io.text import write_bytes, write_text

TEMPORARY = re.compile(r"\.(.*)\.imax-[0-9a-f]{16}\.part")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o444, 0o755])
def test_permissions_of_an_existing_file_stay(tmp_path, mode):
    path = tmp_path / "secret.txt"
    path.write_text("old")
    path.chmod(mode)
    write_text(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert names(tmp_path) == ["secret.txt"]


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "new.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == 0o640


def test_the_temporary_file_of_a_private_file_is_private(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("old")
    path.chmod(0o600)
    seen = []

    def parts():
        found = [p for p in tmp_path.iterdir() if p != path]
        seen.extend((TEMPORARY.fullmatch(p.name).group(1), stat.S_IMODE(p.stat().st_mode)) for p in found)
        yield b"new"

    write_bytes(path, parts())
    assert seen == [("secret.txt", 0o600)]


def test_a_planted_link_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    tokens = iter(["a" * 16, "b" * 16])
    monkeypatch.setattr(secrets, "token_hex", lambda size: next(tokens))
    planted = tmp_path / f".g.imax.imax-{'a' * 16}.part"
    planted.symlink_to(victim)
    imax.write_graph(imax.datasets.load("karate"), tmp_path / "g.imax")
    assert victim.read_text() == "precious"
    assert planted.is_symlink()
    assert not (tmp_path / "g.imax").is_symlink()
    assert imax.read_graph(tmp_path / "g.imax", verify="full").n_nodes == 34


def test_no_free_name_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(secrets, "token_hex", lambda size: "a" * 16)
    (tmp_path / f".x.imax-{'a' * 16}.part").write_text("another writer's")
    with pytest.raises(InvalidArgumentError, match="no free name for a temporary file"):
        write_text(tmp_path / "x", "new")
    assert names(tmp_path) == [f".x.imax-{'a' * 16}.part"]


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "x" * 200])
def test_the_longest_names_can_be_written(tmp_path, name):
    for text in ("old", "new"):
        write_text(tmp_path / name, text)
    assert (tmp_path / name).read_text() == "new"
    assert names(tmp_path) == [name]


def test_a_link_that_the_user_names_is_kept(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_the_content_is_on_disk_before_the_name(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, type(tmp_path).replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("fsync"), fsync(fd))[1])
    monkeypatch.setattr(type(tmp_path), "replace", lambda a, b: (order.append("rename"), replace(a, b))[1])
    replace_file(tmp_path / "x", [b"new"])
    assert order == ["fsync", "rename", "fsync"]


@pytest.mark.parametrize("fails", ["fsync", "replace", "open"])
def test_a_failing_call_leaves_the_old_file(tmp_path, monkeypatch, fails):
    path = tmp_path / "x"
    path.write_text("old")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((type(tmp_path), "replace") if fails == "replace" else (os, fails)), fail)
    with pytest.raises(InvalidArgumentError, match="No space left on device"):
        write_text(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["x"]


def test_threads_that_write_one_file_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "g.imax"
    first = imax.datasets.load("karate")
    graphs = [first, first.with_probability("trivalency", rng=1)]
    imax.write_graph(first, path)
    errors, stop = [], threading.Event()

    def write(graph):
        try:
            for _ in range(20):
                imax.write_graph(graph, path)
        except ImaxError as error:
            errors.append(error)

    def read():
        known = {graph.fingerprint for graph in graphs}
        try:
            while not stop.is_set():
                assert imax.read_graph(path, verify="full").fingerprint in known
        except (ImaxError, AssertionError) as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(graph,)) for graph in graphs]
    reader = threading.Thread(target=read)
    for thread in (*writers, reader):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert errors == []
    assert names(tmp_path) == ["g.imax"]


def test_a_mapped_graph_can_replace_its_own_file(tmp_path):
    """A mapped file is replaced by a rename: the graph keeps the old file, and the new file is complete."""
    path, n = tmp_path / "g.imax", 400_000
    numbers = np.arange(n)
    imax.write_graph(imax.InfluenceGraph.from_arrays(numbers, np.roll(numbers, 1)), path)
    graph = imax.read_graph(path)
    before = graph.fingerprint
    imax.write_graph(graph, path)
    assert imax.read_graph(path, verify="full").fingerprint == before
    imax.write_graph(imax.datasets.load("karate"), path)
    assert graph.in_idx.max() == n - 1  # would end the process if the file had been made shorter
    assert imax.read_graph(path).n_nodes == 34
    command = [sys.executable, "-m", "imax", "convert", "--quiet", str(path), str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, "it is the input; name another file" in done.stderr) == (1, True)
    assert imax.read_graph(path, verify="full").n_nodes == 34


KILLED = """
import os, pathlib, random, signal, sys, time
import imax
from imax.errors import ImaxError
from imax.io.text import write_text
from imax.recommend import Reranker

kind, folder, times = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
path = folder / "target"
graph = imax.datasets.load("karate").with_probability("trivalency", rng=1)
graphs = [graph, graph.with_probability("trivalency", rng=2)]
texts = ["old " * 20000, "new " * 30000]
rerankers = [Reranker(g, "degree", rng=1, threads=1) for g in graphs]
reports = []
if kind == "report":
    reports = [imax.make_report(graph, k, n_simulations=9, epsilon=0.4, delta=0.9, rng=1, threads=1) for k in (1, 2)]
write = {
    "report": lambda i: reports[i].save(path),
    "text": lambda i: write_text(path, texts[i]),
    "binary": lambda i: imax.write_graph(graphs[i], path),
    "reranker": lambda i: rerankers[i].save(path),
}[kind]
read = {
    "report": lambda: path.read_text() in [report.to_html() for report in reports],
    "text": lambda: path.read_text() in texts,
    "binary": lambda: imax.read_graph(path, verify="full").fingerprint in [g.fingerprint for g in graphs],
    "reranker": lambda: Reranker.load(path, threads=1, verify="full").graph.n_arcs == graph.n_arcs,
}[kind]
write(0)
began = time.perf_counter()
write(1)
one = time.perf_counter() - began
random.seed(1)
for turn in range(times):
    pid = os.fork()
    if not pid:
        while True:
            write(0)
            write(1)
    time.sleep(random.random() * 4 * one)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert read(), turn
print(len(list(folder.iterdir())))
"""


@pytest.mark.parametrize("times", [20, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["text", "binary", "reranker", pytest.param("report", marks=pytest.mark.slow)])
def test_a_writer_that_is_killed_leaves_the_old_or_the_new_file(tmp_path, kind, times):
    command = [sys.executable, "-c", KILLED, kind, str(tmp_path), str(times)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    left = [name for name in names(tmp_path) if name != "target"]
    assert len(left) <= times
    assert all(TEMPORARY.fullmatch(name).group(1) == "target" for name in left)
