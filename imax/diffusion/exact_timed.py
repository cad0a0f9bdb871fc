"""The exact spread until a deadline with exponential delays, by Markov chains.

In a world of live arcs the set of active nodes is a Markov chain, because an exponential delay that has not ended
forgets its past: the set gains node v at the sum of the rates of the live arcs from the set to v.
"""

import itertools
import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgumentError

__all__ = ["MAX_SETS", "Option", "timed_spread"]

MAX_SETS = 256

Option: TypeAlias = tuple[float, int, int]  # probability, source and target of the live arc (-1 for none)
Arc: TypeAlias = tuple[int, int]


def timed_spread(
    choices: list[list[Option]],
    rates: dict[Arc, float],
    seeds: list[int],
    weights: NDArray[np.float64],
    deadline: float,
) -> float:
    """Return the expected weight of the nodes that are active at the deadline.

    Parameters
    ----------
    choices : list of list of Option
        A world takes one option of each choice.
    rates : dict of (source, target) to float
        1 / mean delay of each arc.
    seeds : list of int
    weights : numpy.ndarray of float64, shape (n_nodes,)
    deadline : float

    Raises
    ------
    InvalidArgumentError
        If there are more than `MAX_SETS` sets of nodes that can be active in a world.
    """
    start = sum(1 << v for v in seeds)
    known: dict[frozenset[Arc], float] = {}  # many worlds differ only in arcs that nothing reaches
    terms = []
    for world in itertools.product(*choices):
        live = _reached_arcs([(u, v) for _, u, v in world if u >= 0], start)
        if live not in known:
            known[live] = _active_weight({arc: rates[arc] for arc in sorted(live)}, start, weights, deadline)
        terms.append(math.prod(option[0] for option in world) * known[live])
    return math.fsum(terms)


def _reached_arcs(live: list[Arc], start: int) -> frozenset[Arc]:
    """Return the live arcs whose sources the seeds reach."""
    found: set[Arc] = set()
    reached = start
    while True:
        new = {arc for arc in live if reached >> arc[0] & 1} - found
        if not new:
            return frozenset(found)
        found |= new
        for _, v in new:
            reached |= 1 << v


def _active_weight(rates: dict[Arc, float], start: int, weights: NDArray[np.float64], deadline: float) -> float:
    """Return the expected weight of the active nodes at the deadline, in one world."""
    from scipy.linalg import expm

    place = {start: 0}
    moves: list[tuple[int, int, float]] = []
    left = [start]
    while left:
        active = left.pop()
        for (u, v), rate in rates.items():
            if not active >> u & 1 or active >> v & 1:
                continue
            larger = active | 1 << v
            if larger not in place:
                place[larger] = len(place)
                left.append(larger)
            moves.append((place[active], place[larger], rate))
        if len(place) > MAX_SETS:
            raise InvalidArgumentError(
                f"seeds reach too much of the graph for the exact spread until a deadline: more than {MAX_SETS} sets "
                "of nodes can be active; use imax.spread, which simulates",
                argument="seeds",
            )
    generator = np.zeros((len(place), len(place)))
    for one, other, rate in moves:
        generator[one, other] += rate
        generator[one, one] -= rate
    weight_of = [sum(w for v, w in enumerate(weights.tolist()) if active >> v & 1) for active in place]
    return float(expm(generator * deadline)[0] @ np.array(weight_of))
