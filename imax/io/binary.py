"""The binary format: a description and arrays in one file. Arrays are mapped into memory, not read.

Layout: 8 bytes of magic, of which the last is the number of the format; the length of the header and its CRC-32 (both
uint32, little-endian); the header in JSON (format, version of imax, description, and a table of arrays: name, dtype,
length, offset, checksum); the arrays in the order of the table, each at the first multiple of 64 bytes after the one
before. The bytes between arrays are 0. `checksum` defines the checksum of an array.

Each kind of file has a table of rules (`imax.io.layout`) for its arrays. No array leaves this module before it is
checked against its rule.
"""

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils import check, parallel
from ..errors import FileFormatError, ImaxError
from .layout import GRAPH_ARRAYS, Layout, check_arrays
from .text import Content, PathLike, load, write_bytes

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = [
    "GRAPH", "FileKind", "aligned", "checksum", "checksum_of_words", "file_start", "from_content", "is_binary",
    "read_arrays", "read_binary", "write_arrays", "write_binary",
]  # fmt: skip

Made = TypeVar("Made")

FORMAT = 2
_FIXED = struct.Struct("<8sII")
_ALIGN = 64
_DTYPES = ("<i4", "<i8", "<f4", "<f8", "|u1")
_LONGEST_HEADER = 1 << 26
_CHUNK = 1 << 20  # words of 8 bytes
VERIFY = ("fast", "full")


@dataclass(frozen=True)
class FileKind:
    """A kind of binary file.

    Attributes
    ----------
    stem : bytes
        First 7 bytes of the file. The digit of the format follows.
    name : str
        What the file holds, for messages.
    layout : callable
        Returns the rules for the arrays that belong to a description.
    """

    stem: bytes
    name: str
    layout: Callable[[dict[str, Any]], Layout]

    @property
    def magic(self) -> bytes:
        """First 8 bytes of the file."""
        return self.stem + str(FORMAT).encode()


GRAPH = FileKind(b"IMAXGRF", "graph", lambda meta: Layout.of(GRAPH_ARRAYS, meta))


def write_binary(graph: "InfluenceGraph", path: PathLike) -> None:
    """Write a graph to a binary file, which `read_binary` opens in milliseconds. It appears complete or not at all.

    Parameters
    ----------
    graph : InfluenceGraph
        Its labels must be strings, numbers, booleans or None.
    path : str or os.PathLike

    Raises
    ------
    InvalidArgumentError
        If the file cannot be written, or a label is of another type.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import imax
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.imax"
    ...     imax.io.write_binary(imax.InfluenceGraph.from_arrays([0, 0], [1, 2]), path)
    ...     imax.io.read_binary(path)
    <InfluenceGraph: 3 nodes, 2 arcs, weighted_cascade>
    """
    from ..graph.parts import to_parts

    write_arrays(path, GRAPH, *to_parts(graph))


def write_arrays(path: PathLike, kind: FileKind, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Write a description and arrays to one file: all or nothing."""
    stored = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}
    offset = 0
    table = []
    for name, array in stored.items():
        table.append(
            {
                "name": name,
                "dtype": array.dtype.str,
                "length": array.size,
                "offset": offset,
                "checksum": checksum(_bytes(array)),
            }
        )
        offset = aligned(offset + array.nbytes)
    parts: list[bytes | memoryview] = [file_start(kind, meta, table, offset)]
    for array in stored.values():
        parts += [_bytes(array).data, bytes(aligned(array.nbytes) - array.nbytes)]
    write_bytes(path, parts)


def file_start(kind: FileKind, meta: dict[str, Any], table: list[dict[str, Any]], size: int) -> bytes:
    """Return the bytes before the arrays: magic, header and padding. `size` is the size of all arrays together."""
    header = json.dumps(
        {
            "format": FORMAT,
            "imax": __version__,
            "order": "little",
            "meta": meta,
            "size": size,
            "arrays": table,
        }
    ).encode()
    start = _FIXED.pack(kind.magic, len(header), zlib.crc32(header)) + header
    return start + bytes(aligned(len(start)) - len(start))


def read_binary(path: PathLike, *, verify: str = "fast") -> "InfluenceGraph":
    """Open a graph that `write_binary` wrote.

    Parameters
    ----------
    path : str or os.PathLike
        The file. It must not change while the graph is in use, because its arrays stay in the file: replace it by a
        rename, as `imax.write_graph` does, and never overwrite it in place. The system kills a process that reads a
        mapped file while another process makes the file shorter (SIGBUS).
    verify : {"fast", "full"}, default "fast"
        ``fast``: check the checksum of the header, the type and length of each array, and the range of all values, so
        that no content can harm the process. Damage that turns a value into another valid value is not noticed.
        ``full``: also check the checksums of all arrays, which notices every change of the file. It reads the whole
        file; choose it for files that were copied or stored for long.

    Returns
    -------
    InfluenceGraph
        Its arrays are read-only views of the file.

    Raises
    ------
    NoSuchFileError
        If the file does not exist or is a folder.
    FileFormatError
        If the file is not a graph written by imax, is cut off or damaged, or was written in another format.

    Examples
    --------
    See `write_binary`.
    """
    return from_content(load(path), verify=verify)


def is_binary(content: Content) -> bool:
    """Return whether the bytes start like those of a graph written by imax."""
    return content.head(len(GRAPH.stem)) == GRAPH.stem


def from_content(content: Content, *, verify: str = "fast") -> "InfluenceGraph":
    """Return the graph in the bytes of a file."""
    from ..graph.parts import from_parts

    graph = read_arrays(content, GRAPH, from_parts, verify=verify)
    graph.path = str(Path(content.name).resolve()) if Path(content.name).is_file() else None
    return graph


def read_arrays(
    content: Content,
    kind: FileKind,
    make: Callable[[dict[str, Any], dict[str, NDArray[Any]]], Made],
    *,
    verify: str = "fast",
) -> Made:
    """Return ``make(description, arrays)`` for the bytes of a file, after all arrays are checked.

    Raises
    ------
    FileFormatError
        If the file is of another kind or format, is cut off or damaged, or its parts do not fit each other.
    """
    check.one_of(verify, "verify", VERIFY)
    header, start = _header(content, kind)
    try:
        arrays = _views(content, start, header["arrays"], full=verify == "full")
        check_arrays(kind.layout(header["meta"]), arrays)
        return make(header["meta"], arrays)
    except FileFormatError as error:
        raise _broken(content, str(error)) from None
    except (ImaxError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise _broken(content, f"its parts do not fit ({type(error).__name__}: {error})") from None


def checksum(data: NDArray[np.uint8]) -> str:
    """Return the checksum of bytes as 16 hexadecimal digits.

    The bytes are cut into chunks of 8 MiB. `checksum_words` makes a word of each chunk, with the number of the chunk as
    its seed, and one word of these words, with the number of bytes as its seed. Zeros fill up the last 64 bytes.
    """
    whole = data.size // (8 * _CHUNK)
    tasks = [partial(checksum_of_words, data[i * 8 * _CHUNK : (i + 1) * 8 * _CHUNK], i) for i in range(whole)]
    last = data[whole * 8 * _CHUNK :]
    even = last.size // _ALIGN * _ALIGN
    if even:
        tasks.append(partial(checksum_of_words, last[:even], whole))
    tasks.append(partial(checksum_of_words, last[even:], len(tasks)))
    chunks = np.array(parallel.run(tasks, check.threads(None) if len(tasks) > 2 else 1), dtype=np.uint64)
    return f"{checksum_of_words(chunks.view(np.uint8), data.size):016x}"


def checksum_of_words(data: NDArray[np.uint8], seed: int) -> int:
    """Return the word of a chunk of bytes for `checksum`."""
    from ..kernels.checksum import checksum_words

    words = data.view(np.uint64).view() if data.size % _ALIGN == 0 else _filled(data)
    words.flags.writeable = False  # the kernel is compiled for one type
    with np.errstate(over="ignore"):  # words wrap around
        return int(checksum_words(words, 0, words.size, np.uint64(seed)))


def _filled(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return bytes as words, with zeros up to the next multiple of 64 bytes."""
    filled = np.zeros(aligned(data.size), dtype=np.uint8)
    filled[: data.size] = data
    words = filled.view(np.uint64)
    words.flags.writeable = False
    return words


def _broken(content: Content, problem: str) -> FileFormatError:
    return FileFormatError(f"{content.name}: {problem}; write the file again from its source")


def _header(content: Content, kind: FileKind) -> tuple[dict[str, Any], int]:
    """Return the header and the position of the arrays."""
    head = content.head(_FIXED.size)
    if head[: len(kind.stem)] != kind.stem:
        hint = "; read_graph reads text formats" if kind is GRAPH else ""
        raise FileFormatError(f"{content.name}: not a {kind.name} written by imax{hint}")
    if len(head) < _FIXED.size:
        raise _broken(content, "the file is cut off")
    magic, length, expected = _FIXED.unpack(head)
    if magic != kind.magic:
        version = magic[len(kind.stem) :].decode("ascii", "replace")
        remedy = "write the file again from its source" if "0" <= version < str(FORMAT) else "update imax"
        raise FileFormatError(
            f"{content.name}: a {kind.name} in format {version!r}, this version of imax reads format {FORMAT}; {remedy}"
        )
    stop = _FIXED.size + length
    if length > _LONGEST_HEADER or stop > content.data.size:
        raise _broken(content, "the file is cut off or damaged")
    raw = content.data[_FIXED.size : stop].tobytes()
    if zlib.crc32(raw) != expected:
        raise _broken(content, "the header is damaged")
    try:
        header = json.loads(raw)
        version, size = int(header["format"]), int(header["size"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise _broken(content, "the header is damaged") from None
    if version != FORMAT:
        raise FileFormatError(
            f"{content.name}: written in format {version} by imax {header.get('imax')}, this version reads "
            f"format {FORMAT}; update imax or write the file again"
        )
    start = aligned(stop)
    if content.data.size != start + size:
        raise _broken(content, f"the file has {content.data.size} bytes instead of {start + size}")
    return header, start


def _views(content: Content, start: int, table: list[dict[str, Any]], *, full: bool) -> dict[str, NDArray[Any]]:
    """Return the arrays as views of the file; together with the zeros between them they cover it exactly."""
    arrays: dict[str, NDArray[Any]] = {}
    _check_zeros(content, _FIXED.size + _FIXED.unpack(content.head(_FIXED.size))[1], start)
    first = start
    for entry in table:
        name, length = entry["name"], entry["length"]
        if not isinstance(name, str) or name in arrays:
            raise FileFormatError(f"the array {name!r} occurs twice or has no name")
        if entry["dtype"] not in _DTYPES or type(length) is not int or length < 0:
            raise FileFormatError(f"the array {name!r} has an unknown type or length")
        dtype = np.dtype(entry["dtype"])
        stop = first + length * dtype.itemsize
        if start + entry["offset"] != first or aligned(stop) > content.data.size:
            raise FileFormatError(f"the array {name!r} is not where it must be, or lies outside the file")
        raw = content.data[first:stop]
        if full and checksum(raw) != entry["checksum"]:
            raise FileFormatError(f"the array {name!r} is damaged")
        arrays[name] = np.asarray(raw.view(dtype))
        arrays[name].flags.writeable = False
        first = aligned(stop)
        _check_zeros(content, stop, first)
    if first != content.data.size:
        raise FileFormatError("the arrays do not fill the file")
    return arrays


def _check_zeros(content: Content, first: int, stop: int) -> None:
    if content.data[first:stop].any():
        raise FileFormatError("the bytes between the arrays are damaged")


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    return array.reshape(-1).view(np.uint8)


def aligned(offset: int) -> int:
    """Return the first place for an array at or after a position."""
    return -(-offset // _ALIGN) * _ALIGN
