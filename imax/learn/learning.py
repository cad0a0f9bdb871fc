"""`from_actions` and `from_trials`: from a log to a graph with probabilities."""

from datetime import timedelta
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.durations import SECONDS, duration_of, has_unit
from .._utils.streams import RNG, key_from
from ..errors import InvalidArgumentError
from ..graph.delays import LearnedDelays
from ..graph.influence_graph import InfluenceGraph
from ..graph.probabilities import ArcProbability
from ..io.accept import as_graph
from .actions import Actions, counted
from .baselines import uniform_probability
from .estimate import Settings
from .evidence import Evidence, find_evidence, place
from .model import LearnedModel
from .prior import check_prior, posterior_interval, posterior_mean
from .registry import ESTIMATORS
from .trials import count_trials

__all__ = ["from_actions", "from_trials"]

_NO_EVIDENCE = ("prior", "zero")
_SHORTEST, _LONGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)  # delays in a graph


def from_actions(
    graph: Any,
    actions: Any,
    *,
    user: int | str = "user",
    item: int | str = "item",
    time: int | str = "time",
    estimator: str = "em",
    window: "float | str | timedelta | None" = None,
    decay: bool = False,
    prior: "tuple[float, float] | str | None" = "empirical",
    no_evidence: str = "prior",
    confidence: float = 0.9,
    intervals: bool = True,
    on_missing: str = "error",
    max_iterations: int = 100,
    tolerance: float = 1e-6,
    rng: RNG = 0,
    threads: int | None = None,
) -> LearnedModel:
    """Learn the probability of each arc of a graph from a log of actions.

    A user u *precedes* v on an item if the arc (u, v) exists and v acts after u, by at most `window`. Actions at the
    same time do not precede each other, and only the first action of a user on an item counts.

    Parameters
    ----------
    graph : InfluenceGraph, or any graph that `imax.maximize` accepts
        Who can influence whom. Its probabilities are not used.
    actions : table, dict of columns, path, imax.learn.Actions, or iterable of tables or of rows
        Who acted on which item, and when; see `imax.learn.Actions.of`. Users are matched to the labels of the graph.
        Users that are not nodes are dropped and counted.
    user, item, time : int or str, default "user", "item", "time"
        Columns of `actions`. Times are numbers or dates (ISO 8601, datetime).
    estimator : {"em", "bernoulli", "jaccard", "partial-credits", "lt-weights"}, default "em"
        How to turn pairs into probabilities; see `imax.learn.ESTIMATORS`.
    window : float, str or datetime.timedelta, optional
        Longest delay of a success: a number in the unit of the times (seconds for dates), or such as ``"30d"``, which
        takes times that are numbers as seconds. Default: any delay.
    decay : bool, default False
        Whether credit falls exponentially with the delay (``partial-credits`` and ``lt-weights``).
    prior : "empirical", None or (float, float), default "empirical"
        Beta prior (a, b): a successes and b failures are added to each arc. ``"empirical"``: fitted to all arcs.
    no_evidence : {"prior", "zero"}, default "prior"
        Probability of arcs without trials: the mean of the prior, or 0. They are counted in either case.
    confidence : float, default 0.9
        Level of the intervals.
    intervals : bool, default True
        Whether to compute an interval for each probability, which `imax.maximize_robust` needs. For ``em`` on a log
        with up to 8,000,000 pairs on 2,000,000 arcs they are sampled, which takes longer than the probabilities
        themselves.
    on_missing : {"error", "drop"}, default "error"
        Rows with a missing cell: raise an error, or drop and count them.
    max_iterations, tolerance : int and float, default 100 and 1e-6
        ``em`` stops after so many iterations, or if the log-likelihood changes by a smaller share.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, default 0
        Source of randomness of the intervals of ``em``.
    threads : int, optional
        Number of threads; default ``IMAX_NUM_THREADS``, otherwise all cores. The result does not depend on it.

    Returns
    -------
    LearnedModel

    Raises
    ------
    InvalidArgumentError
        For an unknown column or estimator, a missing cell, a time that cannot be read, a window that is not positive,
        or if no user of the log is a node of the graph.

    References
    ----------
    Goyal, Bonchi, Lakshmanan: Learning Influence Probabilities in Social Networks. WSDM 2010. Saito, Nakano, Kimura:
    Prediction of Information Diffusion Probabilities for Independent Cascade Model. KES 2008.

    Examples
    --------
    Bob follows Ann on two of her three items:

    >>> import imax
    >>> log = [("ann", "x", 1), ("bob", "x", 2), ("ann", "y", 1), ("bob", "y", 5), ("ann", "z", 1)]
    >>> graph = imax.InfluenceGraph.from_edges([("ann", "bob")])
    >>> model = imax.learn.from_actions(graph, log, prior=None)
    >>> model.graph.arcs()
    [('ann', 'bob', 0.6666666865348816)]
    """
    began = perf_counter()
    entry = ESTIMATORS.find(estimator)
    checked = check_prior(prior)
    ESTIMATORS.check_accepts(entry, decay=decay or None, prior=None if checked in (None, "empirical") else checked)
    check.one_of(no_evidence, "no_evidence", _NO_EVIDENCE)
    level = check.open_unit(confidence, "confidence")
    limit = duration_of(window, "window")
    settings = Settings(
        checked,
        bool(decay),
        check.count(max_iterations, "max_iterations"),
        check.positive(tolerance, "tolerance"),
        level,
        bool(intervals),
        key_from(rng),
    )
    n_threads = check.threads(threads)
    network = as_graph(graph)
    log = Actions.of(actions, user=user, item=item, time=time, on_missing=on_missing)
    placed = place(network, log, n_threads)
    read = perf_counter()
    evidence = find_evidence(network, placed, limit, n_threads)
    paired = perf_counter()
    estimate = entry.run(evidence, settings)
    p = posterior_mean(estimate.successes, estimate.trials, estimate.prior)
    counted = (estimate.successes, estimate.trials)
    lower = upper = None
    if intervals:
        lower, upper = estimate.interval or posterior_interval(*counted, estimate.prior, level, n_threads)
        np.minimum(lower, p, out=lower)
        np.maximum(upper, p, out=upper)
    none = estimate.trials == 0
    if no_evidence == "zero":
        p = np.where(none, 0.0, p)
    in_seconds = log.dated or (window is not None and has_unit(window))
    delays = _delays(evidence, SECONDS if in_seconds else None)
    counts = placed.counts | {"pairs": evidence.n_pairs, "arcs_without_trials": int(np.count_nonzero(none))}
    learned = _with_probability(network, p, f"learned:{entry.name}", lower, upper).with_delays(delays)
    return LearnedModel(
        graph=learned,
        estimator=entry.name,
        trials=estimate.trials,
        successes=estimate.successes,
        lower=lower,
        upper=upper,
        delay=evidence.spread(evidence.slot_delay, np.nan),
        prior=estimate.prior,
        confidence=level,
        window=limit,
        uniform=uniform_probability(evidence),
        log_likelihood=estimate.log_likelihood,
        counts=counts,
        notes=[*log.time_notes(window), *_notes(counts, network, no_evidence, estimate.prior), *estimate.notes],
        seconds={"read": read - began, "pairs": paired - read, "estimate": perf_counter() - paired},
        item_hashes=log.item_hashes(),
        dated=log.dated,
    )


def from_trials(
    trials: Any,
    *,
    source: int | str = "source",
    target: int | str = "target",
    success: int | str | None = None,
    n_trials: int | str | None = None,
    n_successes: int | str | None = None,
    prior: "tuple[float, float] | str | None" = "empirical",
    confidence: float = 0.9,
    on_missing: str = "error",
) -> LearnedModel:
    """Learn the probability of each pair from trials, such as invitations sent and accepted.

    The arcs of the graph are the pairs.

    Parameters
    ----------
    trials : table, dict of columns, path, or iterable of tables
        One row per trial (with `success`), or counts per pair (with `n_trials` and `n_successes`).
    source, target : int or str, default "source" and "target"
        Columns with the labels of who tried and whom.
    success : int or str, optional
        Column with 0 or 1 (or False or True): whether the trial succeeded. Default ``"success"`` without `n_trials`.
    n_trials, n_successes : int or str, optional
        Columns with the number of trials and of successes.
    prior : "empirical", None or (float, float), default "empirical"
        Beta prior (a, b) of all probabilities; ``"empirical"``: fitted to all pairs.
    confidence : float, default 0.9
        Level of the intervals.
    on_missing : {"error", "drop"}, default "error"
        Rows with a missing cell: raise an error, or drop and count them.

    Returns
    -------
    LearnedModel

    Raises
    ------
    InvalidArgumentError
        For an unknown column, a missing cell, a success other than 0 and 1, or more successes than trials.

    Examples
    --------
    >>> import imax
    >>> sent = {"source": ["a", "a", "b"], "target": ["b", "b", "c"], "success": [1, 0, 0]}
    >>> imax.learn.from_trials(sent, prior=(1, 1)).graph.arcs()
    [('a', 'b', 0.5), ('b', 'c', 0.3333333432674408)]
    """
    began = perf_counter()
    checked = check_prior(prior)
    level = check.open_unit(confidence, "confidence")
    if (n_trials is None) != (n_successes is None):
        raise InvalidArgumentError(
            "n_trials and {n_successes} must be given together", argument="n_trials", others=("n_successes",)
        )
    if n_trials is not None and success is not None:
        raise InvalidArgumentError(
            "success must not be given together with {n_trials}; give one of the two forms",
            argument="success",
            others=("n_trials",),
        )
    columns = {"source": source, "target": target}
    if n_trials is None or n_successes is None:
        columns["success"] = "success" if success is None else success
    else:
        columns |= {"n_trials": n_trials, "n_successes": n_successes}
    counted = count_trials(trials, columns, on_missing)
    read = perf_counter()
    bare = InfluenceGraph.from_arrays(
        counted.source, counted.target, labels=counted.labels, n_nodes=len(counted.labels)
    )
    # the graph has its own order of arcs
    order = _order_of_arcs(bare, counted.source, counted.target)
    s, t = counted.successes[order], counted.trials[order]
    from .prior import fit_prior

    fit = fit_prior(s, t) if checked == "empirical" else checked or (0.0, 0.0)
    assert not isinstance(fit, str)
    p = posterior_mean(s, t, fit)
    lower, upper = posterior_interval(s, t, fit, level)
    total = t.sum()
    return LearnedModel(
        graph=_with_probability(bare, p, "learned:trials", lower, upper),
        estimator="trials",
        trials=t,
        successes=s,
        lower=lower,
        upper=upper,
        delay=None,
        prior=fit,
        confidence=level,
        window=None,
        uniform=float(s.sum() / total) if total else 0.0,
        log_likelihood=[],
        counts=counted.counts,
        notes=counted.notes(),
        seconds={"read": read - began, "estimate": perf_counter() - read},
    )


def _with_probability(
    graph: InfluenceGraph,
    p: NDArray[np.float64],
    spec: str,
    lower: NDArray[np.float64] | None,
    upper: NDArray[np.float64] | None,
) -> InfluenceGraph:
    values, low, high = (None if x is None else x.astype(np.float32) for x in (p, lower, upper))
    return graph.with_arc_probability(ArcProbability(spec, "arcs", 0.0, values, low, high))


def _delays(evidence: Evidence, unit: str | None) -> LearnedDelays | None:
    """Return the mean delay of each arc; arcs without a pair get the mean of all pairs. None without pairs."""
    if not evidence.n_pairs:
        return None
    overall = min(float(evidence.delay.mean(dtype=np.float64)), _LONGEST)
    mean = np.clip(evidence.spread(evidence.slot_delay, overall), _SHORTEST, _LONGEST).astype(np.float32)
    return LearnedDelays(mean, overall, unit, evidence.arcs.size)


def _order_of_arcs(graph: InfluenceGraph, source: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each arc of a graph among distinct pairs of node indices."""
    s, t, _ = graph.arc_arrays()
    n = graph.n_nodes
    keys = source.astype(np.int64) * n + target
    order = np.argsort(keys)
    return order[np.searchsorted(keys, s.astype(np.int64) * n + t, sorter=order)]


def _notes(counts: dict[str, int], graph: InfluenceGraph, no_evidence: str, prior: tuple[float, float]) -> list[str]:
    notes = []
    if counts["missing"]:
        notes.append(f"dropped: {counted(counts['missing'], 'row')} with a missing cell")
    if counts["unknown_users"]:
        users, actions = counted(counts["unknown_users"], "user"), counted(counts["unknown_actions"], "action")
        notes.append(f"dropped: {users} not in the graph, with {actions}")
    if counts["repeated"]:
        notes.append(f"dropped: {counted(counts['repeated'], 'later action')} of a user on the same item")
    if not counts["pairs"]:
        notes.append("no user acted after an in-neighbor: the log says nothing about any arc's success")
    if counts["arcs_without_trials"]:
        a, b = prior
        mean = a / (a + b) if no_evidence == "prior" and a + b > 0.0 else 0.0
        notes.append(
            f"{counts['arcs_without_trials']:,} of {graph.n_arcs:,} arcs have no trials, so get probability {mean:.3g}"
        )
    return notes
