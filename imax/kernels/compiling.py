"""How many functions this process has compiled, and how long that took. A time limit includes that time."""

import time

__all__ = ["begin_compiling", "compile_seconds", "end_compiling", "n_compiled", "notes_on_compiling"]


class _Record:
    """Functions that were compiled. A function is compiled while its callers are, so only outer times add up."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self.began: list[float] = []


_record = _Record()


def begin_compiling() -> None:
    """Note that the compiler starts with a function that is not in the cache."""
    _record.began.append(time.perf_counter())


def end_compiling() -> None:
    """Count a function that was compiled, and not loaded from the cache."""
    _record.count += 1
    began = _record.began.pop() if _record.began else time.perf_counter()
    if not _record.began:
        _record.seconds += time.perf_counter() - began


def n_compiled() -> int:
    """Return how many functions this process has compiled."""
    return _record.count


def compile_seconds() -> float:
    """Return the seconds that this process has spent to compile functions."""
    return _record.seconds


def notes_on_compiling(number: int) -> list[str]:
    """Return a note for work that a time limit ended, and during which a number of functions were compiled."""
    if not number:
        return []
    return [
        "time_limit: functions were compiled first, which takes seconds and counts in the limit; that happens once "
        "on each machine, so the next run has more time"
    ]
