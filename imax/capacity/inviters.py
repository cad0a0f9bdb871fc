"""Choice of inviters: which participants should invite, and whom."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.durations import Duration
from .._utils.progress import Switch, followed
from .._utils.streams import RNG
from ..diffusion.deadline import ArcDelays
from ..errors import InvalidArgumentError
from ..io.node_reader import NodeReader, NodeValues
from ..ris.constraint import Constraint
from ..ris.lists import ListCover, ListLimit, chosen_groups, list_cover
from ..ris.marks import Collection
from ..selection.algorithms.opim_c import certified_rounds, schedule_of, target_ratio
from ..selection.doubling import run_rounds
from ..selection.problem import selecting
from ..selection.rounds import CollectionPair
from .assigning import check_problem, result_of, selection_problem
from .assignment import Assignment
from .outcome import from_round
from .problem import CapacityProblem
from .spare import replace_spare
from .task import Task

__all__ = ["ALGORITHM", "choose_inviters"]

ALGORITHM = "greedy lists"


@followed(selecting)
def choose_inviters(
    problem: CapacityProblem,
    n_inviters: int | None = None,
    *,
    costs: "Mapping[Any, float] | ArrayLike | None" = None,
    budget: float | None = None,
    model: str = "ic",
    epsilon: float | None = None,
    delta: float | None = None,
    spare: str | None = None,
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
    """Choose which participants invite, and whom, so that the spread among passive nodes is as large as possible.

    All participants of the problem are active already, and only the chosen ones invite. The spread counts passive
    nodes, so it does not depend on participants who are not chosen. Each chosen participant invites as many candidates
    as its capacity allows.

    Parameters
    ----------
    problem : CapacityProblem
        Graph, all participants, and the capacity and the candidates of each of them.
    n_inviters : int, optional
        Largest number of participants to choose. Required without `budget`.
    costs : mapping, pandas Series, table, or array_like of float, shape (n_active,), optional
        Positive cost of choosing each participant, by label or in the order of ``problem.active``. Requires `budget`.
    budget : float, optional
        Largest total cost of the chosen participants. Requires `costs`.
    model, node_weights, on_missing, max_steps, deadline, delay, rng, threads, max_memory, time_limit, progress, client
        As in `assign`.
    epsilon : float, optional
        Precision at which the selection stops; default 0.02. With `n_inviters` alone, the spread is at least 0.387 -
        epsilon of the optimum: the factor is (1 - 1/e) / (2 - 1/e). With a budget, no share is proved in advance. The
        certificate of the result proves a share of the optimum in any case, usually a larger one.
    delta : float, optional
        Failure probability of the certificate, between 0 and 1; default 1 / number of passive nodes.
    spare : {"uninvited", "empty", "all"}, default "uninvited"
        Use of invitations that add nothing measurable, and of places of participants whose lists would: as in `assign`.
        With ``"empty"``, only participants who add something are chosen.

    Returns
    -------
    Assignment
        The chosen participants in the order of choice, with their friends. `Assignment.upper_bound` holds for every
        choice of participants and friends within the limits. `Assignment.n_slots` counts the invitations of the chosen
        participants.

    Raises
    ------
    InvalidArgumentError
        If an argument is invalid, or if no participant is affordable.
    InvalidGraphError
        If ``model="lt"`` and the weights of the arcs into some node sum to more than 1.

    Notes
    -----
    A participant and its friends are one list. The algorithm repeatedly adds the list that covers the most RR sets that
    are not covered yet, where each list is made greedily. The chosen participants then choose their friends again by
    RR-Greedy, and the better result counts. With costs, a second order by gain per cost is tried, too.

    The upper bound is the coverage of the lists so far plus a bound on what any lists within the limits can add: for
    any prices of the candidates, it is the sum of the prices plus the sum over the best participants of their largest
    gains minus prices. A subgradient search finds good prices.

    References
    ----------
    Zhang, Huang, Sun, Lin, Xiao, Tang: Capacity Constrained Influence Maximization in Social Networks. KDD 2023.

    Calinescu, Chekuri, Pal, Vondrak: Maximizing a Monotone Submodular Function subject to a Matroid Constraint. SIAM
    Journal on Computing 40, 2011.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem, choose_inviters
    >>> players = ["Valjean", "Marius", "Myriel", "Fantine", "Javert"]
    >>> problem = CapacityProblem(imax.datasets.load("lesmis"), players, 2)
    >>> chosen = choose_inviters(problem, 2, rng=1)
    >>> list(chosen)
    ['Valjean', 'Marius']
    >>> chosen["Marius"]
    ['MlleGillenormand', 'Tholomyes']
    >>> chosen.lower_bound <= chosen.spread <= chosen.upper_bound
    True
    """
    check_problem(problem)
    reader = NodeReader(problem.graph, on_missing, max_memory=max_memory)
    limit = _limit(problem, n_inviters, costs, budget, reader)
    q = selection_problem(
        problem, limit, reader, node_weights=node_weights, rng=rng, progress=progress,
        until={"max_steps": max_steps, "deadline": deadline, "delay": delay}, model=model, epsilon=epsilon, delta=delta,
        threads=threads, max_memory=max_memory, time_limit=time_limit,
    )  # fmt: skip
    task = Task.of(problem, q, spare)
    with task.on(client) as placed:
        return _chosen(placed)


def _chosen(task: Task) -> Assignment:
    """Return the certified choice."""
    q = task.selection_problem

    def select(collection: Collection, constraint: Constraint) -> ListCover:
        assert isinstance(constraint, ListLimit)
        return _with_spare(task, constraint, list_cover(collection, constraint))

    pair = CollectionPair(q)
    best, reason, number = run_rounds(certified_rounds(pair, schedule_of(q, q.delta), select))
    assert isinstance(best.cover, ListCover)
    found = from_round(pair, best, reason, number, target_ratio(q))
    return result_of(task, found, ALGORITHM, list(best.cover.groups))


def _limit(
    problem: CapacityProblem, n_inviters: int | None, costs: Any, budget: float | None, reader: NodeReader
) -> ListLimit:
    """Return the checked limit on the inviters."""
    n = len(problem.active)
    if n_inviters is None and budget is None:
        raise InvalidArgumentError(
            "n_inviters is missing; give it, or {costs} and {budget}",
            argument="n_inviters",
            others=("costs", "budget"),
        )
    count = n if n_inviters is None else check.count(n_inviters, "n_inviters", high=n, high_is="the participants")
    if (costs is None) != (budget is None):
        missing, given = ("costs", "budget") if costs is None else ("budget", "costs")
        raise InvalidArgumentError(
            f"{given} requires {{{missing}}}, got none; give {{{missing}}}", argument=given, others=(missing,)
        )
    if budget is None:
        return ListLimit.of(problem.matroid, count)
    by_group = _checked_costs(problem, reader.by_name(costs, "costs"))
    limit = ListLimit.of(problem.matroid, count, by_group, check.positive(budget, "budget"))
    if not limit.affordable.any():
        assert limit.group_cost is not None
        raise InvalidArgumentError(
            f"budget must pay for at least one participant with candidates, got {budget:g}; the cheapest participant "
            f"costs {limit.group_cost.min():g}",
            argument="budget",
        )
    return limit


def _checked_costs(problem: CapacityProblem, given: Any) -> NDArray[np.float64]:
    """Return the cost of each participant, in the order of the problem."""
    if isinstance(given, Mapping):
        missing = next((label for label in problem.active if label not in given), None)
        if missing is not None:
            raise InvalidArgumentError(
                f"costs has no entry for {missing!r}; give each participant a cost", argument="costs"
            )
        given = [given[label] for label in problem.active]
    try:
        costs = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        costs = np.empty(0)
    if costs.shape != (len(problem.active),):
        raise InvalidArgumentError(
            f"costs must have one number for each of the {len(problem.active)} participants, got {given!r}",
            argument="costs",
        )
    wrong = np.flatnonzero(~((costs > 0.0) & np.isfinite(costs)))
    if wrong.size:
        raise InvalidArgumentError(
            f"costs must be positive and finite, got {costs[wrong[0]]:g} for {problem.active[wrong[0]]!r}",
            argument="costs",
        )
    return costs


def _with_spare(task: Task, limit: ListLimit, cover: ListCover) -> ListCover:
    """Return the choice with further groups within the limit, and with spare invitations used as the task says."""
    groups = cover.groups if task.spare == "empty" else _filled_up(limit, cover.groups)
    if not groups:
        return cover
    assert cover.seed_groups is not None
    assert limit.matroid is not None
    number = np.full(limit.matroid.capacity.size, -1, dtype=np.int32)
    number[np.array(groups)] = np.arange(len(groups), dtype=np.int32)
    own = chosen_groups(limit, groups).matroid
    renumbered = dataclasses.replace(cover, groups=groups, seed_groups=number[cover.seed_groups])
    filled = replace_spare(renumbered, task, own)
    assert filled.seed_groups is not None
    return dataclasses.replace(filled, seed_groups=np.array(groups, dtype=np.int32)[filled.seed_groups])


def _filled_up(limit: ListLimit, groups: tuple[int, ...]) -> tuple[int, ...]:
    """Return the groups, followed by others with the longest lists as far as the limit allows."""
    assert limit.matroid is not None
    usable, cost = limit.matroid.usable_capacity(), limit.group_cost
    left = limit.group_budget - (0.0 if cost is None else float(cost[np.array(groups, dtype=np.int64)].sum()))
    rest = np.flatnonzero(limit.affordable & ~np.isin(np.arange(usable.size), groups))
    found = list(groups)
    for g in rest[np.argsort(-usable[rest], kind="stable")].tolist():
        if len(found) == limit.n_groups:
            break
        if cost is None or cost[g] <= left:
            left -= 0.0 if cost is None else float(cost[g])
            found.append(g)
    return tuple(found)
