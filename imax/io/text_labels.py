"""Labels in the text of edge lists become node indices: ids in ascending order, names in order of appearance.

For labels that are Python objects see `imax.graph.labelled_arcs`.
"""

import re
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import FileFormatError
from .text import Content

if TYPE_CHECKING:
    from ..kernels.numbering import KeyArrays

__all__ = ["KeyTable", "Parsed", "index_ids", "index_names", "sort_integers"]

LabelsAndCount: TypeAlias = "tuple[NDArray[np.int64] | None, int]"

_FIRST_CAPACITY = 512  # keys in a new table
_NAME = 160  # bytes of a label that is a text, and of its place in the text, as objects
_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")
_WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,18})(?:\.0+)?")


class KeyTable:
    """A hash table that numbers keys by first appearance. Keys are ids, or names.

    Attributes
    ----------
    slots : numpy.ndarray of int64
        Number of the key in each slot, -1 for an empty slot.
    keys : numpy.ndarray of int64
        The ids, or the end of each name in `blob`.
    hashes : numpy.ndarray of int64
        Hash of each key.
    blob : numpy.ndarray of uint8
        Bytes of the names; empty in a table of ids.
    """

    def __init__(self, *, names: bool) -> None:
        self.slots = _empty_slots(_FIRST_CAPACITY)
        self.keys = np.empty(_FIRST_CAPACITY, np.int64)
        self.hashes = np.empty(_FIRST_CAPACITY, np.int64)
        self.blob = np.empty(16 * _FIRST_CAPACITY * names, np.uint8)

    @property
    def arrays(self) -> "KeyArrays":
        """The arrays as `parse_names` takes them."""
        from ..kernels.numbering import KeyArrays

        return KeyArrays(self.slots, self.keys, self.hashes, self.blob)

    def grow(self, used: int) -> None:
        """Double the capacity of a table with `used` keys."""
        from ..kernels.numbering import refill

        self.keys, self.hashes, self.blob = _doubled(self.keys), _doubled(self.hashes), _doubled(self.blob)
        self.slots = _empty_slots(self.keys.size)
        refill(self.slots, self.hashes, used)

    def trim(self, used: int, n_bytes: int = 0) -> None:
        """Free what only the insertion of more keys would need."""
        self.keys, self.hashes, self.blob = self.keys[:used], self.hashes[:used], self.blob[:n_bytes]
        self.slots = self.slots[:0]


def _empty_slots(capacity: int) -> NDArray[np.int64]:
    """Return slots for `capacity` keys: a power of two, at most half of them used."""
    return np.full(2 << max(capacity - 1, 1).bit_length(), -1, np.int64)


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.empty_like(array)])


@dataclass
class Parsed:
    """Result of the kernels for a file, before labels become indices.

    Attributes
    ----------
    source, target : numpy.ndarray of int32 or int64
        Ids; for names the numbers that the table of the block gave them.
    weight : numpy.ndarray of float32 or None
    counts : list of int
        Number of arcs of each block.
    n_bad, n_columns, largest_id : int
        Number of bad lines, largest number of columns of a line, largest id.
    tables : list of KeyTable
        The table of each block of names.
    names : list of str, optional
        The names, if `source` and `target` are already indices of them.
    """

    source: NDArray[Any]
    target: NDArray[Any]
    weight: NDArray[np.float32] | None
    counts: list[int]
    n_bad: int
    n_columns: int
    largest_id: int
    tables: list[KeyTable]
    names: list[str] | None = None


def index_ids(parsed: Parsed, threads: int) -> LabelsAndCount:
    """Replace ids by node indices, in ascending order of the ids; return the labels and their number."""
    dense = parsed.largest_id <= 4 * parsed.source.size + 1_000_000
    labels = _index_dense_ids(parsed, threads) if dense else _index_sparse_ids(parsed, threads)
    n = int(labels.size)
    return (None if parsed.largest_id == n - 1 else labels), n


def _apply(parsed: Parsed, ranges: list[tuple[int, int]], tables: list[Any], threads: int) -> None:
    """Replace the ends of each range of arcs by the entries of the table of the range."""
    from ..kernels.numbering import relabel

    narrow = parsed.source.dtype == np.int32
    ends = []
    tasks = []
    for ids in (parsed.source, parsed.target):
        out = ids if narrow else np.empty(ids.size, np.int32)
        ends.append(out)
        tasks += [partial(relabel, ids, a, b, t, out) for (a, b), t in zip(ranges, tables, strict=True)]
    parallel.run(tasks, threads)
    parsed.source, parsed.target = ends


def _index_dense_ids(parsed: Parsed, threads: int) -> NDArray[np.int64]:
    """Replace ids through a table with an entry for every id up to the largest."""
    from ..kernels.numbering import mark

    seen = np.zeros(parsed.largest_id + 1, np.uint8)
    ranges = parallel.slices(parsed.source.size, threads)
    parallel.run([partial(mark, ids, a, b, seen) for ids in (parsed.source, parsed.target) for a, b in ranges], threads)
    labels = np.flatnonzero(seen)
    if labels.size < seen.size or parsed.source.dtype != np.int32:
        table = np.empty(seen.size, np.int32)
        table[labels] = np.arange(labels.size, dtype=np.int32)
        _apply(parsed, ranges, [table] * len(ranges), threads)
    return labels


def _index_sparse_ids(parsed: Parsed, threads: int) -> NDArray[np.int64]:
    """Replace ids through hash tables, one per range of arcs, which are merged in ascending order of the ids."""
    ranges = parallel.slices(parsed.source.size, threads)
    known = parallel.run([partial(_number_ids, parsed, a, b) for a, b in ranges], threads)
    labels = np.unique(np.concatenate(known))
    tables = [np.searchsorted(labels, part).astype(np.int32) for part in known]
    _apply(parsed, ranges, tables, threads)
    return labels


def _number_ids(parsed: Parsed, start: int, stop: int) -> NDArray[np.int64]:
    """Replace the ids of one range by numbers, in place; return the id of each number."""
    from ..kernels.numbering import intern_ids

    table = KeyTable(names=False)
    used = 0
    while start < stop:
        start, used = intern_ids(parsed.source, parsed.target, start, stop, table.slots, table.keys, table.hashes, used)
        if start < stop:
            table.grow(used)
    return table.keys[:used]


def index_names(content: Content, parsed: Parsed, threads: int) -> tuple[list[str], int]:
    """Replace the numbers of the blocks by node indices, in order of appearance; return the labels and their number."""
    from ..kernels.numbering import merge_names

    if parsed.names is not None:
        return parsed.names, len(parsed.names)
    parts = parsed.tables
    shifts = accumulate([0, *(part.blob.size for part in parts[:-1])])
    blob = np.concatenate([part.blob for part in parts])
    ends = np.concatenate([part.keys + shift for part, shift in zip(parts, shifts, strict=True)])
    hashes = np.concatenate([part.hashes for part in parts])
    numbers, keep = np.empty(ends.size, np.int32), np.empty(ends.size, np.int64)
    keep = keep[: merge_names(blob, ends, hashes, _empty_slots(ends.size), numbers, keep)]
    cuts = list(accumulate(part.keys.size for part in parts))[:-1]
    _apply(parsed, list(pairwise([0, *accumulate(parsed.counts)])), np.split(numbers, cuts), threads)
    needed = _NAME * keep.size + 2 * blob.size
    content.require_memory(needed, f"its {keep.size:,} labels take about {needed:,} bytes,")
    starts = np.concatenate([[0], ends[:-1]])[keep].tolist()
    raw = blob.tobytes()
    labels = []
    for start, stop in zip(starts, ends[keep].tolist(), strict=True):
        try:
            labels.append(raw[start:stop].decode("utf-8"))
        except UnicodeDecodeError:
            raise _not_utf8(content, raw[start:stop]) from None
    return labels, len(labels)


def sort_integers(parsed: Parsed, labels: list[str]) -> NDArray[np.int64] | list[str] | None:
    """Turn labels that are all integers into integers, in ascending order, and renumber the arcs.

    Tables store integers as floats if some are missing, so ``3.0`` is an integer, too, and the same one as ``3``.

    Returns
    -------
    numpy.ndarray, list of str, or None
        The integers; None if they are 0, 1, and so on; the given labels if not all are integers.
    """
    whole = labels
    if not all(map(_INTEGER.fullmatch, labels)):
        if not all(map(_WHOLE.fullmatch, labels)):
            return labels
        whole = [label.partition(".")[0] for label in labels]
    try:
        numbers = np.array(list(map(int, whole)), np.int64)
    except OverflowError:
        return labels
    ids, rank = np.unique(numbers, return_inverse=True)
    rank = rank.astype(np.int32)
    parsed.source, parsed.target = rank[parsed.source], rank[parsed.target]
    return None if ids[0] == 0 and ids[-1] == ids.size - 1 else ids


def _not_utf8(content: Content, name: bytes) -> FileFormatError:
    """Return the error for the first line, other than a comment, that holds a name."""
    start = content.text_start()
    while start < content.data.size:
        stop = content.line_end(start)
        line = content.data[start:stop].tobytes().strip()
        if name in line and line[:1] not in (b"#", b"%"):
            break
        start = stop + 1
    return content.error(start, "the label is not UTF-8 in {line}; save the file as UTF-8")
