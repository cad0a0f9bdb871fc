"""Checks of arguments. Each function returns the value in its proper type, or raises an error that names the argument.

The functions are meant to be called with the name of the module, as in ``check.count(k, "k")``.
"""

import math
import operator
import os
from collections.abc import Iterable
from typing import Any

from ..errors import InvalidArgumentError
from .numbers import plain_number

__all__ = ["count", "did_you_mean", "memory_bytes", "one_of", "open_unit", "positive", "probability", "threads"]


_MAX_THREADS = 1024


def count(value: Any, name: str, *, low: int = 1, high: int | None = None, high_is: str = "") -> int:
    """Return a whole number in [low, high] as an int; `high_is` says what `high` is, for the message."""
    if isinstance(value, bool):
        raise InvalidArgumentError(f"{name} must be a whole number, got {value!r}", argument=name)
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidArgumentError(f"{name} must be a whole number, got {value!r}", argument=name) from None
    if number < low:
        raise InvalidArgumentError(f"{name} must be at least {low}, got {number}", argument=name)
    if high is not None and number > high:
        reason = f" ({high_is})" if high_is else ""
        raise InvalidArgumentError(f"{name} must be at most {high}{reason}, got {number}", argument=name)
    return number


def _real(value: Any, name: str) -> float:
    if isinstance(value, bool):
        raise InvalidArgumentError(f"{name} must be a number, got {value!r}", argument=name)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"{name} must be a number, got {value!r}{plain_number(value)}", argument=name
        ) from None


def open_unit(value: Any, name: str) -> float:
    """Return a number strictly between 0 and 1 as a float."""
    number = _real(value, name)
    if not 0.0 < number < 1.0:
        raise InvalidArgumentError(f"{name} must lie strictly between 0 and 1, got {value!r}", argument=name)
    return number


def probability(value: Any, name: str) -> float:
    """Return a number in [0, 1] as a float."""
    number = _real(value, name)
    if not 0.0 <= number <= 1.0:
        raise InvalidArgumentError(f"{name} must lie in [0, 1], got {value!r}", argument=name)
    return number


def positive(value: Any, name: str) -> float:
    """Return a finite number above 0 as a float."""
    number = _real(value, name)
    if not (number > 0.0 and math.isfinite(number)):
        raise InvalidArgumentError(f"{name} must be a finite number above 0, got {value!r}", argument=name)
    return number


def not_negative(value: Any, name: str) -> float:
    """Return a finite number of at least 0 as a float."""
    number = _real(value, name)
    if not (number >= 0.0 and math.isfinite(number)):
        raise InvalidArgumentError(f"{name} must be a finite number of at least 0, got {value!r}", argument=name)
    return number


def one_of(value: Any, name: str, choices: "tuple[str, ...] | list[str]") -> str:
    """Return the value, if it is one of `choices`."""
    if value not in choices:
        raise InvalidArgumentError(
            f"{name} must be one of {', '.join(choices)}; got {value!r}{did_you_mean(value, choices)}", argument=name
        )
    return str(value)


def did_you_mean(value: Any, names: Iterable[str]) -> str:
    """Return the end of a message that proposes the closest name; empty if none is close.

    >>> did_you_mean("Weighted-Cascade", ["weighted_cascade", "uniform"])
    "; did you mean 'weighted_cascade'?"
    """
    from difflib import get_close_matches

    guess = get_close_matches(str(value)[:100].lower(), list(names), 1)
    return f"; did you mean {guess[0]!r}?" if guess else ""


def threads(value: Any = None) -> int:
    """Return the number of threads: the argument, otherwise ``IMAX_NUM_THREADS``, otherwise all usable cores."""
    if value is not None:
        return count(value, "threads", high=_MAX_THREADS)
    setting = os.environ.get("IMAX_NUM_THREADS", "").strip()
    if setting:
        digits = setting.isascii() and setting.isdigit() and len(setting) <= 9
        if not (digits and 1 <= int(setting) <= _MAX_THREADS):
            raise InvalidArgumentError(
                f"the environment variable IMAX_NUM_THREADS must be a whole number from 1 to {_MAX_THREADS}, "
                f"got {setting!r}"
            )
        return int(setting)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def memory_bytes(value: Any, name: str = "max_memory") -> int | None:
    """Return a number of bytes, given as an int or a string such as ``"500M"`` or ``"2GiB"``; None stays None."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip().lower()
        digits = text.rstrip("bikmgt ")
        unit = text[len(digits) :].strip().removesuffix("ib").removesuffix("b")
        try:
            number = float(digits) * _UNITS[unit]
        except (ValueError, KeyError):
            raise InvalidArgumentError(
                f"{name} must be a number of bytes such as 2000000000, '500M' or '2GiB', got {value!r}",
                argument=name,
            ) from None
        if not (math.isfinite(number) and number >= 1):
            raise InvalidArgumentError(f"{name} must be at least one byte, got {value!r}", argument=name)
        return int(number)
    return count(value, name)
