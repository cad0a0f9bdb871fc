"""``imax seed``: choose seeds."""

from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from . import options as opt
from ._algorithms import registry_of
from .arguments import files_of, given, read_arguments, reject_options, reject_two_stdin
from .cluster import scheduler_option
from .context import Context, command
from .errors import WrongUsage
from .progress import selection_progress, simulation_progress
from .seed_output import Answer, as_answer

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import SelectionResult, SpreadEstimate

__all__ = ["choose_seeds"]

_MIN_SECONDS = 0.1  # of a verification after the time limit
_SIMULATED = ("model", "node_weights", "max_steps", "deadline", "delay", "client")
_NOT_WITH_TARGET = (
    "k", "algorithm", "budget", "quotas", "group_budgets", "certify", "n_rr_sets", "oracle", "n_simulations",
)  # fmt: skip
_LIMITS = frozenset({"budget", "quotas", "group_budgets"})


@command(
    "seed",
    "Choose the k most influential nodes.",
    examples=(
        "imax seed --k 10 karate",
        "imax seed --k 50 friends.txt.gz",
        "imax seed --k 50 --undirected --probability uniform:0.05 friends.csv",
        "imax seed --k 20 --model lt --verify 10000 --random-seed 7 friends.mtx",
        "imax seed --k 50 --format plain --output seeds.txt friends.imax",
        "zcat friends.txt.gz | imax seed --k 5 --format json -",
        "imax seed --k 50 --algorithm degree-discount --certify friends.imax",
        "imax seed --costs prices.txt --budget 1000 friends.imax",
        "imax seed --k 20 --groups teams.txt --quota 3 friends.imax",
        "imax seed --k 20 --groups teams.txt --quota red=2..5 --costs prices.txt --group-budget red=100 friends.imax",
        "imax seed --k 10 --start running.txt friends.imax",
        "imax seed --target-spread 5000 friends.imax",
        "imax seed --k 20 --deadline 7 --delay exponential:2 friends.imax",
        "imax seed --k 100 --curve --plot curve.png friends.imax",
        "imax seed --k 20 --uncertainty 0.2 friends.imax",
        "imax seed --k 5,10,20 --curve --algorithm degree-discount friends.imax",
    ),
    partial_results=True,
)
@opt.numbers_of_seeds(
    "Number of seeds; with --budget and --quota, the largest number. Several numbers: with --curve.  "
    "[required without --budget, --quota, --group-budget and --target-spread]",
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
@opt.number(
    "--target-spread",
    metavar="SPREAD",
    rule=check.positive,
    help="Choose as few seeds as possible whose spread is certified to be at least this. It replaces --k.",
)
@click.option("--certify", is_flag=True, help="Add a certificate if the algorithm has none.")
@opt.oracle_options("selection", ["simulation", "rr", "exact"])
@opt.integer(
    "--verify", low=2, help="Also estimate the spread by N simulations that are independent of the choice of the seeds."
)
@click.option(
    "--robust",
    is_flag=True,
    help="Choose seeds that are good for all probabilities within the intervals that GRAPH holds: see imax learn.",
)
@opt.number(
    "--uncertainty",
    metavar="SHARE",
    rule=check.probability,
    help="The same with intervals of p (1 - SHARE) to p (1 + SHARE). It implies --robust.",
)
@click.option("--curve", is_flag=True, help="Print the spread and its bounds for every number of seeds up to k.")
@click.option("--plot", metavar="FILE", help="Draw the curve to a .png, .pdf or .svg file. It requires matplotlib.")
@opt.format_option("table", "json", "csv", "plain", note="plain: one node per line.")
@opt.common_options
def choose_seeds(
    context: Context,
    verify: int | None,
    robust: bool,
    uncertainty: float | None,
    curve: bool,
    plot: str | None,
    **options: Any,
) -> int:
    """Choose the k nodes of GRAPH with the largest spread, with a certificate.

    The spread is the expected number of nodes that the seeds reach together. GRAPH is one of: a file (an edge list or
    CSV, plain or compressed; Parquet, GraphML, GEXF, GML, Pajek, JSON, Matrix Market; or a file that imax convert
    wrote); - for standard input; the name of a graph (karate, lesmis and others; the files of the larger ones are in
    the folder IMAX_DATA); or the name of a generated graph (rmat:16).

    Ctrl-C stops the search and prints the best seeds so far.
    """
    if not given({name: options[name] for name in ("k", "target_spread", *_LIMITS)}):
        raise WrongUsage("Missing option '-k' / '--k' (or --budget, --quota, --group-budget or --target-spread)")
    reject_two_stdin(GRAPH=context.source, **files_of(options))
    if options["algorithm"] == _default_algorithm(options):
        options["algorithm"] = None
    if options["target_spread"] is not None:
        reject_options(options, _NOT_WITH_TARGET, "--target-spread")
    curve = curve or plot is not None
    if curve:
        from .curve import check_curve, print_curve

        check_curve({**options, "verify": verify}, plot)
    elif isinstance(options["k"], list):
        raise WrongUsage("--k takes several numbers only with --curve")
    robust = robust or uncertainty is not None
    if robust:
        from .robust import check_robust, print_robust

        check_robust({**options, "verify": verify})
        if curve:
            raise WrongUsage("--robust and --uncertainty do not support --curve")
    began = perf_counter()
    graph = context.open_graph()
    with context.import_time():  # it takes longer than reading a small graph
        from .. import selection  # noqa: F401
    arguments = context.after_reading(read_arguments(context, graph, options))
    reading = perf_counter() - began - context.importing
    context.status.show("selecting")
    if curve:
        return print_curve(context, graph, arguments, plot)
    if robust:
        return print_robust(context, graph, arguments, uncertainty)
    result = _select(context, graph, arguments)
    interrupted = result.stop_reason == "interrupted"
    verification = None
    if verify is not None and not interrupted:
        verification = _verify(context, graph, result, verify, arguments)
        interrupted = verification is None or verification.stop_reason == "interrupted"
    answer = Answer(graph, result, verification, frozenset(arguments.keys() & _LIMITS), reading)
    return context.finish(as_answer(context, answer), interrupted, notes=result.notes)


def _default_algorithm(options: dict[str, Any]) -> str | None:
    """Return the name of the default algorithm, without importing the registry if no algorithm is given."""
    return None if options["algorithm"] is None else next(iter(registry_of("selection")))


def _select(context: Context, graph: "InfluenceGraph", arguments: dict[str, Any]) -> "SelectionResult":
    arguments = arguments | context.work
    progress = selection_progress(context.status)
    from ..selection import maximize, minimize_seeds

    if "target_spread" in arguments:
        return minimize_seeds(graph, arguments.pop("target_spread"), progress=progress, **arguments)
    return maximize(graph, progress=progress, **arguments)


def _verify(
    context: Context, graph: "InfluenceGraph", result: "SelectionResult", n: int, arguments: dict[str, Any]
) -> "SpreadEstimate | None":
    """Simulate the seeds with random numbers that no selection uses; return None if interrupted before an estimate."""
    from .._utils.streams import Stream, stream_key
    from ..diffusion.simulation import spread

    limit = arguments.get("time_limit")
    try:
        return spread(
            graph,
            [*arguments.get("start", ()), *result.seeds],
            n_simulations=n,
            rng=stream_key(result.rng_key, Stream.VERIFICATION),
            threads=context.threads,
            progress=simulation_progress(context.status, "verifying: "),
            time_limit=None if limit is None else max(limit - result.seconds["total"], _MIN_SECONDS),
            **{name: arguments[name] for name in _SIMULATED if name in arguments},
        )
    except KeyboardInterrupt:
        return None
