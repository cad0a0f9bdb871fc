"""Learning probabilities: planted truths, real logs, credit distribution, and speed.

All parts but the speed need the folder named by IMAX_DATA. Planted cascades go one step at a time on the facebook
graph, so ``window=1`` says exactly which in-neighbors can have caused an action. ``--part`` runs one part, and
``--images FOLDER`` writes the pictures of the study.
"""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import imax
from imax.graph.probabilities import ArcProbability
from imax.learn import credit_model, evaluate, from_actions, split
from imax.learn.baselines import baselines

from ._learn_logs import cascades, greedy_credit, higgs_retweets, large_log
from ._measure import bench_graph, data_graph, machine, parser, table

PARTS = ("planted", "real", "credit", "speed")
ESTIMATORS = ("em", "bernoulli", "jaccard", "partial-credits")
PLANTED = {
    "beta(0.5, 49.5)": (5_000, 20_000, 80_000),
    "beta(2, 198)": (5_000, 20_000, 80_000),
    "trivalency": (100, 400, 1_600),
}
CLASSES = ("6 to 10", "21 to 50")  # sizes of items


def planted_values(kind: str, n: int, generator: np.random.Generator) -> np.ndarray:
    """Return n probabilities."""
    if kind == "trivalency":
        return generator.choice([0.1, 0.01, 0.001], n)
    a, b = (float(x) for x in kind[5:-1].split(","))
    return generator.beta(a, b, n)


def planted(graph: imax.InfluenceGraph, kinds: dict[str, tuple[int, ...]]) -> None:
    """Print the error and the coverage of the intervals for planted probabilities."""
    head = ("planted", "items", "actions", "trials/arc", "estimator", "RMSE", "in 90 %", "spread of seeds", "time")
    for kind, sizes in kinds.items():
        rows = []
        generator = np.random.default_rng(1)
        p = planted_values(kind, graph.n_arcs, generator)
        truth = graph.with_arc_probability(ArcProbability("planted", "arcs", 0.0, p.astype(np.float32)))
        best = imax.maximize(truth, 20, rng=1, algorithm="hist", epsilon=0.1)
        for n_items in sizes:
            log = cascades(graph, p, n_items, 1)
            for estimator in ("em", "bernoulli", "partial-credits"):
                began = time.perf_counter()
                model = from_actions(graph, log, estimator=estimator, window=1)
                seconds = time.perf_counter() - began
                error = np.sqrt(np.mean((model.probability - p) ** 2))
                inside = np.mean((model.lower <= p) & (p <= model.upper))
                seeds = imax.maximize(model.graph, 20, rng=1, algorithm="hist", epsilon=0.1).seeds
                reached = [imax.spread(truth, s, n_simulations=1000, rng=2).spread for s in (seeds, best.seeds)]
                shown = (f"{n_items:,}", f"{len(log['user']):,}", f"{model.trials.mean():.1f}", estimator)
                quality = (f"{error:.5f}", f"{inside:.1%}", f"{reached[0] / reached[1]:.1%}", f"{seconds:.1f} s")
                rows.append((kind, *shown, *quality))
                if estimator == "em":
                    falling = _by_trials(model, p)
        table(head, rows)
        table(("em, last log: trials of an arc", "arcs", "mean trials", "RMSE", "RMSE * sqrt(trials)"), falling)


def _by_trials(model: imax.learn.LearnedModel, p: np.ndarray) -> list[tuple[str, ...]]:
    """Return the error of the arcs in classes of numbers of trials."""
    rows = []
    for low in 4.0 ** np.arange(1, 7):
        inside = (model.trials >= low) & (model.trials < 4 * low)
        if inside.sum() > 100:
            error = np.sqrt(np.mean((model.probability[inside] - p[inside]) ** 2))
            trials = model.trials[inside].mean()
            scaled = f"{error * np.sqrt(trials):.3f}"
            rows.append(
                (f"{low:.0f} to {4 * low - 1:.0f}", f"{inside.sum():,}", f"{trials:.0f}", f"{error:.5f}", scaled)
            )
    return rows


def real_logs(folder: Path, smoke: bool, images: Path | None) -> None:
    """Print the evaluation on real logs, held out by item, over splits, and how much the seeds change."""
    for name in ("android", "christianity", "higgs retweets"):
        if smoke and name != "christianity":
            continue
        began = time.perf_counter()
        if name == "higgs retweets":
            graph, actions = higgs_retweets(folder / "higgs-activity_time.txt.gz")
        else:
            graph, actions = imax.read_graph(folder / f"{name}-graph.csv"), str(folder / f"{name}-actions.csv")
        log = imax.learn.Actions.of(actions)
        found: list[imax.learn.Evaluation] = []
        chosen: list[dict[str, tuple[int, float]]] = []
        for key in range(1 if smoke else 5):
            train, held_out = split(log, rng=key)
            models = {x: from_actions(graph, train, estimator=x, intervals=False) for x in ESTIMATORS}
            others = {x: model.graph for x, model in models.items() if x != "em"}
            simple = dict(baselines(graph, models["em"].uniform))
            evaluation = evaluate(
                models["em"], held_out, models=others | simple, n_bootstrap=40, n_simulations=20, rng=key
            )
            found.append(evaluation)
            if key < 2:
                graphs = {"em": models["em"].graph, **others, **simple, "credit": credit_model(graph, train)}
                chosen.append(compare_seeds(graphs, credit_model(graph, held_out)))
            if images is not None and key == 0 and name == "android":
                rows = [row for row in evaluation.rows if row.model in (*ESTIMATORS, "uniform")]
                shown = replace(evaluation, rows=rows)
                draw(images / "learn-calibration.svg", lambda ax, shown=shown: imax.plot(shown, ax))
        print(
            f"{name}: {graph.n_nodes:,} nodes, {graph.n_arcs:,} arcs, {len(log):,} actions on {len(log.items):,} items"
        )
        held = found[0]
        print(f"first split: {held.n_items:,} held-out items, {held.n_exposures:,} exposures, {held.n_acted:,} acted")
        table(
            ("model", "AUC", "em's advantage", "log-loss", "calibration", "RMSE", *CLASSES, "seeds as em", "held out"),
            [*(_scored(found, chosen, j) for j in range(len(found[0].rows))), _of_credit(chosen)],
        )
        print(f"{time.perf_counter() - began:.0f} s\n", flush=True)


def _scored(found: "list[imax.learn.Evaluation]", chosen: list[dict[str, tuple[int, float]]], j: int) -> list[str]:
    """Return the line of one model: means over the splits."""
    rows = [one.rows[j] for one in found]
    name = rows[0].model
    auc = [row.auc for row in rows]
    advantage = ""
    if j:
        lows = [one.advantage[name][1] for one in found]
        highs = [one.advantage[name][2] for one in found]
        mean = np.mean([one.advantage[name][0] for one in found])
        advantage = f"{mean:+.3f} ({sum(x > 0 for x in lows)} above, {sum(x < 0 for x in highs)} below)"
    gaps = [sum(n * abs(p - q) for p, q, n in row.calibration) / sum(n for _, _, n in row.calibration) for row in rows]
    errors = [{size: error for size, _, error in row.spread_errors} for row in rows]
    by_class = [np.mean([e[size] for e in errors if size in e] or [np.nan]) for size in CLASSES]
    return [
        name, f"{np.mean(auc):.3f} ± {np.std(auc):.3f}", advantage, f"{np.mean([row.log_loss for row in rows]):.4f}",
        f"{np.mean(gaps):.4f}", f"{np.mean([row.spread_rmse for row in rows]):.1f}", *(f"{x:.0%}" for x in by_class),
        f"{np.mean([one[name][0] for one in chosen]):.0f} of 50", f"{np.mean([one[name][1] for one in chosen]):.0f}",
    ]  # fmt: skip


def _of_credit(chosen: list[dict[str, tuple[int, float]]]) -> list[str]:
    same, spread = (np.mean([one["credit"][i] for one in chosen]) for i in (0, 1))
    return ["credit distribution", *[""] * (5 + len(CLASSES)), f"{same:.0f} of 50", f"{spread:.0f}"]


def compare_seeds(graphs: dict[str, imax.InfluenceGraph], held_out: Any) -> dict[str, tuple[int, float]]:
    """Return for each model how many of its 50 seeds em has too, and their credited spread in the held-out log."""
    n_sets = max(50_000, 2 * held_out.n_nodes)
    seeds = {
        name: imax.maximize(graph, 50, algorithm="ris", n_rr_sets=n_sets, rng=1).seeds for name, graph in graphs.items()
    }
    return {name: (len(set(one) & set(seeds["em"])), held_out.spread_of(one)) for name, one in seeds.items()}


def credit(folder: Path, k: int) -> None:
    """Print seeds by credit distribution beside an exact greedy on the recursion."""
    graph = imax.read_graph(folder / "android-graph.csv")
    model = credit_model(graph, folder / "android-actions.csv")
    imax.maximize(model, 2, rng=1)
    model.spread_of(graph.nodes()[:1])
    rows = []
    cases: dict[str, dict[str, Any]] = {
        "opim-c, epsilon = 0.1": {"epsilon": 0.1},
        "opim-c, epsilon = 0.01": {"epsilon": 0.01},
        "ris, 200,000 RR sets": {"algorithm": "ris", "n_rr_sets": 200_000},
    }
    for name, settings in cases.items():
        began = time.perf_counter()
        result = imax.maximize(model, k, rng=1, **settings)
        seconds = time.perf_counter() - began
        rows.append((name, f"{model.spread_of(result.seeds):.2f}", f"{seconds:.3f} s", f"{result.ratio:.1%}"))
    began = time.perf_counter()
    _, value = greedy_credit(model, k)
    rows.append(("exact greedy", f"{value:.2f}", f"{time.perf_counter() - began:.3f} s", ""))
    table((f"credit distribution, android, k = {k}", "exact spread", "time", "certified"), rows)


def speed(scale: int, n_actions: int, n_items: int, images: Path | None) -> None:
    """Print time and memory of each estimator, and the times on logs of growing size."""
    graph = bench_graph(scale)
    from_actions(graph, large_log(graph, 1000, 10), max_iterations=2, prior=(1.0, 1.0))  # loads the compiled kernels
    rows = []
    growth: dict[str, list[tuple[int, float]]] = {"em": [], "partial-credits": []}
    runs = [(part, name, False) for part in (8, 4, 2, 1) for name in growth]
    runs += [(1, name, True) for name in ESTIMATORS]
    log: Any = None
    for number, (part, estimator, intervals) in enumerate(runs):
        if not number or part != runs[number - 1][0]:
            log = large_log(graph, n_actions // part, n_items // part)
        _reset_peak()
        began, used = time.perf_counter(), time.process_time()
        model = from_actions(graph, log, estimator=estimator, max_iterations=20, tolerance=1e-12, intervals=intervals)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        phases = ", ".join(f"{phase} {value:.1f}" for phase, value in model.seconds.items())
        pairs = model.counts["pairs"]
        if not intervals:
            growth[estimator].append((pairs, cpu))
        shown = (f"{n_actions // part:,}", f"{pairs:,}", estimator, "yes" if intervals else "no")
        rows.append((*shown, f"{seconds:.1f} s", f"{cpu:.1f} s", f"{_peak():.1f} GB", phases))
        print(*rows[-1], flush=True)
        del model
    print()
    head = (f"R-MAT, {graph.n_nodes:,} nodes, {graph.n_arcs:,} arcs: actions", "pairs", "estimator")
    table((*head, "intervals", "time", "CPU time", "peak memory", "phases"), rows)
    if images is not None:
        draw(images / "learn-growth.svg", lambda ax: _draw_growth(growth, ax))


def _draw_growth(growth: dict[str, list[tuple[int, float]]], ax: Any) -> None:
    for name, points in growth.items():
        pairs, seconds = zip(*sorted(points), strict=True)
        ax.plot(np.array(pairs) / 1e6, seconds, marker=".", label=name)
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("preceding pairs, in millions")
    ax.set_ylabel("CPU seconds")
    ax.legend(frameon=False)


def draw(path: Path, fill: Callable[[Any], Any]) -> None:
    """Write a picture."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "imax"
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    fill(ax)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _reset_peak() -> None:
    """Make the peak memory of the process its current memory."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Return the peak memory of the process, in GB; it includes the graph and the log."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024 / 1e9


def main() -> None:
    """Run the benchmark."""
    options = parser(__doc__ or "")
    options.add_argument("--part", choices=PARTS, action="append", help="run this part only; may be repeated")
    options.add_argument("--planted", choices=PLANTED, action="append", help="run this kind of planted truth only")
    options.add_argument("--images", type=Path, metavar="FOLDER", help="write the pictures into this folder")
    arguments = options.parse_args()
    if arguments.images is not None:
        arguments.images.mkdir(parents=True, exist_ok=True)
    parts = arguments.part or PARTS
    print(machine(), end="\n\n")
    facebook = data_graph("facebook") if set(parts) - {"speed"} else None
    if facebook is not None:
        folder = Path(os.environ["IMAX_DATA"])
        kinds = {kind: sizes for kind, sizes in PLANTED.items() if kind in (arguments.planted or PLANTED)}
        if "planted" in parts:
            planted(facebook, {"beta(0.5, 49.5)": (100,)} if arguments.smoke else kinds)
        if "real" in parts:
            real_logs(folder, arguments.smoke, arguments.images)
        if "credit" in parts:
            credit(folder, 3 if arguments.smoke else 50)
    if "speed" in parts:
        speed(*(10, 8_000, 80) if arguments.smoke else (20, 10_000_000, 100_000), arguments.images)


if __name__ == "__main__":
    main()
