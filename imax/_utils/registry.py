"""Registries of algorithms: checks, help texts, error messages and the tables of the docs are made from them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from ..errors import InvalidArgumentError

__all__ = ["Entry", "Registry"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Entry(Generic[F]):
    """One algorithm of a registry.

    Attributes
    ----------
    name : str
        The value of ``algorithm=`` and of ``--algorithm``: lower case, with hyphens.
    run : callable
        Does the work.
    summary : str
        One line on how it chooses.
    source : str
        The paper that it comes from.
    guarantee : str
        What it promises; empty for a heuristic.
    accepts : frozenset of str
        The optional arguments that it understands.
    epsilon : float or None
        The default of ``epsilon``; None where the algorithm has no such argument.
    decreasing_gains : bool
        Whether no gain is larger than the one before it, except for seeds that the user requires.
    """

    name: str
    run: F
    summary: str
    source: str
    guarantee: str = ""
    accepts: frozenset[str] = frozenset()
    epsilon: float | None = None
    decreasing_gains: bool = False


class Registry(Mapping[str, Entry[F]]):
    """Algorithms by name, in the order of the documentation.

    Parameters
    ----------
    *entries : Entry
    argument : str, default "algorithm"
        The name of the argument that chooses among them, for error messages.
    """

    def __init__(self, *entries: Entry[F], argument: str = "algorithm") -> None:
        self.argument = argument
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> Entry[F]:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name: Any) -> Entry[F]:
        """Return the entry of a name; an unknown name raises `InvalidArgumentError` with the closest one."""
        if isinstance(name, str) and name in self._entries:
            return self._entries[name]
        guess = self.closest(name)
        hint = f"; did you mean {guess!r}?" if guess else ""
        raise InvalidArgumentError(
            f"{self.argument} must be one of {', '.join(self)}; got {name!r}{hint}", argument=self.argument
        )

    def closest(self, name: Any) -> str | None:
        """Return the registered name that is most like a wrong one, None if none is.

        >>> entry = Entry("degree-discount", len, "", "")
        >>> Registry(entry).closest("Degree_Discount")
        'degree-discount'
        """
        plain = {key.replace("-", "").replace("+", ""): key for key in self._entries} | {key: key for key in self}
        wanted = str(name).lower().replace("_", "-")
        found = get_close_matches(wanted, list(plain), 1, 0.6) or get_close_matches(
            wanted.replace("-", ""), list(plain), 1, 0.6
        )
        return plain[found[0]] if found else None

    def check_accepts(self, entry: Entry[F], **given: Any) -> None:
        """Refuse arguments that were given (are not None) but that an algorithm does not accept."""
        for name, value in given.items():
            if value is not None and name not in entry.accepts:
                others = ", ".join(other.name for other in self.values() if name in other.accepts)
                raise InvalidArgumentError(
                    f"{name} is not supported by {self.argument} {entry.name!r}; these support it: {others}",
                    argument=name,
                )
