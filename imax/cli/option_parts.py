"""What options are made of: checks, numbers, choices, several options at once."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .._utils import check
from ..errors import InvalidArgumentError
from .errors import WrongUsage, name_option
from .limits import NumbersOfSeeds

__all__ = ["Decorator", "all_of", "checked", "choice", "integer", "number", "numbers_of_seeds"]

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]


def all_of(*decorators: Decorator[Any]) -> Decorator[Any]:
    """Return one decorator for several; the options appear in this order in the help text."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def checked(rule: Callable[..., Any], **limits: Any) -> Callable[..., Any]:
    """Return a click callback that applies a check of the library, before any file is read."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value is None:
            return None
        try:
            rule(value, param.name, **limits)
        except InvalidArgumentError as error:
            raise WrongUsage(name_option(error, ctx.command)) from error
        return value

    return callback


def integer(*flags: str, low: int = 1, high: int | None = None, **attributes: Any) -> Decorator[Any]:
    """Return an option for a whole number of at least `low`."""
    callback = checked(check.count, low=low, high=high)
    return click.option(*flags, **{"type": int, "metavar": "N", "callback": callback, **attributes})


def number(*flags: str, rule: Callable[..., Any] = check.open_unit, **attributes: Any) -> Decorator[Any]:
    """Return an option for a number that passes a check, by default that it lies strictly between 0 and 1."""
    return click.option(*flags, **{"type": float, "metavar": "X", "callback": checked(rule), **attributes})


def numbers_of_seeds(help_text: str) -> Decorator[Any]:
    """Return ``--k``, one number or several that commas separate."""
    return click.option("-k", "--k", type=NumbersOfSeeds(), metavar="N[,N...]", help=help_text)


def choice(*flags: str, values: list[str], **attributes: Any) -> Decorator[Any]:
    """Return an option for one of a few values."""
    kind = click.Choice(values, case_sensitive=attributes.pop("case_sensitive", True))
    return click.option(*flags, type=kind, show_default="default" in attributes, **attributes)
