"""Capacity-constrained influence maximization: whom each active participant invites, so that most others are reached.

Zhang, Huang, Sun, Lin, Xiao and Tang, "Capacity Constrained Influence Maximization in Social Networks", KDD 2023.
"""

from .assignment import Assignment, CapacityComparison, ComparedMethod
from .comparison import compare
from .front import assign
from .problem import CapacityProblem

__all__ = ["Assignment", "CapacityComparison", "CapacityProblem", "ComparedMethod", "assign", "compare"]
