"""HeteroIM for lists of candidates: the cover order of all nodes, and what every node shares."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from .._candidates import CandidateLists
from .._cover import CoverOrder, SharedSets, count_shared, cover_greedily, sample_stratified
from ..ranking import Scores
from ..storage import State
from .base import Context, Options, Strategy, given_order

__all__ = ["HeteroIM"]


class HeteroIM(Strategy):
    """Scores by the RR sets that user and candidate share, with all nodes as candidates of the greedy cover."""

    def __init__(self, cover: CoverOrder, shared: SharedSets, n_rr_sets: int) -> None:
        self.cover = cover
        self.shared = shared
        self.n_rr_sets = n_rr_sets

    @classmethod
    def prepare(cls, context: Context, options: Options) -> Self:
        """Draw RR sets, order all nodes by greedy covering, and count what each node shares."""
        n = context.network.graph.n_nodes
        sets = sample_stratified(
            context.network, options.sets_per_node, context.key, context.threads, options.max_memory,
            client=options.client,
        )  # fmt: skip
        cover = cover_greedily(sets, np.ones(n, dtype=np.bool_))
        shared = count_shared(sets, cover.order, np.arange(n, dtype=np.int32), context.threads)
        return cls(cover, shared, sets.n_sets)

    def scores(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None, threads: int) -> Scores:
        """Return the pair scores; of pairs that share equally many sets, the candidate taken first is better."""
        shared = self.shared.lookup(lists.users, lists.offsets, lists.candidates, threads)
        cover, order = self.cover.cover[lists.candidates], self.cover.order[lists.candidates]
        return Scores(
            self.cover.pair_scores(shared, lists.candidates),
            np.where(shared > 0, order, given_order(lists)),
            lambda rows: {"shared": shared[rows], "cover": cover[rows], "order": order[rows]},
        )

    def state(self) -> State:
        """Return the order, the covers and the shared sets."""
        return State(
            numbers={"max_cover": self.cover.max_cover, "n_rr_sets": self.n_rr_sets},
            arrays={
                "order": self.cover.order, "cover": self.cover.cover, "shared.ptr": self.shared.ptr,
                "shared.friend": self.shared.friend, "shared.count": self.shared.count,
            },
        )  # fmt: skip

    @classmethod
    def restore(cls, context: Context, state: State) -> Self:
        """Make the strategy from saved arrays."""
        arrays = state.arrays
        cover = CoverOrder(arrays["order"], arrays["cover"], state.numbers["max_cover"])
        shared = SharedSets(arrays["shared.ptr"], arrays["shared.friend"], arrays["shared.count"])
        return cls(cover, shared, state.numbers["n_rr_sets"])
