"""HeteroIM: friends ranked by what they and their inviter reach together, on RR sets with stratified roots."""

import math
import time
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.streams import RNG, key_from
from ..cluster.session import open_session
from ..errors import InvalidArgumentError
from ..io.accept import as_graph
from ..io.node_reader import NodeReader, NodeValues
from ..ris.bounds import log_binomial
from ..ris.marks import Collection
from ._candidates import CandidateLists
from ._cover import CoverOrder, cover_greedily, shared_with, stratified_sets
from ._network import inviters_of, network_of
from .ranking import Ranking, Scores, best_of_lists, rank

__all__ = ["heteroim", "sets_per_node_of"]

_DEFAULT_K = 3  # for the authors' rule if `k` is not given


def heteroim(
    graph: Any,
    inviters: Iterable[Hashable] | None = None,
    *,
    acceptance: NodeValues | None = None,
    on_missing: str = "error",
    k: int | None = None,
    sets_per_node: int | None = None,
    epsilon: float = 0.1,
    delta: float | None = None,
    probability: str | None = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    client: Any = None,
) -> Ranking:
    """Rank each inviter's friends by the nodes that both reach and that no friend taken earlier reaches.

    RR sets are drawn on the graph of accepted invitations, in which the arc from u to v has the probability P(u, v)
    U(v). Every node is the root of the same number of sets. The friends of all inviters are taken one by one, each time
    the friend v that covers the most RR sets not covered yet. If s > 0 of these newly covered sets contain the inviter
    u, the pair (u, v) scores 1 + s. Otherwise it scores the number of newly covered sets, divided by that number for
    the first friend taken.

    Parameters
    ----------
    graph, inviters, acceptance, on_missing, probability, threads
        As in `heteroir`.
    k : int, optional
        The maximum length of each list; default all friends. The algorithm stops as soon as all lists are certain.
    sets_per_node : int, optional
        Number of RR sets of which each node is the root. Default by the authors' rule, `sets_per_node_of`.
    epsilon : float, default 0.1
        Precision in the authors' rule.
    delta : float, optional
        Failure probability in the authors' rule; default 1 / n_nodes. The rule uses `k`, or 3 if `k` is not given.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` is.
    max_memory : int or str, optional
        Bound on the bytes of RR sets, such as ``"2GiB"``; needing more is an error.
    client : distributed.Client, optional
        Draw the RR sets on the workers of a Dask cluster; the result is the same. See :doc:`/how-to/cluster`.

    Returns
    -------
    Ranking
        Its parts are ``shared``, s; ``cover``, the number of sets that the friend is the first to cover; and ``order``,
        the position at which the friend was taken, from 0. Ties go to the friend taken first.

    Raises
    ------
    InvalidArgumentError, UnknownNodeError
    OutOfMemoryBoundError
        If the RR sets do not fit into `max_memory`.

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
    delta = None if delta is None else check.open_unit(delta, "delta")
    reader = NodeReader(
        as_graph(graph, probability=probability, rng=key, max_memory=max_memory),
        on_missing,
        source=graph,
        max_memory=max_memory,
    )
    network = network_of(reader.graph, acceptance, reader)
    users = inviters_of(network, inviters)
    offsets = network.friend_offsets(users)
    if not offsets[-1]:
        raise InvalidArgumentError("inviters must include a node with out-arcs; name other nodes", argument="inviters")
    lists = CandidateLists(users, offsets, network.friends(users, offsets), notes=tuple(reader.notes))
    n = network.graph.n_nodes
    if sets_per_node is None:
        sets_per_node = sets_per_node_of(np.diff(offsets), n, k or _DEFAULT_K, epsilon, delta)
    allowed = np.zeros(n, dtype=np.bool_)
    allowed[lists.candidates] = True
    live_graph = network.live_graph()
    with open_session(client, live_graph) as session:
        sets = stratified_sets(
            live_graph, check.count(sets_per_node, "sets_per_node"), key, n_threads, max_memory, session
        )
        sampled = time.perf_counter() - began
        cover = cover_greedily(sets, allowed, None if k is None else _AllListsCertain(sets, lists, k, n_threads))
        shared = _shared(sets, cover, lists)
    order = cover.order[lists.candidates]
    scores = Scores(
        cover.pair_scores(shared, lists.candidates), np.where(order < 0, n, order),
        lambda rows: {"shared": shared[rows], "cover": cover.cover[lists.candidates[rows]], "order": order[rows]},
    )  # fmt: skip
    return rank(
        network.graph, lists, scores, k, n_threads, algorithm="heteroim", began=began, seconds={"sample": sampled},
        n_rr_sets=sets.n_sets, rng_key=key,
    )  # fmt: skip


def sets_per_node_of(
    degrees: NDArray[np.int64], n_nodes: int, k: int, epsilon: float = 0.1, delta: float | None = None
) -> int:
    """Return the number of RR sets of which each node is the root, by the authors' rule.

    Parameters
    ----------
    degrees : array_like of int, shape (n_inviters,)
        The number of friends of each inviter.
    n_nodes : int
        The number of nodes of the graph.
    k : int
        The length of each list.
    epsilon : float, default 0.1
        Precision.
    delta : float, optional
        Failure probability; default 1 / n_nodes.

    Returns
    -------
    int

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


def _shared(sets: Collection, cover: CoverOrder, lists: CandidateLists) -> NDArray[np.int32]:
    """Return how many sets each user shares with each of its candidates."""
    return shared_with(sets, cover, lists.users, lists.offsets, lists.candidates)


class _AllListsCertain:
    """Whether the k best of every list are certain, however the remaining candidates will be ranked.

    A candidate taken later covers at most the largest current gain. So it shares with a user u at most that number of
    sets, and at most the uncovered sets that contain u. If it cannot share any set, its score is at most its gain
    divided by the largest cover. A list is certain if its k-th score is not below this bound: of equal scores, the
    candidate taken first ranks first.
    """

    def __init__(self, sets: Collection, lists: CandidateLists, k: int, threads: int) -> None:
        self.sets, self.lists, self.threads = sets, lists, threads
        self.last = np.minimum(np.diff(lists.offsets), k) - 1  # the position of the k-th candidate in its list

    def __call__(self, cover: CoverOrder, gain: NDArray[np.int32]) -> bool:
        """Return whether all lists are certain after the candidates in `cover`."""
        offsets, candidates = self.lists.offsets, self.lists.candidates
        remaining = cover.order[candidates] < 0
        max_gain = int(gain[candidates[remaining]].max(initial=0))
        max_shared = np.minimum(gain[self.lists.users], max_gain)
        bound = np.where(max_shared > 0, 1.0 + max_shared, max_gain / max(cover.max_cover, 1))
        # a list without remaining candidates is certain
        incomplete = np.add.reduceat(np.append(remaining, False), offsets[:-1]).astype(np.bool_) & (self.last >= 0)
        if not incomplete.any():
            return True
        shared = _shared(self.sets, cover, self.lists)
        score = np.where(remaining, -1.0, cover.pair_scores(shared, candidates))
        begins, best = best_of_lists(offsets, score, candidates, None, self.threads)
        kth_score = score[best[np.minimum(begins[:-1] + np.maximum(self.last, 0), score.size - 1)]]
        return bool((kth_score >= bound)[incomplete].all())
