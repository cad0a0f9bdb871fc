"""``imax compare``: run several algorithms on one graph."""

from typing import TYPE_CHECKING, Any

from . import options as opt
from .arguments import files_of, read_arguments, reject_two_stdin
from .context import Context, command
from .facts import Fact, graph_fact
from .output import as_csv, as_facts, as_table
from .progress import algorithm_progress

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import Comparison

__all__ = ["compare_algorithms"]

_COLUMNS = (
    "algorithm", "spread", "low", "high", "lower_bound", "upper_bound", "ratio", "seconds", "memory", "n_seeds",
    "stop_reason",
)  # fmt: skip
_TITLES = ("algorithm", "spread", "95 % interval", "certified", "time", "memory", "seeds", "stopped")


@command(
    "compare",
    "Run several algorithms side by side.",
    examples=(
        "imax compare --k 5 karate",
        "imax compare --k 50 --algorithms opim-c,degree,degree-discount friends.imax",
        "imax compare --k 50 --time-limit 10 --format csv -o figures.csv friends.imax",
    ),
    partial_results=True,
)
@opt.integer("-k", "--k", required=True, help="Number of seeds.")
@opt.algorithms_option("selection", default="all", show_default=True)
@opt.graph_options
@opt.model_options
@opt.deadline_options
@opt.epsilon_option("selection")
@opt.delta_option
@opt.candidate_options
@opt.simulations_option("Number of simulated cascades per spread.")
@opt.format_option("table", "json", "csv", note="csv: a row per algorithm, without the overlap of the seed sets.")
@opt.common_options
def compare_algorithms(context: Context, k: int, algorithms: str, **options: Any) -> int:
    """Run several algorithms on GRAPH and compare spread, certificate, time, memory and overlap of their k seeds.

    The spread of all seed sets is estimated by the same simulations, and certified by RR sets that no algorithm used.
    Each algorithm is stopped after 60 seconds, or after --time-limit, with the seeds that it has by then. GRAPH is a
    file, - for standard input, or the name of a graph: see imax seed --help. Ctrl-C stops the comparison and prints the
    algorithms that are done.
    """
    reject_two_stdin(**{"GRAPH": context.source, **files_of(options)})
    graph = context.open_graph()
    arguments = read_arguments(context, graph, options)
    from ..selection import compare

    progress = algorithm_progress(context.status)
    found = compare(graph, k, algorithms, progress=progress, **context.work, **arguments)
    return context.finish(
        _text(context, graph, found), found.stop_reason == "interrupted", "these are the algorithms done"
    )


def _text(context: Context, graph: "InfluenceGraph", found: "Comparison") -> str:
    if context.form == "json":
        return context.as_json(found.to_dict())
    if context.form == "csv":
        rows = [
            (
                row.algorithm, row.spread, *row.interval, row.lower_bound, row.upper_bound, row.ratio, row.seconds,
                row.memory, len(row.seeds), row.stop_reason,
            )
            for row in found.rows
        ]  # fmt: skip
        return as_csv(_COLUMNS, rows)
    facts: list[Fact] = [
        graph_fact(graph, found),
        ("Spread", f"by {found.n_simulations:,} simulations of each"),
        ("Certified", f"share of the optimum; each fails with probability {found.delta:.2g}"),
        ("Memory", "by which the process grew at most"),
        ("Overlap", "Jaccard index of the seed sets"),
        ("Random seed", str(context.rng)),
    ]
    return f"{_table(found)}\n{_overlap(found)}\n{as_facts(facts)}"


def _table(found: "Comparison") -> str:
    cells = [
        (
            row.algorithm,
            f"{row.spread:,.1f}",
            f"{row.interval[0]:,.1f} to {row.interval[1]:,.1f}",
            f"{row.ratio:.1%}",
            f"{row.seconds:,.3f} s",
            "" if row.memory is None else f"{row.memory / 2**20:,.1f} MiB",
            f"{len(row.seeds)}",
            row.stop_reason,
        )
        for row in found.rows
    ]
    return as_table(_TITLES, cells, (False, True, True, True, True, True, True, False))


def _overlap(found: "Comparison") -> str:
    names = [row.algorithm for row in found.rows]
    cells = [(name, *(f"{share:.2f}" for share in shares)) for name, shares in zip(names, found.overlap, strict=True)]
    return as_table(("overlap", *names), cells, (False, *(True for _ in names)))
