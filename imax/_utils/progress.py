"""Progress of long computations: a bar on a terminal or in a notebook, the caller's own function, and log messages.

`followed` decorates the public functions that have the argument `progress`. Inside them, `progress` is a function or
None.
"""

import logging
import shutil
import sys
import threading
from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any, NamedTuple, ParamSpec, Protocol, TextIO, TypeAlias, TypeVar

from ..errors import InvalidArgumentError

__all__ = [
    "Display",
    "Follower",
    "Step",
    "Switch",
    "comparing",
    "display_on",
    "followed",
    "function_of",
    "line_of",
    "nested",
    "plain",
    "simulating",
    "text_step",
]

LOGGER = logging.getLogger("imax")
_BAR = 10  # width of the bar in characters
_SECONDS_BETWEEN_DRAWINGS = 0.1
_SECONDS_BETWEEN_LINES = 10.0  # where a line cannot be replaced
_FORGET = 0.5  # weight of an earlier rate against that of the last second


class Step(NamedTuple):
    """What a computation is doing.

    Attributes
    ----------
    phase : str
        Such as ``"sampling"``.
    done : int
        How much of the phase is finished.
    total : int or None
        How much it has in total; None if that is not known.
    unit : str
        What `done` counts; an empty text if it counts nothing.
    known : str
        What is known so far, such as the certified ratio.
    is_estimate : bool
        Whether `total` is an estimate.
    """

    phase: str
    done: int = 0
    total: int | None = None
    unit: str = ""
    known: str = ""
    is_estimate: bool = False


Switch: TypeAlias = "bool | Callable[..., Any] | None"
StepOf: TypeAlias = Callable[..., Step]


def text_step(text: str) -> Step:
    """Return the step of a progress function that is called with a text."""
    return Step(text)


def simulating(done: int, total: int) -> Step:
    """Return the step of a progress function that is called with numbers of simulations."""
    return Step("simulating", done, total, "simulations")


def comparing(name: str, done: int, total: int) -> Step:
    """Return the step of a progress function that is called with the name of an algorithm and numbers of algorithms."""
    return Step(f"running {name}", done, total, "algorithms")


def plain(step: Step) -> str:
    """Return a step as text, without rate and time.

    >>> plain(Step("sampling", 2048, 4096, "RR sets", "certified 50.0%", True))
    'sampling: 2,048 of about 4,096 RR sets, certified 50.0%'
    """
    counted = []
    if step.unit:
        about = "about " if step.is_estimate else ""
        of = "" if step.total is None else f" of {about}{step.total:,}"
        counted = [f"{step.done:,}{of} {step.unit}"]
    said = ", ".join([*counted, *([step.known] if step.known else [])])
    return f"{step.phase}: {said}" if said else step.phase


def line_of(step: Step, seconds: float, rate: float | None, width: int = 1000) -> str:
    """Return a step as a line with a bar; where it is too long, the rate is left out and the end is cut off.

    Parameters
    ----------
    step : Step
    seconds : float
        Time since the start.
    rate : float or None
        How much is done per second; None if that is not known.
    width : int
        Maximum number of characters.

    >>> step = Step("simulating", 25_000, 100_000, "simulations")
    >>> line_of(step, 2.0, 12_500.0)
    'simulating [###-------] 25 k of 100 k simulations, 12.5 k/s, 6 s left'
    >>> line_of(step, 2.0, 12_500.0, 66)
    'simulating [###-------] 25 k of 100 k simulations, 6 s left'
    """
    about = "~" if step.is_estimate else ""
    known = [step.known] if step.known else []
    if not step.unit:
        return ", ".join([step.phase, f"{seconds:.1f} s", *known])[:width]
    bar, of = "", ""
    if step.total:
        full = min(int(_BAR * step.done / step.total + 0.5), _BAR)
        bar, of = f" [{'#' * full}{'-' * (_BAR - full)}]", f" of {about}{_count(step.total)}"
    start = f"{step.phase}{bar} {_count(step.done)}{of} {step.unit}"
    time = f"{seconds:.1f} s"
    if rate and step.total:
        time = f"{about}{_clock(max(step.total - step.done, 0) / rate)} left"
    whole = ", ".join([start, *([f"{_short(rate)}/s"] if rate else []), time, *known])
    return whole if len(whole) <= width else ", ".join([start, time, *known])[:width]


def _count(value: int) -> str:
    """Return a number of things: exactly if it is small."""
    return f"{value:,}" if value < 10_000 else _short(value)


def _short(value: float) -> str:
    """Return a number with about three digits.

    >>> [_short(x) for x in (0.25, 7.5, 125.0, 12500, 999_999, 3_400_000)]
    ['0.25', '7.5', '125', '12.5 k', '1 M', '3.4 M']
    """
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= 0.9995 * size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _clock(seconds: float) -> str:
    """Return a duration.

    >>> [_clock(s) for s in (5.2, 75, 7200)]
    ['5 s', '1 min 15 s', '2 h 0 min']
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Pace:
    """How much is done per second in the current phase; recent seconds count more."""

    def __init__(self) -> None:
        self.began = self._since = perf_counter()
        self._done, self._of = 0, ("", "")
        self._rate: float | None = None

    def of(self, step: Step) -> float | None:
        """Return the rate after a step; None in the first moments of a phase."""
        now = perf_counter()
        if self._of != (step.phase, step.unit) or step.done < self._done:
            first = self._of == ("", "")
            self._of, self._rate = (step.phase, step.unit), None
            self._done, self._since = (0, self.began) if first else (step.done, now)
        spent = now - self._since
        if spent >= 1.0 or (self._rate is None and spent >= _SECONDS_BETWEEN_DRAWINGS):
            fresh = (step.done - self._done) / spent
            self._rate = fresh if self._rate is None else _FORGET * self._rate + (1.0 - _FORGET) * fresh
            self._done, self._since = step.done, now
        return self._rate


class Display(Protocol):
    """Where steps are shown."""

    def show(self, step: Step) -> None:
        """Show a step in the place of the last one."""

    def close(self) -> None:
        """Remove what is shown."""


class TerminalDisplay:
    """One line on a terminal that is replaced at most ten times a second and removed in the end."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._pace = Pace()
        self._shown, self._at = "", -1.0
        self._last = ("", "")
        self._lock = threading.Lock()
        self._is_open = True

    def show(self, step: Step) -> None:
        """Replace the line."""
        now = perf_counter()
        if (step.phase, step.known) == self._last and now - self._at < _SECONDS_BETWEEN_DRAWINGS:
            return
        if self._lock.acquire(blocking=False):  # kernels call from several threads; one drawing is enough
            try:
                self._last, self._at = (step.phase, step.known), now
                width = shutil.get_terminal_size().columns - 1
                self._write(line_of(step, now - self._pace.began, self._pace.of(step), width))
            finally:
                self._lock.release()

    def close(self) -> None:
        """Remove the line."""
        self._write("")
        self._last = ("", "")

    def _write(self, text: str) -> None:
        if text == self._shown or not self._is_open:
            return
        line = f"\r{text.ljust(len(self._shown))}\r{text}"
        self._shown = text  # before it is written: an interrupt may come meanwhile
        try:
            encoding = self.stream.encoding or "ascii"  # a label may have letters that the terminal lacks
            self.stream.write(line.encode(encoding, "replace").decode(encoding))
            self.stream.flush()
        except (OSError, ValueError):  # the terminal is gone
            self._is_open = False


class LinesDisplay:
    """Lines for the start and the end of each phase, and one every ten seconds: for files and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._pace = Pace()
        self._phase, self._at = "", -1.0

    def show(self, step: Step) -> None:
        """Print a line for a new phase, for a finished one, and after ten seconds."""
        now = perf_counter()
        rate = self._pace.of(step)
        if step.phase != self._phase or step.done == step.total or now - self._at >= _SECONDS_BETWEEN_LINES:
            self._phase, self._at = step.phase, now
            self.stream.write(line_of(step, now - self._pace.began, rate) + "\n")
            self.stream.flush()

    def close(self) -> None:
        """Leave the lines where they are."""


class NotebookDisplay:
    """A bar of tqdm, which notebooks show as a widget; without tqdm, nothing."""

    def __init__(self, bar: Callable[..., Any]) -> None:
        self._make = bar
        self._bar: Any = None
        self._phase = ""

    def show(self, step: Step) -> None:
        """Move the bar; each phase has its own."""
        if step.phase != self._phase or self._bar is None:
            self.close()
            self._phase = step.phase
            self._bar = self._make(
                desc=step.phase, total=step.total, unit=f" {step.unit}", leave=False, dynamic_ncols=True
            )
        self._bar.total = step.total
        self._bar.set_postfix_str(step.known, refresh=False)
        self._bar.update(step.done - self._bar.n)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _notebook_bar() -> Callable[..., Any] | None:
    """Return tqdm in a notebook if it is installed, else None."""
    interactive = sys.modules.get("IPython")
    shell = None if interactive is None else interactive.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    try:
        import tqdm.auto
    except ImportError:
        return None
    bar: Callable[..., Any] = tqdm.auto.tqdm
    return bar


def display_on(stream: TextIO | None) -> Display | None:
    """Return what shows progress: in a notebook a bar of tqdm, else a line on a terminal, else lines of a log."""
    if (bar := _notebook_bar()) is not None:
        return NotebookDisplay(bar)
    if stream is None:
        return None
    return TerminalDisplay(stream) if stream.isatty() else LinesDisplay(stream)


class Follower:
    """A progress function that shows its calls on a display and logs them.

    Attributes
    ----------
    often : bool
        True: the function may also be called within a round, which the functions of callers are not.
    """

    often = True

    def __init__(self, step_of: StepOf, display: Display | None, name: str = "") -> None:
        self.step_of, self.display, self.name = step_of, display, name
        self._logged = ("", "")

    def __call__(self, *state: Any) -> None:
        """Show a state."""
        self.show(self.step_of(*state))

    def show(self, step: Step) -> None:
        """Show a step, and log it if it says something new."""
        if self.display is not None:
            self.display.show(step)
        if self.name and (step.phase, step.known) != self._logged and LOGGER.isEnabledFor(logging.DEBUG):
            self._logged = step.phase, step.known
            LOGGER.debug("%s: %s", self.name, plain(step))


def nested(progress: Switch, step_of: StepOf) -> Follower | None:
    """Return a progress function for a part of a computation, which shows on the same display as the whole."""
    return Follower(step_of, progress.display, progress.name) if isinstance(progress, Follower) else None


def function_of(progress: Switch) -> Callable[..., Any] | None:
    """Return the progress function inside a followed function: a function or None."""
    return progress if callable(progress) else None


P = ParamSpec("P")
R = TypeVar("R")


def followed(step_of: StepOf) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that gives a function its argument `progress` and its log messages.

    The decorated function is called with a progress function or None. At the level INFO, its result and the notes of
    the result are logged; at DEBUG, its phases, too. Nothing is logged above INFO, so nothing is printed by default.

    Parameters
    ----------
    step_of : callable
        Returns the `Step` of the arguments with which the function calls its progress function.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            options: dict[str, Any] = dict(kwargs)
            given = options.pop("progress", None)
            if given is not None and not isinstance(given, bool) and not callable(given):
                raise InvalidArgumentError(
                    f"progress must be True, False, None or a function, got {given!r}", argument="progress"
                )
            debug = LOGGER.isEnabledFor(logging.DEBUG)
            display = display_on(sys.stderr) if given is True else None
            if display is not None or (debug and not callable(given)):
                options["progress"] = Follower(step_of, display, function.__name__ if debug else "")
            elif callable(given):
                options["progress"] = given
            began = perf_counter()
            try:
                result = function(*args, **options)
            finally:
                if display is not None:
                    display.close()
            if LOGGER.isEnabledFor(logging.INFO):
                LOGGER.info("%s: %.2f s: %r", function.__name__, perf_counter() - began, result)
                for note in getattr(result, "notes", ()):
                    LOGGER.info("%s: note: %s", function.__name__, note)
            return result

        return run

    return decorate
