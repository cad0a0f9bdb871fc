"""The exceptions of imax. Each is an `ImaxError` and the built-in exception that a caller would expect.

::

    ImaxError
    ├── InvalidArgumentError    (ValueError)
    ├── InvalidGraphError       (ValueError)
    ├── UnknownNodeError        (KeyError)
    ├── FileFormatError         (ValueError)
    ├── NoSuchFileError         (FileNotFoundError)
    ├── OutOfMemoryBoundError   (MemoryError)
    ├── MissingDependencyError  (ImportError)
    └── ClusterError            (ConnectionError)
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = [
    "ClusterError",
    "FileFormatError",
    "ImaxError",
    "InvalidArgumentError",
    "InvalidGraphError",
    "MissingDependencyError",
    "NoSuchFileError",
    "OutOfMemoryBoundError",
    "UnknownNodeError",
]


_LONGEST = 2000  # characters of a message
_NUMBER = re.compile(r"\d+(\.\d+)?")


def _shortened(message: str) -> str:
    """Return a message without its middle if what it quotes is very long."""
    return message if len(message) <= _LONGEST else f"{message[:1000]} ... {message[-500:]}"


class ImaxError(Exception):
    """Base class of all errors that imax raises.

    Attributes
    ----------
    argument : str or None
        Name of the argument that has to change; the message begins with it. None if no argument is at fault. Errors
        about the content of a file have none: their message begins with the name of the file.

    Notes
    -----
    A message names more arguments as ``{target}``, or with a value as ``{oracle=rr}``, and `others` lists them. Python
    shows ``target`` and ``oracle='rr'``, the command line shows its options ``--target`` and ``--oracle rr``.

    Examples
    --------
    >>> import imax
    >>> try:
    ...     imax.maximize(imax.datasets.load("karate"), 0)
    ... except imax.ImaxError as error:
    ...     print(error.argument, type(error).__name__)
    k InvalidArgumentError
    """

    def __init__(self, *args: Any, argument: str | None = None, others: tuple[str, ...] = ()) -> None:
        self._args = tuple(_shortened(text) if isinstance(text, str) else text for text in args)
        self._others = others
        super().__init__(*(self._named(text, str) for text in self._args))
        self.argument = argument

    def message(self, name: Callable[[str], str]) -> str:
        """Return the message with other names for the arguments: `name` returns the name to show."""
        text = str(self)
        if self._others:
            text = str(self._named(self._args[0], name))
        if self.argument is not None and text.startswith(self.argument):
            rest = text.removeprefix(self.argument)
            if not rest[:1].isidentifier():
                return name(self.argument) + rest
        return text

    def _named(self, text: Any, name: Callable[[str], str]) -> Any:
        """Return a message in which names replace the marked arguments."""
        for other in self._others:
            text = re.sub(rf"\{{{other}(?:=([^}}]*))?\}}", partial(_marked, name(other)), text)
        return text


def _marked(shown: str, found: re.Match[str]) -> str:
    """Return what replaces a marked argument: its name, or its name and value."""
    value = found[1]
    if value is None:
        return shown
    if shown.startswith("-"):
        return f"{shown} {value}"
    return f"{shown}={value if _NUMBER.fullmatch(value) else repr(value)}"


class InvalidArgumentError(ImaxError, ValueError):
    """An argument has an invalid value."""


class InvalidGraphError(ImaxError, ValueError):
    """A graph or its probabilities violate a condition of the model."""


class UnknownNodeError(ImaxError, KeyError):
    """A label names no node of the graph."""

    def __str__(self) -> str:
        """Return the message without quotes; `KeyError` would add them."""
        return str(self.args[0]) if self.args else ""


class FileFormatError(ImaxError, ValueError):
    """A file exists, but its content is not what it should be."""


class NoSuchFileError(ImaxError, FileNotFoundError):
    """A file does not exist, or is a folder."""


class OutOfMemoryBoundError(ImaxError, MemoryError):
    """The work does not fit the memory bound (``max_memory``)."""


class MissingDependencyError(ImaxError, ImportError):
    """An optional package is needed but not installed."""


class ClusterError(ImaxError, ConnectionError):
    """A Dask cluster cannot be used: no scheduler, no workers, or another version of imax."""
