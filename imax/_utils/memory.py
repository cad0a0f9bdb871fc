"""The free memory of the machine, and the peak memory of a piece of work."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["address_space_limit", "default_memory", "free_memory", "peak_rise"]

_MACHINE, _GROUPS, _OWN_GROUPS = Path("/proc/meminfo"), Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_UNLIMITED = 1 << 60  # version 1 writes a number of at least this size if there is no limit
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class _Names(NamedTuple):
    """Names of the files of a control group: its limits, the memory in use, and the field of cached pages."""

    limits: tuple[str, ...]
    used: str
    cache: str


class _Group(NamedTuple):
    """The files of a control group, and the field of cached pages in `stat`."""

    limits: tuple[str, ...]
    used: str
    stat: str
    cache: str


_V1 = _Names(("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file")
_V2 = _Names(("memory.max", "memory.high"), "memory.current", "inactive_file")


def default_memory() -> int | None:
    """Return a quarter of the memory in bytes that this process can still use; None if the system hides it.

    This is the default limit for RR sets: it leaves most of the machine to others.
    """
    free = free_memory()
    return None if free is None else free // 3


def free_memory() -> int | None:
    """Return three quarters of the memory in bytes that this process can still use; None if the system hides it.

    That is the minimum of three numbers: the free memory of the machine, what the control groups of the process (the
    limits of a container) leave, and what ``ulimit -v`` leaves.
    """
    known = [free for free in (_free_of_machine(), *_free_of_groups(), _free_address_space()) if free is not None]
    return max(0, min(known)) // 4 * 3 if known else None


def _free_of_machine() -> int | None:
    try:
        return _field(_MACHINE, "MemAvailable:") << 10
    except (OSError, ValueError):
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, OSError, ValueError):
            return None


def address_space_limit() -> int | None:
    """Return the bytes of address space that the process may have (``ulimit -v``); None without a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit: int = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _free_address_space() -> int | None:
    limit = address_space_limit()
    try:
        return None if limit is None else limit - (_field(_STATUS, "VmSize:") << 10)
    except (OSError, ValueError):
        return None


def _free_of_groups() -> Iterator[int]:
    """Yield what each memory limit of this process's control groups and their parents leaves, cgroup v1 and v2."""
    try:
        lines = _read(_OWN_GROUPS)
    except OSError:
        return
    for group in _groups(lines, _GROUPS):
        yield from _free_of_group(group)


@lru_cache(maxsize=16)
def _groups(lines: str, root: Path) -> tuple[_Group, ...]:
    """Return the control groups that limit memory, from the lines of ``/proc/self/cgroup``: each with its parents."""
    found = []
    for line in lines.splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            names, tops = _V2, [root, root / "unified"]
        elif "memory" in controllers.split(","):
            names, tops = _V1, [root / "memory"]
        else:
            continue
        for top in tops:
            group = top / path.lstrip("/")
            if ".." in group.parts or not group.is_dir():  # a container sees its own group as the root
                group = top
            for folder in (group, *group.parents):
                if not folder.is_relative_to(top):
                    break
                limits = tuple(str(folder / name) for name in names.limits)
                found.append(_Group(limits, str(folder / names.used), str(folder / "memory.stat"), names.cache))
    return tuple(found)


def _free_of_group(group: _Group) -> Iterator[int]:
    for file in group.limits:
        try:
            limit = int(_read(file))  # "max" is no limit
            if limit >= _UNLIMITED:
                continue
            in_use = int(_read(group.used))
        except (OSError, ValueError):
            continue
        with suppress(OSError, ValueError):
            in_use -= _field(group.stat, group.cache)  # the system gives these pages back
        yield limit - max(in_use, 0)


@contextmanager
def peak_rise() -> Iterator[Callable[[], int | None]]:
    """Yield a function that returns by how many bytes the peak of the resident memory exceeds that at the start.

    The memory is that of the whole process; memory that was freed before may be used again. The function returns None
    on systems other than Linux.
    """
    try:
        _CLEAR.write_text("5")  # resets the peak
        before = _field(_STATUS, "VmRSS:")
    except (OSError, ValueError):
        before = None

    def rise() -> int | None:
        return None if before is None else max(0, _field(_STATUS, "VmHWM:") - before) << 10

    yield rise


def _field(path: str | Path, name: str) -> int:
    """Return the number after a name at the start of a line."""
    for line in _read(path).splitlines():
        words = line.split()
        if words and words[0] == name:
            return int(words[1])
    raise ValueError(name)


def _read(path: str | Path) -> str:
    with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123 - takes half the time of Path.open
        return file.read()
