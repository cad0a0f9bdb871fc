"""HeteroIR: scores of friends from probabilities alone, without sampling."""

import time
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.streams import RNG
from ..io.accept import as_graph
from ..io.node_reader import NodeReader, NodeValues
from ._candidates import CandidateLists
from ._network import inviters_of, network_of
from .ranking import Ranking, Scores, rank

__all__ = ["INTERACTIONS", "heteroir"]

INTERACTIONS = 20  # of the paper


def heteroir(
    graph: Any,
    inviters: Iterable[Hashable] | None = None,
    *,
    acceptance: NodeValues | None = None,
    on_missing: str = "error",
    interactions: int = INTERACTIONS,
    k: int | None = None,
    probability: str | None = None,
    rng: RNG = None,
    threads: int | None = None,
) -> Ranking:
    """Rank each inviter's friends by the probability that they accept an invitation, and by their own influence.

    The score of friend v of inviter u is P(u, v) U(v) (1 + H(v)). P is the arc probability, U the acceptance
    probability, and H(v) the sum of the `interactions` largest products P(v, w) U(w): the expected number of friends
    that v wins over.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
        Arcs lead from an inviter to a node that may be invited.
    inviters : iterable of labels, optional
        The nodes that get a list. Default all nodes with out-arcs, in the order of node indices.
    acceptance : node values, optional
        The probability that each node accepts an invitation, see `imax.Constraints`. Default 1.
    on_missing : {"error", "drop", "default"}, default "error"
        What to do with nodes that `acceptance` does not list, and with labels in it that are not in the graph. With
        ``"drop"`` such nodes never accept, and with ``"default"`` they always accept; other labels are ignored.
        ``notes`` have the counts.
    interactions : int, default 20
        The maximum number of friends that a node interacts with.
    k : int, optional
        The maximum length of each list; default all friends.
    probability : str, optional
        A scheme of arc probabilities that replaces the graph's own; see `imax.probabilities`.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        For schemes that draw probabilities.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores. The result does not depend on it.

    Returns
    -------
    Ranking
        Its parts are ``willingness``, P(u, v) U(v), and ``influence``, H(v). Ties go to the smaller node index.

    Raises
    ------
    InvalidArgumentError, UnknownNodeError

    References
    ----------
    Hou, Sun, Lin, Bi, Wang, Yang: Heterogeneous Influence Maximization in User Recommendation. 2025.

    Examples
    --------
    >>> import imax
    >>> from imax.recommend import heteroir
    >>> lists = heteroir(imax.datasets.load("lesmis"), ["Myriel", "Fantine"], k=3)
    >>> lists["Myriel"]
    ['Napoleon', 'CountessDeLo', 'Geborand']
    """
    began = time.perf_counter()
    n_threads = check.threads(threads)
    interactions = check.count(interactions, "interactions")
    k = None if k is None else check.count(k, "k")
    reader = NodeReader(as_graph(graph, probability=probability, rng=rng), on_missing, source=graph)
    network = network_of(reader.graph, acceptance, reader)
    users = inviters_of(network, inviters)
    offsets = network.friend_offsets(users)
    influence = network.influence(interactions, n_threads)
    friends, score = network.friend_scores(users, offsets, influence, n_threads)

    def parts(rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        of_friend = influence[friends[rows]]
        return {"willingness": score[rows] / (1.0 + of_friend), "influence": of_friend}

    lists = CandidateLists(users, offsets, friends, notes=tuple(reader.notes))
    scores = Scores(score, network.graph.index[friends], parts)
    return rank(network.graph, lists, scores, k, n_threads, algorithm="heteroir", began=began)
