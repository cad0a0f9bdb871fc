"""``imax spread``: estimate the spread of given seeds by simulation."""

from typing import TYPE_CHECKING, Any

from . import options as opt
from .arguments import read_delay, read_seeds, read_weights, reject_two_stdin, require_seeds
from .cluster import connect, scheduler_option
from .context import Context, command
from .facts import Fact, graph_fact, time_fact
from .output import as_facts
from .progress import simulation_progress

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import SpreadEstimate

__all__ = ["estimate_spread"]


@command(
    "spread",
    "Estimate the spread of given seeds.",
    examples=(
        "imax spread --seed 0 --seed 33 karate",
        "imax spread --seeds seeds.txt --simulations 100000 friends.txt.gz",
        "imax seed --k 5 --format plain g.imax | imax spread --seeds - g.imax",
    ),
    partial_results=True,
)
@opt.graph_options
@opt.seed_options
@opt.model_options
@opt.deadline_options
@scheduler_option
@opt.integer(
    "--simulations", "n_simulations", default=10_000, show_default=True, low=2, help="Number of simulated cascades."
)
@opt.number("--confidence", default=0.95, show_default=True, help="Level of the confidence interval.")
@opt.format_option("table", "json", "plain", note="plain: only the estimate.")
@opt.common_options
def estimate_spread(
    context: Context,
    seed_file: str | None,
    seed_labels: tuple[str, ...],
    node_weights: str | None,
    delay: str | None,
    client: str | None,
    **options: Any,
) -> int:
    """Estimate the spread of seeds in GRAPH by simulation, with a confidence interval.

    The spread is the expected number of nodes that the seeds reach, the seeds included. GRAPH is a file, - for standard
    input, or the name of a graph: see imax seed --help. Ctrl-C stops the simulations and prints the estimate so far.
    """
    require_seeds(seed_file, seed_labels)
    reject_two_stdin(
        **{"GRAPH": context.source, "--seeds": seed_file, "--node-weights": node_weights, "--delay": delay}
    )
    graph = context.open_graph()
    seeds = read_seeds(context, graph, seed_file, seed_labels)
    from ..diffusion.simulation import spread

    delays = read_delay(context, graph, delay, options["deadline"], options["max_steps"])
    weights, progress = read_weights(context, graph, node_weights), simulation_progress(context.status)
    options = context.after_reading(options) | {"client": connect(client)}
    estimate = spread(graph, seeds, node_weights=weights, delay=delays, progress=progress, **context.work, **options)
    return context.finish(
        _text(context, graph, estimate), estimate.stop_reason == "interrupted", "this is the estimate so far",
        estimate.notes,
    )  # fmt: skip


def _text(context: Context, graph: "InfluenceGraph", estimate: "SpreadEstimate") -> str:
    if context.form == "plain":
        return f"{estimate.spread!r}\n"
    if context.form == "json":
        return context.as_json(estimate.to_dict())
    low, high = estimate.interval
    interval = f"{100 * estimate.confidence:.4g} % interval {low:,.2f} to {high:,.2f}"
    facts: list[Fact] = [
        ("Spread", f"{estimate.spread:,.2f} ({interval})"),
        ("Standard error", f"{estimate.std_error:.3g}"),
        ("Seeds", f"{estimate.n_seeds:,}"),
        graph_fact(graph, estimate),
        ("Simulations", f"{estimate.n_simulations:,} ({estimate.stop_reason})"),
        time_fact(f"{estimate.seconds:.2f} s"),
        ("Random seed", str(context.rng)),
    ]
    return as_facts(facts)
