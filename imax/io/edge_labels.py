"""From the ids and names of an edge list to node indices."""

from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..errors import FileFormatError
from .text import Content

__all__ = ["Parsed", "Table", "named", "numbered"]

Labels: TypeAlias = "tuple[NDArray[np.int64] | list[str] | None, int]"

_ROOM = 512  # keys in a new table


class Table:
    """A hash table that numbers keys by first appearance: ids, or names whose bytes are kept in a blob.

    Attributes
    ----------
    slots, keys, hashes, blob : numpy.ndarray
        As the kernels take them; `keys` has the ids, or where each name ends in `blob`.
    """

    def __init__(self, *, blob: bool) -> None:
        self.slots = _empty_slots(_ROOM)
        self.keys = np.empty(_ROOM, np.int64)
        self.hashes = np.empty(_ROOM, np.int64)
        self.blob = np.empty(16 * _ROOM * blob, np.uint8)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What `parse_names` takes."""
        return self.slots, self.keys, self.hashes, self.blob

    def grow(self, used: int) -> None:
        """Double the room."""
        from ..kernels.numbering import refill

        self.keys, self.hashes, self.blob = _longer(self.keys), _longer(self.hashes), _longer(self.blob)
        self.slots = _empty_slots(self.keys.size)
        refill(self.slots, self.hashes, used)

    def trim(self, used: int, size: int = 0) -> None:
        """Keep the keys alone."""
        self.keys, self.hashes, self.blob = self.keys[:used], self.hashes[:used], self.blob[:size]
        self.slots = self.slots[:0]


def _empty_slots(room: int) -> NDArray[np.int64]:
    """Return a table that is at most half full with so many keys; its size is a power of two."""
    return np.full(2 << max(room - 1, 1).bit_length(), -1, np.int64)


def _longer(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.empty_like(array)])


@dataclass
class Parsed:
    """What the kernels made of a range of lines, before its labels are settled."""

    src: NDArray[Any]
    dst: NDArray[Any]
    column: NDArray[np.float32] | None
    counts: list[int]
    bad: int
    columns: int
    largest: int
    tables: list[Table]


def numbered(parsed: Parsed, threads: int) -> Labels:
    """Turn ids into node indices, in ascending order of ids; return the labels, and how many there are."""
    dense = parsed.largest <= 4 * parsed.src.size + 1_000_000
    labels = _present(parsed, threads) if dense else _sparse(parsed, threads)
    n = int(labels.size)
    return (None if parsed.largest == n - 1 else labels), n


def _apply(parsed: Parsed, ranges: list[tuple[int, int]], tables: list[Any], threads: int) -> None:
    """Send both ends of every range of arcs through the range's table."""
    from ..kernels.numbering import relabel

    narrow = parsed.src.dtype == np.int32
    ends = []
    tasks = []
    for ids in (parsed.src, parsed.dst):
        out = ids if narrow else np.empty(ids.size, np.int32)
        ends.append(out)
        tasks += [partial(relabel, ids, a, b, t, out) for (a, b), t in zip(ranges, tables, strict=True)]
    parallel.run(tasks, threads)
    parsed.src, parsed.dst = ends


def _present(parsed: Parsed, threads: int) -> NDArray[np.int64]:
    """Renumber ids through a table as long as the largest of them."""
    from ..kernels.numbering import mark

    seen = np.zeros(parsed.largest + 1, np.uint8)
    ranges = parallel.slices(parsed.src.size, threads)
    parallel.run([partial(mark, ids, a, b, seen) for ids in (parsed.src, parsed.dst) for a, b in ranges], threads)
    labels = np.flatnonzero(seen)
    if labels.size < seen.size or parsed.src.dtype != np.int32:
        table = np.empty(seen.size, np.int32)
        table[labels] = np.arange(labels.size, dtype=np.int32)
        _apply(parsed, ranges, [table] * len(ranges), threads)
    return labels


def _sparse(parsed: Parsed, threads: int) -> NDArray[np.int64]:
    """Renumber ids through hash tables: one for each range, then one order for all."""
    ranges = parallel.slices(parsed.src.size, threads)
    known = parallel.run([partial(_intern, parsed, a, b) for a, b in ranges], threads)
    labels = np.unique(np.concatenate(known))
    tables = [np.searchsorted(labels, part).astype(np.int32) for part in known]
    _apply(parsed, ranges, tables, threads)
    return labels


def _intern(parsed: Parsed, start: int, stop: int) -> NDArray[np.int64]:
    """Give the ids of one range numbers, in place; return what the numbers stand for."""
    from ..kernels.numbering import intern_ids

    table = Table(blob=False)
    used = 0
    while start < stop:
        start, used = intern_ids(parsed.src, parsed.dst, start, stop, table.slots, table.keys, table.hashes, used)
        if start < stop:
            table.grow(used)
    return table.keys[:used]


def named(content: Content, parsed: Parsed, threads: int) -> Labels:
    """Turn the blocks' own numbers into node indices, in order of appearance; return the labels."""
    from ..kernels.numbering import merge_names

    parts = parsed.tables
    shifts = accumulate([0, *(part.blob.size for part in parts[:-1])])
    blob = np.concatenate([part.blob for part in parts])
    ends = np.concatenate([part.keys + shift for part, shift in zip(parts, shifts, strict=True)])
    hashes = np.concatenate([part.hashes for part in parts])
    numbers, keep = np.empty(ends.size, np.int32), np.empty(ends.size, np.int64)
    keep = keep[: merge_names(blob, ends, hashes, _empty_slots(ends.size), numbers, keep)]
    cuts = list(accumulate(part.keys.size for part in parts))[:-1]
    _apply(parsed, list(pairwise([0, *accumulate(parsed.counts)])), np.split(numbers, cuts), threads)
    starts = np.concatenate([[0], ends[:-1]])[keep].tolist()
    raw = blob.tobytes()
    labels = []
    for start, stop in zip(starts, ends[keep].tolist(), strict=True):
        try:
            labels.append(raw[start:stop].decode("utf-8"))
        except UnicodeDecodeError:
            raise _not_utf8(content, raw[start:stop]) from None
    return labels, len(labels)


def _not_utf8(content: Content, name: bytes) -> FileFormatError:
    """Return the error for the first line of arcs that holds a name."""
    start = content.text_start()
    while start < content.data.size:
        stop = content.line_end(start)
        line = content.data[start:stop].tobytes().strip()
        if name in line and line[:1] not in (b"#", b"%"):
            break
        start = stop + 1
    return content.error(start, "the label is not UTF-8 in {line}; save the file as UTF-8")
