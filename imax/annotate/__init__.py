"""Selecting examples to annotate from their embeddings: those with the largest influence on the others.

Zhang, Xia, Wang, Chen, Liu, Wu and Liu, "IDEAL: Influence-Driven Selective Annotations Empower In-Context Learners in
Large Language Models", ICLR 2024.
"""

from .diffusion import Annotation, auto_annotate, retrieve
from .knn import knn_graph
from .neighbors import neighbors_of
from .registry import ALGORITHMS
from .selecting import ideal, select
from .selection import Selection
from .selector import InfluenceSelector

__all__ = [
    "ALGORITHMS",
    "Annotation",
    "InfluenceSelector",
    "Selection",
    "auto_annotate",
    "ideal",
    "knn_graph",
    "neighbors_of",
    "retrieve",
    "select",
]
