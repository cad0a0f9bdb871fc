"""What the commands that select or judge seeds share: which seeds are admitted, and how bounds are told."""

from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ..errors import FileFormatError, InvalidArgumentError
from ._errors import WrongUsage
from ._shared import both, checked, labels_from, weights_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..annotate import Selection
    from ..capacity import Assignment
    from ..graph.influence_graph import InfluenceGraph
    from ..results import Certificate, MaximizeResult
    from ..selection.base import Progress
    from ._shared import Status

__all__ = [
    "admission_options", "algorithm_names", "arguments_from", "bound_facts", "candidate_options", "files_of",
    "interval_facts", "precision_options", "seed_options", "seeds_from", "shower",
]  # fmt: skip

_LABEL_FILES = ("candidates", "exclude", "include", "start")
_VALUE_FILES = ("costs", "node_weights")

candidate_options = both(
    click.option("--candidates", metavar="FILE", help="Nodes that alone may be seeds, one a line."),
    click.option("--exclude", metavar="FILE", help="Nodes that may not be seeds, one a line."),
    click.option("--include", metavar="FILE", help="Nodes that are seeds in any case, one a line."),
)
admission_options = both(
    candidate_options,
    click.option(
        "--start", metavar="FILE", help="Nodes that are active already, one a line; what seeds add to them counts."
    ),
    click.option("--costs", metavar="FILE", help="What each node costs as a seed: lines of a node and a number."),
    click.option(
        "--budget",
        type=float,
        metavar="COST",
        callback=checked(check.positive, "budget"),
        help="What all seeds may cost together; goes with --costs, in place of --k.",
    ),
    click.option("--groups", metavar="FILE", help="The group of each node that has one: lines of a node and a name."),
    click.option(
        "--quota",
        "quotas",
        multiple=True,
        metavar="[GROUP=]N",
        help="The most seeds of each group, or of the group named; may be given again.",
    ),
)
precision_options = both(
    click.option(
        "--delta",
        type=float,
        callback=checked(check.open_unit, "delta"),
        help="Probability with which the certificate may fail.  [default: 1/number of nodes]",
    ),
    click.option(
        "--max-memory",
        metavar="SIZE",
        callback=checked(check.memory_bytes),
        help="Bound on the memory of the samples, such as 500M or 2GiB; then stop with the best result so far.",
    ),
)

seed_options = both(
    click.option("--seeds", "seed_file", metavar="FILE", help="The seeds, one a line; - for standard input."),
    click.option("--seed", "seed_labels", multiple=True, metavar="NODE", help="A seed; may be given again."),
)


def algorithm_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of an algorithm."""
    from ..selection.registry import ALGORITHMS

    return [name for name in ALGORITHMS if name.startswith(incomplete)]


def files_of(options: dict[str, Any]) -> dict[str, str | None]:
    """Return the files that options name, by option."""
    names = (*_LABEL_FILES, *_VALUE_FILES, "groups")
    return {f"--{name.replace('_', '-')}": options[name] for name in names if name in options}


def arguments_from(network: "InfluenceGraph", options: dict[str, Any]) -> dict[str, Any]:
    """Return the options as the library's arguments: labels, values and groups in place of files."""
    from ..graph.node_values import node_costs
    from ..io import read_labels, read_node_texts, read_node_values

    found = dict(options)
    for name in _LABEL_FILES:
        if options.get(name) is not None:
            found[name] = read_labels(options[name], network)
    found["node_weights"] = weights_from(options.get("node_weights"), network)
    if options.get("costs") is not None:
        found["costs"] = read_node_values(options["costs"], network)
        try:
            node_costs(network, found["costs"])
        except InvalidArgumentError as error:
            raise FileFormatError(f"{options['costs']}: {error}") from None
    if options.get("groups") is not None:
        found["groups"] = read_node_texts(options["groups"], network)
    if "quotas" in options:
        found["quotas"] = _quotas(options["quotas"])
    return found


def _quotas(texts: tuple[str, ...]) -> int | dict[str, int] | None:
    """Return one quota for all groups, or a quota by group."""
    if not texts:
        return None
    found: dict[str, int] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        try:
            quota = check.count(int(number), "--quota", low=0)
        except (ValueError, InvalidArgumentError):
            raise WrongUsage(f"--quota must be a whole number, or GROUP=NUMBER, got {text!r}") from None
        if not equals:
            if len(texts) > 1:
                raise WrongUsage(f"--quota {text} is for all groups; it cannot be given with another")
            return quota
        if name in found:
            raise WrongUsage(f"--quota names the group {name!r} twice")
        found[name] = quota
    return found


def shower(status: "Status") -> "Callable[[Progress], None] | None":
    """Return a function that shows how far a selection is; None where nobody looks."""

    def show(p: "Progress") -> None:
        if p.n_rr_sets:
            target = f" (target {p.target_ratio:.1%})" if p.target_ratio else ""
            status.show(
                f"round {p.round} of at most {p.rounds}: {p.n_rr_sets:,} RR sets, certified {p.ratio:.1%}{target}, "
                f"{p.seconds:.1f} s"
            )
        else:
            status.show(f"{p.round} of {p.rounds} seeds, {p.seconds:.1f} s")

    return show if status.on else None


def bound_facts(result: "MaximizeResult | Certificate", best: str) -> list[tuple[str, str]]:
    """Return what is certain in words; `best` says with what the seeds are compared."""
    if result.interval is None:
        return [("Certificate", "none: this algorithm has none of its own; --certify adds one")]
    facts = []
    if result.start_spread is not None:
        facts.append(("Start nodes", f"{result.start_spread:,.1f} reached by them alone"))
    more = " more than the start nodes" if result.start_spread is not None else ""
    return facts + interval_facts(result, "these seeds", best, more)


def interval_facts(
    result: "MaximizeResult | Certificate | Assignment | Selection", these: str, best: str, more: str = ""
) -> list[tuple[str, str]]:
    """Return estimate and bounds in words."""
    assert result.interval is not None
    low, high = result.interval
    name, value = ("influence", result.influence) if hasattr(result, "influence") else ("spread", result.spread)
    facts = [
        (f"Estimated {name}", f"{value:,.1f}{more} (95 % interval {low:,.1f} to {high:,.1f})"),
        ("Lower bound", f"{result.lower_bound:,.1f} reached by {these} at least"),
    ]
    if result.upper_bound is not None:
        facts += [
            ("Upper bound", f"{result.upper_bound:,.1f} reached by {best} at most"),
            ("Certified", f"at least {result.ratio:.1%} of the best possible"),
        ]
    facts.append(("Failure probability", f"{result.delta:.2g} that a bound is wrong"))
    return facts


def seeds_from(network: "InfluenceGraph", path: str | None, labels: tuple[str, ...]) -> list[Any]:
    """Return the seeds that ``--seed`` and ``--seeds`` name."""
    from ..io import read_labels

    seeds = labels_from(labels, network)
    return seeds if path is None else seeds + read_labels(path, network)
