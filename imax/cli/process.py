"""The process of the command line: interrupts, a fast start and a fast end."""

import gc
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["BROKEN_PIPE", "INTERRUPTED", "Process", "end_process", "load_engine"]

INTERRUPTED = 130  # the exit code by which shells show SIGINT
BROKEN_PIPE = 141  # and SIGPIPE


@dataclass
class Process:
    """State of the process that runs a command.

    Attributes
    ----------
    own : bool
        Whether the process was started as ``imax``. Only then are settings of the whole process changed.
    interrupted : bool
        Whether Ctrl-C was pressed.
    """

    own: bool
    interrupted: bool = False

    def occupy_closed_streams(self) -> None:
        """Open the null device for standard streams that are closed, so that no file gets their numbers.

        What other code writes to standard error would otherwise end up in that file.
        """
        with suppress(OSError):
            number = os.open(os.devnull, os.O_RDWR)
            while number <= 2:
                number = os.open(os.devnull, os.O_RDWR)
            os.close(number)
        if sys.stderr is None:
            sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115

    def watch_interrupts(self) -> None:
        """Record interrupts, because code that is loading or compiling may swallow a `KeyboardInterrupt`."""

        def record(number: int, frame: FrameType | None) -> None:
            self.interrupted = True
            raise KeyboardInterrupt

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            with suppress(ValueError):  # only the main thread may set a handler
                signal.signal(signal.SIGINT, record)

    def raise_if_interrupted(self) -> None:
        """Raise `KeyboardInterrupt` if an earlier one was swallowed."""
        if self.interrupted:
            raise KeyboardInterrupt


def end_process(code: int) -> None:
    """End the process at once with an exit code.

    Python itself would end by a signal, without an exit code, if the interrupt came during an import.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def load_engine() -> None:
    """Import Numba without SciPy's linear algebra, and hide the imported objects from the garbage collector.

    `numba.np.arraymath` imports `scipy.linalg` only to find out whether matrix products can be compiled. No kernel of
    imax has a matrix product. ``sys.modules[name] = None`` is the documented way to make an import fail; Numba then
    assumes that there is no BLAS library. Numba has no setting for this. Without this function ``imax seed --k 5
    karate`` takes 0.74 s instead of 0.53 s (medians of 12 alternating runs, 2 cores). It is called only in a process
    that was started as ``imax``, where no other code can need Numba's linear algebra.
    """
    modules: dict[str, Any] = sys.modules
    name = "scipy.linalg"
    if name not in modules:
        modules[name] = None
        try:
            import numba.np.arraymath  # noqa: F401
        finally:
            del modules[name]  # later imports of scipy.linalg work as usual
    gc.freeze()
    gc.enable()
