"""Rounds on twice as many RR sets each time, until a rule, a limit or the user ends them."""

from collections.abc import Callable, Generator
from typing import TypeVar

from ..errors import OutOfMemoryBoundError
from ..ris.bounds import OpimSchedule
from .outcome import BOUND, INTERRUPT, MEMORY
from .rounds import CollectionPair, Stopped
from .settling import Round

__all__ = ["doubling_rounds", "run_rounds"]

R = TypeVar("R")


def doubling_rounds(
    pair: CollectionPair,
    schedule: OpimSchedule,
    make_round: Callable[[int, int], R],
    stop: Callable[[R], str | None],
    *,
    target: float | None = None,
) -> Generator[R, None, str]:
    """Yield rounds on twice as many RR sets each time, and return the stop reason.

    Parameters
    ----------
    pair : CollectionPair
    schedule : OpimSchedule
        Sets of each collection in the first round, and the maximum number of rounds.
    make_round : callable
        Returns the round, given its number from 1 and the number of sets of each collection.
    stop : callable
        Returns the reason to stop after a round, or None to continue.
    target : float, optional
        Certified ratio to show as the target in progress reports of a `Round`; without it there are no reports.

    Raises
    ------
    Stopped
        If a limit of the problem is reached.
    """
    for number in range(1, schedule.rounds + 1):
        best = make_round(number, schedule.first << (number - 1))
        yield best
        if target is not None:
            assert isinstance(best, Round)
            pair.report(best, number, schedule.rounds, target)
        if pair.cut is not None:
            return pair.cut
        if reason := stop(best):
            return reason
        pair.check()
    return BOUND


def run_rounds(rounds: Generator[R, None, str]) -> tuple[R, str, int]:
    """Run rounds until they end, a limit is reached or the user interrupts.

    Returns
    -------
    tuple
        The last round, the stop reason, and the number of rounds.

    Raises
    ------
    OutOfMemoryBoundError
        If there is not enough memory for the first round.
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
