"""Calls of library functions that are being renamed; each is replaced at the merge by a direct call."""

from typing import Any

__all__ = ["algorithm_of", "minimize_seeds", "rows_of"]


def minimize_seeds(graph: Any, target_spread: float, **arguments: Any) -> Any:
    """Return the smallest seed set that is found for a spread."""
    import imax

    direct = getattr(imax, "minimize_seeds", None)  # replaced at the merge
    if direct is not None:
        return direct(graph, target_spread, **arguments)
    return imax.maximize(graph, target_spread=target_spread, **arguments)


def algorithm_of(result: Any) -> Any:
    """Return the name of the algorithm of a result, with its oracle if it is the row of a comparison."""
    return result.method if hasattr(result, "method") else result.algorithm  # replaced at the merge


def rows_of(comparison: Any) -> Any:
    """Return the rows of a comparison of capacity algorithms."""
    return comparison.methods if hasattr(comparison, "methods") else comparison.rows  # replaced at the merge
