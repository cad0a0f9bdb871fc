"""Gains by forward simulation on a cluster: each worker simulates a part of the worlds."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.streams import Key
from ..cluster.held import Held
from ..cluster.session import Session
from ..cluster.worker import Lost
from ..graph.influence_graph import InfluenceGraph
from .oracles import BLOCK, STEP, OutOfTime, SimulationOracle, check_memory

__all__ = ["RemoteSimulationOracle"]


class OracleShard:
    """The oracle on one worker, for some blocks of worlds; it knows the nodes that are taken by their list."""

    def __init__(
        self,
        graph: InfluenceGraph,
        model: str,
        weights: NDArray[np.float64] | None,
        key: Key,
        n_simulations: int,
        blocked: NDArray[np.bool_] | None,
        *,
        threads: int,
    ) -> None:
        self._arguments = graph, model, weights, key, n_simulations, threads, None, None, blocked
        self._lock = threading.Lock()  # a call that seemed lost may still be running
        self._clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, ()

    def _clear(self) -> None:
        self._oracle = SimulationOracle(*self._arguments)
        self._taken: list[int] = []

    def gains(
        self, first_block: int, last_block: int, taken: list[int], nodes: NDArray[Any], before: int
    ) -> NDArray[np.float64]:
        """Return the sums of gains for each block and node, once the nodes of a list are taken."""
        if first_block == last_block:
            return np.zeros((0, nodes.size))
        with self._lock:
            if taken[: len(self._taken)] != self._taken:
                self._clear()
            for node in taken[len(self._taken) :]:
                self._oracle.take_in(node, first_block, last_block)
                self._taken.append(node)
            return self._oracle.block_gains(nodes, before, first_block, last_block)

    def first_estimate(self, node: int) -> float:
        """Return a rough estimate of the gain of a node."""
        with self._lock:
            return self._oracle.first_estimate(node)


class RemoteSimulationOracle:
    """`SimulationOracle` with the worlds divided among the workers of a session; the gains have the same bits.

    Parameters
    ----------
    session : Session
    model, weights, key, n_simulations, memory, blocked
        As for `SimulationOracle`.
    keep_going : callable
        Called before each request; if it returns False, `gains` raises `OutOfTime`.
    """

    def __init__(
        self,
        session: Session,
        model: str,
        weights: NDArray[np.float64] | None,
        key: Key,
        n_simulations: int,
        memory: int | None,
        keep_going: Callable[[], bool],
        blocked: NDArray[np.bool_] | None,
    ) -> None:
        check_memory(session.graph.n_nodes, n_simulations, memory)
        self.n_simulations = self.n_rr_sets = self.n_rr_entries = 0
        self._keep_going, self._n_worlds = keep_going, n_simulations
        self._taken: list[int] = []
        self._held = Held(session, OracleShard, model, weights, key, n_simulations, blocked)
        self._shares = session.shares(0, -(-n_simulations // BLOCK))

    def first_estimate(self, node: int) -> float:
        """Return a rough estimate of the gain of a node, from a few worlds."""
        self.n_simulations += min(STEP, self._n_worlds)
        return float(self._held.call("simulate", "first_estimate", [(node,)], [0])[0])

    def gains(self, nodes: NDArray[Any], before: int = -1) -> NDArray[np.float64]:
        """Return what each node adds to those taken, and to `before` where that is a node."""
        if not self._keep_going():
            raise OutOfTime
        arguments = [(*share, self._taken, nodes, before) for share in self._shares]
        blocks = self._held.call("simulate", "gains", arguments, quick=nodes.size == 1)
        self.n_simulations += nodes.size * self._n_worlds
        total: NDArray[np.float64] = np.concatenate(blocks).sum(axis=0)
        return total / self._n_worlds

    def take(self, node: int) -> None:
        """Add a node to those taken; the workers do so at the next request."""
        self._taken.append(node)
