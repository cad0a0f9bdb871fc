"""Calls of library functions that are being renamed; each is replaced at the merge by a direct call."""

from typing import Any

__all__ = ["algorithm_of", "rows_of"]


def algorithm_of(result: Any) -> Any:
    """Return the name of the algorithm of a result, with its oracle if it is the row of a comparison."""
    return result.method if hasattr(result, "method") else result.algorithm  # replaced at the merge


def rows_of(comparison: Any) -> Any:
    """Return the rows of a comparison of capacity algorithms."""
    return comparison.methods if hasattr(comparison, "methods") else comparison.rows  # replaced at the merge
