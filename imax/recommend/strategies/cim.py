"""Reranking by capacity-constrained influence maximization: all users of a request together."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..._utils.steps import finished
from ...capacity import CapacityProblem, assign
from .._candidates import CandidateLists
from ..ranking import Scores
from ..storage import State
from .base import Context, Options, Strategy, given_order

__all__ = ["CapacityGains"]


class CapacityGains(Strategy):
    """Scores by the gain of each candidate that RR-OPIM+ assigns to its user, 0 for the others."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @classmethod
    def prepare(cls, context: Context, options: Options) -> Self:
        """Return the strategy; the assignment depends on the request, so there is nothing to compute."""
        return cls(context)

    def scores(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None, threads: int) -> Scores:
        """Return the gains; ties keep the order in which the candidates were given."""
        gain = self._gains(lists, k)
        return Scores(gain, given_order(lists), lambda rows: {"value": gain[rows]})

    def _gains(self, lists: CandidateLists, k: int | None) -> NDArray[np.float64]:
        """Return the gain of each candidate; users themselves are active already and are not assigned."""
        network, graph = self.context.network, self.context.network.graph
        lengths, offsets = np.diff(lists.offsets), lists.offsets.tolist()
        active = np.zeros(graph.n_nodes, dtype=np.bool_)
        active[lists.users] = True
        users, labels = graph.labels_of(lists.users), graph.labels_of(lists.candidates)
        passive = (~active[lists.candidates]).tolist()
        gain = np.zeros(lists.candidates.size)
        if not any(passive):
            return gain
        rows_of = {user: range(offsets[i], offsets[i + 1]) for i, user in enumerate(users)}
        problem = CapacityProblem(
            network.live_graph(), users, lengths if k is None else np.minimum(lengths, k),
            candidates={user: [labels[row] for row in rows if passive[row]] for user, rows in rows_of.items()},
        )  # fmt: skip
        found = finished(assign(problem, rng=self.context.key, threads=self.context.threads))
        for user, rows in rows_of.items():
            by_label = dict(zip(found.friends[user], found.gains[user], strict=True))
            gain[rows.start : rows.stop] = [by_label.get(labels[row], 0.0) for row in rows]
        return gain

    def state(self) -> State:
        """Return an empty state."""
        return State()

    @classmethod
    def restore(cls, context: Context, state: State) -> Self:
        """Return the strategy."""
        return cls(context)
