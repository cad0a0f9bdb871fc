"""Two independent collections of RR sets: greedy chooses on one, the other judges. The base of all RIS selectors."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Stream, stream_key
from ..diffusion.sampler import Sampler
from ..diffusion.tables import prepare
from ..errors import OutOfMemoryBoundError
from ..ris.bounds import lower_bound, upper_bound, wilson
from ..ris.collection import RRCollection
from ..ris.constraint import Constraint
from ..ris.coverage import Cover, CoverAlgorithm, greedy_cover
from .base import Bounds, Outcome, Problem, Progress

__all__ = [
    "BOUND",
    "INTERRUPT",
    "MEMORY",
    "NOTHING",
    "REACHED",
    "TIME",
    "CollectionPair",
    "Round",
    "Stopped",
    "run_rounds",
]

MOST_SETS = 2**31 - 1  # the index numbers sets by 32 bits
OPTIMISM = 2.0
REACHED = "target ratio reached"
BOUND = "sample bound reached"
TIME = "time limit"
NOTHING = "nothing within reach"
MEMORY = "memory limit"
INTERRUPT = "interrupted"


class Stopped(Exception):
    """A limit ended the sampling; the reason is its text."""


@dataclass(frozen=True)
class Round:
    """A choice on the first collection, judged by the second.

    Attributes
    ----------
    covered : int
        Sets of the second collection that the seeds cover.
    bounds : Bounds
    n_selecting : int
        Sets in the first collection.
    n_sets, n_entries : int
        Sets, and nodes in them, of both collections.
    """

    cover: Cover
    covered: int
    bounds: Bounds
    n_selecting: int
    n_sets: int
    n_entries: int

    def settled(self, epsilon: float) -> bool:
        """Whether the choice has settled.

        The estimate's relative standard error is at most epsilon, and the seeds look at most a share of 2 epsilon
        better on the sets that chose them than on fresh ones.
        """
        optimism = 1.0 - self.covered / max(self.cover.covered, 1)
        return self.covered * epsilon * epsilon >= 1.0 and optimism <= OPTIMISM * epsilon


class CollectionPair:
    """Both collections of a question, with the clocks and limits of the work on them.

    Parameters
    ----------
    question : Question
    streams : tuple of Stream, optional
        Where the sets of the selection and of the validation collection come from.
    ending : numpy.ndarray of bool, shape (n_nodes,), optional
        Nodes at which an RR set ends: see `Sampler`.
    """

    def __init__(
        self,
        problem: Problem,
        streams: tuple[Stream, Stream] = (Stream.SELECTION, Stream.VALIDATION),
        is_sentinel: NDArray[np.bool_] | None = None,
    ) -> None:
        self.problem = problem
        self.seconds: dict[str, float] = {}
        self._clocked = 0.0  # in all phases
        self.have_result = False
        with self.clock("prepare"):
            diffusion = prepare(problem.graph, problem.model, problem.threads)
            sampler = Sampler(
                problem.graph, problem.model, stream_key(problem.key, streams[0]),
                node_weights=problem.weights, lanes=problem.lanes, threads=problem.threads,
                diffusion=diffusion, is_sentinel=is_sentinel, blocked=problem.blocked,
            )  # fmt: skip
            self.selection = RRCollection(sampler)
            self.validation = RRCollection(sampler.with_key(stream_key(problem.key, streams[1])))
        self.total = self.selection.total

    @contextmanager
    def clock(self, phase: str) -> Iterator[None]:
        """Add the time of what stands inside to a phase, but for phases within it."""
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
        """Nodes in the sets of both collections."""
        return self.selection.n_entries + self.validation.n_entries

    def check(self) -> None:
        """Raise `Stopped` where a limit is met; never before there is a first result."""
        limits = self.problem.limits
        if not self.have_result:
            return
        if not limits.in_time():
            raise Stopped(TIME)
        used = self.selection.nbytes + self.selection.index_nbytes + self.validation.nbytes
        if limits.memory is not None and used > limits.memory:
            raise Stopped(MEMORY)

    def draw(self, n_selection: int, n_validation: int) -> None:
        """Extend the collections to these numbers of sets; raise `Stopped` where a limit forbids it."""
        for collection, count in ((self.selection, n_selection), (self.validation, n_validation)):
            self._extend(collection, count)

    def _extend(self, collection: RRCollection, count: int, alongside: Callable[[], None] | None = None) -> None:
        limit = self.problem.limits.memory
        if count > MOST_SETS:
            raise Stopped(MEMORY)
        # the growth is foreseeable: stop before it rather than in it
        if limit is not None and self.have_result and 2 * collection.foresee(count) > 1.02 * limit + collection.nbytes:
            raise Stopped(MEMORY)
        with self.clock("sample"):
            collection.extend(count, keep_going=self._keep_going, alongside=alongside)
        self.check()

    def _keep_going(self) -> bool:
        self.check()
        return True

    def round(
        self,
        n_selection: int,
        n_validation: int,
        constraint: Constraint,
        a: float,
        *,
        seeds: NDArray[np.int32] | None = None,
        choice: CoverAlgorithm = greedy_cover,
    ) -> Round:
        """Extend the collections to these numbers, choose by coverage, and judge that, or other seeds.

        One thread chooses while the others draw the sets that judge. Each bound may fail with probability exp(-a).
        """
        covers: list[Cover] = []

        def choose() -> None:
            with self.clock("greedy"):
                covers.append(choice(self.selection, constraint))

        self._extend(self.selection, n_selection)
        with self.clock("index"):
            self.selection.index()
        self._extend(self.validation, n_validation, choose)
        cover = covers[0]
        return self.validate(cover, cover.seeds if seeds is None else seeds, constraint.start, a)

    def validate(self, cover: Cover, seeds: NDArray[np.int32], start: NDArray[np.int32], a: float) -> Round:
        """Judge seeds that the second collection had no part in choosing."""
        with self.clock("certify"):
            if start.size:
                covered = int(self.validation.first_covered(seeds, start).sum())
            else:
                covered = self.validation.covered(seeds)
        n_sets = self.validation.n_sets
        bounds = Bounds(
            spread=self.total * covered / n_sets,
            interval=wilson(covered, n_sets, self.total),
            lower=lower_bound(covered, n_sets, self.total, a),
            upper=upper_bound(cover.upper_bound, self.selection.n_sets, self.total, a),
        )
        self.have_result = True
        return Round(cover, covered, bounds, self.selection.n_sets, self.n_sets, self.n_entries)

    def spread_of_start(self) -> float | None:
        """Estimate what the start nodes reach by themselves; None where there are none."""
        start = self.problem.constraint.start
        if not start.size:
            return None
        return self.total * self.validation.covered(start) / self.validation.n_sets

    def report(self, best: Round, number: int, rounds: int, target: float) -> None:
        """Call the question's progress function, where there is one."""
        q = self.problem
        if q.progress is not None:
            q.progress(Progress(number, rounds, self.n_sets, best.bounds.ratio, target, q.limits.elapsed()))

    def result(self, best: Round, stop_reason: str, rounds: int, target: float | None) -> Outcome:
        """Return a round as a selector's answer."""
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
            seconds=self.seconds,
        )


R = TypeVar("R")


def run_rounds(rounds: Generator[R, None, str]) -> tuple[R, str, int]:
    """Run rounds to their end, a limit or an interrupt; return the last round, the reason, and how many there were.

    Raises
    ------
    OutOfMemoryBoundError
        If there is not enough memory for the first.
    """
    best, number = None, 0
    try:
        while True:
            best = next(rounds)
            number += 1
    except StopIteration as end:
        reason = end.value
    except Stopped as stopped:
        reason = str(stopped)
    except KeyboardInterrupt:
        reason = INTERRUPT
        if best is None:
            raise
    except MemoryError:
        reason = MEMORY
    if best is None:
        raise OutOfMemoryBoundError(
            "there is not enough memory for the first round of RR sets; use a smaller graph or a larger machine"
        )
    return best, reason, number
