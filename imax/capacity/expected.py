"""Selection of invitations that may be declined, certified by the expected coverage of a validation collection."""

import numpy as np
from numpy.typing import NDArray

from ..ris.bounds import OpimSchedule, opim_schedule
from ..ris.constraint import Constraint
from ..ris.coverage import Cover
from ..ris.marks import Collection
from ..ris.residual import accepted_sum, residual_cover
from ..selection.forecast import Level
from ..selection.problem import Problem
from ..selection.rounds import CollectionPair
from ..selection.settling import Round
from .acceptance import Acceptance
from .spare import add_spare, replace_spare
from .task import Task

__all__ = ["ExpectedPair"]


class ExpectedPair(CollectionPair):
    """Two collections on which invitations are chosen and validated that may be declined.

    The probability that a node of an RR set accepts is between 0 and 1, and its mean over RR sets times the number of
    nodes is the expected spread. So the bounds on the mean of coverage hold for it, too.
    """

    def __init__(self, task: Task, acceptance: Acceptance) -> None:
        super().__init__(task.selection_problem)
        self.task, self.acceptance = task, acceptance
        self.min_spread, self.optimum_own = min(self._min_spread(), self.total), 0.0

    def schedule(self) -> OpimSchedule:
        """Return the numbers of RR sets of the rounds."""
        q: Problem = self.problem
        return opim_schedule(
            q.constraint.log_choices(), q.total, self.min_spread, q.epsilon, q.delta, q.constraint.guarantee
        )

    def select(self, collection: Collection, constraint: Constraint) -> Cover:
        """Choose the invitations, spare ones included."""
        task = self.task
        cover = residual_cover(collection, task.matroid, self.acceptance.pairs, self.acceptance.discount)
        return replace_spare(cover, task)

    def validate(
        self, cover: Cover, seeds: NDArray[np.int32], start: NDArray[np.int32], a: float, level: Level = None
    ) -> Round:
        """Estimate and bound the expected spread of the invitations."""
        assert cover.seed_groups is not None
        with self.clock("certify"):
            survival = self._survival(cover.seed_groups, seeds)
            covered = accepted_sum(self.validation, survival)
        weights = self.problem.weights
        assert weights is not None
        own = float(weights @ (1.0 - survival))
        if not np.isin(survival, (0.0, 1.0)).all():
            # each product of probabilities is wrong by less than this for each invitation
            covered -= self.validation.n_sets * seeds.size * 2.0**-51
        covered = max(covered, float(self.known(own)))  # they may differ by rounding
        return self.make_round(cover, covered, own, a, level)

    def _survival(self, inviters: NDArray[np.int32], nodes: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the probability of each node that it accepts none of the invitations."""
        survival = np.ones(self.problem.graph.n_nodes)
        np.multiply.at(survival, nodes, 1.0 - self.acceptance.at(self.task.problem, inviters, nodes))
        return survival

    def _min_spread(self) -> float:
        """Return a lower bound on the optimum: the weight that one feasible choice is expected to win itself."""
        none, weights = np.empty(0, dtype=np.int32), self.problem.weights
        assert weights is not None
        inviters, nodes = add_spare(self.task, none, none, always=True)
        accept = self.acceptance.at(self.task.problem, inviters, nodes)
        single = float((self.acceptance.pairs * weights[self.task.matroid.nodes]).max())
        return max(float((accept * weights[nodes]).sum()), single)
