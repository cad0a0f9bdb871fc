"""How errors end: one line on standard error, and an exit code."""

import os
import re
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

import click

from ..errors import ImaxError, InvalidArgumentError

__all__ = [
    "BROKEN_PIPE",
    "INTERRUPTED",
    "Command",
    "OutputError",
    "Process",
    "WrongUsage",
    "in_options",
    "leave",
    "report",
]

INTERRUPTED = 130  # what shells show for SIGINT
BROKEN_PIPE = 141  # and for SIGPIPE

_HINTS = {"probability", "multi_edges", "on_bad_line", "on_short", "key"}  # arguments that messages tell users to give


@dataclass
class Process:
    """Whether this process is the command line's own, and may be trimmed for speed; whether Ctrl-C was pressed."""

    own: bool
    interrupted: bool = False

    def watch(self) -> None:
        """Note interrupts: code that one hits while it loads or compiles may swallow it or fail in other ways."""

        def note(number: int, frame: FrameType | None) -> None:
            self.interrupted = True
            raise KeyboardInterrupt

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            with suppress(ValueError):  # outside the main thread
                signal.signal(signal.SIGINT, note)

    def go_on(self) -> None:
        """Raise an interrupt that was swallowed."""
        if self.interrupted:
            raise KeyboardInterrupt


class OutputError(ImaxError, OSError):
    """The output cannot be written."""


class _BadInput(click.ClickException):
    exit_code = 1


class WrongUsage(click.ClickException):
    """An option has a value that it does not take."""

    exit_code = 2


class _Interrupted(click.ClickException):
    exit_code = INTERRUPTED


def report(error: click.ClickException, code: int | None = None) -> int:
    """Print an error in one line and return the exit code."""
    text = " ".join(error.format_message().split("\n"))
    if isinstance(error, click.UsageError) and error.ctx is not None:
        text = f"{text.rstrip('.')} (see {error.ctx.command_path} --help)"
    with suppress(OSError):
        click.echo(f"imax: error: {text}", err=True)
    return error.exit_code if code is None else code


def leave(code: int) -> None:
    """End the process at once: Python ends by the signal, not by a code, where an import was interrupted."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def in_options(message: str, command: click.Command, *, argument: bool = False) -> str:
    """Say in options what a message of the library says in arguments, as in ``--probability column``.

    With `argument` the message starts with the name of an argument.
    """
    names = {p.name: max(p.opts, key=len) for p in command.params if isinstance(p, click.Option) and p.name is not None}
    message = message.replace("directed=False", "--undirected").replace(" or give default=", "")
    for name in _HINTS & names.keys():
        message = re.sub(rf"\b{name}=(['\"])([\w:.]+)\1", rf"{names[name]} \2", message)
    if argument:
        pattern = "|".join(names)
        message = re.sub(
            rf"^({pattern})( and | needs )({pattern})\b", lambda m: names[m[1]] + m[2] + names[m[3]], message
        )
        message = re.sub(rf"^({pattern})\b", lambda m: names[m[1]], message)
    return message


class Command(click.Command):
    """A command whose errors become one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InvalidArgumentError as error:
            self._trace(ctx)
            raise WrongUsage(in_options(str(error), self, argument=True)) from error
        except ImaxError as error:
            self._trace(ctx)
            raise _BadInput(in_options(str(error), self)) from error
        except KeyboardInterrupt as error:
            raise self._interrupted(ctx) from error
        except BrokenPipeError:
            _discard_output()
            return BROKEN_PIPE
        except MemoryError as error:
            self._trace(ctx)
            raise _BadInput("there is not enough memory; try --max-memory, or a smaller graph") from error
        except OSError as error:
            self._trace(ctx)
            _discard_output()
            raise _BadInput(f"cannot write the output: {error.strerror or error}") from error
        except Exception as error:
            if not ctx.obj.interrupted:
                raise
            raise self._interrupted(ctx) from error

    def _interrupted(self, ctx: click.Context) -> click.ClickException:
        self._trace(ctx)
        return _Interrupted(
            "interrupted"
            + (" before the first result" if self.name in ("seed", "cim", "spread", "certify", "compare") else "")
        )

    @staticmethod
    def _trace(ctx: click.Context) -> None:
        if ctx.meta.get("imax.debug"):
            traceback.print_exc()


def _discard_output() -> None:
    """Send what is left of standard output nowhere, so that leaving does not fail on it again."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
