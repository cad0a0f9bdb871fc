"""Decompression of gzip, bzip2, xz and zstd, piece by piece, so that the reader can stop."""

import io
import sys
from collections.abc import Callable
from typing import IO, Any, Protocol

from ..errors import MissingDependencyError

__all__ = ["CODECS", "MAGIC", "Sink"]

_CHUNK = 1 << 20
_INPUT = 1 << 10  # compressed bytes at a time: zstd makes up to 32,768 times as many of them


class Sink(Protocol):
    """Takes decompressed bytes; raises an error if there are too many."""

    def add(self, piece: bytes) -> None:
        """Append a piece."""

    def fill(self, stream: "IO[bytes] | io.BufferedIOBase") -> bytearray:
        """Append all bytes of a stream."""


def _gzip(data: memoryview, out: Sink) -> None:
    import gzip

    out.fill(gzip.GzipFile(fileobj=io.BytesIO(data)))


def _bz2(data: memoryview, out: Sink) -> None:
    import bz2

    _streams(bz2.BZ2Decompressor, data, out)


def _xz(data: memoryview, out: Sink) -> None:
    import lzma

    end = len(data)
    while end >= 4 and bytes(data[end - 4 : end]) == bytes(4):  # padding that the format allows
        end -= 4
    _streams(lzma.LZMADecompressor, data[:end], out)


def _streams(new: Callable[[], Any], data: memoryview, out: Sink) -> None:
    """Decompress streams that follow one another. Unlike `bz2.open` and `lzma.open`, bytes after them are an error."""
    place = 0
    while place < len(data):
        decompressor = new()
        while not decompressor.eof:
            piece = b""
            if decompressor.needs_input:
                piece = bytes(data[place : place + _CHUNK])
                if not piece:
                    raise EOFError
                place += len(piece)
            out.add(decompressor.decompress(piece, _CHUNK))
        place -= len(decompressor.unused_data)


def _zstd(data: memoryview, out: Sink) -> None:
    if sys.version_info >= (3, 14):
        from compression import zstd

        try:
            out.fill(zstd.ZstdFile(io.BytesIO(data)))
        except zstd.ZstdError as error:
            raise OSError(str(error)) from None
        return
    try:
        import zstandard
    except ImportError:
        raise MissingDependencyError(
            "reading .zst needs the package zstandard: pip install 'influence-maximization[zstd]'"
        ) from None
    place = 0
    while place < len(data):  # a file may hold several frames
        frame = zstandard.ZstdDecompressor().decompressobj()
        while not frame.eof:
            piece = data[place : place + _INPUT]
            if not piece:
                raise EOFError
            place += len(piece)
            try:
                out.add(frame.decompress(piece))
            except zstandard.ZstdError as error:
                raise OSError(str(error)) from None
        place -= len(frame.unused_data)


CODECS: list[tuple[bytes, str, Callable[[memoryview, Sink], None]]] = [
    (b"\x1f\x8b", "gzip", _gzip),
    (b"BZh", "bzip2", _bz2),
    (b"\xfd7zXZ\x00", "xz", _xz),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
]

MAGIC = max(len(magic) for magic, _, _ in CODECS)  # bytes at the start that decide
