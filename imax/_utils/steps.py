"""Ctrl-C in functions that run several steps. A step that is interrupted returns a partial result."""

from typing import Protocol, TypeVar

__all__ = ["INTERRUPTED", "finished"]

INTERRUPTED = "interrupted"  # the stop reason of a step that Ctrl-C ended


class StepResult(Protocol):
    """The result of a step."""

    @property
    def stop_reason(self) -> str:
        """Why the step stopped."""


S = TypeVar("S", bound=StepResult)


def finished(step: S) -> S:
    """Return the result of a step. If Ctrl-C ended the step, raise KeyboardInterrupt: the next steps do not run."""
    if step.stop_reason == INTERRUPTED:
        raise KeyboardInterrupt
    return step
