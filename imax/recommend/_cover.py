"""Counts on RR sets for HeteroIM: which candidate covers a set first, and how many such sets an inviter shares.

The greedy cover orders all candidates by the RR sets that no candidate before them covers. An inviter u shares with a
candidate v the sets that contain both and that v is the first to cover. Every set has one first coverer, its owner, so
all these numbers follow from the order: one pass over the sets finds the owners, one pass over the inviters' sets
counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check, parallel
from .._utils.arrays import read_only
from .._utils.streams import Key, Stream, stream_key
from ..cluster.session import Session, open_session
from ..diffusion.sampler import Sampler
from ..errors import InvalidArgumentError, OutOfMemoryBoundError
from ..graph.influence_graph import InfluenceGraph
from ..ris.collection import RRCollection
from ..ris.coverage import greedy_steps
from ..ris.marks import Collection
from ..ris.remote import new_collection
from ._network import Network

__all__ = [
    "CoverOrder",
    "SharedSets",
    "count_shared",
    "cover_greedily",
    "sample_stratified",
    "shared_with",
    "stratified_sets",
]

_FIRST = 64  # candidates covered before the first call of `stop`
_MAX_SETS = 2**31 - 1  # set numbers are int32
_NO_LIMIT = 2**62
_PAIRS = 1 << 22  # users and candidates whose shared sets are counted at once


def sample_stratified(
    network: Network,
    sets_per_node: int,
    key: Key,
    threads: int,
    max_memory: int | str | None = None,
    *,
    stream: Stream = Stream.HETEROIM,
    store_singletons: bool = True,
    client: Any = None,
) -> RRCollection:
    """Draw RR sets on the graph of accepted invitations; every node is the root of `sets_per_node` sets.

    If the workers of a client draw the sets, they are sent to this process.
    """
    graph = network.live_graph()
    with open_session(client, graph) as session:
        found: RRCollection = stratified_sets(
            graph, sets_per_node, key, threads, max_memory, session, stream=stream, store_singletons=store_singletons
        ).gathered()
        return found


def stratified_sets(
    graph: InfluenceGraph,
    sets_per_node: int,
    key: Key,
    threads: int,
    max_memory: int | str | None = None,
    session: Session | None = None,
    *,
    stream: Stream = Stream.HETEROIM,
    store_singletons: bool = True,
) -> Collection:
    """Draw RR sets, in this process or on the workers of a session; every node is the root of `sets_per_node` sets."""
    count = sets_per_node * graph.n_nodes
    if count > _MAX_SETS:
        raise InvalidArgumentError(
            f"sets_per_node must be at most {_MAX_SETS // graph.n_nodes:,} for {graph.n_nodes:,} nodes, got "
            f"{sets_per_node:,}: more than {_MAX_SETS:,} RR sets cannot be indexed",
            argument="sets_per_node",
        )
    limit = check.memory_bytes(max_memory)
    sampler = Sampler(graph, "ic", stream_key(key, stream), threads=threads, stratify_after=0)
    sets = new_collection(session, sampler, store_singletons=store_singletons)
    step = count if limit is None else max(graph.n_nodes, 1 << 16)
    while sets.n_sets < count:
        sets.extend(min(count, sets.n_sets + step))
        if limit is not None and sets.nbytes + 4 * sets.n_entries > limit:
            raise OutOfMemoryBoundError(
                f"max_memory of {limit:,} bytes is exceeded by {sets.n_sets:,} of {count:,} RR sets; lower "
                "{sets_per_node}, or raise the limit",
                argument="max_memory",
                others=("sets_per_node",),
            )
    return sets


@dataclass(frozen=True)
class CoverOrder:
    """The order in which greedy covering takes the candidates.

    Attributes
    ----------
    order : numpy.ndarray of int32, shape (n_nodes,)
        The position of each node by internal id, from 0; -1 for nodes that were not taken.
    cover : numpy.ndarray of int64, shape (n_nodes,)
        How many sets each node is the first to cover.
    max_cover : int
        The largest cover, which is that of the first node.
    """

    order: NDArray[np.int32]
    cover: NDArray[np.int64]
    max_cover: int

    def pair_scores(self, shared: NDArray[np.int32], candidates: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the score of each pair: 1 + shared sets or, where none is shared, cover divided by `max_cover`."""
        return np.where(shared > 0, 1.0 + shared, self.cover[candidates] / max(self.max_cover, 1))


def cover_greedily(
    sets: Collection,
    allowed: NDArray[np.bool_],
    stop: Callable[[CoverOrder, NDArray[np.int32]], bool] | None = None,
) -> CoverOrder:
    """Take the allowed nodes one by one, each time the node that covers the most sets not covered yet.

    Ties go to the smaller internal id, which is the node with more out-arcs.

    Parameters
    ----------
    sets : Collection
    allowed : numpy.ndarray of bool, shape (n_nodes,)
    stop : callable, optional
        Called with the order so far and the current gain of every node, after 64 nodes and then each time the number
        of nodes has grown fourfold. Covering ends when it returns True.
    """
    from ..kernels.coverage import N_NUMBERS, Chosen, State, greedy, order

    sets.build_index(parts=1)  # as `count_shared` needs it
    n, marks = allowed.size, sets.marks()
    state = State(
        covered=marks.covered,
        gain=sets.degree(),
        allowed=allowed.copy(),
        heap=np.empty(n, dtype=np.int64),
        number=np.zeros(N_NUMBERS, dtype=np.int64),
    )
    order(0, state, None, None)
    total = int(allowed.sum())
    nodes, gains = np.empty(total, np.int32), np.empty(total, np.int64)
    bounds, chosen = np.full(1, _NO_LIMIT), Chosen(nodes, gains)

    def run(n_seeds: int) -> None:
        greedy(n_seeds, _NO_LIMIT, 0, 1, 0, marks.index, state, None, None, None, chosen, bounds)

    steps, n_taken = greedy_steps(run, state, chosen), 0
    while n_taken < total:
        n_taken = min(total, max(_FIRST, 4 * n_taken)) if stop is not None else total
        marks.choose(steps, n_taken)
        position = np.full(n, -1, dtype=np.int32)
        position[nodes[:n_taken]] = np.arange(n_taken, dtype=np.int32)
        cover = np.zeros(n, dtype=np.int64)
        cover[nodes[:n_taken]] = gains[:n_taken]
        found = CoverOrder(position, cover, int(gains[0]))
        if stop is not None and n_taken < total and stop(found, state.gain):
            break
    return found


@dataclass(frozen=True)
class SharedSets:
    """How many sets inviters share with the nodes that own these sets.

    Attributes
    ----------
    ptr : numpy.ndarray of int64, shape (n_rows + 1,)
        The entries of row r are ``ptr[r]`` to ``ptr[r + 1]``. Each row belongs to one inviter.
    friend : numpy.ndarray of int32
        Owners by internal id; they increase within a row.
    count : numpy.ndarray of int32
        How many sets the row's inviter shares with each.
    """

    ptr: NDArray[np.int64]
    friend: NDArray[np.int32]
    count: NDArray[np.int32]

    def __post_init__(self) -> None:
        for name in ("ptr", "friend", "count"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.ptr, self.friend, self.count)

    def lookup(
        self,
        rows: NDArray[np.int32] | NDArray[np.int64],
        offsets: NDArray[np.int64],
        candidates: NDArray[np.int32],
        threads: int = 1,
    ) -> NDArray[np.int32]:
        """Return how many sets are shared with each candidate; those of ``rows[i]`` begin at ``offsets[i]``."""
        from ..kernels.friends import find_shared

        found = np.empty(candidates.size, dtype=np.int32)
        wanted = np.asarray(rows, dtype=np.int64)
        parts = parallel.slices(wanted.size, threads) if wanted.size else []
        tasks = [
            partial(find_shared, a, b, wanted, offsets, candidates, self.ptr, self.friend, self.count, found)
            for a, b in parts
        ]
        parallel.run(tasks, threads)
        return found


def count_shared(sets: RRCollection, order: NDArray[np.int32], inviters: NDArray[np.int32], threads: int) -> SharedSets:
    """Count the sets that each inviter shares with the owners of these sets; row i belongs to ``inviters[i]``."""
    from ..kernels.friends import own_sets, shared_rows

    owner = np.empty(sets.n_sets, dtype=np.int32)
    offsets, nodes = sets.offsets, sets.nodes
    threads = threads if sets.n_entries > 1 << 16 else 1
    slices = parallel.slices(sets.n_sets, threads)
    parallel.run([partial(own_sets, a, b, offsets, nodes, order, owner) for a, b in slices], threads)
    index = sets.index(parts=1)
    set_ptr = index.ptr[0]
    starts = np.concatenate([[0], np.cumsum(np.diff(set_ptr)[inviters])])
    friend, count = np.empty(int(starts[-1]), dtype=np.int32), np.empty(int(starts[-1]), dtype=np.int32)
    size = np.zeros(inviters.size, dtype=np.int64)
    parts = parallel.even_parts(starts, threads) or [(0, inviters.size)]
    tasks = [
        partial(shared_rows, a, b, inviters, starts, set_ptr, index.sets, owner, friend, count, size) for a, b in parts
    ]  # fmt: skip
    parallel.run(tasks, threads)
    # each row has space for one entry per set; keep the part that is used
    ptr = np.concatenate([[0], np.cumsum(size)])
    used = np.arange(int(ptr[-1])) + np.repeat(starts[:-1] - ptr[:-1], size)
    return SharedSets(ptr, friend[used], count[used])


def shared_with(
    sets: Collection, order: CoverOrder, users: NDArray[np.int32], offsets: NDArray[np.int64],
    candidates: NDArray[np.int32],
) -> NDArray[np.int32]:  # fmt: skip
    """Return how many sets each user shares with each of its candidates, wherever the sets are."""
    found = [np.empty(0, dtype=np.int32)]
    first = 0
    while first < users.size:
        last = max(first + 1, int(np.searchsorted(offsets, offsets[first] + _PAIRS, side="right")) - 1)
        own = offsets[first : last + 1]
        found.append(
            sets.add_up(_count_pairs, order.order, users[first:last], own - own[0], candidates[own[0] : own[-1]])
        )
        first = last
    return np.concatenate(found)


def _count_pairs(
    sets: RRCollection, order: NDArray[np.int32], users: NDArray[np.int32], offsets: NDArray[np.int64],
    candidates: NDArray[np.int32],
) -> NDArray[np.int32]:  # fmt: skip
    """Return how many of the sets each user shares with each of its candidates."""
    shared = count_shared(sets, order, users, sets.sampler.threads)
    return shared.lookup(np.arange(users.size), offsets, candidates)
