"""Selecting examples to annotate: the GeoQuery study, run times, and larger random embeddings.

``python -m bench.annotate`` reads geoquery-minilm.npz from the folder that IMAX_DATA names. ``--plots DIR`` plots
the accuracy against the budget and a map of the selected questions. ``--large`` adds 100,000 items with 384
dimensions, ``--million`` a million items with 64 dimensions.
"""

import math
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import imax
from imax.annotate import ALGORITHMS, auto_annotate, ideal, knn_graph, neighbors_of, retrieve, select

from ._measure import machine, parser, table, timed

BUDGETS = (18, 50, 100)
SMOKE_BUDGETS = (5, 10, 20)


def read_data(smoke: bool) -> dict[str, NDArray[Any]] | None:
    """Return the embeddings and labels, or None if the file is missing."""
    if smoke:
        rng = np.random.default_rng(0)
        centres = rng.normal(size=(6, 8))
        labels = rng.integers(0, 6, 90)
        x = centres[labels] + 0.5 * rng.normal(size=(90, 8))
        return {
            "train_embeddings": x[:60], "eval_embeddings": x[60:], "train_labels": labels[:60],
            "eval_labels": labels[60:],
        }  # fmt: skip
    path = Path(os.environ.get("IMAX_DATA", "")) / "geoquery-minilm.npz"
    if not path.exists():
        print(f"skipped: {path} is missing")
        return None
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays if "questions" not in name}


def budgets_for(n_items: int) -> tuple[int, ...]:
    """Return the budgets of the study, smaller ones for few items."""
    return BUDGETS if n_items > 100 else SMOKE_BUDGETS


def interval(values: list[float]) -> str:
    """Return the mean and the half width of its 95 % confidence interval by Student's t distribution."""
    from scipy.stats import t

    if len(set(values)) == 1:
        return f"{values[0]:.3f}"
    half = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    return f"{statistics.mean(values):.3f} ± {half:.3f}"


def accuracy(selected: list[int], x: Any, labels: Any, queries: Any, query_labels: Any) -> float:
    """Return the share of queries whose most similar selected example has the query's label."""
    nearest = retrieve(queries, x, selected, 1)[:, 0]
    return float((labels[nearest] == query_labels).mean())


def study(data: dict[str, NDArray[Any]], keys: int, pool: str, test: str) -> dict[str, list[float]]:
    """Print influence and accuracy of all algorithms: examples selected from `pool`, queries from `test`."""
    x, labels = data[f"{pool}_embeddings"], data[f"{pool}_labels"]
    queries, query_labels = data[f"{test}_embeddings"], data[f"{test}_labels"]
    k = min(10, len(x) - 1)
    graph = knn_graph(x, k)
    rows, curves = [], {}
    budgets = budgets_for(len(x))
    for name in ALGORITHMS:
        cells, means = [], []
        for budget in budgets:
            influence, hits, seconds = [], [], []
            for rng in range(keys if name in ("ideal", "simulated", "random") else 1):
                began = time.perf_counter()
                found = select(x, budget, k, algorithm=name, rng=rng)
                seconds.append(time.perf_counter() - began - found.seconds["certify"])
                influence.append(imax.spread(graph, found.indices, n_simulations=10_000, rng=77).spread)
                hits.append(accuracy(found.indices, x, labels, queries, query_labels))
            cells += [f"{statistics.mean(influence):.1f}", interval(hits), f"{statistics.median(seconds) * 1e3:.1f} ms"]
            means.append(statistics.mean(hits))
        rows.append((name, *cells))
        curves[name] = means
    head = [f"selected from {pool}, {keys} keys"]
    for budget in budgets:
        head += [f"influence, {budget}", "1-NN accuracy", "time"]
    table(head, rows)
    return curves


def optimum(data: dict[str, NDArray[Any]]) -> None:
    """Print the influence of greedy on 40,000 and 400,000 RR sets: by these sets, and by independent simulations."""
    graph = knn_graph(data["train_embeddings"])
    rows = []
    for budget in BUDGETS:
        cells = []
        for count in (40_000, 400_000):
            found = imax.maximize(graph, budget, algorithm="ris", n_rr_sets=count, rng=9)
            simulated = imax.spread(graph, found.seeds, n_simulations=40_000, rng=77)
            cells += [f"{sum(found.gains or ()):.1f}", f"{simulated.spread:.1f} ± {simulated.std_error:.1f}"]
        rows.append((budget, *cells))
    table(("budget", "40,000 sets, by these sets", "simulated", "400,000 sets, by these sets", "simulated"), rows)


def diffusion(data: dict[str, NDArray[Any]]) -> None:
    """Print coverage and accuracy of the labels that spread from the selected examples."""
    x, labels = data["train_embeddings"], data["train_labels"]
    rows = []
    for budget in budgets_for(len(x)):
        found = ideal(x, budget, min(10, len(x) - 1), rng=1)
        for threshold in (0.0, 0.1, 0.2):
            spread = auto_annotate(found, {i: int(labels[i]) for i in found}, threshold=threshold, rng=1)
            labelled = [i for i, label in enumerate(spread.labels) if label is not None and i not in found.indices]
            correct = sum(spread.labels[i] == labels[i] for i in labelled)
            others = len(x) - budget
            rows.append((budget, threshold, f"{len(labelled) / others:.1%}", f"{correct / max(len(labelled), 1):.1%}"))
    table(("budget", "threshold", "labelled share of the others", "correct share of these"), rows)


def speed(data: dict[str, NDArray[Any]], repeats: int) -> None:
    """Print the run time for a small budget by epsilon."""
    x = data["train_embeddings"]
    k = min(10, len(x) - 1)
    graph = knn_graph(x, k)
    rows = []
    for epsilon in (0.1, 0.05, 0.02, 0.01):
        found = ideal(x, 18, k, rng=1, epsilon=epsilon)
        taken = timed({"": lambda e=epsilon: ideal(x, 18, k, rng=1, epsilon=e)}, repeats)[""]
        influence = [
            imax.spread(graph, ideal(x, 18, k, rng=r, epsilon=epsilon).indices, n_simulations=10_000, rng=77).spread
            for r in range(5)
        ]
        rows.append((epsilon, str(taken), f"{statistics.mean(influence):.1f}", f"{found.ratio:.3f}"))
    table(("budget 18, epsilon", "time", "influence", "certified"), rows)


def clusters(n: int, d: int) -> NDArray[np.float32]:
    """Return random embeddings that form clusters."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(200, d)).astype(np.float32)
    made: NDArray[np.float32] = centres[rng.integers(0, 200, n)]
    made += 0.7 * rng.standard_normal((n, d), dtype=np.float32)
    return made


def large(n: int, d: int, budget: int) -> None:
    """Print run times and quality for many items."""
    import resource

    x = clusters(n, d)
    ideal(x[:200], 2, rng=0)
    began = time.perf_counter()
    found = ideal(x, budget, rng=1)
    total = time.perf_counter() - began
    coarse = ideal(found.graph, budget, rng=1, epsilon=0.1).seconds["select"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    seconds = found.seconds
    row = (
        f"{n:,} x {d}, budget {budget:,}", f"{total:.1f} s", f"{seconds['neighbors']:.1f} s",
        f"{seconds['select']:.2f} s", f"{coarse:.2f} s", f"{found.recall:.3f}", str(found.neighbor_search),
        f"{found.ratio:.3f}", f"{peak:.1f} GiB",
    )  # fmt: skip
    table(
        (
            "random clusters",
            "total",
            "neighbors",
            "selection",
            "with epsilon 0.1",
            "recall",
            "search",
            "certified",
            "peak memory",
        ),
        [row],
    )


def draw(folder: Path, data: dict[str, NDArray[Any]], curves: dict[str, dict[str, list[float]]]) -> None:
    """Plot the accuracy against the budget in both directions, and a map of the selected questions."""
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    for ax, (title, by_method) in zip(figure.subplots(1, 2), curves.items(), strict=True):
        for name, means in by_method.items():
            ax.plot(BUDGETS, means, marker=".", label=name)
        ax.set_xlabel("budget")
        ax.set_ylabel("1-NN accuracy")
        ax.set_title(title)
    figure.axes[0].legend(frameon=False, fontsize="small")
    figure.savefig(folder / "annotate-accuracy.svg")
    x = data["train_embeddings"].astype(np.float64)
    x -= x.mean(axis=0)
    plane = x @ np.linalg.svd(x, full_matrices=False)[2][:2].T
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    for ax, name in zip(figure.subplots(1, 3), ("ideal", "facility-location", "random"), strict=True):
        selected = select(data["train_embeddings"], 50, algorithm=name, rng=1).indices
        ax.scatter(*plane.T, s=4, c=data["train_labels"], cmap="tab20", alpha=0.5, linewidth=0)
        ax.scatter(*plane[selected].T, s=18, facecolor="none", edgecolor="black", linewidth=0.8)
        ax.set_title(f"{name}, 50 selected")
        ax.set_xticks([])
        ax.set_yticks([])
    figure.savefig(folder / "annotate-map.svg")


def main() -> None:
    """Print all tables."""
    made = parser(__doc__ or "")
    made.add_argument(
        "--keys", type=int, default=20, help="random keys for algorithms that use random numbers (default 20)"
    )
    made.add_argument("--plots", type=Path, metavar="DIR", help="write the plots to this folder")
    made.add_argument("--large", action="store_true", help="add 100,000 items with 384 dimensions")
    made.add_argument("--million", action="store_true", help="add a million items with 64 dimensions")
    options = made.parse_args()
    print(machine(), "\n")
    data = read_data(options.smoke)
    if data is not None:
        keys = 2 if options.smoke else options.keys
        curves = {
            "selected from train, tested on eval": study(data, keys, "train", "eval"),
            "selected from eval, tested on train": study(data, keys, "eval", "train"),
        }
        diffusion(data)
        speed(data, 1 if options.smoke else options.repeats)
        if not options.smoke:
            optimum(data)
        if options.plots is not None:
            draw(options.plots, data, curves)
    if options.smoke:
        print(f"recall of the exact search: {neighbors_of(clusters(500, 8), 5).recall:.1f}")
    if options.large:
        large(100_000, 384, 1000)
    if options.million:
        large(1_000_000, 64, 1000)


if __name__ == "__main__":
    main()
