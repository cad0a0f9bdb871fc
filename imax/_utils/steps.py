"""Ctrl-C in functions that consist of several steps, each of which returns what it has so far."""

from typing import Protocol, TypeVar

__all__ = ["INTERRUPTED", "finished"]

INTERRUPTED = "interrupted"  # the stop reason of a step that Ctrl-C ended


class Step(Protocol):
    """The result of a step."""

    @property
    def stop_reason(self) -> str:
        """Why the step stopped."""


S = TypeVar("S", bound=Step)


def finished(step: S) -> S:
    """Return the result of a step; raise KeyboardInterrupt if Ctrl-C ended the step, so that no other step follows."""
    if step.stop_reason == INTERRUPTED:
        raise KeyboardInterrupt
    return step
