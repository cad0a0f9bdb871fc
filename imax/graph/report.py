"""What was read to build a graph, and what was changed on the way."""

from dataclasses import dataclass

__all__ = ["BuildReport"]


@dataclass(frozen=True)
class BuildReport:
    """Counts of what the input of a graph held, as in ``graph.report``.

    Attributes
    ----------
    arcs_given : int
        Number of arcs (or undirected edges) in the input.
    directed : bool
        Whether the input was read as directed. If not, each edge became two arcs.
    self_loops : int
        Number of self-loops dropped. A self-loop changes no cascade.
    parallel_arcs : int
        Number of arcs merged into an equal arc.
    bad_lines : int
        Number of malformed lines skipped (``on_bad_line="skip"``).
    notes : tuple of str
        Other decisions of the reader of a file or table.
    doubts : tuple of str
        Those of the notes that say what may be wrong, such as a column that was guessed.
    """

    arcs_given: int
    directed: bool
    self_loops: int
    parallel_arcs: int
    bad_lines: int = 0
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
