"""HeteroIM: friends ranked by what they and their inviter reach together, on RR sets with stratified roots.

A greedy choice ranks all candidates by the RR sets that they are the first to cover. What an inviter shares with a
friend is the number of sets that hold both and that the friend is the first to cover. As each set has one first
coverer, all these numbers follow from the order of choice: the greedy kernel finds it, a pass over the sets finds their
owners, and a pass over the inviters' sets counts.
"""

import math
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from .._utils import check, parallel
from .._utils.streams import RNG, Key, Stream, key_from, stream_key
from ..diffusion.sampler import Sampler
from ..errors import InvalidArgumentError
from ..graph.accept import as_graph
from ..ris.bounds import log_binomial
from ..ris.collection import RRCollection
from ._network import Network, inviters_of, network_of
from .ranking import Ranking, ranked

__all__ = ["Choice", "Shared", "choose", "draw", "heteroim", "scores_of", "sets_per_node_of", "share"]

_FIRST = 64  # candidates taken before the first look whether all lists are full


def heteroim(
    graph: Any,
    inviters: Iterable[Hashable] | None = None,
    *,
    acceptance: Mapping[Any, float] | ArrayLike | None = None,
    k: int | None = None,
    sets_per_node: int | None = None,
    epsilon: float = 0.1,
    delta: float | None = None,
    probability: str | None = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
) -> Ranking:
    """Rank each inviter's friends by how many they reach together that no friend taken before has reached.

    RR sets are drawn on the graph where an arc is live with the probability that somebody invites times that the other
    accepts; every node is the root of equally many. Candidates are the inviters' friends. Again and again the one is
    taken that is in most sets not yet covered. The pair of an inviter u and the friend v taken scores 1 + s, where s >
    0 such sets hold both; where none does, what v covers as a share of what the first one covered.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
        Its arcs lead from who invites to who may be invited.
    inviters : iterable of labels, optional
        Default everyone with out-arcs, in the order of node indices.
    acceptance : array_like of float, shape (n_nodes,), or dict, optional
        The probability that each node accepts an invitation, by node index or label; 1 for those that a dict leaves
        out.
    k : int, optional
        Return each inviter's best k; default all. Ranking ends as soon as all these lists are certain.
    sets_per_node : int, optional
        How many RR sets each node is the root of; default by the authors' rule, `sets_per_node_of`.
    epsilon, delta : float
        For that rule; default 0.1 and 1 / number of nodes. It needs `k`; without one it takes 3.
    probability : str, optional
        A scheme of arc probabilities in place of the graph's own; see `imax.probabilities`.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` is.
    threads : int, optional
    max_memory : int or str, optional
        Bound on the bytes of RR sets, such as ``"2GiB"``; more is an error.

    Returns
    -------
    Ranking
        Its parts are ``shared``, s; ``cover``, the sets that the friend was the first to cover; and ``order``, when it
        was taken, from 0. Ties go to who was taken first.

    Raises
    ------
    InvalidArgumentError, UnknownNodeError
    OutOfMemoryBoundError
        If the sets asked for do not fit into `max_memory`.

    References
    ----------
    Hou, Sun, Lin, Bi, Wang, Yang: Heterogeneous Influence Maximization in User Recommendation. 2025.

    Examples
    --------
    >>> import imax
    >>> from imax.recommend import heteroim
    >>> lists = heteroim(imax.datasets.load("lesmis"), ["Myriel", "Fantine"], k=2, rng=1)
    >>> lists["Fantine"][0]
    'Valjean'
    """
    began = time.perf_counter()
    n_threads = check.threads(threads)
    k = None if k is None else check.count(k, "k")
    epsilon, key = check.open_unit(epsilon, "epsilon"), key_from(rng)
    network = network_of(as_graph(graph, probability=probability, rng=key), acceptance)
    rows = inviters_of(network, inviters)
    starts = np.concatenate([[0], np.cumsum(np.diff(network.ptr)[rows])])
    if not starts[-1]:
        raise InvalidArgumentError("no inviter has an arc to a friend; name others in inviters")
    friends = _friends(network, rows, starts)
    if sets_per_node is None:
        sets_per_node = sets_per_node_of(
            np.diff(network.ptr)[rows], network.graph.n_nodes, k or 3, epsilon,
            None if delta is None else check.open_unit(delta, "delta"),
        )  # fmt: skip
    sets = draw(network, check.count(sets_per_node, "sets_per_node"), key, n_threads, max_memory)
    sampled = time.perf_counter() - began
    allowed = np.zeros(network.graph.n_nodes, dtype=np.bool_)
    allowed[friends] = True
    done = None if k is None else _Full(sets, rows, starts, friends, k, n_threads)
    choice = choose(sets, allowed, done)
    shared = share(sets, choice, rows, n_threads).find(np.arange(rows.size), starts, friends)
    score = scores_of(choice, shared, friends)
    order = choice.order[friends]
    offsets, best = ranked(starts, score, np.where(order < 0, allowed.size, order), k, n_threads)
    return Ranking(
        graph=network.graph,
        users=network.graph.index[rows],
        offsets=offsets,
        friends=network.graph.index[friends[best]],
        scores=score[best],
        parts={"shared": shared[best], "cover": choice.cover[friends[best]], "order": order[best]},
        method="heteroim",
        k=k,
        n_rr_sets=sets.n_sets,
        dropped_users=0,
        dropped_rows=0,
        seconds={"sample": sampled, "total": time.perf_counter() - began},
        rng_key=key,
        version=__version__,
    )


def sets_per_node_of(
    degrees: NDArray[np.int64], n_nodes: int, k: int, epsilon: float = 0.1, delta: float | None = None
) -> int:
    """Return for how many RR sets each node is to be the root, by the authors' rule.

    Parameters
    ----------
    degrees : array_like of int
        The number of friends of each inviter.
    n_nodes, k : int
    epsilon, delta : float
        Default 0.1 and 1 / n_nodes.

    Examples
    --------
    >>> import numpy as np
    >>> sets_per_node_of(np.full(40, 50), 4000, 3)
    257
    """
    log6 = math.log(6.0 * n_nodes if delta is None else 6.0 / delta)
    sizes, counts = np.unique(np.asarray(degrees), return_counts=True)
    logs = sum(log_binomial(int(d), min(k, int(d))) * int(c) for d, c in zip(sizes, counts, strict=True))
    first = 2.0 * (0.5 * math.sqrt(log6) + math.sqrt(0.5 * (logs + log6))) ** 2
    doublings = math.floor(math.log2(n_nodes / (epsilon**2 * k * max(int(counts.sum()), 1))))
    return max(1, math.ceil(first * 2.0**doublings / n_nodes))


def _friends(network: Network, rows: NDArray[np.int32], starts: NDArray[np.int64]) -> NDArray[np.int32]:
    shift = np.repeat(network.ptr[rows] - starts[:-1], np.diff(starts))
    return network.idx[shift + np.arange(int(starts[-1]))]


def draw(network: Network, per_node: int, key: Key, threads: int, max_memory: Any = None) -> RRCollection:
    """Draw RR sets, each node being the root of so many."""
    from ..errors import OutOfMemoryBoundError

    graph = network.live()
    count = per_node * graph.n_nodes
    if count > 2**31 - 1:
        raise InvalidArgumentError(
            f"sets_per_node = {per_node:,} makes {count:,} RR sets, more than can be indexed; ask for fewer"
        )
    limit = check.memory_bytes(max_memory)
    sets = RRCollection(Sampler(graph, "ic", stream_key(key, Stream.HETEROIM), threads=threads, stratified=True))
    step = count if limit is None else max(graph.n_nodes, 1 << 16)
    while sets.n_sets < count:
        sets.extend(min(count, sets.n_sets + step))
        if limit is not None and sets.nbytes + 4 * sets.n_entries > limit:
            raise OutOfMemoryBoundError(
                f"{sets.n_sets:,} of {count:,} RR sets already take more than max_memory = {limit:,} bytes; ask for "
                "fewer sets_per_node or raise the bound"
            )
    return sets


@dataclass(frozen=True)
class Choice:
    """In which order candidates were taken, and how many sets each was the first to cover, by internal id.

    `order` is -1 for nodes that were not taken, `most` is the largest cover.
    """

    order: NDArray[np.int32]
    cover: NDArray[np.int64]
    most: int


def choose(
    sets: RRCollection,
    allowed: NDArray[np.bool_],
    done: Callable[[Choice, NDArray[np.int32]], bool] | None = None,
) -> Choice:
    """Take all allowed nodes by falling cover; `done`, asked after every fourfold number, can end it.

    Ties go to the smaller internal id, the one of more out-arcs.
    """
    from ..kernels.coverage import N_NUMBERS, Chosen, State, greedy, order

    n = allowed.size
    index = sets.index(parts=1)  # as `share` needs it
    gain = sets.degree()
    state = State(
        covered=np.zeros(sets.n_sets, dtype=np.bool_),
        gain=gain,
        allowed=allowed.copy(),
        heap=np.empty(n, dtype=np.int64),
        number=np.zeros(N_NUMBERS, dtype=np.int64),
    )
    tally = np.empty(int(gain.max(initial=0)) + 1, dtype=np.int64)
    order(n + 1, state, tally, None)
    total = int(allowed.sum())
    seeds, gains, bounds = np.empty(total, np.int32), np.empty(total, np.int64), np.full(1, 2**62)
    picks = 0
    while picks < total:
        picks = min(total, max(_FIRST, 4 * picks)) if done is not None else total
        greedy(picks, 2**62, 0, 1, n + 1, index, state, tally, None, None, Chosen(seeds, gains), bounds)
        taken = np.full(n, -1, dtype=np.int32)
        taken[seeds[:picks]] = np.arange(picks, dtype=np.int32)
        cover = np.zeros(n, dtype=np.int64)
        cover[seeds[:picks]] = gains[:picks]
        found = Choice(taken, cover, int(gains[0]))
        if done is not None and picks < total and done(found, gain):
            break
    return found


@dataclass(frozen=True)
class Shared:
    """How many sets each row's node shares with the nodes that own them: row r is at ptr[r] to ptr[r + 1]."""

    ptr: NDArray[np.int64]
    friend: NDArray[np.int32]
    count: NDArray[np.int32]

    def find(
        self, rows: NDArray[Any], starts: NDArray[np.int64], friends: NDArray[np.int32], threads: int = 1
    ) -> NDArray[np.int32]:
        """Return what each of `rows`, -1 being none, shares with its friends."""
        from ..kernels.friends import find_shared

        found = np.empty(friends.size, dtype=np.int32)
        wanted = np.asarray(rows, dtype=np.int64)
        parts = parallel.slices(wanted.size, threads) if wanted.size else []
        tasks = [
            partial(find_shared, a, b, wanted, starts, friends, self.ptr, self.friend, self.count, found)
            for a, b in parts
        ]
        parallel.run(tasks, threads)
        return found


def share(sets: RRCollection, choice: Choice, rows: NDArray[np.int32], threads: int) -> Shared:
    """Count what the nodes of `rows` share with those who were the first to cover the sets that hold them."""
    from ..kernels.friends import own_sets, shared_rows

    owner = np.empty(sets.n_sets, dtype=np.int32)
    offsets, nodes = sets.offsets, sets.nodes
    many = threads if sets.n_entries > 1 << 16 else 1
    spans = parallel.slices(sets.n_sets, many)
    parallel.run([partial(own_sets, a, b, offsets, nodes, choice.order, owner) for a, b in spans], many)
    index = sets.index(parts=1)
    set_ptr = index.ptr[0]
    starts = np.concatenate([[0], np.cumsum(np.diff(set_ptr)[rows])])
    friend, count = np.empty(int(starts[-1]), dtype=np.int32), np.empty(int(starts[-1]), dtype=np.int32)
    size = np.zeros(rows.size, dtype=np.int64)
    parts = parallel.even_parts(starts, many) or [(0, rows.size)]
    tasks = [
        partial(shared_rows, a, b, rows, starts, set_ptr, index.sets, owner, friend, count, size) for a, b in parts
    ]
    parallel.run(tasks, many)
    ptr = np.concatenate([[0], np.cumsum(size)])
    kept = np.arange(int(ptr[-1])) + np.repeat(starts[:-1] - ptr[:-1], size)
    return Shared(ptr, friend[kept], count[kept])


def scores_of(choice: Choice, shared: NDArray[np.int32], friends: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the score of each pair: 1 + shared, or where nothing is shared what the friend covers of the most."""
    share_of_most = choice.cover[friends] / max(choice.most, 1)
    return np.where(shared > 0, 1.0 + shared, share_of_most)


class _Full:
    """Tells whether every inviter's best k are certain, however the candidates left are ranked.

    Who is taken later covers at most what the leading candidate would now. So with u it shares at most that, and at
    most the sets that hold u and are not covered; where nothing can be shared its score is at most its share of the
    largest cover. A list is certain once its k-th score is no less: of equal scores, who was taken first goes before.
    """

    def __init__(
        self,
        sets: RRCollection,
        rows: NDArray[np.int32],
        starts: NDArray[np.int64],
        friends: NDArray[np.int32],
        k: int,
        threads: int,
    ) -> None:
        self.sets, self.rows, self.starts, self.friends, self.threads = sets, rows, starts, friends, threads
        self.kth = np.minimum(np.diff(starts), k) - 1

    def __call__(self, choice: Choice, gain: NDArray[np.int32]) -> bool:
        """Return whether all lists are certain after this choice."""
        left = choice.order[self.friends] < 0
        coming = int(gain[self.friends[left]].max(initial=0))
        most = np.minimum(gain[self.rows], coming)
        bound = np.where(most > 0, 1.0 + most, coming / max(choice.most, 1))
        # a list without a friend left is certain anyway
        open_ = np.add.reduceat(np.append(left, False), self.starts[:-1]).astype(np.bool_) & (self.kth >= 0)
        if not open_.any():
            return True
        shared = share(self.sets, choice, self.rows, self.threads)
        found = shared.find(np.arange(self.rows.size), self.starts, self.friends)
        score = np.where(left, -1.0, scores_of(choice, found, self.friends))
        places, best = ranked(self.starts, score, self.friends, None, self.threads)
        last = score[best[np.minimum(places[:-1] + np.maximum(self.kth, 0), score.size - 1)]]
        return bool((last >= bound)[open_].all())
