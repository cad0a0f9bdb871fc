"""Simple models to compare with: one probability for all arcs, 1/in-degree, trivalency."""

from collections.abc import Mapping

import numpy as np

from ..graph.influence_graph import InfluenceGraph
from .evidence import Evidence

__all__ = ["baselines", "uniform_probability"]

_STEPS = 60


def uniform_probability(evidence: Evidence) -> float:
    """Return the probability for all arcs under which the log is most likely.

    With the number d of parents of each action and the number f of failed trials, the log-likelihood is the sum of
    log(1 - (1 - p)**d), plus f log(1 - p). It has one maximum.
    """
    n_actions_with = np.bincount(np.diff(evidence.ptr))  # numbers of parents
    d = np.flatnonzero(n_actions_with[1:]) + 1
    n = n_actions_with[d]
    if not d.size:
        return 0.0
    failures = float(evidence.n_trials.sum(dtype=np.int64) - evidence.n_pairs)
    if failures <= 0.0:
        return 1.0

    def slope(p: float) -> float:
        """Return (1 - p) times the derivative of the log-likelihood."""
        q = np.power(1.0 - p, d)
        return float((n * d * q / np.maximum(1.0 - q, 1e-300)).sum()) - failures

    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if slope(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)


def baselines(graph: InfluenceGraph, uniform: float) -> Mapping[str, InfluenceGraph]:
    """Return the graph with the probabilities of each simple model."""
    schemes = {
        "weighted cascade": "weighted_cascade",
        "uniform": f"uniform:{uniform!r}",
        "trivalency": "trivalency",
    }
    return {name: graph.with_probability(scheme, rng=0) for name, scheme in schemes.items()}
