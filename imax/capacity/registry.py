"""The registry of capacity algorithms: `assign`, `compare`, the command line and the docs are made from it."""

from .._utils.registry import Registry
from .algorithms.local_imm import LOCAL_IMM
from .algorithms.local_opim_c import LOCAL_OPIM_C
from .algorithms.local_scores import LOCAL_DEGREE, LOCAL_PAGERANK
from .algorithms.opim import AUTO, MG_OPIM, RR_OPIM, RR_OPIM_PLUS
from .algorithms.oracle_greedy import MG_GREEDY, RR_GREEDY
from .outcome import Algorithm

__all__ = ["ALGORITHMS", "algorithm_names"]

ALGORITHMS: Registry[Algorithm] = Registry(
    AUTO,
    RR_OPIM_PLUS,
    RR_OPIM,
    MG_OPIM,
    RR_GREEDY,
    MG_GREEDY,
    LOCAL_DEGREE,
    LOCAL_PAGERANK,
    LOCAL_OPIM_C,
    LOCAL_IMM,
)


def algorithm_names() -> list[str]:
    """Return the names that `compare` runs by default, with ``name:oracle`` for the algorithms that use an oracle.

    Without ``"auto"``, which runs one of them.

    >>> algorithm_names()[2:6]
    ['mg-opim', 'rr-greedy:rr', 'rr-greedy:simulation', 'mg-greedy:rr']
    """
    names = []
    for entry in ALGORITHMS.values():
        if entry is AUTO:
            continue
        oracles = ("rr", "simulation") if "oracle" in entry.accepts else ()
        names += [f"{entry.name}:{oracle}" for oracle in oracles] or [entry.name]
    return names
