"""How to read an edge list or table: which columns, which numbers, and what to do about malformed lines."""

from dataclasses import dataclass

from ..graph.edge_columns import ANY_COLUMNS, EdgeColumns

__all__ = ["ReadOptions", "ThirdColumn"]


@dataclass(frozen=True)
class ThirdColumn:
    """The numbers that the third column may hold; `description` completes "must be ..." in an error message."""

    low: float
    high: float
    description: str


@dataclass(frozen=True)
class ReadOptions:
    """How to read an edge list.

    Attributes
    ----------
    third : ThirdColumn or None
        The numbers to read, by default from the third column. None: read none.
    skip_bad_lines : bool
        Whether to skip malformed lines.
    columns : EdgeColumns
        The columns that the user names.
    header : bool or None
        Whether the first line is a header. None: decide by the content.
    """

    third: ThirdColumn | None = None
    skip_bad_lines: bool = False
    columns: EdgeColumns = ANY_COLUMNS
    header: bool | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """The arguments that the kernels take."""
        return (0.0, 0.0) if self.third is None else (self.third.low, self.third.high)
