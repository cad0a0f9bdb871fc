"""The command line: ``imax seed``, ``imax cim``, ``imax spread`` and others.

A command parses its options, calls the library and prints the result. Each has its own module, which is imported when
the command is used.
"""

import click

from .. import __version__
from .group import LazyGroup

__all__ = ["main"]


@click.group(
    cls=LazyGroup,
    functions={
        "seed": "choose_seeds",
        "cim": "assign_invitations",
        "experiment": "assign_arms",
        "rerank": "rerank_candidates",
        "annotate": "choose_items",
        "spread": "estimate_spread",
        "certify": "certify_seeds",
        "compare": "compare_algorithms",
        "report": "write_report",
        "learn": "learn_probabilities",
        "info": "describe_graph",
        "convert": "convert_graph",
    },
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
Shell completion for bash (add to ~/.bashrc; zsh and fish are similar):
  eval "$(_IMAX_COMPLETE=bash_source imax)"

\b
Exit codes:
  0    success
  1    bad input (files, graphs, nodes), or the output cannot be written
  2    wrong usage (options and their values)
  130  interrupted by Ctrl-C; the best result so far was printed
  141  the program that reads the output has ended
  143  interrupted by SIGTERM; the best result so far was printed""",
)
@click.version_option(__version__, prog_name="imax", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Influence maximization: find the k people to start with so that a message reaches the most others."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
