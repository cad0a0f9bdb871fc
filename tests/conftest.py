"""What all tests share: a compile cache of their own, no thread setting from outside, and the folder of real graphs."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# before the first import of numba, which reads it once; each version of the kernels has a folder of its own in it
if os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0"):
    given = Path(os.environ.get("NUMBA_CACHE_DIR", "/"))
    if not given.is_relative_to(ROOT / ".cache"):
        os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".cache" / "numba")
os.environ.pop("IMAX_NUM_THREADS", None)

settings.register_profile("imax", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("imax")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Without the compiler, examples and real graphs are slow too: they have their turn in the compiled pass."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0"):
        return
    for item in items:
        if isinstance(item, pytest.DoctestItem) or item.get_closest_marker("data"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def data():
    """Return the folder of real graphs, or skip the test."""
    named = os.environ.get("IMAX_DATA", "")
    if not named:
        pytest.skip("needs real graphs: set IMAX_DATA to the folder that holds them")
    folder = Path(named)
    if not folder.is_dir():
        pytest.skip(f"needs real graphs: IMAX_DATA names {named!r}, which is no folder")
    return folder
