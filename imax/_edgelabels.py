"""From the ids and names of an edge list to node indices."""

from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _threads
from .errors import FileFormatError
from .textfile import Content

__all__ = ["Parsed", "named", "numbered"]

Labels: TypeAlias = "tuple[NDArray[np.int64] | list[str] | None, int]"


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
    tables: list[Any]


def numbered(parsed: Parsed, threads: int) -> Labels:
    """Turn ids into node indices, in ascending order of ids; return the labels, and how many there are."""
    dense = parsed.largest <= 4 * parsed.src.size + 1_000_000
    labels = _present(parsed, threads) if dense else _sparse(parsed, threads)
    n = int(labels.size)
    return (None if parsed.largest == n - 1 else labels), n


def _apply(parsed: Parsed, ranges: list[tuple[int, int]], tables: list[Any], threads: int) -> None:
    """Send both ends of every range of arcs through the range's table."""
    from .kernels.labels import relabel

    narrow = parsed.src.dtype == np.int32
    ends = []
    tasks = []
    for ids in (parsed.src, parsed.dst):
        out = ids if narrow else np.empty(ids.size, np.int32)
        ends.append(out)
        tasks += [partial(relabel, ids, a, b, t, out) for (a, b), t in zip(ranges, tables, strict=True)]
    _threads.run(tasks, threads)
    parsed.src, parsed.dst = ends


def _present(parsed: Parsed, threads: int) -> NDArray[np.int64]:
    """Renumber ids through a table as long as the largest of them."""
    from .kernels.labels import mark

    seen = np.zeros(parsed.largest + 1, np.uint8)
    ranges = _threads.slices(parsed.src.size, threads)
    _threads.run(
        [partial(mark, ids, a, b, seen) for ids in (parsed.src, parsed.dst) for a, b in ranges], threads
    )
    labels = np.flatnonzero(seen)
    if labels.size < seen.size or parsed.src.dtype != np.int32:
        table = np.empty(seen.size, np.int32)
        table[labels] = np.arange(labels.size, dtype=np.int32)
        _apply(parsed, ranges, [table] * len(ranges), threads)
    return labels


def _sparse(parsed: Parsed, threads: int) -> NDArray[np.int64]:
    """Renumber ids through hash tables: one for each range, then one order for all."""
    from .kernels.labels import intern_ids

    ranges = _threads.slices(parsed.src.size, threads)
    known = _threads.run([partial(intern_ids, parsed.src, parsed.dst, a, b) for a, b in ranges], threads)
    labels = np.unique(np.concatenate(known))
    tables = [np.searchsorted(labels, part).astype(np.int32) for part in known]
    _apply(parsed, ranges, tables, threads)
    return labels


def named(content: Content, parsed: Parsed, threads: int) -> Labels:
    """Turn the blocks' own numbers into node indices, in order of appearance; return the labels."""
    from .kernels.labels import merge_names

    shifts = [0, *accumulate(blob.size for blob, _, _ in parsed.tables)]
    blob = np.concatenate([part[0] for part in parsed.tables])
    ends = np.concatenate([part[1] + shift for part, shift in zip(parsed.tables, shifts, strict=False)])
    numbers, keep = merge_names(blob, ends, np.concatenate([part[2] for part in parsed.tables]))
    cuts = list(accumulate(part[1].size for part in parsed.tables))[:-1]
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
