"""How much memory is free, and how much a piece of work takes at its peak, where the system tells."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["free_memory", "peak_rise"]

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def free_memory() -> int | None:
    """Three quarters of the memory that is free, where the system tells."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        try:
            free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, OSError, ValueError):
            return None
    return free // 4 * 3


@contextmanager
def peak_rise() -> Iterator[Callable[[], int | None]]:
    """Yield a function that tells by how many bytes the resident memory rose at most since the start.

    It is that of the whole process, in which memory freed before may be used again; None where only Linux could tell.
    """
    try:
        _CLEAR.write_text("5")  # the peak so far is forgotten
        before = _kib("VmRSS")
    except (OSError, ValueError):
        before = None

    def rise() -> int | None:
        return None if before is None else max(0, _kib("VmHWM") - before) << 10

    yield rise


def _kib(name: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise ValueError(name)
