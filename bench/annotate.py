"""Selecting examples to annotate: a study on four sets of sentences, run times, and larger random embeddings.

``python -m bench.annotate`` reads geoquery-, trec-, banking77- and subj-minilm.npz from the folder that IMAX_DATA
names. It prints a table for each set and, from the results of all sets, a summary. ``--part`` runs parts of it, also
those that are not in the whole: ``libraries`` compares libraries that search neighbors, ``large`` selects from 100,000
items with 384 dimensions, ``million`` from a million items with 64 dimensions. ``precision`` compares values of epsilon
on the sets of the study and on 100,000 items, ``precision-million`` on a million. ``--pool`` limits the study to some
sets. The results of the study are kept in the folder of ``--results``, so that one part after the other can run.
``--plots DIR`` plots the accuracy against the budget and a map of selected questions.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import imax
from imax.annotate import ALGORITHMS, ideal, neighbors_of, select

from ._annotate_precision import precision, precision_of_many
from ._annotate_study import (
    BUDGETS,
    PAPER,
    Measured,
    Pool,
    ablation,
    batches,
    kept_results,
    print_measures,
    propagation,
    read_pools,
    study,
    summary,
)
from ._measure import machine, parser, table, timed
from ._neighbor_libraries import QUICK, clusters, compare_libraries

WHOLE = ("study", "summary", "ablation", "labels", "batches", "speed", "optimum")
LARGE = ("libraries", "large", "million", "precision", "precision-million")


def optimum(pool: Pool) -> None:
    """Print the influence of greedy on 40,000 and 400,000 RR sets: by these sets, and by independent simulations."""
    graph = pool.graph()
    rows = []
    for budget in BUDGETS[:3]:
        cells = []
        for count in (40_000, 400_000):
            found = imax.maximize(graph, budget, algorithm="ris", n_rr_sets=count, rng=9)
            simulated = imax.spread(graph, found.seeds, n_simulations=40_000, rng=77)
            cells += [f"{sum(found.gains or ()):.1f}", f"{simulated.spread:.1f} ± {simulated.std_error:.1f}"]
        rows.append((budget, *cells))
    table(("budget", "40,000 sets, by these sets", "simulated", "400,000 sets, by these sets", "simulated"), rows)


def speed(pool: Pool, repeats: int) -> None:
    """Print the processor time of all algorithms, and that of IDEAL by epsilon."""
    budget, k = (100, 10) if len(pool.x) > 100 else (5, 5)
    rows: list[tuple[Any, ...]] = []
    for name in ALGORITHMS:
        select(pool.x, budget, k, algorithm=name, rng=1, threads=1)
        cells = []
        for _ in range(repeats):
            began = time.process_time()
            found = select(pool.x, budget, k, algorithm=name, rng=1, threads=1)
            cells.append(time.process_time() - began)
        share = found.seconds["select"] / found.seconds["total"]
        rows.append((name, f"{statistics.median(cells) * 1e3:,.0f} ms", f"{share:.0%}", f"{found.influence:.1f}"))
    table((f"{pool.name}, budget {budget}, one thread", "processor time", "of this selection", "influence"), rows)
    graph = pool.graph()
    rows = []
    for epsilon in (0.1, 0.05, 0.025, 0.01):
        found = ideal(graph, budget, rng=1, epsilon=epsilon, threads=1)
        taken = timed({"": lambda e=epsilon: ideal(graph, budget, rng=1, epsilon=e, threads=1)}, repeats)[""]
        influence = [
            imax.spread(
                graph, ideal(graph, budget, rng=r, epsilon=epsilon).indices, n_simulations=10_000, rng=77
            ).spread
            for r in range(5)
        ]
        rows.append((epsilon, str(taken), f"{statistics.mean(influence):.1f}", f"{found.ratio:.3f}"))
    table((f"budget {budget}, epsilon", "time", "influence", "certified"), rows)


def large(n: int, d: int, budget: int) -> None:
    """Print processor and run times and quality for many items, with the default settings and IDEAL."""
    import resource

    x = clusters(n, d)
    rows = []
    for name in (None, "ideal"):
        options = {} if name is None else {"algorithm": name}
        select(x[:300], 2, rng=0, **options)
        cpu, began = time.process_time(), time.perf_counter()
        found = select(x, budget, rng=1, **options)
        total, used = time.perf_counter() - began, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        seconds = found.seconds
        rows.append((
            found.algorithm if name is not None else f"default: {found.algorithm}", f"{used:.1f} s", f"{total:.1f} s",
            f"{seconds['neighbors']:.1f} s", f"{seconds['select']:.2f} s", f"{seconds['certify']:.2f} s",
            f"{found.recall:.3f}", f"{found.ratio:.3f}", f"{peak:.1f} GiB",
        ))  # fmt: skip
    head = ("processor", "total", "neighbors", "selection", "certificate", "recall", "certified", "peak memory")
    table((f"{n:,} x {d}, budget {budget:,}", *head), rows)


def draw(folder: Path, pool: Pool, results: dict[str, Measured]) -> None:
    """Plot the accuracy against the budget for all pools, and a map of the questions selected from one of them."""
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    names = next(iter(results.values()))
    shown = [name for name in names if not name.startswith(("graph", "simulated", "vote-k, 150"))]
    figure = Figure(figsize=(10.0, 6.0), layout="constrained")
    for ax, (title, by_name) in zip(figure.subplots(2, 3).flat, results.items(), strict=False):
        for name in shown:
            means = [statistics.mean(values[0] for values in at) for at in by_name[name]]
            ax.plot(BUDGETS, means, marker=".", label=name)
        ax.set(title=title, xlabel="budget", ylabel="1-NN accuracy", xscale="log")
        ax.set_xticks(BUDGETS, BUDGETS)
        ax.minorticks_off()
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize="small", loc="outside lower center", ncols=3)
    figure.savefig(folder / "annotate-accuracy.svg")
    x = pool.x.astype(np.float64)
    x -= x.mean(axis=0)
    plane = x @ np.linalg.svd(x, full_matrices=False)[2][:2].T
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    chosen = {
        "facility-location": pool.select("facility-location", 50, 1), "ideal": pool.select("ideal", 50, 1),
        "ideal, the paper's graph": pool.select("ideal", 50, 1, **PAPER),
    }  # fmt: skip
    for ax, (name, selected) in zip(figure.subplots(1, 3), chosen.items(), strict=True):
        ax.scatter(*plane.T, s=4, c=pool.labels, cmap="tab20", alpha=0.5, linewidth=0)
        ax.scatter(*plane[selected].T, s=18, facecolor="none", edgecolor="black", linewidth=0.8)
        ax.set_title(f"{name}, 50 selected", fontsize="medium")
        ax.set_xticks([])
        ax.set_yticks([])
    figure.savefig(folder / "annotate-map.svg")


def run_study(parts: set[str], pools: list[Pool], folder: Path, options: Any) -> None:
    """Run the parts of the study on some pools."""
    keys = 2 if options.smoke else options.keys
    few = 1 if options.smoke else max(keys // 4, 1)
    if "study" in parts:
        for pool in pools:
            print_measures(pool.name, study(pool, keys, folder))
    results = kept_results(folder)
    if "summary" in parts and results:
        summary(results)
    if "ablation" in parts:
        ablation(pools, few)
    if "labels" in parts:
        propagation(pools, few)
    if "batches" in parts:
        batches(pools, keys)
    if "speed" in parts:
        speed(pools[-1], 1 if options.smoke else options.repeats)
    if "optimum" in parts and not options.smoke:
        optimum(pools[0])
    if options.plots is not None and results:
        draw(options.plots, pools[0], results)


def main() -> None:
    """Print the tables of the chosen parts."""
    made = parser(__doc__ or "")
    made.add_argument(
        "--keys", type=int, default=20, help="random keys for algorithms that use random numbers (default 20)"
    )
    made.add_argument("--part", default=",".join(WHOLE), help=f"parts to run, of {', '.join(WHOLE + LARGE)}")
    made.add_argument("--pool", default="", help="parts of the names of the pools to run, separated by /")
    made.add_argument(
        "--results", type=Path, metavar="DIR", default=Path(".cache/annotate-study"), help="where results are kept"
    )
    made.add_argument("--plots", type=Path, metavar="DIR", help="write the plots to this folder")
    options = made.parse_args()
    parts = set(options.part.split(","))
    if unknown := parts - {*WHOLE, *LARGE}:
        made.error(f"unknown parts: {', '.join(sorted(unknown))}")
    print(machine(), "\n")
    pools = [
        pool for pool in read_pools(options.smoke)
        if any(name in pool.name for name in options.pool.split("/"))
    ]  # fmt: skip
    if options.smoke:
        with tempfile.TemporaryDirectory() as folder:
            run_study(parts, pools, Path(folder), options)
        print(f"recall of the exact search: {neighbors_of(clusters(500, 8), 5).recall:.1f}")
        compare_libraries(600, 8, QUICK)
        precision(pools[:1], (5,), 1)
        precision_of_many(600, 4, (5,))
    elif pools:
        run_study(parts, pools, options.results, options)
    if "libraries" in parts:
        compare_libraries(100_000, 64)
    if "large" in parts:
        large(100_000, 384, 1000)
    if "million" in parts:
        large(1_000_000, 64, 1000)
    if "precision" in parts:
        precision(pools, BUDGETS, options.keys)
        precision_of_many(100_000, 300, (100, 1000, 10_000))
    if "precision-million" in parts:
        precision_of_many(1_000_000, 2000, (100, 1000, 10_000))


if __name__ == "__main__":
    main()
