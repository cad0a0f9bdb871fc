"""The registry of estimators."""

from collections.abc import Callable
from typing import TypeAlias

from .._utils.registry import Entry, Registry
from .algorithms.counting import bernoulli, jaccard, lt_weights, partial_credits
from .algorithms.em import em
from .estimate import Estimate, Settings
from .evidence import Evidence

__all__ = ["ESTIMATORS"]

Estimator: TypeAlias = Callable[[Evidence, Settings], Estimate]

_GOYAL = "Goyal, Bonchi, Lakshmanan: Learning Influence Probabilities in Social Networks. WSDM 2010"

ESTIMATORS: Registry[Estimator] = Registry(
    Entry(
        "em",
        em,
        "maximum likelihood of the independent cascade model: active parents share a success by their probabilities",
        "Saito, Nakano, Kimura: Prediction of Information Diffusion Probabilities for Independent Cascade Model. "
        "KES 2008",
        accepts=frozenset({"prior", "max_iterations", "tolerance"}),
    ),
    Entry(
        "bernoulli",
        bernoulli,
        "the share of the items of u on which v followed u; every parent gets the whole credit",
        _GOYAL,
        accepts=frozenset({"prior"}),
    ),
    Entry(
        "jaccard",
        jaccard,
        "the share of the items of u or v on which v followed u",
        _GOYAL,
        accepts=frozenset({"prior"}),
    ),
    Entry(
        "partial-credits",
        partial_credits,
        "as bernoulli, but the parents of an action share its credit equally",
        _GOYAL,
        accepts=frozenset({"prior", "decay"}),
    ),
    Entry(
        "lt-weights",
        lt_weights,
        "weights for the linear threshold model: the credit of u for the actions of v, per item of v",
        _GOYAL,
        accepts=frozenset({"decay"}),
    ),
    argument="estimator",
)
