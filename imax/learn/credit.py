"""`credit_model`: spread predicted by a log itself, without probabilities (credit distribution)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.durations import duration_of
from ..diffusion.tables import reject_walks
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..graph.probabilities import ArcProbability
from ..graph.walks import Walks
from ..io.accept import as_graph
from .actions import Actions
from .evidence import Evidence, find_evidence, place

__all__ = ["CreditGraph", "credit_model"]


class CreditGraph(InfluenceGraph):
    """A graph whose spread is what a log credits to the seeds; `credit_model` makes it.

    Attributes
    ----------
    counts : dict of str to int
        What was used of the log and what was dropped.

    Examples
    --------
    >>> import imax
    >>> follows = imax.InfluenceGraph.from_edges([("ann", "bob"), ("bob", "cid")])
    >>> credit = imax.learn.credit_model(follows, [("ann", "app", 0), ("bob", "app", 2), ("cid", "app", 6)])
    >>> credit.spread_of(["ann"])
    3.0
    """

    counts: dict[str, int]

    def spread_of(self, seeds: Any) -> float:
        """Return the spread of seeds, exactly.

        Parameters
        ----------
        seeds : iterable of labels

        Returns
        -------
        float
            The sum over all users of the mean share of their actions that is credited to the seeds; 1 for each seed
            that acted.

        Raises
        ------
        UnknownNodeError
        """
        from ..kernels.actions import credit_of

        walks = self.walks
        assert walks is not None
        is_seed = np.zeros(self.n_nodes, dtype=np.bool_)
        is_seed[self.internal_of(seeds, "seeds")] = True
        graph = walks.graph
        credit = np.empty(graph.n_nodes)
        order = graph.rank  # actions in the order of items and times
        credit_of(order, graph.in_ptr, graph.in_idx, graph.arc_values(), is_seed[walks.user], credit)
        return float(credit @ walks.weight)

    def arc_values(self) -> NoReturn:
        """Raise an error: a credit distribution model has no probabilities."""
        reject_walks(self)
        raise AssertionError

    def with_arc_probability(self, probability: ArcProbability) -> NoReturn:
        """Raise an error: a credit distribution model has no probabilities."""
        raise InvalidArgumentError(
            "probability must be left out: a credit distribution model has no probabilities", argument="probability"
        )

    def __repr__(self) -> str:
        n = 0 if self.walks is None else self.walks.graph.n_nodes
        return f"<CreditGraph: {self.n_nodes:,} nodes, {self.n_arcs:,} arcs, {n:,} actions>"


def credit_model(
    graph: Any,
    actions: Any,
    *,
    user: int | str = "user",
    item: int | str = "item",
    time: int | str = "time",
    window: "float | str | timedelta | None" = None,
    decay: bool = False,
    on_missing: str = "error",
    threads: int | None = None,
) -> CreditGraph:
    """Return a graph whose spread is the influence that a log shows (credit distribution model).

    The credit for an action goes to the parents of the user on that item: the in-neighbors that precede it, in equal
    shares, or falling exponentially with the delay. Each parent passes its part on to its own parents. The spread of
    seeds is the sum over all users of the mean share of their actions that is credited to the seeds. It has no
    probabilities; it is monotone and submodular, and its RR sets are reverse walks through the log.

    Parameters
    ----------
    graph, actions, user, item, time, window, on_missing, threads
        As for `imax.learn.from_actions`.
    decay : bool, default False
        Whether the parts of an action's credit are proportional to exp(-delay / mean delay of the arc) instead of
        equal.

    Returns
    -------
    CreditGraph
        It goes where a graph goes, for functions and algorithms that draw RR sets: `imax.maximize`, `imax.certify`,
        `imax.curve`, `imax.minimize_seeds`, `imax.anytime`, `imax.sample_rr_sets`. Leave `model` and `probability` out.

    Raises
    ------
    InvalidArgumentError
        As for `imax.learn.from_actions`.

    References
    ----------
    Goyal, Bonchi, Lakshmanan: A Data-Based Approach to Social Influence Maximization. VLDB 2011.

    Examples
    --------
    Ann and Bob precede Cid once, so each gets half of the credit:

    >>> import imax
    >>> graph = imax.InfluenceGraph.from_edges([("ann", "cid"), ("bob", "cid")])
    >>> log = [("ann", "x", 1), ("bob", "x", 2), ("cid", "x", 3)]
    >>> model = imax.learn.credit_model(graph, log)
    >>> model.spread_of(["ann"]), model.spread_of(["ann", "bob"])
    (1.5, 3.0)
    >>> imax.maximize(model, 2, rng=1).spread > 2.5
    True
    """
    limit = duration_of(window, "window")
    n_threads = check.threads(threads)
    network = as_graph(graph)
    log = Actions.of(actions, user=user, item=item, time=time, on_missing=on_missing)
    evidence = find_evidence(network, place(network, log, n_threads), limit, n_threads)
    model = CreditGraph(
        in_ptr=network.in_ptr,
        in_idx=network.in_idx,
        index=network.index,
        labels=network.labels,
        probability=ArcProbability("credit", "weighted_cascade"),
        report=replace(network.report, notes=(*network.report.notes, *log.time_notes(window))),
    )
    model.walks = _walks(evidence, bool(decay))
    model.counts = evidence.placed.counts | {"pairs": evidence.n_pairs}
    return model


def _walks(evidence: Evidence, decay: bool) -> Walks:
    """Return the graph of actions."""
    log, n = evidence.placed.log, evidence.graph.n_nodes
    n_actions = evidence.placed.n_actions
    item = np.repeat(np.arange(log.item_ptr.size - 1), np.diff(log.item_ptr))
    target = np.repeat(np.arange(n_actions), np.diff(evidence.ptr))
    key = item.astype(np.int64) * n + log.user
    order = np.argsort(key, kind="stable")
    parent = item[target].astype(np.int64) * n + evidence.graph.in_idx[evidence.arcs[evidence.slot]]
    source = order[np.searchsorted(key, parent, sorter=order)]
    actions = InfluenceGraph.from_arrays(
        source,
        target,
        _shares(evidence, target) if decay else None,
        n_nodes=n_actions,
        probability="lt_normalized" if decay else None,
        threads=evidence.threads,
    )
    user = log.user[actions.index]
    count = evidence.n_actions_of
    return Walks(actions, user, 1.0 / count[user], (count > 0).astype(np.float64))


def _shares(evidence: Evidence, target: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return exp(-delay / mean delay) of each pair, relative to the largest of the action."""
    exponent = -evidence.delay.astype(np.float64) / evidence.slot_delay[evidence.slot]
    largest = np.full(evidence.placed.n_actions, -np.inf)
    np.maximum.at(largest, target, exponent)
    shares: NDArray[np.float64] = np.exp(exponent - largest[target])
    return shares
