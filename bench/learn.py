"""Learning probabilities: planted truths, real logs, and speed.

``python -m bench.learn`` needs the folder named by IMAX_DATA for the first two parts. Planted cascades go one step at a
time on the facebook graph, so ``window=1`` says exactly which in-neighbors can have caused an action.
"""

import heapq
import time
from pathlib import Path
from typing import Any

import numpy as np

import imax
from imax.graph.probabilities import ArcProbability
from imax.learn import Actions, credit_model, evaluate, from_actions, split

from ._measure import bench_graph, data_graph, machine, parser, table

PLANTED = {
    "beta(0.5, 49.5)": (5_000, 20_000, 80_000),
    "beta(2, 198)": (5_000, 20_000, 80_000),
    "trivalency": (100, 400),
}


def planted_values(kind: str, n: int, generator: np.random.Generator) -> np.ndarray:
    """Return n probabilities."""
    if kind == "trivalency":
        return generator.choice([0.1, 0.01, 0.001], n)
    a, b = (float(x) for x in kind[5:-1].split(","))
    return generator.beta(a, b, n)


def cascades(graph: imax.InfluenceGraph, p: np.ndarray, n_items: int, generator: np.random.Generator) -> dict[str, Any]:
    """Return the log of cascades from random users; times count steps."""
    source, target, _ = graph.arc_arrays()
    order = np.argsort(source, kind="stable")
    ptr = np.searchsorted(source[order], np.arange(graph.n_nodes + 1))
    target, p = target[order], p[order]
    users, items, times = [], [], []
    for item in range(n_items):
        level, step = np.array([generator.integers(graph.n_nodes)]), 0
        seen = {int(level[0])}
        while level.size:
            users.append(level)
            items.append(np.full(level.size, item))
            times.append(np.full(level.size, step))
            arcs = np.concatenate([np.arange(ptr[u], ptr[u + 1]) for u in level])
            reached = np.unique(target[arcs[generator.random(arcs.size) < p[arcs]]])
            level = np.array([v for v in reached.tolist() if v not in seen], dtype=np.int64)
            seen.update(level.tolist())
            step += 1
    labels = np.array(graph.nodes())
    return {"user": labels[np.concatenate(users)], "item": np.concatenate(items), "time": np.concatenate(times)}


def planted(graph: imax.InfluenceGraph, smoke: bool) -> None:
    """Print the error and the coverage of the intervals for planted probabilities."""
    rows = []
    for kind, sizes in PLANTED.items():
        generator = np.random.default_rng(1)
        p = planted_values(kind, graph.n_arcs, generator)
        truth = graph.with_arc_probability(ArcProbability("planted", "arcs", 0.0, p.astype(np.float32)))
        for n_items in sizes[:1] if smoke else sizes:
            log = cascades(graph, p, n_items, generator)
            best = imax.maximize(truth, 20, rng=1, algorithm="hist", epsilon=0.05)
            for estimator in ("em", "bernoulli", "partial-credits"):
                began = time.perf_counter()
                model = from_actions(graph, log, estimator=estimator, window=1)
                seconds = time.perf_counter() - began
                error = np.sqrt(np.mean((model.probability - p) ** 2))
                known = model.trials > 0
                inside = np.mean((model.lower[known] <= p[known]) & (p[known] <= model.upper[known]))
                seeds = imax.maximize(model.graph, 20, rng=1, algorithm="hist", epsilon=0.05).seeds
                reached = [imax.spread(truth, s, n_simulations=1000, rng=2).spread for s in (seeds, best.seeds)]
                shown = (f"{n_items:,}", f"{len(log['user']):,}", f"{model.trials.mean():.1f}", estimator)
                quality = (f"{error:.5f}", f"{inside:.1%}", f"{reached[0] / reached[1]:.1%}", f"{seconds:.1f} s")
                rows.append((kind, *shown, *quality))
    head = ("planted", "items", "actions", "trials/arc", "estimator", "RMSE", "in 90 %", "spread of seeds", "time")
    table(head, rows)


def real_logs(folder: Path, smoke: bool) -> None:
    """Print the evaluation on real logs, held out by item, over splits; and credit distribution."""
    rows = []
    for name in ("android", "christianity"):
        graph = imax.read_graph(folder / f"{name}-graph.csv")
        log = Actions.of(folder / f"{name}-actions.csv")
        scores: dict[str, list[tuple[float, ...]]] = {}
        for key in range(1 if smoke else 5):
            train, held_out = split(log, rng=key)
            for estimator in ("em", "bernoulli", "jaccard", "partial-credits"):
                model = from_actions(graph, train, estimator=estimator)
                found = evaluate(model, held_out, n_bootstrap=20, n_simulations=50)
                for row in found.rows[: 4 if estimator == "em" else 1]:
                    least = min(low for _, low, _ in found.advantage.values()) if row.model == estimator else np.nan
                    scores.setdefault(row.model, []).append((row.auc, row.log_loss, row.spread_rmse, least))
        for model_name, values in scores.items():
            auc, loss, rmse, least = np.mean(values, axis=0)
            spread_auc = np.std([v[0] for v in values])
            beats = "" if np.isnan(least) else f"{sum(v[3] > 0 for v in values)} of {len(values)}"
            rows.append((name, model_name, f"{auc:.3f} ± {spread_auc:.3f}", f"{loss:.4f}", f"{rmse:.1f}", beats))
    table(("log", "model", "AUC", "log-loss", "spread RMSE", "AUC above all simple models"), rows)


def credit(folder: Path, k: int) -> None:
    """Print seeds by credit distribution beside an exact greedy on the recursion."""
    graph = imax.read_graph(folder / "android-graph.csv")
    model = credit_model(graph, folder / "android-actions.csv")
    imax.maximize(model, 2, rng=1)
    began = time.perf_counter()
    result = imax.maximize(model, k, rng=1)
    ours = time.perf_counter() - began
    began = time.perf_counter()
    seeds: list[Any] = []
    current = 0.0
    heap = [(-model.spread_of([v]), v, 0) for v in graph.nodes()]
    heapq.heapify(heap)
    while len(seeds) < k:
        gain, v, size = heapq.heappop(heap)
        if size == len(seeds):
            seeds.append(v)
            current -= gain
        else:
            heapq.heappush(heap, (current - model.spread_of([*seeds, v]), v, len(seeds)))
    exact = time.perf_counter() - began
    rows = [
        ("RR sets", f"{model.spread_of(result.seeds):.2f}", f"{ours:.3f} s", f"{result.ratio:.1%}"),
        ("exact greedy", f"{current:.2f}", f"{exact:.1f} s", ""),
    ]
    table((f"credit distribution, android, k = {k}", "exact spread", "time", "certified"), rows)


def speed(scale: int, n_actions: int, n_items: int) -> None:
    """Print the time of each estimator on logs of growing size."""
    graph = bench_graph(scale)
    n = graph.n_nodes
    labels = np.array(graph.nodes())
    source, target, _ = graph.arc_arrays()
    generator = np.random.default_rng(0)
    rows = []
    for count in (n_actions // 4, n_actions):
        # half of the actions follow an arc, so that many users have parents
        half = count // 2
        arc = generator.integers(0, graph.n_arcs, half)
        item = generator.integers(0, n_items, half)
        when = generator.random(half)
        log = {
            "user": labels[np.concatenate([source[arc], target[arc]])],
            "item": np.concatenate([item, item]),
            "time": np.concatenate([when, when + generator.random(half)]),
        }
        for estimator in ("bernoulli", "jaccard", "partial-credits", "em"):
            began = time.perf_counter()
            model = from_actions(graph, log, estimator=estimator, max_iterations=20)
            seconds = time.perf_counter() - began
            phases = ", ".join(f"{phase} {value:.1f}" for phase, value in model.seconds.items())
            rows.append((f"{count:,}", f"{model.counts['pairs']:,}", estimator, f"{seconds:.1f} s", phases))
    table((f"R-MAT, {n:,} nodes, {graph.n_arcs:,} arcs: actions", "pairs", "estimator", "time", "phases"), rows)


def main() -> None:
    """Run the benchmark."""
    arguments = parser(__doc__ or "").parse_args()
    print(machine(), end="\n\n")
    facebook = data_graph("facebook")
    if facebook is not None:
        import os

        folder = Path(os.environ["IMAX_DATA"])
        if arguments.smoke:
            PLANTED.clear()
            PLANTED["beta(0.5, 49.5)"] = (100,)
        planted(facebook, arguments.smoke)
        real_logs(folder, arguments.smoke)
        if not arguments.smoke:
            credit(folder, 50)
    if arguments.smoke:
        speed(10, 4_000, 50)
    else:
        speed(20, 10_000_000, 100_000)


if __name__ == "__main__":
    main()
