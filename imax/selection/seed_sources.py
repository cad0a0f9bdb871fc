"""Where the seeds of a comparison come from: an algorithm, a function of the caller, or given seeds."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..diffusion.inputs import check_seeds
from ..diffusion.undirected import undirected_edges
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..io.node_reader import NodeList, NodeReader
from ..ris.constraint import Constraint
from .comparing_rows import name_list
from .registry import ALGORITHMS

__all__ = ["Algorithms", "SeedFunction", "SeedSource", "broken_rules", "checked_seeds", "seed_sources"]

SeedFunction: TypeAlias = Callable[[InfluenceGraph, int | None], Iterable[Hashable]]
Algorithms: TypeAlias = str | Iterable[str | SeedFunction] | Mapping[str, str | SeedFunction]

OWN_FUNCTION = "own function"
GIVEN = "given seeds"
_ROUNDING = 1.0 + 1e-9  # tolerance for the rounding of sums of costs


@dataclass(frozen=True)
class SeedSource:
    """One of the things that a comparison compares.

    Attributes
    ----------
    name : str
        Name of the row.
    algorithm : str or None
        Name in the registry.
    function : callable or None
        Function of the caller.
    seeds : list or None
        Given seeds, in their order.
    """

    name: str
    algorithm: str | None = None
    function: SeedFunction | None = None
    seeds: list[Any] | None = None

    def own_seeds(self, reader: NodeReader, k: int | None) -> tuple[list[Any], str]:
        """Return the seeds of a function of the caller, or the first k given seeds, and where they come from."""
        if self.function is not None:
            return checked_seeds(reader, self.function(reader.graph, k), f"seeds of {self.name}"), OWN_FUNCTION
        assert self.seeds is not None
        if k is None or k >= len(self.seeds):
            return self.seeds, GIVEN
        return self.seeds[:k], f"the first {k} of {len(self.seeds)} {GIVEN}"


def checked_seeds(reader: NodeReader, seeds: Any, name: str) -> list[Any]:
    """Return seeds of the caller as a list of distinct labels of the graph, at least one."""
    return reader.graph.labels_of(check_seeds(reader, seeds, name))


def seed_sources(
    reader: NodeReader,
    algorithms: Algorithms,
    seed_sets: Mapping[str, NodeList] | None,
    needed: set[str],
    model: str,
) -> list[SeedSource]:
    """Return what to compare: algorithms, functions and given seeds.

    ``"all"`` stands for the algorithms that support the arguments `needed`, the model and the graph.
    """
    symmetric = model == "ic" and undirected_edges(reader.graph) is not None
    usable = [e.name for e in ALGORITHMS.values() if needed <= e.accepts and (symmetric or not e.symmetric)]
    found: list[SeedSource] = []
    if isinstance(algorithms, Mapping):
        found += [_source(name, value) for name, value in algorithms.items()]
    elif isinstance(algorithms, str) or not isinstance(algorithms, Iterable):
        found += [_source(name, name) for name in _names(name_list(algorithms), usable)]
    else:
        for item in algorithms:
            if callable(item):
                found.append(_source(getattr(item, "__name__", "own"), item))
            else:
                found += [_source(name, name) for name in _names(name_list([item]), usable)]
    for name, seeds in (seed_sets or {}).items():
        found.append(SeedSource(str(name), seeds=checked_seeds(reader, seeds, f"seed_sets[{name!r}]")))
    if not found:
        raise InvalidArgumentError("algorithms is empty; name at least one, or use 'all'", argument="algorithms")
    found = list({(s.name, s.algorithm, s.function, s.seeds is None): s for s in found}.values())  # each runs once
    names = [source.name for source in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidArgumentError(
            f"algorithms and seed_sets contain {twice!r} twice; give a mapping from distinct names",
            argument="algorithms",
        )
    return found


def _names(names: list[Any], usable: list[str]) -> list[str]:
    if names == ["all"]:
        return usable
    return [ALGORITHMS.find(name, argument="algorithms").name for name in names]


def _source(name: str, value: Any) -> SeedSource:
    if callable(value):
        return SeedSource(str(name), function=value)
    return SeedSource(str(name), algorithm=ALGORITHMS.find(value, argument="algorithms").name)


def broken_rules(graph: InfluenceGraph, constraint: Constraint, seeds: list[Any]) -> list[str]:
    """Return in words which rules a seed set breaks."""
    c, limits = constraint, constraint.seed_limits
    ids = graph.internal_of(seeds, "seeds")
    chosen = set(ids.tolist())
    missing = [v for v in c.forced.tolist() if v not in chosen]
    free = [v for v in ids.tolist() if v not in set(c.forced.tolist())]
    found = []
    if missing:
        found.append(f"lacks nodes that must be seeds: {len(missing)}")
    if outside := sum(not c.allowed[v] for v in free):
        found.append(f"contains nodes that may not be seeds: {outside}")
    if len(chosen) > c.k:
        found.append(f"too many seeds: {len(chosen)}, at most {c.k}")
    if sum(limits.cost[v] for v in free) > limits.budget * _ROUNDING:
        found.append("costs more than the budget")
    own = [[v for v in free if limits.group[v] == g] for g in range(limits.capacity.size)]
    for g, nodes in enumerate(own):
        group = f"the group {limits.names[g]!r}" if g < len(limits.names) else "a group"
        if len(nodes) > limits.capacity[g]:
            found.append(f"too many seeds of {group}: {len(nodes) - limits.capacity[g]} more than its quota")
        if len(nodes) < limits.minimum[g]:
            found.append(f"too few seeds of {group}: {limits.minimum[g] - len(nodes)} fewer than its quota")
        if sum(limits.cost[v] for v in nodes) > limits.group_budget[g] * _ROUNDING:
            found.append(f"costs more than the budget of {group}")
    return found
