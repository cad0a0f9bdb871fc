"""Friend recommendation: lists that make people invite, and make invitations spread.

Hou, Sun, Lin, Bi, Wang and Yang, "Heterogeneous Influence Maximization in User Recommendation", 2025.
"""

from . import metrics
from .expected import expected_spread
from .heteroim import heteroim, sets_per_node_of
from .heteroir import heteroir
from .ranking import Ranking
from .registry import ALGORITHMS
from .reranker import Reranker

__all__ = [
    "ALGORITHMS",
    "Ranking",
    "Reranker",
    "expected_spread",
    "heteroim",
    "heteroir",
    "metrics",
    "sets_per_node_of",
]
