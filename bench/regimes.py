"""The default against each single algorithm, over arc probabilities and numbers of seeds: time, memory, spread.

``python -m bench.regimes`` reads epinions from the folder named by IMAX_DATA. Times are processor seconds of all
threads, which other work on the machine changes least. ``--figure FOLDER`` writes the plot of the documentation.
Each cell is the fastest of three runs, in turn with the other algorithms; tables that are made once for a graph do not
count. The column ``time`` has the time of the default divided by that of the fastest other algorithm with no less
spread; 0.2 % less counts as no less.
"""

import json
import time
from pathlib import Path
from typing import Any

import imax
from imax._utils.memory import peak_rise

from ._measure import data_graph, machine, parser, table

ALGORITHMS = ("auto", "opim-c", "hist", "worlds")
PROBABILITIES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
NUMBERS = (1, 10, 100, 1000)
_RUNS, _LONG = 3, 2.0  # runs of each cell, in turn; one of those that take this many seconds


def one(
    graph: imax.InfluenceGraph, k: int, algorithm: str, limit: float, simulations: int, epsilon: float | None = None
) -> dict[str, Any] | None:
    """Return what one selection takes and reaches; None if the algorithm does not suit the graph."""
    with peak_rise() as rise:
        began, processor = time.perf_counter(), time.process_time()
        try:
            result = imax.maximize(
                graph, k, algorithm=algorithm, epsilon=epsilon, rng=1, time_limit=limit, max_memory="4GiB"
            )
        except imax.errors.InvalidArgumentError:
            return None
        processor, wall, memory = time.process_time() - processor, time.perf_counter() - began, rise()
    found = imax.spread(graph, result.seeds, n_simulations=simulations, rng=7)
    return {
        "asked": algorithm, "ran": result.algorithm, "processor": processor, "wall": wall, "memory": memory or 0,
        "spread": found.spread, "error": found.std_error, "ratio": result.ratio, "stop": result.stop_reason,
    }  # fmt: skip


Record = dict[str, Any]


def sweep(
    name: str, graph: imax.InfluenceGraph, cases: list[tuple[float, int]], limit: float, simulations: int
) -> list[Record]:
    """Return a record for each algorithm in each case."""
    found: list[Record] = []
    for p, k in cases:
        given = graph.with_probability(f"uniform:{p}")
        for algorithm in ALGORITHMS:  # tables of the graph are made once
            one(given, 1, algorithm, 0.2, 2, epsilon=0.5)
        runs: dict[str, list[Record]] = {algorithm: [] for algorithm in ALGORITHMS}
        for _ in range(_RUNS):
            for algorithm, own in runs.items():
                if not own or own[0]["processor"] < _LONG:
                    record = one(given, k, algorithm, limit, simulations)
                    if record is not None:
                        own.append({"graph": name, "p": p, "k": k, **record})
        found += [min(own, key=lambda record: record["processor"]) for own in runs.values() if own]
    return found


def compared(record: Record, found: list[Record]) -> str:
    """Return the time of the default divided by that of the fastest single algorithm with no less spread."""
    if record["asked"] != "auto":
        return ""
    own = [r for r in found if (r["p"], r["k"]) == (record["p"], record["k"]) and r["asked"] != "auto"]
    least = record["spread"] - 2.0 * max(record["error"], 0.001 * record["spread"])
    equal = [r for r in own if r["spread"] >= least and "limit" not in r["stop"]]
    if not equal:
        return "no other"
    best = min(equal, key=lambda r: r["processor"])
    return f"{record['processor'] / best['processor']:.2f} of {best['asked']}"


def print_table(name: str, found: list[Record]) -> None:
    """Print a row for each record."""
    rows = [
        (
            f"{r['p']:g}", r["k"], r["asked"], r["ran"], f"{r['processor']:.3f} s", f"{r['memory'] / 2**20:,.0f} MiB",
            f"{r['spread']:,.1f} ± {r['error']:.1f}", f"{r['ratio']:.3f}", compared(r, found), r["stop"],
        )
        for r in found
    ]  # fmt: skip
    head = (name, "k", "asked", "ran", "processor", "memory", "spread", "certified", "time", "stopped by")
    table(head, rows)


def draw(records: dict[str, list[Record]], folder: Path) -> None:
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
    arguments.add_argument("--only", default="", help="only the graphs whose name contains this text; - for none")
    arguments.add_argument("--p", type=float, nargs="+", default=PROBABILITIES, help="probabilities of the arcs")
    arguments.add_argument("--records", type=Path, metavar="FILE", help="JSON file to which the rows are added")
    options = arguments.parse_args()
    print(machine(), "\n")
    if options.figure:
        options.figure.mkdir(parents=True, exist_ok=True)
    if options.smoke:
        print_table("karate", sweep("karate", imax.datasets.load("karate"), [(0.02, 2), (0.3, 2)], 5.0, 20))
        return
    for algorithm in ALGORITHMS:
        imax.maximize(imax.datasets.load("karate", probability="uniform:0.1"), 2, algorithm=algorithm, rng=1)
    graphs = {
        "epinions, undirected": lambda: data_graph("epinions"),
        "R-MAT 2^16, directed": lambda: imax.datasets.load("rmat:16", rng=0),
    }
    records: list[Record] = []
    if options.records and options.records.exists():
        records = json.loads(options.records.read_text())
    for name, load in graphs.items():
        graph = load() if options.only in name else None
        if graph is None:
            continue
        cases = [(p, 100) for p in options.p]
        cases += [(0.02, k) for k in NUMBERS if k != 100 and 0.02 in options.p]
        records += sweep(name, graph, cases, options.limit, 300)
    by_graph = {name: [r for r in records if r["graph"] == name] for name in graphs}
    for name, found in by_graph.items():
        found.sort(key=lambda r: (r["k"] != 100, r["p"], r["k"]))
        print_table(name, found)
    if options.records:
        options.records.write_text(json.dumps(records))
    if options.figure:
        draw({name: found for name, found in by_graph.items() if found}, options.figure)


if __name__ == "__main__":
    main()
