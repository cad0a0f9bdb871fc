"""`maximize`: choose seeds with the largest spread."""

from typing import Any, Unpack

from .._utils.progress import Switch, followed
from .._utils.streams import RNG
from ..results import SelectionResult
from .constraints import Constraints, NodeValues
from .make_result import make_result
from .problem import DEFAULT_EPSILON, make_problem, on_cluster, selecting
from .registry import ALGORITHMS, check_supported, unused_by

__all__ = ["maximize"]


@followed(selecting)
def maximize(
    graph: Any,
    k: int | None = None,
    *,
    model: str = "ic",
    algorithm: str = "auto",
    probability: str | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    certify: bool = False,
    n_rr_sets: int | None = None,
    n_simulations: int | None = None,
    oracle: str | None = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> SelectionResult:
    """Choose a seed set with the largest spread, and certify how close it is to the optimum.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    k : int, optional
        Number of seeds. With `budget`, `quotas` or `group_budgets` it may be missing. With a budget it is the maximum.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold. Heuristics choose the same seeds under both.
    algorithm : str, default "auto"
        A name from the table in docs/reference/algorithms. ``"auto"`` decides by a small pilot sample whether
        ``"opim-c"``, ``"hist"`` or ``"worlds"`` runs, and supports all constraints; the result's ``algorithm`` and
        ``auto`` say which and why. Other algorithms reject arguments that they do not support.
    probability : str, optional
        Scheme of arc probabilities to use instead of those of the graph, such as ``"uniform:0.1"``; see
        `imax.probabilities`.
    epsilon : float, optional
        Approximation error; default 0.01, for IMM 0.1. The seeds reach at least 1 - 1/e - epsilon of the optimum. With
        OPIM-C the choice has also settled: the relative standard error of the spread is at most epsilon, and the
        coverage of the seeds is at most a share 2 epsilon smaller on the validation collection than on the selection
        collection. A smaller epsilon gives a better result and takes longer. For an algorithm without epsilon it is the
        precision of the certificate that `certify` adds, as in `imax.certify`.
    delta : float, optional
        Probability that the certificate is wrong; default 1 / n_nodes.
    node_weights : node values, optional
        Weight of each node, see `imax.Constraints`: the spread is the total weight of the reached nodes. Default 1
        each.
    certify : bool, default False
        Whether to add a certificate to the result of an algorithm that has none; see `imax.certify`.
    n_rr_sets : int, optional
        Number of RR sets that ``"ris"`` and ``oracle="rr"`` draw; default 100,000.
    n_simulations : int, optional
        Number of forward simulations that ``oracle="simulation"`` makes for each spread; default 10,000.
    oracle : {"simulation", "rr", "exact"}, optional
        How ``"greedy"``, ``"celf"`` and ``"celf++"`` estimate spreads; default simulation.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness. The same value gives the same result for any number of threads.
    threads : int, optional
        Number of threads; default ``IMAX_NUM_THREADS``, otherwise all cores.
    max_memory : int or str, optional
        Maximum size of the RR sets in bytes, such as ``"2GiB"``; default a quarter of the free memory. When it is
        reached, the result of the last round is returned.
    time_limit : float, optional
        Seconds after which the best result so far is returned. At the first call on a machine, functions are compiled,
        which takes some seconds of them; the result's `notes` say so if the time was not enough.
    progress : bool or callable, default False
        True shows a bar with the phase, the rate and the remaining time: on a terminal, and with tqdm in a notebook.
        A function is called with a `Progress` after each round or seed.
    client : distributed.Client, optional
        Draw and hold the RR sets on the workers of a Dask cluster; the result is the same.
        Supported by the algorithms that draw RR sets. See :doc:`/how-to/cluster`.
    **constraints
        See below; they can be combined unless stated otherwise.

    Other Parameters
    ----------------
    candidates : iterable of labels, optional
        Nodes that may be chosen as seeds; default all. Other nodes still spread influence.
    exclude : iterable of labels, optional
        Nodes that may not be chosen as seeds. They still spread influence.
    include : iterable of labels, optional
        Nodes that are seeds in any case. They come first, and count in `k`, in the quotas and in the budget.
    start : iterable of labels, optional
        Nodes that are already active, such as the seeds of a running campaign. They are not seeds. Gains, spread and
        bounds count only what the seeds add to them.
    costs : node values, optional
        Cost of each node as a seed: a mapping by label, a pandas Series, a table, a file, the name of a NetworkX node
        attribute, or an array by node index; see `imax.Constraints`.
    budget : float, optional
        Upper limit of the total cost of all seeds; requires `costs`.
    groups : node values, optional
        Group of each node; None for no group.
    quotas : int, pair of int or mapping, optional
        Maximum number of seeds of each group, or a pair of the minimum and the maximum number such as ``(2, 5)``, where
        None stands for no limit: one for all groups, or one by group. Requires `groups`. Groups that are not listed
        have no limit.
    on_missing : {"error", "drop", "default"}, optional
        What to do with nodes without a cost, group or weight, and with labels that are not in the graph; default
        ``"error"``. See `imax.Constraints` and :doc:`/how-to/user-tables`.
    group_budgets : float or mapping, optional
        Upper limit of the total cost of the seeds of each group: one for all groups, or one by group. Requires `costs`
        and `groups`. All limits can be combined.
    max_steps : int, optional
        Count only nodes that the seeds reach in at most so many steps. Default: no limit. Supported by the algorithms
        that draw RR sets.
    deadline : float, str or datetime.timedelta, optional
        Count only nodes that the seeds reach until this time: with a unit, such as ``"7d"``, if the delays have one;
        otherwise a number in the unit of the delays. Default: no limit.
    delay : str, array_like or mapping, optional
        Delays of the live arcs, for `deadline`: ``"exponential:MEAN"``, or the mean delay of each arc, as an array in
        the order of ``graph.arcs()`` or as a mapping from (source, target) to a number. Default: the delays that
        `imax.learn` stored in the graph; a graph without delays requires `delay`.

    Returns
    -------
    SelectionResult
        After Ctrl-C too, if there is a first result; its ``stop_reason`` is then ``"interrupted"``.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    See Also
    --------
    imax.minimize_seeds : Choose as few seeds as possible for a target spread.
    imax.curve : Spread and bounds for every number of seeds.
    imax.certify : Certificate for seeds from elsewhere.

    References
    ----------
    Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018. Leskovec, Krause,
    Guestrin, Faloutsos, VanBriesen, Glance: Cost-effective Outbreak Detection in Networks. KDD 2007 (budgets). Fisher,
    Nemhauser, Wolsey: An Analysis of Approximations for Maximizing Submodular Set Functions II. 1978 (quotas).

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> result = imax.maximize(graph, 2, rng=1)
    >>> sorted(result.seeds)
    [0, 33]
    >>> result.lower_bound <= result.spread <= result.upper_bound
    True

    One more seed for a campaign that has begun with node 33:

    >>> imax.maximize(graph, 1, start=[33], rng=1).seeds
    [0]

    Seeds for a budget of 3, where a node costs a fifth of its degree:

    >>> bought = imax.maximize(graph, costs=graph.out_degree() / 5, budget=3, rng=1)
    >>> bought.total_cost <= 3
    True
    """
    entry = ALGORITHMS.find(algorithm)
    check_supported(
        entry, constraints, node_weights=node_weights, n_rr_sets=n_rr_sets, n_simulations=n_simulations, oracle=oracle,
        client=None if certify else client,  # a certificate draws RR sets, whatever the algorithm does
    )  # fmt: skip
    problem = make_problem(
        graph, k, constraints, function="maximize", probability=probability, node_weights=node_weights, rng=rng,
        progress=progress, oracle=oracle, model=model, delta=delta, threads=threads, max_memory=max_memory,
        time_limit=time_limit, n_rr_sets=n_rr_sets, n_simulations=n_simulations,
        epsilon=(entry.epsilon or DEFAULT_EPSILON) if epsilon is None else epsilon,
    )  # fmt: skip
    with on_cluster(problem, client) as placed:
        outcome = entry.run(placed)
        result = make_result(
            placed, outcome, entry.name, certify=certify, budget=constraints.get("budget"),
            precision=None if entry.epsilon is not None or epsilon is None else problem.epsilon,
        )  # fmt: skip
    is_certified = result.interval is not None
    result.notes.extend(
        unused_by(
            entry, oracle, n_rr_sets=n_rr_sets, n_simulations=n_simulations,
            epsilon=None if outcome.bounds is None and is_certified else epsilon,
        )
    )  # fmt: skip
    if delta is not None and not is_certified:
        result.notes.append("delta: not used, because the result has no certificate")
    return result
