"""The registry of selection algorithms.

`maximize`, `compare`, the command line, the contract tests and the tables of the documentation are made from it. A new
algorithm needs one file in `selection/algorithms` and one line here.
"""

from collections.abc import Callable
from typing import Any

from .._utils import check
from .._utils.registry import Entry, Registry
from ..diffusion.deadline import DEADLINE_ARGUMENTS
from .algorithms.auto import AUTO
from .algorithms.degree import DEGREE, DEGREE_DISCOUNT, SINGLE_DISCOUNT
from .algorithms.greedy import CELF, CELF_PLUS_PLUS, GREEDY
from .algorithms.hist import HIST
from .algorithms.imm import IMM
from .algorithms.irie import IRIE
from .algorithms.k_core import K_CORE
from .algorithms.opim_c import OPIM_C
from .algorithms.pagerank import PAGERANK
from .algorithms.random_choice import RANDOM
from .algorithms.ris import RIS
from .algorithms.voterank import VOTERANK
from .algorithms.worlds import WORLDS
from .constraints import Constraints
from .outcome import Outcome
from .problem import Problem

__all__ = ["ALGORITHMS", "check_supported", "unused_by", "unused_by_all"]

_ORACLES = ("simulation", "rr", "exact")
# constraints that only some algorithms support
_SOME_SUPPORT = ("start", "quotas", "budget", "group_budgets", *sorted(DEADLINE_ARGUMENTS))

ALGORITHMS: Registry[Callable[[Problem], Outcome]] = Registry(
    AUTO,
    OPIM_C,
    IMM,
    HIST,
    WORLDS,
    RIS,
    GREEDY,
    CELF,
    CELF_PLUS_PLUS,
    DEGREE,
    SINGLE_DISCOUNT,
    DEGREE_DISCOUNT,
    PAGERANK,
    K_CORE,
    VOTERANK,
    IRIE,
    RANDOM,
)


def check_supported(entry: Entry[Any], constraints: Constraints, *, oracle: str | None, **settings: Any) -> None:
    """Raise an error for the first argument that is given but that the algorithm does not support."""
    given: dict[str, Any] = {name: constraints.get(name) for name in _SOME_SUPPORT}
    ALGORITHMS.check_accepts(entry, **settings, **given, oracle=oracle)
    if oracle is not None:
        check.one_of(oracle, "oracle", _ORACLES)


def unused_by(entry: Entry[Any], oracle: str | None, **given: Any) -> list[str]:
    """Return a note for each argument that is given but has no effect on an algorithm."""
    notes = []
    for name, value in given.items():
        if value is not None and not ALGORITHMS.uses(entry.name, name, oracle):
            which = f" with the oracle {oracle or 'simulation'!r}" if name in entry.accepts else ""
            notes.append(f"{name}: not used by algorithm {entry.name!r}{which}")
    return notes


def unused_by_all(names: list[str], oracle: str | None, given: dict[str, Any]) -> list[str]:
    """Return a note for each argument that is given but has no effect on any of the algorithms."""
    return [
        f"{name}: none of the algorithms uses it"
        for name, value in given.items()
        if value is not None and not any(ALGORITHMS.uses(algorithm, name, oracle) for algorithm in names)
    ]
