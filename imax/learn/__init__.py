"""Influence probabilities from logs, and whether they predict."""

from ..graph.delays import LearnedDelays
from .actions import Actions, split
from .credit import CreditGraph, credit_model
from .evaluation import Evaluation, evaluate
from .learning import from_actions, from_trials
from .model import LearnedModel
from .registry import ESTIMATORS

__all__ = [
    "ESTIMATORS",
    "Actions",
    "CreditGraph",
    "Evaluation",
    "LearnedDelays",
    "LearnedModel",
    "credit_model",
    "evaluate",
    "from_actions",
    "from_trials",
    "split",
]
