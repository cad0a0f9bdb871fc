"""Some thousand mutated files for every reader; `tests.fuzz` says what passes. The nightly workflow runs many more."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("imax_fuzz", Path(__file__).with_name("fuzz.py"))
fuzz = importlib.util.module_from_spec(SPEC)
sys.modules["imax_fuzz"] = fuzz
SPEC.loader.exec_module(fuzz)

NAMES = fuzz.reader_names()
COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
CASES = 5000 if COMPILED else 500


def test_readers_survive_mutated_files():
    assert {"edges", "matrix-market", "npy", "npz", "tables", "gzip", "bz2", "xz"} <= set(NAMES)
    assert fuzz.fuzz(list(NAMES), CASES, seed=1) == []


@pytest.mark.parametrize("name", ["binary", "reranker"])
def test_files_with_checksums_survive_mutation(name):
    assert fuzz.fuzz([name], CASES // 10, seed=1) == []


def test_failures_are_found(monkeypatch):
    """Another error and a message of two lines are failures."""
    reader = fuzz.Reader([b"x"], lambda path, rng: 1 / 0)
    path = Path(os.devnull)
    assert "ZeroDivisionError" in fuzz.run_case(reader, path, fuzz.np.random.default_rng(0), {})
    long = fuzz.Reader([b"x"], lambda path, rng: (_ for _ in ()).throw(fuzz.ImaxError("two\nlines")))
    assert "message" in fuzz.run_case(long, path, fuzz.np.random.default_rng(0), {})


def test_no_wrong_column_is_read_silently():
    spec = importlib.util.spec_from_file_location("imax_fuzz_columns", Path(__file__).with_name("fuzz_columns.py"))
    fuzz_columns = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz_columns)
    assert fuzz_columns.fuzz(600 if COMPILED else 100, seed=1) == []
