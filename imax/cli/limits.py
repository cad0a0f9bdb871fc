"""Texts of options about limits: numbers of seeds, quotas, budgets of groups, named seed sets."""

import math
from typing import Any

import click

from .._utils import check
from ..errors import InvalidArgumentError
from .errors import WrongUsage

__all__ = ["NumbersOfSeeds", "group_budgets", "named_files", "quotas"]

Quota = int | tuple[int | None, int | None]


class NumbersOfSeeds(click.ParamType):  # type: ignore[type-arg]  # generic in new releases only
    """The type of ``--k``: a whole number, or several that commas separate."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | list[int]:
        """Return the number, or the list of several."""
        from ..io.text import integer

        if not isinstance(value, str):
            return int(value)
        found = [integer(part.strip()) for part in value.split(",")]
        numbers = [number for number in found if number is not None]
        if len(numbers) < len(found):
            raise WrongUsage(f"--k must be a whole number, or several that commas separate, got {value!r}")
        try:
            for number in numbers:
                check.count(number, "--k")
        except InvalidArgumentError as error:
            raise WrongUsage(str(error)) from error
        return numbers[0] if len(numbers) == 1 else numbers


def _by_group(texts: tuple[str, ...], flag: str, convert: Any, wrong: str) -> Any:
    """Return one value for all groups, or values by group, from texts such as ``GROUP=VALUE``."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, rest = text.rpartition("=")
        value = convert(rest)
        if value is None:
            raise WrongUsage(f"{flag} must be {wrong}, got {text!r}")
        if not equals:
            if len(texts) > 1:
                raise WrongUsage(f"{flag} {text} is for all groups; it cannot be given with another")
            return value
        if name in found:
            raise WrongUsage(f"{flag} names the group {name!r} twice")
        found[name] = value
    return found


def _quota(text: str) -> Quota | None:
    """Return a largest number, or a smallest and a largest number from ``LOW..HIGH``; None if the text is wrong."""
    from ..io.text import integer

    first, dots, second = text.partition("..")
    low, high = integer(first), integer(second)
    negative = any(number is not None and number < 0 for number in (low, high))
    if negative or (first and low is None) or (second and high is None) or not (first or second):
        return None
    return (low, high) if dots else low


def quotas(texts: tuple[str, ...]) -> Quota | dict[str, Quota]:
    """Return one quota for all groups, or quotas by group."""
    wrong = "a whole number, or GROUP=NUMBER, where NUMBER may also be LOW..HIGH, LOW.. or ..HIGH"
    found: Quota | dict[str, Quota] = _by_group(texts, "--quota", _quota, wrong)
    return found


def _cost(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def group_budgets(texts: tuple[str, ...]) -> float | dict[str, float]:
    """Return one budget for all groups, or budgets by group."""
    found: float | dict[str, float] = _by_group(texts, "--group-budget", _cost, "a number above 0, or GROUP=NUMBER")
    return found


def named_files(texts: tuple[str, ...]) -> dict[str, str]:
    """Return the files of ``--seed-set NAME=FILE`` by name."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise WrongUsage(f"--seed-set must be NAME=FILE, got {text!r}")
        if name in found:
            raise WrongUsage(f"--seed-set names {name!r} twice")
        found[name] = path
    return found
