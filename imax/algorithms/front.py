"""`maximize`: checks the question and hands it to an algorithm."""

import os
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _check
from .._accept import as_graph
from .._random import RNG, key_from
from ..diffusion import check_model
from ..errors import InvalidArgumentError
from ..graph import InfluenceGraph
from ..results import MaximizeResult
from ..sampling import node_weights as check_node_weights
from ._common import Limits, Progress, Question
from .opimc import opim_c

__all__ = ["ALGORITHMS", "DEFAULT_EPSILON", "maximize"]

DEFAULT_EPSILON = 0.01  # by measurement: see docs/explanation/engine
ALGORITHMS: dict[str, Callable[[Question], MaximizeResult]] = {"opim-c": opim_c}


def maximize(
    graph: Any,
    k: int,
    *,
    model: str = "ic",
    algorithm: str = "opim-c",
    probability: str | None = None,
    epsilon: float = DEFAULT_EPSILON,
    delta: float | None = None,
    candidates: Iterable[Hashable] | None = None,
    exclude: Iterable[Hashable] | None = None,
    node_weights: ArrayLike | dict[Any, float] | None = None,
    rng: RNG = None,
    threads: int | None = None,
    lanes: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], Any] | None = None,
) -> MaximizeResult:
    """Choose k seeds that reach the most nodes, with a certificate of how good they are.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
    k : int
        How many seeds.
    model : {"ic", "lt"}, default "ic"
        Independent cascade or linear threshold.
    algorithm : {"opim-c"}, default "opim-c"
    probability : str, optional
        A scheme of arc probabilities in place of the graph's own, such as ``"uniform:0.1"``; see `imax.probabilities`.
    epsilon : float, default 0.01
        The seeds reach at least 1 - 1/e - epsilon of the optimum. The choice has also settled: the spread's
        standard error is at most a share epsilon of it, and the seeds look at most 2 epsilon better on the RR sets
        that chose them than on fresh ones. Smaller is better and slower.
    delta : float, optional
        Probability with which the certificate may fail; default 1 / number of nodes.
    candidates, exclude : iterable of labels, optional
        Nodes that alone may, and that may not, be seeds. Both still spread.
    node_weights : array_like of float, shape (n_nodes,), or dict, optional
        What reaching each node is worth; default 1 each.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` and `lanes` are.
    threads, lanes : int, optional
        Threads (default ``IMAX_NUM_THREADS``, else all cores), and RR sets side by side in each (1 to 16).
    max_memory : int or str, optional
        Bound on the bytes of RR sets, such as ``"2GiB"``; default three quarters of the memory that is free. When
        it is met, the last round's result is returned.
    time_limit : float, optional
        Seconds after which the last round's result is returned.
    progress : callable, optional
        Called after each round with a `Progress`.

    Returns
    -------
    MaximizeResult
        On Ctrl-C too, once a round is complete: its ``stop_reason`` then says ``"interrupted"``.

    Raises
    ------
    InvalidArgumentError, InvalidGraphError, UnknownNodeError

    References
    ----------
    Tang, Tang, Xiao, Yuan: Online Processing Algorithms for Influence Maximization. SIGMOD 2018.

    Examples
    --------
    >>> import imax
    >>> result = imax.maximize(imax.datasets.load("karate"), 2, rng=1)
    >>> sorted(result.seeds)
    [0, 33]
    >>> result.lower_bound <= result.spread <= result.upper_bound
    True
    """
    limits = Limits(
        None if time_limit is None else _check.positive(time_limit, "time_limit"),
        _free_memory() if max_memory is None else _check.memory_bytes(max_memory),
    )
    model = check_model(model)
    _check.one_of(algorithm, "algorithm", tuple(ALGORITHMS))
    network = as_graph(graph, probability=probability, rng=rng)
    allowed = _allowed(network, candidates, exclude)
    n_allowed = int(allowed.sum())
    question = Question(
        graph=network,
        k=_check.count(k, "k", high=n_allowed, high_is="the number of nodes that may be seeds"),
        model=model,
        allowed=allowed,
        n_allowed=n_allowed,
        weights=check_node_weights(network, node_weights),
        epsilon=_check.open_unit(epsilon, "epsilon"),
        delta=1.0 / max(network.n_nodes, 2) if delta is None else _check.open_unit(delta, "delta"),
        key=key_from(rng),
        threads=_check.threads(threads),
        lanes=lanes,
        limits=limits,
        progress=progress,
    )
    return ALGORITHMS[algorithm](question)


def _free_memory() -> int | None:
    """Three quarters of the memory that is free, where the system tells."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        try:
            free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, OSError, ValueError):
            return None
    return free // 4 * 3


def _allowed(
    graph: InfluenceGraph, candidates: Iterable[Hashable] | None, exclude: Iterable[Hashable] | None
) -> NDArray[np.bool_]:
    """Mark the nodes that may be seeds, by internal id."""
    allowed = np.full(graph.n_nodes, candidates is None)
    for labels, name, value in ((candidates, "candidates", True), (exclude, "exclude", False)):
        if labels is None:
            continue
        if isinstance(labels, str):
            raise InvalidArgumentError(f"{name} must be an iterable of labels, got the text {labels!r}")
        allowed[graph.internal_of(labels, f"{name}:")] = value
    if not allowed.any():
        raise InvalidArgumentError("candidates and exclude leave no node that may be a seed")
    return allowed
