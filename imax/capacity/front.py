"""The front door: one function for every method."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from .._utils import check
from .._utils.streams import RNG, key_from
from ..errors import InvalidArgumentError
from ..graph.node_values import node_weights as check_node_weights
from ..selection.problem import Problem, Progress, check_work
from . import local, ris
from ._common import Found, Method, Task, certified
from .assignment import Assignment
from .problem import CapacityProblem

__all__ = ["METHODS", "ORACLES", "SPARE", "assign", "check_problem"]

METHODS: dict[str, Method] = {method.name: method for module in (ris, local) for method in module.METHODS}
ORACLES = ("rr", "simulation", "exact")
SPARE = ("uninvited", "empty", "all")


def assign(
    problem: CapacityProblem,
    algorithm: str = "rr-opim+",
    *,
    model: str = "ic",
    epsilon: float | None = None,
    delta: float | None = None,
    oracle: str | None = None,
    n_rr_sets: int | None = None,
    n_simulations: int | None = None,
    spare: str | None = None,
    node_weights: ArrayLike | dict[Any, float] | None = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], Any] | None = None,
) -> Assignment:
    """Choose whom each active participant invites, so that together they reach the most passive nodes.

    Parameters
    ----------
    problem : CapacityProblem
    algorithm : str, default "rr-opim+"
        A name of the table in docs/how-to/capacities.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    epsilon : float, optional
        Default 0.02; for the local methods 0.1. The friends reach at least 1/2 - epsilon of the optimum, and the choice
        has settled: see `imax.maximize`. Smaller is better and slower.
    delta : float, optional
        Probability with which the certificate may fail; default 1 / number of passive nodes.
    oracle : {"rr", "simulation", "exact"}, optional
        What tells the spreads to ``"rr-greedy"`` and ``"mg-greedy"``: a fixed number of RR sets (the default), forward
        simulation, or enumeration on a tiny graph.
    n_rr_sets : int, optional
        How many RR sets ``oracle="rr"`` draws, and again to judge the choice; default 100,000.
    n_simulations : int, optional
        How many forward simulations ``oracle="simulation"`` makes for each spread; default 10,000.
    spare : {"uninvited", "empty", "all"}, default "uninvited"
        What becomes of invitations where nobody is left who adds anything that the selection can see. ``uninvited``:
        they go to friends whom nobody has invited, those with the most out-arcs first, as these add at least themselves
        unless they are reached anyway; with ``oracle="exact"``, which would see that, they are left. ``empty``: they
        are left. ``all``: they are used in any case, in the end on friends whom others have invited. Those left are
        counted in ``unused``. The local methods use all they can anyway, and do not take this.
    node_weights : array_like of float, shape (n_nodes,), or dict, optional
        What reaching each passive node is worth; default 1 each. By node index of the whole graph, or by label.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` and `lanes` are.
    threads, lanes, max_memory, time_limit, progress
        As in `imax.maximize`.

    Returns
    -------
    Assignment
        With a certificate, whatever the algorithm. On Ctrl-C too, once there is a choice: its ``stop_reason`` then says
        ``"interrupted"``.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError

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
    method = METHODS[check.one_of(algorithm, "algorithm", tuple(METHODS))]
    given = {"oracle": oracle, "n_rr_sets": n_rr_sets, "n_simulations": n_simulations, "spare": spare}
    _fits(method, given)
    work = check_work(
        model=model, epsilon=method.epsilon if epsilon is None else epsilon, delta=delta, threads=threads,
        max_memory=max_memory, time_limit=time_limit, n_rr_sets=n_rr_sets, n_simulations=n_simulations,
    )  # fmt: skip
    if work["model"] == "lt":
        problem.graph.check_lt()
    if oracle is None and "oracle" in method.accepts:
        oracle = "rr" if n_simulations is None else "simulation"
    selection_problem = Problem(
        graph=problem.graph,
        constraint=problem.constraint,
        weights=_weights(problem, node_weights),
        key=key_from(rng),
        progress=progress,
        oracle=oracle,
        blocked=problem.blocked,
        **{"delta": 1.0 / max(problem.n_passive, 2), **work},
    )
    task = Task(problem, selection_problem, check.one_of(spare or SPARE[0], "spare", SPARE))
    return _result(task, certified(task, method.solve(task)), method)


def check_problem(problem: Any) -> None:
    """Refuse what is no problem."""
    if not isinstance(problem, CapacityProblem):
        raise InvalidArgumentError(f"problem must be a CapacityProblem, got {type(problem).__name__}")


def _fits(method: Method, given: dict[str, Any]) -> None:
    """Refuse arguments that a method, or its oracle, does not take."""
    for name, value in given.items():
        if value is not None and name not in method.accepts:
            others = ", ".join(other.name for other in METHODS.values() if name in other.accepts)
            raise InvalidArgumentError(f"{name} is nothing that algorithm {method.name!r} takes; these do: {others}")
    oracle = given["oracle"]
    if oracle is not None:
        check.one_of(oracle, "oracle", ORACLES)
    for name, wanted in (("n_rr_sets", "rr"), ("n_simulations", "simulation")):
        if given[name] is not None and oracle not in (None, wanted):
            raise InvalidArgumentError(f"{name} goes with oracle={wanted!r}, got oracle={oracle!r}")
    if given["n_rr_sets"] is not None and given["n_simulations"] is not None:
        raise InvalidArgumentError("n_rr_sets and n_simulations are for different oracles; give one of them")


def _weights(problem: CapacityProblem, given: Any) -> NDArray[np.float64]:
    """Return what reaching each node is worth, by internal id: 0 for the active ones."""
    weights = check_node_weights(problem.graph, given)
    found = np.where(problem.blocked, 0.0, 1.0 if weights is None else weights)
    if not found.any():
        raise InvalidArgumentError("node_weights are 0 for all passive nodes; at least one of them must count")
    return found


def _result(task: Task, found: Found, method: Method) -> Assignment:
    problem, q, bounds = task.problem, task.selection_problem, found.bounds
    assert bounds is not None
    assert found.gains is not None
    labels = q.graph.labels_of(found.seeds)
    friends: dict[Any, list[Any]] = {ap: [] for ap in problem.active}
    gains: dict[Any, list[float]] = {ap: [] for ap in problem.active}
    for g, label, gain in zip(found.inviters.tolist(), labels, found.gains.tolist(), strict=True):
        ap = problem.active[g]
        friends[ap].append(label)
        gains[ap].append(gain)
    left = zip(problem.active, problem.capacity.tolist(), strict=True)
    return Assignment(
        friends=friends,
        gains=gains,
        seeds=list(dict.fromkeys(labels)),
        unused={ap: k - len(friends[ap]) for ap, k in left if k > len(friends[ap])},
        without_friends=problem.without_friends,
        spread=bounds.spread,
        interval=bounds.interval,
        lower_bound=bounds.lower,
        upper_bound=bounds.upper,
        ratio=bounds.ratio,
        target_ratio=found.target_ratio,
        algorithm=method.name,
        oracle=q.oracle,
        model=q.model,
        probability=q.graph.probability.spec,
        epsilon=q.epsilon,
        delta=q.delta,
        n_active=len(problem.active),
        n_passive=problem.n_passive,
        n_pairs=problem.n_pairs,
        n_slots=problem.n_slots,
        n_rr_sets=found.n_rr_sets,
        n_rr_entries=found.n_rr_entries,
        n_simulations=found.n_simulations,
        rounds=found.rounds,
        stop_reason=found.stop_reason,
        rng_key=q.key,
        version=__version__,
        seconds={phase: round(s, 6) for phase, s in found.seconds.items()} | {"total": round(q.limits.elapsed(), 6)},
    )
