"""The result of a selection of examples."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .._utils.frames import frame_of
from .._utils.views import ReportView
from ..graph.influence_graph import InfluenceGraph
from ..results import Record

__all__ = ["Selection"]


@dataclass(frozen=True)
class Selection(Record, ReportView):
    """Examples to annotate.

    Influence is the expected number (or total weight) of items that a cascade from the selected ones reaches on the
    graph of nearest neighbors. If `start` is given, it is what the selected items add to the influence of those.

    Attributes
    ----------
    indices : list of int
        Rows of the embeddings, in the order of selection.
    ids : list
        The labels of the selected items; the same as `indices` if items have no labels. Iterating over the result
        iterates over them.
    gains : list of float or None
        What each item adds to those before it; None if the algorithm does not compute gains.
    influence, interval : float, tuple of float
        Estimate from RR sets that the algorithm did not use for selection, and its 95 % confidence interval.
    lower_bound, upper_bound, ratio : float
        The certificate: `influence` is at least `lower_bound`, no other selection has more influence than
        `upper_bound`, and `ratio` is their quotient.
    algorithm : str
    budget : int
        Number of items that were to be selected.
    start : list
        Ids of the items that were annotated already.
    n_items : int
    n_neighbors : int or None
        None if a graph was given.
    direction : {"in", "out"}
        Which way the arcs of the graph go; see `knn_graph`.
    sharpness : float or None
        Exponent of the similarities in the graph; None if a graph was given.
    model : {"ic", "lt"}
        How influence spreads on it.
    neighbor_search : {"exact", "approximate"} or None
        How neighbors were found; None if a graph was given.
    recall : float or None
        The share of true neighbors that the search found; None if a graph was given.
    delta : float
        Probability with which the certificate may fail.
    stop_reason : str
    rng_key : tuple of int
        The key of the random streams; passing it as `rng` repeats the selection.
    version : str
    graph : InfluenceGraph
        The graph of nearest neighbors.
    seconds : dict of str to float
        Time by phase.
    notes : list of str
        Which items were skipped, and why.
    auto : str or None
        With ``"ideal"``: which algorithm of `imax.maximize` a pilot sample chose, and why.
    epsilon : float or None
        With ``"ideal"``: its precision, given or by default.

    Examples
    --------
    >>> import numpy as np
    >>> from imax.annotate import select
    >>> found = select(np.random.default_rng(0).normal(size=(40, 5)), 3, rng=1)
    >>> len(found), list(found) == found.ids, found.algorithm
    (3, True, 'facility-location')
    """

    indices: list[int]
    ids: list[Any]
    gains: list[float] | None
    influence: float
    interval: tuple[float, float]
    lower_bound: float
    upper_bound: float
    ratio: float
    algorithm: str
    budget: int
    start: list[Any]
    n_items: int
    n_neighbors: int | None
    direction: str
    sharpness: float | None
    model: str
    neighbor_search: str | None
    recall: float | None
    delta: float
    stop_reason: str
    rng_key: tuple[int, int]
    version: str
    graph: InfluenceGraph = field(repr=False, compare=False)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    auto: str | None = None
    epsilon: float | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, i: int) -> Any:
        return self.ids[i]

    def to_dict(self) -> dict[str, Any]:
        """Return all fields except the graph as plain Python values."""
        fields = super().to_dict()
        del fields["graph"]
        return fields

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with the columns rank, index, id (if items have ids) and gain (if gains are known).

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        columns: dict[str, Any] = {"rank": range(1, len(self.indices) + 1), "index": self.indices}
        if self.graph.labels.kind != "range":
            columns["id"] = self.ids
        if self.gains is not None:
            columns["gain"] = self.gains
        return frame_of(columns, backend)

    def __repr__(self) -> str:
        return (
            f"<Selection: {len(self)} of {self.n_items:,} items by {self.algorithm}, influence {self.influence:.4g}, "
            f"at least {self.ratio:.0%} of the best possible>"
        )
