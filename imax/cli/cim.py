"""``imax cim``: whom each active participant invites, within capacities."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ..errors import FileFormatError, InvalidArgumentError
from ._cim_text import as_assignments, as_comparisons
from ._errors import INTERRUPTED, Command, WrongUsage
from ._output import check_place, emit, output_option
from ._selection import precision_options, shower
from ._shared import (
    Status,
    both,
    checked,
    common_options,
    graph_options,
    one_stdin,
    print_notes,
    read,
    split_reading,
    weights_from,
    work_options,
)

if TYPE_CHECKING:
    from ..capacity import Assignment, CapacityComparison, CapacityProblem
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["command"]

_SELECTING = ("algorithm", "oracle", "n_rr_sets", "spare", "max_memory")  # what --compare does not take


def _check_algorithm(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value != "rr-opim+":  # the default needs no registry
        from ..capacity import ALGORITHMS

        checked(check.one_of, "algorithm", tuple(ALGORITHMS))(ctx, param, value)
    return value


_capacity_options = both(
    click.option(
        "--active",
        required=True,
        metavar="FILE",
        help="The active participants: a set on each line, apart by commas, each a problem of its own; or one set, a "
        "node a line.",
    ),
    click.option(
        "-k",
        "--k",
        type=int,
        callback=checked(check.count, "k", high=2**31 - 1),
        help="How many friends each can invite.  [required without --capacities]",
    ),
    click.option(
        "--capacities",
        metavar="FILE",
        help="How many friends each can invite: lines of a node and a number; --k is for those left out.",
    ),
)
_method_options = both(
    click.option(
        "--algorithm",
        default="rr-opim+",
        show_default=True,
        callback=_check_algorithm,
        help="How to select: rr-opim+, rr-opim, mg-opim; rr-greedy, mg-greedy; each for itself: degree, pagerank, "
        "opim-c, imm.",
    ),
    click.option(
        "--epsilon",
        type=float,
        callback=checked(check.open_unit, "epsilon"),
        help="How close to stop; smaller is better and slower.  [default: 0.02; opim-c, imm: 0.1]",
    ),
    precision_options,
    click.option(
        "--oracle",
        type=click.Choice(["rr", "simulation", "exact"]),
        help="What tells the spreads to rr-greedy and mg-greedy.  [default: rr]",
    ),
    click.option(
        "--n-rr-sets",
        type=int,
        metavar="N",
        callback=checked(check.count, "n_rr_sets"),
        help="How many RR sets --oracle rr draws.  [default: 100000]",
    ),
    click.option(
        "--simulations",
        "n_simulations",
        type=int,
        metavar="N",
        callback=checked(check.count, "n_simulations", low=2),
        help="How many cascades --oracle simulation, and --compare, simulate for each spread.  [default: 10000]",
    ),
    click.option(
        "--spare",
        type=click.Choice(["uninvited", "empty", "all"]),
        help="Invitations where nobody left adds anything that can be seen: use them on friends whom nobody has "
        "invited, leave them, or use all.  [default: uninvited]",
    ),
)


@click.command(
    "cim",
    cls=Command,
    short_help="Choose whom each active participant invites.",
    epilog="""\b
Examples:
  imax cim --active players.txt --k 10 friends.txt.gz
  imax cim --active players.txt --capacities slots.txt --format csv --output invitations.csv friends.imax
  imax cim --active sets.ap --k 10 --algorithm mg-greedy --oracle simulation friends.txt
  imax cim --active sets.ap --k 10 --compare friends.txt""",
)
@graph_options
@_capacity_options
@work_options
@_method_options
@click.option("--compare", is_flag=True, help="Print a table of all methods in place of the friends.")
@click.option(
    "--methods",
    metavar="NAMES",
    help="Compare these, apart by commas, as in rr-opim+,mg-greedy:simulation,degree.  [default: all]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="csv: a row for each invitation, or for each method.",
)
@output_option
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    graph: str,
    active: str,
    k: int | None,
    capacities: str | None,
    compare: bool,
    methods: str | None,
    form: str,
    output: str,
    quiet: bool,
    **options: Any,
) -> int:
    """Choose whom each active participant of GRAPH invites, so that together they reach the most others.

    GRAPH is what it is for imax seed: a file, - for standard input, or a name. Participants invite nodes that they have
    an arc to and that are not active themselves; only what is reached among these counts. Ctrl-C prints the best result
    so far.
    """
    check_place(output)
    if k is None and capacities is None:
        raise WrongUsage("Missing option '-k' / '--k' (or --capacities)")
    weights = options["node_weights"]
    one_stdin(**{"GRAPH": graph, "--active": active, "--capacities": capacities, "--node-weights": weights})
    if methods is not None:
        compare = True
    if compare:
        _refuse_selecting(ctx, options)
    reading, options = split_reading(options)
    status = Status(quiet)
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    from ..io import read_active_sets

    options["node_weights"] = weights_from(weights, network)
    sets = read_active_sets(active, network)
    given = _capacities(capacities, network, sets)
    problems = [_problem(network, labels, k, given, options["threads"]) for labels in sets]
    job = _Job(network, problems, {name: value for name, value in options.items() if value is not None}, status)
    if compare:
        text, interrupted = job.compared(methods or "all", form, graph)
    else:
        text, interrupted = job.assigned(form, graph)
    status.clear()
    emit(text, output)
    if interrupted:
        click.echo("imax: interrupted; this is the best result so far", err=True)
        return INTERRUPTED
    return 0


def _refuse_selecting(ctx: click.Context, options: dict[str, Any]) -> None:
    """Refuse options that are for one method, and take them out."""
    source = ctx.get_parameter_source
    for name in _SELECTING:
        if name in options:
            if source(name) is click.core.ParameterSource.COMMANDLINE:
                raise WrongUsage(f"--{name.replace('_', '-')} cannot go with --compare; name the methods by --methods")
            del options[name]


def _capacities(path: str | None, network: "InfluenceGraph", sets: list[list[Any]]) -> dict[Any, int]:
    """Return the numbers that a file gives; all of them must be for participants."""
    if path is None:
        return {}
    from ..io import read_node_texts

    known = {label for labels in sets for label in labels}
    found = {}
    for label, text in read_node_texts(path, network).items():
        if label not in known:
            raise FileFormatError(f"{path}: {label!r} is no active participant; leave it out")
        try:
            found[label] = check.count(int(text), f"{path}: the capacity of {label!r}")
        except InvalidArgumentError as error:
            raise FileFormatError(str(error)) from None
        except ValueError:
            raise FileFormatError(f"{path}: the capacity of {label!r} must be a whole number, got {text!r}") from None
    return found


def _problem(
    network: "InfluenceGraph", active: list[Any], k: int | None, capacities: dict[Any, int], threads: int | None
) -> "CapacityProblem":
    """Return the problem of one set."""
    from ..capacity import CapacityProblem

    capacity: dict[Any, int] = {}
    for ap in active:
        slots = capacities.get(ap, k)
        if slots is None:
            raise FileFormatError(f"--capacities has no number for {ap!r}; list it, or give --k for those left out")
        capacity[ap] = slots
    return CapacityProblem(network, active, capacity, threads=threads)


@dataclass(frozen=True)
class _Job:
    """The problems, one after the other."""

    network: "InfluenceGraph"
    problems: list["CapacityProblem"]
    options: dict[str, Any]
    status: Status

    def assigned(self, form: str, source: str) -> tuple[str, bool]:
        """Return the text of all assignments, and whether an interrupt came."""
        from ..capacity import assign

        found: list[Assignment] = []
        interrupted = False
        try:
            for number, problem in enumerate(self.problems, 1):
                self.status.show(f"set {number} of {len(self.problems)}")
                found.append(assign(problem, progress=shower(self.status), **self.options))
                if found[-1].stop_reason == "interrupted":
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            if not found:
                raise
            interrupted = True
        return as_assignments(form, self.network, found, source, self.options["rng"]), interrupted

    def compared(self, methods: str, form: str, source: str) -> tuple[str, bool]:
        """Return the text of all comparisons, and whether an interrupt came."""
        from ..capacity import compare

        found: list[CapacityComparison] = []
        interrupted = False
        try:
            for number, problem in enumerate(self.problems, 1):

                def show(name: str, done: int, total: int, number: int = number) -> None:
                    self.status.show(f"set {number} of {len(self.problems)}: {name} ({done} of {total} done)")

                shown = show if self.status.on else None
                found.append(compare(problem, methods, progress=shown, **self.options))
                if found[-1].stop_reason == "interrupted":
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            if not found:
                raise
            interrupted = True
        return as_comparisons(form, self.network, found, source, self.options["rng"]), interrupted
