"""Options that several commands have."""

import os
from typing import Any

import click
from click.shell_completion import CompletionItem

from .._utils import check
from .._utils.durations import duration_of
from ._algorithms import AlgorithmName, OptionOf, registry_of
from .errors import WrongUsage
from .option_parts import Decorator, all_of, checked, choice, integer, number, numbers_of_seeds
from .progress import progress_options

__all__ = [
    "algorithm_option", "algorithms_option", "all_of", "candidate_options", "choice", "column_option",
    "common_options", "constraint_options", "deadline_options", "delta_option", "epsilon_option",
    "format_option", "graph_options", "integer", "max_memory_option", "model_options", "number",
    "numbers_of_seeds", "optional_graph_options", "oracle_options", "output_option", "reading_memory_option",
    "report_option",
    "sampling_options", "seed_options", "simulations_option",
]  # fmt: skip

# -- the graph, the process and the output -------------------------------------------------------------------------


def _complete_graph(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ..datasets import names

    found = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
    return [*found, CompletionItem(incomplete, type="file")]


def _complete_scheme(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ..graph.probabilities import schemes

    names = (f"{scheme.name}:" if scheme.parameter else scheme.name for scheme in schemes())
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _set_debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta["imax.debug"] = value


def _draw_seed(ctx: click.Context, param: click.Parameter, value: int | None) -> int:
    """Return the random seed, drawn if none is given. Results show it, so that every run can be repeated."""
    if value is None:
        return int.from_bytes(os.urandom(4), "little")
    if value < 0:
        raise WrongUsage(f"--random-seed must not be negative, got {value}")
    return value


def column_option(flag: str, text: str, default: str) -> Decorator[Any]:
    """Return an option that names a column of a file."""

    def callback(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
        return int(value) - 1 if value is not None and value.isascii() and value.isdigit() and int(value) else value

    return click.option(
        flag,
        metavar="COLUMN",
        callback=callback,
        help=f"{text}, by name or by number from 1.  [default: {default}]",
    )


reading_options = all_of(
    click.option(
        "--probability",
        metavar="SPEC",
        shell_complete=_complete_scheme,
        help="Arc probabilities: weighted_cascade (1 / in-degree of the target), uniform:P, trivalency, column (the "
        "third column), exponential, weibull, lt_uniform or lt_normalized.  [default: weighted_cascade, or the "
        "probabilities in a binary file]",
    ),
    click.option(
        "--directed/--undirected",
        default=None,
        help="Read a line of the file as one arc, or as two arcs in opposite directions.  [default: directed; graphs "
        "with a name set this themselves]",
    ),
    choice(
        "--multi-edges",
        values=["merge", "combine", "error"],
        default="merge",
        help="Arcs that occur several times: keep one, count each as a chance of its own, or stop with an error.",
    ),
    choice(
        "--on-bad-line",
        values=["error", "skip"],
        help="Malformed lines of the file: stop with an error, or skip them.  [default: error]",
    ),
    column_option(
        "--source", "Column of the file with the source of each arc", "usual names, the only two, or the first two"
    ),
    column_option("--target", "Column with the target of each arc", "as for --source"),
    column_option("--weight", "Column or edge attribute with a number per arc (implies --probability column)", "none"),
    click.option(
        "--header/--no-header",
        default=None,
        help="Whether the first line of the file has the names of the columns.  [default: decide by the content]",
    ),
    click.option(
        "--no-verify",
        is_flag=True,
        help="Load the file of a graph with a name even if its content is not that of the registry.",
    ),
)
graph_options = all_of(click.argument("graph", shell_complete=_complete_graph), reading_options)
optional_graph_options = all_of(
    click.argument("graph", required=False, default="", shell_complete=_complete_graph), reading_options
)
common_options = all_of(
    click.option(
        "--random-seed",
        "rng",
        type=int,
        metavar="N",
        callback=_draw_seed,
        help="Seed of the random numbers. The same seed gives the same result with any number of threads.  "
        "[default: drawn at random, and printed]",
    ),
    integer(
        "--threads",
        callback=checked(lambda value, name: check.threads(value)),
        help="Number of threads.  [default: IMAX_NUM_THREADS, else all cores]",
    ),
    *progress_options,
    click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_set_debug,
        help="Print the traceback of an error.",
    ),
)
output_option = click.option(
    "-o",
    "--output",
    default="-",
    metavar="FILE",
    help="Output file. It is replaced only when complete.  [default: standard output]",
)
report_option = click.option(
    "--report", "report_file", metavar="FILE", help="Also write a report for people, as one HTML file."
)


def format_option(*values: str, note: str) -> Decorator[Any]:
    """Return ``--format`` and ``--output``. Without ``--format``, the ending of the output file decides."""
    text = f"Output format. {note}  [default: from the ending of --output, else {values[0]}]"
    return all_of(choice("--format", "form", values=list(values), help=text), output_option)


# -- models and algorithms -----------------------------------------------------------------------------------------

model_options = all_of(
    choice(
        "--model",
        values=["ic", "lt"],
        case_sensitive=False,
        default="ic",
        help="Diffusion model: independent cascade or linear threshold.",
    ),
    click.option(
        "--node-weights",
        metavar="FILE",
        help="Weight of each node, a node and a number per line or FILE:NODE:WEIGHT: the spread is the total weight of "
        "the reached nodes.  [default: 1 each]",
    ),
    choice(
        "--on-missing",
        values=["error", "drop", "default"],
        default="error",
        help="What to do with nodes without a cost, group or weight in the file, and with labels in files that are not "
        "in the graph. error: stop. drop: ignore such labels; such nodes cannot be chosen, or have weight 0. default: "
        "ignore such labels; such nodes have weight 1 or no group, and cannot be chosen without a cost.",
    ),
    number(
        "--time-limit",
        metavar="SECONDS",
        rule=check.positive,
        help="Stop after this time, with the best result so far.",
    ),
)
deadline_options = all_of(
    integer("--max-steps", help="Count only nodes that the seeds reach in at most N steps.  [default: no limit]"),
    click.option(
        "--deadline",
        metavar="TIME",
        callback=checked(duration_of),
        help="Count only nodes that the seeds reach until this time: with a unit, such as 7d, if the delays have one; "
        "otherwise a number in the unit of the delays.  [default: no limit]",
    ),
    click.option(
        "--delay",
        metavar="SPEC",
        help="Delays of the arcs, for --deadline: exponential:MEAN, as in exponential:2d, or a file with a source, a "
        "target and the mean delay of the arc per line.  [default: those that imax learn stored in GRAPH]",
    ),
)
delta_option = number(
    "--delta", help="Probability with which the certificate may fail.  [default: 1 / number of nodes]"
)
max_memory_option = click.option(
    "--max-memory",
    metavar="SIZE",
    callback=checked(check.memory_bytes),
    help="Memory limit of the samples, such as 500M or 2GiB. If it is reached, stop with the best result so far. It is "
    "also the limit of the decompressed size of each file, of the arcs of a text file, and of the objects that the "
    "lines of a file about nodes become.",
)
reading_memory_option = click.option(
    "--max-memory",
    metavar="SIZE",
    callback=checked(check.memory_bytes),
    help="Memory limit of reading, such as 500M or 2GiB: of the decompressed size of the file of GRAPH, and of the "
    "arcs of a text file.  [default: three quarters of the free memory]",
)


def algorithm_option(family: str, note: str = "") -> Decorator[Any]:
    """Return ``--algorithm``, one name of a registry; None stands for the default."""
    return click.option(
        "--algorithm",
        cls=OptionOf,
        family=family,
        type=AlgorithmName(family),
        metavar="NAME",
        help=f"Algorithm: {{names}}.{note}  [default: {{default}}]",
    )


def algorithms_option(family: str, note: str = "", **attributes: Any) -> Decorator[Any]:
    """Return ``--algorithms``, several names of a registry."""
    text = f"Algorithms to compare, comma-separated: {{names}}.{note}"

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        listed = before.split(",")
        names = ("all", *registry_of(family)) if not comma else (n for n in registry_of(family) if n not in listed)
        return [CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(last)]

    return click.option(
        "--algorithms",
        cls=OptionOf,
        family=family,
        metavar="NAMES",
        help=text,
        shell_complete=complete,
        **attributes,
    )


def epsilon_option(
    family: str, text: str = "Precision at which to stop: smaller is better and slower."
) -> Decorator[Any]:
    """Return ``--epsilon`` with the defaults of a registry."""
    return number("--epsilon", cls=OptionOf, family=family, help=f"{text}{{only}}  {{epsilon}}")


def simulations_option(text: str, **attributes: Any) -> Decorator[Any]:
    """Return ``--simulations``; the default is the library's, 10000."""
    return integer("--simulations", "n_simulations", low=2, help=f"{text}  [default: 10000]", **attributes)


def sampling_options(family: str, values: list[str]) -> Decorator[Any]:
    """Return ``--oracle`` and ``--n-rr-sets``; the first of `values` is the default."""
    return all_of(
        choice(
            "--oracle",
            cls=OptionOf,
            family=family,
            values=values,
            help=f"How spreads are estimated.{{only}}  [default: {values[0]}]",
        ),
        integer(
            "--n-rr-sets",
            cls=OptionOf,
            family=family,
            help="Number of RR sets; algorithms with an oracle need --oracle rr.{only}  [default: 100000]",
        ),
    )


def oracle_options(family: str, values: list[str], simulations: str = "") -> Decorator[Any]:
    """Return the options on how spreads are estimated; the first of `values` is the default."""
    return all_of(
        sampling_options(family, values),
        simulations_option(f"Number of simulated cascades per spread, with --oracle simulation{simulations}."),
    )


# -- seeds and constraints -----------------------------------------------------------------------------------------

candidate_options = all_of(
    click.option(
        "--candidates",
        metavar="FILE",
        help="Nodes that may be chosen as seeds, one per line or FILE:COLUMN.  [default: all]",
    ),
    click.option(
        "--exclude", metavar="FILE", help="Nodes that may not be chosen as seeds, one per line or FILE:COLUMN."
    ),
    click.option("--include", metavar="FILE", help="Nodes that must be among the seeds, one per line or FILE:COLUMN."),
)
constraint_options = all_of(
    candidate_options,
    click.option(
        "--start",
        metavar="FILE",
        help="Nodes that are already active, one per line or FILE:COLUMN. The spread of the seeds is what they add "
        "to them.",
    ),
    click.option("--costs", metavar="FILE", help="Cost of each node, a node and a number per line or FILE:NODE:COST."),
    number(
        "--budget",
        metavar="COST",
        rule=check.positive,
        help="Largest total cost of the seeds. It requires --costs. Without --k any number of seeds may be chosen.",
    ),
    click.option("--groups", metavar="FILE", help="Group of each node, a node and a name per line or FILE:NODE:GROUP."),
    click.option(
        "--quota",
        "quotas",
        multiple=True,
        metavar="[GROUP=]N",
        help="Largest number of seeds of every group, or of one group. LOW..HIGH also gives a smallest number, LOW.. "
        "only a smallest one. It can be given several times.",
    ),
    click.option(
        "--group-budget",
        "group_budgets",
        multiple=True,
        metavar="[GROUP=]COST",
        help="Largest total cost of the seeds of every group, or of one group. It requires --costs and --groups, and "
        "can be given several times.",
    ),
)
seed_options = all_of(
    click.option(
        "--seeds", "seed_file", metavar="FILE", help="Seeds, one per line or FILE:COLUMN; - is standard input."
    ),
    click.option("--seed", "seed_labels", multiple=True, metavar="NODE", help="A seed. It can be given several times."),
)
