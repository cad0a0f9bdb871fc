"""Progress on standard error, and functions that report it."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .._utils.progress import Display, Follower, LinesDisplay, Step, TerminalDisplay, comparing, simulating

if TYPE_CHECKING:
    from ..selection.problem import Progress

__all__ = ["Status", "algorithm_progress", "progress_options", "selection_progress", "simulation_progress"]


progress_options = (
    click.option("-q", "--quiet", is_flag=True, help="Print no notes and no progress on standard error."),
    click.option(
        "--progress/--no-progress",
        default=None,
        help="Show phase, rate and remaining time on standard error.  [default: on a terminal, without --quiet]",
    ),
)


class Status:
    """What shows the progress of a command on standard error.

    Parameters
    ----------
    shown : bool or None
        True: always; on a terminal as one line that is replaced, else as a line for each phase. None: only on a
        terminal. False: never.
    """

    def __init__(self, shown: bool | None) -> None:
        self.display: Display | None = None
        if shown is not False and sys.stderr is not None:
            if sys.stderr.isatty():
                self.display = TerminalDisplay(sys.stderr)
            elif shown:
                self.display = LinesDisplay(sys.stderr)
        click.get_current_context().call_on_close(self.clear)

    def show(self, text: str) -> None:
        """Show a text in the place of the last step."""
        if self.display is not None:
            self.display.show(Step(text))

    def clear(self) -> None:
        """Remove the line."""
        if self.display is not None:
            self.display.close()

    def follower(self, step_of: Callable[..., Step], prefix: str = "") -> Callable[..., Any] | None:
        """Return a progress function; None if nothing is shown."""
        if self.display is None:
            return None

        def step(*state: Any) -> Step:
            found = step_of(*state)
            return found._replace(phase=prefix + found.phase)

        return Follower(step, self.display)


def selection_progress(status: Status) -> "Callable[[Progress], Any] | None":
    """Return a progress function for selections; None if nothing is shown."""

    def step(state: "Progress") -> Step:
        from ..selection.problem import selecting

        return selecting(state)

    return status.follower(step)


def simulation_progress(status: Status, prefix: str = "") -> Callable[[int, int], Any] | None:
    """Return a progress function for simulations; None if nothing is shown."""
    return status.follower(simulating, prefix)


def algorithm_progress(status: Status, prefix: str = "") -> Callable[[str, int, int], Any] | None:
    """Return a progress function for comparisons of algorithms; None if nothing is shown."""
    return status.follower(comparing, prefix)
