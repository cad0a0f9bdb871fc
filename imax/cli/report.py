"""``imax report``: choose seeds and write a report for people."""

from typing import Any

import click

from . import options as opt
from .arguments import files_of, given, read_arguments, reject_two_stdin
from .cluster import scheduler_option
from .context import Context, command
from .errors import WrongUsage
from .output import check_report

__all__ = ["write_report"]

_SECTIONS = ("curve", "alternatives", "groups", "sensitivity", "map")
_LIMITS = ("budget", "quotas", "group_budgets")


class _Sections(click.ParamType):  # type: ignore[type-arg]  # generic in new releases only
    """Names of sections, comma-separated."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        names = tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else tuple(value)
        for name in names:
            if name not in _SECTIONS:
                self.fail(f"{name!r} is not a section; sections are {', '.join(_SECTIONS)}", param, ctx)
        return names


@command(
    "report",
    "Choose seeds and write a report as one HTML file.",
    examples=(
        "imax report --k 5 -o report.html karate",
        "imax report --k 50 -o report.html --title 'Spring campaign' friends.csv",
        "imax report --k 20 --groups teams.txt -o report.html friends.imax",
        "imax report --k 20 --groups teams.txt --quota 3..8 -o report.html friends.imax",
        "imax report --k 50 --skip sensitivity,map -o report.html friends.imax",
    ),
    partial_results=True,
)
@opt.numbers_of_seeds(
    "Number of seeds; with --budget and --quota, the largest number.  [required without --budget, --quota and "
    "--group-budget]",
)
@opt.graph_options
@opt.model_options
@opt.deadline_options
@opt.algorithm_option("selection")
@opt.epsilon_option("selection")
@opt.delta_option
@opt.max_memory_option
@scheduler_option
@opt.constraint_options
@opt.integer(
    "--simulations",
    "n_simulations",
    low=2,
    default=2000,
    show_default=True,
    help="Number of simulated cascades of each seed set in the comparison, and of each group.",
)
@click.option("--title", metavar="TEXT", help="Title of the report.  [default: the numbers of seeds and nodes]")
@click.option(
    "--skip",
    type=_Sections(),
    default=(),
    metavar="NAMES",
    help="Sections to leave out, comma-separated: curve, alternatives, groups, sensitivity, map.",
)
@opt.output_option
@opt.common_options
def write_report(context: Context, title: str | None, skip: tuple[str, ...], **options: Any) -> int:
    """Choose seeds of GRAPH and write a report for readers who did not run the program.

    The report is one HTML file without scripts. It says which seeds to choose, what they are expected to reach and how
    sure that is; it compares them with the most connected nodes, PageRank and random nodes under the same constraints,
    and shows the spread against the number of seeds, the reach by group, what changes if the probabilities are half or
    twice as large, and a map. Here --groups may be given without --quota, and --costs without --budget: they are shown
    and do not limit the seeds. GRAPH is a file, - for standard input, or the name of a graph: see imax seed --help.
    """
    if not given({name: options[name] for name in ("k", *_LIMITS)}):
        raise WrongUsage("Missing option '-k' / '--k' (or --budget, --quota or --group-budget)")
    if isinstance(options["k"], list):
        raise WrongUsage("--k takes one number")
    check_report(context.output)
    reject_two_stdin(GRAPH=context.source, **files_of(options))
    graph = context.open_graph()
    arguments = context.after_reading(read_arguments(context, graph, options))
    from ..report import make_report

    report = make_report(
        graph,
        title=title,
        skip=skip,
        command=context.command_line,
        progress=context.status.show,
        **context.work,
        **arguments,
    )
    return context.finish(report.to_html(), report.record["interrupted"])
