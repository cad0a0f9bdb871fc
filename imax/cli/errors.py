"""Errors of the command line: one line on standard error, and an exit code."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from ..errors import ImaxError, InvalidArgumentError
from .color import paint
from .process import BROKEN_PIPE, INTERRUPTED, TERMINATED

__all__ = ["Command", "OutputError", "WrongUsage", "cannot_write", "name_option", "named", "report"]


_LONGEST = 2000  # characters of an error


class OutputError(ImaxError, OSError):
    """The output cannot be written."""


class WrongUsage(click.ClickException):
    """An option has a wrong value, or options do not go together."""

    exit_code = 2


class _BadInput(click.ClickException):
    exit_code = 1


class _Interrupted(click.ClickException):
    exit_code = INTERRUPTED


class _Terminated(click.ClickException):
    exit_code = TERMINATED


def report(error: click.ClickException, code: int | None = None) -> int:
    """Print an error in one line and return the exit code."""
    text = " ".join(error.format_message().split("\n"))
    if len(text) > _LONGEST:
        text = f"{text[:1000]} ... {text[-500:]}"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        text = f"{text.rstrip('.')} (see {error.ctx.command_path} --help)"
    with suppress(OSError):
        click.echo(f"{paint('imax: error:', err=True, fg='red')} {text}", err=True)
    return error.exit_code if code is None else code


def name_option(error: ImaxError, command: click.Command, **others: str) -> str:
    """Return the message of an error, with the names of options instead of those of arguments.

    An option has the name of its parameter; `others` are options by the names of more arguments.
    """
    options = {param.name: max(param.opts, key=len) for param in command.params if isinstance(param, click.Option)}
    options.setdefault("max_memory", "the memory limit of the machine")  # a command without the option has the default
    return error.message(lambda argument: others.get(argument) or options.get(argument, argument))


@contextmanager
def named(**others: str) -> Iterator[None]:
    """Name these options in errors about arguments that are not parameters of the command."""
    try:
        yield
    except InvalidArgumentError as error:
        if error.argument not in others:
            raise
        raise WrongUsage(name_option(error, click.get_current_context().command, **others)) from error


class Command(click.Command):
    """A command whose errors become one line and an exit code.

    Attributes
    ----------
    partial_results : bool
        Whether an interrupted run prints what it has so far.
    """

    partial_results = False

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, and keep them for reports, which show how to repeat them."""
        ctx.meta["imax.arguments"] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        process = ctx.obj
        try:
            process.watch_interrupts()
            code = super().invoke(ctx)
            if not code and process.interrupted:  # the result came before the interrupt had an effect
                return process.exit_code
            return code
        except InvalidArgumentError as error:
            self._trace(ctx)
            raise WrongUsage(name_option(error, self)) from error
        except ImaxError as error:
            self._trace(ctx)
            raise _BadInput(name_option(error, self)) from error
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
            raise cannot_write(error) from error
        except Exception as error:
            if not process.interrupted:
                raise
            raise self._interrupted(ctx) from error
        finally:
            process.end_at_interrupt()

    def _interrupted(self, ctx: click.Context) -> click.ClickException:
        self._trace(ctx)
        text = "interrupted before the first result" if self.partial_results else "interrupted"
        return _Terminated(text) if ctx.obj.exit_code == TERMINATED else _Interrupted(text)

    @staticmethod
    def _trace(ctx: click.Context) -> None:
        if ctx.meta.get("imax.debug"):
            traceback.print_exc()


def cannot_write(error: OSError) -> click.ClickException:
    """Return the error for an output that cannot be written, and drop what is left of the output."""
    _discard_output()
    return _BadInput(f"cannot write the output: {error.strerror or error}")


def _discard_output() -> None:
    """Redirect standard output to the null device, so that the flush at the end of the process cannot fail again."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
