"""The registry of annotation algorithms."""

from collections.abc import Callable
from typing import TypeAlias

from .._utils.registry import Entry, Registry
from .algorithms.baselines import graph_degree, random
from .algorithms.influence import EPSILON, SIMULATIONS, ideal, simulated
from .algorithms.similarity import facility_location, k_center, sparse_facility_location
from .algorithms.vote_k import vote_k
from .problem import Outcome, Problem

__all__ = ["ALGORITHMS"]

Algorithm: TypeAlias = Callable[[Problem], Outcome]

_IDEAL = "Zhang, Xia, Wang, Chen, Liu, Wu, Liu: IDEAL. ICLR 2024"
_QUOTAS = frozenset({"quotas"})

ALGORITHMS: Registry[Algorithm] = Registry(
    Entry(
        "facility-location",
        facility_location,
        "the largest sum over all items of the similarity to the most similar selected item",
        "Nemhauser, Wolsey, Fisher: An Analysis of Approximations for Maximizing Submodular Set Functions I. 1978",
        guarantee="1 - 1/e of this sum (quotas: 1/2)",
        accepts=_QUOTAS,
        decreasing_gains=True,
    ),
    Entry(
        "ideal",
        ideal,
        "the largest influence on the nearest-neighbor graph, from RR sets",
        _IDEAL,
        guarantee="1 - 1/e - epsilon (quotas: 1/2 - epsilon)",
        accepts=frozenset({"quotas", "epsilon", "time_limit"}),
        epsilon=EPSILON,
        decreasing_gains=True,
    ),
    Entry(
        "simulated",
        simulated,
        f"the same influence, estimated by {SIMULATIONS} simulated cascades as in the paper's program",
        _IDEAL,
        accepts=frozenset({"time_limit"}),
    ),
    Entry(
        "vote-k",
        vote_k,
        "the most votes of items not selected, whose votes lose weight when their neighbors are selected",
        "Su et al.: Selective Annotation Makes Language Models Better Few-Shot Learners. ICLR 2023",
        accepts=_QUOTAS | {"confidence"},
    ),
    Entry(
        "k-center",
        k_center,
        "the item least similar to those selected; first the most central one",
        "Gonzalez: Clustering to Minimize the Maximum Intercluster Distance. 1985",
        accepts=_QUOTAS,
    ),
    Entry(
        "sparse-facility-location",
        sparse_facility_location,
        "the same as facility-location, where only nearest neighbors are similar; for up to millions of items",
        "Lindgren, Wu, Dimakis: Leveraging Sparsity for Efficient Submodular Data Summarization. NeurIPS 2016",
        guarantee="1 - 1/e of this sum (quotas: 1/2)",
        accepts=_QUOTAS,
        decreasing_gains=True,
    ),
    Entry("graph-degree", graph_degree, "the items that are neighbors of the most other items", "", accepts=_QUOTAS),
    Entry("random", random, "uniformly at random", "", accepts=_QUOTAS),
)
