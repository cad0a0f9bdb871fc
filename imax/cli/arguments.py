"""From options to arguments of the library: labels, values and groups that files hold, quotas, seeds."""

from typing import TYPE_CHECKING, Any

import click

from ..errors import FileFormatError, InvalidArgumentError
from .errors import WrongUsage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..graph.influence_graph import InfluenceGraph

__all__ = [
    "files_of", "given", "read_arguments", "read_delay", "read_seeds", "read_weights", "reject_options",
    "reject_two_stdin", "require_seeds",
]  # fmt: skip

_LABEL_FILES = ("candidates", "exclude", "include", "start")
_VALUE_FILES = ("costs", "node_weights")


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
    names = [name for name, path in files.items() if path == "-"]
    if len(names) > 1:
        raise click.UsageError(f"{' and '.join(names)} cannot both be standard input")


def files_of(options: dict[str, Any]) -> dict[str, str | None]:
    """Return the input files of the options on nodes, by the options' names."""
    found = {flag_of(name): options[name] for name in (*_LABEL_FILES, *_VALUE_FILES, "groups") if name in options}
    return found | ({"--delay": options["delay"]} if "delay" in options else {})


def read_arguments(graph: "InfluenceGraph", options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are set as arguments of the library: the content of files instead of their names."""
    from ..graph.node_values import node_costs
    from ..io import read_labels, read_node_texts, read_node_values

    found = given(options)
    for name in _LABEL_FILES:
        if name in found:
            found[name] = read_labels(found[name], graph)
    if "node_weights" in found:
        found["node_weights"] = read_weights(found["node_weights"], graph)
    if "delay" in found:
        found["delay"] = read_delay(found["delay"], graph)
    if "costs" in found:
        path = found["costs"]
        found["costs"] = read_node_values(path, graph)
        try:
            node_costs(graph, found["costs"])
        except InvalidArgumentError as error:
            raise FileFormatError(f"{path}: {error}") from None
    if "groups" in found:
        found["groups"] = read_node_texts(found["groups"], graph)
    if "quotas" in found:
        found["quotas"] = _quotas(found["quotas"])
    return found


def read_weights(path: str | None, graph: "InfluenceGraph") -> "NDArray[np.float64] | None":
    """Return the node weights of a file, by node index; None without a file."""
    if path is None:
        return None
    from ..graph.node_values import node_weights
    from ..io import read_node_values

    values = read_node_values(path, graph)
    try:
        node_weights(graph, values)
    except InvalidArgumentError as error:
        raise FileFormatError(f"{path}: {error}") from None
    return values


def read_delay(spec: str | None, graph: "InfluenceGraph") -> "str | dict[tuple[Any, Any], float] | None":
    """Return the mean delay of each arc in a file, by its ends; a text that names a distribution stays as it is."""
    if spec is None or spec.lower().startswith("exponential"):
        return spec
    from ..io import read_graph

    given_delays = read_graph(spec, probability="weighted_cascade", column=True, directed=graph.report.directed)
    weight = given_delays.weight
    if weight is None:
        raise FileFormatError(f"{spec}: a file of delays has a source, a target and a mean delay per line")
    return {(u, v): mean for (u, v, _), mean in zip(given_delays.arcs(), weight.tolist(), strict=True)}


def _quotas(texts: tuple[str, ...]) -> int | dict[str, int]:
    """Return one quota for all groups, or quotas by group."""
    from ..io.text import integer

    found: dict[str, int] = {}
    for text in texts:
        name, equals, digits = text.rpartition("=")
        quota = integer(digits)
        if quota is None or quota < 0:
            raise WrongUsage(f"--quota must be a whole number, or GROUP=NUMBER, got {text!r}")
        if not equals:
            if len(texts) > 1:
                raise WrongUsage(f"--quota {text} is for all groups; it cannot be given with another")
            return quota
        if name in found:
            raise WrongUsage(f"--quota names the group {name!r} twice")
        found[name] = quota
    return found


def require_seeds(seed_file: str | None, seed_labels: tuple[str, ...]) -> None:
    """Reject a command line without seeds."""
    if seed_file is None and not seed_labels:
        raise click.UsageError("no seeds; give --seeds FILE or --seed NODE")


def read_seeds(graph: "InfluenceGraph", seed_file: str | None, seed_labels: tuple[str, ...]) -> list[Any]:
    """Return the labels of ``--seed`` and ``--seeds``: integers if the graph's labels are integers."""
    from ..io import read_labels
    from ..io.text import integer

    seeds: list[Any] = list(seed_labels)
    if graph.labels.kind != "object":
        seeds = [text if integer(text) is None else integer(text) for text in seed_labels]
    return seeds if seed_file is None else seeds + read_labels(seed_file, graph)
