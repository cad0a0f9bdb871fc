"""The precision of `ideal` against its time and the usefulness of the selected items, for `bench.annotate`.

Large sets have clusters of different sizes, three labels in each cluster, and exact neighbors within the clusters.
"""

import statistics
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import imax
from imax.annotate import ideal
from imax.annotate.knn import SHARPNESS, graph_of
from imax.annotate.neighbors import Neighbors

from ._annotate_study import Pool, interval
from ._measure import table

__all__ = ["precision", "precision_of_many"]

EPSILONS = (0.1, 0.05, 0.025, 0.01)
_QUERIES = 3000
_SMALLEST = 12


def precision(pools: Sequence[Pool], budgets: Sequence[int], keys: int) -> None:
    """Print the mean accuracy and influence by epsilon, over all budgets, on the sets of the study."""
    rows = []
    for pool in pools:
        graph = pool.graph()
        best: dict[int, float] = {}  # the largest influence seen, by budget
        found = {}
        for epsilon in (*EPSILONS[::-1], None):
            accuracy, influence, seconds = [], [], []
            for key in range(keys):
                own = []
                for budget in budgets:
                    began = time.process_time()
                    chosen = ideal(graph, budget, rng=key, epsilon=epsilon, threads=1)
                    seconds.append(time.process_time() - began)
                    own.append(pool.measure(chosen.indices)[0])
                    spread = imax.spread(graph, chosen.indices, n_simulations=2000, rng=7).spread
                    best[budget] = max(best.get(budget, 0.0), spread)
                    influence.append((budget, spread))
                accuracy.append(statistics.mean(own))
            found[epsilon] = (seconds, accuracy, influence)
        for epsilon, (seconds, accuracy, influence) in found.items():
            share = statistics.mean(spread / best[budget] for budget, spread in influence)
            asked = "default" if epsilon is None else f"{epsilon:g}"
            rows.append(
                (pool.name, asked, f"{statistics.mean(seconds) * 1e3:.0f} ms", interval(accuracy), f"{share:.3f}")
            )
    table(("set", "epsilon", "processor", "1-NN accuracy", "influence"), rows)


def precision_of_many(n: int, n_clusters: int, budgets: Sequence[int]) -> None:
    """Print the accuracy, the influence and the time by epsilon for many items."""
    x, labels, sizes = _clusters(n, n_clusters)
    graph = graph_of(_neighbors(x, sizes), direction="in", sharpness=SHARPNESS)
    ideal(graph, 3, rng=1, epsilon=0.5, threads=1)
    query = np.random.default_rng(5).integers(0, n, min(_QUERIES, n))
    rows = []
    for budget in budgets:
        for epsilon in (*EPSILONS[:3], None):
            began = time.process_time()
            found = ideal(graph, budget, rng=1, epsilon=epsilon, threads=1)
            seconds = time.process_time() - began
            selected = np.array(found.indices)
            cosine = x[query] @ x[selected].T
            cosine[query[:, None] == selected] = -2.0
            accuracy = float((labels[selected[cosine.argmax(axis=1)]] == labels[query]).mean())
            spread = imax.spread(graph, found.indices, n_simulations=100, rng=7).spread
            asked = f"default: {found.epsilon:.3g}" if epsilon is None else f"{epsilon:g}"
            rows.append((budget, asked, f"{seconds:.2f} s", f"{accuracy:.3f}", f"{spread:,.0f}", f"{found.ratio:.3f}"))
    table((f"{n:,} items, budget", "epsilon", "processor", "1-NN accuracy", "influence", "certified"), rows)


def _clusters(n: int, n_clusters: int) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Return embeddings of length 1, cluster after cluster, their labels and the sizes of the clusters."""
    rng = np.random.default_rng(0)
    share = rng.pareto(3.0, n_clusters) + 0.3
    sizes = np.maximum(rng.multinomial(n, share / share.sum()), _SMALLEST)
    sizes[sizes.argmax()] -= sizes.sum() - n
    cluster = np.repeat(np.arange(n_clusters), sizes)
    part = rng.integers(0, 3, n)
    x = rng.normal(size=(n_clusters, 32)).astype(np.float32)[cluster]
    x += 0.5 * rng.normal(size=(n_clusters, 3, 32)).astype(np.float32)[cluster, part]
    x += 0.7 * rng.standard_normal((n, 32), dtype=np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x, cluster * 3 + part, sizes


def _neighbors(x: NDArray[np.float32], sizes: NDArray[np.int64], k: int = 10) -> Neighbors:
    """Return the nearest neighbors of each item within its cluster."""
    index = np.empty((len(x), k), dtype=np.int32)
    similarity = np.empty((len(x), k), dtype=np.float32)
    first = 0
    for size in sizes.tolist():
        cosine = x[first : first + size] @ x[first : first + size].T
        np.fill_diagonal(cosine, -2.0)
        near = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
        value = np.take_along_axis(cosine, near, axis=1)
        order = np.argsort(-value, axis=1, kind="stable")
        index[first : first + size] = np.take_along_axis(near, order, axis=1) + first
        similarity[first : first + size] = np.take_along_axis(value, order, axis=1)
        first += size
    return Neighbors(index, similarity, "exact", 1.0)
