"""What a choice of examples returns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..graph.influence_graph import InfluenceGraph
from ..results import Record, as_frame

if TYPE_CHECKING:
    import pandas

__all__ = ["Selection"]


@dataclass(frozen=True)
class Selection(Record):
    """Examples to annotate.

    Influence is the expected number (or weight) of items that a cascade from the chosen ones reaches on the graph of
    neighbours; with `start`, what they add to it.

    Attributes
    ----------
    indices : list of int
        Rows of the embeddings, in the order of choice; iterating iterates over them.
    gains : list of float or None
        What each adds to the influence of those before it, where the method estimates that.
    influence, interval : float, tuple of float
        Estimate from RR sets that the choice did not see, and its 95 % confidence interval.
    lower_bound, upper_bound, ratio : float
        The certificate, as in `imax.MaximizeResult`.
    start : list of int
        Items that were annotated already.
    neighbors : str or None
        How neighbours were found: exact or approximate; None where a graph was given.
    recall : float or None
        The share of true neighbours found.
    graph : InfluenceGraph
        The graph of neighbours.
    """

    indices: list[int]
    gains: list[float] | None
    influence: float
    interval: tuple[float, float]
    lower_bound: float
    upper_bound: float
    ratio: float
    method: str
    budget: int
    start: list[int]
    n_items: int
    n_neighbors: int | None
    neighbors: str | None
    recall: float | None
    delta: float
    stop_reason: str
    rng_key: tuple[int, int]
    version: str
    graph: InfluenceGraph = field(repr=False, compare=False)
    seconds: dict[str, float] = field(default_factory=dict)

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, i: int) -> int:
        return self.indices[i]

    def to_dict(self) -> dict[str, Any]:
        """Return all fields but the graph as plain Python values."""
        found = super().to_dict()
        del found["graph"]
        return found

    def to_frame(self) -> "pandas.DataFrame":
        """Return a pandas DataFrame: rank, index, and gain where it is known."""
        columns: dict[str, Any] = {"rank": range(1, len(self.indices) + 1), "index": self.indices}
        if self.gains is not None:
            columns["gain"] = self.gains
        return as_frame(columns)

    def __repr__(self) -> str:
        return (
            f"<Selection: {len(self)} of {self.n_items:,} items by {self.method}, influence {self.influence:.6g} "
            f"({self.interval[0]:.6g} to {self.interval[1]:.6g}), certified at least {self.ratio:.1%} of the optimum>"
        )
