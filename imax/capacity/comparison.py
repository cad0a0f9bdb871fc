"""The public function `compare`."""

import dataclasses
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils import check
from .._utils.durations import Duration
from .._utils.progress import Switch, comparing, followed, function_of
from .._utils.steps import finished
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..cluster.session import open_session
from ..diffusion.deadline import DEADLINE_ARGUMENTS, ArcDelays, Deadline, check_deadline
from ..diffusion.simulation import spread
from ..diffusion.tables import check_model, prepare
from ..errors import InvalidArgumentError
from ..io.node_reader import NodeReader, NodeValues
from ..selection.comparing_rows import (
    CUT_SHORT,
    DEFAULT_SECONDS,
    estimates,
    graph_like,
    measure_each,
    name_list,
    ranks_by_spread,
)  # fmt: skip
from .assigning import assign, check_problem
from .assignment import Assignment, CapacityComparison, ComparedAssignment
from .problem import CapacityProblem
from .registry import ALGORITHMS, algorithm_names
from .task import ORACLES

__all__ = ["compare"]


@followed(comparing)
def compare(
    problem: CapacityProblem,
    algorithms: str | Iterable[str] = "all",
    *,
    model: str = "ic",
    epsilon: float | None = None,
    delta: float | None = None,
    node_weights: NodeValues | None = None,
    on_missing: str = "error",
    max_steps: int | None = None,
    deadline: Duration | None = None,
    delay: "ArcDelays | None" = None,
    n_simulations: int = 10_000,
    rng: RNG = None,
    threads: int | None = None,
    time_limit: float | None = DEFAULT_SECONDS,
    progress: Switch = None,
    client: Any = None,
) -> CapacityComparison:
    """Run several algorithms on the same problem and estimate the spread of each result.

    The same forward simulations on the graph of the passive nodes estimate the spread of every result. Times do not
    include compilation: each algorithm runs on a problem of three nodes first.

    Parameters
    ----------
    problem : CapacityProblem
    algorithms : str or iterable of str, default "all"
        Names in `imax.capacity.ALGORITHMS`, as a list or comma-separated. A name may end in a colon and an oracle, as
        in ``"rr-greedy:simulation"``. ``"all"`` runs those of `imax.capacity.algorithm_names` that
        support the other arguments.
    model, delta, node_weights, on_missing, max_steps, deadline, delay, rng, threads, client
        As in `assign`.
    epsilon : float, optional
        As in `assign`.
    n_simulations : int, default 10000
        Number of simulations that estimate the spread of each result. Algorithms with the simulation oracle run as many
        for each spread.
    time_limit : float, optional
        Seconds for each algorithm, default 60; None for no limit. A row that a limit cut short holds the best result so
        far. It is marked as incomplete and has no rank. The simulations that evaluate it are limited to as many
        seconds.
    progress : bool or callable, default False
        Called before each algorithm with its name, the number of finished algorithms, and the number of all.

    Returns
    -------
    CapacityComparison
        After an interrupt (Ctrl-C), the finished algorithms, if there are any.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError
        As in `assign`.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem, compare
    >>> problem = CapacityProblem(imax.datasets.load("lesmis"), ["Myriel", "Marius"], 2)
    >>> found = compare(problem, ["rr-opim+", "mg-greedy:rr", "degree"], rng=1)
    >>> [row.algorithm for row in found.rows]
    ['rr-opim+', 'mg-greedy:rr', 'degree']
    >>> found.rows[0].spread > found.rows[2].spread - 0.5
    True
    """
    check_problem(problem)
    until: dict[str, Any] = {"max_steps": max_steps, "deadline": deadline, "delay": delay}
    timed = check_deadline(problem.graph, **until)
    names = _checked_names(algorithms, with_deadline=timed is not None)
    n_simulations = check.count(n_simulations, "n_simulations", low=2)
    key = key_from(rng)
    shared: dict[str, Any] = {"model": model, "delta": delta, "threads": threads, **until}
    if epsilon is not None:
        shared["epsilon"] = epsilon
    # the passive graph and the tables are shared by all algorithms and not part of any time
    reader = NodeReader(problem.graph, on_missing)
    weights = reader.node_weights(node_weights)
    passive_weights = _passive_weights(problem, weights)
    prepare(problem.graph, check_model(model), check.threads(threads))
    passive_until = until
    if timed is not None and timed.means is not None:
        passive_until = {"deadline": timed.time, "delay": _passive(problem, timed.means)}
    found: list[Assignment] = []

    def options(name: str) -> dict[str, Any]:
        oracle = name.partition(":")[2] or None
        return shared | {"oracle": oracle} | ({"n_simulations": n_simulations} if oracle == "simulation" else {})

    def measure(name: str) -> ComparedAssignment:
        began = time.perf_counter()
        given = None if weights is None else weights[problem.graph.rank]
        algorithm = name.partition(":")[0]
        result = assign(
            problem, algorithm, node_weights=given, rng=key, time_limit=time_limit, client=whole, **options(name)
        )
        seconds = time.perf_counter() - began
        found.append(result)
        return _validated(
            problem, name, result, seconds, n_simulations=n_simulations, node_weights=passive_weights, threads=threads,
            time_limit=time_limit, client=passive, **passive_until,
        )  # fmt: skip

    show = function_of(progress)
    with open_session(client, problem.graph) as whole, open_session(client, problem.passive) as passive:
        rows, reason = measure_each(names, lambda name: _warm_up(problem, name, options(name)), measure, show)
    notes = [*problem.notes, *reader.notes, *Deadline.notes_of(timed)]
    if epsilon is not None and all(ALGORITHMS[name.partition(":")[0]].epsilon is None for name in names):
        notes.append("epsilon: none of the algorithms uses it")
    return _comparison(found[0], rows, reason, n_simulations=n_simulations, notes=notes, timed=timed)


def _comparison(
    first: Assignment,
    rows: list[ComparedAssignment],
    reason: str,
    *,
    n_simulations: int,
    notes: list[str],
    timed: Deadline | None,
) -> CapacityComparison:
    """Return the comparison; what all results have in common is taken from the first one."""
    ranks = ranks_by_spread(row.spread if row.complete else None for row in rows)
    return CapacityComparison(
        rows=[dataclasses.replace(row, rank=rank) for row, rank in zip(rows, ranks, strict=True)],
        model=first.model,
        probability=first.probability,
        delta=first.delta,
        n_active=first.n_active,
        n_passive=first.n_passive,
        n_pairs=first.n_pairs,
        n_slots=first.n_slots,
        n_simulations=n_simulations,
        stop_reason=reason,
        rng_key=first.rng_key,
        version=__version__,
        notes=notes,
        **Deadline.facts(timed),
    )


def _checked_names(algorithms: str | Iterable[str], *, with_deadline: bool) -> list[str]:
    """Return the names of the algorithms to run, each once."""
    names = name_list(algorithms)
    if names == ["all"]:
        names = algorithm_names()
        supported = {entry.name for entry in ALGORITHMS.values() if entry.accepts >= DEADLINE_ARGUMENTS}
        return [name for name in names if name.partition(":")[0] in supported] if with_deadline else names
    with_oracle = [entry.name for entry in ALGORITHMS.values() if "oracle" in entry.accepts]
    for name in names:
        algorithm, colon, oracle = str(name).partition(":")
        if algorithm not in ALGORITHMS:
            guess = ALGORITHMS.closest(algorithm)
            hint = f"; did you mean {guess!r}?" if guess else ""
            raise InvalidArgumentError(
                f"algorithms must be 'all' or names among {', '.join(ALGORITHMS)}; got {name!r}{hint}",
                argument="algorithms",
            )
        if colon and (oracle not in ORACLES or algorithm not in with_oracle):
            raise InvalidArgumentError(
                f"algorithms contains {name!r}; only {' and '.join(with_oracle)} take an oracle after a colon, one of "
                f"{', '.join(ORACLES)}",
                argument="algorithms",
            )
    return names


def _warm_up(problem: CapacityProblem, name: str, options: dict[str, Any]) -> None:
    """Run an algorithm on three nodes, so that times do not include compiling or loading its kernels."""
    three = graph_like(problem.graph, [0, 0, 1], [1, 2, 2])
    small = {**options, "epsilon": 0.4}
    if options["deadline"] is not None:
        small |= {"deadline": 1.0, "delay": "exponential:1"}
    assign(CapacityProblem(three, [0], 1), name.partition(":")[0], rng=0, **small)


def _passive_weights(problem: CapacityProblem, weights: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return the weights of the nodes of the passive graph, by its index: it has the nodes in the same order."""
    if weights is None:
        return None
    ids = problem.graph.rank
    return weights[ids[~problem.blocked[ids]]]


def _passive(problem: CapacityProblem, means: NDArray[np.float64]) -> dict[Any, float]:
    """Return the mean delay of each arc of the passive graph, by its ends."""
    kept = set(problem.passive.nodes())
    arcs = zip(problem.graph.arcs(), means.tolist(), strict=True)
    return {(u, v): mean for (u, v, _), mean in arcs if u in kept and v in kept}


def _validated(
    problem: CapacityProblem,
    name: str,
    result: Assignment,
    seconds: float,
    **simulation: Any,
) -> ComparedAssignment:
    """Return the row of an algorithm, with its spread by simulations that no algorithm used."""
    key = stream_key(result.rng_key, Stream.VERIFICATION)
    simulated = finished(spread(problem.passive, result.seeds, model=result.model, rng=key, **simulation))
    return ComparedAssignment(
        algorithm=name,
        oracle=result.oracle,
        complete=result.stop_reason not in CUT_SHORT,
        rank=None,
        seeds=result.seeds,
        **estimates(simulated, result),
        unused_slots=result.unused_slots,
        n_rr_sets=result.n_rr_sets,
        n_simulations=result.n_simulations,
        seconds=seconds - result.seconds.get("validate", 0.0),
        stop_reason=result.stop_reason,
    )
