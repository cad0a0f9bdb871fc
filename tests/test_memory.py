"""The default memory bound, and the memory limits of algorithms."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import imax
from imax._utils import memory
from imax.cli.process import load_engine
from imax.errors import MissingDependencyError, OutOfMemoryBoundError

GIB = 1 << 30


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Return a function that writes the files of a system with 100 GiB of free memory."""
    monkeypatch.setattr(memory, "_MACHINE", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_OWN_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "fs")
    (tmp_path / "meminfo").write_text(f"MemTotal: 999 kB\nMemAvailable:  {100 * GIB >> 10} kB\n")

    def write(own, **files):
        (tmp_path / "cgroup").write_text(own)
        for name, content in files.items():
            path = tmp_path / "fs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{content}\n")

    return write


def test_without_groups_the_machine_counts(system):
    assert memory.free_memory() == 75 * GIB
    system("")
    assert memory.free_memory() == 75 * GIB


V2 = {"a/b/memory.max": 8 * GIB, "a/b/memory.current": 3 * GIB, "a/b/memory.stat": f"anon 5\ninactive_file {GIB}"}
V1 = {
    "memory/a/memory.limit_in_bytes": 8 * GIB,
    "memory/a/memory.usage_in_bytes": 3 * GIB,
    "memory/a/memory.stat": f"inactive_file 1\ntotal_inactive_file {GIB}",
}


@pytest.mark.parametrize(
    ("own", "files", "free"),
    [
        ("0::/a/b", V2, 6),
        ("0::/a/b", V2 | {"a/b/memory.max": "max"}, 100),
        ("0::/a/b", V2 | {"a/b/memory.max": "max", "a/b/memory.high": 4 * GIB}, 2),
        ("0::/a/b", V2 | {"a/b/memory.high": 20 * GIB}, 6),
        ("0::/a/b", V2 | {"a/memory.max": 5 * GIB, "a/memory.current": 4 * GIB}, 1),
        ("0::/a/b", V2 | {"a/b/memory.current": 12 * GIB}, 0),
        ("0::/a/b", V2 | {"a/b/memory.stat": "anon 5"}, 5),
        # in a container, the group of the process is the root, whatever the path
        ("0::/", {"memory.max": 2 * GIB, "memory.current": 0}, 2),
        ("0::/docker/123", {"memory.max": 2 * GIB, "memory.current": 0}, 2),
        ("0::/../..", {"memory.max": 2 * GIB, "memory.current": 0}, 2),
        ("4:memory:/a", V1, 6),
        ("9:pids:/x\n4:cpu,memory:/a\n0::/", V1, 6),
        ("4:memory:/a", V1 | {"memory/a/memory.limit_in_bytes": 9223372036854771712}, 100),
        ("4:memory:/a", V1 | {"memory/memory.limit_in_bytes": 4 * GIB, "memory/memory.usage_in_bytes": 3 * GIB}, 1),
        ("4:memory:/docker/123", {f"memory/{k.split('/')[-1]}": v for k, v in V1.items()}, 6),
        ("4:memory:/a", V1 | {"memory/a/memory.limit_in_bytes": "?"}, 100),
    ],
)
def test_limits_of_control_groups_count(system, own, files, free):
    system(own, **files)
    assert memory.free_memory() == free * GIB // 4 * 3


def test_a_limit_on_the_address_space_counts(system, monkeypatch):
    resource = pytest.importorskip("resource")
    used = memory._field(memory._STATUS, "VmSize:") << 10
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (used + GIB, used + GIB))
    assert 0.7 * GIB < memory.free_memory() <= 0.75 * GIB


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs limits of the address space")
def test_a_small_address_space_is_a_clear_error():
    command = "ulimit -v 393216; exec python -m imax seed --k 2 --threads 1 karate".replace("python", sys.executable)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("imax: error: the limit of the address space (ulimit -v) is 384 MiB;")
    assert done.stderr.count("\n") == 1


def test_a_compiler_that_cannot_be_loaded_is_no_error_of_the_output(monkeypatch):
    monkeypatch.delitem(sys.modules, "scipy.linalg", raising=False)
    monkeypatch.setitem(sys.modules, "numba.np.arraymath", None)
    with pytest.raises(MissingDependencyError, match=r"^Numba cannot be loaded: .*; install it again, with llvmlite$"):
        load_engine()


@pytest.fixture(scope="module")
def dense():
    """Return a graph in which RR sets are large."""
    rng = np.random.default_rng(1)
    return imax.InfluenceGraph.from_arrays(
        rng.integers(0, 3000, 60_000), rng.integers(0, 3000, 60_000), n_nodes=3000, probability="uniform:0.2"
    )


@pytest.mark.slow
def test_imm_stops_before_the_limit(dense, monkeypatch):
    sizes = []
    extend = imax.RRCollection.extend

    def record(self, count, **options):
        assert count < 100_000, "far more sets than the memory holds"
        done = extend(self, count, **options)
        sizes.append(self.nbytes)
        return done

    monkeypatch.setattr(imax.RRCollection, "extend", record)
    found = imax.maximize(dense, 5, algorithm="imm", epsilon=0.002, rng=1, max_memory="20M")
    assert found.stop_reason == "memory limit"
    assert found.lower_bound > 0.0
    assert max(sizes) < 20 << 20


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["greedy", "celf", "celf++"])
def test_too_many_rr_sets_for_an_oracle_are_an_error(dense, algorithm):
    with pytest.raises(
        OutOfMemoryBoundError, match=r"n_rr_sets is too large: 10,000,000 RR sets need about [0-9,]+ MiB, above max_m"
    ):
        imax.maximize(dense, 5, algorithm=algorithm, oracle="rr", n_rr_sets=10**7, rng=1, max_memory="20M")
