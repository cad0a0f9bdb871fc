"""Selecting examples to annotate: `select`, and `ideal` for selection by influence."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import __version__
from .._utils.progress import Switch, followed, function_of
from .._utils.streams import RNG
from ..cluster.session import open_session
from ..graph.influence_graph import InfluenceGraph
from ..selection import certify
from ..selection.problem import Limits, selecting
from .knn import SHARPNESS
from .problem import CertifiedInfluence, Outcome, Problem, Work, make_problem
from .registry import ALGORITHMS
from .selection import Selection

__all__ = ["ideal", "select"]

_SHORTEST = 1e-9  # seconds: a certificate on few RR sets


@followed(selecting)
def select(
    embeddings: "ArrayLike | InfluenceGraph",
    budget: int,
    n_neighbors: int = 10,
    *,
    algorithm: str = "facility-location",
    direction: str = "in",
    sharpness: float = SHARPNESS,
    model: str = "ic",
    neighbor_search: str = "auto",
    ids: "ArrayLike | None" = None,
    start: Iterable[Any] | None = None,
    exclude: Iterable[Any] | None = None,
    labels: Any = None,
    decided_above: float | None = None,
    confidence: Any = None,
    node_weights: "ArrayLike | None" = None,
    groups: "ArrayLike | None" = None,
    quotas: int | Mapping[Any, int] | None = None,
    on_missing: str = "error",
    rng: RNG = None,
    threads: int | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
) -> Selection:
    """Select examples to annotate from their embeddings.

    Whatever the algorithm, the result reports the influence of the selected items with its certificate: the expected
    number of items that a cascade from them reaches on the graph of nearest neighbors.

    Parameters
    ----------
    embeddings : array_like of float or SciPy sparse array, shape (n_items, n_dimensions), or InfluenceGraph
        The items. Sparse rows, such as those of TF-IDF, stay sparse. A graph, such as `knn_graph` returns, is enough
        for algorithms that do not compare vectors.
    budget : int
        Number of items to select.
    n_neighbors : int, default 10
        Number of neighbors of each item in the graph.
    algorithm : str, default "facility-location"
        ``"facility-location"``, ``"sparse-facility-location"``, ``"ideal"``, ``"simulated"``, ``"vote-k"``,
        ``"k-center"``, ``"graph-degree"`` or ``"random"``: a name in `imax.annotate.ALGORITHMS`. An algorithm rejects
        arguments that it does not support. :doc:`/explanation/annotate-study` has the reasons for the default.
    direction : {"in", "out"}, default "in"
        ``"in"``: an item influences the items that have it among their nearest neighbors. ``"out"``: an item influences
        its own nearest neighbors, as in the paper. For a graph, the value says which way its arcs go.
    sharpness : float, default 8
        Exponent of the similarities, from which the probabilities of the arcs follow; 1 in the paper. See `knn_graph`.
    model : {"ic", "lt"}, default "ic"
        How influence spreads: independent cascade, as in the paper, or linear threshold (``direction="in"`` only).
    neighbor_search : {"auto", "exact", "approximate"}, default "auto"
        How neighbors are found; see `neighbors_of`.
    ids : array_like, shape (n_items,), optional
        The labels of the items, by which `start`, `exclude` and the index of a Series name them. Default the index of a
        pandas DataFrame, otherwise row numbers.
    start : iterable of int or of ids, optional
        Items that are annotated already. They are not selected again, and influence is what the selected items add to
        theirs.
    exclude : iterable of int or of ids, optional
        Items that may not be selected.
    labels : dict, pandas Series, table or sequence, optional
        The labels of items that are annotated already, as in `auto_annotate`. These items are added to `start`.
    decided_above : float, optional
        Items whose label spreads from `labels` with a probability above this are decided: they are not selected, and
        their weight is 0. The notes of the result count them. Default none.
    confidence : array_like of float, shape (n_items,), dict or Series, optional
        How sure a model is of its answer for each item, by row or by id, on any scale. ``"vote-k"`` then does its
        second stage: it selects one item from each range of confidence, the least confident items first, and leaves out
        the most confident tenth. Pass the items of the first stage as `start`.
    node_weights : array_like of float, shape (n_items,), dict or Series, optional
        Weight of each item, by row or by id: influence is the total weight of the reached items. Default 1.
    groups : array_like, shape (n_items,), dict or Series, optional
        The group of each item, by row or by id; None, NaN and "" mean no group. Requires `quotas`.
    quotas : int or dict, optional
        How many items of each group may be selected: one number for all groups, or a number by group. Groups that a
        dict leaves out are not limited. Not supported by ``"simulated"``.
    on_missing : {"error", "drop", "default"}, default "error"
        What to do with items that `node_weights` or `groups` do not list, and with labels that are not items. With
        ``"drop"``, items without a weight count 0 and items without a group are not selected. With ``"default"``, they
        count 1 and are in no group. Other labels are ignored; ``notes`` have the counts.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` is.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores.
    epsilon : float, optional
        Precision of ``"ideal"``; see `imax.maximize`. Default 0.025, and more for very many items, such as 0.056 for
        10,000 of 10 million items: see :doc:`/explanation/annotate-study`. The result has the value.
    delta : float, optional
        Probability with which the certificate may fail; default 1 / n_items.
    max_memory : int or str, optional
        Bound on the bytes of RR sets, such as ``"2GiB"``.
    time_limit : float, optional
        Seconds after which ``"ideal"`` and ``"simulated"`` stop with the best result so far, its certificate included.
        The search for neighbors comes before that and is not stopped.
    progress : bool or callable, default False
        As in `imax.maximize`. Only ``"ideal"`` reports its progress; the other algorithms take little time.
    client : distributed.Client, optional
        Draw the RR sets and run the simulations on the workers of a Dask cluster; the result is the same. See
        :doc:`/how-to/cluster`. Neighbors are found in this process.

    Returns
    -------
    Selection

    Raises
    ------
    InvalidArgumentError
        If rows of `embeddings` are zero or not finite, if `budget` exceeds the number of items that may be selected, or
        if the algorithm does not support an argument.

    References
    ----------
    Zhang, Xia, Wang, Chen, Liu, Wu, Liu: IDEAL. ICLR 2024. Su et al.: Selective Annotation Makes Language Models
    Better Few-Shot Learners. ICLR 2023 (vote-k). Gonzalez: Clustering to Minimize the Maximum Intercluster Distance.
    1985 (k-center).

    Examples
    --------
    >>> import numpy as np
    >>> from imax import annotate
    >>> x = np.random.default_rng(0).normal(size=(40, 5))
    >>> len(annotate.select(x, 3, algorithm="k-center", rng=1))
    3
    """
    limits = Limits(time_limit)
    entry = ALGORITHMS.find(algorithm)
    ALGORITHMS.check_accepts(entry, quotas=quotas, confidence=confidence, epsilon=epsilon,
                             time_limit=time_limit)  # fmt: skip
    work = Work(threads, epsilon, delta, max_memory, time_limit, function_of(progress), client)
    problem = make_problem(
        embeddings, budget, n_neighbors, direction=direction, sharpness=sharpness, model=model,
        neighbor_search=neighbor_search, ids=ids, start=start, exclude=exclude, labels=labels,
        decided_above=decided_above, confidence=confidence, node_weights=node_weights, groups=groups, quotas=quotas,
        on_missing=on_missing, rng=rng, work=work,
    )  # fmt: skip
    prepared = time.perf_counter()
    with open_session(client, problem.graph) as session:  # the graph is sent once
        placed = replace(problem, work=replace(work, client=session))
        outcome = entry.run(placed)
        selected = time.perf_counter()
        influence = outcome.influence or _certified(placed, outcome.indices, selected - prepared)
    now = time.perf_counter()
    seconds = {
        "neighbors": prepared - limits.began, "select": selected - prepared, "certify": now - selected,
        "total": now - limits.began,
    }  # fmt: skip
    exponent = float(sharpness) if problem.neighbors is not None else None
    problem = replace(problem, notes=(*problem.notes, *limits.notes(outcome.stop_reason)))
    return _selection(problem, outcome, influence, algorithm=entry.name, sharpness=exponent, seconds=seconds)


def ideal(
    embeddings: "ArrayLike | InfluenceGraph",
    budget: int,
    n_neighbors: int = 10,
    *,
    direction: str = "in",
    sharpness: float = SHARPNESS,
    model: str = "ic",
    neighbor_search: str = "auto",
    ids: "ArrayLike | None" = None,
    start: Iterable[Any] | None = None,
    exclude: Iterable[Any] | None = None,
    labels: Any = None,
    decided_above: float | None = None,
    node_weights: "ArrayLike | None" = None,
    groups: "ArrayLike | None" = None,
    quotas: int | Mapping[Any, int] | None = None,
    on_missing: str = "error",
    rng: RNG = None,
    threads: int | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
) -> Selection:
    """Select the items with the largest influence on the graph of nearest neighbors (IDEAL).

    This is `select` with ``algorithm="ideal"``. The items are selected by `imax.maximize`, so the influence is
    certified to be close to the largest possible one.

    Parameters
    ----------
    embeddings : array_like of float or SciPy sparse array, shape (n_items, n_dimensions), or InfluenceGraph
        The items, or their graph, such as `knn_graph` returns.
    budget : int
        Number of items to select.
    n_neighbors : int, default 10
        Number of neighbors of each item in the graph.
    direction, sharpness, model, neighbor_search, ids, start, exclude, labels, decided_above, node_weights
        As in `select`.
    groups, quotas, on_missing, rng, threads
        As in `select`.
    epsilon : float, optional
        The selection stops when its influence is this close to the optimum. A smaller value gives better items and
        takes longer. Default 0.025, and more for very many items, as in `select`. The result has the value.
    delta, max_memory, time_limit, progress, client
        As in `imax.maximize`.

    Returns
    -------
    Selection

    Raises
    ------
    InvalidArgumentError
        If rows of `embeddings` are zero or not finite, or `budget` exceeds the number of items that may be selected.

    References
    ----------
    Zhang, Xia, Wang, Chen, Liu, Wu, Liu: IDEAL: Influence-Driven Selective Annotations Empower In-Context Learners in
    Large Language Models. ICLR 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from imax.annotate import ideal
    >>> found = ideal(np.random.default_rng(0).normal(size=(40, 5)), 3, rng=1)
    >>> len(found.indices), found.lower_bound <= found.influence <= found.upper_bound
    (3, True)
    """
    return select(
        embeddings, budget, n_neighbors, algorithm="ideal", direction=direction, sharpness=sharpness, model=model,
        neighbor_search=neighbor_search, ids=ids, start=start, exclude=exclude, labels=labels,
        decided_above=decided_above, node_weights=node_weights, groups=groups, quotas=quotas, on_missing=on_missing,
        rng=rng, threads=threads, epsilon=epsilon, delta=delta, max_memory=max_memory, time_limit=time_limit,
        progress=progress, client=client,
    )  # fmt: skip


def _certified(problem: Problem, indices: list[int], taken: float) -> CertifiedInfluence:
    """Certify the influence of items that an algorithm selected in `taken` seconds without a certificate."""
    work = problem.work.given("threads", "delta", "max_memory", "client")
    if problem.work.time_limit is not None:
        work["time_limit"] = max(problem.work.time_limit - taken, _SHORTEST)
    items = problem.graph.labels.take(np.array(indices, dtype=np.int64))
    found = certify(
        problem.graph, items, k=problem.budget, model=problem.model, rng=problem.key, **problem.constraints, **work
    )
    return CertifiedInfluence.of(found)


def _selection(
    problem: Problem,
    outcome: Outcome,
    found: CertifiedInfluence,
    *,
    algorithm: str,
    sharpness: float | None,
    seconds: dict[str, float],
) -> Selection:
    neighbors = problem.neighbors
    return Selection(
        indices=outcome.indices,
        ids=problem.graph.labels.take(np.array(outcome.indices, dtype=np.int64)),
        gains=outcome.gains,
        influence=found.influence,
        interval=found.interval,
        lower_bound=found.lower_bound,
        upper_bound=found.upper_bound,
        ratio=found.ratio,
        algorithm=algorithm,
        budget=problem.budget,
        start=problem.graph.labels.take(problem.start),
        n_items=problem.graph.n_nodes,
        n_neighbors=None if neighbors is None else neighbors.index.shape[1],
        direction=problem.direction,
        sharpness=sharpness,
        model=problem.model,
        neighbor_search=None if neighbors is None else neighbors.neighbor_search,
        recall=None if neighbors is None else neighbors.recall,
        delta=found.delta,
        stop_reason=outcome.stop_reason,
        rng_key=problem.key,
        version=__version__,
        graph=problem.graph,
        seconds=seconds,
        notes=list(dict.fromkeys([*problem.notes, *outcome.notes])),
        auto=outcome.auto,
        epsilon=outcome.epsilon,
    )
