"""``imax seed``: choose the seeds."""

from dataclasses import dataclass
from itertools import accumulate
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ._errors import INTERRUPTED, Command, WrongUsage
from ._output import as_csv, as_facts, as_json, as_table, check_place, emit, output_option
from ._selection import (
    admission_options,
    algorithm_names,
    arguments_from,
    bound_facts,
    files_of,
    precision_options,
    shower,
)
from ._shared import (
    Status,
    checked,
    common_options,
    graph_options,
    one_stdin,
    print_notes,
    read,
    split_reading,
    work_options,
)

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import MaximizeResult, SpreadEstimate

__all__ = ["command"]


def _check_algorithm(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value != "opim-c":  # the default needs no registry
        from ..selection.registry import ALGORITHMS

        checked(check.one_of, "algorithm", tuple(ALGORITHMS))(ctx, param, value)
    return value


@click.command(
    "seed",
    cls=Command,
    short_help="Choose the k most influential nodes.",
    epilog="""\b
Examples:
  imax seed --k 10 karate
  imax seed --k 50 friends.txt.gz
  imax seed --k 50 --undirected --probability uniform:0.05 friends.csv
  imax seed --k 20 --model lt --verify 10000 --random-seed 7 friends.mtx
  imax seed --k 50 --format plain --output seeds.txt friends.imax
  zcat friends.txt.gz | imax seed --k 5 --format json -
  imax seed --k 50 --algorithm degree-discount --certify friends.imax
  imax seed --costs prices.txt --budget 1000 friends.imax
  imax seed --k 20 --groups teams.txt --quota 3 friends.imax
  imax seed --k 10 --start running.txt friends.imax
  imax seed --target-spread 5000 friends.imax
  imax seed --k 100 --curve --plot curve.png friends.imax""",
)
@click.option(
    "-k",
    "--k",
    type=int,
    callback=checked(check.count, "k"),
    help="How many seeds; with quotas the most in all.  [required without --budget, --quota and --target-spread]",
)
@graph_options
@work_options
@click.option(
    "--algorithm",
    default="opim-c",
    show_default=True,
    callback=_check_algorithm,
    shell_complete=algorithm_names,
    help="How to select: opim-c, imm, hist, ris; greedy, celf, celf++; degree, single-discount, degree-discount, "
    "pagerank, k-core, voterank, irie, random.",
)
@click.option(
    "--epsilon",
    type=float,
    callback=checked(check.open_unit, "epsilon"),
    help="How close to stop; smaller is better and slower.  [default: 0.01; imm: 0.1]",
)
@precision_options
@admission_options
@click.option(
    "--target-spread",
    type=float,
    metavar="SPREAD",
    callback=checked(check.positive, "target_spread"),
    help="Choose as few seeds as certainly have this spread; in place of --k.",
)
@click.option("--certify", is_flag=True, help="Add a certificate where the algorithm has none.")
@click.option(
    "--n-rr-sets",
    type=int,
    metavar="N",
    callback=checked(check.count, "n_rr_sets"),
    help="How many RR sets --algorithm ris and --oracle rr draw.  [default: 100000]",
)
@click.option(
    "--oracle",
    type=click.Choice(["simulation", "rr", "exact"]),
    help="What tells the spreads to greedy, celf and celf++.  [default: simulation]",
)
@click.option(
    "--simulations",
    "n_simulations",
    type=int,
    metavar="N",
    callback=checked(check.count, "n_simulations", low=2),
    help="How many cascades --oracle simulation simulates for each spread.  [default: 10000]",
)
@click.option(
    "--verify",
    type=int,
    metavar="N",
    callback=checked(check.count, "verify", low=2),
    help="Check the seeds by N forward simulations, independent of the choice.",
)
@click.option("--curve", is_flag=True, help="Print spread and bounds for every number of seeds up to k.")
@click.option("--plot", metavar="FILE", help="Draw that curve: .png, .pdf or .svg; needs matplotlib.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "plain"]),
    default="table",
    show_default=True,
    help="plain: one node a line.",
)
@output_option
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    graph: str,
    form: str,
    output: str,
    quiet: bool,
    verify: int | None,
    curve: bool,
    plot: str | None,
    **options: Any,
) -> int:
    """Choose the k nodes of GRAPH that together reach the most others, with a certificate.

    GRAPH is a file (an edge list, plain or compressed; Matrix Market; or one that imax convert wrote), - for
    standard input, the name of a known graph (karate, lesmis, ...; files of the larger ones in the folder
    IMAX_DATA), or a generated one (rmat:16).

    Ctrl-C ends the search and prints the best seeds so far.
    """
    check_place(output)
    sizes = (options[name] for name in ("k", "budget", "target_spread", "quotas"))
    if not any(size is not None and size != () for size in sizes):
        raise WrongUsage("Missing option '-k' / '--k' (or --budget, --quota or --target-spread)")
    one_stdin(GRAPH=graph, **files_of(options))
    if curve or plot is not None:
        from ._curve import check_curve

        check_curve(options, verify, plot)
    reading, options = split_reading(options)
    status = Status(quiet)
    began = perf_counter()
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    options = arguments_from(network, options)
    if options["epsilon"] is None:
        del options["epsilon"]
    seconds = perf_counter() - began
    status.show("selecting")
    if curve or plot is not None:
        from ._curve import draw_curve

        return draw_curve(network, graph, form, output, plot, status, options)

    from ..selection import maximize

    result = maximize(network, progress=shower(status), **options)
    verification, interrupted = None, result.stop_reason == "interrupted"
    if verify is not None and not interrupted:
        verification = _verify(network, result, verify, status, options)
        interrupted = verification is None or verification.stop_reason == "interrupted"
    status.clear()
    emit(_text(form, _Answer(graph, network, result, verification, options, seconds)), output)
    if interrupted:
        click.echo("imax: interrupted; this is the best result so far", err=True)
    return INTERRUPTED if interrupted else 0


@dataclass(frozen=True)
class _Answer:
    """All that is printed."""

    source: str
    network: "InfluenceGraph"
    result: "MaximizeResult"
    verification: "SpreadEstimate | None"
    options: dict[str, Any]
    reading: float


def _verify(
    network: "InfluenceGraph", result: "MaximizeResult", n: int, status: Status, options: dict[str, Any]
) -> "SpreadEstimate | None":
    """Simulate the result on a stream that the choice did not use; None where an interrupt came first."""
    from .._utils.streams import Stream, stream_key
    from ..diffusion.simulation import spread

    def show(done: int, total: int) -> None:
        status.show(f"verifying: {done:,} of {total:,} simulations")

    try:
        return spread(
            network,
            [*(options["start"] or ()), *result.seeds],
            n_simulations=n,
            rng=stream_key(result.rng_key, Stream.VERIFICATION),
            progress=show if status.on else None,
            **{name: options[name] for name in ("model", "node_weights", "threads")},
        )
    except KeyboardInterrupt:
        return None


def _text(form: str, answer: _Answer) -> str:
    result = answer.result
    if form == "json":
        return as_json(_record(answer))
    if form == "plain":
        return "".join(f"{label}\n" for label in result.seeds)
    columns: dict[str, list[float]] = {}
    if result.gains is not None:
        columns = {"gain": result.gains, "total": list(accumulate(result.gains))}
    if result.scores is not None:
        columns |= {"score": result.scores}
    head = ("rank", "node", *columns)
    rows = list(zip(range(1, len(result) + 1), result.seeds, *columns.values(), strict=True))
    if form == "csv":
        return as_csv(head, rows)
    cells = [(str(rank), str(label), *(f"{value:,.2f}" for value in values)) for rank, label, *values in rows]
    table = as_table(head, cells, (True, answer.network.labels.kind != "object", *(True for _ in columns)))
    return f"{table}\n{as_facts(_facts(answer))}"


def _record(answer: _Answer) -> dict[str, Any]:
    network, report = answer.network, answer.network.report
    about = {
        "source": answer.source,
        "nodes": network.n_nodes,
        "arcs": network.n_arcs,
        "directed": report.directed,
        "self_loops": report.self_loops,
        "parallel_arcs": report.parallel_arcs,
        "bad_lines": report.bad_lines,
        "notes": list(report.notes),
    }
    check = answer.verification
    return answer.result.to_dict() | {
        "random_seed": answer.options["rng"],
        "seconds": {"read": round(answer.reading, 6), **answer.result.seconds},
        "graph": about,
        "verification": None if check is None else check.to_dict(),
    }


def _facts(answer: _Answer) -> list[tuple[str, str]]:
    network, result = answer.network, answer.result
    seconds = {"read": answer.reading, **result.seconds}
    total = answer.reading + seconds.pop("total")
    phases = ", ".join(f"{phase} {value:.2f}" for phase, value in seconds.items())
    size = f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs"
    return [
        *bound_facts(result, _best(answer)),
        *_verified(answer),
        *_asked(answer),
        ("Algorithm", result.algorithm),
        ("Graph", f"{size}, {result.probability}, {result.model.upper()}"),
        *_samples(result),
        ("Stopped", result.stop_reason),
        ("Time", f"{total:.2f} s ({phases})"),
        ("Random seed", str(answer.options["rng"])),
    ]


def _best(answer: _Answer) -> str:
    """Say with what the seeds are compared."""
    result = answer.result
    if result.budget is not None:
        return "the best seeds that the budget pays for"
    seeds = f"{result.k} seeds" if result.k > 1 else "seed"
    return f"the best {seeds}" + (" that the quotas admit" if answer.options["quotas"] is not None else "")


def _verified(answer: _Answer) -> list[tuple[str, str]]:
    check = answer.verification
    if check is None:
        return []
    low, high = check.interval
    with_start = ", start nodes included" if answer.result.n_start else ""
    interval = f"95 % interval {low:,.1f} to {high:,.1f}"
    return [("Verified spread", f"{check.spread:,.1f}{with_start} ({interval}, {check.n_simulations:,} simulations)")]


def _asked(answer: _Answer) -> list[tuple[str, str]]:
    """Return how the seeds meet what was asked of them."""
    result, facts = answer.result, []
    if result.budget is not None:
        facts.append(("Cost", f"{result.total_cost:,g} of {result.budget:,g}"))
    if result.target_spread is not None:
        some = f"{len(result)} seeds; no fewer than {result.min_seeds} reach it"
        facts.append(("Target", f"{result.target_spread:,g} with {some}"))
    return facts


def _samples(result: "MaximizeResult") -> list[tuple[str, str]]:
    facts = []
    if result.n_rr_sets:
        rounds = f"{result.rounds} round" + "s" * (result.rounds != 1)
        facts.append(("RR sets", f"{result.n_rr_sets:,} with {result.n_rr_entries:,} nodes, in {rounds}"))
    if result.n_simulations:
        facts.append(("Simulations", f"{result.n_simulations:,}"))
    return facts
