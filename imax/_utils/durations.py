"""Durations: numbers, texts with a unit such as ``"7d"``, and timedeltas."""

import math
import re
from datetime import timedelta
from numbers import Real
from typing import Any, TypeAlias

from ..errors import InvalidArgumentError

__all__ = ["IN_SECONDS", "SECONDS", "Duration", "duration_of", "duration_text", "has_unit", "time_text"]

Duration: TypeAlias = float | str | timedelta

SECONDS = "s"
IN_SECONDS = ", in seconds"  # end of the laws of delays in results, if they have a unit
_UNITS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]+)\s*", re.IGNORECASE)
_SHOWN = ("d", "h", "min", "s", "ms")


def has_unit(value: Duration) -> bool:
    """Return whether a duration has a unit: a text with a unit, or a timedelta.

    >>> has_unit("7d"), has_unit("7"), has_unit(timedelta(days=7)), has_unit(7)
    (True, False, True, False)
    """
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return True
        return False
    return isinstance(value, timedelta) or _is_numpy(value)


def duration_of(value: Duration | None, argument: str) -> float | None:
    """Return a duration as a number: of seconds if it has a unit, otherwise as it is; None stays None.

    Units are ms, s, m (or min), h, d and w, in small or capital letters; M alone is an error, because it could be
    months.

    >>> duration_of("1.5h", "window"), duration_of(7, "window"), duration_of("7", "window"), duration_of(None, "window")
    (5400.0, 7.0, 7.0, None)
    """
    if value is None:
        return None
    number = value.total_seconds() if isinstance(value, timedelta) else _number(value, argument)
    if not 0.0 < number < math.inf:
        raise InvalidArgumentError(f"{argument} must be a finite number above 0, got {value!r}", argument=argument)
    return number


def _is_numpy(value: Any) -> bool:
    """Return whether a value is a `numpy.timedelta64`, without importing NumPy, which help texts need not load."""
    return type(value).__name__ == "timedelta64"


def _number(value: Any, argument: str) -> float:
    """Return a number, or the seconds of a `numpy.timedelta64` or of a text with a unit."""
    if _is_numpy(value):
        if "[" in value.dtype.name:  # it has a unit
            return float(value.astype("timedelta64[us]").astype(float)) * 1e-6
    elif isinstance(value, str) and ("_" in value or not value.isascii()):  # float() takes them, as in "1_0"
        pass
    elif isinstance(value, str) and has_unit(value):
        match = _DURATION.fullmatch(value)
        if match is not None and match[2] != "M" and match[2].lower() in _UNITS:
            return float(match[1]) * _UNITS[match[2].lower()]
    elif isinstance(value, (str, int, Real)) and type(value) is not bool:
        return float(value)
    raise InvalidArgumentError(
        f"{argument} must be a number or a duration such as '30d', '12h' or '90s' (units: {', '.join(_UNITS)}), "
        f"got {value!r}",
        argument=argument,
    )


def duration_text(seconds: float) -> str:
    """Return a number of seconds as a short text.

    >>> duration_text(604800.0), duration_text(5400.0), duration_text(90.0), duration_text(0.25)
    ('7 d', '1.5 h', '1.5 min', '250 ms')
    """
    unit = next((name for name in _SHOWN if seconds >= _UNITS[name]), "ms")
    return f"{seconds / _UNITS[unit]:.4g} {unit}"


def time_text(deadline: float, delay: str | None) -> str:
    """Return a deadline as text; `delay` is the law of the delays, as in results, which says whether it is in seconds.

    >>> time_text(7.0, "exponential:2"), time_text(604800.0, "exponential:172800, in seconds")
    ('7', '7 d')
    """
    return duration_text(deadline) if delay is not None and delay.endswith(IN_SECONDS) else f"{deadline:g}"
