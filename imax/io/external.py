"""Graphs that do not fit into memory: from chunks of arcs to a binary file, by way of scratch files.

1. The arcs are partitioned by target into buckets, one scratch file for each.
2. Each bucket is sorted and merged, which gives the degrees of the nodes and with them the internal ids.
3. Each bucket is sorted and merged again, and its arcs go, by internal id, to the scratch file of a range of rows.
4. The ranges are sorted one after the other and appended to the binary file.

The file is the same, byte for byte, as if the graph were built in memory and written by `write_binary`.
"""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .._utils import check, parallel
from .._utils.progress import Switch, followed, function_of, text_step
from ..errors import InvalidArgumentError, InvalidGraphError, OutOfMemoryBoundError
from ..graph.probabilities import parse
from ..graph.report import BuildReport
from .binary import GRAPH
from .scratch import WORD, ScratchFiles, write_all
from .streamed import ArrayWriter, write_streamed
from .text import PathLike

__all__ = ["ArcChunks", "Chunk", "Converted", "convert_in_parts", "supports_parts"]

_MULTIPLIER = 0x9E3779B1  # odd: its product with an id, modulo a power of two, is a permutation of the ids
_MAX_PARTS = 256  # open files, twice as many with values
_VALUE = 4  # bytes of the value of an arc
_COPIES = 3  # of a part, in the busiest step: the words, what they are sorted into, and the output
_NODE_BYTES = 40  # for each node: degrees, ids, pointers and what they are computed from
_SMALLEST_PART = 1 << 12


class Chunk(NamedTuple):
    """Arcs between node indices; `weight` is None for arcs without values."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.float32] | None


class ArcChunks(Protocol):
    """A graph as chunks of arcs.

    Attributes
    ----------
    n_nodes, n_given : int
        Number of nodes, and of arcs or undirected edges.
    labels : numpy.ndarray of int64 or None
        Labels of the nodes; None: the indices.
    directed : bool
        False: each entry stands for two arcs.
    bad_lines : int
    notes, doubts : tuple of str
        As in `BuildReport`.
    """

    n_nodes: int
    n_given: int
    labels: NDArray[np.int64] | None
    directed: bool
    bad_lines: int
    notes: tuple[str, ...]
    doubts: tuple[str, ...]

    def __iter__(self) -> Iterator[Chunk]: ...


@dataclass(frozen=True)
class Converted:
    """What a binary file holds after the conversion.

    Attributes
    ----------
    n_nodes, n_arcs : int
    n_parts : int
        Number of scratch files of each step.
    report : BuildReport
    """

    n_nodes: int
    n_arcs: int
    n_parts: int
    report: BuildReport


def supports_parts(probability: str, multi_edges: str) -> bool:
    """Return whether `convert_in_parts` can assign these probabilities: they must not need all arcs at once."""
    scheme, _ = parse(probability)
    if scheme.name == "column":
        return True
    return scheme.name in ("weighted_cascade", "lt_uniform", "uniform") and multi_edges != "combine"


@followed(text_step)
def convert_in_parts(
    arcs: ArcChunks,
    path: PathLike,
    *,
    probability: str = "weighted_cascade",
    multi_edges: str = "merge",
    max_memory: int | str = "4GiB",
    threads: int | None = None,
    progress: Switch = None,
) -> Converted:
    """Write a graph to a binary file with bounded memory.

    Parameters
    ----------
    arcs : ArcChunks
    path : str or os.PathLike
        The binary file. The scratch files are in a folder next to it, and take about 8 bytes per arc, with values 12.
        They are removed at the end, also after an error or an interrupt.
    probability : str, default "weighted_cascade"
        ``"weighted_cascade"``, ``"lt_uniform"``, ``"uniform:P"`` or ``"column"``.
    multi_edges : {"merge", "combine", "error"}, default "merge"
        As in `InfluenceGraph.from_arrays`; ``"combine"`` needs ``"column"``.
    max_memory : int or str, default "4GiB"
        Limit on the memory of the conversion. It is a limit for the arcs: a node takes about 40 bytes in any case.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores. The file does not depend on it.
    progress : bool or callable, default False
        True shows what is done. A function is called with a line of text now and then.

    Returns
    -------
    Converted

    Raises
    ------
    InvalidArgumentError
        If the file cannot be written or the scheme is not supported.
    InvalidGraphError
        For parallel arcs with ``multi_edges="error"``, or probabilities outside [0, 1].
    OutOfMemoryBoundError
        If `max_memory` is too small for the number of nodes.
    """
    if not supports_parts(probability, multi_edges):
        raise InvalidArgumentError(
            f"probability {probability!r} with {{multi_edges={multi_edges}}} needs all arcs at once; convert with "
            "weighted_cascade and choose the scheme when the file is read, or leave out {max_memory}",
            argument="probability",
            others=("multi_edges", "max_memory"),
        )
    limit = check.memory_bytes(max_memory)
    assert limit is not None
    target = Path(path).resolve()
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name[:100]}.imax-", suffix=".scratch", dir=target.parent))
    except OSError as error:
        raise InvalidArgumentError(
            f"path: cannot write {os.fspath(path)}: {error.strerror or error}; name a file in a folder that can be "
            "written to",
            argument="path",
        ) from None
    try:
        work = _Conversion(arcs, folder, probability, multi_edges, limit, check.threads(threads), function_of(progress))
        return work.run(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Conversion:
    """One conversion with its scratch files."""

    def __init__(
        self,
        arcs: ArcChunks,
        folder: Path,
        probability: str,
        multi_edges: str,
        limit: int,
        threads: int,
        progress: Callable[[str], Any] | None,
    ) -> None:
        self.arcs = arcs
        self.probability = probability
        self.multi_edges = multi_edges
        self.threads = threads
        self.progress = progress or (lambda text: None)
        self.weighted = parse(probability)[0].name == "column"
        n = arcs.n_nodes
        self.bits = max(1, (n - 1).bit_length())
        fixed = n * _NODE_BYTES
        n_words = arcs.n_given * (1 if arcs.directed else 2)
        room = limit - fixed
        part = max(_SMALLEST_PART, room // (threads * _COPIES * (WORD + (3 * _VALUE if self.weighted else 0))))
        parts = -(-n_words // part) if room > 0 else _MAX_PARTS + 1
        if parts > _MAX_PARTS:
            raise OutOfMemoryBoundError(
                f"max_memory of {limit:,} bytes is too small for {n:,} nodes and {n_words:,} arcs; give at least "
                f"{fixed + (fixed >> 2) + n_words // _MAX_PARTS * threads * _COPIES * 20:,} bytes",
                argument="max_memory",
            )
        self.shift = max(0, self.bits - max(parts - 1, 0).bit_length())
        self.n_parts = 1 << (self.bits - self.shift)
        self.files = ScratchFiles(folder, self.n_parts, self.weighted)
        self.mask = np.uint64((1 << self.bits) - 1)
        self.multiplier = np.uint64(_MULTIPLIER & ((1 << self.bits) - 1))
        self.inverse = np.uint64(pow(_MULTIPLIER, -1, 1 << self.bits))

    def run(self, path: PathLike) -> Converted:
        """Do all steps, and write the file."""
        loops, n_given = self._partition()
        n_words = self.files.count_arcs("bucket")
        n_arcs, in_count, out_count, low, high = self._merge_all()
        n_merged = n_words - n_arcs
        if n_merged and self.multi_edges == "error":
            raise InvalidGraphError(
                f"{n_merged} arcs are repeated; remove them, or use {{multi_edges=merge}} or {{multi_edges=combine}}",
                others=("multi_edges",),
            )
        index, rank, in_ptr = self._number(out_count, in_count)
        del out_count, in_count
        self._to_ranges(rank, in_ptr)
        del rank
        report = BuildReport(
            n_given, self.arcs.directed, loops, n_merged, self.arcs.bad_lines, tuple(self.arcs.notes), self.arcs.doubts
        )
        self._write(path, index, in_ptr, report, low, high)
        return Converted(self.arcs.n_nodes, n_arcs, self.n_parts, report)

    # -- 1. buckets ------------------------------------------------------------------------------------------------

    def _partition(self) -> tuple[int, int]:
        """Write all arcs to the files of their buckets; return the number of self-loops and of entries."""
        from ..kernels.partition import count_buckets, fill_buckets

        both, shift, loops, done = not self.arcs.directed, np.uint64(self.shift), 0, 0
        with ExitStack() as stack:
            files = self.files.open(stack, "bucket")
            for chunk in self.arcs:
                bits = chunk.weight.view(np.uint32) if self.weighted and chunk.weight is not None else None
                counts = np.zeros(self.n_parts, dtype=np.int64)
                mixing = self.multiplier, self.mask, shift
                loops += int(count_buckets(chunk.source, chunk.target, both, *mixing, counts))

                def fill(cursor: Any, words: Any, out: Any, c: Chunk = chunk, b: Any = bits, m: Any = mixing) -> None:
                    fill_buckets(c.source, c.target, b, both, *m, cursor, words, out)

                self.files.append(files, counts, bits is not None, fill)
                done += chunk.source.size
                self.progress(f"partitioning: {done / max(self.arcs.n_given, 1):.0%}")
        return loops, done

    # -- 2. degrees ------------------------------------------------------------------------------------------------

    def _merged(
        self, part: int, out_count: NDArray[np.int32] | None, in_count: NDArray[np.int32] | None
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint32] | None]:
        """Return the words and bits of a bucket, sorted and without parallel arcs; count the degrees."""
        from ..kernels.partition import merge_words

        words, bits = self.files.read("bucket", part)
        kept = merge_words(
            words, bits, None if bits is None else bits.view(np.float32), self.multi_edges == "combine", out_count,
            in_count,
        )  # fmt: skip
        return words[:kept], None if bits is None else bits[:kept]

    def _merge_all(self) -> tuple[int, NDArray[np.int32], NDArray[np.int32], float, float]:
        """Return the number of arcs, the in-degrees by mixed id, the out-degrees, and the smallest and largest value.

        Each thread counts out-degrees of its own.
        """
        size = 1 << self.shift
        in_count = np.zeros(1 << self.bits, dtype=np.int32)
        out_count = [np.zeros(self.arcs.n_nodes, dtype=np.int32) for _ in range(min(self.threads, self.n_parts))]
        low, high = np.inf, -np.inf
        n_arcs = 0

        def task(part: int, thread: int) -> tuple[int, float, float]:
            words, bits = self._merged(part, out_count[thread], in_count[part * size : (part + 1) * size])
            values = np.empty(0, dtype=np.float32) if bits is None else bits.view(np.float32)
            return words.size, float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))

        for first in range(0, self.n_parts, len(out_count)):
            parts = range(first, min(first + len(out_count), self.n_parts))
            for count, smallest, largest in parallel.run(
                [partial(task, part, part - first) for part in parts], self.threads
            ):
                n_arcs += count
                low, high = min(low, smallest), max(high, largest)
            self.progress(f"merging: {parts.stop / self.n_parts:.0%}")
        if self.weighted and n_arcs and not (low >= 0.0 and high <= 1.0):
            raise InvalidGraphError(f"probabilities must lie in [0, 1]; the file holds {low:g} to {high:g}")
        for other in out_count[1:]:
            out_count[0] += other
        return n_arcs, in_count, out_count[0], low, high

    def _number(
        self, out_count: NDArray[np.int32], in_count: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        """Return index, rank and in_ptr: nodes by falling out-degree, then by node index."""
        n = out_count.size
        self.progress("numbering the nodes")
        # one sort of words: what the degree is short of the largest, then the node
        words = (out_count.max(initial=0) - out_count).astype(np.uint64)
        words <<= np.uint64(32)
        words |= np.arange(n, dtype=np.uint64)
        words.sort()
        words &= np.uint64(0xFFFFFFFF)
        index = words.astype(np.int32)
        words *= self.multiplier
        words &= self.mask
        in_ptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(in_count[words], out=in_ptr[1:])
        del words
        rank = np.empty(n, dtype=np.int32)
        rank[index] = np.arange(n, dtype=np.int32)
        return index, rank, in_ptr

    # -- 3. ranges of rows -----------------------------------------------------------------------------------------

    def _to_ranges(self, rank: NDArray[np.int32], in_ptr: NDArray[np.int64]) -> None:
        """Write the arcs of all buckets to the files of their ranges of rows, and remove the buckets."""
        from ..kernels.partition import fill_ranges, renumber

        def task(part: int) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.uint32]]:
            words, bits = self._merged(part, None, None)
            number = np.empty(words.size, dtype=np.uint16)
            counts = np.zeros(self.n_parts, dtype=np.int64)
            base = np.uint64(part << self.shift)
            renumber(words, base, self.inverse, self.mask, rank, in_ptr, self.n_parts, number, counts)
            out_words = np.empty_like(words)
            out_bits = np.empty(words.size if bits is not None else 0, dtype=np.uint32)
            fill_ranges(words, bits, number, np.cumsum(counts) - counts, out_words, out_bits)
            return counts, out_words, out_bits

        with ExitStack() as stack:
            files = self.files.open(stack, "range")
            for first in range(0, self.n_parts, self.threads):
                parts = range(first, min(first + self.threads, self.n_parts))
                for counts, words, bits in parallel.run([partial(task, part) for part in parts], self.threads):
                    ends = np.cumsum(counts)
                    for place in np.flatnonzero(counts).tolist():
                        piece = slice(int(ends[place] - counts[place]), int(ends[place]))
                        write_all(files[place][0], words[piece])
                        if self.weighted:
                            write_all(files[place][1], bits[piece])
                for part in parts:
                    self.files.remove("bucket", part)
                self.progress(f"sorting by target: {parts.stop / self.n_parts:.0%}")

    # -- 4. the file -----------------------------------------------------------------------------------------------

    def _write(
        self,
        path: PathLike,
        index: NDArray[np.int32],
        in_ptr: NDArray[np.int64],
        report: BuildReport,
        low: float,
        high: float,
    ) -> None:
        n, m, labels = self.arcs.n_nodes, int(in_ptr[-1]), self.arcs.labels
        scheme, value = parse(self.probability)
        equal = self.weighted and m > 0 and low == high  # stored as one number, as in memory
        kind = "uniform" if scheme.name == "uniform" or equal else "arcs" if self.weighted else "weighted_cascade"
        spec = f"{scheme.name}:{value:g}" if scheme.parameter else scheme.name
        stored = {"spec": spec, "kind": kind, "value": low if equal else value}
        meta = {"n_nodes": n, "n_arcs": m, "probability": stored, "report": dataclasses.asdict(report)}
        arrays = {"in_ptr": ("<i8", n + 1), "in_idx": ("<i4", m), "index": ("<i4", n)}
        if kind == "arcs":
            arrays["values"] = ("<f4", m)
        if self.weighted:
            arrays["column"] = ("<f4", m)
        if labels is not None:
            arrays["labels"] = ("<i8", n)

        def fill(writers: dict[str, ArrayWriter]) -> None:
            writers["in_ptr"].write(in_ptr)
            writers["index"].write(index)
            if labels is not None:
                writers["labels"].write(labels)
            for first in range(0, self.n_parts, self.threads):
                parts = range(first, min(first + self.threads, self.n_parts))
                for words, bits in parallel.run(
                    [partial(self.files.read, "range", part) for part in parts], self.threads
                ):
                    writers["in_idx"].write((words & np.uint64(0xFFFFFFFF)).astype(np.int32))
                    for name in ("values", "column"):
                        if name in writers and bits is not None:
                            writers[name].write(bits.view(np.float32))
                for part in parts:
                    self.files.remove("range", part)
                self.progress(f"writing: {parts.stop / self.n_parts:.0%}")

        write_streamed(path, GRAPH, meta, arrays, fill)
