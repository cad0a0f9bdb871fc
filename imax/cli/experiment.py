"""``imax experiment``: assign participants to the arms of a cluster-randomized experiment."""

from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from . import options as opt
from .arguments import reject_two_stdin
from .context import Context, command
from .errors import WrongUsage
from .output import as_csv, as_facts, as_table
from .participants import read_active

if TYPE_CHECKING:
    from ..capacity import Experiment
    from ..graph.influence_graph import InfluenceGraph
    from .facts import Fact

__all__ = ["assign_arms"]


@command(
    "experiment",
    "Assign participants to the arms of an experiment.",
    examples=(
        "imax experiment --active players.txt friends.txt.gz",
        "imax experiment --active players.txt --arms 3 --format csv -o arms.csv friends.imax",
        "imax experiment --active players.txt --baseline 0.1 --correlation 0.02 friends.imax",
    ),
)
@opt.graph_options
@click.option(
    "--active", required=True, metavar="FILE", help="Participants of the experiment, one per line or FILE:COLUMN."
)
@opt.choice(
    "--on-missing",
    values=["error", "drop"],
    default="error",
    help="What to do with participants who are not in GRAPH: stop with an error, or ignore them.",
)
@opt.integer("--arms", "n_arms", low=2, default=2, show_default=True, help="Number of arms.")
@opt.number(
    "--resolution",
    rule=check.positive,
    default=1.0,
    show_default=True,
    help="Larger values give smaller communities: more of them, and more arcs between arms.",
)
@opt.number(
    "--baseline",
    help="Rate without the treatment, such as the share of participants who bring a friend. With --correlation, the "
    "smallest difference that the experiment detects is printed, too.",
)
@opt.number(
    "--correlation",
    rule=check.probability,
    help="Intracluster correlation of the rate: the share of its variance that lies between communities.",
)
@opt.number("--level", default=0.05, show_default=True, help="Two-sided level of the test.")
@opt.number("--power", default=0.8, show_default=True, help="Probability to detect that difference.")
@opt.format_option("table", "json", "csv", note="csv: a row per participant.")
@opt.common_options
def assign_arms(
    context: Context,
    active: str,
    n_arms: int,
    resolution: float,
    baseline: float | None,
    correlation: float | None,
    level: float,
    power: float,
) -> int:
    """Assign participants of GRAPH to the arms of an experiment, whole communities at a time.

    GRAPH is a file, - for standard input, or the name of a graph: see imax seed --help. Two friends in different arms
    influence each other, which hides the effect of a treatment. So the participants are divided into communities by
    Louvain's algorithm, and communities of similar size go to different arms at random.
    """
    from ..capacity import randomize

    if (baseline is None) != (correlation is None):
        raise WrongUsage("--baseline and --correlation require each other; give both")
    reject_two_stdin(**{"GRAPH": context.source, "--active": active})
    graph = context.open_graph()
    sets = read_active(context, graph, active)
    context.print_notes()
    if len(sets) > 1:
        raise WrongUsage(f"--active must be one set of participants; it has {len(sets)}")
    found = randomize(graph, sets[0], n_arms, resolution=resolution, rng=context.rng)
    effect = None
    if baseline is not None and correlation is not None:
        effect = found.detectable_effect(baseline, correlation, level=level, power=power)
    return context.finish(_as_text(context, graph, found, effect))


def _as_text(context: Context, graph: "InfluenceGraph", found: "Experiment", effect: float | None) -> str:
    """Return the arms in the format of ``--format``."""
    rows = [(u, arm, found.communities[u]) for u, arm in found.arms.items()]
    if context.form == "json":
        record: dict[str, Any] = found.to_dict() if effect is None else {**found.to_dict(), "detectable_effect": effect}
        return context.as_json(record)
    if context.form == "csv":
        return as_csv(("participant", "arm", "community"), rows)
    cells = [(str(u), str(arm), str(community)) for u, arm, community in rows]
    table = as_table(("participant", "arm", "community"), cells, (graph.labels.kind != "object", True, True))
    facts: list[Fact] = [
        ("Participants", f"{len(rows):,} of {graph.n_nodes:,} nodes"),
        ("Communities", f"{len(set(found.communities.values())):,}"),
        ("Sizes of the arms", ", ".join(f"{size:,}" for size in found.sizes)),
        ("Arcs between arms", f"{found.crossing:.1%} of the arcs between participants"),
        *([] if effect is None else [("Detectable effect", f"a difference of {effect:.3g} between two arms")]),
        ("Random seed", str(context.rng)),
    ]
    return f"{table}\n{as_facts(facts)}"
