"""``imax cim``: choose whom each active participant invites, within capacities."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileFormatError
from . import options as opt
from .acceptance import acceptance_option, discount_option, read_acceptance
from .arguments import given, read_delay, read_weights, reject_options, reject_two_stdin
from .cim_output import as_assignments, as_comparisons
from .cluster import connect, scheduler_option
from .context import Context, command
from .errors import WrongUsage
from .output import check_report
from .progress import algorithm_progress, selection_progress

if TYPE_CHECKING:
    from ..capacity import CapacityProblem
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["assign_invitations"]

_NOT_WITH_COMPARE = ("algorithm", "oracle", "n_rr_sets", "spare", "max_memory", "acceptance", "discount")


@command(
    "cim",
    "Choose whom each active participant invites.",
    examples=(
        "imax cim --active players.txt --k 10 friends.txt.gz",
        "imax cim --active players.txt --capacities slots.txt --format csv g.imax",
        "imax cim --active sets.ap --k 10 --algorithm mg-greedy friends.txt",
        "imax cim --active players.txt --k 3 --acceptance arcs friends.imax",
        "imax cim --active sets.ap --k 10 --compare friends.txt",
    ),
    partial_results=True,
)
@opt.graph_options
@click.option(
    "--active",
    required=True,
    metavar="FILE",
    help="Active participants: one node per line or FILE:COLUMN; or one comma-separated set per line, and the sets are "
    "solved one by one.",
)
@opt.integer(
    "-k",
    "--k",
    high=2**31 - 1,
    help="Number of friends whom each participant may invite.  [required without --capacities]",
)
@click.option(
    "--capacities",
    metavar="FILE",
    help="Number of friends whom each participant may invite, a node and a number per line or FILE:NODE:NUMBER; --k "
    "applies to the others.",
)
@opt.model_options
@opt.deadline_options
@opt.algorithm_option("capacity")
@opt.epsilon_option("capacity")
@opt.delta_option
@opt.max_memory_option
@scheduler_option
@opt.oracle_options("capacity", ["rr", "simulation", "exact"], simulations=" and with --compare")
@opt.choice(
    "--spare",
    values=["uninvited", "empty", "all"],
    help="Invitations that add no measurable spread: use them for friends whom nobody has invited, do not use them, or "
    "use all.  [default: uninvited]",
)
@acceptance_option("capacity")
@discount_option("capacity")
@click.option("--compare", is_flag=True, help="Print a table that compares algorithms, instead of the friends.")
@opt.algorithms_option(
    "capacity", " A name may end in an oracle, as in mg-greedy:simulation. Implies --compare.  [default: all]"
)
@opt.format_option("table", "json", "csv", note="csv: a row per invitation, or per algorithm.")
@opt.report_option
@opt.common_options
def assign_invitations(
    context: Context,
    active: str,
    k: int | None,
    capacities: str | None,
    node_weights: str | None,
    compare: bool,
    algorithms: str | None,
    report_file: str | None,
    **options: Any,
) -> int:
    """Choose the friends whom each active participant of GRAPH invites, so that their joint spread is largest.

    GRAPH is a file, - for standard input, or the name of a graph: see imax seed --help. Participants may invite nodes
    that they have an arc to and that are not active; the spread counts only nodes that are not active. Ctrl-C prints
    the best result so far.
    """
    if k is None and capacities is None:
        raise WrongUsage("Missing option '-k' / '--k' (or --capacities)")
    files = {"GRAPH": context.source, "--active": active, "--capacities": capacities, "--node-weights": node_weights}
    files |= {"--delay": options["delay"], "--acceptance": options["acceptance"]}
    reject_two_stdin(**files)
    check_report(report_file)
    if report_file is not None and (compare or algorithms is not None):
        raise WrongUsage("--report cannot go with --compare")
    if compare or algorithms is not None:
        reject_options(options, _NOT_WITH_COMPARE, "--compare; name the algorithms by --algorithms")
    graph = context.open_graph()
    options |= {
        "acceptance": read_acceptance(context, graph, options["acceptance"]),
        "node_weights": read_weights(context, graph, node_weights),
        "delay": read_delay(options["delay"], graph),
        "client": connect(options["client"]),
    }
    arguments = given(options)
    arguments |= context.work
    if options["acceptance"] is not None and context.on_missing is not None:
        arguments["on_missing"] = context.on_missing
    sets = _read_active(context, graph, active)
    slots = _read_capacities(context, graph, capacities, sets)
    context.print_notes()
    problems = [_problem(graph, labels, k, slots, context.threads) for labels in sets]
    if compare or algorithms is not None:
        text, interrupted = _compare(context, graph, problems, algorithms or "all", arguments)
    else:
        text, interrupted = _assign(context, graph, problems, context.after_reading(arguments), report_file)
    return context.finish(text, interrupted)


def _read_active(context: Context, graph: "InfluenceGraph", path: str) -> list[list[Any]]:
    """Return the sets of active participants in a file, or the one set in a column."""
    from ..io import read_active_sets
    from ..io.node_columns import file_columns

    reader = context.reader(graph)
    if file_columns(path, 1).columns:
        ids = reader.nodes(Path(path), "active")
        return [[] if ids is None else graph.labels_of(ids)]
    if reader.on_missing == "error":
        return read_active_sets(path, graph)
    return read_active_sets(path, graph, ignored=reader.notes)


def _read_capacities(
    context: Context, graph: "InfluenceGraph", path: str | None, sets: list[list[Any]]
) -> dict[Any, int]:
    """Return the capacities of a file, whose nodes must be participants unless ``--on-missing`` allows others."""
    if path is None:
        return {}
    from ..graph.node_values import examples
    from ..io.text import integer

    known = {label for labels in sets for label in labels}
    reader = context.reader(graph)
    texts = reader.texts(Path(path), "capacity")
    others = [label for label in texts if label not in known]
    if others:
        shown = examples(others, len(others))
        if reader.on_missing == "error":
            more = f" ({len(others):,} such labels: {shown})" if len(others) > 1 else ""
            raise FileFormatError(
                f"{path}: {others[0]!r} is no active participant; leave it out{more}, or use --on-missing drop"
            )
        reader.notes.append(f"{path}: {len(others):,} labels are no active participants and are ignored ({shown})")
    found = {}
    for label, text in texts.items():
        if label not in known:
            continue
        number = integer(text)
        if number is None:
            raise FileFormatError(f"{path}: the capacity of {label!r} must be a whole number, got {text!r}")
        if number < 1:
            raise FileFormatError(f"{path}: the capacity of {label!r} must be at least 1, got {number}")
        found[label] = number
    return found


def _problem(
    graph: "InfluenceGraph", active: list[Any], k: int | None, capacities: dict[Any, int], threads: int | None
) -> "CapacityProblem":
    """Return the problem of one set of participants."""
    from ..capacity import CapacityProblem

    capacity: dict[Any, int] = {}
    for participant in active:
        slots = capacities.get(participant, k)
        if slots is None:
            raise FileFormatError(
                f"--capacities has no number for {participant!r}; list it, or give --k for those left out"
            )
        capacity[participant] = slots
    return CapacityProblem(graph, active, capacity, threads=threads)


def _assign(
    context: Context,
    graph: "InfluenceGraph",
    problems: list["CapacityProblem"],
    arguments: dict[str, Any],
    report_file: str | None,
) -> tuple[str, bool]:
    """Return the text of the assignments, and whether the run was interrupted."""
    from ..capacity import assign

    def solve(problem: "CapacityProblem", prefix: str) -> Any:
        context.status.show(prefix)
        return assign(problem, progress=selection_progress(context.status), **arguments)

    if report_file is not None and len(problems) > 1:
        raise WrongUsage(f"--report is for one set of active participants; --active has {len(problems)}")
    found, interrupted = _solve_each(problems, solve)
    context.write_report(report_file, found[0])
    return as_assignments(context, graph, found), interrupted


def _compare(
    context: Context,
    graph: "InfluenceGraph",
    problems: list["CapacityProblem"],
    algorithms: str,
    arguments: dict[str, Any],
) -> tuple[str, bool]:
    """Return the text of the comparisons, and whether the run was interrupted."""
    from ..capacity import compare

    def solve(problem: "CapacityProblem", prefix: str) -> Any:
        return compare(problem, algorithms, progress=algorithm_progress(context.status, f"{prefix}: "), **arguments)

    found, interrupted = _solve_each(problems, solve)
    return as_comparisons(context, graph, found), interrupted


def _solve_each(
    problems: list["CapacityProblem"], solve: "Callable[[CapacityProblem, str], Any]"
) -> tuple[list[Any], bool]:
    """Return the results of the problems until an interrupt, and whether one came; one before any result is raised."""
    found: list[Any] = []
    try:
        for index, problem in enumerate(problems, 1):
            found.append(solve(problem, f"set {index} of {len(problems)}"))
            if found[-1].stop_reason == "interrupted":
                return found, True
    except KeyboardInterrupt:
        if not found:
            raise
        return found, True
    return found, False
