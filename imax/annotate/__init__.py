"""Which examples to annotate, from their embeddings: those that influence most others by diffusion on neighbours.

Zhang, Xia, Wang, Chen, Liu, Wu and Liu, "IDEAL: Influence-Driven Selective Annotations Empower In-Context Learners in
Large Language Models", ICLR 2024.
"""

from .diffusion import Annotation, auto_annotate, retrieve
from .methods import METHODS, facility_location, graph_degree, ideal, k_center, random, simulated, vote_k
from .neighbors import knn_graph, neighbors_of
from .selection import Selection
from .selector import InfluenceSelector

__all__ = [
    "METHODS",
    "Annotation",
    "InfluenceSelector",
    "Selection",
    "auto_annotate",
    "facility_location",
    "graph_degree",
    "ideal",
    "k_center",
    "knn_graph",
    "neighbors_of",
    "random",
    "retrieve",
    "simulated",
    "vote_k",
]
