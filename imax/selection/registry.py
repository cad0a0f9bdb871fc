"""The registry of selectors: `maximize`, the command line, the contract tests and the docs' table are made from it."""

from .algorithms import heuristics, hist, imm, lazy, opimc, ris
from .base import Algorithm

__all__ = ["ALGORITHMS"]

ALGORITHMS: dict[str, Algorithm] = {
    entry.name: entry for module in (opimc, imm, hist, ris, lazy, heuristics) for entry in module.ALGORITHMS
}
