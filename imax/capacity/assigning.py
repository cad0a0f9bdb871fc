"""The public function `assign`."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from .._utils import check
from .._utils.durations import Duration
from .._utils.progress import Switch, followed, function_of
from .._utils.streams import RNG, key_from
from ..diffusion.deadline import ArcDelays, Deadline, check_deadline
from ..errors import InvalidArgumentError
from ..io.node_reader import NodeReader, NodeValues
from ..ris.constraint import Constraint
from ..selection.problem import Problem, check_work, selecting
from .acceptance import PairValues, read_acceptance
from .assignment import Assignment
from .outcome import Invitations, certified
from .problem import CapacityProblem
from .registry import ALGORITHMS
from .task import DEFAULT_EPSILON, ORACLES, Task

__all__ = ["assign", "check_problem", "result_of", "selection_problem"]


@followed(selecting)
def assign(
    problem: CapacityProblem,
    algorithm: str = "auto",
    *,
    model: str = "ic",
    epsilon: float | None = None,
    delta: float | None = None,
    oracle: str | None = None,
    n_rr_sets: int | None = None,
    n_simulations: int | None = None,
    spare: str | None = None,
    acceptance: "PairValues | None" = None,
    discount: ArrayLike | None = None,
    node_weights: NodeValues | None = None,
    on_missing: str = "error",
    max_steps: int | None = None,
    deadline: Duration | None = None,
    delay: "ArcDelays | None" = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
) -> Assignment:
    """Choose whom each inviter invites, so that the spread among passive nodes is as large as possible.

    Parameters
    ----------
    problem : CapacityProblem
        Graph, inviters, and the capacity and the candidates of each inviter.
    algorithm : str, default "auto"
        A name in `imax.capacity.ALGORITHMS`; see :doc:`/how-to/capacities`. An algorithm rejects arguments that it does
        not support. ``"auto"`` is ``"rr-opim+"``, and a pilot sample decides whether RR sets end at a first friend; the
        result's ``auto`` says so.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    epsilon : float, optional
        Precision at which the algorithm stops, between 0 and 1; default 0.02, and 0.1 for ``"opim-c"`` and ``"imm"``.
        The spread is at least 1/2 - epsilon of the optimum, and the choice has settled: see `imax.maximize`. A smaller
        value gives a larger spread and takes longer.
    delta : float, optional
        Failure probability of the certificate, between 0 and 1; default 1 / number of passive nodes.
    oracle : {"rr", "simulation", "exact"}, optional
        How ``"rr-greedy"`` and ``"mg-greedy"`` estimate spreads: by a fixed number of RR sets (the default), by forward
        simulation, or by enumeration on a tiny graph.
    n_rr_sets : int, optional
        Number of RR sets that ``oracle="rr"`` draws for the selection, and again for the validation; default 100,000.
    n_simulations : int, optional
        Number of forward simulations that ``oracle="simulation"`` runs for each spread; default 10,000.
    spare : {"uninvited", "empty", "all"}, default "uninvited"
        Use of spare invitations: those for which no candidate is left that adds anything that the selection can
        measure. ``"uninvited"`` uses them for candidates whom nobody has invited, in decreasing order of out-degree,
        because each of these adds at least itself unless it is reached anyway. ``"empty"`` leaves them unused.
        ``"all"`` uses them even for nodes whom others have invited. With ``oracle="exact"``, a gain of 0 is certain,
        and ``"uninvited"`` leaves them unused. `Assignment.unused` counts the unused invitations. The local algorithms
        use as many invitations as they can and reject this argument.
    acceptance : number, str, mapping, table, tuple of arrays or node values, optional
        The probability that an invitation is accepted, independently of all others; default 1. The spread and its
        bounds are expected values over the decisions, too. For ``"auto"`` and ``"rr-opim+"``, and for ``"rr-greedy"``
        on RR sets. A number holds for all pairs. ``"arcs"`` takes the probability of the arc from the inviter to the
        friend. A dict from inviters to dicts from friends, a table or a tuple of arrays with inviter, friend and
        probability give a probability to each pair. Node values give one to each friend, whoever invites it.
    discount : array_like of float, optional
        Factor on the acceptance probability by place in the list of an inviter: it begins with 1 and never rises, and
        the last one holds for all later places. Default 1 everywhere. Requires `acceptance`.
    node_weights : node values, optional
        Weight of each node of the whole graph, see `imax.Constraints`: the spread is the total weight of the reached
        passive nodes. Default 1 each.
    on_missing : {"error", "drop", "default"}, default "error"
        What to do with nodes without a weight and weights of labels that are not in the graph, see `imax.Constraints`.
        Also for pairs without an acceptance probability: with ``"drop"`` they never accept, with ``"default"`` always.
    max_steps, deadline, delay
        As in `imax.maximize`: count only passive nodes that the invited friends reach in so many steps, or until the
        deadline.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result for any number of threads.
    threads, max_memory, time_limit, progress
        As in `imax.maximize`.
    client : distributed.Client, optional
        Draw the RR sets and run the simulations on the workers of a Dask cluster; the result is the same. See
        :doc:`/how-to/cluster`.

    Returns
    -------
    Assignment
        The invitations with a certificate, for every algorithm. After an interrupt (Ctrl-C) it has the best result so
        far, if there is one, and its ``stop_reason`` is ``"interrupted"``.

    Raises
    ------
    InvalidArgumentError
        If an argument is invalid, or not supported by the algorithm.
    InvalidGraphError
        If ``model="lt"`` and the weights of the arcs into some node sum to more than 1.

    References
    ----------
    Zhang, Huang, Sun, Lin, Xiao, Tang: Capacity Constrained Influence Maximization in Social Networks. KDD 2023.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem, assign
    >>> problem = CapacityProblem(imax.datasets.load("lesmis"), ["Myriel", "Marius"], 2)
    >>> invited = assign(problem, rng=1)
    >>> invited["Marius"]
    ['Gavroche', 'Thenardier']
    >>> invited.lower_bound <= invited.spread <= invited.upper_bound
    True
    """
    check_problem(problem)
    entry = ALGORITHMS.find(algorithm)
    ALGORITHMS.check_accepts(entry, oracle=oracle, n_rr_sets=n_rr_sets, n_simulations=n_simulations, spare=spare)
    until: dict[str, Any] = {"max_steps": max_steps, "deadline": deadline, "delay": delay}
    ALGORITHMS.check_accepts(entry, **until, acceptance=acceptance, discount=discount)
    _check_acceptance(acceptance, discount, oracle, n_simulations)
    _check_oracle(oracle, n_rr_sets, n_simulations)
    unused = [] if epsilon is None or entry.epsilon is not None else [f"epsilon: not used by algorithm {entry.name!r}"]
    if epsilon is None:
        epsilon = entry.epsilon
    if oracle is None and "oracle" in entry.accepts:
        oracle = "rr" if n_simulations is None else "simulation"
    reader = NodeReader(problem.graph, on_missing, max_memory=max_memory)
    accepted = None if acceptance is None else read_acceptance(problem, acceptance, reader, discount)
    q = selection_problem(
        problem, problem.constraint, reader, node_weights=node_weights, rng=rng, progress=progress, until=until,
        oracle=oracle, model=model, epsilon=epsilon, delta=delta, threads=threads, max_memory=max_memory,
        time_limit=time_limit, n_rr_sets=n_rr_sets, n_simulations=n_simulations,
    )  # fmt: skip
    task = Task.of(problem, q, spare, accepted)
    with task.on(client) as placed:
        result = result_of(placed, certified(placed, entry.run(placed)), entry.name)
    result.notes.extend(unused)
    return result


def selection_problem(
    problem: CapacityProblem,
    constraint: Constraint,
    reader: NodeReader,
    *,
    node_weights: NodeValues | None,
    rng: RNG,
    progress: Switch,
    until: dict[str, Any],
    epsilon: float | None,
    oracle: str | None = None,
    **work: Any,
) -> Problem:
    """Return the problem of selecting invitations as the algorithms of `imax.maximize` see it.

    `until` has the arguments of a deadline, and `work` those of `check_work`.
    """
    checked = check_work(epsilon=DEFAULT_EPSILON if epsilon is None else epsilon, **work)
    if checked["model"] == "lt":
        problem.graph.check_lt()
    timed = check_deadline(problem.graph, **until)
    return Problem(
        graph=problem.graph,
        constraint=constraint,
        weights=_passive_weights(problem, reader.node_weights(node_weights)),
        notes=(*problem.notes, *reader.notes, *Deadline.notes_of(timed)),
        key=key_from(rng),
        progress=function_of(progress),
        oracle=oracle,
        blocked=problem.blocked,
        deadline=timed,
        **{"delta": 1.0 / max(problem.n_passive, 2), **checked},
    )


def check_problem(problem: Any) -> None:
    """Raise `InvalidArgumentError` unless the argument is a `CapacityProblem`."""
    if not isinstance(problem, CapacityProblem):
        raise InvalidArgumentError(
            f"problem must be a CapacityProblem, got {type(problem).__name__}; make one with "
            "CapacityProblem(graph, active, capacity)",
            argument="problem",
        )


def _check_acceptance(acceptance: Any, discount: Any, oracle: str | None, n_simulations: int | None) -> None:
    """Check that invitations that may be declined are chosen on RR sets."""
    if acceptance is None:
        if discount is not None:
            raise InvalidArgumentError(
                "discount requires {acceptance}, got none; give {acceptance}",
                argument="discount",
                others=("acceptance",),
            )
    elif oracle not in (None, "rr") or n_simulations is not None:
        raise InvalidArgumentError(
            f"acceptance requires {{oracle=rr}}, got {oracle or 'simulation'!r}",
            argument="acceptance",
            others=("oracle",),
        )


def _check_oracle(oracle: str | None, n_rr_sets: int | None, n_simulations: int | None) -> None:
    """Check that the oracle exists and that the numbers of samples belong to it."""
    if oracle is not None:
        check.one_of(oracle, "oracle", ORACLES)
    for name, value, wanted in (("n_rr_sets", n_rr_sets, "rr"), ("n_simulations", n_simulations, "simulation")):
        if value is not None and oracle not in (None, wanted):
            raise InvalidArgumentError(
                f"{name} requires {{oracle={wanted}}}, got {oracle!r}", argument=name, others=("oracle",)
            )
    if n_rr_sets is not None and n_simulations is not None:
        raise InvalidArgumentError(
            "n_rr_sets cannot be combined with {n_simulations}, which is for another oracle; give one of them",
            argument="n_rr_sets",
            others=("n_simulations",),
        )


def _passive_weights(problem: CapacityProblem, given: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return the weight of each node by internal id, 0 for inviters."""
    weights = np.where(problem.blocked, 0.0, 1.0 if given is None else given)
    if not weights.any():
        raise InvalidArgumentError(
            "node_weights are 0 for all passive nodes; give a passive node a positive weight", argument="node_weights"
        )
    return weights


def result_of(task: Task, found: Invitations, algorithm: str, chosen: list[int] | None = None) -> Assignment:
    """Return the result for the caller: the invitations of all inviters, or of chosen ones in their order."""
    problem, q, bounds = task.problem, task.selection_problem, found.bounds
    assert bounds is not None
    assert found.gains is not None
    labels = q.graph.labels_of(found.seeds)
    numbers = range(len(problem.active)) if chosen is None else chosen
    inviters = [problem.active[g] for g in numbers]
    friends: dict[Any, list[Any]] = {inviter: [] for inviter in inviters}
    gains: dict[Any, list[float]] = {inviter: [] for inviter in inviters}
    for g, label, gain in zip(found.inviters.tolist(), labels, found.gains.tolist(), strict=True):
        inviter = problem.active[g]
        friends[inviter].append(label)
        gains[inviter].append(gain)
    capacity = [int(problem.capacity[g]) for g in numbers]
    return Assignment(
        friends=friends,
        gains=gains,
        seeds=list(dict.fromkeys(labels)),
        unused={
            inviter: k - len(friends[inviter])
            for inviter, k in zip(inviters, capacity, strict=True)
            if k > len(friends[inviter])
        },
        without_friends=problem.without_friends if chosen is None else [],
        spread=bounds.spread,
        interval=bounds.interval,
        lower_bound=bounds.lower,
        upper_bound=bounds.upper,
        ratio=bounds.ratio,
        target_ratio=found.target_ratio,
        algorithm=found.algorithm or algorithm,
        auto=found.auto,
        oracle=q.oracle,
        acceptance=None if task.acceptance is None else task.acceptance.given,
        model=q.model,
        probability=q.graph.probability.spec,
        epsilon=q.epsilon,
        delta=q.delta,
        n_active=len(problem.active),
        n_passive=problem.n_passive,
        n_pairs=problem.n_pairs,
        n_slots=sum(capacity),
        n_rr_sets=found.n_rr_sets,
        n_rr_entries=found.n_rr_entries,
        n_simulations=found.n_simulations,
        rounds=found.rounds,
        stop_reason=found.stop_reason,
        rng_key=q.key,
        version=__version__,
        notes=[*q.notes, *q.limits.notes(found.stop_reason)],
        seconds={phase: round(s, 6) for phase, s in found.seconds.items()} | {"total": round(q.limits.elapsed(), 6)},
        **Deadline.facts(q.deadline),
    )
