"""The registry of reranking algorithms."""

from .._utils.registry import Entry, Registry
from .strategies.base import Strategy
from .strategies.baselines import Degree, PageRank, Probability, Random
from .strategies.cim import CapacityGains
from .strategies.expected_spread import ExpectedSpread
from .strategies.heteroim import HeteroIM
from .strategies.heteroir import HeteroIR

__all__ = ["ALGORITHMS"]

_HETERO = "Hou, Sun, Lin, Bi, Wang, Yang: Heterogeneous Influence Maximization in User Recommendation. 2025"

ALGORITHMS: Registry[type[Strategy]] = Registry(
    Entry(
        "heteroim",
        HeteroIM,
        "the RR sets that contain user and candidate and that no candidate taken earlier covers",
        _HETERO,
        accepts=frozenset({"client", "sets_per_node", "max_memory"}),
    ),
    Entry(
        "heteroir",
        HeteroIR,
        "the probability of an accepted invitation, times 1 + the number of friends that the candidate wins over",
        _HETERO,
        accepts=frozenset({"interactions"}),
    ),
    Entry(
        "expected-spread",
        ExpectedSpread,
        "the expected number of people that the invitation adds to the lists of all users, k each",
        "",
        "1/2 of the optimum on the RR sets",
        frozenset({"client", "sets_per_node", "max_memory", "min_willingness", "discount", "list_length", "inviters"}),
    ),
    Entry(
        "cim",
        CapacityGains,
        "the gain of the candidates that RR-OPIM+ assigns to all users together, k each; then the others as given",
        "Zhang, Huang, Sun, Lin, Xiao, Tang: Capacity Constrained Influence Maximization in Social Networks. KDD 2023",
    ),
    Entry("probability", Probability, "the probability that the candidate is invited and accepts", ""),
    Entry("degree", Degree, "the number of the candidate's out-arcs", ""),
    Entry("pagerank", PageRank, "the candidate's PageRank on the reversed graph", ""),
    Entry("random", Random, "uniformly at random", ""),
)
