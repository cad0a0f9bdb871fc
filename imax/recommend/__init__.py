"""Friend recommendation: lists that make people invite, and the invitation travel.

Hou, Sun, Lin, Bi, Wang and Yang, "Heterogeneous Influence Maximization in User Recommendation", 2025.
"""

from . import metrics
from .heteroim import heteroim, sets_per_node_of
from .heteroir import heteroir
from .ranking import Ranking
from .reranker import METHODS, Reranker

__all__ = ["METHODS", "Ranking", "Reranker", "heteroim", "heteroir", "metrics", "sets_per_node_of"]
