"""`compare`: several algorithms on one problem, with spread, certificate, time, memory and overlap of the seeds."""

import dataclasses
import math
import time
from collections.abc import Iterable, Mapping
from typing import Any, Unpack, cast

from .. import __version__
from .._utils.memory import peak_rise
from .._utils.progress import Switch, comparing, followed, function_of
from .._utils.steps import finished
from .._utils.streams import RNG, Key, Stream, key_from, stream_key
from ..cluster.session import open_session
from ..diffusion.deadline import DEADLINE_ARGUMENTS, Deadline, check_deadline
from ..diffusion.simulation import spread
from ..graph.influence_graph import InfluenceGraph
from ..io.accept import as_graph
from ..io.node_reader import NodeList, NodeReader
from ..results import Certificate, Compared, Comparison, SpreadEstimate, overlap_of
from ..ris.constraint import Constraint
from .certification import certify
from .comparing_rows import CUT_SHORT, DEFAULT_SECONDS, estimates, graph_like, measure_each, ranks_by_spread
from .constraints import Constraints, NodeValues, aligned_rules, check_constraint_names
from .maximization import maximize
from .numbers import numbers_of_seeds
from .problem import make_problem
from .registry import ALGORITHMS, unused_by_all
from .seed_sources import Algorithms, SeedSource, broken_rules, seed_sources

__all__ = ["compare"]

_LIMITS = ("quotas", "budget", "group_budgets")
# dropped for algorithms that do not support them
_SETTINGS = frozenset({"oracle", "n_rr_sets", "client"}) | DEADLINE_ARGUMENTS


@followed(comparing)
def compare(
    graph: Any,
    k: int | Iterable[int] | None = None,
    algorithms: Algorithms = "all",
    *,
    seed_sets: Mapping[str, NodeList] | None = None,
    model: str = "ic",
    probability: str | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    oracle: str | None = None,
    n_rr_sets: int | None = None,
    n_simulations: int = 10_000,
    rng: RNG = None,
    threads: int | None = None,
    time_limit: float | None = DEFAULT_SECONDS,
    progress: Switch = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> Comparison:
    """Run several algorithms on the same problem, and measure the spread of their seeds, their time and their memory.

    Each row has its own certificate, which fails with probability `delta`. A statement about the best of m rows, chosen
    by what they show, can fail with probability m * delta: give delta / m for a statement about all rows together.

    All seed sets are evaluated in the same way: the spread by the same forward simulations, the certificate by fresh RR
    sets that no algorithm used. Times do not include compilation: each algorithm runs on a graph of three nodes first.
    A row that a limit cut short is marked as incomplete and has no rank.

    Parameters
    ----------
    graph : InfluenceGraph, NetworkX graph or SciPy sparse array
    k : int or iterable of int, optional
        Number of seeds, or several numbers: one row for each algorithm and number. Optional under the same conditions
        as in `maximize`.
    algorithms : str, iterable or mapping, default "all"
        Names as in `maximize`, also as one comma-separated string. ``"all"`` stands for all algorithms that support
        the other arguments. An item may also be a function that takes the graph (an `InfluenceGraph`) and k and returns
        the labels of seeds; its name is that of the function. A mapping gives each name or function a name of its own.
    seed_sets : mapping from str to list of nodes, optional
        Given seed sets by name, such as those of an earlier campaign. For a number k the first k of them count.
    model, probability, delta, node_weights, rng, threads
        As in `maximize`.
    epsilon : float, optional
        As in `maximize`, for the algorithms with a guarantee.
    oracle, n_rr_sets
        As in `maximize`, for the algorithms that support them.
    n_simulations : int, default 10000
        Number of forward simulations for the spread of each seed set.
    time_limit : float, optional
        Seconds for each algorithm, default 60; an algorithm that reaches it shows the seeds chosen so far. The
        simulations and the certificate that evaluate it are each limited to as many seconds. None for no limit. A
        function of the caller is not interrupted.
    progress : bool or callable, default False
        True shows a bar, as in `maximize`. A function is called with the name of the row, the number of finished rows
        and the total number.
    client : distributed.Client, optional
        Draw the RR sets and run the simulations on the workers of a Dask cluster, see :doc:`/how-to/cluster`.
        Algorithms that draw no RR sets choose in this process; their times are not comparable.
    **constraints
        As in `maximize`. All algorithms choose within the constraints: heuristics go along their ranking and pass over
        nodes that do not fit. Algorithms that do not support a deadline choose without it; the spread and the
        certificate of every row observe it. Seeds of the caller are shown as they are, with the constraints that they
        break.

    Returns
    -------
    Comparison
        After Ctrl-C, the rows that are finished, if there are any.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    Examples
    --------
    >>> import imax
    >>> found = imax.compare(imax.datasets.load("karate"), 2, ["opim-c", "degree", "random"], rng=1)
    >>> [row.algorithm for row in found.rows]
    ['opim-c', 'degree', 'random']
    >>> found.rows[0].spread > found.rows[2].spread
    True
    >>> found.overlap[0][0]
    1.0

    The most connected nodes within a budget, and seeds of one's own:

    >>> graph = imax.datasets.load("karate")
    >>> found = imax.compare(
    ...     graph, 3, ["opim-c", "degree"], seed_sets={"ours": [0, 5, 33]}, costs=graph.out_degree(), budget=25, rng=1
    ... )
    >>> [(row.algorithm, row.broken_rules) for row in found.rows]
    [('opim-c', []), ('degree', []), ('ours', ['costs more than the budget'])]
    >>> found.best().algorithm
    'opim-c'
    """
    check_constraint_names("compare", constraints)
    key = key_from(rng)
    network = as_graph(graph, probability=probability, rng=key)
    reader = NodeReader(network, constraints.get("on_missing"), source=graph)
    weights = reader.node_weights(node_weights)
    rules = aligned_rules(reader, constraints)
    work: dict[str, Any] = {
        "model": model, "delta": delta, "threads": threads,
        "node_weights": None if weights is None else weights[network.rank],
    }  # fmt: skip
    needed = rules.keys() & {*_LIMITS, "start"} | (set() if weights is None else {"node_weights"})
    sources = seed_sources(reader, algorithms, seed_sets, needed, model)
    numbers = numbers_of_seeds(k)
    limits = {
        number: make_problem(network, number, cast(Constraints, rules), function="compare", rng=key, **work).constraint
        for number in numbers
    }  # fmt: skip
    with open_session(client, network) as session:
        own = work | rules | {"oracle": oracle, "n_rr_sets": n_rr_sets, "epsilon": epsilon, "client": session}
        own = {name: value for name, value in own.items() if value is not None}
        evaluation = _Evaluation(
            network, key, n_simulations, rules, work | {"time_limit": time_limit, "client": session}
        )
        tasks = {
            source.name if len(numbers) == 1 else f"{source.name}, k = {number}": (source, number)
            for number in numbers for source in sources
        }  # fmt: skip

        def measure(name: str) -> Compared:
            source, number = tasks[name]
            with peak_rise() as rise:
                began = time.perf_counter()
                seeds, reason = evaluation.chosen(reader, source, number, own)
                seconds, memory = time.perf_counter() - began, rise()
            return evaluation.row(source, number, limits[number], seeds, reason, seconds=seconds, memory=memory)

        show = function_of(progress)
        rows, reason = measure_each(list(tasks), lambda name: _warm_up(network, *tasks[name], own), measure, show)
    timed = check_deadline(network, **{name: rules.get(name) for name in DEADLINE_ARGUMENTS})
    ran = [source.algorithm for source in sources if source.algorithm is not None]
    unused = unused_by_all(ran, oracle, {"epsilon": epsilon, "n_rr_sets": n_rr_sets, "oracle": oracle})
    return Comparison(
        rows=_ranked(rows),
        overlap=overlap_of([row.seeds for row in rows]),
        k=numbers[0] if len(numbers) == 1 else [number for number in numbers if number is not None],
        model=rows[0].model,
        probability=network.probability.spec,
        delta=rows[0].delta,
        n_nodes=network.n_nodes,
        n_arcs=network.n_arcs,
        n_simulations=n_simulations,
        stop_reason=reason,
        rng_key=key,
        version=__version__,
        notes=[*reader.notes, *Deadline.notes_of(timed), *unused],
        **Deadline.facts(timed),
    )


@dataclasses.dataclass(frozen=True)
class _Evaluation:
    """Runs every algorithm, and evaluates every seed set with simulations and RR sets that no algorithm used."""

    network: InfluenceGraph
    key: Key
    n_simulations: int
    rules: dict[str, Any]
    work: dict[str, Any]

    def chosen(
        self, reader: NodeReader, source: SeedSource, k: int | None, options: dict[str, Any]
    ) -> tuple[list[Any], str]:
        """Return the seeds of an algorithm or of the caller, and why the choice ended."""
        if source.algorithm is None:
            return source.own_seeds(reader, k)
        own = _supported(source.algorithm, options) | {"time_limit": self.work["time_limit"]}
        result = maximize(self.network, k, algorithm=source.algorithm, rng=self.key, **own)
        return result.seeds, result.stop_reason

    def row(
        self,
        source: SeedSource,
        k: int | None,
        constraint: Constraint,
        seeds: list[Any],
        stop_reason: str,
        *,
        seconds: float,
        memory: int | None,
    ) -> Compared:
        """Return the row of a seed set, without a rank."""
        certificate: Certificate = finished(certify(self.network, seeds, k=k, rng=self.key, **self.work, **self.rules))
        return Compared(
            algorithm=source.name,
            k=k,
            seeds=seeds,
            complete=stop_reason not in CUT_SHORT,
            broken_rules=broken_rules(self.network, constraint, seeds),
            rank=None,
            **estimates(self._spread(seeds), certificate),
            delta=certificate.delta,
            model=certificate.model,
            seconds=seconds,
            memory=memory,
            stop_reason=stop_reason,
        )

    def _spread(self, seeds: list[Any]) -> SpreadEstimate:
        """Return the spread of seeds, or what they add to the nodes active from the start."""
        start = self.rules.get("start", [])
        whole = self._simulated([*start, *seeds])
        if not start:
            return whole
        base = self._simulated(start)
        gain = max(whole.spread - base.spread, 0.0)
        # the simulations of both depend on each other, which makes the true error of the difference smaller
        error = math.hypot(whole.std_error, base.std_error)
        margin = 1.959963984540054 * error
        return dataclasses.replace(
            whole, spread=gain, std_error=error, interval=(max(gain - margin, 0.0), gain + margin),
            n_simulations=min(whole.n_simulations, base.n_simulations),
        )  # fmt: skip

    def _simulated(self, seeds: list[Any]) -> SpreadEstimate:
        options = {name: self.work[name] for name in ("model", "node_weights", "threads", "time_limit", "client")}
        options |= {name: self.rules[name] for name in DEADLINE_ARGUMENTS & self.rules.keys()}
        rng = stream_key(self.key, Stream.VERIFICATION)
        return finished(spread(self.network, seeds, n_simulations=self.n_simulations, rng=rng, **options))


def _ranked(rows: list[Compared]) -> list[Compared]:
    """Return the rows with their ranks among the complete rows of the same number of seeds."""
    found = list(rows)
    for k in dict.fromkeys(row.k for row in rows):
        places = [i for i, row in enumerate(rows) if row.k == k]
        fair = [rows[i].complete and not rows[i].broken_rules for i in places]
        ranks = ranks_by_spread(rows[i].spread if ok else None for i, ok in zip(places, fair, strict=True))
        for i, rank in zip(places, ranks, strict=True):
            found[i] = dataclasses.replace(rows[i], rank=rank)
    return found


def _supported(algorithm: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options without the settings that the algorithm does not support."""
    accepts = ALGORITHMS[algorithm].accepts
    return {name: value for name, value in options.items() if name not in _SETTINGS or name in accepts}


def _warm_up(network: InfluenceGraph, source: SeedSource, k: int | None, options: dict[str, Any]) -> None:
    """Run an algorithm on three nodes, so that its time does not include compiling or loading kernels."""
    if source.algorithm is None:
        return
    small = {
        "node_weights": [1.0] * 3, "costs": [1.0] * 3, "budget": 3.0, "groups": ["all"] * 3, "quotas": (1, 2),
        "group_budgets": 3.0, "start": [2], "deadline": 1.0,
    }  # fmt: skip
    same = {name: options[name] for name in ("model", "threads", "max_steps", "oracle") if name in options}
    own = same | {name: value for name, value in small.items() if name in options}
    if "deadline" in options:
        own["delay"] = "exponential:1"
    three = graph_like(network, [0, 1, 0, 2], [1, 0, 2, 0])
    include = [0] if "include" in options else []
    maximize(
        three, None if k is None else 1 + len(include), algorithm=source.algorithm, epsilon=0.5, rng=0,
        include=include, **_supported(source.algorithm, own),
    )  # fmt: skip
