"""Replace a file by a new one: all or nothing, also if the process is killed or the power fails.

The new content goes to a temporary file in the folder of the target, ``.NAME.imax-RANDOM.part``, which then takes the
name of the target in one step. Nothing else has that name: it is random, and the system creates the file only if
nothing exists there, not even a symbolic link. A process that is killed leaves its temporary file; nobody else uses
such a file, so it can be deleted once no imax process writes to the folder.
"""

import os
import secrets
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["replace_file", "replace_file_with"]

_TRIES = 100
_LONGEST_NAME = 200  # bytes of the target's name; most file systems allow 255 in all


def replace_file(target: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write parts to a new file that replaces the target; see `replace_file_with`."""
    replace_file_with(target, lambda file: file.writelines(parts))


def replace_file_with(target: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Let a function write a new file that replaces the target, whose permissions it keeps.

    Processes that have the old file open or mapped keep it. Other hard links to it keep the old content.

    Raises
    ------
    OSError
        If the file cannot be written. The target stays as it was, and no temporary file is left.
    """
    mode = None
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(target.stat().st_mode) & 0o777
    temporary, descriptor = _create(target, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _create(target: Path, mode: int) -> tuple[Path, int]:
    """Create a file that did not exist, and return its path and descriptor. The umask restricts `mode`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    name = os.fsencode(target.name)[:_LONGEST_NAME].decode("utf-8", "ignore")
    for _ in range(_TRIES):
        temporary = target.with_name(f".{name}.imax-{secrets.token_hex(8)}.part")
        with suppress(FileExistsError):
            return temporary, os.open(temporary, flags, mode)
    raise FileExistsError(17, "no free name for a temporary file")


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power failure, where the system can open a folder."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
