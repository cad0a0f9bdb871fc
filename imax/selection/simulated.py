"""The spread of chosen seeds from fresh live-edge worlds of an undirected graph: estimate, interval and lower bound."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.streams import Key, Stream, stream_key
from ..cluster.held import Held
from ..cluster.worker import Lost
from ..diffusion.cascades import Cascades, default_lanes
from ..diffusion.tables import prepare
from ..diffusion.undirected import undirected_edges
from ..graph.influence_graph import InfluenceGraph
from ..ris.bounds import level_of_look, z_at_level
from ..ris.means import mean_lower_bound
from ..ris.worlds import WorldCollection
from .problem import Problem

__all__ = ["SpreadSample"]

_BATCH_ENTRIES = 1 << 24  # labels of the worlds that are drawn at a time
_TASKS_PER_THREAD = 4
_FEW_VALUES = 512


class _Cascades:
    """Cascades from seeds, in this process or on a worker; on an undirected graph RR tables serve both ways."""

    def __init__(
        self,
        graph: InfluenceGraph,
        seeds: NDArray[np.int32],
        key: Key,
        weights: NDArray[np.float64] | None,
        *,
        threads: int,
    ) -> None:
        diffusion = prepare(graph, "ic", threads)
        lanes = 4 if seeds.size * 4 > graph.n_nodes else min(8, default_lanes(diffusion))
        self._cascades = Cascades(diffusion, key, lanes, seeds=seeds, weights=weights)
        self._threads = threads

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, ()

    def values(self, first: int, stop: int) -> NDArray[np.float64]:
        """Return what cascades number `first` to ``stop - 1`` reach."""
        from ..kernels.cascades import Output

        none, no_sets = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
        count = stop - first
        values = np.empty(count)
        several = count > 2 * self._cascades.lanes
        spans = parallel.slices(count, self._threads * _TASKS_PER_THREAD if several else 1)
        parallel.run(
            [
                partial(self._cascades.run, first + a, b - a, Output(none, no_sets, no_sets, values[a:b]))
                for a, b in spans
            ],
            self._threads,
        )
        return values


class _AddedInWorlds:
    """What seeds add to start nodes in live-edge worlds, in this process or on a worker."""

    def __init__(
        self,
        graph: InfluenceGraph,
        start: NDArray[np.int32],
        seeds: NDArray[np.int32],
        key: Key,
        weights: NDArray[np.float64] | None,
        *,
        threads: int,
    ) -> None:
        edges = undirected_edges(graph)
        assert edges is not None  # the caller has checked it
        self._edges, self._n_nodes = edges, graph.n_nodes
        self._start, self._seeds = start, seeds
        self._key, self._weights, self._threads = key, weights, threads

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, ()

    def values(self, first: int, stop: int) -> NDArray[np.float64]:
        """Return the weight of the start nodes' components in worlds number `first` to ``stop - 1``, and what is added.

        Returns
        -------
        numpy.ndarray of float64, shape (2, stop - first)
        """
        step = max(1, _BATCH_ENTRIES // self._n_nodes)
        parts = [np.empty((2, 0))]
        for a in range(first, stop, step):
            worlds = WorldCollection(self._edges, self._n_nodes, self._key, self._threads, first=a)
            worlds.extend(min(step, stop - a))
            if self._weights is None:
                start = worlds.cover(self._start)
                parts.append(np.stack([start, worlds.cover(self._seeds)]))
            else:
                rows = [partial(self._weigh, label, self._weights) for label in worlds.labels]
                parts.append(np.array(parallel.run(rows, self._threads)).T)
        return np.concatenate(parts, axis=1)

    def _weigh(self, label: NDArray[np.int32], weights: NDArray[np.float64]) -> tuple[float, float]:
        """Return the two values of one world by the weights themselves, which the sizes of components round."""
        root = np.where(label < 0, np.arange(label.size, dtype=np.int32), label)
        is_reached, is_added = np.zeros((2, label.size), dtype=np.bool_)
        is_reached[root[self._start]] = True
        is_added[root[self._seeds]] = True
        is_added &= ~is_reached
        return float(weights[is_reached[root]].sum()), float(weights[is_added[root]].sum())


class SpreadSample:
    """Independent values whose expectation is the spread of seeds, or what they add to nodes active from the start.

    Parameters
    ----------
    problem : Problem
        On an undirected graph under the IC model.
    seeds : numpy.ndarray of int32
        Chosen without looking at these values.

    Attributes
    ----------
    values : numpy.ndarray of float64
    start : float or None
        Estimated spread of the nodes active from the start.
    """

    def __init__(self, problem: Problem, seeds: NDArray[np.int32]) -> None:
        self.problem = problem
        self.seeds = np.unique(seeds)
        self.values = np.empty(0)
        self.start: float | None = None
        self._start_values = np.empty(0)
        self._key = stream_key(problem.key, Stream.WORLD_VALIDATION)
        self._draw: Callable[[int], NDArray[np.float64]] = (
            self._simulations() if problem.constraint.start.size == 0 else self._worlds()
        )

    def extend(self, count: int) -> None:
        """Draw values until there are `count`."""
        missing = count - self.values.size
        if missing > 0:
            self.values = np.concatenate([self.values, self._draw(missing)])

    def _simulations(self) -> Callable[[int], NDArray[np.float64]]:
        """Return a function that runs further cascades from the seeds."""
        q = self.problem
        session, arguments = q.session, (self.seeds, self._key, q.weights)
        if session is None:
            own = _Cascades(q.graph, *arguments, threads=q.threads)
            return lambda count: own.values(self.values.size, self.values.size + count)
        held = Held(session, _Cascades, *arguments)

        def draw(count: int) -> NDArray[np.float64]:
            return np.concatenate(held.call("simulate", "values", session.shares(self.values.size, count)))

        return draw

    def _worlds(self) -> Callable[[int], NDArray[np.float64]]:
        """Return a function that draws further worlds, and the weight that the seeds add to the start nodes there."""
        q = self.problem
        session, arguments = q.session, (q.constraint.start, self.seeds, self._key, q.weights)
        own = _AddedInWorlds(q.graph, *arguments, threads=q.threads) if session is None else None
        held = None if session is None else Held(session, _AddedInWorlds, *arguments)

        def draw(count: int) -> NDArray[np.float64]:
            first = self.values.size
            if session is None or held is None:
                assert own is not None
                start, added = own.values(first, first + count)
            else:
                start, added = np.concatenate(held.call("simulate", "values", session.shares(first, count)), axis=1)
            self._start_values = np.concatenate([self._start_values, start])
            self.start = float(self._start_values.mean())
            return np.asarray(added)

        return draw

    @property
    def spread(self) -> float:
        """The mean of the values."""
        return float(self.values.mean())

    @property
    def std_error(self) -> float:
        """The standard error of the mean."""
        return float(self.values.std(ddof=1) / math.sqrt(self.values.size))

    def interval(self, look: int) -> tuple[float, float]:
        """Return a 95 % confidence interval for the spread; see `level_of_look`.

        It follows from the central limit theorem. Of few values, which may all be equal by chance, it holds for any
        distribution of values up to the total weight.
        """
        if self.values.size < _FEW_VALUES:
            a, total = math.log(2.0 / level_of_look(look)), self.problem.total
            return mean_lower_bound(self.values, a), total - mean_lower_bound(total - self.values, a)
        half = z_at_level(level_of_look(look)) * self.std_error
        return self.spread - half, self.spread + half

    def lower_bound(self, a: float) -> float:
        """Return a lower bound on the spread that fails with probability at most exp(-a)."""
        return mean_lower_bound(self.values, a)
