"""The study of `bench.annotate`: which examples make labels useful, on four sets of sentences.

A pool is a set of examples to select from, with questions to test on. Accuracy is the share of questions that the most
similar selected example (1-NN), or the majority of the five most similar ones (5-NN), labels correctly.
"""

import json
import math
import os
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import imax
from imax.annotate import ALGORITHMS, auto_annotate, neighbors_of
from imax.annotate.knn import SHARPNESS, graph_of
from imax.annotate.neighbors import Neighbors
from imax.annotate.problem import Work, make_problem

from ._measure import table

__all__ = [
    "BUDGETS",
    "PAPER",
    "Measured",
    "Pool",
    "ablation",
    "batches",
    "interval",
    "kept_results",
    "print_measures",
    "propagation",
    "read_pools",
    "study",
    "summary",
]

BUDGETS = (18, 50, 100, 300)
SMOKE_BUDGETS = (5, 10, 20)

Measured = dict[str, list[list[tuple[float, ...]]]]  # setting: by budget, by key, the values of MEASURES
MEASURES = ("1-NN accuracy", "5-NN accuracy", "share of the labels among the selected examples")
PAPER = {"direction": "out", "sharpness": 1.0}
DEFAULT = "facility-location"
POOLS = (
    ("geoquery", "labels", "GeoQuery, from train"), ("geoquery", "labels", "GeoQuery, from eval"),
    ("trec", "labels", "TREC, 6 labels"), ("trec", "fine_labels", "TREC, 50 labels"),
    ("banking77", "labels", "Banking77"), ("subj", "labels", "Subj"),
)  # fmt: skip
SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {  # name: algorithm and arguments
    "random": ("random", {}),
    "facility-location": ("facility-location", {}),
    "sparse-facility-location, 10 neighbors": ("sparse-facility-location", {}),
    "sparse-facility-location, 20 neighbors": ("sparse-facility-location", {"n_neighbors": 20}),
    "ideal (in, sharpness 8)": ("ideal", {"sharpness": 8.0}),
    "ideal (in, sharpness 1)": ("ideal", {"sharpness": 1.0}),
    "ideal, LT (in, sharpness 8)": ("ideal", {"sharpness": 8.0, "model": "lt"}),
    "ideal, the paper's graph (out, sharpness 1)": ("ideal", PAPER),
    "simulated, the paper's graph and program": ("simulated", PAPER),
    "vote-k, 10 neighbors": ("vote-k", {}),
    "vote-k, 150 neighbors as in its program": ("vote-k", {"n_neighbors": 150}),
    "k-center": ("k-center", {}),
    "graph-degree": ("graph-degree", {}),
}


@dataclass
class Pool:
    """Examples to select from and questions to test on, with their labels; neighbors are found once."""

    name: str
    x: NDArray[Any]
    labels: NDArray[Any]
    queries: NDArray[Any]
    query_labels: NDArray[Any]
    _near: dict[int, Neighbors] = field(default_factory=dict)
    _graphs: dict[tuple[Any, ...], imax.InfluenceGraph] = field(default_factory=dict)
    _cosine: NDArray[Any] | None = None

    def graph(self, n_neighbors: int = 10, direction: str = "in", sharpness: float = SHARPNESS) -> imax.InfluenceGraph:
        """Return the graph of nearest neighbors."""
        k = min(n_neighbors, len(self.x) - 1)
        if k not in self._near:
            self._near[k] = neighbors_of(self.x, k)
        made = (k, direction, sharpness)
        if made not in self._graphs:
            self._graphs[made] = graph_of(self._near[k], direction=direction, sharpness=sharpness)
        return self._graphs[made]

    def select(self, algorithm: str, budget: int, rng: int, epsilon: float | None = None, **options: Any) -> list[int]:
        """Return the items that an algorithm selects, without a certificate for those that do not need one."""
        wanted = {name: options.pop(name) for name in ("n_neighbors", "sharpness") if name in options}
        source: Any = self.x
        if algorithm in ("ideal", "simulated", "random"):
            source = self.graph(direction=options.get("direction", "in"), **wanted)
        else:
            options |= {"n_neighbors": min(wanted.get("n_neighbors", 10), len(self.x) - 1)}
        problem = make_problem(source, budget, rng=rng, work=Work(epsilon=epsilon), **options)
        return ALGORITHMS[algorithm].run(problem).indices

    def measure(self, selected: list[int]) -> tuple[float, float, float]:
        """Return 1-NN accuracy, 5-NN accuracy, and the share of the questions' labels among the selected items."""
        k = min(5, len(selected))
        if self._cosine is None:
            unit, queries = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (self.x, self.queries))
            self._cosine = queries @ unit.T
        cosine = self._cosine[:, selected]
        best = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(cosine, best, axis=1), axis=1), axis=1)
        near = self.labels[np.array(selected)[best]]
        same = (near[:, :, None] == near[:, None, :]).sum(axis=2)
        majority = near[np.arange(len(near)), same.argmax(axis=1)]  # ties go to the more similar label
        wanted = np.unique(self.query_labels)
        return (
            float((near[:, 0] == self.query_labels).mean()),
            float((majority == self.query_labels).mean()),
            float(np.isin(wanted, self.labels[selected]).mean()),
        )


def read_pools(smoke: bool) -> list[Pool]:
    """Return the pools; those whose files are missing are left out."""
    if smoke:
        rng = np.random.default_rng(0)
        labels = rng.integers(0, 6, 90)
        x = rng.normal(size=(6, 8))[labels] + 0.5 * rng.normal(size=(90, 8))
        return [Pool("clusters", x[:60], labels[:60], x[60:], labels[60:])]
    found = []
    for file, label, name in POOLS:
        path = Path(os.environ.get("IMAX_DATA", "")) / f"{file}-minilm.npz"
        if not path.exists():
            print(f"left out: {path} is missing")
            continue
        with np.load(path) as arrays:
            parts = [(arrays[f"{part}_embeddings"].astype(np.float32), arrays[f"{part}_{label}"])
                     for part in ("train", "eval")]  # fmt: skip
        (x, labels), (queries, query_labels) = parts[::-1] if name.endswith("from eval") else parts
        found.append(Pool(name, x, labels, queries, query_labels))
    return found


def budgets_for(pool: Pool) -> tuple[int, ...]:
    """Return the budgets of the study, smaller ones for few items."""
    return BUDGETS if len(pool.x) > 100 else SMOKE_BUDGETS


def interval(values: list[float]) -> str:
    """Return the mean and the half width of its 95 % confidence interval by Student's t distribution."""
    from scipy.stats import t

    if len(set(values)) == 1:
        return f"{values[0]:.3f}"
    half = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    return f"{statistics.mean(values):.3f} ± {half:.3f}"


def study(pool: Pool, keys: int, folder: Path) -> Measured:
    """Return all measures of all settings, by budget and key, and keep them in a folder.

    The paper's program is slow: it runs with a quarter of the keys.
    """
    budgets = budgets_for(pool)
    found: Measured = {}
    for name, (algorithm, options) in SETTINGS.items():
        if algorithm == "ideal":
            chosen = [[pool.select(algorithm, budget, rng, **options) for budget in budgets] for rng in range(keys)]
        else:  # a smaller budget gives the first of the same items
            n_runs = {"random": keys, "simulated": max(keys // 4, 2)}.get(algorithm, 1)
            runs = [pool.select(algorithm, budgets[-1], rng, **options) for rng in range(n_runs)]
            chosen = [[run[:budget] for budget in budgets] for run in runs]
        found[name] = [[pool.measure(run[i]) for run in chosen] for i in range(len(budgets))]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{pool.name}.json").write_text(json.dumps(found))
    return found


def kept_results(folder: Path) -> dict[str, Measured]:
    """Return the measures that `study` has kept, by pool."""
    order = {name: i for i, (_, _, name) in enumerate(POOLS)}
    files = sorted(folder.glob("*.json"), key=lambda file: order.get(file.stem, -1))
    return {file.stem: json.loads(file.read_text()) for file in files}


def print_measures(name: str, found: Measured) -> None:
    """Print a table of each measure."""
    budgets = _budgets_of(found)
    keys = len(found["random"][0])
    for place, measure in enumerate(MEASURES):
        print(f"{name}: {measure}, {keys} keys")
        rows = [
            (setting, *(interval([values[place] for values in at]) for at in by_budget))
            for setting, by_budget in found.items()
        ]
        table(("budget", *map(str, budgets)), rows)


def _budgets_of(found: Measured) -> tuple[int, ...]:
    return BUDGETS if len(found["random"]) == len(BUDGETS) else SMOKE_BUDGETS


def summary(results: dict[str, Measured]) -> None:
    """Print the mean over the pools of the difference of the 1-NN accuracy to a random selection, by budget.

    A second table has the default selection and a random one with its interval, by pool and budget.
    """
    first = next(iter(results.values()))
    budgets = _budgets_of(first)
    means = {
        pool: {name: [statistics.mean(values[0] for values in at) for at in own] for name, own in by_name.items()}
        for pool, by_name in results.items()
    }
    rows = []
    for name in first:
        more = [[by_name[name][i] - by_name["random"][i] for by_name in means.values()] for i in range(len(budgets))]
        cells = [f"{statistics.mean(at):+.3f}" for at in more]
        rows.append((name, *cells, f"{min(min(at) for at in more[1:]):+.3f}"))
    print(f"1-NN accuracy above random, mean over {len(means)} pools")
    table(("budget", *map(str, budgets), f"worst from {budgets[1]} on"), rows)
    print("1-NN accuracy of the default, facility location, and of random selections, 95 % intervals")
    rows = [
        (pool, *(f"{means[pool][DEFAULT][i]:.3f} / {interval([v[0] for v in by_name['random'][i]])}"
                 for i in range(len(budgets))))
        for pool, by_name in results.items()
    ]  # fmt: skip
    table(("budget", *map(str, budgets)), rows)


def ablation(pools: list[Pool], keys: int) -> None:
    """Print the mean 1-NN accuracy of IDEAL and sparse facility location by their settings, over two budgets."""
    small = len(pools[0].x) <= 100
    budgets, numbers = ((5, 10), (5,)) if small else ((50, 100), (5, 10, 20, 50))
    rows: list[tuple[Any, ...]] = []
    cases: list[tuple[str, dict[str, Any]]] = [
        ("ideal", {"n_neighbors": k, "direction": direction, "sharpness": sharpness, "model": model})
        for direction, model in (("in", "ic"), ("in", "lt"), ("out", "ic"))
        for sharpness in (1.0, 4.0, 8.0, 16.0)
        for k in numbers
    ]
    cases += [("sparse-facility-location", {"n_neighbors": k}) for k in numbers]
    for algorithm, options in cases:
        cells, all_means = [], []
        for pool in pools:
            drawn = range(keys if algorithm == "ideal" else 1)
            mean = statistics.mean(
                pool.measure(pool.select(algorithm, budget, rng, epsilon=0.05, **options))[0]
                for rng in drawn for budget in budgets
            )  # fmt: skip
            all_means.append(mean)
            cells.append(f"{mean:.3f}")
        setting = ", ".join(str(options[n]) for n in ("direction", "model", "sharpness") if n in options)
        rows.append((algorithm, setting, options["n_neighbors"], *cells, f"{statistics.mean(all_means):.3f}"))
    print(f"mean 1-NN accuracy at budgets {budgets[0]} and {budgets[1]}, {keys} keys")
    table(("algorithm", "setting", "neighbors", *(pool.name for pool in pools), "mean"), rows)


def propagation(pools: list[Pool], keys: int) -> None:
    """Print coverage and accuracy of the labels that spread from selected examples, by model and threshold."""
    rows = []
    for pool in pools:
        budget = 100 if len(pool.x) > 100 else 10
        for algorithm, model, direction in (
            ("facility-location", "ic", "in"), ("facility-location", "lt", "in"), ("facility-location", "ic", "out"),
            ("ideal", "ic", "in"), ("random", "ic", "in"),
        ):  # fmt: skip
            graph = pool.graph(10, direction, SHARPNESS)
            labeled: dict[float, list[float]] = {}
            right: dict[float, list[float]] = {}
            for rng in range(keys if algorithm != "facility-location" else 1):
                found = pool.select(algorithm, budget, rng)
                spread = auto_annotate(graph, {i: int(pool.labels[i]) for i in found}, model=model, rng=rng)
                for threshold in (0.0, 0.2, 0.5):
                    new = [i for i in np.flatnonzero(np.array(spread.confidence) > threshold) if i not in found]
                    labeled.setdefault(threshold, []).append(len(new) / (len(pool.x) - budget))
                    correct = sum(spread.labels[i] == pool.labels[i] for i in new)
                    right.setdefault(threshold, []).append(correct / max(len(new), 1))
            cells = [f"{statistics.mean(labeled[t]):.0%}, {statistics.mean(right[t]):.0%} right" for t in labeled]
            rows.append((pool.name, budget, f"{algorithm}, {model}, {direction}", *cells))
    table(("labels that spread", "budget", "selection, model, direction", "above 0", "above 0.2", "above 0.5"), rows)


def batches(pools: list[Pool], keys: int) -> None:
    """Print the 1-NN accuracy of two batches of 50, where the second one knows the labels of the first one."""
    rows = []
    for pool in pools:
        half = 50 if len(pool.x) > 100 else 5
        for algorithm in ("facility-location", "ideal"):
            cells = []
            for options in ({}, {"decided_above": 0.5}, {"decided_above": 0.3}):  # type: dict[str, float]
                right = []
                for rng in range(keys if algorithm == "ideal" else 1):
                    first = pool.select(algorithm, half, rng)
                    known = {"labels": {i: int(pool.labels[i]) for i in first}, **options}
                    both = [*first, *pool.select(algorithm, half, rng, **known)]
                    right.append(pool.measure(both)[0])
                cells.append(interval(right))
            rows.append((pool.name, algorithm, *cells))
    table(("two batches", "algorithm", "start only", "decided above 0.5", "decided above 0.3"), rows)
