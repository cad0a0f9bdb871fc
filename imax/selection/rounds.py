"""A round of sampling: greedy selection on one collection of RR sets, validation on an independent one."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Stream, stream_key
from ..diffusion.sampler import Sampler
from ..diffusion.tables import prepare
from ..ris.bounds import MAX_ROUNDS, interval_at_level, level_of_look, lower_bound, upper_bound, wilson
from ..ris.collection import CHUNK, most_nbytes
from ..ris.constraint import Constraint
from ..ris.coverage import Cover, CoverAlgorithm, greedy_cover
from ..ris.marks import Collection
from .forecast import Forecast, Level
from .outcome import MEMORY, TIME, Bounds, Outcome
from .problem import Problem
from .round_progress import RoundProgress
from .settling import Round

__all__ = ["MAX_SETS", "RESERVE", "CollectionPair", "Stopped"]

MAX_SETS = 2**31 - 1  # the index numbers RR sets with 32 bits
STRATIFY_AFTER = 16  # from so many RR sets per node on, rounding up to whole turns adds little
# share of the failure probability of the first round that bounds of a round that is cut short may use
RESERVE = 1 / 64
_FEW_SETS = 8  # the time of so few sets says little: workers may have to compile
_GRACE_SECONDS = 0.25  # the first round may take this time even after the time limit
_GRACE_BYTES = 1 << 24  # the first round may take this memory even if the limit is lower
_SMALL_ROUND = 1 << 24  # entries of a round that takes less than half a second


class Stopped(Exception):
    """A limit ended the sampling; the text of the exception is the stop reason."""


class CollectionPair:
    """The selection and the validation collection of a problem, with the time and the limits of the work on them.

    Parameters
    ----------
    problem : Problem
    streams : tuple of Stream, optional
        Random streams of the selection and of the validation collection.
    sentinels : tuple of numpy.ndarray of bool, shape (n_nodes,), or None
        Nodes at which an RR set of the selection and of the validation collection ends: see `Sampler`.
    plain : bool, default False
        Whether all RR sets are stored and all roots are random.
    why : str, optional
        Why the sets end where they end, for the result.
    share : float, default 1
        Share of the time limit after which a first round is cut short.

    Attributes
    ----------
    cut : str or None
        Why the first round has fewer sets than planned; None if it has all of them.
    extra : float
        What the bounds of a first round that is cut short add to the exponent a of their failure probability.

    Notes
    -----
    A first round grows in steps whose sizes do not depend on the sets: 1, 2, 4, ... sets, and at most `CHUNK` at once.
    In a round that is short in any case they are 1, 8, 64, ... sets.
    If a limit is reached, the step that is not complete is dropped, and the round has the sets of the steps before it.
    When a limit is reached may depend on the sets, so the bounds must hold after every step at once. After step i they
    fail with a share `RESERVE` * 6 / (pi * i)**2 of the probability exp(-a): in total with at most the share `RESERVE`.
    On a cluster a step cannot be dropped. There, a step begins only if it is likely to end in time.
    """

    def __init__(
        self,
        problem: Problem,
        streams: tuple[Stream, Stream] = (Stream.SELECTION, Stream.VALIDATION),
        *,
        sentinels: tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None] = (None, None),
        plain: bool = False,
        why: str | None = None,
        share: float = 1.0,
    ) -> None:
        self.problem = problem
        self.why = why
        self.seconds: dict[str, float] = {}
        self._clocked = 0.0  # seconds of all phases
        self.have_result = False
        self.cut: str | None = None
        self._share = share
        self._n_steps = 0  # of the first round
        self._step_seconds = 0.0  # of its last step
        self._first_began: float | None = None
        self._may_cut = False  # whether the first round has a set in each collection that it needs
        self.progress = RoundProgress(problem)
        with self.clock("prepare"):
            diffusion = prepare(problem.graph, problem.model, problem.threads)
            sampler = Sampler(
                problem.graph, problem.model, stream_key(problem.key, streams[0]),
                node_weights=problem.weights, threads=problem.threads, diffusion=diffusion, is_sentinel=sentinels[0],
                blocked=problem.blocked, stratify_after=None if plain else STRATIFY_AFTER, deadline=problem.deadline,
            )  # fmt: skip
            other = sampler.with_key(stream_key(problem.key, streams[1])).ending_at(sentinels[1])
            self.selection = problem.collection(sampler, store_singletons=plain)
            self.validation = problem.collection(other, store_singletons=plain)
        self.total = self.selection.total
        # the spread of the best seeds: at least their own weight
        self.min_spread = min(problem.constraint.min_spread(problem.weights), self.total)
        self.optimum_own = float(self.optimum_own_weights()[-1])

    @contextmanager
    def clock(self, phase: str) -> Iterator[None]:
        """Add the time of a block to a phase, without the time of phases inside the block."""
        began, inner = time.perf_counter(), self._clocked
        try:
            yield
        finally:
            taken = time.perf_counter() - began
            own = taken - (self._clocked - inner)
            self.seconds[phase] = self.seconds.get(phase, 0.0) + own
            self._clocked += own

    @property
    def n_sets(self) -> int:
        """Sets in both collections."""
        return self.selection.n_sets + self.validation.n_sets

    @property
    def n_entries(self) -> int:
        """Nodes that the sets of both collections have reached, also those that sets with a sentinel do not hold."""
        return sum(sets.n_entries + sets.n_cut for sets in (self.selection, self.validation))

    def check(self) -> None:
        """Raise `Stopped` if a limit is reached and there is a first result."""
        limits = self.problem.limits
        if not self.have_result:
            return
        if not limits.in_time():
            raise Stopped(TIME)
        used = self.selection.nbytes + self.selection.index_nbytes + self.validation.nbytes
        if limits.memory is not None and used > limits.memory:
            raise Stopped(MEMORY)

    @property
    def extra(self) -> float:
        """What the bounds of a first round that is cut short add to the exponent of their failure probability."""
        return 0.0 if self.cut is None else math.log((math.pi * max(self._n_steps, 1)) ** 2 / (6.0 * RESERVE))

    def draw(self, n_selection: int, n_validation: int) -> None:
        """Extend the collections to these numbers of sets.

        If a limit is reached, raise `Stopped`, or set `cut` if there is no result yet.
        """
        self._draw_steps(n_selection, n_validation)
        self._grow(self.selection, n_selection)
        self._grow(self.validation, n_validation)

    def _draw_steps(self, n_selection: int, n_validation: int) -> None:
        """Draw the steps of a first round, but for the last one."""
        q = self.problem
        if self.have_result or (q.session is not None and q.limits.seconds is None):  # steps cost messages
            return
        if self._first_began is None:
            self._first_began = q.limits.elapsed()
        step, end = 1, max(n_selection, n_validation)
        growth = 8 if q.limits.seconds is None and self._is_small(end) else 2
        while step < end:
            for collection, count in ((self.selection, n_selection), (self.validation, n_validation)):
                if collection.n_sets < min(step, count):
                    self._grow(collection, min(step, count))
            self._may_cut = True
            step *= growth

    def _is_small(self, count: int) -> bool:
        """Whether a round of so many sets is short, and within the limit on memory, whatever the sets are."""
        n, threads, limit = self.problem.graph.n_nodes, self.problem.threads, self.problem.limits.memory
        return 2 * count * n <= _SMALL_ROUND and (limit is None or 2 * most_nbytes(n, count, threads) <= limit)

    def _grow(self, collection: Collection, count: int, alongside: Callable[[], None] | None = None) -> None:
        """Extend a collection; if a limit is reached and there is no result yet, set `cut`."""
        if self.cut is not None:
            return
        if self.have_result:
            self._extend(collection, count, alongside)
            return
        limits, before = self.problem.limits, collection.n_sets
        began = limits.elapsed()
        # the two collections grow in turn, and each of them doubles
        ahead = 2.0 * self._step_seconds if before >= _FEW_SETS else 0.0
        if self.problem.session is not None and self._may_cut and self._is_over(ahead):
            self.cut = TIME
            return
        try:
            self._extend(collection, count, alongside)
            self._n_steps += max(1, math.ceil((collection.n_sets - before) / CHUNK))
        except Stopped as stopped:
            self.cut = str(stopped)
            self._n_steps += (collection.n_sets - before) // CHUNK  # complete chunks are steps, too
        self._step_seconds = limits.elapsed() - began

    def _is_over(self, ahead: float = 0.0) -> bool:
        """Whether the time of the first round is over, or will be in so many seconds."""
        limits = self.problem.limits
        if limits.seconds is None:
            return False
        assert self._first_began is not None
        return limits.elapsed() + ahead > max(limits.seconds * self._share, self._first_began + _GRACE_SECONDS)

    def _extend(self, collection: Collection, count: int, alongside: Callable[[], None] | None = None) -> None:
        limit = self.problem.limits.memory
        if count > MAX_SETS:
            raise Stopped(MEMORY)
        # stop before the collection grows beyond the limit
        if limit is not None and 2 * collection.expected_nbytes(count) > 1.02 * limit + collection.nbytes:
            grown = collection.expected_nbytes(count) - collection.expected_nbytes(1)
            if self.have_result or 2 * grown > _GRACE_BYTES:
                raise Stopped(MEMORY)
        with self.clock("sample"):
            collection.extend(collection.sampler.complete(count), keep_going=self._keep_going, alongside=alongside)
        self.check()

    def _keep_going(self) -> bool:
        self.check()
        if self._may_cut and not self.have_result and self.problem.session is None and self._is_over():
            raise Stopped(TIME)
        underway = self.selection.sampler.n_underway + self.validation.sampler.n_underway
        self.progress.within(self.n_sets + underway)
        return True

    def round(
        self,
        n_selection: int,
        n_validation: int,
        constraint: Constraint,
        a: float,
        *,
        seeds: NDArray[np.int32] | None = None,
        select: CoverAlgorithm = greedy_cover,
        level: Level = None,
    ) -> Round:
        """Extend the collections to these numbers of sets, choose by coverage, and validate the choice or other seeds.

        One thread chooses while the others draw the validation collection. A first round may be cut short, see `draw`.
        Each bound may fail with probability exp(-a). `level` is the probability that the interval misses, or a forecast
        that chooses it. None is for 5 % if the result does not decide whether there is another round.
        """
        covers: list[Cover] = []

        def choose() -> None:
            with self.clock("greedy"):
                covers.append(select(self.selection, constraint))

        self._draw_steps(n_selection, n_validation)
        self._grow(self.selection, n_selection)
        with self.clock("index"):
            self.selection.build_index()
        self._grow(self.validation, n_validation, choose)
        if not covers:
            choose()
        cover = covers[0]
        return self.validate(cover, cover.seeds if seeds is None else seeds, constraint.start, a, level)

    def validate(
        self, cover: Cover, seeds: NDArray[np.int32], start: NDArray[np.int32], a: float, level: Level = None
    ) -> Round:
        """Estimate and bound the spread of seeds that were chosen without the validation collection."""
        with self.clock("certify"):
            if start.size:
                covered = int(self.validation.first_covered(seeds, start).sum())
            else:
                covered = self.validation.covered(seeds)
        own = float(self.own_weights(np.unique(seeds)).sum())
        return self.make_round(cover, covered, own, a, level)

    def make_round(self, cover: Cover, covered: float, own: float, a: float, level: Level) -> Round:
        """Return the round of a choice that covers so many sets of the validation collection; there is a result."""
        if isinstance(level, Forecast):
            level = self.level(level, cover, own, a)
        found = self._round(cover, covered, own, a, level)
        self.have_result = True
        return found

    def level(self, forecast: Forecast, cover: Cover, own: float, a: float) -> float:
        """Return the probability with which the interval of a choice may miss, from the selection collection alone."""
        return forecast.level(
            cover, self.known(own), self.validation.n_sets, lambda covered: self._round(cover, covered, own, a, None)
        )

    def _round(self, cover: Cover, covered: float, own: float, a: float, level: float | None) -> Round:
        bounds = self.bounds(
            covered, cover.upper_bound, a, level, own=own, min_spread=self.min_spread, optimum_own=self.optimum_own
        )
        return Round(cover, covered, self.known(own), bounds, self.selection.n_sets, self.n_sets, self.n_entries)

    def own_weights(self, seeds: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return a lower bound of the gain of each seed: its weight, or 0 if nodes are active from the start."""
        q = self.problem
        if q.constraint.start.size:
            return np.zeros(seeds.size)
        own = np.ones(seeds.size) if q.weights is None else q.weights[seeds]
        return own if q.blocked is None else np.where(q.blocked[seeds], 0.0, own)

    def optimum_own_weights(self) -> NDArray[np.float64]:
        """Return what the seeds of the optimum weigh at least, for the forced seeds and 0, 1, ... others.

        Spread never decreases with more seeds, so some optimum has as many seeds as the constraint admits. If anything
        else limits the seeds, this number is not known, and all entries are 0.
        """
        c = self.problem.constraint
        free = max(0, min(c.free, int(c.allowed.sum())))
        if not c.is_plain:
            return np.zeros(free + 1)
        if self.problem.weights is None and self.problem.blocked is None and not c.start.size:
            return c.forced.size + np.arange(free + 1, dtype=np.float64)  # without arrays of all nodes
        own = self.own_weights(np.flatnonzero(c.allowed).astype(np.int32))
        lightest = np.sort(np.partition(own, free - 1)[:free]) if free else own[:0]
        return float(self.own_weights(c.forced).sum()) + np.concatenate([[0.0], np.cumsum(lightest)])

    def known(self, own: float) -> int:
        """Return how many sets of the validation collection seeds of this own weight cover, whatever chance decides."""
        return self.validation.sampler.n_known(self.validation.n_sets, own)

    def bounds(
        self,
        covered: float,
        limit: float,
        a: float,
        level: float | None,
        *,
        own: float,
        min_spread: float,
        optimum_own: float = 0.0,
    ) -> Bounds:
        """Return the estimate and the bounds that follow from coverage and from the weights of nodes.

        Parameters
        ----------
        covered : int or float
            Sets of the validation collection that the seeds cover.
        limit : int or float
            Upper bound on the sets of the selection collection that any admissible seed set covers.
        a : float
            Each bound may fail with probability exp(-a).
        level : float or None
            See `round`.
        own : float
            Total weight of the seeds: their spread is never less.
        min_spread : float
            Spread that the optimum reaches in any case.
        optimum_own : float
            Own weight that the seeds of the optimum have in any case.
        """
        n_sets, own, selection = self.validation.n_sets, min(own, self.total), self.selection
        known = self.known(own)
        if self.cut is not None:
            a, level = a + self.extra, level_of_look(MAX_ROUNDS + max(self._n_steps, 1))  # looks of no complete round
        low, high = (
            wilson(covered, n_sets, self.total, known=known)
            if level is None
            else interval_at_level(covered, n_sets, self.total, level, known)
        )
        known_optimum = int(min(limit, selection.sampler.n_known(selection.n_sets, optimum_own)))
        return Bounds(
            spread=max(self.total * covered / n_sets, own),
            interval=(max(low, own), max(high, own)),
            lower=max(lower_bound(covered, n_sets, self.total, a, known), own),
            upper=max(upper_bound(limit, selection.n_sets, self.total, a, known_optimum), min_spread),
        )

    def spread_of_start(self) -> float | None:
        """Estimate the spread of the nodes active from the start; None if there are none."""
        start = self.problem.constraint.start
        if not start.size:
            return None
        return self.total * self.validation.covered(start) / self.validation.n_sets

    def report(self, best: Round, number: int, rounds: int, target: float) -> None:
        """Call the progress function of the problem, if it has one."""
        epsilon = self.problem.epsilon
        awaited = best.awaited(target, epsilon) if number < rounds else ""
        growth = (best.relative_error / epsilon) ** 2
        self.progress.round(number, rounds, self.n_sets, best.bounds.ratio, target, awaited, growth)

    def result(self, best: Round, stop_reason: str, rounds: int, target: float | None) -> Outcome:
        """Return a round as the outcome of an algorithm."""
        return Outcome(
            seeds=best.cover.seeds,
            gains=best.cover.gains.astype(np.float64) * (self.total / best.n_selecting),
            bounds=best.bounds,
            target_ratio=None if target is None else max(target, 0.0),
            stop_reason=stop_reason,
            rounds=rounds,
            n_rr_sets=best.n_sets,
            n_rr_entries=best.n_entries,
            start_spread=self.spread_of_start(),
            auto=self.why,
            seconds=self.seconds,
        )
