"""How much memory a piece of work takes at its peak, where the system tells."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["peak_rise"]

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


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
