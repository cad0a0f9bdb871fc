"""OPIM-C: greedy on one half of the RR sets, certified on the other, doubling until the certificate is good enough.

Tang, Tang, Xiao and Yuan, "Online Processing Algorithms for Influence Maximization", SIGMOD 2018. One rule is added
to the paper's: sampling goes on until the choice has settled, which for a small epsilon is long after the
certificate's target is met; see `_Round.settled` and docs/explanation/engine.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from .. import __version__
from .._random import subkey
from ..bounds import GREEDY, OpimSchedule, lower_bound, opim_schedule, upper_bound, wilson
from ..coverage import Cover, greedy_cover
from ..diffusion import prepare
from ..errors import OutOfMemoryBoundError
from ..results import MaximizeResult
from ..rrsets import RRCollection
from ..sampling import Sampler
from ._common import Progress, Question

__all__ = ["opim_c"]

OPTIMISM = 2.0
MOST_SETS = 2**31 - 1  # the index numbers sets by 32 bits
REACHED = "target ratio reached"
BOUND = "sample bound reached"
TIME = "time limit"
MEMORY = "memory limit"
INTERRUPT = "interrupted"


@dataclass(frozen=True)
class _Round:
    """One completed round."""

    number: int
    cover: Cover
    covered: int
    n_sets: int
    n_entries: int
    lower: float
    upper: float

    @property
    def ratio(self) -> float:
        return self.lower / self.upper if self.upper > 0.0 else 1.0

    def settled(self, epsilon: float) -> bool:
        """Whether the choice has settled.

        The estimate's relative standard error is at most epsilon, and the seeds look at most a share of 2 epsilon
        better on the sets that chose them than on fresh ones.
        """
        optimism = 1.0 - self.covered / max(self.cover.covered, 1)
        return self.covered * epsilon * epsilon >= 1.0 and optimism <= OPTIMISM * epsilon


class _Run:
    """The state of one selection."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.seconds = {"prepare": 0.0, "sample": 0.0, "index": 0.0, "greedy": 0.0, "certify": 0.0}
        with self._clock("prepare"):
            diffusion = prepare(question.graph, question.model, question.threads)
            self.selection, self.judgement = (
                RRCollection(
                    Sampler(
                        question.graph, question.model, subkey(question.key, part), node_weights=question.weights,
                        lanes=question.lanes, threads=question.threads, diffusion=diffusion,
                    )
                )
                for part in (0, 1)
            )  # fmt: skip
        self.schedule = self._schedule()
        self.best: _Round | None = None
        self.stopped = ""

    @contextmanager
    def _clock(self, phase: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] += time.perf_counter() - began

    def _schedule(self) -> OpimSchedule:
        q = self.question
        least = float(q.k)
        if q.weights is not None:
            least = float(np.sort(q.weights[q.allowed])[-q.k :].sum())
        return opim_schedule(q.n_allowed, q.k, self.selection.total, least, q.epsilon, q.delta)

    def _fits(self) -> bool:
        """Whether the sets, with the index of the selection's, keep to the memory limit."""
        limit = self.question.limits.memory
        used = self.selection.nbytes + 4 * self.selection.n_entries + self.judgement.nbytes
        return limit is None or used <= limit

    def _keep_going(self) -> bool:
        # without a first result there would be nothing to give back
        if self.best is None:
            return True
        if not self.question.limits.in_time():
            self.stopped = TIME
        elif not self._fits():
            self.stopped = MEMORY
        return not self.stopped

    def _draw(self, count: int) -> bool:
        """Extend both collections to `count` sets; say whether both got there."""
        limit = self.question.limits.memory
        if count > MOST_SETS:
            self.stopped = MEMORY
            return False
        for collection in (self.selection, self.judgement):
            if limit is not None and self.best is not None and collection.n_sets:
                # the doubling is foreseeable: stop before it rather than in it
                coming = (collection.nbytes + 4 * collection.n_entries) * count / collection.n_sets
                if 2 * coming > 1.02 * limit + collection.nbytes:
                    self.stopped = MEMORY
                    return False
            with self._clock("sample"):
                if collection.extend(count, keep_going=self._keep_going) < count:
                    return False
        return True

    def _round(self, number: int) -> _Round:
        q, a = self.question, self.schedule.a
        with self._clock("index"):
            self.selection.index()
        with self._clock("greedy"):
            cover = greedy_cover(self.selection, q.k, q.allowed)
        with self._clock("certify"):
            covered = self.judgement.covered(cover.seeds)
        total, n_sets = self.selection.total, self.selection.n_sets
        lower = lower_bound(covered, n_sets, total, a)
        upper = upper_bound(cover.most, n_sets, total, a)
        entries = self.selection.n_entries + self.judgement.n_entries
        return _Round(number, cover, covered, n_sets, entries, lower, upper)

    def go(self) -> None:
        """Run rounds until a reason to stop."""
        q = self.question
        target = GREEDY - q.epsilon
        for number in range(1, self.schedule.rounds + 1):
            if not self._draw(self.schedule.first << (number - 1)):
                return
            self.best = self._round(number)
            if q.progress is not None:
                sets = self.selection.n_sets + self.judgement.n_sets
                q.progress(Progress(number, self.schedule.rounds, sets, self.best.ratio, target, q.limits.elapsed()))
            if self.best.ratio >= target and self.best.settled(q.epsilon):
                self.stopped = REACHED
                return
            if not self._keep_going():
                return
        self.stopped = BOUND

    def result(self) -> MaximizeResult:
        """Give the last completed round."""
        q, best = self.question, self.best
        assert best is not None
        total = self.selection.total
        seconds = {phase: round(value, 6) for phase, value in self.seconds.items()}
        seconds["total"] = round(q.limits.elapsed(), 6)
        return MaximizeResult(
            seeds=q.graph.labels_of(best.cover.seeds),
            gains=(best.cover.gains * (total / best.n_sets)).tolist(),
            spread=total * best.covered / best.n_sets,
            interval=wilson(best.covered, best.n_sets, total),
            lower_bound=best.lower,
            upper_bound=best.upper,
            ratio=best.ratio,
            target_ratio=max(GREEDY - q.epsilon, 0.0),
            algorithm="opim-c",
            k=q.k,
            model=q.model,
            probability=q.graph.probability.spec,
            epsilon=q.epsilon,
            delta=q.delta,
            n_nodes=q.graph.n_nodes,
            n_arcs=q.graph.n_arcs,
            n_rr_sets=2 * best.n_sets,
            n_rr_entries=best.n_entries,
            rounds=best.number,
            stop_reason=self.stopped,
            rng_key=q.key,
            version=__version__,
            seconds=seconds,
        )


def opim_c(question: Question) -> MaximizeResult:
    """Select seeds that reach (1 - 1/e - epsilon) of the optimum with probability at least 1 - delta."""
    run = _Run(question)
    try:
        run.go()
    except KeyboardInterrupt:
        if run.best is None:
            raise
        run.stopped = INTERRUPT
    except MemoryError as error:
        if run.best is None:
            raise OutOfMemoryBoundError(
                "there is not enough memory for the first round of RR sets; use a smaller graph or a larger machine"
            ) from error
        run.stopped = MEMORY
    return run.result()
