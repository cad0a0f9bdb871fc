"""``imax seed``: choose the seeds."""

from dataclasses import dataclass
from itertools import accumulate
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from .. import _check
from ._errors import INTERRUPTED, Command
from ._output import as_csv, as_facts, as_json, as_table, check_place, emit, output_option
from ._shared import (
    Status,
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
    from ..algorithms._common import Progress
    from ..graph import InfluenceGraph
    from ..results import MaximizeResult, SpreadEstimate

__all__ = ["command"]

_NODE_FILES = ("candidates", "exclude", "node_weights")
_HEAD = ("rank", "node", "gain", "total")


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
  zcat friends.txt.gz | imax seed --k 5 --format json -""",
)
@click.option("-k", "--k", type=int, required=True, callback=checked(_check.count, "k"), help="How many seeds.")
@graph_options
@work_options
@click.option(
    "--epsilon",
    type=float,
    callback=checked(_check.open_unit, "epsilon"),
    help="How close to stop; smaller is better and slower.  [default: 0.01]",
)
@click.option(
    "--delta",
    type=float,
    callback=checked(_check.open_unit, "delta"),
    help="Probability with which the certificate may fail.  [default: 1/number of nodes]",
)
@click.option("--candidates", metavar="FILE", help="Nodes that alone may be seeds, one a line.")
@click.option("--exclude", metavar="FILE", help="Nodes that may not be seeds, one a line.")
@click.option(
    "--max-memory",
    metavar="SIZE",
    callback=checked(_check.memory_bytes),
    help="Bound on the memory of the samples, such as 500M or 2GiB; then stop with the best result so far.",
)
@click.option(
    "--verify",
    "n_simulations",
    type=int,
    metavar="N",
    callback=checked(_check.count, "n_simulations", low=2),
    help="Check the seeds by N forward simulations, independent of the choice.",
)
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
    n_simulations: int | None,
    **options: Any,
) -> int:
    """Choose the k nodes of GRAPH that together reach the most others, with a certificate.

    GRAPH is a file (an edge list, plain or compressed; Matrix Market; or one that imax convert wrote), - for
    standard input, the name of a known graph (karate, lesmis, ...; files of the larger ones in the folder
    IMAX_DATA), or a generated one (rmat:16).

    Ctrl-C ends the search and prints the best seeds so far.
    """
    check_place(output)
    files = {f"--{name.replace('_', '-')}": options[name] for name in _NODE_FILES}
    one_stdin(GRAPH=graph, **files)
    reading, options = split_reading(options)
    status = Status(quiet)
    began = perf_counter()
    network = read(graph, status, **reading)
    print_notes(network, ctx.command, quiet)
    options |= _node_files(network, **{name: options[name] for name in _NODE_FILES})
    seconds = perf_counter() - began
    result = _select(network, status, **options)
    verification, interrupted = None, result.stop_reason == "interrupted"
    if n_simulations is not None and not interrupted:
        verification = _verify(network, result, n_simulations, status, options)
        interrupted = verification is None or verification.stop_reason == "interrupted"
    status.clear()
    emit(_text(form, _Answer(graph, network, result, verification, options["rng"], seconds)), output)
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
    random_seed: int
    reading: float


def _node_files(
    network: "InfluenceGraph", *, candidates: str | None, exclude: str | None, node_weights: str | None
) -> dict[str, Any]:
    from ..io import read_labels

    return {
        "candidates": None if candidates is None else read_labels(candidates, network),
        "exclude": None if exclude is None else read_labels(exclude, network),
        "node_weights": weights_from(node_weights, network),
    }


def _select(network: "InfluenceGraph", status: Status, *, epsilon: float | None, **options: Any) -> "MaximizeResult":
    from ..algorithms import maximize

    def show(p: "Progress") -> None:
        status.show(
            f"round {p.round} of at most {p.rounds}: {p.n_rr_sets:,} RR sets, certified {p.ratio:.1%} "
            f"(target {p.target_ratio:.1%}), {p.seconds:.1f} s"
        )

    if epsilon is not None:
        options["epsilon"] = epsilon
    status.show("sampling")
    return maximize(network, progress=show if status.on else None, **options)


def _verify(
    network: "InfluenceGraph", result: "MaximizeResult", n: int, status: Status, options: dict[str, Any]
) -> "SpreadEstimate | None":
    """Simulate the result on a stream that the choice did not use; None where an interrupt came first."""
    from numpy.random import SeedSequence

    from ..simulation import spread

    def show(done: int, total: int) -> None:
        status.show(f"verifying: {done:,} of {total:,} simulations")

    try:
        return spread(
            network,
            result.seeds,
            n_simulations=n,
            rng=SeedSequence(list(result.rng_key), spawn_key=(2,)),  # 0 and 1 are those of the choice
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
    totals = accumulate(result.gains)
    rows = list(zip(range(1, len(result) + 1), result.seeds, result.gains, totals, strict=True))
    if form == "csv":
        return as_csv(_HEAD, rows)
    cells = [(str(rank), str(label), f"{gain:,.2f}", f"{total:,.2f}") for rank, label, gain, total in rows]
    table = as_table(_HEAD, cells, (True, answer.network.labels.kind != "object", True, True))
    return f"{table}\n{as_facts(_certificate(answer))}"


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
        "random_seed": answer.random_seed,
        "seconds": {"read": round(answer.reading, 6), **answer.result.seconds},
        "graph": about,
        "verification": None if check is None else check.to_dict(),
    }


def _certificate(answer: _Answer) -> list[tuple[str, str]]:
    network, result, check = answer.network, answer.result, answer.verification
    low, high = result.interval
    seconds = {"read": answer.reading, **result.seconds}
    total = answer.reading + seconds.pop("total")
    phases = ", ".join(f"{phase} {value:.2f}" for phase, value in seconds.items())
    size = f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs"
    best = f"{len(result)} seeds" if len(result) > 1 else "seed"
    facts = [
        ("Estimated spread", f"{result.spread:,.1f} (95 % interval {low:,.1f} to {high:,.1f})"),
        ("Lower bound", f"{result.lower_bound:,.1f} reached by these seeds at least"),
        ("Upper bound", f"{result.upper_bound:,.1f} reached by the best {best} at most"),
        ("Certified", f"at least {result.ratio:.1%} of the best possible"),
        ("Failure probability", f"{result.delta:.2g} that a bound is wrong"),
        ("Graph", f"{size}, {result.probability}, {result.model.upper()}"),
        ("RR sets", f"{result.n_rr_sets:,} with {result.n_rr_entries:,} nodes, in {result.rounds} rounds"),
        ("Stopped", result.stop_reason),
        ("Time", f"{total:.2f} s ({phases})"),
        ("Random seed", str(answer.random_seed)),
    ]
    if check is not None:
        low, high = check.interval
        found = f"{check.spread:,.1f} (95 % interval {low:,.1f} to {high:,.1f}"
        facts.insert(5, ("Verified spread", f"{found}, {check.n_simulations:,} simulations)"))
    return facts
