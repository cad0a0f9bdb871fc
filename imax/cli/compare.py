"""``imax compare``: run several algorithms on one graph."""

from typing import TYPE_CHECKING, Any

import click

from . import options as opt
from .arguments import files_of, given, read_arguments, read_seeds, reject_two_stdin
from .cluster import scheduler_option
from .context import Context, command
from .errors import WrongUsage
from .facts import Fact, graph_fact, validations_text
from .limits import named_files
from .output import as_csv, as_facts, as_matrix, as_table
from .progress import algorithm_progress

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import Comparison

__all__ = ["compare_algorithms"]

_COLUMNS = (
    "algorithm", "k", "rank", "complete", "broken_rules", "spread", "low", "high", "n_validations", "lower_bound",
    "upper_bound", "ratio", "seconds", "memory", "n_seeds", "stop_reason",
)  # fmt: skip
_TITLES = ("k", "rank", "algorithm", "spread", "95 % interval", "certified", "time", "memory", "seeds", "stopped")
_RIGHT = (True, True, False, True, True, True, True, True, True, False)


@command(
    "compare",
    "Run several algorithms side by side.",
    examples=(
        "imax compare --k 5 karate",
        "imax compare --k 50 --algorithms opim-c,degree,degree-discount friends.imax",
        "imax compare --k 50 --time-limit 10 --format csv -o figures.csv friends.imax",
        "imax compare --k 5,10,20 --algorithms opim-c,degree --seed-set ours=seeds.txt friends.imax",
        "imax compare --k 20 --groups teams.txt --quota red=2..5 --algorithms opim-c,degree friends.imax",
    ),
    partial_results=True,
)
@opt.numbers_of_seeds(
    "Number of seeds, or several numbers: a row for each algorithm and number.  [required without --budget, --quota "
    "and --group-budget]"
)
@opt.algorithms_option("selection", default="all", show_default=True)
@click.option(
    "--seed-set",
    "seed_sets",
    multiple=True,
    metavar="NAME=FILE",
    help="Given seeds to compare with, one per line. It can be given several times.",
)
@opt.graph_options
@opt.model_options
@opt.deadline_options
@opt.epsilon_option("selection")
@opt.delta_option
@scheduler_option
@opt.constraint_options
@opt.sampling_options("selection", ["simulation", "rr", "exact"])
@opt.simulations_option("Number of simulated cascades per spread.")
@opt.format_option("table", "json", "csv", note="csv: a row per algorithm, without the overlap of the seed sets.")
@opt.common_options
def compare_algorithms(
    context: Context, k: int | list[int] | None, algorithms: str, seed_sets: tuple[str, ...], **options: Any
) -> int:
    """Run several algorithms on GRAPH and compare spread, certificate, time, memory and overlap of their k seeds.

    All algorithms choose within the constraints. The spread of all seed sets is estimated by the same simulations, and
    certified by RR sets that no algorithm used. Each algorithm is stopped after 60 seconds, or after --time-limit, with
    the seeds that it has by then; its row is then incomplete and has no rank. The simulations and the certificate of
    its seeds may each take as long again. GRAPH is a file, - for standard input, or
    the name of a graph: see imax seed --help. Ctrl-C stops the comparison and prints the algorithms that are done.
    """
    if not given({name: options[name] for name in ("budget", "quotas", "group_budgets")} | {"k": k}):
        raise WrongUsage("Missing option '-k' / '--k' (or --budget, --quota or --group-budget)")
    files = {f"--seed-set {name}": path for name, path in named_files(seed_sets).items()}
    reject_two_stdin(**{"GRAPH": context.source, **files_of(options), **files})
    graph = context.open_graph()
    arguments = read_arguments(context, graph, options)
    given_seeds = {
        name: read_seeds(context, graph, path, (), f"--seed-set {name}=")
        for name, path in named_files(seed_sets).items()
    }
    from ..selection import compare

    progress = algorithm_progress(context.status)
    found = compare(graph, k, algorithms, seed_sets=given_seeds, progress=progress, **context.work, **arguments)
    return context.finish(
        _text(context, graph, found), found.stop_reason == "interrupted", "these are the algorithms done", found.notes
    )


def _text(context: Context, graph: "InfluenceGraph", found: "Comparison") -> str:
    if context.form == "json":
        return context.as_json(found.to_dict())
    if context.form == "csv":
        rows = [
            (
                row.algorithm, row.k, row.rank, row.complete, "; ".join(row.broken_rules), row.spread,
                *row.interval, row.n_validations, row.lower_bound, row.upper_bound, row.ratio, row.seconds,
                row.memory, len(row.seeds), row.stop_reason,
            )
            for row in found.rows
        ]  # fmt: skip
        return as_csv(_COLUMNS, rows)
    facts: list[Fact] = [
        graph_fact(graph, found),
        ("Spread", validations_text(found)),
        ("Rank", "by spread; incomplete rows and seeds that break a constraint have none"),
        ("Certified", f"share of the optimum; each fails with probability {found.delta:.2g}"),
        ("Memory", "by which the process grew at most"),
        ("Overlap", "Jaccard index of the seed sets"),
        ("Random seed", str(context.rng)),
    ]
    return f"{_table(found)}\n{_overlap(found)}\n{as_facts(facts)}"


def _table(found: "Comparison") -> str:
    several = len({row.k for row in found.rows}) > 1
    cells = [
        (
            str(row.k),
            "-" if row.rank is None else str(row.rank),
            row.algorithm,
            f"{row.spread:,.1f}",
            f"{row.interval[0]:,.1f} to {row.interval[1]:,.1f}",
            f"{row.ratio:.1%}",
            f"{row.seconds:,.3f} s",
            "" if row.memory is None else f"{row.memory / 2**20:,.1f} MiB",
            f"{len(row.seeds)}",
            "; ".join([row.stop_reason, *([] if row.complete else ["incomplete"]), *row.broken_rules]),
        )
        for row in found.rows
    ]
    first = 0 if several else 1
    return as_table(_TITLES[first:], [row[first:] for row in cells], _RIGHT[first:])


def _overlap(found: "Comparison") -> str:
    """Return a table for each number of seeds."""
    tables = []
    numbers = list(dict.fromkeys(row.k for row in found.rows))
    for k in numbers:
        at = [i for i, row in enumerate(found.rows) if row.k == k]
        names = [found.rows[i].algorithm for i in at]
        cells = [[f"{found.overlap[i][j]:.2f}" for j in at] for i in at]
        title = "overlap" if len(numbers) == 1 else f"overlap, k = {k}"
        tables.append(as_matrix(title, names, cells))
    return "\n".join(tables)
