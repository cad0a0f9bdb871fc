"""Files about active participants: who they are, how many friends each may invite, and what choosing each costs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import FileFormatError
from .arguments import check_node_file
from .context import Context

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph

__all__ = ["read_active", "read_capacities", "read_costs"]

T = TypeVar("T", int, float)


def read_active(context: Context, graph: "InfluenceGraph", path: str) -> list[list[Any]]:
    """Return the sets of active participants in a file, or the one set in a column."""
    from ..io import read_active_sets
    from ..io.node_columns import file_columns

    check_node_file(graph, "--active ", path)
    reader = context.reader(graph)
    if file_columns(path, 1).columns:
        ids = reader.nodes(Path(path), "active")
        return [[] if ids is None else graph.labels_of(ids)]
    if reader.on_missing == "error":
        return read_active_sets(path, graph, max_memory=context.max_memory)
    return read_active_sets(path, graph, ignored=reader.notes, max_memory=context.max_memory)


def read_capacities(
    context: Context, graph: "InfluenceGraph", path: str | None, sets: list[list[Any]]
) -> dict[Any, int]:
    """Return the capacities in a file.

    A node that is not a participant is an error, unless ``--on-missing`` allows it.
    """
    return {} if path is None else _numbers(context, graph, path, sets, "capacity", _capacity)


def read_costs(context: Context, graph: "InfluenceGraph", path: str, sets: list[list[Any]]) -> dict[Any, float]:
    """Return the costs of a file, which must list all participants."""
    found = _numbers(context, graph, path, sets, "cost", _cost)
    absent = [label for labels in sets for label in labels if label not in found]
    if absent:
        raise FileFormatError(f"{path}: there is no cost of {absent[0]!r}; list a cost of each participant")
    return found


def _capacity(text: str) -> int | str:
    """Return a capacity, or what it must be."""
    from ..io.text import integer

    number = integer(text)
    if number is None:
        return f"a whole number, got {text!r}"
    return number if number >= 1 else f"at least 1, got {number}"


def _cost(text: str) -> float | str:
    """Return a cost, or what it must be."""
    from ..io.text import number

    value = number(text)
    return value if 0.0 < value < float("inf") else f"a positive number, got {text!r}"


def _numbers(
    context: Context,
    graph: "InfluenceGraph",
    path: str,
    sets: list[list[Any]],
    what: str,
    parse: Callable[[str], T | str],
) -> dict[Any, T]:
    """Return the number of each participant in a file; other nodes are errors or ignored, by ``--on-missing``."""
    from ..graph.node_values import examples

    known = {label for labels in sets for label in labels}
    reader = context.reader(graph)
    texts = reader.texts(Path(path), what)
    others = [label for label in texts if label not in known]
    if others:
        shown = examples(others, len(others))
        if reader.on_missing == "error":
            more = f" ({len(others):,} such labels: {shown})" if len(others) > 1 else ""
            raise FileFormatError(
                f"{path}: {others[0]!r} is no active participant; leave it out{more}, or use --on-missing drop"
            )
        reader.notes.append(f"{path}: {len(others):,} labels are no active participants and are ignored ({shown})")
    found: dict[Any, T] = {}
    for label, text in texts.items():
        if label in known:
            value = parse(text)
            if isinstance(value, str):
                raise FileFormatError(f"{path}: the {what} of {label!r} must be {value}")
            found[label] = value
    return found
