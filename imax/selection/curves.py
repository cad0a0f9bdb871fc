"""`curve`: spread and bounds for several numbers of seeds, by OPIM-C or any other algorithm."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Unpack, cast

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils import check
from .._utils.progress import Switch, followed
from .._utils.steps import finished
from .._utils.streams import RNG, key_from
from ..diffusion.deadline import Deadline
from ..diffusion.inputs import check_seeds
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..io.accept import as_graph
from ..io.node_reader import NodeList, NodeReader
from ..results import CurveResult
from .algorithms.auto import why_worlds
from .certification import DEFAULT_PRECISION
from .common_seed import CommonSeed, find_common_seed
from .comparing_rows import CUT_SHORT
from .constraints import Constraints, NodeValues, aligned_rules, check_constraint_names
from .curve_rounds import CurveRound, bound_prefixes, bound_sizes
from .numbers import numbers_of_seeds
from .pilot import draw_pilot
from .problem import DEFAULT_EPSILON, Problem, make_problem, on_cluster, selecting
from .registry import ALGORITHMS, check_supported, unused_by
from .rounds import CollectionPair
from .seed_sources import SeedFunction

__all__ = ["curve"]

_OWN = "own"


@followed(selecting)
def curve(
    graph: Any,
    k_max: int | Iterable[int],
    *,
    algorithm: "str | SeedFunction | NodeList" = "auto",
    model: str = "ic",
    probability: str | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    oracle: str | None = None,
    n_rr_sets: int | None = None,
    n_simulations: int | None = None,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> CurveResult:
    """Choose seeds for several numbers of seeds, and give their spread and bounds for each number.

    Greedy selection gives an order: its first k seeds are the greedy choice for k. Therefore one selection serves for
    every k up to `k_max`, if no other constraint limits the seeds than `candidates`, `exclude` and `start`. Otherwise
    the seeds are chosen for each k on the same RR sets. The bounds are those of OPIM-C, with the failure probability
    divided among all k, so that the whole curve holds.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    k_max : int or iterable of int
        Maximum number of seeds, or the numbers of seeds themselves. A maximum stands for all numbers up to it, from the
        smallest that `include` and the minimum quotas allow.
    algorithm : str, callable or list of nodes, default "auto"
        A name as in `maximize`, a function that takes the graph (an `InfluenceGraph`) and k and returns the labels of
        seeds, or seeds in an order: for k the first k of them. The bounds of seeds that OPIM-C did not choose come from
        RR sets that their choice did not use, as in `certify`. With ``"auto"``, a pilot sample decides whether RR sets
        end at a common first seed of all numbers. The seeds are those of OPIM-C, or of ``"worlds"`` where `maximize`
        would choose on worlds and one selection serves for every k. The result's ``algorithm`` and ``auto`` say so.
    model, probability, node_weights, rng, threads, max_memory, time_limit, progress
        As in `maximize`.
    epsilon : float, optional
        With ``"auto"`` and ``"opim-c"`` as in `maximize`, for the largest number of seeds. Otherwise the epsilon of the
        algorithm, and the precision of the bounds as in `certify`.
    delta : float, optional
        Probability that any of the bounds is wrong; default 1 / n_nodes.
    oracle, n_rr_sets, n_simulations
        As in `maximize`.
    client : distributed.Client, optional
        Draw and hold the RR sets on the workers of a Dask cluster; the result is the same. An
        algorithm that does not draw RR sets chooses in this process. See :doc:`/how-to/cluster`.
    **constraints
        As in `maximize`.

    Returns
    -------
    CurveResult

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    References
    ----------
    Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018.

    Examples
    --------
    >>> import imax
    >>> graph = imax.datasets.load("karate")
    >>> found = imax.curve(graph, 5, rng=1)
    >>> len(found), found.spread == sorted(found.spread)
    (5, True)
    >>> all(low <= high for low, high in zip(found.lower_bound, found.upper_bound))
    True

    The most connected nodes, for some numbers of seeds and at most two seeds of each half:

    >>> half = [node < 17 for node in graph.nodes()]
    >>> by_degree = imax.curve(graph, [1, 4], algorithm="degree", groups=half, quotas=2, rng=1)
    >>> by_degree.k, [len(by_degree.seeds_of(k)) for k in by_degree.k]
    ([1, 4], [1, 4])
    """
    if k_max is None:
        raise InvalidArgumentError("k_max is missing: give the maximum number of seeds", argument="k_max")
    check_constraint_names("curve", constraints)
    is_file = isinstance(algorithm, str) and ":" in algorithm
    entry = ALGORITHMS.find(algorithm) if isinstance(algorithm, str) and not is_file else None
    if entry is not None:
        check_supported(
            entry, constraints, node_weights=node_weights, n_rr_sets=n_rr_sets, n_simulations=n_simulations,
            oracle=oracle,
        )  # fmt: skip
    precision = DEFAULT_PRECISION if epsilon is None else epsilon
    if epsilon is None:
        epsilon = DEFAULT_PRECISION if entry is None else entry.epsilon or DEFAULT_EPSILON
    key = key_from(rng)
    network = as_graph(graph, probability=probability, rng=key, max_memory=max_memory)
    reader = NodeReader(network, constraints.get("on_missing"), source=graph, max_memory=max_memory)
    weights = reader.node_weights(node_weights)
    rules = cast(Constraints, aligned_rules(reader, constraints))
    options: dict[str, Any] = {
        "node_weights": None if weights is None else weights[network.rank], "rng": key, "progress": progress,
        "model": model, "epsilon": epsilon, "delta": delta, "threads": threads, "max_memory": max_memory,
        "time_limit": time_limit, "oracle": oracle, "n_rr_sets": n_rr_sets, "n_simulations": n_simulations,
    }  # fmt: skip
    numbers, problems = _sized_problems(network, k_max, rules, options)
    by_opim = entry is not None and entry.name in ("auto", "opim-c")
    own = None if by_opim else _own_seeds(reader, numbers, problems, entry, algorithm)
    last = problems[-1]
    c = last.constraint
    is_prefix = own is None and not isinstance(k_max, Iterable) and c.is_plain and not c.forced.size
    why, common = None, CommonSeed.none()
    if entry is not None and entry.name == "auto":
        why, common = _decide(problems, is_prefix=is_prefix)
    with on_cluster(last, client) as placed:
        problems = [replace(problem, session=placed.session, limits=placed.limits) for problem in problems]
        if is_prefix:
            pair, best, reason, n_rounds = bound_prefixes(problems[-1], common, on_worlds=why is not None)
            numbers = list(range(1, len(best.bounds_of) + 1))
        else:
            pair, best, reason, n_rounds = bound_sizes(problems, own and own[0], precision, common)
    notes = [*reader.notes, *Deadline.notes_of(last.deadline), *last.limits.notes(reason)]
    if entry is not None:
        notes += unused_by(entry, oracle, n_rr_sets=n_rr_sets, n_simulations=n_simulations)
    ran = _OWN if entry is None else entry.name
    auto = None
    if by_opim:
        ran, auto = ("opim-c", pair.why) if why is None else ("worlds", f"{why}; for the bounds, {pair.why}")
    return _result(
        best, numbers, pair, notes=notes, complete=[True] * len(numbers) if own is None else own[1],
        is_prefix=is_prefix, algorithm=ran, stop_reason=reason, rounds=n_rounds, auto=auto,
    )  # fmt: skip


def _sized_problems(
    network: InfluenceGraph, k_max: int | Iterable[int], rules: Constraints, options: dict[str, Any]
) -> tuple[list[int], list[Problem]]:
    """Return the numbers of seeds in rising order and the problem of each.

    A single number stands for all numbers up to it; where no other constraint limits the seeds, only its problem is
    made.
    """
    one = not isinstance(k_max, Iterable)
    numbers = sorted(check.count(k, "k_max") for k in numbers_of_seeds(k_max, "k_max"))
    last = make_problem(network, numbers[-1], rules, function="curve", **options)
    c = last.constraint
    if one:
        low = c.forced.size + int(c.seed_limits.minimum.sum())
        numbers = list(range(max(low, 1), numbers[-1] + 1))
    if one and c.is_plain:
        limited = [replace(last, constraint=replace(c, k=k)) for k in numbers]
    else:
        limited = [make_problem(network, k, rules, function="curve", **options) for k in numbers]
    return numbers, [replace(problem, limits=last.limits) for problem in limited]


def _decide(problems: list[Problem], *, is_prefix: bool) -> tuple[str | None, CommonSeed]:
    """Return why the seeds are chosen on worlds (None: they are not), and where RR sets end, by one pilot sample."""
    try:
        drawn = draw_pilot(problems[-1])
    except MemoryError:
        drawn = None
    why = why_worlds(problems[-1], drawn) if is_prefix else None
    return why, find_common_seed(problems[0], drawn=drawn)


def _own_seeds(
    reader: NodeReader, numbers: list[int], problems: list[Problem], entry: Any, algorithm: Any
) -> tuple[list[NDArray[np.int32]], list[bool]]:
    """Return the seeds of an algorithm, of a function of the caller, or the first of given seeds, for each number.

    Also return whether each selection is complete.
    """
    if entry is None and callable(algorithm):
        found = [check_seeds(reader, algorithm(reader.graph, k), "algorithm") for k in numbers]
        return found, [True] * len(numbers)
    if entry is None:
        given = check_seeds(reader, algorithm, "algorithm")
        return [given[:k] for k in numbers], [given.size >= k for k in numbers]
    last = problems[-1].constraint
    if last.limits is None and last.cost is None and ("oracle" in entry.accepts or not entry.guarantee):
        # these algorithms choose one seed after another, whatever their number
        outcome = entry.run(problems[-1])
        n, cut = outcome.seeds.size, outcome.stop_reason in CUT_SHORT
        return [outcome.seeds[:k] for k in numbers], [k < n or not cut for k in numbers]
    outcomes = [finished(entry.run(problem)) for problem in problems]
    return [outcome.seeds for outcome in outcomes], [outcome.stop_reason not in CUT_SHORT for outcome in outcomes]


def _result(
    best: CurveRound, numbers: list[int], pair: CollectionPair, *, is_prefix: bool, notes: list[str], **facts: Any
) -> CurveResult:
    problem, labels_of = pair.problem, pair.problem.graph.labels_of
    nested = all(np.array_equal(best.seeds_of[-1][: own.size], own) for own in best.seeds_of)
    bounds = best.bounds_of
    return CurveResult(
        k=numbers,
        seeds=labels_of(best.seeds_of[-1]),
        gains=(best.cover.gains * (pair.total / best.n_selecting)).tolist() if is_prefix else None,
        seed_sets=None if nested else [labels_of(own) for own in best.seeds_of],
        spread=[b.spread for b in bounds],
        low=[b.interval[0] for b in bounds],
        high=[b.interval[1] for b in bounds],
        lower_bound=[b.lower for b in bounds],
        upper_bound=[b.upper for b in bounds],
        ratio=[b.ratio for b in bounds],
        k_max=numbers[-1],
        model=problem.model,
        probability=problem.graph.probability.spec,
        epsilon=problem.epsilon,
        delta=problem.delta,
        n_nodes=problem.graph.n_nodes,
        n_rr_sets=best.n_sets,
        n_rr_entries=best.n_entries,
        rng_key=problem.key,
        version=__version__,
        seconds=pair.seconds | {"total": problem.limits.elapsed()},
        notes=notes,
        **Deadline.facts(problem.deadline),
        **facts,
    )
