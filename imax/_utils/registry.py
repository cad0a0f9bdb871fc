"""Registries of algorithms, the source of argument checks, help texts, error messages and tables in the docs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from ..errors import InvalidArgumentError

__all__ = ["Entry", "Registry"]

F_co = TypeVar("F_co", bound=Callable[..., Any], covariant=True)


@dataclass(frozen=True)
class Entry(Generic[F_co]):
    """One algorithm of a registry.

    Attributes
    ----------
    name : str
        Value of ``algorithm=`` and ``--algorithm``: lower case, with hyphens.
    run : callable
        The function that runs the algorithm.
    summary : str
        One line on how it works.
    source : str
        Paper that it comes from.
    guarantee : str
        Guarantee that the paper proves; empty for a heuristic.
    accepts : frozenset of str
        Optional arguments that it supports.
    epsilon : float or None
        Default of ``epsilon``; None if the algorithm does not use it.
    decreasing_gains : bool
        Whether gains never increase from one seed to the next, except after seeds that the user requires.
    symmetric : bool
        Whether it needs the IC model, and a graph in which each arc has an opposite arc with the same probability.
    """

    name: str
    run: F_co
    summary: str
    source: str
    guarantee: str = ""
    accepts: frozenset[str] = frozenset()
    epsilon: float | None = None
    decreasing_gains: bool = False
    symmetric: bool = False


class Registry(Mapping[str, Entry[F_co]]):
    """Algorithms by name, in the order of the documentation.

    Parameters
    ----------
    *entries : Entry
    argument : str, default "algorithm"
        Name of the argument that selects an entry, for error messages.
    """

    def __init__(self, *entries: Entry[F_co], argument: str = "algorithm") -> None:
        self.argument = argument
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> Entry[F_co]:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name: Any, argument: str | None = None) -> Entry[F_co]:
        """Return the entry with a name; for an unknown name raise `InvalidArgumentError` with the closest name."""
        if isinstance(name, str) and name in self._entries:
            return self._entries[name]
        guess = self.closest(name)
        hint = f"; did you mean {guess!r}?" if guess else ""
        argument = argument or self.argument
        raise InvalidArgumentError(
            f"{argument} must be one of {', '.join(self)}; got {name!r}{hint}", argument=argument
        )

    def closest(self, name: Any) -> str | None:
        """Return the name that is most similar to an unknown name; None if no name is similar.

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

    def uses(self, name: str, argument: str, oracle: str | None = None) -> bool:
        """Return whether an algorithm uses an argument, with an oracle (None: the default, simulation)."""
        entry = self[name]
        if argument == "epsilon":
            return entry.epsilon is not None
        if argument not in entry.accepts:
            return False
        wanted = {"n_rr_sets": "rr", "n_simulations": "simulation"}.get(argument) if "oracle" in entry.accepts else None
        return wanted is None or wanted == (oracle or "simulation")

    def check_accepts(self, entry: Entry[Any], **given: Any) -> None:
        """Raise an error for the first argument that is given (not None) but that the algorithm does not support."""
        for name, value in given.items():
            if value is not None and name not in entry.accepts:
                others = ", ".join(other.name for other in self.values() if name in other.accepts)
                raise InvalidArgumentError(
                    f"{name} is not supported by {self.argument} {entry.name!r}; these support it: {others}",
                    argument=name,
                )
