"""Selecting seeds: the front door and the algorithms behind it."""

from .front import maximize

__all__ = ["maximize"]
