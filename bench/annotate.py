"""Choosing examples to annotate: the GeoQuery study, time, and larger random embeddings.

``python -m bench.annotate`` reads geoquery-minilm.npz from the folder named by IMAX_DATA. With ``--plots DIR`` accuracy
against budget and a map of the chosen questions are drawn there; ``--large`` runs 100,000 items of 384 dimensions,
``--million`` a million of 64.
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
from imax.annotate import METHODS, auto_annotate, ideal, knn_graph, neighbors_of, retrieve

from ._measure import machine, parser, table, timed

BUDGETS = (18, 50, 100)


def held(smoke: bool) -> dict[str, NDArray[Any]] | None:
    """Return the embeddings and labels, where they are at hand."""
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
        print(f"left out: {path} is missing")
        return None
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays if "questions" not in name}


def interval(values: list[float]) -> str:
    """Return mean and half width of the 95 % interval by Student's t."""
    from scipy.stats import t

    if len(set(values)) == 1:
        return f"{values[0]:.3f}"
    half = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    return f"{statistics.mean(values):.3f} ± {half:.3f}"


def accuracy(chosen: list[int], x: Any, labels: Any, ask: Any, right: Any) -> float:
    """Return how often the nearest chosen example has the label of the question asked."""
    nearest = retrieve(ask, x, chosen, 1)[:, 0]
    return float((labels[nearest] == right).mean())


def study(data: dict[str, NDArray[Any]], keys: int, one: str, other: str) -> dict[str, list[float]]:
    """Print influence and accuracy of all methods, examples of `one` judged on questions of `other`."""
    x, labels = data[f"{one}_embeddings"], data[f"{one}_labels"]
    ask, right = data[f"{other}_embeddings"], data[f"{other}_labels"]
    k = min(10, len(x) - 1)
    graph = knn_graph(x, k)
    rows, curves = [], {}
    for name, method in METHODS.items():
        cells, means = [], []
        for budget in BUDGETS if len(x) > 100 else (5, 10, 20):
            influence, hits, seconds = [], [], []
            for rng in range(keys if name in ("ideal", "simulated", "random") else 1):
                began = time.perf_counter()
                found = method(x, budget, k, rng=rng)
                seconds.append(time.perf_counter() - began - found.seconds["certify"])
                influence.append(imax.spread(graph, found.indices, n_simulations=10_000, rng=77).spread)
                hits.append(accuracy(found.indices, x, labels, ask, right))
            cells += [f"{statistics.mean(influence):.1f}", interval(hits), f"{statistics.median(seconds) * 1e3:.1f} ms"]
            means.append(statistics.mean(hits))
        rows.append((name, *cells))
        curves[name] = means
    head = [f"chosen from {one}, {keys} keys"]
    for budget in BUDGETS if len(x) > 100 else (5, 10, 20):
        head += [f"influence, {budget}", "1-NN accuracy", "time"]
    table(head, rows)
    return curves


def optimum(data: dict[str, NDArray[Any]]) -> None:
    """Print what greedy on 40,000 and 400,000 RR sets reaches: by its own sets, and by independent simulation."""
    graph = knn_graph(data["train_embeddings"])
    rows = []
    for budget in BUDGETS:
        cells = []
        for count in (40_000, 400_000):
            found = imax.maximize(graph, budget, algorithm="ris", n_rr_sets=count, rng=9)
            judged = imax.spread(graph, found.seeds, n_simulations=40_000, rng=77)
            cells += [f"{sum(found.gains or ()):.1f}", f"{judged.spread:.1f} ± {judged.std_error:.1f}"]
        rows.append((budget, *cells))
    table(("budget", "40,000 sets, their own word", "simulated", "400,000 sets, their own word", "simulated"), rows)


def diffusion(data: dict[str, NDArray[Any]]) -> None:
    """Print coverage and accuracy of labels that diffuse from the examples chosen."""
    x, labels = data["train_embeddings"], data["train_labels"]
    rows = []
    for budget in BUDGETS if len(x) > 100 else (5, 10, 20):
        found = ideal(x, budget, min(10, len(x) - 1), rng=1)
        for threshold in (0.0, 0.1, 0.2):
            spread = auto_annotate(found, {i: int(labels[i]) for i in found}, threshold=threshold, rng=1)
            told = [i for i, label in enumerate(spread.labels) if label is not None and i not in set(found.indices)]
            right = sum(spread.labels[i] == labels[i] for i in told)
            rest = len(x) - budget
            rows.append((budget, threshold, f"{len(told) / rest:.1%}", f"{right / max(len(told), 1):.1%}"))
    table(("budget", "threshold", "of the rest labelled", "of these right"), rows)


def speed(data: dict[str, NDArray[Any]], repeats: int) -> None:
    """Print the time of a small budget by epsilon."""
    x = data["train_embeddings"]
    k = min(10, len(x) - 1)
    graph = knn_graph(x, k)
    rows = []
    for epsilon in (0.1, 0.05, 0.02, 0.01):
        found = ideal(x, 18, k, rng=1, epsilon=epsilon)
        taken = timed({"": lambda e=epsilon: ideal(x, 18, k, rng=1, epsilon=e)}, repeats)[""]
        judged = [
            imax.spread(graph, ideal(x, 18, k, rng=r, epsilon=epsilon).indices, n_simulations=10_000, rng=77).spread
            for r in range(5)
        ]
        rows.append((epsilon, str(taken), f"{statistics.mean(judged):.1f}", f"{found.ratio:.3f}"))
    table(("budget 18, epsilon", "time", "influence", "certified"), rows)


def clusters(n: int, d: int) -> NDArray[np.float32]:
    """Return random clusters of embeddings."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(200, d)).astype(np.float32)
    made: NDArray[np.float32] = centres[rng.integers(0, 200, n)]
    made += 0.7 * rng.standard_normal((n, d), dtype=np.float32)
    return made


def large(n: int, d: int, budget: int) -> None:
    """Print neighbours, graph and selection on many items."""
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
        f"{seconds['select']:.2f} s", f"{coarse:.2f} s", f"{found.recall:.3f}", str(found.neighbors),
        f"{found.ratio:.3f}", f"{peak:.1f} GiB",
    )  # fmt: skip
    table(
        (
            "random clusters",
            "total",
            "neighbours",
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
    """Draw accuracy against budget in both directions, and a map of the questions chosen."""
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
    for ax, name in zip(figure.subplots(1, 3), ("ideal", "facility_location", "random"), strict=True):
        chosen = METHODS[name](data["train_embeddings"], 50, rng=1).indices
        ax.scatter(*plane.T, s=4, c=data["train_labels"], cmap="tab20", alpha=0.5, linewidth=0)
        ax.scatter(*plane[chosen].T, s=18, facecolor="none", edgecolor="black", linewidth=0.8)
        ax.set_title(f"{name}, 50 chosen")
        ax.set_xticks([])
        ax.set_yticks([])
    figure.savefig(folder / "annotate-map.svg")


def main() -> None:
    """Print all tables."""
    made = parser(__doc__ or "")
    made.add_argument("--keys", type=int, default=20, help="keys of methods that draw (default 20)")
    made.add_argument("--plots", type=Path, metavar="DIR", help="draw accuracy and a map there")
    made.add_argument("--large", action="store_true", help="100,000 items of 384 dimensions too")
    made.add_argument("--million", action="store_true", help="a million items of 64 dimensions too")
    options = made.parse_args()
    print(machine(), "\n")
    data = held(options.smoke)
    if data is not None:
        keys = 2 if options.smoke else options.keys
        curves = {
            "chosen from train, judged on eval": study(data, keys, "train", "eval"),
            "chosen from eval, judged on train": study(data, keys, "eval", "train"),
        }
        diffusion(data)
        speed(data, 1 if options.smoke else options.repeats)
        if not options.smoke:
            optimum(data)
        if options.plots is not None:
            draw(options.plots, data, curves)
    if options.smoke:
        print(f"recall of {neighbors_of(clusters(500, 8), 5).recall:.1f} where the search is exact")
    if options.large:
        large(100_000, 384, 1000)
    if options.million:
        large(1_000_000, 64, 1000)


if __name__ == "__main__":
    main()
