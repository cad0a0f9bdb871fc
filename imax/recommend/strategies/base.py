"""What every reranking strategy provides."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..._utils.streams import Key
from .._candidates import CandidateLists
from .._network import Network
from ..heteroir import INTERACTIONS
from ..ranking import Scores
from ..storage import State

__all__ = [
    "LIST_LENGTH",
    "SETS_PER_NODE",
    "Context",
    "NodeValues",
    "Options",
    "Strategy",
    "given_order",
    "value_scores",
]

SETS_PER_NODE = 20
LIST_LENGTH = 3


@dataclass(frozen=True)
class Context:
    """What every strategy works on."""

    network: Network
    key: Key
    threads: int


@dataclass(frozen=True)
class Options:
    """Options of the preparation; each strategy uses those that it supports."""

    interactions: int = INTERACTIONS
    sets_per_node: int = SETS_PER_NODE
    max_memory: int | str | None = None
    blend: float | None = None
    min_willingness: float | None = None
    discount: ArrayLike | None = None
    list_length: int = LIST_LENGTH
    inviters: NDArray[np.int32] | None = None
    client: Any = None


class Strategy(ABC):
    """How one algorithm scores candidates. It does not change after preparation, so threads can share it."""

    n_rr_sets: int = 0
    blends: ClassVar[bool] = False  # whether the scores contain the blend already

    @classmethod
    @abstractmethod
    def prepare(cls, context: Context, options: Options) -> Self:
        """Compute what does not depend on the candidates."""

    @abstractmethod
    def scores(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None, threads: int) -> Scores:
        """Return the scores of all candidates of one or many users.

        `willingness` is the probability that each candidate is invited and accepts.
        """

    @abstractmethod
    def state(self) -> State:
        """Return what `restore` needs to make the strategy again."""

    @classmethod
    @abstractmethod
    def restore(cls, context: Context, state: State) -> Self:
        """Make a strategy from the state in a file, whose arrays were checked against `STATE_ARRAYS`."""


def value_scores(lists: CandidateLists, score: NDArray[np.float64], value: NDArray[np.float64] | None = None) -> Scores:
    """Return scores with the part ``value``, by default the score itself; ties keep the given order."""
    values = score if value is None else value
    return Scores(score, given_order(lists), lambda rows: {"value": values[rows]})


def given_order(lists: CandidateLists) -> NDArray[np.int32]:
    """Return the positions of the candidates, which as a tie-break keep the order in which they were given."""
    return np.arange(lists.candidates.size, dtype=np.int32)


class NodeValues(Strategy):
    """A strategy that prepares one value per node, and scores a candidate by its value."""

    def __init__(self, context: Context, value: NDArray[np.float64]) -> None:
        self.context = context
        self.value = value

    @classmethod
    def prepare(cls, context: Context, options: Options) -> Self:
        """Compute the value of each node."""
        return cls(context, cls.values(context, options))

    @classmethod
    @abstractmethod
    def values(cls, context: Context, options: Options) -> NDArray[np.float64]:
        """Return the value of each node, by internal id."""

    def scores(self, lists: CandidateLists, willingness: NDArray[np.float64], k: int | None, threads: int) -> Scores:
        """Return the value of each candidate."""
        return value_scores(lists, self.value[lists.candidates])

    def state(self) -> State:
        """Return the values."""
        return State(arrays={"value": self.value})

    @classmethod
    def restore(cls, context: Context, state: State) -> Self:
        """Make a strategy from saved values."""
        return cls(context, state.arrays["value"])
