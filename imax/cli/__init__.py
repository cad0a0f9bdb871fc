"""The command line: ``imax seed``, ``imax cim``, ``imax spread``, ``imax certify``, ....

Commands parse, call the library and print; each has a module of its own, loaded when it is used.
"""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from .. import __version__

__all__ = ["main"]

_COMMANDS = ("seed", "cim", "rerank", "annotate", "spread", "certify", "compare", "info", "convert")


class _Main(click.Group):
    """A group that loads its commands late and tells every error in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __name__).command
        return command

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; leave with its exit code, or return it where `standalone_mode` is off."""
        from ._errors import INTERRUPTED, Process, leave, report

        own = args is None and standalone_mode
        process = Process(own)
        if own:
            process.watch()
            gc.disable()  # imports make many objects and little garbage
        extra["obj"] = process
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            if not standalone_mode:
                raise
            code = report(error)
        except click.Abort:
            if not standalone_mode:
                raise
            code = report(click.ClickException("interrupted"), INTERRUPTED)
        if own and code == INTERRUPTED:
            leave(code)
        if own:
            gc.freeze()  # spares the collector a last look at everything, now that the process ends
        if standalone_mode:
            sys.exit(code or 0)
        return code


@click.group(
    cls=_Main,
    name="imax",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  imax seed --k 10 karate
  imax seed --k 50 --format plain friends.txt.gz > seeds.txt
  imax spread --seeds seeds.txt friends.txt.gz
  imax convert friends.txt.gz friends.imax

\b
Completion in bash (in ~/.bashrc; zsh and fish likewise):
  eval "$(_IMAX_COMPLETE=bash_source imax)"

\b
Exit codes:
  0    done
  1    bad input (files, graphs, nodes), or output that cannot be written
  2    wrong usage
  130  interrupted; the best result so far was printed
  141  the reader of the output went away""",
)
@click.version_option(__version__, prog_name="imax", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Influence maximization: choose whom to start with so that the most people are reached."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
