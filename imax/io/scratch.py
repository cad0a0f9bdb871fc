"""The scratch files of a conversion: the arcs of each part of a graph, as words and the bits of their values."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["WORD", "ScratchFiles", "write_all"]

WORD = 8  # bytes of an arc


class ScratchFiles:
    """The files ``STEM-PART.words``, and ``STEM-PART.bits`` if arcs have values, in a folder.

    Parameters
    ----------
    folder : pathlib.Path
    n_parts : int
    weighted : bool
        Whether arcs have values.
    """

    def __init__(self, folder: Path, n_parts: int, weighted: bool) -> None:
        self.folder = folder
        self.n_parts = n_parts
        self.weighted = weighted

    def open(self, stack: ExitStack, stem: str) -> list[list[Any]]:
        """Open the scratch files of all parts for writing: words, and values if there are any."""
        kinds = ("words", "bits") if self.weighted else ("words",)
        return [
            [stack.enter_context(self._path(stem, part, kind).open("ab", buffering=0)) for kind in kinds]
            for part in range(self.n_parts)
        ]

    def _path(self, stem: str, part: int, kind: str) -> Path:
        return self.folder / f"{stem}-{part}.{kind}"

    def append(self, files: list[list[Any]], counts: NDArray[np.int64], with_bits: bool, fill: Any) -> None:
        """Let a kernel sort arcs by part into one array, and append each part to its files."""
        ends = np.cumsum(counts)
        words = np.empty(int(ends[-1]), dtype=np.uint64)
        bits = np.empty(words.size if with_bits else 0, dtype=np.uint32)
        fill(ends - counts, words, bits)
        for part in np.flatnonzero(counts).tolist():
            piece = slice(int(ends[part] - counts[part]), int(ends[part]))
            write_all(files[part][0], words[piece])
            if with_bits:
                write_all(files[part][1], bits[piece])

    def count_arcs(self, stem: str) -> int:
        """Return the number of arcs in all scratch files of a step."""
        paths = (self._path(stem, part, "words") for part in range(self.n_parts))
        return sum(path.stat().st_size for path in paths) // WORD

    def read(self, stem: str, part: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32] | None]:
        """Return the words of a part in ascending order, and their bits; equal words by ascending bits."""
        words = np.fromfile(self._path(stem, part, "words"), dtype=np.uint64)
        if not self.weighted:
            words.sort()
            return words, None
        bits = np.fromfile(self._path(stem, part, "bits"), dtype=np.uint32)
        order = np.lexsort((bits, words))
        return words[order], bits[order]

    def remove(self, stem: str, part: int) -> None:
        """Remove the files of a part."""
        for kind in ("words", "bits"):
            self._path(stem, part, kind).unlink(missing_ok=True)


def write_all(file: Any, array: NDArray[Any]) -> None:
    """Write all bytes of an array to an unbuffered file."""
    left = array.data.cast("B")
    while left:
        left = left[file.write(left) :]
