"""Expected-spread lists: each user's friends by what their invitation adds to the spread of all lists together."""

import time
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._utils import check
from .._utils.streams import RNG, Stream, key_from
from ..cluster.session import open_session
from ..errors import InvalidArgumentError
from ..io.accept import as_graph
from ..io.node_reader import NodeReader, NodeValues
from ._candidates import CandidateLists
from ._cover import stratified_sets
from ._expected import Taste, choose_lists
from ._network import inviters_of, network_of
from .ranking import Ranking, Scores, rank

__all__ = ["SETS_PER_NODE", "expected_spread"]

SETS_PER_NODE = 20


def expected_spread(
    graph: Any,
    inviters: Iterable[Hashable] | None = None,
    *,
    k: int | None = 3,
    acceptance: NodeValues | None = None,
    on_missing: str = "error",
    blend: float | None = None,
    min_willingness: float | None = None,
    discount: ArrayLike | None = None,
    sets_per_node: int = SETS_PER_NODE,
    probability: str | None = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    client: Any = None,
) -> Ranking:
    """Choose each inviter's friends so that the expected number of people whom all lists together reach is largest.

    If u shows v, then v starts with the probability P(u, v) U(v), independently of all other invitations. Several users
    may show the same friend, which is worth less each time. The users choose in turn, in rounds: each takes the friend
    that adds the most, given all choices before. The lists reach at least half of what the best lists reach, up to the
    error of sampling; `imax.capacity.assign` with ``acceptance="arcs"`` gives a certificate.

    Parameters
    ----------
    graph, inviters, acceptance, on_missing, probability, threads
        As in `heteroir`.
    k : int, default 3
        The maximum length of each list; None for all friends.
    blend : float in [0, 1], optional
        The weight of the gain, compared with willingness P(u, v) U(v): a friend scores (1 - blend) times willingness
        plus `blend` times its gain divided by the largest gain of the list. Default: the gain alone.
    min_willingness : float in [0, 1], optional
        Friends of less willingness are placed after the others, with score 0.
    discount : array_like of float, optional
        Factor on willingness by place in the list, because people look at the first places: it begins with 1 and never
        rises, and the last one holds for all later places. Default 1 everywhere.
    sets_per_node : int, default 20
        Number of RR sets of which each node is the root.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` is.
    max_memory : int or str, optional
        Bound on the bytes of RR sets, such as ``"2GiB"``; needing more is an error.
    client : distributed.Client, optional
        Draw the RR sets on the workers of a Dask cluster, and keep them there; the result is the same. See
        :doc:`/how-to/cluster`.

    Returns
    -------
    Ranking
        Its parts are ``willingness`` and ``gain``, the expected number of people whom the invitation adds. The score is
        the gain, or the blended score.

    Raises
    ------
    InvalidArgumentError, UnknownNodeError
    OutOfMemoryBoundError
        If the RR sets do not fit into `max_memory`.

    Examples
    --------
    >>> import imax
    >>> from imax.recommend import expected_spread
    >>> lists = expected_spread(imax.datasets.load("lesmis"), ["Myriel", "Fantine"], k=2, rng=1)
    >>> len(lists["Fantine"])
    2
    """
    began = time.perf_counter()
    n_threads, key = check.threads(threads), key_from(rng)
    k = None if k is None else check.count(k, "k")
    taste = Taste.of(blend, min_willingness, discount)
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
    n = network.graph.n_nodes
    candidates, willingness = network.friend_scores(users, offsets, np.zeros(n), n_threads)
    live = network.live_graph()
    with open_session(client, live) as session:
        sets = stratified_sets(
            live, check.count(sets_per_node, "sets_per_node"), key, n_threads, max_memory, session,
            stream=Stream.EXPECTED_SPREAD, store_singletons=False,
        )  # fmt: skip
        n_sets, weights = sets.n_sets, sets.residual_sets(parts=1)
        sampled = time.perf_counter() - began
        found = choose_lists(weights, offsets, candidates, willingness, k, taste, n / n_sets)
    scores = Scores(found.score, found.order, lambda rows: {"willingness": willingness[rows], "gain": found.gain[rows]})
    lists = CandidateLists(users, offsets, candidates, notes=tuple(reader.notes))
    return rank(
        network.graph, lists, scores, k, n_threads, algorithm="expected-spread", began=began,
        seconds={"sample": sampled}, n_rr_sets=n_sets, rng_key=key,
    )  # fmt: skip
