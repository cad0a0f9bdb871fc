"""Files of edges as chunks of arcs, for graphs that do not fit into memory.

A file is read twice: first to find the labels, then to yield the arcs between node indices. Only integer labels are
supported: labels of text would have to be kept in memory.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError
from ..graph.edge_columns import choose_columns
from .edge_list import integer_arcs, text_doubts, text_notes
from .external import Chunk
from .formats import format_of
from .headers import Shape, shape_of
from .other_shapes import undirected_doubts
from .read_options import ReadOptions
from .text import Content, PathLike, is_compressed, load, unreadable

__all__ = ["FileChunks", "file_chunks"]

_SEGMENT = 1 << 26  # bytes of text that are parsed at a time
_ROWS = 1 << 21
_DENSE = 1 << 28  # ids below this are marked in an array of bytes

Ids = tuple[NDArray[Any], NDArray[Any], NDArray[np.float32] | None]


class _TextLabels(Exception):
    """A label is not an integer."""


class _IdSet:
    """The distinct ids of a file, and their ranks."""

    def __init__(self) -> None:
        self._seen = np.zeros(1 << 16, dtype=np.bool_)
        self._large = np.empty(0, dtype=np.int64)

    def add(self, ids: NDArray[Any]) -> None:
        """Add ids."""
        low = ids[ids < _DENSE]
        if low.size:
            top = int(low.max()) + 1
            if top > self._seen.size:
                grown = np.zeros(min(_DENSE, max(top, 2 * self._seen.size)), dtype=np.bool_)
                grown[: self._seen.size] = self._seen
                self._seen = grown
            self._seen[low] = True
        if low.size < ids.size:
            self._large = np.union1d(self._large, ids[ids >= _DENSE].astype(np.int64))

    def labels(self) -> NDArray[np.int64]:
        """Return the ids in ascending order."""
        return np.concatenate([np.flatnonzero(self._seen), self._large])

    def ranker(self) -> Callable[[NDArray[Any]], NDArray[np.int32]]:
        """Return a function from ids to node indices."""
        rank = np.cumsum(self._seen, dtype=np.int32) - np.int32(1)
        n_low = int(rank[-1]) + 1

        def ranks(ids: NDArray[Any]) -> NDArray[np.int32]:
            if not self._large.size:
                small: NDArray[np.int32] = rank[ids]
                return small
            is_low = ids < _DENSE
            found = np.empty(ids.size, dtype=np.int32)
            found[is_low] = rank[ids[is_low]]
            found[~is_low] = n_low + np.searchsorted(self._large, ids[~is_low])
            return found

        return ranks


@dataclass
class FileChunks:
    """A file as chunks of arcs; see `imax.io.external.ArcChunks`.

    Attributes
    ----------
    parts : callable
        Returns an iterator over the ids of the ends and the values of the arcs, part by part.
    """

    parts: Callable[[], Iterator[Ids]]
    directed: bool
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    bad_lines: int = 0
    n_nodes: int = 0
    n_given: int = 0
    labels: NDArray[np.int64] | None = None
    _ranks: Callable[[NDArray[Any]], NDArray[np.int32]] | None = field(default=None, repr=False)

    def find_labels(self) -> "FileChunks":
        """Read the file once, to find its labels and count its arcs."""
        ids = _IdSet()
        for source, target, _ in self.parts():
            ids.add(source)
            ids.add(target)
            self.n_given += source.size
        labels = ids.labels()
        self.n_nodes = labels.size
        if labels.size and labels[-1] != labels.size - 1:
            self.labels = labels
            self._ranks = ids.ranker()
        return self

    def __iter__(self) -> Iterator[Chunk]:
        for source, target, weight in self.parts():
            ends = (source, target) if self._ranks is None else (self._ranks(source), self._ranks(target))
            yield Chunk(ends[0].astype(np.int32, copy=False), ends[1].astype(np.int32, copy=False), weight)


def file_chunks(path: PathLike, options: ReadOptions, directed: bool, threads: int) -> FileChunks | None:
    """Return a file as chunks of arcs; None if it can only be read as a whole.

    That is the case for standard input, compressed files, formats other than edge lists and Parquet, tables of many
    columns and labels that are not integers.
    """
    if os.fspath(path) == "-" or not Path(path).is_file() or is_compressed(path):
        return None
    content = load(path)  # mapped, or small
    if content.data.size != Path(path).stat().st_size:  # UTF-16
        return None
    kind = format_of(content)
    chunks = None
    if kind == "Parquet":
        chunks = _parquet_chunks(path, content, options, directed)
    elif kind == "edge list":
        chunks = _text_chunks(Path(path), content, options, directed, threads)
    # the reader of whole files has the message on files without arcs
    return chunks if chunks is not None and chunks.n_given else None


def _text_chunks(path: Path, content: Content, options: ReadOptions, directed: bool, threads: int) -> FileChunks | None:
    """Return a text file with integer labels as chunks."""
    content.require_text()
    shape = shape_of(content, options)
    if shape.width or shape.counts is not None:
        return None
    text = _Text(path, content.name, shape, options, threads)
    chunks = FileChunks(text.parts, directed)
    try:
        chunks.find_labels()
    except _TextLabels:
        return None
    chunks.bad_lines = text.n_bad
    chunks.doubts = (
        *shape.doubts,
        *text_doubts(text.n_columns, shape),
        *(undirected_doubts(content) if directed else ()),
    )
    chunks.notes = (*chunks.doubts, *shape.notes, *text_notes(text.n_columns, text.n_bad, options, shape))
    return chunks


@dataclass(frozen=True)
class _Segment(Content):
    """Whole lines of a file, after `lines_before` others."""

    lines_before: int = 0

    def line_number(self, start: int) -> int:
        """Return the number, from 1, of the line that starts at a position."""
        return self.lines_before + super().line_number(start)


class _Text:
    """A text file of integer ids, read in segments."""

    def __init__(self, path: Path, name: str, shape: Shape, options: ReadOptions, threads: int) -> None:
        self.path, self.name, self.shape, self.options, self.threads = path, name, shape, options, threads
        self.n_bad = self.n_columns = 0

    def _read(self, file: BinaryIO) -> bytes:
        try:
            return file.read(_SEGMENT)
        except OSError as error:
            raise unreadable(self.name, error) from None

    def parts(self) -> Iterator[Ids]:
        """Yield the ids and values of one segment after the other."""
        self.n_bad = self.n_columns = lines = 0
        start = self.shape.start
        with self.path.open("rb") as file:
            rest = b""
            while True:
                data = self._read(file)
                text = rest + data
                cut = len(text) if not data else text.rfind(b"\n") + 1
                text, rest = text[:cut], text[cut:]
                if len(rest) > _SEGMENT:
                    number = lines + text.count(b"\n") + 1
                    raise FileFormatError(
                        f"{self.name}:{number}: a line of more than {_SEGMENT:,} bytes is no arc; give lines of two or "
                        "three columns"
                    )
                if text:
                    segment = _Segment(self.name, np.frombuffer(text, np.uint8), lines_before=lines)
                    parsed = integer_arcs(segment, start, self.options, self.threads)
                    if parsed is None:
                        raise _TextLabels
                    self.n_bad += parsed.n_bad
                    self.n_columns = max(self.n_columns, parsed.n_columns)
                    lines += text.count(b"\n")
                    start = 0
                    yield parsed.source, parsed.target, parsed.weight
                if not data:
                    return


def _parquet_chunks(path: PathLike, content: Content, options: ReadOptions, directed: bool) -> FileChunks | None:
    """Return a Parquet file with integer labels as chunks."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:
        schema = file.schema_arrow
    names = [str(name) for name in schema.names]
    choice = choose_columns(names, options.columns, wants_weight=options.third is not None, table=content.name)
    columns = [names[place] for place in choice[:3] if place is not None]
    if not all(str(schema.field(column).type).startswith(("int", "uint")) for column in columns[:2]):
        return None

    def parts() -> Iterator[Ids]:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for number, batch in enumerate(file.iter_batches(batch_size=_ROWS, columns=columns, use_threads=False)):
                yield _ids_of(batch, columns, content.name, options, number * _ROWS)

    return FileChunks(parts, directed, (*choice.doubts, *choice.notes), choice.doubts).find_labels()


def _ids_of(batch: Any, columns: list[str], name: str, options: ReadOptions, before: int) -> Ids:
    """Return the ids and values of a batch of rows."""
    if any(batch.column(column).null_count for column in columns):
        raise FileFormatError(
            f"{name}: a row after row {before} has an empty cell; drop it, or convert without a memory limit"
        )
    ends = [batch.column(column).to_numpy().astype(np.int64) for column in columns[:2]]
    if any(end.size and int(end.min()) < 0 for end in ends):
        raise FileFormatError(f"{name}: a row after row {before} has a negative label; convert without a memory limit")
    weight = None
    if options.third is not None:
        weight = batch.column(columns[2]).to_numpy(zero_copy_only=False).astype(np.float32)
        if not ((weight >= options.third.low) & (weight <= options.third.high)).all():
            raise FileFormatError(
                f"{name}: the column of the weights must be {options.third.description}; a row after row {before} "
                "is not"
            )
    return ends[0], ends[1], weight
