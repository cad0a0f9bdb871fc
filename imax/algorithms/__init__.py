"""Selecting seeds: the front door and the algorithms behind it."""

from .certificate import certify
from .comparison import compare
from .curves import curve
from .front import anytime, maximize

__all__ = ["anytime", "certify", "compare", "curve", "maximize"]
