"""The bytes of files: opening, decompressing, naming a line in an error message, and writing all or nothing."""

import io
import mmap
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils.memory import default_memory, free_memory
from ..errors import (
    FileFormatError,
    InvalidArgumentError,
    MissingDependencyError,
    NoSuchFileError,
    OutOfMemoryBoundError,
)
from .codecs import CODECS, MAGIC
from .recode import recoded
from .replace import replace_file_with

__all__ = [
    "Content",
    "PathLike",
    "integer",
    "is_compressed",
    "load",
    "load_list",
    "number",
    "quoted",
    "unreadable",
    "write_bytes",
    "write_text",
]

PathLike: TypeAlias = "str | os.PathLike[str]"

_CHUNK = 1 << 20
_LINE, _CELL = 400, 60  # bytes of the objects made of a line, and of each further cell, as measured
_SEPARATORS = np.frombuffer(b",;\t| [{", np.uint8)  # of cells, and what begins a list or an object of JSON
_SHOWN = 1 << 10  # bytes of a line that messages need
_HEAD = 1 << 16  # bytes that decide whether a file is text
_BOM = b"\xef\xbb\xbf"
_EXCEL = re.compile(rb'"?sep=[^\r\n]"?[\r\n]+', re.IGNORECASE)
_SEP = 16  # bytes that such a line takes at most
# how files start that may hold zero bytes
_BINARY = (
    b"IMAX", b"PAR1", b"ARROW1", b"FEA1", b"\xff\xff\xff\xff", b"\x93NUMPY", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff",
)  # fmt: skip
_INTEGER = re.compile(r"[+-]?[0-9]{1,1000}")  # int() also takes underscores and digits of other scripts


@dataclass(frozen=True)
class Content:
    """The decompressed bytes of a file, and its name in messages.

    `max_memory` is the largest number of bytes that the reader may use; None stands for most of the free memory, or
    with `is_list` for a quarter of it.
    """

    name: str
    data: NDArray[np.uint8]
    max_memory: int | None = None
    is_list: bool = False

    def require_memory(self, needed: int, what: str) -> None:
        """Raise an error if `needed` bytes exceed the memory bound; `what` names what needs them."""
        _require_memory(self.name, needed, what, self.max_memory, self.is_list)

    def require_objects(self) -> None:
        """Raise an error if the objects made of the lines and cells would exceed the memory bound; make none."""
        n_lines, n_separators = 1, 0
        for a in range(0, int(self.data.size), _CHUNK):
            counts = np.bincount(self.data[a : a + _CHUNK], minlength=256)
            n_lines += int(counts[10])
            n_separators += int(counts[_SEPARATORS].sum())
        needed = 2 * int(self.data.size) + _LINE * n_lines + _CELL * n_separators
        self.require_memory(needed, f"the objects of its {n_lines:,} lines take about {needed:,} bytes,")

    def require_rows(self, n_rows: int) -> None:
        """Raise an error if the objects made of some `n_rows` lines at a time would exceed the memory bound."""
        ends, seen = [0], 0
        for a in range(0, int(self.data.size), _CHUNK):
            found = np.flatnonzero(self.data[a : a + _CHUNK] == 10)
            ends += (found[-seen % n_rows :: n_rows] + a).tolist()
            seen += found.size
        longest = max(b - a for a, b in pairwise([*ends, int(self.data.size)]))
        needed = longest if longest < _CHUNK else _CELL * longest
        self.require_memory(needed, f"the objects of {n_rows:,} lines can take {needed:,} bytes,")

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        return self.data[:size].tobytes()

    def text_start(self) -> int:
        """Return the position of the text: after a byte-order mark and a first line ``sep=;``, which Excel reads."""
        start = len(_BOM) if self.head(len(_BOM)) == _BOM else 0
        separator = _EXCEL.match(self.head(start + _SEP), start)
        return start if separator is None else separator.end()

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

    def error(self, start: int, message: str, others: tuple[str, ...] = ()) -> FileFormatError:
        """Return an error for the line at a position; ``{line}`` in the message is replaced by its text."""
        shown = self.data[start : min(self.line_end(start), start + _SHOWN)].tobytes()
        text = message.replace("{line}", quoted(shown.decode("utf-8", "replace").strip()))
        return FileFormatError(f"{self.name}:{self.line_number(start)}: {text}", others=others)

    def require_text(self) -> None:
        """Raise an error unless the file looks like text in UTF-8 or ASCII, with newlines."""
        head = self.head(_HEAD)
        zero = head.find(b"\0")
        if zero >= 0:
            raise FileFormatError(
                f"{self.name}: not a text file (a zero byte at offset {zero}); give an edge list in UTF-8, "
                "a Matrix Market file or a graph written by imax"
            )
        if b"\r" in head.rstrip() and b"\n" not in head:
            raise FileFormatError(f"{self.name}: lines end in carriage returns alone; convert them to newlines")

    def text_lines(self) -> list[str]:
        """Return all lines as strings, if the objects that they become fit the memory bound."""
        self.require_text()
        self.require_objects()
        raw = self.data[self.text_start() :].tobytes()
        skipped = [""] * (self.line_number(self.text_start()) - 1)  # so that the lines have their numbers
        try:
            return [*skipped, *raw.decode("utf-8").split("\n")]
        except UnicodeDecodeError as error:
            start = raw.rfind(b"\n", 0, error.start) + 1
            raise self.error(self.text_start() + start, "not UTF-8: {line}; save the file as UTF-8") from None


def quoted(text: str, width: int = 80) -> str:
    """Return a string in quotes on one line, shortened to about `width` characters.

    >>> quoted("a" * 100, 10)
    "'aaaaaaa...'"
    """
    return repr(text if len(text) <= width else text[: width - 3] + "...")


def integer(text: str) -> int | None:
    """Return the integer that ASCII digits with an optional sign stand for, or None.

    >>> integer("-12"), integer("1_0")
    (-12, None)
    """
    return int(text) if _INTEGER.fullmatch(text) else None


def number(text: str) -> float:
    """Return the number that ASCII text stands for.

    Raises
    ------
    ValueError
        If the text is no number, or has underscores or digits of other scripts, which `float` accepts.
    """
    if "_" in text or not text.isascii():
        raise ValueError
    return float(text)


def _require_memory(name: str, needed: int, what: str, max_memory: int | None, is_list: bool = False) -> None:
    bound = _default_bound(is_list) if max_memory is None else max_memory
    if bound is not None and needed > bound:
        source = "{max_memory} allows"
        if max_memory is None:
            source = "may be used by default, a quarter of the free memory" if is_list else "the free memory allows"
        raise OutOfMemoryBoundError(
            f"{name}: {what} more than the {bound:,} bytes that {source}; check the file, or raise {{max_memory}}",
            others=("max_memory",),
        )


def _default_bound(is_list: bool) -> int | None:
    return default_memory() if is_list else free_memory()


def load_list(path: PathLike, max_memory: int | None = None) -> Content:
    """Return the content of a file about nodes or items, whose lines become objects; see `load`.

    The bound holds for the decompressed content and for the objects. Default: a quarter of the free memory.
    """
    return load(path, max_memory, is_list=True)


def load(path: PathLike, max_memory: int | None = None, *, is_list: bool = False) -> Content:
    """Return the content of a file, decompressed if its first bytes say so; ``"-"`` is standard input.

    Text in UTF-16 becomes UTF-8, and an array of JSON objects becomes JSON Lines.

    Parameters
    ----------
    path : str or os.PathLike
    max_memory : int, optional
        Largest number of bytes that the content may take in memory; files that are mapped take none. Default: three
        quarters of the free memory, or with `is_list` a quarter.
    is_list : bool, default False
        Whether the file is one about nodes or items, whose lines become objects.

    Raises
    ------
    NoSuchFileError
        If the file does not exist or is a folder.
    FileFormatError
        If it cannot be read, or its compressed content is damaged.
    OutOfMemoryBoundError
        If its content exceeds the memory bound.
    """
    if os.fspath(path) == "-":
        return _known(_decompressed("<stdin>", _standard_input(max_memory, is_list), max_memory, is_list))
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size > _CHUNK:
                data = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
            else:
                data = _array(_Bytes(name, max_memory, is_list, compressed=False).fill(file))
    except FileNotFoundError:
        raise NoSuchFileError(f"{name}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise NoSuchFileError(f"{name}: this is a folder; give a file") from None
    except ValueError:  # the name has a zero byte
        raise NoSuchFileError(f"{name!r}: this is no file name; check the path") from None
    except OSError as error:
        raise unreadable(name, error) from None
    return _known(_decompressed(name, data, max_memory, is_list))


def _known(content: Content) -> Content:
    data = recoded(content)
    return content if data is None else replace(content, data=_array(data))


def unreadable(name: str, error: OSError) -> FileFormatError:
    """Return the error for a file that the system cannot read."""
    return FileFormatError(f"{name}: cannot be read: {error.strerror or error}")


def is_compressed(path: PathLike) -> bool:
    """Return whether the first bytes of a file say that it is compressed; False if it cannot be read."""
    head = b""
    with suppress(OSError), Path(path).open("rb") as file:
        head = file.read(MAGIC)
    return any(head.startswith(magic) for magic, _, _ in CODECS)


def _standard_input(max_memory: int | None, is_list: bool) -> NDArray[np.uint8]:
    if sys.stdin is None:
        raise FileFormatError("<stdin>: standard input is closed; redirect a file to it, or name the file")
    try:
        with suppress(AttributeError):
            return _array(_Bytes("<stdin>", max_memory, is_list, compressed=False).fill(sys.stdin.buffer))
        return _array(bytearray(sys.stdin.read().encode()))
    except OSError as error:
        raise unreadable("<stdin>", error) from None


def _array(data: bytes | bytearray) -> NDArray[np.uint8]:
    """Return a read-only array. Mapped files are read-only too, so that kernels compile for one type."""
    out = np.frombuffer(data, np.uint8)
    out.flags.writeable = False
    return out


class _Bytes:
    """Bytes that arrive in pieces. Their number is bounded, and decompressed text is checked at its start."""

    def __init__(self, name: str, max_memory: int | None, is_list: bool, *, compressed: bool = True) -> None:
        self.name = name
        self.max_memory = max_memory
        self.compressed = compressed
        self.is_list = is_list
        self.bound = _default_bound(is_list) if max_memory is None else max_memory
        self.data = bytearray()

    def add(self, piece: bytes) -> None:
        """Append a piece."""
        before = len(self.data)
        self.data += piece
        if self.compressed and before < _HEAD <= len(self.data) and not self.data.startswith(_BINARY):
            Content(self.name, _array(bytes(self.data[:_HEAD]))).require_text()  # before the rest is decompressed
        if self.bound is not None and len(self.data) > self.bound:
            what = "the decompressed content takes" if self.compressed else "the content takes"
            given = self.bound if self.max_memory is not None else None
            _require_memory(self.name, len(self.data), what, given, self.is_list)

    def fill(self, stream: "IO[bytes] | io.BufferedIOBase") -> bytearray:
        """Append all bytes of a stream and return all bytes, without a second copy of them."""
        while piece := stream.read(_CHUNK):
            self.add(piece)
        return self.data


def _decompressed(name: str, data: NDArray[np.uint8], max_memory: int | None, is_list: bool) -> Content:
    head = data[:MAGIC].tobytes()
    found = [(kind, codec) for magic, kind, codec in CODECS if head.startswith(magic)]
    if not found:
        return Content(name, data, max_memory, is_list)
    import lzma
    import zlib

    kind, codec = found[0]
    out = _Bytes(name, max_memory, is_list)
    try:
        codec(data.data, out)
        return Content(name, _array(out.data), max_memory, is_list)
    except EOFError:
        problem = "ends too early"
    except OutOfMemoryBoundError:
        raise
    except MemoryError:
        problem = "does not fit the memory"
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
    """Write bytes to a file, which appears complete or not at all; see `write_with`."""
    write_with(path, lambda file: file.writelines(parts))


def write_with(path: PathLike, write: Callable[[BinaryIO], Any]) -> None:
    """Let a function write a file, which appears complete or not at all; see `imax.io.replace`.

    A file that exists is replaced, never changed in place, so that graphs that are mapped from it stay valid.
    """
    try:
        target = Path(path).resolve()  # writing through a symbolic link keeps the link
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if target.exists() and not target.is_file():
            with target.open("wb") as file:  # a device or a pipe cannot be replaced
                write(file)
            return
        replace_file_with(target, write)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidArgumentError(
            f"path: cannot write {os.fspath(path)}: {reason}; name a file in a folder that can be written to",
            argument="path",
        ) from None
