"""The spread of chosen seeds from fresh live-edge worlds of an undirected graph: estimate, interval and lower bound."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from .._utils.streams import Stream, stream_key
from ..diffusion.sampler import Cascades, default_lanes
from ..diffusion.tables import prepare
from ..diffusion.undirected import undirected_edges
from ..ris.bounds import z_of_look
from ..ris.means import mean_lower_bound
from ..ris.worlds import WorldCollection
from .problem import Problem

__all__ = ["SpreadSample"]

_BATCH_ENTRIES = 1 << 24  # labels of the worlds that are drawn at a time
_TASKS_PER_THREAD = 4


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
            self._simulations() if problem.constraint.start.size == 0 else self._on_worlds
        )

    def extend(self, count: int) -> None:
        """Draw values until there are `count`."""
        missing = count - self.values.size
        if missing > 0:
            self.values = np.concatenate([self.values, self._draw(missing)])

    def _simulations(self) -> Callable[[int], NDArray[np.float64]]:
        """Return a function that runs cascades from the seeds; on an undirected graph RR tables serve both ways."""
        from ..kernels.cascades import Output

        q = self.problem
        diffusion = prepare(q.graph, "ic", q.threads)
        lanes = 4 if self.seeds.size * 4 > q.graph.n_nodes else min(8, default_lanes(diffusion))
        cascades = Cascades(diffusion, self._key, lanes, seeds=self.seeds, weights=q.weights)
        none, no_sets = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)

        def draw(count: int) -> NDArray[np.float64]:
            values = np.empty(count)
            spans = parallel.slices(count, q.threads * _TASKS_PER_THREAD if count > 2 * lanes else 1)
            first = self.values.size
            parallel.run(
                [
                    partial(cascades.run, first + a, b - a, Output(none, no_sets, no_sets, values[a:b]))
                    for a, b in spans
                ],
                q.threads,
            )
            return values

        return draw

    def _on_worlds(self, count: int) -> NDArray[np.float64]:
        """Return the weight that the seeds add to the components of the start nodes, in further worlds."""
        q, edges = self.problem, undirected_edges(self.problem.graph)
        assert edges is not None
        step = max(1, _BATCH_ENTRIES // q.graph.n_nodes)
        parts, starts = [], [self._start_values]
        first = self.values.size
        while count > 0:
            worlds = WorldCollection(edges, q.graph.n_nodes, self._key, q.threads, q.weights, first=first)
            worlds.extend(min(step, count))
            starts.append(worlds.cover(q.constraint.start) * worlds.unit)
            parts.append(worlds.cover(self.seeds) * worlds.unit)
            first, count = first + worlds.n_worlds, count - worlds.n_worlds
        self._start_values = np.concatenate(starts)
        self.start = float(self._start_values.mean())
        return np.concatenate(parts)

    @property
    def spread(self) -> float:
        """The mean of the values."""
        return float(self.values.mean())

    @property
    def std_error(self) -> float:
        """The standard error of the mean."""
        return float(self.values.std(ddof=1) / math.sqrt(self.values.size))

    def interval(self, look: int) -> tuple[float, float]:
        """Return a 95 % confidence interval for the spread, by the central limit theorem; see `z_of_look`."""
        half = z_of_look(look) * self.std_error
        return self.spread - half, self.spread + half

    def lower_bound(self, a: float) -> float:
        """Return a lower bound on the spread that fails with probability at most exp(-a)."""
        return mean_lower_bound(self.values, a)
