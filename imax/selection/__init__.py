"""Choosing seeds: the public functions and the algorithms behind them."""

from .certification import certify
from .comparison import compare
from .curves import curve
from .maximization import anytime, maximize

__all__ = ["anytime", "certify", "compare", "curve", "maximize"]
