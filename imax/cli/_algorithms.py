"""Registries of algorithms, as types and help texts of options.

A registry is imported when one of its names is checked, completed or shown in a help text: ``imax --version`` and runs
with the default algorithm do not import it for the command line.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ..errors import InvalidArgumentError
from .errors import WrongUsage, name_option

if TYPE_CHECKING:
    from .._utils.registry import Registry

__all__ = ["AlgorithmName", "OptionOf", "registry_of"]


def registry_of(family: str) -> "Registry[Any]":
    """Return the registry of a problem family: selection, capacity, annotate, recommend or learn."""
    return _REGISTRIES[family]()


def _selection() -> "Registry[Any]":
    from ..selection.registry import ALGORITHMS

    return ALGORITHMS


def _capacity() -> "Registry[Any]":
    from ..capacity import ALGORITHMS

    return ALGORITHMS


def _annotate() -> "Registry[Any]":
    from ..annotate import ALGORITHMS

    return ALGORITHMS


def _recommend() -> "Registry[Any]":
    from ..recommend import ALGORITHMS

    return ALGORITHMS


def _learn() -> "Registry[Any]":
    from ..learn import ESTIMATORS

    return ESTIMATORS


_REGISTRIES: dict[str, "Callable[[], Registry[Any]]"] = {
    "selection": _selection,
    "capacity": _capacity,
    "annotate": _annotate,
    "recommend": _recommend,
    "learn": _learn,
}


class AlgorithmName(click.ParamType):  # type: ignore[type-arg]  # generic in new releases only
    """The type of ``--algorithm``: a name of a registry.

    Parameters
    ----------
    family : str
        As for `registry_of`.
    """

    name = "name"

    def __init__(self, family: str) -> None:
        self.family = family

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or raise an error that lists all names and suggests the closest one."""
        try:
            return registry_of(self.family).find(value).name
        except InvalidArgumentError as error:
            raise WrongUsage(name_option(error, ctx.command) if ctx else str(error)) from error

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin with a text."""
        return [CompletionItem(name) for name in registry_of(self.family) if name.startswith(incomplete)]


class OptionOf(click.Option):
    """An option whose help text contains facts of a registry.

    Parameters
    ----------
    *args, **options
        As for `click.Option`. The help text may contain these fields, which are filled in when it is read:
        ``{names}``, all algorithms; ``{default}``, the first of them; ``{epsilon}``, the defaults of epsilon in
        brackets; ``{only}``, a sentence on which algorithms support the option.
    family : str
        As for `registry_of`.
    """

    def __init__(self, *args: Any, family: str, **options: Any) -> None:
        self.family = family
        self._template: str | None = None
        super().__init__(*args, **options)

    @property
    def help(self) -> str | None:
        """Return the text with its fields filled in."""
        if self._template is None:
            return None
        registry = registry_of(self.family)
        return self._template.format(
            names=", ".join(registry),
            default=next(iter(registry)),
            epsilon=_defaults_of_epsilon(registry),
            only=_supporting(registry, self.name or ""),
        )

    @help.setter  # noqa: A003  (click's name)
    def help(self, text: str | None) -> None:
        self._template = text


def _defaults_of_epsilon(registry: "Registry[Any]") -> str:
    """Return the default of the first algorithm, then those that differ, as in ``[default: 0.01; imm: 0.1]``."""
    others: dict[float, list[str]] = {}
    for entry in registry.values():
        if entry.epsilon is not None:
            others.setdefault(entry.epsilon, []).append(entry.name)
    if not others:
        return ""
    first, *rest = others
    different = [f"{', '.join(others[epsilon])}: {epsilon}" for epsilon in rest]
    return f"[default: {'; '.join([str(first), *different])}]"


def _supporting(registry: "Registry[Any]", option: str) -> str:
    """Return a sentence that names the algorithms that support an option; nothing if the registry does not say."""
    names = [entry.name for entry in registry.values() if option in entry.accepts]
    return f" Only for {', '.join(names)}." if names else ""
