"""How time and memory grow: with the graph's size, k, epsilon, threads, and the number of active participants.

``python -m bench.scaling --out DIR`` makes R-MAT graphs of 2^14 ids and more, runs each case in a process of its own,
and writes scaling.json and plots (PNG and SVG) there. It prints the tables, with the exponents of growth that fit best.
"""

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import imax

from ._measure import bench_graph, machine, parser, table

CHILD = """
import json, sys
import numpy as np
import imax
from imax._memory import peak_rise
from imax.capacity import CapacityProblem, assign
case = json.loads(sys.argv[1])
tiny = imax.datasets.load("karate")
graph = imax.read_graph(case["graph"])
options = {"epsilon": case["epsilon"], "threads": case["threads"], "rng": 1}
if case["active"]:
    problem = CapacityProblem(tiny, [0, 1], 1)
    assign(problem, rng=0, threads=case["threads"])
    nodes = np.arange(graph.n_nodes)
    active = np.random.default_rng(0).choice(nodes, max(1, int(case["active"] * graph.n_nodes)), replace=False)
    with peak_rise() as rise:
        problem = CapacityProblem(graph, active.tolist(), case["k"])
        found = assign(problem, **options)
    size = len(active)
else:
    imax.maximize(tiny, 2, rng=0, threads=case["threads"])
    with peak_rise() as rise:
        found = imax.maximize(graph, case["k"], **options)
    size = case["k"]
print(json.dumps({**case, "seconds": found.seconds, "memory": rise(), "arcs": graph.n_arcs, "nodes": graph.n_nodes,
                  "entries": found.n_rr_entries, "sets": found.n_rr_sets, "size": size, "ratio": found.ratio}))
"""
PHASES = ("prepare", "sample", "index", "greedy", "certify")


def run(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Run a case so many times, each in a process of its own; return the median of each figure."""
    records: list[dict[str, Any]] = []
    for _ in range(repeats):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, json.dumps(case)], capture_output=True, text=True, check=True
        )
        records.append(json.loads(done.stdout))
    first = records[0]
    phases = {name: statistics.median(r["seconds"].get(name, 0.0) for r in records) for name in (*PHASES, "total")}
    memory = None if first["memory"] is None else statistics.median(r["memory"] for r in records)
    return {**first, "seconds": phases, "memory": memory}


def sweeps(folder: Path, scales: list[int]) -> dict[str, list[dict[str, Any]]]:
    """Return the cases of each sweep; the graphs are written to a folder."""
    paths = {}
    for scale in scales:
        paths[scale] = folder / f"rmat-{scale}.imax"
        imax.write_graph(bench_graph(scale), paths[scale])
    middle = str(paths[scales[max(0, len(scales) - 3)]])
    base = {"graph": middle, "k": 50, "epsilon": 0.05, "threads": 2, "active": 0.0}
    return {
        "arcs": [{**base, "graph": str(path)} for path in paths.values()],
        "arcs, epsilon 0.01": [{**base, "graph": str(path), "epsilon": 0.01} for path in paths.values()],
        "k": [{**base, "k": k} for k in (1, 10, 100, 1000)],
        "1/epsilon": [{**base, "epsilon": epsilon} for epsilon in (0.2, 0.1, 0.05, 0.02, 0.01)],
        "threads": [{**base, "epsilon": 0.01, "threads": threads} for threads in (1, 2)],
        "active": [{**base, "k": 10, "active": share} for share in (0.0125, 0.025, 0.05, 0.1, 0.2)],
    }


def at(what: str, record: dict[str, Any]) -> float:
    """Return what a sweep varies."""
    if what.startswith("arcs"):
        return float(record["arcs"])
    if what == "1/epsilon":
        return float(1.0 / record["epsilon"])
    return float(record["size"] if what == "active" else record[what])


def exponent(x: list[float], y: list[float]) -> float:
    """Return the exponent e of the power x**e that fits best; nan where a time is too small to tell."""
    if min(y) <= 0.0 or len(set(x)) < 2:
        return float("nan")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def show(what: str, records: list[dict[str, Any]]) -> dict[str, float]:
    """Print a sweep and return the exponents of its phases."""
    x = [at(what, r) for r in records]
    columns = ("total", "sample", "index", "greedy")
    fits = {name: exponent(x, [r["seconds"][name] for r in records]) for name in columns}
    entries = [float(r["entries"]) for r in records]
    fits |= {f"{name} by entries": exponent(entries, [r["seconds"][name] for r in records]) for name in columns[1:]}
    rows = [
        (
            f"{value:,g}", *(f"{r['seconds'][name]:.3f} s" for name in columns),
            "" if r["memory"] is None else f"{r['memory'] / 2**20:,.0f} MiB", f"{r['sets']:,}", f"{r['entries']:,}",
            f"{r['ratio']:.3f}",
        )
        for value, r in zip(x, records, strict=True)
    ]  # fmt: skip
    table((what, *columns, "memory", "RR sets", "entries", "certified"), rows)
    print("exponents: " + ", ".join(f"{name} {value:.2f}" for name, value in fits.items()) + "\n")
    return fits


def draw(folder: Path, results: dict[str, list[dict[str, Any]]]) -> None:
    """Draw time by phase against what each sweep varies."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 6.0), layout="constrained")
    for ax, (what, records) in zip(itertools.chain.from_iterable(figure.subplots(2, 3)), results.items(), strict=True):
        x = [at(what, r) for r in records]
        for name in ("total", "sample", "index", "greedy"):
            ax.loglog(x, [max(r["seconds"][name], 1e-5) for r in records], marker=".", label=name)
        ax.set_xlabel(what)
        ax.set_ylabel("seconds")
        ax.grid(alpha=0.3)
    figure.axes[0].legend(frameon=False)
    for kind in ("svg", "png"):
        figure.savefig(folder / f"scaling.{kind}", dpi=120)


def main() -> None:
    """Run all sweeps."""
    made = parser(__doc__ or "")
    made.add_argument("--out", type=Path, metavar="DIR", help="write scaling.json and the plots there")
    made.add_argument("--largest", type=int, default=22, help="2^this ids in the largest graph (default 22)")
    options = made.parse_args()
    print(machine(), "\n")
    scales = [6, 7] if options.smoke else list(range(14, options.largest + 1))
    repeats = 1 if options.smoke else min(options.repeats, 3)
    results, fits = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for what, cases in sweeps(Path(folder), scales).items():
            results[what] = [run(case, repeats) for case in (cases[:2] if options.smoke else cases)]
            fits[what] = show(what, results[what])
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        record = {"machine": machine(), "results": results, "exponents": fits}
        (options.out / "scaling.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        draw(options.out, results)


if __name__ == "__main__":
    main()
