"""Growth of time and memory with arcs, entries of RR sets, k, epsilon, threads, and the number of active participants.

``python -m bench.scaling --out DIR`` generates R-MAT graphs with 2^14 ids and more and 16 arcs for each. It prints the
time by phase, the peak memory and the exponents of growth, and writes scaling.json and the plots (PNG and SVG) to DIR.

Each case is a separate process, so that its peak memory can be measured. The first run shows the peak. The measured
runs follow; the table shows their median. They use the memory of the first run again, so they do not include the time
that a virtual machine needs to get memory from its host.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import imax

from ._measure import bench_graph, machine, parser, table

CHILD = """
import json, statistics, sys, time
import numpy as np
import imax
from imax._utils.memory import peak_rise
from imax.capacity import CapacityProblem, assign
case = json.loads(sys.argv[1])
graph = imax.read_graph(case["graph"])
k, options = case["k"], {"threads": case["threads"], "rng": 1}
if case["active"]:
    size = max(1, int(case["active"] * graph.n_nodes))
    active = np.random.default_rng(0).choice(graph.n_nodes, size, replace=False)
    problem = CapacityProblem(graph, graph.labels.take(active), k)
    work = lambda: assign(problem, epsilon=case["epsilon"], **options)
    compile = lambda tiny: assign(CapacityProblem(tiny, [0, 1], 1), **options)
elif case["sets"]:
    size = k
    work = lambda: imax.maximize(graph, k, algorithm="ris", n_rr_sets=case["sets"], **options)
    compile = lambda tiny: imax.maximize(tiny, 2, algorithm="ris", n_rr_sets=99, **options)
else:
    size = k
    work = lambda: imax.maximize(graph, k, epsilon=case["epsilon"], **options)
    compile = lambda tiny: imax.maximize(tiny, 2, **options)
compile(imax.datasets.load("karate"))
with peak_rise() as rise:
    found = work()
memory = rise()
drawing = []
if case["draw"]:
    imax.sample_rr_sets(graph, case["draw"], **options)
    for _ in range(case["repeats"]):
        began = time.perf_counter()
        imax.sample_rr_sets(graph, case["draw"], **options)
        drawing.append(time.perf_counter() - began)
runs = [work().seconds for _ in range(case["repeats"])]
seconds = {phase: statistics.median(run[phase] for run in runs) for phase in found.seconds}
print(json.dumps({**case, "seconds": seconds, "totals": sorted(run["total"] for run in runs),
                  "drawing": statistics.median(drawing) if drawing else None,
                  "first": found.seconds["total"], "memory": memory,
                  "arcs": graph.n_arcs, "nodes": graph.n_nodes, "entries": found.n_rr_entries,
                  "rr_sets": found.n_rr_sets, "size": size, "ratio": found.ratio}))
"""
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}  # for glibc; other libraries ignore it
PHASES = ("total", "sample", "index", "greedy", "certify")
CACHED = 1 << 23  # entries that fill a last-level cache of 32 MiB


def run(case: dict[str, Any]) -> dict[str, Any]:
    """Run a case in a separate process and return its record."""
    command = [sys.executable, "-c", CHILD, json.dumps(case)]
    done = subprocess.run(command, env=os.environ | KEEP_MEMORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{case} failed:\n{done.stderr}")
    record: dict[str, Any] = json.loads(done.stdout)
    return {**record, "graph": Path(case["graph"]).stem}


def sweeps(folder: Path, scales: list[int], middle: int, repeats: int) -> dict[str, list[dict[str, Any]]]:
    """Write the graphs to a folder and return the cases of each sweep."""
    paths = {}
    for scale in sorted({*scales, middle}):
        paths[scale] = str(folder / f"rmat-{scale}.imax")
        imax.write_graph(bench_graph(scale), paths[scale])
    base = {"graph": paths[middle], "k": 50, "epsilon": 0.01, "threads": 2, "active": 0.0, "sets": 0, "draw": 0,
            "repeats": repeats}  # fmt: skip
    graphs = [paths[scale] for scale in scales]
    counts = [1 << s for s in range(13, 22)]
    return {
        "arcs": [{**base, "graph": path} for path in graphs],
        "arcs, epsilon 0.1": [{**base, "graph": path, "epsilon": 0.1} for path in graphs],
        "entries": [{**base, "sets": count, "threads": 1} for count in counts],
        "entries, two threads": [{**base, "sets": count} for count in counts],
        "k": [{**base, "k": k} for k in (1, 10, 100, 1000)],
        "1/epsilon": [{**base, "epsilon": epsilon} for epsilon in (0.2, 0.1, 0.05, 0.02, 0.01, 0.005)],
        "threads": [{**base, "threads": threads, "draw": 1 << 17} for threads in (1, 2)],
        "active participants": [{**base, "k": 10, "active": s} for s in (0.0125, 0.025, 0.05, 0.1, 0.2)],
    }


def at(what: str, record: dict[str, Any]) -> float:
    """Return the value of the quantity that a sweep varies."""
    name = what.partition(",")[0]
    if name == "1/epsilon":
        return float(1.0 / record["epsilon"])
    return float(record[{"active participants": "size"}.get(name, name)])


def exponent(x: list[float], y: list[float]) -> float:
    """Return the exponent e of the best fit x**e, or nan if the data do not determine it."""
    if len(set(x)) < 2 or min(y) <= 0.0:
        return float("nan")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def growth(what: str, records: list[dict[str, Any]]) -> dict[str, float]:
    """Return the exponents of the phases: for the whole sweep and, if it varies entries, for those beyond the cache."""
    x = [at(what, r) for r in records]
    seconds = {name: [r["seconds"].get(name, 0.0) for r in records] for name in PHASES[:4]}
    fits = {name: exponent(x, times) for name, times in seconds.items()}
    if what.startswith("entries"):
        beyond = [i for i, value in enumerate(x) if value >= CACHED]
        for name, times in seconds.items():
            fits[f"{name} beyond cache"] = exponent([x[i] for i in beyond], [times[i] for i in beyond])
    return fits


def show(what: str, records: list[dict[str, Any]]) -> dict[str, float]:
    """Print a sweep and return its exponents."""
    rows = [
        (
            f"{at(what, r):,.0f}", *(f"{r['seconds'].get(name, 0.0) * 1e3:,.1f}" for name in PHASES),
            f"{r['totals'][0] * 1e3:,.1f} to {r['totals'][-1] * 1e3:,.1f}", f"{r['first'] * 1e3:,.1f}",
            "" if r["memory"] is None else f"{r['memory'] / 2**20:,.0f}", f"{r['rr_sets']:,}", f"{r['entries']:,}",
            f"{r['ratio']:.3f}",
        )
        for r in records
    ]  # fmt: skip
    phases = (f"{name}, ms" for name in PHASES)
    table((what, *phases, "min to max", "first, ms", "MiB", "RR sets", "entries", "certified"), rows)
    if what == "threads":
        one, two = records[0], records[-1]
        gains = {name: one["seconds"][name] / two["seconds"][name] for name in PHASES}
        gains[f"drawing {one['draw']:,} RR sets alone"] = one["drawing"] / two["drawing"]
        print("two threads over one: " + ", ".join(f"{name} {gain:.2f}x" for name, gain in gains.items()))
        print("(in a selection, one thread chooses while the other draws; phases are those of the calling thread)\n")
        return gains
    fits = growth(what, records)
    print("exponents: " + ", ".join(f"{name} {value:.2f}" for name, value in fits.items()) + "\n")
    return fits


def draw(folder: Path, results: dict[str, list[dict[str, Any]]]) -> None:
    """Plot the time by phase against the quantity that each sweep varies."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    titles = {
        "arcs": "arcs, epsilon 0.01", "entries": "entries of RR sets, one thread", "k": "k",
        "1/epsilon": "1 / epsilon", "active participants": "active participants, k = 10",
    }  # fmt: skip
    with rc_context({"svg.hashsalt": "imax", "font.size": 9}):
        figure = Figure(figsize=(9.0, 8.4), layout="constrained")
        axes = figure.subplots(3, 2).ravel()
        for ax, (what, title) in zip(axes, titles.items(), strict=False):
            x = [at(what, r) for r in results[what]]
            for name in PHASES[:4]:
                ax.loglog(x, [max(r["seconds"].get(name, 0.0), 1e-6) * 1e3 for r in results[what]], marker=".",
                          label=name)  # fmt: skip
            ax.set_xlabel(title)
            ax.set_ylabel("milliseconds")
            ax.grid(alpha=0.3)
        axes[0].legend(frameon=False)
        ax = axes[-1]
        bars = results["threads"]
        for place, record in enumerate(bars):
            left = 0.0
            for number, name in enumerate(PHASES[1:]):
                width = record["seconds"][name] * 1e3
                ax.barh(place, width, left=left, color=f"C{number + 1}", label=name if place == 0 else None)
                left += width
        ax.set_yticks(range(len(bars)), [f"{r['threads']} thread{'s' * (r['threads'] > 1)}" for r in bars])
        ax.set_xlabel("milliseconds")
        ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=4, fontsize=8)
        for kind in ("svg", "png"):
            figure.savefig(folder / f"scaling.{kind}", dpi=110, metadata={"Date": None} if kind == "svg" else None)


def main() -> None:
    """Run all sweeps."""
    options_parser = parser(__doc__ or "")
    options_parser.add_argument("--out", type=Path, metavar="DIR", help="write scaling.json and the plots to DIR")
    options_parser.add_argument(
        "--largest", type=int, default=22, help="log2 of the number of ids in the largest graph (default 22)"
    )
    options = options_parser.parse_args()
    print(machine(), "\n")
    scales = [6, 7] if options.smoke else list(range(14, options.largest + 1))
    middle = 7 if options.smoke else min(20, options.largest)
    repeats = 1 if options.smoke else options.repeats
    results, fits = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for what, cases in sweeps(Path(folder), scales, middle, repeats).items():
            results[what] = [run(case) for case in (cases[:2] if options.smoke else cases)]
            fits[what] = show(what, results[what])
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        record = {"machine": machine(), "results": results, "exponents": fits}
        (options.out / "scaling.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        draw(options.out, results)


if __name__ == "__main__":
    main()
