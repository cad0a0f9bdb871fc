"""World sketches: greedy selection on live-edge worlds of an undirected graph, certified by independent samples.

One world has every node as a root, so that a few hundred worlds say more than millions of RR sets where influence is
high, and where the graph is so large that a random root is rarely near a seed. Wang, Ding, Gu and Sun, "Fast and
Space-Efficient Parallel Algorithms for Influence Maximization" (PaC-IM), VLDB 2023, select in this way. The certificate
is new: docs/explanation/worlds has the proofs.
"""

import dataclasses
import math
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..._utils.registry import Entry
from ..._utils.streams import Stream, stream_key
from ...diffusion.sampler import Sampler
from ...diffusion.tables import prepare
from ...diffusion.undirected import UndirectedEdges, undirected_edges
from ...diffusion.walks import influence_bounds
from ...errors import InvalidArgumentError
from ...ris.bounds import upper_bound
from ...ris.coverage import greedy_cover
from ...ris.marks import Collection
from ...ris.remote_worlds import RemoteWorlds
from ...ris.worlds import WorldCollection, WorldCover, Worlds, greedy_worlds
from ..outcome import INTERRUPT, REACHED, TIME, Bounds, Outcome
from ..problem import DEFAULT_EPSILON, Problem, Progress
from ..rounds import Stopped
from ..simulated import SpreadSample

__all__ = ["NOT_CERTIFIED", "WORLDS", "choose_on_worlds", "has_components", "n_worlds", "worlds"]

NOT_CERTIFIED = "target ratio not certified"
_LOOKS = 32  # largest number of looks at each bound
_FEWEST, _MOST = 32, 1 << 14  # worlds
_WORLDS_TIMES_EPSILON = 5.12  # chosen by measurement: see docs/explanation/worlds
_LABELS_TIMES_EPSILON = 2.0**26 * 0.01
_BYTES_PER_NODE = 64  # memory of the greedy choice
_VALUES, _MAX_VALUES = 512, 1 << 16  # values from which the spread of the seeds is estimated
_FIRST_STEPS = 6  # steps in which the first of these values are drawn
_VISITS_TIMES_EPSILON = 2.0**27 * 0.01
_FIRST_SETS = 1 << 14
_MAX_ENTRIES = 1 << 27
_LOWEST_TARGET = 0.1
_CHOOSING = 0.8  # share of the time limit after which seeds are chosen by gains that were counted before
_CLOSE = 0.5  # sampling ends when more RR sets might lower the upper bound by less than this share times epsilon
_ENOUGH = 0.25  # sampling ends when the seeds cover this number of RR sets, divided by epsilon squared


def n_worlds(problem: Problem) -> int:
    """Return the number of worlds: inverse to epsilon, fewer on large graphs, and not more than the memory holds."""
    n, epsilon, edges = problem.graph.n_nodes, problem.epsilon, undirected_edges(problem.graph)
    live = 0.0 if edges is None else edges.mean_live
    wanted = min(_WORLDS_TIMES_EPSILON / epsilon, _LABELS_TIMES_EPSILON / epsilon / (n + 2.0 * live))
    count = min(max(1 << math.ceil(math.log2(max(wanted, 1.0))), _FEWEST), _MOST)
    if problem.limits.memory is not None:
        count = min(count, max(1, (problem.limits.memory - _BYTES_PER_NODE * n) // (4 * n)))
    return count


def has_components(problem: Problem) -> bool:
    """Return whether the worlds of the problem consist of components, which `worlds` needs."""
    plain = problem.model == "ic" and problem.blocked is None and problem.deadline is None
    return plain and undirected_edges(problem.graph) is not None


def _edges(problem: Problem) -> UndirectedEdges:
    """Return the edges of the graph, or raise an error if the worlds of the problem have no components."""
    edges = undirected_edges(problem.graph) if has_components(problem) else None
    if edges is None:
        raise InvalidArgumentError(
            "algorithm 'worlds' needs the IC model and an undirected graph, where each arc has an opposite arc with "
            "the same probability (such as {probability=uniform:0.01}); use {algorithm=auto}",
            argument="algorithm",
            others=("probability", "algorithm"),
        )
    return edges


class _Run:
    """The state of one selection."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.seconds: dict[str, float] = {}
        self.a = math.log(2.0 * _LOOKS / problem.delta)
        self.target = problem.constraint.guarantee - problem.epsilon
        self._began = time.perf_counter()

    def clock(self, phase: str) -> None:
        """Add the time since the last call to a phase."""
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._began
        self._began = now

    def report(self, bounds: Bounds, n_sets: int) -> None:
        """Call the progress function of the problem, if it has one."""
        q = self.problem
        if q.progress is not None:
            q.progress(Progress(1, 1, n_sets, bounds.ratio, self.target, q.limits.elapsed()))

    def choose(self, edges: UndirectedEdges) -> tuple[WorldCover, str | None]:
        """Draw worlds and choose on them; return the choice, and why there are fewer worlds than planned."""
        q, count = self.problem, n_worlds(self.problem)
        key, weights = stream_key(q.key, Stream.WORLDS), self._choice_weights()
        found: Worlds = (
            WorldCollection(edges, q.graph.n_nodes, key, q.threads, weights)
            if q.session is None
            else RemoteWorlds(q.session, key, weights)
        )
        first = min(count, q.threads)
        self.clock("prepare")
        found.extend(first)
        found.extend(count, lambda: q.limits.in_time(0.5))
        self.clock("sample")
        keep_going = None if q.limits.seconds is None else partial(q.limits.in_time, _CHOOSING)
        cover = greedy_worlds(found, q.constraint, keep_going)
        self.clock("greedy")
        return cover, TIME if found.n_worlds < count or not cover.in_time else None

    def certify(self, cover: WorldCover, reason: str | None) -> Outcome:
        """Bound the spread of the seeds from below and the optimum from above, by samples that chose nothing."""
        q = self.problem
        sample, look = self._sample(cover.seeds)
        bounds = self._lower(sample, look, q.total)
        self.clock("certify")
        bounds = self._with_upper(bounds, self._walks(bounds))
        self.clock("walks")
        self.report(bounds, 0)
        n_sets = n_entries = 0
        try:
            wanted, in_time = bounds.ratio < self.target, q.limits.in_time()
            if wanted and not in_time:
                reason = TIME
            for found, sets in self._rr_bounds(cover.seeds) if wanted and in_time else ():
                bounds = self._with_upper(bounds, found)
                n_sets, n_entries = sets.n_sets, sets.n_entries + sets.n_cut
                self.report(bounds, n_sets)
                enough = sets.n_sets * bounds.lower * q.epsilon**2 >= _ENOUGH * q.total
                if bounds.ratio >= self.target and enough:
                    break
                if not q.limits.in_time():
                    reason = TIME
                    break
            while bounds.ratio < self.target and self._may_sample(sample, look):
                sample.extend(2 * sample.values.size)
                look += 1
                bounds = self._lower(sample, look, bounds.upper)
        except KeyboardInterrupt:
            reason = INTERRUPT
        self.clock("bound")
        return Outcome(
            seeds=cover.seeds,
            gains=cover.gains,
            bounds=bounds,
            target_ratio=max(self.target, 0.0),
            stop_reason=reason or (REACHED if bounds.ratio >= self.target else NOT_CERTIFIED),
            rounds=1,
            n_rr_sets=n_sets,
            n_rr_entries=n_entries,
            n_simulations=sample.values.size,
            start_spread=sample.start,
            seconds=self.seconds,
        )

    def _lower(self, sample: SpreadSample, look: int, upper: float) -> Bounds:
        """Return the bounds of the spread from simulations, with a bound of the optimum that is known."""
        own = float(self._own_weights()[sample.seeds].sum())
        low, high = sample.interval(look)
        return Bounds(
            spread=max(sample.spread, own),
            interval=(max(low, own), max(high, own)),
            lower=max(sample.lower_bound(self.a), own),
            upper=upper,
        )

    def _may_sample(self, sample: SpreadSample, look: int) -> bool:
        """Return whether more simulations are within the limits."""
        q = self.problem
        visits = 2.0 * sample.values.size * sample.spread * (1.0 if q.weights is None else q.graph.n_nodes / q.total)
        return (
            look < _LOOKS
            and visits <= _VISITS_TIMES_EPSILON / q.epsilon
            and sample.values.size < _MAX_VALUES
            and q.limits.in_time()
        )

    def _sample(self, seeds: NDArray[np.int32]) -> tuple[SpreadSample, int]:
        """Draw values of the spread until their mean is precise; return them, and how often it was looked at."""
        q, sample = self.problem, SpreadSample(self.problem, seeds)
        # sizes that do not depend on the values, so that bounds hold after each
        for step in range(_FIRST_STEPS if q.limits.seconds else 0):
            sample.extend(_VALUES >> (_FIRST_STEPS - step))
            if not q.limits.in_time():
                return sample, _LOOKS + step
        for look in range(_LOOKS):
            sample.extend(_VALUES << look)
            if sample.std_error <= q.epsilon * sample.spread or not self._may_sample(sample, look + 1):
                break
        return sample, look + 1

    def _own_weights(self) -> NDArray[np.float64]:
        """Return a lower bound of what each node adds as a seed."""
        q = self.problem
        if q.constraint.start.size:
            return np.zeros(q.graph.n_nodes)
        return np.ones(q.graph.n_nodes) if q.weights is None else q.weights

    def _choice_weights(self) -> NDArray[np.float64] | None:
        """Return the node weights for the choice, where start nodes add nothing: a heavy one rounds others to 0."""
        q = self.problem
        if q.weights is None or not q.constraint.start.size:
            return q.weights
        weights = q.weights.copy()
        weights[q.constraint.start] = 0.0
        return weights if weights.any() else q.weights

    def _with_upper(self, bounds: Bounds, upper: float) -> Bounds:
        least = min(self.problem.constraint.min_spread(self.problem.weights), self.problem.total)
        return dataclasses.replace(bounds, upper=max(min(bounds.upper, upper), least))

    def _walks(self, bounds: Bounds) -> float:
        """Return the bound of the optimum from walks: the spread of a seed set is at most the sum over its nodes."""
        q, c = self.problem, self.problem.constraint

        def best(values: NDArray[np.float64]) -> float:
            return float(values[c.forced].sum()) + c.max_gain(values)

        limit = bounds.lower / max(self.target, _LOWEST_TARGET)
        values = influence_bounds(
            q.graph, q.weights, q.threads, lambda values: best(values) <= limit and q.limits.in_time()
        )
        return math.inf if values is None else best(values)

    def _rr_bounds(self, seeds: NDArray[np.int32]) -> Iterator[tuple[float, Collection]]:
        """Yield upper bounds of the optimum from more and more RR sets that end at the seeds.

        The optimum together with the seeds is at least as good as the optimum, and for seed sets that contain these
        seeds a set that meets one of them needs no other node. With start nodes the sets end at these instead.
        """
        q, c = self.problem, self.problem.constraint
        is_sentinel = np.zeros(q.graph.n_nodes, dtype=np.bool_)
        is_sentinel[c.start if c.start.size else seeds] = True
        sampler = Sampler(
            q.graph, q.model, stream_key(q.key, Stream.WORLD_BOUND), node_weights=q.weights, threads=q.threads,
            diffusion=prepare(q.graph, q.model, q.threads), is_sentinel=is_sentinel,
        )  # fmt: skip
        sets = q.collection(sampler, store_singletons=False)
        allowed = c.allowed.copy()
        allowed[seeds] = False
        # the seeds are there; the bound is for as many more nodes as the constraint admits
        given = dataclasses.replace(
            c, k=seeds.size + (c.free if c.is_plain else 0), allowed=allowed, forced=np.unique(seeds)
        )

        def keep_going() -> bool:
            if sets.n_sets and not q.limits.in_time():
                raise Stopped(TIME)
            return True

        # sizes do not depend on the sets, and an incomplete extension is dropped, so that bounds hold after each
        check = keep_going if q.session is None else None  # on a cluster, an extension cannot be dropped
        for look in range(0 if q.limits.seconds else _FIRST_SETS.bit_length() - 1, _LOOKS):
            before = sets.n_sets
            with suppress(Stopped):
                sets.extend(1 << look, keep_going=check)
            if before < sets.n_sets < 1 << look:  # a part of a very large extension is not dropped
                return
            if sets.n_sets < _FIRST_SETS and q.limits.in_time():
                continue
            covered = greedy_cover(sets, given, k=c.free).upper_bound
            bound, estimate = upper_bound(covered, sets.n_sets, q.total, self.a), q.total * covered / sets.n_sets
            yield bound, sets
            if not q.limits.in_time():
                return
            if bound * (1.0 - _CLOSE * q.epsilon) <= estimate:  # more sets would hardly lower it
                return
            memory = q.limits.memory
            if sets.n_entries > _MAX_ENTRIES or (
                memory is not None and 2 * sets.expected_nbytes(2 * sets.n_sets) > memory
            ):
                return


def choose_on_worlds(problem: Problem) -> WorldCover:
    """Return the greedy choice on world sketches, without a certificate."""
    return _Run(problem).choose(_edges(problem))[0]


def worlds(problem: Problem) -> Outcome:
    """Select seeds greedily on world sketches; the certificate says which share of the optimum they reach."""
    edges, run = _edges(problem), _Run(problem)
    cover, reason = run.choose(edges)
    return run.certify(cover, reason)


WORLDS = Entry(
    "worlds", worlds, "greedy on live-edge worlds of an undirected graph, certified by simulations, walks and RR sets",
    "Wang, Ding, Gu, Sun: Fast and Space-Efficient Parallel Algorithms for Influence Maximization. VLDB 2023",
    "certified ratio",
    frozenset({"client", "node_weights", "start", "quotas", "budget", "group_budgets"}),
    epsilon=DEFAULT_EPSILON, symmetric=True,
)  # fmt: skip
