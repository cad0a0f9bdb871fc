"""HIST beside OPIM-C where influence is high and RR sets are huge: time, memory, entries, in the same run.

``python -m bench.hist`` reads epinions from the folder named by IMAX_DATA; each selection has a process of its own,
whose peak memory is then its own.
"""

import json
import statistics
import subprocess
import sys
from typing import Any

from ._measure import data_graph, machine, parser, table

CHILD = """
import json, sys, imax
name, p, algorithm, k, epsilon = sys.argv[1:]
graph = imax.datasets.load(name, **({"rng": 0} if name.startswith("rmat") else {})).with_probability(f"uniform:{p}")
from imax._utils.memory import peak_rise
options = {"algorithm": algorithm, "epsilon": float(epsilon), "rng": 1}
imax.maximize(imax.datasets.load("karate", probability="uniform:0.1"), 2, **options)
with peak_rise() as rise:
    result = imax.maximize(graph, int(k), **options)
memory = rise()
found = imax.spread(graph, result.seeds, n_simulations=1000, rng=7)
print(json.dumps({"seconds": result.seconds["total"], "memory": memory, "sets": result.n_rr_sets,
                  "entries": result.n_rr_entries, "ratio": result.ratio, "spread": found.spread,
                  "std_error": found.std_error}))
"""


def run(name: str, p: float, algorithm: str, k: int, epsilon: float) -> dict[str, Any]:
    """Run one selection in a process of its own."""
    command = [sys.executable, "-c", CHILD, name, str(p), algorithm, str(k), str(epsilon)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def compare(name: str, p: float, k: int, epsilon: float, repeats: int) -> None:
    """Print both, in turn."""
    runs: dict[str, list[dict[str, Any]]] = {"opim-c": [], "hist": []}
    for _ in range(repeats):
        for algorithm, found in runs.items():
            found.append(run(name, p, algorithm, k, epsilon))
    rows = []
    base = runs["opim-c"][0]
    slow = statistics.median(r["seconds"] for r in runs["opim-c"])
    for algorithm, found in runs.items():
        one, median = found[0], statistics.median(r["seconds"] for r in found)
        memory = "" if one["memory"] is None else f"{one['memory'] / 2**20:,.0f} MiB"
        rows.append((
            algorithm, f"{median:.2f} s", f"{slow / median:.1f}x", memory, f"{one['sets']:,}", f"{one['entries']:,}",
            f"{base['entries'] / one['entries']:.1f}x", f"{one['ratio']:.3f}",
            f"{one['spread']:,.0f} ± {one['std_error']:.0f}",
        ))  # fmt: skip
    head = (f"{name}, uniform {p}, k = {k}, epsilon = {epsilon}", "time", "faster", "memory", "RR sets", "entries",
            "fewer", "certified", "spread")  # fmt: skip
    table(head, rows)


def main() -> None:
    """Print the tables."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    if options.smoke:
        compare("rmat:8", 0.3, 3, 0.3, 1)
        return
    if data_graph("epinions") is not None:
        for epsilon in (0.1, 0.01):
            compare("epinions", 0.1, 50, epsilon, min(options.repeats, 3))


if __name__ == "__main__":
    main()
