"""Binary files whose arrays are written piece by piece, because they do not fit into memory.

The file is the same, byte for byte, as if `write_arrays` had written it.
"""

from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .binary import FileKind, aligned, checksum_of_words, file_start
from .text import PathLike, write_with

__all__ = ["ArrayWriter", "RunningChecksum", "write_streamed"]

_CHUNK = 1 << 23  # bytes that one word of a checksum stands for; see `imax.io.binary.checksum`
_UNKNOWN = "0" * 16


class RunningChecksum:
    """The checksum of bytes that come in pieces; see `imax.io.binary.checksum`."""

    def __init__(self) -> None:
        self._words: list[int] = []
        self._rest = np.empty(_CHUNK, dtype=np.uint8)
        self._used = 0
        self._size = 0

    def update(self, data: NDArray[np.uint8]) -> None:
        """Add bytes."""
        self._size += data.size
        while data.size:
            if self._used == 0 and data.size >= _CHUNK and data.ctypes.data % 8 == 0:
                chunk, data = data[:_CHUNK], data[_CHUNK:]
            else:
                taken = min(_CHUNK - self._used, data.size)
                self._rest[self._used : self._used + taken] = data[:taken]
                self._used += taken
                data = data[taken:]
                if self._used < _CHUNK:
                    return
                chunk, self._used = self._rest, 0
            self._words.append(checksum_of_words(chunk, len(self._words)))

    def digest(self) -> str:
        """Return the checksum as 16 hexadecimal digits."""
        whole = self._used // 64 * 64
        words = list(self._words)
        if whole:
            words.append(checksum_of_words(self._rest[:whole], len(words)))
        words.append(checksum_of_words(self._rest[whole : self._used], len(words)))
        return f"{checksum_of_words(np.array(words, dtype=np.uint64).view(np.uint8), self._size):016x}"


class ArrayWriter:
    """Writes an array of a binary file piece by piece.

    Parameters
    ----------
    file : file object
    start : int
        Position of the array in the file.
    dtype : str
        Type of the elements, as NumPy writes it.
    length : int
        Number of elements.
    """

    def __init__(self, file: BinaryIO, start: int, dtype: str, length: int) -> None:
        self.dtype = np.dtype(dtype)
        self.length = length
        self.left = length
        self._file = file
        self._at = start
        self._checksum = RunningChecksum()

    def write(self, piece: NDArray[Any]) -> None:
        """Append elements."""
        raw = np.ascontiguousarray(piece, self.dtype).view(np.uint8)
        self.left -= piece.size
        self._file.seek(self._at)
        self._file.write(raw.data)
        self._at += raw.size
        self._checksum.update(raw)

    def digest(self) -> str:
        """Return the checksum of the array, which must be complete."""
        assert self.left == 0, f"{self.left} of {self.length} elements are missing"
        return self._checksum.digest()


def write_streamed(
    path: PathLike,
    kind: FileKind,
    meta: dict[str, Any],
    arrays: dict[str, tuple[str, int]],
    fill: Callable[[dict[str, ArrayWriter]], Any],
) -> None:
    """Write a binary file: all or nothing.

    Parameters
    ----------
    path : str or os.PathLike
    kind : FileKind
    meta : dict
        The description.
    arrays : dict of (str, int)
        Type and length of each array, by name.
    fill : callable
        Writes all arrays completely, in any order, with the writer of each name.
    """

    def write(file: BinaryIO) -> None:
        offset = 0
        table: list[dict[str, Any]] = []
        for name, (dtype, length) in arrays.items():
            table.append({"name": name, "dtype": dtype, "length": length, "offset": offset, "checksum": _UNKNOWN})
            offset = aligned(offset + length * np.dtype(dtype).itemsize)
        start = len(file_start(kind, meta, table, offset))
        file.truncate(start + offset)  # the bytes between arrays are 0
        writers = {
            entry["name"]: ArrayWriter(file, start + entry["offset"], entry["dtype"], entry["length"])
            for entry in table
        }
        fill(writers)
        for entry in table:
            entry["checksum"] = writers[entry["name"]].digest()
        file.seek(0)
        file.write(file_start(kind, meta, table, offset))

    write_with(path, write)
