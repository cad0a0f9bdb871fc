"""The process of the command line: interrupts, a fast start and a fast end."""

import _thread
import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from .._utils.memory import address_space_limit
from ..errors import MissingDependencyError, OutOfMemoryBoundError

__all__ = ["BROKEN_PIPE", "INTERRUPTED", "TERMINATED", "Process", "end_process", "load_engine"]

INTERRUPTED = 130  # the exit code by which shells show SIGINT
TERMINATED = 143  # SIGTERM
BROKEN_PIPE = 141  # and SIGPIPE
_RAISE_AGAIN_SECONDS = 0.05
_ADDRESS_SPACE = 448 << 20  # bytes; measured: 380 MiB with machine code in the cache
_MAIN_THREAD = threading.main_thread().ident or 0


@dataclass
class Process:
    """State of the process that runs a command.

    Ctrl-C and SIGTERM raise `KeyboardInterrupt` while a command runs. Before and after that they end the process at
    once, without Python's traceback.

    Attributes
    ----------
    own : bool
        Whether the process was started as ``imax``. Only then are settings of the whole process changed.
    signal : int
        Number of the signal that interrupted the command; 0 if none did.
    """

    own: bool
    signal: int = 0

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C was pressed or SIGTERM was received."""
        return self.signal > 0

    @property
    def exit_code(self) -> int:
        """The exit code of an interrupted command: 130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + self.signal if self.signal else INTERRUPTED

    def end_at_interrupt(self) -> None:
        """Let an interrupt end the process at once."""
        if self.own:
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) in (self._record, signal.default_int_handler):
                    signal.signal(number, signal.SIG_DFL)

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
        """Let an interrupt raise `KeyboardInterrupt`, also if it comes where Python ignores exceptions."""
        if not self.own:
            return
        sys.unraisablehook = self._raise_again
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, self._record)

    def raise_if_interrupted(self) -> None:
        """Raise `KeyboardInterrupt` if an earlier one had no effect."""
        if self.interrupted:
            raise KeyboardInterrupt

    def _record(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        raise KeyboardInterrupt

    def _raise_again(self, ignored: Any) -> None:
        """Raise an interrupt again a little later if it came in a destructor or a callback."""
        if not issubclass(ignored.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(ignored)
            return

        def raise_later() -> None:
            time.sleep(_RAISE_AGAIN_SECONDS)
            number = signal.Signals(self.signal or signal.SIGINT)
            if hasattr(signal, "pthread_kill"):  # also ends a wait of the main thread
                signal.pthread_kill(_MAIN_THREAD, number)
            else:
                _thread.interrupt_main(number)

        _thread.start_new_thread(raise_later, ())


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

    Raises
    ------
    OutOfMemoryBoundError
        If a limit on the address space is too small: the compiler would end the process, or fail without a reason.
    MissingDependencyError
        If Numba cannot be loaded.
    """
    limit = address_space_limit()
    if limit is not None and limit < _ADDRESS_SPACE:
        raise OutOfMemoryBoundError(
            f"the limit of the address space (ulimit -v) is {limit >> 20} MiB; imax needs at least "
            f"{_ADDRESS_SPACE >> 20} MiB to load its compiler, so raise the limit"
        )
    modules: dict[str, Any] = sys.modules
    name = "scipy.linalg"
    if name not in modules:
        modules[name] = None
        try:
            import numba.np.arraymath  # noqa: F401
        except (ImportError, OSError) as error:
            raise MissingDependencyError(f"Numba cannot be loaded: {error}; install it again, with llvmlite") from error
        finally:
            del modules[name]  # later imports of scipy.linalg work as usual
    gc.freeze()
    gc.enable()
