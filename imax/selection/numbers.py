"""Numbers of seeds: one, several or none."""

from collections.abc import Iterable
from typing import Any

from .._utils import check
from ..errors import InvalidArgumentError

__all__ = ["numbers_of_seeds"]


def numbers_of_seeds(k: Any, argument: str = "k") -> list[int | None]:
    """Return the numbers of seeds, each once and in order; a number that is not given is None."""
    if not isinstance(k, Iterable):
        return [k]
    if isinstance(k, str):
        raise InvalidArgumentError(f"{argument} must be a number or a list of numbers, got {k!r}", argument=argument)
    found: list[int | None] = list(dict.fromkeys(check.count(number, argument) for number in k))
    if not found:
        raise InvalidArgumentError(f"{argument} is empty; give at least one number of seeds", argument=argument)
    return found
