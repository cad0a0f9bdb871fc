"""The binary format: a description and arrays in one file. Arrays are mapped into memory, not read.

Layout: 8 bytes of magic; the length of the header and its CRC-32 (both uint32, little-endian); the header in JSON
(format, version of imax, description, and a table of arrays: name, dtype, shape, offset, CRC-32); the arrays, each at a
multiple of 64 bytes from the start of the file.
"""

import json
import math
import struct
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import FileFormatError, ImaxError, InvalidGraphError
from .text import Content, PathLike, load, write_bytes

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["check_graph", "from_content", "is_binary", "read_arrays", "read_binary", "write_arrays", "write_binary"]

Made = TypeVar("Made")

MAGIC = b"IMAXGRF1"
FORMAT = 1
_FIXED = struct.Struct("<8sII")
_ALIGN = 64
_DTYPES = ("<i4", "<i8", "<f4", "<f8", "|u1")
_LONGEST_HEADER = 1 << 26


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

    write_arrays(path, MAGIC, *to_parts(graph))


def write_arrays(path: PathLike, magic: bytes, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Write a description and arrays to one file that begins with 8 bytes of magic: all or nothing."""
    stored = {name: np.ascontiguousarray(array, _little(array.dtype)) for name, array in arrays.items()}
    offset = 0
    table = []
    for name, array in stored.items():
        table.append(
            {
                "name": name,
                "dtype": array.dtype.str,
                "shape": list(array.shape),
                "offset": offset,
                "crc32": zlib.crc32(_bytes(array)),
            }
        )
        offset = _aligned(offset + array.nbytes)
    header = json.dumps(
        {
            "format": FORMAT,
            "imax": __version__,
            "order": "little",
            "meta": meta,
            "size": offset,
            "arrays": table,
        }
    ).encode()
    start = _aligned(_FIXED.size + len(header))
    parts: list[bytes | memoryview] = [_FIXED.pack(magic, len(header), zlib.crc32(header)), header]
    parts.append(bytes(start - _FIXED.size - len(header)))
    for array in stored.values():
        parts += [_bytes(array), bytes(_aligned(array.nbytes) - array.nbytes)]
    write_bytes(path, parts)


def read_binary(path: PathLike, *, verify: bool = False) -> "InfluenceGraph":
    """Open a graph that `write_binary` wrote.

    Parameters
    ----------
    path : str or os.PathLike
        The file. It must not change while the graph is in use.
    verify : bool, default False
        Whether to read all arrays and compare their checksums. The checksum of the header is always compared.

    Returns
    -------
    InfluenceGraph
        Its arrays are read-only views of the file.

    Raises
    ------
    NoSuchFileError
        If the file does not exist or is a folder.
    FileFormatError
        If the file is not a graph written by imax, is cut off or damaged, or was written by a later version.

    Examples
    --------
    See `write_binary`.
    """
    return from_content(load(path), verify=verify)


def is_binary(content: Content) -> bool:
    """Return whether the bytes start like those of a graph written by imax."""
    return content.head(len(MAGIC)) == MAGIC


def from_content(content: Content, *, verify: bool = False) -> "InfluenceGraph":
    """Return the graph in the bytes of a file."""
    from ..graph.parts import from_parts

    def make(meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "InfluenceGraph":
        graph = from_parts(meta, arrays)
        check_graph(graph)
        return graph

    return read_arrays(content, MAGIC, "graph", make, verify=verify)


def read_arrays(
    content: Content,
    magic: bytes,
    what: str,
    make: Callable[[dict[str, Any], dict[str, NDArray[Any]]], Made],
    *,
    verify: bool = False,
) -> Made:
    """Return ``make(description, arrays)`` for the bytes of a file; `what` names the content in messages.

    Raises
    ------
    FileFormatError
        If the file has another magic, is cut off, damaged or of a later version, or its parts do not fit each other.
    """
    header, start = _header(content, magic, what)
    try:
        arrays = {entry["name"]: _view(content, start, entry, verify) for entry in header["arrays"]}
        return make(header["meta"], arrays)
    except FileFormatError as error:
        raise _broken(content, str(error)) from None
    except (ImaxError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise _broken(content, f"its parts do not fit ({type(error).__name__}: {error})") from None


def check_graph(graph: "InfluenceGraph") -> None:
    """Raise an error for arrays with which a kernel would access memory out of bounds."""
    n, ptr = graph.n_nodes, graph.in_ptr
    if ptr[0] != 0 or ptr[-1] != graph.n_arcs or bool((ptr[1:] < ptr[:-1]).any()):
        raise InvalidGraphError("the rows do not cover the arcs")
    for name, array in (("in_idx", graph.in_idx), ("index", graph.index)):
        if int(array.view(np.uint32).max(initial=0)) >= max(n, 1):  # as unsigned numbers, negative ones are large
            raise InvalidGraphError(f"{name} names a node beyond {n - 1}")
    if np.count_nonzero(np.bincount(graph.index, minlength=n)) != n:
        raise InvalidGraphError("index does not name every node")


def _broken(content: Content, problem: str) -> FileFormatError:
    return FileFormatError(f"{content.name}: {problem}; write the file again from its source")


def _header(content: Content, magic: bytes, what: str) -> tuple[dict[str, Any], int]:
    """Return the header and the position of the arrays."""
    head = content.head(_FIXED.size)
    if head[: len(magic)] != magic:
        hint = "; read_graph reads text formats" if magic == MAGIC else ""
        raise FileFormatError(f"{content.name}: not a {what} written by imax{hint}")
    if len(head) < _FIXED.size:
        raise _broken(content, "the file is cut off")
    _, length, checksum = _FIXED.unpack(head)
    stop = _FIXED.size + length
    if length > _LONGEST_HEADER or stop > content.data.size:
        raise _broken(content, "the file is cut off or damaged")
    raw = content.data[_FIXED.size : stop].tobytes()
    if zlib.crc32(raw) != checksum:
        raise _broken(content, "the header is damaged")
    try:
        header = json.loads(raw)
        version, size = int(header["format"]), int(header["size"])
    except (ValueError, KeyError, TypeError):
        raise _broken(content, "the header is damaged") from None
    if version != FORMAT:
        raise FileFormatError(
            f"{content.name}: written in format {version} by imax {header.get('imax')}, this version reads "
            f"format {FORMAT}; update imax or write the file again"
        )
    start = _aligned(stop)
    if content.data.size != start + size:
        raise _broken(content, f"the file has {content.data.size} bytes instead of {start + size}")
    return header, start


def _view(content: Content, start: int, entry: dict[str, Any], verify: bool) -> NDArray[Any]:
    """Return one array as a view of the file."""
    shape = tuple(int(size) for size in entry["shape"])
    if entry["dtype"] not in _DTYPES or len(shape) != 1 or shape[0] < 0:
        raise FileFormatError(f"the array {entry['name']!r} has an unknown type or shape")
    dtype = np.dtype(entry["dtype"])
    first = start + int(entry["offset"])
    stop = first + math.prod(shape) * dtype.itemsize
    if first < start or first % _ALIGN or stop > content.data.size:
        raise FileFormatError(f"the array {entry['name']!r} lies outside the file")
    raw = content.data[first:stop]
    if verify and zlib.crc32(_bytes(raw)) != entry["crc32"]:
        raise FileFormatError(f"the array {entry['name']!r} is damaged")
    return np.asarray(raw.view(dtype)).reshape(shape)


def _little(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.newbyteorder("<")


def _bytes(array: NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGN) * _ALIGN
