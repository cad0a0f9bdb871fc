"""RR sets of one stream and which of them are covered: what every selection needs, wherever the sets are."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel

if TYPE_CHECKING:
    from ..diffusion.sampler import Sampler
    from ..graph.influence_graph import InfluenceGraph
    from ..kernels.inverted_index import InvertedIndex
    from ..kernels.matroid import Members
    from .weights import Residual

__all__ = ["Collection", "GroupLists", "LocalMarks", "Marks", "SeparateChoices", "Steps"]

_FEW = 1 << 14  # members of groups for which one thread is enough


def _no_guess(n: int) -> list[int]:
    """Guess no node."""
    return []


class Steps(NamedTuple):
    """A choice that a kernel makes step by step.

    Attributes
    ----------
    run : callable
        ``run(n)`` continues the choice up to n seeds, as long as there are any.
    seeds, gains : numpy.ndarray of int32 and of int64
        The chosen seeds, and the sets that each adds.
    size : callable
        Returns the number of chosen seeds.
    lower : callable
        ``lower(nodes, counts)`` lowers the gains of nodes, if the sets are elsewhere.
    guess : callable, optional
        ``guess(n)`` returns up to n nodes that may be chosen next. Guesses save time, and never change a choice.
    """

    run: Callable[[int], Any]
    seeds: NDArray[np.int32]
    gains: NDArray[np.int64]
    size: Callable[[], int]
    lower: Callable[[NDArray[np.int32], NDArray[np.int32]], Any]
    guess: Callable[[int], list[int]] = _no_guess


class SeparateChoices(NamedTuple):
    """The greedy choices of all groups.

    Attributes
    ----------
    places : numpy.ndarray of int64, shape (n_groups + 1,)
        Choices of group g are at ``places[g]`` to ``places[g + 1]``.
    seeds, gains : numpy.ndarray of int32 and of int64
        Internal ids, and the number of RR sets that each of them covers first within its group.
    """

    places: NDArray[np.int64]
    seeds: NDArray[np.int32]
    gains: NDArray[np.int64]

    @property
    def covered(self) -> NDArray[np.int64]:
        """Number of RR sets that the choices of each group cover."""
        total: NDArray[np.int64] = np.concatenate([[0], np.cumsum(self.gains)])
        covered: NDArray[np.int64] = total[self.places[1:]] - total[self.places[:-1]]
        return covered

    @classmethod
    def of_size(cls, members: "Members") -> "SeparateChoices":
        """Return empty arrays for as many choices as the groups make."""
        places = np.concatenate([[0], np.cumsum(np.minimum(members.capacity, np.diff(members.ptr)))])
        n = int(places[-1])
        return cls(places, np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64))


class Marks(ABC):
    """Which RR sets are covered by the nodes of one choice.

    Attributes
    ----------
    index, covered
        What kernels need, see `imax.kernels.coverage`; empty if the sets are elsewhere.
    """

    index: "InvertedIndex"
    covered: NDArray[np.bool_]

    @abstractmethod
    def copy(self) -> "Marks":
        """Return the same marks for another choice that begins with the same nodes."""

    @abstractmethod
    def cover(self, nodes: NDArray[np.int32], gain: NDArray[np.int32], gains: NDArray[np.int64]) -> None:
        """Cover the sets of nodes in order; lower `gain`, and write what each node adds to `gains`."""

    @abstractmethod
    def shared(self, node: int) -> NDArray[np.int32]:
        """Return how many sets not yet covered hold both a node and each node: int32, shape (n_nodes,)."""

    @abstractmethod
    def lowered(self, members: "Members", places: NDArray[np.int64], seeds: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return by how much the last seed of each group lowers the gains of the group's members on its own.

        Seeds of group g are at ``places[g]`` to ``places[g + 1]``; the marks count as covered, too.
        """

    @abstractmethod
    def choose(self, steps: Steps, n_seeds: int) -> None:
        """Continue a choice until there are `n_seeds` seeds or no more."""


class GroupLists(ABC):
    """Greedy lists of groups: the nodes that a group takes, given the RR sets that are covered already.

    Nodes that add nothing are not taken. Ties go to the smaller internal id.

    Attributes
    ----------
    gain : numpy.ndarray of int32, shape (n_nodes,)
        Sets not yet covered that hold each node.
    """

    gain: NDArray[np.int32]

    @abstractmethod
    def values(self, groups: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return how many sets the list of each of these groups covers: shape (n_groups,), 0 for other groups."""

    @abstractmethod
    def restart(self) -> None:
        """Begin a choice: no set is covered."""

    @abstractmethod
    def of(self, group: int, others: list[int]) -> tuple[NDArray[np.int32], int]:
        """Return the list of a group, and how many sets it adds.

        Lists of `others` may be wanted before nodes are taken.
        """

    @abstractmethod
    def take(self, nodes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Cover the sets of nodes in order; return what each adds."""


class Collection(ABC):
    """RR sets number 0 to ``n_sets - 1`` of one stream, in this process or on a cluster.

    Attributes
    ----------
    sampler : Sampler
        Draws the sets, or describes them.
    total : float
        Number of nodes, or sum of node weights. ``total`` times the share of sets that a seed set covers estimates its
        spread.
    n_sets, n_entries : int
        Number of sets, and of nodes in them.
    """

    sampler: "Sampler"
    graph: "InfluenceGraph"
    total: float
    n_sets: int
    n_entries: int

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes of the sets without their index; on a cluster, of the process that has the largest share."""

    @property
    @abstractmethod
    def index_nbytes(self) -> int:
        """Bytes of the index, whether it is built or not; on a cluster, of the process with the largest share."""

    @property
    @abstractmethod
    def n_cut(self) -> int:
        """Number of nodes that sets had reached before they met a sentinel, and that they do not hold."""

    @abstractmethod
    def extend(
        self,
        count: int,
        *,
        keep_going: Callable[[], bool] | None = None,
        alongside: Callable[[], None] | None = None,
    ) -> int:
        """Draw sets until there are `count`; return how many there are.

        Parameters
        ----------
        count : int
        keep_going : callable, optional
            Called between chunks; if it returns False, fewer sets are drawn.
        alongside : callable, optional
            Other work, which is done at the same time; it is done even if no set is drawn.
        """

    @abstractmethod
    def expected_nbytes(self, count: int) -> int:
        """Return the expected bytes of so many sets with their index, from the sets so far; 0 if there are none."""

    @abstractmethod
    def build_index(self, parts: int | None = None) -> None:
        """Build the index, which `marks` and `degree` need; it is kept until the collection grows.

        It has a suitable number of parts, or those that are given.
        """

    @abstractmethod
    def marks(self) -> Marks:
        """Return marks by which no set is covered."""

    @abstractmethod
    def degree(self) -> NDArray[np.int32]:
        """Return the number of sets that hold each node: int32, shape (n_nodes,)."""

    @abstractmethod
    def covered(self, seeds: NDArray[np.int32]) -> int:
        """Return the number of sets that hold a seed; seeds are internal ids."""

    @abstractmethod
    def first_covered(self, seeds: NDArray[np.int32], start: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Return the number of sets that each seed covers first.

        These sets hold no seed before it and no node of `start`. All nodes are internal ids.
        """

    @abstractmethod
    def add_up(self, function: Callable[..., NDArray[Any]], *arguments: Any) -> NDArray[Any]:
        """Return the sum of the arrays that a function returns for the sets in each process.

        Parameters
        ----------
        function : callable
            ``function(collection, *arguments)`` gets an `RRCollection` with some of the sets, and returns an array of
            integers: their sum does not depend on how the sets are divided. It must be a function of a module, which
            processes on a cluster can import.
        *arguments
            They are sent to all processes, so they should be small.
        """

    @abstractmethod
    def choose_separately(self, members: "Members", check: Callable[[], Any]) -> SeparateChoices:
        """Let each group choose greedily as if it were alone; `check` is called now and then, and may raise an error.

        Ties go to the smaller internal id. A group chooses as many nodes as it can, also those that add nothing.
        """

    @abstractmethod
    def group_lists(self, members: "Members") -> "GroupLists":
        """Return greedy lists of groups on these sets."""

    @abstractmethod
    def residual_sets(self, parts: int | None = None) -> "Residual":
        """Return the sets with residual weights, each 1; their index has a suitable number of parts, or as many."""

    @abstractmethod
    def gathered(self) -> Any:
        """Return an `RRCollection` with the sets, in this process, for work that needs all their nodes.

        The sets of a cluster are sent to this process, each of them once; they take memory here.
        """

    def estimate(self, seeds: list[Any]) -> float:
        """Return the estimated spread of seeds; they are labels."""
        return self.total * self.covered(self.graph.internal_of(seeds, "seeds")) / self.n_sets

    def __len__(self) -> int:
        return self.n_sets

    def __repr__(self) -> str:
        mean = self.n_entries / max(self.n_sets, 1)
        return (
            f"<{type(self).__name__}: {self.n_sets:,} RR sets of {mean:.3g} nodes on average{self._where()}, "
            f"{self.sampler.model.upper()}>"
        )

    def _where(self) -> str:
        """Return where the sets are, for the representation."""
        return ""


class LocalMarks(Marks):
    """Marks of the sets of a collection in this process."""

    def __init__(self, index: "InvertedIndex", covered: NDArray[np.bool_]) -> None:
        self.index = index
        self.covered = covered

    def copy(self) -> "LocalMarks":
        """Return marks with an array of their own."""
        return LocalMarks(self.index, self.covered.copy())

    def cover(self, nodes: NDArray[np.int32], gain: NDArray[np.int32], gains: NDArray[np.int64]) -> None:
        """Cover the sets of nodes by a kernel."""
        from ..kernels.inverted_index import cover

        cover(nodes, self.index, self.covered, gain, gains)

    def shared(self, node: int) -> NDArray[np.int32]:
        """Count by a kernel."""
        from ..kernels.inverted_index import count_shared

        count = np.zeros(self.index.ptr.shape[1] - 1, dtype=np.int32)
        count_shared(np.int64(node), self.index, self.covered, count)
        return count

    def lowered(
        self, members: "Members", places: NDArray[np.int64], seeds: NDArray[np.int32], threads: int = 1
    ) -> NDArray[np.int32]:
        """Count by a kernel."""
        from ..kernels.matroid import lower_locally

        lowered = np.zeros(members.nodes.size, dtype=np.int32)

        def work(a: int, b: int) -> None:
            stamp = np.full(self.covered.size, -1, dtype=np.int32)
            pair = np.full(self.index.ptr.shape[1] - 1, -1, dtype=np.int64)
            lower_locally(a, b, members, places, seeds, self.index, self.covered, stamp, pair, lowered)

        used = threads if members.nodes.size > _FEW else 1
        parallel.run([partial(work, a, b) for a, b in parallel.even_parts(members.ptr, used)], used)
        return lowered

    def choose(self, steps: Steps, n_seeds: int) -> None:
        """Let the kernel make all steps at once."""
        steps.run(n_seeds)
