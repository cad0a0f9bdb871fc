"""The status line on standard error, and functions that report progress on it."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..selection.problem import Progress

__all__ = ["Status", "algorithm_progress", "describe", "selection_progress", "simulation_progress"]


class Status:
    """One line on standard error that is rewritten; nothing if standard error is not a terminal.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self.on = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._shown = ""
        click.get_current_context().call_on_close(self.clear)

    def show(self, text: str) -> None:
        """Replace the line."""
        if self.on and text != self._shown:
            import shutil

            text = text[: shutil.get_terminal_size().columns - 1]
            line = f"\r{text.ljust(len(self._shown))}\r{text}"
            self._shown = text  # before it is printed: an interrupt may come meanwhile
            click.echo(line, nl=False, err=True)

    def clear(self) -> None:
        """Remove the line."""
        self.show("")


def selection_progress(status: Status) -> "Callable[[Progress], None] | None":
    """Return a progress function for selections; None if no status is shown."""

    def show(p: "Progress") -> None:
        status.show(describe(p))

    return show if status.on else None


def describe(p: "Progress") -> str:
    """Return the state of a selection in a line: the phase, what is known, and what is still awaited."""
    if p.n_rr_sets_needed is not None:
        return f"{p.phase}: {p.n_rr_sets:,} of about {p.n_rr_sets_needed:,} RR sets, {p.seconds:.1f} s"
    if p.n_rr_sets and p.phase:
        return f"{p.phase}: {p.n_rr_sets:,} RR sets, {p.seconds:.1f} s"
    if p.n_rr_sets:
        text = f"round {p.round} of at most {p.rounds}, {p.n_rr_sets:,} RR sets, {p.seconds:.1f} s"
        if p.awaited:
            return f"{text}: certified {p.ratio:.1%}; {p.awaited}"
        return f"{text}: certified {p.ratio:.1%}" + (f", target {p.target_ratio:.1%}" if p.target_ratio else "")
    phase = f": {p.phase}" if p.phase else ""
    return f"{p.round} of {p.rounds} seeds, {p.seconds:.1f} s{phase}"


def simulation_progress(status: Status, prefix: str = "") -> Callable[[int, int], None] | None:
    """Return a progress function for simulations; None if no status is shown."""

    def show(done: int, total: int) -> None:
        status.show(f"{prefix}{done:,} of {total:,} simulations")

    return show if status.on else None


def algorithm_progress(status: Status, prefix: str = "") -> Callable[[str, int, int], None] | None:
    """Return a progress function for comparisons of algorithms; None if no status is shown."""

    def show(name: str, done: int, total: int) -> None:
        status.show(f"{prefix}{name} ({done} of {total} done)")

    return show if status.on else None
