"""Columns of Parquet and Arrow files, read through pyarrow. Only the columns that are needed are read."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, chain
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import FileFormatError
from ..graph.edge_columns import ColumnChoice
from .tables import decoded_nbytes, open_parquet, read_batches
from .text import Content

__all__ = ["ArrowFile", "EdgeTable", "numbers_of", "open_arrow_file"]

_ROWS = 1 << 16  # rows read at a time: their cells stay in the cache of the processor while they are copied
_CELLS = 24  # bytes that a row takes while labels become indices
_LARGEST_INT32 = 2**31 - 1


class EdgeTable(NamedTuple):
    """The columns of an edge table. Each is a chunked array of pyarrow; ids may be an array of int32, which is faster.

    Attributes
    ----------
    source, target : pyarrow.ChunkedArray or numpy.ndarray of int32
    weight : pyarrow.ChunkedArray or None
    """

    source: Any
    target: Any
    weight: Any


class ArrowFile(Protocol):
    """An open file: the names of all its columns, and a function that reads those of the arcs."""

    names: list[str]

    def read(self, choice: ColumnChoice, threads: int) -> EdgeTable | None:
        """Return the chosen columns; None if the file has no rows."""


def open_arrow_file(content: Content, kind: str) -> ArrowFile:
    """Return a file of one of `imax.io.formats.TABLE_FORMATS`."""
    return _Parquet(content) if kind == "Parquet" else _Arrow(content, kind)


class _Batches:
    """Reads batches, checks them and counts their memory."""

    def __init__(self, content: Content, kind: str) -> None:
        self.content = content
        self.kind = kind
        self.taken = 0

    def checked(self, batch: Any) -> Any:
        """Return a batch without dictionaries, after a check of its cells and of the memory that all batches take."""
        import pyarrow as pa

        batch.validate(full=True)
        self.count(sum(map(decoded_nbytes, batch.columns)) + _CELLS * batch.num_rows)
        if not any(pa.types.is_dictionary(column.type) for column in batch.columns):
            return batch
        plain = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
        return pa.record_batch(plain, names=batch.schema.names)

    def count(self, size: int) -> None:
        """Count memory that stays in use; a few bytes of a file can stand for many equal values."""
        self.taken += size
        self.content.require_memory(self.taken, f"the rows of its {self.kind} data take")

    def table(self, batches: list[Any], choice: ColumnChoice, names: list[str]) -> EdgeTable | None:
        """Return the columns of batches as chunked arrays."""
        import pyarrow as pa

        if not batches:
            return None
        columns = [
            None if place is None else pa.chunked_array([batch.column(names[place]) for batch in batches])
            for place in choice[:3]
        ]
        return EdgeTable(*columns)


class _Parquet:
    """A Parquet file. Threads read its row groups, not pyarrow's threads, which abort a process that ends soon."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.file = open_parquet(content)
        rows = self.file.metadata.num_rows
        content.require_memory(_CELLS * rows, f"the {rows:,} rows that it announces take")
        self.names = [str(name) for name in self.file.schema_arrow.names]

    def read(self, choice: ColumnChoice, threads: int) -> EdgeTable | None:
        import pyarrow as pa

        kinds = [self.file.schema_arrow.field(place).type for place in choice[:2]]
        if all(map(pa.types.is_integer, kinds)) and self.file.metadata.num_rows:
            try:
                return self._read_ids(choice, threads)
            except _NotNarrow:
                pass
        batches = _Batches(self.content, "Parquet")
        used = [self.names[place] for place in choice[:3] if place is not None]

        def read(group: int) -> list[Any]:
            return [batches.checked(batch) for batch in self._batches(group, used)]

        found = list(chain.from_iterable(self._run(read, threads)))
        return batches.table(found, choice, self.names)

    def _read_ids(self, choice: ColumnChoice, threads: int) -> EdgeTable:
        """Read columns of integers straight into arrays of int32."""
        import pyarrow as pa

        source, target, weight = (None if place is None else self.names[place] for place in choice[:3])
        used = [name for name in (source, target, weight) if name is not None]
        metadata = self.file.metadata
        sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        stops = list(accumulate(sizes))
        ends = [np.empty(stops[-1], np.int32) for _ in range(2)]  # freed one by one later
        batches = _Batches(self.content, "Parquet")
        batches.count(_CELLS * stops[-1])

        def read(group: int) -> list[Any]:
            at = stops[group] - sizes[group]
            weights = []
            for batch in self._batches(group, used):
                stop = at + batch.num_rows
                if stop > stops[group]:
                    break
                for name, out in zip((source, target), ends, strict=True):
                    _copy_ids(batch.column(name), out[at:stop])
                if weight is not None:
                    weights.append(batch.column(weight))
                    batches.count(weights[-1].nbytes)
                at = stop
            if at != stops[group]:
                raise FileFormatError(
                    f"{self.content.name}: row group {group + 1} of the Parquet data has another number of rows than "
                    "it announces; write the file again"
                )
            return weights

        found = list(chain.from_iterable(self._run(read, threads)))
        return EdgeTable(ends[0], ends[1], None if weight is None else pa.chunked_array(found))

    def _batches(self, group: int, names: list[str]) -> Iterator[Any]:
        yield from read_batches(self.content, names, _ROWS, metadata=self.file.metadata, groups=[group])

    def _run(self, read: Callable[[int], list[Any]], threads: int) -> list[list[Any]]:
        tasks: list[Callable[[], list[Any]]] = [_load_kernels]
        tasks += [partial(read, group) for group in range(self.file.metadata.num_row_groups)]
        return parallel.run(tasks, threads)[1:]


def _load_kernels() -> list[Any]:
    """Import the kernels that number labels, while other threads decode: Numba takes a tenth of a second to import."""
    from ..kernels import numbering  # noqa: F401

    return []


def numbers_of(column: Any) -> NDArray[Any]:
    """Return an array of integers or floats without missing cells; unlike pyarrow's methods it imports no pandas."""
    name = {"halffloat": "float16", "float": "float32", "double": "float64"}.get(str(column.type), str(column.type))
    dtype: np.dtype[Any] = np.dtype(name)
    if not len(column):
        return np.empty(0, dtype)
    return np.frombuffer(column.buffers()[1], dtype, len(column), column.offset * dtype.itemsize)


class _NotNarrow(Exception):
    """A column of integers has missing cells, or values outside [0, 2**31)."""


def _copy_ids(column: Any, out: NDArray[np.int32]) -> None:
    """Copy integers; raise `_NotNarrow` if they do not fit."""
    if column.null_count:
        raise _NotNarrow
    values = numbers_of(column)
    if values.size and (values.min() < 0 or values.max() > _LARGEST_INT32):
        raise _NotNarrow
    out[:] = values


class _Arrow:
    """A file or stream of Arrow, or a Feather file."""

    def __init__(self, content: Content, kind: str) -> None:
        import pyarrow as pa
        from pyarrow import feather, ipc

        self.content = content
        self.kind = kind
        buffer = pa.py_buffer(content.data)
        if kind == "Feather 1":
            self.batches: Any = feather.read_table(pa.BufferReader(buffer), use_threads=False).to_batches()
            self.names = [] if not self.batches else [str(name) for name in self.batches[0].schema.names]
            return
        if kind == "Arrow":
            file = ipc.open_file(buffer, options=ipc.IpcReadOptions(use_threads=False))
            self.batches = (file.get_batch(i) for i in range(file.num_record_batches))
        else:
            file = self.batches = ipc.open_stream(buffer, options=ipc.IpcReadOptions(use_threads=False))
        self.names = [str(name) for name in file.schema.names]

    def read(self, choice: ColumnChoice, threads: int) -> EdgeTable | None:
        batches = _Batches(self.content, self.kind)
        places = [place for place in choice[:3] if place is not None]
        return batches.table([batches.checked(batch.select(places)) for batch in self.batches], choice, self.names)
