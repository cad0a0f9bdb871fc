"""Which RR sets of a collection are covered, and what every selection needs of a collection, wherever its sets are."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..diffusion.sampler import Sampler
    from ..graph.influence_graph import InfluenceGraph
    from ..kernels.coverage import Chosen, State
    from ..kernels.inverted_index import InvertedIndex

__all__ = ["Collection", "LocalMarks", "Marks"]


class Marks(Protocol):
    """Which RR sets are covered by the nodes of one choice.

    Attributes
    ----------
    index, covered
        What kernels need, see `imax.kernels.coverage`; empty if the sets are elsewhere.
    """

    index: "InvertedIndex"
    covered: NDArray[np.bool_]

    def copy(self) -> "Marks":
        """Return the same marks for another choice that begins with the same nodes."""

    def cover(self, nodes: NDArray[np.int32], gain: NDArray[np.int32], gains: NDArray[np.int64]) -> None:
        """Cover the sets of nodes in order; lower `gain`, and write what each node adds to `gains`."""

    def choose(
        self,
        step: Callable[[int], Any],
        n_seeds: int,
        state: "State",
        chosen: "Chosen",
        tally: NDArray[np.int64] | None = None,
    ) -> None:
        """Call ``step(n)``, a kernel that continues a choice up to n seeds, until there are `n_seeds` or no more."""


class Collection(Protocol):
    """RR sets number 0 to ``n_sets - 1`` of one stream, in this process or on a cluster.

    See `imax.ris.collection.RRCollection` for the attributes and methods.
    """

    sampler: "Sampler"
    graph: "InfluenceGraph"
    total: float
    n_sets: int
    n_entries: int

    @property
    def nbytes(self) -> int:
        """Bytes of the sets without their index; on a cluster, of the worker that has most."""

    @property
    def index_nbytes(self) -> int:
        """Bytes of the index, likewise."""

    @property
    def n_cut(self) -> int:
        """Number of nodes that sets had reached before they met a sentinel, and that they do not hold."""

    def extend(
        self,
        count: int,
        *,
        keep_going: Callable[[], bool] | None = None,
        alongside: Callable[[], None] | None = None,
    ) -> int:
        """Draw sets until there are `count`; return how many there are."""

    def expected_nbytes(self, count: int) -> int:
        """Return the expected bytes of so many sets with their index, from the sets so far; 0 if there are none."""

    def build_index(self) -> None:
        """Build the index, which `marks` and `degree` need."""

    def marks(self) -> Marks:
        """Return marks by which no set is covered."""

    def degree(self) -> NDArray[np.int32]:
        """Return the number of sets that hold each node."""

    def covered(self, seeds: NDArray[np.int32]) -> int:
        """Return the number of sets that hold a seed."""

    def first_covered(self, seeds: NDArray[np.int32], start: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Return the number of sets that each seed covers first."""


class LocalMarks:
    """Marks of the sets of a collection in this process; see `Marks`."""

    def __init__(self, index: "InvertedIndex", covered: NDArray[np.bool_]) -> None:
        self.index = index
        self.covered = covered

    def copy(self) -> "LocalMarks":
        """Return the same marks for another choice that begins with the same nodes."""
        return LocalMarks(self.index, self.covered.copy())

    def cover(self, nodes: NDArray[np.int32], gain: NDArray[np.int32], gains: NDArray[np.int64]) -> None:
        """Cover the sets of nodes in order; lower `gain`, and write what each node adds to `gains`."""
        from ..kernels.inverted_index import cover

        cover(nodes, self.index, self.covered, gain, gains)

    def choose(
        self,
        step: Callable[[int], Any],
        n_seeds: int,
        state: "State",
        chosen: "Chosen",
        tally: NDArray[np.int64] | None = None,
    ) -> None:
        """Call ``step(n_seeds)``."""
        step(n_seeds)
