"""Choosing seeds: the public functions and the algorithms behind them."""

from .anytime_results import anytime
from .certification import certify
from .comparison import compare
from .constraints import Constraints
from .curves import curve
from .maximization import maximize
from .minimization import minimize_seeds
from .robust import maximize_robust
from .scaled import sensitivity

__all__ = [
    "Constraints",
    "anytime",
    "certify",
    "compare",
    "curve",
    "maximize",
    "maximize_robust",
    "minimize_seeds",
    "sensitivity",
]
