"""Reverse walks through a log, from which the RR sets of the credit distribution model come."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.arrays import read_only

__all__ = ["Walks"]


@dataclass(frozen=True)
class Walks:
    """A graph of actions instead of users.

    An RR set is a reverse walk from a random action to one of the actions that it is credited to, and so on; it holds
    the users of these actions.

    Attributes
    ----------
    graph : InfluenceGraph
        Its nodes are actions, its arcs lead from an action to those that followed, with LT weights: the direct credits.
    user : numpy.ndarray of int32, shape (n_actions,)
        User of each action; both are internal ids, of `graph` and of the graph of users.
    weight : numpy.ndarray of float64, shape (n_actions,)
        Weight of each action as a root: 1 / number of actions of its user.
    acted : numpy.ndarray of float64, shape (n_users,)
        1 for users that acted, otherwise 0.
    """

    graph: Any
    user: NDArray[np.int32]
    weight: NDArray[np.float64]
    acted: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("user", "weight", "acted"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.graph, self.user, self.weight, self.acted)
