"""Upper bounds of the influence of every single node, without sampling.

A node reaches another only by a path of live edges. So its influence is at most the expected number of live walks that
start there and never turn back along the edge that they came by: Abbe, Kulkarni and Lee, "Nonbacktracking Bounds on the
Influence in Independent Cascade Models", NIPS 2017. The proof of the form that is computed here is in
docs/explanation/worlds.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .._utils import parallel
from ..graph.influence_graph import InfluenceGraph
from .undirected import undirected_edges

__all__ = ["influence_bounds"]

_PRECISION = 0.004
_MAX_STEPS = 60
_ROUNDING = 1e-6
_LIGHT = 1e-3  # nodes lighter than this share of the mean weight count as if they had this share


def influence_bounds(
    graph: InfluenceGraph,
    weights: NDArray[np.float64] | None,
    threads: int,
    useful: Callable[[NDArray[np.float64]], bool],
) -> NDArray[np.float64] | None:
    """Return an upper bound of the influence of each node under the IC model: float64, shape (n_nodes,).

    Parameters
    ----------
    graph : InfluenceGraph
    weights : numpy.ndarray of float64, shape (n_nodes,), or None
        Weight of each node.
    threads : int
    useful : callable
        Whether bounds as low as these would be useful. The search ends when they no longer are.

    Returns
    -------
    numpy.ndarray or None
        None if the graph is not undirected, if its influence is too high for these bounds to be finite, or if they are
        not useful.
    """
    from ..kernels.walks import turns_back, walk_step

    if undirected_edges(graph) is None:
        return None
    stored = graph.probability
    values = None if stored.kind == "uniform" else graph.arc_values()
    if stored.value >= 1.0 or (values is not None and values.max(initial=0.0) >= 1.0):
        return None
    if weights is not None:
        weights = np.maximum(weights, _LIGHT * weights.mean())
    arcs = graph.in_ptr, graph.in_idx, values, stored.value
    spans = parallel.even_parts(graph.in_ptr, 4 * threads) or [(0, graph.n_nodes)]
    old = np.ones(graph.n_nodes) if weights is None else weights.copy()
    new = np.empty(graph.n_nodes)
    for step in range(_MAX_STEPS):
        rise = max(parallel.run([partial(walk_step, *arcs, weights, old, new, a, b) for a, b in spans], threads))
        # G(x) <= x holds for x = (1 + slack) old: see the proof
        slack = _ROUNDING + (rise / (1.0 - rise) if rise < 1.0 else np.inf)
        if slack <= _PRECISION or (step == _MAX_STEPS - 1 and rise < 1.0):
            bound = np.multiply(old, 1.0 + slack, out=new)
            tests = [partial(turns_back, *arcs, bound, a, b) for a, b in spans]
            return None if any(parallel.run(tests, threads)) else bound
        old, new = new, old
        if not useful(old):
            return None
    return None
