"""Selecting seeds: the front door and the algorithms behind it."""

from .certificate import certify
from .curves import curve
from .front import anytime, maximize

__all__ = ["anytime", "certify", "curve", "maximize"]
