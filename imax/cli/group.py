"""The group of all commands: loads them when they are used, and prints every error in one line."""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A group whose commands are in modules that are imported when they are used.

    Parameters
    ----------
    *args, **options
        As for `click.Group`.
    functions : dict of str to str
        The function of each command. The module in this package has the name of the command.
    """

    def __init__(self, *args: Any, functions: dict[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.functions = functions

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help text."""
        return list(self.functions)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is none of that name."""
        if cmd_name not in self.functions:
            return None
        command: click.Command = getattr(import_module(f".{cmd_name}", __package__), self.functions[cmd_name])
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; an unknown name is an error that suggests the closest one."""
        if args and not args[0].startswith("-") and args[0] not in self.functions:
            from difflib import get_close_matches

            close = get_close_matches(args[0].lower(), self.functions, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; end the process with its exit code, or return it if `standalone_mode` is false."""
        from .errors import cannot_write, report
        from .process import INTERRUPTED, Process, end_process

        own = args is None and standalone_mode
        process = Process(own)
        if own:
            process.end_at_interrupt()
            process.occupy_closed_streams()
            gc.disable()  # imports create many objects and little garbage; `load_engine` enables it again
        extra["obj"] = process
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            if own and sys.stdout is not None:
                sys.stdout.flush()  # an error at the end of the process would be a traceback
        except click.ClickException as error:
            if not standalone_mode:
                raise
            code = report(error)
        except click.Abort:
            if not standalone_mode:
                raise
            code = report(click.ClickException("interrupted"), process.exit_code)
        except OSError as error:  # of the help text or the version
            if not own:
                raise
            code = report(cannot_write(error))
        if own and (process.interrupted or code == INTERRUPTED):
            end_process(code)
        if own:
            gc.freeze()  # the process ends now: a last collection would be wasted
        if standalone_mode:
            sys.exit(code or 0)
        return code
