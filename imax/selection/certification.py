"""`certify`: a certificate for seeds from anywhere."""

from collections.abc import Generator
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils.progress import Switch, followed
from .._utils.streams import RNG
from ..diffusion.deadline import Deadline
from ..diffusion.inputs import check_seeds
from ..io.accept import as_graph
from ..io.node_reader import NodeList, NodeReader
from ..results import Certificate
from ..ris.coverage import CoverAlgorithm, greedy_cover
from .algorithms.opim_c import nothing_reached, schedule_of
from .constraints import Constraints, NodeValues, check_constraint_names
from .cut_sets import certificate_collections
from .doubling import doubling_rounds, run_rounds
from .forecast import Forecast
from .outcome import NOTHING
from .problem import Problem, make_problem, on_cluster, selecting
from .rounds import CollectionPair
from .settling import Round

__all__ = ["DEFAULT_PRECISION", "certify", "reason_to_stop", "validate_seeds"]

DEFAULT_PRECISION = 0.02
CLOSE = "bounds are close"


@followed(selecting)
def certify(
    graph: Any,
    seeds: NodeList,
    *,
    k: int | None = None,
    model: str = "ic",
    probability: str | None = None,
    epsilon: float = DEFAULT_PRECISION,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> Certificate:
    """Bound the spread of given seeds from below and the optimum from above, by fresh RR sets.

    The seeds may come from a heuristic, another program or a person. The bounds are those of OPIM-C. They hold for
    seeds that were chosen without looking at these RR sets, however they were chosen. An RR set for the lower bound
    ends at the first of the seeds. Where RR sets are large, those for the upper bound end at a few sentinels, as in
    HIST.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    seeds : list of nodes
        Repeated labels count once.
    k : int, optional
        Size of the seed sets that the optimum is taken over; default the number of `seeds`.
    model, probability, node_weights, rng, threads, max_memory, time_limit, progress
        As in `maximize`.
    epsilon : float, default 0.02
        Sampling stops when each bound is within this share of what an endless sample would give.
    delta : float, optional
        Probability that one of the bounds is wrong; default 1 / n_nodes.
    client : distributed.Client, optional
        Draw and hold the RR sets on the workers of a Dask cluster; the result is the same. See :doc:`/how-to/cluster`.
    **constraints
        The rules for the optimum: `candidates`, `exclude`, `include`, `start`, `costs`, `budget`, `groups`, `quotas`,
        `group_budgets` and `on_missing` as in `maximize`. `max_steps`, `deadline` and `delay` apply to the seeds and to
        the optimum.

    Returns
    -------
    Certificate

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    References
    ----------
    Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018.
    Guo, Wang, Wei, Chen: Influence Maximization Revisited. SIGMOD 2020.

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> found = imax.certify(graph, [0, 33], rng=1)
    >>> found.lower_bound <= found.spread <= found.upper_bound
    True
    >>> imax.certify(graph, [11, 12], rng=1).ratio < 0.5 < found.ratio
    True
    """
    check_constraint_names("certify", constraints)
    network = as_graph(graph, probability=probability, rng=rng, max_memory=max_memory)
    reader = NodeReader(network, constraints.get("on_missing"), source=graph, max_memory=max_memory)
    ids = check_seeds(reader, seeds)
    if k is None and all(constraints.get(name) is None for name in ("budget", "quotas", "group_budgets")):
        k = ids.size
    problem = make_problem(
        network, k, constraints, function="certify", source=graph, node_weights=node_weights, rng=rng,
        progress=progress, model=model, epsilon=epsilon, delta=delta, threads=threads, max_memory=max_memory,
        time_limit=time_limit,
    )  # fmt: skip
    with on_cluster(problem, client) as placed:
        pair, best, reason, number = validate_seeds(placed, ids, problem.epsilon)
        start_spread = pair.spread_of_start()
    return Certificate(
        spread=best.bounds.spread,
        interval=best.bounds.interval,
        lower_bound=best.bounds.lower,
        upper_bound=best.bounds.upper,
        ratio=best.bounds.ratio,
        n_seeds=ids.size,
        k=problem.constraint.k,
        model=problem.model,
        probability=problem.graph.probability.spec,
        epsilon=problem.epsilon,
        delta=problem.delta,
        start_spread=start_spread,
        n_rr_sets=best.n_sets,
        n_rr_entries=best.n_entries,
        rounds=number,
        stop_reason=reason,
        rng_key=problem.key,
        version=__version__,
        notes=[*reader.notes, *problem.notes, *problem.limits.notes(reason)],
        seconds=pair.seconds | {"total": problem.limits.elapsed()},
        auto=pair.why,
        **Deadline.facts(problem.deadline),
    )


def validate_seeds(
    problem: Problem,
    seeds: NDArray[np.int32],
    precision: float,
    select: CoverAlgorithm = greedy_cover,
) -> tuple[CollectionPair, Round, str, int]:
    """Bound the spread of seeds and of the optimum on fresh RR sets until both bounds are close to the estimates.

    Returns
    -------
    tuple of (CollectionPair, Round, str, int)
        The collections, the last round, the stop reason and the number of rounds.
    """
    pair, select = certificate_collections(problem, seeds, select)
    best, reason, number = run_rounds(_rounds(pair, seeds, precision, select))
    return pair, best, reason, number


def _rounds(
    pair: CollectionPair,
    seeds: NDArray[np.int32],
    precision: float,
    select: CoverAlgorithm,
) -> Generator[Round, None, str]:
    q = pair.problem
    schedule = schedule_of(q, q.delta)

    def stop(best: Round) -> str | None:
        return reason_to_stop(pair, best, precision)

    forecast = Forecast(lambda: stop, schedule.rounds)

    def make_round(number: int, count: int) -> Round:
        return pair.round(count, count, q.constraint, schedule.a, seeds=seeds, select=select, level=forecast)

    return doubling_rounds(pair, schedule, make_round, stop, target=1.0)


def reason_to_stop(pair: CollectionPair, best: Round, precision: float) -> str | None:
    """Return the stop reason if both bounds are within a share `precision` of the estimates; None to continue."""
    optimum = pair.total * best.cover.upper_bound / best.n_selecting
    lower_close = best.bounds.lower >= best.bounds.spread - precision * best.bounds.upper
    if best.covered == 0 and nothing_reached(best):
        return NOTHING
    return CLOSE if lower_close and best.bounds.upper * (1.0 - precision) <= optimum else None
