"""Capacity-constrained influence maximization: choose whom each inviter invites, within the capacity of each.

Zhang, Huang, Sun, Lin, Xiao and Tang, "Capacity Constrained Influence Maximization in Social Networks", KDD 2023.
"""

from .assigning import assign
from .assignment import Assignment, CapacityComparison, ComparedAssignment
from .comparison import compare
from .diagnosis import Diagnosis, diagnose
from .experiment import Experiment, randomize
from .inviters import choose_inviters
from .problem import CapacityProblem
from .registry import ALGORITHMS, algorithm_names

__all__ = [
    "ALGORITHMS",
    "Assignment",
    "CapacityComparison",
    "CapacityProblem",
    "ComparedAssignment",
    "Diagnosis",
    "Experiment",
    "algorithm_names",
    "assign",
    "choose_inviters",
    "compare",
    "diagnose",
    "randomize",
]
