"""The first selection of a new process, without and with compiled code on disk."""

import os
import subprocess
import sys
import tempfile
import time

COMMAND = [sys.executable, "-m", "imax", "seed", "--k", "5", "--random-seed", "1", "--format", "plain", "karate"]


class Process:
    """The whole process of `imax seed` on a small graph."""

    timeout = 600
    unit = "s"

    def track_cold(self) -> float:
        with tempfile.TemporaryDirectory() as folder:
            return _seconds(folder)

    def track_warm(self) -> float:
        with tempfile.TemporaryDirectory() as folder:
            _seconds(folder)
            return sorted(_seconds(folder) for _ in range(5))[2]


def _seconds(cache: str) -> float:
    """Return the seconds that the command takes with this folder for compiled code."""
    began = time.perf_counter()
    subprocess.run(COMMAND, env=os.environ | {"NUMBA_CACHE_DIR": cache}, check=True, capture_output=True)
    return time.perf_counter() - began
