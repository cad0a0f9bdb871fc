"""Greedy selection by a spread oracle, evaluating all candidates each time or, lazily, only those that may be best.

Kempe, Kleinberg and Tardos, "Maximizing the Spread of Influence through a Social Network", KDD 2003 (greedy). Leskovec,
Krause, Guestrin, Faloutsos, VanBriesen and Glance, "Cost-effective Outbreak Detection in Networks", KDD 2007 (CELF).
Goyal, Lu and Lakshmanan, "CELF++: Optimizing the Greedy Algorithm for Influence Maximization in Social Networks",
WWW 2011. All three choose the same seeds, because no gain of an oracle increases. They differ in how many gains they
evaluate.
"""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heapreplace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils.registry import Entry
from ..._utils.streams import Stream, stream_key
from ..exact_oracle import ExactOracle
from ..oracles import Oracle, OutOfTime, RRSetOracle, SimulationOracle
from ..outcome import ALL_CHOSEN, INTERRUPT, TIME, Outcome
from ..problem import Problem, Progress
from ..remote_oracle import RemoteSimulationOracle
from .ris import DEFAULT_SETS

__all__ = ["CELF", "CELF_PLUS_PLUS", "DEFAULT_SIMULATIONS", "GREEDY", "Search", "celf", "celf_plus_plus", "greedy"]

DEFAULT_SIMULATIONS = 10_000
_STEP_SECONDS = 0.2


def _oracle(q: Problem, keep_going: Callable[[], bool]) -> Oracle:
    key = stream_key(q.key, Stream.ORACLE)
    if q.oracle == "exact":
        return ExactOracle(q.graph, q.model, q.weights, q.blocked)
    if q.oracle == "rr":
        n_sets = q.n_rr_sets or DEFAULT_SETS
        return RRSetOracle(
            q.graph, q.model, q.weights, key, n_sets, q.threads, q.limits.memory, q.limits.in_time, q.session
        )
    n = q.n_simulations or DEFAULT_SIMULATIONS
    if q.session is not None:
        return RemoteSimulationOracle(q.session, q.model, q.weights, key, n, q.limits.memory, keep_going, q.blocked)
    return SimulationOracle(
        q.graph, q.model, q.weights, key, n, q.threads, q.limits.memory, keep_going, blocked=q.blocked
    )


class Search:
    """The seeds so far, the oracle that knows them, and the limits of the search."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.seconds = {"oracle": 0.0}
        began = time.perf_counter()
        c = problem.constraint
        self.candidates = np.flatnonzero(c.allowed)
        self.k = c.forced.size + min(c.free, self.candidates.size)
        self.choice = None if c.is_plain else c.seed_limits.choice()
        self.seeds: list[int] = []
        self.gains: list[float] = []
        self.best: tuple[float, int] | None = None  # of the nodes evaluated before the first seed
        self.oracle = _oracle(problem, self.goes_on)
        self.n_evaluated = 0  # gains since the last seed
        self.reported = time.perf_counter()
        self.late = False  # whether the time limit came before the gains of all required seeds were known
        try:
            for node in c.start.tolist():
                self.oracle.take(node)
            for node in c.forced.tolist():
                self.add(node, float(self.oracle.gains(np.array([node]))[0]))
        except OutOfTime:
            self.late = True
            self.seeds += c.forced[len(self.seeds) :].tolist()
            self.gains += [math.nan] * (len(self.seeds) - len(self.gains))
        self.seconds["oracle"] += time.perf_counter() - began

    def goes_on(self) -> bool:
        """Whether time is left, or there is no result yet."""
        known = self.best is not None or self.seeds or self.problem.constraint.forced.size
        return not known or self.problem.limits.in_time()

    def add(self, node: int, gain: float) -> None:
        """Take a node as a seed."""
        self.gains.append(gain)
        self.seeds.append(node)
        self.n_evaluated = 0
        with suppress(OutOfTime):  # no gain is evaluated after this, so the oracle need not know the node
            self.oracle.take(node)
        self.report()

    def fits(self, node: int) -> bool:
        """Choose a node if it fits the limits; return whether it does."""
        return self.choice is None or self.choice.take(node)

    def report(self, phase: str = "", n_evaluated: int | None = None, n_to_evaluate: int | None = None) -> None:
        """Call the progress function of the problem, if it has one."""
        q = self.problem
        self.reported = time.perf_counter()
        if q.progress is not None:
            state = Progress(len(self.seeds), self.k, 0, 0.0, 0.0, q.limits.elapsed(), phase=phase)
            q.progress(replace(state, n_evaluated=n_evaluated, n_to_evaluate=n_to_evaluate))

    def evaluate(self, nodes: NDArray[Any]) -> NDArray[np.float64]:
        """Return the gains of many nodes, in parts; stop at the time limit once one gain is known."""
        found = np.empty(nodes.size)
        done, size = 0, 1
        if self.problem.limits.seconds is not None and not self.seeds and self.best is None and nodes.size:
            self._estimate_first(int(nodes[0]))
        while done < nodes.size:
            if not self.goes_on():
                raise OutOfTime
            began = time.perf_counter()
            part = nodes[done : done + size]
            found[done : done + part.size] = self.oracle.gains(part)
            if not self.seeds:
                top = int(np.argmax(found[: done + part.size]))
                self.best = float(found[top]), int(nodes[top])
            done += part.size
            spent = time.perf_counter() - began
            self.seconds["oracle"] += spent
            size = int(min(max(size * _STEP_SECONDS / max(spent, 1e-6), 1), 8 * size))
            self.n_evaluated = done
            if done < nodes.size:
                self.report(f"gains of {done:,} of {nodes.size:,} nodes known", done, nodes.size)
        return found

    def _estimate_first(self, node: int) -> None:
        """Provide a result for the case that the time ends before the first gain is known."""
        if isinstance(self.oracle, SimulationOracle | RemoteSimulationOracle):
            self.best = self.oracle.first_estimate(node), node

    def evaluate_one(self, node: int, before: int = -1) -> float:
        """Return the current gain of a node, or its gain once `before` is a seed."""
        if not self.goes_on():
            raise OutOfTime
        began = time.perf_counter()
        gain = float(self.oracle.gains(np.array([node]), before)[0])
        self.seconds["oracle"] += time.perf_counter() - began
        self.n_evaluated += 1
        if time.perf_counter() - self.reported > _STEP_SECONDS:
            self.report(f"gains of {self.n_evaluated:,} nodes updated for the next seed")
        return gain


def _run(problem: Problem, search: Callable[[Search], None]) -> Outcome:
    state = Search(problem)
    reason = ALL_CHOSEN
    try:
        if state.late:
            raise OutOfTime
        search(state)
    except OutOfTime:
        reason = TIME
    except KeyboardInterrupt:
        if not state.seeds and state.best is None:
            raise
        reason = INTERRUPT
    if not state.seeds and state.best is not None:
        state.seeds, state.gains = [state.best[1]], [state.best[0]]
    return Outcome(
        np.array(state.seeds, dtype=np.int32),
        reason,
        gains=np.array(state.gains),
        n_rr_sets=state.oracle.n_rr_sets,
        n_rr_entries=state.oracle.n_rr_entries,
        n_simulations=state.oracle.n_simulations,
        seconds=state.seconds,
    )


def _evaluate_all(state: Search) -> None:
    left = state.candidates
    while len(state.seeds) < state.k and left.size:
        gains = state.evaluate(left)
        order = np.argsort(-gains, kind="stable")  # ties go to the smaller id
        top = next((at for at, i in enumerate(order.tolist()) if state.fits(int(left[i]))), None)
        if top is None:
            break
        node, gain = int(left[order[top]]), float(gains[order[top]])
        left = np.delete(left, order[: top + 1])  # nodes that do not fit now do not fit later
        state.add(node, gain)


def greedy(problem: Problem) -> Outcome:
    """Choose the node with the largest gain, after evaluating all candidates each time."""
    return _run(problem, _evaluate_all)


def _first(state: Search) -> list[Any]:
    """Return the heap of all candidates by their gains after the required seeds."""
    gains = state.evaluate(state.candidates)
    heap = [
        _Entry(gain, node, len(state.seeds))
        for gain, node in zip(gains.tolist(), state.candidates.tolist(), strict=True)
    ]
    heapify(heap)
    return heap


@dataclass
class _Entry:
    """A node, its gain when it was last evaluated, and the number of seeds at that time.

    For CELF++, `after` is its gain once `before` is a seed too.
    """

    gain: float
    node: int
    size: int
    before: int = -1
    after: float = 0.0

    def __lt__(self, other: "_Entry") -> bool:
        return (-self.gain, self.node) < (-other.gain, other.node)


def _evaluate_lazily(state: Search, *, ahead: bool) -> None:
    """Evaluate again only the node with the largest old gain; with `ahead`, also its gain after the leader."""
    heap = _first(state) if state.k > len(state.seeds) else []
    last, leader = -1, None
    while len(state.seeds) < state.k and heap:
        top: _Entry = heap[0]
        if top.size == len(state.seeds):
            heappop(heap)
            if not state.fits(top.node):
                leader = None
                continue
            state.add(top.node, top.gain)
            last, leader = top.node, None
            continue
        if ahead and top.before == last and top.size == len(state.seeds) - 1:
            top.gain = top.after
        else:
            top.gain = state.evaluate_one(top.node)
            top.before = -1  # the gain ahead is of an earlier seed set
            if ahead and leader is not None and len(state.seeds) + 1 < state.k:
                top.before, top.after = leader.node, state.evaluate_one(top.node, leader.node)
        top.size = len(state.seeds)
        if leader is None or top.gain > leader.gain:
            leader = top
        heapreplace(heap, top)


def celf(problem: Problem) -> Outcome:
    """Choose as greedy does, but evaluate again only the node with the largest old gain."""
    return _run(problem, lambda state: _evaluate_lazily(state, ahead=False))


def celf_plus_plus(problem: Problem) -> Outcome:
    """Choose as CELF does; a node that is evaluated again is also evaluated with the leader as a seed.

    The first evaluation of all candidates has no such second gains, which would double its time.
    """
    return _run(problem, lambda state: _evaluate_lazily(state, ahead=True))


_ACCEPTS = frozenset({"client", "node_weights", "start", "quotas", "n_rr_sets", "n_simulations", "oracle"})
_GUARANTEE = "1 - 1/e of the optimum by the estimates of the oracle (quotas: 1/2)"

GREEDY = Entry(
    "greedy", greedy, "the node with the largest marginal gain by an oracle, evaluated for all candidates each time",
    "Kempe, Kleinberg, Tardos: Maximizing the Spread of Influence through a Social Network. KDD 2003",
    _GUARANTEE, _ACCEPTS,
    decreasing_gains=True,
)  # fmt: skip
CELF = Entry(
    "celf", celf, "as greedy, evaluating again only nodes that may have the largest gain",
    "Leskovec, Krause, Guestrin, Faloutsos, VanBriesen, Glance. KDD 2007",
    _GUARANTEE, _ACCEPTS,
    decreasing_gains=True,
)  # fmt: skip
CELF_PLUS_PLUS = Entry(
    "celf++", celf_plus_plus, "as CELF, with gains evaluated one step ahead",
    "Goyal, Lu, Lakshmanan: CELF++. WWW 2011",
    _GUARANTEE, _ACCEPTS,
    decreasing_gains=True,
)  # fmt: skip
