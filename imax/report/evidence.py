"""What a report on seeds computes besides the seeds: curve, alternatives, groups, other probabilities."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from .._utils.steps import finished
from .._utils.streams import Stream, stream_key
from ..diffusion.simulation import spread
from ..errors import ImaxError
from ..graph.influence_graph import InfluenceGraph
from ..results import Comparison, CurveResult, SelectionResult, SpreadEstimate
from ..selection import compare, curve, maximize, sensitivity
from ..selection.scaled import Sensitivity

__all__ = ["CHOSEN", "SECTIONS", "WITHOUT_QUOTAS", "Evidence", "GroupReach", "Task", "gather", "ignores_quotas"]

SECTIONS = ("curve", "alternatives", "groups", "sensitivity", "map")
CHOSEN, WITHOUT_QUOTAS = "these seeds", "without the quotas"
_ALTERNATIVES = ("degree", "pagerank", "random")
_POINTS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 750)
_GROUPS = 12  # largest number of groups whose reach is simulated
_SAMPLE = 64_000_000  # largest size in bytes of the samples under scaled probabilities
_SHORTEST = 0.5  # seconds that a part gets, if the time limit is nearly used up

T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """What a report is about, after all arguments were checked and aligned.

    Attributes
    ----------
    graph : InfluenceGraph
    result : SelectionResult
    k : int or None
        As the caller gave it.
    work : dict
        Arguments of every computation: model, delta, node_weights, threads, client.
    rules : dict
        Constraints, aligned by label.
    groups : list or None
        Group of each node by node index, also if no quota uses it.
    costs : numpy.ndarray or None
        Cost of each node by node index, also if no budget uses it.
    skip : frozenset of str
        Members of `SECTIONS` that are left out.
    n_simulations : int
    max_memory : int, str or None
    time_limit : float or None
        Seconds for everything, counted from `began`.
    began : float
    show : callable
        Called with what is computed next.
    """

    graph: InfluenceGraph
    result: SelectionResult
    k: int | None
    work: dict[str, Any]
    rules: dict[str, Any]
    groups: list[Any] | None
    costs: Any
    skip: frozenset[str]
    n_simulations: int
    max_memory: int | str | None
    time_limit: float | None
    began: float
    show: Callable[[str], Any]

    def left(self) -> float | None:
        """Return the seconds that are left; None without a limit."""
        return None if self.time_limit is None else self.time_limit - (perf_counter() - self.began)

    def limit(self, largest: float) -> float:
        """Return the time limit of a part."""
        left = self.left()
        return largest if left is None else max(min(left, largest), _SHORTEST)


@dataclass(frozen=True)
class GroupReach:
    """How much of a group the seeds reach, the nodes that are active from the start included.

    Attributes
    ----------
    group : hashable
    size : int
        Number of nodes.
    n_seeds : int
    share : float
        Expected share of the nodes that are reached, and its 95 % interval.
    low, high : float
    """

    group: Any
    size: int
    n_seeds: int
    share: float
    low: float
    high: float


@dataclass
class Evidence:
    """The parts of a report on seeds. A part that is None was not computed; `missing` says why."""

    curve: CurveResult | None = None
    comparison: Comparison | None = None
    groups: list[GroupReach] | None = None
    without_quotas: SelectionResult | None = None
    groups_without_quotas: list[GroupReach] | None = None
    sensitivity: Sensitivity | None = None
    n_groups: int = 0
    missing: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False


def gather(task: Task) -> Evidence:
    """Compute all parts of a report. A part that cannot be computed is left out, with the reason."""
    found = Evidence()
    if task.result.stop_reason == "interrupted":
        found.missing, found.interrupted = dict.fromkeys(SECTIONS[:4], "the selection was interrupted"), True
        return found

    def part(name: str, what: str, compute: Callable[[Task], T]) -> T | None:
        left = task.left()
        if name in task.skip:
            return None
        if found.interrupted:
            found.missing[name] = "it was interrupted"
            return None
        if left is not None and left <= 0:
            found.missing[name] = "the time limit was reached"
            return None
        task.show(what)
        try:
            return compute(task)
        except ImaxError as error:  # such as an algorithm that does not support a constraint
            found.missing[name] = str(error)
        except KeyboardInterrupt:  # no other part is computed
            found.missing[name] = "it was interrupted"
            found.interrupted = True
        return None

    found.curve = part("curve", "spread against the number of seeds", _curve)
    if "quotas" in task.rules:
        found.without_quotas = part("groups", "seeds without quotas", _without_quotas)
    free = found.without_quotas
    found.comparison = part("alternatives", "other ways to choose", lambda t: _compare(t, free))
    if task.groups is not None:
        found.n_groups = len(set(task.groups) - {None})
        found.groups = part("groups", "who is reached", lambda t: _reach(t, t.result.seeds))
        if free is not None:
            found.groups_without_quotas = part(
                "groups", "who is reached without quotas", lambda t: _reach(t, free.seeds)
            )
    found.sensitivity = part("sensitivity", "other probabilities", _sensitivity)
    return found


def ignores_quotas(task: Task) -> bool:
    """Return whether the bounds of the curve ignore the quotas: fewer seeds cannot keep smallest numbers."""
    return "quotas" in task.rules and "group_budgets" not in task.rules


def _curve(task: Task) -> CurveResult:
    seeds = task.result.seeds
    first = max(1, len(task.rules.get("include", ())))
    sizes = [k for k in _POINTS if first <= k < len(seeds)] + [len(seeds)]
    dropped = ("quotas", "groups") if ignores_quotas(task) else ()
    rules = {name: value for name, value in task.rules.items() if name not in dropped}
    found: CurveResult = curve(
        task.graph, sizes, algorithm=seeds, rng=task.result.rng_key, max_memory=task.max_memory,
        time_limit=task.limit(30.0), **task.work, **rules,
    )  # fmt: skip
    return finished(found)


def _without_quotas(task: Task) -> SelectionResult:
    dropped = ("quotas", "groups", "group_budgets")
    rules = {name: value for name, value in task.rules.items() if name not in dropped}
    if "budget" not in rules:
        rules.pop("costs", None)
    k = task.result.k if task.k is None and "budget" not in rules else task.k
    found: SelectionResult = maximize(
        task.graph, k, epsilon=task.result.epsilon, rng=task.result.rng_key, max_memory=task.max_memory,
        time_limit=task.limit(30.0), **task.work, **rules,
    )  # fmt: skip
    return finished(found)


def _compare(task: Task, free: SelectionResult | None) -> Comparison:
    seed_sets = {CHOSEN: task.result.seeds} | ({} if free is None else {WITHOUT_QUOTAS: free.seeds})
    found: Comparison = compare(
        task.graph, task.k, list(_ALTERNATIVES), seed_sets=seed_sets, n_simulations=task.n_simulations,
        rng=task.result.rng_key, time_limit=task.limit(20.0), **task.work, **task.rules,
    )  # fmt: skip
    return finished(found)


def _reach(task: Task, seeds: list[Any]) -> list[GroupReach]:
    """Simulate the share of each group that seeds reach, for the largest groups."""
    assert task.groups is not None
    members: dict[Any, list[int]] = {}
    for i, group in enumerate(task.groups):
        if group is not None:
            members.setdefault(group, []).append(i)
    largest = sorted(members, key=lambda group: -len(members[group]))[:_GROUPS]
    places = task.graph.index[task.graph.internal_of(seeds)].tolist()
    until = {name: task.rules[name] for name in ("max_steps", "deadline", "delay") if name in task.rules}
    found = []
    for group in largest:
        weights = np.zeros(task.graph.n_nodes)
        weights[members[group]] = 1.0
        estimate: SpreadEstimate = spread(
            task.graph, [*task.rules.get("start", ()), *seeds], node_weights=weights, model=task.work["model"],
            n_simulations=task.n_simulations, rng=stream_key(task.result.rng_key, Stream.VERIFICATION),
            threads=task.work["threads"], time_limit=task.limit(5.0),
            client=task.work["client"], **until,
        )  # fmt: skip
        finished(estimate)
        size = len(members[group])
        found.append(
            GroupReach(
                group, size, sum(task.groups[i] == group for i in places), estimate.spread / size,
                max(estimate.interval[0] / size, 0.0), min(estimate.interval[1] / size, 1.0),
            )
        )  # fmt: skip
    return found


def _sensitivity(task: Task) -> Sensitivity:
    factors = (0.5, 2.0) if task.work["model"] == "ic" else (0.5,)  # weights of LT sum to 1 at most
    return sensitivity(
        task.graph, task.result.k, factors=factors, seeds=task.result.seeds, rng=task.result.rng_key,
        epsilon=task.result.epsilon, max_memory=_SAMPLE if task.max_memory is None else task.max_memory,
        time_limit=task.limit(30.0) / (2 * len(factors) + 2),
        **task.work, **task.rules,
    )  # fmt: skip
