"""From options to arguments of the library: labels, values and groups that files hold, quotas, seeds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileFormatError, NoSuchFileError
from .cluster import connect
from .context import Context
from .errors import WrongUsage
from .limits import group_budgets, quotas

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..graph.influence_graph import InfluenceGraph

__all__ = [
    "check_node_file", "files_of", "flag_of", "given", "read_arguments", "read_delay", "read_seeds", "read_weights",
    "reject_options", "reject_two_stdin", "require_seeds",
]  # fmt: skip

_LABEL_FILES = ("candidates", "exclude", "include", "start")
_VALUE_FILES = ("costs", "groups")


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are set: not None, an unset flag or an option that may be repeated and was not given."""
    return {
        name: value
        for name, value in options.items()
        if not (value is None or value is False or (isinstance(value, tuple) and not value))
    }


def flag_of(name: str) -> str:
    """Return the long form of the current command's option, as in ``--n-rr-sets``."""
    params = click.get_current_context().command.params
    return next(max(param.opts, key=len) for param in params if param.name == name)


def reject_options(options: dict[str, Any], names: tuple[str, ...], with_option: str) -> None:
    """Reject options that are set but do not go with another one."""
    for name in names:
        if name in given(options):
            raise WrongUsage(f"{flag_of(name)} cannot go with {with_option}")


def reject_two_stdin(**files: str | None) -> None:
    """Reject two inputs from standard input; the names are those of options or arguments."""
    names = [name for name, path in files.items() if path is not None and path.partition(":")[0] == "-"]
    if len(names) > 1:
        raise click.UsageError(f"{' and '.join(names)} cannot both be standard input")


def files_of(options: dict[str, Any]) -> dict[str, str | None]:
    """Return the input files of the options on nodes, by the options' names."""
    names = (*_LABEL_FILES, *_VALUE_FILES, "node_weights")
    found = {flag_of(name): options[name] for name in names if name in options}
    return found | ({"--delay": options["delay"]} if "delay" in options else {})


def read_arguments(context: Context, graph: "InfluenceGraph", options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are set as arguments of the library, with the content of files, aligned by label.

    What was ignored, dropped or filled in is printed as a note.
    """
    from ..selection.constraints import aligned_rules

    found = given(options)
    for name in _LABEL_FILES:
        if name in found:
            check_node_file(graph, f"{flag_of(name)} ", found[name])
    files: Any = {name: Path(found[name]) for name in (*_LABEL_FILES, *_VALUE_FILES) if name in found}
    found |= aligned_rules(context.reader(graph), files)
    if "node_weights" in found:
        found["node_weights"] = read_weights(context, graph, found["node_weights"])
    for name, read in (("quotas", quotas), ("group_budgets", group_budgets)):
        if name in found:
            found[name] = read(found[name])
    if "deadline" in found or "delay" in found:
        until = (found.get(name) for name in ("delay", "deadline", "max_steps"))
        found |= given({"delay": read_delay(context, graph, *until)})
    if "client" in found:
        found["client"] = connect(found["client"])
    context.print_notes()
    return found


def check_node_file(graph: "InfluenceGraph", option: str, path: str) -> None:
    """Raise an error for a file of labels that does not exist; it says what to do if the text names nodes.

    `option` is what stands before the name of the file, as in ``"--seeds "``.
    """
    from ..io.node_columns import as_labels, exists, file_columns

    if exists(file_columns(path, 1).path):
        return
    for texts in ([path], path.split(",")):
        if not (graph.labels.places(as_labels(texts, graph.labels)) < 0).any():
            break
    else:
        raise NoSuchFileError(f"{option}{path}: there is no such file; check the path")
    nodes = f"{path} is a node" if len(texts) == 1 else f"{', '.join(texts)} are nodes"
    remedy = f"write a file with a node per line, or use {option}- and standard input"
    if option == "--seeds ":
        remedy = f"use {' '.join(f'--seed {text}' for text in texts)}"
    raise NoSuchFileError(f"{option}{path}: there is no such file; {nodes} of the graph: {remedy}")


def read_weights(context: Context, graph: "InfluenceGraph", path: str | None) -> "NDArray[np.float64] | None":
    """Return the node weights of a file, by node index; None without a file."""
    if path is None:
        return None
    weights = context.reader(graph).node_weights(Path(path))
    context.print_notes()
    return None if weights is None else weights[graph.rank]


def read_delay(
    context: Context, graph: "InfluenceGraph", spec: str | None, deadline: str | None, max_steps: int | None
) -> "str | dict[tuple[Any, Any], float] | None":
    """Return the mean delay of each arc in a file, by its ends; a text that names a distribution stays as it is.

    If only a deadline is given, a note describes the delays of the graph, which the library uses then.
    """
    if spec is None:
        from ..diffusion.deadline import Deadline, check_deadline

        for text in Deadline.notes_of(check_deadline(graph, max_steps=max_steps, deadline=deadline)):
            context.note(f"--{text}")
        return None
    if spec.lower().startswith("exponential"):
        return spec
    from ..io import read_graph

    given_delays = read_graph(
        spec, probability="weighted_cascade", column=True, directed=graph.report.directed, max_memory=context.max_memory
    )
    weight = given_delays.weight
    if weight is None:
        raise FileFormatError(f"{spec}: a file of delays has a source, a target and a mean delay per line")
    return {(u, v): mean for (u, v, _), mean in zip(given_delays.arcs(), weight.tolist(), strict=True)}


def require_seeds(seed_file: str | None, seed_labels: tuple[str, ...]) -> None:
    """Reject a command line without seeds."""
    if seed_file is None and not seed_labels:
        raise click.UsageError("no seeds; give --seeds FILE or --seed NODE")


def read_seeds(
    context: Context,
    graph: "InfluenceGraph",
    seed_file: str | None,
    seed_labels: tuple[str, ...],
    option: str = "--seeds ",
) -> list[Any]:
    """Return the labels of ``--seed`` and of the file of another option."""
    from ..io.node_columns import as_labels

    reader = context.reader(graph)
    ids = [reader.nodes(as_labels(list(seed_labels), graph.labels), "--seed")] if seed_labels else []
    if seed_file is not None:
        check_node_file(graph, option, seed_file)
        ids.append(reader.nodes(Path(seed_file), "seeds"))
    context.print_notes()
    return [label for part in ids if part is not None for label in graph.labels_of(part)]
