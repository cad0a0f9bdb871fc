"""One round of sampling, and when a choice has settled so that no more rounds are needed."""

import math
from dataclasses import dataclass

from ..ris.coverage import Cover
from .outcome import Bounds

__all__ = ["MANY_TURNS", "OPTIMISM", "SETTLING", "Round", "Settling"]

OPTIMISM = 2.0  # chosen by measurement: see docs/explanation/engine
MANY_TURNS = 512
SETTLING = 8  # chosen by measurement, too


@dataclass(frozen=True)
class Round:
    """A choice on the selection collection, validated on the validation collection.

    Attributes
    ----------
    cover : Cover
        The choice.
    covered : int or float
        Sets of the validation collection that the seeds cover; an expected number if seeds may decline.
    known : int
        How many of them are known to be covered because their root is a seed: see `Sampler.n_known`.
    bounds : Bounds
    n_selecting : int
        Sets in the selection collection.
    n_sets, n_entries : int
        Sets of both collections, and the nodes that they have reached.
    """

    cover: Cover
    covered: float
    known: int
    bounds: Bounds
    n_selecting: int
    n_sets: int
    n_entries: int

    def settled(self, epsilon: float) -> bool:
        """Whether more sets would hardly change the choice.

        The relative standard error of the spread is at most epsilon, and the coverage of the seeds on the selection
        collection exceeds that on the validation collection by a share of at most 2 epsilon.
        """
        optimism = 1.0 - self.covered / max(self.cover.covered, 1)
        return self.covered > 0 and self.relative_error <= epsilon and optimism <= OPTIMISM * epsilon

    @property
    def relative_error(self) -> float:
        """The relative standard error of the spread: known sets have none."""
        return math.sqrt(max(self.covered - self.known, 0)) / max(self.covered, 1)

    def awaited(self, target: float, epsilon: float) -> str:
        """Return what keeps the choice from being settled although the certificate holds; otherwise an empty text."""
        if self.bounds.ratio < target or self.settled(epsilon):
            return ""
        error = self.relative_error
        if error > epsilon:
            return f"the choice has not settled: relative error {error:.2%}, target {epsilon:.2%}"
        optimism = 1.0 - self.covered / max(self.cover.covered, 1)
        return f"the choice has not settled: overestimated by {optimism:.2%}, target {OPTIMISM * epsilon:.2%}"


class Settling:
    """Decides whether sampling ends after a round in which the certificate holds.

    It ends if the choice has settled. It also ends at `SETTLING` times the sets at which the certificate held first.
    Where spreads are a small share of all nodes, a choice settles long after that, and further sets hardly pay. After
    `MANY_TURNS` turns of m roots each, even twice the sets are enough: the relative standard error of the spread of any
    single node is at most 1 / (2 sqrt(m)) then, 2.2 %.

    Parameters
    ----------
    n_nodes : int
    """

    def __init__(self, n_nodes: int) -> None:
        self._n_nodes = n_nodes
        self._first: int | None = None

    def stop(self, best: Round, settled: bool, reason: str, reason_unsettled: str) -> str | None:
        """Return the stop reason after a round with the certificate, or None to continue."""
        if settled:
            return reason
        if self._first is None:
            self._first = best.n_selecting
        few = best.known > 0 and best.n_selecting >= MANY_TURNS * self._n_nodes
        return reason_unsettled if best.n_selecting >= (2 if few else SETTLING) * self._first else None
