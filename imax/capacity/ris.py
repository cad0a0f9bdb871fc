"""Selection on RR sets: round robin or the largest gain first, on fixed numbers of sets or until a certificate holds.

Zhang, Huang, Sun, Lin, Xiao and Tang, "Capacity Constrained Influence Maximization in Social Networks", KDD 2023. Two
things go beyond the paper. The bound of RR-OPIM+ counts each friend once, however many could invite it, where the
paper's adds up what each active participant could gain by itself; it is never above the paper's. And, as for
`imax.maximize`, sampling goes on until the choice has settled.
"""

from collections.abc import Callable
from functools import partial

from ..ris.collection import RRCollection
from ..ris.constraint import Constraint
from ..ris.coverage import Cover, CoverAlgorithm, greedy_cover, round_robin_cover
from ..selection.algorithms.opim_c import certified_rounds, schedule_of
from ..selection.algorithms.ris import fixed_rounds
from ..selection.rounds import CollectionPair, run_rounds
from ._common import Found, Method, Task, finish, of_round
from .lazy import by_oracle

__all__ = ["METHODS"]

_SOURCE = "Zhang, Huang, Sun, Lin, Xiao, Tang: Capacity Constrained Influence Maximization. KDD 2023"


def _finished(choose: CoverAlgorithm, task: Task) -> CoverAlgorithm:
    def select(collection: RRCollection, constraint: Constraint) -> Cover:
        return finish(choose(collection, constraint), task)

    return select


def _until_certain(choose: CoverAlgorithm) -> Callable[[Task], Found]:
    """Return a method that doubles two collections until the certificate holds and the choice has settled."""

    def solve(task: Task) -> Found:
        q = task.selection_problem
        pair = CollectionPair(q)
        best, reason, number = run_rounds(certified_rounds(pair, schedule_of(q, q.delta), _finished(choose, task)))
        return of_round(pair, best, reason, number, q.constraint.guarantee - q.epsilon)

    return solve


def _with_oracle(choose: CoverAlgorithm, *, in_turn: bool) -> Callable[[Task], Found]:
    """Return a method that asks the question's oracle; RR sets by their own kernels."""

    def solve(task: Task) -> Found:
        if task.selection_problem.oracle != "rr":
            return by_oracle(task, in_turn=in_turn)
        pair = CollectionPair(task.selection_problem)
        best, reason, _ = run_rounds(fixed_rounds(pair, _finished(choose, task)))
        return of_round(pair, best, reason, 1, None)

    return solve


_SPARE = frozenset({"spare"})
_ORACLES = _SPARE | {"oracle", "n_rr_sets", "n_simulations"}

METHODS = (
    Method(
        "rr-opim+", _until_certain(round_robin_cover),
        "RR-Greedy on RR sets, doubled until a certificate over its rounds holds and the choice has settled",
        _SOURCE, "1/2 - epsilon", _SPARE,
    ),
    Method(
        "rr-opim", _until_certain(partial(round_robin_cover, prefixes=False)),
        "as rr-opim+, but the optimum is bounded by twice the coverage alone", _SOURCE, "1/2 - epsilon", _SPARE,
    ),
    Method(
        "mg-opim", _until_certain(partial(greedy_cover, prefixes=False)),
        "as rr-opim, with MG-Greedy in place of RR-Greedy", _SOURCE, "1/2 - epsilon", _SPARE,
    ),
    Method(
        "rr-greedy", _with_oracle(round_robin_cover, in_turn=True),
        "in rounds, each participant in turn invites the friend that adds most", _SOURCE,
        "1/2 of what its oracle sees", _ORACLES,
    ),
    Method(
        "mg-greedy", _with_oracle(greedy_cover, in_turn=False),
        "the friend that adds most of all, as long as somebody has an invitation left for it", _SOURCE,
        "1/2 of what its oracle sees", _ORACLES,
    ),
)  # fmt: skip
