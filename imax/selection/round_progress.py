"""Progress reports of algorithms that sample in rounds."""

import math
from dataclasses import replace

from .problem import Problem, Progress

__all__ = ["RoundProgress", "sets_until"]


def sets_until(target: float, before: tuple[int, float], now: tuple[int, float]) -> int | None:
    """Return about how many RR sets the certified ratio needs to reach a target; None if the rounds do not say.

    The distance of the bounds from the true values shrinks like one over the root of the number of sets. Two rounds
    determine the two unknowns of ratio(n) = limit - slope / sqrt(n). Each round doubles the sets.

    Parameters
    ----------
    target : float
    before, now : tuple of (int, float)
        Number of RR sets and certified ratio after the last two rounds.

    >>> sets_until(0.6, (1000, 0.4), (2000, 0.5))
    8000
    >>> sets_until(0.9, (1000, 0.4), (2000, 0.5)) is None
    True
    """
    (few, lower), (many, higher) = before, now
    if higher >= target:
        return many
    slope = (higher - lower) / (few**-0.5 - many**-0.5)
    limit = higher + slope * many**-0.5
    if slope <= 0.0 or limit <= target:
        return None
    return many << max(math.ceil(math.log2((slope / (limit - target)) ** 2 / many) - 1e-9), 1)


class RoundProgress:
    """Calls the progress function of a problem, if it has one.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._often = getattr(problem.progress, "often", False)
        self._last = Progress(0, 1, 0, 0.0, 0.0, 0.0, phase="sampling")
        self._before = (0, 0.0)
        self.n_before = 0  # RR sets of other collections, drawn before the rounds

    def round(
        self, number: int, rounds: int, n_sets: int, ratio: float, target: float, awaited: str, growth: float
    ) -> None:
        """Report a round; `growth` is the factor of RR sets by which what is awaited will be reached."""
        if self._problem.progress is None:
            return
        needed = None
        if awaited:
            needed = n_sets << max(math.ceil(math.log2(max(growth, 2.0)) - 1e-9), 1)
        elif ratio >= target:
            needed = n_sets
        elif self._before[0] and self._before[0] < n_sets:
            needed = sets_until(target, self._before, (n_sets, ratio))
        self._before = (n_sets, ratio)
        self._call(
            Progress(number, rounds, n_sets, ratio, target, 0.0, awaited=awaited, n_rr_sets_needed=needed)
        )  # fmt: skip

    def phase(self, phase: str, n_sets: int, n_needed: int | None = None, target: float = 0.0) -> None:
        """Report what is done before the first round."""
        if self._problem.progress is not None:
            self._call(Progress(0, 1, n_sets, 0.0, target, 0.0, phase=phase, n_rr_sets_needed=n_needed))

    def within(self, n_sets: int) -> None:
        """Report the RR sets so far within a round, to functions that are called often."""
        if self._often:
            self._call(replace(self._last, n_rr_sets=self.n_before + n_sets))

    def _call(self, state: Progress) -> None:
        assert self._problem.progress is not None
        self._last = state
        self._problem.progress(replace(state, seconds=self._problem.limits.elapsed()))
