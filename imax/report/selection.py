"""`make_report`: a report on seeds."""

from collections.abc import Iterable
from dataclasses import asdict
from time import perf_counter
from typing import Any, Unpack, cast

from .._utils import check
from .._utils.progress import Switch, followed, function_of, nested, text_step
from .._utils.streams import RNG, key_from
from ..cluster.session import open_session
from ..errors import InvalidArgumentError
from ..io.accept import as_graph
from ..io.node_reader import NodeReader
from ..results import SelectionResult
from ..selection import Constraints, maximize
from ..selection.constraints import NodeValues, aligned_rules, check_constraint_names
from ..selection.problem import selecting
from .document import Report
from .evidence import SECTIONS, Evidence, Task, gather
from .sections import answer_of, sections_of
from .words import count

__all__ = ["make_report"]


@followed(text_step)
def make_report(
    graph: Any,
    k: int | None = None,
    *,
    result: SelectionResult | None = None,
    skip: Iterable[str] = (),
    title: str | None = None,
    command: str | None = None,
    model: str = "ic",
    algorithm: str = "auto",
    probability: str | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    node_weights: "NodeValues | None" = None,
    n_simulations: int = 2000,
    rng: RNG = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Switch = None,
    client: Any = None,
    **constraints: Unpack[Constraints],
) -> Report:
    """Choose seeds and make a report on them, for readers who did not run the program.

    The report says which seeds to choose, what they are expected to reach and how sure that is. It compares them with
    the most connected nodes, PageRank and random nodes under the same constraints; shows the spread against the number
    of seeds, the share of each group that is reached, what changes if the probabilities are half or twice as large,
    and a map of the seeds; and says how to repeat it. All of it is one HTML file without scripts.

    Parameters
    ----------
    graph : InfluenceGraph, or any graph that `imax.maximize` accepts
    k : int, optional
        Number of seeds. Optional under the same conditions as in `imax.maximize`, and with `result`.
    result : SelectionResult, optional
        Seeds that `imax.maximize` chose on the same graph; `k`, `model` and `rng` then come from it. Give the same
        constraints as there. Default: the seeds are chosen here.
    skip : iterable of {"curve", "alternatives", "groups", "sensitivity", "map"}, optional
        Sections to leave out.
    title : str, optional
        Title of the report.
    command : str, optional
        How the report was made, for the last section; default the call in Python.
    n_simulations : int, default 2000
        Number of forward simulations of each seed set in the comparison, and of each group.
    progress : bool or callable, default False
        True shows a bar, as in `imax.maximize`. A function is called with a text that says what is computed next.
    time_limit : float, optional
        Seconds for everything. Sections that do not fit are left out, and the report says so.
    model, algorithm, probability, epsilon, delta, node_weights, rng, threads, max_memory, client
        As in `imax.maximize`.
    **constraints
        As in `imax.maximize`. Here `groups` may be given without quotas, and `costs` without a budget: they are shown
        in the report and do not limit the seeds.

    Returns
    -------
    Report
        Call its method `save` with a file name.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError
        As in `imax.maximize`; for an unknown section, or seeds of `result` that are not in the graph.

    Examples
    --------
    >>> import imax
    >>> report = imax.make_report(imax.datasets.load("karate"), 2, n_simulations=100, rng=1)
    >>> report
    <Report: 2 seeds in a graph of 34 nodes, ...: Choose these 2 nodes (...): ...
    >>> report.save("report.html")  # doctest: +SKIP
    """
    began = perf_counter()
    check_constraint_names("make_report", constraints)
    left_out = frozenset(check.one_of(name, "skip", SECTIONS) for name in skip)
    check.count(n_simulations, "n_simulations", low=2)
    if result is not None:
        if not isinstance(result, SelectionResult):
            raise InvalidArgumentError(
                f"result must be a SelectionResult of imax.maximize, got {type(result).__name__}", argument="result"
            )
        rng, model, k = result.rng_key, result.model, k if k is not None or result.budget is not None else result.k
    key = key_from(rng)
    network = as_graph(graph, probability=probability, rng=key, max_memory=max_memory)
    reader = NodeReader(network, constraints.get("on_missing"), source=graph, max_memory=max_memory)
    weights = reader.node_weights(node_weights)
    rules = aligned_rules(reader, constraints)
    groups, costs = rules.get("groups"), rules.get("costs")
    if not rules.keys() & {"quotas", "group_budgets"}:
        rules.pop("groups", None)
    if not rules.keys() & {"budget", "group_budgets"}:
        rules.pop("costs", None)
    work: dict[str, Any] = {
        "model": model, "delta": delta, "threads": threads,
        "node_weights": None if weights is None else weights[network.rank],
    }  # fmt: skip
    show = function_of(progress) or (lambda what: None)
    with open_session(client, network) as session:
        work["client"] = session
        if result is None:
            show("choosing seeds")
            result = maximize(
                network, k, algorithm=algorithm, certify=True, epsilon=epsilon, rng=key, max_memory=max_memory,
                time_limit=time_limit, progress=nested(progress, selecting), **work, **cast(Constraints, rules),
            )  # fmt: skip
        network.internal_of(result.seeds, "result")  # the seeds of another graph are an error
        task = Task(
            network, result, k, work, rules, groups, costs, left_out, n_simulations, max_memory, time_limit, began, show
        )
        found = gather(task)
    notes = [*network.report.notes, *reader.notes, *result.notes]
    called = command or _call(task, constraints)
    record = _record(task, found, notes, called)
    heading = title or f"{count(len(result), 'seed')} in a graph of {network.n_nodes:,} nodes"
    return Report(heading, answer_of(task), sections_of(task, found, notes, called), record)


def _call(task: Task, constraints: Constraints) -> str:
    """Return the call in Python. Constraints are shown by name only: their values may be long."""
    given = [f"{name}=..." for name, value in constraints.items() if value is not None]
    shown = [] if task.k is None else [str(task.k)]
    shown += [f"model={task.work['model']!r}", *given, f"rng={task.result.rng_key}"]
    return f"imax.make_report(graph, {', '.join(shown)})  # imax {task.result.version}"


def _record(task: Task, found: Evidence, notes: list[str], command: str) -> dict[str, Any]:
    graph, report = task.graph, task.graph.report
    ids = graph.internal_of(task.result.seeds)
    places = graph.index[ids]

    def plain(part: Any) -> Any:
        return None if part is None else part.to_dict()

    def reach(rows: Any) -> Any:
        return None if rows is None else [asdict(row) for row in rows]

    return {
        "kind": "seeds",
        "graph": {
            "nodes": graph.n_nodes, "arcs": graph.n_arcs, "directed": report.directed,
            "self_loops": report.self_loops, "parallel_arcs": report.parallel_arcs, "bad_lines": report.bad_lines,
            "probability": graph.probability.spec,
        },
        "result": task.result.to_dict(),
        "degree": graph.out_degree()[places].tolist(),
        "cost": None if task.costs is None else task.costs[places].tolist(),
        "group": None if task.groups is None else [task.groups[i] for i in places.tolist()],
        "curve": plain(found.curve),
        "comparison": plain(found.comparison),
        "groups": reach(found.groups),
        "without_quotas": plain(found.without_quotas),
        "groups_without_quotas": reach(found.groups_without_quotas),
        "sensitivity": plain(found.sensitivity),
        "missing": found.missing,
        "interrupted": found.interrupted,
        "notes": notes,
        "command": command,
    }  # fmt: skip
