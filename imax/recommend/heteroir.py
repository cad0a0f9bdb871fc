"""HeteroIR: scores of friends from probabilities alone, without sampling."""

import time
from collections.abc import Hashable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import __version__
from .._utils import check, parallel
from .._utils.streams import RNG
from ..graph.accept import as_graph
from ._network import inviters_of, network_of
from .ranking import Ranking, ranked

__all__ = ["INTERACTIONS", "heteroir"]

INTERACTIONS = 20


def heteroir(
    graph: Any,
    inviters: Iterable[Hashable] | None = None,
    *,
    acceptance: Mapping[Any, float] | ArrayLike | None = None,
    interactions: int = INTERACTIONS,
    k: int | None = None,
    probability: str | None = None,
    rng: RNG = None,
    threads: int | None = None,
) -> Ranking:
    """Rank each inviter's friends by how likely they are invited, accept, and pass the invitation on.

    The score of friend v of u is P(u, v) U(v) (1 + H(v)), with P the arcs' probabilities, U the acceptance, and H(v)
    the sum of v's `interactions` largest P(v, w) U(w): how many it is expected to bring along.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
        Its arcs lead from who invites to who may be invited.
    inviters : iterable of labels, optional
        Default everyone with out-arcs, in the order of node indices.
    acceptance : array_like of float, shape (n_nodes,), or dict, optional
        The probability that each node accepts an invitation, by node index or label; 1 for those that a dict leaves
        out.
    interactions : int, default 20
        With how many friends somebody interacts at most.
    k : int, optional
        Return each inviter's best k; default all.
    probability : str, optional
        A scheme of arc probabilities in place of the graph's own; see `imax.probabilities`.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        For schemes that draw.
    threads : int, optional

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
    most = check.count(interactions, "interactions")
    k = None if k is None else check.count(k, "k")
    network = network_of(as_graph(graph, probability=probability, rng=rng), acceptance)
    rows = inviters_of(network, inviters)
    reach = network.reach(most, n_threads)
    graph = network.graph
    starts = np.concatenate([[0], np.cumsum(np.diff(network.ptr)[rows])])
    friends, score = np.empty(int(starts[-1]), dtype=np.int32), np.empty(int(starts[-1]))
    _score(network, rows, starts, reach, friends, score, n_threads)
    tie = graph.index[friends]
    offsets, best = ranked(starts, score, tie, k, n_threads)
    chosen = friends[best]
    return Ranking(
        graph=graph,
        users=graph.index[rows],
        offsets=offsets,
        friends=tie[best],
        scores=score[best],
        parts={"willingness": score[best] / (1.0 + reach[chosen]), "influence": reach[chosen]},
        method="heteroir",
        k=k,
        n_rr_sets=0,
        dropped_users=0,
        dropped_rows=0,
        seconds={"total": time.perf_counter() - began},
        rng_key=None,
        version=__version__,
    )


def _score(network: Any, rows: Any, starts: Any, reach: Any, friends: Any, score: Any, threads: int) -> None:
    from ..kernels.friends import pair_scores

    parts = parallel.even_parts(starts, threads if score.size > 1 << 14 else 1) or [(0, rows.size)]
    tasks = [
        partial(pair_scores, a, b, rows, starts, network.ptr, network.idx, network.by_target, network.by_arc,
                network.accept, reach, 1.0, friends, score)
        for a, b in parts
    ]  # fmt: skip
    parallel.run(tasks, threads)
