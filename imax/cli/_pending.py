"""Calls of library functions that are being renamed; each is replaced at the merge by a direct call."""

from typing import Any

__all__ = ["algorithm_of", "make_reranker", "minimize_seeds", "neighbor_search_of", "rows_of", "select_items"]


def minimize_seeds(graph: Any, target_spread: float, **arguments: Any) -> Any:
    """Return the smallest seed set that is found for a spread."""
    import imax

    direct = getattr(imax, "minimize_seeds", None)  # replaced at the merge
    if direct is not None:
        return direct(graph, target_spread, **arguments)
    return imax.maximize(graph, target_spread=target_spread, **arguments)


def select_items(
    embeddings: Any, budget: int, n_neighbors: int, algorithm: str | None, neighbor_search: str, **arguments: Any
) -> Any:
    """Return a selection of items to annotate."""
    from .. import annotate

    direct = getattr(annotate, "select", None)  # replaced at the merge
    if direct is not None:
        if algorithm is not None:
            arguments["algorithm"] = algorithm
        return direct(embeddings, budget, n_neighbors, neighbor_search=neighbor_search, **arguments)
    select = annotate.METHODS[algorithm or "ideal"]
    return select(embeddings, budget, n_neighbors, neighbors=neighbor_search, **arguments)


def make_reranker(graph: Any, algorithm: str | None, **arguments: Any) -> Any:
    """Return a `Reranker`; None stands for the default algorithm."""
    from ..recommend import Reranker

    positional = [] if algorithm is None else [algorithm]  # replaced at the merge by algorithm=
    return Reranker(graph, *positional, **arguments)


def algorithm_of(result: Any) -> Any:
    """Return the name of the algorithm of a result, with its oracle if it is the row of a comparison."""
    return result.method if hasattr(result, "method") else result.algorithm  # replaced at the merge


def rows_of(comparison: Any) -> Any:
    """Return the rows of a comparison of capacity algorithms."""
    return comparison.methods if hasattr(comparison, "methods") else comparison.rows  # replaced at the merge


def neighbor_search_of(selection: Any) -> Any:
    """Return how the neighbors of a selection were found."""
    renamed = hasattr(selection, "neighbor_search")  # replaced at the merge
    return selection.neighbor_search if renamed else selection.neighbors
