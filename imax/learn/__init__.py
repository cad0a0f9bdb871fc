"""Influence probabilities from logs, and whether they predict."""

from .actions import Actions, split
from .evaluation import Evaluation, evaluate
from .learning import from_actions, from_trials
from .model import LearnedModel
from .registry import ESTIMATORS

__all__ = ["ESTIMATORS", "Actions", "Evaluation", "LearnedModel", "evaluate", "from_actions", "from_trials", "split"]
