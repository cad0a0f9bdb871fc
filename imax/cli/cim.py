"""``imax cim``: choose whom each active participant invites, within capacities."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from .._utils import check
from ..errors import FileFormatError
from . import options as opt
from .acceptance import acceptance_option, discount_option, read_acceptance
from .arguments import flag_of, given, read_delay, read_weights, reject_options, reject_two_stdin
from .cim_output import as_assignments, as_comparisons, as_diagnoses
from .cluster import connect, scheduler_option
from .context import Context, command
from .errors import WrongUsage
from .output import check_report
from .participants import read_active, read_capacities, read_costs
from .progress import algorithm_progress, selection_progress

if TYPE_CHECKING:
    from ..capacity import Assignment, CapacityProblem
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["assign_invitations"]

Solve: TypeAlias = (
    "Callable[[Context, InfluenceGraph, list[CapacityProblem], dict[str, Any]], tuple[str, list[Any], bool]]"
)

_CHOICE = ("n_inviters", "costs", "budget")
_NOT_WITH_COMPARE = ("algorithm", "oracle", "n_rr_sets", "spare", "max_memory", "acceptance", "discount", *_CHOICE)
_NOT_WITH_CHOICE = ("algorithm", "oracle", "n_rr_sets", "n_simulations", "acceptance", "discount")
_FOR_DIAGNOSIS = ("model", "delta", "n_rr_sets", "client")


@command(
    "cim",
    "Choose whom each active participant invites.",
    examples=(
        "imax cim --active players.txt --k 10 friends.txt.gz",
        "imax cim --active players.txt --capacities slots.txt --format csv g.imax",
        "imax cim --active sets.ap --k 10 --algorithm mg-greedy friends.txt",
        "imax cim --active players.txt --k 3 --acceptance arcs friends.imax",
        "imax cim --active players.txt --k 3 --n-inviters 100 friends.imax",
        "imax cim --active players.txt --k 3 --costs costs.txt --budget 500 friends.imax",
        "imax cim --active players.txt --k 3 --diagnose friends.imax",
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
@opt.integer("--n-inviters", help="Choose at most this many of the participants to invite, instead of all.")
@click.option(
    "--costs",
    metavar="FILE",
    help="Cost of choosing each participant, a node and a number per line or FILE:NODE:COST.",
)
@opt.number(
    "--budget",
    metavar="COST",
    rule=check.positive,
    help="Largest total cost of the participants who are chosen to invite. It requires --costs.",
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
@click.option(
    "--diagnose",
    is_flag=True,
    help="Print how much the lists of the participants and the spreads of their friends overlap, instead of the "
    "friends.",
)
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
    costs: str | None,
    node_weights: str | None,
    diagnose: bool,
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
    files |= {"--delay": options["delay"], "--acceptance": options["acceptance"], "--costs": costs}
    reject_two_stdin(**files)
    check_report(report_file)
    options |= {"costs": costs, "node_weights": node_weights}
    solve = _mode(options, diagnose=diagnose, compare=compare or algorithms is not None, report_file=report_file)
    graph = context.open_graph()
    options |= {
        "acceptance": read_acceptance(context, graph, options["acceptance"]),
        "node_weights": read_weights(context, graph, node_weights),
        "delay": read_delay(context, graph, options["delay"], options["deadline"], options["max_steps"]),
        "client": connect(options["client"]),
    }
    sets = read_active(context, graph, active)
    slots = read_capacities(context, graph, capacities, sets)
    if costs is not None:
        options["costs"] = read_costs(context, graph, costs, sets)
    arguments = given(options) | context.work
    if solve is _assign and options["acceptance"] is not None and context.on_missing is not None:
        arguments["on_missing"] = context.on_missing
    if solve is _compare:
        arguments["algorithms"] = algorithms or "all"
    context.print_notes()
    problems = [_problem(graph, labels, k, slots, context.threads) for labels in sets]
    if report_file is not None and len(problems) > 1:
        raise WrongUsage(f"--report is for one set of active participants; --active has {len(problems)}")
    text, found, interrupted = solve(context, graph, problems, arguments)
    context.write_report(report_file, found[0])
    return context.finish(text, interrupted, notes=[note for one in found for note in getattr(one, "notes", ())])


def _mode(options: dict[str, Any], *, diagnose: bool, compare: bool, report_file: str | None) -> "Solve":
    """Return the function that the options choose; reject options that exclude each other."""
    if diagnose:
        if compare or report_file is not None:
            raise WrongUsage(f"{'--compare' if compare else '--report'} cannot go with --diagnose")
        reject_options(options, tuple(name for name in options if name not in _FOR_DIAGNOSIS), "--diagnose")
        return _diagnose
    if compare:
        if report_file is not None:
            raise WrongUsage("--report cannot go with --compare")
        reject_options(options, _NOT_WITH_COMPARE, "--compare; name the algorithms by --algorithms")
    chosen = [name for name in _CHOICE if options[name] is not None]
    if chosen:
        reject_options(options, _NOT_WITH_CHOICE, flag_of(chosen[0]))
    return _compare if compare else _choose if chosen else _assign


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
    context: Context, graph: "InfluenceGraph", problems: list["CapacityProblem"], arguments: dict[str, Any]
) -> tuple[str, list[Any], bool]:
    """Return the assignments and their text, and whether the run was interrupted."""
    from ..capacity import assign

    return _assignments(context, graph, problems, assign, arguments)


def _choose(
    context: Context, graph: "InfluenceGraph", problems: list["CapacityProblem"], arguments: dict[str, Any]
) -> tuple[str, list[Any], bool]:
    """Return the chosen participants with their friends, their text, and whether the run was interrupted."""
    from ..capacity import choose_inviters

    return _assignments(context, graph, problems, choose_inviters, arguments)


def _assignments(
    context: Context,
    graph: "InfluenceGraph",
    problems: list["CapacityProblem"],
    function: Callable[..., "Assignment"],
    arguments: dict[str, Any],
) -> tuple[str, list[Any], bool]:
    """Return what a function makes of each problem, and its text."""
    arguments = context.after_reading(arguments)

    def solve(problem: "CapacityProblem", prefix: str) -> Any:
        context.status.show(prefix)
        own = {"costs": {label: arguments["costs"][label] for label in problem.active}} if "costs" in arguments else {}
        return function(problem, progress=selection_progress(context.status), **arguments | own)

    found, interrupted = _solve_each(problems, solve)
    return as_assignments(context, graph, found), found, interrupted


def _compare(
    context: Context, graph: "InfluenceGraph", problems: list["CapacityProblem"], arguments: dict[str, Any]
) -> tuple[str, list[Any], bool]:
    """Return the comparisons and their text, and whether the run was interrupted."""
    from ..capacity import compare

    def solve(problem: "CapacityProblem", prefix: str) -> Any:
        return compare(problem, progress=algorithm_progress(context.status, f"{prefix}: "), **arguments)

    found, interrupted = _solve_each(problems, solve)
    return as_comparisons(context, graph, found), found, interrupted


def _diagnose(
    context: Context, graph: "InfluenceGraph", problems: list["CapacityProblem"], arguments: dict[str, Any]
) -> tuple[str, list[Any], bool]:
    """Return the diagnoses and their text, and whether the run was interrupted."""
    from ..capacity import diagnose

    def solve(problem: "CapacityProblem", prefix: str) -> Any:
        context.status.show(prefix)
        return diagnose(problem, **arguments)

    found, interrupted = _solve_each(problems, solve)
    return as_diagnoses(context, graph, problems, found), found, interrupted


def _solve_each(
    problems: list["CapacityProblem"], solve: "Callable[[CapacityProblem, str], Any]"
) -> tuple[list[Any], bool]:
    """Return the results of the problems until an interrupt, and whether there was one.

    An interrupt before the first result is raised.
    """
    found: list[Any] = []
    try:
        for index, problem in enumerate(problems, 1):
            found.append(solve(problem, f"set {index} of {len(problems)}"))
            if getattr(found[-1], "stop_reason", None) == "interrupted":
                return found, True
    except KeyboardInterrupt:
        if not found:
            raise
        return found, True
    return found, False
