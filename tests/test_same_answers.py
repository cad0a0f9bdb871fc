"""Every registered algorithm gives the same answers whatever the threads, order of edges, hashes and processor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import imax

from .answers import answers, calls

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def expected():
    return json.loads(json.dumps(answers(threads=2)))


def in_a_process(threads, order, **environment):
    """Return the answers of a new process, and which kernels it compiled twice."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.answers", str(threads), str(order)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=1800, env=os.environ | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_registered_algorithm_is_called():
    names = " ".join(f" {name}" for name, _ in calls(0))
    for registry in (imax.selection.registry, imax.capacity, imax.annotate, imax.recommend):
        assert all(f" {name}" in names for name in registry.ALGORITHMS)
    assert all(f" learn {name} " in f"{names} " for name in imax.learn.ESTIMATORS)


@pytest.mark.parametrize(("threads", "order"), [(1, 1), (3, 2)])
def test_threads_and_the_order_of_edges_change_nothing(expected, threads, order):
    found = json.loads(json.dumps(answers(threads, order)))
    assert [name for name in expected if found[name] != expected[name]] == []


def test_hashes_and_a_new_process_change_nothing(expected):
    found = in_a_process(1, 3, PYTHONHASHSEED="7")
    assert [name for name in expected if found["answers"][name] != expected[name]] == []
    assert found["versions"] == []  # each kernel has one version for each type of its arguments


def test_another_processor_and_a_cold_cache_change_nothing(expected, tmp_path):
    found = in_a_process(2, 4, NUMBA_CPU_NAME="generic", NUMBA_CACHE_DIR=str(tmp_path), PYTHONHASHSEED="9")
    assert [name for name in expected if found["answers"][name] != expected[name]] == []
