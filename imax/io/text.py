"""The bytes of files: opening, decompressing, naming a line in an error message, and writing all or nothing."""

import io
import mmap
import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError, InvalidArgumentError, MissingDependencyError, NoSuchFileError
from .replace import replace_file

__all__ = ["Content", "PathLike", "load", "quoted", "write_bytes", "write_text"]

PathLike: TypeAlias = "str | os.PathLike[str]"

_CHUNK = 1 << 20
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Content:
    """The decompressed bytes of a file, and its name in messages."""

    name: str
    data: NDArray[np.uint8]

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        return self.data[:size].tobytes()

    def text_start(self) -> int:
        """Return the position of the text: after a byte-order mark, if there is one."""
        return len(_BOM) if self.head(len(_BOM)) == _BOM else 0

    def line_end(self, start: int) -> int:
        """Return the position of the first newline at or after `start`, or the size of the file."""
        width = 256
        while start < self.data.size:
            found = self.data[start : start + width].tobytes().find(b"\n")
            if found >= 0:
                return start + found
            start += width
            width *= 4
        return int(self.data.size)

    def line(self, start: int) -> str:
        """Return the line that starts at a position, without white space around it."""
        return self.data[start : self.line_end(start)].tobytes().decode("utf-8", "replace").strip()

    def line_number(self, start: int) -> int:
        """Return the number, from 1, of the line that starts at a position."""
        parts = range(0, start, _CHUNK)
        return 1 + sum(int(np.count_nonzero(self.data[a : min(a + _CHUNK, start)] == 10)) for a in parts)

    def error(self, start: int, message: str) -> FileFormatError:
        """Return an error for the line at a position; ``{line}`` in the message is replaced by its text."""
        text = message.replace("{line}", quoted(self.line(start)))
        return FileFormatError(f"{self.name}:{self.line_number(start)}: {text}")

    def require_text(self) -> None:
        """Raise an error unless the file looks like text in UTF-8 or ASCII, with newlines."""
        head = self.head(1 << 16)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise FileFormatError(f"{self.name}: the text is in UTF-16; save it as UTF-8")
        zero = head.find(b"\0")
        if zero >= 0:
            raise FileFormatError(
                f"{self.name}: not a text file (a zero byte at offset {zero}); give an edge list in UTF-8, "
                "a Matrix Market file or a graph written by imax"
            )
        if b"\r" in head.rstrip() and b"\n" not in head:
            raise FileFormatError(f"{self.name}: lines end in carriage returns alone; convert them to newlines")

    def text_lines(self) -> list[str]:
        """Return all lines as strings; for small files such as lists of labels."""
        self.require_text()
        raw = self.data[self.text_start() :].tobytes()
        try:
            return raw.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            start = raw.rfind(b"\n", 0, error.start) + 1
            raise self.error(self.text_start() + start, "not UTF-8: {line}; save the file as UTF-8") from None


def quoted(text: str, width: int = 80) -> str:
    """Return a string in quotes on one line, shortened to about `width` characters.

    >>> quoted("a" * 100, 10)
    "'aaaaaaa...'"
    """
    return repr(text if len(text) <= width else text[: width - 3] + "...")


def load(path: PathLike) -> Content:
    """Return the content of a file, decompressed if its first bytes say so; ``"-"`` is standard input.

    Raises
    ------
    NoSuchFileError
        If the file does not exist or is a folder.
    FileFormatError
        If it cannot be read, or its compressed content is damaged.
    """
    if os.fspath(path) == "-":
        with suppress(AttributeError):
            return _decompressed("<stdin>", _array(_read_all(sys.stdin.buffer)))
        return _decompressed("<stdin>", _array(bytearray(sys.stdin.read().encode())))
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size > _CHUNK:
                data = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
            else:
                data = _array(_read_all(file))
    except FileNotFoundError:
        raise NoSuchFileError(f"{name}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise NoSuchFileError(f"{name}: this is a folder; give a file") from None
    except ValueError:  # the name has a zero byte
        raise NoSuchFileError(f"{name!r}: this is no file name; check the path") from None
    except OSError as error:
        raise FileFormatError(f"{name}: cannot be read: {error.strerror or error}") from None
    return _decompressed(name, data)


def _array(data: bytes | bytearray) -> NDArray[np.uint8]:
    """Return a read-only array. Mapped files are read-only too, so that kernels compile for one type."""
    out = np.frombuffer(data, np.uint8)
    out.flags.writeable = False
    return out


def _read_all(stream: "IO[bytes] | io.BufferedIOBase") -> bytearray:
    """Return all bytes of a stream, without a second copy of them."""
    out = bytearray()
    while chunk := stream.read(_CHUNK):
        out += chunk
    return out


def _gzip(file: io.BytesIO) -> bytearray:
    import gzip

    return _read_all(gzip.GzipFile(fileobj=file))


def _bz2(file: io.BytesIO) -> bytearray:
    import bz2

    return _read_all(bz2.BZ2File(file))


def _xz(file: io.BytesIO) -> bytearray:
    import lzma

    return _read_all(lzma.LZMAFile(file))


def _zstd(file: io.BytesIO) -> bytearray:
    if sys.version_info >= (3, 14):
        from compression import zstd

        try:
            return _read_all(zstd.ZstdFile(file))
        except zstd.ZstdError as error:
            raise OSError(str(error)) from None
    try:
        import zstandard
    except ImportError:
        raise MissingDependencyError(
            "reading .zst needs the package zstandard: pip install 'influence-maximization[zstd]'"
        ) from None
    out = bytearray()
    data = file.read()
    while data:  # a file may hold several frames
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            out += frame.decompress(data)
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from None
        if not frame.eof:
            raise EOFError
        data = frame.unused_data
    return out


_CODECS: list[tuple[bytes, str, Callable[[io.BytesIO], bytearray]]] = [
    (b"\x1f\x8b", "gzip", _gzip),
    (b"BZh", "bzip2", _bz2),
    (b"\xfd7zXZ\x00", "xz", _xz),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
]


def _decompressed(name: str, data: NDArray[np.uint8]) -> Content:
    head = data[:6].tobytes()
    found = [(kind, codec) for magic, kind, codec in _CODECS if head.startswith(magic)]
    if not found:
        return Content(name, data)
    import lzma
    import zlib

    kind, codec = found[0]
    try:
        return Content(name, _array(codec(io.BytesIO(data.data))))
    except EOFError:
        problem = "ends too early"
    except (OSError, zlib.error, lzma.LZMAError) as error:
        problem = f"is damaged ({error})"
    except MissingDependencyError as error:
        raise MissingDependencyError(f"{name}: {error}") from None
    raise FileFormatError(f"{name}: the {kind} data {problem}; fetch or compress the file again") from None


def write_text(path: PathLike, text: str) -> None:
    """Write a string in UTF-8. The file appears complete or not at all.

    Parameters
    ----------
    path : str or os.PathLike
        The file. ``"-"`` is standard output.
    text : str

    Raises
    ------
    InvalidArgumentError
        If the file cannot be written. An older file with the same name stays as it was.
    """
    if os.fspath(path) == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    write_bytes(path, [text.encode("utf-8")])


def write_bytes(path: PathLike, parts: Iterable[bytes | memoryview]) -> None:
    """Write bytes to a file, which appears complete or not at all; see `imax.io.replace`.

    A file that exists is replaced, never changed in place, so that graphs that are mapped from it stay valid.
    """
    try:
        target = Path(path).resolve()  # writing through a symbolic link keeps the link
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if target.exists() and not target.is_file():
            with target.open("wb") as file:  # a device or a pipe cannot be replaced
                for part in parts:
                    file.write(part)
            return
        replace_file(target, parts)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidArgumentError(
            f"path: cannot write {os.fspath(path)}: {reason}; name a file in a folder that can be written to",
            argument="path",
        ) from None
