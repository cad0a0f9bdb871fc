"""Reading embeddings from files. For ids, texts and labels see `imax.annotate.item_files`."""

import io
import json
import math
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError, ImaxError
from ..io.tables import read_table, shown
from ..io.text import Content, PathLike, load, number, quoted

__all__ = ["read_embeddings"]

_CHUNK = 1 << 20
_SPARSE = {"data", "format", "shape"}  # arrays of a file that `scipy.sparse.save_npz` wrote


def read_embeddings(
    path: PathLike, *, key: str | None = None, column: str = "embedding", max_memory: int | None = None
) -> Any:
    r"""Read embeddings from a file.

    Parameters
    ----------
    path : str or os.PathLike
        A ``.npy`` or ``.npz`` file, also one of ``scipy.sparse.save_npz``, or a CSV, JSON lines, Parquet or Feather
        file with a column of vectors. In CSV, a vector is one cell: a JSON list, or numbers separated by white space.
    key : str, optional
        The name of the array in an ``.npz`` file. Required if the file has several two-dimensional arrays.
    column : str, default "embedding"
        The name of the column of vectors.
    max_memory : int, optional
        Largest number of bytes that the content, and the array or the objects made of it, may take. Default: three
        quarters of the free memory.

    Returns
    -------
    numpy.ndarray or scipy.sparse.sparray, shape (n_items, n_dimensions)
        With the dtype of the file; float64 for files of text and tables.

    Raises
    ------
    FileFormatError
        If the file cannot be read as embeddings. The message names the file and the line.
    OutOfMemoryBoundError
        If the content exceeds `max_memory`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "items.csv"
    ...     _ = path.write_text("id,embedding\na,1.0 0.5\nb,0.0 2.0\n")
    ...     read_embeddings(path).shape
    (2, 2)
    """
    content = load(path, max_memory)
    head = content.head(6)
    if head == b"\x93NUMPY":
        return _array_of_npy(content)
    if head[:4] == b"PK\x03\x04":
        return _array_of_npz(content, key)
    cells = read_table(content, (column,)).column(column)
    vectors = [_vector(cell, where) for where, cell in cells]
    for (where, _), vector in zip(cells, vectors, strict=True):
        if len(vector) != len(vectors[0]):
            raise FileFormatError(
                f"{where}: the vector has {len(vector)} numbers, but the first vector has {len(vectors[0])}"
            )
    return np.array(vectors, dtype=np.float64)


def _array_of_npy(content: Content) -> NDArray[Any]:
    return _read_array(content, io.BytesIO(content.data.data), int(content.data.size), content.name)


def _array_of_npz(content: Content, key: str | None) -> Any:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content.data.data)) as archive:
            members = {
                info.filename.removesuffix(".npy"): info
                for info in archive.infolist()
                if info.filename.endswith(".npy")
            }
            if not members:
                raise FileFormatError(f"{content.name} has no arrays; save the embeddings with numpy.savez")
            if key is None and set(members) >= _SPARSE:
                content.require_memory(sum(info.file_size for info in archive.infolist()), "the arrays take")
                return _sparse_array(io.BytesIO(content.data.data))
            names = ", ".join(map(shown, list(members)[:10])) + (", ..." if len(members) > 10 else "")
            if key is None:
                tables = []
                for name, info in members.items():
                    with archive.open(info) as stream:
                        if len(_header(stream, f"{content.name}, array {shown(name)}")[0]) == 2:
                            tables.append(name)
                if len(tables) != 1:
                    raise FileFormatError(
                        f"{content.name} has the arrays {names}; name one of them, as in {{key={next(iter(members))}}}",
                        others=("key",),
                    )
                key = tables[0]
            if key not in members:
                raise FileFormatError(f"{content.name} has no array {shown(key)}; its arrays are {names}")
            with archive.open(members[key]) as stream:
                return _read_array(content, stream, members[key].file_size, f"{content.name}, array {shown(key)}")
    except ImaxError:
        raise
    except Exception as error:  # zipfile raises errors of many types for damaged files
        problem = " ".join(str(error).split()) or type(error).__name__
        raise FileFormatError(
            f"{content.name}: the arrays cannot be read ({quoted(problem, 200)}); save them again"
        ) from None


def _sparse_array(stream: IO[bytes]) -> Any:
    """Return the array that ``scipy.sparse.save_npz`` wrote, in compressed rows."""
    from scipy.sparse import csr_array, load_npz

    found = load_npz(stream)
    if found.format in ("csr", "csc", "bsr"):
        found.check_format(full_check=True)  # indices out of range would be read without a check
    return csr_array(found)


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, whether the order is Fortran's, data type, and size of the header of an array in NumPy's format."""
    from numpy.lib import format as npy

    start = stream.tell()
    try:
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version[0]}.{version[1]} of the format is not supported")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran_order, dtype = read(stream)
        if not all(type(size) is int and 0 <= size < 1 << 62 for size in shape):
            raise ValueError(f"the shape {shown(shape)} is not valid")
        if dtype.kind not in "fiub":
            raise ValueError(f"the data type {shown(str(dtype))} is not a type of numbers")
    except Exception as error:  # NumPy evaluates the header as Python code and passes on many types of errors
        problem = " ".join(str(error).split()) or type(error).__name__
        raise FileFormatError(
            f"{name}: the header is damaged ({quoted(problem, 200)}); save the array again with numpy.save"
        ) from None
    return shape, fortran_order, dtype, stream.tell() - start


def _read_array(content: Content, stream: IO[bytes], size: int, name: str) -> NDArray[Any]:
    """Return an array in NumPy's format from a stream of `size` bytes."""
    shape, fortran_order, dtype, n_header = _header(stream, name)
    needed = math.prod(shape) * dtype.itemsize
    if needed != size - n_header:
        raise FileFormatError(
            f"{name}: the header announces {needed:,} bytes, but there are {size - n_header:,}; "
            "the file is cut off or damaged"
        )
    content.require_memory(needed, "the array takes")
    raw = bytearray()
    while len(raw) < needed and (piece := stream.read(min(_CHUNK, needed - len(raw)))):
        raw += piece
    if len(raw) != needed or stream.read(1):  # the second read compares the checksum of an archive
        raise FileFormatError(f"{name}: the array is cut off or damaged; save it again")
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran_order else "C")


def _vector(cell: Any, where: str) -> list[float]:
    try:
        if isinstance(cell, str):
            if not cell.lstrip().startswith("["):
                return [number(value) for value in cell.split()]
            cell = json.loads(cell)
        if isinstance(cell, (str, bytes, dict)):
            raise TypeError
        return [number(value) if isinstance(value, str) else float(value) for value in cell]
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise FileFormatError(f"{where}: not a vector of numbers: {shown(cell)}") from None
