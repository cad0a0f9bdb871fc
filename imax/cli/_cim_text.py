"""How ``imax cim`` prints assignments and comparisons, one for each set of active participants."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._output import as_csv, as_facts, as_json, as_table
from ._selection import interval_facts

if TYPE_CHECKING:
    from ..capacity import Assignment, CapacityComparison
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["as_assignments", "as_comparisons"]


def as_assignments(
    form: str, network: "InfluenceGraph", found: "Sequence[Assignment]", source: str, random_seed: int
) -> str:
    """Return all assignments as text."""
    if form == "json":
        return as_json({"sets": [one.to_dict() for one in found], "random_seed": random_seed, "source": source})
    if form == "csv":
        rows = [(number, *row) for number, one in enumerate(found, 1) for row in one.rows()]
        return as_csv(("set", "ap", "friend", "rank", "gain"), rows)
    number_labels = network.labels.kind != "object"
    parts = []
    for number, one in enumerate(found, 1):
        cells = [(str(ap), str(friend), str(rank), f"{gain:,.2f}") for ap, friend, rank, gain in one.rows()]
        table = as_table(("ap", "friend", "rank", "gain"), cells, (number_labels, number_labels, True, True))
        parts.append(f"{_heading(number, len(found))}{table}\n{as_facts(_facts(network, one, random_seed))}")
    return "\n".join(parts)


def _heading(number: int, total: int) -> str:
    return f"Set {number} of {total}\n\n" if total > 1 else ""


def _facts(network: "InfluenceGraph", one: "Assignment", random_seed: int) -> list[tuple[str, str]]:
    unused = f", {one.unused_slots:,} of {one.n_slots:,} invitations left" if one.unused_slots else ""
    phases = ", ".join(f"{phase} {value:.3f}" for phase, value in one.seconds.items() if phase != "total")
    facts = [
        ("Active", f"{one.n_active:,} of {network.n_nodes:,} nodes, with {one.n_pairs:,} pairs to choose among"),
        ("Invited", f"{len(one.seeds):,} friends{unused}"),
    ]
    if one.without_friends:
        names = ", ".join(str(ap) for ap in one.without_friends[:5])
        more = ", ..." if len(one.without_friends) > 5 else ""
        facts.append(("Without friends", f"{len(one.without_friends):,} of the active: {names}{more}"))
    facts += interval_facts(one, "these friends", "any that the capacities admit")
    algorithm = one.algorithm if one.oracle is None else f"{one.algorithm}, oracle {one.oracle}"
    facts += [
        ("Algorithm", algorithm),
        ("Graph", f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs, {one.probability}, {one.model.upper()}"),
        ("RR sets", f"{one.n_rr_sets:,} with {one.n_rr_entries:,} nodes, in {one.rounds} rounds"),
    ]
    if one.n_simulations:
        facts.append(("Simulations", f"{one.n_simulations:,}"))
    facts += [
        ("Stopped", one.stop_reason),
        ("Time", f"{one.seconds['total']:.3f} s ({phases})"),
        ("Random seed", str(random_seed)),
    ]
    return facts


_HEAD = (
    "method", "spread", "low", "high", "lower_bound", "upper_bound", "ratio", "seconds", "n_seeds", "unused_slots",
    "n_rr_sets", "n_simulations", "stop_reason",
)  # fmt: skip


def as_comparisons(
    form: str, network: "InfluenceGraph", found: "Sequence[CapacityComparison]", source: str, random_seed: int
) -> str:
    """Return all comparisons as text."""
    if form == "json":
        return as_json({"sets": [one.to_dict() for one in found], "random_seed": random_seed, "source": source})
    if form == "csv":
        rows: list[Sequence[Any]] = [
            (
                number, m.algorithm, m.spread, *m.interval, m.lower_bound, m.upper_bound, m.ratio, m.seconds,
                len(m.seeds), m.unused_slots, m.n_rr_sets, m.n_simulations, m.stop_reason,
            )
            for number, one in enumerate(found, 1)
            for m in one.rows
        ]  # fmt: skip
        return as_csv(("set", *_HEAD), rows)
    parts = []
    for number, one in enumerate(found, 1):
        cells = [
            (
                m.algorithm,
                f"{m.spread:,.1f}",
                f"{m.interval[0]:,.1f} to {m.interval[1]:,.1f}",
                f"{m.ratio:.1%}",
                f"{m.seconds:,.3f} s",
                f"{len(m.seeds):,}",
                f"{m.unused_slots:,}",
                m.stop_reason,
            )
            for m in one.rows
        ]
        head = ("method", "spread", "95 % interval", "certified", "time", "invited", "left", "stopped")
        table = as_table(head, cells, (False, True, True, True, True, True, True, False))
        parts.append(f"{_heading(number, len(found))}{table}\n{as_facts(_compared_facts(network, one, random_seed))}")
    return "\n".join(parts)


def _compared_facts(network: "InfluenceGraph", one: "CapacityComparison", random_seed: int) -> list[tuple[str, str]]:
    return [
        ("Active", f"{one.n_active:,} of {network.n_nodes:,} nodes, with {one.n_pairs:,} pairs to choose among"),
        ("Invitations", f"{one.n_slots:,}"),
        ("Graph", f"{network.n_nodes:,} nodes, {network.n_arcs:,} arcs, {one.probability}, {one.model.upper()}"),
        ("Spread", f"by {one.n_simulations:,} simulations of each, among those who are not active"),
        ("Certified", f"share of the optimum; each fails with probability {one.delta:.2g}"),
        ("Random seed", str(random_seed)),
    ]
