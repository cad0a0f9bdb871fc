"""Expected-spread lists, given the lists of all users that a request does not contain."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..._utils.streams import Stream
from ...errors import FileFormatError
from ...ris.weights import ResidualSets
from .._candidates import CandidateLists
from .._cover import sample_stratified
from .._expected import Lists, Taste, choose_lists
from ..ranking import Scores
from ..storage import State
from .base import Context, Options, Strategy

__all__ = ["ExpectedSpread"]

_FEW = 16  # users of a request for which only what they touch is computed and restored


class ExpectedSpread(Strategy):
    """Scores by the expected number of nodes that each invitation adds to the lists of all other users.

    The preparation chooses a list for every inviter, by default for every node with out-arcs. A request takes back the
    lists of its own users and lets them choose again among the candidates.

    Parameters
    ----------
    context : Context
    sets : ResidualSets
        The weights that the lists of all nodes leave.
    own_ptr, own_friend, own_accept : numpy.ndarray
        The list of node u and the probability that each friend accepts are at ``own_ptr[u]`` to ``own_ptr[u + 1]``.
    taste : Taste
    n_rr_sets : int
    """

    blends = True

    def __init__(
        self,
        context: Context,
        sets: ResidualSets,
        own_ptr: NDArray[np.int64],
        own_friend: NDArray[np.int32],
        own_accept: NDArray[np.float64],
        taste: Taste,
        n_rr_sets: int,
    ) -> None:
        self.context, self.sets, self.taste, self.n_rr_sets = context, sets, taste, n_rr_sets
        self.own_ptr, self.own_friend, self.own_accept = own_ptr, own_friend, own_accept
        self._spare: list[ResidualSets] = []  # copies that no request uses at present

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_spare": []}

    @classmethod
    def prepare(cls, context: Context, options: Options) -> Self:
        """Draw RR sets, and choose the lists of all nodes that have friends."""
        network, threads = context.network, context.threads
        n = network.graph.n_nodes
        drawn = sample_stratified(
            network, options.sets_per_node, context.key, threads, options.max_memory,
            stream=Stream.EXPECTED_SPREAD, store_singletons=False, client=options.client,
        )  # fmt: skip
        sets, n_sets = drawn.residual_sets(parts=1, rounded=False), drawn.n_sets
        taste = Taste.of(options.blend, options.min_willingness, options.discount)
        users = np.arange(n, dtype=np.int32) if options.inviters is None else options.inviters
        offsets = network.friend_offsets(users)
        candidates, willingness = network.friend_scores(users, offsets, np.zeros(n), threads)
        found = choose_lists(sets, offsets, candidates, willingness, options.list_length, taste, n / n_sets)
        sets.update()
        user = users[np.searchsorted(offsets, found.chosen, side="right") - 1]
        order = np.argsort(user, kind="stable")
        own_ptr = np.concatenate([[0], np.cumsum(np.bincount(user, minlength=n))])
        w = sets.weights
        fresh = ResidualSets(sets.ptr, sets.sets, w.stored, w.alone, w.value, threads)
        return cls(
            context, fresh, own_ptr, candidates[found.chosen][order], found.accept[order], taste, n_sets
        )  # fmt: skip

    def scores(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None, threads: int) -> Scores:
        """Return the gains of the choices of all users of the request together; 0 for other candidates."""
        found = self._choose(lists, willingness, k)
        return Scores(found.score, found.order, lambda rows: {"gain": found.gain[rows]})

    def _choose(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None) -> Lists:
        """Choose on a copy of the weights, and restore the copy."""
        try:
            sets = self._spare.pop()
        except IndexError:
            sets = self.sets.copy()
        few = lists.users.size <= _FEW
        nodes, accept = self._own(lists.users)
        rise = sets.multiply(nodes, accept, back=True)
        if not few:
            sets.update()
        elif nodes.size:
            touched = np.unique(lists.candidates)
            sets.expect(touched, None if self.taste.blend is not None else rise)
        weight = self.context.network.graph.n_nodes / self.n_rr_sets
        found = choose_lists(sets, lists.offsets, lists.candidates, willingness, k, self.taste, weight)
        if few:
            sets.restore(np.concatenate([nodes, lists.candidates[found.chosen]]), lists.candidates, self.sets)
            self._spare.append(sets)
        return found

    def _own(self, users: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the prepared lists of users."""
        starts = self.own_ptr[users]
        lengths = self.own_ptr[users + 1] - starts
        ends = np.cumsum(lengths)
        rows = np.arange(int(lengths.sum())) + np.repeat(starts - (ends - lengths), lengths)
        return self.own_friend[rows], self.own_accept[rows]

    def state(self) -> State:
        """Return the index, the weights and the lists."""
        w, taste = self.sets.weights, self.taste
        return State(
            numbers={"n_rr_sets": self.n_rr_sets},
            arrays={
                "set.ptr": self.sets.ptr[0], "set.sets": self.sets.sets, "stored": w.stored, "alone": w.alone,
                "value": w.value, "own.ptr": self.own_ptr, "own.friend": self.own_friend,
                "own.accept": self.own_accept, "floor": np.array([taste.min_willingness]),
                "blend": np.array([] if taste.blend is None else [taste.blend]),
                "discount": np.array([1.0]) if taste.discount is None else taste.discount,
            },
        )  # fmt: skip

    @classmethod
    def restore(cls, context: Context, state: State) -> Self:
        """Make the strategy from saved arrays."""
        arrays, n_sets = state.arrays, state.numbers["n_rr_sets"]
        if arrays["set.sets"].size and int(arrays["set.sets"].max()) >= arrays["stored"].size:
            raise FileFormatError("its array 'set.sets' names an RR set that it does not have")
        if n_sets < 1 or arrays["floor"].size != 1 or arrays["blend"].size > 1:
            raise FileFormatError("its settings are incomplete")
        discount = arrays["discount"]
        if not discount.size or discount[0] != 1.0 or (np.diff(discount) > 0.0).any() or discount[-1] <= 0.0:
            raise FileFormatError("its array 'discount' does not fall from 1")
        blend = float(arrays["blend"][0]) if arrays["blend"].size else None
        sets = ResidualSets(
            arrays["set.ptr"][np.newaxis], arrays["set.sets"], arrays["stored"], arrays["alone"], arrays["value"],
            context.threads,
        )  # fmt: skip
        return cls(
            context, sets, arrays["own.ptr"], arrays["own.friend"], arrays["own.accept"],
            Taste(blend, float(arrays["floor"][0]), discount), n_sets,
        )  # fmt: skip
