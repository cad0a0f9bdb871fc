"""The number of functions that this process has compiled, which takes seconds that a time limit includes."""

__all__ = ["count_compiled", "n_compiled"]

_numbers = [0]


def count_compiled() -> None:
    """Count a function that was compiled, and not loaded from the cache."""
    _numbers[0] += 1


def n_compiled() -> int:
    """Return how many functions this process has compiled."""
    return _numbers[0]
