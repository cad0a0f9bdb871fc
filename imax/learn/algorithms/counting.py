"""Estimators that count: Bernoulli, Jaccard, partial credits, and LT weights.

Goyal, Bonchi, Lakshmanan, "Learning Influence Probabilities in Social Networks", WSDM 2010.
"""

import numpy as np
from numpy.typing import NDArray

from ..estimate import Estimate, Settings, fitted
from ..evidence import Evidence

__all__ = ["bernoulli", "jaccard", "lt_weights", "pair_credits", "partial_credits"]


def bernoulli(evidence: Evidence, settings: Settings) -> Estimate:
    """Estimate the share of the items of u on which v followed u."""
    return fitted(settings, evidence.n_pairs_of, evidence.n_source)


def jaccard(evidence: Evidence, settings: Settings) -> Estimate:
    """Estimate the share of the items of u or v on which v followed u."""
    both = evidence.n_pairs_of.astype(np.int32) + evidence.n_not_after + evidence.n_late
    either = evidence.n_source + evidence.n_actions_of[evidence.target] - both
    return fitted(settings, evidence.n_pairs_of, either)


def partial_credits(evidence: Evidence, settings: Settings) -> Estimate:
    """Estimate the credit of u for actions of v, per item of u: all parents of an action share its credit equally."""
    return fitted(settings, _credits(evidence, settings), evidence.n_source)


def lt_weights(evidence: Evidence, settings: Settings) -> Estimate:
    """Estimate the credit of u for actions of v, per item of v. The weights into v sum to at most 1."""
    trials = evidence.n_actions_of[evidence.target].astype(np.float64)
    note = "the weights are for the linear threshold model: choose seeds with model lt"
    return Estimate(_credits(evidence, settings), trials, (0.0, 0.0), notes=[note])


def _credits(evidence: Evidence, settings: Settings) -> NDArray[np.float64]:
    return evidence.spread(evidence.sum(pair_credits(evidence, settings.decay)))


def pair_credits(evidence: Evidence, decay: bool) -> NDArray[np.float64]:
    """Return the credit of each pair: 1 / (number of parents), times exp(-delay / mean delay of the arc) if `decay`."""
    n_parents = np.diff(evidence.ptr)
    credit = np.repeat(1.0 / np.maximum(n_parents, 1), n_parents)
    if decay:
        credit *= np.exp(-evidence.delay / evidence.slot_delay[evidence.slot])
    return credit
