"""What imax raises.

Every error is an `ImaxError`; each subclass is also the built-in exception that a caller would expect.
"""

from typing import Any

__all__ = [
    "FileFormatError",
    "ImaxError",
    "InvalidArgumentError",
    "InvalidGraphError",
    "MissingDependencyError",
    "NoSuchFileError",
    "OutOfMemoryBoundError",
    "UnknownNodeError",
]


class ImaxError(Exception):
    """Base class of all errors that imax raises.

    Attributes
    ----------
    argument : str or None
        The name of the argument that has to change, where there is one. The message then begins with it.
    """

    def __init__(self, *args: Any, argument: str | None = None) -> None:
        super().__init__(*args)
        self.argument = argument


class InvalidArgumentError(ImaxError, ValueError):
    """An argument has a value that the function cannot work with."""


class InvalidGraphError(ImaxError, ValueError):
    """A graph, or the probabilities on it, break a rule of the model."""


class UnknownNodeError(ImaxError, KeyError):
    """A label names no node of the graph."""

    def __str__(self) -> str:
        """Show the message as it is: `KeyError` would show its repr."""
        return str(self.args[0]) if self.args else ""


class FileFormatError(ImaxError, ValueError):
    """A file exists but its content cannot be read as what it should be."""


class NoSuchFileError(ImaxError, FileNotFoundError):
    """A file that was asked for is not there, or is a folder."""


class OutOfMemoryBoundError(ImaxError, MemoryError):
    """The memory bound leaves no room for the work asked for."""


class MissingDependencyError(ImaxError, ImportError):
    """An optional package is needed and not installed."""
