"""The options on invitations that may be declined: acceptance probabilities of pairs, and discounts by place."""

from typing import TYPE_CHECKING, Any

import click

from .._utils.numbers import plain_number
from ..errors import InvalidArgumentError
from ._algorithms import OptionOf
from .context import Context
from .errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..graph.influence_graph import InfluenceGraph

__all__ = ["acceptance_option", "discount_option", "read_acceptance"]


def _factors(ctx: click.Context, param: click.Parameter, value: str | None) -> list[float] | None:
    """Return comma-separated numbers."""
    if value is None:
        return None
    try:
        return [float(text) for text in value.split(",")]
    except ValueError:
        raise WrongUsage(f"--discount must be comma-separated numbers, got {value!r}") from None


def discount_option(family: str) -> "Callable[[Any], Any]":
    """Return ``--discount``."""
    return click.option(
        "--discount",
        cls=OptionOf,
        family=family,
        metavar="NUMBERS",
        callback=_factors,
        help="Factor on the acceptance probability by place in a list, comma-separated as in 1,0.7,0.5; the last one "
        "holds for all later places.{only}  [default: 1]",
    )


def acceptance_option(family: str) -> "Callable[[Any], Any]":
    """Return ``--acceptance`` for pairs."""
    return click.option(
        "--acceptance",
        cls=OptionOf,
        family=family,
        metavar="P|arcs|FILE",
        help="Probability that an invitation is accepted: a number; or arcs, the probability of the arc; or a CSV, "
        "JSON lines, Parquet or Feather file with the columns ap, friend and probability, or FILE:AP:FRIEND:P.{only}  "
        "[default: 1]",
    )


def read_acceptance(context: Context, graph: "InfluenceGraph", given: str | None) -> Any:
    """Return the value of ``--acceptance`` as `imax.capacity.assign` takes it."""
    if given is None or given == "arcs":
        return given
    try:
        return float(given)
    except ValueError:
        pass
    remedy = plain_number(given)
    if remedy:
        raise WrongUsage(f"--acceptance must be a probability, arcs or a file, got {given!r}{remedy}")
    from ..recommend.files import read_rows

    inviters, friends, values = read_rows(given, graph.labels, ("ap", "friend"), "probability", context.max_memory)
    if not values:
        raise InvalidArgumentError(f"{given}: the column 'probability' is missing", argument="acceptance")
    return inviters, friends, values
