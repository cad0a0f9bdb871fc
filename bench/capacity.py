"""Capacity-constrained selection: all algorithms, the trends of the paper, growth of time with |A|, k and m.

``python -m bench.capacity`` reads graphs, and the sets of active participants of dnc-corecipient, from the folder in
IMAX_DATA. ``--plots DIR`` also draws the trends and the growth as SVG files in DIR.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

import imax
from imax.capacity import CapacityProblem, assign, compare

from ._measure import bench_graph, data_graph, machine, parser, table, timed

BEST = (511.2, 525.4, 586.7, 665.6)  # dnc-corecipient, k = 10: RR-Greedy on 200,000 RR sets
EPSILONS = (0.1, 0.05, 0.02, 0.01)
FAST = ("rr-opim+", "rr-opim", "mg-opim", "rr-greedy:rr", "mg-greedy:rr", "degree", "pagerank", "opim-c", "imm")


def random_active(graph: imax.InfluenceGraph, share: float) -> list[Any]:
    """Return a random share of all nodes, drawn with a fixed key."""
    nodes = np.arange(graph.n_nodes)
    chosen = np.random.default_rng(0).choice(nodes, max(1, int(graph.n_nodes * share)), replace=False)
    return graph.labels.take(chosen)


def paper_sets(smoke: bool) -> tuple[imax.InfluenceGraph, list[list[Any]]] | None:
    """Return the graph of the paper and its sets of active participants, or None if the files are missing."""
    if smoke:
        graph = imax.datasets.load("lesmis")
        return graph, [["Valjean", "Marius"], ["Valjean", "Marius", "Myriel"]]
    graph = data_graph("dnc-corecipient")
    if graph is None:
        return None
    return graph, imax.io.read_active_sets(Path(os.environ["IMAX_DATA"]) / "dnc-corecipient.ap", graph)


def algorithms(graph: imax.InfluenceGraph, sets: list[list[Any]], simulations: int) -> None:
    """Print every algorithm on every set, k = 10."""
    for active, best in zip(sets, BEST, strict=False):
        found = compare(CapacityProblem(graph, active, 10), n_simulations=simulations, rng=1)
        rows = [
            (
                row.algorithm, f"{row.spread:.1f} ± {row.std_error:.1f}", f"{row.spread / best:.1%}",
                f"{row.ratio:.3f}", f"{row.seconds * 1e3:,.1f} ms", f"{len(row.seeds)}",
                f"{row.unused_slots}", f"{row.n_rr_sets:,}", f"{row.n_simulations:,}",
            )
            for row in found.rows
        ]  # fmt: skip
        head = (f"{len(active)} active, k = 10", "spread", "of best known", "certified", "time", "invited", "left",
                "RR sets", "simulations")  # fmt: skip
        table(head, rows)


def capacities(graph: imax.InfluenceGraph, sets: list[list[Any]], simulations: int) -> dict[str, list[list[float]]]:
    """Print the spread against k; return it by algorithm, as a list for each set."""
    found: dict[str, list[list[float]]] = {name: [] for name in FAST}
    for active in sets:
        spreads: dict[str, list[float]] = {name: [] for name in FAST}
        for k in (2, 5, 10, 20):
            for row in compare(CapacityProblem(graph, active, k), FAST, n_simulations=simulations, rng=1).rows:
                spreads[row.algorithm].append(row.spread)
        rows = [(name, *(f"{spread:.1f}" for spread in spreads[name])) for name in FAST]
        table((f"{len(active)} active: spread", "k = 2", "k = 5", "k = 10", "k = 20"), rows)
        for name in FAST:
            found[name].append(spreads[name])
    return found


def precision(graph: imax.InfluenceGraph, active: list[Any], repeats: int, simulations: int) -> None:
    """Print the effect of epsilon: RR sets until the certificate holds and in all, time, spread."""
    problem = CapacityProblem(graph, active, 10)
    rows = []
    for algorithm in ("rr-opim+", "rr-opim", "mg-opim"):
        for epsilon in EPSILONS:
            steps: list[Any] = []
            found = assign(problem, algorithm, epsilon=epsilon, rng=1, progress=steps.append)
            until_certain = next((s.n_rr_sets for s in steps if s.ratio >= s.target_ratio), found.n_rr_sets)
            time = timed({"": lambda a=algorithm, e=epsilon: assign(problem, a, epsilon=e, rng=1)}, repeats)[""]
            spread = imax.spread(problem.passive, found.seeds, n_simulations=simulations, rng=2)
            rows.append((f"{algorithm}, {epsilon}", f"{until_certain:,}", f"{found.n_rr_sets:,}", str(time),
                         f"{spread.spread:.1f}", f"{found.ratio:.3f}"))  # fmt: skip
    head = (
        f"{len(active)} active, k = 10, epsilon",
        "RR sets until certain",
        "RR sets in all",
        "time",
        "spread",
        "certified",
    )
    table(head, rows)


def scale(graphs: dict[str, imax.InfluenceGraph], k: int, share: float, repeats: int) -> None:
    """Print RR-OPIM+ by epsilon on larger graphs, of which a share of the nodes is active."""
    rows = []
    for name, graph in graphs.items():
        active = random_active(graph, share)
        problem = CapacityProblem(graph, active, k)
        build = timed({"": lambda g=graph, a=active: CapacityProblem(g, a, k)}, min(repeats, 3))[""]
        for epsilon in EPSILONS:
            time = timed({"": lambda p=problem, e=epsilon: assign(p, epsilon=e, rng=1)}, repeats)[""]
            found = assign(problem, epsilon=epsilon, rng=1)
            rows.append((f"{name}, {epsilon}", f"{len(active):,}", str(build), str(time), f"{found.n_rr_sets:,}",
                         f"{found.ratio:.3f}", f"{found.spread:,.0f}", f"{len(found.seeds):,}"))  # fmt: skip
    head = (f"k = {k}, {share:.0%} active, epsilon", "active", "build", "time", "RR sets", "certified", "spread",
            "invited")  # fmt: skip
    table(head, rows)


def growth(scale_of: int, repeats: int) -> dict[str, tuple[list[float], list[float]]]:
    """Print and return the time of RR-OPIM+ against |A|, k and m; the fixed values are 5 %, 10, all arcs."""
    graph = bench_graph(scale_of)
    cases: dict[str, list[tuple[float, CapacityProblem]]] = {
        "active participants": [
            (len(active), CapacityProblem(graph, active, 10))
            for active in (random_active(graph, share) for share in (0.0125, 0.025, 0.05, 0.1, 0.2))
        ],
        "capacity k": [(k, CapacityProblem(graph, random_active(graph, 0.05), k)) for k in (2, 5, 10, 20, 40)],
        "arcs": [
            (smaller.n_arcs, CapacityProblem(smaller, random_active(smaller, 0.05), 10))
            for smaller in (bench_graph(scale_of - step) for step in (4, 3, 2, 1, 0))
        ],
    }
    found = {}
    for what, problems in cases.items():
        sizes = [size for size, _ in problems]
        times = [
            timed({"": lambda p=problem: assign(p, epsilon=0.1, rng=1)}, repeats)[""].median for _, problem in problems
        ]
        found[what] = (sizes, times)
        slope = float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
        rows = [(f"{size:,}", f"{time * 1e3:,.1f} ms") for size, time in zip(sizes, times, strict=True)]
        table((what, f"time (exponent {slope:.2f})"), rows)
    return found


def draw(
    folder: Path, spreads: dict[str, list[list[float]]], grown: dict[str, tuple[list[float], list[float]]]
) -> None:
    """Draw the spread against k for the largest set, and the growth of time."""
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    ax = figure.subplots()
    for name, by_set in spreads.items():
        local = name in ("degree", "pagerank", "opim-c", "imm")
        ax.plot((2, 5, 10, 20), by_set[-1], marker=".", linestyle="--" if local else "-", label=name)
    ax.set_xticks((2, 5, 10, 20))
    ax.set_xlabel("capacity of each participant, k")
    ax.set_ylabel("spread")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize="small")
    figure.savefig(folder / "capacity-methods.svg")
    figure = Figure(figsize=(9.0, 3.0), layout="constrained")
    for ax, (what, (sizes, times)) in zip(figure.subplots(1, 3), grown.items(), strict=True):
        ax.loglog(sizes, times, marker=".")
        ax.set_xlabel(what)
        ax.set_ylabel("seconds")
        ax.grid(alpha=0.3)
    figure.savefig(folder / "capacity-growth.svg")


def main() -> None:
    """Print all tables."""
    made = parser(__doc__ or "")
    made.add_argument(
        "--plots", type=Path, metavar="DIR", help="draw the spread against k and the growth of time in DIR"
    )
    options = made.parse_args()
    print(machine(), "\n")
    simulations, repeats = (100, 1) if options.smoke else (10_000, options.repeats)
    spreads: dict[str, list[list[float]]] = {}
    found = paper_sets(options.smoke)
    if found is not None:
        graph, sets = found
        algorithms(graph, sets, simulations)
        spreads = capacities(graph, sets, simulations)
        precision(graph, sets[0], repeats, simulations)
    if options.smoke:
        scale({"R-MAT 2^8": bench_graph(8)}, 3, 0.05, 1)
        growth(8, 1)
        return
    epinions = data_graph("epinions")
    if epinions is not None:
        scale({"epinions": epinions}, 10, 0.05, repeats)
    rmat = bench_graph(20)
    scale({"R-MAT 2^20": rmat}, 20, 0.05, min(repeats, 3))
    scale({"R-MAT 2^20": rmat}, 20, 100_000 / rmat.n_nodes, min(repeats, 3))
    del rmat
    grown = growth(20, min(repeats, 3))
    if options.plots is not None and spreads:
        draw(options.plots, spreads, grown)


if __name__ == "__main__":
    main()
