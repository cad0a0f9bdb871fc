"""``imax certify``: bound the spread of given seeds and of the best possible ones."""

from typing import TYPE_CHECKING, Any

from . import options as opt
from .arguments import files_of, read_arguments, read_seeds, reject_two_stdin, require_seeds
from .cluster import scheduler_option
from .context import Context, command
from .facts import certificate_facts, closing_facts, graph_fact, rr_sets_fact
from .output import as_facts
from .progress import selection_progress

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import Certificate

__all__ = ["certify_seeds"]


@command(
    "certify",
    "Bound how far given seeds are from the best possible.",
    examples=(
        "imax certify --seed 0 --seed 33 karate",
        "imax certify --seeds mine.txt --probability uniform:0.01 friends.txt.gz",
        "imax seed --k 5 --format plain g.imax | imax certify --seeds - g.imax",
    ),
    partial_results=True,
)
@opt.graph_options
@opt.seed_options
@opt.integer("-k", "--k", help="Compare with the best k seeds.  [default: the number of given seeds]")
@opt.model_options
@opt.deadline_options
@opt.number(
    "--epsilon",
    default=0.02,
    show_default=True,
    help="Precision: how close the bounds come to those from unlimited sampling.",
)
@opt.delta_option
@opt.max_memory_option
@scheduler_option
@opt.constraint_options
@opt.format_option("table", "json", "plain", note="plain: only the certified ratio.")
@opt.common_options
def certify_seeds(context: Context, seed_file: str | None, seed_labels: tuple[str, ...], **options: Any) -> int:
    """Bound the spread of any seeds, and that of the best possible ones, by fresh RR sets.

    GRAPH is a file, - for standard input, or the name of a graph: see imax seed --help. The options on candidates,
    costs and groups define which seeds the given ones are compared with. Ctrl-C stops the sampling and prints the
    bounds so far.
    """
    require_seeds(seed_file, seed_labels)
    reject_two_stdin(**{"GRAPH": context.source, "--seeds": seed_file, **files_of(options)})
    graph = context.open_graph()
    seeds = read_seeds(context, graph, seed_file, seed_labels)
    arguments = context.after_reading(read_arguments(context, graph, options))
    from ..selection import certify

    found = certify(graph, seeds, progress=selection_progress(context.status), **context.work, **arguments)
    return context.finish(
        _text(context, graph, found), found.stop_reason == "interrupted", "these are the bounds so far", found.notes
    )


def _text(context: Context, graph: "InfluenceGraph", found: "Certificate") -> str:
    if context.form == "plain":
        return f"{found.ratio!r}\n"
    if context.form == "json":
        return context.as_json(found.to_dict())
    facts = [
        ("Seeds", f"{found.n_seeds:,}"),
        *certificate_facts(found, "the best seeds that may be chosen" if found.k > 1 else "the best seed"),
        graph_fact(graph, found),
        rr_sets_fact(found),
        ("Sampling", found.auto or ""),
        *closing_facts(found.stop_reason, f"{found.seconds['total']:.2f} s", context.rng),
    ]
    return as_facts(facts)
