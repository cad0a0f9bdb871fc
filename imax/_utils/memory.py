"""The free memory of the machine, and the peak memory of a piece of work."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["free_memory", "peak_rise"]

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def free_memory() -> int | None:
    """Return three quarters of the free memory in bytes; None if the system does not report it."""
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
    """Yield a function that returns by how many bytes the peak of the resident memory exceeds that at the start.

    The memory is that of the whole process; memory that was freed before may be used again. The function returns None
    on systems other than Linux.
    """
    try:
        _CLEAR.write_text("5")  # resets the peak
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
