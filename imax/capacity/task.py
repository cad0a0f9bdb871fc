"""What an algorithm gets from `assign`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from .._utils import check
from ..ris.matroid import PartitionMatroid
from ..selection.problem import Problem, on_cluster
from .acceptance import Acceptance
from .problem import CapacityProblem

__all__ = ["DEFAULT_EPSILON", "ORACLES", "SPARE", "Task"]

DEFAULT_EPSILON = 0.02  # chosen by measurement: see docs/how-to/capacities
ORACLES = ("rr", "simulation", "exact")
SPARE = ("uninvited", "empty", "all")


@dataclass(frozen=True)
class Task:
    """A capacity problem together with the checked arguments of `assign`.

    Attributes
    ----------
    problem : CapacityProblem
    selection_problem : Problem
        The same problem as the algorithms of `imax.maximize` see it, with model, precision and limits.
    spare : {"uninvited", "empty", "all"}
        Use of invitations that add nothing.
    acceptance : Acceptance or None
        The probability that each invitation is accepted; None if all are.
    """

    problem: CapacityProblem
    selection_problem: Problem
    spare: str
    acceptance: Acceptance | None = None

    @classmethod
    def of(
        cls,
        problem: CapacityProblem,
        selection_problem: Problem,
        spare: str | None,
        acceptance: Acceptance | None = None,
    ) -> "Task":
        """Return a task, with a checked or default use of spare invitations."""
        return cls(problem, selection_problem, check.one_of(spare or SPARE[0], "spare", SPARE), acceptance)

    @contextmanager
    def on(self, client: Any) -> "Iterator[Task]":
        """Return the task whose RR sets are on the cluster of a client until the end of the block."""
        with on_cluster(self.selection_problem, client) as placed:
            yield replace(self, selection_problem=placed)

    @property
    def matroid(self) -> PartitionMatroid:
        """The candidates and the capacity of each inviter."""
        return self.problem.matroid
