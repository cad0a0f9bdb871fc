"""The folder in which compiled kernels are kept, and how they are stored.

Numba's own cache looks at one source file at a time. It does not notice that a helper in another file has changed, it
fails on a damaged file, and two processes that compile at once can exchange the machine code of two signatures. Here a
folder belongs to one text of all kernels, and each file holds one compiled function with its key and a checksum. The
folders of other texts are deleted when no process has used them for 30 days.
"""

import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from pickle import loads  # nosec B403
from typing import Any

import numba
from numba import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator
from numba.core.compiler_lock import global_compiler_lock
from numba.core.serialize import dumps

from .compiling import begin_compiling, end_compiling

__all__ = ["cache_folders", "keep_compiled"]

_DAY = 86_400  # seconds
_DAYS_KEPT = 30
_KERNELS = Path(__file__).parent


def keep_compiled(dispatcher: Any) -> None:
    """Let a function that Numba compiles keep its machine code in the cache folder."""
    dispatcher._cache = _Cache(dispatcher.py_func)


@cache
def version_of_kernels() -> str:
    """Return a digest of the text of all kernels, the version of Numba and the settings that change machine code."""
    digest = hashlib.blake2b(f"{numba.__version__} {config.BOUNDSCHECK} {config.OPT}".encode(), digest_size=8)
    for path in sorted(_KERNELS.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def cache_folders() -> tuple[Path | None, tuple[Path, ...]]:
    """Return the folder to write to, or None, and all folders to read from.

    The first possible one is used: ``NUMBA_CACHE_DIR``, the folder of the installed package, the user's cache folder,
    or a folder in the temporary directory that belongs to this user alone.
    """
    readable = []
    for root in _roots():
        folder = root / f"kernels-{version_of_kernels()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:  # in a file system that is read-only, the folder may exist
            if not folder.is_dir():
                continue
        readable.append(folder)
        if os.access(folder, os.W_OK | os.X_OK):
            if _mark_used(folder):
                _delete_unused(root)
            return folder, tuple(readable)
    _warn("no folder is writable")
    return None, tuple(readable)


def _mark_used(folder: Path) -> bool:
    """Give a folder the time of now if its time is more than a day old or it is new; return whether it was so."""
    with suppress(OSError):
        if time.time() - folder.stat().st_mtime > _DAY or not any(folder.iterdir()):
            os.utime(folder)
            return True
    return False


def _delete_unused(root: Path) -> None:
    """Delete the folders of other versions that no process has used for `_DAYS_KEPT` days.

    A folder is renamed first, so that one process alone deletes it. A process that still uses it compiles anew.
    """
    oldest = time.time() - _DAYS_KEPT * _DAY
    with suppress(OSError):
        for folder in root.glob("kernels-*"):
            with suppress(OSError):
                if folder.stat().st_mtime < oldest and folder.is_dir() and not folder.is_symlink():
                    condemned = folder.with_name(f".{folder.name}-{os.urandom(4).hex()}.old")
                    folder.rename(condemned)
                    shutil.rmtree(condemned, ignore_errors=True)


def _roots() -> Iterator[Path]:
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR)
    yield _KERNELS / "__pycache__"
    with suppress(RuntimeError, OSError):  # the user has no home
        yield _user_folder()
    with suppress(OSError):
        yield _private_folder()


def _user_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "imax" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "imax"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imax"


def _private_folder() -> Path:
    """Return a folder in the temporary directory. A folder that others can write to could hold foreign code."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"imax-cache-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and (found.st_uid != user or found.st_mode & 0o077)):
        raise PermissionError(folder)
    return folder


@cache
def _warn(reason: str) -> None:
    """Warn once for each reason."""
    warnings.warn(
        f"compiled code cannot be kept, so each process compiles anew: {reason}; set NUMBA_CACHE_DIR to a folder that "
        "you can write to",
        stacklevel=2,
    )


class _Locator(UserProvidedCacheLocator):  # type: ignore[misc]
    """Tells Numba the folder. No stamp of the source is needed, because the folder belongs to one text."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        self._py_file = py_file
        self._lineno = py_func.__code__.co_firstlineno
        self._cache_path = str(cache_folders()[0] or _KERNELS)

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "_Locator":
        return cls(py_func, py_file)

    def ensure_cache_path(self) -> None:
        pass

    def get_source_stamp(self) -> str:
        return version_of_kernels()


class _Implementation(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = [_Locator]  # noqa: RUF012 - as in the base class


class _Cache(FunctionCache):  # type: ignore[misc]
    """The cache of one function, which never makes a call fail."""

    _impl_class = _Implementation

    def __init__(self, py_func: Any) -> None:
        super().__init__(py_func)
        self._cache_file = _Files(self._impl.filename_base)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function for a signature, or None if it is not in the cache or is damaged."""
        try:
            found = super().load_overload(sig, target_context)
        except Exception:
            found = None
        if found is None:
            begin_compiling()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store a function that was compiled, if there is a folder and space for it."""
        end_compiling()
        if cache_folders()[0] is None:
            return
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn(str(error))


class _Files:
    """The files of one function: one for each key, that is for each signature and kind of processor."""

    def __init__(self, base: str) -> None:
        self._base = base

    def _name(self, key: Any) -> str:
        return f"{self._base}-{hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()}.nbc"

    def load(self, key: Any) -> Any:
        """Return what was stored for a key, or None."""
        name = self._name(key)
        for folder in cache_folders()[1]:
            try:
                content = (folder / name).read_bytes()
            except OSError:
                continue
            if zlib.crc32(content[4:]) == int.from_bytes(content[:4], "little") and len(content) > 4:
                # the files hold machine code: who may write here may run code in any case
                stored_key, data = loads(content[4:])  # nosec B301
                if stored_key == key:
                    return data
        return None

    def save(self, key: Any, data: Any) -> None:
        """Store data. Other processes see the whole file or none."""
        folder = cache_folders()[0]
        assert folder is not None
        content = dumps((key, data))
        folder.mkdir(parents=True, exist_ok=True)  # another process may have deleted it as unused
        number, part = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(zlib.crc32(content).to_bytes(4, "little") + content)
            Path(part).replace(folder / self._name(key))
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise

    def flush(self) -> None:
        """Do nothing; the folder can be deleted at any time."""


if hasattr(os, "register_at_fork"):
    # a child cannot go on with what another thread was compiling, so a fork waits until that is done
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )
