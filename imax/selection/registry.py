"""The registry of selection algorithms.

`maximize`, `compare`, the command line, the contract tests and the tables of the documentation are made from it. A new
algorithm needs one file in `selection/algorithms` and one line here.
"""

from collections.abc import Callable

from .._utils.registry import Registry
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
from .outcome import Outcome
from .problem import Problem

__all__ = ["ALGORITHMS"]

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
