"""The default against each single algorithm, over arc probabilities and numbers of seeds: time, memory, spread.

``python -m bench.regimes`` reads epinions from the folder named by IMAX_DATA. Times are processor seconds of all
threads, which other work on the machine changes least. ``--figure FOLDER`` writes the plot of the documentation.
"""

import time
from pathlib import Path
from typing import Any

import imax
from imax._utils.memory import peak_rise

from ._measure import data_graph, machine, parser, table

ALGORITHMS = ("auto", "opim-c", "hist", "worlds")
PROBABILITIES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
NUMBERS = (1, 10, 100, 1000)


def one(graph: imax.InfluenceGraph, k: int, algorithm: str, limit: float, simulations: int) -> dict[str, Any] | None:
    """Return what one selection takes and reaches; None if the algorithm does not suit the graph."""
    with peak_rise() as rise:
        began, processor = time.perf_counter(), time.process_time()
        try:
            result = imax.maximize(graph, k, algorithm=algorithm, rng=1, time_limit=limit, max_memory="4GiB")
        except imax.errors.InvalidArgumentError:
            return None
        processor, wall, memory = time.process_time() - processor, time.perf_counter() - began, rise()
    found = imax.spread(graph, result.seeds, n_simulations=simulations, rng=7)
    return {
        "asked": algorithm, "ran": result.algorithm, "processor": processor, "wall": wall, "memory": memory or 0,
        "spread": found.spread, "error": found.std_error, "ratio": result.ratio, "stop": result.stop_reason,
    }  # fmt: skip


def sweep(
    name: str, graph: imax.InfluenceGraph, cases: list[tuple[float, int]], limit: float, simulations: int
) -> list[dict[str, Any]]:
    """Print a table with a row for each algorithm in each case, and return the rows."""
    found: list[dict[str, Any]] = []
    for p, k in cases:
        given = graph.with_probability(f"uniform:{p}")
        for algorithm in ALGORITHMS:
            record = one(given, k, algorithm, limit, simulations)
            if record is not None:
                found.append({"p": p, "k": k, **record})
    rows = [
        (
            f"{r['p']:g}", r["k"], r["asked"], r["ran"], f"{r['processor']:.3f} s", f"{r['memory'] / 2**20:,.0f} MiB",
            f"{r['spread']:,.1f} ± {r['error']:.1f}", f"{r['ratio']:.3f}", r["stop"],
        )
        for r in found
    ]  # fmt: skip
    table((name, "k", "asked", "ran", "processor", "memory", "spread", "certified", "stopped by"), rows)
    return found


def draw(records: dict[str, list[dict[str, Any]]], folder: Path) -> None:
    """Draw the processor time and the peak memory against the probability."""
    from matplotlib import pyplot, rc_context

    colors = {"auto": "black", "opim-c": "tab:blue", "hist": "tab:orange", "worlds": "tab:green"}
    with rc_context({"svg.hashsalt": "imax", "font.size": 9}):
        figure, axes = pyplot.subplots(2, len(records), figsize=(4 * len(records), 6), squeeze=False, sharex=True)
        for column, (name, found) in enumerate(records.items()):
            for algorithm, color in colors.items():
                own = [r for r in found if r["asked"] == algorithm and r["k"] == 100]
                if not own:
                    continue
                style = {"color": color, "marker": "o", "markersize": 3, "label": algorithm}
                style |= {"linewidth": 3, "alpha": 0.6} if algorithm == "auto" else {"linewidth": 1}
                axes[0, column].loglog([r["p"] for r in own], [r["processor"] for r in own], **style)
                axes[1, column].loglog([r["p"] for r in own], [max(r["memory"] / 2**20, 1) for r in own], **style)
            axes[0, column].set_title(f"{name}, k = 100")
            axes[1, column].set_xlabel("probability of each arc")
        axes[0, 0].set_ylabel("processor seconds")
        axes[1, 0].set_ylabel("peak memory, MiB")
        axes[0, 0].legend()
        figure.tight_layout()
        figure.savefig(folder / "regimes.svg", metadata={"Date": None})


def main() -> None:
    """Print the tables."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--figure", type=Path, metavar="FOLDER", help="folder for the plot")
    arguments.add_argument("--limit", type=float, default=20.0, metavar="SECONDS", help="time limit of a selection")
    options = arguments.parse_args()
    print(machine(), "\n")
    if options.smoke:
        graph = imax.datasets.load("karate")
        sweep("karate", graph, [(0.02, 2), (0.3, 2)], 5.0, 20)
        return
    for algorithm in ALGORITHMS:
        imax.maximize(imax.datasets.load("karate", probability="uniform:0.1"), 2, algorithm=algorithm, rng=1)
    graphs = {
        "epinions, undirected": data_graph("epinions"),
        "R-MAT 2^16, directed": imax.datasets.load("rmat:16", rng=0),
    }
    records = {}
    for name, graph in graphs.items():
        if graph is None:
            continue
        cases = [(p, 100) for p in PROBABILITIES] + [(0.02, k) for k in NUMBERS if k != 100]
        records[name] = sweep(name, graph, cases, options.limit, 300)
    if options.figure:
        draw(records, options.figure)


if __name__ == "__main__":
    main()
